//! A request (`serialize`: how it is laid out for the wire).

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;

use super::fast_path::WireRequest;
use crate::http::message::partial::MAX_BODY;
use crate::http::message::target::Target;
use crate::http::message::{Method, Redirects};
use crate::http::net::transport::ApiTransport;

/// The time that a request may take where nobody says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// A request, ready to be sent.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// Its method.
    pub method: Method,
    /// Where it goes.
    pub url: Target,
    /// Lines of `Name: value\r\n`. Lengths and transfer codings in it are left out: the client sets them.
    pub headers: Rc<[u8]>,
    /// Such lines, but only for the host of `url`.
    pub auth: Rc<[u8]>,
    /// The body.
    pub body: Bytes,
    /// Whether there is a body, if only an empty one.
    pub has_body: bool,
    /// The time all of it may take, redirects too.
    pub timeout: Duration,
    /// How redirects are followed.
    pub redirects: Redirects,
    /// Whether cookies are kept and sent.
    pub cookies: bool,
    /// Whether it may be sent again where HTTP allows it: false where the api says `resend off`.
    pub resend: bool,
    /// How the api is reached.
    pub api: Rc<ApiTransport>,
    /// The most bytes that the body of an answer may have where it is read, encoded or decoded.
    pub max_body: u64,
    /// The request as HTTP/1.1 puts it on the wire, made by [`HttpRequest::serialize`]; without it, it is laid out at each send.
    pub(crate) wire: Option<WireRequest>,
}

impl HttpRequest {
    /// A request without headers and body, which has 30 s, follows redirects to its host, and keeps cookies. It isn't laid out.
    pub fn new(method: Method, url: Target, api: Rc<ApiTransport>) -> Self {
        Self {
            method,
            url,
            headers: Rc::default(),
            auth: Rc::default(),
            body: Bytes::new(),
            has_body: false,
            timeout: TIMEOUT,
            redirects: Redirects::SameHost,
            cookies: true,
            resend: true,
            api,
            max_body: MAX_BODY,
            wire: None,
        }
    }

    /// The length that its head says.
    pub(crate) fn length(&self) -> Option<usize> {
        self.method.says_length(self.has_body).then_some(self.body.len())
    }
}
