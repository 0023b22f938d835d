//! Thresholds are judged on the merged results, whatever machines they come from: each interval over sliding windows, at the end over
//! the whole test. What was found is a [`Verdict`] a threshold, which every report shows.

mod evaluator;
mod measured;
mod value;
mod verdict;

pub(crate) use evaluator::ThresholdEvaluator;
pub(crate) use verdict::again;
pub(crate) use verdict::{Status, Verdict};

#[cfg(test)]
pub(crate) use value::Value;
