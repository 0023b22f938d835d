//! Finds requests that never change while a test runs: they are serialized once and sent unchanged. Also finds requests that change only in
//! path, query and body: their other parts are serialized once.
//!
//! All parts of a request must be known when the test begins: constants, the environment, and values computed from these.

use quote::quote;

use super::{Emitter, index};
use crate::model::{Auth, Body, Const, Exchange, Expr, ExprKind, Options, Path, Request, TextPart};

impl Emitter<'_> {
    /// The api of an exchange whose request never changes.
    pub(super) fn constant(&self, exchange: &Exchange) -> Option<usize> {
        let api = match exchange {
            Exchange::Call { request, args, over, query, body } => {
                let request = &self.program.requests[request.0];
                let holds = is_request(request, args.iter().all(|arg| is_fixed(arg, false)))
                    && are_options(over, false)
                    && query.iter().all(|(_, value)| is_fixed(value, false))
                    && body.as_ref().is_none_or(|body| is_body(body, false));
                holds.then_some(request.api.0)
            }
            Exchange::Inline(request) => is_request(request, false).then_some(request.api.0),
            Exchange::Submit { .. } => None,
        }?;
        are_options(&self.program.apis[api].options, false).then_some(api)
    }

    /// Whether a request changes, but only in its path, its query and its body.
    pub(super) fn is_settled(&self, request: &Request) -> bool {
        let has_one_type = !matches!(request.body, Body::Multipart(_) | Body::Bytes(_));
        has_one_type
            && !is_request(request, false)
            && are_options(&request.options, false)
            && are_options(&self.program.apis[request.api.0].options, false)
    }
}

/// Stands for a part of a URL that isn't known before the load: no host may contain it, so that a host that isn't known whole isn't read
/// as another one.
const UNKNOWN: &str = "<";

impl Emitter<'_> {
    /// Notes how a quoted URL begins, as far as it is known once the test begins. Where it names a host, load goes there.
    pub(super) fn note_url(&self, api: usize, url: &Expr) {
        let known = match &url.kind {
            ExprKind::Text(parts) => {
                let known = parts.iter().take_while(|part| is_text(std::slice::from_ref(*part), false));
                let mut known: Vec<TextPart> = known.cloned().collect();
                if known.len() < parts.len() {
                    known.push(TextPart::Literal(UNKNOWN.to_owned()));
                }
                Expr { kind: ExprKind::Text(known), ..url.clone() }
            }
            _ if is_fixed(url, false) => url.clone(),
            _ => return,
        };
        let start = match &known.kind {
            ExprKind::Const(Const::Str(text)) => Some(text.as_str()),
            ExprKind::Text(parts) => match parts.first() {
                Some(TextPart::Literal(text)) => Some(text.as_str()),
                _ => None,
            },
            _ => None,
        };
        // What begins with a path is on the api's own host.
        if start.is_none_or(|text| text.contains("://") || text.starts_with("//")) {
            let (api, url) = (index(api), self.lone(&known));
            let noted = quote!(KnownUrl { api: #api, url: #url });
            let mut urls = self.urls.borrow_mut();
            if urls.iter().all(|other| other.to_string() != noted.to_string()) {
                urls.push(noted);
            }
        }
    }
}

/// `args`: whether the arguments of the request's parameters never change.
fn is_request(request: &Request, args: bool) -> bool {
    let path = match &request.path {
        Path::Plain { path, query } => is_text(path, args) && is_text(query, args),
        Path::Quoted(expr) => is_fixed(expr, args),
    };
    path && request.query.iter().all(|(_, value)| is_fixed(value, args))
        && is_body(&request.body, args)
        && are_options(&request.options, args)
}

fn is_body(body: &Body, args: bool) -> bool {
    match body {
        Body::None => true,
        Body::Json(expr) | Body::Text(expr) | Body::Bytes(expr) => is_fixed(expr, args),
        Body::Form(pairs) | Body::Graphql(_, pairs) => pairs.iter().all(|(_, value)| is_fixed(value, args)),
        // The boundary is random for each request.
        Body::Multipart(_) => false,
    }
}

fn are_options(options: &Options, args: bool) -> bool {
    let auth = match &options.auth {
        None | Some(Auth::None) => true,
        Some(Auth::Bearer(value) | Auth::Header(_, value)) => is_fixed(value, args),
        Some(Auth::Basic(user, password)) => is_fixed(user, args) && is_fixed(password, args),
        // The signature depends on the time.
        Some(Auth::Aws(..)) => false,
    };
    auth && options.headers.iter().all(|(_, value)| is_fixed(value, args))
        && options.timeout.as_ref().is_none_or(|timeout| is_fixed(timeout, args))
}

fn is_text(parts: &[TextPart], args: bool) -> bool {
    parts.iter().all(|part| match part {
        TextPart::Literal(_) => true,
        TextPart::Hole(expr, _) => is_fixed(expr, args),
    })
}

fn is_fixed(expr: &Expr, args: bool) -> bool {
    let fixed = |expr: &Expr| is_fixed(expr, args);
    match &expr.kind {
        ExprKind::Const(_) | ExprKind::Env(_) => true,
        ExprKind::Local(_) => args,
        ExprKind::Text(parts) => is_text(parts, args),
        ExprKind::List(items) => items.iter().all(fixed),
        ExprKind::Object(members) => members.iter().all(|(_, value)| fixed(value)),
        ExprKind::Neg(one) | ExprKind::Not(one) | ExprKind::Member(one, _) | ExprKind::Members(one) => fixed(one),
        ExprKind::Binary(one, _, other) | ExprKind::Index(one, other) => fixed(one) && fixed(other),
        ExprKind::If(one, then, otherwise) | ExprKind::Slice(one, then, otherwise) => fixed(one) && fixed(then) && fixed(otherwise),
        _ => false,
    }
}
