//! What expressions of generated code are made of, beside the operators and functions.

use std::sync::Arc;

use ecow::{EcoString, EcoVec};

use crate::program::Type;
use crate::user::User;
use crate::value::convert::convert_json;
use crate::value::format::FormatSpec;
use crate::value::{Eval, Fault, FileValue, Map, Value};

pub use crate::data::all_rows;

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

/// An object; members whose value is absent are left out.
pub fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let map: Map = members
        .into_iter()
        .filter(|(_, value)| !matches!(value, Value::Absent))
        .map(|(key, value)| (EcoString::from(key), value))
        .collect();
    Value::Object(Arc::new(map))
}

/// Text with holes, put together part by part.
#[derive(Debug, Default)]
pub struct Writer(String);

impl Writer {
    /// A constant part.
    #[must_use]
    pub fn lit(mut self, part: &str) -> Self {
        self.0.push_str(part);
        self
    }

    /// A hole.
    pub fn put(mut self, value: &Value) -> Eval<Self> {
        value.write_text(&mut self.0)?;
        Ok(self)
    }

    /// A hole with a format spec.
    pub fn format(mut self, value: &Value, spec: &'static str) -> Eval<Self> {
        FormatSpec::parse(spec).map_err(Fault)?.apply(value, &mut self.0)?;
        Ok(self)
    }

    /// The whole.
    #[must_use]
    pub fn done(self) -> Value {
        Value::Str(self.0.into())
    }
}

/// Begins a text with holes.
pub fn write() -> Writer {
    Writer::default()
}

/// What a source found, where an expression needs it to be there.
pub fn found(value: Option<Value>, source: &str) -> Eval {
    value.ok_or_else(|| Fault(format!("{source} isn't there")))
}

/// What a source found, null where it found nothing.
pub fn or_null(value: Option<Value>) -> Value {
    value.unwrap_or(Value::Null)
}

/// `all`: all that was found, as a list; nothing where there is none.
pub fn all_of(values: Vec<Value>) -> Option<Value> {
    (!values.is_empty()).then(|| Value::List(values.into()))
}

/// The first of what was found.
pub fn first_of(values: Vec<Value>) -> Option<Value> {
    values.into_iter().next()
}

/// `any`: one of what was found, at random.
pub fn any_of(user: &User, mut values: Vec<Value>) -> Option<Value> {
    if values.is_empty() {
        return None;
    }
    let index = usize::try_from(user.rng().below(values.len() as u64)).unwrap_or(0);
    Some(values.swap_remove(index))
}

/// The items of a list that a source gave, for `all` and `any`.
pub fn items_of(value: Option<Value>) -> Eval<Vec<Value>> {
    match value {
        None => Ok(Vec::new()),
        Some(value) => Ok(value.into_list()?.into_iter().collect()),
    }
}

/// `a ~ /re/`.
pub fn matches(user: &User, value: &Value, regex: usize) -> Eval<bool> {
    match value {
        Value::Null => Ok(false),
        value => Ok(user.regex(regex).is_match(&value.to_text()?)),
    }
}

/// `take x = a ~ /re/`: the first match.
pub fn capture(user: &User, value: &Value, regex: usize) -> Eval<Option<Value>> {
    Ok(crate::source::regex::first(user.regex(regex), &value.to_text()?))
}

/// `take x = all a ~ /re/`: all matches.
pub fn captures(user: &User, value: &Value, regex: usize) -> Eval<Vec<Value>> {
    Ok(crate::source::regex::all(user.regex(regex), &value.to_text()?))
}

/// `file("x", name:, type:)`.
pub fn file(user: &User, asset: usize, name: Option<&Value>, media_type: Option<&Value>) -> Eval {
    let Value::File(file) = user.asset(asset) else { return Err(Fault("this file isn't there".into())) };
    if name.is_none() && media_type.is_none() {
        return Ok(Value::File(file));
    }
    let mut file = FileValue::clone(&file);
    if let Some(name) = name {
        file.name = name.to_text()?;
    }
    if let Some(media_type) = media_type {
        file.media_type = media_type.to_text()?;
    }
    Ok(Value::File(Arc::new(file)))
}

/// A value read as a type, as `take x: int` does.
pub fn convert(value: Value, ty: Type) -> Eval {
    convert_json(value, ty)
}

/// Evaluates what may fail, for a place that takes the outcome: the request of a step.
pub fn attempt<T>(expression: impl FnOnce() -> Eval<T>) -> Eval<T> {
    expression()
}
