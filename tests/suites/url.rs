//! The URL tests of the Web Platform Tests, applied to the URLs of requests.
//!
//! A case without a base is the base of an api; one with a base is a reference that a step or a redirect resolves. Cases whose base is
//! neither `http` nor `https` are left out, because no api can have such a base. A URL that cannot be requested must be rejected.

use ltc_engine::http::Target;
use serde_json::Value;
use url::Url;

use crate::suite::{self, Outcome, Suite};

const SUITE: Suite = Suite {
    name: "url",
    title: "[WPT URL](https://github.com/web-platform-tests/wpt/tree/master/url)",
    against: "base URLs, paths, redirects, query encoding",
    cases: 740,
    floor: 740,
};

#[test]
fn wpt_url_tests() {
    let Some(data) = suite::data("url/url/tests") else { return };
    let suite = suite::json(&data.join("urltestdata.json"));
    let cases = suite.as_array().unwrap().iter().enumerate().filter(|(_, case)| case.is_object());
    let cases = cases.filter(|(_, case)| case["base"].as_str().is_none_or(is_web));
    SUITE.judge(cases.map(|(number, case)| (format!("{number} {:?} {}", case["input"].as_str().unwrap(), case["base"]), outcome(case))));
}

fn is_web(url: &str) -> bool {
    url.starts_with("http:") || url.starts_with("https:")
}

fn outcome(case: &Value) -> Outcome {
    let input = case["input"].as_str().unwrap();
    let base = case["base"].as_str();
    let found = match base {
        None => Target::parse(input),
        Some(base) => Target::parse(base).and_then(|base| base.join(input, "").map_err(|fault| fault.0)),
    };
    let Some(expected) = case["href"].as_str().filter(|href| is_web(href)).map(|href| Url::parse(href).unwrap()) else {
        return found.map_or(Ok(()), |found| Err(format!("{found}, expected an error")));
    };
    let has_user = |url: &Url| !url.username().is_empty() || url.password().is_some();
    if has_user(base.map(|base| Url::parse(base).unwrap()).as_ref().unwrap_or(&expected)) {
        // Users and passwords are set with `auth basic` instead.
        return found.map_or(Ok(()), |found| Err(format!("{found}, expected an error, because of the user")));
    }
    let found = found?.to_string();
    // These parts are never sent.
    let origin = format!("{}//{}", case["protocol"].as_str().unwrap(), case["host"].as_str().unwrap());
    let (path, query) = (case["pathname"].as_str().unwrap(), case["search"].as_str().unwrap());
    let wanted = format!("{origin}{path}{}", if query == "?" { "" } else { query });
    let is_empty_query = case["href"].as_str().unwrap().split('#').next().unwrap().ends_with('?');
    let wanted = if is_empty_query { format!("{wanted}?") } else { wanted };
    if found != wanted {
        return Err(format!("{found}, expected {wanted}"));
    }
    // The same path and query, in a step.
    let api = Target::parse(&origin)?;
    let appended = api.append(path, query.strip_prefix('?').unwrap_or_default()).map_err(|fault| fault.0)?.to_string();
    let wanted = wanted.trim_end_matches('?');
    if appended == wanted { Ok(()) } else { Err(format!("a step with this path and query requests {appended}, expected {wanted}")) }
}
