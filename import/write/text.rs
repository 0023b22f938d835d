//! Texts, regular expressions and paths in the syntax of the language.

use std::fmt::Write as _;

use crate::draft::{Part, Text};

/// A text without holes, in quotes.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    escape(text, &mut out);
    out.push('"');
    out
}

/// A text in quotes, on one line.
pub(super) fn line(text: &Text) -> String {
    let mut out = String::from("\"");
    for part in &text.parts {
        match part {
            Part::Literal(text) => escape(text, &mut out),
            Part::Hole(code) => hole(code, &mut out),
        }
    }
    out.push('"');
    out
}

/// Writes a hole. A `{` directly after its brace would be read as an escaped brace, so code that begins with one gets a space.
fn hole(code: &str, out: &mut String) {
    let space = if code.starts_with('{') { " " } else { "" };
    let behind = if code.ends_with('}') { " " } else { "" };
    let _ = write!(out, "{{{space}{code}{behind}}}");
}

fn escape(text: &str, out: &mut String) {
    for (at, char) in text.char_indices() {
        if char == '\n' {
            out.push_str("\\n");
        } else {
            escape_char(char, &text[at..], out);
        }
    }
}

/// Escapes the first character of a text; the caller handles line breaks.
fn escape_char(char: char, rest: &str, out: &mut String) {
    match char {
        // `ltc check` warns of `{{name}}`, which could be a placeholder of another tool.
        '{' if is_placeholder(rest) => out.push_str("\\u{7b}"),
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        '{' => out.push_str("{{"),
        '}' => out.push_str("}}"),
        _ if unprintable(char) => {
            let _ = write!(out, "\\u{{{:x}}}", char as u32);
        }
        _ => out.push(char),
    }
}

/// Whether a text begins with a word in braces.
fn is_placeholder(text: &str) -> bool {
    // A search for the bracket would read the whole text behind each of many.
    let is_part = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | '$');
    let inside = text[1..].trim_start();
    let behind = inside.trim_start_matches(is_part);
    behind.len() < inside.len() && behind.trim_start().starts_with('}')
}

/// Whether a character is a control character, or changes the direction or the look of the text around it.
fn unprintable(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{ad}' | '\u{a0}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}')
}

/// The same text as a `"""` block with indented lines; `None` if the block's indentation rules would change the text.
pub(super) fn block(text: &Text, indent: usize) -> Option<String> {
    let literal: String = text
        .parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.as_str(),
            Part::Hole(_) => "x",
        })
        .collect();
    if !literal.trim_end_matches('\n').contains('\n') {
        return None;
    }
    let mut lines = literal.split('\n').filter(|line| !line.trim().is_empty());
    let has_margin = lines.any(|line| !line.starts_with(char::is_whitespace));
    let blank = |line: &str| !line.is_empty() && line.trim().is_empty();
    if !has_margin || literal.split('\n').any(blank) {
        return None;
    }
    let margin = " ".repeat(indent);
    let mut out = String::from("\"\"\"\n");
    let mut starts_line = true;
    for part in &text.parts {
        match part {
            Part::Literal(text) => {
                for (at, char) in text.char_indices() {
                    if char == '\n' {
                        out.push('\n');
                        starts_line = true;
                        continue;
                    }
                    if std::mem::take(&mut starts_line) {
                        out.push_str(&margin);
                    }
                    escape_char(char, &text[at..], &mut out);
                }
            }
            Part::Hole(code) => {
                if std::mem::take(&mut starts_line) {
                    out.push_str(&margin);
                }
                hole(code, &mut out);
            }
        }
    }
    if starts_line {
        out.push_str(&margin);
    }
    out.push_str("\"\"\"");
    Some(out)
}

/// A raw text after `graphql`, which has neither holes nor escapes.
pub(super) fn raw(text: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let text = text.replace("\r\n", "\n").replace("\"\"\"", "\\\"\"\"");
    // The indentation that all lines share is that of the file it comes from.
    let shared = text.lines().skip(1).filter(|line| !line.trim().is_empty()).map(|line| line.len() - line.trim_start().len()).min();
    let plain = |line: &str| line.get(shared.unwrap_or_default()..).filter(|rest| line.ends_with(rest)).unwrap_or(line).to_owned();
    let text: Vec<String> = text.lines().enumerate().map(|(at, line)| if at == 0 { line.to_owned() } else { plain(line) }).collect();
    let text = text.join("\n");
    let lines: Vec<String> =
        text.trim().lines().map(|line| if line.trim().is_empty() { String::new() } else { format!("{margin}{line}") }).collect();
    format!("\"\"\"\n{}\n{margin}\"\"\"", lines.join("\n"))
}

/// A regular expression between slashes.
pub fn regex(pattern: &str) -> String {
    let mut out = String::from("/");
    let mut chars = pattern.chars();
    let mut in_class = false;
    while let Some(char) = chars.next() {
        match char {
            '\\' => {
                out.push('\\');
                match chars.next() {
                    Some('\n') => out.push('n'),
                    Some(next) => out.push(next),
                    None => out.push('\\'),
                }
                continue;
            }
            '/' if !in_class => out.push_str("\\/"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '[' => {
                in_class = true;
                out.push('[');
            }
            ']' => {
                in_class = false;
                out.push(']');
            }
            char => out.push(char),
        }
    }
    if out.len() == 1 {
        out.push_str("(?:)");
    }
    out.push('/');
    out
}

/// The most brackets, or members, indices and calls in a row, of code. The texts in it count as code, too.
pub(crate) fn levels(code: &str) -> usize {
    let (mut open, mut chain, mut most) = (0_usize, 0_usize, 0);
    // Less code cannot have as many levels as its callers allow.
    if code.len() < 100 {
        return 0;
    }
    for byte in code.bytes() {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            b' ' => chain = 0,
            _ => {}
        }
        chain += usize::from(matches!(byte, b'.' | b'[' | b'('));
        most = most.max(open).max(chain);
    }
    most
}

/// An unquoted path; `None` if it contains a `;`, which would end it, or a URL, which could lack its quotes.
pub(super) fn path(text: &Text) -> Option<String> {
    let mut out = String::new();
    let literals: String = text.parts.iter().map(|part| if let Part::Literal(text) = part { text.as_str() } else { "" }).collect();
    let opens = has_open_bracket(&literals);
    for part in &text.parts {
        match part {
            Part::Literal(text) if text.contains(';') || text.contains("://") => return None,
            Part::Literal(text) => {
                for char in text.chars() {
                    encode(char, opens && matches!(char, '(' | ')' | '[' | ']'), &mut out);
                }
            }
            Part::Hole(code) => hole(code, &mut out),
        }
    }
    if out.starts_with('/') { Some(out) } else { Some(format!("/{out}")) }
}

/// A part of a URL in which control characters and spaces are encoded.
pub(super) fn printable(literal: &str) -> String {
    let mut out = String::new();
    for char in literal.chars() {
        if char.is_control() || char == ' ' { encode(char, true, &mut out) } else { out.push(char) }
    }
    out
}

/// Whether a bracket of a path lacks its counterpart, which the language would look for: `/Products(5)` is complete, `/Products(5` is not.
fn has_open_bracket(path: &str) -> bool {
    let mut open = Vec::new();
    for char in path.chars() {
        let closes = match char {
            '(' | '[' => {
                open.push(char);
                continue;
            }
            ')' => '(',
            ']' => '[',
            _ => continue,
        };
        if open.pop() != Some(closes) {
            return true;
        }
    }
    !open.is_empty()
}

/// Writes a character of a path, encoded if the language or HTTP requires it.
fn encode(char: char, always: bool, out: &mut String) {
    if !always && char.is_ascii_graphic() && !matches!(char, '{' | '}' | '#' | '"' | '<' | '>' | '\\' | '^' | '`' | '|') {
        out.push(char);
    } else {
        let mut bytes = [0; 4];
        for byte in char.encode_utf8(&mut bytes).bytes() {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_in_braces_is_escaped_because_it_resembles_a_placeholder() {
        assert_eq!(quoted("{a} {{b}} {1: 2}"), r#""\u{7b}a}} {{\u{7b}b}}}} {{1: 2}}""#);
    }

    #[test]
    fn escaped_texts_have_the_same_value() {
        assert_eq!(quoted("a \"b\" {c: 1}\n\\d\u{7}"), r#""a \"b\" {{c: 1}}\n\\d\u{7}""#);
    }

    #[test]
    fn text_becomes_a_block_only_if_its_lines_stay_the_same() {
        assert_eq!(block(&Text::literal("<a>\n  <b/>\n"), 2), Some("\"\"\"\n  <a>\n    <b/>\n  \"\"\"".to_owned()));
        assert_eq!(block(&Text::literal("a\nb"), 2), Some("\"\"\"\n  a\n  b\"\"\"".to_owned()));
        assert_eq!(block(&Text::literal("  a\n  b"), 2), None);
        assert_eq!(block(&Text::literal("one line"), 2), None);
    }

    #[test]
    fn slashes_do_not_end_a_regex() {
        assert_eq!(regex("a/b[/]\\/"), "/a\\/b[/]\\//");
        assert_eq!(regex(""), "/(?:)/");
    }

    #[test]
    fn paths_encode_characters_that_would_end_them() {
        let mut text = Text::literal("/a b/{x}#");
        text.hole("id");
        assert_eq!(path(&text).as_deref(), Some("/a%20b/%7Bx%7D%23{id}"));
        assert_eq!(path(&Text::literal("/a;b=1")), None);
        assert_eq!(path(&Text::literal("/Products(5)/tags[0]")).as_deref(), Some("/Products(5)/tags[0]"));
        assert_eq!(path(&Text::literal("/Products(5/tags]")).as_deref(), Some("/Products%285/tags%5D"));
    }
}
