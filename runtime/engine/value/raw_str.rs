//! Strings of a JSON document in their raw form, and the meaning of their escapes.

use std::borrow::Cow;

/// A string in its raw form between the quotes: UTF-8, checked by [`super::scan::Scanner::string`].
#[derive(Clone, Copy, Debug)]
pub struct RawStr<'a> {
    pub(super) raw: &'a [u8],
    pub(super) escaped: bool,
}

impl<'a> RawStr<'a> {
    /// The text without escapes.
    pub fn text(self) -> Cow<'a, str> {
        let raw = std::str::from_utf8(self.raw).unwrap_or_default();
        if self.escaped { Cow::Owned(unescape(raw)) } else { Cow::Borrowed(raw) }
    }

    /// A part of a document that was already read as a string.
    pub(crate) fn within(raw: &'a [u8], escaped: bool) -> Self {
        Self { raw, escaped }
    }

    /// Its position in its document, its length, and whether it contains escapes.
    pub(crate) fn place(self, document: &[u8]) -> (usize, usize, bool) {
        (self.raw.as_ptr().addr() - document.as_ptr().addr(), self.raw.len(), self.escaped)
    }

    /// Whether both mean the same text.
    pub(crate) fn means_same(self, other: Self) -> bool {
        if self.escaped || other.escaped { self.text() == other.text() } else { self.raw == other.raw }
    }

    /// Whether it means `text`. It allocates only if it contains an escape.
    pub fn is(self, text: &str) -> bool {
        if self.escaped { self.text() == text } else { self.raw == text.as_bytes() }
    }
}

/// The number of bytes that are checked at once. [`specials`] returns it if none of them is special.
pub(super) const NONE: usize = 8;

/// The first byte that is a quote, a backslash, a control character or beyond ASCII.
#[inline(always)]
pub(super) fn specials(bytes: &[u8; NONE]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_le_bytes(*bytes);
    let is = |byte: u8| (word ^ (ONES * u64::from(byte))).wrapping_sub(ONES);
    // A special byte sets its high bit. Its borrow affects only later bytes, and only the first special byte is needed.
    let special = (is(b'"') | is(b'\\') | word.wrapping_sub(ONES * 0x20) | word) & (ONES * 0x80);
    special.trailing_zeros() as usize / 8
}

/// The value of the four hexadecimal digits at `at`.
pub(super) fn hex4(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
}

/// The text of a string whose escapes were checked by [`super::scan::Scanner::string`].
fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let bytes = rest.as_bytes();
        let mut next = at + 2;
        text.push(match bytes.get(at + 1) {
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let unit = |at: usize| hex4(bytes, at).unwrap_or_default();
                let (first, second) = (unit(at + 2), unit(at + 8));
                let is_pair =
                    (0xD800..0xDC00).contains(&first) && (0xDC00..0xE000).contains(&second) && bytes.get(at + 6..at + 8) == Some(b"\\u");
                next = at + if is_pair { 12 } else { 6 };
                let code = if is_pair { 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00) } else { first };
                // A text can't contain a surrogate without its other half.
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            other => char::from(other.copied().unwrap_or(b'?')),
        });
        rest = &rest[next..];
    }
    text.push_str(rest);
    text
}
