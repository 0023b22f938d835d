//! Operators of a script.

use indexmap::IndexMap;

use super::compare::negated;
use super::value::{Code, Shape, Ty, Value};
use super::{Language, Run};
use crate::code::Expr;
use crate::draft;

impl Run<'_> {
    /// Whether a value is truthy; `None` if this is known only while the test runs.
    pub(crate) fn truth(&self, value: &Value) -> Option<bool> {
        let by_length = |length: usize| self.language == Language::JavaScript || length > 0;
        match value {
            Value::Undefined | Value::Data(draft::Expr::Null | draft::Expr::Absent) => Some(false),
            Value::Data(draft::Expr::Bool(flag)) => Some(*flag),
            Value::Data(draft::Expr::Number(digits)) => digits.parse::<f64>().ok().map(|number| number != 0.0),
            Value::Data(draft::Expr::Text(text)) => match text.as_literal() {
                Some(literal) => Some(!literal.is_empty()),
                None => text.parts.iter().any(|part| matches!(part, draft::Part::Literal(_))).then_some(true),
            },
            Value::Data(_) => Some(true),
            Value::List(list) => Some(by_length(list.borrow().len())),
            Value::Map(map) => Some(by_length(map.borrow().len())),
            // `__ENV.TOKEN || ""` is assumed to be set, too.
            Value::Env(name, Some(default)) if default.is_empty() => self.truth(&Value::Env(name.clone(), None)),
            Value::Env(_, Some(default)) => Some(!default.is_empty() && !matches!(&**default, "false" | "0")),
            // A variable is assumed to be set, unless it only switches on more output.
            Value::Env(name, None) => {
                let name = name.to_ascii_lowercase();
                Some(!["debug", "verbose", "trace", "log"].iter().any(|word| name.contains(word)))
            }
            Value::Code(code) if matches!(code.shape.as_deref(), Some(Shape::Assumed)) => Some(code.text == "true"),
            // Every response has a URL, and a body if the script reads it.
            Value::Code(code) if code.mark().is_some_and(|mark| self.is_always(mark)) => Some(true),
            Value::Code(_) | Value::Response(_) | Value::Unknown(_) | Value::Elements(..) => None,
            _ => Some(true),
        }
    }

    /// A value as a condition in the language.
    pub(super) fn condition(&mut self, value: &Value) -> Option<String> {
        Some(match value {
            Value::Response(steps) => {
                let status = self.origin(steps, super::value::What::Source(draft::Source::code("status")));
                format!("{status} < 400")
            }
            Value::Code(code) => match code.ty {
                Ty::Bool => code.text.clone(),
                Ty::Text if code.mark().is_none() => format!("{} != \"\"", code.operand()),
                Ty::Number => format!("{} != 0", code.operand()),
                Ty::List => format!("len({}) > 0", code.text),
                _ => format!("{} != null", code.operand()),
            },
            other => {
                let code = self.code(other)?;
                match other.ty() {
                    Ty::Bool => code.text,
                    Ty::Text => format!("{} != \"\"", code.operand()),
                    _ => format!("{} != null", code.operand()),
                }
            }
        })
    }

    /// A value as an operand of `and`, `or` and `not`.
    fn side(&mut self, value: &Value) -> Option<String> {
        let text = self.condition(value)?;
        Some(if text.contains(" or ") || text.contains(" and ") { format!("({text})") } else { text })
    }

    pub(super) fn logical(&mut self, operator: &str, left: &Expr, right: &Expr) -> Value {
        let left = self.eval(left);
        if let (Value::Env(name, None), "||" | "??") = (&left, operator) {
            let right = self.eval(right);
            if self.reads_defaults {
                return right;
            }
            let default = match &right {
                Value::Env(_, default) => default.clone(),
                other => other.literal().or_else(|| other.as_number().map(|number| number.to_string())).map(|text| text.as_str().into()),
            };
            return Value::Env(name.clone(), default);
        }
        match (operator, self.truth(&left)) {
            ("&&", Some(false)) | ("||", Some(true)) => return left,
            ("&&", Some(true)) | ("||", Some(false)) => return self.eval(right),
            ("??", _) if left.is_nothing() => return self.eval(right),
            ("??", Some(_)) => return left,
            _ => {}
        }
        let right = self.eval(right);
        // `response.json("items") || []`: what reads a list of a response gets no items if the response has none.
        let is_empty = match &right {
            Value::List(items) => items.borrow().is_empty(),
            Value::Map(members) => members.borrow().is_empty(),
            _ => false,
        };
        if operator != "&&" && is_empty && matches!(&left, Value::Code(code) if code.mark().is_some()) {
            return left;
        }
        if operator != "&&" && !(left.ty() == Ty::Bool || right.ty() == Ty::Bool) {
            // `a || b` as a value.
            let (Some(test), Some(left), Some(right)) = (self.condition(&left), self.code(&left), self.code(&right)) else {
                return left;
            };
            return Value::Code(Code {
                atom: false,
                changes: left.changes || right.changes,
                ..Code::new(format!("if {test} then {} else {}", left.operand(), right.operand()), left.ty)
            });
        }
        match (operator, self.truth(&right)) {
            ("&&", Some(false)) => return right,
            ("&&", Some(true)) | ("||", Some(false)) if left.ty() == Ty::Bool => return left,
            _ => {}
        }
        let word = if operator == "&&" { "and" } else { "or" };
        let (Some(one), Some(other)) = (self.side(&left), self.side(&right)) else {
            return if operator == "&&" && !right.is_unknown() { right } else { left };
        };
        let shape = if operator == "&&" { Shape::And(left, right) } else { Shape::Or(left, right) };
        Value::shaped(format!("{one} {word} {other}"), Ty::Bool, shape)
    }

    pub(super) fn conditional(&mut self, test: &Expr, then: &Expr, otherwise: &Expr) -> Value {
        let test = self.eval(test);
        if let Value::Env(name, None) = &test
            && let Value::Env(other, None) = self.eval(then)
            && *name == other
        {
            let otherwise = self.eval(otherwise);
            if self.reads_defaults {
                return otherwise;
            }
            return Value::Env(name.clone(), otherwise.literal().map(|text| text.as_str().into()));
        }
        match self.truth(&test) {
            Some(true) => self.eval(then),
            Some(false) => self.eval(otherwise),
            None => {
                let (then, otherwise) = (self.eval(then), self.eval(otherwise));
                let parts = (self.condition(&test), self.code(&then), self.code(&otherwise));
                let (Some(test), Some(one), Some(other)) = parts else {
                    return if then.is_nothing() || then.is_unknown() { otherwise } else { then };
                };
                let ty = if one.ty == other.ty { one.ty } else { Ty::Any };
                let changes =
                    one.changes || other.changes || self.text_changes(&draft::Text { parts: vec![draft::Part::Hole(test.clone())] });
                let text = format!("if {test} then {} else {}", one.operand(), other.operand());
                Value::Code(Code { atom: false, changes, ..Code::new(text, ty) })
            }
        }
    }

    pub(super) fn unary(&mut self, operator: &str, value: &Value) -> Value {
        match operator {
            "!" => match self.truth(value) {
                Some(flag) if matches!(value.shape(), Some(Shape::Assumed)) => assumed(!flag),
                Some(flag) => Value::bool(!flag),
                None => self.not(value),
            },
            "-" => match value.as_number() {
                Some(number) => Value::number(-number),
                None => {
                    self.code(value).map_or_else(|| Value::unknown("-"), |code| Value::code(format!("-{}", code.operand()), Ty::Number))
                }
            },
            "+" => match value.literal().and_then(|text| text.trim().parse::<f64>().ok()) {
                Some(number) => Value::number(number),
                None if value.ty() == Ty::Number => value.clone(),
                None => self.code(value).map_or_else(|| Value::unknown("+"), |code| Value::code(format!("int({})", code.text), Ty::Number)),
            },
            "typeof" => self.type_of(value),
            "void" | "delete" => Value::Undefined,
            other => Value::unknown(other),
        }
    }

    /// The opposite of a condition.
    pub(super) fn not(&mut self, value: &Value) -> Value {
        if value.is_unknown() {
            return value.clone();
        }
        match value.shape() {
            Some(Shape::Not(inner)) => return inner.clone(),
            Some(Shape::Compare(left, operator, right)) => {
                let (left, right) = (left.clone(), right.clone());
                return self.compare(negated(operator), &left, &right);
            }
            _ => {}
        }
        let Some(text) = self.side(value) else { return Value::unknown("!") };
        let simple = |text: &str| !text.contains(' ');
        let text = match (text.strip_suffix(" != null"), text.strip_prefix("len(").and_then(|rest| rest.strip_suffix(") > 0"))) {
            (Some(operand), _) if simple(operand) => format!("{operand} == null"),
            (_, Some(operand)) if simple(operand) => format!("len({operand}) == 0"),
            _ => format!("not {text}"),
        };
        Value::shaped(text, Ty::Bool, Shape::Not(value.clone()))
    }

    fn type_of(&mut self, value: &Value) -> Value {
        let name = match value {
            Value::Undefined => "undefined",
            Value::Function(_) | Value::Class(_) | Value::Method(..) => "function",
            Value::Native(path) if !path.contains('.') => "undefined",
            Value::Unknown(_) => return value.clone(),
            Value::Code(code) if code.ty == Ty::Any => {
                return Value::shaped(code.text.clone(), Ty::Any, Shape::TypeOf(value.clone()));
            }
            other => match other.ty() {
                Ty::Text => "string",
                Ty::Number => "number",
                Ty::Bool => "boolean",
                _ => "object",
            },
        };
        Value::text(name)
    }

    pub(super) fn binary(&mut self, operator: &str, left: &Value, right: &Value) -> Value {
        if left.is_unknown() || right.is_unknown() {
            return if left.is_unknown() { left.clone() } else { right.clone() };
        }
        match operator {
            "==" | "===" => self.compare("==", left, right),
            "!=" | "!==" => self.compare("!=", left, right),
            "<" => self.compare("<", left, right),
            "<=" => self.compare("<=", left, right),
            ">" => self.compare(">", left, right),
            ">=" => self.compare(">=", left, right),
            "in" => self.contains(right, left),
            "instanceof" => Value::unknown("instanceof"),
            "|" => match (left, right) {
                (Value::Map(one), Value::Map(other)) => {
                    let mut merged: IndexMap<String, Value> = one.borrow().clone();
                    merged.extend(other.borrow().iter().map(|(key, value)| (key.clone(), value.clone())));
                    Value::map(merged)
                }
                _ => Value::unknown("|"),
            },
            _ => self.arithmetic(operator, left, right),
        }
    }

    fn arithmetic(&mut self, operator: &str, left: &Value, right: &Value) -> Value {
        if operator == "%" && self.language == Language::Python && left.ty() == Ty::Text {
            return self.percent(left, right);
        }
        if operator == "*"
            && let (Some(text), Some(count)) = (left.literal(), right.as_number())
        {
            return Value::text(text.repeat((count.max(0.0) as usize).min(100_000 / text.len().max(1))));
        }
        if left.ty() != Ty::Text
            && right.ty() != Ty::Text
            && let (Some(one), Some(other)) = (left.as_number(), right.as_number())
        {
            return Value::number(match operator {
                "+" => one + other,
                "-" => one - other,
                "*" => one * other,
                "/" => one / other,
                "//" => (one / other).floor(),
                "%" => one.rem_euclid(other),
                "**" => one.powf(other),
                other => return Value::unknown(other),
            });
        }
        if operator == "+" {
            if let (Value::List(one), Value::List(other)) = (left, right) {
                return Value::list(one.borrow().iter().chain(other.borrow().iter()).cloned().collect());
            }
            if left.ty() == Ty::Text || right.ty() == Ty::Text {
                return match (self.as_text(left), self.as_text(right)) {
                    (Some(mut text), Some(other)) => {
                        text.append(other);
                        super::random::joined_letters(&mut text);
                        Value::Data(draft::Expr::Text(text))
                    }
                    (Some(text), None) | (None, Some(text)) if !text.parts.is_empty() => Value::unknown("+"),
                    _ => Value::unknown("+"),
                };
            }
        }
        if operator != "+" {
            // A variable of the process environment is a text.
            for (side, other, is_left) in [(left, right, true), (right, left, false)] {
                if matches!(side, Value::Env(..)) {
                    let number = self.function("int", std::slice::from_ref(side), Ty::Number);
                    return if is_left { self.arithmetic(operator, &number, other) } else { self.arithmetic(operator, other, &number) };
                }
            }
        }
        if let Some(random) = self.random_arithmetic(operator, left, right) {
            return random;
        }
        let (Some(one), Some(other)) = (self.code(left), self.code(right)) else { return Value::unknown(operator) };
        let symbol = match operator {
            "//" => {
                return Value::Code(Code {
                    changes: one.changes || other.changes,
                    ..Code::new(format!("floor({} / {})", one.operand(), other.operand()), Ty::Number)
                });
            }
            "+" | "-" | "*" | "/" | "%" => operator,
            other => return Value::unknown(other),
        };
        let ty = match (one.ty, other.ty) {
            (Ty::List, _) | (_, Ty::List) => Ty::List,
            (Ty::Time, _) => Ty::Time,
            _ if symbol == "+" && (one.ty == Ty::Any || other.ty == Ty::Any) => Ty::Any,
            _ => Ty::Number,
        };
        let text = format!("{} {symbol} {}", one.operand(), other.operand());
        Value::Code(Code { atom: false, changes: one.changes || other.changes, ..Code::new(text, ty) })
    }
}

/// A result that is assumed, because all other results became failures of expectations.
pub(super) fn assumed(flag: bool) -> Value {
    let code = Code::new(if flag { "true" } else { "false" }, Ty::Bool);
    Value::Code(Code { shape: Some(std::rc::Rc::new(Shape::Assumed)), ..code })
}
