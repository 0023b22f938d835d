//! Lines, templates and escapes of `.hurl` files.

use crate::draft::{Part, Text};
use crate::{ImportError, Source};

/// Reads a file line by line.
pub(super) struct Reader<'s> {
    source: &'s Source,
    /// The start of each line, and the end of the text.
    starts: Vec<usize>,
    at: usize,
}

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s Source) -> Self {
        let mut starts: Vec<usize> = std::iter::once(0).chain(source.text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        if starts.last() != Some(&source.text.len()) {
            starts.push(source.text.len());
        }
        Self { source, starts, at: 0 }
    }

    pub(super) fn is_done(&self) -> bool {
        self.at + 1 >= self.starts.len()
    }

    /// The current line without its line break; empty at the end.
    pub(super) fn line(&self) -> &'s str {
        match (self.starts.get(self.at), self.starts.get(self.at + 1)) {
            (Some(from), Some(to)) => self.source.text[*from..*to].trim_end_matches(['\n', '\r']),
            _ => "",
        }
    }

    /// The number of the current line, from 1.
    pub(super) fn number(&self) -> usize {
        self.at + 1
    }

    /// The text from the current line on.
    pub(super) fn rest(&self) -> &'s str {
        self.starts.get(self.at).map_or("", |from| &self.source.text[*from..])
    }

    pub(super) fn next(&mut self) {
        self.at += 1;
    }

    /// Goes back to a line.
    pub(super) fn back(&mut self, number: usize) {
        self.at = number - 1;
    }

    /// Moves past a text that starts at the first character of the current line: to the line after the one in which the text ends.
    pub(super) fn advance(&mut self, length: usize) {
        let blank = self.rest().len() - self.rest().trim_start().len();
        let end = self.starts.get(self.at).copied().unwrap_or_default() + blank + length;
        while !self.is_done() && self.starts[self.at] < end {
            self.at += 1;
        }
    }

    /// Skips empty lines and comments.
    pub(super) fn skip_blank(&mut self) {
        while !self.is_done() && (self.line().trim().is_empty() || self.line().trim_start().starts_with('#')) {
            self.at += 1;
        }
    }

    /// The next line of a section, without its comment; `None` at the end of the section. A text in ```` ``` ```` may have several lines.
    pub(super) fn item(&mut self, ends: &dyn Fn(&str) -> bool) -> Option<(usize, String)> {
        self.skip_blank();
        if self.is_done() || ends(self.line()) {
            return None;
        }
        let number = self.number();
        let mut text = self.line().trim().to_owned();
        self.next();
        if !text.starts_with("```") {
            while text.matches("```").count() % 2 == 1 && !self.is_done() {
                text.push('\n');
                text.push_str(self.line());
                self.next();
            }
        }
        Some((number, text))
    }

    pub(super) fn error(&self, message: impl Into<String>) -> ImportError {
        self.source.error(self.starts.get(self.at).copied().unwrap_or(self.source.text.len()), message)
    }
}

/// A text with `{{variables}}` as holes and its escapes replaced. A hole contains the expression within the braces.
pub(super) fn template(text: &str) -> Text {
    let text = Text::template(text, "{{", "}}", |name| Some(name.to_owned()));
    let parts = text.parts.into_iter().map(|part| match part {
        crate::draft::Part::Literal(literal) => crate::draft::Part::Literal(unescape_hash(&literal)),
        hole @ crate::draft::Part::Hole(_) => hole,
    });
    Text { parts: parts.collect() }
}

fn unescape_hash(text: &str) -> String {
    text.replace("\\#", "#")
}

/// The end of a JSON value at the start of a text. `{{…}}` is a variable, even within strings.
pub(super) fn body_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if !text.starts_with(['{', '[', '"']) {
        return Some(text.find(['\n', '#']).unwrap_or(text.len()));
    }
    let (mut depth, mut in_string, mut at) = (0_usize, false, 0);
    while at < bytes.len() {
        if !in_string && text[at..].starts_with("{{") && is_variable(&text[at..]) {
            at += text[at..].find("}}")? + 2;
            continue;
        }
        match bytes[at] {
            b'\\' if in_string => at += 1,
            b'"' => {
                in_string = !in_string;
                if !in_string && depth == 0 {
                    return Some(at + 1);
                }
            }
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Whether `{{` at the start of a text opens a variable rather than two objects.
fn is_variable(text: &str) -> bool {
    text[2..]
        .find("}}")
        .is_some_and(|end| text[2..2 + end].trim().chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-')))
}

/// The text of a quoted string at the start of a text, and what follows it.
pub(super) fn quoted(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut out = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((out, &inner[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                'b' => out.push('\u{8}'),
                'f' => out.push('\u{c}'),
                'u' => {
                    let rest = chars.as_str();
                    let digits = rest.strip_prefix('{').and_then(|rest| rest.split('}').next()).unwrap_or_default();
                    out.extend(u32::from_str_radix(digits, 16).ok().and_then(char::from_u32));
                    for _ in 0..digits.len() + 2 {
                        chars.next();
                    }
                }
                other => out.push(other),
            },
            char => out.push(char),
        }
    }
    None
}

/// `user:password`
pub(super) fn split_user(text: &Text) -> Option<(Text, Text)> {
    let (mut user, mut password, mut behind) = (Text::default(), Text::default(), false);
    for part in &text.parts {
        match part {
            Part::Literal(literal) if !behind => {
                let (before, rest) = literal.split_once(':').map_or((literal.as_str(), None), |(before, rest)| (before, Some(rest)));
                user.push(before);
                behind = rest.is_some();
                password.push(rest.unwrap_or_default());
            }
            part if behind => password.append(Text { parts: vec![part.clone()] }),
            part => user.append(Text { parts: vec![part.clone()] }),
        }
    }
    Some((user, password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_bodies_end_where_their_brackets_close() {
        for (text, expected) in [
            ("{\"a\": {{x}}, \"b\": \"}\"}\nHTTP 200", "{\"a\": {{x}}, \"b\": \"}\"}"),
            ("[1, {\"a\": {}}]\n", "[1, {\"a\": {}}]"),
            ("\"text\"\nHTTP", "\"text\""),
            ("12 # c", "12 "),
        ] {
            assert_eq!(body_end(text).map(|end| &text[..end]), Some(expected), "{text}");
        }
        assert_eq!(body_end("{\"a\": 1"), None);
        assert_eq!(quoted(r#""a \"b\" \u{e9}" == 1"#), Some(("a \"b\" é".to_owned(), " == 1")));
    }
}
