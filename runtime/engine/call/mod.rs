//! From what generated code says of a request to what can be sent.

mod body;
pub(crate) mod builder;
mod members;
mod open;
mod options;
pub(crate) mod resolve;
mod sign;
mod submit;
