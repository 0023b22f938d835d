//! The parts that an import converted, and those that it left out.

use indexmap::{IndexMap, IndexSet};

/// The counts of an import, which the summary prints.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// The number of imported parts of each kind, by the kind's plural: `requests`, `expectations`.
    pub carried: IndexMap<String, usize>,
    /// The parts that were not imported.
    pub left: Vec<Left>,
    /// Parts that were left out on purpose, as the documentation describes: `static files`, `requests to third parties`.
    pub skipped: IndexMap<String, usize>,
    /// Advice for the user: variables to set, files to add.
    pub advice: IndexSet<String>,
}

/// A part that was not imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Its kind, as a plural that the summary counts: `options`, `assertions`.
    pub kind: String,
    /// Its text, and why it was left out, on one line.
    pub what: String,
    /// The file as the user named it.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
}

impl Left {
    /// The comment for the spec.
    pub fn comment(&self) -> String {
        format!("not imported, {}:{}: {}", self.file, self.line, self.what)
    }
}

impl Tally {
    /// Counts parts that were imported.
    pub fn carry(&mut self, kind: &str, count: usize) {
        if count > 0 {
            *self.carried.entry(kind.to_owned()).or_default() += count;
        }
    }

    /// Counts parts that were left out on purpose.
    pub fn skip(&mut self, kind: &str, count: usize) {
        if count > 0 {
            *self.skipped.entry(kind.to_owned()).or_default() += count;
        }
    }

    /// Counts a part that could not be imported. Returns the comment for the spec, to be put in its place.
    pub fn leave(&mut self, kind: &str, what: impl Into<String>, file: &str, line: usize) -> String {
        let what = what.into().split_whitespace().collect::<Vec<_>>().join(" ");
        let left = Left { kind: kind.to_owned(), what, file: file.to_owned(), line };
        let comment = left.comment();
        self.left.push(left);
        comment
    }

    /// Adds advice for the user, without duplicates.
    pub fn advise(&mut self, advice: impl Into<String>) {
        self.advice.insert(advice.into());
    }
}
