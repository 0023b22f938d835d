//! Turns the generated code's calls into requests that can be sent.

mod body;
pub(crate) mod builder;
mod members;
mod open;
mod options;
pub(crate) mod resolve;
mod sign;
mod submit;
