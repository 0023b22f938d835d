//! A template for requests whose options never change: everything apart from the path, the query and the body. It is prepared for the first
//! send and copied from then on.

use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use bytes::{BufMut as _, BytesMut};

use crate::http::{self, ApiTransport, Redirects, Target, WireRequest};

/// The options of a request, before defaults.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) headers: String,
    pub(crate) api_headers: Range<usize>,
    pub(crate) auth: String,
    pub(crate) auth_settled: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) redirects: Option<Redirects>,
}

/// An api's settings for all of its requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// Whether it sends and keeps cookies.
    pub(crate) cookies: bool,
    /// Whether its requests may be sent again if HTTP allows it.
    pub(crate) resend: bool,
    /// The most bytes of a response's body that is read.
    pub(crate) max_body: u64,
}

/// A request without its path, its query and its body.
#[derive(Debug)]
pub(crate) struct RequestTemplate {
    pub(crate) options: Options,
    method: http::Method,
    headers: Rc<[u8]>,
    api_headers: Range<usize>,
    auth: Rc<[u8]>,
    timeout: Duration,
    redirects: Redirects,
    has_body: bool,
    /// The head from the end of its first line up to the position of the length.
    lines: Box<[u8]>,
    /// Whether a length is sent.
    has_length: bool,
    close: bool,
    own_cookies: bool,
}

impl RequestTemplate {
    /// Creates a template from a complete request; `None` if the request wasn't serialized.
    pub(crate) fn of(options: Options, made: &http::HttpRequest) -> Option<Self> {
        let wire = made.wire.as_ref()?;
        let head = wire.bytes.get(..wire.bytes.len() - made.body.len())?.strip_suffix(b"\r\n")?;
        let first = memchr::memchr(b'\n', head)? + 1;
        let length = made.length().map(|length| format!("Content-Length: {length}\r\n"));
        let lines = match &length {
            Some(length) => head[first..].strip_suffix(length.as_bytes())?,
            None => &head[first..],
        };
        Some(Self {
            options,
            method: made.method.clone(),
            headers: made.headers.clone(),
            api_headers: made.api_headers.clone(),
            auth: made.auth.clone(),
            timeout: made.timeout,
            redirects: made.redirects,
            has_body: made.has_body,
            lines: lines.into(),
            has_length: length.is_some(),
            close: wire.close,
            own_cookies: wire.own_cookies,
        })
    }

    /// Completes the template with a target and a body.
    pub(crate) fn fill(&self, url: Target, body: Vec<u8>, policy: Policy, api: Rc<ApiTransport>) -> http::HttpRequest {
        let wire = WireRequest::fits(self.lines.len() + url.path.len() + body.len()).then(|| self.wire(&url.path, &body));
        let Policy { cookies, resend, max_body } = policy;
        http::HttpRequest {
            method: self.method.clone(),
            url,
            headers: self.headers.clone(),
            api_headers: self.api_headers.clone(),
            auth: self.auth.clone(),
            body: body.into(),
            has_body: self.has_body,
            timeout: self.timeout,
            redirects: self.redirects,
            cookies,
            resend,
            max_body,
            api,
            wire,
        }
    }

    fn wire(&self, path: &str, body: &[u8]) -> WireRequest {
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
        WireRequest { bytes, close: self.close, own_cookies: self.own_cookies }
    }
}
