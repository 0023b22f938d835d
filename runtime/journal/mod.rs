//! The journal of a run: its results on disk, appended as they come, so that a crash, `kill -9` or a closed laptop loses no more than the
//! current interval.
//!
//! A run has a directory. Its file `journal` begins with what is known before the load (a JSON line), followed by one frame per interval
//! with the merged results of all machines, by notes and states of thresholds as JSON lines, and by the end. A line that is cut off is
//! ignored. No line contains a secret, because the journal holds what reports show.

mod disk;
mod reader;
mod writer;

use serde::{Deserialize, Serialize};

use crate::report::{RunInfo, Setup};
use crate::thresholds::Verdict;
use ltc_engine::stats::ReportRow;

pub(crate) use disk::{AppendFile, Disk};
pub(crate) use reader::read;
pub(crate) use writer::{Journal, RUNS, default_directory};

/// The file in the run's directory.
pub(crate) const FILE: &str = "journal";

/// The version of the format.
const FORMAT: u32 = 1;

/// A line that is no frame.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry {
    /// The load begins.
    Begin(Box<Begin>),
    /// The state of the thresholds after the interval before this line.
    Thresholds(Vec<Verdict>),
    /// Something that belongs in the report.
    Note(String),
    /// The run is over, and this is its report without the results.
    End(Box<End>),
}

/// What is known before the load.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Begin {
    pub(crate) format: u32,
    pub(crate) run: RunInfo,
    pub(crate) names: Vec<ReportRow>,
    pub(crate) places: Vec<String>,
    /// The interval of results, microseconds.
    pub(crate) interval_us: u64,
}

/// What is known at the end.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) run: RunInfo,
    pub(crate) setup: Setup,
    pub(crate) thresholds: Vec<Verdict>,
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
