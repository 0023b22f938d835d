//! What has happened in a step, as data: it grows while the step runs, and is counted once.

pub(crate) mod answer;
pub(crate) mod detail;
pub(crate) mod expectation;
mod exposed;
pub(crate) mod flight;
pub mod observe;
pub(crate) mod trace;
