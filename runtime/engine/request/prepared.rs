//! A request that can be sent, and what of it is kept for reports.

use std::rc::Rc;

use crate::http;

/// A request that can be sent, any number of times.
#[derive(Clone, Debug)]
pub struct PreparedRequest(pub(crate) Rc<http::HttpRequest>);

/// What was sent, kept for reports of failures.
#[derive(Debug)]
pub struct Sent {
    /// The request.
    pub request: Rc<http::HttpRequest>,
    /// The jar's cookies, where every exchange is shown.
    pub cookies: String,
}
