//! What to say of a place that does not parse.

use ltc_grammar::Rule;

use super::build::{Builder, P};
use crate::diagnostic::{Code, Diagnostic};
use crate::span::Span;

impl Builder<'_> {
    /// Reports what is wrong with the broken `pair`, which should have been a `strict`.
    pub(super) fn broken(&mut self, pair: &P<'_>, strict: Rule) -> Span {
        let span = self.span(pair);
        let _ = strict;
        self.report(Diagnostic::new(Code::Syntax, span, "this does not parse"));
        span
    }
}
