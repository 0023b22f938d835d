//! The runtime of ltc.
pub mod progress;
pub mod report;
pub mod stats;
