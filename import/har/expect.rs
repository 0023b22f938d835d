//! Expectations from a recorded response: its status, and the structure of its JSON.

use serde_json::Value;

use super::log::Entry;
use crate::draft::{Expect, Expr, Matcher};

/// The deepest nesting of a described structure.
const DEPTH_MAX: usize = 3;
const MEMBERS_MAX: usize = 12;

/// The expectations of a step.
pub(super) fn expectations(entry: &Entry) -> Vec<Expect> {
    // A browser revalidates responses in its cache, but a new user has no cache.
    let statuses = match entry.status {
        0 => vec!["2xx".to_owned()],
        304 => vec!["200".to_owned(), "304".to_owned()],
        status => vec![status.to_string()],
    };
    let mut out = vec![Expect::Status(statuses)];
    if entry.method == "HEAD" || matches!(entry.status, 204 | 304) {
        return out;
    }
    let json = entry.text.as_deref().filter(|_| entry.media.ends_with("json")).and_then(|text| serde_json::from_str::<Value>(text).ok());
    match json {
        Some(value @ (Value::Object(_) | Value::Array(_))) => {
            let matcher = shape(&value, 0);
            let says_nothing = matches!(&matcher, Matcher::Object(members) if members.is_empty());
            if !says_nothing {
                out.push(Expect::Json { exactly: false, matcher });
            }
        }
        _ if entry.text.is_some()
            && !entry.media.is_empty()
            && entry.response_header("content-type").is_some_and(|ty| ty.contains(&entry.media)) =>
        {
            let pattern = format!("^{}", regex::escape(&entry.media));
            out.push(Expect::Headers(vec![("Content-Type".to_owned(), Matcher::Regex { not: false, pattern })]));
        }
        _ => {}
    }
    out
}

/// The structure of a value: the types of its members. The first item describes a list, because the number of items changes.
fn shape(value: &Value, depth: usize) -> Matcher {
    match value {
        Value::Null => Matcher::Any,
        Value::Bool(_) => Matcher::Type("bool"),
        Value::Number(number) if number.is_f64() => Matcher::Type("number"),
        Value::Number(_) => Matcher::Type("int"),
        Value::String(_) => Matcher::Type("string"),
        Value::Array(items) => match items.first() {
            Some(first @ Value::Object(_)) if depth < DEPTH_MAX => match shape(first, depth + 1) {
                // The first item is only expected to have the members that all recorded items have.
                Matcher::Object(members) => Matcher::List(vec![Matcher::Object(members)], true),
                other => Matcher::List(vec![other], true),
            },
            _ => Matcher::Type("list"),
        },
        Value::Object(_) if depth >= DEPTH_MAX => Matcher::Type("object"),
        Value::Object(members) => {
            // A member that is null has no known type.
            let shown = members.iter().filter(|(key, value)| !value.is_null() && key.len() <= 40);
            Matcher::Object(shown.take(MEMBERS_MAX).map(|(key, value)| (key.clone(), shape(value, depth + 1))).collect())
        }
    }
}

/// The expectations that two responses both meet, or `None` if their statuses differ.
pub(super) fn common(left: &[Expect], right: &[Expect]) -> Option<Vec<Expect>> {
    if left.first() != right.first() {
        return None;
    }
    Some(left.iter().filter(|expect| right.contains(expect)).cloned().collect())
}

/// Whether an argument is a literal, which does not depend on an earlier response.
pub(super) fn is_literal(value: &Expr) -> bool {
    match value {
        Expr::Text(text) => text.as_literal().is_some(),
        Expr::Number(_) | Expr::Bool(_) | Expr::Null => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_name_types_and_open_lists() {
        let value: Value =
            serde_json::from_str(r#"{"id": 1, "x": 1.5, "n": null, "items": [{"a": "t"}, {}], "tags": ["a"], "none": []}"#).unwrap();
        let member = |name: &str, matcher| (name.to_owned(), matcher);
        let items = Matcher::List(vec![Matcher::Object(vec![member("a", Matcher::Type("string"))])], true);
        let expected = [
            member("id", Matcher::Type("int")),
            member("x", Matcher::Type("number")),
            member("items", items),
            member("tags", Matcher::Type("list")),
            member("none", Matcher::Type("list")),
        ];
        assert_eq!(shape(&value, 0), Matcher::Object(expected.to_vec()));
    }
}
