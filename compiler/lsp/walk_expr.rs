//! Resolves the names of requests, expectations and expressions.

use super::index::{DeclarationKind, Referent};
use super::walk::Walker;
use crate::ast::{
    AuthExpr, Body, BodyKind, Entry, Exchange, Expect, ExpectKind, Expr, ExprKind, Matcher, MatcherEntry, MatcherKind, Part, PathExpr,
    RequestLine, RequestOption, Text, TextPart,
};
use crate::check::functions;
use crate::span::{Name, Span};

impl Walker {
    pub(super) fn exchange(&mut self, exchange: &Exchange) {
        let parts = match exchange {
            Exchange::Call { path, args, parts } => {
                let callee = self.request_path(path);
                self.labels(args, callee);
                self.args(args);
                parts
            }
            Exchange::Inline { api, line, parts } => {
                self.used(api);
                self.line(line);
                parts
            }
            Exchange::Submit { api, form, parts } => {
                self.used(api);
                self.expr(form);
                parts
            }
        };
        parts.iter().for_each(|part| self.part(part));
    }

    /// `shop.cart.add`: the api, its resources and the request.
    pub(super) fn request_path(&mut self, path: &[Name]) -> Option<usize> {
        let mut found = None;
        let mut written = String::new();
        for (n, name) in path.iter().enumerate() {
            if n == 0 {
                self.used(name);
            } else {
                written.push('.');
            }
            written.push_str(&name.node);
            if let Some(id) = self.index.requests.get(&written).copied() {
                self.index.references.push((name.span, Referent::Declaration(id)));
                found = Some(id);
            }
        }
        found
    }

    pub(super) fn line(&mut self, line: &RequestLine) {
        match &line.path {
            PathExpr::Plain(text) | PathExpr::Quoted(text) => self.text(text),
        }
    }

    pub(super) fn option(&mut self, option: &RequestOption) {
        match option {
            RequestOption::Auth(auth) => self.auth(auth),
            RequestOption::Headers(entries, _) => self.entries(entries),
            RequestOption::Timeout(timeout) => self.expr(timeout),
            RequestOption::Redirects(..) => {}
        }
    }

    pub(super) fn auth(&mut self, auth: &AuthExpr) {
        self.args(&auth.args);
    }

    pub(super) fn part(&mut self, part: &Part) {
        match part {
            Part::Option(option) => self.option(option),
            Part::Query(entries, _) => self.entries(entries),
            Part::Body(body) => self.body(body),
            Part::Expect(expect) => self.expect(expect),
            Part::Broken(_) => {}
        }
    }

    pub(super) fn body(&mut self, body: &Body) {
        match &body.kind {
            BodyKind::JsonMap(entries) | BodyKind::Form(entries) | BodyKind::Multipart(entries) | BodyKind::Graphql(_, entries) => {
                self.entries(entries);
            }
            BodyKind::Json(value) | BodyKind::Text(value) | BodyKind::Bytes(value) => self.expr(value),
        }
    }

    pub(super) fn entries(&mut self, entries: &[Entry]) {
        for entry in entries {
            if entry.key.span == entry.value.span && !matches!(entry.value.kind, ExprKind::Members(_)) {
                self.index.short_keys.insert(entry.key.span);
            }
            self.expr(&entry.value);
        }
    }

    pub(super) fn expect(&mut self, expect: &Expect) {
        match &expect.kind {
            ExpectKind::Status(_) => {}
            ExpectKind::Json { matcher, .. } => self.matcher(matcher),
            ExpectKind::Headers(entries) => self.matcher_entries(entries),
            ExpectKind::Text { part, .. } => self.expr(part),
            ExpectKind::Condition(condition) => self.expr(condition),
        }
    }

    pub(super) fn matcher_entries(&mut self, entries: &[MatcherEntry]) {
        for entry in entries {
            if entry.key.span == entry.matcher.span {
                self.index.short_keys.insert(entry.key.span);
            }
            self.matcher(&entry.matcher);
        }
    }

    pub(super) fn matcher(&mut self, matcher: &Matcher) {
        match &matcher.kind {
            MatcherKind::Compare(_, value) | MatcherKind::Value(value) => self.expr(value),
            MatcherKind::Each(each) => self.matcher(each),
            MatcherKind::OneOf(matchers) | MatcherKind::List { items: matchers, .. } => {
                matchers.iter().for_each(|matcher| self.matcher(matcher));
            }
            MatcherKind::Object(entries) => self.matcher_entries(entries),
            MatcherKind::Any | MatcherKind::Absent | MatcherKind::Type(_) | MatcherKind::Regex { .. } => {}
        }
    }

    pub(super) fn optional(&mut self, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    pub(super) fn text(&mut self, text: &Text) {
        for part in &text.parts {
            if let TextPart::Hole(expr, _) = part {
                self.expr(expr);
            }
        }
    }

    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Text(text) => self.text(text),
            ExprKind::List(items) => items.iter().for_each(|item| self.expr(item)),
            ExprKind::Object(entries) => self.entries(entries),
            ExprKind::Name(name) => self.used(&Name::new(name.clone(), expr.span)),
            ExprKind::Header(inner) | ExprKind::Cookie(inner) | ExprKind::Unary(_, inner) | ExprKind::Match { value: inner, .. } => {
                self.expr(inner);
            }
            ExprKind::Member(base, name) => self.member(base, name),
            ExprKind::Index(base, index) => {
                self.expr(base);
                self.expr(index);
            }
            ExprKind::Slice(base, from, to) | ExprKind::If(base, from, to) => {
                self.expr(base);
                self.expr(from);
                self.expr(to);
            }
            ExprKind::Call(callee, args) => {
                match function(callee) {
                    Some((name, span)) => {
                        if name == "weighted" {
                            args.iter().filter_map(|arg| arg.label.as_ref()).for_each(|weight| self.expr(weight));
                        }
                        self.index.references.push((span, Referent::Function(name)));
                    }
                    None => self.expr(callee),
                }
                self.args(args);
            }
            ExprKind::Binary(left, _, right) => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::JsonPath(pattern) | ExprKind::Html(pattern, _) => self.text(pattern),
            ExprKind::Quantified(_, inner) | ExprKind::Members(inner) => self.expr(inner),
            ExprKind::Null
            | ExprKind::Absent
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Number(_)
            | ExprKind::Duration(_)
            | ExprKind::Source(_)
            | ExprKind::Form(_)
            | ExprKind::Broken => {}
        }
    }

    pub(super) fn member(&mut self, base: &Expr, name: &Name) {
        if let Some(path) = env_path(base) {
            let path = if path.is_empty() { name.node.clone() } else { format!("{path}.{}", name.node) };
            self.expr(base);
            self.index.references.push((name.span, Referent::Env(path)));
            return;
        }
        self.expr(base);
        if let ExprKind::Name(variable) = &base.kind
            && let Some(rows) = self.lookup(variable).and_then(|id| self.index.declarations[id].rows_of)
        {
            self.index.references.push((name.span, Referent::Column(rows, name.node.clone())));
        }
    }

    /// Resolves the names in a condition on rows.
    pub(super) fn columns(&mut self, expr: &Expr, data: usize) {
        match &expr.kind {
            ExprKind::Name(name) => self.index.references.push((expr.span, Referent::Column(data, name.clone()))),
            ExprKind::Binary(left, _, right) => {
                self.columns(left, data);
                self.columns(right, data);
            }
            ExprKind::Unary(_, inner) | ExprKind::Match { value: inner, .. } => self.columns(inner, data),
            _ => {}
        }
    }

    /// The data source of `next(rows)`.
    pub(super) fn rows_of(&self, value: &Expr) -> Option<usize> {
        let ExprKind::Call(callee, args) = &value.kind else { return None };
        match (&callee.kind, args.first().map(|arg| &arg.value.kind)) {
            (ExprKind::Name(next), Some(ExprKind::Name(data))) if next == "next" => self.lookup(data),
            _ => None,
        }
    }

    /// The data source of `rows.all`.
    pub(super) fn all_rows_of(&self, list: &Expr) -> Option<usize> {
        match &list.kind {
            ExprKind::Member(base, name) if name.node == "all" => match &base.kind {
                ExprKind::Name(data) => self.lookup(data).filter(|id| self.index.declarations[*id].kind == DeclarationKind::Data),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The dotted path after `env` in `env.a.b`.
fn env_path(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) if name == "env" => Some(String::new()),
        ExprKind::Member(base, name) => {
            env_path(base).map(|path| if path.is_empty() { name.node.clone() } else { format!("{path}.{}", name.node) })
        }
        _ => None,
    }
}

/// The function that a call names.
fn function(callee: &Expr) -> Option<(String, Span)> {
    match &callee.kind {
        ExprKind::Name(name) if functions::find(name).is_some() || functions::SPECIAL.contains(&name.as_str()) => {
            Some((name.clone(), callee.span))
        }
        ExprKind::Member(base, name) if matches!(&base.kind, ExprKind::Name(fake) if fake == "fake") => {
            Some((format!("fake.{}", name.node), name.span))
        }
        _ => None,
    }
}
