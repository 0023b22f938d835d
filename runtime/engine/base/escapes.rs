//! The escapes of a character in URLs, JSON, scripts, HTML, CSS and mails.

use html5ever::data::NAMED_ENTITIES;

/// The longest name of a character in HTML is shorter.
const NAME_BYTES_MAX: usize = 32;

/// Whether an escape, or a character whose bytes were read in another charset, may begin with a byte.
pub(super) fn is_escape(byte: u8) -> bool {
    matches!(byte, b'%' | b'\\' | b'&' | b'+' | b'=' | 0xc2 | 0xc3)
}

/// The text after the escape of a character; `None` if it does not begin with one.
pub(super) fn after_escape(text: &str, wanted: char) -> Option<&str> {
    match text.bytes().next()? {
        b'%' => after_percent(text, wanted),
        // The escape of JSON in JSON has several backslashes.
        b'\\' => after_backslash(text.trim_start_matches('\\'), wanted),
        b'&' => after_ampersand(&text[1..], wanted),
        b'=' => after_bytes(text, wanted, |rest| rest.strip_prefix('='), |rest| digits(rest, 2, 16)),
        b'+' if wanted == ' ' => Some(&text[1..]),
        _ => None,
    }
}

/// The text after the UTF-8 of a character that was read as Latin-1: `Ã©` is `é`.
pub(super) fn after_misread(text: &str, wanted: char) -> Option<&str> {
    if wanted.is_ascii() {
        return None;
    }
    after_bytes(text, wanted, Some, |rest| {
        let next = rest.chars().next()?;
        Some((u32::from(next), &rest[next.len_utf8()..]))
    })
}

/// The text after the bytes of a character. Each has a mark, and a number.
fn after_bytes<'t>(
    text: &'t str,
    wanted: char,
    mark: impl Fn(&'t str) -> Option<&'t str>,
    number: impl Fn(&'t str) -> Option<(u32, &'t str)>,
) -> Option<&'t str> {
    wanted.encode_utf8(&mut [0; 4]).bytes().try_fold(text, |rest, byte| {
        let (value, rest) = number(mark(rest)?)?;
        (value == u32::from(byte)).then_some(rest)
    })
}

/// A number of exactly this many digits, and the text after it.
fn digits(text: &str, count: usize, radix: u32) -> Option<(u32, &str)> {
    let (number, rest) = text.split_at_checked(count)?;
    let all = number.chars().all(|digit| digit.is_digit(radix));
    all.then(|| Some((u32::from_str_radix(number, radix).ok()?, rest)))?
}

/// `%C3%A9`, `%25C3%25A9` if a URL is part of another one, or `%u00e9` of old scripts.
fn after_percent(text: &str, wanted: char) -> Option<&str> {
    if text.starts_with("%u") {
        return after_units(text, wanted, |rest| rest.strip_prefix("%u"));
    }
    let mut rest = text;
    for byte in wanted.encode_utf8(&mut [0; 4]).bytes() {
        rest = rest.strip_prefix('%')?;
        while digits(rest, 2, 16).map(|(number, _)| number) != Some(u32::from(byte)) {
            rest = rest.strip_prefix("25")?;
        }
        rest = &rest[2..];
    }
    Some(rest)
}

/// The text after the UTF-16 of a character. Each unit has a mark and four digits.
fn after_units<'t>(text: &'t str, wanted: char, mark: impl Fn(&'t str) -> Option<&'t str>) -> Option<&'t str> {
    wanted.encode_utf16(&mut [0; 2]).iter().try_fold(text, |rest, unit| {
        let (value, rest) = digits(mark(rest)?, 4, 16)?;
        (value == u32::from(*unit)).then_some(rest)
    })
}

/// The escapes of JSON (RFC 8259, 7), JavaScript, Python, C and CSS, after their first backslash.
fn after_backslash(text: &str, wanted: char) -> Option<&str> {
    let first = text.chars().next()?;
    let own = match first {
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        // Shells, regular expressions and Markdown escape any sign.
        sign if sign.is_ascii_punctuation() => Some(sign),
        _ => None,
    };
    if own == Some(wanted) {
        return Some(&text[1..]);
    }
    // A further byte or unit has backslashes of its own.
    let found = match first {
        // `\xC3\xA9`, as Python and nginx write bytes, or `\xe9`, as Python and JavaScript write characters.
        'x' => after_bytes(text, wanted, |rest| rest.trim_start_matches('\\').strip_prefix('x'), |rest| digits(rest, 2, 16))
            .or_else(|| of_number(digits(&text[1..], 2, 16), wanted)),
        // `\u{e9}`, as Rust and JavaScript write characters.
        'u' if text[1..].starts_with('{') => {
            let (number, rest) = text[2..].split_at_checked(text[2..].bytes().take(7).position(|byte| byte == b'}')?)?;
            (u32::from_str_radix(number, 16) == Ok(u32::from(wanted))).then(|| &rest[1..])
        }
        'u' => after_units(text, wanted, |rest| rest.trim_start_matches('\\').strip_prefix('u')),
        'U' => of_number(digits(&text[1..], 8, 16), wanted),
        // `\303\251`, as C and shells write bytes.
        '0'..='3' => after_bytes(text, wanted, |rest| Some(rest.trim_start_matches('\\')), |rest| digits(rest, 3, 8)),
        _ => None,
    };
    found.or_else(|| after_css(text, wanted))
}

/// `\e9 `, as CSS writes characters.
fn after_css(text: &str, wanted: char) -> Option<&str> {
    let count = text.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
    let rest = of_number(digits(text, count, 16), wanted)?;
    Some(rest.strip_prefix(' ').unwrap_or(rest))
}

fn of_number(number: Option<(u32, &str)>, wanted: char) -> Option<&str> {
    number.filter(|(number, _)| *number == u32::from(wanted)).map(|(_, rest)| rest)
}

/// The character references of HTML after their ampersand. The semicolon may be missing, as in browsers.
fn after_ampersand(text: &str, wanted: char) -> Option<&str> {
    if let Some(number) = text.strip_prefix('#') {
        let (number, radix) = number.strip_prefix(['x', 'X']).map_or((number, 10), |number| (number, 16));
        let count = number.chars().take(NAME_BYTES_MAX).take_while(|digit| digit.is_digit(radix)).count();
        let rest = of_number(digits(number, count, radix), wanted)?;
        return Some(rest.strip_prefix(';').unwrap_or(rest));
    }
    let length = text.bytes().take(NAME_BYTES_MAX).take_while(u8::is_ascii_alphanumeric).count();
    // The table has the names with their semicolon.
    let (name, rest) = text.split_at_checked(length + 1)?;
    let (character, second) = *NAMED_ENTITIES.get(name)?;
    (character == u32::from(wanted) && second == 0).then_some(rest)
}
