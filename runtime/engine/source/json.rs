//! Dotted paths of the source `json`: `json.items[0].id`, `json["odd-name"]`, `json.rows[i]`.

use std::fmt::Write;

use super::member_index::MemberIndex;
use crate::value::ops::place;
use crate::value::scan::{JsonKind, Scan, Scanner};
use crate::value::{Eval, Value};

/// A step of a path.
#[derive(Clone, Copy, Debug)]
pub enum PathStep<'a> {
    /// A member.
    Key(&'a str),
    /// An item. A negative index counts from the end.
    Index(i64),
    /// A member or an item that is known only while the test runs: a string or an int.
    At(&'a Value),
}

enum Resolved<'a> {
    Key(&'a str),
    Index(i64),
    Neither,
}

impl<'a> PathStep<'a> {
    fn plain(self) -> Resolved<'a> {
        match self {
            Self::Key(key) => Resolved::Key(key),
            Self::Index(at) => Resolved::Index(at),
            Self::At(Value::Str(key)) => Resolved::Key(key),
            Self::At(Value::Int(at)) => Resolved::Index(*at),
            Self::At(_) => Resolved::Neither,
        }
    }
}

/// The value at a path in a value, for the tests.
#[cfg(test)]
fn json_path<'v>(value: &'v Value, steps: &[PathStep<'_>]) -> Option<&'v Value> {
    steps.iter().try_fold(value, |value, step| match (value, step.plain()) {
        (Value::Object(members), Resolved::Key(key)) => members.get(key),
        (Value::List(items), Resolved::Index(at)) => items.get(place(at, items.len())?),
        _ => None,
    })
}

/// Reads the value at a path of a JSON body in one pass that builds only that value. Fails if the body isn't JSON.
pub fn json_path_bytes(body: &[u8], steps: &[PathStep<'_>]) -> Eval<Option<Value>> {
    let mut scanner = Scanner::new(body);
    let mut read = || {
        let found = find(&mut scanner, steps)?;
        scanner.end()?;
        Ok(found)
    };
    read().map_err(|error: crate::value::scan::ScanError| error.explain(body))
}

/// Reads the value at a path of a body with a member index. `None` if the index isn't enough, so that the body has to be read.
pub(crate) fn json_path_members(body: &[u8], members: &MemberIndex, steps: &[PathStep<'_>]) -> Option<Option<Value>> {
    let (step, rest) = steps.split_first()?;
    let Resolved::Key(key) = step.plain() else { return None };
    match members.value(body, key) {
        Some(scanner) => {
            let value = locate(scanner, rest).ok()?;
            value.map(|mut value| Value::scan(&mut value)).transpose().ok()
        }
        None => Some(None),
    }
}

/// The value at a path, in a document that was checked. What follows the value isn't read.
fn locate<'b>(mut scanner: Scanner<'b>, steps: &[PathStep<'_>]) -> Scan<Option<Scanner<'b>>> {
    let Some((step, rest)) = steps.split_first() else { return Ok(Some(scanner)) };
    let found = match (scanner.kind()?, step.plain()) {
        (JsonKind::Object, Resolved::Key(wanted)) => scanner.last_member(wanted)?,
        (JsonKind::List, Resolved::Index(wanted)) => scanner.nth_item(wanted)?,
        _ => None,
    };
    found.map_or(Ok(None), |found| locate(found, rest))
}

fn find(scanner: &mut Scanner<'_>, steps: &[PathStep<'_>]) -> Scan<Option<Value>> {
    let Some((step, rest)) = steps.split_first() else {
        return Value::scan(scanner).map(Some);
    };
    let mut first = true;
    let mut found = None;
    match (scanner.kind()?, step.plain()) {
        (JsonKind::Object, Resolved::Key(wanted)) => {
            scanner.enter()?;
            while let Some(key) = scanner.member(&mut first)? {
                // Of a repeated key, the last one counts.
                if key.is(wanted) { found = find(scanner, rest)? } else { scanner.skip()? }
            }
        }
        (JsonKind::List, Resolved::Index(wanted)) => {
            scanner.enter()?;
            let count = if wanted < 0 { scanner.clone().skip_items(&mut true)? } else { usize::MAX };
            let is_there = match place(wanted, count) {
                Some(at) => scanner.skip_to_item(&mut first, at)?,
                None => {
                    scanner.skip_items(&mut first)?;
                    false
                }
            };
            if is_there {
                found = find(scanner, rest)?;
                scanner.skip_items(&mut first)?;
            }
        }
        _ => scanner.skip()?,
    }
    Ok(found)
}

/// Appends `.name`, or `["odd-name"]` if the name needs quotes.
pub(crate) fn push_key(key: &str, path: &mut String) {
    let plain = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !key.bytes().next().is_none_or(|b| b.is_ascii_digit());
    if plain {
        path.push('.');
        path.push_str(key);
    } else {
        // Writing to a String cannot fail.
        let _ = write!(path, "[{key:?}]");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#" {"a":{"b":[10,{"c-d":"x"},null]},"a2":1,"twice":1,"twice":{"z":2}} "#;

    #[test]
    fn json_path_finds_the_same_in_tree_and_bytes() {
        let value = Value::from_json(BODY.as_bytes()).unwrap();
        let (one, key) = (Value::Int(1), Value::from("b"));
        let mut members = MemberIndex::default();
        assert!(members.read(BODY.as_bytes()));
        for (steps, expected) in [
            (&[][..], Some(value.clone())),
            (&[PathStep::Key("a2")], Some(Value::Int(1))),
            (&[PathStep::Key("a"), PathStep::Key("b"), PathStep::Index(0)], Some(Value::Int(10))),
            (&[PathStep::Key("a"), PathStep::Key("b"), PathStep::Index(-1)], Some(Value::Null)),
            (&[PathStep::Key("a"), PathStep::At(&key), PathStep::At(&one), PathStep::Key("c-d")], Some(Value::from("x"))),
            (&[PathStep::Key("twice"), PathStep::Key("z")], Some(Value::Int(2))),
            (&[PathStep::Key("a"), PathStep::Key("b"), PathStep::Index(3)], None),
            (&[PathStep::Key("a"), PathStep::Key("b"), PathStep::Index(-4)], None),
            (&[PathStep::Key("a"), PathStep::Key("b"), PathStep::Key("x")], None),
            (&[PathStep::Key("a"), PathStep::Index(0)], None),
            (&[PathStep::Key("x")], None),
        ] {
            assert_eq!(json_path(&value, steps), expected.as_ref(), "{steps:?}");
            assert_eq!(json_path_bytes(BODY.as_bytes(), steps).unwrap(), expected, "{steps:?}");
            assert_eq!(json_path_members(BODY.as_bytes(), &members, steps).unwrap_or_else(|| expected.clone()), expected, "{steps:?}");
        }
        assert!(json_path_bytes(br#"{"a":1"#, &[PathStep::Key("a")]).is_err());
        assert!(json_path_bytes(br#"{"a":1}}"#, &[PathStep::Key("a")]).is_err());
        assert!(json_path_bytes(b"<html>", &[PathStep::Key("a")]).unwrap_err().0.starts_with("not JSON"));
    }
}
