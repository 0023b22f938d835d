//! The simulated server: how it answers, and what it counts.

use std::time::Duration;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use ltc_engine::stats::Sample;

/// How the simulated server answers, in percent of all requests.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Server {
    pub(super) fails: u32,
    pub(super) is_slow: u32,
}

/// The time of a fast answer and of a slow one.
pub(super) const FAST: Duration = Duration::from_millis(10);
pub(super) const SLOW: Duration = Duration::from_millis(900);

impl Server {
    pub(super) fn answer(self, rng: &mut ChaCha8Rng) -> Sample {
        let ok = rng.random_range(0..100) >= self.fails;
        let time = if rng.random_range(0..100) < self.is_slow { SLOW } else { FAST };
        Sample { ok, service: time, response: time, ..Sample::default() }
    }
}

/// The requests of a part of the run, as the simulated server counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) requests: u64,
    pub(super) failed: u64,
    /// Slow answers among those that did not fail.
    pub(super) slow: u64,
    /// The part's time, from the test's start.
    pub(super) time_us: Option<(u64, u64)>,
}

impl Counts {
    pub(super) fn of<'c>(parts: impl IntoIterator<Item = &'c Self>) -> Self {
        parts.into_iter().fold(Self::default(), |all, part| Self {
            requests: all.requests + part.requests,
            failed: all.failed + part.failed,
            slow: all.slow + part.slow,
            time_us: match (all.time_us, part.time_us) {
                (Some((from, to)), Some((other_from, other_to))) => Some((from.min(other_from), to.max(other_to))),
                (one, other) => one.or(other),
            },
        })
    }

    pub(super) fn add(&mut self, sample: &Sample) {
        self.requests += 1;
        self.failed += u64::from(!sample.ok);
        self.slow += u64::from(sample.ok && sample.service == SLOW);
    }
}
