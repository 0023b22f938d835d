//! The braces of a request: options, query, body, expectations.

use crate::ast::{self, BodyKind, ExprKind as Ast, Part};
use crate::check::Checker;
use crate::check::expr::source::Sources;
use crate::check::types::{Kinds, const_eval};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Body, Expect, Expr, Options, Type};
use crate::span::Span;

/// The parts of a request.
#[derive(Default)]
pub(in crate::check) struct Parts {
    pub(in crate::check) options: Options,
    pub(in crate::check) query: Vec<(String, Expr)>,
    pub(in crate::check) body: Option<Body>,
    pub(in crate::check) expects: Vec<Expect>,
}

impl<'a> Checker<'a> {
    /// Checks the parts of a request, and reports duplicates.
    pub(in crate::check) fn parts(&mut self, parts: &'a [Part]) -> Parts {
        let options = parts.iter().filter_map(|part| match part {
            Part::Option(option) => Some(option),
            _ => None,
        });
        let mut checked = Parts { options: self.options(options), ..Parts::default() };
        let (mut query, mut body): (Option<Span>, Option<Span>) = (None, None);
        for part in parts {
            match part {
                Part::Query(entries, span) => {
                    if let Some(first) = query.replace(*span) {
                        self.said_twice("query", *span, first);
                    }
                    checked.query = self.with_sources(Sources::Request, |checker| checker.fields(entries));
                }
                Part::Body(it) => {
                    if let Some(first) = body.replace(it.span) {
                        self.said_twice("body", it.span, first);
                    }
                    checked.body = Some(self.with_sources(Sources::Request, |checker| checker.body(&it.kind, it.span)));
                }
                Part::Expect(expect) => checked.expects.extend(self.request_expect(expect)),
                Part::Option(_) | Part::Broken(_) => {}
            }
        }
        checked
    }

    /// Checks the fields of a query or a form. Each value is converted to a string; a list repeats its key.
    fn fields(&mut self, entries: &'a [ast::Entry]) -> Vec<(String, Expr)> {
        let fields = self.entries(entries, self.context.camel());
        for (key, value) in &fields {
            if matches!(value.kind, crate::model::ExprKind::Members(_)) {
                continue;
            }
            match &value.ty {
                Type::Object(_) => {
                    let help = "write `to_json(…)`, or list its members";
                    self.error(Code::WrongType, value.span, format!("unexpected object, expected a value for the field `{key}`"), help);
                }
                // Null leaves the field out, as `absent` does.
                Type::List(_) | Type::Null => {}
                _ => self.check_printable(value),
            }
        }
        fields
    }

    fn body(&mut self, body: &'a BodyKind, span: Span) -> Body {
        let camel = self.context.camel();
        match body {
            BodyKind::JsonMap(entries) => {
                let object = self.object(entries, camel, span);
                self.lint_secrets(&object);
                Body::Json(object)
            }
            BodyKind::Json(e) => {
                let value = match &e.kind {
                    Ast::Absent => self.expr(e),
                    _ => self.map_value(e, camel),
                };
                if Kinds::BYTES.or(Kinds::FILE).or(Kinds::FORM).takes(&value.ty) && value.ty != Type::Json {
                    let help = "write `bytes …` to send it unchanged, or `base64(…)` in a string";
                    let message = format!("unexpected {}, expected a value that JSON can hold", crate::check::types::word(&value.ty));
                    self.error(Code::WrongType, e.span, message, help);
                }
                Body::Json(value)
            }
            BodyKind::Form(entries) => {
                let fields = self.fields(entries);
                for (key, value) in &fields {
                    self.lint_secret(key, value);
                }
                Body::Form(fields)
            }
            BodyKind::Multipart(entries) => {
                for entry in entries {
                    self.check_line(&entry.key.text, entry.key.span, "the name of the part");
                }
                let fields = self.entries(entries, camel);
                for (entry, (_, value)) in entries.iter().zip(&fields) {
                    if let Some(path) = const_eval::text(value).and_then(|text| text.strip_prefix('@')).filter(|path| path.contains('.')) {
                        let message = format!("this is the text `@{path}`, not the content of the file");
                        let d = Diagnostic::new(Code::LiteralPlaceholder, entry.value.span, message);
                        self.report(d.write(&format!("file(\"{path}\")")));
                    }
                }
                Body::Multipart(fields)
            }
            BodyKind::Text(e) => {
                let text = self.expr(e);
                self.check_printable(&text);
                Body::Text(text)
            }
            BodyKind::Bytes(e) => Body::Bytes(self.want(e, Kinds::TEXT, "`bytes` sends")),
            BodyKind::Graphql(query, variables) => {
                if query.node.trim().is_empty() {
                    self.error(Code::Impossible, query.span, "empty GraphQL query", "");
                }
                Body::Graphql(query.node.clone(), self.entries(variables, false))
            }
        }
    }
}
