//! How functions are distributed over regions, so that each region generates its share of the load.

use ltc_config::profile::RegionShare;

use super::fleet::Shard;

/// How far the regions' shares of the load may be off, as a share. Beyond it, more functions are used to come closer.
const SHARE_TOLERANCE: f64 = 0.01;

/// Regions with their shares of the load. If there are none, the configuration's region is used.
#[derive(Clone, Debug)]
pub(super) struct Regions(Vec<(String, u64)>);

impl Regions {
    /// The wished regions with equal shares, else those of the profile.
    pub(super) fn of(locations: &[RegionShare], wished: &[String]) -> Self {
        if wished.is_empty() {
            let used = locations.iter().filter(|location| location.share > 0);
            Self(used.map(|location| (location.region.clone(), location.share)).collect())
        } else {
            Self(wished.iter().map(|region| (region.clone(), 1)).collect())
        }
    }

    /// The number of functions: at least `needed` and one in each region, and a few more if the shares are then closer.
    pub(super) fn fitting(&self, needed: u64) -> u64 {
        let needed = needed.max(self.0.len() as u64);
        let off = |count: u64| {
            let counts = self.split(count);
            self.0.iter().zip(counts).map(|((_, share), functions)| self.error(*share, functions, count)).fold(0.0, f64::max)
        };
        let mut candidates = needed..=needed.saturating_mul(2).saturating_add(10);
        candidates.find(|count| off(*count) <= SHARE_TOLERANCE).unwrap_or(needed)
    }

    /// A sentence for each region whose part of `count` functions is far from its share.
    pub(super) fn far_off(&self, count: u64) -> impl Iterator<Item = String> {
        self.0
            .iter()
            .zip(self.split(count))
            .filter(move |((_, share), functions)| self.error(*share, *functions, count) > SHARE_TOLERANCE)
            .map(move |((region, share), functions)| {
                format!(
                    "{region} gets {functions} of {count} functions where its share is {:.0}%: more functions come nearer",
                    self.share_of(*share) * 100.0
                )
            })
    }

    /// `count` shards, numbered so that consecutive shards are spread over the regions.
    pub(super) fn shards(&self, count: u64) -> Vec<Shard> {
        let counts = self.split(count);
        let mut given = vec![0u64; self.0.len()];
        (0..u32::try_from(count).unwrap_or(u32::MAX))
            .map(|number| {
                // The region that is furthest behind its share.
                let behind = |region: usize| (given[region] + 1) as f64 / counts[region].max(1) as f64;
                let open = (0..self.0.len()).filter(|&region| given[region] < counts[region]);
                let next = open.min_by(|&a, &b| behind(a).total_cmp(&behind(b)));
                let region = next.map(|region| {
                    given[region] += 1;
                    self.0[region].0.clone()
                });
                Shard { number, region }
            })
            .collect()
    }

    fn share_of(&self, share: u64) -> f64 {
        share as f64 / self.0.iter().map(|(_, share)| share).sum::<u64>().max(1) as f64
    }

    /// How far a region's functions are from its share.
    fn error(&self, share: u64, functions: u64, count: u64) -> f64 {
        (functions as f64 / count as f64 - self.share_of(share)).abs()
    }

    /// Distributes functions by the shares, by largest remainder: the sum is exact, and each number differs from its share by less than one.
    fn split(&self, count: u64) -> Vec<u64> {
        let total: u128 = self.0.iter().map(|(_, share)| u128::from(*share)).sum();
        if total == 0 {
            return Vec::new();
        }
        let exact = |share: u64| u128::from(count) * u128::from(share);
        let mut counts: Vec<u64> = self.0.iter().map(|(_, share)| u64::try_from(exact(*share) / total).unwrap_or(0)).collect();
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        order.sort_by_key(|&region| (std::cmp::Reverse(exact(self.0[region].1) % total), region));
        let missing = count - counts.iter().sum::<u64>();
        for &region in order.iter().take(usize::try_from(missing).unwrap_or(usize::MAX)) {
            counts[region] += 1;
        }
        counts
    }
}
