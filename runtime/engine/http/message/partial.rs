//! What of an answer is kept, and what has come of one that never was whole: so that its status and headers are known also where its body
//! breaks off, can't be decoded, is too large, or takes too long.

use std::cell::{Cell, RefCell};

use super::Version;
use super::headers::Headers;

/// The most bytes that the body of an answer may have where an api doesn't set `max_body`.
pub const MAX_BODY: u64 = 64 * 1024 * 1024;
/// What is kept of a body that nobody reads: as much as `--debug` and the examples of failures show.
pub(crate) const SHOWN: usize = 16 * 1024;

/// What is kept of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// All of it is read. More bytes than this, encoded or decoded, are a failure.
    All(u64),
    /// Its first bytes: nobody reads it. The rest is counted and dropped.
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

/// An answer of which the head came, but no body that could be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partial {
    /// Its status.
    pub status: u16,
    /// What it came by.
    pub version: Version,
    /// Its header fields.
    pub headers: Headers,
    /// How many bytes of its body came, before decoding.
    pub body: u64,
}

/// An answer as it comes: what is wanted of it, and what has come.
#[derive(Debug, Default)]
pub(crate) struct Coming {
    pub(crate) keep: Keep,
    /// Whether any of it has come.
    begun: Cell<bool>,
    head: RefCell<Option<(u16, Version, Headers)>>,
    body: Cell<u64>,
}

impl Coming {
    pub(crate) fn new(keep: Keep) -> Self {
        Self { keep, ..Self::default() }
    }

    /// Its first byte is there.
    pub(crate) fn begin(&self) {
        self.begun.set(true);
    }

    /// Whether any of it has come.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.get()
    }

    /// Its head is there. It is kept here until the body is there too: a copy would cost an allocation.
    pub(crate) fn head(&self, status: u16, version: Version, headers: Headers) {
        self.body.set(0);
        *self.head.borrow_mut() = Some((status, version, headers));
    }

    /// Its body is there too: gives the headers.
    pub(crate) fn whole(&self) -> Headers {
        self.head.take().map(|(_, _, headers)| headers).unwrap_or_default()
    }

    /// It came whole, but can't be used.
    pub(crate) fn unusable(&self, status: u16, version: Version, headers: Headers, body: u64) {
        self.head(status, version, headers);
        self.body.set(body);
    }

    /// This many bytes of its body arrived.
    pub(crate) fn body(&self, bytes: usize) {
        self.body.set(self.body.get() + bytes as u64);
    }

    /// Another request follows: the bytes so far belong to the one before.
    pub(crate) fn forget(&self) {
        self.begun.set(false);
        self.head.take();
    }

    /// What has come, where that is at least a head.
    pub(crate) fn partial(&self) -> Option<Box<Partial>> {
        let (status, version, headers) = self.head.take()?;
        Some(Box::new(Partial { status, version, headers, body: self.body.get() }))
    }
}
