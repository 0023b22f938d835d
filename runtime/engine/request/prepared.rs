//! A request that is ready to be sent, and the part of it that reports need.

use std::rc::Rc;

use crate::http;

/// A request that can be sent any number of times.
#[derive(Clone, Debug)]
pub struct PreparedRequest(pub(crate) Rc<http::HttpRequest>);

/// A sent request, for reports of failures.
#[derive(Debug)]
pub struct Sent {
    /// The request.
    pub request: Rc<http::HttpRequest>,
    /// The jar's cookies, if every exchange is shown.
    pub cookies: String,
}
