//! Expectations over JSON, headers and text.
//!
//! A [`Matcher`] is a static tree that is a constant of the generated code; a value that is known only while the test runs is `Arg(i)`.
//! [`matches_bytes`] judges raw JSON in one pass and allocates nothing. [`judge_bytes`] judges a document that doesn't match once more, to
//! explain each mismatch. Neither makes a tree of the document.

mod bytes;
mod explain;
mod headers;
mod judge;
#[cfg(test)]
mod tree;
mod verdict_cache;

use std::cmp::Ordering;
use std::fmt;

use regex::Regex;

pub(crate) use bytes::holds_members;
pub use bytes::{judge_bytes, matches_bytes};
pub use headers::{judge_headers, judge_text};
pub(crate) use verdict_cache::VerdictCache;

use crate::base::search::check_cost;
use crate::value::{Number, Type, Value};

/// The most mismatches that one failed expectation lists.
pub const MOST_MISMATCHES: usize = 20;

/// An expected value.
#[derive(Clone, Copy, Debug)]
pub enum Matcher {
    /// `_`: any value, but it has to exist.
    Any,
    /// `absent`: the member doesn't exist.
    Absent,
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number. It equals a float with the same value.
    Int(i64),
    /// A number.
    Float(f64),
    /// A number whose digits neither of these types can represent.
    Exact(&'static str),
    /// Text.
    Str(&'static str),
    /// Equal to the argument with this index. An absent argument means `absent`.
    Arg(usize),
    /// Like the argument with this index. Unlike [`Matcher::Arg`], its objects may have further members.
    Like(usize),
    /// `> 0`. `!=` applies to values of any type.
    Cmp(Op, Bound),
    /// `~ /re/` with the regex at this index, or `!~` if `negated`. Both need a string.
    Regex {
        /// Its index in the program's table.
        index: usize,
        /// `!~`
        negated: bool,
    },
    /// `string`, `int`, `number`, …. JSON has only one number type: `int` is any whole number, `float` any number.
    Type(Type),
    /// `{ … }`: these members, and possibly further ones. `exact` allows no others, and applies to all nested objects too.
    Object {
        /// The members; keys are unique.
        members: &'static [(Key, Matcher)],
        /// Whether further members are not allowed.
        exact: bool,
    },
    /// `[ … ]`: these items in this order. `..` before the item at index `rest` means any number of further items.
    List {
        /// The items without `..`.
        items: &'static [Matcher],
        /// The index of `..`: `Some(items.len())` at the end, `None` if there is none.
        rest: Option<usize>,
    },
    /// `each M`: a list whose items all match. An empty list matches.
    Each(&'static Matcher),
    /// `A | B`
    OneOf(&'static [Matcher]),
}

/// A member's key.
#[derive(Clone, Copy, Debug)]
pub enum Key {
    /// A constant.
    Lit(&'static str),
    /// The argument with this index, which is a string.
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

/// The value of a comparison.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A number whose digits neither of these types can represent.
    Exact(&'static str),
    /// Text.
    Str(&'static str),
    /// The argument with this index.
    Arg(usize),
}

/// The context in which matchers are judged.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The root of paths in messages: `json`.
    pub root: &'a str,
    /// The values of `Arg(i)`.
    pub args: &'a [Value],
    /// The regexes of `Regex { index }`.
    pub regexes: &'a [Regex],
}

/// One mismatch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The path: `json.items[2].price`.
    pub path: String,
    /// The expectation at this path: `> 0`.
    pub expected: String,
    /// The actual value: `the int -1`.
    pub actual: String,
}

impl Mismatch {
    /// Describes a value that doesn't exist.
    const NOTHING: &str = "nothing";
    /// Describes what a body is expected to be.
    const JSON: &str = "JSON";

    /// Whether a member or header is missing.
    pub fn is_missing(&self) -> bool {
        self.actual.starts_with(Self::NOTHING)
    }

    /// Whether the whole body isn't JSON.
    pub fn is_no_json(&self) -> bool {
        self.expected == Self::JSON
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, got {}", self.path, self.expected, self.actual)
    }
}

/// The result of a judgement: success, or up to [`MOST_MISMATCHES`] mismatches.
pub type Verdict = Result<(), Vec<Mismatch>>;

impl<'a> Context<'a> {
    fn arg(&self, index: usize) -> &'a Value {
        self.args.get(index).unwrap_or(&Value::Null)
    }

    fn regex(&self, index: usize, negated: bool, text: &str) -> bool {
        self.regexes.get(index).is_some_and(|regex| check_cost(regex, text).is_ok() && regex.is_match(text) != negated)
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
    /// Whether the comparison holds for an order. Without an order, the values are unequal.
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

    /// The written operator.
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

/// Whether a number has a type, by the rules of JSON.
fn number_is(ty: Type, number: Number<'_>) -> bool {
    match ty {
        Type::Int => number.is_integral(),
        Type::Float | Type::Number | Type::Any | Type::Json => true,
        _ => false,
    }
}

/// Whether a body contains a part: `expect text "part"`.
pub fn has_text(body: &[u8], part: &str) -> bool {
    memchr::memmem::find(body, part.as_bytes()).is_some()
}

#[cfg(test)]
mod tests;
