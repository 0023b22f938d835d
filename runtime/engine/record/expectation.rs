//! An expectation as the spec has it.

use crate::base::location::Location;

/// An expectation as the spec writes it.
#[derive(Clone, Copy, Debug)]
pub struct Expectation {
    /// Where it stands.
    pub at: Location,
    /// `json { id: string }`.
    pub written: &'static str,
}

/// An expectation's location and text.
pub const fn expected(at: Location, written: &'static str) -> Expectation {
    Expectation { at, written }
}
