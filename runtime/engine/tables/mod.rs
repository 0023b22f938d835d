//! The compiler's knowledge of a spec as constant data, without functions.

use std::time::Duration;

use ecow::EcoString;

use crate::base::location::Location;
use crate::stats::{FailureClass, FailureKey, NO_NAME, NO_PLACE, RowKind};
use crate::value::Type;

/// The tables for locations, report rows and steps that users need.
#[derive(Clone, Copy, Debug)]
pub struct Tables {
    /// The spec's files, in order of [`Location::file`].
    pub files: &'static [&'static str],
    /// All locations that failures may name, sorted.
    pub locations: &'static [Location],
    /// The report rows.
    pub lines: &'static [RowInfo],
    /// Steps in order of the source.
    pub steps: &'static [StepInfo],
    /// JSONPaths.
    pub paths: &'static [&'static str],
    /// Variables whose values are never shown.
    pub secrets: &'static [SecretVariable],
}

/// A variable whose value is a secret.
#[derive(Clone, Copy, Debug)]
pub struct SecretVariable {
    /// The variable.
    pub variable: Holder,
    /// The members that lead to the secret; empty if the whole value is secret.
    pub members: &'static [&'static str],
}

/// A variable that outlives an iteration, by its number.
#[derive(Clone, Copy, Debug)]
pub enum Holder {
    /// A `keep`.
    Keep(usize),
    /// A file-level `let`.
    Global(usize),
    /// A name of `before test`.
    Shared(usize),
}

impl Tables {
    /// The report row of failures outside of steps that aren't `fail` statements: an expression without a value, a `poll` without a step.
    /// It comes after all [`Self::lines`].
    pub fn outside(&self) -> u32 {
        u32::try_from(self.lines.len()).unwrap_or(NO_NAME)
    }

    /// The number of report rows.
    pub fn rows(&self) -> usize {
        self.lines.len() + 1
    }

    /// `specs/tpdata.lt:31:5`.
    pub fn location(&self, at: Location) -> String {
        format!("{}:{}:{}", self.files[usize::from(at.file)], at.line, at.column)
    }

    /// The key that groups failures.
    pub(crate) fn failure_key(&self, name: u32, class: FailureClass, at: Location, kind: EcoString) -> FailureKey {
        let place = self.locations.binary_search(&at).ok().and_then(|place| u32::try_from(place).ok());
        FailureKey { name, class, place: place.unwrap_or(NO_PLACE), kind }
    }
}

/// A report row.
#[derive(Debug)]
pub struct RowInfo {
    /// `Checkout / Pay`.
    pub name: &'static str,
    /// The method of its requests; empty if it has none, or several.
    pub method: &'static str,
    /// The kind of the row.
    pub kind: RowKind,
}

/// A step of the source.
#[derive(Debug)]
pub struct StepInfo {
    /// Its report row.
    pub line: u32,
    /// The sequence that contains it.
    pub context: &'static str,
    /// Whether it is checked, but not recorded.
    pub skip: bool,
    /// Whether a failure ends the iteration.
    pub interrupt: bool,
    /// Whether the spec reads the body of the response. If not, only its first bytes are kept.
    pub reads_body: bool,
    /// Whether it expects a status. If not, a status of 400 or more is a failure.
    pub expects_status: bool,
    /// Its location.
    pub at: Location,
}

/// A key of the environment.
#[derive(Debug)]
pub struct EnvKey {
    /// `tpdata.url`.
    pub path: &'static str,
    /// The type of its value.
    pub kind: Type,
    /// Whether the spec sends it as a credential.
    pub secret: bool,
    /// The location of its first use.
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
    /// The columns whose cells are never shown.
    pub secrets: &'static [&'static str],
    /// Its rows: a line for each, a JSON list in order of the columns. They stay in the binary, where the system maps them.
    pub rows: &'static [u8],
    /// `order random`.
    pub random: bool,
    /// `share unique`.
    pub unique: bool,
    /// What happens when all rows are used up.
    pub at_end: AtEnd,
    /// The user classes that keep rows of it, in a `keep` or in `on start`, as indices into the program's list.
    pub kept_by: &'static [usize],
    /// The user classes whose iterations draw rows of it.
    pub drawn_by: &'static [usize],
}

impl DataInfo {
    /// The number of its rows.
    pub fn count(&self) -> u64 {
        memchr::memchr_iter(b'\n', self.rows).count() as u64
    }
}

/// What happens when all rows of a data source are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtEnd {
    /// It starts again.
    Recycle,
    /// The user stops.
    StopUser,
    /// The test stops.
    StopTest,
}

/// A file that the binary contains.
#[derive(Debug)]
pub struct Asset {
    /// Its path in the spec.
    pub path: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

/// The copies of files from build time.
#[derive(Debug)]
pub struct Embedded {
    /// The profile's path as it was passed to the compiler, and its text.
    pub profile: Option<(&'static str, &'static str)>,
    /// `config/*.yml` except the credentials: file stem and text.
    pub environments: &'static [(&'static str, &'static str)],
}

/// A wait between iterations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// A random time between the two, both included.
    Between(Duration, Duration),
    /// One start per this time.
    Pacing(Duration),
}
