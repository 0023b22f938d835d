//! Columns: the aligned parts of neighboring lines of one kind, and of the comments at the ends of lines.

use std::ops::Range;

use crate::token::Column;

/// Columns of neighboring lines are aligned if they are at most this many characters apart.
const SPREAD: usize = 16;
/// The same limit for comments at the ends of lines.
const COMMENT_SPREAD: usize = 40;

/// A line. A string may continue it on further lines of the text.
#[derive(Debug, Default)]
pub(super) struct Line<'t> {
    /// The spaces at its start.
    pub(super) indent: usize,
    /// Whether an empty line comes before it.
    pub(super) blank: bool,
    /// Whether a statement, a member or an item begins with it.
    pub(super) starts: bool,
    pub(super) text: String,
    /// The number of characters after the last line break in `text`.
    chars: usize,
    has_breaks: bool,
    /// Its column, and where the column starts: the byte in `text` and the character in the line.
    pub(super) column: Option<(Column, usize, usize)>,
    /// The comment at its end.
    pub(super) comment: Option<&'t str>,
    /// Whether it is only a comment.
    pub(super) is_comment: bool,
}

impl Line<'_> {
    pub(super) fn new(indent: usize, blank: bool, starts: bool, is_comment: bool) -> Self {
        Self { indent, blank, starts, is_comment, ..Self::default() }
    }

    pub(super) fn push(&mut self, part: &str) {
        match part.rfind('\n') {
            Some(at) => {
                self.has_breaks = true;
                self.chars = part[at + 1..].chars().count();
            }
            None => self.chars += part.chars().count(),
        }
        self.text.push_str(part);
    }

    /// The width of its last line, in characters.
    pub(super) fn width(&self) -> usize {
        self.chars + if self.has_breaks { 0 } else { self.indent }
    }

    /// The indentation of its last line.
    pub(super) fn last_indent(&self) -> usize {
        match self.text.rfind('\n') {
            Some(at) => self.text.len() - at - 1 - self.text[at + 1..].trim_start_matches(' ').len(),
            None => self.indent,
        }
    }
}

/// Joins lines into a text, with columns aligned.
pub(super) fn text(mut lines: Vec<Line<'_>>, line_end: &str) -> String {
    align_columns(&mut lines);
    let comments = comment_columns(&lines);
    let mut text = String::new();
    for (line, comment_column) in lines.iter().zip(comments) {
        if line.blank {
            text.push_str(line_end);
        }
        text.extend(std::iter::repeat_n(' ', line.indent));
        text.push_str(&line.text);
        if let Some(comment) = line.comment {
            text.extend(std::iter::repeat_n(' ', comment_column.saturating_sub(line.width())));
            text.push_str(comment);
        }
        text.push_str(line_end);
    }
    text
}

/// Pads consecutive lines so that their common column starts at the same character. Comment lines may be between them, but empty lines may
/// not.
fn align_columns(lines: &mut [Line<'_>]) {
    let mut at = 0;
    while at < lines.len() {
        let Some((column, _, width)) = lines[at].column else {
            at += 1;
            continue;
        };
        let indent = lines[at].indent;
        let mut widths: Range<usize> = width..width;
        let mut section = vec![at];
        let mut next = at + 1;
        while let Some(line) = lines.get(next).filter(|line| !line.blank && line.indent == indent) {
            match line.column {
                Some((other, _, width)) if other == column => {
                    let wider = widths.start.min(width)..widths.end.max(width);
                    if wider.len() > SPREAD {
                        break;
                    }
                    widths = wider;
                    section.push(next);
                }
                None if line.is_comment => {}
                _ => break,
            }
            next += 1;
        }
        for line in section {
            if let Some((_, byte, width)) = lines[line].column {
                let padding = " ".repeat(widths.end - width);
                lines[line].text.insert_str(byte, &padding);
                lines[line].chars += if lines[line].has_breaks { 0 } else { padding.len() };
            }
        }
        at = next;
    }
}

/// The column of the comment at the end of each line.
fn comment_columns(lines: &[Line<'_>]) -> Vec<usize> {
    let mut columns = Vec::with_capacity(lines.len());
    while columns.len() < lines.len() {
        let start = columns.len();
        let first = lines[start].width();
        let mut widths = first..first;
        let mut end = start + 1;
        let has_comment = lines[start].comment.is_some();
        let indent = lines[start].indent;
        while let Some(line) = lines.get(end).filter(|line| !line.blank && line.indent == indent && has_comment && line.comment.is_some()) {
            let wider = widths.start.min(line.width())..widths.end.max(line.width());
            if wider.len() > COMMENT_SPREAD {
                break;
            }
            widths = wider;
            end += 1;
        }
        columns.resize(end, widths.end + 2);
    }
    columns
}
