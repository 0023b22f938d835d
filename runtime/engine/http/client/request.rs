//! A request (`serialize` writes it in the form that is sent).

use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;

use super::fast_path::WireRequest;
use crate::http::message::partial::MAX_BODY;
use crate::http::message::target::Target;
use crate::http::message::{Method, Redirects};
use crate::http::net::transport::ApiTransport;

/// The default time limit of a request.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// A request, ready to be sent.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// Its method.
    pub method: Method,
    /// Its URL.
    pub url: Target,
    /// Lines of `Name: value\r\n`. Lengths and transfer codings in them are ignored, because the client sets them.
    pub headers: Rc<[u8]>,
    /// The bytes of `headers` that come from the api's declaration. They are sent to no other host.
    pub api_headers: Range<usize>,
    /// Lines that are sent only to the host of `url`.
    pub auth: Rc<[u8]>,
    /// The body.
    pub body: Bytes,
    /// Whether there is a body, even an empty one.
    pub has_body: bool,
    /// The time limit of the whole exchange, including redirects.
    pub timeout: Duration,
    /// How to follow redirects.
    pub redirects: Redirects,
    /// Whether cookies are kept and sent.
    pub cookies: bool,
    /// Whether it may be sent again if HTTP allows it. False if the api has `resend off`.
    pub resend: bool,
    /// How to reach the api.
    pub api: Rc<ApiTransport>,
    /// The most bytes of a response's body that is read, encoded or decoded.
    pub max_body: u64,
    /// The request in the form of HTTP/1.1, created by [`HttpRequest::serialize`]. Without it, each send creates it again.
    pub(crate) wire: Option<WireRequest>,
}

impl HttpRequest {
    /// A request without headers and body, which has 30 s, follows redirects to its host, and keeps cookies. It isn't serialized.
    pub fn new(method: Method, url: Target, api: Rc<ApiTransport>) -> Self {
        Self {
            method,
            url,
            headers: Rc::default(),
            api_headers: 0..0,
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

    /// The length in its head.
    pub(crate) fn length(&self) -> Option<usize> {
        self.method.says_length(self.has_body).then_some(self.body.len())
    }
}
