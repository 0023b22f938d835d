//! What the users of a worker share, and the signals that stop them.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::Stop;
use crate::base::clock;
use crate::user::User;

/// What the users of a worker know of the run.
#[derive(Debug)]
pub(crate) struct WorkerShared {
    pub(crate) stop: Stop,
    /// Users that are active.
    pub(crate) users: Cell<u64>,
    /// Users that end their last iteration here, while another function goes on with them.
    pub(super) draining: Cell<u64>,
    /// How many iterations have ended, and how long they took together, by class. What another function's users did before isn't known.
    pub(super) iterations: Vec<Cell<(u32, Duration)>>,
    /// Arrivals that found no free user.
    pub(crate) missed: Cell<u64>,
    /// Woken when all are to stop.
    pub(super) all: Notify,
    pub(super) ending: Cell<bool>,
    /// Whether each user runs one iteration.
    pub(crate) once: bool,
    /// When the slice is over: an iteration that would begin later is the next slice's.
    pub(super) end: Option<Instant>,
}

/// A user that is alive, until it is dropped: active until it is handed over, then draining.
pub(crate) struct ActiveUser(Rc<WorkerShared>, Rc<StopSignal>);

impl ActiveUser {
    pub(crate) fn of(shared: &Rc<WorkerShared>, stop_signal: &Rc<StopSignal>) -> Self {
        shared.users.set(shared.users.get() + 1);
        Self(shared.clone(), stop_signal.clone())
    }

    /// What its worker's users share.
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

/// One user's own sign to stop.
#[derive(Debug, Default)]
pub(crate) struct StopSignal {
    pub(super) sent: Cell<bool>,
    pub(super) handed_over: Cell<bool>,
    /// When it is handed over. An iteration that is due before is begun here, even if late; one that is due later is the next function's.
    pub(super) until: Option<Instant>,
    pub(super) notify: Notify,
}

impl StopSignal {
    /// Whether what is due then is the next function's.
    pub(super) fn is_after(&self, due: Instant) -> bool {
        self.until.is_some_and(|until| due >= until)
    }

    /// Whether an iteration that is due then is begun here, whatever has been sent since.
    pub(super) fn is_owed(&self, due: Instant) -> bool {
        self.handed_over.get() && self.until.is_some_and(|until| due < until)
    }

    pub(super) fn send(&self) {
        self.sent.set(true);
        self.notify.notify_one();
    }
}

impl WorkerShared {
    /// Whether a user is to finish.
    pub(crate) fn stopping(&self, stop_signal: &StopSignal) -> bool {
        self.ending.get() || stop_signal.sent.get() || self.stop.is_graceful()
    }

    /// Sleeps until an iteration is due; whether it is to be begun.
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

    /// An iteration of a class has ended.
    pub(crate) fn iterated(&self, class: usize, took: Duration) {
        let (count, total) = self.iterations[class].get();
        self.iterations[class].set((count.saturating_add(1), total + took));
    }

    /// How long iterations of a class take on average; nothing before one has ended.
    pub(crate) fn iteration(&self, class: usize) -> Duration {
        let (count, total) = self.iterations[class].get();
        total.checked_div(count).unwrap_or_default()
    }

    /// Waits until the user is to stop.
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
