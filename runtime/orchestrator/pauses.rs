//! Notices when the orchestrator did not run: its process was stopped (Ctrl-Z), or its machine was suspended (a closed laptop).

use std::time::{Duration, Instant};

use super::missing::clock_tenths;
use ltc_engine::clock;

/// A round of the orchestrator's loop takes less than this time, unless its process is stopped.
const PAUSED: Duration = Duration::from_secs(10);
/// Shorter suspensions are within the accuracy of two clocks.
const SUSPENDED: Duration = Duration::from_secs(2);

/// The last round of the orchestrator's loop.
#[derive(Debug)]
pub(super) struct Pauses {
    last: Instant,
    /// The same by a clock that also counts suspensions.
    last_with_suspensions: Duration,
    with_suspensions: fn() -> Duration,
}

/// The time between two rounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pause {
    /// All of it.
    total: Duration,
    /// The part in which the machine was suspended, and its monotonic clock stood still.
    pub(super) suspended: Duration,
}

impl Pauses {
    /// `with_suspensions` reads that clock.
    pub(super) fn begin(with_suspensions: fn() -> Duration) -> Self {
        Self { last: clock::now(), last_with_suspensions: with_suspensions(), with_suspensions }
    }

    /// Begins the next round.
    pub(super) fn round(&mut self) -> Pause {
        self.round_at(clock::now(), (self.with_suspensions)())
    }

    fn round_at(&mut self, now: Instant, with_suspensions: Duration) -> Pause {
        let awake = now.saturating_duration_since(std::mem::replace(&mut self.last, now));
        let all = with_suspensions.saturating_sub(std::mem::replace(&mut self.last_with_suspensions, with_suspensions));
        let suspended = Some(all.saturating_sub(awake)).filter(|suspended| *suspended >= SUSPENDED).unwrap_or_default();
        Pause { total: awake + suspended, suspended }
    }
}

impl Pause {
    /// The note about a long pause. `until` is its end, from the test's start.
    pub(super) fn note(self, until: Duration) -> Option<String> {
        if self.total < PAUSED {
            return None;
        }
        let from = clock_tenths(until.saturating_sub(self.total));
        Some(format!("the orchestrator did not run from {from} to {}, because its process or its machine was stopped", clock_tenths(until)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suspension_is_the_time_that_the_monotonic_clock_leaves_out() {
        let (second, begin) = (Duration::from_secs, clock::now());
        let mut pauses = Pauses { last: begin, last_with_suspensions: second(900), with_suspensions: clock::with_suspensions };
        let mut round = |awake, all| pauses.round_at(begin + second(awake), second(all));
        let pause = |total, suspended| Pause { total: second(total), suspended: second(suspended) };
        assert_eq!(round(1, 901), pause(1, 0));
        assert_eq!(round(2, 931), pause(30, 29));
        assert_eq!(round(22, 951), pause(20, 0), "its process was stopped");
        assert_eq!(round(23, 953), pause(1, 0), "the clocks are read one after the other");
        assert_eq!(pause(9, 0).note(second(100)), None);
        let note = pause(30, 29).note(second(100)).unwrap();
        assert!(note.starts_with("the orchestrator did not run from 00:01:10 to 00:01:40, because"), "{note}");
    }
}
