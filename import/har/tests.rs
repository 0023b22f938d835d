//! Recordings of browsers, and the specs that they become.

use serde_json::{Value, json};

use crate::draft::Draft;
use crate::{Kind, Options, Source, import, recognize, write};

/// An entry; `at` is its time in seconds.
fn entry(at: u32, method: &str, url: &str, request: &Value, response: &Value) -> Value {
    let list = |value: &Value| {
        value
            .as_object()
            .map(|map| map.iter().map(|(name, value)| json!({"name": name, "value": value})).collect::<Vec<_>>())
            .unwrap_or_default()
    };
    let body = response.get("text").cloned().unwrap_or_default();
    let mut entry = json!({
        "startedDateTime": format!("2026-01-01T00:00:{at:02}.000Z"), "time": 100, "pageref": request.get("page").cloned().unwrap_or_default(),
        "request": {"method": method, "url": url, "headers": list(&request["headers"])},
        "response": {"status": response.get("status").cloned().unwrap_or(json!(200)), "headers": list(&response["headers"]),
            "content": {"mimeType": response.get("type").cloned().unwrap_or(json!("application/json")), "text": body}},
    });
    if let Some(text) = request.get("text") {
        entry["request"]["postData"] = json!({"mimeType": request.get("type").cloned().unwrap_or(json!("application/json")), "text": text});
    }
    entry
}

fn read(pages: &Value, entries: Vec<Value>, options: &Options) -> (String, Draft) {
    let text = json!({"log": {"pages": pages, "entries": entries}}).to_string();
    let source = Source::new("shop.har", ".", text.as_bytes()).unwrap();
    assert_eq!(recognize(&source), Ok(Kind::Har));
    let draft = import(&source, Kind::Har, options).unwrap();
    (String::from_utf8(write::files(&draft).remove(0).1).unwrap(), draft)
}

fn has(spec: &str, parts: &[&str]) {
    for part in parts {
        assert!(spec.contains(part), "{part}\n{spec}");
    }
}

const SHOP: &str = "https://shop.test";

fn url(path: &str) -> String {
    format!("{SHOP}{path}")
}

#[test]
fn values_travel_from_json_headers_cookies_pages_and_urls() {
    let page = r#"<html><meta name="csrf-token" content="c5rf-77aa-99"><form><input type=hidden name=__state value="St4te+77/x=="></form><script>var nonce = "n0nce1234567890abcd";</script></html>"#;
    let (spec, _) = read(
        &json!([]),
        vec![
            entry(
                0,
                "GET",
                &url("/login"),
                &json!({}),
                &json!({"type": "text/html", "text": page, "headers": {"Content-Type": "text/html", "Set-Cookie": "XSRF-TOKEN=x5rf%2B1234; Path=/", "X-Trace": "tr4ce-1234"}}),
            ),
            entry(
                1,
                "POST",
                &url("/login"),
                &json!({"type": "application/x-www-form-urlencoded", "text": "user=ann&password=s3cr3t!&__state=St4te%2B77%2Fx%3D%3D", "headers": {"X-CSRF-Token": "c5rf-77aa-99", "X-XSRF-TOKEN": "x5rf+1234", "X-Nonce": "n0nce1234567890abcd"}}),
                &json!({"text": r#"{"token": "eyJ0b2tlbi5hYmMuZGVm", "user": {"id": 4711}}"#}),
            ),
            entry(
                2,
                "POST",
                &url("/orders"),
                &json!({"text": r#"{"userId": 4711, "trace": "tr4ce-1234", "note": "mug"}"#, "headers": {"Authorization": "Bearer eyJ0b2tlbi5hYmMuZGVm"}}),
                &json!({"status": 201, "text": "{}", "headers": {"Location": "https://shop.test/orders/ord-8123"}}),
            ),
            entry(
                3,
                "GET",
                &url("/orders/ord-8123?user=4711"),
                &json!({"headers": {"Authorization": "Bearer eyJ0b2tlbi5hYmMuZGVm"}}),
                &json!({"text": r#"{"state": "open"}"#}),
            ),
        ],
        &Options::default(),
    );
    has(
        &spec,
        &[
            "take csrf_token = html \"meta[name='csrf-token']\" @content",
            "take state = html \"input[name=__state]\" @value",
            "take xsrf_token = cookie \"XSRF-TOKEN\"",
            "take x_trace = header \"X-Trace\"",
            "take nonce = text ~ /nonce = \"([\\w.=+/-]+)/",
            "password: env.shop.password",
            "urldecode(xsrf_token)",
            "take token = json.token",
            "take user_id = json.user.id",
            "set shop.auth = bearer(token)",
            "take order_id = header \"Location\" ~ /\\/orders\\/([^/?#]+)/",
            "GET /orders/{order_id} { query { user: user_id } }",
            "cookies on",
            "note: \"mug\"",
            "expect 201",
        ],
    );
    assert!(!spec.contains("s3cr3t") && !spec.contains("4711"), "{spec}");
}

/// A short token was written as a secret of the environment.
#[test]
fn short_tokens_are_captured_where_the_names_say_so() {
    let (spec, _) = read(
        &json!([]),
        vec![
            entry(
                0,
                "POST",
                &url("/login"),
                &json!({"text": r#"{"password": "pw"}"#}),
                &json!({"text": r#"{"token": "abc", "csrf": "x1", "page": "2"}"#}),
            ),
            entry(
                1,
                "POST",
                &url("/orders?page=2"),
                &json!({"text": r#"{"token": "abc"}"#, "headers": {"Authorization": "Bearer abc", "X-CSRF-Token": "x1"}}),
                &json!({"text": "{}"}),
            ),
        ],
        &Options::default(),
    );
    has(&spec, &["take token = json.token", "set shop.auth = bearer(token)", "take csrf = json.csrf", "page: \"2\"", "env.shop.password"]);
    assert!(!spec.contains("env.shop.token"), "{spec}");
}

#[test]
fn value_that_the_user_sent_first_is_not_captured() {
    let (spec, _) = read(
        &json!([]),
        vec![
            entry(0, "GET", &url("/search?q=lamp-2000-x"), &json!({}), &json!({"text": r#"{"q": "lamp-2000-x", "id": 7}"#})),
            entry(1, "GET", &url("/search?q=lamp-2000-x&page=2"), &json!({}), &json!({"text": "{}"})),
            entry(
                2,
                "GET",
                &url("/items/7"),
                &json!({}),
                &json!({"text": r#"{"id": 7, "name": "Lamp", "tags": [{"t": 1}], "sale": null}"#}),
            ),
        ],
        &Options::default(),
    );
    has(
        &spec,
        &[
            "q: \"lamp-2000-x\"",
            "take search_id = json.id",
            "shop.get_item(search_id)",
            "expect json { id: int, name: string, tags: [{ t: int }, ..] }",
        ],
    );
}

#[test]
fn pages_and_pauses_become_groups_and_waits() {
    let on = |page: &str| json!({"page": page});
    let (spec, _) = read(
        &json!([{"id": "p1", "title": "Shop"}, {"id": "p2", "title": "https://shop.test/cart?x=1"}]),
        vec![
            entry(0, "GET", &url("/"), &on("p1"), &json!({"type": "text/html", "text": "<p>"})),
            entry(0, "GET", &url("/news"), &on("p1"), &json!({"text": "{}"})),
            entry(4, "GET", &url("/cart"), &on("p2"), &json!({"type": "text/html", "text": "<p>"})),
            entry(4, "GET", &url("/prices"), &on("p2"), &json!({"text": "{}"})),
        ],
        &Options::default(),
    );
    has(&spec, &["group \"Shop\" {", "group \"shop.test/cart\" {", "  wait 3.9s\n", "step \"Home\""]);
}

#[test]
fn repeated_requests_become_rows_and_loops() {
    let mut entries: Vec<Value> = ["a-100", "a-200", "a-300"]
        .iter()
        .enumerate()
        .map(|(at, id)| {
            entry(
                u32::try_from(at).unwrap(),
                "GET",
                &url(&format!("/items/item-{id}{at}")),
                &json!({}),
                &json!({"text": r#"{"name": "x"}"#}),
            )
        })
        .collect();
    entries.extend((10..14).map(|at| entry(at, "GET", &url("/state"), &json!({}), &json!({"text": "{}"}))));
    let (spec, draft) = read(&json!([]), entries, &Options::default());
    has(
        &spec,
        &[
            "data item_rows from \"data/item_rows.csv\"",
            "for row in item_rows.all {",
            "shop.get_item(row.item_id)",
            "repeat 4 {",
            "wait 900ms",
        ],
    );
    let files = write::files(&draft);
    let (_, rows) = files.iter().find(|(path, _)| path == "specs/data/item_rows.csv").unwrap();
    assert_eq!(String::from_utf8_lossy(rows), "item_id\nitem-a-1000\nitem-a-2001\nitem-a-3002\n");
}

#[test]
fn static_files_third_parties_and_browser_headers_are_left_out_unless_asked_for() {
    let entries = || {
        vec![
            entry(
                0,
                "GET",
                &url("/"),
                &json!({"headers": {"User-Agent": "Mozilla/5.0", "Sec-Fetch-Mode": "navigate", "X-Own": "1"}}),
                &json!({"type": "text/html", "text": "<p>"}),
            ),
            entry(0, "GET", &url("/app.js?v=1"), &json!({}), &json!({"type": "application/javascript"})),
            entry(0, "POST", "https://tracker.test/hit", &json!({"text": "{}"}), &json!({})),
            entry(0, "OPTIONS", "https://api.shop.test/x", &json!({"headers": {"Access-Control-Request-Method": "POST"}}), &json!({})),
            entry(1, "GET", "https://api.shop.test/x", &json!({}), &json!({"status": 304})),
            entry(1, "GET", &url("/gone"), &json!({}), &json!({"status": 0})),
        ]
    };
    let (spec, draft) = read(&json!([]), entries(), &Options::default());
    assert!(!spec.contains("app.js") && !spec.contains("tracker") && !spec.contains("Mozilla") && !spec.contains("Sec-Fetch"), "{spec}");
    has(&spec, &["\"X-Own\": \"1\"", "api api_shop {", "expect 200 | 304"]);
    assert_eq!(draft.tally.skipped["requests to third parties"], 1);
    assert_eq!(draft.tally.skipped["CORS preflights"], 1);
    let (spec, _) = read(&json!([]), entries(), &Options { static_files: true, third_parties: true, ..Options::default() });
    has(&spec, &["/app.js", "api tracker {"]);
}

#[test]
fn redirects_on_one_host_are_followed_and_others_expected() {
    let (spec, _) = read(
        &json!([]),
        vec![
            entry(
                0,
                "POST",
                &url("/login"),
                &json!({"type": "application/x-www-form-urlencoded", "text": "a=1"}),
                &json!({"status": 302, "headers": {"Location": "/home"}}),
            ),
            entry(1, "GET", &url("/home"), &json!({}), &json!({"type": "text/html", "text": "<p>"})),
            entry(2, "GET", &url("/out"), &json!({}), &json!({"status": 302, "headers": {"Location": "https://other.test/"}})),
        ],
        &Options::default(),
    );
    assert!(!spec.contains("GET /home"), "{spec}");
    has(&spec, &["shop.post_login()\n    expect 200", "redirects off", "expect 302"]);
}

#[test]
fn recordings_that_are_broken_are_refused_with_a_location() {
    let error = |text: &str| import(&Source::new("a.har", ".", text.as_bytes()).unwrap(), Kind::Har, &Options::default()).unwrap_err();
    assert_eq!(error("{\n \"log\": {\"entries\": [}").line, 2);
    assert!(error(r#"{"log": {"entries": []}}"#).message.contains("no entries"));
    assert!(error("{\"log\": {\"entries\": [\n{}]}}").message.contains("request.url"));
}

/// The second query was lost, and its parameter was never read.
#[test]
fn queries_without_keys_are_parameters_if_encoding_keeps_them() {
    let page = json!({"type": "text/html", "text": "<p>"});
    let entries = |queries: [&str; 2]| queries.map(|query| entry(1, "GET", &url(&format!("/status?{query}")), &json!({}), &page)).to_vec();
    let (spec, _) = read(&json!([]), entries(["ct_1a2b", "ct_9f8e"]), &Options::default());
    has(&spec, &["(query) = GET /status?{query}", "\"ct_1a2b\"", "\"ct_9f8e\""]);
    let (spec, _) = read(&json!([]), entries(["a/1&b", "a/2&b"]), &Options::default());
    has(&spec, &["GET /status?a/1&b", "GET /status?a/2&b"]);
}

#[test]
fn requests_without_a_method_are_gets() {
    let mut one = entry(0, "GET", &url("/items"), &json!({}), &json!({"text": "{}"}));
    one["request"].as_object_mut().unwrap().remove("method");
    let (spec, _) = read(&json!([]), vec![one], &Options::default());
    has(&spec, &["GET /items"]);
}

/// The spec did not pass `ltc check`.
#[test]
fn response_with_an_impossible_status_is_none() {
    let odd = [0, 99, 600, 1000, 70_000].map(|status| entry(2, "GET", "http://h.test/odd", &json!({}), &json!({ "status": status })));
    let entries = [vec![entry(1, "GET", "http://h.test/a", &json!({}), &json!({ "status": 599 }))], odd.into()].concat();
    let (spec, _) = read(&json!([]), entries, &Options::default());
    assert!(spec.contains("expect 599") && !spec.contains("odd"), "{spec}");
}
