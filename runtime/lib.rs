//! The run time of ltc: what a compiled load test is linked against.
//!
//! The generated crate is a [`Program`](ltc_engine::program::Program) and one function a sequence, of what [`generated`] names; [`main`] does
//! the rest:
//!
//! ```text
//! profile, environment ─ schedule ─ workers ─ user ─ step … ─ snapshots ─ merge ─ progress, listeners, report
//!                        └───────────────── ltc_engine ───────────────┘
//! ```

mod debug;
mod entry;
mod listeners;
mod moment;
mod open_files;
pub mod orchestrator;
mod progress;
pub mod report;
mod saturation;
mod say;
pub mod thresholds;
mod web;

pub use entry::main;
pub use ltc_engine::generated;
pub use ltc_engine::workers::in_memory;
