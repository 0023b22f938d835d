//! An error in a configuration file: its location, message and fix.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A location in a configuration file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The file as the user would name it: `specs/tpdata.profile.yml`.
    pub file: String,
    /// The line, from 1. It is 0 if the error is about the file as a whole.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// Bytes before the location.
    pub offset: usize,
    /// Bytes that the location spans.
    pub len: usize,
}

impl Location {
    /// The file as a whole.
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), ..Self::default() }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 { f.write_str(&self.file) } else { write!(f, "{}:{}:{}", self.file, self.line, self.column) }
    }
}

/// One error, or warning, about a configuration file.
///
/// Its `Display` is one line: `specs/x.profile.yml:4:3: unknown key "cleints" (did you mean `clients`?)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigError {
    /// The location.
    pub location: Location,
    /// The message, in the user's words.
    pub message: String,
    /// The fix.
    pub help: Option<String>,
}

impl ConfigError {
    /// An error without help.
    pub fn new(location: Location, message: impl Into<String>) -> Self {
        Self { location, message: message.into(), help: None }
    }

    /// Adds a fix.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a fix if one is known.
    #[must_use]
    pub fn with_help_if(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_is_one_line_with_location_and_help() {
        let location = Location { file: "specs/x.profile.yml".into(), line: 4, column: 3, offset: 40, len: 7 };
        let error = ConfigError::new(location, "unknown key \"cleints\"").with_help("did you mean `clients`?");
        assert_eq!(error.to_string(), "specs/x.profile.yml:4:3: unknown key \"cleints\" (did you mean `clients`?)");
        assert_eq!(ConfigError::new(Location::file("a.yml"), "is empty").to_string(), "a.yml: is empty");
    }
}
