//! Columns: what neighboring lines of one kind share, and the comments behind lines.

use std::ops::Range;

use crate::token::Column;

/// How far the columns of neighboring lines may be apart, in characters, to be aligned.
const SPREAD: usize = 16;
/// The same of the comments behind lines.
const COMMENT_SPREAD: usize = 40;

/// A line. A string may continue it on further lines of the text.
#[derive(Debug, Default)]
pub(super) struct Line<'t> {
    /// Spaces before it.
    pub(super) indent: usize,
    /// Whether an empty line comes before it.
    pub(super) blank: bool,
    /// Whether a statement, a member or an item begins with it.
    pub(super) starts: bool,
    pub(super) text: String,
    /// Characters behind the last line break in `text`.
    chars: usize,
    has_breaks: bool,
    /// The column in it, the byte of `text` and the character of the line where it begins.
    pub(super) column: Option<(Column, usize, usize)>,
    /// The comment behind it.
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

    /// The characters of its last line.
    pub(super) fn width(&self) -> usize {
        self.chars + if self.has_breaks { 0 } else { self.indent }
    }

    /// The spaces that its last line begins with.
    pub(super) fn last_indent(&self) -> usize {
        match self.text.rfind('\n') {
            Some(at) => self.text.len() - at - 1 - self.text[at + 1..].trim_start_matches(' ').len(),
            None => self.indent,
        }
    }
}

/// The text of lines, in columns.
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

/// Pads lines that follow one another so that what they have in common begins in one column. Lines that are only comments may stand
/// between them; empty lines may not.
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

/// The column of the comment behind each line.
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
