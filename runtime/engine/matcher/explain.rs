//! Describes what a matcher expects, in the words of the spec.

use super::{Bound, Context, Matcher};
use crate::value::{Type, Value};

impl Context<'_> {
    pub(super) fn expected(&self, matcher: &Matcher) -> String {
        match matcher {
            Matcher::Any => "anything".to_owned(),
            Matcher::Absent => "absent".to_owned(),
            Matcher::Null => "null".to_owned(),
            Matcher::Bool(b) => b.to_string(),
            Matcher::Int(n) => n.to_string(),
            Matcher::Float(x) => Value::Float(*x).literal(),
            Matcher::Exact(text) => (*text).to_owned(),
            Matcher::Str(text) => Value::str(text).literal(),
            Matcher::Arg(index) | Matcher::Like(index) => self.arg(*index).literal(),
            Matcher::Cmp(op, bound) => format!("{} {}", op.symbol(), self.bound(*bound)),
            Matcher::Regex { index, negated } => {
                let pattern = self.regexes.get(*index).map_or("", |regex| regex.as_str());
                format!("{} /{}/", if *negated { "!~" } else { "~" }, pattern.replace('/', "\\/"))
            }
            Matcher::Type(Type::Float) => Type::Number.article().to_owned(),
            Matcher::Type(ty) => ty.article().to_owned(),
            Matcher::Object { .. } => "an object".to_owned(),
            Matcher::List { items, rest } => {
                let s = if items.len() == 1 { "" } else { "s" };
                let least = if rest.is_some() { "at least " } else { "" };
                match (items.len(), rest) {
                    (0, Some(_)) => "a list".to_owned(),
                    (0, None) => "an empty list".to_owned(),
                    (count, _) => format!("a list of {least}{count} item{s}"),
                }
            }
            Matcher::Each(_) => "a list".to_owned(),
            Matcher::OneOf(choices) => choices.iter().map(|choice| self.expected(choice)).collect::<Vec<_>>().join(" | "),
        }
    }

    fn bound(&self, bound: Bound) -> String {
        match bound {
            Bound::Int(n) => n.to_string(),
            Bound::Float(x) => Value::Float(x).literal(),
            Bound::Exact(text) => text.to_owned(),
            Bound::Str(text) => Value::str(text).literal(),
            Bound::Arg(index) => self.arg(index).literal(),
        }
    }
}
