//! The scopes around a user's current step: `retry`, `poll` and `group`. `step/control.rs` implements their effects.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use crate::record::trace::{StepFailure, Trace};

/// The scopes around a user's current step.
#[derive(Debug, Default)]
pub struct ControlStack {
    /// The number of enclosing `retry`s with tries left.
    pub(crate) retries: Cell<u32>,
    /// Ranges of statuses that the innermost `retry` with tries left retries. If empty, it retries every failure.
    pub(crate) retry_on: Cell<&'static [(u16, u16)]>,
    /// The number of enclosing `poll`s. Their last step is held back until the round is judged.
    pub(crate) polls: Cell<u32>,
    pub(crate) held_back: RefCell<Option<Box<Trace>>>,
    /// Time spent in waits, for groups.
    pub(crate) waited: Cell<Duration>,
    /// Failed steps, and failures outside of steps, for groups.
    pub(crate) failed: Cell<u64>,
    /// Whether code of the spec is running now. A group that is dropped at any other time was cut off.
    pub(crate) running: Cell<bool>,
}

impl ControlStack {
    pub(crate) fn waited(&self, duration: Duration) {
        self.waited.set(self.waited.get() + duration);
    }

    /// Counts a failure outside of steps.
    pub(crate) fn fail(&self) {
        self.failed.set(self.failed.get() + 1);
    }

    /// Polls code of the spec.
    pub(crate) fn run<T>(&self, poll: impl FnOnce() -> T) -> T {
        self.running.set(true);
        let polled = poll();
        self.running.set(false);
        polled
    }

    pub(crate) fn count(&self, failures: &[StepFailure]) {
        if !failures.is_empty() {
            self.failed.set(self.failed.get() + 1);
        }
    }

    /// Whether an enclosing `retry` repeats a step that failed with this status, or without an answer.
    pub fn tries_again(&self, status: Option<u16>) -> bool {
        let on = self.retry_on.get();
        let matches = |status: u16| on.iter().any(|(from, to)| (*from..=*to).contains(&status));
        self.retries.get() > 0 && (on.is_empty() || status.is_some_and(matches))
    }
}
