//! 64 bytes of a document, which vector instructions compare at once. The results are bits, the lowest one for the first byte.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{_mm_clmulepi64_si128, _mm_cvtsi64_si128, _mm_cvtsi128_si64, _mm_set1_epi64x};

use fearless_simd::prelude::*;
use fearless_simd::{i8x64, u8x16, u8x64};

/// The number of bytes of a block.
pub(super) const SIZE: usize = 64;

/// The bytes of a block.
#[derive(Clone, Copy)]
pub(super) struct Block<'a, S: Simd> {
    simd: S,
    pub(super) text: &'a [u8; SIZE],
    bytes: u8x64<S>,
}

impl<'a, S: Simd> Block<'a, S> {
    #[inline(always)]
    pub(super) fn read(simd: S, text: &'a [u8; SIZE]) -> Self {
        Self { simd, text, bytes: u8x64::from_slice(simd, text) }
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

    /// The control characters, and the bytes beyond ASCII. As signed numbers, they are less than a space.
    #[inline(always)]
    pub(super) fn unusual(&self) -> u64 {
        let signed: i8x64<S> = self.bytes.bitcast();
        signed.simd_lt(i8x64::splat(self.simd, b' ' as i8)).to_bitmask()
    }

    /// The spaces, tabs and ends of lines. No two of them have the same lower half, which finds the one to compare with in a table.
    #[inline(always)]
    pub(super) fn white(&self) -> u64 {
        const TABLE: [u8; 16] = [32, 32, 32, 32, 32, 32, 32, 32, 32, b'\t', b'\n', 32, 32, b'\r', 32, 32];
        let table = u8x64::block_splat(u8x16::from_slice(self.simd, &TABLE));
        let halves = self.bytes & u8x64::splat(self.simd, 15);
        self.bytes.simd_eq(table.swizzle_dyn_within_blocks(halves)).to_bitmask()
    }

    /// The opening and the closing brackets, and the bytes that have the bit by which brackets of objects differ from those of lists.
    #[inline(always)]
    pub(super) fn brackets(&self) -> (u64, u64, u64) {
        let object = u8x64::splat(self.simd, b'[' ^ b'{');
        let either = self.bytes | object;
        let equal = |byte| either.simd_eq(u8x64::splat(self.simd, byte)).to_bitmask();
        (equal(b'{'), equal(b'}'), either.simd_eq(self.bytes).to_bitmask())
    }
}

/// For each bit, whether the number of bits up to it is odd.
#[inline(always)]
pub(super) fn parities<S: Simd>(simd: S, mut bits: u64) -> u64 {
    #[cfg(target_arch = "x86_64")]
    if let Some(level) = simd.level().as_avx512() {
        return parities_avx512(level, bits);
    }
    let _ = simd;
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[cfg(target_arch = "x86_64")]
fearless_simd::kernel!(
    /// The product without carries with a number of which all bits are set.
    #[inline]
    fn parities_avx512(_level: Avx512, bits: u64) -> u64 {
        let product = _mm_clmulepi64_si128::<0>(_mm_cvtsi64_si128(bits.cast_signed()), _mm_set1_epi64x(-1));
        _mm_cvtsi128_si64(product).cast_unsigned()
    }
);
