//! What the compiler knows of a spec, as data: no function, and nothing that changes.

use std::time::Duration;

use ecow::EcoString;

use crate::base::location::Location;
use crate::stats::{FailureClass, FailureKey, NO_NAME, NO_PLACE, RowKind};
use crate::value::Type;

/// What locations, report rows and steps are looked up in while users run.
#[derive(Clone, Copy, Debug)]
pub struct Tables {
    /// The spec's files, in order of [`Location::file`].
    pub files: &'static [&'static str],
    /// All locations that failures may name, sorted.
    pub locations: &'static [Location],
    /// The report's rows.
    pub lines: &'static [RowInfo],
    /// Steps in order of the source.
    pub steps: &'static [StepInfo],
    /// JSONPaths.
    pub paths: &'static [&'static str],
}

impl Tables {
    /// The report row of what fails outside of steps and is no `fail` statement, behind all [`Self::lines`]: an expression has no value,
    /// a `poll` has no step.
    pub fn outside(&self) -> u32 {
        u32::try_from(self.lines.len()).unwrap_or(NO_NAME)
    }

    /// How many rows the report has.
    pub fn rows(&self) -> usize {
        self.lines.len() + 1
    }

    /// `specs/tpdata.lt:31:5`.
    pub fn location(&self, at: Location) -> String {
        format!("{}:{}:{}", self.files[usize::from(at.file)], at.line, at.column)
    }

    /// The key by which failures are grouped.
    pub(crate) fn failure_key(&self, name: u32, class: FailureClass, at: Location, kind: EcoString) -> FailureKey {
        let place = self.locations.binary_search(&at).ok().and_then(|place| u32::try_from(place).ok());
        FailureKey { name, class, place: place.unwrap_or(NO_PLACE), kind }
    }
}

/// A line of the report.
#[derive(Debug)]
pub struct RowInfo {
    /// `Checkout / Pay`.
    pub name: &'static str,
    /// The method of its requests; empty where it has none, or several.
    pub method: &'static str,
    /// What it stands for.
    pub kind: RowKind,
}

/// A step of the source.
#[derive(Debug)]
pub struct StepInfo {
    /// Its line.
    pub line: u32,
    /// The sequence it stands in.
    pub context: &'static str,
    /// Checked, not recorded.
    pub skip: bool,
    /// On failure the iteration is over.
    pub interrupt: bool,
    /// Whether anything reads the body of the answer. Where not, only its first bytes are kept, however large it is.
    pub reads_body: bool,
    /// Where not, a status from 400 up is a failure.
    pub expects_status: bool,
    /// Where it stands.
    pub at: Location,
}

/// A key of the environment.
#[derive(Debug)]
pub struct EnvKey {
    /// `tpdata.url`.
    pub path: &'static str,
    /// What its value is read as.
    pub kind: Type,
    /// Where it is used first.
    pub at: Location,
}

/// A data source.
#[derive(Debug)]
pub struct DataInfo {
    /// Its name.
    pub name: &'static str,
    /// The file it came from.
    pub path: &'static str,
    /// Its columns.
    pub columns: &'static [&'static str],
    /// Its rows: a JSON list of lists, in order of the columns.
    pub rows: &'static str,
    /// `order random`.
    pub random: bool,
    /// `share unique`.
    pub unique: bool,
    /// What happens when no row is left.
    pub at_end: AtEnd,
}

impl DataInfo {
    /// How many rows it has.
    pub fn count(&self) -> u64 {
        serde_json::from_str::<Vec<serde::de::IgnoredAny>>(self.rows).map_or(0, |rows| rows.len() as u64)
    }
}

/// What happens when a data source has no row left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtEnd {
    /// It starts again.
    Recycle,
    /// The user stops.
    StopUser,
    /// The test stops.
    StopTest,
}

/// A file that is carried.
#[derive(Debug)]
pub struct Asset {
    /// Its path as the spec names it.
    pub path: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

/// What the binary was built with.
#[derive(Debug)]
pub struct Embedded {
    /// The profile's path as it was named, and its text.
    pub profile: Option<(&'static str, &'static str)>,
    /// `config/*.yml` but the credentials: file stem and text.
    pub environments: &'static [(&'static str, &'static str)],
}

/// A wait between iterations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Evenly between the two, both included.
    Between(Duration, Duration),
    /// One start in each such time.
    Pacing(Duration),
}
