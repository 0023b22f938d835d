//! `check` of k6, and assertions in the style of chai.

use super::Run;
use super::calls::Arguments;
use super::value::{Shape, Ty, Value};
use crate::code::StmtKind;

/// Words of a chain without a meaning.
const FILLERS: [&str; 15] = ["to", "be", "been", "is", "that", "which", "and", "has", "have", "with", "at", "of", "same", "does", "still"];

/// Appends a word to the chain of an assertion.
pub(super) fn chained(chain: &str, word: &str) -> String {
    if FILLERS.contains(&word) { chain.to_owned() } else { format!("{chain}.{word}") }
}

impl Run<'_> {
    /// `check(value, { "name": r => … })`: each condition becomes an expectation. Returns whether all of them hold.
    pub(super) fn check(&mut self, arguments: &Arguments) -> Value {
        let subject = arguments.at(0);
        let Value::Map(conditions) = arguments.at(1) else { return Value::unknown("check: the conditions are not written out") };
        let conditions = conditions.borrow().clone();
        let mut steps: Vec<usize> = steps_of(&subject);
        for (name, condition) in conditions {
            let line = self.line;
            let failed = std::mem::replace(&mut self.failed, false);
            let value = match &condition {
                Value::Function(closure) => {
                    self.line = closure.function.body.first().map_or(line, |statement| statement.line);
                    for statement in &closure.function.body {
                        if !matches!(statement.kind, StmtKind::Return(_)) {
                            self.fate(statement, super::Fate::Carried);
                        }
                    }
                    let outer = std::mem::replace(&mut self.in_check, true);
                    let value = self.inline(closure, Arguments::new(vec![subject.clone()]));
                    self.in_check = outer;
                    value
                }
                other => other.clone(),
            };
            self.failed = failed;
            match self.truth(&value) {
                Some(true) => {}
                _ if self.expect(&value, false) => steps.extend(self.steps_read(&value)),
                _ => self.leave("checks", &format!("check \"{name}\"")),
            }
            self.line = line;
        }
        if steps.is_empty() {
            return Value::bool(true);
        }
        steps.sort_unstable();
        steps.dedup();
        Value::shaped("true", Ty::Bool, Shape::Checked(steps.into()))
    }

    /// `expect(value).to.equal(other)`: converts an assertion.
    pub(super) fn chai(&mut self, subject: &Value, chain: &str, arguments: &Arguments) -> Value {
        let words: Vec<&str> = chain.split('.').skip(1).collect();
        let not = words.contains(&"not");
        let first = arguments.at(0);
        let condition = match words.last().copied().unwrap_or_default() {
            "equal" | "equals" | "eql" | "eq" | "toBe" | "toEqual" | "toStrictEqual" => self.compare("==", subject, &first),
            "above" | "greaterThan" | "gt" | "toBeGreaterThan" => self.compare(">", subject, &first),
            "below" | "lessThan" | "lt" | "toBeLessThan" => self.compare("<", subject, &first),
            "least" | "gte" | "toBeGreaterThanOrEqual" => self.compare(">=", subject, &first),
            "most" | "lte" | "toBeLessThanOrEqual" => self.compare("<=", subject, &first),
            "include" | "includes" | "contain" | "contains" | "string" | "toContain" => self.contains(subject, &first),
            "oneOf" => self.contains(&first, subject),
            "within" => {
                let (low, high) = (self.compare(">=", subject, &first), self.compare("<=", subject, &arguments.at(1)));
                if self.expect(&low, false) && self.expect(&high, false) {
                    return Value::Undefined;
                }
                Value::unknown(chain)
            }
            "property" | "toHaveProperty" => {
                let Some(name) = first.literal() else { return Value::unknown(chain) };
                let member = self.member(subject.clone(), &name);
                let condition = match arguments.list.get(1) {
                    Some(value) => self.compare("==", &member, value),
                    None => self.contains(subject, &first),
                };
                if self.expect(&condition, not) {
                    // The rest of the chain is about the value of the property.
                    return Value::Method(Box::new(member), "expect".into());
                }
                return Value::unknown(chain);
            }
            "a" | "an" => match first.literal() {
                Some(kind) => {
                    let ty = match self.code(subject) {
                        Some(code) => Value::shaped(code.text, Ty::Any, Shape::TypeOf(subject.clone())),
                        None => return Value::unknown(chain),
                    };
                    self.compare("==", &ty, &Value::text(kind))
                }
                None => return Value::unknown(chain),
            },
            "match" | "toMatch" => self.matches(subject, &first),
            "lengthOf" | "length" | "toHaveLength" => {
                let length = self.member(subject.clone(), "length");
                self.compare("==", &length, &first)
            }
            "validJsonBody" | "toBeTruthy" | "toBeDefined" => return Value::Undefined,
            _ => return Value::unknown(chain),
        };
        if self.truth(&condition) == Some(!not) || self.expect(&condition, not) {
            Value::Undefined
        } else {
            Value::unknown(format!("expect{chain}"))
        }
    }

    /// Words that end a chain without a call: `expect(x).to.be.true`.
    pub(super) fn chai_word(&mut self, subject: &Value, word: &str, not: bool) -> Option<Value> {
        let condition = match word {
            "true" => subject.clone(),
            "false" => self.not(subject),
            "null" | "undefined" => self.compare("==", subject, &Value::null()),
            "ok" | "exist" => match subject.ty() {
                Ty::Bool => subject.clone(),
                _ => self.compare("!=", subject, &Value::null()),
            },
            "empty" => {
                let length = self.member(subject.clone(), "length");
                self.compare("==", &length, &Value::number(0.0))
            }
            _ => return None,
        };
        Some(if self.expect(&condition, not) { Value::Undefined } else { Value::unknown(word) })
    }
}

/// The steps whose responses make up a value.
fn steps_of(value: &Value) -> Vec<usize> {
    match value {
        Value::Response(steps) => steps.to_vec(),
        Value::List(items) => items.borrow().iter().flat_map(steps_of).collect(),
        Value::Map(members) => members.borrow().values().flat_map(steps_of).collect(),
        _ => Vec::new(),
    }
}
