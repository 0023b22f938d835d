//! Judges thresholds on the merged results of all machines: over sliding windows at each interval, and over the whole test at the end. The
//! result is one [`Verdict`] per threshold, which every report shows.

mod evaluator;
mod measured;
mod value;
mod verdict;

pub(crate) use evaluator::ThresholdEvaluator;
pub(crate) use verdict::again;
pub(crate) use verdict::{Status, Verdict};

#[cfg(test)]
pub(crate) use value::Value;
