//! Expectations and matchers.

use ltc_grammar::Rule;

use super::expr::{binary_op, regex};
use crate::ast::{BinaryOp, Expect, ExpectKind, Expr, ExprKind, Matcher, MatcherEntry, MatcherKind, StatusPattern};
use crate::diagnostic::{Code, Diagnostic};
use crate::parse::builder::{P, TreeBuilder, children};
use crate::span::Spanned;

impl TreeBuilder<'_> {
    /// An `expect`.
    pub(in crate::parse) fn expect(&mut self, pair: P<'_>) -> Expect {
        let span = self.span(&pair);
        let inner = self.only(pair);
        let kind = match inner.as_rule() {
            Rule::status_list => ExpectKind::Status(children(inner).map(|p| self.status(&p)).collect()),
            Rule::json_expect => {
                let mut exactly = false;
                let mut matcher = Matcher { kind: MatcherKind::Any, span };
                for part in children(inner) {
                    match part.as_rule() {
                        Rule::flag_exactly => exactly = true,
                        Rule::matcher => matcher = self.matcher(part),
                        _ => {}
                    }
                }
                ExpectKind::Json { exactly, matcher }
            }
            Rule::headers_expect => {
                let map = self.only(inner);
                ExpectKind::Headers(self.matcher_entries(map))
            }
            Rule::text_expect => {
                let mut negated = false;
                let mut part = Expr { kind: ExprKind::Broken, span };
                for p in children(inner) {
                    match p.as_rule() {
                        Rule::flag_not => negated = true,
                        Rule::expr => part = self.expr(p),
                        _ => {}
                    }
                }
                ExpectKind::Text { negated, part }
            }
            _ => {
                let condition = self.expr(inner);
                self.condition(condition)
            }
        };
        Expect { kind, span }
    }

    /// Reports `expect 200 or 304`, which reads well but means nothing, and treats it as `200 | 304`.
    fn condition(&mut self, condition: Expr) -> ExpectKind {
        fn statuses(expr: &Expr, into: &mut Vec<Spanned<StatusPattern>>) -> bool {
            match &expr.kind {
                ExprKind::Int(code) => {
                    into.push(Spanned::new(StatusPattern::Code(*code), expr.span));
                    true
                }
                ExprKind::Binary(a, BinaryOp::Or | BinaryOp::And, b) => statuses(a, into) && statuses(b, into),
                _ => false,
            }
        }
        let mut found = Vec::new();
        if matches!(condition.kind, ExprKind::Binary(_, BinaryOp::Or | BinaryOp::And, _)) && statuses(&condition, &mut found) {
            let list: Vec<String> = found
                .iter()
                .map(|s| match s.node {
                    StatusPattern::Code(code) => code.to_string(),
                    StatusPattern::Class(class) => format!("{class}xx"),
                })
                .collect();
            self.report(
                Diagnostic::new(Code::StatusOr, condition.span, "unexpected separator of statuses, expected `|`")
                    .help(format!("write `expect {}`", list.join(" | "))),
            );
            return ExpectKind::Status(found);
        }
        ExpectKind::Condition(condition)
    }

    pub(super) fn status(&mut self, pair: &P<'_>) -> Spanned<StatusPattern> {
        let written = pair.as_str();
        let pattern = match written.strip_suffix("xx") {
            Some(class) => StatusPattern::Class(class.parse().unwrap_or(0)),
            None => StatusPattern::Code(written.parse().unwrap_or(i64::MAX)),
        };
        Spanned::new(pattern, self.span(pair))
    }

    /// A `matcher`: one, or several joined by `|`.
    pub(in crate::parse) fn matcher(&mut self, pair: P<'_>) -> Matcher {
        let span = self.span(&pair);
        let mut all: Vec<Matcher> = children(pair).map(|p| self.matcher_one(p)).collect();
        match (all.len(), all.pop()) {
            (1, Some(one)) => one,
            (_, last) => {
                all.extend(last);
                Matcher { kind: MatcherKind::OneOf(all), span }
            }
        }
    }

    fn matcher_one(&mut self, pair: P<'_>) -> Matcher {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::m_any => MatcherKind::Any,
            Rule::m_absent => MatcherKind::Absent,
            Rule::m_type => MatcherKind::Type(pair.as_str().to_owned()),
            Rule::m_object => MatcherKind::Object(self.matcher_entries(pair)),
            Rule::m_list => self.matcher_list(pair),
            Rule::m_each => {
                let inner = self.only(pair);
                MatcherKind::Each(Box::new(self.matcher_one(inner)))
            }
            Rule::m_compare => {
                let mut parts = children(pair);
                match (parts.next(), parts.next()) {
                    (Some(op), Some(value)) => MatcherKind::Compare(binary_op(op.as_rule()), Box::new(self.expr(value))),
                    _ => MatcherKind::Any,
                }
            }
            Rule::m_regex => {
                let (negated, regex) = regex(self.places, pair);
                MatcherKind::Regex { negated, regex }
            }
            _ => MatcherKind::Value(Box::new(self.expr(pair))),
        };
        Matcher { kind, span }
    }

    /// `[a, b, ..]`: the rest must be last.
    fn matcher_list(&mut self, pair: P<'_>) -> MatcherKind {
        let mut items = Vec::new();
        let mut rest = None;
        for part in children(pair) {
            if part.as_rule() == Rule::m_rest {
                rest = Some(self.span(&part));
                continue;
            }
            if let Some(at) = rest {
                self.report(
                    Diagnostic::new(Code::RestNotLast, at, "unexpected `..`, expected at the end of the list")
                        .label("matches any further items")
                        .help("write a condition for an item at any position, such as `expect \"x\" in json.items`"),
                );
            }
            items.push(self.matcher(part));
        }
        MatcherKind::List { items, rest: rest.is_some() }
    }

    /// The entries of a matcher in braces.
    fn matcher_entries(&mut self, pair: P<'_>) -> Vec<MatcherEntry> {
        let mut entries = Vec::new();
        for entry in children(pair) {
            let mut parts = children(entry);
            let Some(key) = parts.next() else { continue };
            let key = self.key(key);
            let matcher = match parts.next() {
                Some(matcher) => self.matcher(matcher),
                None => {
                    let value = self.short(&key);
                    Matcher { span: value.span, kind: MatcherKind::Value(Box::new(value)) }
                }
            };
            entries.push(MatcherEntry { key, matcher });
        }
        entries
    }
}
