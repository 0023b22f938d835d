//! What has happened in a step, as data: it grows while the step runs, and is counted once.

pub mod answer;
pub mod detail;
pub mod expectation;
pub mod flight;
pub mod observe;
pub mod trace;
