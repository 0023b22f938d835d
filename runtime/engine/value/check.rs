//! Checks the structure of JSON 64 bytes at a time, with one bit per byte, and builds no value.
//!
//! JSON without its nesting is a regular language: which token may follow which needs only the previous token. All such rules are a few
//! operations on the bits of a block. Only brackets are visited one by one, to know whether the tokens between two of them belong to a list
//! or to an object. Words (`true`) and numbers with an exponent are also checked one by one.

use fearless_simd::Simd;

use super::blocks::{self, Block};
use super::nesting::Nesting;
use super::scalars::{bad_scalars, escaped};

/// A part of a document that is to be checked.
pub(super) struct Task<'a> {
    pub(super) bytes: &'a [u8],
    /// Its beginning.
    pub(super) at: usize,
    /// Whether it begins with a value. Otherwise it begins after one.
    pub(super) expects_value: bool,
    pub(super) nesting: Nesting,
    /// The depth that ends it.
    pub(super) outside: usize,
    /// The number of commas of the outermost level after which it ends.
    pub(super) commas: usize,
}

/// The checked part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checked {
    /// Its end: after a closing bracket, or after a comma.
    pub(super) end: usize,
    /// The number of commas of the outermost level.
    pub(super) commas: usize,
    /// Whether it ends with the outermost level's closing bracket.
    pub(super) is_closed: bool,
}

/// What the previous block leaves for the next one, with the lowest bit for its first byte.
#[derive(Default)]
struct Carry {
    /// All bits if the block begins within a string.
    string: u64,
    /// Whether the first byte is escaped.
    escaped: u64,
    /// Whether the block begins within a number or a word, which the previous block has checked.
    scalar: u64,
    /// Whether the first token follows a comma or an opening bracket, a value.
    after_start: u64,
    after_value: u64,
    /// Whether the block begins within a string that may be a key, or after it.
    after_key: u64,
}

/// The first bytes that follow and aren't white space, for bits that mark where something has ended.
#[inline(always)]
fn next_tokens(ends: u64, white: u64, carry: &mut u64) -> u64 {
    // The sum carries a bit at the beginning of white space to the byte after it.
    let (sum, beyond) = (ends << 1 | *carry).overflowing_add(white);
    *carry = ends >> 63 | u64::from(beyond);
    sum & !white
}

/// For each bit, whether the number of bits up to it is odd.
#[inline(always)]
fn parities(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

/// All bits up to the lowest one.
#[inline(always)]
fn up_to_lowest(bits: u64) -> u64 {
    bits ^ bits.wrapping_sub(1)
}

/// Whether an opening bracket and white space come before this byte.
#[inline]
fn is_after_open(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or_default().trim_ascii_end();
    matches!(before.last(), Some(b'[' | b'{'))
}

/// Checks a part of a document. `None` if it is invalid or does not end.
#[inline(always)]
pub(super) fn check<S: Simd>(simd: S, task: Task<'_>) -> Option<Checked> {
    let Task { bytes, mut at, mut nesting, outside, .. } = task;
    let mut carry = Carry { after_value: u64::from(!task.expects_value), ..Carry::default() };
    let mut passed = 0;
    let mut beyond_ascii = 0;
    while at < bytes.len() {
        let block = match bytes[at..].first_chunk::<{ blocks::SIZE }>() {
            Some(full) => Block::read(simd, full),
            None => {
                let mut padded = [b' '; blocks::SIZE];
                padded[..bytes.len() - at].copy_from_slice(&bytes[at..]);
                Block::read(simd, &padded)
            }
        };

        // Strings: `string` has the bits from an opening quote to the byte before the closing one.
        let mut bad = 0;
        let mut quotes = block.equal(b'"');
        let is_unusual = block.is_unusual();
        if is_unusual || carry.escaped != 0 {
            quotes &= !escaped(bytes, at, block.equal(b'\\'), &mut carry.escaped, &mut bad);
            beyond_ascii |= block.at_least(0x80);
        }
        let string = parities(quotes) ^ carry.string;
        carry.string = 0_u64.wrapping_sub(string >> 63);
        let (opening, closing) = (quotes & string, quotes & !string);
        let free = !(string | closing);
        let white = !block.at_least(b' ' + 1) & free;
        if is_unusual {
            let control = !block.at_least(b' ');
            bad |= control & string | control & free & !(block.equal(b'\n') | block.equal(b'\r') | block.equal(b'\t'));
        }

        let (opens, closes) = block.brackets();
        let (opens, closes) = (opens & free, closes & free);
        let (colons, commas) = (block.equal(b':') & free, block.equal(b',') & free);
        let scalars = free & !(white | opens | closes | colons | commas);
        let scalar_starts = scalars & !(scalars << 1 | carry.scalar);
        let scalar_ends = (scalars << 1 | carry.scalar) & !scalars;

        // The tokens that follow commas and opening brackets, values, and strings that may be keys. All others follow a colon.
        let after_start = next_tokens(commas | opens, white, &mut carry.after_start);
        let (sum, beyond) = ((closing | closes) << 1 | scalar_ends | carry.after_value).overflowing_add(white);
        carry.after_value = (closing | closes) >> 63 | u64::from(beyond);
        let after_value = sum & !white;
        let within = string | closing | white;
        let (sum, beyond) = within.overflowing_add(opening & after_start);
        let (sum, beyond_too) = sum.overflowing_add(carry.after_key);
        carry.after_key = u64::from(beyond | beyond_too);
        let after_key = sum & !within;

        let values = opening | scalar_starts | opens;
        bad |= after_value & values | (commas | colons) & !after_value | colons & !after_key;
        let mut empty = closes & !after_value;
        while empty != 0 {
            let bit = empty & empty.wrapping_neg();
            empty ^= bit;
            if !is_after_open(bytes, at + bit.trailing_zeros() as usize) {
                bad |= bit;
            }
        }
        bad |= bad_scalars(bytes, at, &block, scalars, carry.scalar);
        carry.scalar = scalars >> 63;

        // What is bad only in an object, and only in a list.
        let bad_in_object = after_start & !(opening | closes) | after_key & !colons;
        let bad_in_list = colons;
        let mut brackets = opens | closes;
        let mut rest = !0;
        loop {
            let is_last = brackets == 0;
            // The bits up to the next bracket, which ends this part of a list or an object.
            let part = rest & if is_last { !0 } else { up_to_lowest(brackets) };
            if nesting.depth == outside + 1 && commas & part != 0 {
                let here = commas & part;
                let count = here.count_ones() as usize;
                if count >= task.commas - passed {
                    let mut here = here;
                    for _ in 1..task.commas - passed {
                        here &= here - 1;
                    }
                    let upto = up_to_lowest(here);
                    let bad = bad | if nesting.in_object() { bad_in_object } else { bad_in_list } & part;
                    let end = at + here.trailing_zeros() as usize + 1;
                    return finish(bytes, task.at, beyond_ascii, bad & upto, Checked { end, commas: task.commas, is_closed: false });
                }
                passed += count;
            }
            bad |= if nesting.in_object() { bad_in_object } else { bad_in_list } & part;
            if is_last {
                break;
            }
            rest &= !part;
            let bit = brackets & brackets.wrapping_neg();
            let position = at + bit.trailing_zeros() as usize;
            let is_object = bytes.get(position).is_some_and(|byte| byte & 0x20 != 0);
            brackets ^= bit;
            if opens & bit != 0 {
                nesting.open(is_object)?;
                continue;
            }
            if nesting.depth == outside || nesting.in_object() != is_object {
                return None;
            }
            nesting.close();
            if nesting.depth == outside {
                return finish(
                    bytes,
                    task.at,
                    beyond_ascii,
                    bad & (bit | (bit - 1)),
                    Checked { end: position + 1, commas: passed, is_closed: true },
                );
            }
        }
        if bad != 0 {
            return None;
        }
        at += blocks::SIZE;
    }
    None
}

/// Checks the text of the part whose structure was checked.
#[inline]
fn finish(bytes: &[u8], from: usize, beyond_ascii: u64, bad: u64, checked: Checked) -> Option<Checked> {
    let is_text = beyond_ascii == 0 || simdutf8::basic::from_utf8(bytes.get(from..checked.end)?).is_ok();
    (bad == 0 && is_text).then_some(checked)
}
