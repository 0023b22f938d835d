//! ltc, the load test compiler.
//!
//! ```text
//! specs/x.lt ─ parse ─ ast ─ check ─ model ─ emit ─ Rust ─ build (cargo) ─ ./x
//! ```
//!
//! Parse, check and emit are pure functions; [`pipeline`] reads the files for them.

pub mod ast;
pub mod build;
pub mod check;
pub mod cli;
pub mod demo;
pub mod diagnostic;
pub mod emit;
pub mod model;
pub mod parse;
pub mod pipeline;
pub mod project;
#[cfg(test)]
mod reached_tests;
pub mod source;
pub mod span;
