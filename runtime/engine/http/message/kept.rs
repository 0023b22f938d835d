//! The part of a body that is kept, and the limit of a body's size.

use bytes::BytesMut;

use super::failure::HttpError;
use super::partial::{Keep, SHOWN};

impl Keep {
    /// Fails if a body of this length is too large.
    pub(crate) fn allows(self, length: u64) -> Result<(), HttpError> {
        if length <= self.most() { Ok(()) } else { Err(too_large(self.most(), "the body")) }
    }
}

/// The error for a body that is read and larger than the api allows.
pub(crate) fn too_large(most: u64, what: &str) -> HttpError {
    let message = format!("{what} is larger than {}: raise `max_body` of the api, or read nothing of it in the step", size(most));
    HttpError::protocol(message).came("body too large")
}

/// `64 MB`, or in the largest unit that gives a whole number.
fn size(bytes: u64) -> String {
    let units = [(30, "GB"), (20, "MB"), (10, "KB")];
    match units.iter().find(|(shift, _)| bytes > 0 && bytes.trailing_zeros() >= *shift) {
        Some((shift, unit)) => format!("{} {unit}", bytes >> shift),
        None => format!("{bytes} bytes"),
    }
}

/// The kept part of a body.
#[derive(Debug)]
pub(crate) struct Kept {
    keep: Keep,
    bytes: BytesMut,
    /// The number of dropped bytes.
    omitted: u64,
}

impl Kept {
    pub(crate) fn new(keep: Keep) -> Self {
        Self { keep, bytes: BytesMut::new(), omitted: 0 }
    }

    /// Adds a part of the body.
    pub(crate) fn push(&mut self, part: &[u8]) -> Result<(), HttpError> {
        let room = match self.keep {
            Keep::All(_) => {
                self.keep.allows(self.bytes.len() as u64 + part.len() as u64)?;
                part.len()
            }
            Keep::First => part.len().min(SHOWN - self.bytes.len()),
        };
        self.bytes.extend_from_slice(&part[..room]);
        self.omitted += (part.len() - room) as u64;
        Ok(())
    }

    pub(crate) fn done(self) -> Body {
        Body { bytes: self.bytes.freeze(), omitted: self.omitted }
    }
}

/// A complete body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Body {
    /// Its bytes, or the first of them.
    pub(crate) bytes: bytes::Bytes,
    /// The number of further bytes.
    pub(crate) omitted: u64,
}
