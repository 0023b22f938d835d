//! Converts a request of a collection to a request of an api, with a parameter for each variable that scripts set.

use std::collections::HashSet;
use std::path::Path;

use indexmap::IndexSet;

use super::auth::{self, Access};
use super::collection::Request;
use super::variables::{Variables, reads, text_code, words_of};
use super::{body, url};
use crate::draft::{self, Draft, Expr, Line, Param, Parts, Redirects};

/// Headers that belong to the connection, or that Postman adds itself.
const SKIPPED: [&str; 7] =
    ["content-length", "host", "connection", "transfer-encoding", "postman-token", "cache-control", "accept-encoding"];
/// The methods of the language.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

/// A request, and the parts that could not be converted.
pub(super) struct Built {
    pub(super) request: draft::Request,
    /// The base of its api, as a template.
    pub(super) base: String,
    /// The parts that were not imported.
    pub(super) left: Vec<String>,
}

/// Builds the request, without a name. `Err` says why it cannot be sent.
pub(super) fn build(
    request: &Request,
    access: &Access,
    scripted: &[(String, Expr)],
    folder: &Path,
    draft: &mut Draft,
    variables: &mut Variables,
) -> Result<Built, String> {
    if !METHODS.contains(&request.method.as_str()) {
        return Err(format!("unexpected method `{}`", request.method));
    }
    let mut left = Vec::new();
    let (base, rest) = url::base(&request.url);
    let (base, credentials) = url::credentials(&base);
    if !url::has_host(&base) {
        return Err("URL without a host".to_owned());
    }
    let (path, query) = url::path(&request.url, &rest, variables);
    let mut parts = Parts { query, ..Parts::default() };
    parts.options.auth = access.auth.clone();
    if let Some((user, password)) = credentials.filter(|_| parts.options.auth.is_none()) {
        parts.options.auth = Some(draft::Auth::Basic(variables.value(&user), variables.secret("password", &password)));
    }
    if let Some((name, value)) = &access.query {
        parts.query.retain(|(known, _)| known != name);
        parts.query.push((name.clone(), value.clone()));
    }
    headers(request, &mut parts, variables, &mut left);
    for (name, value) in scripted {
        scripted_header(name, value, &mut parts, variables, &mut left);
    }
    let has_body = request.keeps_body || !matches!(request.method.as_str(), "GET" | "HEAD");
    let content_type = request.headers.iter().find(|pair| pair.key.eq_ignore_ascii_case("content-type")).map(|pair| pair.text().to_owned());
    if has_body {
        let (body, media) = body::body(&request.body, content_type.as_deref(), folder, draft, variables);
        parts.options.headers.extend(media.map(|media| ("Content-Type".to_owned(), Expr::text(media))));
        parts.body = body;
    }
    let sets_type = matches!(parts.body, Some(draft::Body::Multipart(_) | draft::Body::Form(_) | draft::Body::Graphql(..)));
    let is_json = matches!(parts.body, Some(draft::Body::Json(_)));
    parts.options.headers.retain(|(name, value)| {
        let plain = value.as_literal().is_some_and(|media| media.split(';').next().unwrap_or_default().trim() == "application/json");
        !name.eq_ignore_ascii_case("content-type") || !(sets_type || is_json && plain)
    });
    parts.options.redirects = match request.redirects {
        Some(0) => Some(Redirects::Off),
        Some(count) => u32::try_from(count).ok().map(Redirects::UpTo),
        None => None,
    };
    if request.insecure {
        left.push("`strictSSL: false`: set `tls: { verify: false }` beside the url in the environment".to_owned());
    }
    let params = parameters(&path, &parts, variables.names_in_use()).into_iter().map(Param::new).collect();
    let line = Line { method: request.method.clone(), path };
    Ok(Built { request: draft::Request { comments: Vec::new(), name: String::new(), params, line, parts }, base, left })
}

fn headers(request: &Request, parts: &mut Parts, variables: &mut Variables, left: &mut Vec<String>) {
    let mut known: HashSet<String> = parts.options.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    for header in &request.headers {
        let name = header.key.trim();
        let lower = name.to_lowercase();
        if name.is_empty() || SKIPPED.contains(&lower.as_str()) {
            continue;
        }
        let value = header.text().trim();
        if !is_token(name) || value.contains(['\n', '\r', '\0']) {
            left.push(format!("header `{}`", crate::words::line(name)));
            continue;
        }
        if known.contains(&name.to_ascii_lowercase()) {
            left.push(format!("second header `{name}`"));
            continue;
        }
        if lower == "authorization"
            && let Some(auth) = auth::of_header(value, variables)
        {
            parts.options.auth = Some(auth);
            continue;
        }
        let value = body::secret_or(&lower, value, variables);
        known.insert(name.to_ascii_lowercase());
        parts.options.headers.push((name.to_owned(), value));
    }
}

/// Sets a header that a script adds.
fn scripted_header(name: &str, value: &Expr, parts: &mut Parts, variables: &mut Variables, left: &mut Vec<String>) {
    let lower = name.to_lowercase();
    if SKIPPED.contains(&lower.as_str()) {
        return;
    }
    if !is_token(name) {
        left.push(format!("header `{}`", crate::words::line(name)));
        return;
    }
    let template = value.as_literal();
    let auth = match (lower.as_str(), template, value) {
        ("authorization", Some(template), _) => auth::of_header(template, variables),
        ("authorization", None, Expr::Text(text)) => auth::of_token(text),
        _ => None,
    };
    if auth.is_some() {
        parts.options.auth = auth;
        return;
    }
    let value = template.map_or_else(|| value.clone(), |template| body::secret_or(&lower, template, variables));
    parts.options.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    parts.options.headers.push((name.to_owned(), value));
}

/// Whether a name of a header is one (RFC 9110, 5.6.2).
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// The variables of the spec that a request reads, in the order of its parts. Variables of its auth belong to the user and do not become
/// parameters.
fn parameters(path: &draft::Path, parts: &Parts, names: &IndexSet<String>) -> Vec<String> {
    let mut found: IndexSet<String> = IndexSet::new();
    let mut add = |name: &String| {
        found.insert(name.clone());
    };
    let (draft::Path::Template(text) | draft::Path::Reference(text)) = path;
    let code = text_code(text);
    // Those of the path are in the order in which the collection declares them.
    let mut of_path: Vec<usize> = words_of(&code).filter_map(|word| names.get_index_of(word)).collect();
    of_path.sort_unstable();
    of_path.into_iter().filter_map(|at| names.get_index(at)).for_each(&mut add);
    let mut values: Vec<&Expr> = parts.query.iter().chain(&parts.options.headers).map(|(_, value)| value).collect();
    match &parts.body {
        Some(draft::Body::Json(value) | draft::Body::Text(value) | draft::Body::Bytes(value)) => values.push(value),
        Some(draft::Body::Form(fields) | draft::Body::Multipart(fields) | draft::Body::Graphql(_, fields)) => {
            values.extend(fields.iter().map(|(_, value)| value));
        }
        None => {}
    }
    for value in values {
        reads(value, names).into_iter().for_each(&mut add);
    }
    found.into_iter().collect()
}
