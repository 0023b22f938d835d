//! The runtime of ltc.

pub mod schedule;
