//! What a request says beside its path, its query and its body, where that never changes: it is laid out when it is sent first, and copied
//! from then on.

use std::rc::Rc;
use std::time::Duration;

use bytes::{BufMut as _, BytesMut};

use crate::exchange::Ready;
use crate::http::{self, Wire};
use crate::request::Request;
use crate::user::User;
use crate::value::Eval;

/// What was said, as options lay it out.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) headers: String,
    pub(crate) auth: String,
    pub(crate) auth_settled: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) redirects: Option<crate::request::Redirects>,
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
