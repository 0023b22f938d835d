//! When a row of `unique` data that is used repeatedly belongs to a function: rows pass one by one from one interval's worker to the next
//! one's, as users do.

use std::time::Duration;

use crate::schedule::Slice;
use crate::tables::AtEnd;

/// The facts that determine when a worker may draw a row.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowAssignment {
    slice: Option<Slice>,
    graceful_stop: Duration,
}

impl RowAssignment {
    /// The assignment of a worker's slice.
    pub(crate) fn of(slice: &Slice, graceful_stop: Duration) -> Self {
        Self { slice: Some(slice.clone()), graceful_stop }
    }

    /// Whether a row that is used repeatedly may be drawn now; `None` if it never may be again.
    pub(super) fn is_here(&self, row: usize, at_end: AtEnd, now: impl Fn() -> Duration) -> Option<bool> {
        let Some((from, until)) = self.slice.as_ref().filter(|_| at_end == AtEnd::Recycle).and_then(|slice| slice.passing(row as u64))
        else {
            return Some(true);
        };
        let now = now();
        // Waits until the iteration of the other function that holds the row has ended.
        let from = if from.is_zero() { from } else { from + self.graceful_stop };
        (now < until).then_some(now >= from)
    }

    /// The row that a user gets if none is here, because more users than rows have passed: the one that passes, or has passed, at the nearest
    /// time. Otherwise the hand-over would fail iterations that succeed before and after it.
    pub(super) fn nearest(&self, rows: impl Iterator<Item = usize>, now: Duration) -> Option<usize> {
        let slice = self.slice.as_ref()?;
        let distance = |row: usize| {
            let (from, until) = slice.passing(row as u64)?;
            Some((from.saturating_sub(now) + now.saturating_sub(until), row))
        };
        rows.filter_map(distance).min().map(|(_, row)| row)
    }
}
