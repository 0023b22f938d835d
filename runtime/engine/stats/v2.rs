//! Reads HdrHistogram's V2 format value by value, so that a sparse histogram is added to another one without building it. An orchestrator
//! does this a hundred thousand times every few seconds.
//!
//! <https://github.com/HdrHistogram/HdrHistogram_c/blob/main/src/hdr_histogram_log.c>: a header of 40 bytes, then ZigZag LEB128 numbers. A
//! positive number is the count of the next bucket, a negative one the length of a run of empty buckets.

/// The cookie of the format, with its word size.
const COOKIE: u32 = 0x1c84_9313;
const HEADER: usize = 40;
/// Three significant digits: 2,048 buckets of one width. Each doubling of the range adds the upper half.
const DIGITS: u32 = 3;
const HALF: u64 = 1024;
const HALF_BITS: u32 = 10;

/// Iterates over the non-empty buckets: the least value of each, and its count.
pub(super) struct BucketCounts<'a> {
    rest: &'a [u8],
    index: u64,
}

impl<'a> BucketCounts<'a> {
    /// # Errors
    /// If the bytes have another format, or another precision than [`DIGITS`].
    pub(super) fn of(bytes: &'a [u8]) -> Result<Self, String> {
        let word = |at: usize| bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).map(u32::from_be_bytes);
        let (Some(COOKIE), Some(length), Some(0), Some(DIGITS)) = (word(0), word(4), word(8), word(12)) else {
            return Err("a histogram is not in HdrHistogram's V2 format with three digits".into());
        };
        match bytes.get(HEADER..) {
            Some(rest) if rest.len() == length as usize => Ok(Self { rest, index: 0 }),
            _ => Err("a histogram is cut off".into()),
        }
    }

    fn number(&mut self) -> Option<i64> {
        let mut raw = 0u64;
        for nth in 0..9 {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            // The ninth byte has no continuation bit, so all of its bits count.
            if nth == 8 {
                raw |= u64::from(byte) << 56;
                break;
            }
            raw |= u64::from(byte & 0x7f) << (7 * nth);
            if byte & 0x80 == 0 {
                break;
            }
        }
        let half = i64::try_from(raw >> 1).ok()?;
        Some(if raw & 1 == 0 { half } else { -half - 1 })
    }
}

impl Iterator for BucketCounts<'_> {
    type Item = (u64, u64);

    fn next(&mut self) -> Option<(u64, u64)> {
        loop {
            let number = self.number()?;
            if let Ok(count) = u64::try_from(number) {
                let index = self.index;
                self.index += 1;
                if count > 0 {
                    return Some((value_of(index), count));
                }
            } else {
                self.index = self.index.saturating_add(number.unsigned_abs());
            }
        }
    }
}

fn value_of(index: u64) -> u64 {
    let bucket = index >> HALF_BITS;
    if bucket == 0 {
        return index;
    }
    let shift = u32::try_from(bucket - 1).unwrap_or(u32::MAX).min(u64::BITS - HALF_BITS - 1);
    ((index & (HALF - 1)) + HALF) << shift
}
