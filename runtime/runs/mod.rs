//! Runs of distributed tests, seen from outside: which are in progress, how to end one, and the report of the results its functions kept.

mod collect;
mod record;
mod state;

pub(crate) use collect::collect;
pub(crate) use record::RunRecord;
pub(crate) use state::{FoundRun, RunState, find};
