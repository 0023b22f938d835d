//! Spaces the iterations of users of the closed model, so that they begin at most at a given rate.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The limit of one worker.
#[derive(Debug, Default)]
pub(super) struct RateLimit {
    /// The time between two iterations; `None` without a limit.
    every: Option<Duration>,
    /// When the next iteration may begin.
    next: Cell<Option<Instant>>,
}

impl RateLimit {
    /// A worker's share of a rate, in iterations per second, that `parts` workers keep together.
    pub(super) fn of(rate: Option<f64>, parts: u64) -> Self {
        let every = rate.map(|rate| Duration::try_from_secs_f64(parts as f64 / rate).unwrap_or(Duration::MAX));
        Self { every, next: Cell::new(None) }
    }

    /// Whether there is a limit.
    pub(super) fn is_set(&self) -> bool {
        self.every.is_some()
    }

    /// When an iteration may begin that is ready now. The time is reserved for it.
    pub(super) fn reserve(&self, now: Instant) -> Instant {
        let begin = self.next.get().map_or(now, |next| next.max(now));
        self.next.set(self.every.and_then(|every| begin.checked_add(every)));
        begin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iterations_of_all_workers_keep_the_rate_together() {
        let limit = RateLimit::of(Some(10.0), 2);
        let now = crate::base::clock::now();
        let begins = |later: Duration| limit.reserve(now + later).duration_since(now).as_millis();
        assert_eq!([begins(Duration::ZERO), begins(Duration::ZERO), begins(Duration::ZERO)], [0, 200, 400]);
        // Time that nobody used is not made up for.
        assert_eq!([begins(Duration::from_secs(3)), begins(Duration::from_secs(3))], [3000, 3200]);
        assert!(!RateLimit::default().is_set() && limit.is_set());
    }
}
