//! Quotes and expansions of POSIX shells.

use super::shell::{Lexer, Script, Word};
use crate::ImportError;
use crate::draft::Text;

impl Lexer<'_> {
    pub(super) fn single_quoted(&mut self, text: &mut Text, at: usize) -> Result<(), ImportError> {
        loop {
            match self.chars.next() {
                Some('\'') => return Ok(()),
                Some(char) => text.push(char.encode_utf8(&mut [0; 4])),
                None => return Err(self.source.error(at, "unclosed `'`").help("close the quoted text with `'`")),
            }
        }
    }

    pub(super) fn double_quoted(&mut self, text: &mut Text, at: usize, script: &mut Script) -> Result<(), ImportError> {
        loop {
            match self.chars.peek() {
                Some('"') => {
                    self.chars.next();
                    return Ok(());
                }
                Some(_) => self.double_quoted_char(text, false, script)?,
                None => return Err(self.source.error(at, "unclosed `\"`").help("close the quoted text with `\"`")),
            }
        }
    }

    /// Reads a character within double quotes, or within a here-document.
    pub(super) fn double_quoted_char(&mut self, text: &mut Text, in_document: bool, script: &mut Script) -> Result<(), ImportError> {
        match self.chars.peek().copied() {
            Some('\\') => {
                self.chars.next();
                match self.chars.next() {
                    Some('\n') => {}
                    Some(char @ ('$' | '`' | '\\')) => text.push(char.encode_utf8(&mut [0; 4])),
                    Some('"') if !in_document => text.push("\""),
                    Some(char) => {
                        text.push("\\");
                        text.push(char.encode_utf8(&mut [0; 4]));
                    }
                    None => text.push("\\"),
                }
            }
            Some('$' | '`') => {
                let mut word = Word { at: self.at(), quoted: true, ..Word::default() };
                self.expansion(&mut word, script)?;
                text.append(word.text);
            }
            Some(char) => {
                self.chars.next();
                text.push(char.encode_utf8(&mut [0; 4]));
            }
            None => {}
        }
        Ok(())
    }

    /// `$NAME`, `${NAME}`, `$1`, `$(command)`, `` `command` ``, `$'…'`, `$"…"`.
    pub(super) fn expansion(&mut self, word: &mut Word, script: &mut Script) -> Result<(), ImportError> {
        let at = self.at();
        if self.next_if('`') {
            let inner = self.nested('`', script)?;
            self.output(&inner, word);
            return Ok(());
        }
        self.chars.next();
        match self.chars.peek().copied() {
            Some('\'') if !word.quoted || word.text.parts.is_empty() => {
                self.chars.next();
                word.quoted = true;
                self.ansi_quoted(&mut word.text, at)?;
            }
            Some('"') if word.text.parts.is_empty() && !word.quoted => {
                self.chars.next();
                word.quoted = true;
                self.double_quoted(&mut word.text, at, script)?;
            }
            Some('{') => {
                self.chars.next();
                let mut inner = String::new();
                loop {
                    match self.chars.next() {
                        Some('}') => break,
                        Some(char) => inner.push(char),
                        None => return Err(self.source.error(at, "unclosed `${`").help("close it with `}`")),
                    }
                }
                let name: String = inner.chars().take_while(|char| char.is_ascii_alphanumeric() || *char == '_').collect();
                // `${NAME:-default}`, `${NAME:=default}`, `${NAME-default}`
                let default = inner[name.len()..].trim_start_matches(':').strip_prefix(['-', '=']).filter(|default| !default.contains('$'));
                if let Some(default) = default {
                    script.defaults.entry(name.clone()).or_insert_with(|| default.trim_matches(['"', '\'']).to_owned());
                }
                word.text.hole(if name.is_empty() { "ARG".to_owned() } else { name });
            }
            Some('(') => {
                self.chars.next();
                let inner = self.nested(')', script)?;
                self.output(&inner, word);
            }
            Some(char) if char.is_ascii_alphabetic() || char == '_' => {
                let mut name = String::new();
                while let Some(char) = self.chars.next_if(|char| char.is_ascii_alphanumeric() || *char == '_') {
                    name.push(char);
                }
                word.text.hole(name);
            }
            Some(char) if char.is_ascii_digit() || matches!(char, '@' | '*' | '?' | '#') => {
                self.chars.next();
                word.text.hole(if char.is_ascii_digit() { format!("ARG{char}") } else { "ARGS".to_owned() });
            }
            _ => word.text.push("$"),
        }
        Ok(())
    }

    /// Adds the output of a command: the content of a file, if the command only prints it.
    fn output(&self, command: &str, word: &mut Word) {
        let file = command.strip_prefix("cat ").or_else(|| command.strip_prefix('<')).map(|file| file.trim().trim_matches(['\'', '"']));
        let is_name = |file: &&str| !file.is_empty() && !file.starts_with('-') && !file.contains([' ', '|', ';', '$', '*', '<', '&']);
        match file.filter(is_name).and_then(|file| self.source.read(file).ok()) {
            // The shell removes the line breaks at the end.
            Some(file) => word.text.push(file.text.trim_end_matches('\n')),
            None => word.text.hole(format!("$({command})")),
        }
    }

    /// Reads `$'…'` with its escapes.
    fn ansi_quoted(&mut self, text: &mut Text, at: usize) -> Result<(), ImportError> {
        let mut bytes: Vec<u8> = Vec::new();
        loop {
            let Some(char) = self.chars.next() else {
                return Err(self.source.error(at, "unclosed `$'`").help("close the quoted text with `'`"));
            };
            match char {
                '\'' => break,
                '\\' => {
                    let next = self.chars.next().unwrap_or('\\');
                    let mut code = |digits: usize, radix: u32, first: Option<char>| {
                        let mut value: u32 = first.and_then(|first| first.to_digit(radix)).unwrap_or_default();
                        let mut count = usize::from(first.is_some());
                        while count < digits
                            && let Some(digit) = self.chars.peek().and_then(|char| char.to_digit(radix))
                        {
                            self.chars.next();
                            value = value * radix + digit;
                            count += 1;
                        }
                        value
                    };
                    match next {
                        'n' => bytes.push(b'\n'),
                        't' => bytes.push(b'\t'),
                        'r' => bytes.push(b'\r'),
                        'a' => bytes.push(7),
                        'b' => bytes.push(8),
                        'e' | 'E' => bytes.push(27),
                        'f' => bytes.push(12),
                        'v' => bytes.push(11),
                        'x' => bytes.push(u8::try_from(code(2, 16, None)).unwrap_or_default()),
                        '0'..='7' => bytes.push(u8::try_from(code(3, 8, Some(next)) & 0xff).unwrap_or_default()),
                        'u' => push_char(&mut bytes, code(4, 16, None)),
                        'U' => push_char(&mut bytes, code(8, 16, None)),
                        other => bytes.extend(other.to_string().as_bytes()),
                    }
                }
                char => bytes.extend(char.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        text.push(&utf16_pairs(&bytes));
        Ok(())
    }

    /// Reads up to the closing bracket of a `$(…)`. The commands within count, too.
    pub(super) fn nested(&mut self, close: char, script: &mut Script) -> Result<String, ImportError> {
        let at = self.at();
        let mut depth = 1;
        let mut inner = String::new();
        let mut quote = None;
        loop {
            let Some(char) = self.chars.next() else {
                return Err(self.source.error(at, "unclosed `$(`").help("close it with `)`"));
            };
            match (quote, char) {
                (None, '\'' | '"') => quote = Some(char),
                (Some(open), char) if open == char => quote = None,
                (_, '\\') => {
                    inner.push(char);
                    inner.extend(self.chars.next());
                    continue;
                }
                (None, '(') if close == ')' => depth += 1,
                (None, char) if char == close => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                _ => {}
            }
            inner.push(char);
        }
        let calls = |name: &String| inner.trim_start().split([' ', '\t', '\n']).next() == Some(name);
        if inner.contains("curl") || script.functions.keys().any(calls) {
            let mut found = Script { functions: script.functions.clone(), ..Script::default() };
            Lexer::new(self.source, &inner, at).script(&mut found)?;
            if let (Some(path), Some(last)) = (super::commands::selected(&inner), found.commands.last_mut()) {
                last.output = Some((format!("$({})", inner.trim()), path));
            }
            script.commands.extend(found.commands);
            script.defaults.extend(found.defaults);
        }
        Ok(inner.trim().to_owned())
    }
}

fn push_char(bytes: &mut Vec<u8>, code: u32) {
    if let Some(char) = char::from_u32(code) {
        bytes.extend(char.encode_utf8(&mut [0; 4]).as_bytes());
    } else {
        // Half of a surrogate pair, written as three bytes; `utf16_pairs` joins the halves.
        bytes.extend([0xe0 | (code >> 12) as u8, 0x80 | ((code >> 6) & 0x3f) as u8, 0x80 | (code & 0x3f) as u8]);
    }
}

/// Decodes UTF-8 in which characters beyond the basic plane may be two surrogates: Chrome writes them as `\ud83d\ude00`.
fn utf16_pairs(bytes: &[u8]) -> String {
    let surrogate = |at: usize| match bytes.get(at..at + 3) {
        Some([0xed, second @ 0xa0..=0xbf, third]) => Some(0xd000 | u16::from(second & 0x3f) << 6 | u16::from(third & 0x3f)),
        _ => None,
    };
    let mut out: Vec<u8> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match (surrogate(at), surrogate(at + 3)) {
            (Some(high), Some(low)) => {
                out.extend(String::from_utf16_lossy(&[high, low]).as_bytes());
                at += 6;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
