//! The shapes of load that a profile can ask for.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Location;
use crate::rate::Rate;

/// How much load, from when and for how long: `profile.runner`, or one entry of its `users`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Its shape.
    pub shape: Shape,
    /// When it begins, counted from the start of the test.
    pub start: Duration,
    /// How long it lasts, counted from [`Load::start`]; `None`: as long as its stages do, or the test.
    pub duration: Option<Duration>,
    /// Where the profile says so.
    #[serde(rename = "place")]
    pub location: Location,
}

/// The shape of a load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// No load: the profile names users one by one instead.
    None,
    /// Closed model: `clients` users, started at `hatch_rate`, the first at once.
    Clients {
        /// How many in the end.
        clients: u64,
        /// How fast they start.
        hatch_rate: Rate,
    },
    /// Step load: `step_clients` more at the begin of each `step_duration`, started at `hatch_rate`, up to `clients`.
    Steps {
        /// How many in the end.
        clients: u64,
        /// How fast those of a step start.
        hatch_rate: Rate,
        /// How many a step adds; the last one adds what is left.
        step_clients: u64,
        /// From the begin of a step to that of the next.
        step_duration: Duration,
    },
    /// Closed model: linear ramps from one number of users to the next, the first from 0.
    ClientStages(Vec<ClientStage>),
    /// Open model: arrivals, whatever the system under test can take.
    Arrivals {
        /// The rate at the begin; without stages, all the time.
        rate: Rate,
        /// Linear ramps from one rate to the next.
        stages: Vec<RateStage>,
        /// How many users there are to serve arrivals; one that finds none free is missed.
        max_clients: u64,
        /// How arrivals are spaced.
        spacing: Spacing,
    },
}

/// A ramp of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientStage {
    /// How many there are at its end.
    pub clients: u64,
    /// How long it takes; zero jumps.
    pub duration: Duration,
}

/// A ramp of rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateStage {
    /// The rate at its end.
    pub rate: Rate,
    /// How long it takes; zero jumps.
    pub duration: Duration,
}

/// How arrivals are spaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Spacing {
    /// At equal distances.
    #[default]
    Even,
    /// At random, as independent visitors come: a Poisson process.
    Poisson,
}

impl Shape {
    /// Arrivals at one rate. Without `max_clients`, there are as many users as ten seconds have arrivals, and at least 100: enough for
    /// iterations of up to ten seconds.
    pub fn arrivals(rate: Rate) -> Self {
        Self::Arrivals { rate, stages: Vec::new(), max_clients: default_max_clients(rate), spacing: Spacing::default() }
    }
}

/// Ten seconds' arrivals at the peak, and 100 at least.
pub(super) fn default_max_clients(peak: Rate) -> u64 {
    let ten_seconds = u128::from(peak.count()) * 10_000_000_000 / u128::from(peak.per_ns());
    u64::try_from(ten_seconds).unwrap_or(MAX_CLIENTS).clamp(100, MAX_CLIENTS)
}

/// The greatest number of users: beyond it a profile has surely a typo.
pub(super) const MAX_CLIENTS: u64 = 100_000_000;

impl Load {
    /// How long it lasts by itself, from [`Load::start`]: its duration, or the sum of its stages.
    pub fn own_duration(&self) -> Option<Duration> {
        self.duration.or_else(|| match &self.shape {
            Shape::ClientStages(stages) => Some(stages.iter().map(|stage| stage.duration).sum()),
            Shape::Arrivals { stages, .. } if !stages.is_empty() => Some(stages.iter().map(|stage| stage.duration).sum()),
            _ => None,
        })
    }
}
