//! What happens in a step, as data: it is collected while the step runs, and counted once.

pub(crate) mod answer;
pub(crate) mod detail;
pub(crate) mod expectation;
pub(crate) mod exposed;
pub(crate) mod flight;
pub mod observe;
pub(crate) mod trace;
