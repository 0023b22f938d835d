//! Line breaks in text that becomes part of the head of a request or of a multipart part. Such text must be on one line: a line break would
//! begin another header, and NUL ends the text for some servers.

use crate::ast::BinaryOp;
use crate::check::Checker;
use crate::diagnostic::Code;
use crate::model::{Const, Expr, ExprKind, TextPart};
use crate::span::Span;

impl Checker<'_> {
    /// Rejects constant text with a line break or NUL. The runtime rejects the same in other values. `what` is the subject of the message.
    pub(in crate::check) fn check_one_line(&mut self, value: &Expr, what: &str) {
        let mut found = None;
        constants(value, &mut |text, span| found = found.or_else(|| odd(text).map(|odd| (odd, span))));
        if let Some((odd, span)) = found {
            self.refuse_line(odd, span, what);
        }
    }

    /// Rejects a line break or NUL in text without holes.
    pub(in crate::check) fn check_line(&mut self, text: &str, span: Span, what: &str) {
        if let Some(odd) = odd(text) {
            self.refuse_line(odd, span, what);
        }
    }

    fn refuse_line(&mut self, odd: char, span: Span, what: &str) {
        let (has, help) = match odd {
            '\0' => ("NUL character", "remove `\\u{0}`"),
            _ if self.written(span).starts_with("\"\"\"") => {
                ("line break", "write it on one line, in `\"…\"`: a string in `\"\"\"` keeps its line breaks")
            }
            _ => ("line break", "write it on one line, or encode it: `base64(…)`"),
        };
        self.error(Code::BadHeader, span, format!("unexpected {has} in {what}"), help);
    }
}

fn odd(text: &str) -> Option<char> {
    text.chars().find(|char| matches!(char, '\r' | '\n' | '\0'))
}

/// Calls `f` with the constant texts that the value of an expression may contain.
fn constants(e: &Expr, f: &mut dyn FnMut(&str, Span)) {
    match &e.kind {
        ExprKind::Const(Const::Str(text)) => f(text, e.span),
        ExprKind::Text(parts) => {
            for part in parts {
                match part {
                    TextPart::Literal(text) => f(text, e.span),
                    TextPart::Hole(inner, _) => constants(inner, f),
                }
            }
        }
        ExprKind::If(_, yes, no) => {
            constants(yes, f);
            constants(no, f);
        }
        ExprKind::Binary(left, BinaryOp::Add, right) => {
            constants(left, f);
            constants(right, f);
        }
        _ => {}
    }
}
