//! What has happened in a step: it grows while the step runs, and is recorded once, when it is over.

use std::time::Duration;

use ecow::EcoString;

use super::answer::Answer;
use super::detail::Detail;
use super::flight::Flight;
use crate::base::location::Location;
use crate::http::Partial;
use crate::request::prepared::Sent;
use crate::stats::{FailureClass, Traffic};
use crate::tables::StepInfo;

/// What went wrong in a step.
#[derive(Debug)]
pub struct StepFailure {
    /// What kind of failure it is.
    pub class: FailureClass,
    /// Where in the spec it was noticed.
    pub at: Location,
    /// What happened, in a few fixed words: `got 503`. Reports group failures by it; it never contains data.
    pub kind: EcoString,
    /// What happened, secrets not yet masked.
    pub message: String,
}

/// A step so far. A user keeps the memory of its last one for the next, so that steps allocate nothing and are handed around as a pointer.
#[derive(Debug)]
pub struct Trace {
    /// The step as the spec has it.
    pub info: &'static StepInfo,
    /// From the send to the end of the answer, or to where it broke.
    pub service: Duration,
    /// The same from when the send should have begun; known once the step is over.
    pub response: Duration,
    /// The request, where it could be laid out.
    pub sent: Option<Sent>,
    /// What an exchange without an answer moved.
    pub(crate) moved: Option<Box<Traffic>>,
    /// The request on its way, and what counts it.
    pub(crate) flight: Option<Flight>,
    /// The answer, where one came.
    pub received: Option<Answer>,
    /// What came of an answer that never was whole.
    pub partial: Option<Box<Partial>>,
    /// What went wrong; nothing in a good step.
    pub failures: Vec<StepFailure>,
    /// Whether a failure of the step ends the iteration.
    pub(crate) interrupts: bool,
    /// What was judged and taken, in order, where the observer wants it.
    pub details: Option<Vec<Detail>>,
}

impl Trace {
    /// Nothing has happened yet.
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

    /// What the exchange moved, whatever came of it.
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

    /// Its request is counted with the step, as whatever it came to.
    pub(crate) fn counted(&mut self) {
        if let Some(flight) = &mut self.flight {
            flight.counted();
        }
    }
}
