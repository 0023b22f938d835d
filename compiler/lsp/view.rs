//! Additions that an editor shows in the text: colors, hints and lenses. Also the formatted text.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Value, json};

use super::analysis::Analysis;
use super::index::{DeclarationKind, Referent};
use super::text::Lines;
use super::uri;
use super::workspace::Workspace;
use crate::ast::{Item, UserMember};
use crate::format;
use crate::span::FileId;
use crate::token::{Token, TokenKind, WordClass};

const TYPES: [&str; 14] = [
    "keyword",
    "string",
    "number",
    "comment",
    "operator",
    "regexp",
    "variable",
    "parameter",
    "function",
    "method",
    "namespace",
    "type",
    "property",
    "class",
];

/// The kinds of semantic tokens.
pub(super) fn legend() -> Value {
    json!({ "tokenTypes": TYPES, "tokenModifiers": [] })
}

fn token_type(token: &Token) -> Option<&'static str> {
    use WordClass as Class;
    Some(match token.kind {
        TokenKind::Word(Class::Keyword | Class::Literal | Class::Source) => "keyword",
        TokenKind::Word(Class::Method) => "method",
        TokenKind::Word(Class::Type) => "type",
        TokenKind::Word(Class::Key | Class::Name | Class::Member) => "property",
        TokenKind::Number => "number",
        TokenKind::TextOpen | TokenKind::TextPart | TokenKind::TextClose | TokenKind::Raw | TokenKind::PathStart | TokenKind::PathPart => {
            "string"
        }
        TokenKind::Regex => "regexp",
        TokenKind::Attribute => "property",
        TokenKind::Operator | TokenKind::Minus | TokenKind::Assign | TokenKind::Range | TokenKind::Rest => "operator",
        TokenKind::Comment => "comment",
        TokenKind::Dot | TokenKind::Comma | TokenKind::Colon | TokenKind::Open(_) | TokenKind::Close(_) => return None,
    })
}

fn of_name(analysis: &Analysis, referent: &Referent) -> &'static str {
    match referent {
        Referent::Declaration(id) => match analysis.declaration(*id).kind {
            DeclarationKind::Api | DeclarationKind::Resource => "namespace",
            DeclarationKind::Request | DeclarationKind::Sequence | DeclarationKind::Tasks => "function",
            DeclarationKind::User => "class",
            DeclarationKind::Parameter => "parameter",
            DeclarationKind::Data | DeclarationKind::Variable | DeclarationKind::Keep => "variable",
            DeclarationKind::Step => "string",
        },
        Referent::Function(_) => "function",
        Referent::Env(_) | Referent::Column(..) => "property",
        Referent::Import(_) => "string",
    }
}

/// The colors of a file: five numbers for each token, relative to the one before.
pub(super) fn semantic_tokens(analysis: &Analysis, file: FileId) -> Value {
    let text = analysis.text(file);
    let lines = analysis.lines(file);
    let mut data: Vec<usize> = Vec::new();
    let (mut last_line, mut last_column) = (0, 0);
    let names: HashMap<u32, &'static str> = analysis
        .index
        .references
        .iter()
        .filter(|(span, _)| span.file == file)
        .map(|(span, referent)| (span.start, of_name(analysis, referent)))
        .collect();
    for token in analysis.tokens(file) {
        let start = u32::try_from(token.range.start).unwrap_or(u32::MAX);
        let named = matches!(token.kind, TokenKind::Word(WordClass::Name | WordClass::Member | WordClass::Key | WordClass::Keyword));
        let kind = match names.get(&start).copied().filter(|_| named) {
            Some(kind) => kind,
            None => match token_type(token) {
                Some(kind) => kind,
                None => continue,
            },
        };
        let kind = TYPES.iter().position(|known| *known == kind).unwrap_or(0);
        let mut at = token.range.start;
        for part in text[token.range.clone()].split_inclusive('\n') {
            let length = part.trim_end_matches(['\r', '\n']).encode_utf16().count();
            if length > 0 {
                let (line, column) = lines.line_column(at);
                let from = if line == last_line { last_column } else { 0 };
                data.extend([line - last_line, column - from, length, kind, 0]);
                (last_line, last_column) = (line, column);
            }
            at += part.len();
        }
    }
    json!({ "data": data })
}

/// How far before a name the word `take` is searched, in bytes.
const TAKE_BYTES_MAX: usize = 400;

/// The types of takes that have no written type.
pub(super) fn inlay_hints(analysis: &Analysis, file: FileId, range: &Value) -> Value {
    let text = analysis.text(file);
    let lines = analysis.lines(file);
    let range = lines.bytes(range);
    let mut hints = Vec::new();
    let mut shown = std::collections::HashSet::new();
    for (span, ty) in &analysis.checked.types {
        let at = span.range();
        if span.file != file || at.start < range.start || at.end > range.end || !shown.insert(*span) {
            continue;
        }
        // The names before a name of a take are short, but a line may have a megabyte.
        let near = text.floor_char_boundary(at.start.saturating_sub(TAKE_BYTES_MAX));
        let line = text[near..at.start].rfind('\n').map_or(near, |end| near + end + 1);
        let before = text[line..at.start].trim_end();
        let is_take = before.ends_with("take") || before.contains("take ") && before.ends_with(',');
        let word = crate::check::types::word(ty);
        if is_take && word != "value" && !text[at.end..].trim_start().starts_with(':') {
            hints.push(json!({ "position": lines.position(at.end), "label": format!(": {word}"), "kind": 1 }));
        }
    }
    Value::Array(hints)
}

/// *Debug this sequence* above sequences that a user runs, *Check against the environment* above the first item.
pub(super) fn lenses(analysis: &Analysis, file: FileId) -> Value {
    let lines = analysis.lines(file);
    let path = analysis.path(file);
    let mut lenses = Vec::new();
    let users = users_of(analysis);
    let items = analysis.checked.trees.get(usize::from(file.0)).map(|(tree, _)| tree.items.as_slice()).unwrap_or_default();
    for item in items {
        if let Item::Sequence(sequence) = item
            && sequence.params.is_empty()
        {
            let user = users.get(sequence.name.node.as_str()).map(|user| (*user).to_owned());
            let mut command = vec!["ltc".to_owned(), "run".to_owned(), analysis.target.spec.display().to_string(), "--debug".to_owned()];
            command.extend(user.into_iter().flat_map(|user| ["--only".to_owned(), user]));
            let arguments = json!([uri::of(&path), sequence.name.node, command]);
            lenses.push(json!({
                "range": lines.range(sequence.name.span.range()),
                "command": { "title": "Debug this sequence", "command": "ltc.debugSequence", "arguments": arguments },
            }));
        }
    }
    if let Some(environment) = &analysis.environment
        && !items.is_empty()
    {
        let title = format!("Check against the environment {}", environment.name);
        let command = json!({ "title": title, "command": "ltc.check", "arguments": [uri::of(&path)] });
        lenses.insert(0, json!({ "range": lines.range(0..0), "command": command }));
    }
    Value::Array(lenses)
}

/// The first user that runs each sequence, directly or through tasks.
fn users_of(analysis: &Analysis) -> HashMap<&str, &str> {
    let items = || analysis.checked.trees.iter().flat_map(|(tree, _)| &tree.items);
    // Each user by its place among all users: the first one counts, whether it runs the sequence itself or through tasks.
    let mut direct: HashMap<&str, (usize, &str)> = HashMap::new();
    for (place, item) in items().enumerate() {
        if let Item::User(user) = item {
            for member in &user.members {
                if let UserMember::Run(name, ..) = member {
                    direct.entry(&name.node).or_insert((place, &user.name.node));
                }
            }
        }
    }
    let mut users = direct.clone();
    for item in items() {
        if let Item::Tasks(tasks) = item
            && let Some(user) = direct.get(tasks.name.node.as_str())
        {
            for member in &tasks.members {
                if let crate::ast::TaskTarget::Run(name, _) = &member.target {
                    let first = users.entry(&name.node).or_insert(*user);
                    *first = (*first).min(*user);
                }
            }
        }
    }
    users.into_iter().map(|(run, (_, user))| (run, user)).collect()
}

/// The edits that format a file; none if it does not parse.
pub(super) fn format(workspace: &Workspace, path: &Path) -> Value {
    let Ok(text) = workspace.open_files().read_spec(path) else { return Value::Null };
    match format::format(&text) {
        Ok(formatted) if formatted == text => json!([]),
        Ok(formatted) => json!([{ "range": Lines::new(&text).range(0..text.len()), "newText": formatted }]),
        Err(_) => Value::Null,
    }
}
