//! Comparisons of a script, and tests for whether a value contains another.

use super::Run;
use super::value::{Code, Shape, Ty, Value};
use crate::draft::{self, duration};

impl Run<'_> {
    /// Compares two values. If both are known, the result is known, too.
    pub(crate) fn compare(&mut self, operator: &'static str, left: &Value, right: &Value) -> Value {
        if let (Some(one), Some(other)) = (left.as_number(), right.as_number()) {
            return Value::bool(holds(operator, &one, &other));
        }
        if let (Some(one), Some(other)) = (left.literal(), right.literal()) {
            return Value::bool(holds(operator, &one, &other));
        }
        let is_known = |value: &Value| {
            !matches!(value, Value::Code(_) | Value::Env(..) | Value::Elements(..) | Value::Native(_)) && value.as_open_text().is_none()
        };
        if matches!(operator, "==" | "!=") && is_known(left) && is_known(right) {
            let equal = left.is_nothing() && right.is_nothing();
            return Value::bool(equal == (operator == "=="));
        }
        let is_text =
            |value: &Value| value.as_open_text().is_some_and(|text| text.parts.iter().any(|part| matches!(part, draft::Part::Literal(_))));
        if right.is_nothing() && is_text(left) {
            return Value::bool(operator == "!=");
        }
        if let (Value::Env(..), true) | (Value::Native(_), true) = (left, right.is_nothing()) {
            return Value::bool(operator == "!=");
        }
        // A condition is compared with a bool.
        if left.ty() == Ty::Bool
            && left.shape().is_some()
            && let Value::Data(draft::Expr::Bool(flag)) = right
        {
            return if *flag == (operator == "==") { left.clone() } else { self.not(left) };
        }
        if let (Some(Shape::IndexOf(found)), Some(number)) = (left.shape().cloned(), right.as_number()) {
            let holds = match operator {
                "!=" | ">=" => number == -1.0 && operator == "!=" || number == 0.0,
                ">" => number < 1.0,
                "==" => number != -1.0,
                _ => false,
            };
            return if holds { found } else { self.not(&found) };
        }
        let limit = match left.shape() {
            Some(Shape::Milliseconds) => right.as_number(),
            Some(Shape::Seconds) => right.as_number().map(|seconds| seconds * 1000.0),
            _ => None,
        };
        let right = match limit {
            Some(ms) => Value::code(duration(ms.max(0.0).round() as u64), Ty::Any),
            None => right.clone(),
        };
        if let Some(Shape::TypeOf(subject)) = left.shape().cloned()
            && let (Some(kind), Some(code)) = (right.literal(), self.code(&subject))
        {
            // An expectation tests the type. A condition elsewhere can only test whether there is a value.
            let is_there = (kind == "undefined") == (operator == "!=");
            let text = format!("{} {} null", code.operand(), if is_there { "!=" } else { "==" });
            return Value::shaped(text, Ty::Bool, Shape::Compare(left.clone(), operator, right));
        }
        let (Some(one), Some(other)) = (self.code(left), self.code(&right)) else {
            return Value::unknown(operator);
        };
        let mut other = other;
        if let (Value::Env(..), Value::Data(draft::Expr::Number(_) | draft::Expr::Bool(_))) = (left, &right) {
            other.text = format!("\"{}\"", other.text);
        }
        Value::shaped(
            format!("{} {operator} {}", compared(&one), compared(&other)),
            Ty::Bool,
            Shape::Compare(left.clone(), operator, right),
        )
    }

    /// Tests whether the whole contains a part.
    pub(crate) fn contains(&mut self, whole: &Value, part: &Value) -> Value {
        match whole {
            Value::Map(map) => {
                if let Some(key) = part.literal() {
                    return Value::bool(map.borrow().contains_key(&key));
                }
            }
            Value::List(list) => {
                let items: Vec<Value> = list.borrow().clone();
                let literal = |value: &Value| value.literal().or_else(|| value.as_number().map(|number| number.to_string()));
                if let Some(wanted) = literal(part)
                    && items.iter().all(|item| literal(item).is_some())
                {
                    return Value::bool(items.iter().any(|item| literal(item).as_deref() == Some(&wanted)));
                }
                // `status in [200, 201]`
                let (Some(one), Some(all)) = (self.code(part), self.code(whole)) else { return Value::unknown("in") };
                return Value::shaped(format!("{} in {}", one.operand(), all.text), Ty::Bool, Shape::Contains(whole.clone(), part.clone()));
            }
            Value::Code(code) if code.mark().is_some_and(|mark| self.is_json(mark)) && part.literal().is_some() => {
                let member = self.member_or_header(whole.clone(), &part.literal().unwrap_or_default());
                let Some(text) = self.condition(&member) else { return Value::unknown("in") };
                return Value::shaped(text, Ty::Bool, Shape::Has(member));
            }
            _ => {
                if let (Some(whole), Some(part)) = (whole.literal(), part.literal()) {
                    return Value::bool(whole.contains(&part));
                }
            }
        }
        let (Some(all), Some(one)) = (self.code(whole), self.code(part)) else { return Value::unknown("in") };
        let mut value = Code::new(format!("contains({}, {})", all.text, one.text), Ty::Bool);
        value.shape = Some(std::rc::Rc::new(Shape::Contains(whole.clone(), part.clone())));
        Value::Code(value)
    }
}

/// A side of a comparison. Arithmetic needs no brackets there.
fn compared(code: &Code) -> String {
    let words = [" and ", " or ", " then ", "not ", " in ", " == ", " != ", " < ", " > ", " ~ "];
    if code.shape.is_none() && !words.iter().any(|word| code.text.contains(word)) { code.text.clone() } else { code.operand() }
}

/// The opposite comparison.
pub(super) fn negated(operator: &str) -> &'static str {
    match operator {
        "==" => "!=",
        "!=" => "==",
        "<" => ">=",
        "<=" => ">",
        ">" => "<=",
        _ => "<",
    }
}

/// Whether two known values satisfy the comparison.
fn holds<T: PartialOrd>(operator: &str, one: &T, other: &T) -> bool {
    match operator {
        "==" => one == other,
        "!=" => one != other,
        "<" => one < other,
        "<=" => one <= other,
        ">" => one > other,
        _ => one >= other,
    }
}
