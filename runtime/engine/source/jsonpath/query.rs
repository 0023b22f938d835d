//! A JSONPath as a tree (RFC 9535, section 2).

use regex::Regex;

use crate::value::Value;

/// `$.a[0]`, `@.b`.
#[derive(Clone, Debug)]
pub(super) struct Query {
    /// Whether it begins with `$`. Otherwise it begins with `@`.
    pub(super) is_absolute: bool,
    pub(super) segments: Vec<Segment>,
}

/// A segment: it selects children of a node, or of the node and all its descendants.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// `..`
    pub(super) descends: bool,
    pub(super) selectors: Vec<Selector>,
}

/// A selector within a segment.
#[derive(Clone, Debug)]
pub(super) enum Selector {
    /// `.name`, `['name']`
    Name(String),
    /// `*`
    Wildcard,
    /// `[0]`, `[-1]`
    Index(i64),
    /// `[1:5:2]`
    Slice(SliceSelector),
    /// `[?@.price < 10]`
    Filter(Condition),
}

/// `start:end:step`
#[derive(Clone, Copy, Debug)]
pub(super) struct SliceSelector {
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
    pub(super) step: i64,
}

/// The condition of a filter.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    /// `a || b`
    Any(Vec<Condition>),
    /// `a && b`
    All(Vec<Condition>),
    /// `!a`
    Not(Box<Condition>),
    /// `@.a`: whether the query finds something.
    Exists(Query),
    /// `@.a == 1`
    Compare(Operand, Comparison, Operand),
    /// `match(@.a, "re")`, `search(@.a, "re")`
    Regex {
        text: Operand,
        pattern: Pattern,
        /// Whether the whole text has to match.
        is_whole: bool,
    },
}

/// The pattern of `match` and `search`.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// A constant. `None` if it isn't a regular expression, which matches nothing.
    Fixed(Option<Regex>),
    /// A value of the document.
    Of(Operand),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value in a condition.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    Literal(Value),
    /// A query that finds at most one node.
    Query(Query),
    /// `length(a)`
    Length(Box<Operand>),
    /// `count(q)`
    Count(Query),
    /// `value(q)`: the value of the only node.
    Value(Query),
}

/// The regex of `match` and `search` (RFC 9485). The only difference is that `.` matches neither `\n` nor `\r`.
pub(super) fn regex(pattern: &str, is_whole: bool) -> Option<Regex> {
    let pattern = if is_whole { format!("(?R)^(?:{pattern})$") } else { format!("(?R)(?:{pattern})") };
    Regex::new(&pattern).ok()
}
