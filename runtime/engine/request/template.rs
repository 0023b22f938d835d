//! What a request says beside its path, its query and its body, where that never changes: it is laid out when it is sent first, and copied
//! from then on.

use std::rc::Rc;
use std::time::Duration;

use bytes::{BufMut as _, BytesMut};

use crate::call::builder::Request;
use crate::call::resolve::Ready;
use crate::http::{self, Wire};
use crate::user::User;
use crate::value::Eval;

/// What was said, as options lay it out.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) headers: String,
    pub(crate) auth: String,
    pub(crate) auth_settled: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) redirects: Option<crate::call::builder::Redirects>,
}

/// A request without its path, its query and its body.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) said: Said,
    method: http::Method,
    headers: Rc<[u8]>,
    auth: Rc<[u8]>,
    timeout: Duration,
    redirects: http::Redirects,
    has_body: bool,
    /// The head from the end of its first line up to where a length is said.
    lines: Box<[u8]>,
    /// Whether a length is said.
    has_length: bool,
    close: bool,
}

impl Settled {
    /// What is left of a request that was laid out whole; nothing where it wasn't laid out for the wire.
    pub(crate) fn of(said: Said, made: &http::Request) -> Option<Self> {
        let wire = made.wire.as_ref()?;
        let head = wire.bytes.get(..wire.bytes.len() - made.body.len())?.strip_suffix(b"\r\n")?;
        let first = memchr::memchr(b'\n', head)? + 1;
        let length = made.length().map(|length| format!("Content-Length: {length}\r\n"));
        let lines = match &length {
            Some(length) => head[first..].strip_suffix(length.as_bytes())?,
            None => &head[first..],
        };
        Some(Self {
            said,
            method: made.method.clone(),
            headers: made.headers.clone(),
            auth: made.auth.clone(),
            timeout: made.timeout,
            redirects: made.redirects,
            has_body: made.has_body,
            lines: lines.into(),
            has_length: length.is_some(),
            close: wire.close,
        })
    }

    /// The request that these lines belong to, around its path and its body.
    pub(crate) fn ready(&self, user: &User, request: Request<'_>) -> Eval<Ready> {
        let world = user.world();
        let url = world.base(user, request.api)?.append(&request.path, &request.query)?;
        world.keep_text(request.path);
        let wire = Wire::fits(self.lines.len() + url.path.len() + request.body.len()).then(|| self.wire(&url.path, &request.body));
        Ok(Ready(Rc::new(http::Request {
            method: self.method.clone(),
            url,
            headers: self.headers.clone(),
            auth: self.auth.clone(),
            body: request.body.into(),
            has_body: self.has_body,
            timeout: self.timeout,
            redirects: self.redirects,
            cookies: world.program.apis[request.api].cookies,
            resend: world.program.apis[request.api].resend,
            max_body: world.program.apis[request.api].max_body,
            api: world.api_transport(request.api),
            wire,
        })))
    }

    fn wire(&self, path: &str, body: &[u8]) -> Wire {
        let method = self.method.as_str();
        let mut bytes = BytesMut::with_capacity(method.len() + path.len() + self.lines.len() + body.len() + 64);
        for part in [method, " ", path, " HTTP/1.1\r\n"] {
            bytes.put_slice(part.as_bytes());
        }
        bytes.put_slice(&self.lines);
        if self.has_length {
            for part in ["Content-Length: ", itoa::Buffer::new().format(body.len()), "\r\n"] {
                bytes.put_slice(part.as_bytes());
            }
        }
        bytes.put_slice(b"\r\n");
        bytes.put_slice(body);
        Wire { bytes, close: self.close }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::*;
    use crate::trial;

    static PROGRAM: Program = trial::PROGRAM;

    /// A request as the compiler emits it, settled by this number.
    fn request<'u>(u: &'u User, number: usize, path: &Value, body: &str) -> Request<'u> {
        let mut r = u.request(0, "POST");
        r.path("/items/");
        r.segment(path).unwrap();
        r.query("q", path).unwrap();
        r.body("application/json");
        r.raw(body);
        if r.unsettled(number) {
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
        User::new(trial::world(&PROGRAM, base), 0, 1)
    }

    fn sent(u: &User, request: Request<'_>) -> Rc<http::Request> {
        crate::call::resolve::ready(u, request).unwrap().0
    }

    fn text(request: &http::Request) -> &str {
        std::str::from_utf8(&request.wire.as_ref().unwrap().bytes).unwrap()
    }

    #[test]
    fn templated_request_is_sent_like_a_plain_one() {
        let u = user("http://here:81/api?k=1");
        let first = sent(&u, request(&u, 0, &Value::from("a b"), "{}"));
        for (path, body) in [("a b", "{}"), ("other", r#"{"n":1}"#), ("x/y", "")] {
            let path = Value::from(path);
            let (settled, anew) =
                (sent(&u, request(&u, 0, &path, body)), sent(&user("http://here:81/api?k=1"), request(&u, 9, &path, body)));
            assert!(u.world().settled(0).is_some());
            assert_eq!(text(&settled), text(&anew));
            assert_eq!((&settled.headers, &settled.auth, &settled.body), (&anew.headers, &anew.auth, &anew.body));
            assert_eq!((settled.timeout, settled.redirects, &settled.url), (first.timeout, first.redirects, &anew.url));
        }
        assert!(
            text(&first).starts_with("POST /api/items/a%20b?k=1&q=a%20b HTTP/1.1\r\nHost: here:81\r\nX-Own: yes\r\n"),
            "{}",
            text(&first)
        );
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
        assert!(u.world().settled(0).is_none(), "a call's own options are not the request's");
        sent(&u, request(&u, 0, &Value::from("a"), "{}"));
        let after = over(0);
        assert_eq!(text(&before), text(&after));
        let text = text(&after);
        assert!(text.contains("X-Own: no\r\n") && !text.contains("yes") && !text.contains("Authorization"), "{text}");
        assert!(text.contains("Content-Type: text/plain\r\n") && text.ends_with("plain"), "{text}");
    }

    #[test]
    fn a_user_with_auth_of_its_own_says_all_anew() {
        let u = user("http://here/");
        sent(&u, request(&u, 0, &Value::from("a"), "{}"));
        u.set_bearer(at(1, 1), 0, || Ok(Value::from("other"))).unwrap();
        let mut r = u.request(0, "GET");
        assert!(r.unsettled(0) && !r.wants_auth());
        u.reset(0);
        assert!(!u.request(0, "GET").unsettled(0));
    }

    #[test]
    fn large_bodies_are_left_out_of_the_wire() {
        let u = user("http://here/");
        let small = request(&u, 0, &Value::from("a"), "{}");
        assert!(sent(&u, small).wire.is_some());
        let large = sent(&u, request(&u, 0, &Value::from("a"), &"x".repeat(100_000)));
        assert!(large.wire.is_none() && large.body.len() == 100_000);
    }
}
