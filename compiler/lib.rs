//! ltc, the load test compiler.

pub mod ast;
pub mod diagnostic;
pub mod emit;
pub mod model;
pub mod span;
