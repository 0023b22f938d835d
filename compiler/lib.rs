//! ltc, the load test compiler.

pub mod demo;
