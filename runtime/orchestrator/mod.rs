//! Distributed tests: a plan that is divided into shards and intervals, functions that run the parts, and one orchestrator that merges the
//! results they stream back.
//!
//! ```text
//! plan ─ fleet (shards × intervals) ─ event ─▶ backend ─▶ function: shard ─ engine
//!                                                              │ frames
//! results ◀─ collector (an interval of all shards) ◀───────────┘
//! ```
//!
//! The two sides share only an [`event`] and the [`frame`]s that answer it. A [`backend`] transports them: AWS Lambda, or processes on this
//! machine.

pub(crate) mod aws;
pub mod backend;
pub mod collector;
pub(crate) mod control;
pub mod cost;
pub mod event;
#[cfg(test)]
mod fake_backend;
mod fault;
pub mod fleet;
pub mod frame;
pub mod hand_over;
pub(crate) mod kept;
pub mod lead;
mod listening;
pub(crate) mod missing;
pub(crate) mod notes;
pub(crate) mod orchestrate;
mod pauses;
pub(crate) mod process;
mod received;
mod regions;
pub(crate) mod run_store;
pub(crate) mod seal;
pub(crate) mod shard;
mod sharing;
pub(crate) mod silent;
#[cfg(test)]
mod simulation;
pub(crate) mod supervisor;
pub(crate) mod timeouts;
mod wire;
