//! Creates values, and describes them in the words of the language.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ecow::{EcoString, EcoVec};

use super::{Eval, EvalError, Map, Value};

/// The most characters of a value that a message quotes.
const QUOTED: usize = 80;

impl Value {
    /// Text.
    pub fn str(text: &str) -> Self {
        Self::Str(EcoString::from(text))
    }

    /// A list of items.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().collect())
    }

    /// An object. A member whose value is [`Value::Absent`] is left out.
    pub fn object<K: Into<EcoString>>(members: impl IntoIterator<Item = (K, Self)>) -> Self {
        let members = members.into_iter().filter(|(_, value)| !matches!(value, Self::Absent));
        Self::Object(Arc::new(members.map(|(key, value)| (key.into(), value)).collect()))
    }

    /// Bytes.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self::Bytes(bytes.into())
    }

    /// The name of its type in messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Absent => "absent",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Exact(exact) if exact.is_whole() => "int",
            Self::Exact(_) => "float",
            Self::Str(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Duration(_) => "duration",
            Self::Time(_) => "time",
            Self::List(_) => "list",
            Self::Object(_) => "object",
            Self::File(_) => "file",
            Self::Form(_) => "form",
        }
    }

    /// Its type with an article: `a string`, `an int`, `null`, `bytes`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Absent => "absent",
            Self::Bool(_) => "a bool",
            Self::Int(_) => "an int",
            Self::Float(_) => "a float",
            Self::Exact(exact) if exact.is_whole() => "an int",
            Self::Exact(_) => "a float",
            Self::Str(_) => "a string",
            Self::Bytes(_) => "bytes",
            Self::Duration(_) => "a duration",
            Self::Time(_) => "a time",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
            Self::File(_) => "a file",
            Self::Form(_) => "a form",
        }
    }

    /// Describes the value for a message: `the string "x"`, `the int 5`, `a list of 3 items`. Long values are cut.
    pub fn describe(&self) -> String {
        match self {
            Self::Null | Self::Absent => self.type_name().to_owned(),
            Self::Str(text) => format!("the string {}", quoted(text)),
            Self::Bytes(bytes) => format!("{} bytes", bytes.len()),
            Self::List(items) => list_of(items.len()),
            Self::Object(_) | Self::Form(_) => self.kind().to_owned(),
            Self::File(file) => format!("the file {}", file.name),
            Self::Exact(exact) => format!("the {} {}", self.type_name(), cut(exact.text())),
            other => format!("the {} {}", other.type_name(), other.literal()),
        }
    }

    /// The value in a short literal form: text in quotes, lists and objects as JSON, all cut at a length for messages.
    pub fn literal(&self) -> String {
        match self {
            Self::Str(text) => quoted(text),
            Self::List(_) | Self::Object(_) => match self.to_json() {
                Ok(json) => cut(&json),
                Err(_) => self.kind().to_owned(),
            },
            Self::Bytes(_) | Self::File(_) | Self::Form(_) | Self::Null | Self::Absent => match self {
                Self::Bytes(_) | Self::File(_) => self.describe(),
                _ => self.type_name().to_owned(),
            },
            other => other.to_text().map(Into::into).unwrap_or_else(|_| other.kind().to_owned()),
        }
    }

    /// Its text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Its number, if it is an int or a float. Whole numbers beyond 64 bits can't be used in calculations.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "the language's floats are f64")]
            Self::Int(n) => Some(*n as f64),
            Self::Float(x) => Some(*x),
            Self::Exact(exact) if !exact.is_whole() => Some(exact.rounded()).filter(|x| x.is_finite()),
            _ => None,
        }
    }

    /// The content of a string, of bytes or of a file, for hashes, bodies and `concat`.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Str(text) => Some(text.as_bytes()),
            Self::Bytes(bytes) => Some(bytes),
            Self::File(file) => Some(&file.bytes),
            _ => None,
        }
    }

    /// Its items, or an error that names the value's type.
    pub fn items(&self, what: &str) -> Eval<&EcoVec<Self>> {
        match self {
            Self::List(items) => Ok(items),
            other => Err(EvalError(format!("{what}: expected a list, got {}", other.describe()))),
        }
    }
}

/// Describes a list with this many items.
pub(crate) fn list_of(count: usize) -> String {
    format!("a list of {count} item{}", if count == 1 { "" } else { "s" })
}

fn quoted(text: &str) -> String {
    let mut json = Vec::with_capacity(text.len() + 2);
    super::write_json_string(&cut(text), &mut json);
    String::from_utf8(json).unwrap_or_default()
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

impl From<i32> for Value {
    fn from(n: i32) -> Self {
        Self::Int(n.into())
    }
}

impl From<u16> for Value {
    fn from(n: u16) -> Self {
        Self::Int(n.into())
    }
}

impl From<f64> for Value {
    fn from(x: f64) -> Self {
        Self::Float(x)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::str(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Str(text.into())
    }
}

impl From<EcoString> for Value {
    fn from(text: EcoString) -> Self {
        Self::Str(text)
    }
}

impl From<Bytes> for Value {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::List(items.into())
    }
}

impl From<Map> for Value {
    fn from(members: Map) -> Self {
        Self::Object(Arc::new(members))
    }
}

impl From<Duration> for Value {
    /// Durations beyond 292 years are cut to 292 years.
    fn from(span: Duration) -> Self {
        Self::Duration(i64::try_from(span.as_nanos()).unwrap_or(i64::MAX))
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<&Value> for Value {
    fn from(value: &Value) -> Self {
        value.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_describes_itself() {
        let cases = [
            (Value::Null, "null"),
            (Value::from("a\"b"), "the string \"a\\\"b\""),
            (Value::from(5), "the int 5"),
            (Value::from(1.5), "the float 1.5"),
            (Value::from(true), "the bool true"),
            (Value::from(Duration::from_millis(250)), "the duration 250ms"),
            (Value::from(vec![Value::Null]), "a list of 1 item"),
            (Value::from(Map::new()), "an object"),
        ];
        for (value, expected) in cases {
            assert_eq!(value.describe(), expected);
        }
        assert!(Value::from("x".repeat(500)).describe().chars().count() < 110);
    }

    #[test]
    fn an_absent_member_is_left_out() {
        let object = Value::object([("a", Value::from(1)), ("b", Value::Absent)]);
        assert_eq!(object.to_json().unwrap(), r#"{"a":1}"#);
    }
}
