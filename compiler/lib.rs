//! ltc, the load test compiler.

pub mod ast;
pub mod check;
pub mod diagnostic;
pub mod model;
pub mod parse;
pub mod source;
pub mod span;
