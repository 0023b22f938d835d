//! How much of a response is kept, and the incomplete part of a response: its status and headers are known even if its body breaks off,
//! can't be decoded, is too large, or takes too long.

use std::cell::{Cell, RefCell};

use super::Version;
use super::headers::Headers;

/// The most bytes of a response's body if the api doesn't set `max_body`.
pub const MAX_BODY: u64 = 64 * 1024 * 1024;
/// How much is kept of a body that nobody reads: as much as `--debug` and examples of failures show.
pub(crate) const SHOWN: usize = 16 * 1024;

/// How much of a body is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// All of it. More bytes than this, encoded or decoded, are a failure.
    All(u64),
    /// Only its first bytes, because nobody reads it. The rest is counted and dropped.
    First,
}

impl Default for Keep {
    fn default() -> Self {
        Self::All(MAX_BODY)
    }
}

impl Keep {
    /// The most bytes that may come.
    pub(crate) fn most(self) -> u64 {
        match self {
            Self::All(most) => most,
            Self::First => u64::MAX,
        }
    }
}

/// A response with a head, but without a usable body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partial {
    /// Its status.
    pub status: u16,
    /// The version of HTTP that it came by.
    pub version: Version,
    /// Its header fields.
    pub headers: Headers,
    /// The number of received bytes of its body, before decoding.
    pub body: u64,
}

/// A response that is arriving: how much of it to keep, and the part that has arrived.
#[derive(Debug, Default)]
pub(crate) struct IncomingResponse {
    pub(crate) keep: Keep,
    /// Whether any part has arrived.
    begun: Cell<bool>,
    head: RefCell<Option<(u16, Version, Headers)>>,
    body: Cell<u64>,
}

impl IncomingResponse {
    pub(crate) fn new(keep: Keep) -> Self {
        Self { keep, ..Self::default() }
    }

    /// Records that the first byte has arrived.
    pub(crate) fn begin(&self) {
        self.begun.set(true);
    }

    /// Whether any part has arrived.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.get()
    }

    /// Stores the head until the body is complete. A copy would cost an allocation.
    pub(crate) fn head(&self, status: u16, version: Version, headers: Headers) {
        self.body.set(0);
        *self.head.borrow_mut() = Some((status, version, headers));
    }

    /// Returns the headers, because the body is complete.
    pub(crate) fn whole(&self) -> Headers {
        self.head.take().map(|(_, _, headers)| headers).unwrap_or_default()
    }

    /// Records a complete response that can't be used.
    pub(crate) fn unusable(&self, status: u16, version: Version, headers: Headers, body: u64) {
        self.head(status, version, headers);
        self.body.set(body);
    }

    /// Counts bytes of the body.
    pub(crate) fn body(&self, bytes: usize) {
        self.body.set(self.body.get() + bytes as u64);
    }

    /// Removes everything, because another request follows.
    pub(crate) fn forget(&self) {
        self.begun.set(false);
        self.head.take();
    }

    /// The incomplete response, if at least its head has arrived.
    pub(crate) fn partial(&self) -> Option<Box<Partial>> {
        let (status, version, headers) = self.head.take()?;
        Some(Box::new(Partial { status, version, headers, body: self.body.get() }))
    }
}
