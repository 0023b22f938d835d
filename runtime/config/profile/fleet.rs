//! Settings of a distributed test: the engine that runs its functions, and what a function does without its orchestrator.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::duration;

/// What runs the functions of a distributed test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FleetEngine {
    /// Processes on this machine.
    Process,
    /// AWS Lambda.
    Lambda,
}

impl FleetEngine {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "process" | "processes" => Ok(Self::Process),
            "lambda" => Ok(Self::Lambda),
            _ => Err(format!("unexpected \"{text}\", expected process or lambda")),
        }
    }
}

/// What a function does if it hears nothing from its orchestrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WithoutOrchestrator {
    /// Stops after this time.
    StopAfter(Duration),
    /// Generates its load to the end of its interval, and keeps the results.
    Finish,
}

/// A function stops after this time without a signal from its orchestrator, unless the profile sets another time.
pub const DEFAULT_WITHOUT_ORCHESTRATOR: WithoutOrchestrator = WithoutOrchestrator::StopAfter(Duration::from_secs(60));
/// The shortest time that a profile can set. Shorter silences are normal: the orchestrator sends a signal every few seconds, and networks
/// pause.
const SHORTEST_SILENCE: Duration = Duration::from_secs(20);

impl WithoutOrchestrator {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("finish") {
            return Ok(Self::Finish);
        }
        match duration::parse(text).map_err(|why| format!("{why}; write a duration of at least 20s, or finish"))? {
            silence if silence < SHORTEST_SILENCE => Err("it must be at least 20s".to_owned()),
            silence => Ok(Self::StopAfter(silence)),
        }
    }
}
