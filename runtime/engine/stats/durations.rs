//! Distributions of durations: an HDR histogram with three significant digits, and exact values of count, sum, minimum and maximum.
//!
//! All values are whole microseconds, so sums are integers, and merging is exact in any order.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::counts::{self, CEILING_US, Counts};
use super::v2;

/// The percentiles that every report shows, as fractions in ascending order.
pub const PERCENTILES: [f64; 11] = [0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0];

/// The names of [`PERCENTILES`] in headings, without a percent sign.
pub const PERCENTILE_NAMES: [&str; 11] = ["50", "66", "75", "80", "90", "95", "98", "99", "99.9", "99.99", "100"];

/// A duration in whole microseconds, rounded down.
pub fn micros(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000).saturating_add(u64::from(duration.subsec_micros()))
}

/// Count, sum, minimum and maximum, for values that need no percentiles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The number of values.
    pub count: u64,
    /// Their sum in microseconds.
    pub sum_us: u64,
    /// The minimum in microseconds; 0 without values.
    pub min_us: u64,
    /// The maximum in microseconds.
    pub max_us: u64,
}

impl Summary {
    /// Adds a duration.
    pub fn record(&mut self, duration: Duration) {
        self.record_us(micros(duration));
    }

    /// Adds a duration in microseconds.
    pub fn record_us(&mut self, us: u64) {
        self.merge(&Self { count: 1, sum_us: us, min_us: us, max_us: us });
    }

    /// Adds the values of another summary.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        self.min_us = if self.count == 0 { other.min_us } else { self.min_us.min(other.min_us) };
        self.max_us = self.max_us.max(other.max_us);
        self.count = self.count.saturating_add(other.count);
        self.sum_us = self.sum_us.saturating_add(other.sum_us);
    }

    /// The mean in microseconds; 0 without values.
    pub fn mean_us(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum_us as f64 / self.count as f64 }
    }
}

/// A distribution of durations.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "PackedDurations", into = "PackedDurations")]
pub struct Durations {
    summary: Summary,
    // None until the first value, so that a report row that never ran needs no memory. Values above the ceiling are in its last bucket.
    counts: Option<Box<Counts>>,
}

impl Durations {
    /// No values yet, with the memory for those of a whole test that has this number of rows.
    pub(super) fn of_test(rows: usize) -> Self {
        Self { summary: Summary::default(), counts: Some(Box::new(Counts::of_test(rows))) }
    }

    /// No values yet, with the memory for those of an interval, if this process counts this number of rows.
    pub(super) fn of_worker(rows: usize) -> Self {
        Self { summary: Summary::default(), counts: Some(Box::new(Counts::of_worker(rows))) }
    }

    /// Adds a duration.
    pub fn record(&mut self, duration: Duration) {
        self.record_us(micros(duration));
    }

    /// Adds a duration in microseconds.
    pub fn record_us(&mut self, us: u64) {
        self.summary.record_us(us);
        self.counts.get_or_insert_default().add_one(us);
    }

    /// Adds the values of another distribution.
    pub fn merge(&mut self, other: &Self) {
        self.summary.merge(&other.summary);
        if let Some(theirs) = other.counts.as_ref().filter(|_| !other.is_empty()) {
            self.counts.get_or_insert_default().merge(theirs);
        }
    }

    /// Returns the values so far and removes them. The memory is kept for the next values.
    pub fn take(&mut self) -> Self {
        let taken = Self { summary: self.summary, counts: if self.is_empty() { None } else { self.counts.clone() } };
        self.clear();
        taken
    }

    /// Removes all values, and keeps the memory.
    pub fn clear(&mut self) {
        if let Some(counts) = self.counts.as_mut().filter(|_| self.summary.count > 0) {
            counts.clear();
        }
        self.summary = Summary::default();
    }

    /// Copies another distribution, and reuses its own memory.
    pub fn copy_from(&mut self, other: &Self) {
        self.clear();
        self.merge(other);
    }

    /// Count, sum, minimum and maximum, all exact.
    pub fn summary(&self) -> Summary {
        self.summary
    }

    /// The number of values.
    pub fn count(&self) -> u64 {
        self.summary.count
    }

    /// The exact minimum in microseconds.
    pub fn min_us(&self) -> u64 {
        self.summary.min_us
    }

    /// The exact maximum in microseconds, which is also the 100th percentile.
    pub fn max_us(&self) -> u64 {
        self.summary.max_us
    }

    /// The exact mean in microseconds.
    pub fn mean_us(&self) -> f64 {
        self.summary.mean_us()
    }

    /// Whether it has no values.
    pub fn is_empty(&self) -> bool {
        self.summary.count == 0
    }

    /// The value that a fraction of all values doesn't exceed (nearest rank), with three significant digits, and always within the exact
    /// minimum and maximum; 0 without values.
    pub fn quantile_us(&self, quantile: f64) -> u64 {
        self.quantiles_us(&[quantile]).first().copied().unwrap_or(0)
    }

    /// [`Self::quantile_us`] of several fractions in ascending order, in one pass.
    pub fn quantiles_us(&self, quantiles: &[f64]) -> Vec<u64> {
        let mut buckets = self.buckets();
        let (mut seen, mut us) = (0, 0);
        quantiles
            .iter()
            .map(|&quantile| {
                let rank = ((quantile.clamp(0.0, 1.0) * self.count() as f64).ceil() as u64).max(1);
                while seen < rank
                    && let Some((greatest_us, count)) = buckets.next()
                {
                    (us, seen) = (greatest_us, seen + count);
                }
                if quantile >= 1.0 { self.max_us() } else { us.clamp(self.min_us(), self.max_us()) }
            })
            .collect()
    }

    /// All of [`PERCENTILES`].
    pub fn percentiles_us(&self) -> [u64; PERCENTILES.len()] {
        let mut all = [0; PERCENTILES.len()];
        for (place, us) in all.iter_mut().zip(self.quantiles_us(&PERCENTILES)) {
            *place = us;
        }
        all
    }

    /// The histogram in HdrHistogram's V2 format, uncompressed, because its container is compressed. Empty without values.
    pub fn to_v2(&self) -> Vec<u8> {
        match &self.counts {
            Some(counts) if !self.is_empty() => {
                v2::write(counts.iter(), counts::greatest_us(counts::bucket_of(self.max_us().min(CEILING_US))))
            }
            _ => Vec::new(),
        }
    }

    /// Adds values in the form of [`Self::to_v2`], with their summary.
    ///
    /// # Errors
    /// If they can't be read. Some values may have been added then.
    pub fn merge_v2(&mut self, summary: &Summary, bytes: &[u8]) -> Result<(), String> {
        if summary.count == 0 {
            return Ok(());
        }
        let counts = self.counts.get_or_insert_default();
        let mut found = 0u64;
        for (us, count) in v2::BucketCounts::of(bytes)? {
            found = found.saturating_add(count);
            counts.add(us, count);
        }
        if found != summary.count {
            return Err(format!("a histogram holds {found} values where its count says {}", summary.count));
        }
        self.summary.merge(summary);
        Ok(())
    }

    /// The greatest value of each bucket, and the number of its values.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.counts.iter().flat_map(|counts| counts.iter()).map(|(bucket, count)| (counts::greatest_us(bucket), count))
    }
}

// Equal distributions may have their chunks in another order.
impl PartialEq for Durations {
    fn eq(&self, other: &Self) -> bool {
        self.summary == other.summary && self.buckets().eq(other.buckets())
    }
}

/// [`Durations`] in their stored form: the histogram as base64 of HdrHistogram's V2 compressed format, which contains its version. It has a
/// few hundred bytes, and nothing is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedDurations {
    /// Count, sum, minimum and maximum.
    #[serde(flatten)]
    pub summary: Summary,
    /// The histogram; empty without values.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub histogram: String,
}

impl From<&Durations> for PackedDurations {
    fn from(durations: &Durations) -> Self {
        let bytes = if durations.is_empty() { Vec::new() } else { v2::compress(&durations.to_v2()).unwrap_or_default() };
        Self { summary: durations.summary, histogram: BASE64.encode(bytes) }
    }
}

impl From<Durations> for PackedDurations {
    fn from(durations: Durations) -> Self {
        Self::from(&durations)
    }
}

impl TryFrom<&PackedDurations> for Durations {
    type Error = String;

    fn try_from(packed: &PackedDurations) -> Result<Self, String> {
        let summary = packed.summary;
        if summary.count == 0 {
            return Ok(Self::default());
        }
        let bytes = BASE64.decode(&packed.histogram).map_err(|error| format!("a histogram is not base64: {error}"))?;
        let mut durations = Self::default();
        durations.merge_v2(&summary, &v2::decompress(&bytes)?)?;
        Ok(durations)
    }
}

impl TryFrom<PackedDurations> for Durations {
    type Error = String;

    fn try_from(packed: PackedDurations) -> Result<Self, String> {
        Self::try_from(&packed)
    }
}

#[cfg(test)]
#[path = "durations_tests.rs"]
mod tests;
