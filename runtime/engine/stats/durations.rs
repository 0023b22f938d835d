//! Distributions of durations: an HDR histogram with three significant digits, and exact values of count, sum, minimum and maximum.
//!
//! All values are whole microseconds, so sums are integers, and merging is exact in any order.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2DeflateSerializer, V2Serializer};
use serde::{Deserialize, Serialize};

use super::v2;

/// The percentiles that every report shows, as fractions in ascending order.
pub const PERCENTILES: [f64; 11] = [0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0];

/// The names of [`PERCENTILES`] in headings, without a percent sign.
pub const PERCENTILE_NAMES: [&str; 11] = ["50", "66", "75", "80", "90", "95", "98", "99", "99.9", "99.99", "100"];

/// Larger values are counted in the histogram's last bucket, which limits its memory. The exact maximum is stored separately.
const HISTOGRAM_CEILING_US: u64 = 24 * 3600 * 1_000_000;

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
    // None until the first value, so that a report row that never ran needs no memory.
    histogram: Option<Histogram<u64>>,
}

impl Durations {
    /// Adds a duration.
    pub fn record(&mut self, duration: Duration) {
        self.record_us(micros(duration));
    }

    /// Adds a duration in microseconds.
    pub fn record_us(&mut self, us: u64) {
        self.summary.record_us(us);
        if self.histogram.is_none() {
            self.histogram = Histogram::new(3).ok();
        }
        if let Some(histogram) = &mut self.histogram {
            // An auto-resizing histogram refuses only values beyond its address space, far above the ceiling.
            let _ = histogram.record(us.min(HISTOGRAM_CEILING_US));
        }
    }

    /// Adds the values of another distribution.
    pub fn merge(&mut self, other: &Self) {
        self.summary.merge(&other.summary);
        match (&mut self.histogram, &other.histogram) {
            (Some(mine), Some(theirs)) => {
                let _ = mine.add(theirs);
            }
            (None, Some(theirs)) => self.histogram = Some(theirs.clone()),
            (_, None) => {}
        }
    }

    /// Returns the values so far and removes them. The memory is kept for the next values.
    pub fn take(&mut self) -> Self {
        let taken = Self { summary: self.summary, histogram: if self.summary.count == 0 { None } else { self.histogram.clone() } };
        self.clear();
        taken
    }

    /// Removes all values, and keeps the memory.
    pub fn clear(&mut self) {
        if self.summary.count > 0
            && let Some(histogram) = &mut self.histogram
        {
            histogram.reset();
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
        let Some(histogram) = self.histogram.as_ref().filter(|_| !self.is_empty()) else {
            return vec![0; quantiles.len()];
        };
        histogram
            .value_at_quantiles(quantiles.iter().copied())
            .zip(quantiles)
            .map(|(us, &quantile)| if quantile >= 1.0 { self.max_us() } else { us.clamp(self.min_us(), self.max_us()) })
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
        let mut bytes = Vec::new();
        if let Some(histogram) = self.histogram.as_ref().filter(|_| !self.is_empty())
            && V2Serializer::new().serialize(histogram, &mut bytes).is_err()
        {
            // Writing to memory fails only for counts above i64::MAX, so the result is then empty.
            bytes.clear();
        }
        bytes
    }

    /// Adds values in the form of [`Self::to_v2`], with their summary.
    ///
    /// # Errors
    /// If they can't be read. Some values may have been added then.
    pub fn merge_v2(&mut self, summary: &Summary, bytes: &[u8]) -> Result<(), String> {
        if summary.count == 0 {
            return Ok(());
        }
        if self.histogram.is_none() {
            self.histogram = Histogram::new(3).ok();
        }
        let mut found = 0u64;
        for (us, count) in v2::BucketCounts::of(bytes)? {
            found = found.saturating_add(count);
            if let Some(histogram) = &mut self.histogram {
                let _ = histogram.record_n(us.min(HISTOGRAM_CEILING_US), count);
            }
        }
        if found != summary.count {
            return Err(format!("a histogram holds {found} values where its count says {}", summary.count));
        }
        self.summary.merge(summary);
        Ok(())
    }

    /// The greatest value of each bucket, and the number of its values.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.histogram
            .iter()
            .flat_map(|histogram| histogram.iter_recorded())
            .map(|bucket| (bucket.value_iterated_to(), bucket.count_at_value()))
    }
}

// The histogram's own comparison also depends on how much memory it has.
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
        let mut bytes = Vec::new();
        if let Some(histogram) = durations.histogram.as_ref().filter(|_| !durations.is_empty())
            && V2DeflateSerializer::new().serialize(histogram, &mut bytes).is_err()
        {
            // Writing to memory fails only for counts above i64::MAX, so the result is then empty.
            bytes.clear();
        }
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
        let mut histogram: Histogram<u64> =
            Deserializer::new().deserialize(&mut bytes.as_slice()).map_err(|error| format!("a histogram can't be read: {error}"))?;
        if histogram.len() != summary.count {
            return Err(format!("a histogram holds {} values where its count says {}", histogram.len(), summary.count));
        }
        histogram.auto(true);
        Ok(Self { summary, histogram: Some(histogram) })
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
