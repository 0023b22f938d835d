//! The scheduled times of a paced user's iterations: one per period, whatever time the previous iteration took.

use std::time::{Duration, Instant};

/// A paced user's position in its schedule. Its times are relative to the user's planned beginning, so that a function that continues the
/// user knows them.
#[derive(Debug)]
pub(super) struct PacingSchedule {
    /// When the user began.
    began: Instant,
    /// The scheduled time of the next iteration; `None` before the first.
    intended: Option<Instant>,
}

impl PacingSchedule {
    /// The schedule of a user that began at that time.
    pub(super) fn of(began: Instant) -> Self {
        Self { began, intended: None }
    }

    /// How much later than scheduled an iteration begins at `now`.
    pub(super) fn behind(&self, now: Instant) -> Duration {
        self.intended.map_or(Duration::ZERO, |intended| now.saturating_duration_since(intended))
    }

    /// Ends an iteration that began at `begun`, and returns the scheduled time of the next. It may be in the past, which is not forgotten.
    pub(super) fn next(&mut self, begun: Instant, pacing: Duration) -> Instant {
        let next = match self.intended {
            Some(intended) => intended + pacing,
            None => {
                let passed = begun.saturating_duration_since(self.began);
                let starts = passed.as_nanos() / pacing.as_nanos().max(1) + 1;
                let next = self.began.checked_add(Duration::from_nanos_u128(starts.saturating_mul(pacing.as_nanos())));
                next.unwrap_or(begun + pacing)
            }
        };
        self.intended = Some(next);
        next
    }

    /// Forgets the schedule, because the user waits in another way.
    pub(super) fn forget(&mut self) {
        self.intended = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;
    use crate::stats::{Recorder, Sample};

    /// When a server answers that needs a millisecond, but stalls for 2 s in every 20 s. Requests during the stall are answered at its end.
    fn answered(at: Duration) -> Duration {
        let within = Duration::from_nanos(u64::try_from(at.as_nanos() % 20_000_000_000).unwrap());
        let stall = Duration::from_secs(9)..Duration::from_secs(11);
        let waits = if stall.contains(&within) { stall.end - within } else { Duration::ZERO };
        at + waits + Duration::from_millis(1)
    }

    #[test]
    fn response_times_during_a_stall_equal_the_computed_ones() {
        const PACING: Duration = Duration::from_millis(10);
        let start = clock::now();
        let mut recorder = Recorder::new(1, 0);
        let mut pace = PacingSchedule::of(start);
        let mut now = start;
        for _ in 0..40_000 {
            let (begun, behind) = (now, pace.behind(now));
            let end = start + answered(begun - start);
            let service = end - begun;
            recorder.record(&Sample { service, response: service + behind, ok: true, ..Sample::default() });
            now = pace.next(begun, PACING).max(end);
        }
        let stats = recorder.snapshot(now - start, 1, 1).names.remove(0);
        // In 20 s, an iteration is due every 10 ms. An iteration waits if it is due during the stall, or while delayed ones are made up for
        // at 1 ms each. After the stall, 2 s are made up for, at 9 ms of each 10. So the wait falls from 2 s to 0 within 2 s and 2/9 s.
        let waiting = (2.0 + 2.0 / 9.0) / 20.0;
        for part in [0.95, 0.98, 0.99, 0.999] {
            let expected = 2.0e6 * (1.0 - (1.0 - part) / waiting) + 1000.0;
            let measured = stats.response().quantile_us(part) as f64;
            assert!((measured - expected).abs() <= expected * 0.01, "{part}: {measured} µs, expected {expected}");
        }
        // Measured from the send, the stall is one slow request in two thousand.
        assert!(stats.service.quantile_us(0.999) < 1100);
    }
}
