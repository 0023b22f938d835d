//! The shapes of load that a profile can ask for.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Location;
use crate::rate::Rate;

/// How much load, when it begins and how long it lasts: `profile.runner`, or one entry of its `users`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Its shape.
    pub shape: Shape,
    /// When it begins, counted from the start of the test.
    pub start: Duration,
    /// How long it lasts, counted from [`Load::start`]; `None`: as long as its stages, or as the test.
    pub duration: Option<Duration>,
    /// Its location in the profile.
    #[serde(rename = "place")]
    pub location: Location,
}

/// The shape of a load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// No load of its own: the profile lists users one by one instead.
    None,
    /// Closed model: starts `clients` users at `hatch_rate`, the first immediately.
    Clients {
        /// The number of users at the end.
        clients: u64,
        /// The spawn rate.
        hatch_rate: Rate,
    },
    /// Step load: starts `step_clients` more users at the beginning of each `step_duration`, at `hatch_rate`, up to `clients`.
    Steps {
        /// The number of users at the end.
        clients: u64,
        /// The spawn rate of each step's users.
        hatch_rate: Rate,
        /// The number of users that a step adds. The last step adds the rest.
        step_clients: u64,
        /// The time from the beginning of one step to the beginning of the next.
        step_duration: Duration,
    },
    /// Closed model: linear ramps from one number of users to the next, the first from 0.
    ClientStages(Vec<ClientStage>),
    /// Open model: iterations arrive at a rate that doesn't depend on the system under test.
    Arrivals {
        /// The rate at the beginning, or all the time if there are no stages.
        rate: Rate,
        /// Linear ramps from one rate to the next.
        stages: Vec<RateStage>,
        /// The most users that serve arrivals. An arrival that finds no free user counts as missed.
        max_clients: u64,
        /// How arrivals are spaced.
        spacing: Spacing,
    },
}

/// A ramp of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientStage {
    /// The number of users at its end.
    pub clients: u64,
    /// How long it takes. With zero, the number changes at once.
    pub duration: Duration,
}

/// A ramp of rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateStage {
    /// The rate at its end.
    pub rate: Rate,
    /// How long it takes. With zero, the rate changes at once.
    pub duration: Duration,
}

/// How arrivals are spaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Spacing {
    /// At equal distances.
    #[default]
    Even,
    /// At random, as independent visitors arrive: a Poisson process.
    Poisson,
}

impl Shape {
    /// Arrivals at one rate. Without `max_clients`, the number of users is that of the arrivals in ten seconds, and at least 100: enough
    /// for iterations of up to ten seconds.
    pub fn arrivals(rate: Rate) -> Self {
        Self::Arrivals { rate, stages: Vec::new(), max_clients: default_max_clients(rate), spacing: Spacing::default() }
    }
}

/// The number of arrivals in ten seconds at the peak, and at least 100.
pub(super) fn default_max_clients(peak: Rate) -> u64 {
    let ten_seconds = u128::from(peak.count()) * 10_000_000_000 / u128::from(peak.per_ns());
    u64::try_from(ten_seconds).unwrap_or(MAX_CLIENTS).clamp(100, MAX_CLIENTS)
}

/// The greatest number of users. A larger number in a profile is surely a typo.
pub(super) const MAX_CLIENTS: u64 = 100_000_000;

impl Load {
    /// How long the load lasts on its own, from [`Load::start`]: its duration, or the sum of its stages.
    pub fn own_duration(&self) -> Option<Duration> {
        self.duration.or_else(|| match &self.shape {
            Shape::ClientStages(stages) => Some(stages.iter().map(|stage| stage.duration).sum()),
            Shape::Arrivals { stages, .. } if !stages.is_empty() => Some(stages.iter().map(|stage| stage.duration).sum()),
            _ => None,
        })
    }
}
