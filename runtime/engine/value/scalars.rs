//! Checks the escapes, numbers and words of 64 bytes of JSON.

use fearless_simd::Simd;

use super::blocks::{Block, SIZE};
use super::raw_str::hex4;
use super::scan::{JsonKind, Scanner};

/// What backslashes mean for the bytes of a block.
pub(super) struct Escapes {
    /// The bytes that are escaped.
    pub(super) bytes: u64,
    /// Whether the first byte of the next block is escaped.
    pub(super) next: u64,
    /// The backslashes of invalid escapes.
    pub(super) bad: u64,
}

/// Checks the escapes of a block. `is_escaped` is whether its first byte is escaped.
#[cold]
#[inline(never)]
pub(super) fn escaped(bytes: &[u8], at: usize, backslashes: u64, is_escaped: u64) -> Escapes {
    let mut escapes = Escapes { bytes: is_escaped, next: 0, bad: 0 };
    let mut backslashes = backslashes & !is_escaped;
    while backslashes != 0 {
        let backslash = backslashes & backslashes.wrapping_neg();
        backslashes &= !(backslash | backslash << 1);
        escapes.bytes |= backslash << 1;
        escapes.next |= backslash >> 63;
        let letter = at + backslash.trailing_zeros() as usize + 1;
        let is_good = match bytes.get(letter) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => true,
            Some(b'u') => hex4(bytes, letter + 1).is_some(),
            _ => false,
        };
        if !is_good {
            escapes.bad |= backslash;
        }
    }
    escapes
}

/// Marks the numbers and words that are invalid. `left` are all bytes that belong to one; the last byte of a block is never one of them.
#[inline(always)]
pub(super) fn bad_scalars<S: Simd>(bytes: &[u8], at: usize, block: &Block<'_, S>, mut left: u64) -> u64 {
    let mut bad = 0;
    let mut starts = left & !(left << 1);
    let letters = left & block.at_least(b'9' + 1);
    if letters != 0 {
        let words = letters & starts;
        bad |= bad_words(block.text, words, left);
        // The sum clears the bits of the words, and sets the ones after them.
        left &= left.wrapping_add(words);
        if letters & left != 0 {
            bad |= bad_exponents(bytes, at, letters & left, &mut left);
        }
        starts &= left;
    }
    let digits = left & block.at_least(b'0');
    if digits == left {
        return bad | (block.equal(b'0') & starts) << 1 & left;
    }
    // What is left has digits, dots and signs: at most one sign, at its beginning, and at most one dot, between digits.
    let signs = block.equal(b'-') & starts;
    let dots = block.equal(b'.') & left;
    let first = starts + signs;
    let fraction = dots << 1;
    bad | left ^ (digits | dots | signs)
        | (first | fraction) & !digits
        | (block.equal(b'0') & first) << 1 & digits
        | fraction.wrapping_add(digits) & dots
}

/// Marks the words that are invalid. `words` are the letters at the beginning of the bytes that are `left`.
#[inline(always)]
fn bad_words(text: &[u8; SIZE], mut words: u64, left: u64) -> u64 {
    let mut bad = 0;
    while words != 0 {
        let start = words.trailing_zeros() as usize;
        words &= words - 1;
        let word = text.get(start..start + 4).map_or(0, |word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
        let is_good = if word == u32::from_le_bytes(*b"true") || word == u32::from_le_bytes(*b"null") {
            left >> (start + 4) & 1 == 0
        } else {
            word == u32::from_le_bytes(*b"fals") && text[start + 4] == b'e' && left >> (start + 5) & 1 == 0
        };
        if !is_good {
            bad |= 1 << start;
        }
    }
    bad
}

/// Marks what has `letters` and is not a number with an exponent, and removes both from what is `left`.
#[cold]
#[inline(never)]
fn bad_exponents(bytes: &[u8], at: usize, mut letters: u64, left: &mut u64) -> u64 {
    let mut bad = 0;
    while letters != 0 {
        let starts = *left & !(*left << 1) & (letters ^ letters.wrapping_sub(1));
        let start = starts.leading_zeros() ^ 63;
        // The sum clears the bits of this one.
        let cleared = left.wrapping_add(1 << start);
        if !is_scalar(bytes, at + start as usize) {
            bad |= 1 << start;
        }
        letters &= cleared;
        *left &= cleared;
    }
    bad
}

/// The end of the number or word that begins here.
#[cold]
#[inline(never)]
pub(super) fn scalar_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut scanner = Scanner { bytes, at, depth: 0 };
    is_scalar(bytes, at).then_some(())?;
    scanner.digits().ok()?;
    Some(scanner.at)
}

/// Whether a number or a word begins here, and ends before white space, a quote or a mark.
#[inline]
fn is_scalar(bytes: &[u8], at: usize) -> bool {
    let mut scanner = Scanner { bytes, at, depth: 0 };
    let passed = match scanner.kind() {
        Ok(JsonKind::Number) => scanner.digits().is_ok(),
        Ok(kind @ (JsonKind::Null | JsonKind::True | JsonKind::False)) => scanner.literal(kind).is_ok(),
        _ => false,
    };
    passed && matches!(bytes.get(scanner.at), None | Some(b' ' | b'\n' | b'\r' | b'\t' | b'"' | b'{' | b'}' | b'[' | b']' | b',' | b':'))
}
