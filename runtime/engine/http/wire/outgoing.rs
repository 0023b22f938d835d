//! A request of a chain of redirects, ready to be sent.

use bytes::Bytes;

use crate::http::message::Method;
use crate::http::message::target::Target;

/// One request of a chain.
#[derive(Debug)]
pub(crate) struct Outgoing<'s> {
    pub(crate) method: &'s Method,
    pub(crate) url: &'s Target,
    pub(crate) headers: &'s [u8],
    pub(crate) auth: &'s [u8],
    /// The jar's cookies, `a=1; b=2`.
    pub(crate) cookie: String,
    pub(crate) body: &'s Bytes,
    pub(crate) has_body: bool,
}
