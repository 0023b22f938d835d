//! ltc, the load test compiler.

pub mod ast;
pub mod demo;
pub mod diagnostic;
pub mod emit;
pub mod model;
pub mod span;
