//! The runtime of ltc: the library that a compiled load test is linked with.
//!
//! ```text
//! profile, environment ─ schedule ─ workers ─ user ─ step … ─ snapshots ─ merge ─ progress, listeners, report
//!                        └───────────────── ltc_engine ───────────────┘
//! ```
//!
//! The generated crate is a [`Program`](ltc_engine::program::Program): tables, and one function for each sequence, written in the words of
//! [`generated`]. Its `main` calls [`main`], which reads the command line and does one of these:
//!
//! - **Debug**: one user runs every scenario once, and each exchange is shown in full.
//! - **Load from this machine**: the profile becomes a [`Plan`](ltc_engine::schedule::Plan), health checks and `before test` run, and
//!   [`Engine::start`](ltc_engine::workers::Engine::start) runs the plan's users on a thread for each core. Once an interval the engine
//!   hands over a [`Snapshot`](ltc_engine::stats::Snapshot) of what was counted; snapshots merge exactly.
//! - **A distributed test**: [`orchestrator`] cuts the plan into shards and intervals, has each run by a process or an AWS Lambda function,
//!   which runs the same engine, and merges their snapshots as they come. `deploy`, `status` and `destroy` look after the functions.
//! - **Reports** of earlier runs: they are read, merged and compared.
//!
//! Both kinds of load end alike. Each merged snapshot goes to the live screen, the live page and the listeners, and is judged by
//! thresholds that may stop the test. At the end everything is one report, which computes the verdict once and is
//! then printed, and written as JSON, CSV, HTML, JUnit or Markdown.
//!
//! The public surface is small: [`main`] and [`generated`] for the generated crate, and for the benchmarks [`in_memory`] and the part of
//! [`orchestrator`] that merges frames. [`in_memory`] runs one user without sockets, so that instructions can be counted.

mod debug;
mod entry;
mod journal;
mod level;
mod listeners;
mod live;
mod open_files;
pub mod orchestrator;
mod panics;
mod progress;
mod replace;
mod report;
mod runs;
mod saturation;
mod say;
mod thresholds;
mod web;

pub use entry::main;
pub use ltc_engine::generated;
pub use ltc_engine::workers::in_memory;

#[cfg(test)]
#[path = "../tests/tools.rs"]
mod tools;
