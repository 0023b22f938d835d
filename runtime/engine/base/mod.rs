//! The foundation of all other folders: locations in the spec, how control leaves a sequence, secrets, the clock and the timers.

pub mod clock;
pub(crate) mod deadline;
mod encodings;
mod escapes;
pub(crate) mod flow;
pub(crate) mod location;
pub(crate) mod search;
pub(crate) mod secrets;
pub(crate) mod timers;
pub(crate) mod work;
