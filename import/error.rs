//! Errors of an import: each with its location and a fix.

use std::fmt;

/// Why an import failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportError {
    /// The file as the user named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// The error: lower case, no full stop.
    pub message: String,
    /// The fix, which begins with a verb.
    pub help: Option<String>,
}

impl ImportError {
    /// An error at a location.
    pub fn new(file: &str, line: usize, column: usize, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, column, message: message.into(), help: None }
    }

    /// Sets the fix.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// An error of the JSON reader.
    pub fn json(file: &str, error: &serde_json::Error) -> Self {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message);
        Self::new(file, error.line().max(1), error.column().max(1), format!("invalid JSON: {message}"))
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

impl std::error::Error for ImportError {}
