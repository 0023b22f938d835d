//! Expectations over JSON, headers and text.
//!
//! A [`Matcher`] is a static tree that generated code holds as a constant; a value that is known only when the test runs is `Arg(i)`.
//! There are two judges that agree on every document: [`judge`] over a [`Value`], which explains each mismatch, and [`matches_bytes`]
//! over raw JSON, which takes one pass and allocates nothing. [`judge_bytes`] puts them together.

mod bytes;
mod explain;
mod headers;
mod tree;
mod verdict_cache;

use std::cmp::Ordering;
use std::fmt;

use regex::Regex;

pub(crate) use bytes::holds_members;
pub use bytes::{judge_bytes, matches_bytes};
pub use headers::{judge_headers, judge_text};
pub use tree::judge;
pub(crate) use verdict_cache::VerdictCache;

use crate::value::{Number, Type, Value};

/// How many mismatches are told of one expectation.
pub const MOST_MISMATCHES: usize = 20;

/// What a value is expected to be.
#[derive(Clone, Copy, Debug)]
pub enum Matcher {
    /// `_`: anything, but something.
    Any,
    /// `absent`: no such member.
    Absent,
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number; equal to a float of the same number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A number that neither of these prints as it is written.
    Exact(&'static str),
    /// Text.
    Str(&'static str),
    /// Equal to the argument of this index; one that is absent means `absent`.
    Arg(usize),
    /// Like the argument of this index: as [`Matcher::Arg`], but its objects may have more members.
    Like(usize),
    /// `> 0`; `!=` holds of values of any type.
    Cmp(Op, Bound),
    /// `~ /re/`, the regex of this index; `!~` where `negated`. Both need a string.
    Regex {
        /// Its index in the program's table.
        index: usize,
        /// `!~`
        negated: bool,
    },
    /// `string`, `int`, `number`, …. JSON's only numbers are numbers: `int` is any whole one, `float` any.
    Type(Type),
    /// `{ … }`: these members and any more; no more where `exact`, which holds for all objects below too.
    Object {
        /// The members; keys are unique.
        members: &'static [(Key, Matcher)],
        /// Whether no other members may be there.
        exact: bool,
    },
    /// `[ … ]`: these items in this order; `..` stands before the item of index `rest` for any more.
    List {
        /// The items without `..`.
        items: &'static [Matcher],
        /// Where `..` stands: `Some(items.len())` at the end, `None` where there is none.
        rest: Option<usize>,
    },
    /// `each M`: a list whose items are all like this; an empty one is.
    Each(&'static Matcher),
    /// `A | B`
    OneOf(&'static [Matcher]),
}

/// A member's key.
#[derive(Clone, Copy, Debug)]
pub enum Key {
    /// Known at build time.
    Lit(&'static str),
    /// The argument of this index, a string.
    Arg(usize),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `==`
    Eq,
    /// `!=`
    Ne,
}

/// What a comparison compares with.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A number that neither of these prints as it is written.
    Exact(&'static str),
    /// Text.
    Str(&'static str),
    /// The argument of this index.
    Arg(usize),
}

/// What matchers are judged with.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What paths in messages begin with: `json`.
    pub root: &'a str,
    /// The values of `Arg(i)`.
    pub args: &'a [Value],
    /// The regexes that `Regex { index }` means.
    pub regexes: &'a [Regex],
}

/// One thing that isn't as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Where: `json.items[2].price`.
    pub path: String,
    /// What was expected there: `> 0`.
    pub expected: String,
    /// What stands there: `the int -1`.
    pub actual: String,
}

impl Mismatch {
    /// What stands for a value that isn't there.
    const NOTHING: &str = "nothing";
    /// What a body is expected to be at all.
    const JSON: &str = "JSON";

    /// Whether there is no such member or header.
    pub fn is_missing(&self) -> bool {
        self.actual.starts_with(Self::NOTHING)
    }

    /// Whether the whole body can't be read.
    pub fn is_no_json(&self) -> bool {
        self.expected == Self::JSON
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, got {}", self.path, self.expected, self.actual)
    }
}

/// What a judge says: nothing, or all that isn't as expected, up to [`MOST_MISMATCHES`].
pub type Verdict = Result<(), Vec<Mismatch>>;

impl<'a> Context<'a> {
    fn arg(&self, index: usize) -> &'a Value {
        self.args.get(index).unwrap_or(&Value::Null)
    }

    fn regex(&self, index: usize, negated: bool, text: &str) -> bool {
        self.regexes.get(index).is_some_and(|regex| regex.is_match(text) != negated)
    }

    fn key(&self, key: Key) -> &'a str {
        match key {
            Key::Lit(text) => text,
            Key::Arg(index) => self.arg(index).as_str().unwrap_or_default(),
        }
    }

    /// Whether a member may be missing.
    fn may_be_absent(&self, matcher: &Matcher) -> bool {
        match matcher {
            Matcher::Absent => true,
            Matcher::Arg(index) | Matcher::Like(index) => matches!(self.arg(*index), Value::Absent),
            Matcher::OneOf(choices) => choices.iter().any(|choice| self.may_be_absent(choice)),
            _ => false,
        }
    }

    fn order_number(&self, number: Number<'_>, bound: Bound) -> Option<Ordering> {
        match bound {
            Bound::Int(n) => number.compare(Number::Int(n)),
            Bound::Float(x) => number.compare(Number::Float(x)),
            Bound::Exact(text) => number.compare(Number::Exact(text)),
            Bound::Str(_) => None,
            Bound::Arg(index) => number.compare(Number::of(self.arg(index))?),
        }
    }

    fn order_text(&self, text: &str, bound: Bound) -> Option<Ordering> {
        match bound {
            Bound::Str(other) => Some(text.cmp(other)),
            Bound::Arg(index) => self.arg(index).as_str().map(|other| text.cmp(other)),
            Bound::Int(_) | Bound::Float(_) | Bound::Exact(_) => None,
        }
    }
}

impl Op {
    /// Whether the comparison holds of an order; what has no order is equal to nothing.
    fn holds(self, order: Option<Ordering>) -> bool {
        match (self, order) {
            (Self::Ne, order) => order != Some(Ordering::Equal),
            (_, None) => false,
            (Self::Lt, Some(order)) => order.is_lt(),
            (Self::Le, Some(order)) => order.is_le(),
            (Self::Gt, Some(order)) => order.is_gt(),
            (Self::Ge, Some(order)) => order.is_ge(),
            (Self::Eq, Some(order)) => order.is_eq(),
        }
    }

    /// As it is written.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Eq => "==",
            Self::Ne => "!=",
        }
    }
}

/// Whether a number is of a type, as JSON has numbers.
fn number_is(ty: Type, number: Number<'_>) -> bool {
    match ty {
        Type::Int => number.is_integral(),
        Type::Float | Type::Number | Type::Any | Type::Json => true,
        _ => false,
    }
}

/// Whether a body has a part: `expect text "part"`.
pub fn has_text(body: &[u8], part: &str) -> bool {
    memchr::memmem::find(body, part.as_bytes()).is_some()
}

#[cfg(test)]
mod tests;
