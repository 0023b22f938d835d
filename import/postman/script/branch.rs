//! Follows the branches of a script: those that run if all expectations hold.

use super::value::Value;
use super::{Interpreter, is_output};
use crate::draft::Expr;
use crate::js::{self, Kind, Stmt, StmtKind};

impl Interpreter<'_> {
    /// Follows a branch if its condition is true for the status of a passing test. What other branches do is reported.
    pub(super) fn branch(&mut self, test: &js::Expr, then: &[Stmt], otherwise: &[Stmt]) -> bool {
        let is_error = |expr: &js::Expr| matches!(&expr.kind, Kind::Name(name) if matches!(name.as_str(), "err" | "error" | "e"));
        match &test.kind {
            // `if (err) { … } else { … }` of a callback: the request succeeds, so the `else` runs.
            _ if is_error(test) => {
                self.block(otherwise);
                true
            }
            Kind::Unary("!", inner) if is_error(inner) => {
                self.block(then);
                true
            }
            Kind::Binary("===" | "==", left, right) => {
                let status = matches!(self.eval(left), Value::Code(code) if code.text == "status");
                let is_null = matches!(right.kind, Kind::Null) && is_error(left);
                match (self.eval(left), self.eval(right)) {
                    // Both sides are constants: the script switches parts of itself on.
                    (Value::Data(left), Value::Data(right)) if !matches!(left, Expr::Null) => {
                        self.block(if left == right { then } else { otherwise });
                        true
                    }
                    (_, Value::Data(Expr::Number(digits))) if status => {
                        let taken = self.outcome.statuses.is_empty() || self.outcome.statuses.contains(&digits);
                        let (run, not_run) = if taken { (then, otherwise) } else { (otherwise, then) };
                        if taken {
                            self.statuses(vec![digits]);
                        }
                        self.block(run);
                        self.leave_untaken(not_run);
                        true
                    }
                    _ if is_null => {
                        self.block(then);
                        true
                    }
                    _ => self.does_nothing(then) && self.does_nothing(otherwise),
                }
            }
            // `if (body && body.id) { … }`: in a passing test, the response has the member.
            _ if self.is_guard(test) && self.does_nothing(otherwise) => {
                self.block(then);
                true
            }
            _ => self.does_nothing(then) && self.does_nothing(otherwise),
        }
    }

    /// Whether a condition only tests that the response has a member, or that a list of it has items.
    fn is_guard(&mut self, test: &js::Expr) -> bool {
        match &test.kind {
            Kind::Binary("&&", left, right) => self.is_guard(left) && self.is_guard(right),
            Kind::Binary("!==" | "!=", left, right) if matches!(right.kind, Kind::Null | Kind::Undefined) => {
                matches!(self.eval(left), Value::Json(_))
            }
            Kind::Binary(">", left, right) => {
                let is_zero = matches!(&right.kind, Kind::Number(digits) if digits == "0");
                is_zero && matches!(self.eval(left), Value::Code(code) if code.reads && code.text.starts_with("len("))
            }
            _ => matches!(self.eval(test), Value::Json(_)),
        }
    }

    /// Whether statements only print.
    fn does_nothing(&mut self, statements: &[Stmt]) -> bool {
        statements.iter().all(|statement| match &statement.kind {
            StmtKind::Expr(expr) => is_output(expr),
            StmtKind::Empty | StmtKind::Return(None) => true,
            _ => false,
        })
    }

    /// Reports the statements of a branch that runs only if an expectation fails. Its assertions need no report, because they fail, too.
    fn leave_untaken(&mut self, statements: &[Stmt]) {
        for statement in statements {
            match &statement.kind {
                StmtKind::Block(body) | StmtKind::Try(body, _) => self.leave_untaken(body),
                StmtKind::Expr(expr) if is_output(expr) || is_assertion(expr) => {}
                StmtKind::Empty | StmtKind::Return(None) | StmtKind::Let(_) | StmtKind::Function(_) | StmtKind::Throw(_) => {}
                _ => self.leave(statement),
            }
        }
    }
}

/// Whether an expression is a test or an assertion.
fn is_assertion(expr: &js::Expr) -> bool {
    match &expr.kind {
        Kind::Call(callee, _) => {
            matches!(callee.path().as_deref(), Some(["pm", "test" | "expect", ..] | ["pm", "response", "to", ..] | ["expect"]))
                || is_assertion(callee)
        }
        Kind::Member(object, _) => is_assertion(object),
        Kind::Assign(target, "=", _) => match &target.kind {
            Kind::Member(object, _) | Kind::Index(object, _) => object.path().as_deref() == Some(&["tests"]),
            _ => false,
        },
        _ => false,
    }
}
