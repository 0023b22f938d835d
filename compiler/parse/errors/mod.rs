//! What to report about text that does not parse.

mod foreign_syntax;
mod foreign_words;
mod recovery;
mod syntax_errors;

pub(super) use recovery::ROUNDS;
