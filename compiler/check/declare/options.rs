//! Options of apis, resources and requests: headers, auth, redirects and the others.

use std::collections::HashMap;

use crate::ast::{self, RequestOption};
use crate::check::Checker;
use crate::check::expr::source::Sources;
use crate::check::types::Kinds;
use crate::check::types::const_eval;
use crate::diagnostic::Code;
use crate::model::{Auth, ExprKind, Options, Redirects};
use crate::span::Span;

impl<'a> Checker<'a> {
    /// Checks the options of an api, a resource or a request.
    pub(in crate::check) fn options(&mut self, options: impl Iterator<Item = &'a RequestOption>) -> Options {
        let mut result = Options::default();
        let mut seen: Vec<(&str, Span)> = Vec::new();
        for option in options {
            let (what, span) = match option {
                RequestOption::Auth(auth) => ("auth", auth.span),
                RequestOption::Headers(_, span) => ("headers", *span),
                RequestOption::Timeout(e) => ("timeout", e.span),
                RequestOption::Redirects(_, span) => ("redirects", *span),
            };
            match seen.iter().find(|(other, _)| *other == what) {
                Some(&(_, first)) => self.said_twice(what, span, first),
                None => seen.push((what, span)),
            }
            match option {
                RequestOption::Auth(auth) => result.auth = Some(self.auth(auth)),
                RequestOption::Headers(entries, _) => result.headers = self.headers(entries),
                RequestOption::Timeout(e) => {
                    let timeout = self.duration(e, "a timeout is");
                    if const_eval::number(&timeout) == Some(0.0) {
                        self.error(Code::Impossible, e.span, "unexpected zero, expected a timeout longer than zero", "");
                    }
                    result.timeout = Some(timeout);
                }
                RequestOption::Redirects(redirects, span) => {
                    result.redirects = self.redirects(redirects, *span);
                }
            }
        }
        result
    }

    fn redirects(&mut self, redirects: &ast::Redirects, span: Span) -> Option<Redirects> {
        Some(match redirects {
            ast::Redirects::Off => Redirects::Off,
            ast::Redirects::Any => Redirects::Any,
            ast::Redirects::Hops(n) => match u32::try_from(*n) {
                Ok(n) if n <= 100 => Redirects::Hops(n),
                _ => {
                    self.error(Code::Impossible, span, "number of redirects out of range, expected 0 to 100", "");
                    return None;
                }
            },
            ast::Redirects::Other(word) if matches!(word.as_str(), "on" | "true" | "yes" | "follow" | "always") => {
                let help = "remove it: up to 10 redirects on the api's own host are followed by default; `redirects any` follows all";
                let d = crate::diagnostic::Diagnostic::new(
                    Code::UnknownWord,
                    span,
                    format!("unexpected `{word}`, expected a value of `redirects`"),
                );
                self.report(d.help(help));
                return None;
            }
            ast::Redirects::Other(word) => {
                let value = Span::new(span.file, span.range().end.saturating_sub(word.len()), span.range().end);
                let word = crate::span::Name::new(word.clone(), value);
                self.unknown_word(&word, "a value of `redirects`", &["off", "any", "a number of hops"]);
                return None;
            }
        })
    }

    /// Checks headers, and returns them under the names that are sent.
    pub(in crate::check) fn headers(&mut self, entries: &'a [ast::Entry]) -> Vec<(String, crate::model::Expr)> {
        self.with_sources(Sources::Body, |checker| checker.header_values(entries))
    }

    fn header_values(&mut self, entries: &'a [ast::Entry]) -> Vec<(String, crate::model::Expr)> {
        let mut headers: Vec<(String, crate::model::Expr)> = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        for entry in entries {
            if let ast::ExprKind::Members(_) = &entry.value.kind {
                headers.push((String::new(), self.expr(&entry.value)));
                continue;
            }
            if matches!(entry.value.kind, ast::ExprKind::Broken) {
                continue;
            }
            let name = crate::check::expr::key_spelling::header(&entry.key, self.context.camel());
            self.check_header_name(&name, entry.key.span);
            let value = self.map_value(&entry.value, false);
            if !matches!(value.kind, ExprKind::Const(crate::model::Const::Null)) {
                self.check_printable(&value);
            }
            self.check_one_line(&value, &format!("the value of the header `{name}`"));
            self.lint_secret(&entry.key.text, &value);
            match seen.get(&name.to_ascii_lowercase()) {
                Some(first) => self.key_twice(&name, entry.key.span, *first),
                None => {
                    seen.insert(name.to_ascii_lowercase(), value.span);
                    headers.push((name, value));
                }
            }
        }
        headers
    }

    /// The arguments of an auth scheme, in the order of its parameters.
    fn auth_values(&mut self, auth: &'a ast::AuthExpr, slots: &[&str]) -> Vec<crate::model::Expr> {
        let scheme = auth.scheme.node.as_str();
        let params: Vec<(&str, bool)> = slots.iter().map(|name| (*name, true)).collect();
        let bound = self.bind(scheme, auth.scheme.span, &params, &auth.args, None);
        let mut values = Vec::new();
        match bound {
            Some(bound) => {
                for e in bound.into_iter().flatten() {
                    let nullable = Kinds::STRING.or(Kinds::NULL).or(Kinds::NUMBER);
                    values.push(self.want(e, nullable, &format!("`{scheme}` takes")));
                }
            }
            None => self.args_only(&auth.args),
        }
        values
    }

    /// Checks how requests are authorized.
    /// Reports an unknown kind of auth, with the way to do what other tools mean by it.
    fn unknown_auth(&mut self, auth: &'a ast::AuthExpr) {
        let scheme = &auth.scheme;
        let help = match scheme.node.to_lowercase().as_str() {
            "oauth2" | "oauth" | "oidc" | "client_credentials" => {
                "take a token in `before test every 20m { … }`, and write `auth bearer(token)`"
            }
            "apikey" | "api_key" | "key" | "custom" => "write `auth header(\"X-API-Key\", env.some.key)`",
            "jwt" | "token" => "write `auth bearer(token)`",
            "awsv4" | "aws_sigv4" | "sigv4" => "write `auth aws(service, region)`",
            "digest" | "ntlm" | "kerberos" | "hawk" => "use bearer, basic, header or aws: ltc does not send this kind",
            _ => return self.unknown_word(scheme, "a kind of auth", &["bearer", "basic", "header", "aws", "none"]),
        };
        let message = format!("unexpected `{}`, expected a kind of auth", scheme.node);
        self.error(Code::UnknownWord, scheme.span, message, help);
    }

    pub(in crate::check) fn auth(&mut self, auth: &'a ast::AuthExpr) -> Auth {
        let slots: &[&str] = match auth.scheme.node.as_str() {
            "none" => &[],
            "bearer" => &["token"],
            "basic" => &["user", "password"],
            "header" => &["name", "value"],
            "aws" => &["service", "region"],
            _ => {
                self.unknown_auth(auth);
                self.args_only(&auth.args);
                return Auth::None;
            }
        };
        let scheme = auth.scheme.node.as_str();
        let values = self.with_sources(Sources::Body, |checker| checker.auth_values(auth, slots));
        let mut values = values.into_iter();
        match (scheme, values.next(), values.next()) {
            ("bearer", Some(token), _) => {
                self.check_one_line(&token, "the token");
                self.lint_secret("token", &token);
                Auth::Bearer(token)
            }
            ("basic", Some(user), Some(password)) => {
                self.lint_secret("password", &password);
                Auth::Basic(user, password)
            }
            ("header", Some(name), Some(value)) => {
                let Some(text) = const_eval::text(&name) else {
                    self.not_literal(name.span, "a header's name");
                    return Auth::None;
                };
                let text = text.to_owned();
                self.check_header_name(&text, name.span);
                self.check_one_line(&value, &format!("the value of the header `{text}`"));
                self.lint_secret("token", &value);
                Auth::Header(text, value)
            }
            ("aws", Some(service), Some(region)) => {
                self.check_one_line(&service, "the service");
                self.check_one_line(&region, "the region");
                Auth::Aws(service, region)
            }
            _ => Auth::None,
        }
    }
}
