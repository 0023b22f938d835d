//! The metrics of thresholds, for any part of the test.

use std::time::Duration;

use ltc_config::threshold::{Metric, Of, Subject, Time};

use super::value::Value;

use ltc_engine::stats::{Durations, ReportRow, RowKind, RowStats, Snapshot};

/// The report rows that a threshold is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SelectedRows {
    All,
    Of(Vec<usize>),
}

impl SelectedRows {
    /// Steps with that name. If there are none, groups, and then `fail` statements.
    pub(super) fn find(subject: &Subject, names: &[ReportRow]) -> Self {
        let Subject::Line(wanted) = subject else { return Self::All };
        let of = |kind: RowKind| -> Vec<usize> {
            let named = |(index, name): (usize, &ReportRow)| (name.name == *wanted && name.kind == kind).then_some(index);
            names.iter().enumerate().filter_map(named).collect()
        };
        let found = [RowKind::Step, RowKind::Group, RowKind::Fail].map(of).into_iter().find(|lines| !lines.is_empty());
        Self::Of(found.unwrap_or_default())
    }

    fn stats(&self, snapshot: &Snapshot, names: &[ReportRow]) -> RowStats {
        match self {
            Self::All => snapshot.total(names),
            Self::Of(lines) => {
                let mut total = RowStats::default();
                lines.iter().filter_map(|&line| snapshot.names.get(line)).for_each(|stats| total.merge(stats));
                total
            }
        }
    }
}

/// The counts of some rows in a part of the test.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    /// Whether anything was measured. A part without a length counts, too: a function may be stopped before its first user.
    is_part: bool,
    pub(super) from_us: u64,
    pub(super) to_us: u64,
    requests: u64,
    /// `fail` statements outside of steps. They are failures, but not requests.
    fails: u64,
    failures: u64,
    unfinished: u64,
    resends: u64,
    missed: u64,
    /// Times of successful requests, and of those that failed only because of `elapsed`: a slow answer is an answer.
    response: Durations,
    /// The number of requests that failed for other reasons, at any time.
    failed: u64,
    lag: Durations,
}

impl Measured {
    /// The counts of one snapshot.
    pub(super) fn of(snapshot: &Snapshot, lines: &SelectedRows, names: &[ReportRow]) -> Self {
        let stats = lines.stats(snapshot, names);
        let window = snapshot.window.unwrap_or_default();
        Self {
            is_part: snapshot.window.is_some(),
            from_us: window.from_us,
            to_us: window.to_us,
            requests: stats.requests,
            fails: stats.fails,
            failures: stats.failures,
            unfinished: stats.unfinished,
            resends: stats.resends,
            missed: snapshot.missed,
            failed: stats.failed.count(),
            response: stats.response.unwrap_or(stats.service),
            lag: snapshot.lag.clone(),
        }
    }

    /// Adds the counts of another part.
    pub(super) fn merge(&mut self, other: &Self) {
        if !self.is_part {
            *self = other.clone();
            return;
        }
        if !other.is_part {
            return;
        }
        self.from_us = self.from_us.min(other.from_us);
        self.to_us = self.to_us.max(other.to_us);
        self.requests += other.requests;
        self.fails += other.fails;
        self.failures += other.failures;
        self.unfinished += other.unfinished;
        self.resends += other.resends;
        self.missed += other.missed;
        self.failed += other.failed;
        self.response.merge(&other.response);
        self.lag.merge(&other.lag);
    }

    pub(super) fn length(&self) -> Duration {
        Duration::from_micros(self.to_us.saturating_sub(self.from_us))
    }

    /// A metric's value in its unit; `None` if no request has one.
    pub(super) fn value(&self, metric: Metric) -> Option<Value> {
        let share = |part: u64, of: u64| (of > 0).then(|| Value::Figure(part as f64 * 100.0 / of as f64));
        let count = |n: u64| Some(Value::Figure(n as f64));
        match metric {
            Metric::FailureRate => share(self.failures, self.requests + self.fails),
            Metric::Failures => count(self.failures),
            Metric::UnfinishedRate => share(self.unfinished, self.requests + self.unfinished),
            Metric::Unfinished => count(self.unfinished),
            Metric::ResendRate => share(self.resends, self.requests),
            Metric::Resends => count(self.resends),
            Metric::Requests => count(self.requests),
            Metric::Missed => count(self.missed),
            Metric::Rps => Some(Value::Figure(ltc_engine::stats::rate(self.requests, self.length()))),
            Metric::Time(time, Of::All) => self.ranked(time, self.failed),
            Metric::Time(time, Of::Successful) => self.ranked(time, 0),
            // A closed model without pacing has no scheduled times.
            Metric::Lag => count(self.lag.quantile_us(0.99)),
        }
    }

    /// A response time in which the failed requests rank behind all successful ones: whatever time a failure took, it wasn't faster than an
    /// answer. A mean has no rank, so it covers only successful requests.
    fn ranked(&self, time: Time, failed: u64) -> Option<Value> {
        let (times, succeeded) = (&self.response, self.response.count());
        let all = succeeded + failed;
        let rank = match time {
            _ if all == 0 => return None,
            Time::Average if succeeded > 0 => return Some(Value::Figure(times.mean_us())),
            Time::Average | Time::Min => 1,
            Time::Max => all,
            // The nearest rank. The small correction keeps rounding errors of the float from raising the rank.
            Time::Percentile(percent) => ((percent * all as f64 / 100.0 - 1e-9).ceil().max(1.0) as u64).min(all),
        };
        Some(match rank {
            _ if rank > succeeded => Value::Failed,
            1 if time == Time::Min => Value::Figure(times.min_us() as f64),
            // Half a rank less, so that a rounding error of the float doesn't lead to another rank.
            _ if rank < succeeded => Value::Figure(times.quantile_us((rank as f64 - 0.5) / succeeded as f64) as f64),
            _ => Value::Figure(times.max_us() as f64),
        })
    }

    /// Why the metric has no value, or why it is "failed".
    pub(super) fn why(&self) -> String {
        let requests = crate::report::count(self.requests);
        match (self.requests, self.failed) {
            (0, _) => "there were no requests".to_owned(),
            (all, failed) if failed == all => format!("none of {requests} requests succeeded"),
            (all, failed) => format!("{} of {requests} requests failed", crate::report::percent(failed, all)),
        }
    }
}

#[cfg(test)]
#[path = "measured_tests.rs"]
mod tests;
