//! The outline of a spec: its symbols and its foldable ranges.

use serde_json::{Value, json};

use super::analysis::Analysis;
use super::index::{Declaration, DeclarationKind};
use super::text::Lines;
use crate::span::{FileId, Span};
use crate::token::TokenKind;

/// The number of a symbol's kind in the protocol.
fn kind(kind: DeclarationKind) -> u8 {
    match kind {
        DeclarationKind::Api => 11,
        DeclarationKind::Resource => 3,
        DeclarationKind::Request => 6,
        DeclarationKind::Data => 18,
        DeclarationKind::Variable | DeclarationKind::Parameter => 13,
        DeclarationKind::Keep => 8,
        DeclarationKind::Sequence => 12,
        DeclarationKind::Tasks => 10,
        DeclarationKind::User => 5,
        DeclarationKind::Step => 24,
    }
}

/// Whether a declaration is part of an outline: variables of sequences and parameters are not.
fn is_shown(declaration: &Declaration) -> bool {
    match declaration.kind {
        DeclarationKind::Parameter => false,
        DeclarationKind::Variable => declaration.container.is_none(),
        _ => true,
    }
}

/// The outline of a file.
pub(super) fn document(analysis: &Analysis, file: FileId) -> Value {
    let lines = analysis.lines(file);
    let mut shown: Vec<(Span, &Declaration)> = analysis
        .index
        .declarations
        .iter()
        .filter(|it| it.span.file == file && is_shown(it))
        // A declaration includes its name, even if the text around it did not parse.
        .map(|it| (it.whole.start.min(it.span.start), it.whole.end.max(it.span.end), it))
        .map(|(start, end, it)| (Span { file, start, end }, it))
        .collect();
    shown.sort_by_key(|(whole, _)| (whole.start, std::cmp::Reverse(whole.end)));
    let mut rest = shown.as_slice();
    nested(&lines, &mut rest, u32::MAX)
}

fn nested(lines: &Lines<'_>, rest: &mut &[(Span, &Declaration)], end: u32) -> Value {
    let mut symbols = Vec::new();
    while let Some(((whole, declaration), after)) = rest.split_first() {
        if whole.start >= end {
            break;
        }
        *rest = after;
        let children = nested(lines, rest, whole.end);
        symbols.push(json!({
            "name": if declaration.name.is_empty() { "?" } else { &declaration.name },
            "kind": kind(declaration.kind),
            "range": lines.range(whole.range()),
            "selectionRange": lines.range(declaration.span.range()),
            "children": children,
        }));
    }
    Value::Array(symbols)
}

/// The symbols of a spec and its imports whose names contain `query`.
pub(super) fn workspace(analysis: &Analysis, query: &str) -> Vec<Value> {
    let found = analysis.index.declarations.iter().filter(|it| is_shown(it) && it.name.to_lowercase().contains(query));
    found
        .map(|it| {
            let container = it.container.map_or("", |id| analysis.declaration(id).name.as_str());
            json!({ "name": it.name, "kind": kind(it.kind), "location": analysis.location(it.span), "containerName": container })
        })
        .collect()
}

/// Brackets over several lines, and runs of comments.
pub(super) fn folding(analysis: &Analysis, file: FileId) -> Value {
    let lines = analysis.lines(file);
    let line = |at: usize| lines.line_of(at);
    let mut open = Vec::new();
    let mut folds = Vec::new();
    let mut comments: Option<(usize, usize)> = None;
    for token in analysis.tokens(file) {
        let at = line(token.range.start);
        if token.kind == TokenKind::Comment && token.starts {
            comments = Some(match comments {
                Some((start, end)) if end + 1 == at => (start, at),
                _ => {
                    folds.extend(comment_fold(comments));
                    (at, at)
                }
            });
            continue;
        }
        match token.kind {
            TokenKind::Open(_) => open.push(at),
            TokenKind::Close(_) => {
                if let Some(start) = open.pop().filter(|start| *start + 1 < at) {
                    folds.push(json!({ "startLine": start, "endLine": at - 1 }));
                }
            }
            _ => {}
        }
    }
    folds.extend(comment_fold(comments));
    Value::Array(folds)
}

fn comment_fold(comments: Option<(usize, usize)>) -> Option<Value> {
    let (start, end) = comments.filter(|(start, end)| start < end)?;
    Some(json!({ "startLine": start, "endLine": end, "kind": "comment" }))
}
