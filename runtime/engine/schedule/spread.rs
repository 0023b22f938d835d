//! Distributes users and arrivals: to classes by weight, to shards in rotation. Both depend only on the index, so that all shards agree.

use std::sync::Arc;

/// Assigns the users (or arrivals) of a group to its classes by weight.
///
/// After any number of assignments, each class has its exact share, rounded down or up (Tijdeman's solution of the chairman assignment
/// problem). With two classes, this is always the largest remainder.
#[derive(Clone, Debug)]
pub(super) struct ClassPattern {
    /// The classes of one period, as indices into the group's list.
    order: Arc<[u32]>,
    /// How often each class occurs in a period.
    counts: Arc<[u64]>,
}

/// The longest period. Weights that need a longer one are approximated.
const LONGEST_PERIOD: u64 = 1 << 20;

impl ClassPattern {
    /// Creates the pattern. At least one weight must be greater than zero.
    pub(super) fn new(weights: &[u64]) -> Self {
        let divisor = weights.iter().copied().fold(0, gcd).max(1);
        let weights: Vec<u64> = weights.iter().map(|weight| weight / divisor).collect();
        let total: u64 = weights.iter().fold(0, |sum: u64, weight| sum.saturating_add(*weight)).max(1);
        let classes = weights.iter().filter(|weight| **weight > 0).count();
        let mut counts = vec![0u64; weights.len()];
        let mut order = Vec::new();
        for n in 1..=total.min(LONGEST_PERIOD) {
            let chosen = chairman(&weights, &counts, total, n, classes);
            counts[chosen] += 1;
            order.push(u32::try_from(chosen).unwrap_or(u32::MAX));
        }
        Self { order: order.into(), counts: counts.into() }
    }

    fn period(&self) -> u64 {
        self.order.len() as u64
    }

    /// The class of the user with that index.
    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below the period's length, a usize")]
    pub(super) fn class(&self, index: u64) -> usize {
        self.order[(index % self.period()) as usize] as usize
    }

    /// The positions of a class in a period, and the period's length: member number `o` of the class has the index `o / positions.len() *
    /// period + positions[o % positions.len()]`.
    pub(super) fn positions(&self, class: usize) -> (Vec<u64>, u64) {
        let positions = (0..self.period()).filter(|index| self.class(*index) == class).collect();
        (positions, self.period())
    }

    /// The share of a class, from 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "a share, rounded")]
    pub(super) fn share(&self, class: usize) -> f64 {
        self.counts[class] as f64 / self.period() as f64
    }

    /// The number of users of a class among the first `n`.
    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below the period's length, a usize")]
    pub(super) fn count(&self, class: usize, n: u64) -> u64 {
        let (periods, rest) = (n / self.period(), (n % self.period()) as usize);
        periods * self.counts[class] + self.order[..rest].iter().filter(|one| **one as usize == class).count() as u64
    }
}

/// The class that would be late first, among those that have fallen far enough behind.
fn chairman(weights: &[u64], counts: &[u64], total: u64, n: u64, classes: usize) -> usize {
    let wide = |x: u64| i128::from(x);
    let slack = wide(2 * (classes as u64).max(2) - 2);
    let mut best: Option<(usize, i128, i128)> = None;
    for (class, (&weight, &count)) in weights.iter().zip(counts).enumerate() {
        let behind = wide(weight) * wide(n) - wide(count) * wide(total);
        if behind * slack < wide(total) {
            continue;
        }
        let lateness = (slack - 1) * wide(total) - slack * behind;
        // Compares lateness / weight without a division.
        if best.is_none_or(|(_, least, of)| lateness * of < least * wide(weight)) {
            best = Some((class, lateness, wide(weight)));
        }
    }
    // All classes together are behind by `total`, so that one of them always is by `total / classes`, and `slack` is at least `classes`.
    best.map_or(0, |(class, ..)| class)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The part of `parts` that `index` belongs to.
///
/// Each block of `parts` consecutive indices has one index for each part, so that the sizes of parts differ by at most one. Blocks are
/// rotated by the golden ratio, so that the members of a class at regular distances don't all belong to one part.
pub(super) fn part_of(index: u64, parts: u64) -> u64 {
    let parts = parts.max(1);
    let round = (index / parts).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let rotation = u64::try_from((u128::from(round) * u128::from(parts)) >> 64).unwrap_or(0);
    (index % parts + rotation) % parts
}

/// Nested parts: a shard of a fleet, and in it a worker of a shard.
#[derive(Clone, Debug, Default)]
pub(super) struct Membership {
    levels: Vec<(u64, u64)>,
}

impl Membership {
    pub(super) fn within(mut self, part: u64, parts: u64) -> Self {
        if parts > 1 {
            self.levels.push((part, parts));
        }
        self
    }

    pub(super) fn is_whole(&self) -> bool {
        self.levels.is_empty()
    }

    pub(super) fn contains(&self, mut index: u64) -> bool {
        for &(part, parts) in &self.levels {
            if part_of(index, parts) != part {
                return false;
            }
            index /= parts;
        }
        true
    }

    /// The number of parts of the same division.
    pub(super) fn parts(&self) -> u64 {
        self.levels.iter().map(|(_, parts)| parts).product()
    }

    /// The number of this part among them.
    pub(super) fn part(&self) -> u64 {
        self.levels.iter().rev().fold(0, |number, (part, parts)| number * parts + part)
    }

    /// The number of the part that the index belongs to.
    pub(super) fn part_with(&self, mut index: u64) -> usize {
        let (mut number, mut stride) = (0, 1);
        for &(_, parts) in &self.levels {
            number += stride * part_of(index, parts);
            stride *= parts;
            index /= parts;
        }
        usize::try_from(number).unwrap_or(usize::MAX)
    }

    /// The number of members among the first `n`.
    pub(super) fn count(&self, n: u64) -> u64 {
        (0..n).filter(|index| self.contains(*index)).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_exact_after_every_user() {
        for weights in [
            vec![1],
            vec![1, 1],
            vec![9, 1],
            vec![7, 3],
            vec![5, 3, 1],
            vec![100, 10, 1],
            vec![89, 10, 1],
            vec![0, 4, 6],
            vec![1; 13],
            vec![3, 1, 4, 1, 5, 9, 2, 6],
            vec![50, 49, 1, 1, 1],
        ] {
            let pattern = ClassPattern::new(&weights);
            let total: u64 = weights.iter().sum();
            let mut counts = vec![0u64; weights.len()];
            for n in 1..=3 * total {
                counts[pattern.class(n - 1)] += 1;
                for (class, &weight) in weights.iter().enumerate() {
                    assert_eq!(pattern.count(class, n), counts[class]);
                    let low = n * weight / total;
                    let high = (n * weight).div_ceil(total);
                    assert!((low..=high).contains(&counts[class]), "{weights:?} after {n}: {counts:?}");
                }
            }
        }
    }

    #[test]
    fn two_classes_follow_the_largest_remainder() {
        let pattern = ClassPattern::new(&[9, 1]);
        let order: Vec<usize> = (0..10).map(|index| pattern.class(index)).collect();
        assert_eq!(order, [0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
        let order = |weights: &[u64], n| (0..n).map(|index| ClassPattern::new(weights).class(index)).collect::<Vec<_>>();
        assert_eq!(order(&[5, 3, 1], 9), [0, 1, 0, 1, 0, 0, 2, 1, 0], "by Tijdeman, with more classes");
        assert_eq!(order(&[1, 2, 5], 8), [2, 2, 1, 2, 0, 2, 1, 2]);
        assert_eq!(order(&[3, 1, 4, 1, 5], 14), [4, 2, 0, 4, 2, 4, 0, 2, 4, 1, 3, 0, 2, 4]);
        assert_eq!(ClassPattern::new(&[2_000_000, 1_000_000]).period(), 3);
        assert_eq!((0..4).map(|index| ClassPattern::new(&[2, 2]).class(index)).collect::<Vec<_>>(), [0, 1, 0, 1]);
    }

    #[test]
    fn parts_are_even_and_mix_classes() {
        for parts in 1..=12u64 {
            let mut counts = vec![0u64; usize::try_from(parts).unwrap()];
            for index in 0..500 {
                counts[usize::try_from(part_of(index, parts)).unwrap()] += 1;
                let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
                assert!(index % parts != parts - 1 || least == most, "{parts}: {counts:?}");
                assert!(most - least <= 2, "{parts}: {counts:?}");
            }
        }
        // A class with any distance is spread over ten shards.
        for distance in 1..=40u64 {
            let mut counts = [0u64; 10];
            for nth in 0..1000 {
                counts[usize::try_from(part_of(nth * distance, 10)).unwrap()] += 1;
            }
            assert!(counts.iter().all(|count| (70..=130).contains(count)), "{distance}: {counts:?}");
        }
    }

    #[test]
    fn nested_parts_partition() {
        let all: Vec<Membership> =
            (0..3).flat_map(|shard| (0..4).map(move |worker| Membership::default().within(shard, 3).within(worker, 4))).collect();
        for index in 0..1000 {
            assert_eq!(all.iter().filter(|part| part.contains(index)).count(), 1);
            assert!(all.iter().all(|part| part.contains(index) == (part.part_with(index) as u64 == part.part())));
        }
        assert!(all.iter().all(|part| part.parts() == 12 && (83..=84).contains(&part.count(1000))));
        let mut numbers: Vec<u64> = all.iter().map(Membership::part).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..12).collect::<Vec<_>>());
    }
}
