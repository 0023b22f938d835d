//! Snapshots: the counts of one or many threads in a window of time.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::durations::{Durations, micros};
use super::failures::{EXAMPLES, Failures};
use super::row::RowStats;
use super::{ReportRow, RowKind};

/// The part of the test that a snapshot covers, as times from the test's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The number of the (last) interval.
    pub interval: u64,
    /// Its start in microseconds.
    pub from_us: u64,
    /// Its end in microseconds.
    pub to_us: u64,
}

impl Window {
    /// Its length.
    pub fn length(&self) -> Duration {
        Duration::from_micros(self.to_us.saturating_sub(self.from_us))
    }
}

/// The last known numbers of users and waiting requests of a thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gauge {
    /// The time in microseconds from the test's start. It is the first field, so that the later of two gauges is the greater.
    pub at_us: u64,
    /// The number of users.
    pub users: u64,
    /// The planned number of users.
    pub planned: u64,
    /// Requests in flight.
    #[serde(default)]
    pub waiting: u64,
    /// How long the oldest of them has waited, in microseconds.
    #[serde(default)]
    pub oldest_us: u64,
}

/// The processor time that the generator used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cpu {
    /// The used processor time in microseconds.
    pub busy_us: u64,
    /// The available processor time, which is the elapsed time multiplied by the usable cores, in microseconds.
    pub available_us: u64,
    /// The greatest share of an interval, in millionths.
    pub peak_ppm: u64,
    /// How long its threads were ready without a processor, on average, multiplied by the usable cores, in microseconds.
    #[serde(default)]
    pub waited_us: u64,
    /// The time that the machine's host gave to others (`steal`) while this process had work, in microseconds.
    #[serde(default)]
    pub stolen_us: u64,
}

impl Cpu {
    /// The values of one interval of one process.
    pub fn of(busy: Duration, available: Duration, waited: Duration, stolen: Duration) -> Self {
        let (busy_us, available_us) = (micros(busy), micros(available));
        let peak_ppm = busy_us.saturating_mul(1_000_000).checked_div(available_us).unwrap_or(0);
        Self { busy_us, available_us, peak_ppm, waited_us: micros(waited), stolen_us: micros(stolen) }
    }

    /// Adds the values of another process or interval.
    pub fn merge(&mut self, other: &Self) {
        self.busy_us += other.busy_us;
        self.available_us += other.available_us;
        self.peak_ppm = self.peak_ppm.max(other.peak_ppm);
        self.waited_us += other.waited_us;
        self.stolen_us += other.stolen_us;
    }

    /// The used share, from 0 to 1.
    pub fn share(&self) -> f64 {
        self.share_of(self.busy_us)
    }

    /// The share that the machine's host gave to others, from 0 to 1.
    pub fn stolen(&self) -> f64 {
        self.share_of(self.stolen_us)
    }

    /// The share of the time that its threads waited for a processor, from 0 to 1.
    pub fn waited(&self) -> f64 {
        self.share_of(self.waited_us)
    }

    fn share_of(&self, part_us: u64) -> f64 {
        if self.available_us == 0 { 0.0 } else { part_us as f64 / self.available_us as f64 }
    }

    /// The greatest share of any interval and process, from 0 to 1.
    pub fn peak(&self) -> f64 {
        self.peak_ppm as f64 / 1e6
    }
}

/// Represents [`VERSION`] in a snapshot's serialized form. Another version can't be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct FormatVersion;

/// The version of a snapshot's serialized form.
const VERSION: u32 = 2;

impl Serialize for FormatVersion {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(VERSION)
    }
}

impl<'de> Deserialize<'de> for FormatVersion {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match u32::deserialize(from)? {
            VERSION => Ok(Self),
            other => Err(serde::de::Error::custom(format!(
                "these results have version {other}, and this ltc reads version {VERSION}: use the ltc that wrote them"
            ))),
        }
    }
}

/// The counts in a window of time. Merging is exact, associative and commutative, and [`Snapshot::empty`] is its neutral element. In its
/// serialized form, it is a frame of a distributed test and a part of the JSON report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    version: FormatVersion,
    /// The covered window; `None` before anything was counted.
    pub window: Option<Window>,
    /// The report rows.
    pub names: Vec<RowStats>,
    /// The failures with examples.
    pub failures: Failures,
    /// The users of each thread. The latest gauge counts.
    pub sources: BTreeMap<u32, Gauge>,
    /// How much later than scheduled iterations began.
    pub lag: Durations,
    /// The generator's own load.
    pub cpu: Cpu,
    /// Arrivals that found no free user.
    pub missed: u64,
}

impl Snapshot {
    /// A snapshot without counts, for a report with this many rows.
    pub fn empty(names: usize) -> Self {
        Self { names: vec![RowStats::default(); names], ..Self::default() }
    }

    /// [`Self::empty`], for the results of a whole test: its rows have the memory that most of them will need.
    pub fn of_test(names: usize) -> Self {
        Self::of_rows(names, || Durations::of_test(names))
    }

    /// [`Self::empty`], for the intervals of one of `workers` threads: its rows have the memory that most of them will need.
    pub(super) fn of_worker(names: usize, workers: usize) -> Self {
        // Each worker has two snapshots.
        Self::of_rows(names, || Durations::of_worker(names * workers * 2))
    }

    fn of_rows(names: usize, service: impl Fn() -> Durations) -> Self {
        let row = || RowStats { service: service(), ..RowStats::default() };
        Self { names: std::iter::repeat_with(row).take(names).collect(), ..Self::default() }
    }

    /// Adds another snapshot, and keeps [`EXAMPLES`] examples of each kind of failure.
    pub fn merge(&mut self, other: &Self) {
        self.merge_keeping(other, EXAMPLES);
    }

    /// Adds another snapshot, and keeps up to `examples` of each kind of failure.
    pub fn merge_keeping(&mut self, other: &Self, examples: usize) {
        self.window = match (self.window, other.window) {
            (Some(a), Some(b)) => {
                Some(Window { interval: a.interval.max(b.interval), from_us: a.from_us.min(b.from_us), to_us: a.to_us.max(b.to_us) })
            }
            (a, b) => a.or(b),
        };
        if self.names.len() < other.names.len() {
            self.names.resize_with(other.names.len(), RowStats::default);
        }
        for (mine, theirs) in self.names.iter_mut().zip(&other.names) {
            mine.merge(theirs);
        }
        self.failures.merge(&other.failures, examples);
        for (&source, &gauge) in &other.sources {
            let mine = self.sources.entry(source).or_insert(gauge);
            *mine = gauge.max(*mine);
        }
        self.lag.merge(&other.lag);
        self.cpu.merge(&other.cpu);
        self.missed += other.missed;
    }

    /// Removes all counts. The memory of the rows is kept.
    pub fn clear(&mut self) {
        self.names.iter_mut().for_each(RowStats::clear);
        *self = Self { names: std::mem::take(&mut self.names), ..Self::default() };
    }

    /// Returns the counts so far and removes them. The memory is kept.
    pub(super) fn take(&mut self) -> Self {
        Self {
            version: FormatVersion,
            window: self.window.take(),
            names: self.names.iter_mut().map(RowStats::take).collect(),
            failures: std::mem::take(&mut self.failures),
            sources: std::mem::take(&mut self.sources),
            lag: self.lag.take(),
            cpu: std::mem::take(&mut self.cpu),
            missed: std::mem::take(&mut self.missed),
        }
    }

    /// A copy without the report rows and failures.
    pub fn without_names(&self) -> Self {
        Self {
            version: FormatVersion,
            window: self.window,
            names: Vec::new(),
            failures: Failures::default(),
            sources: self.sources.clone(),
            lag: self.lag.clone(),
            cpu: self.cpu,
            missed: self.missed,
        }
    }

    /// The snapshot for a part of a test that began `shift_us` later, whose threads are numbered from `sources_from` on.
    #[must_use]
    pub fn later(mut self, shift_us: u64, sources_from: u32) -> Self {
        self.window = self.window.map(|window| Window { from_us: window.from_us + shift_us, to_us: window.to_us + shift_us, ..window });
        let sources = std::mem::take(&mut self.sources);
        let shifted =
            |(source, gauge): (u32, Gauge)| (source.saturating_add(sources_from), Gauge { at_us: gauge.at_us + shift_us, ..gauge });
        self.sources = sources.into_iter().map(shifted).collect();
        self
    }

    /// All steps and failures outside of steps together. Groups are left out, because their steps are already contained.
    pub fn total(&self, names: &[ReportRow]) -> RowStats {
        let mut total = RowStats::default();
        for (line, name) in self.names.iter().zip(names) {
            if name.kind != RowKind::Group {
                total.merge(line);
            }
        }
        total
    }

    /// The number of users of all threads.
    pub fn users(&self) -> u64 {
        self.sources.values().map(|gauge| gauge.users).sum()
    }

    /// The planned number of users.
    pub fn planned(&self) -> u64 {
        self.sources.values().map(|gauge| gauge.planned).sum()
    }

    /// The number of requests in flight of all threads.
    pub fn waiting(&self) -> u64 {
        self.sources.values().map(|gauge| gauge.waiting).sum()
    }

    /// How long the oldest request in flight has waited; zero if there is none.
    pub fn oldest(&self) -> Duration {
        Duration::from_micros(self.sources.values().map(|gauge| gauge.oldest_us).max().unwrap_or(0))
    }

    /// The length of the covered window.
    pub fn length(&self) -> Duration {
        self.window.map_or(Duration::ZERO, |window| window.length())
    }

    /// A number of events of this window as a rate per second.
    pub fn rate(&self, events: u64) -> f64 {
        rate(events, self.length())
    }
}

/// Events per second; 0 if no time has passed.
pub fn rate(events: u64, elapsed: Duration) -> f64 {
    if elapsed.is_zero() { 0.0 } else { events as f64 / elapsed.as_secs_f64() }
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
