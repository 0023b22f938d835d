//! Which expectations are about the time that an answer took: a failure of one is of the class `elapsed`, and a request that failed
//! nothing else keeps its time in the report.
//!
//! The rule: a condition is about time where `elapsed` is all that it reads of the answer; a comparison also where that is true of one of
//! its sides; `and`, `or` and `not` also where each of their parts is.

use crate::ast::BinaryOp;
use crate::check::expr::substitute;
use crate::model::{Expr, ExprKind, Source};

/// Whether a condition is about the time that the answer took.
pub(super) fn is_about_time(condition: &Expr) -> bool {
    if reads_only_elapsed(condition) {
        return true;
    }
    match &condition.kind {
        ExprKind::Not(inner) => is_about_time(inner),
        ExprKind::Binary(left, BinaryOp::And | BinaryOp::Or, right) => is_about_time(left) && is_about_time(right),
        ExprKind::Binary(left, op, right) if op.is_comparison() => reads_only_elapsed(left) || reads_only_elapsed(right),
        _ => false,
    }
}

/// Whether `elapsed` is read, and nothing else of the answer.
fn reads_only_elapsed(expr: &Expr) -> bool {
    let (mut elapsed, mut other) = (false, false);
    substitute::each(expr, &mut |part| match &part.kind {
        ExprKind::Source(Source::Elapsed) => elapsed = true,
        ExprKind::Source(_) => other = true,
        _ => {}
    });
    elapsed && !other
}
