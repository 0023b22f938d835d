//! An expectation as the spec has it.

use crate::base::place::Place;

/// An expectation as the spec writes it.
#[derive(Clone, Copy, Debug)]
pub struct Expectation {
    /// Where it stands.
    pub at: Place,
    /// `json { id: string }`.
    pub written: &'static str,
}

/// An expectation's place and text.
pub const fn expected(at: Place, written: &'static str) -> Expectation {
    Expectation { at, written }
}
