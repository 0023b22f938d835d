//! The YAML test suite, applied to the configuration.
//!
//! A document that ltc accepts must have the value in the suite, and an invalid document must be rejected. A file with several documents
//! must be rejected, too, because a configuration file is one document.

use std::path::Path;

use ltc_config::environment::{EnvData, EnvValue, Source};
use serde_json::{Map, Value};

use crate::suite::{self, Outcome, Suite, name, same};

const SUITE: Suite = Suite {
    name: "yaml",
    title: "[YAML test suite](https://github.com/yaml/yaml-test-suite)",
    against: "profiles, environments, registry",
    cases: 406,
    floor: 374,
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
        let value = cases[at - 1].get("json").cloned();
        if let Some(value) = value.filter(|_| !cases[at].contains_key("json") && !cases[at].contains_key("fail")) {
            cases[at].insert("json".to_owned(), value);
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
        return read.map_or(Ok(()), |value| Err(format!("accepted as {}, but it is no YAML", json(&value))));
    }
    let expected = case.get("json").and_then(Value::as_str);
    let expected: Option<Vec<Value>> =
        expected.map(|text| serde_json::Deserializer::from_str(text).into_iter().collect::<Result<_, _>>().unwrap());
    match (read, expected) {
        (Err(errors), Some(expected)) if expected.len() > 1 && errors.iter().any(|error| error.message.contains("second document")) => {
            Ok(())
        }
        (Err(errors), _) => Err(errors[0].message.clone()),
        // The suite has no value for this case, because JSON cannot express it.
        (Ok(value), None) => Err(format!("accepted as {}, which the suite cannot confirm", json(&value))),
        (Ok(value), Some(expected)) => {
            let expected = expected.first().cloned().unwrap_or_default();
            let read = json(&value);
            if same(&read, &expected) { Ok(()) } else { Err(format!("read as {read}, expected {expected}")) }
        }
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
