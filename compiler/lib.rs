//! ltc, the load test compiler.
