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
fn options_of_all_requests_are_those_of_the_api() {
    let (spec, profile, summary) = spec(
        "import http from 'k6/http';\nconst scale = Number(__ENV.SCALE || 2);\n\
         export const options = { stages: [{ target: 10 * scale, duration: `${__ENV.MINUTES || 3}m` }], insecureSkipTLSVerify: true, userAgent: 'me/1',\n\
         \x20 maxRedirects: 2, hosts: { 'a.test': '127.0.0.1' } };\n\
         export default function () { http.get('http://localhost/a'); }\n",
    );
    assert!(spec.contains("\"User-Agent\": \"me/1\"") && spec.contains("redirects 2"), "{spec}");
    assert!(profile.contains("clients: 20") && profile.contains("duration: 3m"), "{profile}");
    assert!(summary.iter().any(|line| line.contains("options.hosts: ltc resolves")), "{summary:?}");
}

#[test]
fn rates_of_failures_are_thresholds_of_the_steps_that_they_count() {
    let (_, profile, summary) = spec(
        "import http from 'k6/http';\nimport { check } from 'k6';\nimport { Rate } from 'k6/metrics';\n\
         const errors = new Rate('errors');\nconst good = new Rate('logins');\n\
         export const options = { thresholds: { errors: ['rate<0.1'], logins: ['rate>0.95'], http_req_failed: ['rate<0.1'] } };\n\
         export default function () {\n  const login = http.get('http://localhost/login');\n  const ok = check(login, { ok: (r) => r.status === 200 });\n\
         \x20 good.add(ok);\n  errors.add(!ok);\n  check(http.get('http://localhost/b'), { ok: (r) => r.status === 200 }) || errors.add(1);\n}\n",
    );
    assert!(profile.contains("\"Get login\".failures < 5%") && profile.matches("all.failures < 10%").count() == 1, "{profile}");
    assert!(!summary.iter().any(|line| line.starts_with("not imported")), "{summary:?}");
}

#[test]
fn loops_that_only_compute_are_run_and_missing_objects_are_settings() {
    let (spec, _, summary) = spec(
        "import http from 'k6/http';\nimport { config } from './env.js';\n\
         function word(length) {\n  let out = '';\n  const letters = 'abcdefghijklmnopqrstuvwxyz';\n  let i = 0;\n\
         \x20 while (i < length) { out += letters.charAt(Math.floor(Math.random() * letters.length)); i += 1; }\n  return out;\n}\n\
         export default function () {\n  http.post(`${config.baseUrl}/users`, JSON.stringify({ name: word(12) }), { headers: { 'Content-Type': 'application/json' } });\n\
         \x20 http.post(`${config.baseUrl}/form`, { a: { b: 1 }, c: [1, 2] });\n}\n",
    );
    for part in ["random_string(12)", "form { a: to_json({ b: 1 }), c: [1, 2] }", "api api {"] {
        assert!(spec.contains(part), "{part} is missing:\n{spec}");
    }
    assert_eq!(summary.iter().filter(|line| line.contains("file not found")).count(), 1, "{summary:?}");
}

/// Each of these requests and headers was lost without a word.
#[test]
fn nothing_of_a_script_is_lost_without_a_note() {
    let (spec, _, summary) = spec(
        "import http from 'k6/http';\nimport { sleep } from 'k6';\nconst BASE = (__ENV.BASE || 'http://localhost:8080').replace(/\\/+$/, '');\n\
         const LIMIT = Number(__ENV.LIMIT || 3);\nif (!Number.isInteger(LIMIT)) throw new Error('LIMIT');\n\
         function auth(token) { return { Accept: 'text/plain', ...(token ? { Authorization: `Bearer ${token}` } : {}) }; }\n\
         function loggedIn() {\n  const res = http.get(`${BASE}/me`);\n  if (res.status !== 200) { return false; }\n  return true;\n}\n\
         function browse() { http.get(`${BASE}/browse`); }\nfunction buy() { http.get(`${BASE}/buy`); }\n\
         const tasks = [{ most: 5, run: browse }, { most: 9, run: buy }];\n\
         function pick() {\n  const drawn = Math.random() * 9;\n  for (const { most, run } of tasks) { if (drawn < most) return run; }\n  return buy;\n}\n\
         export default function () {\n  const token = http.post(`${BASE}/login`).json('token');\n  http.get(`${BASE}/list?n=${LIMIT - 1}`, { headers: auth(token) });\n\
         \x20 if (!loggedIn()) { http.get(`${BASE}/again`); }\n\
         \x20 http.post(`${BASE}/items`, JSON.stringify({ until: new Date(Date.now() + 3600 * 1000).toISOString(), odd: new Odd() }), { headers: { 'Content-Type': 'application/json' } });\n\
         \x20 pick()();\n  sleep(1);\n}\n",
    );
    let said = summary.join("\n");
    for part in ["auth bearer(token)", "int(env.settings.limit) - 1", "until:", "GET /list", "GET /me"] {
        assert!(spec.contains(part), "{part} is missing:\n{spec}");
    }
    for part in ["member `odd` of the body", "`Authorization` is always set", "function `buy`", "/again"] {
        assert!(said.contains(part), "{part} is missing:\n{said}\n{spec}");
    }
}

/// The expectation of one branch of `parallel` cannot read the response of another one, and variables of `before test` are visible in all
/// sequences.
#[test]
fn conditions_about_several_responses_of_a_batch_are_named() {
    let (spec, _, summary) = spec(
        "import http from 'k6/http';\nimport { check } from 'k6';\nexport function setup() {\n  const ids = [];\n\
         \x20 for (let i = 0; i < Number(__ENV.COUNT || 2); i++) { ids.push(http.post('http://localhost/a').json('id')); }\n  return { ids };\n}\n\
         export default function (data) {\n  const both = http.batch([['GET', 'http://localhost/b'], ['GET', 'http://localhost/c']]);\n\
         \x20 check(both, { same: (rs) => rs[0].json('id') === rs[1].json('id'), ok: (rs) => rs[0].status === 200 });\n\
         \x20 http.get(`http://localhost/a/${data.ids[0]}`);\n}\n",
    );
    let said = summary.join("\n");
    assert!(said.contains("several requests that are sent at the same time"), "{said}\n{spec}");
    assert!(spec.contains("expect 200") && spec.matches("= json.id").count() == 1, "{spec}");
}

/// An early return after a success was read as a failure, and a branch that only waits after a failure as an expectation.
#[test]
fn early_returns_and_retries_are_no_expectations() {
    let (text, ..) = spec(
        "import http from 'k6/http';\nimport { sleep } from 'k6';\nimport { Rate } from 'k6/metrics';\nconst failures = new Rate('order_failures');\n\
         export default function () {\n  const res = http.post('http://localhost/orders');\n  if (res.status === 201) { failures.add(false); return; }\n\
         \x20 if (res.status === 409) { failures.add(false); return; }\n  failures.add(true);\n}\n",
    );
    assert!(text.contains("expect 2xx | 409") && !text.contains("!=") && !text.contains("leave"), "{text}");
    let (text, ..) = spec(
        "import http from 'k6/http';\nexport default function () {\n  const res = http.get('http://localhost/a');\n\
         \x20 if (res.status === 200) { return; }\n  http.get('http://localhost/b');\n}\n",
    );
    assert!(text.contains("GET /b") && !text.contains("if status") && text.contains("leave"), "{text}");
    let (text, ..) = spec(
        "import http from 'k6/http';\nimport { fail, sleep } from 'k6';\nexport default function () {\n  const res = http.get('http://localhost/a');\n\
         \x20 if (res.status !== 200) { if (res.status >= 500) { sleep(1); } fail('no'); }\n}\n",
    );
    assert!(text.contains("expect 200") && !text.contains(">="), "{text}");
}

/// Without `else null`, the step failed if the first value was there.
#[test]
fn values_with_an_alternative_may_be_missing() {
    let (text, ..) = spec(
        "import http from 'k6/http';\nexport default function () {\n  const body = http.get('http://localhost/a').json();\n\
         \x20 const token = body.data?.token || body.token;\n  http.get('http://localhost/b', { headers: { 'X-Token': token } });\n}\n",
    );
    assert_eq!(text.matches("else null").count(), 2, "{text}");
}

#[test]
fn constants_of_a_missing_module_are_keys_of_the_environment() {
    let (text, _, summary) = spec(
        "import http from 'k6/http';\nimport { BASE_URL, PAGE_SIZE } from './none.js';\nexport default function () {\n\
         \x20 http.get(`${BASE_URL}/a?size=${PAGE_SIZE}`);\n}\n",
    );
    assert!(text.contains("GET /a") && text.contains("env.settings.page_size"), "{text}");
    assert!(summary.join("\n").contains("`./none.js`: file not found"), "{summary:?}");
}

#[test]
fn switches_over_conditions_and_ceilings_of_random_numbers_are_kept() {
    let (text, ..) = spec(
        "import http from 'k6/http';\nexport default function () {\n  const n = Math.ceil(Math.random() * 5);\n  switch (true) {\n\
         \x20   case n <= 2: http.get('http://localhost/a'); break;\n    default: http.get('http://localhost/b');\n  }\n}\n",
    );
    assert!(text.contains("random(1, 5)") && text.contains("if n <= 2 {"), "{text}");
}

/// A check of the settings ended the script, and the whole file was refused.
#[test]
fn checks_of_settings_do_not_end_the_import() {
    let (text, ..) = spec(
        "import http from 'k6/http';\nconst api = base(__ENV.API || 'https://a.test/api');\nconst id = need('ITEM_ID');\n\
         function base(value) {\n  const url = String(value).trim().replace(/\\/+$/, '');\n  if (!/^https?:/.test(url)) { throw new Error('url'); }\n  return url;\n}\n\
         function need(name) {\n  const value = (__ENV[name] || '').trim();\n  if (!value) { throw new Error(name); }\n  return value;\n}\n\
         export default function () {\n  http.get(`${api}/items/${id}`);\n  const url = `https://a.test/x?n=${Math.random()}`;\n  http.get(url);\n  http.get(url);\n}\n",
    );
    assert!(text.contains("env.settings.item_id") && text.contains("query { n: drawn }"), "{text}");
}

/// The requests after the choice were lost without a word.
#[test]
fn a_choice_that_is_not_known_is_named() {
    let (text, _, summary) = spec(
        "import http from 'k6/http';\nfunction route() { if (odd()) { return 'buy'; } return 'read'; }\n\
         export default function () {\n  const kind = route();\n  if (kind === 'buy') { http.get('http://localhost/buy'); return; }\n  http.get('http://localhost/read');\n}\n",
    );
    assert!(text.contains("GET /read") && summary.join("\n").contains("if (kind === 'buy')"), "{summary:?}\n{text}");
}

/// A range counted as its first class, and the setting for all requests was lost.
#[test]
fn accepted_statuses_are_expected_unless_a_check_names_others() {
    let (text, ..) = spec(
        "import http from 'k6/http';\nimport { check } from 'k6';\nhttp.setResponseCallback(http.expectedStatuses({ min: 200, max: 399 }, 404));\n\
         export default function () {\n  http.get('http://localhost/a');\n  const b = http.get('http://localhost/b');\n  check(b, { ok: (r) => r.status === 200 });\n\
         \x20 http.get('http://localhost/c', { responseCallback: http.expectedStatuses({ min: 200, max: 201 }) });\n}\n",
    );
    for part in ["local.get_a()\n    expect 2xx | 3xx | 404", "local.get_b()\n    expect 200\n", "local.get_c()\n    expect 200 | 201"] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
}

#[test]
fn own_trends_of_one_request_are_thresholds_of_its_step() {
    let (spec, profile, summary) = spec(
        "import http from 'k6/http';\nimport { group } from 'k6';\nimport { Trend } from 'k6/metrics';\n\
         const list = new Trend('list.time');\nconst mixed = new Trend('mixed');\nconst size = new Trend('size');\n\
         export const options = { thresholds: { 'list.time': ['p(95)<500'], mixed: ['avg<9'], size: ['avg<9'], 'http_req_duration{name:look}': ['p(99)<900'] } };\n\
         export default function () {\n  group('Browse', () => {\n    const r = http.get('https://a.test/items');\n    list.add(r.timings.duration);\n\
         \x20   mixed.add(r.timings.duration);\n    size.add(r.body.length);\n    const look = http.get('https://a.test/look', { tags: { name: 'look' } });\n\
         \x20   mixed.add(look.timings.duration);\n  });\n}\n",
    );
    assert!(profile.contains("\"Browse / Get items\".p95 < 500ms") && profile.contains("\"Browse / look\".p99 < 900ms"), "{profile}");
    let summary = summary.join("\n");
    assert!(summary.contains("not imported: 2 thresholds") && summary.contains("threshold mixed: avg<9"), "{summary}\n{spec}");
}

#[test]
fn lists_of_a_response_need_no_default_and_no_filter_of_empty_items() {
    let (spec, profile, summary) = spec(
        "import http from 'k6/http';\nimport { check } from 'k6';\n\
         export default function () {\n  const r = http.get('https://a.test/items');\n  const ids = (r.json('data') || []).map((one) => one.id).filter(Boolean);\n\
         \x20 check(r, { 'some': (r) => (r.json('data') || []).length > 0, 'none': (r) => r.json().error == null });\n\
         \x20 http.get(`https://a.test/items/${ids[0]}?n=${String(7).padStart(3, '0')}`);\n}\n",
    );
    for part in ["json \"$.data[*].id\"", "expect len(json.data) > 0", "error: absent | null", "n: \"007\""] {
        assert!(spec.contains(part), "{part} is missing:\n{spec}");
    }
    assert!(!summary.iter().any(|line| line.starts_with("not imported")), "{profile}{summary:?}");
}

#[test]
fn cookies_of_a_response_are_captured() {
    let (text, _, summary) = spec(
        "import http from 'k6/http';\nexport default function () {\n  const r = http.post('https://a.test/login', 'x');\n  const sid = r.cookies['connect.sid']?.[0]?.value;\n\
         \x20 http.get('https://a.test/x', { headers: { 'X-Sid': sid, 'X-Token': r.cookies.token[0].value } });\n}\n",
    );
    for part in ["= cookie \"connect.sid\"", "take token = cookie \"token\""] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    assert!(!summary.iter().any(|line| line.starts_with("not imported")), "{summary:?}");
}

/// Each of these scripts made gigabytes, overflowed the stack, or ran for minutes.
#[test]
fn scripts_that_grow_without_end_are_imported_up_to_a_limit() {
    let twice = |line: &str| format!("{line}\n").repeat(60);
    let scripts = [
        format!("let s = 'aaaaaaaaaa';\n{}http.get('http://h/' + s);", twice("s = s + s;")),
        format!("let s = 'aaaaaaaaaa';\n{}http.get(`http://h/${{s}}`);", twice("s = `${s}${s}`;")),
        format!("let s = 'aaaaaaaaaa';\n{}http.get('http://h/' + s);", twice("s = s.replaceAll('a', s);")),
        format!("let s = 'aaaaaaaaaa';\n{}http.get('http://h/' + s);", twice("s = s.split('').join(s);")),
        format!("let s = [1];\n{}http.post('http://h/', JSON.stringify(s));", twice("s = [...s, ...s];")),
        format!("let s = [1];\n{}http.post('http://h/', JSON.stringify(s));", twice("s = s.concat(s);")),
        format!("let s = [1];\n{}http.post('http://h/', JSON.stringify(s));", twice("s = [s, s];")),
        format!("let s = [1];\n{}http.get('http://h/' + s);", twice("s = [s, s];")),
        format!("let s = {{}};\n{}http.post('http://h/', JSON.stringify(s));", twice("s = { a: s, b: s };")),
        format!("let s = http.get('http://h/n').json('n');\n{}http.get('http://h/' + s);", twice("s = s + s;")),
        format!("let s = http.get('http://h/n').json('n') > 1;\n{}if (s) {{ http.get('http://h/a'); }}", twice("s = s && s;")),
        "let s = [1]; s.push(s); http.post('http://h/', JSON.stringify(s)); http.get('http://h/' + s); if (s == s) { http.get('http://h/a'); }".to_owned(),
        "let s = {}; s.s = s; http.post('http://h/', JSON.stringify(s)); http.post('http://h/', s);".to_owned(),
        "for (let i = 0; i < 1000000; i++) { for (let j = 0; j < 1000000; j++) { for (let k = 0; k < 1000000; k++) { let a = i + j; } } }".repeat(50),
        "let a = []; for (let i = 0; i < 900; i++) { for (let j = 0; j < 900; j++) { a = [a]; } } http.post('http://h/', JSON.stringify(a));".to_owned(),
        "function f(n) { return f(f(n)) + f(f(n)); } http.get('http://h/' + f(1));".to_owned(),
    ];
    for script in scripts {
        let script = format!("import http from 'k6/http';\nexport default function () {{\nhttp.get('http://h/first');\n{script}\n}}\n");
        let source = Source::new("grows.js", ".", script.as_bytes()).unwrap();
        match crate::import(&source, crate::Kind::K6, &Options::default()) {
            Ok(draft) => assert!(write::files(&draft).iter().all(|(_, content)| content.len() < 20_000_000), "{script}"),
            // The function runs more than once, and its loops may leave nothing to run.
            Err(error) => assert!(error.message.contains("sends no HTTP request"), "{error:?} {script}"),
        }
    }
}

/// Each early end costs about the same: with a probe of all that follows within each other, 30 of them would take hours.
#[test]
fn thirty_early_ends_of_a_function_are_imported_at_once() {
    let ends: String = (0..30)
        .map(|n| format!("  const r{n} = http.get('https://a.example.com/r{n}');\n  if (r{n}.status === 201) {{ return; }}\n"))
        .collect();
    let (_, _, summary) = spec(&format!("import http from 'k6/http';\nexport default function () {{\n{ends}}}\n"));
    assert!(summary[0].starts_with("imported: 30 requests, "), "{summary:?}");
}
