//! ltc, the load test compiler.

pub mod ast;
pub mod diagnostic;
pub mod parse;
pub mod source;
pub mod span;
