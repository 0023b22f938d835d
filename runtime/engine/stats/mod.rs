//! Statistics: what each worker thread counts, and the snapshots that are taken of it once an interval.
//!
//! A [`Recorder`] belongs to one thread and allocates nothing per sample. Its [`Snapshot`]s are all that leaves the thread: they merge
//! exactly, in any order and any grouping, over time, threads and machines. The lines of the report are fixed when the test is
//! built, so memory doesn't grow with what is requested.

mod durations;
mod failures;
mod history;
mod recorder;
mod row;
mod snapshot;
mod timeline;
mod traffic;
mod v2;

pub use durations::{Durations, PERCENTILE_NAMES, PERCENTILES, PackedDurations, Summary, micros};
pub use failures::{EXAMPLES, Example, FailureClass, FailureKey, Failures, KINDS, KINDS_OF_ROW, Occurrences};
pub use history::{Cell, History, Sketch};
pub use recorder::{Recorder, Sample};
pub use row::RowStats;
pub use snapshot::rate;
pub use snapshot::{Cpu, Gauge, Snapshot, Window};
pub use timeline::{Point, Timeline};
pub use traffic::{Phases, Traffic};

use serde::{Deserialize, Serialize};

/// The name of a failure outside of any step.
pub const NO_NAME: u32 = u32::MAX;

/// The location of a failure that has none in the spec.
pub const NO_PLACE: u32 = u32::MAX;

/// What a report row stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RowKind {
    /// One step: a request with its expectations.
    #[default]
    Step,
    /// A `group`: the time of several steps. Not part of the total, which its steps are in already.
    Group,
    /// Failures outside of steps: `fail`, and expressions that have no value. It has no requests; its failures are part of the total's.
    Fail,
}

/// A line of the report. Their order in the table is the report's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRow {
    /// The step's name with its groups': `Checkout / Pay`.
    pub name: String,
    /// What it stands for.
    pub kind: RowKind,
    /// The HTTP method of the step's request; empty where it has none, or several.
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
