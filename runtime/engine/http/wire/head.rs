//! The head of a request: the caller's lines, and the lines that are added if the caller doesn't set them.

use bytes::{BufMut as _, BytesMut};

use super::outgoing::Outgoing;
use crate::http::message::headers::{PresentHeaders, is_one_of, lines};

/// The default `User-Agent`.
pub(crate) const USER_AGENT: &str = concat!("ltc/", env!("CARGO_PKG_VERSION"));
/// The encodings that can be decoded.
pub(crate) const ACCEPT_ENCODING: &str = "gzip, deflate, br";

/// Lines that only the client may set: those about the message's framing, and cookies.
const FRAMING: [&str; 3] = ["content-length", "transfer-encoding", "cookie"];

/// The proxy on the way. A request through a proxy contains its whole URL.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Via<'v> {
    pub(crate) absolute: bool,
    pub(crate) authorization: Option<&'v [u8]>,
}

/// Writes a head for HTTP/1.1, including the empty line at its end.
pub(crate) fn write_head(out: &mut BytesMut, step: &Outgoing<'_>, via: Via<'_>) -> PresentHeaders {
    let mut present = PresentHeaders::default();
    present.note(step.headers);
    present.note(step.auth);
    let target = step.url;
    out.reserve(256 + step.headers.len() + step.auth.len() + step.cookie.len() + 2 * target.path.len());
    out.put_slice(step.method.as_str().as_bytes());
    out.put_u8(b' ');
    if via.absolute {
        put(out, &[target.origin.scheme(), "://", &target.origin.authority]);
    }
    put(out, &[&target.path, " HTTP/1.1\r\n"]);
    if !present.host {
        put(out, &["Host: ", &target.origin.authority, "\r\n"]);
    }
    for block in [step.headers, step.auth] {
        if present.special {
            lines(block).filter(|(name, ..)| !is_one_of(name, &FRAMING)).for_each(|(_, _, line)| out.put_slice(line));
        } else {
            out.put_slice(block);
        }
    }
    if !present.user_agent {
        put(out, &["User-Agent: ", USER_AGENT, "\r\n"]);
    }
    if !present.accept {
        put(out, &["Accept: */*\r\n"]);
    }
    if !present.accept_encoding {
        put(out, &["Accept-Encoding: ", ACCEPT_ENCODING, "\r\n"]);
    }
    let cookie = if present.special || !step.cookie.is_empty() { cookie_line(step) } else { Vec::new() };
    if !cookie.is_empty() {
        out.put_slice(b"Cookie: ");
        out.put_slice(&cookie);
        out.put_slice(b"\r\n");
    }
    if let Some(authorization) = via.authorization {
        out.put_slice(b"Proxy-Authorization: ");
        out.put_slice(authorization);
        out.put_slice(b"\r\n");
    }
    if let Some(length) = body_length(step) {
        put(out, &["Content-Length: ", itoa::Buffer::new().format(length), "\r\n"]);
    }
    out.put_slice(b"\r\n");
    present
}

fn put(out: &mut BytesMut, parts: &[&str]) {
    for part in parts {
        out.put_slice(part.as_bytes());
    }
}

/// The length to send; `None` if there is no body and servers don't expect a length.
pub(crate) fn body_length(step: &Outgoing<'_>) -> Option<usize> {
    step.method.says_length(step.has_body).then_some(step.body.len())
}

/// The caller's own cookies and those of the jar, on one line.
pub(crate) fn cookie_line(step: &Outgoing<'_>) -> Vec<u8> {
    let mut all = Vec::new();
    for block in [step.headers, step.auth] {
        for (name, value, _) in lines(block) {
            if name.eq_ignore_ascii_case(b"cookie") {
                if !all.is_empty() {
                    all.extend_from_slice(b"; ");
                }
                all.extend_from_slice(value);
            }
        }
    }
    if !step.cookie.is_empty() {
        if !all.is_empty() {
            all.extend_from_slice(b"; ");
        }
        all.extend_from_slice(step.cookie.as_bytes());
    }
    all
}
