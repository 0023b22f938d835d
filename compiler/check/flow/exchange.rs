//! The request of a step, and the request's own expectations.

use crate::ast;
use crate::check::Checker;
use crate::check::expr::substitute;
use crate::check::flow::assignment::Assigned;
use crate::check::scope::VarKind;
use crate::check::types::{Kinds, word};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{ApiId, Body, Exchange, Expect, Expr, ExprKind, Local, LocalId, Stmt, StmtKind, Type};
use crate::span::Span;

/// A checked exchange, with the expectations of its request.
pub(in crate::check) struct Sent {
    pub(in crate::check) exchange: Exchange,
    pub(in crate::check) expects: Vec<Expect>,
    pub(in crate::check) camel: bool,
    pub(in crate::check) method: String,
}

impl<'a> Checker<'a> {
    pub(in crate::check) fn exchange(&mut self, exchange: &'a ast::Exchange, span: Span, before: &mut Vec<Stmt>) -> Option<Sent> {
        match exchange {
            ast::Exchange::Call { path, args, parts } => {
                let Some((api, id)) = self.find_request(path) else {
                    self.args_only(args);
                    self.parts(parts);
                    return None;
                };
                let info = std::mem::take(&mut self.requests[id.0].params);
                let name = self.requests[id.0].name.clone();
                let declared = self.requests[id.0].span;
                let name_span = path.first().map_or(span, |first| first.span.to(path.last().map_or(span, |l| l.span)));
                let mut args = self.arguments(&name, name_span, &info, args, declared);
                self.requests[id.0].params = info;
                let own = self.own_expects(id, &mut args, before);
                let camel = self.apis[api.0].camel;
                let parts = self.with_camel(camel, |checker| checker.parts(parts));
                let method = self.program.requests[id.0].method.clone();
                Some(Sent {
                    exchange: Exchange::Call { request: id, args, over: parts.options, query: parts.query, body: parts.body },
                    expects: own.into_iter().chain(parts.expects).collect(),
                    camel,
                    method,
                })
            }
            ast::Exchange::Inline { api, line, parts } => {
                let found = self.find_api(api);
                let camel = found.is_some_and(|api| self.apis[api.0].camel);
                let request =
                    self.with_camel(camel, |checker| checker.request_parts(found.unwrap_or(ApiId(0)), line, parts, line.path_span()));
                found?;
                Some(Sent {
                    expects: request.expects.clone(),
                    method: request.method.clone(),
                    exchange: Exchange::Inline(Box::new(request)),
                    camel,
                })
            }
            ast::Exchange::Submit { api, form, parts } => self.submit(api, form, parts, span),
        }
    }

    pub(in crate::check) fn submit(
        &mut self,
        api: &'a crate::span::Name,
        form: &'a ast::Expr,
        parts: &'a [ast::Part],
        span: Span,
    ) -> Option<Sent> {
        let found = self.find_api(api);
        let written = self.written(form.span);
        let form = self.expr(form);
        if !Kinds::FORM.takes(&form.ty) {
            let d = Diagnostic::new(Code::WrongType, form.span, format!("unexpected {}, expected a form", word(&form.ty)))
                .help(format!("take one from a page: `take {written} = form \"form\"`"));
            self.report(d);
        }
        let camel = found.is_some_and(|api| self.apis[api.0].camel);
        let parts = self.with_camel(camel, |checker| checker.parts(parts));
        let fields = match parts.body {
            None => Vec::new(),
            Some(Body::Form(fields)) => fields,
            Some(_) => {
                self.error(Code::NotHere, span, "unexpected body of `submit`: it sends the form", "write `form { … }` to set fields");
                Vec::new()
            }
        };
        for (_, value) in &fields {
            let mut cookie = None;
            substitute::each(value, &mut |e| {
                if matches!(e.kind, ExprKind::Source(crate::model::Source::JarCookie(_))) {
                    cookie = Some(e.span);
                }
            });
            if let Some(span) = cookie {
                self.error(
                    Code::NoExchange,
                    span,
                    "unexpected `cookie` in a field of `submit`",
                    "write `take x = cookie …` in the step before, and use `x` here",
                );
            }
        }
        if let Some((_, first)) = parts.query.first() {
            self.error(
                Code::NotHere,
                first.span,
                "unexpected `query` of `submit`: the page sets the form's URL",
                "write the fields in `form { … }`",
            );
        }
        Some(Sent {
            exchange: Exchange::Submit { api: found?, form, fields, options: parts.options, span },
            expects: parts.expects,
            camel,
            method: "POST".to_owned(),
        })
    }

    /// A request's expectations with the arguments of a call. An argument that is more than a name is evaluated once, before the request.
    pub(super) fn own_expects(&mut self, id: crate::model::RequestId, args: &mut [Expr], before: &mut Vec<Stmt>) -> Vec<Expect> {
        let (size, span) = (self.requests[id.0].expectations, self.requests[id.0].span);
        if !self.may_copy(size, span) {
            return Vec::new();
        }
        let mut expects = self.program.requests[id.0].expects.clone();
        for param in substitute::params_of(&expects) {
            let Some(arg) = args.get_mut(param.0) else {
                continue;
            };
            if substitute::is_plain(arg) {
                continue;
            }
            let name = self.requests[id.0].params.get(param.0).map_or("", |param| param.name);
            let local = LocalId(self.func.frame.locals.len());
            self.hidden_local(name, arg.ty.clone(), arg.span);
            let (span, ty) = (arg.span, arg.ty.clone());
            let value = std::mem::replace(arg, Expr { kind: ExprKind::Local(local), ty, span });
            before.push(Stmt { kind: StmtKind::Assign(local, value), span });
        }
        for expect in &mut expects {
            substitute::apply(expect, args);
        }
        expects
    }

    /// Adds a local that no name in the source refers to.
    pub(in crate::check) fn hidden_local(&mut self, name: &'a str, ty: Type, span: Span) {
        let id = LocalId(self.func.frame.locals.len());
        self.func.frame.locals.push(Local { name: name.to_owned(), ty: ty.clone() });
        self.func.vars.push(crate::check::scope::Var { name, span, kind: VarKind::Let, used: true, retired: false, kinds: None });
        self.func.state.set(id, Assigned::Set, ty);
    }
}
