//! HTTP as a load test needs it: a client per user, with connections of its own, and little kept between requests.
//!
//! HTTP/1.1 is written here (`h1`, `body`), HTTP/2 is hyper's (`h2`). A [`Session`] finds a connection or makes one (`connect`, `tls`,
//! `proxy`), sends the request, follows redirects (`redirect`), keeps cookies, and decodes the body (`decode`).

mod alarm;
mod body;
mod charset;
mod connect;
mod decode;
mod eyeballs;
mod h1;
mod h2;
mod head;
mod headers;
#[cfg(any(test, fuzzing))]
#[path = "tests/invariants.rs"]
mod invariants;
mod lenient;
pub mod memory;
mod names;
mod parse;
mod partial;
mod proxy;
mod quick;
mod redirect;
mod resend;
mod sending;
mod session;
mod stream;
mod target;
#[cfg(test)]
mod tests;
mod tls;
mod tls_words;
mod traffic;
mod transport;
mod trust;
mod words;

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use ecow::EcoString;

pub use charset::Charset;
pub use headers::Headers;
pub use partial::{MAX_BODY, Partial};
pub use proxy::Proxies;
pub(crate) use quick::Wire;
pub use sending::Sending;
pub use session::Session;
pub use target::Target;
pub use tls::plain_config as plain_tls;
pub use traffic::{Phases, Traffic};
pub use transport::{ApiConfig, ApiTransport, TlsConfig, Transport, TransportConfig};

use partial::Keep;

use crate::stats::FailureClass;

/// Panics where what holds of all answers doesn't hold of this one: what `fuzz/` calls.
#[cfg(fuzzing)]
pub fn fuzz_response(bytes: &[u8]) {
    invariants::Invariants::default().check(bytes);
}

/// A request's method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method(EcoString);

impl Method {
    /// The method of that name, as it goes on the wire.
    pub fn from_name(name: &str) -> Self {
        Self(name.into())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.0 == name
    }

    /// Whether sending it twice asks for nothing more than sending it once (RFC 9110, 9.2.2).
    pub(crate) fn is_idempotent(&self) -> bool {
        matches!(self.0.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE" | "PUT" | "DELETE")
    }

    /// Whether a length is said: where there is a body, and where servers expect one.
    pub(crate) fn says_length(&self, has_body: bool) -> bool {
        has_body || matches!(self.0.as_str(), "POST" | "PUT" | "PATCH")
    }
}

/// How redirects are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// Up to 10, on the api's host: the default.
    SameHost,
    /// Not at all.
    Off,
    /// Up to 10, to any host.
    Any,
    /// The response after that many hops is the response.
    Hops(u32),
}

/// A request, ready to be sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Where it goes.
    pub url: Target,
    /// Lines of `Name: value\r\n`. Lengths and transfer codings in it are left out: they are the client's to say.
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
    /// The request as HTTP/1.1 puts it on the wire, made by [`Request::lay_out`]; without it, it is laid out at each send.
    pub(crate) wire: Option<Wire>,
}

impl Request {
    /// The head that goes out first, as HTTP/1.1 has it.
    pub(crate) fn head(&self, cookies: &str) -> Vec<u8> {
        let mut bytes = bytes::BytesMut::new();
        head::write_head(&mut bytes, &redirect::Chain::new(self).step(cookies.to_owned()), head::Via::default());
        bytes.to_vec()
    }

    /// Lays the request out for the wire, so that it need not be done again when it is sent again. Large bodies are left out.
    pub(crate) fn lay_out(&mut self) {
        if !Wire::fits(self.body.len()) {
            return;
        }
        let mut bytes = bytes::BytesMut::with_capacity(512 + self.headers.len() + self.auth.len() + self.url.path.len() + self.body.len());
        let chain = redirect::Chain::new(self);
        let said = head::write_head(&mut bytes, &chain.step(String::new()), head::Via::default());
        bytes.extend_from_slice(&self.body);
        let wire = Wire { bytes, close: said.close };
        drop(chain);
        self.wire = Wire::fits(wire.bytes.len()).then_some(wire);
    }

    /// The length that its head says.
    pub(crate) fn length(&self) -> Option<usize> {
        self.method.says_length(self.has_body).then_some(self.body.len())
    }
}

/// How long the parts of an exchange took. Phases of connecting are there only where a connection was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Looking up the host's address.
    pub dns: Option<Duration>,
    /// Until the TCP connection was there, a proxy's consent included.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the start to the first byte of the final response.
    pub first_byte: Duration,
    /// From the start to the last byte.
    pub total: Duration,
}

/// A redirect that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The status that redirected.
    pub status: u16,
    /// Where to.
    pub url: EcoString,
}

/// The version of HTTP that a response came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    Http11,
    /// HTTP/2
    Http2,
}

impl Version {
    /// As people write it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        }
    }
}

/// A response, read to its end.
#[derive(Clone, Debug)]
pub struct Response {
    /// Its status.
    pub status: u16,
    /// What it came by.
    pub version: Version,
    /// Its header fields, as they came.
    pub headers: Headers,
    /// Its body, decoded, where it doesn't stand behind the headers as it came.
    pub(crate) own_body: Option<Bytes>,
    /// What its head says of its body's text.
    pub charset: Charset,
    /// How many bytes its body has beside those that were kept, because nobody reads it.
    pub omitted: u64,
    /// Where it came from, redirects followed.
    pub url: Target,
    /// How long it took.
    pub timings: Timings,
    /// The redirects that were followed.
    pub hops: Vec<Hop>,
    /// What the exchange moved, with all of its hops and resends.
    pub traffic: Traffic,
}

impl Response {
    /// Its body, decoded.
    pub fn body(&self) -> &[u8] {
        self.own_body.as_deref().unwrap_or_else(|| self.headers.rest())
    }

    /// Whether no connection had to be made.
    pub fn reused(&self) -> bool {
        self.traffic.opened == 0
    }

    /// Undoes what `Content-Encoding` says. A part of an encoded body can't be decoded.
    fn decode(&mut self, keep: Keep) -> Result<(), Failure> {
        if self.status != 206
            && self.omitted == 0
            && let Some(decoded) = decode::decode(&self.headers, self.body(), keep)?
        {
            self.own_body = Some(decoded.bytes);
            self.omitted = decoded.omitted;
        }
        Ok(())
    }
}

/// Why no response came, in a tester's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure it is.
    pub class: FailureClass,
    /// What came, in a few fixed words, by which failures are told apart in reports: `connection refused`.
    pub kind: EcoString,
    /// What happened.
    pub message: String,
    /// What the exchange had moved by then, with all of its hops and resends.
    pub traffic: Box<Traffic>,
    /// The head of an answer that never was whole.
    pub partial: Option<Box<Partial>>,
}

impl Failure {
    pub(crate) fn new(class: FailureClass, message: impl Into<String>) -> Self {
        // What came where no more is known.
        let kind = match class {
            FailureClass::Connect => "no connection",
            FailureClass::Dns => "no address",
            FailureClass::Tls => "no handshake",
            FailureClass::Timeout => "no answer",
            FailureClass::Reset => "connection lost",
            FailureClass::Protocol => "broken answer",
            _ => "no value",
        };
        Self { class, kind: kind.into(), message: message.into(), traffic: Box::default(), partial: None }
    }

    /// The same, told apart from others of its class by what came: a few fixed words, or the system's.
    pub(crate) fn came(self, kind: impl Into<EcoString>) -> Self {
        Self { kind: kind.into(), ..self }
    }

    /// Of an exchange that had moved this much.
    pub(crate) fn after(self, traffic: Traffic) -> Self {
        Self { traffic: Box::new(traffic), ..self }
    }

    /// What had come of the answer by then.
    pub(crate) fn with(self, partial: Option<Box<Partial>>) -> Self {
        Self { partial, ..self }
    }

    pub(crate) fn protocol(message: impl Into<String>) -> Self {
        Self::new(FailureClass::Protocol, message)
    }

    pub(crate) fn reset(message: impl Into<String>) -> Self {
        Self::new(FailureClass::Reset, message)
    }
}
