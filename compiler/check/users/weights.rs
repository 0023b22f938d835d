//! Weights of users and of members of `tasks`.

use crate::ast;
use crate::check::Checker;
use crate::check::EnvValue;
use crate::check::types::Kinds;
use crate::check::types::const_eval;
use crate::diagnostic::Code;
use crate::model::{Const, Expr, ExprKind, Type};
use crate::span::Span;

impl<'a> Checker<'a> {
    /// Checks a weight: an int in the source or in the environment; 1 if omitted.
    pub(in crate::check) fn weight(&mut self, weight: Option<&'a ast::Expr>, span: Span) -> Expr {
        let Some(e) = weight else {
            return Expr { kind: ExprKind::Const(Const::Int(1)), ty: Type::Int, span };
        };
        let value = self.want(e, Kinds::INT, "a weight is");
        if !matches!(value.kind, ExprKind::Const(_) | ExprKind::Env(_)) {
            self.error(
                Code::NotLiteral,
                e.span,
                "unexpected weight, expected a whole number or a key of the environment",
                "write, for example, `7` or `env.shop.weight`",
            );
        }
        if self.known_weight(&value).is_some_and(|n| n < 0) {
            self.error(Code::Impossible, e.span, "unexpected negative weight, expected 0 or more", "write 0 to turn it off");
        }
        value
    }

    fn known_weight(&self, weight: &Expr) -> Option<i64> {
        match weight.kind {
            ExprKind::Env(id) => match self.env_value(id)? {
                EnvValue::Int(n) => Some(*n),
                EnvValue::String(text) => text.parse().ok(),
                _ => None,
            },
            _ => const_eval::int(weight),
        }
    }

    /// Reports weights that are all 0.
    pub(super) fn check_weights<'e>(&mut self, weights: impl Iterator<Item = &'e Expr>, span: Span, what: &str) {
        let mut count = 0;
        for weight in weights {
            count += 1;
            if self.known_weight(weight) != Some(0) {
                return;
            }
        }
        if count > 0 {
            self.error(
                Code::Impossible,
                span,
                format!("all weights of {what} are 0, expected one that is positive"),
                "set one of them to 1 or more",
            );
        }
    }
}
