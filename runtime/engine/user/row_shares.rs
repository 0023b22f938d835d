//! Shares out the rows of `unique` data among the functions and workers of a test. Each worker computes its share alone, from the plan.
//!
//! The position of a row is its number, or for `order random` its number in an order that all workers have. The users that hold rows are
//! numbered, too: positions go round these users, and a worker has the rows of its users. A row that a user keeps is therefore the user's
//! in every interval, and as many rows suffice as there are users. Rows that iterations draw only once in a test are dealt by the expected
//! iterations instead: first to the intervals one after another, then to the workers of the interval in turn. As many rows suffice as there
//! are arrivals.

use std::ops::Range;

use crate::schedule::{Expected, Slice};
use crate::tables::{AtEnd, DataInfo};

/// A worker's share of a data source.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RowShare {
    /// The worker's rows for its users, by position. They are the same in all intervals.
    pub(super) mine: Vec<usize>,
    /// The numbers of its users that hold rows, sorted. User number `n` of them keeps row number `n` of `mine`.
    pub(super) keepers: Vec<u64>,
    /// The rows that iterations draw, in order.
    pub(super) drawn: Vec<usize>,
}

impl RowShare {
    /// The share of the worker with this slice. `order`: the rows by position.
    pub(super) fn of(info: &DataInfo, order: &[usize], slice: &Slice) -> Self {
        let holders = slice.holders(&[info.kept_by, info.drawn_by].concat());
        let (worker, workers) = slice.worker();
        let ours = |position: usize| match holders.len() {
            0 => position % workers == worker,
            count => holders[position % count].1,
        };
        let mine: Vec<usize> = (0..order.len()).filter(|position| ours(*position)).map(|position| order[position]).collect();
        let keepers = holders.iter().filter(|(_, ours)| *ours).map(|(user, _)| *user).collect();
        let drawn = if info.at_end == AtEnd::Recycle {
            mine.clone()
        } else if info.kept_by.is_empty() {
            let expected = slice.expected(info.drawn_by);
            dealt(order.len(), &expected).into_iter().map(|position| order[position]).collect()
        } else {
            // Iterations must not draw a row that a user of another worker keeps.
            let expected = slice.expected(info.drawn_by);
            let range = interval(mine.len(), expected.own);
            let gone = range.start + portion(range.len(), expected.gone, expected.own[1]);
            mine[gone..range.end].to_vec()
        };
        Self { mine, keepers, drawn }
    }

    /// The row that a user keeps as its `nth` one; `None` if the worker has no such user.
    pub(super) fn kept(&self, user: u64, nth: usize) -> Option<usize> {
        let number = self.keepers.binary_search(&user).ok()?;
        Some(number + nth * self.keepers.len())
    }
}

/// `count · part / whole`, rounded down; 0 of nothing.
fn portion(count: usize, part: u128, whole: u128) -> usize {
    (count as u128 * part).checked_div(whole).map_or(0, |portion| usize::try_from(portion).unwrap_or(count))
}

/// The positions of an interval, of which the parts before, in and after it have these expected iterations. Without any, it has all.
fn interval(count: usize, [before, own, after]: [u128; 3]) -> Range<usize> {
    match before + own + after {
        0 => 0..count,
        whole => portion(count, before, whole)..portion(count, before + own, whole),
    }
}

/// The positions of a worker's rows in an interval, in order. The workers take them in turn, each as often as its share requires: the middles
/// of equal parts of the interval, as many parts as the worker has rows.
fn dealt(count: usize, expected: &Expected) -> Vec<usize> {
    let range = interval(count, expected.all);
    // Without any expected iteration, workers have equal shares.
    let none = expected.workers.iter().all(|amount| *amount == 0);
    let amounts = expected.workers.iter().map(|amount| if none { 1 } else { *amount });
    let whole: u128 = amounts.clone().sum();
    let mut reached = (0, 0);
    let counts: Vec<u128> = amounts
        .map(|amount| {
            let (before, to) = (reached.1, reached.0 + amount);
            reached = (to, portion(range.len(), to, whole));
            (reached.1 - before) as u128
        })
        .collect();
    let Some(own) = counts.get(expected.worker).copied() else { return Vec::new() };
    // The rows of another worker whose middles, of two parts of its number each, come before that of row `nth`.
    let before = |nth: u128, (worker, theirs): (usize, u128)| match worker.cmp(&expected.worker) {
        std::cmp::Ordering::Equal => nth,
        other => {
            let middle = (2 * nth + 1) * theirs - u128::from(other.is_gt());
            (middle / own).div_ceil(2)
        }
    };
    let gone = portion(usize::try_from(own).unwrap_or(0), expected.gone, expected.workers[expected.worker]) as u128;
    let positions = (gone..own).map(|nth| {
        let others: u128 = counts.iter().copied().enumerate().filter(|(_, theirs)| *theirs > 0).map(|other| before(nth, other)).sum();
        range.start + usize::try_from(others).unwrap_or(usize::MAX)
    });
    positions.collect()
}
