//! Details of a step's expectations and captures, for observers that want them.

use super::expectation::Expectation;
use crate::value::Value;

/// A detail of a step. Details are kept in order, and only if the observer wants them.
#[derive(Debug)]
pub enum Detail {
    /// An expectation with its result: the actual value if it says more than the expectation, or the message of the failure.
    Verdict(Expectation, Result<Option<String>, String>),
    /// A name and the value that it took.
    Took(String, Value),
    /// A name that found nothing, so that its `else` counts.
    Missed(String),
}
