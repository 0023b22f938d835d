//! From what generated code says of a request to what can be sent.

pub mod builder;
pub mod resolve;
pub(crate) mod submit;
