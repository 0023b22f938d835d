//! The time that a slice covers, and how users pass at its borders: each user, and each slot of arrivals, has its own time.
//!
//! A test that is longer than a function may run is divided into intervals. If all users changed their function at the border, all of them
//! would start at the same time. Instead, user `k` passes at `border + share(k)` within a window after the border. Both functions compute
//! this time from the number alone. Load that begins after the border belongs to the later function immediately.

/// 2⁶⁴ divided by the golden ratio. Any number of its multiples, modulo 2⁶⁴, are spread evenly. So are multiples at any regular distance:
/// the users of one shard, or of one class.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The part of the time that a slice covers. All times are nanoseconds from the start of the test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    /// The border to the previous interval.
    pub(super) from: u64,
    /// The border to the next interval.
    pub(super) to: Option<u64>,
    /// The time after `from` in which users pass.
    pub(super) enter: u64,
    /// The time after `to` in which users pass.
    pub(super) leave: u64,
    /// Earlier load belongs to another function: a function that replaces a lost one begins in the middle of its interval.
    pub(super) since: u64,
}

impl Span {
    /// The first covered moment.
    pub(super) fn begin(&self) -> u64 {
        self.from.max(self.since)
    }

    /// The first moment at which everything is over.
    pub(super) fn end(&self) -> Option<u64> {
        self.to.map(|to| to.saturating_add(self.leave)).filter(|end| *end != u64::MAX)
    }

    /// The time from which the user, or the slot, with that index is covered, if it began before `from`.
    pub(super) fn entry(&self, index: u64) -> u64 {
        self.from.saturating_add(share(index, self.enter)).max(self.since)
    }

    /// The time from which the user, or the slot, with that index belongs to the next interval.
    pub(super) fn exit(&self, index: u64) -> u64 {
        self.to.map_or(u64::MAX, |to| to.saturating_add(share(index, self.leave)))
    }

    /// The covered part of the time from `began` to `ends` of the user with that index; `None` if it is empty.
    pub(super) fn covered(&self, index: u64, began: u64, ends: u64) -> Option<(u64, u64)> {
        if self.to.is_some_and(|to| began >= to) {
            return None;
        }
        let low = if began < self.from { self.entry(index) } else { began.max(self.since) };
        let high = ends.min(self.exit(index));
        (low < high).then_some((low, high))
    }
}

/// A share of a window for each index. The shares are spread evenly.
fn share(index: u64, window: u64) -> u64 {
    let product = u128::from(index.wrapping_mul(GOLDEN)) * u128::from(window);
    // Takes the upper half of the product of two 64-bit numbers.
    u64::try_from(product >> 64).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_any_regular_choice_of_users_are_spread_evenly() {
        for (distance, count) in [(1, 400), (1, 10), (4, 100), (10, 40), (3, 5_000), (7, 33)] {
            let window = 20_000_000_000;
            let mut moments: Vec<u64> = (0..count).map(|nth| share(nth * distance, window)).collect();
            moments.sort_unstable();
            for (nth, moment) in moments.iter().enumerate() {
                let even = window / count * nth as u64;
                assert!(moment.abs_diff(even) <= window / count * 8, "{count} users, every {distance}th: {moment} instead of {even}");
            }
        }
    }

    #[test]
    fn user_is_covered_by_one_of_two_neighbours_at_every_instant() {
        let old = Span { to: Some(1000), leave: 300, ..Span::default() };
        let new = Span { from: 1000, enter: 300, ..Span::default() };
        for index in 0..100 {
            let at = new.entry(index);
            assert_eq!(
                (old.exit(index), old.covered(index, 10, 5000), new.covered(index, 10, 5000)),
                (at, Some((10, at)), Some((at, 5000)))
            );
            assert!((1000..1300).contains(&at));
            // Load that begins after the border belongs to the new interval, and load that ends before the user passes to the old one.
            assert_eq!((old.covered(index, 1000, 5000), new.covered(index, 1000, 5000)), (None, Some((1000, 5000))));
            assert_eq!((old.covered(index, 10, at), new.covered(index, 10, at)), (Some((10, at)), None));
        }
    }

    #[test]
    fn replacement_covers_nothing_before_its_begin() {
        let span = Span { from: 1000, to: Some(2000), enter: 300, leave: 300, since: 1500 };
        assert_eq!((span.begin(), span.end()), (1500, Some(2300)));
        assert_eq!((span.covered(0, 10, 9000), span.covered(0, 1200, 1400)), (Some((1500, 2000)), None));
    }
}
