//! The beginning and the end of a step. The scopes around it decide whether it is recorded now, later or never.

use super::samples::{record_step, retried};
use crate::base::flow::{Exit, Flow};
use crate::record::trace::Trace;
use crate::tables::StepInfo;
use crate::user::User;
use crate::user::control_stack::ControlStack;

impl Trace {
    /// The status of the response, if there is one.
    pub(super) fn status(&self) -> Option<u16> {
        self.received.as_ref().map(|received| received.raw.status)
    }

    /// Begins a step in the memory of one that has ended.
    pub(super) fn begin(user: &User, info: &'static StepInfo) -> Box<Self> {
        let mut trace = user.world().caches.take_trace().unwrap_or_else(|| Box::new(Self::new(info)));
        trace.info = info;
        trace.interrupts = info.interrupt;
        trace.service = std::time::Duration::ZERO;
        if user.world().observer.wants_detail() {
            trace.details = Some(Vec::new());
        }
        trace
    }

    /// Records the step, and returns how the sequence continues.
    pub(super) fn record(mut self: Box<Self>, user: &User) -> Flow {
        self.counted();
        let interrupts = !self.failures.is_empty() && self.interrupts;
        user.control.count(&self.failures);
        record_step(user, &self);
        self.release(user);
        if interrupts { Err(Exit::Interrupt) } else { Ok(()) }
    }

    /// Discards the trace and keeps its memory for another step. A request that wasn't counted with its step is counted here.
    pub(super) fn release(mut self: Box<Self>, user: &User) {
        self.sent = None;
        self.flight = None;
        self.received = None;
        self.partial = None;
        self.moved = None;
        self.failures.clear();
        self.details = None;
        user.world().caches.keep_trace(self);
    }
}

impl ControlStack {
    /// Decides what happens to a finished step.
    pub(super) fn finish(&self, user: &User, mut trace: Box<Trace>) -> Flow {
        if !trace.failures.is_empty() && self.tries_again(trace.status()) {
            retried(user, &mut trace);
            trace.release(user);
            return Err(Exit::Retry);
        }
        if self.polls.get() == 0 {
            return trace.record(user);
        }
        let fails = !trace.failures.is_empty();
        if let Some(before) = self.held_back.take() {
            before.record(user)?;
        }
        if fails {
            return trace.record(user);
        }
        self.held_back.replace(Some(trace));
        Ok(())
    }
}
