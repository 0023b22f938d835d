//! Checks the structure of JSON 64 bytes at a time, with one bit per byte, and builds no value.
//!
//! JSON without its nesting is a regular language: which token may follow which needs only the previous token. All such rules are a few
//! operations on the bits of a block. Only brackets are visited one by one, to know whether the tokens between two of them belong to a list
//! or to an object. Words (`true`) and numbers with an exponent are also checked one by one. A block never begins within a number or word.

use fearless_simd::Simd;

use super::blocks::{self, Block, parities};
use super::nesting::{Nesting, Outer};
use super::scalars::{bad_scalars, escaped, scalar_end};

/// A part of a document that is to be checked.
pub(super) struct Task<'a> {
    pub(super) bytes: &'a [u8],
    /// Its beginning.
    pub(super) at: usize,
    /// Whether it begins with a value. Otherwise it begins after one.
    pub(super) expects_value: bool,
    pub(super) nesting: Nesting,
    pub(super) outer: Outer,
    /// The depth that ends it.
    pub(super) outside: usize,
    /// The number of commas of the outermost level after which it ends, if they are counted.
    pub(super) commas: Option<usize>,
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
    /// Whether a comma or an opening bracket comes before the first token, or before a string that comes before it.
    after_start: u64,
    /// Whether the first token follows a value.
    after_value: u64,
}

/// The first bytes that aren't `passed` after the `ends` of tokens.
#[inline(always)]
fn next_tokens(ends: u64, passed: u64, carry: &mut u64) -> u64 {
    // The sum carries a bit at the beginning of passed bytes to the byte after them.
    let sum = (ends << 1 | *carry).wrapping_add(passed);
    *carry = (ends | passed & !sum) >> 63;
    sum & !passed
}

/// All bits up to the lowest one.
#[inline(always)]
fn up_to_lowest(bits: u64) -> u64 {
    bits ^ bits.wrapping_sub(1)
}

/// All bits if the lowest one is 1.
#[inline(always)]
fn all(bit: u64) -> u64 {
    0_u64.wrapping_sub(bit)
}

/// Marks `tokens`, of which only brackets that close an empty list or object are valid.
#[cold]
#[inline(never)]
fn misplaced(bytes: &[u8], at: usize, tokens: u64, closes: u64) -> u64 {
    let mut empty = tokens & closes;
    let mut bad = tokens & !closes;
    while empty != 0 {
        let bit = empty & empty.wrapping_neg();
        empty ^= bit;
        let before = bytes.get(..at + bit.trailing_zeros() as usize).unwrap_or_default().trim_ascii_end();
        if !matches!(before.last(), Some(b'[' | b'{')) {
            bad |= bit;
        }
    }
    bad
}

/// Checks a part of a document. `None` if it is invalid or does not end.
#[inline(always)]
pub(super) fn check<S: Simd>(simd: S, task: Task<'_>) -> Option<Checked> {
    let Task { bytes, mut at, mut nesting, mut outer, outside, .. } = task;
    let mut carry = Carry { after_value: u64::from(!task.expects_value), ..Carry::default() };
    let mut passed = 0;
    let mut beyond_ascii = 0;
    while at < bytes.len() {
        let mut padded = [b' '; blocks::SIZE];
        let text = bytes[at..].first_chunk::<{ blocks::SIZE }>().unwrap_or_else(|| {
            padded[..bytes.len() - at].copy_from_slice(&bytes[at..]);
            &padded
        });
        let block = Block::read(simd, text);

        // Strings: `string` has the bits from an opening quote to the byte before the closing one.
        let mut bad = 0;
        let mut quotes = block.equal(b'"');
        let (unusual, backslashes) = (block.unusual(), block.equal(b'\\'));
        if backslashes | carry.escaped != 0 {
            let escapes = escaped(bytes, at, backslashes, carry.escaped);
            (carry.escaped, bad) = (escapes.next, escapes.bad);
            quotes &= !escapes.bytes;
        } else if quotes | unusual == 0 && carry.string != 0 {
            // All of it belongs to a string.
            at += blocks::SIZE;
            continue;
        }
        let string = parities(simd, quotes) ^ carry.string;
        carry.string = all(string >> 63);
        if unusual & string != 0 {
            bad |= string & !block.at_least(b' ');
            beyond_ascii |= unusual;
        }
        let free = !(string | quotes);
        let white = block.white() & free;
        let (opens, closes, objects) = block.brackets();
        let (opens, closes) = (opens & free, closes & free);
        let (colons, commas) = (block.equal(b':') & free, block.equal(b',') & free);
        let marks = colons | commas | closes;
        let scalars = free & !(white | opens | marks);

        // Commas, colons and closing brackets follow values, and no other token does. `after_start` passes over one string.
        let ends = quotes & !string | closes | scalars & !(scalars >> 1);
        let after_value = next_tokens(ends, white, &mut carry.after_value);
        let mut after_start = next_tokens(commas | opens, white | !free, &mut carry.after_start);
        let tokens = after_value ^ marks;
        if tokens != 0 {
            bad |= misplaced(bytes, at, tokens, closes);
            after_start &= !(tokens & closes);
        }

        // The bits within objects, and those within the outermost list or object and no other one.
        let mut brackets = opens | closes;
        let mut in_object = all(nesting.object_bit());
        let mut outermost = all(u64::from(nesting.depth == outside + 1));
        let mut upto = !0;
        while brackets != 0 {
            let position = brackets.trailing_zeros();
            let beyond = !1 << position;
            brackets &= brackets - 1;
            let was_object = nesting.object_bit();
            if opens >> position & 1 != 0 {
                outermost ^= all(u64::from(nesting.depth == outside + 1)) & beyond;
                nesting.open(&mut outer, objects >> position & 1)?;
            } else {
                nesting.close(&outer);
                if nesting.depth == outside {
                    upto = !beyond;
                    break;
                }
                outermost ^= all(u64::from(nesting.depth == outside + 1)) & beyond;
            }
            in_object ^= all(was_object ^ nesting.object_bit()) & beyond;
        }
        // In an object, what follows a comma or the opening bracket is a string, and a colon follows it. There are no other colons.
        bad |= after_start & in_object ^ colons | closes & (objects ^ in_object);

        let mut whole = scalars;
        let mut length = blocks::SIZE;
        if scalars >> 63 != 0 {
            // A number or word that may continue: the next block begins with it, unless it fills this one. Then, it is the value before the next block.
            length -= scalars.leading_ones() as usize;
            if length > 0 {
                whole &= !(!0 << length);
                carry.after_value = after_value >> length & 1;
            } else {
                length = scalar_end(bytes, at)? - at;
                whole = 0;
            }
        }
        bad |= bad_scalars(bytes, at, &block, whole);

        if let Some(most) = task.commas {
            let mut here = commas & upto & outermost;
            let count = here.count_ones() as usize;
            if count >= most - passed {
                for _ in 1..most - passed {
                    here &= here - 1;
                }
                let end = at + here.trailing_zeros() as usize + 1;
                let bad = bad & up_to_lowest(here);
                return finish(bytes, task.at, beyond_ascii, bad, Checked { end, commas: most, is_closed: false });
            }
            passed += count;
        }
        if nesting.depth == outside {
            let end = at + upto.count_ones() as usize;
            return finish(bytes, task.at, beyond_ascii, bad & upto, Checked { end, commas: passed, is_closed: true });
        }
        if bad != 0 {
            return None;
        }
        at += length;
    }
    None
}

/// Checks the text of the part whose structure was checked.
#[inline]
fn finish(bytes: &[u8], from: usize, beyond_ascii: u64, bad: u64, checked: Checked) -> Option<Checked> {
    let is_text = beyond_ascii == 0 || simdutf8::basic::from_utf8(bytes.get(from..checked.end)?).is_ok();
    (bad == 0 && is_text).then_some(checked)
}
