//! Go to definition, references and highlights, including those in environments and data files.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::analysis::Analysis;
use super::index::Referent;
use super::text::Lines;
use super::uri;
use super::workspace::Workspace;
use crate::span::{FileId, Span};

/// A location in any file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether the name is also the key of a map: `{ id }`.
    pub(super) is_short_key: bool,
}

impl Place {
    /// The location in the protocol's form; `text` is that of its file.
    pub(super) fn location(&self, text: &str) -> Value {
        json!({ "uri": uri::of(&self.path), "range": Lines::new(text).range(self.start..self.end) })
    }
}

/// The location of a name's declaration.
pub(super) fn definition(analysis: &Analysis, file: FileId, at: usize) -> Value {
    let Some((_, referent)) = analysis.index.at(file, at) else { return Value::Null };
    match referent {
        Referent::Declaration(id) => analysis.location(analysis.declaration(*id).span),
        Referent::Import(file) => analysis.location(Span::new(*file, 0, 0)),
        Referent::Function(_) => Value::Null,
        Referent::Env(_) | Referent::Column(..) => {
            let Some(place) = outside(analysis, referent) else { return Value::Null };
            analysis.read(&place.path).map_or(Value::Null, |text| place.location(&text))
        }
    }
}

/// The location of a key of the environment, or of a column.
pub(super) fn outside(analysis: &Analysis, referent: &Referent) -> Option<Place> {
    match referent {
        Referent::Env(path) => {
            let (value, file) = analysis.env_key(path)?;
            let key = path.rsplit('.').next()?;
            let text = analysis.read(&file)?;
            let at = key_before(&text, value.location.offset, key)?;
            Some(Place { path: file, start: at, end: at + key.len(), is_short_key: false })
        }
        Referent::Column(data, column) => {
            let path = analysis.data_file(*data)?;
            let text = analysis.read(&path)?;
            let head = text.lines().next()?;
            let head = head.trim_start_matches('\u{feff}');
            let start = text.find(head)? + column_start(head, column)?;
            Some(Place { path, start, end: start + column.len(), is_short_key: false })
        }
        _ => None,
    }
}

/// The start of the key whose value begins at a byte of YAML: the nearest one before it. A comment contains no keys, and a plain key is
/// followed by a colon and a space.
pub(super) fn key_before(text: &str, offset: usize, key: &str) -> Option<usize> {
    let mut end = offset.min(text.len());
    loop {
        let start = text.get(..end)?.rfind('\n').map_or(0, |at| at + 1);
        let content = &text[start..end];
        let content = &content[..comment_start(content)];
        let found = content.rmatch_indices(key).map(|(at, _)| at).find(|at| {
            let before = content[..*at].chars().next_back();
            let after = &content[at + key.len()..];
            match before.filter(|char| matches!(char, '"' | '\'')) {
                Some(quote) => after.strip_prefix(quote).is_some_and(|rest| rest.trim_start().starts_with(':')),
                None => {
                    let is_key =
                        after.trim_start().strip_prefix(':').is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r']));
                    before.is_none_or(|char| matches!(char, ' ' | '{' | ',')) && is_key
                }
            }
        });
        match found {
            Some(at) => return Some(start + at),
            None => end = start.checked_sub(1)?,
        }
    }
}

/// The start of the comment at the end of a line of YAML.
fn comment_start(line: &str) -> usize {
    let mut quote = None;
    let mut before = ' ';
    for (at, char) in line.char_indices() {
        match quote {
            Some(open) if char == open => quote = None,
            Some(_) => {}
            None if char == '#' && before.is_whitespace() => return at,
            None if matches!(char, '"' | '\'') && matches!(before, ' ' | '{' | '[' | ',' | ':') => quote = Some(char),
            None => {}
        }
        before = char;
    }
    line.len()
}

/// The start of a column's name in the first line of a CSV file.
fn column_start(head: &str, column: &str) -> Option<usize> {
    let mut quoted = false;
    let cells = head.split(|char: char| {
        quoted ^= char == '"';
        char == ',' && !quoted
    });
    let mut start = 0;
    for cell in cells {
        let name = cell.trim().trim_matches('"');
        if name == column {
            return Some(start + cell.find(name).unwrap_or(0));
        }
        start += cell.len() + 1;
    }
    None
}

/// All uses of a name in the project; its declaration comes first if there is one.
pub(super) fn places(workspace: &Workspace, analysis: &Analysis, path: &Path, referent: &Referent) -> Vec<Place> {
    let mut found = Vec::new();
    for other in workspace.all_entries(path).iter().filter_map(|entry| workspace.analysis(entry)) {
        for (span, candidate) in &other.index.references {
            if is_same(analysis, referent, &other, candidate) {
                let is_short_key = other.index.short_keys.contains(span);
                let range = span.range();
                found.push(Place { path: other.path(span.file), start: range.start, end: range.end, is_short_key });
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether names of two specs refer to the same declaration.
fn is_same(one: &Analysis, referent: &Referent, other: &Analysis, candidate: &Referent) -> bool {
    let declared = |analysis: &Analysis, id: usize| {
        let span = analysis.declaration(id).span;
        (analysis.path(span.file), span.start)
    };
    match (referent, candidate) {
        (Referent::Declaration(left), Referent::Declaration(right)) => {
            let same_name = one.declaration(*left).name == other.declaration(*right).name;
            same_name && declared(one, *left) == declared(other, *right)
        }
        (Referent::Column(left, column), Referent::Column(right, candidate)) => {
            column == candidate && one.data_file(*left) == other.data_file(*right)
        }
        (Referent::Import(left), Referent::Import(right)) => one.path(*left) == other.path(*right),
        (left, right) => left == right,
    }
}

/// All uses of a name, as the protocol's locations.
pub(super) fn references(workspace: &Workspace, analysis: &Analysis, file: FileId, at: usize, with_declaration: bool) -> Value {
    let Some((_, referent)) = analysis.index.at(file, at) else { return Value::Null };
    let declared = match referent {
        Referent::Declaration(id) => {
            let span = analysis.declaration(*id).span;
            Some((analysis.path(span.file), span.range().start))
        }
        _ => None,
    };
    let mut places = places(workspace, analysis, &analysis.path(file), referent);
    places.retain(|place| with_declaration || declared.as_ref() != Some(&(place.path.clone(), place.start)));
    if with_declaration {
        places.extend(outside(analysis, referent));
    }
    // The places are in the order of their files, so each file is read once.
    let mut shown = Vec::with_capacity(places.len());
    for of_file in places.chunk_by(|one, next| one.path == next.path) {
        let Some(text) = of_file.first().and_then(|place| analysis.read(&place.path)) else { continue };
        let (lines, uri) = (Lines::new(&text), uri::of(&of_file[0].path));
        shown.extend(of_file.iter().map(|place| json!({ "uri": uri, "range": lines.range(place.start..place.end) })));
    }
    Value::Array(shown)
}

/// The uses of a name in one file.
pub(super) fn highlights(analysis: &Analysis, file: FileId, at: usize) -> Value {
    let Some((_, referent)) = analysis.index.at(file, at) else { return Value::Null };
    let lines = analysis.lines(file);
    let mut spans: Vec<Span> =
        analysis.index.references.iter().filter(|(span, other)| span.file == file && other == referent).map(|(span, _)| *span).collect();
    spans.sort_unstable_by_key(|span| span.start);
    spans.dedup();
    spans.iter().map(|span| json!({ "range": lines.range(span.range()) })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key before the value that begins at the mark `|`.
    fn key(marked: &str, key: &str) -> Option<usize> {
        let offset = marked.find('|').unwrap();
        key_before(&marked.replace('|', ""), offset, key)
    }

    #[test]
    fn key_of_a_value_is_neither_in_a_comment_nor_within_the_value() {
        assert_eq!(key("shop:\n  # shop: x\n  |url: a  # gunicorn shop:app\n", "shop"), Some(0));
        assert_eq!(key("shop:\n  |shop: x\n", "shop"), Some(0));
        assert_eq!(key("shop:\n  shop: |x\n", "shop"), Some(8));
        assert_eq!(key("a: { url: \"url: #1\", 'url': |2 }", "url"), Some(22));
        assert_eq!(key("note: \"x # url: 1\"\nurl: |2", "url"), Some(19));
        assert_eq!(key("at: 10:20\nx: |1", "10"), None);
    }

    #[test]
    fn column_is_a_whole_cell_of_the_head() {
        assert_eq!(column_start("user-id,id,\"first, name\"", "id"), Some(8));
        assert_eq!(column_start("user-id,id,\"first, name\"", "first, name"), Some(12));
        assert_eq!(column_start("user-id", "id"), None);
    }
}
