//! The interval of results: how often statistics are printed, sent to listeners, and kept for the curves of reports.

use std::time::Duration;

use super::cli::RunArgs;
use super::configuration::Configuration;

/// The interval of a long test.
const LONGEST: Duration = Duration::from_secs(5);

/// The least number of intervals for a test, if each of them has at least a second. A curve of fewer points shows little.
const POINTS_MIN: u32 = 20;

/// The interval of a test: from the command line, else the profile, else the credentials, else by the test's duration.
pub(super) fn stats_interval(args: &RunArgs, configuration: &Configuration, test: Option<Duration>) -> Duration {
    let profile = configuration.profile.logging.stats_interval;
    let chosen = args.stats_interval.or(profile).or(configuration.credentials.stats_interval);
    chosen.unwrap_or_else(|| default_interval(test)).max(Duration::from_millis(100))
}

/// Whole seconds, at most five.
fn default_interval(test: Option<Duration>) -> Duration {
    test.map_or(LONGEST, |test| Duration::from_secs((test / POINTS_MIN).as_secs()).clamp(Duration::from_secs(1), LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_test_has_enough_intervals_for_a_curve() {
        let seconds = |test: u64| default_interval(Some(Duration::from_secs(test))).as_secs();
        assert_eq!([1, 5, 20, 39, 40, 60, 99, 100, 7_200].map(seconds), [1, 1, 1, 1, 2, 3, 4, 5, 5]);
        assert_eq!(default_interval(None), LONGEST);
    }
}
