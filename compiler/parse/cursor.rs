//! The cursor of the scan: the text, the current offset, and the brackets and texts that are open there.
//!
//! The scan is linear, even for a line of a megabyte: line ends are cached, and searches are bounded.

use std::cell::Cell;

use super::edits::Edits;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::span::{FileId, Span};

/// The deepest nesting of brackets.
const DEEPEST: usize = 200;

/// The longest foreign placeholder, in bytes. No name is longer, and searching to the end of the line for each of many placeholders would
/// be quadratic.
pub(super) const PLACEHOLDER_BYTES_MAX: usize = 80;

/// The longest word before a text or a comment that is compared with words of the language, in bytes.
const WORD_BYTES_MAX: usize = 64;

/// The kinds of open bracket and text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenKind {
    Brace,
    Paren,
    Square,
    /// `{` in a text.
    Hole,
    /// `"`.
    Line,
    /// `"""`.
    Block,
}

/// A bracket or a text that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) kind: OpenKind,
    pub(super) at: usize,
    /// The indentation of its line.
    pub(super) indent: usize,
    /// The end of the code on its first line, once it is known and all brackets after it on the line are closed.
    pub(super) line_end: Option<usize>,
}

/// The state of the scan: the current offset, the open brackets, and the findings so far.
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) file: FileId,
    pub(super) by_indent: bool,
    pub(super) at: usize,
    pub(super) opens: Vec<Open>,
    pub(super) indent: usize,
    /// The end of the code so far.
    pub(super) code_end: usize,
    pub(super) chain: usize,
    pub(super) strays: usize,
    /// The braces in texts that were never closed: opening ones count up, closing ones down. An imbalance of this size has been reported
    /// already.
    pub(super) swallowed: i32,
    pub(super) unclosed: bool,
    pub(super) refused: bool,
    /// The end of a line with an unclosed regex. The scan looks for no other regex on this line.
    pub(super) unclosed_regex: Option<usize>,
    /// The line that was asked for last, without its line end.
    last_line: Cell<(usize, usize)>,
    /// An offset, and the number of line ends before it.
    last_count: Cell<(usize, usize)>,
    pub(super) edits: Edits,
    pub(super) diagnostics: Diagnostics,
}

impl<'a> Cursor<'a> {
    /// A cursor at `start`.
    pub(super) fn new(text: &'a str, file: FileId, by_indent: bool, start: usize) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            file,
            by_indent,
            at: start,
            opens: Vec::new(),
            indent: 0,
            code_end: 0,
            chain: 0,
            strays: 0,
            swallowed: 0,
            unclosed: false,
            refused: false,
            unclosed_regex: None,
            last_line: Cell::new((1, 0)),
            last_count: Cell::new((0, 0)),
            edits: Edits::default(),
            diagnostics: Diagnostics::default(),
        }
    }

    /// The byte at `at`, or NUL after the end.
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// Whether the text at `at` starts with `part`.
    pub(super) fn has(&self, at: usize, part: &str) -> bool {
        self.bytes.get(at..).is_some_and(|rest| rest.starts_with(part.as_bytes()))
    }

    /// The location from `start` to `end`.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    /// Adds a diagnostic.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The end of the line that contains `at`.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let (start, end) = self.last_line.get();
        if (start..=end).contains(&at) {
            return end;
        }
        let rest = self.bytes.get(at..).unwrap_or_default();
        let end = rest.iter().position(|b| matches!(b, b'\n' | b'\r')).map_or(self.bytes.len(), |n| at + n);
        self.last_line.set((at, end));
        end
    }

    /// The number of the line that contains `at`, from 1.
    pub(super) fn line_number(&self, at: usize) -> usize {
        let (from, lines) = self.last_count.get();
        let (from, lines) = if from <= at { (from, lines) } else { (0, 0) };
        let lines = lines + self.bytes[from..at].iter().filter(|b| **b == b'\n').count();
        self.last_count.set((at, lines));
        lines + 1
    }

    /// The text from `at` in which a foreign placeholder may end: at most up to the end of the line.
    pub(super) fn placeholder(&self, at: usize) -> &'a str {
        let end = self.line_end(at).min(self.text.floor_char_boundary(at + PLACEHOLDER_BYTES_MAX));
        self.text.get(at..end).unwrap_or_default()
    }

    /// Whether code precedes the cursor on this line.
    pub(super) fn follows_code(&self) -> bool {
        self.code_end > 0 && self.code_end <= self.at && !self.bytes[self.code_end..self.at].iter().any(|b| matches!(b, b'\n' | b'\r'))
    }

    /// The word that ends the code so far; only the end of a very long one, as many comments may follow it.
    pub(super) fn word_before(&self) -> &'a str {
        let end = self.code_end.min(self.at);
        let from = end.saturating_sub(WORD_BYTES_MAX);
        let code = &self.bytes[from..end];
        let start = code.iter().rposition(|b| !(b.is_ascii_alphanumeric() || *b == b'_')).map_or(from, |n| from + n + 1);
        self.text.get(start..end).unwrap_or_default()
    }

    pub(super) fn push(&mut self, kind: OpenKind, len: usize) {
        self.opens.push(Open { kind, at: self.at, indent: self.indent, line_end: None });
        self.step(len);
        if self.opens.len() > DEEPEST {
            self.refused = true;
            let span = self.span(self.at - len, self.at);
            self.report(
                Diagnostic::new(Code::TooDeep, span, format!("more than {DEEPEST} brackets are open"))
                    .help("name the inner parts with `let`; if this file was generated, check its generator"),
            );
        }
    }

    /// Advances by `len` bytes of code.
    pub(super) fn step(&mut self, len: usize) {
        self.at += len;
        self.code_end = self.at;
    }
}
