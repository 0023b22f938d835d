//! Conditions about responses: which of them test for success, and which statuses a script accepts.

use super::Run;
use super::value::{Shape, Value, marks};
use crate::code::{Stmt, StmtKind};

impl Run<'_> {
    /// Whether a condition is only about the last responses.
    pub(super) fn is_about_response(&self, condition: &Value) -> bool {
        match condition {
            Value::Response(_) | Value::Elements(..) => true,
            Value::Code(code) => {
                !marks(&code.text).is_empty() || matches!(code.shape.as_deref(), Some(Shape::Checked(_))) || self.mentions_check(condition)
            }
            _ => false,
        }
    }

    fn mentions_check(&self, condition: &Value) -> bool {
        match condition.shape() {
            Some(Shape::Checked(_)) => true,
            Some(Shape::Not(inner)) => self.mentions_check(inner),
            Some(Shape::And(left, right) | Shape::Or(left, right)) => self.mentions_check(left) || self.mentions_check(right),
            _ => false,
        }
    }

    /// Whether a condition tests that a request succeeded.
    pub(super) fn is_success(&self, condition: &Value) -> bool {
        match condition {
            Value::Response(_) => true,
            _ => match condition.shape() {
                Some(Shape::Checked(_) | Shape::Succeeded(_)) => true,
                Some(Shape::Compare(left, "==", right)) => self.is_status(left) && right.as_number().is_some_and(|status| status < 400.0),
                Some(Shape::Compare(left, ">=", right)) => self.is_status(left) && right.as_number().is_some_and(|status| status < 400.0),
                Some(Shape::Compare(left, "<" | "<=", _)) => self.is_status(left),
                Some(Shape::Contains(_, part)) => self.is_status(part),
                Some(Shape::And(left, right)) => self.is_success(left) || self.is_success(right),
                Some(Shape::Or(left, right)) => self.is_success(left) && self.is_success(right),
                _ => false,
            },
        }
    }

    /// Whether a condition only tests that a response contains a member.
    pub(super) fn is_guard(&self, condition: &Value) -> bool {
        match condition {
            Value::Code(code) => code.shape.is_none() && code.mark().is_some_and(|mark| self.is_json(mark)),
            _ => false,
        }
    }

    /// `if status == 200: success() elif status == 404: success() else: failure()`: expects the statuses that the script marks as
    /// successful. Without a last branch that reports a failure, any status of success is
    /// expected, too. Returns whether all branches only mark responses.
    pub(super) fn accept(&mut self, condition: &Value, otherwise: &[Stmt]) -> bool {
        let mut statuses = Vec::new();
        if !self.accepted_by(condition, &mut statuses) {
            return false;
        }
        let mut rest = otherwise;
        let mut is_complete = false;
        while let [statement] = rest {
            let StmtKind::If(test, then, next) = &statement.kind else { break };
            let condition = self.muted(|run| run.eval(test));
            let branch = self.probe(then);
            if !branch.accepted && !branch.fails() || branch.accepted && !self.accepted_by(&condition, &mut statuses) {
                return false;
            }
            rest = next;
        }
        if !rest.is_empty() {
            is_complete = self.probe(rest).fails();
        }
        if !is_complete {
            statuses.insert(0, "2xx".to_owned());
            statuses.retain(|status| status == "2xx" || !status.starts_with('2'));
        }
        let is_usual = statuses.iter().all(|status| status.starts_with(['2', '3']));
        let is_chain = matches!(otherwise, [statement] if matches!(statement.kind, StmtKind::If(..)));
        if !is_usual || is_chain && is_complete {
            self.statuses(condition, &statuses);
        }
        is_chain
    }

    /// Adds the statuses of a condition.
    fn accepted_by(&self, condition: &Value, statuses: &mut Vec<String>) -> bool {
        let known = statuses.len();
        let is_list = |value: &Value| match value {
            Value::List(items) => items.borrow().iter().map(|item| item.as_number().map(|status| format!("{status:.0}"))).collect(),
            _ => None::<Vec<String>>,
        };
        match condition.shape() {
            Some(Shape::Contains(list, status)) if self.is_status(status) => {
                let Some(listed) = is_list(list) else { return false };
                statuses.extend(listed);
            }
            _ if !self.alternatives(condition, statuses) => return false,
            _ => {}
        }
        statuses.len() > known
    }

    /// Names a test of a type that an `if` of the spec cannot make.
    pub(super) fn name_type_test(&mut self, condition: &Value, statement: &Stmt) {
        let is_type = match condition.shape() {
            Some(Shape::Compare(left, _, right)) => {
                matches!(left.shape(), Some(Shape::TypeOf(_))) && right.literal().is_some_and(|kind| kind != "undefined")
            }
            Some(Shape::Not(inner)) => return self.name_type_test(&inner.clone(), statement),
            Some(Shape::And(left, right) | Shape::Or(left, right)) => {
                let (left, right) = (left.clone(), right.clone());
                self.name_type_test(&left, statement);
                return self.name_type_test(&right, statement);
            }
            _ => false,
        };
        if is_type {
            let first = statement.source.lines().next().unwrap_or_default();
            self.leave_at(statement.line, "conditions", &format!("the type is not tested, only whether there is a value: {first}"));
        }
    }
}
