//! An `api`, its requests and the parts in a request's braces.

use ltc_grammar::Rule;

use crate::ast::{
    Api, ApiMember, AuthExpr, Body, BodyKind, Entry, Expr, ExprKind, Healthcheck, Key, Part, PathExpr, Redirects, RequestDef, RequestLine,
    RequestOption, Resource, Take, Text,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::parse::builder::{P, TreeBuilder, children};

impl TreeBuilder<'_> {
    /// An `api`.
    pub(in crate::parse) fn api(&mut self, pair: P<'_>) -> Api {
        let span = self.span(&pair);
        let mut api = Api { name: self.unnamed(&pair), members: Vec::new(), span };
        for part in children(pair) {
            match part.as_rule() {
                Rule::name => api.name = self.bind(&part),
                _ => api.members = children(part).map(|p| self.api_member(p)).collect(),
            }
        }
        api
    }

    fn api_member(&mut self, pair: P<'_>) -> ApiMember {
        let span = self.span(&pair);
        match pair.as_rule() {
            Rule::base => {
                let base = self.only(pair);
                ApiMember::Base(self.expr(base))
            }
            Rule::keys => {
                let word = self.only(pair);
                ApiMember::Keys(self.word(&word))
            }
            Rule::cookies => {
                let word = self.only(pair);
                ApiMember::Cookies(self.word(&word))
            }
            Rule::resend => {
                let word = self.only(pair);
                ApiMember::Resend(self.word(&word))
            }
            Rule::forward => {
                let word = self.only(pair);
                ApiMember::ForwardHeaders(self.word(&word))
            }
            Rule::max_body => {
                let size = self.only(pair);
                ApiMember::MaxBody(self.word(&size))
            }
            Rule::option => ApiMember::Option(self.option(pair)),
            Rule::healthcheck => ApiMember::Healthcheck(self.healthcheck(pair), span),
            Rule::request_def => ApiMember::Request(Box::new(self.request_def(pair))),
            Rule::resource => {
                let mut resource = Resource { name: self.unnamed(&pair), members: Vec::new(), span };
                for part in children(pair) {
                    match part.as_rule() {
                        Rule::name => resource.name = self.word(&part),
                        _ => resource.members = children(part).map(|p| self.api_member(p)).collect(),
                    }
                }
                ApiMember::Resource(resource)
            }
            _ => ApiMember::Broken(self.broken(&pair, Rule::only_api)),
        }
    }

    fn option(&mut self, pair: P<'_>) -> RequestOption {
        let pair = self.only(pair);
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let inner = self.only(pair);
        match rule {
            Rule::headers => RequestOption::Headers(self.fields(inner), span),
            Rule::auth => RequestOption::Auth(self.auth(inner)),
            Rule::timeout => RequestOption::Timeout(self.expr(inner)),
            _ => {
                let redirects = match (inner.as_str(), inner.as_str().parse()) {
                    ("off", _) => Redirects::Off,
                    ("any", _) => Redirects::Any,
                    (_, Ok(hops)) => Redirects::Hops(hops),
                    (other, Err(_)) => Redirects::Other(other.to_owned()),
                };
                RequestOption::Redirects(redirects, span)
            }
        }
    }

    /// The fields of a query, a form or of headers: a literal map, or one entry for all members of a value.
    fn fields(&mut self, pair: P<'_>) -> Vec<Entry> {
        if pair.as_rule() == Rule::map {
            return self.map(pair);
        }
        let span = self.span(&pair);
        let value = self.expr(pair);
        let key = Key { text: String::new(), quoted: true, span };
        vec![Entry { key, value: Expr { kind: ExprKind::Members(Box::new(value)), span } }]
    }

    /// `bearer(token)`, `none`.
    pub(in crate::parse) fn auth(&mut self, pair: P<'_>) -> AuthExpr {
        let span = self.span(&pair);
        let (scheme, args) = self.callee(pair);
        AuthExpr { scheme, args, span }
    }

    fn healthcheck(&mut self, pair: P<'_>) -> Option<Box<Healthcheck>> {
        let mut check = None;
        for part in children(pair) {
            match (part.as_rule(), &mut check) {
                (Rule::request_line, _) => {
                    let line = self.request_line(part);
                    check = Some(Box::new(Healthcheck { line, parts: Vec::new(), version: None }));
                }
                (Rule::hc_block, Some(check)) => {
                    for member in children(part) {
                        match member.as_rule() {
                            Rule::version => self.version(member, check),
                            _ => {
                                let part = self.part(member, Rule::only_hc);
                                check.parts.push(part);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        check
    }

    fn version(&mut self, pair: P<'_>, check: &mut Healthcheck) {
        let at = self.span(&pair);
        let name = crate::span::Spanned::new("version".to_owned(), crate::span::Span { end: at.start + 7, ..at });
        if check.version.is_some() {
            self.report(Diagnostic::new(Code::Syntax, at, "duplicate `version`").help("remove one of them"));
        }
        let source = self.only(pair);
        check.version = Some(self.take_source(source, name, None));
    }

    fn request_def(&mut self, pair: P<'_>) -> RequestDef {
        let span = self.span(&pair);
        let mut def = RequestDef {
            name: self.unnamed(&pair),
            params: Vec::new(),
            line: RequestLine { method: self.unnamed(&pair), path: PathExpr::Plain(Text::default()) },
            parts: Vec::new(),
            span,
        };
        for part in children(pair) {
            match part.as_rule() {
                Rule::request_head => {
                    for head in children(part) {
                        match head.as_rule() {
                            Rule::word => def.name = self.word(&head),
                            _ => def.params = self.params(head),
                        }
                    }
                }
                Rule::request_line => def.line = self.request_line(part),
                _ => def.parts = self.parts(part),
            }
        }
        def
    }

    /// `GET /items/{id}`.
    pub(in crate::parse) fn request_line(&mut self, pair: P<'_>) -> RequestLine {
        let mut line = RequestLine { method: self.unnamed(&pair), path: PathExpr::Plain(Text::default()) };
        for part in children(pair) {
            match part.as_rule() {
                Rule::method => line.method = self.word(&part),
                Rule::path => line.path = PathExpr::Plain(self.path(part)),
                _ => line.path = PathExpr::Quoted(self.text(part)),
            }
        }
        line
    }

    /// The content of a request's braces.
    pub(in crate::parse) fn parts(&mut self, pair: P<'_>) -> Vec<Part> {
        children(pair).map(|p| self.part(p, Rule::only_part)).collect()
    }

    fn part(&mut self, pair: P<'_>, strict: Rule) -> Part {
        let span = self.span(&pair);
        match pair.as_rule() {
            Rule::option => Part::Option(self.option(pair)),
            Rule::query => {
                let fields = self.only(pair);
                Part::Query(self.fields(fields), span)
            }
            Rule::body => {
                let inner = self.only(pair);
                Part::Body(Body { kind: self.body(inner), span })
            }
            Rule::expect => Part::Expect(self.expect(pair)),
            _ => Part::Broken(self.broken(&pair, strict)),
        }
    }

    fn body(&mut self, pair: P<'_>) -> BodyKind {
        let rule = pair.as_rule();
        if rule == Rule::graphql {
            let mut query = self.unnamed(&pair);
            let mut vars = Vec::new();
            for part in children(pair) {
                match part.as_rule() {
                    Rule::raw => query = self.raw(part),
                    _ => vars = self.map(part),
                }
            }
            return BodyKind::Graphql(query, vars);
        }
        let inner = self.only(pair);
        match rule {
            Rule::json_map => BodyKind::JsonMap(self.map(inner)),
            Rule::form_body => BodyKind::Form(self.fields(inner)),
            Rule::multipart => BodyKind::Multipart(self.map(inner)),
            Rule::text_body => BodyKind::Text(self.expr(inner)),
            Rule::bytes_body => BodyKind::Bytes(self.expr(inner)),
            _ => BodyKind::Json(self.expr(inner)),
        }
    }

    /// `all SOURCE else VALUE` for `name`.
    pub(in crate::parse) fn take_source(&mut self, pair: P<'_>, name: crate::span::Name, ty: Option<crate::span::Name>) -> Take {
        let broken = Expr { kind: ExprKind::Broken, span: self.span(&pair) };
        let mut quantifier = None;
        let mut exprs = Vec::new();
        for part in children(pair) {
            match part.as_rule() {
                Rule::quantifier => {
                    let which = if part.as_str() == "all" { crate::ast::Quantifier::All } else { crate::ast::Quantifier::Any };
                    quantifier = Some(crate::span::Spanned::new(which, self.span(&part)));
                }
                _ => exprs.push(self.expr(part)),
            }
        }
        let mut exprs = exprs.into_iter();
        Take { name, ty, quantifier, source: exprs.next().unwrap_or(broken), fallback: exprs.next() }
    }
}
