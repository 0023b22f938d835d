//! The language server: `ltc lsp`, over standard input and output.
//!
//! `server` receives messages and answers them; `workspace` combines the open buffers with the files on disk. `analysis` checks a spec with
//! the same pure phases as `ltc check`, and `index` resolves the names of its tree. Each other module is one feature: a function of an
//! analysis and a location.
//!
//! Messages are JSON values, built with `json!`: the crate with the protocol's types is no longer maintained, and the server's tests
//! compare whole messages.
//!
//! **Invariants.** The server stores only the open buffers. It computes everything else from them and the files, and discards it when one
//! of them changes. It writes no file. Broken text never stops it: parsing cannot fail, and a panic fails only one request.

mod actions;
mod analysis;
mod complete;
mod context;
mod diagnose;
#[cfg(test)]
mod fix_tests;
mod fixes;
mod hover;
mod index;
#[cfg(test)]
mod mutation_tests;
mod navigate;
mod outline;
mod refactor;
mod rename;
mod server;
mod stdio;
mod text;
mod uri;
mod view;
mod walk;
mod walk_expr;
mod words;
mod workspace;

pub use server::{QUIET, serve, serve_on};
