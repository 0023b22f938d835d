//! What an import carried over, and what it left out.

use indexmap::IndexMap;

/// The account of an import: the summary prints it.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many things of a kind were carried over, by the kind's plural: `requests`, `expectations`.
    pub carried: IndexMap<String, usize>,
    /// What was not.
    pub left: Vec<Left>,
    /// What was left out on purpose, as the documentation describes: `static files`, `requests to third parties`.
    pub skipped: IndexMap<String, usize>,
    /// Advice for the user: variables to set, files to add.
    pub advice: Vec<String>,
}

/// Something that was not carried over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// What it is, as a plural that the summary counts: `options`, `assertions`.
    pub kind: String,
    /// What it says, and why it was left out: one line.
    pub what: String,
    /// The file as the user named it.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
}

impl Left {
    /// The comment that the spec gets.
    pub fn comment(&self) -> String {
        format!("not imported, {}:{}: {}", self.file, self.line, self.what)
    }
}

impl Tally {
    /// Counts things that were carried over.
    pub fn carry(&mut self, kind: &str, count: usize) {
        if count > 0 {
            *self.carried.entry(kind.to_owned()).or_default() += count;
        }
    }

    /// Counts things that were left out on purpose.
    pub fn skip(&mut self, kind: &str, count: usize) {
        if count > 0 {
            *self.skipped.entry(kind.to_owned()).or_default() += count;
        }
    }

    /// Counts something that could not be carried over. Gives the comment for the spec: `Stmt::Comment` where it would have been.
    pub fn leave(&mut self, kind: &str, what: impl Into<String>, file: &str, line: usize) -> String {
        let what = what.into().split_whitespace().collect::<Vec<_>>().join(" ");
        let left = Left { kind: kind.to_owned(), what, file: file.to_owned(), line };
        let comment = left.comment();
        self.left.push(left);
        comment
    }

    /// Advises the user, once.
    pub fn advise(&mut self, advice: impl Into<String>) {
        let advice = advice.into();
        if !self.advice.contains(&advice) {
            self.advice.push(advice);
        }
    }
}
