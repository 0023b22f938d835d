//! The grammar of `.lt`, compiled by pest. `lt.pest` next to this file defines the syntax, and the language reference the meaning.
#![expect(missing_docs, reason = "pest derives one undocumented variant a rule")]

pub mod words;

/// The parser that pest derives from `lt.pest`.
#[derive(pest_derive::Parser)]
#[grammar = "lt.pest"]
pub struct LtParser;
