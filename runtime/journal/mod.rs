//! The journal of a run. It appends the results of each interval to a file, so that a crash, `kill -9` or a closed laptop loses no more
//! than the current interval.
//!
//! A run has a directory. Its file `journal` begins with the information that is known before the load (a JSON line). Then come one frame
//! per interval with the merged results of all machines, notes and states of thresholds as JSON lines, and the end. A line that is cut off
//! is ignored. No line contains a secret, because the journal contains only what reports show.

mod disk;
mod reader;
mod writer;

use serde::{Deserialize, Serialize};

use crate::report::{RunInfo, Setup};
use crate::thresholds::Verdict;
use ltc_engine::stats::ReportRow;

pub(crate) use disk::{AppendFile, Disk};
pub(crate) use reader::read;
pub(crate) use writer::{Journal, RUNS, RunDirectory};

/// The file in the run's directory.
pub(crate) const FILE: &str = "journal";

/// The version of the format.
const FORMAT: u32 = 1;

/// A line that isn't a frame.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry {
    /// The load begins.
    Begin(Box<Begin>),
    /// The state of the thresholds after the interval before this line.
    Thresholds(Vec<Verdict>),
    /// A note for the report.
    Note(String),
    /// The run is over, and this is its report without the results.
    End(Box<End>),
}

/// The information that is known before the load.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Begin {
    pub(crate) format: u32,
    pub(crate) run: RunInfo,
    pub(crate) names: Vec<ReportRow>,
    pub(crate) places: Vec<String>,
    /// The interval of results, microseconds.
    pub(crate) interval_us: u64,
    /// The requests before the load.
    #[serde(default)]
    pub(crate) setup: Setup,
}

/// The information that is known only at the end.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) run: RunInfo,
    pub(crate) setup: Setup,
    pub(crate) thresholds: Vec<Verdict>,
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
