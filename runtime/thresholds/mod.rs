//! Thresholds are judged on the merged results, whatever machines they come from: each interval over sliding windows, at the end over
//! the whole test. What was found is a [`Verdict`] a threshold, which every report shows.

mod evaluator;
mod measured;
mod value;
mod verdict;

pub(crate) use evaluator::ThresholdEvaluator;
pub use value::Value;
pub(crate) use verdict::again;
pub use verdict::{Status, Verdict};
