//! Converts values from and to JSON.
//!
//! Numbers that no int or float prints in the same way keep their text. Of a repeated key, the last one counts. In the output, a duration
//! is its whole milliseconds, a time its RFC 3339 text, an absent member is left out, and bytes are refused, because only the author of the
//! spec knows which encoding the server expects.

use std::sync::Arc;

use ecow::{EcoString, EcoVec};

use super::scan::{JsonKind, Scan, Scanner};
use super::{Eval, EvalError, Map, Value};

impl Value {
    /// The value of a JSON document.
    pub fn from_json(document: &[u8]) -> Eval {
        let mut scanner = Scanner::new(document);
        let read = || {
            let value = Self::scan(&mut scanner)?;
            scanner.end()?;
            Ok(value)
        };
        let mut read = read;
        read().map_err(|error: super::scan::ScanError| error.explain(document))
    }

    /// The next value of a document.
    pub fn scan(scanner: &mut Scanner<'_>) -> Scan<Self> {
        let kind = scanner.kind()?;
        Ok(match kind {
            JsonKind::Str => Self::Str(EcoString::from(scanner.string()?.text())),
            JsonKind::Number => scanner.number()?.value(),
            JsonKind::List => {
                scanner.enter()?;
                let mut first = true;
                let mut items = EcoVec::new();
                while scanner.item(&mut first)? {
                    items.push(Self::scan(scanner)?);
                }
                Self::List(items)
            }
            JsonKind::Object => {
                scanner.enter()?;
                let mut first = true;
                let mut members = Map::new();
                while let Some(key) = scanner.member(&mut first)? {
                    let key = EcoString::from(key.text());
                    let value = Self::scan(scanner)?;
                    members.insert(key, value);
                }
                Self::Object(Arc::new(members))
            }
            literal => {
                scanner.literal(literal)?;
                match literal {
                    JsonKind::True => Self::Bool(true),
                    JsonKind::False => Self::Bool(false),
                    _ => Self::Null,
                }
            }
        })
    }

    /// Appends compact JSON to `out`.
    pub fn write_json(&self, out: &mut Vec<u8>) -> Eval<()> {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Absent => {
                return Err(EvalError::new("unexpected absent, expected it only as the value of an object's key"));
            }
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Int(n) => out.extend_from_slice(itoa::Buffer::new().format(*n).as_bytes()),
            Self::Float(x) if x.is_finite() => out.extend_from_slice(ryu::Buffer::new().format_finite(*x).as_bytes()),
            Self::Float(_) => return Err(EvalError::new("JSON has no infinite numbers")),
            Self::Exact(exact) => out.extend_from_slice(exact.text().as_bytes()),
            Self::Str(text) => write_json_string(text, out),
            Self::Duration(nanos) => out.extend_from_slice(itoa::Buffer::new().format(nanos / 1_000_000).as_bytes()),
            Self::Time(nanos) => {
                let mut text = String::new();
                super::write_time(*nanos, &mut text)?;
                write_json_string(&text, out);
            }
            Self::List(items) => {
                out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    item.write_json(out)?;
                }
                out.push(b']');
            }
            Self::Object(members) => {
                out.push(b'{');
                let present = members.iter().filter(|(_, value)| !matches!(value, Self::Absent));
                for (i, (key, value)) in present.enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    write_json_string(key, out);
                    out.push(b':');
                    value.write_json(out)?;
                }
                out.push(b'}');
            }
            Self::Bytes(_) | Self::File(_) => {
                return Err(EvalError(format!("{} in JSON: write hex(..), base64(..) or text(..)", self.type_name())));
            }
            Self::Form(_) => return Err(EvalError::new("a form in JSON: send it with `submit`")),
        }
        Ok(())
    }

    /// The value as compact JSON.
    pub fn to_json(&self) -> Eval<String> {
        let mut out = Vec::new();
        self.write_json(&mut out)?;
        String::from_utf8(out).map_err(|_| EvalError::new("the JSON is not UTF-8"))
    }
}

/// Appends `text` as a JSON string.
pub fn write_json_string(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut done = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[done..at]);
        done = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(control >> 4)]);
                out.push(HEX[usize::from(control & 15)]);
            }
        }
    }
    out.extend_from_slice(&bytes[done..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_written_as_it_was_read() {
        for json in [
            "null",
            "true",
            "[]",
            "{}",
            "[1,-2,0,1.5,1e30,\"a\"]",
            r#"{"b":1,"a":{"c":[{}]}}"#,
            r#""\"\\\n\r\t\u0001é😀""#,
            "9223372036854775807",
        ] {
            assert_eq!(Value::from_json(json.as_bytes()).unwrap().to_json().unwrap(), json);
        }
    }

    #[test]
    fn equal_json_documents_have_equal_values() {
        let cases = [
            (" [ 1 , 2 ] ", "[1,2]"),
            (r#""\u0041\ud83d\ude00\/""#, "\"A😀/\""),
            ("9223372036854775808", "9223372036854775808"),
            ("{\"a\":1.10}", "{\"a\":1.10}"),
            (r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#),
            ("-0", "0"),
            ("\u{feff}1", "1"),
            (r#""\ud800""#, "\"\u{fffd}\""),
            (r#""\udc00\ud83d\ude00""#, "\"\u{fffd}😀\""),
            (r#""\ud83dx\ud83d\u0041""#, "\"\u{fffd}x\u{fffd}A\""),
        ];
        for (json, expected) in cases {
            assert_eq!(Value::from_json(json.as_bytes()).unwrap().to_json().unwrap(), expected);
        }
    }

    #[test]
    fn text_that_is_not_json_is_refused() {
        for bad in [
            "",
            " ",
            "[1,]",
            "{,}",
            "{\"a\"}",
            "{a:1}",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "-",
            "tru",
            "nul",
            "\"",
            "\"\\x\"",
            "\"\n\"",
            "[1 2]",
            "1 2",
            "{\"a\":1,}",
            "'a'",
            "[",
            "{\"a\":",
            "NaN",
            "\"\\u12\"",
            "[1}",
            "//a\n1",
        ] {
            assert!(Value::from_json(bad.as_bytes()).is_err(), "{bad}");
            let oracle: Result<serde_json::Value, _> = serde_json::from_str(bad);
            assert!(oracle.is_err(), "{bad}");
        }
        assert!(Value::from_json(b"\"\xff\"").is_err());
        assert!(Value::from_json("[".repeat(1000).as_bytes()).is_err());
        assert!(Value::from_json(("[".repeat(512) + &"]".repeat(512)).as_bytes()).is_ok());
        let error = Value::from_json(b"<html>no</html>").unwrap_err();
        assert_eq!(error.0, "not JSON: expected a value at byte 0, near `<html>no</html>`");
    }

    #[test]
    fn every_byte_at_every_position_of_a_string_is_handled() {
        for byte in 0..=255 {
            for place in 0..20 {
                let mut json = [b"\"".as_slice(), &[b'x'; 20], b"\""].concat();
                json[place + 1] = byte;
                let oracle = serde_json::from_slice::<String>(&json).ok();
                let ours = Value::from_json(&json).ok();
                assert_eq!(ours.as_ref().and_then(Value::as_str), oracle.as_deref(), "{byte} at {place}");
            }
        }
    }

    #[test]
    fn error_names_values_that_json_cannot_contain() {
        assert!(Value::bytes(vec![1]).to_json().unwrap_err().0.contains("hex(..)"));
        assert_eq!(Value::Duration(1_500_000_000).to_json().unwrap(), "1500");
        assert_eq!(Value::Time(0).to_json().unwrap(), "\"1970-01-01T00:00:00Z\"");
    }
}
