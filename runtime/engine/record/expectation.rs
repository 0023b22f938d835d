//! An expectation in the form of the spec.

use crate::base::location::Location;

/// An expectation in the form of the spec.
#[derive(Clone, Copy, Debug)]
pub struct Expectation {
    /// Its location.
    pub at: Location,
    /// `json { id: string }`.
    pub written: &'static str,
}

/// An expectation's location and text.
pub const fn expected(at: Location, written: &'static str) -> Expectation {
    Expectation { at, written }
}
