//! Counts of few buckets as a list. A row with one request every two seconds has about a thousand values in an hour, in almost as many
//! buckets, and they are spread widely if the machine is busy.

use super::room;

/// The most buckets of the list, which needs three bytes for each: 4 KB.
const MOST: usize = 1365;

/// The buckets with values, in ascending order, and the number of values of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Sparse {
    buckets: Vec<u16>,
    counts: Vec<u8>,
}

impl Sparse {
    /// No counts, with the memory for the longest list, which is taken at once.
    pub(super) fn with_room() -> Self {
        Self { buckets: room::taken(MOST, u16::MAX), counts: room::taken(MOST, u8::MAX) }
    }

    /// Adds to a count. `false` if the list would become too long or the count too large. Nothing is changed then.
    pub(super) fn add(&mut self, bucket: usize, count: u64) -> bool {
        let (Ok(bucket), Ok(count)) = (u16::try_from(bucket), u8::try_from(count)) else { return false };
        match self.buckets.binary_search(&bucket) {
            Ok(at) => match self.counts[at].checked_add(count) {
                Some(sum) => {
                    self.counts[at] = sum;
                    true
                }
                None => false,
            },
            Err(_) if self.buckets.len() == MOST => false,
            Err(at) => {
                self.buckets.insert(at, bucket);
                self.counts.insert(at, count);
                true
            }
        }
    }

    /// Removes all counts and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.buckets.clear();
        self.counts.clear();
    }

    /// The buckets in ascending order, and the number of values of each.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        self.buckets.iter().zip(&self.counts).map(|(&bucket, &count)| (usize::from(bucket), u64::from(count)))
    }

    /// The bytes of memory that it occupies, besides its own size.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.buckets.capacity() * size_of::<u16>() + self.counts.capacity()
    }

    /// Whether its memory is in the memory of this process.
    #[cfg(all(test, target_os = "linux"))]
    pub(super) fn is_in_memory(&self) -> bool {
        room::tests::is_in_memory(&self.buckets) && room::tests::is_in_memory(&self.counts)
    }
}
