//! The scan before the grammar: linear, and only about brackets and texts.
//!
//! After a bracket that is never closed, the grammar would misread the rest of the file, and unlimited nesting would exhaust the stack. So
//! the scan finds both, reports them at their beginning, and edits the text that pest parses. After the scan, every bracket and every text
//! is closed.

use super::cursor::{Cursor, Open, OpenKind};
use super::edits::EditedText;
use super::lexical_fixes;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::span::FileId;

/// The most consecutive `if` and `each` within one expression.
const LONGEST_CHAIN: usize = 200;
/// The most stray characters that are reported.
const STRAYS: usize = 20;

/// The result of the scan.
pub(super) struct Scanned<'a> {
    /// The edited text; `None` if the text is rejected as a whole.
    pub(super) edited: Option<EditedText<'a>>,
    /// The errors found.
    pub(super) diagnostics: Diagnostics,
}

/// Scans `text`.
pub(super) fn scan(text: &str, file: FileId) -> Scanned<'_> {
    let mut scan = Cursor::run(text, file, false);
    if scan.unclosed {
        // A brace is missing. A second scan finds out which one, by the indentation.
        scan = Cursor::run(text, file, true);
    }
    let edited = (!scan.refused).then(|| scan.edits.apply(text, lexical_fixes::bom(text)));
    Scanned { edited, diagnostics: scan.diagnostics }
}

impl<'a> Cursor<'a> {
    fn run(text: &'a str, file: FileId, by_indent: bool) -> Self {
        let mut scan = Self::new(text, file, by_indent, lexical_fixes::bom(text));
        scan.line_start();
        while scan.at < scan.bytes.len() && !scan.refused {
            match scan.opens.last().map(|open| open.kind) {
                Some(OpenKind::Line) => scan.in_text(false),
                Some(OpenKind::Block) => scan.in_text(true),
                _ => scan.in_code(),
            }
        }
        scan.end_of_file();
        scan
    }

    /// Handles the start of a line: uses its indentation to find braces that should have been closed.
    fn line_start(&mut self) {
        let rest = &self.bytes[self.at..];
        let indent = rest.iter().position(|b| !matches!(b, b' ' | b'\t')).unwrap_or(rest.len());
        let first = self.byte(self.at + indent);
        self.indent = indent;
        if matches!(first, b'\n' | b'\r' | b'#' | 0) {
            return;
        }
        let item = indent == 0 && lexical_fixes::starts_item(&self.text[self.at..]);
        if !item && !self.by_indent {
            return;
        }
        while let Some(top) = self.opens.last().copied() {
            let closer = matches!(first, b'}' | b')' | b']');
            let outer_fits = closer && self.opens.iter().any(|o| o.kind == OpenKind::Brace && o.indent == indent);
            let late =
                top.kind == OpenKind::Brace && self.by_indent && ((top.indent >= indent && !closer) || (top.indent > indent && outer_fits));
            // A `(` that is still open where an item or a less indented line starts was forgotten, too.
            let bracket = matches!(top.kind, OpenKind::Paren | OpenKind::Square) && item;
            if !(item || late || bracket) {
                break;
            }
            self.never_closed(top, self.at);
            self.opens.pop();
        }
    }

    /// Reports and closes `open`. The position `here`, the start of a line or the end of the file, shows that it has no closing bracket.
    fn never_closed(&mut self, open: Open, here: usize) {
        let (sign, closer, code) = match open.kind {
            OpenKind::Paren => ("(", ")", Code::UnclosedBracket),
            OpenKind::Square => ("[", "]", Code::UnclosedBracket),
            _ => ("{", "\n}\n", Code::UnclosedBrace),
        };
        let span = self.span(open.at, open.at + 1);
        let mut diagnostic = Diagnostic::new(code, span, format!("unclosed `{sign}`")).label("opened here");
        if open.kind == OpenKind::Brace {
            self.unclosed = true;
            self.edits.insert(here, closer);
            diagnostic = diagnostic.help(if here >= self.bytes.len() {
                "add a `}` at the end of its block".to_owned()
            } else {
                format!("add a `}}` before line {}", self.line_number(here))
            });
        } else {
            self.edits.insert(open.line_end.unwrap_or(self.code_end), closer);
            diagnostic = diagnostic.help(format!("add a `{closer}`"));
        }
        if open.kind == OpenKind::Brace && self.swallowed < 0 {
            self.swallowed += 1;
        } else {
            self.report(diagnostic);
        }
    }

    fn end_of_file(&mut self) {
        if self.refused {
            return;
        }
        let end = self.bytes.len();
        while let Some(open) = self.opens.pop() {
            match open.kind {
                OpenKind::Hole => {}
                OpenKind::Line => self.unclosed_line(open, end),
                OpenKind::Block => self.unclosed_block(open),
                _ => self.never_closed(open, end),
            }
        }
    }

    pub(super) fn newline(&mut self) {
        if let Some(outer) = self.opens.iter().position(|o| matches!(o.kind, OpenKind::Line | OpenKind::Block)) {
            // The line break is in a hole. A hole of a `"""` text may have line breaks only within brackets, a hole of a `"` text none.
            let open = self.opens[outer];
            if open.kind == OpenKind::Line {
                self.opens.truncate(outer);
                return self.unclosed_line(open, self.at);
            }
            if self.opens.last().is_some_and(|o| o.kind == OpenKind::Hole) {
                return self.bad_text(outer, "unclosed `{` in a string");
            }
        }
        let code_end = self.code_end;
        if let Some(top) = self.opens.last_mut() {
            top.line_end.get_or_insert(code_end);
        }
        self.at += if self.has(self.at, "\r\n") { 2 } else { 1 };
        self.line_start();
    }

    fn in_code(&mut self) {
        let byte = self.byte(self.at);
        match byte {
            b'\n' | b'\r' => self.newline(),
            b' ' | b'\t' => self.at += 1,
            b'#' if lexical_fixes::hash(self) => {}
            b'#' => {
                let end = self.line_end(self.at);
                self.reordered(self.at, end);
                self.at = end;
            }
            b'"' => self.open_text(),
            b'~' => {
                self.step(1);
                let slash = self.at + self.bytes[self.at..].iter().take_while(|b| **b == b' ').count();
                if self.byte(slash) == b'/' {
                    self.at = lexical_fixes::regex_end(self, slash).max(self.at);
                    self.code_end = self.at;
                }
            }
            b'{' => {
                self.chain = 0;
                if lexical_fixes::foreign_braces(self) {
                    return;
                }
                self.push(OpenKind::Brace, 1);
            }
            b'(' => self.push(OpenKind::Paren, 1),
            b'[' => self.push(OpenKind::Square, 1),
            b'}' => self.close(OpenKind::Brace),
            b')' => self.close(OpenKind::Paren),
            b']' => self.close(OpenKind::Square),
            b',' | b';' => {
                self.chain = 0;
                self.step(1);
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let len = self.bytes[self.at..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
                if matches!(&self.text[self.at..self.at + len], "if" | "each") {
                    self.chain += 1;
                    if self.chain > LONGEST_CHAIN {
                        self.refused = true;
                        let span = self.span(self.at, self.at + len);
                        self.report(
                            Diagnostic::new(Code::TooDeep, span, "expression is nested too deeply").help("name the inner parts with `let`"),
                        );
                    }
                }
                self.step(len);
            }
            b'$' if self.byte(self.at + 1) == b'{' => lexical_fixes::dollar(self),
            b'\'' => lexical_fixes::single_quotes(self),
            b'`' if lexical_fixes::backticks(self) => {}
            b'/' if lexical_fixes::foreign_comment(self) => {}
            0..=31 | 127..=255 => self.stray(),
            _ => self.step(1),
        }
    }

    /// Reports characters in a comment that change its displayed order.
    fn reordered(&mut self, start: usize, end: usize) {
        let text = self.text;
        for (at, c) in text[start..end].char_indices().filter(|(_, c)| lexical_fixes::reorders(*c)) {
            self.at = start + at;
            self.report_stray(c);
        }
    }

    /// Reports a character that is neither code nor within a text.
    fn stray(&mut self) {
        let c = self.text[self.at..].chars().next().unwrap_or('\0');
        let len = c.len_utf8();
        if lexical_fixes::smart_quotes(self, c) {
            return;
        }
        if c.is_control() || c.is_whitespace() || lexical_fixes::invisible(c) {
            self.report_stray(c);
            self.edits.blank(self.at, self.at + len);
            self.at += len;
        } else {
            self.step(len);
        }
    }

    pub(super) fn report_stray(&mut self, c: char) {
        self.strays += 1;
        if self.strays > STRAYS {
            return;
        }
        let span = self.span(self.at, self.at + c.len_utf8());
        let (message, help) = match c {
            '\0' => ("unexpected NUL character".to_owned(), "save the file as UTF-8 text"),
            c if c.is_whitespace() => (format!("unexpected invisible character U+{:04X}", c as u32), "write a space"),
            _ => (format!("unexpected invisible character U+{:04X}", c as u32), "remove it"),
        };
        let diagnostic = Diagnostic::new(Code::StrayCharacter, span, message).help(help);
        self.report(if help == "write a space" { diagnostic.edit(span, " ") } else { diagnostic });
    }

    pub(super) fn close(&mut self, kind: OpenKind) {
        self.chain = 0;
        let fits = |open: &Open| open.kind == kind || (kind == OpenKind::Brace && open.kind == OpenKind::Hole);
        // The opening bracket must be in the same text or hole.
        let floor = self.opens.iter().rposition(|o| matches!(o.kind, OpenKind::Line | OpenKind::Block)).map_or(0, |n| n + 1);
        let found = self.opens[floor..].iter().rposition(fits).map(|n| n + floor);
        let blocked = |this: &Self, at: usize| {
            kind != OpenKind::Brace && this.opens[at..].iter().any(|o| matches!(o.kind, OpenKind::Brace | OpenKind::Hole))
        };
        match found {
            Some(place) if !blocked(self, place) => {
                for forgotten in self.opens.split_off(place + 1).into_iter().rev() {
                    self.never_closed(forgotten, self.at);
                }
                self.opens.pop();
            }
            _ => {
                let sign = self.byte(self.at) as char;
                let span = self.span(self.at, self.at + 1);
                let help =
                    if kind == OpenKind::Brace { "remove it, or add a `{` that is missing above" } else { "remove it, or open it before" };
                if kind == OpenKind::Brace && self.swallowed > 0 {
                    self.swallowed -= 1;
                } else {
                    self.report(
                        Diagnostic::new(Code::StrayCloser, span, format!("unexpected `{sign}`, expected an open bracket before it"))
                            .help(help),
                    );
                }
                self.edits.blank(self.at, self.at + 1);
            }
        }
        self.step(1);
    }
}
