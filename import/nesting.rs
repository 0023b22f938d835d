//! How deeply a script is nested. Its parser, and all code that reads its tree, recurse into each part, so a script that is nested too deeply is
//! refused before it is parsed.

use crate::code::SyntaxError;

/// The most open brackets.
const LEVELS_MAX: usize = 200;

/// The most words and signs of the open expressions: `1 + 1 + …`, `!!…`, `a.b.c…` and `x => y => …` nest without brackets.
const PARTS_MAX: usize = 5_000;

/// The words of JavaScript that a value may follow within the same statement.
const JOINING: [&str; 29] = [
    "async",
    "await",
    "case",
    "class",
    "const",
    "default",
    "delete",
    "do",
    "else",
    "export",
    "extends",
    "for",
    "function",
    "if",
    "import",
    "in",
    "instanceof",
    "let",
    "new",
    "of",
    "return",
    "static",
    "switch",
    "throw",
    "typeof",
    "var",
    "void",
    "while",
    "yield",
];

/// Those that continue a statement behind a value, or behind the brackets of `if (…)` and its kind.
const CONTINUING: [&str; 12] = ["as", "do", "else", "extends", "for", "if", "in", "instanceof", "of", "satisfies", "switch", "while"];

/// The language of a script.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    JavaScript,
    Python,
}

/// The kind of the last token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// An operator, an opening bracket, or a word that a value follows.
    Joining,
    Value,
}

struct Scan<'s> {
    source: &'s str,
    syntax: Syntax,
    at: usize,
    last: Last,
    open: Vec<Level>,
    parts: usize,
}

/// An open bracket.
#[derive(Clone, Copy, Default)]
struct Level {
    /// The parts since the last separator.
    parts: usize,
    /// The parts that no separator ends: `if (a) b; else if (c) d; else …` nests.
    elses: usize,
    /// Whether the bracket continues a template when it closes.
    is_template: bool,
}

/// Checks that a script is not nested too deeply.
///
/// # Errors
/// The line where it becomes too deep.
pub(crate) fn check(source: &str, syntax: Syntax) -> Result<(), SyntaxError> {
    let mut scan = Scan { source, syntax, at: 0, last: Last::Joining, open: vec![Level::default()], parts: 0 };
    while scan.token() {
        let message = if scan.open.len() > LEVELS_MAX {
            format!("unexpected nesting, expected at most {LEVELS_MAX} levels")
        } else if scan.parts > PARTS_MAX {
            format!("unexpected length of an expression, expected at most {PARTS_MAX} parts")
        } else {
            continue;
        };
        return Err(SyntaxError { line: 1 + source.as_bytes()[..scan.at].iter().filter(|byte| **byte == b'\n').count(), message });
    }
    Ok(())
}

impl Scan<'_> {
    fn byte(&self, ahead: usize) -> u8 {
        self.source.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn rest(&self) -> &[u8] {
        self.source.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Passes a token; false at the end of the text.
    fn token(&mut self) -> bool {
        let Some(&byte) = self.rest().first() else { return false };
        let is_js = self.syntax == Syntax::JavaScript;
        match byte {
            b'\n' if !is_js && self.open.len() == 1 => {
                let continues = self.source.as_bytes()[..self.at].strip_suffix(b"\r").unwrap_or(&self.source.as_bytes()[..self.at]);
                if !continues.ends_with(b"\\") {
                    self.separator();
                }
                self.at += 1;
            }
            b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
            b'#' if !is_js => self.pass_line(),
            b'/' if is_js && self.byte(1) == b'/' => self.pass_line(),
            b'/' if is_js && self.byte(1) == b'*' => self.pass_until("*/"),
            b'/' if is_js && self.last == Last::Joining => self.pass_regex(),
            b'\'' | b'"' => self.pass_text(byte),
            b'`' if is_js => {
                self.at += 1;
                self.pass_template();
            }
            b'(' | b'[' | b'{' => self.bracket(1, false),
            b')' | b']' | b'}' => {
                self.at += 1;
                self.last = Last::Value;
                if self.open.len() > 1
                    && let Some(level) = self.open.pop()
                {
                    self.parts -= level.parts + level.elses;
                    if level.is_template {
                        self.pass_template();
                    }
                }
            }
            b',' | b';' => {
                self.at += 1;
                self.separator();
            }
            byte if is_word(byte) => self.word(),
            _ => {
                self.at += 1;
                self.part(Last::Joining);
            }
        }
        true
    }

    fn part(&mut self, last: Last) {
        self.last = last;
        self.parts += 1;
        if let Some(level) = self.open.last_mut() {
            level.parts += 1;
        }
    }

    fn separator(&mut self) {
        self.last = Last::Joining;
        if let Some(level) = self.open.last_mut() {
            self.parts -= std::mem::take(&mut level.parts);
        }
    }

    fn bracket(&mut self, length: usize, is_template: bool) {
        self.at += length;
        self.part(Last::Joining);
        self.open.push(Level { is_template, ..Level::default() });
    }

    fn word(&mut self) {
        let length = self.rest().iter().take_while(|byte| is_word(**byte)).count();
        let word = self.source.as_bytes().get(self.at..self.at + length).unwrap_or_default();
        let is_one_of = |words: &[&str]| self.syntax == Syntax::JavaScript && words.iter().any(|known| known.as_bytes() == word);
        let (joins, continues, is_else) = (is_one_of(&JOINING), is_one_of(&CONTINUING), is_one_of(&["else"]));
        // In JavaScript, a value behind a value begins a statement: one line may end without `;`.
        if self.syntax == Syntax::JavaScript && self.last == Last::Value && !continues {
            self.separator();
        }
        self.at += length;
        if is_else && let Some(level) = self.open.last_mut() {
            level.elses += 1;
            self.parts += 1;
        }
        self.part(if joins { Last::Joining } else { Last::Value });
    }

    fn pass_line(&mut self) {
        self.at += self.rest().iter().take_while(|byte| **byte != b'\n').count();
    }

    fn pass_until(&mut self, end: &str) {
        self.at =
            self.source.get(self.at + 2..).and_then(|rest| rest.find(end)).map_or(self.source.len(), |at| self.at + 2 + at + end.len());
    }

    /// Passes a text in quotes. Without three of them, it ends at the latest with the line.
    fn pass_text(&mut self, quote: u8) {
        let is_long = self.syntax == Syntax::Python && self.byte(1) == quote && self.byte(2) == quote;
        self.at += if is_long { 3 } else { 1 };
        loop {
            match self.byte(0) {
                _ if self.at >= self.source.len() => break,
                b'\\' => self.at += 2,
                b'\n' if !is_long => break,
                byte if byte == quote && !is_long => {
                    self.at += 1;
                    break;
                }
                byte if byte == quote && self.byte(1) == quote && self.byte(2) == quote => {
                    self.at += 3;
                    break;
                }
                _ => self.at += 1,
            }
        }
        // Texts behind each other are one text.
        if self.last == Last::Joining {
            self.part(Last::Value);
        }
    }

    /// Passes a template up to its next expression, or to its end.
    fn pass_template(&mut self) {
        loop {
            match (self.byte(0), self.byte(1)) {
                _ if self.at >= self.source.len() => break,
                (b'\\', _) => self.at += 2,
                (b'$', b'{') => return self.bracket(2, true),
                (b'`', _) => {
                    self.at += 1;
                    break;
                }
                _ => self.at += 1,
            }
        }
        self.part(Last::Value);
    }

    fn pass_regex(&mut self) {
        let mut in_class = false;
        self.at += 1;
        loop {
            match self.byte(0) {
                _ if self.at >= self.source.len() => break,
                b'\n' => break,
                b'\\' => self.at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => {
                    self.at += 1;
                    break;
                }
                _ => {}
            }
            self.at += 1;
        }
        self.part(Last::Value);
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || !byte.is_ascii()
}

#[cfg(test)]
mod tests;
