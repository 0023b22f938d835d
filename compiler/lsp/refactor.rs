//! Refactorings: extract a request into its api, make a literal a key of the environment, wrap steps in a group.

use std::ops::Range;
use std::path::PathBuf;

use super::actions::{Change, Edit};
use super::analysis::Analysis;
use super::index::DeclarationKind;
use super::text::Lines;
use super::workspace::Workspace;
use crate::parse;
use crate::span::FileId;
use crate::token::{Bracket, Token, TokenKind, WordClass};

const EXTRACT: &str = "refactor.extract";
const REWRITE: &str = "refactor.rewrite";

/// The refactorings that a selection suggests, each with its kind.
pub(super) fn candidates(workspace: &Workspace, analysis: &Analysis, file: FileId, range: &Range<usize>) -> Vec<(&'static str, Change)> {
    let text = analysis.text(file);
    let tokens = parse::tokens_of_any(text);
    let mut found = Vec::new();
    found.extend(request(analysis, file, &tokens, range).map(|change| (EXTRACT, change)));
    found.extend(literal(workspace, analysis, file, &tokens, range).map(|change| (EXTRACT, change)));
    found.extend(group(analysis, file, range).map(|change| (REWRITE, change)));
    found
}

/// Turns `shop GET /items/{id}` into a named request of `shop`.
fn request(analysis: &Analysis, file: FileId, tokens: &[Token], range: &Range<usize>) -> Option<Change> {
    let text = analysis.text(file);
    let is_inline = |at: usize| {
        let kinds = tokens[at..].iter().take(3).map(|token| token.kind);
        kinds.eq([TokenKind::Word(WordClass::Name), TokenKind::Word(WordClass::Method), TokenKind::PathStart])
    };
    let path_end = |at: usize| {
        let mut depth = 0;
        let mut end = tokens[at + 2].range.end;
        for token in &tokens[at + 3..] {
            match token.kind {
                TokenKind::Open(Bracket::Hole) => depth += 1,
                TokenKind::Close(Bracket::Hole) => depth -= 1,
                TokenKind::PathPart => {}
                _ if depth > 0 => {}
                _ => break,
            }
            end = token.range.end;
        }
        end
    };
    let at = (0..tokens.len()).find(|at| is_inline(*at) && tokens[*at].range.start <= range.end && range.start <= path_end(*at))?;
    let end = path_end(at);
    let api = &text[tokens[at].range.clone()];
    let method = &text[tokens[at + 1].range.clone()];
    let id = analysis.index.globals.get(api).copied().filter(|id| analysis.declaration(*id).kind == DeclarationKind::Api)?;
    let (path, params, args) = with_parameters(text, tokens, tokens[at + 2].range.start, end);
    let name =
        (1..).map(|n| request_name(method, &path, n)).find(|name| !analysis.index.requests.contains_key(&format!("{api}.{name}")))?;
    let declared = format!("{name}({}) = {method} {path}", params.join(", "));
    let whole = analysis.declaration(id).whole;
    let other = analysis.text(whole.file);
    let close = other[..whole.range().end].strip_suffix('}')?.len();
    let line = other[..close].rfind('\n').map_or(0, |at| at + 1);
    let insert = if other[line..close].trim().is_empty() {
        Edit { path: analysis.path(whole.file), range: line..line, text: format!("  {declared}\n") }
    } else {
        Edit { path: analysis.path(whole.file), range: close..close, text: format!("; {declared} ") }
    };
    let call = Edit { path: analysis.path(file), range: tokens[at].range.start..end, text: format!("{api}.{name}({})", args.join(", ")) };
    Some(Change { title: format!("Extract the request `{api}.{name}`"), edits: vec![insert, call] })
}

/// Replaces the holes of a path with parameters. Returns the path, the parameters and the arguments for them.
fn with_parameters(text: &str, tokens: &[Token], start: usize, end: usize) -> (String, Vec<String>, Vec<String>) {
    let (mut path, mut params, mut args): (String, Vec<String>, Vec<String>) = Default::default();
    let mut done = start;
    let mut depth = 0;
    let mut hole = start;
    for token in tokens.iter().filter(|token| token.range.start >= start && token.range.end <= end) {
        match token.kind {
            TokenKind::Open(Bracket::Hole) => {
                if depth == 0 {
                    path.push_str(&text[done..token.range.start]);
                    hole = token.range.end;
                }
                depth += 1;
            }
            TokenKind::Close(Bracket::Hole) => {
                depth -= 1;
                if depth == 0 {
                    let value = text[hole..token.range.start].trim();
                    let base = parameter_name(value);
                    let known = args.iter().position(|arg| arg == value);
                    let name = known.map_or_else(
                        || (1..).map(|n| if n == 1 { base.clone() } else { format!("{base}_{n}") }).find(|name| !params.contains(name)),
                        |at| params.get(at).cloned(),
                    );
                    let name = name.unwrap_or(base);
                    if known.is_none() {
                        params.push(name.clone());
                        args.push(value.to_owned());
                    }
                    path.push('{');
                    path.push_str(&name);
                    path.push('}');
                    done = token.range.end;
                }
            }
            _ => {}
        }
    }
    path.push_str(&text[done..end]);
    (path, params, args)
}

/// A name for an expression: its last word.
fn parameter_name(value: &str) -> String {
    let words = value.split(|char: char| !(char.is_ascii_alphanumeric() || char == '_'));
    let mut names = words.filter(|word| word.starts_with(|char: char| char.is_ascii_alphabetic()) && !parse::is_reserved(word));
    names.next_back().map_or_else(|| "value".to_owned(), str::to_owned)
}

/// `get_payment` for `GET /carts/{cart}/payment`.
fn request_name(method: &str, path: &str, number: usize) -> String {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let mut segments = path.split('/').filter(|segment| !segment.is_empty() && !segment.contains('{'));
    let last: String =
        segments.next_back().unwrap_or("root").chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect();
    let name = format!("{}_{}", method.to_lowercase(), last.to_lowercase());
    if number == 1 { name } else { format!("{name}_{number}") }
}

/// Turns a literal into a key of the environment.
fn literal(workspace: &Workspace, analysis: &Analysis, file: FileId, tokens: &[Token], range: &Range<usize>) -> Option<Change> {
    let text = analysis.text(file);
    let environment = analysis.environment.as_ref()?;
    let at = tokens.iter().position(|token| {
        matches!(token.kind, TokenKind::Number | TokenKind::TextOpen | TokenKind::TextPart | TokenKind::TextClose)
            && token.range.start <= range.start
            && range.end <= token.range.end
    })?;
    let (first, last) = match tokens[at].kind {
        TokenKind::Number => (at, at),
        _ => {
            let open = (0..=at).rev().find(|at| tokens[*at].kind == TokenKind::TextOpen)?;
            let close = (open..tokens.len()).find(|at| tokens[*at].kind == TokenKind::TextClose)?;
            let is_plain = tokens[open + 1..close].iter().all(|token| token.kind == TokenKind::TextPart);
            (is_plain && at <= close).then_some((open, close))?
        }
    };
    let literal = &text[tokens[first].range.start..tokens[last].range.end];
    // The escapes of a string mean the same in YAML, except these.
    if literal.contains("\"\"\"") || literal.contains("\\u") || literal.contains("{{") || literal.contains("}}") || literal.contains("${") {
        return None;
    }
    let before: Vec<&Token> = tokens[..first].iter().rev().take(2).collect();
    let named = match before.as_slice() {
        [sign, name, ..] if matches!(sign.kind, TokenKind::Assign | TokenKind::Colon) => Some(&text[name.range.clone()]),
        [name, ..] if matches!(name.kind, TokenKind::Word(_)) => Some(&text[name.range.clone()]),
        _ => None,
    };
    let base = named.filter(|name| name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')).unwrap_or("value");
    let members = environment.root().as_object()?;
    let key = (1..).map(|n| if n == 1 { base.to_owned() } else { format!("{base}_{n}") }).find(|key| !members.contains_key(key))?;
    let path: PathBuf = analysis.target.root.join("config").join(format!("{}.yml", environment.name));
    let yaml = workspace.open_files().read_spec(&path).ok()?;
    let is_duration = literal.starts_with(|char: char| char.is_ascii_digit()) && literal.ends_with(|char: char| char.is_ascii_alphabetic());
    let value = if is_duration { format!("\"{literal}\"") } else { literal.replace('_', if literal.starts_with('"') { "_" } else { "" }) };
    let line_break = if yaml.is_empty() || yaml.ends_with('\n') { "" } else { "\n" };
    let edits = vec![
        Edit { path, range: yaml.len()..yaml.len(), text: format!("{line_break}{key}: {value}\n") },
        Edit { path: analysis.path(file), range: tokens[first].range.start..tokens[last].range.end, text: format!("env.{key}") },
    ];
    Some(Change { title: format!("Make it `env.{key}` of the environment {}", environment.name), edits })
}

/// Puts the selected lines into a group.
fn group(analysis: &Analysis, file: FileId, range: &Range<usize>) -> Option<Change> {
    let text = analysis.text(file);
    let lines = Lines::new(text);
    let (first, _) = lines.line_column(range.start);
    let (mut last, column) = lines.line_column(range.end);
    if column == 0 && last > first {
        last -= 1;
    }
    let whole = lines.line(first).start..lines.line(last).end;
    let selected = text.get(whole.clone())?;
    if range.is_empty() || !selected.contains("step ") {
        return None;
    }
    let indent = selected.len() - selected.trim_start_matches([' ', '\t']).len();
    let margin = &selected[..indent];
    let indented: String =
        selected.lines().map(|line| if line.trim().is_empty() { format!("{line}\n") } else { format!("  {line}\n") }).collect();
    let text = format!("{margin}group \"Group\" {{\n{indented}{margin}}}");
    let edits = vec![Edit { path: analysis.path(file), range: whole, text }];
    Some(Change { title: "Wrap the steps in a group".to_owned(), edits })
}
