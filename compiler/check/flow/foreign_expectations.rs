//! Expectations in the syntax of other tools that parse: ranges and lists of statuses, a status beside a condition, several texts.

use crate::ast::{self, BinaryOp, ExprKind};
use crate::check::Checker;
use crate::diagnostic::{Code, Diagnostic};
use crate::span::Span;

impl<'a> Checker<'a> {
    /// Recognizes a condition that is meant as a status, or that contains one.
    pub(super) fn foreign_expectation(&self, e: &'a ast::Expr, span: Span) -> Option<Diagnostic> {
        if let Some((message, help)) = foreign_statuses(e) {
            return Some(Diagnostic::new(Code::NoExpectation, e.span, message).help(help));
        }
        // `expect(res.status).to.equal(200)`
        let written = self.written(e.span);
        if written.starts_with('(')
            && let Some(meant) = crate::foreign::assertion(&format!("expect{written}"))
        {
            let d = Diagnostic::new(Code::NoExpectation, e.span, "unexpected assertion of another language, expected a condition");
            return Some(d.help_replacing(span, format!("write `{meant}`")));
        }
        if let Some(n) = status(e).filter(|_| self.written(e.span).starts_with('(')) {
            let d = Diagnostic::new(Code::NoExpectation, e.span, "unexpected brackets around a status");
            return Some(d.help_replacing(span, format!("write `expect {n}`")));
        }
        if let ExprKind::Binary(left, BinaryOp::Or, right) = &e.kind
            && let ExprKind::Binary(value, BinaryOp::Eq, first) = &left.kind
            && matches!(right.kind, ExprKind::Text(_) | ExprKind::Int(_) | ExprKind::Float(_))
        {
            let code = format!("expect {} in [{}, {}]", self.written(value.span), self.written(first.span), self.written(right.span));
            let d = Diagnostic::new(Code::NoExpectation, right.span, "unexpected value after `or`, expected a condition");
            return Some(d.help_replacing(span, format!("write `{code}`")));
        }
        let ExprKind::Binary(left, BinaryOp::And, right) = &e.kind else { return None };
        let (n, condition) = status(left).map(|n| (n, right)).or_else(|| status(right).map(|n| (n, left)))?;
        let d = Diagnostic::new(Code::NoExpectation, e.span, "unexpected status in a condition");
        Some(d.help_replacing(span, format!("write `expect {n}; expect {}`", self.written(condition.span))))
    }

    /// Recognizes `expect text "a" or "b"`, `expect text "a" and "b"`, `expect text not "a"`.
    pub(super) fn foreign_text(&self, part: &'a ast::Expr, negated: bool, span: Span) -> Option<Diagnostic> {
        let text = |e: &ast::Expr| {
            let written = self.written(e.span);
            let inside = written.strip_prefix('"')?.strip_suffix('"')?;
            (matches!(e.kind, ExprKind::Text(_)) && !inside.contains(['"', '{', '\\'])).then(|| inside.to_owned())
        };
        let not = if negated { "not " } else { "" };
        match &part.kind {
            ExprKind::Unary(ast::UnaryOp::Not, of) => {
                let inside = text(of)?;
                let d = Diagnostic::new(Code::NoExpectation, part.span, "unexpected `not` after `text`");
                Some(d.help_replacing(span, format!("write `expect not text \"{inside}\"`")))
            }
            ExprKind::Binary(left, op @ (BinaryOp::And | BinaryOp::Or), right) => {
                let (one, other) = (text(left)?, text(right)?);
                let is_plain =
                    [&one, &other].iter().all(|part| !part.contains(['/', '.', '*', '+', '?', '(', ')', '[', '|', '^', '$', '{']));
                let code = match op {
                    BinaryOp::And => format!("expect {not}text \"{one}\"; expect {not}text \"{other}\""),
                    _ if negated => format!("expect not text \"{one}\"; expect not text \"{other}\""),
                    _ if is_plain => format!("expect text ~ /{one}|{other}/"),
                    _ => return None,
                };
                let word = if matches!(op, BinaryOp::And) { "and" } else { "or" };
                let d = Diagnostic::new(Code::NoExpectation, part.span, format!("unexpected `{word}` between two texts"));
                Some(d.help_replacing(span, format!("write `{code}`")))
            }
            _ => None,
        }
    }
}

/// A number that is a status.
fn status(e: &ast::Expr) -> Option<i64> {
    match &e.kind {
        ExprKind::Int(n) if (100..600).contains(n) => Some(*n),
        _ => None,
    }
}

/// Recognizes statuses in the syntax of other tools: `200-299`, `[200, 201]`, `not 500`.
fn foreign_statuses(e: &ast::Expr) -> Option<(&'static str, String)> {
    match &e.kind {
        ExprKind::Binary(left, BinaryOp::Sub, right) => {
            let (from, to) = (status(left)?, status(right)?);
            let class = from % 100 == 0 && to == from + 99;
            let help = if class {
                format!("write `expect {}xx`", from / 100)
            } else {
                format!("write `expect status >= {from} and status <= {to}`")
            };
            Some(("unexpected range of statuses", help))
        }
        ExprKind::List(items) => {
            let statuses: Vec<String> = items.iter().map(|item| status(item).map(|n| n.to_string())).collect::<Option<_>>()?;
            (!statuses.is_empty())
                .then(|| ("unexpected list of statuses, expected `|` between them", format!("write `expect {}`", statuses.join(" | "))))
        }
        ExprKind::Unary(ast::UnaryOp::Not, of) => {
            let n = status(of)?;
            Some((
                "unexpected `not` before a status",
                format!("write the expected statuses, such as `expect 2xx`, or `expect status != {n}`"),
            ))
        }
        _ => None,
    }
}
