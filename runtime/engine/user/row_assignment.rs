//! Assigns the rows of `unique` data to the functions and workers of a test.
//!
//! A worker has the rows whose number, modulo the number of workers of all machines, is the worker's own. The row that a user keeps depends
//! on the user's number, so that the function that continues the user gives it the same row. Rows that are used once in the test are
//! divided among the intervals. Rows that are used repeatedly pass one by one from one interval's worker to the next one's, as users do.

use std::ops::Range;
use std::time::Duration;

use crate::schedule::Slice;
use crate::tables::AtEnd;

/// The facts that determine a worker's rows, apart from its part.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowAssignment {
    /// The worker's users, sorted.
    all: Vec<u64>,
    /// The users whose class has an `on start`, sorted.
    starting: Vec<u64>,
    /// The number of the interval, and the number of intervals; `None` if there is only one, or their number is unknown.
    interval: Option<(u32, u32)>,
    /// The share of the interval that is over when the worker begins, in millionths.
    begun_ppm: u64,
    slice: Option<Slice>,
    graceful_stop: Duration,
}

impl RowAssignment {
    /// The assignment of a worker's slice. `starts` tells for each class whether it has an `on start`.
    pub(crate) fn of(slice: &Slice, starts: impl Fn(usize) -> bool, interval: Option<(u32, u32)>, graceful_stop: Duration) -> Self {
        let classes = 0..slice.plan().classes().len();
        let numbers = |wanted: &dyn Fn(usize) -> bool| {
            let mut numbers: Vec<u64> = classes.clone().filter(|class| wanted(*class)).flat_map(|class| slice.users(class)).collect();
            numbers.sort_unstable();
            numbers
        };
        Self {
            all: numbers(&|_| true),
            starting: numbers(&starts),
            interval: interval.filter(|(_, count)| *count > 1),
            begun_ppm: slice.begun_ppm(),
            slice: Some(slice.clone()),
            graceful_stop,
        }
    }

    /// The index of the worker's row that a user keeps as its `nth` row, in a `keep` or in `on start`; `None` for a user outside of the
    /// load.
    pub(super) fn kept(&self, user: u64, nth: usize, keep: bool) -> Option<usize> {
        let numbers = if keep { &self.all } else { &self.starting };
        let rank = numbers.binary_search(&user).ok()?;
        Some(rank + nth * numbers.len())
    }

    /// The range of the worker's `count` rows that iterations draw in this interval.
    pub(super) fn drawn(&self, count: usize, at_end: AtEnd) -> Range<usize> {
        let (Some((number, of)), false) = (self.interval, at_end == AtEnd::Recycle) else { return 0..count };
        let cut = |parts: u64, of: u64| usize::try_from(count as u64 * parts / of).unwrap_or(count);
        let (from, to) = (cut(u64::from(number), u64::from(of)), cut(u64::from(number) + 1, u64::from(of)));
        // Skips the rows that a lost function has already used.
        let gone = u64::try_from(to - from).unwrap_or(0) * self.begun_ppm / 1_000_000;
        from + usize::try_from(gone).unwrap_or(0)..to
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::rows::RowPools;
    use super::*;
    use crate::schedule::{Plan, WeightedClass};
    use crate::tables::DataInfo;

    const SECOND: Duration = Duration::from_secs(1);

    const DATA: DataInfo = DataInfo {
        name: "accounts",
        path: "accounts.csv",
        columns: &["id"],
        secrets: &[],
        rows: b"[0]\n[1]\n[2]\n[3]\n[4]\n[5]\n[6]\n[7]\n[8]\n[9]\n[10]\n[11]\n[12]\n[13]\n[14]\n[15]\n[16]\n[17]\n[18]\n[19]\n[20]\n[21]\n[22]\n[23]\n",
        random: true,
        unique: true,
        at_end: AtEnd::Recycle,
    };
    static RECYCLED: [DataInfo; 1] = [DATA];
    static ONCE: [DataInfo; 1] = [DataInfo { at_end: AtEnd::StopTest, ..DATA }];

    /// The pools and the assignment of one of two workers, in one of three intervals of 30 s with a window of 10 s.
    fn worker(data: &'static [DataInfo], part: u64, interval: u32, since: Duration) -> (RowPools, RowAssignment) {
        let profile = ltc_config::Profile::parse("profile: {runner: {clients: 24, hatch_rate: 24, duration: 90s}}", "x.yml").unwrap();
        let plan = Plan::new(&profile, &[WeightedClass::new("A", 1), WeightedClass::new("B", 1)]).unwrap();
        let enter = if interval == 0 { Duration::ZERO } else { SECOND * 10 };
        let leave = if interval == 2 { Duration::ZERO } else { SECOND * 10 };
        let slice = plan.slice(part, 2).interval(SECOND * 30 * interval, Some(SECOND * 30 * (interval + 1)), enter, leave).since(since);
        let assignment = RowAssignment::of(&slice, |class| class == 1, Some((interval, 3)), SECOND);
        let pools = RowPools::new(data, (u64::from(interval), 5), part, 2).unwrap();
        pools.assign(&assignment);
        (pools, assignment)
    }

    #[test]
    fn kept_row_belongs_to_its_user_in_every_interval() {
        let kept = |interval, backwards: bool, keep| {
            let mut rows = BTreeMap::new();
            for part in 0..2 {
                let (pools, assignment) = worker(&RECYCLED, part, interval, Duration::ZERO);
                let mut users = if keep { assignment.all.clone() } else { assignment.starting.clone() };
                if backwards {
                    users.reverse();
                }
                for user in users {
                    let row = pools.0[0].draw_kept(&assignment, user, 0, keep).unwrap();
                    assert!(rows.insert(user, row).is_none());
                }
            }
            rows
        };
        for keep in [true, false] {
            let first = kept(0, false, keep);
            assert_eq!(first.len(), if keep { 24 } else { 12 });
            let mut rows: Vec<usize> = first.values().copied().collect();
            rows.sort_unstable();
            rows.dedup();
            assert_eq!(rows.len(), first.len(), "no two users have one row");
            assert_eq!((kept(1, true, keep), kept(2, false, keep)), (first.clone(), first));
        }
    }

    #[test]
    fn row_of_stop_test_is_drawn_once_in_the_whole_test() {
        let mut drawn = Vec::new();
        for (part, interval) in [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2)] {
            let (pools, assignment) = worker(&ONCE, part, interval, Duration::ZERO);
            drawn.extend(std::iter::from_fn(|| pools.0[0].draw(&assignment, || SECOND * 45)));
        }
        drawn.sort_unstable();
        assert_eq!(drawn, (0..24).collect::<Vec<_>>());
        // A function that replaces a lost one after half of the interval has the second half of its rows.
        let (pools, assignment) = worker(&ONCE, 0, 1, SECOND * 45);
        assert_eq!(std::iter::from_fn(|| pools.0[0].draw(&assignment, || SECOND * 45)).count(), 2);
    }

    #[test]
    fn recycled_row_is_one_functions_at_a_time() {
        let (_, old) = worker(&RECYCLED, 0, 0, Duration::ZERO);
        let (_, new) = worker(&RECYCLED, 0, 1, Duration::ZERO);
        for at in (29..43).map(|seconds| SECOND * seconds) {
            let here = |assignment: &RowAssignment| {
                (0..24).filter(|row| assignment.is_here(*row, AtEnd::Recycle, || at) == Some(true)).collect::<Vec<_>>()
            };
            let (of_old, of_new) = (here(&old), here(&new));
            assert!(of_old.iter().all(|row| !of_new.contains(row)), "{at:?}: {of_old:?} {of_new:?}");
            match at.as_secs() {
                29 => assert_eq!((of_old.len(), of_new.len()), (24, 0)),
                42 => assert_eq!((of_old.len(), of_new.len()), (0, 24)),
                _ => {}
            }
        }
    }

    #[test]
    fn users_find_rows_at_every_time_of_a_hand_over() {
        let (old, old_assignment) = worker(&RECYCLED, 0, 0, Duration::ZERO);
        let (new, new_assignment) = worker(&RECYCLED, 0, 1, Duration::ZERO);
        for at in (0..120).map(|tenths| SECOND * 29 + SECOND * tenths / 10) {
            for (pools, assignment) in [(&old, &old_assignment), (&new, &new_assignment)] {
                // The worker has as many rows as users, and each user draws several times.
                let users = assignment.slice.as_ref().unwrap().users_at(at).iter().sum::<u64>();
                for _ in 0..3 {
                    let rows: Vec<usize> = (0..users).map(|_| pools.0[0].draw(assignment, || at).unwrap()).collect();
                    assert_eq!(BTreeSet::from_iter(&rows).len() as u64, users, "{at:?}: {rows:?}");
                    pools.release(&mut rows.iter().map(|row| (0, *row)).collect());
                }
            }
        }
    }
}
