//! JSONPaths and CSS selectors that contain values of the test. Each value is quoted for its position, so that no value can change the
//! meaning of the pattern.

use crate::value::{Eval, EvalError, Value};

/// A part of a pattern.
#[derive(Clone, Copy, Debug)]
pub enum BuiltPart<'a> {
    /// A constant part.
    Literal(&'a str),
    /// A value, quoted.
    Value(&'a Value, Quoting),
}

/// How a value is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// As a literal of a JSONPath (RFC 9535, section 2.3.5).
    Json,
    /// As part of a string of a JSONPath, in these quotes.
    JsonText(char),
    /// As a string of a CSS selector, including its quotes.
    Css,
    /// As part of a string of a CSS selector.
    CssText,
    /// As part of a name in a CSS selector: `#item-{id}`.
    CssName,
}

/// Builds the pattern from its parts.
///
/// # Errors
/// If a value can't be a literal: a list, an object, bytes, or null in a CSS selector.
pub fn build(parts: &[BuiltPart<'_>]) -> Eval<String> {
    let mut pattern = String::new();
    for part in parts {
        match part {
            BuiltPart::Literal(text) => pattern.push_str(text),
            BuiltPart::Value(value, quoting) => push(value, *quoting, &mut pattern)?,
        }
    }
    Ok(pattern)
}

fn push(value: &Value, quoting: Quoting, out: &mut String) -> Eval<()> {
    if matches!(value, Value::List(_) | Value::Object(_)) {
        return Err(EvalError(format!("{} has no place in a JSONPath or a CSS selector", value.describe())));
    }
    match quoting {
        Quoting::Json => match value {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Exact(_) => out.push_str(&value.to_json()?),
            other => {
                out.push('"');
                json_text(&other.to_text()?, '"', out);
                out.push('"');
            }
        },
        Quoting::JsonText(quote) => json_text(&value.to_text()?, quote, out),
        Quoting::Css => {
            out.push('"');
            css_text(&value.to_text()?, out);
            out.push('"');
        }
        Quoting::CssText => css_text(&value.to_text()?, out),
        Quoting::CssName => css_name(&value.to_text()?, out),
    }
    Ok(())
}

/// The content of a string of a JSONPath.
fn json_text(text: &str, quote: char, out: &mut String) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
}

/// The content of a string of a CSS selector: "serialize a string" of the CSSOM.
fn css_text(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\0' => out.push('\u{fffd}'),
            '"' | '\'' | '\\' => out.extend(['\\', c]),
            c if c < ' ' || c == '\u{7f}' => out.push_str(&format!("\\{:x} ", u32::from(c))),
            c => out.push(c),
        }
    }
}

/// A part of a name: "serialize an identifier" of the CSSOM. It may start with a digit or `-` only if the name has begun before it.
fn css_name(text: &str, out: &mut String) {
    let begun = out.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '('));
    for (number, c) in text.chars().enumerate() {
        match c {
            '\0' => out.push('\u{fffd}'),
            c if c < ' ' || c == '\u{7f}' || number == 0 && c.is_ascii_digit() && !begun => out.push_str(&format!("\\{:x} ", u32::from(c))),
            c if c.is_alphanumeric() || matches!(c, '-' | '_') || !c.is_ascii() => out.push(c),
            c => out.extend(['\\', c]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BuiltPart, Quoting, build};
    use crate::source::html::{Page, selector};
    use crate::source::{JsonPathQuery, Pick};
    use crate::value::Value;

    /// Texts that would change a pattern without quoting.
    const ODD: [&str; 8] = ["a", "it's", "a\"b", "\\", "x'] | $.secret", "\") a, input[name=\"", "line\nbreak", "7 up"];

    #[test]
    fn value_in_a_jsonpath_finds_only_what_equals_it() {
        for odd in ODD {
            let body = Value::object([(
                "items",
                Value::list([
                    Value::object([("name", Value::from(odd)), ("id", Value::Int(1))]),
                    Value::object([("name", Value::from("other")), ("id", Value::Int(2))]),
                ]),
            )])
            .to_json()
            .unwrap();
            let value = Value::from(odd);
            for (before, quoting, after) in [
                ("$.items[?@.name == ", Quoting::Json, "].id"),
                ("$.items[?@.name == '", Quoting::JsonText('\''), "'].id"),
                ("$.items[?@.name == \"", Quoting::JsonText('"'), "\"].id"),
            ] {
                let path = build(&[BuiltPart::Literal(before), BuiltPart::Value(&value, quoting), BuiltPart::Literal(after)]).unwrap();
                let found = JsonPathQuery::parse(&path).unwrap().take(body.as_bytes(), Pick::One).unwrap();
                assert_eq!(found, Some(Value::list([Value::Int(1)])), "{path}");
            }
        }
        let index = build(&[BuiltPart::Literal("$.items["), BuiltPart::Value(&Value::Int(1), Quoting::Json), BuiltPart::Literal("]")]);
        assert_eq!(index.unwrap(), "$.items[1]");
        assert!(build(&[BuiltPart::Value(&Value::list([]), Quoting::Json)]).is_err());
    }

    #[test]
    fn value_in_a_css_selector_finds_only_what_equals_it() {
        for odd in ODD {
            let escaped = odd.replace('&', "&amp;").replace('"', "&quot;");
            let page = Page::parse(&format!("<p data-name=\"{escaped}\" id=\"item-{escaped}\">one</p><p data-name=other id=other>two</p>"))
                .unwrap();
            let value = Value::from(odd);
            for (before, quoting, after) in
                [("p[data-name=", Quoting::Css, "]"), ("p[data-name='", Quoting::CssText, "']"), ("#item-", Quoting::CssName, "")]
            {
                let css = build(&[BuiltPart::Literal(before), BuiltPart::Value(&value, quoting), BuiltPart::Literal(after)]).unwrap();
                let found = page.take(&selector(&css).unwrap(), None, Pick::All);
                assert_eq!(found, Ok(Some(Value::list([Value::from("one")]))), "{css}");
            }
        }
        let number = build(&[BuiltPart::Literal("#"), BuiltPart::Value(&Value::Int(7), Quoting::CssName)]).unwrap();
        let page = Page::parse("<p id=7>seven</p>").unwrap();
        assert_eq!(page.take(&selector(&number).unwrap(), None, Pick::One), Ok(Some(Value::from("seven"))));
    }
}
