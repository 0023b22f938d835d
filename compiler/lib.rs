//! ltc, the load test compiler: from a page of `.lt` to one native binary that debugs, generates load, and deploys itself.
//!
//! ```text
//! specs/x.lt ─ parse ─ ast ─ check ─ model ─ emit ─ Rust ─ build (cargo) ─ ./x
//! ```
//!
//! A command of [`cli`] asks [`project::find`] which spec, profile and environment its words mean. [`pipeline::check`] then reads these
//! files, and all files that the spec names, and hands their texts to three pure functions:
//!
//! 1. [`parse::parse`] makes a tree ([`ast::File`]) of a text. It cannot fail: what doesn't parse is a node of its own beside a diagnostic,
//!    so that the rest is still checked.
//! 2. [`check::check`] resolves the tree to a [`model::Program`]: names, types, keys in their final spelling, columns, environment keys, and
//!    what may be unassigned where. It reports everything that is wrong at once; only a program without errors goes on.
//! 3. [`emit::emit`] writes the model as the Rust of a small crate, whose tables and functions name `ltc_runtime::generated` and nothing else.
//!
//! [`build::Builder::compile`] compiles that crate. The runtime's sources are packed into `ltc` itself; they are unpacked into a cache and
//! compiled there once, and a spec then costs about a second.
//!
//! Mistakes are [`diagnostic::Diagnostic`]s, each with a code that has a page in `docs/errors/`; [`diagnostic::render`] shows them beside their
//! source. [`demo`] is the server that the example specs talk to.
//!
//! `ltc_runtime` says what the binary does when it runs, and `ltc_engine` how it generates load. Neither of them knows this crate: the
//! generated crate is the only link.
//!
//! This library is no API: it exists for the program `ltc`, its tests, fuzz targets and benchmarks. They use the functions linked above,
//! the diagnostics, and the table of functions in [`check::functions`].

pub mod ast;
pub mod build;
pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod emit;
mod foreign;
pub mod format;
pub mod lsp;
pub mod model;
pub mod parse;
pub mod pipeline;
pub mod project;
#[cfg(test)]
mod reached_tests;
mod schema;
pub mod source;
pub mod span;
pub mod token;

pub use ltc_demo as demo;
