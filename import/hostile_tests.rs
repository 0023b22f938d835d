//! Files of a megabyte that would take hours, gigabytes or the stack, or that would make a spec that does not check.

use std::fmt::Write as _;

use crate::{Kind, Options, Source, import, write};

/// Far more than a person or a tool writes. What takes the square of it takes minutes.
const MANY: usize = 10_000;

fn many(part: impl Fn(usize) -> String) -> String {
    (0..MANY).fold(String::new(), |mut out, number| {
        let _ = write!(out, "{}", part(number));
        out
    })
}

/// The spec of a file, and the number of parts that were left out.
fn spec(name: &str, text: &str, kind: Kind) -> (String, usize) {
    let source = Source::new(name, ".", text.as_bytes()).unwrap();
    let draft = import(&source, kind, &Options::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let spec = write::files(&draft).into_iter().find(|(path, _)| path.ends_with(".lt")).unwrap().1;
    (String::from_utf8(spec).unwrap(), draft.tally.left.len())
}

fn har(entry: &str) -> String {
    format!(
        r#"{{"log": {{"version": "1.2", "entries": [{{"startedDateTime": "2026-01-01T00:00:00Z", "request": {entry},
        "response": {{"status": 200, "headers": [], "content": {{"mimeType": "text/html", "text": "{}"}}}}}}]}}}}"#,
        "<div>".repeat(MANY)
    )
}

fn postman(script: &str, variables: &str) -> String {
    let lines = serde_json::to_string(&script.lines().collect::<Vec<_>>()).unwrap();
    let event = format!(r#"[{{"listen": "test", "script": {{"exec": {lines}}}}}]"#);
    let schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
    let item = |number: usize| format!(r#"{{"name": "r{number}", "request": {{"method": "GET", "url": "http://h.test/a"}}}}"#);
    let items = (0..50).map(item).collect::<Vec<_>>().join(",");
    format!(r#"{{"info": {{"name": "x", "schema": "{schema}"}}, "item": [{items}], "event": {event}, "variable": [{variables}]}}"#)
}

#[test]
fn requests_of_many_parts_are_imported() {
    let query = many(|number| format!("&p{number}=v{number}"));
    let header = many(|number| format!("{}{{\"name\": \"x-{number}\", \"value\": \"v\"}}", if number > 0 { "," } else { "" }));
    let entry = format!(r#"{{"method": "GET", "url": "http://h.test/a?x=1{query}", "headers": [{header}]}}"#);
    let segments = many(|number| format!("/s{number}"));
    let parameter = |number: usize| format!("{{name: p{number}, in: query, required: true, schema: {{type: string}}}},");
    let servers = many(|number| format!("{{url: 'http://h{number}.test'}},"));
    let document = format!("{{openapi: 3.0.0, servers: [{servers}], paths: {{/a: {{get: {{parameters: [{}]}}}}}}}}", many(parameter));
    let thresholds = many(|number| format!("'http_req_duration{{name:a{number}}}': ['p(95)<500'],"));
    for (name, text, kind, last) in [
        ("a.har", har(&entry), Kind::Har, "p9999"),
        ("path.har", har(&format!(r#"{{"method": "GET", "url": "http://h.test{segments}", "headers": []}}"#)), Kind::Har, "s9999"),
        ("a.yaml", document, Kind::OpenApi, "p9999"),
        ("query.sh", format!("curl 'http://h.test/a?x=1{query}'"), Kind::Curl, "p9999"),
        ("form.sh", format!("curl http://h.test/ {}", many(|number| format!(" -F p{number}=v"))), Kind::Curl, "p9999"),
        ("data.sh", format!("curl http://h.test/ {}", many(|number| format!(" -d p{number}=v"))), Kind::Curl, "p9999"),
        ("headers.sh", format!("curl http://h.test/ {}", many(|number| format!(" -H 'x-{number}: v'"))), Kind::Curl, "x-9999"),
        (
            "same.sh",
            format!("curl http://h.test/ {}", many(|number| format!(" -F 'f=@a;filename=b{}'", number % 2))),
            Kind::Curl,
            "data/b1",
        ),
        ("query.hurl", format!("GET http://h.test/\n[Query]\n{}", many(|number| format!("p{number}: v\n"))), Kind::Hurl, "p9999"),
        ("headers.hurl", format!("GET http://h.test/\n{}", many(|number| format!("x-{number}: v\n"))), Kind::Hurl, "x-9999"),
        (
            "asserts.hurl",
            format!("GET http://h.test/\nHTTP 200\n[Asserts]\n{}", many(|number| format!("jsonpath \"$.a{number}\" == 1\n"))),
            Kind::Hurl,
            "a9999: 1",
        ),
        (
            "a.js",
            format!(
                "import http from 'k6/http';\nexport const options = {{thresholds: {{{thresholds}}}}};\nexport default () => {{ http.get('http://h.test/last'); }};"
            ),
            Kind::K6,
            "/last",
        ),
        ("brackets.sh", format!("curl http://h.test/last -d 'x{}'", "{".repeat(MANY * 10)), Kind::Curl, "/last"),
    ] {
        let (spec, _) = spec(name, &text, kind);
        assert!(spec.contains(last), "{name}: {}", &spec[..spec.len().min(2_000)]);
    }
}

#[test]
fn collections_of_many_variables_and_statements_are_imported() {
    let variable =
        |number: usize| format!("{}{{\"key\": \"v{number}\", \"value\": \"{{{{v{}}}}}\"}}", if number > 0 { "," } else { "" }, number + 1);
    let members = format!("var v0 = pm.response.json();\n{}", many(|number| format!("var v{} = v{number}.a;\n", number + 1)));
    let texts = format!("var v0 = 'a';\n{}", many(|number| format!("var v{} = v{number} + 'a';\n", number + 1)));
    let sets = many(|number| format!("pm.environment.set('t{number}', pm.response.json().a{number});\n"));
    for (name, text) in [
        ("variables", postman("", &many(variable))),
        ("members", postman(&members, "")),
        ("texts", postman(&texts, "")),
        ("sets", postman(&sets, "")),
    ] {
        assert!(spec(&format!("{name}.json"), &text, Kind::Postman).0.contains("api "), "{name}");
    }
}

#[test]
fn scripts_of_many_branches_and_classes_are_imported() {
    let checks = many(|number| format!("check(r, {{ 'c': (r) => r.json().a{number} == 1 }});\n"));
    let cases = many(|number| format!("case {number}: http.get('http://h.test/{number}'); break;\n"));
    let k6 = |body: &str| {
        format!(
            "import http from 'k6/http';\nimport {{ check }} from 'k6';\nexport default () => {{ const r = http.get('http://h.test/last');\n{body}\n}};"
        )
    };
    let head = "from locust import HttpUser, task\n";
    let user = |body: &str| {
        format!(
            "{head}class U(HttpUser):\n    host = 'http://h.test'\n    @task\n    def t(self):\n        r = self.client.get('/last')\n{body}"
        )
    };
    let ends = (0..3_000).fold(String::new(), |out, number| out + &format!("        if r.status_code != {number}:\n            return\n"));
    // Two bases that share a base, again and again: a search that follows each of them doubles with each line.
    let diamond = (1..60).fold(format!("{head}class A0(HttpUser):\n    host = 'http://h.test'\n    @task\n    def t(self):\n        self.client.get('/last')\nclass B0(A0): pass\n"), |out, number| {
        out + &format!("class A{number}(A{0}, B{0}): pass\nclass B{number}(A{0}, B{0}): pass\n", number - 1)
    });
    let members = many(|number| format!("        v{number} = r.json()['a{number}']\n"));
    for (name, text, kind) in [
        ("checks.js", k6(&checks), Kind::K6),
        ("switch.js", k6(&format!("switch (r.status) {{\n{cases}}}")), Kind::K6),
        ("ends.py", user(&ends), Kind::Locust),
        ("members.py", user(&members), Kind::Locust),
        ("diamond.py", diamond, Kind::Locust),
    ] {
        assert!(spec(name, &text, kind).0.contains("/last"), "{name}");
    }
}

/// A spec has at most 200 open brackets, 400 members in a row, and 32 MB of regular expressions.
#[test]
fn what_a_spec_cannot_have_is_left_out() {
    let asserts = |query: &str| format!("GET http://h.test/\nHTTP 200\n[Asserts]\n{query}\n");
    for (name, text) in [
        ("count", asserts(&format!("jsonpath \"$.a\" {} == 1", "count ".repeat(MANY)))),
        ("nth", asserts(&format!("jsonpath \"$.a\" {} == 1", "nth 0 ".repeat(MANY)))),
        ("path", asserts(&format!("jsonpath \"$\"{} == 1", ".a".repeat(MANY)).replace("\".a", ".a").replace("a ==", "a\" =="))),
        ("pattern", asserts(&format!("body matches /{}/", "(a|b)".repeat(MANY)))),
        ("patterns", asserts(&(0..2_000).map(|number| format!("body matches /a{{1000}}b{{900}}c{{{number}}}/\n")).collect::<String>())),
    ] {
        let (spec, left) = spec(&format!("{name}.hurl"), &text, Kind::Hurl);
        assert!(left > 0, "{name}");
        assert!(spec.lines().all(|line| write::levels(line) <= 200), "{name}");
        assert!(spec.len() < 200_000, "{name}: {}", spec.len());
    }
    let deep = format!(
        "import http from 'k6/http';\nexport default () => {{ const r = http.get('http://h.test/last'); let x = r.json().n;\n{}http.get('http://h.test/' + x); }};",
        "x = (x + 1) * 2;\n".repeat(300)
    );
    assert!(write::levels(spec("deep.js", &deep, Kind::K6).0.lines().max_by_key(|line| line.len()).unwrap()) <= 200);
}

#[test]
fn path_with_a_line_break_or_a_url_is_quoted() {
    let (spec, _) = spec("a.sh", "curl 'http://h.test/a\ncurl http://h.test/b'", Kind::Curl);
    assert!(spec.contains("GET \"{env.h.url}/a%0Acurl%20http://h.test/b\""), "{spec}");
}
