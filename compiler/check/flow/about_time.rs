//! Finds expectations about the response time. A failure of one has the class `elapsed`, and a request that fails only such expectations
//! keeps its time in the report.
//!
//! The rule: a condition is about time if `elapsed` is all that it reads of the response. A comparison is also about time if this is true
//! of one of its sides; `and`, `or` and `not` are about time if each of their parts is.

use crate::ast::BinaryOp;
use crate::check::expr::substitute;
use crate::model::{Expr, ExprKind, Source};

/// Whether a condition is about the response time.
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

/// Whether `elapsed` is the only part of the response that an expression reads.
fn reads_only_elapsed(expr: &Expr) -> bool {
    let (mut elapsed, mut other) = (false, false);
    substitute::each(expr, &mut |part| match &part.kind {
        ExprKind::Source(Source::Elapsed) => elapsed = true,
        ExprKind::Source(_) => other = true,
        _ => {}
    });
    elapsed && !other
}
