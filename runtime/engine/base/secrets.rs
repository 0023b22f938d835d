//! Values that are never shown: the environment's secrets, in every encoding in which a request, an answer or a report may contain them.

use std::collections::HashMap;

use super::encodings::{base32, base64, base64_twice, forms, utf16};
use super::escapes::{after_escape, after_misread, is_escape};

/// The text that replaces a secret.
const MASK: &str = "***";

/// The mark behind a text that was cut, directly or on a line of its own.
const CUT: char = '…';

/// The most bytes of an escape.
const ESCAPE_BYTES_MAX: usize = 12;

/// A shorter line of a secret is masked only together with the lines around it.
const LINE_CHARS_MIN: usize = 8;

/// The fewest characters of an encoding that is seldom used.
const ENCODED_CHARS_MIN: usize = 8;

/// The fewest characters before a cut that reveal a part of a secret.
const CUT_CHARS_MIN: usize = 4;

/// The secrets to mask in every text that is shown.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    /// The spellings, the longest first.
    spellings: Vec<Spelling>,
    /// The spellings that begin with a byte, in their order, so that few are compared with each part of a text.
    begin: HashMap<u8, Vec<usize>>,
    /// Those that may begin with an escape, in their order.
    escaped: Vec<usize>,
}

/// A text that reveals a secret. Each of its characters may be escaped for a URL, JSON or HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Spelling {
    text: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    /// Its digits may be in upper or lower case.
    Hex,
    /// The characters before and after it may contain a part of the secret's first and last byte.
    Base64,
    /// As `Base64`; its letters may be in upper or lower case.
    Base32,
}

impl Kind {
    fn ignores_case(self) -> bool {
        matches!(self, Self::Hex | Self::Base32)
    }

    /// Whether a character before or after the spelling contains a part of the secret.
    fn is_part(self, character: char) -> bool {
        match self {
            Self::Plain | Self::Hex => false,
            Self::Base64 => is_base64(character),
            Self::Base32 => character.is_ascii_alphabetic() || matches!(character, '2'..='7'),
        }
    }
}

impl Secrets {
    /// The secrets with these values.
    pub fn new(values: Vec<String>) -> Self {
        Self::default().with(values)
    }

    /// These secrets, and those with further values.
    pub fn with(&self, values: Vec<String>) -> Self {
        let mut spellings = self.spellings.clone();
        let lines: Vec<String> = values.iter().flat_map(|value| secret_lines(value)).collect();
        for value in values.into_iter().chain(lines).filter(|value| !value.is_empty()) {
            for form in forms(&value) {
                spellings.extend(base64(form.as_bytes()).map(|text| Spelling { text, kind: Kind::Base64 }));
                spellings.push(Spelling { text: hex::encode(&form), kind: Kind::Hex });
                // A shorter one also appears by chance.
                let longer = |text: &String| text.len() >= ENCODED_CHARS_MIN;
                let others = utf16(&form).iter().flat_map(|bytes| base64(bytes)).chain(base64_twice(form.as_bytes())).collect::<Vec<_>>();
                spellings.extend(others.into_iter().filter(longer).map(|text| Spelling { text, kind: Kind::Base64 }));
                spellings.extend(base32(form.as_bytes()).filter(longer).map(|text| Spelling { text, kind: Kind::Base32 }));
                spellings.push(Spelling { text: form, kind: Kind::Plain });
            }
        }
        // Such a short encoding also appears by chance.
        spellings.retain(|spelling| spelling.kind == Kind::Plain || spelling.text.len() >= 4);
        spellings.sort_by(|a, b| b.text.len().cmp(&a.text.len()).then_with(|| a.text.cmp(&b.text)));
        spellings.dedup();
        let mut begin: HashMap<u8, Vec<usize>> = HashMap::new();
        for (index, spelling) in spellings.iter().enumerate() {
            let Some(first) = spelling.text.bytes().next() else { continue };
            begin.entry(first).or_default().push(index);
            if spelling.kind.ignores_case() && first.is_ascii_lowercase() {
                begin.entry(first.to_ascii_uppercase()).or_default().push(index);
            }
        }
        // Letters and digits of an encoding are hardly ever escaped.
        let may_be_escaped =
            |spelling: &Spelling| spelling.kind == Kind::Plain || !spelling.text.starts_with(|first: char| first.is_ascii_alphanumeric());
        let escaped = spellings.iter().enumerate().filter(|(_, spelling)| may_be_escaped(spelling)).map(|(index, _)| index).collect();
        Self { spellings, begin, escaped }
    }

    /// The longest spelling at the beginning of a text, and the number of its bytes there. With `cut`, the spelling may end where the text was
    /// cut.
    fn at(&self, text: &str, cut: bool) -> Option<(&Spelling, usize)> {
        let found = |spelling: &'_ Spelling| if cut { spelling.cut_length_at(text) } else { spelling.length_at(text) };
        let first = *text.as_bytes().first()?;
        if is_escape(first) {
            // `+` and `=` are characters of encodings, too.
            let own = self.begin.get(&first).into_iter().flatten();
            let candidates = self.escaped.iter().chain(own).map(|index| &self.spellings[*index]);
            return candidates.filter_map(|spelling| Some((spelling, found(spelling)?))).max_by_key(|(_, length)| *length);
        }
        let begin = self.begin.get(&first)?;
        begin.iter().map(|index| &self.spellings[*index]).find_map(|spelling| Some((spelling, found(spelling)?)))
    }

    /// Replaces the secrets in a text.
    pub fn mask(&self, text: &str) -> String {
        if self.spellings.is_empty() {
            return text.to_owned();
        }
        let mut masked = String::with_capacity(text.len());
        let mut rest = text;
        let last_cut = text.rfind(CUT).unwrap_or(0);
        while let Some(next) = rest.chars().next() {
            let may_be_cut = text.len() - rest.len() < last_cut;
            let Some((spelling, length)) = self.at(rest, false).or_else(|| if may_be_cut { self.at(rest, true) } else { None }) else {
                masked.push(next);
                rest = &rest[next.len_utf8()..];
                continue;
            };
            rest = &rest[length..];
            let is_part = |character: char| spelling.kind.is_part(character);
            if masked.ends_with(is_part) {
                masked.pop();
            }
            let same_line = rest.strip_prefix(is_part);
            rest = same_line
                .or_else(|| strip_any(rest, &LINE_ENDS).strip_prefix(is_part).filter(|after| after.starts_with('=')))
                .unwrap_or(rest);
            masked.push_str(MASK);
        }
        masked
    }
}

impl Spelling {
    /// The number of bytes of the spelling at the beginning of a text; `None` if the text doesn't begin with it.
    fn length_at(&self, text: &str) -> Option<usize> {
        if text.starts_with(&self.text) {
            return Some(self.text.len());
        }
        let mut rest = text;
        let mut wanted = self.text.chars().peekable();
        while let Some(character) = wanted.next() {
            if character != '\\' {
                rest = match after_quotes(rest, character) {
                    // The quote at the end may be the one around the secret.
                    Some(rest) if wanted.peek().is_some_and(|next| *next != character) => rest,
                    _ => self.after(rest, character)?,
                };
                continue;
            }
            let mut count = 1;
            while wanted.next_if_eq(&'\\').is_some() {
                count += 1;
            }
            rest = self.after_backslashes(rest, count)?;
        }
        Some(text.len() - rest.len())
    }

    /// The number of bytes at the beginning of a text that are a part of the spelling and end where the text was cut.
    fn cut_length_at(&self, text: &str) -> Option<usize> {
        let is_cut = |rest: &str| rest.strip_prefix('\n').unwrap_or(rest).starts_with(CUT);
        let (mut rest, mut count) = (text, 0);
        let mut wanted = self.text.chars().peekable();
        while let Some(character) = wanted.next() {
            if count >= CUT_CHARS_MIN && is_cut(rest) {
                return Some(text.len() - rest.len());
            }
            let mut backslashes = usize::from(character == '\\');
            while backslashes > 0 && wanted.next_if_eq(&'\\').is_some() {
                backslashes += 1;
            }
            count += backslashes.max(1);
            let after = if backslashes == 0 { self.after(rest, character) } else { self.after_backslashes(rest, backslashes) };
            let Some(after) = after else {
                // The cut may be within the escape of a character.
                let escape = rest.split(['\n', CUT]).next().unwrap_or_default();
                let is_one = !escape.trim_end().contains(char::is_whitespace);
                let is_escape = is_one && escape.len() <= ESCAPE_BYTES_MAX && escape.bytes().next().is_some_and(is_escape);
                let is_cut = count > CUT_CHARS_MIN && is_escape && is_cut(&rest[escape.len()..]);
                return is_cut.then(|| text.len() - rest.len() + escape.len());
            };
            rest = after;
        }
        None
    }

    /// The text after a number of backslashes. JSON in JSON doubles them once more for each level.
    fn after_backslashes<'t>(&self, text: &'t str, count: usize) -> Option<&'t str> {
        let run = text.len() - text.trim_start_matches('\\').len();
        if run <= 1 || run < count {
            return (0..count).try_fold(text, |rest, _| self.after(rest, '\\'));
        }
        Some(&text[count << (run / count).ilog2()..])
    }

    /// The text after a character, which may be escaped.
    fn after<'t>(&self, text: &'t str, wanted: char) -> Option<&'t str> {
        let text = match self.kind {
            Kind::Plain => after_soft_break(text),
            // Long base64 and hex are often written on several lines, and the bytes of hex with separators.
            Kind::Base64 | Kind::Base32 => strip_any(text, &LINE_ENDS),
            Kind::Hex => strip_any(strip_any(text, &LINE_ENDS), &BETWEEN_BYTES),
        };
        let next = text.chars().next()?;
        let escaped = after_escape(text, wanted).or_else(|| after_misread(text, wanted));
        let is_same = next == wanted || self.kind.ignores_case() && next.eq_ignore_ascii_case(&wanted);
        escaped.or_else(|| is_same.then(|| &text[next.len_utf8()..]))
    }
}

/// The ends of lines, also in JSON.
const LINE_ENDS: [&str; 4] = ["\r\n", "\n", "\\r\\n", "\\n"];

/// What tools write between the bytes of hex.
const BETWEEN_BYTES: [&str; 6] = [", 0x", ",0x", " 0x", ":", " ", "-"];

fn strip_any<'t>(text: &'t str, starts: &[&str]) -> &'t str {
    starts.iter().find_map(|start| text.strip_prefix(start)).unwrap_or(text)
}

/// The text after a line break of quoted-printable (RFC 2045, 6.7), which means nothing.
fn after_soft_break(text: &str) -> &str {
    match text.strip_prefix('=') {
        Some(rest) => LINE_ENDS.iter().find_map(|end| rest.strip_prefix(end)).unwrap_or(text),
        None => text,
    }
}

/// The text after a quote within quotes: `""` in CSV, `''` in SQL, `'\\''` in shells.
fn after_quotes(text: &str, wanted: char) -> Option<&str> {
    match wanted {
        '"' => text.strip_prefix("\"\""),
        '\'' => text.strip_prefix("''").or_else(|| text.strip_prefix("'\\''")),
        _ => None,
    }
}

/// The lines of a secret of several lines, such as a private key. Others may end lines in another way, or show only some of them.
fn secret_lines(value: &str) -> impl Iterator<Item = String> {
    let lines = value.lines().map(str::trim).filter(|_| value.contains('\n'));
    // The first and the last line of a key are the same for all keys.
    lines.filter(|line| line.chars().nth(LINE_CHARS_MIN - 1).is_some() && !line.starts_with("-----")).map(str::to_owned)
}

fn is_base64(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '-' | '_')
}

#[cfg(test)]
#[path = "secrets_tests.rs"]
mod tests;
