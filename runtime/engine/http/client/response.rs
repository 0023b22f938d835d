//! A response, and the decoding of its `Content-Encoding`.

use std::time::Instant;

use bytes::Bytes;

use crate::http::message::charset::Charset;
use crate::http::message::failure::HttpError;
use crate::http::message::headers::Headers;
use crate::http::message::partial::Keep;
use crate::http::message::target::Target;
use crate::http::message::traffic::Traffic;
use crate::http::message::{Hop, Timings, Version};
use crate::http::wire::decode;
use crate::http::wire::h1::Raw;

/// A response, read to its end.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// Its status.
    pub status: u16,
    /// The version of HTTP that it came by.
    pub version: Version,
    /// Its header fields, unchanged.
    pub headers: Headers,
    /// Its decoded body, unless it is unchanged after the headers.
    pub(crate) own_body: Option<Bytes>,
    /// The charset of its body according to its head.
    pub charset: Charset,
    /// The bytes of its body that were not kept, because nobody reads the body.
    pub omitted: u64,
    /// Its URL, after redirects.
    pub url: Target,
    /// How long it took.
    pub timings: Timings,
    /// The redirects that were followed.
    pub hops: Vec<Hop>,
    /// The traffic of the exchange, including all hops and resends.
    pub traffic: Traffic,
}

impl HttpResponse {
    /// The decoded body.
    pub fn body(&self) -> &[u8] {
        self.own_body.as_deref().unwrap_or_else(|| self.headers.rest())
    }

    /// Whether no connection was opened.
    pub fn reused(&self) -> bool {
        self.traffic.opened == 0
    }

    /// Decodes the body according to `Content-Encoding`. An incomplete body can't be decoded.
    pub(super) fn decode(&mut self, keep: Keep) -> Result<(), HttpError> {
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

/// The response for the bytes that came over the connection.
#[inline]
pub(crate) fn response(raw: Raw, url: &Target, begun: Instant, traffic: Traffic) -> HttpResponse {
    let total = raw.done.saturating_duration_since(begun);
    // Most responses come in one piece.
    let first_byte = if raw.first_byte == raw.done { total } else { raw.first_byte.saturating_duration_since(begun) };
    HttpResponse {
        status: raw.status,
        version: raw.version,
        headers: raw.headers,
        own_body: raw.body,
        charset: raw.charset,
        omitted: raw.omitted,
        url: url.clone(),
        timings: Timings { first_byte, total },
        hops: Vec::new(),
        traffic,
    }
}
