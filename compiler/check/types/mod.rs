//! Types and values known at build time: functions, operators, arguments and constants.

pub(super) mod args;
pub(super) mod const_eval;
pub mod functions;
mod kinds;
pub(super) mod ops;

pub use kinds::{
    Kinds, MATCHER_WORDS, TYPE_WORDS, a, article, comparable, declared, fits, join, join_all, list, named, without_content, word,
};
