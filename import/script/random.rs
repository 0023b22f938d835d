//! Random values of scripts: `Math.floor(Math.random() * n)`, `random.randint(1, n)` and similar.

use std::rc::Rc;

use super::Run;
use super::value::{Code, Shape, Ty, Value};

/// A random float.
pub(super) fn float(from: f64, to: f64) -> Value {
    let code = Code::new(format!("random({}, {})", fraction(from), fraction(to)), Ty::Number);
    Value::Code(Code { changes: true, shape: Some(Rc::new(Shape::Random(from, to))), ..code })
}

/// A random whole number, both ends included.
pub(super) fn int(from: f64, to: f64) -> Value {
    let (from, to) = (from.ceil() as i64, to.floor() as i64);
    let code = Code::new(format!("random({from}, {to})"), Ty::Number);
    Value::Code(Code { changes: true, shape: Some(Rc::new(Shape::RandomInt(from, to))), ..code })
}

/// `letters.charAt(Math.floor(Math.random() * letters.length))`: a random letter of a long text, or a known one.
pub(super) fn letter(letters: &str, index: &Value) -> Option<Value> {
    if let Some(at) = index.as_number().filter(|at| *at >= 0.0) {
        return Some(Value::text(letters.chars().nth(at as usize).map(String::from).unwrap_or_default()));
    }
    let is_random = matches!(index.shape(), Some(Shape::RandomInt(0, last)) if usize::try_from(*last).is_ok_and(|last| last + 1 == letters.chars().count()));
    (is_random && letters.chars().count() >= 10).then(|| Value::changing("random_string(1)", Ty::Text))
}

/// Whether a text ends with random letters.
pub(super) fn ends_with_letter(value: &Value) -> bool {
    let text = if let Value::Data(crate::draft::Expr::Text(text)) = value { text } else { return false };
    matches!(text.parts.last(), Some(crate::draft::Part::Hole(code)) if code.starts_with("random_string("))
}

/// A text with the random letters at its end as one random text.
pub(super) fn joined_letters(text: &mut crate::draft::Text) {
    use crate::draft::Part;
    let count = |part: Option<&Part>| match part {
        Some(Part::Hole(code)) => code.strip_prefix("random_string(")?.strip_suffix(')')?.parse::<u32>().ok(),
        _ => None,
    };
    let [.., one, other] = text.parts.as_slice() else { return };
    if let (Some(one), Some(1)) = (count(Some(one)), count(Some(other))) {
        text.parts.truncate(text.parts.len() - 2);
        text.hole(format!("random_string({})", one + 1));
    }
}

fn fraction(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number:.1}") } else { number.to_string() }
}

impl Run<'_> {
    /// Arithmetic with a random number; `None` for other arithmetic.
    pub(super) fn random_arithmetic(&mut self, operator: &str, left: &Value, right: &Value) -> Option<Value> {
        // The random side comes first, because the order does not matter for sums and products.
        let (random, other) = match (left.shape(), right.shape()) {
            (Some(Shape::Random(..) | Shape::RandomInt(..) | Shape::RandomUpTo(_)), _) => (left, right),
            (_, Some(Shape::Random(..) | Shape::RandomInt(..) | Shape::RandomUpTo(_))) if matches!(operator, "+" | "*") => (right, left),
            _ => return None,
        };
        match (random.shape()?, other.as_number()) {
            (Shape::Random(from, to), Some(number)) => Some(match operator {
                "*" => float(from * number, to * number),
                "+" => float(from + number, to + number),
                "-" => float(from - number, to - number),
                "/" => float(from / number, to / number),
                _ => return None,
            }),
            (Shape::RandomInt(from, to), Some(number)) if number.fract() == 0.0 => Some(match operator {
                "+" => int(*from as f64 + number, *to as f64 + number),
                "-" => int(*from as f64 - number, *to as f64 - number),
                _ => return None,
            }),
            (Shape::Random(from, to), None) if *from == 0.0 && *to == 1.0 && operator == "*" => {
                let limit = self.code(other)?;
                let code = Code::new(format!("random(0.0, float({}))", limit.text), Ty::Number);
                Some(Value::Code(Code { changes: true, shape: Some(Rc::new(Shape::RandomUpTo(limit))), ..code }))
            }
            _ => None,
        }
    }

    /// `Math.floor`, `Math.trunc`, `int`: converts a random float to a random whole number.
    pub(super) fn floor(&mut self, value: &Value) -> Value {
        match value.shape() {
            Some(Shape::Random(from, to)) => {
                let last = if to.fract() == 0.0 { to - 1.0 } else { to.floor() };
                return int(from.floor(), last.max(from.floor()));
            }
            Some(Shape::RandomUpTo(limit)) => {
                // `xs[Math.floor(Math.random() * xs.length)]`
                let list = limit.text.strip_prefix("len(").and_then(|rest| rest.strip_suffix(')'));
                if list.is_some() {
                    let code = Code::new(format!("random(0, {} - 1)", limit.operand()), Ty::Number);
                    return Value::Code(Code { changes: true, shape: Some(Rc::new(Shape::RandomIndex)), ..code });
                }
                return Value::changing(format!("random(0, {} - 1)", limit.operand()), Ty::Number);
            }
            Some(Shape::RandomInt(..)) => return value.clone(),
            _ => {}
        }
        match value.as_number() {
            Some(number) => Value::number(number.floor()),
            None => self.function("floor", std::slice::from_ref(value), Ty::Number),
        }
    }

    /// Gives names to the random texts that a loop has put together, so that all their uses have the same value.
    pub(super) fn settle_letters(&mut self, changes_before: usize) {
        let changed = self.changes.get(changes_before..).unwrap_or_default();
        let variables: Vec<_> = changed
            .iter()
            .filter_map(|change| match change {
                super::scope::Change::Variable(cell, _, name) => Some((cell.clone(), name.clone())),
                _ => None,
            })
            .collect();
        for (cell, name) in variables {
            let value = cell.borrow().value.clone();
            if ends_with_letter(&value) {
                let value = self.settle(&name, value);
                cell.borrow_mut().value = value;
            }
        }
    }

    /// A random item of a list, or a random letter of a text.
    pub(super) fn one_of(&mut self, list: &Value) -> Value {
        match list {
            Value::Data(_) if list.literal().is_some_and(|letters| letters.chars().count() >= 10) => {
                Value::changing("random_string(1)", Ty::Text)
            }
            Value::Rows(name) => {
                self.shuffle(name);
                Value::changing(format!("next({name})"), Ty::Map)
            }
            Value::Code(code) => {
                if let Some(Shape::Range(from, to)) = code.shape.as_deref() {
                    if let (Some(from), Some(to)) = (from.as_number(), to.as_number()) {
                        return int(from, to);
                    }
                    let (from, to) = (from.clone(), to.clone());
                    return self.function("random", &[from, to], Ty::Number);
                }
                if let Some(mark) = code.mark()
                    && let Some(any) = self.any_of(mark)
                {
                    return any;
                }
                Value::changing(format!("one_of({})", code.text), Ty::Any)
            }
            Value::List(items) => {
                let items = items.borrow().clone();
                if let [only] = items.as_slice() {
                    return only.clone();
                }
                // An expression cannot draw functions and requests.
                let ty = items.first().map_or(Ty::Any, Value::ty);
                match self.code(list) {
                    Some(code) => {
                        let name = self.named_list(&code);
                        Value::changing(format!("one_of({name})"), ty)
                    }
                    None => Value::unknown("a random choice"),
                }
            }
            Value::Data(expr) if expr.as_literal().is_some() => {
                let text = expr.as_literal().unwrap_or_default();
                let letters: Vec<Value> = text.chars().map(|char| Value::text(char.to_string())).collect();
                self.one_of(&Value::list(letters))
            }
            _ => Value::unknown("a random choice"),
        }
    }

    /// Names a long list in the file.
    fn named_list(&mut self, code: &Code) -> String {
        if code.text.len() <= 60 || code.text.contains(super::value::OPEN) || code.changes {
            return code.text.clone();
        }
        let key = format!("list {}", code.text);
        if let Some((name, _)) = self.keeps.get(&key) {
            return name.clone();
        }
        // This is a `let` of the file, so all users have the same list.
        let name = self.file_names.variable("choices", "choices");
        self.keeps.insert(key, (name.clone(), crate::draft::Expr::code(code.text.clone())));
        name
    }
}
