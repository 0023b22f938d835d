//! JSON as expressions, with numbers as written.

use indexmap::IndexMap;
use serde_json::value::RawValue;

use super::Expr;

/// The deepest nesting of lists and objects that a person reads; deeper JSON stays a text.
const DEPTH_MAX: usize = 32;

/// The expression of a JSON text; `None` if it is not JSON, or nested too deeply.
pub fn json(text: &str) -> Option<Expr> {
    raw(serde_json::from_str(text.trim()).ok()?, 0)
}

fn raw(value: &RawValue, depth: usize) -> Option<Expr> {
    if depth > DEPTH_MAX {
        return None;
    }
    let text = value.get();
    Some(match text.as_bytes().first()? {
        b'{' => {
            let members: IndexMap<String, &RawValue> = serde_json::from_str(text).ok()?;
            Expr::Map(members.into_iter().map(|(key, value)| Some((key, raw(value, depth + 1)?))).collect::<Option<_>>()?)
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            Expr::List(items.into_iter().map(|item| raw(item, depth + 1)).collect::<Option<_>>()?)
        }
        b'"' => Expr::text(serde_json::from_str::<String>(text).ok()?),
        b't' => Expr::Bool(true),
        b'f' => Expr::Bool(false),
        b'n' => Expr::Null,
        _ => Expr::number(text),
    })
}

/// The expression of a JSON value.
pub fn json_value(value: &serde_json::Value) -> Expr {
    match value {
        serde_json::Value::Null => Expr::Null,
        serde_json::Value::Bool(bool) => Expr::Bool(*bool),
        serde_json::Value::Number(number) => Expr::number(&number.to_string()),
        serde_json::Value::String(text) => Expr::text(text),
        serde_json::Value::Array(items) => Expr::List(items.iter().map(json_value).collect()),
        serde_json::Value::Object(members) => Expr::Map(members.iter().map(|(key, value)| (key.clone(), json_value(value))).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_the_digits_of_its_numbers_and_the_order_of_its_keys() {
        let read = json(r#"{"b": [1.10, 18446744073709551616], "a": {"x y": null, "t": "a\n"}}"#);
        let expected = Expr::Map(vec![
            ("b".to_owned(), Expr::List(vec![Expr::Number("1.10".to_owned()), Expr::Number("18446744073709551616".to_owned())])),
            ("a".to_owned(), Expr::Map(vec![("x y".to_owned(), Expr::Null), ("t".to_owned(), Expr::text("a\n"))])),
        ]);
        assert_eq!(read, Some(expected));
        assert_eq!(json("{a: 1}"), None);
        assert_eq!(json(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))), None);
    }
}
