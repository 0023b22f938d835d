//! The user classes of a spec, as far as the schedule needs them: weights, and the time between iterations.

use std::time::Duration;

/// A user class of the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightedClass {
    /// `Shopper`.
    pub name: String,
    /// Its weight among the classes that share a load; 0 turns it off.
    pub weight: u64,
    /// The time from the start of one iteration of a user to that of the next.
    pub cycle: Cycle,
}

/// The time from the start of one iteration of a user to that of the next, as far as the spec determines it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cycle {
    /// There is no wait, or it depends on the iteration.
    #[default]
    Unknown,
    /// At least this time, because the iteration itself takes time, too.
    Wait(Duration),
    /// Exactly this time: `wait pacing`.
    Pacing(Duration),
}

impl Cycle {
    /// The assumed time of an iteration without a wait, because nothing is known of the server before the load.
    pub const ASSUMED: Duration = Duration::from_secs(1);

    /// The time, or an assumption.
    pub fn time(self) -> Duration {
        match self {
            Self::Wait(time) | Self::Pacing(time) if !time.is_zero() => time,
            _ => Self::ASSUMED,
        }
    }
}

impl WeightedClass {
    /// A class with its weight.
    pub fn new(name: &str, weight: u64) -> Self {
        Self { name: name.to_owned(), weight, cycle: Cycle::Unknown }
    }

    /// The class with that cycle.
    #[must_use]
    pub fn with_cycle(self, cycle: Cycle) -> Self {
        Self { cycle, ..self }
    }
}
