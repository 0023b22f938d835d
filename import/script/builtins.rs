//! Functions that JavaScript and Python predefine: numbers, ranges, copies, JSON, queries.

use super::Run;
use super::calls::Arguments;
use super::random;
use super::value::{Shape, Ty, Value, What};
use crate::draft::{self, Source};

impl Run<'_> {
    pub(super) fn integer(&mut self, path: &str, value: &Value) -> Value {
        if let Some(number) = value.as_number().or_else(|| value.literal()?.trim().parse().ok()) {
            return Value::number(if path.contains("floor") { number.floor() } else { number.trunc() });
        }
        match value {
            Value::Code(code) if code.ty == Ty::Number => self.floor(value),
            Value::Code(code) if matches!(code.ty, Ty::Any) && path.contains("floor") => self.floor(value),
            _ => self.function("int", std::slice::from_ref(value), Ty::Number),
        }
    }

    pub(super) fn rounded(&mut self, name: &str, value: &Value) -> Value {
        match (value.as_number(), value.shape()) {
            (Some(number), _) => Value::number(match name {
                "ceil" => number.ceil(),
                "abs" => number.abs(),
                _ => number.round(),
            }),
            // Zero is practically never drawn.
            (None, Some(Shape::Random(from, to))) if name == "ceil" => random::int(from.floor() + 1.0, to.ceil()),
            (None, Some(Shape::Random(from, to))) if name != "abs" => random::int(from.ceil(), to.ceil()),
            (None, Some(Shape::RandomInt(..))) => value.clone(),
            _ => self.function(name, std::slice::from_ref(value), Ty::Number),
        }
    }

    pub(super) fn range(&mut self, arguments: &Arguments) -> Value {
        let (from, to) = match arguments.list.as_slice() {
            [to] => (Value::number(0.0), to.clone()),
            [from, to] => (from.clone(), to.clone()),
            [from, to, step] => {
                let (Some(first), Some(end), Some(step)) = (from.as_number(), to.as_number(), step.as_number()) else {
                    return Value::unknown("range");
                };
                if step <= 0.0 || (end - first) / step > 1000.0 {
                    return Value::unknown("range");
                }
                let count = ((end - first) / step).ceil().max(0.0) as usize;
                return Value::list((0..count).map(|at| Value::number(first + at as f64 * step)).collect());
            }
            _ => return Value::unknown("range"),
        };
        let last = self.binary("-", &to, &Value::number(1.0));
        let (Some(one), Some(other)) = (self.code(&from), self.code(&last)) else { return Value::unknown("range") };
        Value::shaped(format!("{}..{}", one.operand(), other.operand()), Ty::List, Shape::Range(from, last))
    }

    pub(super) fn copied(&mut self, value: Value) -> Value {
        match value {
            Value::List(items) => Value::list(items.borrow().clone()),
            Value::Map(map) if self.language == super::Language::Python => Value::list(map.borrow().keys().map(Value::text).collect()),
            Value::Undefined => Value::list(Vec::new()),
            other => other,
        }
    }

    pub(super) fn merged(&mut self, arguments: &Arguments) -> Value {
        let mut out = indexmap::IndexMap::new();
        for argument in &arguments.list {
            match argument {
                Value::Map(map) => out.extend(map.borrow().iter().map(|(key, value)| (key.clone(), value.clone()))),
                value if value.is_nothing() => {}
                other => return other.clone(),
            }
        }
        out.extend(arguments.named.iter().cloned());
        Value::map(out)
    }

    /// Parses JSON: of a response, of a file, of a text.
    pub(super) fn parsed(&mut self, value: &Value) -> Value {
        match value {
            Value::Method(object, part) if &**part == "to_json" => (**object).clone(),
            Value::File(path) => self.json_file(&path.clone()),
            Value::Code(code) => match code.mark().and_then(|mark| self.origins.get_index(mark)).cloned() {
                Some(origin) if origin.what == What::Source(Source::code("text")) => {
                    self.of_response(&origin.steps, What::Json(Vec::new()), Ty::Any)
                }
                _ => self.function("from_json", std::slice::from_ref(value), Ty::Any),
            },
            other => match other.literal().and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok()) {
                Some(json) => super::data::of_json(&json),
                None => self.function("from_json", std::slice::from_ref(other), Ty::Any),
            },
        }
    }

    /// Converts a dictionary to `a=1&b=2`.
    pub(super) fn query_text(&mut self, value: &Value) -> Value {
        let Value::Map(map) = value else { return value.clone() };
        let members = map.borrow().clone();
        let mut out = draft::Text::default();
        for (number, (key, value)) in members.iter().enumerate() {
            out.push(if number == 0 { "" } else { "&" });
            let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            out.push(&format!("{}=", encoded(key)));
            match value.literal() {
                Some(text) => out.push(&encoded(&text)),
                None => match self.as_text(value) {
                    Some(text) => out.append(text),
                    None => return Value::unknown("a query"),
                },
            }
        }
        Value::Data(draft::Expr::Text(out))
    }
}
