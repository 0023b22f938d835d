//! How many values fall into each bucket of an HDR histogram with three significant digits, in memory that depends on the buckets in use.
//!
//! Response times of a report row use few of the 28,000 buckets, and most buckets of a row have small counts. So a count has two digits to
//! the base of 256, and each digit is stored in chunks of neighboring buckets, which are made when a bucket first needs them. The results of
//! a whole test take the memory for the chunks of a busy machine at once, so that a long test does not need more and more.

use super::room;

/// Buckets in a chunk.
const CHUNK: usize = 128;
/// The number of chunks up to [`CEILING_US`].
const CHUNKS: usize = bucket_of(CEILING_US) / CHUNK + 1;
/// Buckets of one width in the HDR histogram; each doubling of the range adds the upper half again.
const SAME_WIDTH_BITS: u32 = 11;
const HALF: usize = 1 << (SAME_WIDTH_BITS - 1);

/// Larger values are counted in the last bucket, which limits the memory.
pub(super) const CEILING_US: u64 = 24 * 3600 * 1_000_000;

/// Chunks that a new histogram has room for, 4 KB: enough for the response times of an interval of most rows.
const ROOM: usize = 32;
/// The least number of chunks that a worker's row has room for, if many rows and workers share the memory.
const LEAST_ROOM_OF_WORKER: usize = 8;

/// Chunks that the results of a test have room for, 14 KB: those of all response times below eight seconds.
const ROOM_OF_TEST: usize = bucket_of(8 << 20) / CHUNK;
/// Chunks of higher digits that they have room for. Only the buckets of frequent response times need them.
const HIGH_ROOM_OF_TEST: usize = 2;
/// The most bytes for the lower digits of all rows together: for the results of a test, and for all workers of a process. In a test with many
/// rows, each therefore has room for less.
const MEMORY_OF_ROWS: usize = 16 << 20;

/// The bucket of a value: up to 2,047 one for each value, then 1,024 for each doubling.
pub(super) const fn bucket_of(us: u64) -> usize {
    let shift = (u64::BITS - SAME_WIDTH_BITS) - (us | ((1 << SAME_WIDTH_BITS) - 1)).leading_zeros();
    shift as usize * HALF + (us >> shift) as usize
}

/// The least value of a bucket.
pub(super) const fn least_us(bucket: usize) -> u64 {
    let shift = (bucket / HALF).saturating_sub(1);
    ((bucket - shift * HALF) as u64) << shift
}

/// The greatest value of a bucket.
pub(super) const fn greatest_us(bucket: usize) -> u64 {
    least_us(bucket + 1) - 1
}

/// One digit of the counts of all buckets.
#[derive(Clone, Debug)]
struct Digit<T> {
    /// The number of each chunk in `chunks`, counted from 1; 0 if it has none.
    numbers: [u8; CHUNKS],
    chunks: Vec<[T; CHUNK]>,
}

impl<T: Copy + Default> Digit<T> {
    fn with_room(chunks: usize) -> Self {
        Self { numbers: [0; CHUNKS], chunks: Vec::with_capacity(chunks) }
    }

    /// As [`Self::with_room`], with memory that is taken at once.
    fn taken(chunks: usize, fill: T) -> Self {
        Self { numbers: [0; CHUNKS], chunks: room::taken(chunks, [fill; CHUNK]) }
    }

    fn chunk(&self, chunk: usize) -> Option<&[T; CHUNK]> {
        self.chunks.get(usize::from(self.numbers[chunk]).wrapping_sub(1))
    }

    #[inline]
    fn chunk_mut(&mut self, chunk: usize) -> &mut [T; CHUNK] {
        let number = &mut self.numbers[chunk];
        if *number == 0 {
            if self.chunks.len() == self.chunks.capacity() {
                // Doubling would reserve more than a row ever needs.
                self.chunks.reserve_exact((self.chunks.len() / 4).max(1));
            }
            self.chunks.push([T::default(); CHUNK]);
            // There are fewer chunks than 256.
            *number = self.chunks.len() as u8;
        }
        &mut self.chunks[usize::from(*number) - 1]
    }

    /// Removes all counts and keeps the memory.
    fn clear(&mut self) {
        self.numbers = [0; CHUNKS];
        self.chunks.clear();
    }
}

/// The number of chunks that each of this number of rows has room for.
fn share_of_row(rows: usize) -> usize {
    (MEMORY_OF_ROWS / CHUNK / rows.max(1)).min(ROOM_OF_TEST)
}

/// The number of values in each bucket.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    /// The counts modulo 256.
    low: Digit<u8>,
    /// The counts divided by 256, as far as any is above zero.
    high: Option<Box<Digit<u64>>>,
}

impl Default for Counts {
    fn default() -> Self {
        Self { low: Digit::with_room(ROOM), high: None }
    }
}

impl Counts {
    /// An empty histogram with room for a row of a whole test, which has this number of rows. It takes the memory at once.
    pub(super) fn of_test(rows: usize) -> Self {
        let high = Some(Box::new(Digit::taken(HIGH_ROOM_OF_TEST, u64::MAX)));
        Self { low: Digit::taken(share_of_row(rows).max(ROOM), u8::MAX), high }
    }

    /// An empty histogram with room for the intervals of a worker's row, if this process has this number of such rows. It takes the memory at
    /// once, so that the first interval in which response times differ much takes no more.
    pub(super) fn of_worker(rows: usize) -> Self {
        Self { low: Digit::taken(share_of_row(rows).max(LEAST_ROOM_OF_WORKER), u8::MAX), high: None }
    }

    /// Counts one value.
    #[inline]
    pub(super) fn add_one(&mut self, us: u64) {
        let bucket = bucket_of(us.min(CEILING_US));
        let low = &mut self.low.chunk_mut(bucket / CHUNK)[bucket % CHUNK];
        *low = low.wrapping_add(1);
        if *low == 0 {
            self.carry(bucket, 1);
        }
    }

    /// Counts several equal values.
    pub(super) fn add(&mut self, us: u64, count: u64) {
        let bucket = bucket_of(us.min(CEILING_US));
        let low = &mut self.low.chunk_mut(bucket / CHUNK)[bucket % CHUNK];
        let (sum, over) = low.overflowing_add(count as u8);
        *low = sum;
        let carried = (count >> 8) + u64::from(over);
        if carried > 0 {
            self.carry(bucket, carried);
        }
    }

    #[cold]
    fn carry(&mut self, bucket: usize, count: u64) {
        let high = self.high.get_or_insert_with(|| Box::new(Digit::with_room(1)));
        let high = &mut high.chunk_mut(bucket / CHUNK)[bucket % CHUNK];
        *high = high.saturating_add(count);
    }

    /// Adds the counts of another histogram.
    pub(super) fn merge(&mut self, other: &Self) {
        for chunk in 0..CHUNKS {
            let Some(theirs) = other.low.chunk(chunk) else { continue };
            let mut carried = [false; CHUNK];
            let mine = self.low.chunk_mut(chunk);
            for ((mine, theirs), carried) in mine.iter_mut().zip(theirs).zip(&mut carried) {
                (*mine, *carried) = mine.overflowing_add(*theirs);
            }
            let high = other.high.as_ref().and_then(|high| high.chunk(chunk));
            if high.is_none() && !carried.contains(&true) {
                continue;
            }
            for at in 0..CHUNK {
                let count = high.map_or(0, |high| high[at]).saturating_add(u64::from(carried[at]));
                if count > 0 {
                    self.carry(chunk * CHUNK + at, count);
                }
            }
        }
    }

    /// Removes all counts and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.low.clear();
        self.high.iter_mut().for_each(|high| high.clear());
    }

    /// The buckets that have values, in ascending order, and the number of their values.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        (0..CHUNKS).filter_map(|chunk| self.low.chunk(chunk).map(|low| (chunk, low))).flat_map(|(chunk, low)| {
            let high = self.high.as_ref().and_then(|high| high.chunk(chunk));
            low.iter().enumerate().filter_map(move |(at, &low)| {
                let count = high.map_or(0, |high| high[at]).saturating_mul(256).saturating_add(u64::from(low));
                (count > 0).then_some((chunk * CHUNK + at, count))
            })
        })
    }

    /// The bytes of memory that it occupies.
    #[cfg(test)]
    fn memory(&self) -> usize {
        let high = self.high.as_ref().map_or(0, |high| size_of::<Digit<u64>>() + high.chunks.capacity() * size_of::<[u64; CHUNK]>());
        size_of::<Self>() + self.low.chunks.capacity() * CHUNK + high
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;
    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn buckets_are_those_of_hdrhistogram() {
        let mut known = Histogram::<u64>::new_with_bounds(1, 2 * CEILING_US, 3).unwrap();
        for us in (0..70_000).chain((0..37).flat_map(|bits| [(1u64 << bits) - 1, 1 << bits, (1 << bits) + 1])).chain([CEILING_US]) {
            let bucket = bucket_of(us);
            assert_eq!((least_us(bucket), greatest_us(bucket)), (known.lowest_equivalent(us), known.highest_equivalent(us)), "{us}");
            known.record(us).unwrap();
        }
        const { assert!(CHUNKS < 256) };
    }

    /// Both kinds of histograms with the same values. Some have room for a whole test.
    fn random(seed: u64, values: usize) -> (Counts, Histogram<u64>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (mut counts, mut known) = (Counts::default(), Histogram::new(3).unwrap());
        if seed.is_multiple_of(3) {
            counts = Counts::of_test(1);
        }
        for _ in 0..values {
            let bits = rng.random_range(1..36);
            let us = rng.random_range(0..1u64 << bits);
            if rng.random_bool(0.5) {
                counts.add_one(us);
                known.record(us).unwrap();
            } else {
                let bits = rng.random_range(1..40);
                let count = rng.random_range(1..1u64 << bits);
                counts.add(us, count);
                known.record_n(us, count).unwrap();
            }
        }
        (counts, known)
    }

    fn of(known: &Histogram<u64>) -> Vec<(u64, u64)> {
        known.iter_recorded().map(|bucket| (bucket.value_iterated_to(), bucket.count_at_value())).collect()
    }

    fn from(counts: &Counts) -> Vec<(u64, u64)> {
        counts.iter().map(|(bucket, count)| (greatest_us(bucket), count)).collect()
    }

    #[test]
    fn counts_and_their_sums_equal_those_of_hdrhistogram() {
        for seed in 0..40 {
            let (mut one, mut known) = random(seed, 200);
            let (other, known_other) = random(seed + 1_000, 300);
            assert_eq!(from(&one), of(&known));
            one.merge(&other);
            known.add(known_other).unwrap();
            assert_eq!(from(&one), of(&known));
            one.clear();
            assert_eq!(from(&one), []);
            one.add_one(7);
            assert_eq!(from(&one), [(7, 1)]);
        }
    }

    #[test]
    fn results_of_a_test_stay_within_their_room() {
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        for is_busy in [false, true] {
            let (mut counts, mut interval) = (Counts::of_test(1_000), Counts::default());
            let room = counts.memory();
            assert!(room < 17_500, "{room} bytes");
            for nth in 1..=20_000u64 {
                // From an eighth of a millisecond to eight seconds; on a quiet machine, within a tenth of a millisecond.
                let us = if is_busy { 128 << rng.random_range(0..16u32) } else { 100 };
                interval.add_one(us + rng.random_range(0..us));
                if nth % 10 == 0 {
                    counts.merge(&interval);
                    interval.clear();
                }
            }
            assert_eq!(counts.memory(), room, "busy: {is_busy}");
        }
    }

    #[test]
    fn test_with_many_rows_has_room_for_less_in_each() {
        let memory: Vec<usize> = [0, 1, 1_000, 3_000, 100_000].map(|rows| Counts::of_test(rows).memory()).into();
        assert!(memory.is_sorted_by(|more, fewer| more >= fewer) && memory[4] < 7_000, "{memory:?}");
        assert_eq!(memory[0], memory[2]);
    }

    #[test]
    fn count_carries_into_the_next_digit() {
        let mut one = Counts::default();
        (0..256).for_each(|_| one.add_one(5));
        assert_eq!(from(&one), [(5, 256)]);
        let mut two = Counts::default();
        two.merge(&one);
        two.merge(&one);
        two.add(5, 255);
        two.add_one(5);
        assert_eq!(from(&two), [(5, 768)]);
        two.add(5, u64::MAX);
        two.merge(&one);
        assert_eq!(from(&two), [(5, u64::MAX)]);
    }

    #[test]
    fn memory_of_a_row_is_small_from_its_first_value_on() {
        let mut counts = Counts::default();
        counts.add_one(1_000);
        let first = counts.memory();
        // A row with one request every two seconds for an hour: most take 0.5 to 1 ms, and one in a hundred up to 100 ms.
        (0..1_800u64).for_each(|nth| counts.add_one(if nth % 100 == 0 { nth * 60 } else { 500 + nth * 7 % 500 }));
        assert!(first < 5_000 && counts.memory() < 5_000, "{first} and {} bytes", counts.memory());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn histograms_of_a_test_take_their_memory_at_once() {
        let rows: Vec<Counts> = std::iter::repeat_with(|| Counts::of_test(1_000)).take(10_000).collect();
        let is_in_memory = |row: &Counts| room::tests::is_in_memory(&row.low.chunks);
        assert!(rows.iter().all(is_in_memory));
    }

    #[test]
    fn clearing_keeps_the_memory() {
        let (mut counts, _) = random(3, 500);
        let before = counts.memory();
        counts.clear();
        assert_eq!(counts.memory(), before);
    }
}
