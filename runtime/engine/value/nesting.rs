//! The open lists and objects of a document.

use super::scan::MAX_DEPTH;

/// For each open list or object, whether it is an object.
#[derive(Clone, Copy)]
pub(super) struct Nesting {
    pub(super) depth: usize,
    /// The innermost levels, up to 64 of them, with the innermost one as the lowest bit.
    inner: u64,
    /// The levels outside of them.
    outer: [u64; MAX_DEPTH / WORD],
}

/// The number of levels of a word.
const WORD: usize = 64;

impl Nesting {
    /// Nothing is known of the levels outside, because nothing is read there.
    pub(super) fn new(depth: usize) -> Self {
        Self { depth, inner: 0, outer: [0; MAX_DEPTH / WORD] }
    }

    /// Whether the innermost level is an object.
    #[inline(always)]
    pub(super) fn in_object(&self) -> bool {
        self.inner & 1 != 0
    }

    /// Opens a level; `None` if it is too deep.
    #[inline(always)]
    pub(super) fn open(&mut self, is_object: bool) -> Option<()> {
        if self.depth.is_multiple_of(WORD) {
            *self.outer.get_mut(self.depth / WORD)? = self.inner;
        }
        self.inner = self.inner << 1 | u64::from(is_object);
        self.depth += 1;
        Some(())
    }

    #[inline(always)]
    pub(super) fn close(&mut self) {
        self.depth -= 1;
        self.inner >>= 1;
        if self.depth.is_multiple_of(WORD) {
            self.inner = self.outer.get(self.depth / WORD).copied().unwrap_or_default();
        }
    }
}
