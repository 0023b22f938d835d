//! The JSONPath Compliance Test Suite, applied to `json "$…"`.

use ltc_engine::source::{JsonPathQuery, Pick};
use serde_json::Value;

use crate::suite::{self, Outcome, Suite, same};

const SUITE: Suite = Suite {
    name: "jsonpath",
    title: "[JSONPath compliance](https://github.com/jsonpath-standard/jsonpath-compliance-test-suite)",
    against: "the source `json \"$…\"`",
    cases: 703,
    floor: 703,
};

#[test]
fn jsonpath_compliance_test_suite() {
    let Some(data) = suite::data("jsonpath") else { return };
    let suite = suite::json(&data.join("cts.json"));
    SUITE.judge(suite["tests"].as_array().unwrap().iter().map(|case| (case["name"].as_str().unwrap().to_owned(), outcome(case))));
}

fn outcome(case: &Value) -> Outcome {
    let selector = case["selector"].as_str().unwrap();
    let query = JsonPathQuery::parse(selector);
    if case["invalid_selector"] == true {
        return query.map_or(Ok(()), |_| Err(format!("`{selector}` is accepted")));
    }
    let document = serde_json::to_vec(&case["document"]).unwrap();
    let found = query?.take(&document, Pick::All).map_err(|fault| fault.0)?;
    // A take that finds no value yields nothing.
    let found = found.map_or_else(|| Ok("[]".to_owned()), |value| value.to_json()).map_err(|fault| fault.0)?;
    let found: Value = serde_json::from_str(&found).unwrap();
    // The order of an object's members is not defined, so there may be several valid results.
    let one = case.get("result").into_iter();
    let mut right = one.chain(case.get("results").and_then(Value::as_array).into_iter().flatten());
    if right.any(|result| same(result, &found)) { Ok(()) } else { Err(format!("`{selector}` finds {found}")) }
}
