//! The statements and steps that users run, and which variables have a value after each.

pub(super) mod about_time;
pub(super) mod assignment;
pub(super) mod control_flow;
pub(super) mod exchange;
pub(super) mod expectations;
pub(super) mod finally;
pub(super) mod foreign_calls;
pub(super) mod foreign_expectations;
pub(super) mod inject_waits;
pub(super) mod parallel;
pub(super) mod request_parts;
pub(super) mod step;
pub(super) mod stmt;
pub(super) mod takes;
