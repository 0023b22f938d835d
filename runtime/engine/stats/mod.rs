//! Statistics: the counts of each worker thread, and snapshots of them once per interval.
//!
//! A [`Recorder`] belongs to one thread and allocates nothing per sample. Only its [`Snapshot`]s leave the thread. They merge exactly, in
//! any order and grouping, over time, threads and machines. The report rows are fixed when the test is built, so the memory doesn't grow
//! with the number of requests.

mod cell;
mod counts;
mod durations;
mod failures;
mod history;
#[cfg(test)]
mod long_run_tests;
mod point;
mod points;
mod recorder;
mod room;
mod row;
mod snapshot;
mod timeline;
mod traffic;
mod v2;
mod varint;

pub use cell::{Cell, Sketch};
pub use durations::{Durations, PERCENTILE_NAMES, PERCENTILES, PackedDurations, Summary, micros};
pub use failures::{EXAMPLES, Example, FailureClass, FailureKey, Failures, KINDS, KINDS_OF_ROW, Occurrences};
pub use history::History;
pub use point::Point;
pub use recorder::{Recorder, Sample};
pub use row::RowStats;
pub use snapshot::rate;
pub use snapshot::{Cpu, Gauge, Snapshot, Window};
pub use timeline::Timeline;
pub use traffic::{Phases, Traffic};

use serde::{Deserialize, Serialize};

/// The name of a failure outside of steps.
pub const NO_NAME: u32 = u32::MAX;

/// The location of a failure without a location in the spec.
pub const NO_PLACE: u32 = u32::MAX;

/// The kind of a report row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RowKind {
    /// One step: a request with its expectations.
    #[default]
    Step,
    /// A `group`: the time of several steps. The total already contains its steps, so it doesn't contain the group.
    Group,
    /// Failures outside of steps: `fail`, and expressions without a value. It has no requests; its failures are part of the total.
    Fail,
}

/// A report row. The table has the order of the report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRow {
    /// The step's name, after that of its groups: `Checkout / Pay`.
    pub name: String,
    /// The kind of the row.
    pub kind: RowKind,
    /// The HTTP method of the step's request; empty if it has none, or several.
    pub method: String,
}

impl ReportRow {
    /// A step.
    pub fn step(name: impl Into<String>, method: impl Into<String>) -> Self {
        Self { name: name.into(), kind: RowKind::Step, method: method.into() }
    }

    /// A group.
    pub fn group(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: RowKind::Group, method: String::new() }
    }

    /// Failures outside of steps.
    pub fn fail(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: RowKind::Fail, method: String::new() }
    }
}
