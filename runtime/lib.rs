//! The run time of ltc: what a compiled load test is linked against.
//!
//! The generated crate is a [`program::Program`] and one function a sequence; [`main`] does the rest:
//!
//! ```text
//! profile, environment ─ schedule ─ engine ─ user ─ step ─ request ─ http ─ response ─ expect, take
//!                                                     └ samples ─ stats ─ snapshots ─ merge ─ progress, report
//! ```

mod clock;
#[cfg(test)]
mod counting;
mod data;
mod debug;
mod engine;
mod entry;
mod exchange;
pub mod expr;
pub mod flow;
pub mod functions;
pub mod generated;
pub mod http;
mod listeners;
pub mod matcher;
mod moment;
mod observe;
pub mod orchestrator;
pub mod place;
pub mod program;
mod progress;
pub mod report;
pub mod request;
pub mod response;
pub mod schedule;
pub mod scope;
mod show;
pub mod source;
pub mod stats;
pub mod step;
mod submit;
pub mod thresholds;
pub mod user;
pub mod value;
mod web;
mod world;

pub use entry::main;
