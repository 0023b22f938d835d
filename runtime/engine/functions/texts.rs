//! Text, bytes and JSON.

use bytes::Bytes;
use ecow::EcoString;
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use regex::Regex;

use super::{bytes_of, list_of, refuse, text_of};
use crate::base::search::{MATCHES, check_cost};
use crate::base::work::WorkLimit;
use crate::value::{Eval, EvalError, Value};

/// `join(xs, sep)`
pub fn join(xs: &Value, sep: Option<&Value>) -> Eval {
    let sep = sep.map_or(Ok(""), |sep| text_of("the separator of join", sep))?;
    let mut out = String::new();
    for (i, item) in list_of("join", xs)?.iter().enumerate() {
        if i > 0 {
            out.push_str(sep);
        }
        item.write_text(&mut out)?;
    }
    Ok(out.into())
}

/// `split(s, sep)`: if `sep` is empty, it splits after each character.
pub fn split(s: &Value, sep: &Value) -> Eval {
    let text = text_of("split", s)?;
    let sep = text_of("the separator of split", sep)?;
    if sep.is_empty() {
        return Ok(Value::list(text.chars().map(|c| Value::Str(EcoString::from(c)))));
    }
    Ok(Value::list(text.split(sep).map(Value::str)))
}

/// `replace(s, from, to)`: replaces every occurrence.
pub fn replace(s: &Value, from: &Value, to: &Value) -> Eval {
    let (text, from, to) = (text_of("replace", s)?, text_of("replace", from)?, text_of("replace", to)?);
    Ok(text.replace(from, to).into())
}

/// `replace(s, /from/, to)`: replaces every match. `$1` and `$name` in `to` are its groups.
pub fn replace_regex(s: &Value, from: &Regex, to: &Value) -> Eval {
    let (text, to) = (text_of("replace", s)?, text_of("replace", to)?);
    check_cost(from, text).map_err(EvalError)?;
    let limit = WorkLimit::of(text.len());
    let work = limit.start();
    let (mut out, mut end) = (EcoString::new(), 0);
    let mut replaced = String::new();
    for (number, captures) in from.captures_iter(text).enumerate() {
        let found = captures.get_match();
        out.push_str(&text[end..found.start()]);
        replaced.clear();
        captures.expand(to, &mut replaced);
        out.push_str(&replaced);
        end = found.end();
        if number % MATCHES == MATCHES - 1 && work.is_too_much() {
            return Err(EvalError(format!("the regex can't be applied: {}", work.excess())));
        }
    }
    out.push_str(&text[end..]);
    Ok(Value::Str(out))
}

/// `trim(s)`
pub fn trim(s: &Value) -> Eval {
    text_of("trim", s).map(|text| Value::str(text.trim()))
}

/// `upper(s)`
pub fn upper(s: &Value) -> Eval {
    text_of("upper", s).map(|text| text.to_uppercase().into())
}

/// `lower(s)`
pub fn lower(s: &Value) -> Eval {
    text_of("lower", s).map(|text| text.to_lowercase().into())
}

/// `starts_with(s, part)`
pub fn starts_with(s: &Value, part: &Value) -> Eval {
    Ok(text_of("starts_with", s)?.starts_with(text_of("starts_with", part)?).into())
}

/// `ends_with(s, part)`
pub fn ends_with(s: &Value, part: &Value) -> Eval {
    Ok(text_of("ends_with", s)?.ends_with(text_of("ends_with", part)?).into())
}

/// `string(x)`: the value as it is printed.
pub fn string(x: &Value) -> Eval {
    x.to_text().map(Value::Str)
}

/// `text(b)`: converts bytes in UTF-8 to text.
pub fn text(b: &Value) -> Eval {
    match std::str::from_utf8(bytes_of("text", b)?) {
        Ok(text) => Ok(Value::str(text)),
        Err(error) => Err(EvalError(format!(
            "text of {}: not UTF-8 from byte {} on; hex(..) or base64(..) print any bytes",
            b.describe(),
            error.valid_up_to()
        ))),
    }
}

/// `bytes(s)`: the UTF-8 bytes of a text, or the content of a file.
pub fn bytes(s: &Value) -> Eval {
    match s {
        Value::Bytes(_) => Ok(s.clone()),
        Value::File(file) => Ok(Value::Bytes(file.bytes.clone())),
        _ => Ok(Value::Bytes(Bytes::copy_from_slice(bytes_of("bytes", s)?))),
    }
}

/// `concat(a, b, …)`: joins texts, bytes and files to bytes.
pub fn concat(parts: &[Value]) -> Eval {
    let mut out = Vec::new();
    for part in parts {
        out.extend_from_slice(bytes_of("concat", part)?);
    }
    Ok(Value::bytes(out))
}

/// `to_json(x)`
pub fn to_json(x: &Value) -> Eval {
    x.to_json().map(Value::from)
}

/// `from_json(s)`
pub fn from_json(s: &Value) -> Eval {
    Value::from_json(bytes_of("from_json", s)?)
}

/// `urlencode(s)`: encodes all characters except letters, digits and `- . _ ~`.
pub fn urlencode(s: &Value) -> Eval {
    let text = s.to_text()?;
    Ok(Value::Str(utf8_percent_encode(&text, crate::value::RESERVED).collect()))
}

/// `urldecode(s)`: decodes a text, and keeps `+`.
pub fn urldecode(s: &Value) -> Eval {
    match percent_decode_str(text_of("urldecode", s)?).decode_utf8() {
        Ok(text) => Ok(Value::str(&text)),
        Err(_) => refuse("urldecode", s, "percent-encoded UTF-8"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(json: &str) -> Value {
        Value::from_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn text_functions_give_their_results() {
        let cases = [
            (join(&v("[1,\"a\"]"), Some(&v("\"-\""))), "\"1-a\""),
            (join(&v("[1,2]"), None), "\"12\""),
            (split(&v("\"a,b,\""), &v("\",\"")), "[\"a\",\"b\",\"\"]"),
            (split(&v("\"aé\""), &v("\"\"")), "[\"a\",\"é\"]"),
            (replace(&v("\"aba\""), &v("\"a\""), &v("\"x\"")), "\"xbx\""),
            (replace_regex(&v("\"a1b2\""), &Regex::new("([a-z])(\\d)").unwrap(), &v("\"$2$1\"")), "\"1a2b\""),
            (trim(&v("\" a \"")), "\"a\""),
            (upper(&v("\"é\"")), "\"É\""),
            (lower(&v("\"AB\"")), "\"ab\""),
            (starts_with(&v("\"abc\""), &v("\"ab\"")), "true"),
            (ends_with(&v("\"abc\""), &v("\"ab\"")), "false"),
            (string(&v("1.5")), "\"1.5\""),
            (text(&Value::bytes("é")), "\"é\""),
            (to_json(&v("{\"a\": [1]}")), "\"{\\\"a\\\":[1]}\""),
            (from_json(&v("\"[1]\"")), "[1]"),
            (urlencode(&v("\"a b/é~\"")), "\"a%20b%2F%C3%A9~\""),
            (urldecode(&v("\"a%20b+\"")), "\"a b+\""),
        ];
        for (got, expected) in cases {
            assert_eq!(got.unwrap(), v(expected));
        }
        assert_eq!(concat(&[v("\"a\""), Value::bytes(vec![255])]).unwrap(), Value::bytes(vec![97, 255]));
        assert_eq!(bytes(&v("\"a\"")).unwrap(), Value::bytes("a"));
    }

    #[test]
    fn text_functions_refuse_other_values() {
        assert!(text(&Value::bytes(vec![97, 255])).unwrap_err().0.contains("not UTF-8 from byte 1"));
        assert_eq!(trim(&v("1")).unwrap_err().0, "trim of the int 1: it takes a string");
        assert!(from_json(&v("\"[\"")).is_err());
        assert!(string(&Value::Null).is_err());
        assert!(concat(&[v("1")]).is_err());
        assert!(urldecode(&v("\"%ff\"")).is_err());
    }
}
