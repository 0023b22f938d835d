//! Expectations about headers and text. They use the same matchers, but the value is text, and numbers are read from it.

use super::{Bound, Context, Key, MOST_MISMATCHES, Matcher, Mismatch, Op, Verdict};
use crate::value::{Number, Type, Value, convert, convert_text, number};

/// Judges headers, given as names and values. Names are compared without case. A header that occurs several times matches if one of its
/// values does, or if all of them joined by commas do.
pub fn judge_headers<'h, I>(members: &[(Key, Matcher)], headers: I, context: &Context<'_>) -> Verdict
where
    I: Iterator<Item = (&'h str, &'h str)> + Clone,
{
    let mut found = Vec::new();
    for (key, matcher) in members {
        let key = context.key(*key);
        let values = headers.clone().filter(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value);
        let mut count = 0;
        let holds = values.clone().any(|value| {
            count += 1;
            context.text(matcher, value)
        });
        let joined = || values.clone().collect::<Vec<_>>().join(", ");
        if holds || (count == 0 && context.is_for_none(matcher)) || (count > 1 && context.text(matcher, &joined())) {
            continue;
        }
        let mut path = context.root.to_owned();
        crate::source::push_key(key, &mut path);
        let actual = if count == 0 { Mismatch::NOTHING.to_owned() } else { Value::from(joined()).literal() };
        found.push(Mismatch { path, expected: context.expected(matcher), actual });
        if found.len() >= MOST_MISMATCHES {
            break;
        }
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// Judges a text.
pub fn judge_text(matcher: &Matcher, text: &str, context: &Context<'_>) -> Verdict {
    if context.text(matcher, text) {
        return Ok(());
    }
    let actual = Value::str(text).literal();
    Err(vec![Mismatch { path: context.root.to_owned(), expected: context.expected(matcher), actual }])
}

fn number(text: &str) -> Option<Number<'_>> {
    let text = text.trim();
    number::written(text).or_else(|| text.parse().ok().map(Number::Int)).or_else(|| convert::number(text).map(Number::Float))
}

impl Context<'_> {
    /// Whether a header may be missing. A missing header reads as null, so a matcher for null accepts it.
    fn is_for_none(&self, matcher: &Matcher) -> bool {
        match matcher {
            Matcher::Null => true,
            Matcher::Arg(index) | Matcher::Like(index) => matches!(self.arg(*index), Value::Null | Value::Absent),
            Matcher::OneOf(choices) => choices.iter().any(|choice| self.is_for_none(choice)),
            matcher => self.may_be_absent(matcher),
        }
    }

    /// Whether a text, or one value of a header, matches.
    pub(crate) fn text(&self, matcher: &Matcher, text: &str) -> bool {
        match matcher {
            Matcher::Any => true,
            Matcher::Bool(b) => text == if *b { "true" } else { "false" },
            Matcher::Int(n) => number(text).is_some_and(|number| number.is(Number::Int(*n))),
            Matcher::Float(x) => number(text).is_some_and(|number| number.is(Number::Float(*x))),
            Matcher::Exact(wanted) => number(text).is_some_and(|number| number.is(Number::Exact(wanted))),
            Matcher::Str(wanted) => text == *wanted,
            Matcher::Arg(index) | Matcher::Like(index) => self.text_is(self.arg(*index), text),
            Matcher::Cmp(op, bound) => match (bound, number(text)) {
                (Bound::Arg(index), _) if matches!(op, Op::Eq | Op::Ne) => self.text_is(self.arg(*index), text) == (*op == Op::Eq),
                (Bound::Int(_) | Bound::Float(_) | Bound::Exact(_), Some(number)) => op.holds(self.order_number(number, *bound)),
                (Bound::Arg(index), Some(number)) if Number::of(self.arg(*index)).is_some() => op.holds(self.order_number(number, *bound)),
                _ => op.holds(self.order_text(text, *bound)),
            },
            Matcher::Regex { index, negated } => self.regex(*index, *negated, text),
            Matcher::Type(Type::Bytes) => false,
            Matcher::Type(ty) => convert_text(Value::str(text), *ty).is_ok(),
            Matcher::OneOf(choices) => choices.iter().any(|choice| self.text(choice, text)),
            Matcher::Absent | Matcher::Null | Matcher::Object { .. } | Matcher::List { .. } | Matcher::Each(_) => false,
        }
    }

    fn text_is(&self, wanted: &Value, text: &str) -> bool {
        match wanted {
            Value::Str(wanted) => wanted == text,
            Value::Int(_) | Value::Float(_) | Value::Exact(_) => {
                number(text).zip(Number::of(wanted)).is_some_and(|(found, wanted)| found.is(wanted))
            }
            Value::Null | Value::Absent => false,
            other => other.to_text().is_ok_and(|wanted| wanted == text),
        }
    }
}
