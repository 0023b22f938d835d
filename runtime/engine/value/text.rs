//! Values as text, for an interpolation `"{x}"`, a path, a header or a form field.
//!
//! Numbers print in the shortest form, durations like `250ms` and `1h20m`, times as RFC 3339, lists and objects as JSON. Null has no
//! sensible text, so it is an error. So are bytes, because only the author of the spec knows their encoding.

use ecow::EcoString;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::format::FormatSpec;
use super::{Eval, EvalError, Value};

/// All characters except RFC 3986's unreserved ones.
pub(crate) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The characters that a path segment has to encode: all except unreserved ones, sub-delimiters, `:` and `@`.
const SEGMENT: &AsciiSet = &RESERVED
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// A part of an interpolated text.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// A constant text.
    Lit(&'static str),
    /// `{x}`
    Val(&'a Value),
    /// `{x:09}`
    Fmt(&'a Value, FormatSpec),
}

/// An interpolated text.
pub fn text(parts: &[Part<'_>]) -> Eval {
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Lit(text) => out.push_str(text),
            Part::Val(value) => value.write_text(&mut out)?,
            Part::Fmt(value, spec) => spec.apply(value, &mut out)?,
        }
    }
    Ok(Value::Str(out.into()))
}

/// `{x}` in a path, percent-encoded as one segment. An empty text, `.` and `..` would change the path, and are errors.
pub fn path_segment(value: &Value, out: &mut String) -> Eval<()> {
    let text = value.to_text()?;
    if matches!(text.as_str(), "" | "." | "..") {
        return Err(EvalError(format!("{} as a segment of a path would change the path", value.describe())));
    }
    push_encoded(&text, SEGMENT, out);
    Ok(())
}

/// `{x}` in a path's query, percent-encoded as a value.
pub fn query_value(value: &Value, out: &mut String) -> Eval<()> {
    push_encoded(&value.to_text()?, RESERVED, out);
    Ok(())
}

/// Appends a text with percent-encoding. Most texts have only unreserved characters, which need none.
fn push_encoded(text: &str, set: &'static AsciiSet, out: &mut String) {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')) {
        out.push_str(text);
    } else {
        out.extend(utf8_percent_encode(text, set));
    }
}

impl Value {
    /// Appends its text to `out`.
    pub fn write_text(&self, out: &mut String) -> Eval<()> {
        match self {
            Self::Str(text) => out.push_str(text),
            Self::Int(n) => out.push_str(itoa::Buffer::new().format(*n)),
            Self::Float(x) => out.push_str(ryu::Buffer::new().format(*x)),
            Self::Exact(exact) => out.push_str(exact.text()),
            Self::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Self::Duration(nanos) => write_duration(*nanos, out),
            Self::Time(nanos) => write_time(*nanos, out)?,
            Self::List(_) | Self::Object(_) => out.push_str(&self.to_json()?),
            Self::Null | Self::Absent => {
                return Err(EvalError(format!("{} in a text: give it a value first, or test for it", self.type_name())));
            }
            Self::Bytes(_) | Self::File(_) => {
                return Err(EvalError(format!("{} in a text: write hex(..), base64(..) or text(..)", self.type_name())));
            }
            Self::Form(_) => return Err(EvalError::new("a form in a text: send it with `submit`")),
        }
        Ok(())
    }

    /// Its text.
    pub fn to_text(&self) -> Eval<EcoString> {
        if let Self::Str(text) = self {
            return Ok(text.clone());
        }
        let mut out = String::new();
        self.write_text(&mut out)?;
        Ok(out.into())
    }
}

/// Appends a time as RFC 3339 in UTC.
pub fn write_time(nanos: i128, out: &mut String) -> Eval<()> {
    use std::fmt::Write;
    let time = timestamp(nanos)?;
    write!(out, "{time}").map_err(|_| EvalError::new("a time that cannot be printed"))
}

/// The timestamp, if its year has a calendar.
pub(crate) fn timestamp(nanos: i128) -> Eval<jiff::Timestamp> {
    jiff::Timestamp::from_nanosecond(nanos).map_err(|_| EvalError::new("a time outside the years -9999 to 9999"))
}

/// Appends a duration in the form of a spec: `250ms`, `1.5s`, `1h20m`.
pub fn write_duration(nanos: i64, out: &mut String) {
    if nanos < 0 {
        out.push('-');
    }
    ltc_config::duration::write(nanos.unsigned_abs(), out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_printed_as_texts() {
        const MS: i64 = 1_000_000;
        let cases = [
            (Value::from("é"), "é"),
            (Value::from(-5), "-5"),
            (Value::from(0.1 + 0.2), "0.30000000000000004"),
            (Value::from(3.0), "3.0"),
            (Value::from(true), "true"),
            (Value::Duration(250 * MS), "250ms"),
            (Value::Duration(1_500 * MS), "1.5s"),
            (Value::Duration(4_800_000 * MS), "1h20m"),
            (Value::Duration(90_000 * MS), "1m30s"),
            (Value::Duration(0), "0s"),
            (Value::Duration(-1_500), "-1.5us"),
            (Value::Time(1_700_000_000_123_000_000), "2023-11-14T22:13:20.123Z"),
            (Value::from(vec![Value::from(1), Value::from("a")]), "[1,\"a\"]"),
        ];
        for (value, expected) in cases {
            assert_eq!(value.to_text().unwrap(), expected);
        }
        for bad in [Value::Null, Value::Absent, Value::bytes(vec![1])] {
            assert!(bad.to_text().is_err());
        }
        assert_eq!(Value::bytes(vec![1]).to_text().unwrap_err().0, "bytes in a text: write hex(..), base64(..) or text(..)");
    }

    #[test]
    fn texts_are_interpolated() {
        let n = Value::from(42);
        let spec = FormatSpec::parse("09").unwrap();
        let text = text(&[Part::Lit("ids:"), Part::Fmt(&n, spec), Part::Lit("/"), Part::Val(&n)]).unwrap();
        assert_eq!(text, Value::from("ids:000000042/42"));
    }

    #[test]
    fn values_are_encoded_for_path_and_query() {
        let mut out = String::new();
        path_segment(&Value::from("a b/c?d#é:@"), &mut out).unwrap();
        assert_eq!(out, "a%20b%2Fc%3Fd%23%C3%A9:@");
        out.clear();
        query_value(&Value::from("a b&c=d+e"), &mut out).unwrap();
        assert_eq!(out, "a%20b%26c%3Dd%2Be");
        assert!(path_segment(&Value::from(".."), &mut out).is_err());
        assert!(path_segment(&Value::from(""), &mut out).is_err());
    }
}
