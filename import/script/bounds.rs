//! What a script may make while it is imported. It runs as its tool would run it, so a few of its lines could make gigabytes, lists within
//! themselves, or loops without end.

use std::cell::RefCell;
use std::rc::Rc;

use indexmap::IndexMap;

use super::value::Value;
use super::{Run, STATEMENTS_MAX};
use crate::code::{Expr, Kind};
use crate::draft::{self, Text};

/// The most bytes of a text that a script makes.
pub(super) const TEXT_BYTES_MAX: usize = 1 << 20;

/// The most bytes of an expression of the language that a script makes.
const CODE_BYTES_MAX: usize = 1 << 16;

/// The most items of a list, or members of a map, with all within them.
const ITEMS_MAX: usize = 200_000;

/// The most bytes of the texts within a list or a map.
const BYTES_MAX: usize = 1 << 24;

/// The deepest lists and maps within each other, and members of a response.
pub(super) const LEVELS_MAX: usize = 100;

/// The most brackets and members of an expression of the language within each other. A spec has at most 200 open brackets.
const CODE_LEVELS_MAX: usize = 100;

/// The most expressions that are evaluated, and the deepest within each other, calls included.
const EVALUATED_MAX: usize = 5_000_000;
const EVALUATIONS_OPEN_MAX: usize = 10_000;

/// The bytes of a text that count as an expression.
const BYTES_AN_EXPRESSION: usize = 32;

/// The expressions that were evaluated.
#[derive(Debug, Default)]
pub(crate) struct Evaluated {
    all: usize,
    open: usize,
}

impl Evaluated {
    /// Counts an expression. False if it may not be evaluated any more.
    pub(super) fn begins(&mut self) -> bool {
        self.all += 1;
        self.open += 1;
        self.all <= EVALUATED_MAX && self.open <= EVALUATIONS_OPEN_MAX
    }

    pub(super) fn ends(&mut self) {
        self.open -= 1;
    }
}

impl Run<'_> {
    /// Evaluates an expression.
    pub(crate) fn eval(&mut self, expr: &Expr) -> Value {
        let is_within = self.evaluated.begins();
        let value = if is_within { bounded(self.value_of(expr)) } else { Value::unknown("a script that does not end") };
        // A long text takes as long as evaluating expressions would.
        if let Value::Data(draft::Expr::Text(text)) = &value {
            self.evaluated.all += text.bytes() / BYTES_AN_EXPRESSION;
        }
        let is_made = matches!(expr.kind, Kind::List(_) | Kind::Map(_) | Kind::Entries(_) | Kind::Each(_));
        let value = if is_made { self.storable(value, None) } else { value };
        self.evaluated.ends();
        value
    }

    /// A regular expression, if the spec can have it, too.
    pub(super) fn regex(&mut self, pattern: &str, flags: &str) -> Value {
        let known = super::texts::regex(pattern, flags).filter(|known| self.draft.patterns.fits(known));
        known.map_or_else(|| Value::unknown(pattern), Value::Regex)
    }

    /// Adds the entries of another map, and named ones, to a map.
    pub(super) fn update(&mut self, map: &Rc<RefCell<IndexMap<String, Value>>>, other: &Value, named: &[(String, Value)]) {
        let mut entries = match other {
            Value::Map(other) => other.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            _ => Vec::new(),
        };
        entries.extend(named.iter().cloned());
        let outer = Value::Map(map.clone());
        for (key, value) in entries {
            let value = self.storable(value, Some(&outer));
            map.borrow_mut().insert(key, value);
        }
    }

    /// Whether the script has run for so long that no further statement runs.
    pub(super) fn is_exhausted(&self) -> bool {
        self.statements_run > STATEMENTS_MAX || self.evaluated.all > EVALUATED_MAX
    }

    /// A value for a list or a map; unknown if it contains that list or map, or too much. A list that contains another one twice, which
    /// contains a third one twice, and so on, is small, but endless to write.
    pub(super) fn storable(&mut self, value: Value, outer: Option<&Value>) -> Value {
        if !matches!(value, Value::List(_) | Value::Map(_)) {
            return value;
        }
        let mut visit = Visit { outer, ..Visit::default() };
        let fits = visit.fits(&value, LEVELS_MAX);
        // The visit takes as long as evaluating expressions would.
        self.evaluated.all += visit.items;
        if fits { value } else { Value::unknown("a value that is too large") }
    }
}

/// A value that was made; unknown if it is too large.
pub(super) fn bounded(value: Value) -> Value {
    let fits = match &value {
        Value::Data(draft::Expr::Text(text)) => text.bytes() <= TEXT_BYTES_MAX,
        Value::Code(code) => code.text.len() <= CODE_BYTES_MAX && crate::write::levels(&code.text) <= CODE_LEVELS_MAX,
        Value::List(list) => list.try_borrow().is_ok_and(|list| list.len() <= ITEMS_MAX),
        _ => true,
    };
    if fits { value } else { Value::unknown("a value that is too large") }
}

/// A text that is being made.
#[derive(Debug, Default)]
pub(super) struct Growing {
    text: Text,
    bytes: usize,
}

impl Growing {
    /// Appends characters of the script.
    pub(super) fn push(&mut self, text: &str) {
        self.bytes += text.len();
        self.text.push(text);
    }

    /// Appends a text; `None` if both together are too long.
    pub(super) fn append(&mut self, text: Text) -> Option<()> {
        self.bytes += text.bytes();
        (self.bytes <= TEXT_BYTES_MAX).then(|| self.text.append(text))
    }

    pub(super) fn value(self) -> Value {
        Value::Data(draft::Expr::Text(self.text))
    }
}

/// Whether a list or a map can be written: it contains neither itself nor too much.
pub(super) fn is_finite(value: &Value) -> bool {
    Visit::default().fits(value, LEVELS_MAX)
}

/// A visit of a value, and of all values within it.
#[derive(Default)]
struct Visit<'v> {
    items: usize,
    bytes: usize,
    /// The list or map that the value must not contain.
    outer: Option<&'v Value>,
}

impl Visit<'_> {
    fn fits(&mut self, value: &Value, levels: usize) -> bool {
        self.items += 1;
        self.bytes += match value {
            Value::Data(draft::Expr::Text(text)) => text.bytes(),
            Value::Code(code) => code.text.len(),
            _ => 0,
        };
        if self.items > ITEMS_MAX || self.bytes > BYTES_MAX {
            return false;
        }
        match (value, self.outer) {
            (Value::List(list), Some(Value::List(outer))) if Rc::ptr_eq(list, outer) => false,
            (Value::Map(map), Some(Value::Map(outer))) if Rc::ptr_eq(map, outer) => false,
            (Value::List(list), _) => levels > 0 && list.borrow().iter().all(|item| self.fits(item, levels - 1)),
            (Value::Map(map), _) => levels > 0 && map.borrow().values().all(|value| self.fits(value, levels - 1)),
            _ => true,
        }
    }
}
