//! Apis with their requests and resources.

use super::expr;
use super::layout::Layout;
use super::stmt::{auth, expect, option_lines, params_or_empty, take_source};
use super::text::{self, path};
use crate::draft::{Api, Body, Expr, Line, Options, Part, Parts, Path, Redirects, Request, Resource, Text};

/// An api.
pub(super) fn api(layout: &mut Layout, api: &Api) {
    api.comments.iter().for_each(|comment| layout.comment(comment));
    layout.block(&format!("api {}", api.name), |layout| {
        let base = api.base.clone().unwrap_or_else(|| Expr::text("http://127.0.0.1"));
        layout.line(&format!("base {}", expr::inline(&base)));
        if api.keys_camel {
            layout.line("keys camel");
        }
        if api.cookies {
            layout.line("cookies on");
        }
        option_lines(layout, &api.options);
        match &api.healthcheck {
            None => layout.line("healthcheck none"),
            Some((line, version)) => {
                let version = version.as_ref().map(|source| format!(" {{ version = {} }}", take_source(source))).unwrap_or_default();
                layout.line(&format!("healthcheck {}{version}", request_line(line, Some(&base))));
            }
        }
        if !api.requests.is_empty() {
            layout.blank();
            requests(layout, &api.requests, &base);
        }
        for child in &api.resources {
            layout.blank();
            resource(layout, child, &base);
        }
    });
}

fn resource(layout: &mut Layout, group: &Resource, base: &Expr) {
    layout.block(&format!("resource {}", group.name), |layout| {
        option_lines(layout, &group.options);
        requests(layout, &group.requests, base);
        group.resources.iter().for_each(|child| resource(layout, child, base));
    });
}

fn requests(layout: &mut Layout, requests: &[Request], base: &Expr) {
    for request in requests {
        request.comments.iter().for_each(|comment| layout.comment(comment));
        let line = request_line(&request.line, Some(base));
        let column = layout.indent() + request.name.len() + line.len() + 3;
        let head = format!("{}{} = {line}", request.name, params_or_empty(&request.params, layout.indent(), column));
        layout.head_with_parts(&head, |indent| parts(&request.parts, indent));
    }
}

/// `GET /items/{id}`. A path that needs quotes becomes a URL on the api's base.
pub(super) fn request_line(line: &Line, base: Option<&Expr>) -> String {
    let target = match &line.path {
        Path::Reference(reference) => text::line(reference),
        Path::Template(template) => path(template).unwrap_or_else(|| text::line(&absolute(template, base))),
    };
    format!("{} {target}", line.method)
}

/// The base with the path appended. Holes are encoded like those of a path.
fn absolute(template: &Text, base: Option<&Expr>) -> Text {
    let mut whole = match base {
        Some(Expr::Text(base)) => base.clone(),
        Some(Expr::Code(code)) => Text { parts: vec![Part::Hole(code.clone())] },
        _ => Text::default(),
    };
    for part in &template.parts {
        match part {
            Part::Literal(literal) => whole.push(&text::printable(literal)),
            Part::Hole(code) => whole.hole(format!("urlencode({code})")),
        }
    }
    whole
}

/// The content of a request's braces, one or more lines for each part.
pub(super) fn parts(parts: &Parts, indent: usize) -> Vec<String> {
    let mut out = options(&parts.options, indent);
    if !parts.query.is_empty() {
        out.push(format!("query {}", expr::map(&parts.query, indent, indent + 6)));
    }
    out.extend(parts.body.iter().map(|content| body(content, indent)));
    out.extend(parts.expects.iter().map(|wanted| expect(wanted, indent)));
    out
}

/// The options, one or more lines for each.
pub(super) fn options(options: &Options, indent: usize) -> Vec<String> {
    let mut out = Vec::new();
    out.extend(options.auth.iter().map(|set| format!("auth {}", auth(set))));
    if !options.headers.is_empty() {
        out.push(format!("headers {}", expr::headers(&options.headers, indent, indent + 8)));
    }
    out.extend(options.timeout.iter().map(|timeout| format!("timeout {}", expr::inline(timeout))));
    out.extend(options.redirects.iter().map(|redirects| match redirects {
        Redirects::Off => "redirects off".to_owned(),
        Redirects::Any => "redirects any".to_owned(),
        Redirects::UpTo(count) => format!("redirects {count}"),
    }));
    out
}

fn body(body: &Body, indent: usize) -> String {
    match body {
        Body::Json(content) => format!("json {}", expr::expr(content, indent, indent + 5)),
        Body::Form(fields) => format!("form {}", expr::map(fields, indent, indent + 5)),
        Body::Multipart(fields) => format!("multipart {}", expr::map(fields, indent, indent + 10)),
        Body::Text(content) => format!("text {}", expr::expr(content, indent, indent + 5)),
        Body::Bytes(content) => format!("bytes {}", expr::inline(content)),
        Body::Graphql(query, variables) => {
            let variables = if variables.is_empty() { String::new() } else { format!(" {}", expr::map(variables, indent, indent + 4)) };
            format!("graphql {}{variables}", text::raw(query, indent + 2))
        }
    }
}
