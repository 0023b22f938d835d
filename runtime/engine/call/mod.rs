//! From what generated code says of a request to what can be sent.

mod body;
pub mod builder;
mod open;
mod options;
pub mod resolve;
mod sign;
mod submit;
