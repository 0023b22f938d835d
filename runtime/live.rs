//! The figures of a running test that listeners, the screen and the live page show. They are computed once per interval from the
//! interval's and the total's snapshots, so that no consumer handles histograms or samples.

mod failure_log;

use std::time::Duration;

use crate::report::{Conclusion, RunInfo};
use crate::saturation::saturation;
use crate::thresholds::Verdict;
use ltc_engine::stats::{Example, PERCENTILES, ReportRow, RowStats, Snapshot};

pub(crate) use failure_log::FailureLog;

/// What does not change while a test runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct TestInfo {
    /// What is run; what is known only at its end is not set yet.
    pub(crate) run: RunInfo,
    /// The lines of the report.
    pub(crate) names: Vec<ReportRow>,
    /// When it began, since the Unix epoch.
    pub(crate) unix_start: Duration,
    /// How long it is to last, where that is known.
    pub(crate) planned: Option<Duration>,
    /// How the load is spread, where it is.
    pub(crate) fleet: Option<FleetShape>,
    /// Whether statistics go out every interval (`final_stats: No`), or once, at the end.
    pub(crate) periodic: bool,
}

/// How a load is spread over functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FleetShape {
    pub(crate) shards: u32,
    /// After what time others take over; `None`: never.
    pub(crate) interval: Option<Duration>,
    /// How many follow each other; `None`: until it is stopped.
    pub(crate) intervals: Option<u32>,
}

impl FleetShape {
    /// The number of the interval at that time, from 1.
    pub(crate) fn interval_at(self, at: Duration) -> u128 {
        let number = self.interval.map_or(0, |interval| at.as_millis() / interval.as_millis().max(1)) + 1;
        self.intervals.map_or(number, |last| number.min(u128::from(last.max(1))))
    }
}

/// Whether each shard told of this interval, and of how many users. Its threads are counted through all shards.
pub(crate) fn shards(delta: &Snapshot, shards: u32) -> Vec<Option<u64>> {
    let mut told = vec![None; shards as usize];
    for (source, gauge) in &delta.sources {
        if let Some(shard) = told.get_mut((source % shards.max(1)) as usize) {
            *shard = Some(shard.unwrap_or(0) + gauge.users);
        }
    }
    told
}

impl TestInfo {
    /// A time of the test as milliseconds since the Unix epoch.
    pub(crate) fn unix_ms(&self, at: Duration) -> u64 {
        u64::try_from((self.unix_start + at).as_millis()).unwrap_or(u64::MAX)
    }

    /// `shop 2.8.0, notes 1.0`: the versions of all APIs.
    pub(crate) fn versions(&self) -> String {
        let told: Vec<String> = self.run.apis.iter().map(|api| format!("{} {}", api.name, api.version).trim().to_owned()).collect();
        told.join(", ")
    }
}

/// Figures of one window.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Figures {
    pub(crate) requests: u64,
    pub(crate) failures: u64,
    /// What a share of the failures is of.
    pub(crate) tried: u64,
    /// Requests a second.
    pub(crate) rps: f64,
    /// Failures a second.
    pub(crate) failing: f64,
    /// Whether there are times: whether a request succeeded.
    pub(crate) timed: bool,
    /// The mean response time of successful requests, microseconds.
    pub(crate) mean_us: f64,
    /// After what time failed requests failed, on average, microseconds; `None` where none did.
    pub(crate) failed_after_us: Option<f64>,
    /// All of [`PERCENTILES`] of the response times, microseconds; the last is the greatest.
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

    /// The mean of successful requests; `None` where nothing was measured.
    pub(crate) fn average_us(&self) -> Option<f64> {
        self.timed.then_some(self.mean_us)
    }

    /// A percentile of [`PERCENTILES`]; `None` where nothing was measured.
    pub(crate) fn percentile_us(&self, quantile: f64) -> Option<u64> {
        let at = PERCENTILES.iter().position(|known| (known - quantile).abs() < 1e-9)?;
        self.timed.then(|| self.percentiles_us[at])
    }
}

/// One line of the report, or the total.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RowFigures {
    /// Since the test's start.
    pub(crate) requests: u64,
    /// Since the test's start.
    pub(crate) failures: u64,
    /// What a share of the failures is of: requests, and failures outside of steps; since the test's start.
    pub(crate) tried: u64,
    /// Requests in flight when their user was stopped, and how long the oldest of them had waited; since the test's start.
    pub(crate) unfinished: u64,
    pub(crate) unfinished_longest_us: u64,
    /// Requests that were sent again on a new connection; since the test's start.
    pub(crate) resends: u64,
    /// Of the window.
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

/// One kind of failure, as often as it occurred in the window.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FailureCount {
    /// The step's name; empty outside of any.
    pub(crate) step: String,
    pub(crate) class: &'static str,
    pub(crate) kind: String,
    /// `file:line:column` of the spec; empty where it has none.
    pub(crate) place: String,
    pub(crate) count: u64,
    /// The first of them in full.
    pub(crate) examples: Vec<Example>,
}

/// A window of a running test: one interval, or, at the end, all of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LiveSnapshot {
    /// When it ends, from the test's start.
    pub(crate) at: Duration,
    pub(crate) users: u64,
    pub(crate) planned: u64,
    /// Whether it is much shorter than an interval: no point of a chart.
    pub(crate) brief: bool,
    /// Requests that wait for their answer at its end, and how long the oldest of them has.
    pub(crate) waiting: u64,
    pub(crate) oldest: Duration,
    /// All steps together.
    pub(crate) total: RowFigures,
    /// As [`TestInfo::names`], in their order.
    pub(crate) lines: Vec<RowFigures>,
    /// What failed in it.
    pub(crate) failed: Vec<FailureCount>,
    /// Failures of kinds that aren't counted separately.
    pub(crate) failed_otherwise: u64,
    /// Users of each shard that told of it, where the load is spread.
    pub(crate) shards: Vec<Option<u64>>,
    /// How the profile's thresholds stand.
    pub(crate) thresholds: Vec<Verdict>,
    /// The verdict; nothing before the end.
    pub(crate) conclusion: Option<Conclusion>,
    /// Arrivals that found no free user, since the test's start.
    pub(crate) missed: u64,
    /// How late iterations began, 99th percentile; microseconds.
    pub(crate) lag_us: u64,
    /// The generator's share of its processors, of 1.
    pub(crate) cpu: f64,
    /// The share that the machine's host gave to others, of 1.
    pub(crate) stolen: f64,
    /// How it showed that the generator was the bottleneck, if it was.
    pub(crate) saturated: Option<String>,
}

impl LiveSnapshot {
    /// One interval, and the test so far. An interval is so long; the rest after the last one may be brief. Rates are over the time that
    /// it took, but for a rest of less than a second: a few requests in a few milliseconds would be no rates, so they are over a second.
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

    /// The whole test, for those who are told of it once. Its failures were told as they came.
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

    /// Lines that have run, with their names.
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
    //! A test of two steps and a group, for the tests of all who listen.

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
    fn a_silent_shard_is_seen() {
        let gauge = |users| ltc_engine::stats::Gauge { at_us: 1, users, planned: users, ..ltc_engine::stats::Gauge::default() };
        // Two threads of shard 0, one of shard 2, none of shard 1.
        let mut delta = Snapshot::empty(0);
        delta.sources = [(0, gauge(3)), (3, gauge(4)), (2, gauge(5))].into();
        assert_eq!(shards(&delta, 3), [Some(7), None, Some(5)]);
        let shape = FleetShape { shards: 3, interval: Some(Duration::from_secs(60)), intervals: Some(2) };
        assert_eq!([0, 59, 60, 200].map(|at| shape.interval_at(Duration::from_secs(at))), [1, 1, 2, 2]);
    }

    #[test]
    fn rates_are_over_the_time_that_an_interval_took() {
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
        // A test that is shorter than an interval has no rest: it is all there is.
        assert_eq!(rps(1_000, 1_000), (400.0, false));
        assert_eq!(rps(500, 500), (800.0, false));
        // What is left after the last interval.
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
