//! ltc, the load test compiler: compiles a `.lt` file to one native binary that debugs, generates load, and deploys itself.
//!
//! ```text
//! specs/x.lt ─ parse ─ ast ─ check ─ model ─ emit ─ Rust ─ build (cargo) ─ ./x
//! ```
//!
//! A command of [`cli`] calls [`project::find`] to find the spec, profile and environment that its arguments select. [`pipeline::check`]
//! then reads these files and all files that the spec names, and passes their texts to three pure functions:
//!
//! 1. [`parse::parse`] turns a text into a tree ([`ast::File`]). It cannot fail: text that doesn't parse becomes its own kind of node, and
//!    a diagnostic, so that the rest is still checked.
//! 2. [`check::check`] resolves the tree to a [`model::Program`]: names, types, keys in their final spelling, columns, environment keys,
//!    and which variables may be unassigned. It reports all errors at once; only a program without errors is compiled.
//! 3. [`emit::emit`] writes the model as the Rust of a small crate, whose tables and functions use only `ltc_runtime::generated`.
//!
//! [`build::Builder::compile`] compiles that crate. `ltc` contains the runtime's sources; it unpacks them into a cache and compiles them
//! there once. After that, a spec takes about a second.
//!
//! Errors and warnings are [`diagnostic::Diagnostic`]s, each with a code that has a page in `docs/errors/`; [`diagnostic::render`] shows
//! them with their source. [`demo`] is the server that the example specs test.
//!
//! `ltc_runtime` documents what the binary does when it runs, and `ltc_engine` how it generates load. Neither of them depends on this
//! crate: the generated crate is the only link.
//!
//! This library has no stable API: it exists for the program `ltc`, its tests, fuzz targets and benchmarks. They use the functions linked
//! above, the diagnostics, and the table of functions in [`check::functions`].

pub mod ast;
pub mod build;
pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod doc;
pub mod emit;
mod env_text;
mod foreign;
pub mod format;
pub mod lsp;
pub mod model;
mod output_path;
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
