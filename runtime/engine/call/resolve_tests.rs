//! Tests that a request from a template is sent like one that is built completely.

use super::*;
use crate::fixture;
use crate::generated::*;

static PROGRAM: Program = fixture::PROGRAM;

/// A request in the form that the compiler generates, with this template number.
fn request<'u>(u: &'u User, number: usize, path: &Value, body: &str) -> Request<'u> {
    let mut r = u.request(0, "POST");
    r.path("/items/");
    r.segment(path).unwrap();
    r.query("q", path).unwrap();
    r.body("application/json");
    r.raw(body);
    if r.needs_options(number) {
        r.header_text("X-Own", "yes");
        r.header("X-Null", &Value::Null).unwrap();
        r.timeout(&Value::Duration(7_000_000_000)).unwrap();
        if r.wants_own_auth() {
            r.bearer(&Value::from("token")).unwrap();
        }
    }
    r
}

fn user(base: &str) -> User {
    fixture::user(&PROGRAM, base)
}

fn sent(u: &User, request: Request<'_>) -> Rc<http::HttpRequest> {
    prepare(u, request).unwrap().0
}

fn text(request: &http::HttpRequest) -> &str {
    std::str::from_utf8(&request.wire.as_ref().unwrap().bytes).unwrap()
}

#[test]
fn templated_request_is_sent_like_a_plain_one() {
    let u = user("http://here:81/api?k=1");
    let first = sent(&u, request(&u, 0, &Value::from("a b"), "{}"));
    for (path, body) in [("a b", "{}"), ("other", r#"{"n":1}"#), ("x/y", "")] {
        let path = Value::from(path);
        let (settled, anew) = (sent(&u, request(&u, 0, &path, body)), sent(&user("http://here:81/api?k=1"), request(&u, 9, &path, body)));
        assert!(u.world().caches.template(0).is_some());
        assert_eq!(text(&settled), text(&anew));
        assert_eq!((&settled.headers, &settled.auth, &settled.body), (&anew.headers, &anew.auth, &anew.body));
        assert_eq!((settled.timeout, settled.redirects, &settled.url), (first.timeout, first.redirects, &anew.url));
    }
    assert!(text(&first).starts_with("POST /api/items/a%20b?k=1&q=a%20b HTTP/1.1\r\nHost: here:81\r\nX-Own: yes\r\n"), "{}", text(&first));
    assert!(text(&first).ends_with("Content-Length: 2\r\n\r\n{}") && text(&first).contains("Authorization: Bearer token\r\n"));
}

#[test]
fn options_of_a_call_override_the_template() {
    let u = user("http://here/");
    let over = |number| {
        let mut r = request(&u, number, &Value::from("a"), "{}");
        r.override_options();
        r.body("text/plain");
        r.raw("plain");
        r.header_text("X-Own", "no");
        r.no_auth();
        sent(&u, r)
    };
    let before = over(0);
    assert!(u.world().caches.template(0).is_none(), "a call's own options are not the request's");
    sent(&u, request(&u, 0, &Value::from("a"), "{}"));
    let after = over(0);
    assert_eq!(text(&before), text(&after));
    let text = text(&after);
    assert!(text.contains("X-Own: no\r\n") && !text.contains("yes") && !text.contains("Authorization"), "{text}");
    assert!(text.contains("Content-Type: text/plain\r\n") && text.ends_with("plain"), "{text}");
}

#[test]
fn user_with_its_own_auth_builds_requests_completely() {
    let u = user("http://here/");
    sent(&u, request(&u, 0, &Value::from("a"), "{}"));
    u.set_bearer(at(1, 1), 0, || Ok(Value::from("other"))).unwrap();
    let mut r = u.request(0, "GET");
    assert!(r.needs_options(0) && !r.wants_auth());
    u.reset(0);
    assert!(!u.request(0, "GET").needs_options(0));
}

#[test]
fn large_bodies_are_not_serialized() {
    let u = user("http://here/");
    let small = request(&u, 0, &Value::from("a"), "{}");
    assert!(sent(&u, small).wire.is_some());
    let large = sent(&u, request(&u, 0, &Value::from("a"), &"x".repeat(100_000)));
    assert!(large.wire.is_none() && large.body.len() == 100_000);
}

#[test]
fn headers_of_an_api_stay_on_its_host() {
    let u = user("http://here/");
    let made = |url: &str, over: bool| {
        let mut r = u.request(0, "GET");
        r.reference(&Value::from(url)).unwrap();
        r.header_text("X-Own", "1");
        r.api_headers();
        r.header_text("X-Key", "k");
        r.header_text("Accept", "a/b");
        if over {
            r.override_options();
            r.header_text("X-Own", "2");
            r.header_text("X-Key", "mine");
        }
        String::from_utf8(sent(&u, r).headers.to_vec()).unwrap()
    };
    assert_eq!(made("/x", false), "X-Own: 1\r\nX-Key: k\r\nAccept: a/b\r\n");
    assert_eq!(made("http://there/x", false), "X-Own: 1\r\nAccept: a/b\r\n");
    // What a call says itself is meant for the host that it names.
    assert_eq!(made("http://there/x", true), "Accept: a/b\r\nX-Own: 2\r\nX-Key: mine\r\n");
}
