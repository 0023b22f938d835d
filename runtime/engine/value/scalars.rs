//! Checks the escapes, numbers and words of 64 bytes of JSON.

use fearless_simd::Simd;

use super::blocks::Block;
use super::raw_str::hex4;
use super::scan::{JsonKind, Scanner};

/// The bytes of a block that are escaped. An invalid escape is marked as `bad`. `is_escaped` is whether the first byte is escaped, and becomes
/// that of the next block.
#[cold]
pub(super) fn escaped(bytes: &[u8], at: usize, mut backslashes: u64, is_escaped: &mut u64, bad: &mut u64) -> u64 {
    let mut escaped = std::mem::take(is_escaped);
    backslashes &= !escaped;
    while backslashes != 0 {
        let backslash = backslashes & backslashes.wrapping_neg();
        backslashes &= !(backslash | backslash << 1);
        escaped |= backslash << 1;
        *is_escaped |= backslash >> 63;
        let letter = at + backslash.trailing_zeros() as usize + 1;
        let is_good = match bytes.get(letter) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => true,
            Some(b'u') => hex4(bytes, letter + 1).is_some(),
            _ => false,
        };
        if !is_good {
            *bad |= backslash;
        }
    }
    escaped
}

/// Marks the numbers and words that are invalid. `scalars` are all bytes that belong to one, and `is_checked` is whether the previous block has
/// checked the one at the beginning.
#[inline(always)]
pub(super) fn bad_scalars<S: Simd>(bytes: &[u8], at: usize, block: &Block<S>, scalars: u64, is_checked: u64) -> u64 {
    let mut bad = 0;
    // Without the one that the previous block has checked: the bits at the beginning, which the sum clears.
    let mut left = scalars & scalars.wrapping_add(is_checked);
    // One that may continue in the next block.
    if left >> 63 != 0 {
        let length = left.leading_ones();
        let first = 1_u64 << (64 - length);
        if !is_scalar(bytes, at + (64 - length) as usize) {
            bad |= first;
        }
        left &= first - 1;
    }
    let digits = block.digits();
    let odd = left & !digits;
    if odd == 0 {
        let starts = left & !(left << 1);
        return bad | (block.equal(b'0') & starts) << 1 & left;
    }
    let (dots, signs) = (block.equal(b'.'), block.equal(b'-'));
    let mut words = odd & !(dots | signs);
    while words != 0 {
        let upto = words ^ words.wrapping_sub(1);
        let starts = left & !(left << 1) & upto;
        let start = starts.leading_zeros() ^ 63;
        // The sum clears the bits of this one.
        let cleared = left.wrapping_add(1 << start);
        let length = (left & !cleared).count_ones();
        if !is_word(bytes, at + start as usize, length) && !is_scalar(bytes, at + start as usize) {
            bad |= 1 << start;
        }
        words &= cleared;
        left &= cleared;
    }
    // What is left has digits, dots and signs: at most one sign, at its beginning, and at most one dot, between digits.
    let digits = digits & left;
    let (dots, signs) = (dots & left, signs & left);
    let starts = left & !(left << 1);
    let first = (signs & starts) << 1 | starts & !signs;
    let fraction = dots << 1;
    bad | signs & !starts
        | first & !digits
        | (block.equal(b'0') & first) << 1 & digits
        | dots & !(digits << 1)
        | fraction & !digits
        | fraction.wrapping_add(digits) & dots
}

/// Whether these bytes are a word.
#[inline(always)]
fn is_word(bytes: &[u8], at: usize, length: u32) -> bool {
    match bytes.get(at..).and_then(<[u8]>::first_chunk::<4>) {
        Some(b"true" | b"null") => length == 4,
        Some(b"fals") => length == 5 && bytes.get(at + 4) == Some(&b'e'),
        _ => false,
    }
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
