//! Texts in the scan: their ends, their holes, and texts that are never closed.

use super::cursor::{Cursor, Open, OpenKind};
use super::lexical_fixes;
use crate::diagnostic::{Code, Diagnostic};

impl Cursor<'_> {
    pub(super) fn open_text(&mut self) {
        let raw = self.word_before() == "graphql";
        let block = self.has(self.at, "\"\"\"");
        let len = if block { 3 } else { 1 };
        if !raw {
            self.push(if block { OpenKind::Block } else { OpenKind::Line }, len);
            return;
        }
        let open = Open { kind: if block { OpenKind::Block } else { OpenKind::Line }, at: self.at, indent: self.indent, line_end: None };
        self.step(len);
        if block {
            match self.text[self.at..].find("\"\"\"") {
                Some(n) => self.step(n + 3),
                None => self.unclosed_block(open),
            }
            return;
        }
        while !matches!(self.byte(self.at), b'"' | b'\n' | b'\r' | 0) {
            self.at += if self.byte(self.at) == b'\\' && !matches!(self.byte(self.at + 1), b'\n' | b'\r') { 2 } else { 1 };
        }
        self.at = self.at.min(self.bytes.len());
        if self.byte(self.at) == b'"' {
            self.step(1);
        } else {
            self.unclosed_line(open, self.at);
        }
    }

    pub(super) fn in_text(&mut self, block: bool) {
        let next = self.byte(self.at + 1);
        match self.byte(self.at) {
            b'\n' | b'\r' if !block => self.newline(),
            b'\n' | b'\r' => self.at += 1,
            b'"' if !block || self.has(self.at, "\"\"\"") => {
                self.opens.pop();
                self.step(if block { 3 } else { 1 });
            }
            b'\\' if !matches!(next, b'\n' | b'\r' | 0) => {
                self.at += 1;
                self.at += self.text[self.at..].chars().next().map_or(0, char::len_utf8);
            }
            b'{' if next == b'{' => lexical_fixes::placeholder(self),
            b'}' if next == b'}' => self.at += 2,
            b'{' => self.open_hole(block),
            b'}' => {
                let span = self.span(self.at, self.at + 1);
                self.report(
                    Diagnostic::new(Code::BadHole, span, "unexpected `}` in a string").help("write `}}` for a literal brace in a string"),
                );
                self.edits.insert(self.at, "}");
                self.at += 1;
            }
            b'$' | b'#' if next == b'{' && self.byte(self.at + 2) != b'{' => {
                lexical_fixes::signed_hole(self);
                self.at += 1;
            }
            0xe2 if self.text[self.at..].chars().next().is_some_and(lexical_fixes::reorders) => {
                let c = self.text[self.at..].chars().next().unwrap_or_default();
                self.report_stray(c);
                self.at += c.len_utf8();
            }
            0 => {
                self.report_stray('\0');
                self.edits.blank(self.at, self.at + 1);
                self.at += 1;
            }
            _ => self.at += 1,
        }
    }

    pub(super) fn open_hole(&mut self, block: bool) {
        let rest = &self.bytes[self.at + 1..];
        let inside = rest.iter().position(|b| !matches!(b, b' ' | b'\t')).map_or(0, |n| rest[n]);
        let text = self.opens.len() - 1;
        match inside {
            b'\n' | b'\r' | 0 if !block => {
                // `step "Home {`: the quote is missing, and the brace opens a block.
                let open = self.opens[text];
                self.opens.truncate(text);
                self.unclosed_line(open, self.line_end(self.at));
            }
            b'"' | b'\\' | b'\n' | b'\r' => self.bad_text(text, "unexpected JSON in a string: `{` starts a value to insert"),
            _ => self.push(OpenKind::Hole, 1),
        }
    }

    /// Gives up on the text that is open at `index`: reports `message` here, and blanks the content of the text.
    pub(super) fn bad_text(&mut self, index: usize, message: &str) {
        let open = self.opens[index];
        let brace = self.opens.iter().skip(index).find(|o| o.kind == OpenKind::Hole).map_or(self.at, |o| o.at);
        self.opens.truncate(index);
        let span = self.span(brace, brace + 1);
        self.report(
            Diagnostic::new(Code::BadHole, span, message)
                .also(self.span(open.at, open.at + 1), "the string starts here")
                .help("write `{{` and `}}` for literal braces, or send the data as a body: `json { … }`"),
        );
        let (start, end, quotes) = if open.kind == OpenKind::Block {
            let start = open.at + 3;
            (start, self.text[start..].find("\"\"\"").map(|n| n + start), 3)
        } else {
            let start = open.at + 1;
            (start, self.text[start..self.line_end(start)].rfind('"').map(|n| n + start), 1)
        };
        match end {
            Some(end) => {
                self.edits.blank(start, end);
                self.at = end;
                self.step(quotes);
            }
            None if open.kind == OpenKind::Block => self.unclosed_block(open),
            None => self.unclosed_line(open, self.line_end(start)),
        }
    }

    /// Closes a `"` text that is not closed on its line: at the end of the line, or before a block's `{` at that end.
    pub(super) fn unclosed_line(&mut self, open: Open, line_end: usize) {
        let span = self.span(open.at, open.at + 1);
        self.forget(open.at);
        let holes = self.text[open.at..line_end].contains(['{', '\\']);
        self.report(Diagnostic::new(Code::UnclosedText, span, "unclosed string").label("starts here").help(if holes {
            "add a `\"` before the end of the line; write `{{` for a literal brace"
        } else {
            "add a `\"` before the end of the line, or write `\"\"\"` around a string of several lines"
        }));
        let content = self.text[open.at + 1..line_end].trim_end();
        let content = content.strip_suffix('{').filter(|c| c.ends_with(' ')).map_or(content, str::trim_end);
        let end = open.at + 1 + content.len();
        let count = |sign: char| i32::try_from(content.matches(sign).count()).unwrap_or(0);
        self.swallowed += count('{') - count('}');
        if content.contains(['{', '}', '\\', '"']) {
            self.edits.blank(open.at + 1, end);
        }
        self.edits.insert(end, "\"");
        self.at = end;
        self.code_end = end;
    }

    /// Removes the diagnostics within the text that starts at `from`: its missing end explains them.
    pub(super) fn forget(&mut self, from: usize) {
        while self.diagnostics.last().and_then(|d| d.labels.first()).is_some_and(|(span, _)| span.start as usize >= from) {
            self.diagnostics.pop();
        }
    }

    pub(super) fn unclosed_block(&mut self, open: Open) {
        let end = self.bytes.len();
        let span = self.span(open.at, open.at + 3);
        self.forget(open.at);
        self.swallowed = i32::MIN / 2;
        self.report(Diagnostic::new(Code::UnclosedText, span, "unclosed string").label("starts here").help("add `\"\"\"` at its end"));
        self.edits.blank(open.at + 3, end);
        self.edits.insert(end, "\"\"\"");
        self.at = end;
        self.code_end = end;
    }
}
