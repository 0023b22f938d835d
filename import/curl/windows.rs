//! The words of cmd.exe and PowerShell.

use super::commands::end;
use super::shell::{Command, Script, Word};
use crate::{ImportError, Source};

/// cmd.exe: `^` escapes a character or joins lines, `%NAME%` is a variable, and the program itself interprets `\"` and `""` within quotes.
pub(super) fn cmd(source: &Source, script: &mut Script) -> Result<(), ImportError> {
    let mut reader = Words::default();
    let text = &source.text;
    let mut chars = text.char_indices().peekable();
    // Within quotes of cmd.exe, `^` is a plain character.
    let mut in_quotes = false;
    while let Some((at, char)) = chars.next() {
        match char {
            '^' if !in_quotes => match chars.next() {
                Some((_, '\r')) | Some((_, '\n')) => {
                    if text[at + 1..].starts_with("\r\n") {
                        chars.next();
                    }
                    let behind = chars.peek().map_or("", |(at, _)| &text[*at..]);
                    // A second line break is escaped; browsers write a line break within a text like this.
                    if reader.in_quotes && (behind.starts_with('\n') || behind.starts_with("\r\n")) {
                        if behind.starts_with('\r') {
                            chars.next();
                        }
                        chars.next();
                        reader.plain("\n", at);
                    }
                }
                Some((at, '"')) => reader.quote(at),
                Some((at, escaped)) => reader.char(escaped, at, false),
                None => {}
            },
            // Within quotes, a program reads `""` as one quote.
            '"' if reader.in_quotes && !reader.escapes_quote() && matches!(chars.peek(), Some((_, '"'))) => {
                chars.next();
                reader.plain("\"", at);
            }
            '"' => {
                if !reader.escapes_quote() {
                    in_quotes = !in_quotes;
                }
                reader.quote(at);
            }
            '%' => match variable(&text[at..]) {
                Some(name) => {
                    reader.hole(name, at);
                    for _ in 0..=name.chars().count() {
                        chars.next();
                    }
                }
                None => {
                    if text[at + 1..].starts_with('%') {
                        chars.next();
                    }
                    reader.char('%', at, false);
                }
            },
            '\n' | '&' | '|' if !in_quotes && !reader.in_quotes => reader.end(script),
            '\n' => {
                in_quotes = false;
                reader.char('\n', at, false);
            }
            char => reader.char(char, at, !reader.in_quotes),
        }
    }
    reader.finish(source, script)
}

/// Older versions of Chrome escape the quotes within a text but not those around it, which cmd.exe reads as something else than was meant:
/// `"^\^"a^\^""`. Returns the text as newer versions copy it: `^"^\^"a^\^"^"`.
pub(super) fn quotes_escaped(text: &str) -> String {
    if !text.contains("^\\^\"") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 64);
    for char in text.chars() {
        if char == '"' && !out.ends_with('^') {
            out.push('^');
        }
        out.push(char);
    }
    out
}

/// Whether a command was written for PowerShell: it escapes quotes within single quotes for `curl.exe`.
pub(super) fn is_power_shell(text: &str) -> bool {
    text.contains("curl.exe") && text.contains('\'') && text.contains("\\\"")
}

/// The name in `%NAME%`. Two hexadecimal digits are an encoded character of a URL instead.
fn variable(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('%')?.split_once('%')?;
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    let starts_encoded = name.len() >= 2 && name.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()) && name.len() <= 3;
    (is_name && !starts_encoded).then_some(name)
}

/// The words of a command line as Windows programs read them.
#[derive(Default)]
struct Words {
    command: Command,
    word: Word,
    has_word: bool,
    in_quotes: bool,
    backslashes: usize,
}

impl Words {
    fn start(&mut self, at: usize) {
        if !self.has_word {
            self.word = Word { at, ..Word::default() };
            self.has_word = true;
        }
    }

    fn flush_backslashes(&mut self) {
        let count = std::mem::take(&mut self.backslashes);
        self.word.text.push(&"\\".repeat(count));
    }

    fn escapes_quote(&self) -> bool {
        self.backslashes % 2 == 1
    }

    /// Handles a `"`, which an odd number of backslashes escapes.
    fn quote(&mut self, at: usize) {
        self.start(at);
        let count = std::mem::take(&mut self.backslashes);
        self.word.text.push(&"\\".repeat(count / 2));
        if count % 2 == 1 {
            self.word.text.push("\"");
        } else {
            self.in_quotes = !self.in_quotes;
            self.word.quoted = true;
        }
    }

    fn plain(&mut self, text: &str, at: usize) {
        self.start(at);
        self.flush_backslashes();
        self.word.text.push(text);
    }

    fn hole(&mut self, name: &str, at: usize) {
        self.start(at);
        self.flush_backslashes();
        self.word.text.hole(name);
    }

    fn char(&mut self, char: char, at: usize, ends_words: bool) {
        match char {
            ' ' | '\t' | '\r' | '\n' if ends_words || !self.in_quotes => self.end_word(),
            '\\' => {
                self.start(at);
                self.backslashes += 1;
            }
            char => self.plain(char.encode_utf8(&mut [0; 4]), at),
        }
    }

    fn end_word(&mut self) {
        self.flush_backslashes();
        if std::mem::take(&mut self.has_word) {
            self.command.words.push(std::mem::take(&mut self.word));
        }
    }

    fn end(&mut self, script: &mut Script) {
        self.end_word();
        end(&mut self.command, script);
    }

    fn finish(mut self, source: &Source, script: &mut Script) -> Result<(), ImportError> {
        if self.in_quotes {
            return Err(source.error(self.word.at, "unclosed `\"`").help("close the quoted text with `\"`"));
        }
        self.end(script);
        Ok(())
    }
}

/// PowerShell: `` ` `` escapes a character or joins lines, `''` is a quote within single quotes, `$name` and `$env:NAME` are variables.
pub(super) fn power_shell(source: &Source, script: &mut Script) -> Result<(), ImportError> {
    let mut command = Command::default();
    let mut word: Option<Word> = None;
    let text = &source.text;
    let mut chars = text.char_indices().peekable();
    let mut quote: Option<(char, usize)> = None;
    let push = |word: &mut Option<Word>, at: usize, text: &str| word.get_or_insert_with(|| Word { at, ..Word::default() }).text.push(text);
    while let Some((at, char)) = chars.next() {
        match (quote, char) {
            (Some(('\'', _)), '\'') | (Some(('"', _)), '"') => {
                if chars.peek().is_some_and(|(_, next)| *next == char) {
                    chars.next();
                    push(&mut word, at, char.encode_utf8(&mut [0; 4]));
                } else {
                    quote = None;
                }
            }
            // Windows PowerShell passes `\"` to the program, which reads it as a quote, and two backslashes before it as one.
            (Some(_), '\\') if escapes_quote(&text[at..]) => {
                let count = text[at..].bytes().take_while(|byte| *byte == b'\\').count();
                for _ in 0..count {
                    chars.next();
                }
                push(&mut word, at, &"\\".repeat(count / 2));
                push(&mut word, at, "\"");
            }
            (Some(('\'', _)), char) => push(&mut word, at, char.encode_utf8(&mut [0; 4])),
            (_, '`') => match chars.next() {
                Some((_, '\n')) => {}
                Some((_, '\r')) => {
                    chars.next();
                }
                Some((_, 'n')) if quote.is_some() => push(&mut word, at, "\n"),
                Some((_, 't')) if quote.is_some() => push(&mut word, at, "\t"),
                Some((_, char)) => push(&mut word, at, char.encode_utf8(&mut [0; 4])),
                None => {}
            },
            (_, '$') => {
                let name: String = text[at + 1..]
                    .trim_start_matches("env:")
                    .chars()
                    .take_while(|char| char.is_ascii_alphanumeric() || *char == '_')
                    .collect();
                if name.is_empty() {
                    push(&mut word, at, "$");
                } else {
                    let prefix = if text[at + 1..].starts_with("env:") { 4 } else { 0 };
                    for _ in 0..name.len() + prefix {
                        chars.next();
                    }
                    word.get_or_insert_with(|| Word { at, ..Word::default() }).text.hole(name);
                }
            }
            (None, '\'' | '"') => {
                quote = Some((char, at));
                word.get_or_insert_with(|| Word { at, ..Word::default() }).quoted = true;
            }
            (None, ' ' | '\t' | '\r') => command.words.extend(word.take()),
            (None, '\n' | ';' | '|') => {
                command.words.extend(word.take());
                end(&mut command, script);
            }
            (_, char) => push(&mut word, at, char.encode_utf8(&mut [0; 4])),
        }
    }
    if let Some((_, at)) = quote {
        return Err(source.error(at, "unclosed quote").help("close the quoted text"));
    }
    command.words.extend(word.take());
    end(&mut command, script);
    Ok(())
}

/// Whether the backslashes at the start of a text escape the quote after them.
fn escapes_quote(text: &str) -> bool {
    let behind = text.trim_start_matches('\\');
    (text.len() - behind.len()) % 2 == 1 && behind.starts_with('"')
}
