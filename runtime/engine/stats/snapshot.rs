//! Snapshots: what was counted in a window of time, by one thread or many.

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
    /// Its start, microseconds.
    pub from_us: u64,
    /// Its end, microseconds.
    pub to_us: u64,
}

impl Window {
    /// How long it is.
    pub fn length(&self) -> Duration {
        Duration::from_micros(self.to_us.saturating_sub(self.from_us))
    }
}

/// How many users and waiting requests a thread had, when last heard of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gauge {
    /// When, microseconds from the test's start. First, so that the later of two is the greater.
    pub at_us: u64,
    /// How many users there are.
    pub users: u64,
    /// How many the plan says.
    pub planned: u64,
    /// Requests in flight.
    #[serde(default)]
    pub waiting: u64,
    /// How long the oldest of them has waited, microseconds.
    #[serde(default)]
    pub oldest_us: u64,
}

/// The generator's own use of its processors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cpu {
    /// Processor time used, microseconds.
    pub busy_us: u64,
    /// Processor time there was: elapsed time times usable cores, microseconds.
    pub available_us: u64,
    /// The greatest share of one interval, in millionths.
    pub peak_ppm: u64,
    /// How long its threads were ready and had no processor, on average, times the usable cores, microseconds.
    #[serde(default)]
    pub waited_us: u64,
    /// What the machine's host gave to others (`steal`) while this process had something to do, microseconds.
    #[serde(default)]
    pub stolen_us: u64,
}

impl Cpu {
    /// One interval of one process.
    pub fn of(busy: Duration, available: Duration, waited: Duration, stolen: Duration) -> Self {
        let (busy_us, available_us) = (micros(busy), micros(available));
        let peak_ppm = busy_us.saturating_mul(1_000_000).checked_div(available_us).unwrap_or(0);
        Self { busy_us, available_us, peak_ppm, waited_us: micros(waited), stolen_us: micros(stolen) }
    }

    /// Adds another's.
    pub fn merge(&mut self, other: &Self) {
        self.busy_us += other.busy_us;
        self.available_us += other.available_us;
        self.peak_ppm = self.peak_ppm.max(other.peak_ppm);
        self.waited_us += other.waited_us;
        self.stolen_us += other.stolen_us;
    }

    /// The share used, of 1.
    pub fn share(&self) -> f64 {
        self.share_of(self.busy_us)
    }

    /// The share that the machine's host gave to others, of 1.
    pub fn stolen(&self) -> f64 {
        self.share_of(self.stolen_us)
    }

    /// The share of their time that its threads waited for a processor, of 1.
    pub fn waited(&self) -> f64 {
        self.share_of(self.waited_us)
    }

    fn share_of(&self, part_us: u64) -> f64 {
        if self.available_us == 0 { 0.0 } else { part_us as f64 / self.available_us as f64 }
    }

    /// The greatest share of any one interval and process, of 1.
    pub fn peak(&self) -> f64 {
        self.peak_ppm as f64 / 1e6
    }
}

/// Stands for [`VERSION`] in a snapshot's serialized form: it can't be read as any other.
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

/// All that was counted in a window of time. Merging is exact, associative and commutative; [`Snapshot::empty`] is its neutral
/// element. Serialized, it is a frame of the distributed test and a part of the JSON report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    version: FormatVersion,
    /// What it covers; `None` before anything was counted.
    pub window: Option<Window>,
    /// The lines of the report.
    pub names: Vec<RowStats>,
    /// Failures, with examples.
    pub failures: Failures,
    /// Users, by thread: the newest of each counts.
    pub sources: BTreeMap<u32, Gauge>,
    /// How much later than intended iterations began.
    pub lag: Durations,
    /// The generator's own load.
    pub cpu: Cpu,
    /// Arrivals that found no free user.
    pub missed: u64,
}

impl Snapshot {
    /// Nothing counted, for a report of this many lines.
    pub fn empty(names: usize) -> Self {
        Self { names: vec![RowStats::default(); names], ..Self::default() }
    }

    /// Adds another's, keeping [`EXAMPLES`] examples of each kind of failure.
    pub fn merge(&mut self, other: &Self) {
        self.merge_keeping(other, EXAMPLES);
    }

    /// Adds another's, keeping up to `examples` of each kind of failure.
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

    /// What was counted so far, leaving nothing but the memory it was counted in.
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

    /// What isn't of a line of the report: all but failures.
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

    /// The same as of a part of a test that began so much later, whose threads are numbered from there on.
    #[must_use]
    pub fn later(mut self, shift_us: u64, sources_from: u32) -> Self {
        self.window = self.window.map(|window| Window { from_us: window.from_us + shift_us, to_us: window.to_us + shift_us, ..window });
        let sources = std::mem::take(&mut self.sources);
        let shifted =
            |(source, gauge): (u32, Gauge)| (source.saturating_add(sources_from), Gauge { at_us: gauge.at_us + shift_us, ..gauge });
        self.sources = sources.into_iter().map(shifted).collect();
        self
    }

    /// All steps together, and failures outside of steps. Groups are left out: their steps are in already.
    pub fn total(&self, names: &[ReportRow]) -> RowStats {
        let mut total = RowStats::default();
        for (line, name) in self.names.iter().zip(names) {
            if name.kind != RowKind::Group {
                total.merge(line);
            }
        }
        total
    }

    /// How many users there are, all threads together.
    pub fn users(&self) -> u64 {
        self.sources.values().map(|gauge| gauge.users).sum()
    }

    /// How many users the plan says.
    pub fn planned(&self) -> u64 {
        self.sources.values().map(|gauge| gauge.planned).sum()
    }

    /// How many requests are in flight, all threads together.
    pub fn waiting(&self) -> u64 {
        self.sources.values().map(|gauge| gauge.waiting).sum()
    }

    /// How long the oldest request in flight has waited; zero where none is.
    pub fn oldest(&self) -> Duration {
        Duration::from_micros(self.sources.values().map(|gauge| gauge.oldest_us).max().unwrap_or(0))
    }

    /// How long the covered window is.
    pub fn length(&self) -> Duration {
        self.window.map_or(Duration::ZERO, |window| window.length())
    }

    /// A number of events of this window as a rate per second.
    pub fn rate(&self, events: u64) -> f64 {
        rate(events, self.length())
    }
}

/// Events per second; 0 where no time has passed.
pub fn rate(events: u64, elapsed: Duration) -> f64 {
    if elapsed.is_zero() { 0.0 } else { events as f64 / elapsed.as_secs_f64() }
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
