//! Information about a name, and about a call that is being written.

use serde_json::{Value, json};

use super::analysis::Analysis;
use super::index::{DeclarationKind, Referent};
use super::{context, words};
use crate::ast::{ApiMember, Item};
use crate::check::functions::{self, Function, Need};
use crate::env_text::{address_without_password, masked};
use crate::span::FileId;

/// The hover text at a byte of a file: the name there, and the pages of the diagnostics there.
pub(super) fn hover(analysis: &Analysis, file: FileId, at: usize) -> Value {
    let found = analysis.index.at(file, at);
    let mut parts: Vec<String> = found.and_then(|(span, referent)| about(analysis, *span, referent)).into_iter().collect();
    let here = |span: &crate::span::Span| span.file == file && span.range().start <= at && at <= span.range().end;
    let diagnostics = analysis.checked.diagnostics.iter().filter(|found| found.labels.first().is_some_and(|(span, _)| here(span)));
    let mut shown = Vec::new();
    for diagnostic in diagnostics {
        if !shown.contains(&diagnostic.code) {
            shown.push(diagnostic.code);
            parts.push(diagnostic.code.page().trim_end().to_owned());
        }
    }
    let mut place = found.map(|(span, _)| span.range());
    if place.is_none() {
        let text = analysis.text(file);
        let context = context::at_end(&text[..at]);
        let block = context.block.split_whitespace().next().unwrap_or_default();
        if let Some((range, meaning)) = words::at(text, at, block).filter(|_| !context.in_comment) {
            parts.insert(0, meaning);
            place = Some(range);
        }
    }
    if parts.is_empty() {
        return Value::Null;
    }
    let mut hover = json!({ "contents": { "kind": "markdown", "value": parts.join("\n\n---\n\n") } });
    if let Some(range) = place {
        hover["range"] = analysis.lines(file).range(range);
    }
    hover
}

fn code(text: &str) -> String {
    format!("```lt\n{text}\n```")
}

/// The description of a name, as Markdown.
pub(super) fn about(analysis: &Analysis, span: crate::span::Span, referent: &Referent) -> Option<String> {
    match referent {
        Referent::Declaration(id) => Some(declaration(analysis, *id, span)),
        Referent::Env(path) => {
            let environment = analysis.environment.as_ref()?;
            let (value, _) = analysis.env_key(path)?;
            let place = format!("{}:{}", value.location.file, value.location.line);
            Some(format!(
                "{}\n\nfrom the environment `{}`, {place}",
                code(&format!("env.{path} = {}", masked(path, value, &analysis.checked.credentials))),
                environment.name
            ))
        }
        Referent::Column(data, column) => {
            let data = analysis.declaration(*data);
            let program = analysis.checked.program.as_ref();
            let known = program.and_then(|program| program.data.iter().find(|it| it.name == data.name));
            let ty =
                known.and_then(|known| known.columns.iter().find(|(name, _)| name == column)).map(|(_, ty)| crate::check::types::word(ty));
            let ty = ty.map_or_else(String::new, |ty| format!(": {ty}"));
            Some(format!("{}\n\na column of `{}`", code(&format!("{column}{ty}")), data.name))
        }
        Referent::Function(name) => functions::find(name).map(|function| format!("{}\n\n{}", code(&signature_of(function)), function.doc)),
        Referent::Import(file) => Some(format!("imports `{}`", analysis.checked.sources.file(*file)?.path)),
    }
}

fn declaration(analysis: &Analysis, id: usize, at: crate::span::Span) -> String {
    let declaration = analysis.declaration(id);
    let written = analysis.written(declaration.whole);
    let head = written.split('{').next().unwrap_or(written).trim_end();
    let ty = analysis.type_at(at).or_else(|| analysis.type_at(declaration.span));
    let name = &declaration.name;
    let file = analysis.checked.sources.file(declaration.span.file);
    let comment = file.and_then(|file| file.comment_above(declaration.whole.range().start));
    let shown = match declaration.kind {
        DeclarationKind::Variable | DeclarationKind::Keep => {
            let line = written.lines().next().unwrap_or_default();
            let typed = ty.map_or_else(String::new, |ty| format!("\n\ntype: `{ty}`"));
            format!("{}{typed}", code(line))
        }
        DeclarationKind::Parameter => code(&format!("{name}: {}", ty.unwrap_or("any"))),
        DeclarationKind::Request => format!("{}{}", code(written), address(analysis, id)),
        DeclarationKind::Data | DeclarationKind::User | DeclarationKind::Sequence | DeclarationKind::Tasks => code(head),
        DeclarationKind::Api | DeclarationKind::Resource => code(head),
        DeclarationKind::Step => code(&format!("\"{name}\"")),
    };
    comment.map_or_else(|| shown.clone(), |comment| format!("{shown}\n\n{comment}"))
}

/// The request that a call makes: its method and its whole address.
fn address(analysis: &Analysis, id: usize) -> String {
    let mut api = id;
    while let Some(container) = analysis.declaration(api).container {
        api = container;
    }
    let span = analysis.declaration(api).span;
    let Some((tree, _)) = analysis.checked.trees.get(usize::from(span.file.0)) else { return String::new() };
    let members = tree.items.iter().find_map(|item| match item {
        Item::Api(api) if api.name.span == span => Some(&api.members),
        _ => None,
    });
    let base = members.into_iter().flatten().find_map(|member| match member {
        ApiMember::Base(base) => Some(analysis.written(base.span)),
        _ => None,
    });
    let Some(base) = base else { return String::new() };
    let url = base
        .strip_prefix("env.")
        .and_then(|path| analysis.env_key(path))
        .and_then(|(value, _)| value.as_str().map(address_without_password));
    let base = url.unwrap_or_else(|| base.trim_matches('"').to_owned());
    let written = analysis.written(analysis.declaration(id).whole);
    let line = written.split_once('=').map_or("", |_| written.rsplit_once(") =").map_or("", |(_, line)| line)).trim();
    let mut words = line.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    format!("\n\nsends `{method} {}{path}`", base.trim_end_matches('/'))
}

/// `random(a, b)`, with optional parameters marked.
pub(super) fn signature_of(function: &Function) -> String {
    let params: Vec<String> = function
        .params
        .iter()
        .map(|param| {
            let name = param.name;
            let kinds = param.kinds.words();
            match param.need {
                Need::Required => format!("{name}: {kinds}"),
                Need::Optional => format!("{name}?: {kinds}"),
                Need::Variadic => format!("…{name}: {kinds}"),
            }
        })
        .collect();
    format!("{}({})", function.name, params.join(", "))
}

/// Help for the call that contains a byte.
pub(super) fn signature(analysis: &Analysis, file: FileId, at: usize) -> Value {
    let text = analysis.text(file);
    let Some(call) = context::call(&text[..at]) else { return Value::Null };
    let (label, params, doc) = match functions::find(&call.callee) {
        Some(function) => {
            let label = signature_of(function);
            let params = parts_of(&label);
            (label, params, function.doc.to_owned())
        }
        None => {
            let id = analysis.index.requests.get(&call.callee).or_else(|| analysis.index.globals.get(&call.callee));
            let Some(declaration) = id.map(|id| analysis.declaration(*id)) else { return Value::Null };
            let written = analysis.written(declaration.whole);
            let Some(open) = written.find('(') else { return Value::Null };
            let Some(close) = context::closing(&written[open..]) else { return Value::Null };
            let params = written[open..=open + close].split_whitespace().collect::<Vec<_>>().join(" ");
            let label = format!("{}{params}", call.callee);
            let params = parts_of(&label);
            (label, params, String::new())
        }
    };
    let last = params.len().saturating_sub(1);
    let named =
        call.label.and_then(|label| params.iter().position(|param| param.split([':', ' ', '=', '?']).next() == Some(label.as_str())));
    let active = named.unwrap_or_else(|| call.argument.min(last));
    let params: Vec<Value> = params.iter().map(|param| json!({ "label": param })).collect();
    let signature = json!({ "label": label, "documentation": doc, "parameters": params });
    json!({ "signatures": [signature], "activeSignature": 0, "activeParameter": active })
}

/// The parameters of `name(a, b)`.
fn parts_of(label: &str) -> Vec<String> {
    let Some(open) = label.find('(') else { return Vec::new() };
    let inner = &label[open + 1..label.len() - 1];
    let mut parts = vec![String::new()];
    let mut depth = 0i32;
    for char in inner.chars() {
        match char {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(char);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}
