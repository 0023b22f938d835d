//! 64 bytes of a document, which vector instructions compare at once. The results are bits, the lowest one for the first byte.

use fearless_simd::prelude::*;
use fearless_simd::{i8x64, u8x64};

/// The number of bytes of a block.
pub(super) const SIZE: usize = 64;

/// The bytes of a block.
#[derive(Clone, Copy)]
pub(super) struct Block<S: Simd> {
    simd: S,
    bytes: u8x64<S>,
}

impl<S: Simd> Block<S> {
    #[inline(always)]
    pub(super) fn read(simd: S, bytes: &[u8; SIZE]) -> Self {
        Self { simd, bytes: u8x64::from_slice(simd, bytes) }
    }

    /// The bytes that are this one.
    #[inline(always)]
    pub(super) fn equal(&self, byte: u8) -> u64 {
        self.bytes.simd_eq(u8x64::splat(self.simd, byte)).to_bitmask()
    }

    /// The bytes that are this one or greater.
    #[inline(always)]
    pub(super) fn at_least(&self, byte: u8) -> u64 {
        self.bytes.simd_ge(u8x64::splat(self.simd, byte)).to_bitmask()
    }

    /// Whether a byte is a backslash, a control character or beyond ASCII. As signed numbers, the latter two are less than a space.
    #[inline(always)]
    pub(super) fn is_unusual(&self) -> bool {
        let signed: i8x64<S> = self.bytes.bitcast();
        let below = signed.simd_lt(i8x64::splat(self.simd, b' ' as i8));
        (below | self.bytes.simd_eq(u8x64::splat(self.simd, b'\\'))).any_true()
    }

    #[inline(always)]
    pub(super) fn digits(&self) -> u64 {
        (self.bytes - u8x64::splat(self.simd, b'0')).simd_lt(u8x64::splat(self.simd, 10)).to_bitmask()
    }

    /// The opening and the closing brackets. Those of lists and objects differ by one bit.
    #[inline(always)]
    pub(super) fn brackets(&self) -> (u64, u64) {
        let either = self.bytes | u8x64::splat(self.simd, b'[' ^ b'{');
        let equal = |byte| either.simd_eq(u8x64::splat(self.simd, byte)).to_bitmask();
        (equal(b'{'), equal(b'}'))
    }
}
