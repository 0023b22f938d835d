//! The figures of a running test that listeners, the screen and the live page show. They are computed once per interval from the
//! interval's and the total's snapshots, so that no consumer handles histograms or samples.

mod failure_log;

use std::time::Duration;

use crate::report::{Conclusion, RunInfo};
use crate::saturation::saturation;
use crate::thresholds::Verdict;
use ltc_engine::stats::{Example, PERCENTILES, ReportRow, RowStats, Snapshot};

pub(crate) use failure_log::FailureLog;

/// Facts that do not change while a test runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct TestInfo {
    /// The run. Facts that are known only at the end are not set yet.
    pub(crate) run: RunInfo,
    /// The report rows.
    pub(crate) names: Vec<ReportRow>,
    /// When the test began, since the Unix epoch.
    pub(crate) unix_start: Duration,
    /// The planned duration, if it is known.
    pub(crate) planned: Option<Duration>,
    /// How the load is spread over functions, if it is.
    pub(crate) fleet: Option<FleetShape>,
    /// Whether statistics are published every interval (`final_stats: No`), and not only at the end.
    pub(crate) periodic: bool,
}

/// How a load is spread over functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FleetShape {
    pub(crate) shards: u32,
    /// The time after which other functions take over; `None`: never.
    pub(crate) interval: Option<Duration>,
    /// The number of intervals; `None`: until the test is stopped.
    pub(crate) intervals: Option<u32>,
}

impl FleetShape {
    /// The number of the interval at that time, from 1.
    pub(crate) fn interval_at(self, at: Duration) -> u128 {
        let number = self.interval.map_or(0, |interval| at.as_millis() / interval.as_millis().max(1)) + 1;
        self.intervals.map_or(number, |last| number.min(u128::from(last.max(1))))
    }
}

/// The number of users of each shard, `None` for a shard without results for this interval. Threads are numbered across all shards.
pub(crate) fn shards(delta: &Snapshot, shards: u32) -> Vec<Option<u64>> {
    let mut users = vec![None; shards as usize];
    for (source, gauge) in &delta.sources {
        if let Some(shard) = users.get_mut((source % shards.max(1)) as usize) {
            *shard = Some(shard.unwrap_or(0) + gauge.users);
        }
    }
    users
}

impl TestInfo {
    /// Converts a time of the test to milliseconds since the Unix epoch.
    pub(crate) fn unix_ms(&self, at: Duration) -> u64 {
        u64::try_from((self.unix_start + at).as_millis()).unwrap_or(u64::MAX)
    }

    /// `shop 2.8.0, notes 1.0`: the versions of all APIs.
    pub(crate) fn versions(&self) -> String {
        let versions: Vec<String> = self.run.apis.iter().map(|api| format!("{} {}", api.name, api.version).trim().to_owned()).collect();
        versions.join(", ")
    }
}

/// The figures of one window.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Figures {
    pub(crate) requests: u64,
    pub(crate) failures: u64,
    /// The number that the share of failures refers to.
    pub(crate) tried: u64,
    /// Requests per second.
    pub(crate) rps: f64,
    /// Failures per second.
    pub(crate) failing: f64,
    /// Whether there are response times, so whether any request succeeded.
    pub(crate) timed: bool,
    /// The mean response time of successful requests, microseconds.
    pub(crate) mean_us: f64,
    /// The mean time after which failed requests failed, in microseconds; `None` without failures.
    pub(crate) failed_after_us: Option<f64>,
    /// All of [`PERCENTILES`] of the response times, in microseconds. The last one is the maximum.
    pub(crate) percentiles_us: [u64; PERCENTILES.len()],
}

impl Figures {
    fn of(stats: &RowStats, window: &Snapshot) -> Self {
        let times = stats.response();
        Self {
            requests: stats.requests,
            failures: stats.failures,
            tried: stats.tried(),
            rps: window.rate(stats.requests),
            failing: window.rate(stats.failures),
            timed: !times.is_empty(),
            mean_us: times.mean_us(),
            failed_after_us: (!stats.failed.is_empty()).then(|| stats.failed.mean_us()),
            percentiles_us: if times.is_empty() { Default::default() } else { times.percentiles_us() },
        }
    }

    /// The mean of successful requests; `None` if nothing was measured.
    pub(crate) fn average_us(&self) -> Option<f64> {
        self.timed.then_some(self.mean_us)
    }

    /// A percentile of [`PERCENTILES`]; `None` if nothing was measured.
    pub(crate) fn percentile_us(&self, quantile: f64) -> Option<u64> {
        let at = PERCENTILES.iter().position(|known| (known - quantile).abs() < 1e-9)?;
        self.timed.then(|| self.percentiles_us[at])
    }
}

/// The figures of one report row, or of the total.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RowFigures {
    /// Since the test's start.
    pub(crate) requests: u64,
    /// Since the test's start.
    pub(crate) failures: u64,
    /// The number that the share of failures refers to: requests, and failures outside of steps; since the test's start.
    pub(crate) tried: u64,
    /// Requests in flight when their user was stopped, and how long the oldest of them had waited; since the test's start.
    pub(crate) unfinished: u64,
    pub(crate) unfinished_longest_us: u64,
    /// Requests that were sent again on a new connection; since the test's start.
    pub(crate) resends: u64,
    /// The figures of the window.
    pub(crate) now: Figures,
}

impl RowFigures {
    fn of(so_far: &RowStats, now: Figures) -> Self {
        Self {
            requests: so_far.requests,
            failures: so_far.failures,
            tried: so_far.tried(),
            unfinished: so_far.unfinished,
            unfinished_longest_us: so_far.unfinished_longest_us,
            resends: so_far.resends,
            now,
        }
    }
}

/// A kind of failure, and how often it occurred in the window.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FailureCount {
    /// The step's name; empty if it occurred outside of steps.
    pub(crate) step: String,
    pub(crate) class: &'static str,
    pub(crate) kind: String,
    /// `file:line:column` of the spec; empty if it has no location.
    pub(crate) place: String,
    pub(crate) count: u64,
    /// The first of the failures in full.
    pub(crate) examples: Vec<Example>,
}

/// A window of a running test: one interval, or, at the end, the whole test.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LiveSnapshot {
    /// The end of the window, from the test's start.
    pub(crate) at: Duration,
    pub(crate) users: u64,
    pub(crate) planned: u64,
    /// Whether the window is much shorter than an interval, and so isn't a point of a chart.
    pub(crate) brief: bool,
    /// Requests without an answer at the end of the window, and how long the oldest of them has waited.
    pub(crate) waiting: u64,
    pub(crate) oldest: Duration,
    /// All steps together.
    pub(crate) total: RowFigures,
    /// The rows, in the order of [`TestInfo::names`].
    pub(crate) lines: Vec<RowFigures>,
    /// The failures in the window.
    pub(crate) failed: Vec<FailureCount>,
    /// Failures of kinds that aren't counted separately.
    pub(crate) failed_otherwise: u64,
    /// The users of each shard that reported the window, if the load is spread.
    pub(crate) shards: Vec<Option<u64>>,
    /// The state of the profile's thresholds.
    pub(crate) thresholds: Vec<Verdict>,
    /// The verdict; `None` before the end.
    pub(crate) conclusion: Option<Conclusion>,
    /// Arrivals that found no free user, since the test's start.
    pub(crate) missed: u64,
    /// How late iterations began, 99th percentile; microseconds.
    pub(crate) lag_us: u64,
    /// The share of its processors that the generator uses, from 0 to 1.
    pub(crate) cpu: f64,
    /// The share of its processors that the machine's host gave to others, from 0 to 1.
    pub(crate) stolen: f64,
    /// How it showed that the generator was the bottleneck, if it was.
    pub(crate) saturated: Option<String>,
}

impl LiveSnapshot {
    /// One interval, and the test so far. `interval` is the normal length; the rest after the last one may be shorter. Rates refer to the
    /// time that the interval took. A rest of less than a second is counted as a second, because a few requests in a few milliseconds give
    /// no useful rate.
    pub(crate) fn interval(delta: &Snapshot, total: &Snapshot, names: &[ReportRow], places: &[String], interval: Duration) -> Self {
        let mut live = Self::window(delta, total, names);
        let rest = delta.length() < total.length();
        live.brief = rest && delta.length() < interval / 4;
        let least = interval.min(Duration::from_secs(1));
        if rest && delta.length() < least {
            let share = delta.length().as_secs_f64() / least.as_secs_f64();
            for figures in live.lines.iter_mut().map(|line| &mut line.now).chain([&mut live.total.now]) {
                figures.rps *= share;
                figures.failing *= share;
            }
        }
        live.failed = failed(delta, names, places);
        live.failed_otherwise = delta.failures.other();
        live
    }

    /// The whole test, for listeners that get only one message. Failures were sent when they occurred.
    pub(crate) fn whole(total: &Snapshot, names: &[ReportRow]) -> Self {
        Self::window(total, total, names)
    }

    fn window(window: &Snapshot, total: &Snapshot, names: &[ReportRow]) -> Self {
        let none = RowStats::default();
        let lines: Vec<RowFigures> = (0..names.len())
            .map(|index| {
                let so_far = total.names.get(index).unwrap_or(&none);
                let now = Figures::of(window.names.get(index).unwrap_or(&none), window);
                RowFigures::of(so_far, now)
            })
            .collect();
        let all = RowFigures::of(&total.total(names), Figures::of(&window.total(names), window));
        let saturated = saturation(window, all.now.percentile_us(0.99).unwrap_or(0));
        Self {
            at: window.window.map_or(Duration::ZERO, |window| Duration::from_micros(window.to_us)),
            users: window.users(),
            planned: window.planned(),
            brief: false,
            waiting: window.waiting(),
            oldest: window.oldest(),
            total: all,
            lines,
            failed: Vec::new(),
            failed_otherwise: 0,
            shards: Vec::new(),
            thresholds: Vec::new(),
            conclusion: None,
            missed: total.missed,
            lag_us: window.lag.quantile_us(0.99),
            cpu: window.cpu.share(),
            stolen: window.cpu.stolen(),
            saturated,
        }
    }

    /// The rows that have run, with their names.
    pub(crate) fn ran<'m>(&'m self, names: &'m [ReportRow]) -> impl Iterator<Item = (&'m ReportRow, &'m RowFigures)> {
        names.iter().zip(&self.lines).filter(|(_, line)| line.requests + line.failures + line.unfinished > 0)
    }
}

fn failed(delta: &Snapshot, names: &[ReportRow], places: &[String]) -> Vec<FailureCount> {
    let all = delta.failures.by_count().into_iter().map(|(key, found)| FailureCount {
        step: names.get(key.name as usize).map(|name| name.name.clone()).unwrap_or_default(),
        class: key.class.name(),
        kind: key.kind.to_string(),
        place: places.get(key.place as usize).cloned().unwrap_or_default(),
        count: found.count,
        examples: found.examples.clone(),
    });
    all.collect()
}

#[cfg(test)]
pub(crate) mod sample {
    //! A test with two steps and a group, for the tests of listeners and views.

    use super::*;
    use crate::report::sample::report;

    pub(crate) fn info() -> TestInfo {
        let report = report();
        TestInfo {
            unix_start: Duration::from_secs(1_767_225_600),
            planned: Some(Duration::from_secs(60)),
            periodic: true,
            fleet: None,
            run: report.run,
            names: report.names,
        }
    }

    /// The whole of [`report`] as if it were one interval.
    pub(crate) fn live_snapshot() -> LiveSnapshot {
        let report = report();
        LiveSnapshot::interval(&report.total, &report.total, &report.names, &report.places, Duration::from_secs(10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::report;

    #[test]
    fn silent_shard_has_no_users() {
        let gauge = |users| ltc_engine::stats::Gauge { at_us: 1, users, planned: users, ..ltc_engine::stats::Gauge::default() };
        // Two threads belong to shard 0, one to shard 2, none to shard 1.
        let mut delta = Snapshot::empty(0);
        delta.sources = [(0, gauge(3)), (3, gauge(4)), (2, gauge(5))].into();
        assert_eq!(shards(&delta, 3), [Some(7), None, Some(5)]);
        let shape = FleetShape { shards: 3, interval: Some(Duration::from_secs(60)), intervals: Some(2) };
        assert_eq!([0, 59, 60, 200].map(|at| shape.interval_at(Duration::from_secs(at))), [1, 1, 2, 2]);
    }

    #[test]
    fn rates_refer_to_the_time_that_an_interval_took() {
        let rps = |delta_ms: u64, total_ms: u64| {
            let window = |length_ms| {
                let mut snapshot = report().total;
                snapshot.window = Some(ltc_engine::stats::Window { interval: 0, from_us: 0, to_us: length_ms * 1_000 });
                snapshot
            };
            let live = LiveSnapshot::interval(&window(delta_ms), &window(total_ms), &report().names, &[], Duration::from_secs(10));
            (live.total.now.rps, live.brief)
        };
        assert_eq!(rps(10_000, 30_000), (40.0, false));
        // In a test that is shorter than an interval, the rest is the whole test.
        assert_eq!(rps(1_000, 1_000), (400.0, false));
        assert_eq!(rps(500, 500), (800.0, false));
        // The rest after the last interval.
        assert_eq!(rps(2_000, 12_000), (200.0, true));
        assert_eq!(rps(10, 10_010), (400.0, true));
    }

    #[test]
    fn totals_leave_groups_out_and_figures_are_of_the_window() {
        let live = sample::live_snapshot();
        let report = report();
        assert_eq!((live.total.requests, live.total.failures), (400, 4));
        assert_eq!(live.lines[3].requests, 200);
        assert_eq!(live.total.now.rps, 40.0);
        assert_eq!(live.total.now.percentile_us(1.0), Some(report.total.total(&report.names).response().max_us()));
        assert_eq!(live.lines[2].now.percentile_us(0.99), None);
        assert_eq!(live.total.now.percentile_us(0.123), None);
        assert_eq!((live.users, live.planned), (10, 20));
        assert_eq!(live.failed.len(), 1);
        let failed = &live.failed[0];
        assert_eq!((failed.step.as_str(), failed.class, failed.count), ("Checkout / Create", "status", 4));
        assert_eq!((failed.place.as_str(), failed.examples.len()), ("specs/tpdata.lt:14:5", 4));
        assert_eq!(live.ran(&report.names).count(), 3);
    }
}
