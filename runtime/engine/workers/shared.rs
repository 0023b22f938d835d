//! The state that the users of a worker share, and the signals that stop them.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::Stop;
use super::rate_limit::RateLimit;
use crate::base::clock;
use crate::user::User;

/// The run's state for the users of a worker.
#[derive(Debug)]
pub(crate) struct WorkerShared {
    pub(crate) stop: Stop,
    /// The number of active users.
    pub(crate) users: Cell<u64>,
    /// The number of users that end their last iteration here, while another function continues them.
    pub(super) draining: Cell<u64>,
    /// The number of iterations that have ended and their total time, by class. Iterations of another function's users aren't known.
    pub(super) iterations: Vec<Cell<(u32, Duration)>>,
    /// Arrivals that found no free user.
    pub(crate) missed: Cell<u64>,
    /// Notified when all users have to stop.
    pub(super) all: Notify,
    pub(super) ending: Cell<bool>,
    /// Whether each user runs one iteration.
    pub(crate) once: bool,
    /// How fast iterations of the closed model may begin.
    pub(super) limit: RateLimit,
    /// The end of the slice. An iteration that would begin later belongs to the next slice.
    pub(super) end: Option<Instant>,
}

/// A living user, until it is dropped. It is active until it is handed over, and then draining.
pub(crate) struct ActiveUser(Rc<WorkerShared>, Rc<StopSignal>);

impl ActiveUser {
    pub(crate) fn of(shared: &Rc<WorkerShared>, stop_signal: &Rc<StopSignal>) -> Self {
        shared.users.set(shared.users.get() + 1);
        Self(shared.clone(), stop_signal.clone())
    }

    /// The shared state.
    pub(super) fn shared(&self) -> Rc<WorkerShared> {
        self.0.clone()
    }
}

impl Drop for ActiveUser {
    fn drop(&mut self) {
        let count = if self.1.handed_over.get() { &self.0.draining } else { &self.0.users };
        count.set(count.get() - 1);
    }
}

/// One user's own stop signal.
#[derive(Debug, Default)]
pub(crate) struct StopSignal {
    pub(super) sent: Cell<bool>,
    pub(super) handed_over: Cell<bool>,
    /// When it is handed over. An iteration that is due before begins here, even if it is late; a later one belongs to the next function.
    pub(super) until: Option<Instant>,
    pub(super) notify: Notify,
}

impl StopSignal {
    /// Whether an iteration that is due at that time belongs to the next function.
    pub(super) fn is_after(&self, due: Instant) -> bool {
        self.until.is_some_and(|until| due >= until)
    }

    /// Whether an iteration that is due at that time still has to begin here, whatever signals came since.
    pub(super) fn is_owed(&self, due: Instant) -> bool {
        self.handed_over.get() && self.until.is_some_and(|until| due < until)
    }

    pub(super) fn send(&self) {
        self.sent.set(true);
        self.notify.notify_one();
    }
}

impl WorkerShared {
    /// Whether a user has to finish.
    pub(crate) fn stopping(&self, stop_signal: &StopSignal) -> bool {
        self.ending.get() || stop_signal.sent.get() || self.stop.is_graceful()
    }

    /// Sleeps until an iteration is due. Returns whether it should begin.
    pub(crate) async fn sleep(&self, user: &User, stop_signal: &StopSignal, due: Instant) -> bool {
        if stop_signal.is_after(due) {
            self.stopped(stop_signal).await;
            return false;
        }
        tokio::select! {
            () = user.world().timers.until(due) => {}
            () = self.stopped(stop_signal) => {}
        }
        if stop_signal.is_owed(due) && !self.ending.get() && !self.stop.is_graceful() {
            user.world().timers.until(due).await;
            return true;
        }
        !self.stopping(stop_signal) && self.end.is_none_or(|end| clock::now() < end)
    }

    /// Waits until the limit allows an iteration. Returns whether it should begin.
    pub(super) async fn allowed(&self, user: &User, stop_signal: &StopSignal) -> bool {
        if !self.limit.is_set() {
            return true;
        }
        let now = clock::now();
        let begin = self.limit.reserve(now);
        begin <= now || self.sleep(user, stop_signal, begin).await
    }

    /// Counts an iteration of a class that has ended.
    pub(crate) fn iterated(&self, class: usize, took: Duration) {
        let (count, total) = self.iterations[class].get();
        self.iterations[class].set((count.saturating_add(1), total + took));
    }

    /// The mean time of iterations of a class; zero before one has ended.
    pub(crate) fn iteration(&self, class: usize) -> Duration {
        let (count, total) = self.iterations[class].get();
        total.checked_div(count).unwrap_or_default()
    }

    /// Waits until the user has to stop.
    pub(crate) async fn stopped(&self, stop_signal: &StopSignal) {
        if self.ending.get() || stop_signal.sent.get() {
            return;
        }
        tokio::select! {
            () = stop_signal.notify.notified() => {}
            () = self.all.notified() => {}
        }
    }
}
