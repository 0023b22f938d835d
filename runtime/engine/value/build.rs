//! The functions from which generated code builds values, apart from operators and functions of the language.

use std::sync::Arc;

use ecow::{EcoString, EcoVec};

use super::convert::convert_json;
use super::{Eval, EvalError, FormatSpec, Map, Number, Type, Value};

/// A text constant.
pub fn text(text: &str) -> Value {
    Value::Str(text.into())
}

/// A whole number.
pub fn int(number: i64) -> Value {
    Value::Int(number)
}

/// A number with a fraction.
pub fn float(number: f64) -> Value {
    Value::Float(number)
}

/// A number that keeps its text: it has more digits than an int or a float, or it is written like `1.10`.
pub fn exact(text: &str) -> Value {
    Number::Exact(text).value()
}

/// A boolean.
pub fn boolean(truth: bool) -> Value {
    Value::Bool(truth)
}

/// A duration in nanoseconds.
pub fn duration(nanos: i64) -> Value {
    Value::Duration(nanos)
}

/// A list.
pub fn list<const N: usize>(items: [Value; N]) -> Value {
    Value::List(EcoVec::from(items))
}

/// An object. Members with an absent value are left out.
pub fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let map: Map = members
        .into_iter()
        .filter(|(_, value)| !matches!(value, Value::Absent))
        .map(|(key, value)| (EcoString::from(key), value))
        .collect();
    Value::Object(Arc::new(map))
}

/// Builds an interpolated text part by part.
#[derive(Debug, Default)]
pub struct Writer(String);

impl Writer {
    /// A constant part.
    #[must_use]
    pub fn lit(mut self, part: &str) -> Self {
        self.0.push_str(part);
        self
    }

    /// An interpolated value.
    pub fn put(mut self, value: &Value) -> Eval<Self> {
        value.write_text(&mut self.0)?;
        Ok(self)
    }

    /// An interpolated value with a format spec.
    pub fn format(mut self, value: &Value, spec: &'static str) -> Eval<Self> {
        FormatSpec::parse(spec).map_err(EvalError)?.apply(value, &mut self.0)?;
        Ok(self)
    }

    /// The complete text.
    #[must_use]
    pub fn done(self) -> Value {
        Value::Str(self.0.into())
    }
}

/// Begins an interpolated text.
pub fn write() -> Writer {
    Writer::default()
}

/// The value of a source in an expression, where it has to exist.
pub fn found(value: Option<Value>, source: &str) -> Eval {
    value.ok_or_else(|| EvalError(format!("{source} isn't there")))
}

/// The result of a JSONPath with several possible matches: a list, which is empty without a match.
pub fn or_empty(value: Option<Value>) -> Value {
    value.unwrap_or_else(|| Value::List(ecow::EcoVec::new()))
}

/// The value of a source, or null if it found nothing.
pub fn or_null(value: Option<Value>) -> Value {
    value.unwrap_or(Value::Null)
}

/// Converts a value to a type, like `take x: int`.
pub fn convert(value: Value, ty: Type) -> Eval {
    convert_json(value, ty)
}
