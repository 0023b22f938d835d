//! The oracle of the tests: judges the tree of a value, and collects every mismatch with its path.

use super::judge::{MismatchStep, path_text};
use super::{Bound, Context, MOST_MISMATCHES, Matcher, Mismatch, Op, Verdict, number_is};
use crate::value::{Map, Number, Type, Value, ops};

/// Judges a value.
pub(super) fn judge(matcher: &Matcher, value: &Value, context: &Context<'_>) -> Verdict {
    let mut judge = TreeJudge { context, path: Vec::new(), found: Vec::new() };
    judge.value(matcher, value, false);
    if judge.found.is_empty() { Ok(()) } else { Err(judge.found) }
}

struct TreeJudge<'a> {
    context: &'a Context<'a>,
    path: Vec<MismatchStep<'a>>,
    found: Vec<Mismatch>,
}

impl<'a> TreeJudge<'a> {
    fn value(&mut self, matcher: &'a Matcher, value: &'a Value, exact: bool) {
        if self.found.len() >= MOST_MISMATCHES {
            return;
        }
        let holds = match matcher {
            Matcher::Object { members, exact: own } => match value {
                Value::Object(object) => return self.object(members, object, exact || *own),
                _ => false,
            },
            Matcher::List { items, rest } => match value {
                Value::List(list) => return self.list(matcher, items, *rest, list, exact),
                _ => false,
            },
            Matcher::Each(each) => match value {
                Value::List(list) => {
                    for (at, item) in list.iter().enumerate() {
                        self.step(MismatchStep::Item(at), |judge| judge.value(each, item, exact));
                    }
                    return;
                }
                _ => false,
            },
            Matcher::OneOf(choices) => choices.iter().any(|choice| {
                let mut judge = TreeJudge { context: self.context, path: Vec::new(), found: Vec::new() };
                judge.value(choice, value, exact);
                judge.found.is_empty()
            }),
            Matcher::Arg(index) => return self.equal(self.context.arg(*index), value, true),
            Matcher::Like(index) => return self.equal(self.context.arg(*index), value, exact),
            leaf => self.leaf(leaf, value),
        };
        if !holds {
            let expected = self.context.expected(matcher);
            self.fail(expected, value.describe());
        }
    }

    fn leaf(&self, matcher: &Matcher, value: &Value) -> bool {
        match matcher {
            Matcher::Any => !matches!(value, Value::Absent),
            Matcher::Null => matches!(value, Value::Null),
            Matcher::Bool(b) => matches!(value, Value::Bool(other) if other == b),
            Matcher::Int(n) => *value == Value::Int(*n),
            Matcher::Float(x) => *value == Value::Float(*x),
            Matcher::Exact(text) => Number::of(value).is_some_and(|number| number.is(Number::Exact(text))),
            Matcher::Str(text) => value.as_str() == Some(text),
            Matcher::Cmp(op, bound) => self.compare(*op, *bound, value),
            Matcher::Regex { index, negated } => value.as_str().is_some_and(|text| self.context.regex(*index, *negated, text)),
            Matcher::Type(ty) => match Number::of(value) {
                Some(number) => number_is(*ty, number),
                None => ty.holds(value) && !matches!(ty, Type::Int | Type::Float | Type::Number),
            },
            _ => false,
        }
    }

    fn compare(&self, op: Op, bound: Bound, value: &Value) -> bool {
        if let Some(number) = Number::of(value)
            && !matches!((op, bound), (Op::Eq | Op::Ne, Bound::Arg(_)))
        {
            return op.holds(self.context.order_number(number, bound));
        }
        match (value, bound) {
            (_, Bound::Arg(index)) if matches!(op, Op::Eq | Op::Ne) => (self.context.arg(index) == value) == (op == Op::Eq),
            (Value::Str(text), _) => op.holds(self.context.order_text(text, bound)),
            (_, Bound::Arg(index)) => op.holds(value.compare(self.context.arg(index))),
            _ => op == Op::Ne,
        }
    }

    fn object(&mut self, members: &'a [(super::Key, Matcher)], object: &'a Map, exact: bool) {
        for (key, matcher) in members {
            let key = self.context.key(*key);
            self.step(MismatchStep::Key(key.into()), |judge| match object.get(key) {
                Some(value) => judge.value(matcher, value, exact),
                None if judge.context.may_be_absent(matcher) => {}
                None => {
                    let expected = judge.context.expected(matcher);
                    judge.fail(expected, missing(key, object));
                }
            });
        }
        if exact {
            for (key, value) in object {
                if !members.iter().any(|(known, _)| self.context.key(*known) == key) {
                    self.step(MismatchStep::Key(key.as_str().into()), |judge| judge.fail("no such member".to_owned(), value.describe()));
                }
            }
        }
    }

    fn list(&mut self, matcher: &Matcher, items: &'a [Matcher], rest: Option<usize>, list: &'a [Value], exact: bool) {
        let fits = if rest.is_some() { list.len() >= items.len() } else { list.len() == items.len() };
        if !fits {
            let expected = self.context.expected(matcher);
            self.fail(expected, Value::list(list.iter().cloned()).describe());
        }
        let front = rest.map_or(items.len(), |rest| rest.min(items.len()));
        let mut item = |at: usize, matcher: &'a Matcher| {
            if let Some(value) = list.get(at) {
                self.step(MismatchStep::Item(at), |judge| judge.value(matcher, value, exact));
            }
        };
        for (at, matcher) in items[..front].iter().enumerate() {
            item(at, matcher);
        }
        if fits {
            for (at, matcher) in items[front..].iter().enumerate() {
                item(list.len() - (items.len() - front) + at, matcher);
            }
        }
    }

    /// Compares two values, and reports the deepest difference. Unless `exact`, objects may have further members.
    fn equal(&mut self, expected: &'a Value, value: &'a Value, exact: bool) {
        match (expected, value) {
            (Value::Object(wanted), Value::Object(object)) => {
                for (key, expected) in wanted.iter() {
                    self.step(MismatchStep::Key(key.as_str().into()), |judge| match object.get(key) {
                        Some(value) => judge.equal(expected, value, exact),
                        None => judge.fail(expected.literal(), missing(key, object)),
                    });
                }
                for (key, value) in object.iter().filter(|(key, _)| exact && !wanted.contains_key(*key)) {
                    self.step(MismatchStep::Key(key.as_str().into()), |judge| judge.fail("no such member".to_owned(), value.describe()));
                }
            }
            (Value::List(wanted), Value::List(list)) if wanted.len() == list.len() => {
                for (at, (expected, value)) in wanted.iter().zip(list).enumerate() {
                    self.step(MismatchStep::Item(at), |judge| judge.equal(expected, value, exact));
                }
            }
            _ if expected == value && !matches!(expected, Value::Absent) => {}
            (Value::List(_), Value::List(_)) => self.fail(expected.describe(), value.describe()),
            _ => self.fail(expected.literal(), value.describe()),
        }
    }

    fn step(&mut self, step: MismatchStep<'a>, inner: impl FnOnce(&mut Self)) {
        self.path.push(step);
        inner(self);
        self.path.pop();
    }

    fn fail(&mut self, expected: String, actual: String) {
        if self.found.len() >= MOST_MISMATCHES {
            return;
        }
        self.found.push(Mismatch { path: path_text(self.context.root, &self.path), expected, actual });
    }
}

/// Describes a missing member, with the name that was probably meant.
fn missing(key: &str, object: &Map) -> String {
    let hint = ops::no_member(key, object.keys());
    let nothing = Mismatch::NOTHING;
    hint.split_once(": did you mean ").map_or_else(|| nothing.to_owned(), |(_, name)| format!("{nothing}; did you mean {name}"))
}
