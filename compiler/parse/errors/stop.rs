//! The point where parsing of broken text stopped, and the mistake found there.

use ltc_grammar::{LtParser, Rule};
use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};

use super::vocabulary;
use crate::diagnostic::Code;
pub(super) use crate::foreign::closing;

/// The number of bytes of the file in which the name of an api is searched.
const SEARCHED_BYTES_MAX: usize = 64 * 1024;

/// The point where parsing of broken text stopped.
pub(super) struct ParseStop<'a> {
    /// The rule that the text should have matched.
    pub(super) strict: Rule,
    /// The edited text of the file.
    pub(super) source: &'a str,
    /// The whole broken text.
    pub(super) text: &'a str,
    /// The offset of the stop in the text.
    pub(super) at: usize,
    /// The text at that location: a word, a number, a text, an operator; empty at a line's end.
    pub(super) token: &'a str,
    /// The rules that were possible there.
    pub(super) expected: Vec<Rule>,
}

impl ParseStop<'_> {
    /// Whether `rule` was possible there.
    pub(super) fn wants(&self, rule: Rule) -> bool {
        self.expected.contains(&rule)
    }

    /// The first word of the text.
    pub(super) fn first(&self) -> &str {
        vocabulary::word(self.text)
    }

    /// The name of an api of the file, for a fix.
    pub(super) fn some_api(&self) -> &str {
        let beginning = &self.source[..self.source.floor_char_boundary(SEARCHED_BYTES_MAX)];
        let api = beginning.lines().find_map(|line| line.strip_prefix("api ")).map(|rest| vocabulary::word(rest.trim_start()));
        api.filter(|name| !name.is_empty()).unwrap_or("shop")
    }

    /// Its first line.
    pub(super) fn line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }
}

/// A mistake: code, message, help and location; `None` is the point where parsing stopped.
pub(super) struct Mistake {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) help: String,
    /// The bytes in the broken text.
    pub(super) place: Option<std::ops::Range<usize>>,
    /// The bytes that the code of the help replaces, if that is the fix.
    pub(super) replaced: Option<std::ops::Range<usize>>,
    /// The fix as replacements, if the code of the help is not the replacement.
    pub(super) edits: Vec<(std::ops::Range<usize>, String)>,
}

impl Mistake {
    /// Sets the bytes that the code of the help replaces.
    pub(super) fn replacing(self, replaced: std::ops::Range<usize>) -> Option<Self> {
        Some(Self { replaced: Some(replaced), ..self })
    }

    /// Sets the replacements that are the fix.
    pub(super) fn edited(self, edits: Vec<(std::ops::Range<usize>, String)>) -> Option<Self> {
        Some(Self { edits, ..self })
    }
}

/// The offset of a part of a text.
pub(super) fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}

/// A mistake at these bytes of the broken text, which the code of the help replaces.
pub(super) fn found_exactly(
    place: std::ops::Range<usize>,
    code: Code,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Option<Mistake> {
    found_at(place.clone(), code, message, help)?.replacing(place)
}

/// A mistake where parsing stopped.
pub(super) fn found(code: Code, message: impl Into<String>, help: impl Into<String>) -> Option<Mistake> {
    Some(Mistake { code, message: message.into(), help: help.into(), place: None, replaced: None, edits: Vec::new() })
}

/// A mistake at these bytes of the broken text.
pub(super) fn found_at(place: std::ops::Range<usize>, code: Code, message: impl Into<String>, help: impl Into<String>) -> Option<Mistake> {
    Some(Mistake { code, message: message.into(), help: help.into(), place: Some(place), replaced: None, edits: Vec::new() })
}

/// Runs `strict` again on the broken text, to see where it stops.
pub(super) fn stop<'a>(source: &'a str, start: usize, text: &'a str, strict: Rule) -> ParseStop<'a> {
    let rest = &source[start..];
    let (at, expected) = match LtParser::parse(strict, rest) {
        Ok(_) => (0, Vec::new()),
        Err(error) => {
            let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
            match error.variant {
                ErrorVariant::ParsingError { positives, .. } => (at, positives),
                ErrorVariant::CustomError { .. } => (at, Vec::new()),
            }
        }
    };
    // At the end of a line, the location is directly after the last word.
    let at = if rest[at..].trim_start_matches([' ', '\t']).starts_with(['\n', '\r', '#']) || at >= rest.len() {
        let line = rest[..at].rfind('\n').map_or(0, |n| n + 1);
        let code = rest[line..at].find(" #").map_or(at, |n| line + n);
        rest[..code].trim_end().len()
    } else {
        at
    };
    // If the stop is at a statement on the next line, the part that is missing belongs at the end of the line before.
    let before = rest[..at].trim_end();
    let at =
        if rest[before.len()..at].contains('\n') && vocabulary::is_statement(vocabulary::word(&rest[at..])) { before.len() } else { at };
    let token = token(&rest[at..]);
    // `strict` may have got further than the text that the grammar skipped.
    let text = &rest[..text.len().max(at + token.len())];
    ParseStop { strict, source, text, at, token, expected }
}

/// The word, number, text or operator at the start of `text`.
fn token(text: &str) -> &str {
    let first = text.chars().next().unwrap_or('\n');
    let len = match first {
        '\n' | '\r' | ' ' | '\t' | '#' => 0,
        c if c.is_alphanumeric() || c == '_' => text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len()),
        '"' => text[1..].find(['"', '\n']).map_or(1, |n| if text.as_bytes()[n + 1] == b'"' { n + 2 } else { n + 1 }),
        c if "=<>!&|+-*/~?:.^".contains(c) => text.find(|c: char| !"=<>!&|+-*/~?:.^".contains(c)).unwrap_or(text.len()).min(3),
        c => c.len_utf8(),
    };
    &text[..len]
}
