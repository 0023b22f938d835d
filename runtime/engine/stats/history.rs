//! The history of each report row, for charts. Counts are exact, times are accurate to 2.2 %. The memory is limited for any length of the
//! test and any number of rows.

use serde::{Deserialize, Serialize};

use super::cell::{Cell, Cells};
use super::snapshot::Snapshot;

/// The most cells of all rows together. A cell has a row's figures of a part of the test.
const CELLS: usize = 40_000;
/// The most cells of a row.
const MOST: usize = 360;
/// The least number of cells that a row has room for.
const LEAST: usize = 24;

/// The history of each row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The width of a cell; 0 before the first one.
    width_us: u64,
    /// The cells by row and number. A cell begins approximately at its number times the width.
    lines: Vec<Cells>,
}

impl History {
    /// Adds an interval's snapshot to the cell at the time `at_us`. `width_us` is the initial width of a cell.
    pub(super) fn add(&mut self, delta: &Snapshot, width_us: u64, at_us: u64) {
        self.reach(width_us, delta.names.len());
        let number = at_us / self.width_us;
        for (line, stats) in self.lines.iter_mut().zip(&delta.names).filter(|(_, stats)| stats.tried() > 0) {
            let times = stats.response();
            line.change(number, |cell| {
                cell.requests += stats.requests;
                cell.failures += stats.failures;
                cell.sum_us += times.summary().sum_us;
                cell.max_us = cell.max_us.max(times.max_us());
                cell.times.add(times);
            });
        }
        self.bound();
    }

    /// Adds another history with other row numbers, which began `shift_us` later.
    pub(super) fn merge(&mut self, other: &Self, line_of: impl Fn(usize) -> usize, shift_us: u64) {
        if other.width_us == 0 {
            return;
        }
        let lines = (0..other.lines.len()).map(|line| line_of(line) + 1).max().unwrap_or(0);
        self.reach(other.width_us, lines);
        while self.width_us < other.width_us {
            self.widen();
        }
        for (index, cells) in other.lines.iter().enumerate() {
            for (number, cell) in cells.iter() {
                let middle = number * other.width_us + other.width_us / 2 + shift_us;
                self.lines[line_of(index)].change(middle / self.width_us, |merged| merged.merge(&cell));
            }
        }
        self.bound();
    }

    fn reach(&mut self, width_us: u64, lines: usize) {
        if self.width_us == 0 {
            self.width_us = width_us.max(1);
        }
        if self.lines.len() < lines {
            self.lines.resize_with(lines, || Cells::with_room(most(lines)));
        }
    }

    fn bound(&mut self) {
        let most = most(self.lines.len()) as u64;
        while self.lines.iter().filter_map(Cells::last).any(|number| number >= most) {
            self.widen();
        }
    }

    fn widen(&mut self) {
        self.width_us = self.width_us.saturating_mul(2);
        self.lines.iter_mut().for_each(Cells::halve);
    }

    /// The width of a cell in microseconds.
    pub fn width_us(&self) -> u64 {
        self.width_us
    }

    /// A row's cells with their numbers.
    pub fn line(&self, line: usize) -> impl Iterator<Item = (u64, Cell)> + '_ {
        self.lines.get(line).into_iter().flat_map(|cells| cells.iter())
    }
}

/// The most cells of each row in a report with this many rows.
fn most(lines: usize) -> usize {
    (CELLS / lines.max(1)).clamp(LEAST, MOST)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Durations, Recorder, Sample, Sketch};
    use super::*;

    fn second(recorder: &mut Recorder, n: u64, lines: u32) -> Snapshot {
        for name in 0..lines {
            for i in 1..=5 {
                let took = Duration::from_millis(i);
                recorder.record(&Sample { name, service: took, response: took, ok: i > 1, ..Sample::default() });
            }
        }
        recorder.snapshot(Duration::from_secs(n + 1), 1, 1)
    }

    #[test]
    fn history_of_many_rows_and_a_long_test_is_limited() {
        for (lines, most, seconds) in [(2, 360, 500), (400, 100, 120)] {
            let mut recorder = Recorder::new(lines, 0);
            let mut history = History::default();
            for n in 0..seconds {
                history.add(&second(&mut recorder, n, lines as u32), 1_000_000, n * 1_000_000 + 500_000);
            }
            assert!(history.line(0).count() <= most && history.line(0).count() > most / 3);
            assert_eq!(history.line(1).map(|(_, cell)| cell.requests).sum::<u64>(), 5 * seconds);
            assert_eq!(history.line(1).map(|(_, cell)| cell.failures).sum::<u64>(), seconds);
            let json = serde_json::to_string(&history).unwrap();
            assert_eq!(serde_json::from_str::<History>(&json).unwrap(), history);
        }
    }

    #[test]
    fn percentiles_are_right_to_two_percent() {
        let mut durations = Durations::default();
        (1..=100_000u64).for_each(|us| durations.record_us(us * 7));
        let mut sketch = Sketch::default();
        sketch.add(&durations);
        for quantile in [0.1, 0.5, 0.9, 0.99, 0.999] {
            let (rough, exact) = (sketch.quantile_us(quantile) as f64, durations.quantile_us(quantile) as f64);
            assert!((rough / exact - 1.0).abs() < 0.023, "{quantile}: {rough} {exact}");
        }
        assert_eq!(sketch.count(), 100_000);
        assert!((sketch.above(630_000) as f64 - 10_000.0).abs() < 3_200.0, "{}", sketch.above(630_000));
        assert_eq!(Sketch::default().quantile_us(0.5), 0);
    }

    #[test]
    fn merging_renumbers_lines_and_shifts_time() {
        let (mut a, mut b) = (Recorder::new(1, 0), Recorder::new(2, 1));
        let (mut first, mut other) = (History::default(), History::default());
        first.add(&second(&mut a, 0, 1), 1_000_000, 500_000);
        other.add(&second(&mut b, 0, 2), 1_000_000, 500_000);
        first.merge(&other, |line| 1 - line, 3_000_000);
        assert_eq!(first.line(0).map(|(number, cell)| (number, cell.requests)).collect::<Vec<_>>(), [(0, 5), (3, 5)]);
        assert_eq!(first.line(1).map(|(number, cell)| (number, cell.requests)).collect::<Vec<_>>(), [(3, 5)]);
    }
}
