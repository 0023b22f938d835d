//! Small scripts, and the specs that they become.

use super::*;
use crate::write;

fn spec(script: &str) -> (String, String, Vec<String>) {
    let source = Source::new("shop.js", ".", script.as_bytes()).unwrap();
    let draft = crate::import(&source, crate::Kind::K6, &Options::default()).unwrap();
    let files = write::files(&draft);
    let text = |end: &str| {
        files.iter().find(|(path, _)| path.ends_with(end)).map(|(_, content)| String::from_utf8(content.clone()).unwrap()).unwrap()
    };
    (text(".lt"), text(".profile.yml"), crate::summary(&draft.tally))
}

#[test]
fn a_script_becomes_steps_with_expectations_and_waits() {
    let (spec, _, summary) = spec(
        "import http from 'k6/http';\nimport { check, sleep } from 'k6';\nconst BASE = __ENV.BASE_URL || 'http://localhost:8080';\n\
         export default function () {\n  const res = http.post(`${BASE}/login`, JSON.stringify({ name: 'ann' }), { headers: { 'Content-Type': 'application/json' } });\n\
         \x20 check(res, { 'is 200': (r) => r.status === 200, 'has token': (r) => r.json('token') !== undefined });\n\
         \x20 const token = res.json('token');\n  http.get(`${BASE}/me`, { headers: { Authorization: `Bearer ${token}` } });\n  sleep(Math.random() * 2 + 1);\n}\n",
    );
    for part in
        ["json { name: \"ann\" }", "expect 200", "expect json { token: _ }", "take token = json.token", "auth bearer(token)", "wait 1s..3s"]
    {
        assert!(spec.contains(part), "{part} is missing:\n{spec}");
    }
    assert!(!summary.iter().any(|line| line.starts_with("not imported")), "{summary:?}");
}

/// Without `Flow::Continue`, the rest of the function was lost without a word.
#[test]
fn statements_after_a_loop_with_continue_are_imported() {
    let (spec, ..) = spec(
        "import http from 'k6/http';\nimport { sleep } from 'k6';\nexport default function () {\n  for (let i = 0; i < 3; i++) {\n\
         \x20   http.get(`http://localhost/a/${i}`);\n    if (i == 1) continue;\n    sleep(0.5);\n  }\n  http.get('http://localhost/b');\n}\n",
    );
    for part in ["for i in 0..2", "if not i == 1", "wait 500ms", "GET /b"] {
        assert!(spec.contains(part), "{part} is missing:\n{spec}");
    }
}

#[test]
fn options_that_belong_into_a_spec_or_an_environment_are_named() {
    let (.., summary) = spec(
        "import http from 'k6/http';\nexport const options = { vus: 2, duration: '5s', insecureSkipTLSVerify: true, userAgent: 'me/1' };\n\
         export default function () { http.get('http://localhost/a'); }\n",
    );
    let said = summary.join("\n");
    assert!(said.contains("options.insecureSkipTLSVerify: write `tls:") && said.contains("options.userAgent: write `headers"), "{said}");
}
