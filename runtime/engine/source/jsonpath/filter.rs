//! The conditions of filters (RFC 9535, section 2.3.5).

use std::borrow::Cow;
use std::cmp::Ordering;

use super::query::{Comparison, Condition, Operand, Pattern, Query, regex};
use super::walk::{Node, Walk, WalkEnd};
use crate::value::Value;
use crate::value::scan::JsonKind;

/// The value of an operand; `None` for "Nothing".
type Operated<'q> = Option<Cow<'q, Value>>;

impl Walk<'_> {
    /// Whether a condition holds for a node.
    pub(super) fn holds(&self, condition: &Condition, node: Node) -> Result<bool, WalkEnd> {
        Ok(match condition {
            Condition::Any(parts) => {
                for part in parts {
                    if self.holds(part, node)? {
                        return Ok(true);
                    }
                }
                false
            }
            Condition::All(parts) => {
                for part in parts {
                    if !self.holds(part, node)? {
                        return Ok(false);
                    }
                }
                true
            }
            Condition::Not(inner) => !self.holds(inner, node)?,
            Condition::Exists(query) => self.first(query, node)?.is_some(),
            Condition::Compare(left, comparison, right) => {
                let left = self.value(left, node)?;
                let right = self.value(right, node)?;
                compare(left.as_deref(), *comparison, right.as_deref())
            }
            Condition::Regex { text, pattern, is_whole } => {
                let text = self.value(text, node)?;
                let Some(text) = text.as_deref().and_then(Value::as_str) else { return Ok(false) };
                self.spend(text.len())?;
                match pattern {
                    Pattern::Fixed(regex) => regex.as_ref().is_some_and(|regex| regex.is_match(text)),
                    Pattern::Of(operand) => {
                        let pattern = self.value(operand, node)?;
                        let pattern = pattern.as_deref().and_then(Value::as_str);
                        pattern.and_then(|pattern| regex(pattern, *is_whole)).is_some_and(|regex| regex.is_match(text))
                    }
                }
            }
        })
    }

    /// The first node that a query finds.
    fn first(&self, query: &Query, node: Node) -> Result<Option<Node>, WalkEnd> {
        let mut first = None;
        let walked = self.find(query, node, &mut |found| {
            first = Some(found);
            Err(WalkEnd::Enough)
        });
        match walked {
            Err(WalkEnd::Failed(error)) => Err(WalkEnd::Failed(error)),
            _ => Ok(first),
        }
    }

    fn value<'q>(&self, operand: &'q Operand, node: Node) -> Result<Operated<'q>, WalkEnd> {
        let found = match operand {
            Operand::Literal(value) => return Ok(Some(Cow::Borrowed(value))),
            Operand::Query(query) => self.first(query, node)?.map(|found| self.read(found, Value::scan)).transpose()?,
            Operand::Length(operand) => self.length(operand, node)?.map(int),
            Operand::Count(query) => {
                let mut count = 0;
                self.find(query, node, &mut |_| {
                    count += 1;
                    Ok(())
                })?;
                Some(int(count))
            }
            Operand::Value(query) => self.only(query, node)?.map(|found| self.read(found, Value::scan)).transpose()?,
        };
        Ok(found.map(Cow::Owned))
    }

    /// The only node that a query finds.
    fn only(&self, query: &Query, node: Node) -> Result<Option<Node>, WalkEnd> {
        let (mut only, mut count) = (None, 0);
        let walked = self.find(query, node, &mut |found| {
            only = Some(found);
            count += 1;
            if count > 1 { Err(WalkEnd::Enough) } else { Ok(()) }
        });
        match walked {
            Err(WalkEnd::Failed(error)) => Err(WalkEnd::Failed(error)),
            _ => Ok(only.filter(|_| count == 1)),
        }
    }

    /// The number of characters, items or members of a value.
    fn length(&self, operand: &Operand, node: Node) -> Result<Option<usize>, WalkEnd> {
        let found = match operand {
            Operand::Query(query) => self.first(query, node)?,
            Operand::Value(query) => self.only(query, node)?,
            other => return Ok(self.value(other, node)?.as_deref().and_then(Value::as_str).map(|text| text.chars().count())),
        };
        let Some(found) = found else { return Ok(None) };
        Ok(match self.kind(found)? {
            JsonKind::Str => Some(self.read(found, |scanner| scanner.string())?.text().chars().count()),
            JsonKind::List => Some(self.count(found)?),
            JsonKind::Object => Some(self.members(found)?.len()),
            _ => None,
        })
    }
}

fn int(count: usize) -> Value {
    Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Compares two values (RFC 9535, section 2.3.5.2.2). Only numbers and strings have an order.
fn compare(left: Option<&Value>, comparison: Comparison, right: Option<&Value>) -> bool {
    let order = || match (left?, right?) {
        (Value::Str(left), Value::Str(right)) => Some(left.cmp(right)),
        (left, right) => left.compare(right),
    };
    match comparison {
        Comparison::Equal => left == right,
        Comparison::Unequal => left != right,
        Comparison::Less => order() == Some(Ordering::Less),
        Comparison::Greater => order() == Some(Ordering::Greater),
        Comparison::LessOrEqual => left == right || order() == Some(Ordering::Less),
        Comparison::GreaterOrEqual => left == right || order() == Some(Ordering::Greater),
    }
}
