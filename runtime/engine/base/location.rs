//! Locations in the spec, which failures and verdicts name: `specs/tpdata.lt:31:5`.

/// A location in one of the spec's files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Location {
    /// Index into the program's files.
    pub file: u16,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

/// A location in the spec itself.
pub const fn at(line: u32, column: u32) -> Location {
    Location { file: 0, line, column }
}

/// A location in an imported file.
pub const fn at_in(file: u16, line: u32, column: u32) -> Location {
    Location { file, line, column }
}
