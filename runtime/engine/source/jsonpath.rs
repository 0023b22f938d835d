//! JSONPath (RFC 9535): `json "$.items[?@.id==1].name"`.

use serde_json_path::{JsonPath, NormalizedPath, PathElement};

use super::Pick;
use super::json::{PathStep, json_path_bytes};
use crate::value::{Eval, Value};

/// A query, parsed once.
#[derive(Clone, Debug)]
pub struct JsonPathQuery {
    path: JsonPath,
    /// Its steps if it names at most one node. A body then needs no tree.
    singular: Option<Vec<Segment>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Segment {
    Key(String),
    Index(i64),
}

impl JsonPathQuery {
    /// Parses a query.
    pub fn parse(query: &str) -> Result<Self, String> {
        let path = JsonPath::parse(query).map_err(|error| error.to_string())?;
        Ok(Self { path, singular: singular(query) })
    }

    /// Whether it names at most one node: it has only names and indices, and no wildcard, filter, slice or descent.
    pub fn is_singular(&self) -> bool {
        self.singular.is_some()
    }

    /// The result in a body: for a singular query the value, for any other a list, unless `pick` says otherwise.
    pub fn take(&self, body: &[u8], pick: Pick<'_>) -> Eval<Option<Value>> {
        if let Some(places) = &self.singular {
            let steps: Vec<PathStep<'_>> = places
                .iter()
                .map(|place| match place {
                    Segment::Key(key) => PathStep::Key(key),
                    Segment::Index(at) => PathStep::Index(*at),
                })
                .collect();
            let found = json_path_bytes(body, &steps)?;
            return Ok(pick.of(found.into_iter()));
        }
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        let tree: serde_json::Value = match serde_json::from_slice(body) {
            Ok(tree) => tree,
            // The error of ltc's own parser says more than serde's.
            Err(_) => plain(&Value::from_json(body)?),
        };
        let pick = if matches!(pick, Pick::One) { Pick::All } else { pick };
        let nodes = self.path.query(&tree);
        if !nodes.iter().any(|node| may_be_rounded(node)) {
            return Ok(pick.of(nodes.iter().map(|node| converted(node))));
        }
        // The tree may have rounded numbers, so they are looked up in a value where numbers keep their text.
        let exact = Value::from_json(body)?;
        let nodes = self.path.query_located(&tree);
        Ok(pick.of(nodes.iter().filter_map(|node| at(&exact, node.location()))))
    }
}

/// The value at a location.
fn at(value: &Value, location: &NormalizedPath<'_>) -> Option<Value> {
    let mut found = value;
    for element in location.iter() {
        found = match (element, found) {
            (PathElement::Name(name), Value::Object(members)) => members.get(*name)?,
            (PathElement::Index(index), Value::List(items)) => items.get(*index)?,
            _ => return None,
        };
    }
    Some(found.clone())
}

/// Whether a tree contains a number that isn't a 64-bit int, and may be written in another way than a float prints.
fn may_be_rounded(tree: &serde_json::Value) -> bool {
    match tree {
        serde_json::Value::Number(number) => !number.is_i64(),
        serde_json::Value::Array(items) => items.iter().any(may_be_rounded),
        serde_json::Value::Object(members) => members.values().any(may_be_rounded),
        _ => false,
    }
}

/// A tree for filters, for a document with a number beyond the range of floats. That number becomes the largest float.
fn plain(value: &Value) -> serde_json::Value {
    match value {
        Value::Bool(b) => (*b).into(),
        Value::Int(n) => (*n).into(),
        Value::Float(x) => (*x).into(),
        Value::Exact(exact) => exact.rounded().clamp(f64::MIN, f64::MAX).into(),
        Value::Str(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(plain).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| (key.to_string(), plain(value))).collect(),
        _ => serde_json::Value::Null,
    }
}

fn converted(tree: &serde_json::Value) -> Value {
    match tree {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(b) => Value::Bool(*b),
        serde_json::Value::Number(n) => n.as_i64().map_or_else(|| Value::Float(n.as_f64().unwrap_or_default()), Value::Int),
        serde_json::Value::String(text) => Value::str(text),
        serde_json::Value::Array(items) => Value::list(items.iter().map(converted)),
        serde_json::Value::Object(members) => Value::object(members.iter().map(|(key, value)| (key.as_str(), converted(value)))),
    }
}

/// The steps of a singular query. The query is already valid, so anything unusual here only means that it isn't singular. That includes
/// names in brackets with escapes.
fn singular(query: &str) -> Option<Vec<Segment>> {
    let mut rest = query.strip_prefix('$')?;
    let mut places = Vec::new();
    while !rest.trim_start().is_empty() {
        rest = rest.trim_start();
        if let Some(name) = rest.strip_prefix('.') {
            let end = name.find(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
            if end == 0 {
                return None;
            }
            places.push(Segment::Key(name[..end].to_owned()));
            rest = &name[end..];
            continue;
        }
        let inner = rest.strip_prefix('[')?.trim_start();
        let quote = inner.chars().next()?;
        let (place, after) = if matches!(quote, '"' | '\'') {
            let end = inner[1..].find(['\\', quote])?;
            if inner.as_bytes().get(end + 1) == Some(&b'\\') {
                return None;
            }
            (Segment::Key(inner[1..=end].to_owned()), &inner[end + 2..])
        } else {
            let end = inner.find(|c: char| !c.is_ascii_digit() && c != '-')?;
            (Segment::Index(inner[..end].parse().ok()?), &inner[end..])
        };
        places.push(place);
        rest = after.trim_start().strip_prefix(']')?;
    }
    Some(places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::Rng;

    const BODY: &[u8] = br#"{"items":[{"id":1,"name":"a"},{"id":2,"name":"b"}],"o'k":{"x y":3},"none":[]}"#;

    fn take(query: &str) -> Option<Value> {
        JsonPathQuery::parse(query).unwrap().take(BODY, Pick::One).unwrap()
    }

    fn v(json: &str) -> Option<Value> {
        Some(Value::from_json(json.as_bytes()).unwrap())
    }

    #[test]
    fn queries_may_be_statics() {
        fn shared<T: Send + Sync>() {}
        shared::<JsonPathQuery>();
    }

    #[test]
    fn jsonpath_queries_find_values() {
        for (query, singular, expected) in [
            ("$.items[0].name", true, v("\"a\"")),
            ("$['items'][-1][\"id\"]", true, v("2")),
            ("$ ['items'] [ 1 ] .id", true, v("2")),
            ("$[\"o'k\"]['x y']", true, v("3")),
            ("$['o\\'k']['x y']", false, v("[3]")),
            ("$.items[?@.id==2].name", false, v("[\"b\"]")),
            ("$.items[*].id", false, v("[1,2]")),
            ("$..id", false, v("[1,2]")),
            ("$.items[0:1].id", false, v("[1]")),
            ("$.items[0,1].id", false, v("[1,2]")),
            ("$.*", false, v(r#"[[{"id":1,"name":"a"},{"id":2,"name":"b"}],{"x y":3},[]]"#)),
            ("$.none", true, v("[]")),
            ("$.none[*]", false, None),
            ("$.nothing", true, None),
        ] {
            assert_eq!(take(query), expected, "{query}");
            assert_eq!(JsonPathQuery::parse(query).unwrap().is_singular(), singular, "{query}");
        }
        let query = JsonPathQuery::parse("$.items[*].id").unwrap();
        let any = query.take(BODY, Pick::Any(&Rng::new(1, 1))).unwrap();
        assert!(matches!(any, Some(Value::Int(1 | 2))));
        let one = JsonPathQuery::parse("$.items[0].id").unwrap();
        assert_eq!(one.take(BODY, Pick::All).unwrap(), v("[1]"));
        assert!(query.take(b"<html>", Pick::One).unwrap_err().0.starts_with("not JSON: expected a value"));
        assert!(JsonPathQuery::parse("$.[").is_err());
    }

    #[test]
    fn jsonpath_keeps_the_text_of_numbers() {
        let body = br#"{"items":[{"id":18446744073709551615,"at":1},{"id":123456789012345678901234567890,"at":2.50},{"id":1.5,"at":3}]}"#;
        let found =
            |query: &str, body: &[u8]| JsonPathQuery::parse(query).unwrap().take(body, Pick::One).unwrap().unwrap().to_json().unwrap();
        assert_eq!(found("$.items[*].id", body), "[18446744073709551615,123456789012345678901234567890,1.5]");
        assert_eq!(found("$.items[?@.at > 1].at", body), "[2.50,3]");
        assert_eq!(found("$.items[?@.at == 2.5]", body), r#"[{"id":123456789012345678901234567890,"at":2.50}]"#);
        let long = format!(r#"{{"a":[{{"id":1}},{{"id":{}}}]}}"#, "9".repeat(400));
        assert_eq!(found("$.a[?@.id > 1].id", long.as_bytes()), format!("[{}]", "9".repeat(400)));
    }
}
