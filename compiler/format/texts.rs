//! Strings over several lines. They move with the line on which they begin, so that their value does not change.

use super::groups::Piece;
use crate::token::TokenKind;

/// The white space at the start of the line that contains the byte `at`, up to that byte.
pub(super) fn indent_at(text: &str, at: usize) -> &str {
    let line = &text[text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1)..at];
    &line[..indent(line)]
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// How far a string's lines move if the indentation of its first line changes from `before` to `after`. They move less if a line of the
/// string has less indentation, and not at all if tabs indent it.
pub(super) fn shift(string: &str, before: &str, after: usize) -> isize {
    let content = string.strip_suffix("\"\"\"").unwrap_or(string);
    let lines = || content.split('\n').skip(1);
    if before.contains('\t') || lines().any(|line| line[..indent(line)].contains('\t')) {
        return 0;
    }
    let least = lines().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    (after.cast_signed() - before.len().cast_signed()).max(-least.cast_signed())
}

/// Appends a part of a string, and moves the lines that begin in it.
pub(super) fn push_shifted(part: &str, shift: isize, into: &mut String) {
    let mut lines = part.split('\n').peekable();
    into.push_str(lines.next().unwrap_or_default());
    while let Some(line) = lines.next() {
        into.push('\n');
        let spaces = indent(line);
        let is_empty = lines.peek().is_some() && spaces == 0 && line.trim().is_empty();
        let moved = if is_empty { 0 } else { spaces.saturating_add_signed(shift) };
        into.extend(std::iter::repeat_n(' ', if shift == 0 { 0 } else { moved }));
        into.push_str(if shift == 0 { line } else { &line[spaces..] });
    }
}

/// For each piece that begins a string over several lines, the end of that string.
pub(super) fn string_ends(text: &str, pieces: &[Piece]) -> Vec<(usize, usize)> {
    let mut open = Vec::new();
    let mut found = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        let range = &piece.token.range;
        let mut add = |at: usize, start: usize| {
            if text[start..range.end].contains('\n') {
                found.push((at, range.end));
            }
        };
        match piece.token.kind {
            TokenKind::TextOpen => open.push((at, range.start)),
            TokenKind::Raw => add(at, range.start),
            TokenKind::TextClose => {
                if let Some((at, start)) = open.pop() {
                    add(at, start);
                }
            }
            _ => {}
        }
    }
    found.sort_unstable();
    found
}
