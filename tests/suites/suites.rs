//! ltc against public test suites for clients and parsers. Each module reads the data of one suite, runs ltc's own code on every case, and
//! compares the failing cases with the list in `expected/`. `docs/conformance.md` shows the counts.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod cookies;
mod csv;
mod curl;
mod http2;
mod json;
mod jsonpath;
mod llhttp;
mod peer;
mod sigv4;
mod suite;
#[path = "../tools.rs"]
#[expect(dead_code, unused_imports, unused_macros, reason = "these tests need data, not programs")]
mod tools;
mod url;
mod wycheproof;
mod yaml;
