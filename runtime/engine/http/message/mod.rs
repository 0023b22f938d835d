//! Requests, responses and failures: data types that all other folders of HTTP use.

pub(super) mod charset;
pub(super) mod failure;
pub(super) mod headers;
pub(super) mod kept;
pub(super) mod partial;
pub(super) mod target;
pub(super) mod tls_words;
pub(super) mod traffic;
pub(super) mod words;

use std::time::Duration;

use ecow::EcoString;

/// A request's method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method(EcoString);

impl Method {
    /// The method with that name, in the form that is sent.
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

    /// Whether sending it twice has the same effect as sending it once (RFC 9110, 9.2.2).
    pub(crate) fn is_idempotent(&self) -> bool {
        matches!(self.0.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE" | "PUT" | "DELETE")
    }

    /// Whether to send a length: with a body, and for methods that servers expect one for.
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
    /// Up to this number, to any host. The response after the last hop is the final one.
    Hops(u32),
}

/// How long an exchange took. The phases of connecting are in its [`Traffic`](crate::stats::Traffic).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timings {
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
    /// The URL that it led to.
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
    /// The written form.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        }
    }
}
