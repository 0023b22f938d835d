//! The figures that thresholds are about, of any stretch of the test.

use std::time::Duration;

use ltc_config::threshold::{Metric, Subject};

use ltc_engine::stats::{Durations, Name, NameKind, NameStats, Snapshot};

/// The lines of the report that a threshold is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    All,
    Of(Vec<usize>),
}

impl Lines {
    /// Steps of that name; only where there are none, groups.
    pub(super) fn find(subject: &Subject, names: &[Name]) -> Self {
        let Subject::Line(wanted) = subject else { return Self::All };
        let of = |kind: NameKind| -> Vec<usize> {
            let named = |(index, name): (usize, &Name)| (name.name == *wanted && name.kind == kind).then_some(index);
            names.iter().enumerate().filter_map(named).collect()
        };
        let steps = of(NameKind::Step);
        Self::Of(if steps.is_empty() { of(NameKind::Group) } else { steps })
    }

    fn stats(&self, snapshot: &Snapshot, names: &[Name]) -> NameStats {
        match self {
            Self::All => snapshot.total(names),
            Self::Of(lines) => {
                let mut total = NameStats::default();
                lines.iter().filter_map(|&line| snapshot.names.get(line)).for_each(|stats| total.merge(stats));
                total
            }
        }
    }
}

/// What was counted of some lines in a stretch of the test.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    pub(super) from_us: u64,
    pub(super) to_us: u64,
    requests: u64,
    failures: u64,
    /// What a share of failures is of: requests, and failures outside of steps.
    tried: u64,
    missed: u64,
    response: Durations,
    lag: Durations,
}

impl Measured {
    /// Of a snapshot's own stretch.
    pub(super) fn of(snapshot: &Snapshot, lines: &Lines, names: &[Name]) -> Self {
        let stats = lines.stats(snapshot, names);
        let window = snapshot.window.unwrap_or_default();
        Self {
            from_us: window.from_us,
            to_us: window.to_us,
            requests: stats.requests,
            failures: stats.failures,
            tried: stats.tried(),
            missed: snapshot.missed,
            response: stats.all(),
            lag: snapshot.lag.clone(),
        }
    }

    /// Adds another stretch.
    pub(super) fn merge(&mut self, other: &Self) {
        if self.to_us == 0 {
            *self = other.clone();
            return;
        }
        self.from_us = self.from_us.min(other.from_us);
        self.to_us = self.to_us.max(other.to_us);
        self.requests += other.requests;
        self.failures += other.failures;
        self.tried += other.tried;
        self.missed += other.missed;
        self.response.merge(&other.response);
        self.lag.merge(&other.lag);
    }

    pub(super) fn length(&self) -> Duration {
        Duration::from_micros(self.to_us.saturating_sub(self.from_us))
    }

    /// A figure in its metric's unit; nothing where no request has one.
    pub(super) fn value(&self, metric: Metric) -> Option<f64> {
        let times = (!self.response.is_empty()).then_some(&self.response);
        match metric {
            Metric::FailureRate => (self.tried > 0).then(|| self.failures as f64 * 100.0 / self.tried as f64),
            Metric::Failures => Some(self.failures as f64),
            Metric::Requests => Some(self.requests as f64),
            Metric::Missed => Some(self.missed as f64),
            Metric::Rps => Some(ltc_engine::stats::rate(self.requests, self.length())),
            Metric::Average => times.map(Durations::mean_us),
            Metric::Min => times.map(|times| times.min_us() as f64),
            Metric::Max => times.map(|times| times.max_us() as f64),
            Metric::Percentile(percent) => times.map(|times| times.quantile_us(percent / 100.0) as f64),
            // A closed model without pacing has no times to be late for.
            Metric::Lag => Some(self.lag.quantile_us(0.99) as f64),
        }
    }
}
