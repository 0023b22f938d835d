//! Frequent slips.
