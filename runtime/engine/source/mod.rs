//! Sources of takes: what a response holds, by JSON path, JSONPath, CSS selector, regular expression, form.
//!
//! `None` always means that nothing was found: the take falls back to its `else`, or fails its step.

pub mod form;
pub mod html;
pub mod json;
pub mod jsonpath;
mod members;
pub mod regex;

pub use form::{fill_form, form_of};
pub use html::Page;
pub(crate) use json::json_path_members;
pub use json::{Step, json_path, json_path_bytes, json_value, why_nothing};
pub use jsonpath::JsonPathQuery;
pub(crate) use members::{Mark, Members};
pub use regex::take_regex;

use crate::functions::Rng;
use crate::value::Value;

/// Which of several things that a source finds.
#[derive(Clone, Copy, Debug)]
pub enum Pick<'a> {
    /// The first; of a JSONPath that may name several, all.
    One,
    /// `all`: a list of them.
    All,
    /// `any`: one at random.
    Any(&'a Rng),
}

impl Pick<'_> {
    fn of(self, mut found: impl Iterator<Item = Value>) -> Option<Value> {
        match self {
            Self::One => found.next(),
            Self::All => {
                let all: Vec<Value> = found.collect();
                (!all.is_empty()).then(|| all.into())
            }
            Self::Any(rng) => {
                let mut all: Vec<Value> = found.collect();
                (!all.is_empty()).then(|| all.swap_remove(rng.place(all.len())))
            }
        }
    }
}
