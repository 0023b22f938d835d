//! Tests that reading the JSON of a body takes only memory for what is asked of it.

use super::{JsonPathQuery, PathStep, Pick, json_path_bytes};
use crate::counting::allocated_bytes;
use crate::functions::Rng;
use crate::matcher::{Context, Key, Matcher, judge_bytes};
use crate::value::{Type, Value};

/// What a question may allocate. As a tree, the body would take over 3 MB.
const FEW: u64 = 20_000;

fn body() -> Vec<u8> {
    format!("{{\"a\":[{}7],\"b\":{{\"c\":\"x\"}}}}", "1,".repeat(100_000)).into_bytes()
}

#[track_caller]
fn takes_little<T>(ask: impl FnOnce() -> T) -> T {
    let before = allocated_bytes();
    let answer = ask();
    let taken = allocated_bytes() - before;
    assert!(taken < FEW, "{taken} bytes");
    answer
}

#[test]
fn captures_take_memory_only_for_what_they_find() {
    let body = body();
    let path = |steps: &[PathStep<'_>]| takes_little(|| json_path_bytes(&body, steps).unwrap());
    assert_eq!(path(&[PathStep::Key("b"), PathStep::Key("c")]), Some(Value::from("x")));
    assert_eq!(path(&[PathStep::Key("a"), PathStep::Index(-1)]), Some(Value::Int(7)));
    for (query, found) in [
        ("$.a[100000]", "7"),
        ("$.a[-1:]", "[7]"),
        ("$.a[::-50000]", "[7,1,1]"),
        ("$.a[?@ > 1]", "[7]"),
        ("$.*.c", "[\"x\"]"),
        ("$..c", "[\"x\"]"),
        ("$[?@.c == 'x'].c", "[\"x\"]"),
        ("$[?length(@) > 100][0]", "[1]"),
        ("$[?count(@[*]) == 1].c", "[\"x\"]"),
        ("$[?@[100000] == $.a[-1]][0,1]", "[1,1]"),
    ] {
        let query = JsonPathQuery::parse(query).unwrap();
        let value = takes_little(|| query.take(&body, Pick::One).unwrap());
        assert_eq!(value, Some(Value::from_json(found.as_bytes()).unwrap()));
    }
    let any = JsonPathQuery::parse("$.a[0:1000]").unwrap();
    assert_eq!(takes_little(|| any.take(&body, Pick::Any(&Rng::new(1, 1))).unwrap()), Some(Value::Int(1)));
}

#[test]
fn failed_expectations_take_no_memory_for_the_body() {
    const C: Matcher = Matcher::Object { members: &[(Key::Lit("c"), Matcher::Int(1))], exact: false };
    const B: Matcher = Matcher::Object { members: &[(Key::Lit("b"), C)], exact: false };
    let body = body();
    for (matcher, expected) in [
        (Matcher::Int(1), "json: expected 1, got an object"),
        (
            Matcher::Object { members: &[(Key::Lit("A"), Matcher::Any)], exact: false },
            "json.A: expected anything, got nothing; did you mean `a`?",
        ),
        (B, "json.b.c: expected 1, got the string \"x\""),
        (
            Matcher::Object { members: &[(Key::Lit("a"), Matcher::List { items: &[Matcher::Int(1)], rest: None })], exact: false },
            "json.a: expected a list of 1 item, got a list of 100001 items",
        ),
        (
            Matcher::Object { members: &[(Key::Lit("a"), Matcher::Each(&Matcher::Int(1)))], exact: false },
            "json.a[100000]: expected 1, got the int 7",
        ),
        (
            Matcher::Object { members: &[(Key::Lit("a"), Matcher::List { items: &[Matcher::Null], rest: Some(0) })], exact: false },
            "json.a[100000]: expected null, got the int 7",
        ),
        (Matcher::Type(Type::List), "json: expected a list, got an object"),
    ] {
        let context = Context { root: "json", args: &[], regexes: &[] };
        let found = takes_little(|| judge_bytes(&matcher, &body, &context).unwrap_err());
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
    }
}
