//! The trace of a step: it is collected while the step runs, and recorded once at its end.

use std::time::Duration;

use ecow::EcoString;

use super::answer::Answer;
use super::detail::Detail;
use super::flight::RequestInFlight;
use crate::base::location::Location;
use crate::http::Partial;
use crate::request::prepared::Sent;
use crate::stats::{FailureClass, Traffic};
use crate::tables::StepInfo;

/// A failure in a step.
#[derive(Debug)]
pub struct StepFailure {
    /// The class of the failure.
    pub class: FailureClass,
    /// The location in the spec where it was detected.
    pub at: Location,
    /// A few fixed words: `got 503`. Reports group failures by it, so it never contains data.
    pub kind: EcoString,
    /// The message, in which secrets are not masked yet.
    pub message: String,
}

/// The trace of a step so far. Steps reuse the memory of those that have ended, so that they allocate nothing, and pass it as a pointer.
#[derive(Debug)]
pub struct Trace {
    /// The static description of the step.
    pub info: &'static StepInfo,
    /// The time from the send to the end of the response, or to the failure.
    pub service: Duration,
    /// The time from the scheduled start of the send. It is known at the end of the step.
    pub response: Duration,
    /// The request, if it could be built.
    pub sent: Option<Sent>,
    /// The traffic of an exchange without an answer.
    pub(crate) moved: Option<Box<Traffic>>,
    /// The request in flight, which counts itself.
    pub(crate) flight: Option<RequestInFlight>,
    /// The answer, if there was one.
    pub received: Option<Answer>,
    /// The incomplete answer.
    pub partial: Option<Box<Partial>>,
    /// The failures; empty for a successful step.
    pub failures: Vec<StepFailure>,
    /// Whether a failure of the step ends the iteration.
    pub(crate) interrupts: bool,
    /// The expectations and captures in order, if the observer wants them.
    pub details: Option<Vec<Detail>>,
}

impl Trace {
    /// An empty trace.
    pub(crate) fn new(info: &'static StepInfo) -> Self {
        Self {
            info,
            service: Duration::ZERO,
            response: Duration::ZERO,
            sent: None,
            moved: None,
            flight: None,
            received: None,
            partial: None,
            failures: Vec::new(),
            interrupts: false,
            details: None,
        }
    }

    /// The traffic of the exchange, whatever its result.
    pub fn traffic(&self) -> &Traffic {
        match (&self.received, &self.moved) {
            (Some(answer), _) => &answer.raw.traffic,
            (None, Some(moved)) => moved,
            (None, None) => &Traffic::NONE,
        }
    }

    pub(crate) fn fail(&mut self, class: FailureClass, at: Location, kind: impl Into<EcoString>, message: String) {
        self.failures.push(StepFailure { class, at, kind: kind.into(), message });
    }

    /// Records that the step counts its request, whatever the result.
    pub(crate) fn counted(&mut self) {
        if let Some(flight) = &mut self.flight {
            flight.counted();
        }
    }
}
