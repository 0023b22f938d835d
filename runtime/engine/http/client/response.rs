//! A response, and its body as `Content-Encoding` has it.

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

impl HttpResponse {
    /// Its body, decoded.
    pub fn body(&self) -> &[u8] {
        self.own_body.as_deref().unwrap_or_else(|| self.headers.rest())
    }

    /// Whether no connection had to be made.
    pub fn reused(&self) -> bool {
        self.traffic.opened == 0
    }

    /// Undoes what `Content-Encoding` says. A part of an encoded body can't be decoded.
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

/// A response as it came over the connection.
#[inline]
pub(crate) fn response(raw: Raw, url: &Target, begun: Instant, traffic: Traffic) -> HttpResponse {
    let total = raw.done.saturating_duration_since(begun);
    // Most answers come in one piece.
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
