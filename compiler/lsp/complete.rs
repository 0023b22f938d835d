//! Completion, according to what is allowed at the cursor.

use ltc_config::environment::EnvData;
use serde_json::{Value, json};

use super::analysis::Analysis;
use super::context::{self, Context};
use super::hover;
use super::index::DeclarationKind;
use super::workspace::Workspace;
use crate::check::functions;
use crate::check::types::TYPE_WORDS;
use crate::span::FileId;

/// The protocol's kinds of completion items.
const METHOD: u8 = 2;
const FUNCTION: u8 = 3;
const VARIABLE: u8 = 6;
const CLASS: u8 = 7;
const MODULE: u8 = 9;
const PROPERTY: u8 = 10;
const KEYWORD: u8 = 14;
const FILE: u8 = 17;

/// Header fields that tests commonly name.
const HEADERS: [&str; 24] = [
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "Cache-Control",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Type",
    "ETag",
    "Idempotency-Key",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "Last-Modified",
    "Link",
    "Location",
    "Origin",
    "Referer",
    "Retry-After",
    "Server",
    "User-Agent",
    "Vary",
    "X-Request-Id",
];
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const SOURCES: [&str; 10] = ["json", "header", "cookie", "html", "form", "text", "status", "url", "elapsed", "body"];
const FILE_WORDS: [&str; 10] = ["api", "sequence", "tasks", "user", "data", "let", "keep", "import", "before test", "after test"];
const API_WORDS: [&str; 12] = [
    "base",
    "auth",
    "headers",
    "timeout",
    "keys",
    "cookies",
    "redirects",
    "resend",
    "forward_headers",
    "max_body",
    "healthcheck",
    "resource",
];
const PART_WORDS: [&str; 12] =
    ["headers", "query", "json", "form", "multipart", "text", "bytes", "graphql", "auth", "timeout", "redirects", "expect"];
const USER_WORDS: [&str; 6] = ["run", "wait", "weight", "on start", "on stop", "every"];
const DATA_WORDS: [&str; 5] = ["order", "share", "at_end", "secret", "where"];
const STATEMENT_WORDS: [&str; 24] = [
    "step",
    "expect",
    "take",
    "let",
    "set",
    "run",
    "wait",
    "if",
    "for",
    "repeat",
    "retry",
    "poll",
    "parallel",
    "group",
    "log",
    "fail",
    "leave",
    "break",
    "stop user",
    "reset",
    "expect json",
    "expect headers",
    "expect text",
    "expect elapsed",
];

/// The words that an option accepts.
fn option_words(option: &str) -> &'static [&'static str] {
    match option {
        "keys" => &["camel", "as_is"],
        "cookies" | "resend" | "forward_headers" => &["on", "off"],
        "redirects" => &["off", "any"],
        "auth" => &["bearer", "basic", "header", "aws", "none"],
        "order" => &["sequential", "random"],
        "share" => &["all", "unique"],
        "at_end" => &["recycle", "stop_user", "stop_test"],
        "healthcheck" => &["none", "GET", "HEAD"],
        _ => &[],
    }
}

/// The completions at a byte of a file.
pub(super) fn completion(workspace: &Workspace, analysis: &Analysis, file: FileId, at: usize) -> Value {
    let text = analysis.text(file);
    let context = context::at_end(&text[..at]);
    if context.in_comment {
        return json!([]);
    }
    let items = if context.in_string { in_string(workspace, analysis, file, &context) } else { in_code(analysis, file, at, &context) };
    json!({ "isIncomplete": false, "items": items })
}

fn item(label: &str, kind: u8, detail: &str) -> Value {
    let mut item = json!({ "label": label, "kind": kind });
    if !detail.is_empty() {
        item["detail"] = json!(detail);
    }
    item
}

fn words(words: &[&str]) -> Vec<Value> {
    let documented = |word: &&str| {
        let mut item = item(word, KEYWORD, "");
        let first = word.split(' ').next().unwrap_or(word);
        if let Some(meaning) = super::words::meaning(word).or_else(|| super::words::meaning(first)) {
            item["documentation"] = json!({ "kind": "markdown", "value": meaning });
        }
        item
    };
    words.iter().map(documented).collect()
}

/// Files that can be imported, and header names.
fn in_string(workspace: &Workspace, analysis: &Analysis, file: FileId, context: &Context) -> Vec<Value> {
    let before = context.before.trim_start();
    if before.starts_with("import") {
        let path = analysis.path(file);
        let folder = path.parent().unwrap_or(&path).to_path_buf();
        let specs = workspace.specs(&analysis.target.root);
        let others = specs.iter().filter(|spec| **spec != path).filter_map(|spec| spec.strip_prefix(&folder).ok());
        return others.map(|spec| item(&spec.display().to_string(), FILE, "")).collect();
    }
    if context.block == "headers" || before.contains("header ") || before.ends_with("header \"") {
        return HEADERS.iter().map(|name| item(name, PROPERTY, "")).collect();
    }
    Vec::new()
}

fn in_code(analysis: &Analysis, file: FileId, at: usize, context: &Context) -> Vec<Value> {
    if let Some((path, _)) = context.word.rsplit_once('.') {
        return members(analysis, file, at, path);
    }
    let before = context.before.trim();
    let last = before.split_whitespace().last().unwrap_or_default();
    let is_start = before.is_empty() && context.bracket != Some('(') && context.bracket != Some('[');
    let block = context.block.split_whitespace().next().unwrap_or_default();
    if is_start && context.bracket == Some('{') && matches!(context.block.split_whitespace().last(), Some("headers")) {
        let key = |name: &&str| item(&name.to_lowercase().replace('-', "_"), PROPERTY, name);
        return HEADERS.iter().map(key).collect();
    }
    if is_start {
        return at_start(analysis, file, at, block, &context.block);
    }
    let options = option_words(last);
    if !options.is_empty() {
        return words(options);
    }
    if before.ends_with(':') && matches!(before.split_whitespace().next(), Some("let" | "take" | "keep")) && !before.contains('=') {
        return words(&TYPE_WORDS);
    }
    match last {
        "run" => return declared(analysis, file, at, &[DeclarationKind::Sequence, DeclarationKind::Tasks]),
        "reset" => return declared(analysis, file, at, &[DeclarationKind::Api]),
        "set" => return declared(analysis, file, at, &[DeclarationKind::Variable, DeclarationKind::Keep, DeclarationKind::Api]),
        "on" => return words(&["start", "stop"]),
        "wait" if block == "user" => return words(&["pacing"]),
        _ => {}
    }
    if analysis.index.globals.get(last).is_some_and(|id| analysis.declaration(*id).kind == DeclarationKind::Api) {
        return words(&[METHODS.as_slice(), &["submit"]].concat());
    }
    if before.ends_with('=') && (block == "api" || block == "resource") {
        return words(&METHODS);
    }
    expression(analysis, file, at)
}

/// Completions at the start of a line.
fn at_start(analysis: &Analysis, file: FileId, at: usize, block: &str, head: &str) -> Vec<Value> {
    match block {
        "" => words(&FILE_WORDS),
        "api" | "resource" => words(&API_WORDS),
        "user" => words(&USER_WORDS),
        "data" => words(&DATA_WORDS),
        "tasks" => declared(analysis, file, at, &[DeclarationKind::Sequence, DeclarationKind::Tasks]),
        "json" | "form" | "query" | "multipart" => Vec::new(),
        "sequence" | "step" | "before" | "after" | "on" | "every" | "if" | "else" | "for" | "repeat" | "retry" | "poll" | "parallel"
        | "group" => {
            let mut items = words(&STATEMENT_WORDS);
            items.extend(declared(analysis, file, at, &[DeclarationKind::Api]));
            items
        }
        _ if METHODS.iter().any(|method| head.contains(method)) || head.ends_with(')') => words(&PART_WORDS),
        _ => expression(analysis, file, at),
    }
}

/// Completions after a dot.
fn members(analysis: &Analysis, file: FileId, at: usize, path: &str) -> Vec<Value> {
    if let Some(rest) = path.strip_prefix("env") {
        let environment = analysis.environment.as_ref();
        let value = environment.and_then(|environment| match rest.strip_prefix('.') {
            Some(path) => environment.get(path),
            None if rest.is_empty() => Some(environment.root()),
            None => None,
        });
        let Some(EnvData::Object(members)) = value.map(|value| &value.data) else { return Vec::new() };
        return members.iter().map(|(key, value)| item(key, PROPERTY, value.kind().name())).collect();
    }
    match path {
        "fake" => {
            let fakes = functions::FUNCTIONS.iter().filter_map(|function| Some((function, function.name.strip_prefix("fake.")?)));
            return fakes.map(|(function, name)| json!({ "label": name, "kind": FUNCTION, "documentation": function.doc, "insertText": format!("{name}()") })).collect();
        }
        "user" => return words(&["id", "iteration"]),
        "shard" => return words(&["index"]),
        "test" => return words(&["id"]),
        _ => {}
    }
    let prefix = format!("{path}.");
    let requests: Vec<Value> = analysis
        .index
        .requests
        .iter()
        .filter_map(|(dotted, id)| Some((dotted.strip_prefix(&prefix)?, *id)).filter(|(name, _)| !name.contains('.')))
        .map(|(name, id)| {
            let kind = if analysis.declaration(id).kind == DeclarationKind::Request { METHOD } else { MODULE };
            item(name, kind, analysis.written(analysis.declaration(id).whole).lines().next().unwrap_or_default())
        })
        .collect();
    if !requests.is_empty() {
        return requests;
    }
    if analysis.index.globals.get(path).is_some_and(|id| analysis.declaration(*id).kind == DeclarationKind::Data) {
        return words(&["all"]);
    }
    match analysis.index.rows(file, at, path) {
        Some(data) => analysis.columns(data).iter().map(|column| item(column, PROPERTY, "column")).collect(),
        None => Vec::new(),
    }
}

/// Names of certain kinds that are visible at a byte of a file.
fn declared(analysis: &Analysis, file: FileId, at: usize, kinds: &[DeclarationKind]) -> Vec<Value> {
    let mut found: Vec<(String, Value)> = Vec::new();
    for id in analysis.index.visible(file, at) {
        let declaration = analysis.declaration(id);
        if !kinds.contains(&declaration.kind) || found.iter().any(|(name, _)| *name == declaration.name) {
            continue;
        }
        let (kind, detail) = match declaration.kind {
            DeclarationKind::Api | DeclarationKind::Resource => (MODULE, "api"),
            DeclarationKind::Sequence => (FUNCTION, "sequence"),
            DeclarationKind::Tasks => (FUNCTION, "tasks"),
            DeclarationKind::User => (CLASS, "user"),
            _ => (VARIABLE, analysis.type_at(declaration.span).unwrap_or_default()),
        };
        found.push((declaration.name.clone(), item(&declaration.name, kind, detail)));
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found.into_iter().map(|(_, item)| item).collect()
}

/// Completions at the start of an expression.
fn expression(analysis: &Analysis, file: FileId, at: usize) -> Vec<Value> {
    use DeclarationKind as Kind;
    let mut items = declared(analysis, file, at, &[Kind::Variable, Kind::Keep, Kind::Parameter, Kind::Data]);
    items.extend(words(&SOURCES));
    items.extend(words(&["env", "user", "shard", "test", "fake", "true", "false", "null", "absent", "not", "if"]));
    let plain = functions::FUNCTIONS.iter().filter(|function| !function.name.starts_with("fake."));
    items.extend(plain.map(|function| {
        let signature = hover::signature_of(function);
        json!({ "label": function.name, "kind": FUNCTION, "detail": signature, "documentation": function.doc })
    }));
    items.extend(functions::SPECIAL.iter().map(|name| item(name, FUNCTION, "")));
    items
}
