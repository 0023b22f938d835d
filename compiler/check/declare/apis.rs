//! Apis, their options and health checks.

use std::collections::HashMap;

use crate::ast::{self, ApiMember, RequestOption};
use crate::check::Checker;
use crate::check::expr::source::Sources;
use crate::check::scope::FuncKind;
use crate::check::types::Kinds;
use crate::check::types::args::ParamInfo;
use crate::check::types::const_eval;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Api, ApiId, ExprKind, Health, Options, RequestId};
use crate::span::Span;

/// An api, as steps see it.
#[derive(Debug)]
pub(in crate::check) struct ApiInfo<'a> {
    pub(in crate::check) ast: &'a ast::Api,
    /// By dotted name: `treatment.create`.
    pub(in crate::check) requests: HashMap<String, RequestId>,
    /// The names of its resources.
    pub(super) resources: HashMap<&'a str, Span>,
    pub(in crate::check) camel: bool,
    /// Whether a member did not parse.
    pub(in crate::check) broken: bool,
    pub(in crate::check) used: bool,
    /// The end of the base's path that a relative reference replaces: `v1` of `https://shop.example/v1`. Empty if it replaces nothing.
    pub(in crate::check) base_end: String,
}

impl<'a> ApiInfo<'a> {
    pub(in crate::check) fn new(ast: &'a ast::Api) -> Self {
        Self { ast, requests: HashMap::new(), resources: HashMap::new(), camel: false, broken: false, used: false, base_end: String::new() }
    }
}

impl<'a> Checker<'a> {
    /// Checks all apis and their requests.
    pub(in crate::check) fn check_apis(&mut self) {
        for index in 0..self.apis.len() {
            self.api(ApiId(index));
        }
    }

    fn api(&mut self, id: ApiId) {
        let api = self.apis[id.0].ast;
        self.in_function(FuncKind::File, format!("api {}", api.name.node), |checker| checker.api_options(id, api));
        let camel = self.apis[id.0].camel;
        self.with_camel(camel, |checker| {
            for member in &api.members {
                match member {
                    ApiMember::Request(request) => checker.request(id, None, &Options::default(), request),
                    ApiMember::Resource(resource) => checker.resource(id, resource),
                    _ => {}
                }
            }
        });
    }

    /// Checks the options of an api, which are those of all its requests.
    fn api_options(&mut self, id: ApiId, api: &'a ast::Api) {
        let mut seen: Vec<(&str, Span)> = Vec::new();
        let (mut cookies, mut resend, mut forward_headers) = (false, true, false);
        let mut max_body = crate::check::declare::size::MAX_BODY;
        let mut base = None;
        let mut health: Option<Option<&'a ast::Healthcheck>> = None;
        let mut options: Vec<&'a RequestOption> = Vec::new();
        for member in &api.members {
            let (what, span) = match member {
                ApiMember::Base(e) => ("base", e.span),
                ApiMember::Keys(word) => ("keys", word.span),
                ApiMember::Cookies(word) => ("cookies", word.span),
                ApiMember::Resend(word) => ("resend", word.span),
                ApiMember::ForwardHeaders(word) => ("forward_headers", word.span),
                ApiMember::MaxBody(size) => ("max_body", size.span),
                ApiMember::Healthcheck(_, span) => ("healthcheck", *span),
                ApiMember::Option(option) => {
                    options.push(option);
                    continue;
                }
                ApiMember::Broken(_) => {
                    self.apis[id.0].broken = true;
                    continue;
                }
                _ => continue,
            };
            match seen.iter().find(|(other, _)| *other == what) {
                Some(&(_, first)) => self.said_twice(what, span, first),
                None => seen.push((what, span)),
            }
            match member {
                ApiMember::Base(e) => base = Some(self.base(id, e)),
                ApiMember::Keys(word) if word.node == "camel" => self.apis[id.0].camel = true,
                ApiMember::Keys(word) => self.unknown_word(word, "a value of `keys`", &["camel"]),
                ApiMember::Cookies(word) => match word.node.as_str() {
                    "on" => cookies = true,
                    "off" => {}
                    _ => self.unknown_word(word, "a value of `cookies`", &["on", "off"]),
                },
                ApiMember::Resend(word) => match word.node.as_str() {
                    "on" => {}
                    "off" => resend = false,
                    _ => self.unknown_word(word, "a value of `resend`", &["on", "off"]),
                },
                ApiMember::ForwardHeaders(word) => match word.node.as_str() {
                    "on" => forward_headers = true,
                    "off" => {}
                    _ => self.unknown_word(word, "a value of `forward_headers`", &["on", "off"]),
                },
                ApiMember::MaxBody(size) => max_body = self.max_body(size),
                ApiMember::Healthcheck(check, _) => health = Some(check.as_deref()),
                _ => {}
            }
        }
        let broken = self.apis[id.0].broken;
        let name = &api.name;
        if base.is_none() && !broken {
            let message = format!("api `{}` has no base", name.node);
            let help = format!("add `base env.{}.url`, or `base \"https://…\"`", name.node);
            self.error(Code::NoBase, name.span, message, &help);
        }
        if health.is_none() && !broken {
            let message = format!("api `{}` has no health check", name.node);
            let help = "add `healthcheck GET /health { version = json.version }`, or `healthcheck none`";
            self.error(Code::NoHealthcheck, name.span, message, help);
        }
        let camel = self.apis[id.0].camel;
        let (options, health) = self.with_camel(camel, |checker| {
            let options = checker.options(options.into_iter());
            (options, health.flatten().map(|check| checker.health(id, check)))
        });
        if let (Some(base), Some(health)) = (&base, &health) {
            self.check_early(base, &options, health);
        }
        self.program.apis.push(Api {
            name: name.node.clone(),
            base: base.unwrap_or_else(|| crate::check::broken(name.span)),
            options,
            cookies,
            resend,
            forward_headers,
            max_body,
            health,
            span: name.span,
        });
    }

    fn base(&mut self, id: ApiId, e: &'a ast::Expr) -> crate::model::Expr {
        let base = self.want(e, Kinds::STRING, "a base is");
        self.check_one_line(&base, "the base");
        let text = match &base.kind {
            ExprKind::Env(id) => match self.env_value(*id) {
                Some(crate::check::EnvValue::String(text)) => Some(text.as_str()),
                _ => None,
            },
            _ => const_eval::text(&base),
        };
        let is_url = |text: &str| {
            text.starts_with("${")
                || ["http://", "https://"]
                    .iter()
                    .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')))
        };
        let path = text.and_then(|text| Some(text.split_once("://")?.1.split_once('/')?.1));
        let end = path.and_then(|path| path.split(['?', '#']).next()?.rsplit('/').next()).unwrap_or_default().to_owned();
        if let Some(text) = text.filter(|text| !is_url(text)) {
            let message = format!("unexpected `{text}`, expected a URL with `http://` or `https://` and a host");
            self.error(Code::BadBase, e.span, message, "write, for example, `https://shop.example.com/v1`");
        }
        self.apis[id.0].base_end = end;
        base
    }

    fn resource(&mut self, api: ApiId, resource: &'a ast::Resource) {
        let name = &resource.name;
        if let Some(first) = self.apis[api.0].resources.insert(&name.node, name.span) {
            self.declared_twice(name, first);
        }
        let options = resource.members.iter().filter_map(|member| match member {
            ApiMember::Option(option) => Some(option),
            _ => None,
        });
        let options = self.in_function(FuncKind::File, format!("resource {}", name.node), |checker| checker.options(options));
        for member in &resource.members {
            match member {
                ApiMember::Request(request) => self.request(api, Some(&name.node), &options, request),
                ApiMember::Option(_) => {}
                ApiMember::Broken(_) => self.apis[api.0].broken = true,
                ApiMember::Base(e) => self.not_in_resource(e.span, "base"),
                ApiMember::Keys(word) => self.not_in_resource(word.span, "keys"),
                ApiMember::Cookies(word) => self.not_in_resource(word.span, "cookies"),
                ApiMember::Resend(word) => self.not_in_resource(word.span, "resend"),
                ApiMember::ForwardHeaders(word) => self.not_in_resource(word.span, "forward_headers"),
                ApiMember::MaxBody(size) => self.not_in_resource(size.span, "max_body"),
                ApiMember::Healthcheck(_, span) => self.not_in_resource(*span, "healthcheck"),
                ApiMember::Resource(inner) => self.not_in_resource(inner.name.span, "resource"),
            }
        }
    }

    fn not_in_resource(&mut self, span: Span, what: &str) {
        let message = format!("unexpected `{what}` in a resource, expected it in the api");
        self.error(Code::NotHere, span, message, &format!("move `{what}` out of the resource"));
    }

    fn health(&mut self, api: ApiId, check: &'a ast::Healthcheck) -> Health {
        let span = check.line.path_span();
        let request = self.request_parts(api, &check.line, &check.parts, span);
        let version = check.version.as_ref().map(|take| {
            if take.name.node != "version" {
                self.unknown_word(&take.name, "the value of `version`", &["version"]);
            }
            self.with_sources(Sources::Response, |checker| checker.take_source(take))
        });
        Health { request, version }
    }

    /// Makes the parameters the first locals of the current function.
    pub(in crate::check) fn bind_params(&mut self, params: &[ParamInfo<'a>]) {
        let mut first = HashMap::with_capacity(params.len());
        for (index, param) in params.iter().enumerate() {
            self.check_param_hides(param.name, param.span);
            self.new_local(param.name, param.ty.clone(), param.span, crate::check::scope::VarKind::Param);
            let twin = *first.entry(param.name).or_insert(index);
            if twin != index {
                self.func.vars[twin].used = true;
            }
        }
    }

    /// Warns of parameters that nothing used, at the end of their function.
    pub(in crate::check) fn unused_params(&mut self) {
        let unused: Vec<(&str, Span)> = self
            .func
            .vars
            .iter()
            .filter(|var| var.kind == crate::check::scope::VarKind::Param && !var.used)
            .map(|var| (var.name, var.span))
            .collect();
        if self.func.broken || self.incomplete() {
            return;
        }
        for (name, span) in unused {
            let d = Diagnostic::new(Code::UnusedParameter, span, format!("unused parameter `{name}`")).help("use it, or remove it");
            self.report(d);
        }
    }
}

impl ast::RequestLine {
    /// The span from the method to the end of the path.
    pub(in crate::check) fn path_span(&self) -> Span {
        let (ast::PathExpr::Plain(text) | ast::PathExpr::Quoted(text)) = &self.path;
        self.method.span.to(text.span)
    }
}
