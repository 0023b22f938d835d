//! What was judged and taken in a step, for observers that want it.

use super::expectation::Expectation;
use crate::value::Value;

/// What was judged and taken in a step, in order; kept only where the observer wants it.
#[derive(Debug)]
pub enum Detail {
    /// An expectation: what was found where that says more than the expectation itself, or the message where it failed.
    Verdict(Expectation, Result<Option<String>, String>),
    /// A name and what it took.
    Took(String, Value),
    /// A name found nothing, so that its `else` counts.
    Missed(String),
}
