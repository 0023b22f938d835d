//! JSONPath (RFC 9535): `json "$.items[?@.id==1].name"`.
//!
//! A query is answered without a tree of the document: `walk` searches it for what the query names, and makes values only of what it finds and
//! compares. The compiler and `serde_json_path` decide which queries are valid.

mod filter;
mod parse;
mod query;
mod walk;

use serde_json_path::JsonPath;

use self::query::{Query, Selector};
use self::walk::{Node, Walk, WalkEnd};
use super::Pick;
use super::json::{PathStep, json_path_bytes};
use crate::base::work::WorkLimit;
use crate::value::scan::{Scan, ScanError, Scanner};
use crate::value::{Eval, Value};

/// A query, parsed once.
#[derive(Clone, Debug)]
pub struct JsonPathQuery(Query);

impl JsonPathQuery {
    /// Parses a query.
    ///
    /// # Errors
    /// If it isn't a JSONPath, in the words of its parser.
    pub fn parse(query: &str) -> Result<Self, String> {
        JsonPath::parse(query).map_err(|error| error.to_string())?;
        parse::parse(query).map(Self).ok_or_else(|| format!("{query:?} has a form that is not supported"))
    }

    /// Its steps if it names at most one value: it has only names and indices, and no wildcard, filter, slice or descent.
    pub fn steps(&self) -> Option<Vec<PathStep<'_>>> {
        let segments = self.0.segments.iter().map(|segment| match segment.selectors.as_slice() {
            [Selector::Name(name)] if !segment.descends => Some(PathStep::Key(name)),
            [Selector::Index(index)] if !segment.descends => Some(PathStep::Index(*index)),
            _ => None,
        });
        segments.collect()
    }

    /// The result in a body: for a query that names at most one value that value, for any other a list, unless `pick` says otherwise.
    ///
    /// # Errors
    /// If the body isn't JSON, or if the query takes too much processor time.
    pub fn take(&self, body: &[u8], pick: Pick<'_>) -> Eval<Option<Value>> {
        if let Some(steps) = self.steps() {
            return Ok(pick.of(json_path_bytes(body, &steps)?.into_iter()));
        }
        let not_json = |error: ScanError| error.explain(body);
        check(body).map_err(not_json)?;
        let limit = WorkLimit::of(body.len());
        let walk = Walk::new(body, &limit).map_err(not_json)?;
        match self.values(&walk, pick) {
            Ok(found) => Ok(found),
            Err(WalkEnd::Failed(error)) => Err(error),
            Err(WalkEnd::Enough) => Ok(None),
        }
    }

    fn values(&self, walk: &Walk<'_>, pick: Pick<'_>) -> Result<Option<Value>, WalkEnd> {
        let mut nodes: Vec<Node> = Vec::new();
        walk.find(&self.0, walk.root(), &mut |node| {
            nodes.push(node);
            Ok(())
        })?;
        if nodes.is_empty() {
            return Ok(None);
        }
        let value = |node: Node| walk.read(node, Value::scan);
        Ok(Some(match pick {
            Pick::Any(rng) => value(nodes[rng.place(nodes.len())])?,
            Pick::One | Pick::All => Value::List(nodes.into_iter().map(value).collect::<Result<_, _>>()?),
        }))
    }
}

/// Checks that a body is JSON.
fn check(body: &[u8]) -> Scan<()> {
    let mut scanner = Scanner::new(body);
    scanner.skip()?;
    scanner.end()
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
            ("$['o\\'k']['x y']", true, v("3")),
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
            assert_eq!(JsonPathQuery::parse(query).unwrap().steps().is_some(), singular, "{query}");
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

    #[test]
    fn repeated_members_count_once() {
        let body = br#"{"a":{"x":1,"y":2,"x":3},"a":{"x":4,"x":5,"\u0078":6}}"#;
        let many = format!("{{{},\"k7\":\"last\"}}", (0..30).map(|number| format!("\"k{number}\":{number}")).collect::<Vec<_>>().join(","));
        let found = |query: &str, body: &[u8]| JsonPathQuery::parse(query).unwrap().take(body, Pick::All).unwrap();
        assert_eq!(found("$.a.x", body), v("[6]"));
        assert_eq!(found("$.*.*", body), v("[6]"));
        assert_eq!(found("$[?length(@) == 1].x", body), v("[6]"));
        assert_eq!(found("$[?@ == 7]", many.as_bytes()), None);
        assert_eq!(found("$[?@ == 'last']", many.as_bytes()), v("[\"last\"]"));
        assert_eq!(found("$[?@ > 28]", many.as_bytes()), v("[29]"));
    }

    #[test]
    fn query_that_reads_the_body_again_for_each_value_is_limited() {
        let body = format!("[{}1]", "[1],".repeat(20_000));
        let query = JsonPathQuery::parse("$[?count($..*) == 1]").unwrap();
        let why = query.take(body.as_bytes(), Pick::All).unwrap_err().0;
        assert_eq!(why, "the JSONPath can't be applied: it takes more than 1.008s of processor time");
    }

    #[test]
    fn deepest_document_is_walked() {
        let body = format!("{}1{}", "{\"a\":[".repeat(256), "]}".repeat(256));
        let found = JsonPathQuery::parse("$..[?@ == 1]").unwrap().take(body.as_bytes(), Pick::All).unwrap();
        assert_eq!(found, v("[1]"));
    }
}
