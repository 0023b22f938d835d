//! The open lists and objects of a document.

use super::scan::MAX_DEPTH;

/// For each open list or object, whether it is an object.
#[derive(Clone, Copy)]
pub(super) struct Nesting {
    pub(super) depth: usize,
    /// The innermost levels, up to 64 of them, with the innermost one as the lowest bit.
    inner: u64,
}

/// The levels outside of the innermost ones. They are apart from [`Nesting`], which then stays in registers.
#[derive(Clone, Copy, Default)]
pub(super) struct Outer([u64; MAX_DEPTH / WORD]);

/// The number of levels of a word.
const WORD: usize = 64;

impl Nesting {
    /// Nothing is known of the levels outside, because nothing is read there.
    pub(super) fn new(depth: usize) -> Self {
        Self { depth, inner: 0 }
    }

    /// 1 if the innermost level is an object, else 0.
    #[inline(always)]
    pub(super) fn object_bit(&self) -> u64 {
        self.inner & 1
    }

    /// Opens an object if the bit is 1, a list if it is 0; `None` if it is too deep.
    #[inline(always)]
    pub(super) fn open(&mut self, outer: &mut Outer, object_bit: u64) -> Option<()> {
        if self.depth.is_multiple_of(WORD) {
            *outer.0.get_mut(self.depth / WORD)? = self.inner;
        }
        self.inner = self.inner << 1 | object_bit;
        self.depth += 1;
        Some(())
    }

    #[inline(always)]
    pub(super) fn close(&mut self, outer: &Outer) {
        self.depth -= 1;
        self.inner >>= 1;
        if self.depth.is_multiple_of(WORD) {
            self.inner = outer.0.get(self.depth / WORD).copied().unwrap_or_default();
        }
    }
}
