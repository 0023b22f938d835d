//! The YAML test suite, applied to the configuration.
//!
//! A document that ltc accepts must have the value in the suite, and an invalid document must be rejected. A file with several documents
//! must be rejected, too, because a configuration file is one document. Only rejected documents may be expected failures: a document that is
//! read must have its value.

use std::path::Path;

use ltc_config::environment::{EnvData, EnvValue, Source};
use serde_json::{Map, Value};

use crate::suite::{self, Outcome, Suite, name, same};

const SUITE: Suite = Suite {
    name: "yaml",
    title: "[YAML test suite](https://github.com/yaml/yaml-test-suite)",
    against: "profiles, environments, registry",
    cases: 406,
    floor: 376,
};

#[test]
fn yaml_test_suite() {
    let Some(data) = suite::data("yaml/src") else { return };
    SUITE.judge(suite::files(&data, ".yaml").iter().flat_map(|file| cases(file)));
}

fn cases(file: &Path) -> Vec<(String, Outcome)> {
    let text = std::fs::read_to_string(file).unwrap();
    let mut cases: Vec<Map<String, Value>> = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    // A variant without a value has the value of the case before it.
    for at in 1..cases.len() {
        for key in ["json", "tree"] {
            let value = cases[at - 1].get(key).cloned();
            if let Some(value) = value.filter(|_| !cases[at].contains_key(key) && !cases[at].contains_key("fail")) {
                cases[at].insert(key.to_owned(), value);
            }
        }
    }
    let name = name(file).trim_end_matches(".yaml").to_owned();
    let many = cases.len() > 1;
    let number = |at: usize| if many { format!("{name}/{at:02}") } else { name.clone() };
    cases.iter().enumerate().map(|(at, case)| (number(at), outcome(case))).collect()
}

/// The document of a case. The suite represents invisible characters by others.
fn document(case: &Map<String, Value>) -> String {
    let mut text = case["yaml"].as_str().unwrap().replace('␣', " ").replace('↵', "").replace('←', "\r").replace('⇔', "\u{feff}");
    for dashes in (0..8).rev() {
        text = text.replace(&format!("{}»", "—".repeat(dashes)), "\t");
    }
    text.replace("∎\n", "")
}

fn outcome(case: &Map<String, Value>) -> Outcome {
    let text = document(case);
    let read = EnvValue::parse(Source { text: &text, file: "case.yml" });
    if case.get("fail").is_some_and(|fail| fail == true) {
        return read.map_or(Ok(()), |value| misread(case, &format!("accepted as {}, but it is no YAML", json(&value))));
    }
    let expected = case.get("json").and_then(Value::as_str);
    let expected: Option<Vec<Value>> =
        expected.map(|text| serde_json::Deserializer::from_str(text).into_iter().collect::<Result<_, _>>().unwrap());
    match (read, expected) {
        (Err(errors), _) if documents(case) > 1 && errors.iter().any(|error| error.message.contains("second document")) => Ok(()),
        (Err(errors), _) => Err(errors[0].message.clone()),
        (Ok(value), expected) => {
            let expected = match expected {
                Some(expected) => expected.first().cloned().unwrap_or_default(),
                None => text_of(case).unwrap_or_else(|| misread(case, "the suite has no value to compare with")),
            };
            let read = json(&value);
            if same(&read, &expected) { Ok(()) } else { misread(case, &format!("read as {read}, expected {expected}")) }
        }
    }
}

/// A document that is read, but not as the suite reads it, cannot be an expected failure.
fn misread<T>(case: &Map<String, Value>, how: &str) -> T {
    panic!("{how}:\n{}", document(case))
}

/// The number of documents of a case.
fn documents(case: &Map<String, Value>) -> usize {
    case.get("tree").and_then(Value::as_str).unwrap_or_default().lines().filter(|line| line.trim().starts_with("+DOC")).count()
}

/// The value of a case for which the suite has only events: a text that is marked as one by the tag `!`.
fn text_of(case: &Map<String, Value>) -> Option<Value> {
    let events: Vec<&str> = case.get("tree")?.as_str()?.lines().map(str::trim).collect();
    match events.as_slice() {
        ["+STR", "+DOC", value, "-DOC", "-STR"] => Some(value.strip_prefix("=VAL <!> :")?.into()),
        _ => None,
    }
}

fn json(value: &EnvValue) -> Value {
    match &value.data {
        EnvData::Null => Value::Null,
        EnvData::Bool(bool) => (*bool).into(),
        EnvData::Int(int) => (*int).into(),
        EnvData::Float(float) => (*float).into(),
        EnvData::String(text) => text.as_str().into(),
        EnvData::List(items) => items.iter().map(json).collect(),
        EnvData::Object(members) => members.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
    }
}
