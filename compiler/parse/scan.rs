//! The scan before the grammar: linear, over brackets and texts only.
//!
//! What is never closed would make a grammar read the rest of the file as something else, and nesting without bound would exhaust the
//! stack. So both are found here, reported at the place where they begin, and mended in the text that pest sees. After the scan, every
//! bracket and every text is closed.

use super::edits::{Mended, Mends};
use super::lexical_fixes;
use crate::diagnostic::{Code, Diagnostic};
use crate::span::{FileId, Span};

/// How deep brackets may nest.
const DEEPEST: usize = 200;
/// How many `if` and `each` may follow one another within one expression.
const LONGEST_CHAIN: usize = 200;
/// How many stray characters are reported.
const STRAYS: usize = 20;

/// What the scan yields.
pub(super) struct Scanned<'a> {
    /// What pest sees; `None` where the text is refused altogether.
    pub(super) mended: Option<Mended<'a>>,
    /// What is wrong.
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Scans `text`.
pub(super) fn scan(text: &str, file: FileId) -> Scanned<'_> {
    let mut scan = Scan::run(text, file, false);
    if scan.unclosed {
        // A brace is missing: now let the indentation say which.
        scan = Scan::run(text, file, true);
    }
    let mended = (!scan.refused).then(|| scan.mends.apply(text, lexical_fixes::bom(text)));
    Scanned { mended, diagnostics: scan.diagnostics }
}

/// What is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
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

#[derive(Clone, Copy, Debug)]
struct Open {
    kind: Kind,
    at: usize,
    /// How far its line is indented.
    indent: usize,
    /// Where the code of its first line ends, once that is known and all brackets behind it on the line are closed.
    line_end: Option<usize>,
}

pub(super) struct Scan<'a> {
    pub(super) text: &'a str,
    bytes: &'a [u8],
    file: FileId,
    by_indent: bool,
    pub(super) at: usize,
    opens: Vec<Open>,
    indent: usize,
    /// One past the last byte of code.
    code_end: usize,
    chain: usize,
    strays: usize,
    /// Braces that a text without end swallowed: opening ones count up, closing ones down. What they leave unbalanced was explained.
    swallowed: i32,
    unclosed: bool,
    refused: bool,
    pub(super) mends: Mends,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Scan<'a> {
    fn run(text: &'a str, file: FileId, by_indent: bool) -> Self {
        let mut scan = Self {
            text,
            bytes: text.as_bytes(),
            file,
            by_indent,
            at: lexical_fixes::bom(text),
            opens: Vec::new(),
            indent: 0,
            code_end: 0,
            chain: 0,
            strays: 0,
            swallowed: 0,
            unclosed: false,
            refused: false,
            mends: Mends::default(),
            diagnostics: Vec::new(),
        };
        scan.line_start();
        while scan.at < scan.bytes.len() && !scan.refused {
            match scan.opens.last().map(|open| open.kind) {
                Some(Kind::Line) => scan.in_text(false),
                Some(Kind::Block) => scan.in_text(true),
                _ => scan.in_code(),
            }
        }
        scan.end_of_file();
        scan
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

    fn push(&mut self, kind: Kind, len: usize) {
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

    /// At the start of a line: its indentation, and what that says of braces still open.
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
            let outer_fits = closer && self.opens.iter().any(|o| o.kind == Kind::Brace && o.indent == indent);
            let late =
                top.kind == Kind::Brace && self.by_indent && ((top.indent >= indent && !closer) || (top.indent > indent && outer_fits));
            // A `(` that is open where an item or a shallower line starts was forgotten, too.
            let bracket = matches!(top.kind, Kind::Paren | Kind::Square) && item;
            if !(item || late || bracket) {
                break;
            }
            self.never_closed(top, self.at);
            self.opens.pop();
        }
    }

    /// Reports and closes `open`, of which it is clear at `here`, where a line starts or the file ends, that nobody will.
    fn never_closed(&mut self, open: Open, here: usize) {
        let (sign, closer, code) = match open.kind {
            Kind::Paren => ("(", ")", Code::UnclosedBracket),
            Kind::Square => ("[", "]", Code::UnclosedBracket),
            _ => ("{", "\n}\n", Code::UnclosedBrace),
        };
        let span = self.span(open.at, open.at + 1);
        let mut diagnostic = Diagnostic::new(code, span, format!("unclosed `{sign}`")).label("opened here");
        if open.kind == Kind::Brace {
            self.unclosed = true;
            self.mends.insert(here, closer);
            diagnostic = diagnostic.help(if here >= self.bytes.len() {
                "add a `}` at the end of its block".to_owned()
            } else {
                format!("add a `}}` before line {}", self.text[..here].matches('\n').count() + 1)
            });
        } else {
            self.mends.insert(open.line_end.unwrap_or(self.code_end), closer);
            diagnostic = diagnostic.help(format!("add a `{closer}`"));
        }
        if open.kind == Kind::Brace && self.swallowed < 0 {
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
                Kind::Hole => {}
                Kind::Line => self.unclosed_line(open, end),
                Kind::Block => self.unclosed_block(open),
                _ => self.never_closed(open, end),
            }
        }
    }

    fn newline(&mut self) {
        if let Some(outer) = self.opens.iter().position(|o| matches!(o.kind, Kind::Line | Kind::Block)) {
            // In a hole: one of a `"""` text may go on over lines only within brackets; one of a `"` text not at all.
            let open = self.opens[outer];
            if open.kind == Kind::Line {
                self.opens.truncate(outer);
                return self.unclosed_line(open, self.at);
            }
            if self.opens.last().is_some_and(|o| o.kind == Kind::Hole) {
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
            b'#' => self.at = self.line_end(self.at),
            b'"' => self.open_text(),
            b'~' => {
                self.step(1);
                let slash = self.at + self.bytes[self.at..].iter().take_while(|b| **b == b' ').count();
                if self.byte(slash) == b'/' {
                    self.at = lexical_fixes::regex_end(self, slash);
                    self.code_end = self.at;
                }
            }
            b'{' => {
                self.chain = 0;
                if lexical_fixes::foreign_braces(self) {
                    return;
                }
                self.push(Kind::Brace, 1);
            }
            b'(' => self.push(Kind::Paren, 1),
            b'[' => self.push(Kind::Square, 1),
            b'}' => self.close(Kind::Brace),
            b')' => self.close(Kind::Paren),
            b']' => self.close(Kind::Square),
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
            b'/' if lexical_fixes::foreign_comment(self) => {}
            0..=31 | 127..=255 => self.stray(),
            _ => self.step(1),
        }
    }

    /// A character that is neither code nor within a text.
    fn stray(&mut self) {
        let c = self.text[self.at..].chars().next().unwrap_or('\0');
        let len = c.len_utf8();
        if lexical_fixes::smart_quotes(self, c) {
            return;
        }
        if c.is_control() || c.is_whitespace() || lexical_fixes::invisible(c) {
            self.report_stray(c);
            self.mends.blank(self.at, self.at + len);
            self.at += len;
        } else {
            self.step(len);
        }
    }

    fn report_stray(&mut self, c: char) {
        self.strays += 1;
        if self.strays > STRAYS {
            return;
        }
        let span = self.span(self.at, self.at + c.len_utf8());
        let (message, help) = match c {
            '\0' => ("unexpected NUL character".to_owned(), "save the file as UTF-8 text"),
            _ => (format!("unexpected invisible character U+{:04X}", c as u32), "remove it, or replace it by a space"),
        };
        self.report(Diagnostic::new(Code::StrayCharacter, span, message).help(help));
    }

    fn close(&mut self, kind: Kind) {
        self.chain = 0;
        let fits = |open: &Open| open.kind == kind || (kind == Kind::Brace && open.kind == Kind::Hole);
        // Only brackets of the same text or hole can be meant.
        let floor = self.opens.iter().rposition(|o| matches!(o.kind, Kind::Line | Kind::Block)).map_or(0, |n| n + 1);
        let found = self.opens[floor..].iter().rposition(fits).map(|n| n + floor);
        let blocked =
            |this: &Self, at: usize| kind != Kind::Brace && this.opens[at..].iter().any(|o| matches!(o.kind, Kind::Brace | Kind::Hole));
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
                    if kind == Kind::Brace { "remove it, or add a `{` that is missing above" } else { "remove it, or open it before" };
                if kind == Kind::Brace && self.swallowed > 0 {
                    self.swallowed -= 1;
                } else {
                    self.report(
                        Diagnostic::new(Code::StrayCloser, span, format!("unexpected `{sign}`, expected an open bracket before it"))
                            .help(help),
                    );
                }
                self.mends.blank(self.at, self.at + 1);
            }
        }
        self.step(1);
    }

    fn open_text(&mut self) {
        let raw = self.word_before() == "graphql";
        let block = self.has(self.at, "\"\"\"");
        let len = if block { 3 } else { 1 };
        if !raw {
            self.push(if block { Kind::Block } else { Kind::Line }, len);
            return;
        }
        let open = Open { kind: if block { Kind::Block } else { Kind::Line }, at: self.at, indent: self.indent, line_end: None };
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

    fn in_text(&mut self, block: bool) {
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
                self.mends.insert(self.at, "}");
                self.at += 1;
            }
            0 => {
                self.report_stray('\0');
                self.mends.blank(self.at, self.at + 1);
                self.at += 1;
            }
            _ => self.at += 1,
        }
    }

    fn open_hole(&mut self, block: bool) {
        let rest = &self.bytes[self.at + 1..];
        let inside = rest.iter().position(|b| !matches!(b, b' ' | b'\t')).map_or(0, |n| rest[n]);
        let text = self.opens.len() - 1;
        match inside {
            b'\n' | b'\r' | 0 if !block => {
                // `step "Home {`: the quote is missing, the brace is a block's.
                let open = self.opens[text];
                self.opens.truncate(text);
                self.unclosed_line(open, self.line_end(self.at));
            }
            b'"' | b'\\' | b'\n' | b'\r' => self.bad_text(text, "unexpected JSON in a string: `{` starts a value to insert"),
            _ => self.push(Kind::Hole, 1),
        }
    }

    /// Gives up on the text that is open at `index`: reports `message` here, and blanks what the text holds.
    fn bad_text(&mut self, index: usize, message: &str) {
        let open = self.opens[index];
        let brace = self.opens.iter().skip(index).find(|o| o.kind == Kind::Hole).map_or(self.at, |o| o.at);
        self.opens.truncate(index);
        let span = self.span(brace, brace + 1);
        self.report(
            Diagnostic::new(Code::BadHole, span, message)
                .also(self.span(open.at, open.at + 1), "the string starts here")
                .help("write `{{` and `}}` for literal braces, or send the data as a body: `json { … }`"),
        );
        let (start, end, quotes) = if open.kind == Kind::Block {
            let start = open.at + 3;
            (start, self.text[start..].find("\"\"\"").map(|n| n + start), 3)
        } else {
            let start = open.at + 1;
            (start, self.text[start..self.line_end(start)].rfind('"').map(|n| n + start), 1)
        };
        match end {
            Some(end) => {
                self.mends.blank(start, end);
                self.at = end;
                self.step(quotes);
            }
            None if open.kind == Kind::Block => self.unclosed_block(open),
            None => self.unclosed_line(open, self.line_end(start)),
        }
    }

    /// A `"` text that its line does not close: it ends with the line, or before a block's `{` that ends it.
    fn unclosed_line(&mut self, open: Open, line_end: usize) {
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
            self.mends.blank(open.at + 1, end);
        }
        self.mends.insert(end, "\"");
        self.at = end;
        self.code_end = end;
    }

    /// Takes back what was said of the text that starts at `from`: that it has no end explains it.
    fn forget(&mut self, from: usize) {
        while self.diagnostics.last().and_then(|d| d.labels.first()).is_some_and(|(span, _)| span.start as usize >= from) {
            self.diagnostics.pop();
        }
    }

    fn unclosed_block(&mut self, open: Open) {
        let end = self.bytes.len();
        let span = self.span(open.at, open.at + 3);
        self.forget(open.at);
        self.swallowed = i32::MIN / 2;
        self.report(Diagnostic::new(Code::UnclosedText, span, "unclosed string").label("starts here").help("add `\"\"\"` at its end"));
        self.mends.blank(open.at + 3, end);
        self.mends.insert(end, "\"\"\"");
        self.at = end;
        self.code_end = end;
    }
}
