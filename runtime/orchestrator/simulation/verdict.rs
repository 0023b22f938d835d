//! The thresholds of a simulated run, and the verdict that they must give. It is computed from what the simulated server counted, without the
//! code that judges real runs.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::server::{Counts, FAST, SLOW};
use crate::report::Outcome;
use crate::thresholds::{Status, Verdict};

/// The name of the only report row.
pub(super) const ROW: &str = "Buy";

/// A threshold.
#[derive(Clone, Copy, Debug)]
pub(super) enum Limit {
    /// Fewer than this percentage failed.
    Failures(u32),
    /// More than this number of requests.
    Requests(u64),
    /// Nine of ten requests got a fast answer.
    MostAreFast,
    /// The mean time of those that succeeded, in milliseconds.
    Average(u64),
    /// At least this number of requests per second.
    RateAtLeast(u32),
    /// At most this number of requests per second.
    RateAtMost(u32),
}

impl Limit {
    pub(super) fn draw(rng: &mut ChaCha8Rng) -> Self {
        match rng.random_range(0..6) {
            0 => Self::Failures(rng.random_range(1..=30)),
            1 => Self::Requests(rng.random_range(0..400)),
            2 => Self::MostAreFast,
            3 => Self::Average(rng.random_range(20..600)),
            4 => Self::RateAtLeast(rng.random_range(1..20)),
            _ => Self::RateAtMost(rng.random_range(1..40)),
        }
    }

    /// The threshold as a profile contains it.
    pub(super) fn text(self) -> String {
        match self {
            Self::Failures(percent) => format!("failures < {percent}%"),
            Self::Requests(number) => format!("{ROW}.requests > {number}"),
            Self::MostAreFast => format!("{ROW}.p90 < 500ms"),
            Self::Average(ms) => format!("avg < {ms}ms"),
            Self::RateAtLeast(rate) => format!("rps >= {rate}/s"),
            Self::RateAtMost(rate) => format!("rps <= {rate}/s"),
        }
    }

    fn holds(self, counts: &Counts) -> bool {
        let succeeded = counts.requests - counts.failed;
        let fast = succeeded - counts.slow;
        let seconds = counts.time_us.map_or(0.0, |(from, to)| (to - from) as f64 / 1e6);
        let rate = counts.requests as f64 / seconds;
        match self {
            Self::Failures(percent) => counts.failed * 100 < u64::from(percent) * counts.requests,
            Self::Requests(number) => counts.requests > number,
            // A failed request ranks behind all others.
            Self::MostAreFast => counts.requests > 0 && fast * 10 >= counts.requests * 9,
            Self::Average(ms) => {
                let sum = u128::from(fast) * FAST.as_millis() + u128::from(counts.slow) * SLOW.as_millis();
                succeeded > 0 && sum < u128::from(ms) * u128::from(succeeded)
            }
            Self::RateAtLeast(limit) => rate >= f64::from(limit),
            Self::RateAtMost(limit) => rate <= f64::from(limit),
        }
    }
}

/// Each threshold passed or failed by the server's counts.
pub(super) fn thresholds_are_right(limits: &[Limit], counts: &Counts, verdicts: &[Verdict]) -> Result<(), String> {
    // Without a request, the run is broken, whatever its thresholds say.
    if counts.requests == 0 {
        return Ok(());
    }
    let wrong = limits.iter().zip(verdicts).find(|(limit, verdict)| {
        let expected = if limit.holds(counts) { Status::Passed } else { Status::Failed };
        verdict.outcome != expected || verdict.text != limit.text()
    });
    match wrong {
        Some((limit, verdict)) => Err(format!("`{}` must judge {counts:?}, and the report says {verdict:?}", limit.text())),
        None if limits.len() != verdicts.len() => Err(format!("{} thresholds are judged, and there are {}", verdicts.len(), limits.len())),
        None => Ok(()),
    }
}

/// The verdict of a run with these counts.
pub(super) fn expected(limits: &[Limit], counts: &Counts, is_broken: bool, is_interrupted: bool) -> Outcome {
    if is_broken || counts.requests == 0 {
        Outcome::Broken
    } else if is_interrupted {
        Outcome::Interrupted
    } else if counts.failed == counts.requests || limits.iter().any(|limit| !limit.holds(counts)) {
        Outcome::Failed
    } else if limits.is_empty() {
        Outcome::NoThresholds
    } else {
        Outcome::Passed
    }
}
