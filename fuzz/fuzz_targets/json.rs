//! JSON of a response: all readers agree with each other, and with serde_json if it reads the document.

#![no_main]

use ltc_engine::matcher::{Context, Matcher, matches_bytes};
use ltc_engine::source::{JsonPathQuery, PathStep, Pick, json_path_bytes};
use ltc_engine::value::Value;
use serde_json::Value as Json;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let ours = Value::from_json(bytes);
    let context = Context { root: "json", args: &[], regexes: &[] };
    assert_eq!(ours.is_ok(), matches_bytes(&Matcher::Any, bytes, &context).is_ok(), "a matcher: {bytes:?}");
    assert_eq!(ours.is_ok(), json_path_bytes(bytes, &[PathStep::Key("a")]).is_ok(), "a path: {bytes:?}");
    // A long document is checked in blocks: after the first bytes, so at any position of a block.
    let blanks = [b' '; 100];
    let long = [&b"[0,"[..], &blanks[..40 + bytes.len() % 60], bytes, b" , {\"a\": ", bytes, b"}]"].concat();
    let read = Value::from_json(&long);
    assert_eq!(read.is_ok(), matches_bytes(&Matcher::Any, &long, &context).is_ok(), "a long document: {bytes:?}");
    let found = JsonPathQuery::parse("$[*]").expect("a JSONPath").take(&long, Pick::All);
    assert_eq!(read.ok(), found.ok().flatten(), "a JSONPath: {bytes:?}");

    let theirs: Result<Json, _> = serde_json::from_slice(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes));
    match (&ours, theirs) {
        (Ok(value), Ok(theirs)) => {
            assert!(same(&json(value), &theirs), "read as {value:?}, by serde_json as {theirs}");
            if let Json::Object(members) = &theirs {
                for (key, theirs) in members {
                    let Ok(Some(member)) = json_path_bytes(bytes, &[PathStep::Key(key)]) else { panic!("no member {key:?}: {bytes:?}") };
                    assert!(same(&json(&member), theirs), "{key:?}: {member:?}, by serde_json {theirs}");
                }
            }
        }
        (Err(why), Ok(theirs)) => panic!("{}, but serde_json reads {theirs}", why.0),
        (Ok(value), Err(why)) => {
            // Documents that ltc accepts and serde_json does not: deep lists, numbers that no float can hold, and halves of surrogate
            // pairs.
            let why = why.to_string();
            let known = ["recursion limit", "number out of range", "surrogate", "hex escape"];
            assert!(known.iter().any(|known| why.contains(known)), "read as {value:?}, but serde_json says {why}");
        }
        (Err(_), Err(_)) => {}
    }
});

fn json(value: &Value) -> Json {
    let text = value.to_json().unwrap_or_else(|why| panic!("{}: {value:?}", why.0));
    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

/// Whether two values are equal: `-0` equals `0`, and `1.0` equals `1`.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Json::Object(b)) => a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b))),
        _ => a == b,
    }
}
