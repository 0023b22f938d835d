//! The ground that every other room stands on: places in the spec, how control leaves a sequence, the clock and the timers.

pub mod clock;
pub mod flow;
pub mod place;
pub(crate) mod timers;
