//! What surrounds the step that runs: `retry`, `poll` and `group`. What they do with it is `step/control.rs`.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use crate::record::trace::{StepFailure, Trace};

/// What surrounds the step that a user runs.
#[derive(Debug, Default)]
pub struct ControlStack {
    /// How many of the `retry`s around have tries left.
    pub(crate) retries: Cell<u32>,
    /// Statuses, from and to, that the innermost `retry` with tries left tries again; empty: every failure.
    pub(crate) retry_on: Cell<&'static [(u16, u16)]>,
    /// How many `poll`s are around; their last step is held back until the round is judged.
    pub(crate) polls: Cell<u32>,
    pub(crate) held_back: RefCell<Option<Box<Trace>>>,
    /// Time spent in waits, for groups.
    pub(crate) waited: Cell<Duration>,
    /// Failed steps, and failures outside of steps, for groups.
    pub(crate) failed: Cell<u64>,
    /// Whether what the spec says is running at the moment: what is dropped otherwise was cut off.
    pub(crate) running: Cell<bool>,
}

impl ControlStack {
    pub(crate) fn waited(&self, duration: Duration) {
        self.waited.set(self.waited.get() + duration);
    }

    /// Something failed outside of steps.
    pub(crate) fn fail(&self) {
        self.failed.set(self.failed.get() + 1);
    }

    /// Polls what the spec says.
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

    /// Whether a `retry` around tries again a step that failed with this status, or without an answer.
    pub fn tries_again(&self, status: Option<u16>) -> bool {
        let on = self.retry_on.get();
        let matches = |status: u16| on.iter().any(|(from, to)| (*from..=*to).contains(&status));
        self.retries.get() > 0 && (on.is_empty() || status.is_some_and(matches))
    }
}
