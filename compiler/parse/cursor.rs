//! The cursor of the scan: the text, where the scan is in it, and which brackets and texts are open there.

use super::edits::Edits;
use crate::diagnostic::{Code, Diagnostic};
use crate::span::{FileId, Span};

/// How deep brackets may nest.
const DEEPEST: usize = 200;

/// What is open.
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
    /// How far its line is indented.
    pub(super) indent: usize,
    /// Where the code of its first line ends, once that is known and all brackets behind it on the line are closed.
    pub(super) line_end: Option<usize>,
}

/// Where the scan is in the text, what is open there, and what it found so far.
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) file: FileId,
    pub(super) by_indent: bool,
    pub(super) at: usize,
    pub(super) opens: Vec<Open>,
    pub(super) indent: usize,
    /// One past the last byte of code.
    pub(super) code_end: usize,
    pub(super) chain: usize,
    pub(super) strays: usize,
    /// Braces that a text without end swallowed: opening ones count up, closing ones down. What they leave unbalanced was explained.
    pub(super) swallowed: i32,
    pub(super) unclosed: bool,
    pub(super) refused: bool,
    pub(super) edits: Edits,
    pub(super) diagnostics: Vec<Diagnostic>,
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
            edits: Edits::default(),
            diagnostics: Vec::new(),
        }
    }

    /// The byte at `at`, or NUL behind the end.
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// Whether `part` stands at `at`.
    pub(super) fn has(&self, at: usize, part: &str) -> bool {
        self.bytes.get(at..).is_some_and(|rest| rest.starts_with(part.as_bytes()))
    }

    /// The place from `start` to `end`.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    /// Reports.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Where the line of `at` ends.
    pub(super) fn line_end(&self, at: usize) -> usize {
        self.bytes.get(at..).and_then(|rest| rest.iter().position(|b| matches!(b, b'\n' | b'\r'))).map_or(self.bytes.len(), |n| at + n)
    }

    /// The last byte of code before here that is no space, on this line; 0 at its start.
    pub(super) fn before(&self) -> u8 {
        let line = self.bytes[..self.at].iter().rposition(|b| matches!(b, b'\n' | b'\r')).map_or(0, |n| n + 1);
        if self.code_end > line { self.byte(self.code_end - 1) } else { 0 }
    }

    /// The word that ends the code so far.
    pub(super) fn word_before(&self) -> &'a str {
        let code = &self.bytes[..self.code_end.min(self.at)];
        let start = code.iter().rposition(|b| !(b.is_ascii_alphanumeric() || *b == b'_')).map_or(0, |n| n + 1);
        self.text.get(start..code.len()).unwrap_or_default()
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

    /// Goes on by `len` bytes of code.
    pub(super) fn step(&mut self, len: usize) {
        self.at += len;
        self.code_end = self.at;
    }
}
