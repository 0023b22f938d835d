//! JSONTestSuite, applied to all code that reads the JSON of a response.

use std::fs;

use ltc_engine::matcher::{self, Context, Matcher};
use ltc_engine::source::{JsonPathQuery, Pick, json_path_bytes};
use ltc_engine::value::Value;

use crate::suite::{self, Outcome, Suite, name, same};

const SUITE: Suite = Suite {
    name: "json",
    title: "[JSONTestSuite](https://github.com/nst/JSONTestSuite)",
    against: "JSON in responses: captures, matchers and `json`",
    cases: 318,
    floor: 318,
};

/// Documents that the suite leaves to the parser, and that Python (`json.loads` of the bytes), Go (`encoding/json`) and JavaScript
/// (`Response.json()`) all accept. They disagree about the others, so both results are acceptable.
const ACCEPTED_BY_ALL: &[&str] = &[
    "i_number_double_huge_neg_exp.json",
    "i_number_real_underflow.json",
    "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json",
    "i_number_very_big_negative_int.json",
    "i_object_key_lone_2nd_surrogate.json",
    "i_string_1st_surrogate_but_2nd_missing.json",
    "i_string_1st_valid_surrogate_2nd_invalid.json",
    "i_string_incomplete_surrogate_and_escape_valid.json",
    "i_string_incomplete_surrogate_pair.json",
    "i_string_incomplete_surrogates_escape_valid.json",
    "i_string_invalid_lonely_surrogate.json",
    "i_string_invalid_surrogate.json",
    "i_string_inverted_surrogates_U+1D11E.json",
    "i_string_lone_second_surrogate.json",
    "i_structure_500_nested_arrays.json",
];

#[test]
fn json_test_suite() {
    let Some(data) = suite::data("json/test_parsing") else { return };
    let files = suite::files(&data, ".json");
    SUITE.judge(files.iter().map(|file| (name(file), outcome(&name(file), &fs::read(file).unwrap()))));
}

fn outcome(case: &str, document: &[u8]) -> Outcome {
    let read = Value::from_json(document);
    let accepted = read.is_ok();
    let context = Context { root: "json", args: &[], regexes: &[] };
    for (reader, accepts) in [
        ("a capture of a member", json_path_bytes(document, &[ltc_engine::source::PathStep::Key("a")]).is_ok()),
        ("a capture of all", json_path_bytes(document, &[]).is_ok()),
        ("a JSONPath with a wildcard", JsonPathQuery::parse("$.*").unwrap().take(document, Pick::All).is_ok()),
        ("a matcher", matcher::matches_bytes(&Matcher::Any, document, &context).is_ok()),
    ] {
        if accepts != accepted {
            return Err(format!("{reader} accepts it: {accepts}, but a capture of the whole document: {accepted}"));
        }
    }
    match case.as_bytes()[0] {
        b'y' if !accepted => return Err("it is rejected".to_owned()),
        b'n' if accepted => return Err("it is accepted".to_owned()),
        b'i' if !accepted && ACCEPTED_BY_ALL.contains(&case) => return Err("it is rejected".to_owned()),
        _ => {}
    }
    let (Ok(value), Ok(theirs)) = (read, serde_json::from_slice::<serde_json::Value>(document)) else { return Ok(()) };
    let ours = value.to_json().map_err(|fault| fault.0)?;
    let same = serde_json::from_str::<serde_json::Value>(&ours).is_ok_and(|ours| same(&ours, &theirs));
    if same { Ok(()) } else { Err(format!("it is read as {ours}, by serde_json as {theirs}")) }
}
