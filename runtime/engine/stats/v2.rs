//! HdrHistogram's V2 format. It is read value by value, so that a sparse histogram is added to another one without building it. An
//! orchestrator does this a hundred thousand times every few seconds.
//!
//! <https://github.com/HdrHistogram/HdrHistogram_c/blob/main/src/hdr_histogram_log.c>: a header of 40 bytes, then ZigZag LEB128 numbers. A
//! positive number is the count of the next bucket, a negative one the length of a run of empty buckets. The compressed form is a header of
//! 8 bytes and the same in zlib.

use std::io::{self, Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::varint;

/// The cookie of the format, with its word size.
const COOKIE: u32 = 0x1c84_9313;
/// The cookie of the compressed form.
const COMPRESSED_COOKIE: u32 = 0x1c84_9314;
const HEADER: usize = 40;
/// More bytes than a histogram of [`DIGITS`] digits has.
const MOST: u64 = 1 << 20;
/// Three significant digits: 2,048 buckets of one width. Each doubling of the range adds the upper half.
const DIGITS: u32 = 3;
const HALF: u64 = 1024;
const HALF_BITS: u32 = 10;

/// Writes the non-empty buckets, in ascending order, and their counts. `greatest_us` is the greatest value that the histogram can have.
pub(super) fn write(buckets: impl Iterator<Item = (usize, u64)>, greatest_us: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2 * HEADER);
    bytes.extend(COOKIE.to_be_bytes());
    // The length, and no offset.
    bytes.extend([0; 8]);
    bytes.extend(DIGITS.to_be_bytes());
    // The least value that differs from zero.
    bytes.extend(1u64.to_be_bytes());
    bytes.extend(greatest_us.max(2).to_be_bytes());
    bytes.extend(1f64.to_be_bytes());
    let mut next = 0;
    for (bucket, count) in buckets {
        match (bucket - next) as u64 {
            0 => {}
            1 => varint::write(&mut bytes, 0),
            empty => varint::write(&mut bytes, (empty << 1) - 1),
        }
        varint::write(&mut bytes, count.min(i64::MAX as u64) << 1);
        next = bucket + 1;
    }
    let length = (bytes.len() - HEADER) as u32;
    bytes[4..8].copy_from_slice(&length.to_be_bytes());
    bytes
}

/// Compresses a histogram.
///
/// # Errors
/// If the compression fails, which writing to memory never does.
pub(super) fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new([COMPRESSED_COOKIE.to_be_bytes(), [0; 4]].concat(), Compression::default());
    encoder.write_all(bytes)?;
    let mut compressed = encoder.finish()?;
    let length = (compressed.len() - 8) as u32;
    compressed[4..8].copy_from_slice(&length.to_be_bytes());
    Ok(compressed)
}

/// Decompresses a histogram.
///
/// # Errors
/// If the bytes are in another format, or damaged.
pub(super) fn decompress(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let word = |at: usize| bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).map(u32::from_be_bytes);
    if word(0) != Some(COMPRESSED_COOKIE) {
        return Err("a histogram is not in HdrHistogram's V2 compressed format".into());
    }
    let Some(zlib) = bytes.get(8..).filter(|zlib| word(4) == u32::try_from(zlib.len()).ok()) else {
        return Err("a histogram is cut off".into());
    };
    let mut all = Vec::new();
    ZlibDecoder::new(zlib).take(MOST).read_to_end(&mut all).map_err(|error| format!("a histogram can't be read: {error}"))?;
    Ok(all)
}

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
        let raw = varint::read(&mut self.rest)?;
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
