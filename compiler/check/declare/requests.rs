//! Requests: named ones with their parameters, and the checks that they share with requests written in steps.

use std::collections::HashSet;

use crate::ast::{self, PathExpr, RequestLine};
use crate::check::Checker;
use crate::check::expr::source::Sources;
use crate::check::expr::substitute;
use crate::check::flow::request_parts::Parts;
use crate::check::scope::FuncKind;
use crate::check::types::args::ParamInfo;
use crate::check::types::const_eval;
use crate::diagnostic::{Code, Diagnostic, list};
use crate::model::{ApiId, Expr, ExprKind, Options, Path, Request, RequestId, TextPart};
use crate::span::{Name, Span};

/// A request, as calls see it.
#[derive(Debug)]
pub(in crate::check) struct RequestInfo<'a> {
    /// `treatment.create`.
    pub(in crate::check) name: String,
    pub(in crate::check) params: Vec<ParamInfo<'a>>,
    pub(in crate::check) span: Span,
    pub(in crate::check) used: bool,
    /// The number of its expectations and of their parts.
    pub(in crate::check) expectations: usize,
}

const METHODS: [&str; 8] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"];

impl<'a> Checker<'a> {
    /// Checks a named request of an api or a resource.
    pub(in crate::check) fn request(&mut self, api: ApiId, resource: Option<&'a str>, around: &Options, request: &'a ast::RequestDef) {
        let name: Vec<String> = resource.into_iter().chain([request.name.node.as_str()]).map(str::to_owned).collect();
        let dotted = name.join(".");
        let known = self.apis[api.0].requests.get(&dotted);
        let resource_span = self.apis[api.0].resources.get(dotted.as_str()).copied().filter(|_| resource.is_none());
        if let Some(first) = known.map(|id| self.requests[id.0].span).or(resource_span) {
            self.declared_twice(&request.name, first);
            return;
        }
        let (params, checked) = self.in_function(FuncKind::Request, dotted.clone(), |checker| {
            let params = checker.params(&request.params);
            checker.bind_params(&params);
            let mut checked = checker.request_parts(api, &request.line, &request.parts, request.span);
            if checker.may_copy(around.headers.len(), request.span) {
                checked.options = over(around, checked.options);
            }
            checked.name = name;
            checked.params = params.len();
            checker.unused_params();
            checked.frame = std::mem::take(&mut checker.func.frame);
            checked.span = request.name.span;
            (params, checked)
        });
        let id = RequestId(self.requests.len());
        let expectations = substitute::size(&checked.expects);
        self.apis[api.0].requests.insert(dotted.clone(), id);
        self.program.requests.push(checked);
        self.requests.push(RequestInfo { name: dotted, params, span: request.name.span, used: false, expectations });
    }

    /// Builds a request from its line and parts, in the current function.
    pub(in crate::check) fn request_parts(&mut self, api: ApiId, line: &'a RequestLine, parts: &'a [ast::Part], span: Span) -> Request {
        let method = self.method(&line.method);
        let path = self.path(api, &line.path);
        self.lint_placeholders(&path, line.path_span());
        let Parts { options, query, body, expects } = self.parts(parts);
        Request {
            api,
            name: Vec::new(),
            params: 0,
            frame: crate::model::Frame::default(),
            method,
            path,
            query,
            body: body.unwrap_or(crate::model::Body::None),
            options,
            expects,
            span,
        }
    }

    fn method(&mut self, method: &Name) -> String {
        let upper = method.node.to_ascii_uppercase();
        if !METHODS.contains(&method.node.as_str()) {
            let mut d = Diagnostic::new(Code::UnknownMethod, method.span, format!("unknown method `{}`", method.node));
            d = match METHODS.contains(&upper.as_str()) {
                true => d.help(format!("write it in capitals: `{upper}`")),
                false => d.did_you_mean(&upper, METHODS),
            };
            if d.help.is_none() {
                d = d.help(format!("use one of the methods: {}", METHODS.join(", ")));
            }
            self.report(d);
        }
        upper
    }

    fn path(&mut self, api: ApiId, path: &'a PathExpr) -> Path {
        let text = match path {
            PathExpr::Plain(text) => text,
            PathExpr::Quoted(text) => {
                let reference = self.text(text);
                self.check_one_line(&reference, "the URL");
                self.lint_relative(api, &reference, text.span);
                return Path::Quoted(reference);
            }
        };
        let parts = self.text_or_path(text, true);
        match parts.first() {
            Some(TextPart::Literal(start)) if start.split('?').next().is_some_and(|path| path.contains("://")) => {
                self.error(
                    Code::ImpossiblePath,
                    text.span,
                    "missing quotes around an absolute URL",
                    "write `GET \"https://…\"`; a path without quotes is appended to the base",
                );
            }
            Some(TextPart::Literal(start)) if !start.starts_with(['/', '?']) => {
                let help = format!("write `/{start}`, or quote a relative URL");
                self.error(Code::ImpossiblePath, text.span, "unexpected path, expected one that starts with `/`", &help);
            }
            _ => {}
        }
        split(parts)
    }

    /// Warns of a relative reference that replaces the end of the base's path.
    fn lint_relative(&mut self, api: ApiId, reference: &Expr, span: Span) {
        let Some(text) = const_eval::text(reference) else { return };
        let end = self.apis.get(api.0).map_or("", |api| api.base_end.as_str());
        let first = text.split(['/', '?', '#']).next().unwrap_or_default();
        if end.is_empty() || first.is_empty() || first.starts_with('.') || first.contains(':') {
            return;
        }
        let message = format!("relative path `{text}` replaces `{end}` at the end of the base");
        let help = format!("write `/{text}` without quotes to append it to the base, or `\"./{text}\"` if this is meant");
        self.error(Code::RelativePath, span, message, &help);
    }

    /// Warns of `:id`, `<id>` and `$id` in a path if `id` is a parameter or a variable.
    fn lint_placeholders(&mut self, path: &Path, span: Span) {
        let Path::Plain { path, query } = path else { return };
        for part in path.iter().chain(query) {
            let TextPart::Literal(literal) = part else { continue };
            if literal.ends_with(',') && self.written(span).ends_with(',') {
                let end = span.range().end;
                let d = Diagnostic::new(Code::LiteralPlaceholder, Span::new(span.file, end - 1, end), "this `,` is a part of the path");
                self.report(d.help("remove it: the parts of a request follow the path without a comma"));
            }
            for segment in literal.split(['/', '&', '=', '?']) {
                let name = match segment.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
                    Some(inner) => inner.rsplit(':').next().unwrap_or(inner),
                    None => segment.strip_prefix([':', '$']).unwrap_or_default(),
                };
                if !name.is_empty() && self.func.vars.iter().any(|var| var.name == name) {
                    let message = format!("this is the literal text `{segment}`, not the value of `{name}`");
                    let d = Diagnostic::new(Code::LiteralPlaceholder, span, message);
                    let help = format!("write `{{{name}}}` for the value");
                    // `:id` is not the beginning of `:id_of_cart`.
                    let written = self.written(span);
                    let is_whole =
                        |at: &usize| !written[at + segment.len()..].starts_with(|char: char| char.is_alphanumeric() || char == '_');
                    self.report(match written.match_indices(segment).map(|(at, _)| at).find(is_whole) {
                        Some(at) => {
                            let start = span.range().start + at;
                            d.help_replacing(Span::new(span.file, start, start + segment.len()), help)
                        }
                        None => d.help(help),
                    });
                }
            }
        }
    }

    /// The expectations of a request.
    pub(in crate::check) fn request_expect(&mut self, expect: &'a ast::Expect) -> Option<crate::model::Expect> {
        self.with_sources(Sources::Response, |checker| checker.expect(expect))
    }

    /// Finds the request that a dotted path names.
    pub(in crate::check) fn find_request(&mut self, path: &'a [Name]) -> Option<(ApiId, RequestId)> {
        let (first, rest) = path.split_first()?;
        let api = self.find_api(first)?;
        let dotted = rest.iter().map(|name| name.node.as_str()).collect::<Vec<&str>>().join(".");
        if rest.is_empty() {
            let d = Diagnostic::new(Code::UnknownRequest, first.span, format!("unexpected api `{}`, expected a request", first.node))
                .help(format!("write `{0}.some_request()`, or `{0} GET /…`", first.node));
            self.report(d);
            return None;
        }
        let info = &self.apis[api.0];
        if let Some(&id) = info.requests.get(&dotted) {
            self.requests[id.0].used = true;
            return Some((api, id));
        }
        if info.broken || self.broken {
            return None;
        }
        let span = rest.first()?.span.to(rest.last()?.span);
        let api_name = &first.node;
        if !self.explains() {
            self.error(Code::UnknownRequest, span, format!("unknown request `{dotted}` of api `{api_name}`"), "");
            return None;
        }
        let mut known: Vec<&str> = info.requests.keys().map(String::as_str).collect();
        known.sort_unstable();
        let mut d = Diagnostic::new(Code::UnknownRequest, span, format!("unknown request `{dotted}` of api `{api_name}`"))
            .also(info.ast.name.span, "api");
        let ending = format!(".{dotted}");
        let last = rest.last().map_or("", |name| name.node.as_str());
        let by_part = || {
            known.iter().copied().find(|other| {
                other.ends_with(&ending)
                    || other.split_once('.').is_some_and(|(_, request)| {
                        rest.len() > 1
                            && request == last
                            && ltc_config::suggest::nearest(&rest[0].node, [other.split('.').next().unwrap_or("")]).is_some()
                    })
            })
        };
        let near = ltc_config::suggest::nearest(&dotted, known.iter().copied()).or_else(by_part);
        d = match near {
            None if rest.len() == 1 && METHODS.contains(&last.to_ascii_uppercase().as_str()) => {
                d.help(format!("write it without brackets: `{api_name} {} /path`", last.to_ascii_uppercase()))
            }
            Some(near) => d.help(format!("did you mean `{api_name}.{near}`?")),
            None if known.is_empty() => d.help(format!("write the request here: `{api_name} GET /…`; the api declares none")),
            None => d.help(format!("use one of its requests: {}", list(&known))),
        };
        self.report(d);
        None
    }

    /// Finds the api with a name.
    pub(in crate::check) fn find_api(&mut self, name: &'a Name) -> Option<ApiId> {
        if let Some(decl) = self.values.get_mut(name.node.as_str())
            && let crate::check::scope::Global::Api(id) = decl.what
        {
            decl.used = true;
            let declared = decl.span;
            self.cross(name.span, declared);
            self.apis[id.0].used = true;
            return Some(id);
        }
        if self.broken {
            return None;
        }
        let names: Vec<&str> = self.apis.iter().filter(|_| self.explains()).map(|api| api.ast.name.node.as_str()).collect();
        let mut d = Diagnostic::new(Code::UnknownRequest, name.span, format!("unknown api `{}`", name.node))
            .did_you_mean(&name.node, names.iter().copied());
        if d.help.is_none() {
            d = match names.is_empty() {
                true => d.help(format!("declare it: `api {} {{ base …; healthcheck none }}`", name.node)),
                false => d.help(format!("use one of the apis: {}", list(&names))),
            };
        }
        self.report(d);
        None
    }
}

/// Combines options; the inner one wins, header by header.
fn over(outer: &Options, inner: Options) -> Options {
    let mut headers = outer.headers.clone();
    // The names of an object's members are known only when it is sent, so the first value of each name is used.
    if inner.headers.iter().any(|(_, value)| matches!(value.kind, ExprKind::Members(_))) {
        headers.splice(0..0, inner.headers.clone());
    }
    let mut known: HashSet<String> = HashSet::new();
    let named = inner.headers.into_iter().rev().filter(|(_, value)| !matches!(value.kind, ExprKind::Members(_)));
    let mut named: Vec<_> = named.filter(|(name, _)| known.insert(name.to_ascii_lowercase())).collect();
    named.reverse();
    headers.retain(|(name, _)| !known.contains(&name.to_ascii_lowercase()));
    headers.extend(named);
    Options {
        auth: inner.auth.or_else(|| outer.auth.clone()),
        headers,
        timeout: inner.timeout.or_else(|| outer.timeout.clone()),
        redirects: inner.redirects.or(outer.redirects),
    }
}

/// Splits a path at its first literal `?`.
fn split(parts: Vec<TextPart>) -> Path {
    let (mut path, mut query) = (Vec::new(), Vec::new());
    let mut in_query = false;
    for part in parts {
        match part {
            TextPart::Literal(text) if !in_query && text.contains('?') => {
                let (before, after) = text.split_once('?').unwrap_or((&text, ""));
                if !before.is_empty() {
                    path.push(TextPart::Literal(before.to_owned()));
                }
                if !after.is_empty() {
                    query.push(TextPart::Literal(after.to_owned()));
                }
                in_query = true;
            }
            part if in_query => query.push(part),
            part => path.push(part),
        }
    }
    Path::Plain { path, query }
}
