//! Types of takes: `take n: int = header "X-Count"`.
//!
//! A type converts text (from headers, cookies, text, HTML, regex groups) and checks values that already have a type (from JSON): a JSON
//! string is never an int, even if it looks like one. JSON has no times, durations and bytes, so those are read from its strings.

use bytes::Bytes;
use ltc_config::number::is_integral;

use super::number::{whole, written};
use super::{Eval, EvalError, Value};

/// A type of a take, a parameter or a matcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Any value, including null.
    Any,
    /// `string`
    String,
    /// `int`
    Int,
    /// `float`; ints are converted.
    Float,
    /// `number`: an int or a float, unchanged.
    Number,
    /// `bool`
    Bool,
    /// `duration`, written `250ms`, `1h20m`.
    Duration,
    /// `time`, in RFC 3339.
    Time,
    /// `bytes`
    Bytes,
    /// `list`
    List,
    /// `object`
    Object,
    /// `json`: text in JSON becomes its value; a value that came from JSON stays.
    Json,
}

impl Type {
    /// Its name with an article.
    pub const fn article(self) -> &'static str {
        match self {
            Self::Any => "any value",
            Self::String => "a string",
            Self::Int => "an int",
            Self::Float => "a float",
            Self::Number => "a number",
            Self::Bool => "a bool",
            Self::Duration => "a duration",
            Self::Time => "a time",
            Self::Bytes => "bytes",
            Self::List => "a list",
            Self::Object => "an object",
            Self::Json => "JSON",
        }
    }

    /// Whether a value already has this type.
    pub fn holds(self, value: &Value) -> bool {
        match self {
            Self::Any => true,
            Self::String => matches!(value, Value::Str(_)),
            Self::Int => matches!(value, Value::Int(_)) || matches!(value, Value::Exact(exact) if exact.is_whole()),
            Self::Float => matches!(value, Value::Float(_)) || matches!(value, Value::Exact(exact) if !exact.is_whole()),
            Self::Number => matches!(value, Value::Int(_) | Value::Float(_) | Value::Exact(_)),
            Self::Bool => matches!(value, Value::Bool(_)),
            Self::Duration => matches!(value, Value::Duration(_)),
            Self::Time => matches!(value, Value::Time(_)),
            Self::Bytes => matches!(value, Value::Bytes(_) | Value::File(_)),
            Self::List => matches!(value, Value::List(_)),
            Self::Object => matches!(value, Value::Object(_)),
            Self::Json => !matches!(value, Value::Bytes(_) | Value::File(_) | Value::Form(_) | Value::Absent),
        }
    }
}

fn expected<T>(ty: Type, value: &Value) -> Eval<T> {
    Err(EvalError(format!("expected {}, got {}", ty.article(), value.describe())))
}

/// Converts a value that came as text. For any other value the rules of [`convert_json`] apply. A list (of `all`) is converted item by
/// item, unless the type is a list.
pub fn convert_text(value: Value, ty: Type) -> Eval {
    match &value {
        Value::Str(text) => from_text(text, ty, &value),
        Value::List(items) if !matches!(ty, Type::Any | Type::List | Type::Json) => {
            items.iter().map(|item| convert_text(item.clone(), ty)).collect::<Eval<_>>().map(Value::List)
        }
        _ => convert_json(value, ty),
    }
}

fn from_text(text: &str, ty: Type, value: &Value) -> Eval {
    let bare = text.trim();
    let parsed = match ty {
        Type::Any | Type::String => return Ok(value.clone()),
        Type::Bytes => Some(Value::Bytes(Bytes::copy_from_slice(text.as_bytes()))),
        Type::Int => whole(bare),
        Type::Float => match written(bare) {
            Some(number) => return convert_json(number.value(), ty),
            None => number(bare).map(Value::Float),
        },
        Type::Number => match written(bare) {
            Some(number) => Some(number.value()),
            None => whole(bare).or_else(|| number(bare).map(Value::Float)),
        },
        Type::Bool => match bare {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        Type::Duration => parse_duration(bare).map(Value::Duration),
        Type::Time => bare.parse::<jiff::Timestamp>().ok().map(|t| Value::Time(t.as_nanosecond())),
        Type::List | Type::Object | Type::Json => {
            return convert_json(Value::from_json(text.as_bytes())?, ty);
        }
    };
    parsed.map_or_else(|| expected(ty, value), Ok)
}

/// Checks a value that came with a type, from JSON. Only whole floats are converted to ints, ints to floats, and values that JSON can write
/// only as strings.
pub fn convert_json(value: Value, ty: Type) -> Eval {
    if ty.holds(&value) {
        return Ok(value);
    }
    match (&value, ty) {
        #[expect(clippy::cast_precision_loss, reason = "a float was asked for")]
        (Value::Int(n), Type::Float) => Ok(Value::Float(*n as f64)),
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 53 bits")]
        (Value::Float(x), Type::Int) if x.fract() == 0.0 && x.abs() <= 9_007_199_254_740_992.0 => Ok(Value::Int(*x as i64)),
        (Value::Exact(exact), Type::Float) if exact.rounded().is_finite() => Ok(Value::Float(exact.rounded())),
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 53 bits")]
        (Value::Exact(exact), Type::Int) if is_integral(exact.text()) && exact.rounded().abs() <= 9_007_199_254_740_992.0 => {
            Ok(Value::Int(exact.rounded() as i64))
        }
        (Value::Str(text), Type::Time | Type::Duration | Type::Bytes) => from_text(text, ty, &value),
        _ => expected(ty, &value),
    }
}

/// A float in digits; `inf` and `nan` aren't accepted.
pub(crate) fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|x: &f64| x.is_finite() && text.bytes().any(|b| b.is_ascii_digit()))
}

/// Reads `1h20m`, `250ms`, `1.5s`, `2d`: units `d h m s ms us ns`, each at most once, in descending order.
pub fn parse_duration(text: &str) -> Option<i64> {
    const UNITS: [(&str, f64); 7] = [("d", 86_400e9), ("h", 3_600e9), ("m", 60e9), ("s", 1e9), ("ms", 1e6), ("us", 1e3), ("ns", 1.0)];
    let (negative, mut rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let mut total = 0.0;
    let mut next = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let amount = number(&rest[..digits])?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = UNITS.iter().position(|(name, _)| *name == &rest[..letters])?;
        if unit < next {
            return None;
        }
        next = unit + 1;
        total += amount * UNITS[unit].1;
        rest = &rest[letters..];
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "checked against the limit")]
    let nanos = (total.round() < i64::MAX as f64).then(|| total.round() as i64)?;
    Some(if negative { -nanos } else { nanos })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_converted_to_types() {
        let cases = [
            ("42", Type::Int, Value::from(42)),
            (" 42 ", Type::Int, Value::from(42)),
            ("1.5", Type::Float, Value::from(1.5)),
            ("7", Type::Number, Value::from(7)),
            ("true", Type::Bool, Value::from(true)),
            ("1h20m", Type::Duration, Value::Duration(4_800_000_000_000)),
            ("1970-01-01T00:00:01Z", Type::Time, Value::Time(1_000_000_000)),
            ("ab", Type::Bytes, Value::bytes("ab")),
            ("[1]", Type::List, Value::from(vec![Value::from(1)])),
            ("5", Type::Json, Value::from(5)),
            ("x", Type::Any, Value::from("x")),
        ];
        for (text, ty, expected) in cases {
            assert_eq!(convert_text(Value::from(text), ty).unwrap(), expected, "{text}");
        }
        for (text, ty) in
            [("x", Type::Int), ("1.5", Type::Int), ("", Type::Float), ("inf", Type::Float), ("yes", Type::Bool), ("{", Type::Json)]
        {
            assert!(convert_text(Value::from(text), ty).is_err(), "{text}");
        }
        let all = Value::from(vec![Value::from("1"), Value::from("2")]);
        assert_eq!(convert_text(all, Type::Int).unwrap(), Value::from(vec![Value::from(1), Value::from(2)]));
    }

    #[test]
    fn json_is_checked() {
        assert_eq!(convert_json(Value::from("x"), Type::Int).unwrap_err().0, "expected an int, got the string \"x\"");
        assert_eq!(convert_json(Value::from("5"), Type::Int).unwrap_err().0, "expected an int, got the string \"5\"");
        assert_eq!(convert_json(Value::Null, Type::String).unwrap_err().0, "expected a string, got null");
        assert_eq!(convert_json(Value::from(3.0), Type::Int).unwrap().type_name(), "int");
        assert_eq!(convert_json(Value::from(3), Type::Float).unwrap().type_name(), "float");
        assert!(convert_json(Value::from(3.5), Type::Int).is_err());
        assert_eq!(convert_json(Value::from("250ms"), Type::Duration).unwrap(), Value::Duration(250_000_000));
    }

    #[test]
    fn durations_are_converted() {
        for (text, nanos) in [
            ("250ms", 250_000_000),
            ("1.5s", 1_500_000_000),
            ("2d", 172_800_000_000_000),
            ("3h30m10s", 12_610_000_000_000),
            ("-1s", -1_000_000_000),
        ] {
            assert_eq!(parse_duration(text), Some(nanos), "{text}");
        }
        for text in ["", "5", "s", "1s1s", "1s2m", "5min", "1 s", ".s", "99999999d"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
