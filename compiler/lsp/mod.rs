//! The language server: `ltc lsp`, over standard input and output.
//!
//! `server` receives messages and answers them; `workspace` has the open buffers over the files on disk. `analysis` checks a spec with
//! the same pure phases as `ltc check`, and `index` resolves the names of its tree. Each other module is one feature: a function of an
//! analysis and a place.
//!
//! Messages are JSON values, made with `json!`: the crate of the protocol's types is not kept any more, and the server's tests compare
//! whole messages.
//!
//! **Invariants.** The server keeps nothing but the open buffers; all else is worked out from them and the files, and forgotten when one
//! changes. It writes no file. Broken text never stops it: parsing cannot fail, and a bug that panics fails one request.

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
mod navigate;
mod outline;
mod refactor;
mod rename;
mod server;
mod text;
mod uri;
mod view;
mod walk;
mod walk_expr;
mod workspace;

pub use server::serve;
