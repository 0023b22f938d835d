//! The ground that every other room stands on: places in the spec, how control leaves a sequence, secrets, the clock and the timers.

pub mod clock;
pub mod flow;
pub mod location;
pub mod secrets;
pub(crate) mod timers;
