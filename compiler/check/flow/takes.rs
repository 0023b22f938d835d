//! Takes: their sources, and the types of their values.

use std::collections::HashSet;
use std::rc::Rc;

use crate::ast::{self, ExprKind as Ast, Quantifier};
use crate::check::Checker;
use crate::check::expr::source::Sources;
use crate::check::expr::substitute;
use crate::check::scope::VarKind;
use crate::check::types::{self, Kinds, a, word};
use crate::diagnostic::{Code, Diagnostic};
use crate::foreign;
use crate::model::{Expr, ExprKind, LocalId, Quantity, Source, Take, Type};
use crate::span::Span;

impl<'a> Checker<'a> {
    /// Checks a take. Its `else` also applies if the step has failed; then the variables in `unsure` have no value yet.
    pub(in crate::check) fn take(&mut self, take: &'a ast::Take, span: Span, unsure: &Rc<HashSet<LocalId>>, step: Span) -> Take {
        let source = self.take_source(take);
        let quantity = match (&take.quantifier, &source.kind) {
            (None, _) => Quantity::One,
            (_, ExprKind::Capture(..)) => Quantity::One,
            (_, ExprKind::Source(Source::JsonPath { .. } | Source::Header(..) | Source::Html { .. })) => Quantity::One,
            (Some(quantifier), _) => quantity(quantifier.node),
        };
        let (mut ty, mut declared) = (source.ty.clone(), Type::Json);
        if quantity == Quantity::Any
            && let Type::List(item) = &ty
        {
            ty = (**item).clone();
        }
        if let Some(word) = &take.ty {
            let (named, kinds) = self.type_word(word);
            if let Some(plain) = word.node.strip_suffix('?') {
                let help = format!("write `{plain}`, and `else null` after the source");
                self.error(Code::BadTake, word.span, "unexpected `?` in a take: a typed take fails on null", &help);
            }
            let convertible = match (&ty, &named) {
                (Type::String, Type::Int | Type::Float | Type::Bool | Type::Duration | Type::Time | Type::Bytes) => true,
                (Type::List(_), named) => matches!(named, Type::List(_) | Type::Json),
                (Type::Form, named) => *named == Type::Form,
                (ty, _) => kinds.takes(ty) || named == Type::String && !matches!(ty, Type::Object(_)),
            };
            if !convertible {
                let message = format!(
                    "unexpected {2}, expected {1}: the source does not fit the type of `{0}`",
                    take.name.node,
                    a(&named),
                    types::word(&ty)
                );
                let help = match ty {
                    Type::List(_) => "write `any` before the source for one at random, or `list` for all",
                    _ => "remove the type, or take another source",
                };
                self.error(Code::BadTake, word.span, message, help);
            }
            declared = named.clone();
            ty = named;
        }
        let fallback = take.fallback.as_ref().map(|fallback| {
            let known = self.func.state.clone();
            self.func.unsure = Some((Rc::clone(unsure), step));
            let value = self.with_sources(Sources::None, |checker| checker.expr(fallback));
            self.func.unsure = None;
            self.func.state = known;
            if !types::fits(&value.ty, &ty) {
                let message = format!("unexpected {} after `else`, expected {}", word(&value.ty), a(&ty));
                self.error(Code::BadTake, fallback.span, message, "write a value of the same type, or null");
            }
            value
        });
        if fallback.as_ref().is_some_and(|value| value.ty == Type::Null) {
            ty = Type::Json;
        }
        let local = self.assign(&take.name, ty, VarKind::Take);
        Take { local, name: take.name.node.clone(), ty: declared, source, quantity, fallback, span }
    }

    /// Checks the source of a take.
    pub(in crate::check) fn take_source(&mut self, take: &'a ast::Take) -> Expr {
        let wanted = take.quantifier.as_ref().map_or(Quantity::One, |q| quantity(q.node));
        let e = &take.source;
        let source = match &e.kind {
            Ast::JsonPath(_) | Ast::Header(_) | Ast::Html(..) => self.source(e, wanted),
            Ast::Match { value, negated, regex } => self.capture(value, *negated, regex, wanted, e.span),
            Ast::Broken => return crate::check::broken(e.span),
            Ast::Binary(left, ast::BinaryOp::Or, value) if !matches!(value.kind, Ast::Binary(..)) => {
                let help = format!("write `else {}`", self.written(value.span));
                let d = Diagnostic::new(Code::BadTake, e.span, "unexpected `or` in a take, expected `else`").help(help);
                let replaced = Span::new(e.span.file, left.span.range().end, value.span.range().end);
                let fallback = format!(" else {}", self.written(value.span));
                return self.bad(d.edit(replaced, fallback));
            }
            _ if let Some(help) = self.foreign_take(e) => {
                let d = Diagnostic::new(Code::NoSource, e.span, "unexpected value, expected a source of the response").help(help);
                return self.bad(d);
            }
            _ => self.expr(e),
        };
        if let Some(quantifier) = &take.quantifier {
            let carries = matches!(
                source.kind,
                ExprKind::Capture(..) | ExprKind::Source(Source::JsonPath { .. } | Source::Header(..) | Source::Html { .. })
            );
            if !carries && !Kinds::LIST.takes(&source.ty) {
                let message = format!("unexpected `all` or `any`: this source gives a single {}", word(&source.ty));
                self.error(Code::BadTake, quantifier.span, message, "remove `all` or `any`");
            }
        }
        let erroneous = matches!(source.kind, ExprKind::Const(crate::model::Const::Null)) && source.ty == Type::Json;
        if !substitute::reads_response(&source) && !erroneous {
            let written = self.written(e.span);
            let help = foreign::source(written)
                .unwrap_or_else(|| format!("write `let {0} = {written}`, or a source such as `json.{0}`", take.name.node));
            let d = Diagnostic::new(Code::NoSource, e.span, "unexpected value, expected a source of the response").help(help);
            self.report(d);
        }
        source
    }

    /// The fix for a take from a name that other tools use for the response, unless a variable has that name.
    fn foreign_take(&self, e: &ast::Expr) -> Option<String> {
        let written = self.written(e.span);
        let root = &written[..written.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(written.len())];
        if self.func.names.contains_key(root) || self.values.contains_key(root) {
            return None;
        }
        if let Some(path) = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|path| path.starts_with("$.")) {
            return Some(format!("write `json \"{path}\"`"));
        }
        foreign::source(written)
    }

    pub(super) fn capture(
        &mut self,
        value: &'a ast::Expr,
        negated: bool,
        regex: &crate::span::Spanned<String>,
        wanted: Quantity,
        span: Span,
    ) -> Expr {
        let value = self.want(value, Kinds::STRING, "a regex matches");
        let (id, groups) = self.regex(regex);
        if negated {
            let sign = Span { start: value.span.end, end: regex.span.start, ..span };
            let d = Diagnostic::new(Code::BadTake, span, "unexpected `!~` in a take, expected `~`").help("write `~`");
            self.report(match self.written(sign).find("!~") {
                Some(at) => {
                    let start = sign.range().start + at;
                    d.edit(Span::new(span.file, start, start + 2), "~")
                }
                None => d,
            });
        } else if groups.count == 0 {
            let help = format!("write brackets around the part to take, such as `/({})/`", regex.node);
            self.error(Code::BadTake, regex.span, "missing group in the regex of a take", &help);
        }
        let ty = match wanted {
            Quantity::All => types::list(groups.ty()),
            _ => groups.ty(),
        };
        Expr { kind: ExprKind::Capture(Box::new(value), id, wanted), ty, span }
    }
}

pub(in crate::check) fn quantity(quantifier: Quantifier) -> Quantity {
    match quantifier {
        Quantifier::All => Quantity::All,
        Quantifier::Any => Quantity::Any,
    }
}
