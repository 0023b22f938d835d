//! Sources of takes: parts of a response, found by JSON path, JSONPath, CSS selector, regular expression or form.
//!
//! `None` always means that nothing was found. The take then uses its `else`, or fails its step.

mod built;
pub mod form;
pub mod html;
mod indexed_bodies;
pub mod json;
pub mod jsonpath;
pub(crate) mod link;
mod member_index;
#[cfg(test)]
mod memory_tests;
pub mod regex;

pub use built::{BuiltPart, Quoting, build};
pub use form::{fill_form, form_of};
pub use html::Page;
pub(crate) use indexed_bodies::{IndexState, IndexedBodies};
pub use json::{PathStep, json_path_bytes};
pub(crate) use json::{json_path_members, push_key};
pub use jsonpath::JsonPathQuery;
pub(crate) use member_index::MemberIndex;
pub use regex::take_regex;

use crate::functions::Rng;
use crate::value::{Eval, Value};

/// Which of several matches to take.
#[derive(Clone, Copy, Debug)]
pub enum Pick<'a> {
    /// The first. For a JSONPath that may name several, all.
    One,
    /// `all`: a list of all.
    All,
    /// `any`: one at random.
    Any(&'a Rng),
}

impl Pick<'_> {
    pub(crate) fn of(self, mut found: impl Iterator<Item = Value>) -> Option<Value> {
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

/// Applies `all` or `any` to a list from a source.
pub fn picked(found: Option<Value>, pick: Pick<'_>) -> Eval<Option<Value>> {
    let Some(value) = found else { return Ok(None) };
    let items = value.into_list()?;
    Ok(match pick {
        Pick::One => items.first().cloned(),
        Pick::All => (!items.is_empty()).then_some(Value::List(items)),
        Pick::Any(rng) => (!items.is_empty()).then(|| items[rng.place(items.len())].clone()),
    })
}
