//! What a script does in parts that are not imported: nothing of it may be lost without a note.

use std::rc::Rc;

use super::scope::Change;
use super::value::{Closure, Shape, Value};
use super::{Run, calls::Arguments};
use crate::code::{Binding, Each, Expr, Kind, Stmt, StmtKind};
use crate::draft;

impl Run<'_> {
    /// Makes values unknown that statements outside of the import would have given: variables without a value, and empty texts, lists and
    /// dictionaries. Other values stay, because they are the best guess.
    pub(super) fn spoil(&mut self, item: Option<&Binding>, statements: &[Stmt]) {
        let mut changed: Vec<Change> = Vec::new();
        self.muted(|run| {
            let start = run.changes.len();
            if let Some(item) = item {
                run.bind(item, Value::unknown("an item"));
            }
            run.exec(statements);
            changed.extend(run.changes[start..].iter().cloned());
        });
        for change in changed {
            match change {
                Change::Variable(cell, _, name) if is_empty(&cell.borrow().value) && cell.borrow().variable.is_none() => {
                    self.changes.push(Change::Variable(cell.clone(), cell.borrow().clone(), name.clone()));
                    cell.borrow_mut().value = Value::unknown(name);
                }
                Change::List(list, _) if list.borrow().is_empty() => {
                    self.changes.push(Change::List(list.clone(), Vec::new()));
                    list.borrow_mut().push(Value::unknown("an item"));
                }
                // `self.ids = [...]`: the attribute of an object, and not only a variable.
                Change::Member(instance, member, _) => {
                    let value = instance.members.borrow().get(&member).cloned().unwrap_or(Value::Undefined);
                    let is_empty = matches!(&value, Value::List(list) if list.borrow().is_empty())
                        || matches!(&value, Value::Map(map) if map.borrow().is_empty())
                        || value.is_nothing();
                    if is_empty {
                        self.changes.push(Change::Member(instance.clone(), member.clone(), Some(value)));
                        instance.members.borrow_mut().insert(member.clone(), Value::unknown(member));
                    }
                }
                Change::Map(map, before) if map.borrow().is_empty() => {
                    self.changes.push(Change::Map(map.clone(), before));
                    map.borrow_mut().insert("…".to_owned(), Value::unknown("a member"));
                }
                _ => {}
            }
        }
    }

    /// Names the requests of a branch that never runs, because the expectations of a function already fail.
    pub(super) fn skip_assumed(&mut self, condition: &Value, branch: &[Stmt]) {
        if !matches!(condition.shape(), Some(Shape::Assumed)) || !self.probe(branch).sends {
            return;
        }
        let Some(first) = branch.first() else { return };
        let line = self.line;
        self.leave_at(
            first.line,
            "branches",
            &format!("{} … its condition is an expectation, whose failure ends the iteration", first.source),
        );
        self.line = line;
        self.fates_of(branch, &super::Fate::Left);
    }

    /// The members of `...(flag ? { a: 1 } : {})` or `...(flag && { a: 1 })`, where only the test knows the flag. They are always set.
    pub(super) fn optional_members(&mut self, spread: &Expr) -> Option<Vec<(String, Value)>> {
        let (test, branches): (&Expr, Vec<&Expr>) = match &spread.kind {
            Kind::Conditional(test, then, otherwise) => (test, vec![otherwise, then]),
            Kind::Binary("&&", test, then) => (test, vec![then]),
            _ => return None,
        };
        let value = self.muted(|run| run.eval(test));
        if self.truth(&value).is_some() {
            return None;
        }
        let mut out: Vec<(String, Value)> = Vec::new();
        for branch in branches {
            match self.eval(branch) {
                Value::Map(map) => out.extend(map.borrow().iter().map(|(key, value)| (key.clone(), value.clone()))),
                value if value.is_nothing() => {}
                _ => return None,
            }
        }
        if let Some((first, _)) = out.first() {
            let first = first.clone();
            self.leave("conditions", &format!("`{first}` is always set: its condition has no counterpart"));
        }
        Some(out)
    }

    /// Whether a comprehension returns its items as they are, except for white space around them.
    pub(super) fn is_copy(&mut self, each: &Each) -> bool {
        self.muted(|run| {
            run.bind(&each.binding, Value::text("item"));
            let holds = each.conditions.iter().all(|condition| {
                let condition = run.eval(condition);
                run.truth(&condition) == Some(true)
            });
            holds && each.key.is_none() && run.eval(&each.item).literal().as_deref() == Some("item")
        })
    }

    /// Records that the script mentions a function.
    pub(super) fn mention(&mut self, closure: &Rc<Closure>) {
        let key = Rc::as_ptr(&closure.function);
        if !self.mentioned.contains_key(&key) {
            let line = closure.function.body.first().map_or(self.line, |first| first.line);
            self.mentioned.insert(key, (closure.clone(), closure.scope.file.clone(), line));
        }
    }

    /// Names the functions with requests that the script mentions but that never ran, such as those in a list from which it draws one.
    pub(crate) fn leave_unused(&mut self) {
        let was_running = std::mem::replace(&mut self.is_running, true);
        for (key, (closure, _, line)) in std::mem::take(&mut self.mentioned) {
            let Some(name) = closure.function.name.clone() else { continue };
            if self.ran.contains(&key) {
                continue;
            }
            let draft = self.draft.clone();
            let sends = self.muted(|run| {
                let steps = run.steps.len();
                run.inline(&closure, Arguments::default());
                run.steps.len() > steps
            });
            *self.draft = draft;
            if sends {
                let scope = std::mem::replace(&mut self.scope, closure.scope.clone());
                self.leave_at(line, "functions", &format!("function `{name}`: the script chooses it in a way that is not imported"));
                self.scope = scope;
                self.fates_of(&closure.function.body, &super::Fate::Left);
            }
        }
        self.is_running = was_running;
    }

    /// A value without the members and items that are not known. Each of them is named.
    pub(super) fn known_part(&mut self, value: &Value) -> Option<draft::Expr> {
        if let Some(expr) = self.expr(value) {
            return Some(expr);
        }
        let Value::Map(map) = value else { return None };
        let members = map.borrow().clone();
        let mut unknown = Vec::new();
        let mut out = Vec::new();
        for (key, value) in members {
            match self.known_part(&value) {
                Some(expr) => out.push((key, expr)),
                None => unknown.push(key),
            }
        }
        if out.is_empty() {
            return None;
        }
        unknown.iter().for_each(|key| self.leave("members", &format!("member `{key}` of the body: its value is not known")));
        Some(draft::Expr::Map(out))
    }
}

/// Whether a value is only the start of what a script builds up.
fn is_empty(value: &Value) -> bool {
    value.is_nothing() || value.literal().is_some_and(|text| text.is_empty())
}

/// Whether statements may return from their function.
pub(super) fn returns(statements: &[Stmt]) -> bool {
    statements.iter().any(|statement| match &statement.kind {
        StmtKind::Return(_) => true,
        StmtKind::If(_, one, other) | StmtKind::Try(one, other) => returns(one) || returns(other),
        StmtKind::Block(body) | StmtKind::With(_, body) | StmtKind::ForOf(_, _, body) | StmtKind::While(_, body) => returns(body),
        _ => false,
    })
}
