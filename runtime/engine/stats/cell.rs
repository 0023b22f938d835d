//! A report row's figures of a part of the test, and the packed form in which the cells of a row are stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::durations::Durations;
use super::{room, varint};

/// Bytes that a row has room for in each of its cells. A distribution of forty steps needs about as many.
const ROOM: usize = 96;

/// A distribution with steps of a sixteenth of an octave: a few dozen numbers instead of the hundreds of a histogram with three digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<u64>", into = "Vec<u64>")]
pub struct Sketch(BTreeMap<u16, u64>);

const STEPS: f64 = 16.0;

impl Sketch {
    pub(super) fn add(&mut self, durations: &Durations) {
        for (us, count) in durations.buckets() {
            let step = ((us.max(1) as f64).log2() * STEPS).floor();
            *self.0.entry(step as u16).or_default() += count;
        }
    }

    fn merge(&mut self, other: &Self) {
        for (&step, &count) in &other.0 {
            *self.0.entry(step).or_default() += count;
        }
    }

    /// The number of values.
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// The number of greater values, accurate to the width of a step.
    pub fn above(&self, us: u64) -> u64 {
        let step = ((us.max(1) as f64).log2() * STEPS).floor() as u16;
        self.0.range(step.saturating_add(1)..).map(|(_, count)| count).sum()
    }

    /// The value that a fraction of all values doesn't exceed, as the middle of its step; 0 without values.
    pub fn quantile_us(&self, quantile: f64) -> u64 {
        let rank = ((self.count() as f64 * quantile).ceil() as u64).max(1);
        let mut seen = 0;
        for (&step, &count) in &self.0 {
            seen += count;
            if seen >= rank {
                return ((f64::from(step) + 0.5) / STEPS).exp2().round() as u64;
            }
        }
        0
    }
}

impl From<Vec<u64>> for Sketch {
    fn from(flat: Vec<u64>) -> Self {
        let pairs = flat.chunks_exact(2).filter_map(|pair| Some((u16::try_from(pair[0]).ok()?, pair[1])));
        Self(pairs.collect())
    }
}

impl From<Sketch> for Vec<u64> {
    fn from(sketch: Sketch) -> Self {
        sketch.0.into_iter().flat_map(|(step, count)| [u64::from(step), count]).collect()
    }
}

/// A row's figures of a part of the test.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Requests that ended in it.
    pub requests: u64,
    /// The number of them that failed.
    pub failures: u64,
    /// The sum of the response times of successful requests, in microseconds.
    pub sum_us: u64,
    /// The greatest of these times.
    pub max_us: u64,
    /// The distribution of these times, approximately: step and count, alternating. Step `n` begins at 2^(n/16) microseconds.
    /// [`Sketch::count`] is the
    /// number of successful requests.
    pub times: Sketch,
}

impl Cell {
    pub(super) fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.failures += other.failures;
        self.sum_us += other.sum_us;
        self.max_us = self.max_us.max(other.max_us);
        self.times.merge(&other.times);
    }

    /// An approximate percentile, which is never above the maximum.
    pub fn quantile_us(&self, quantile: f64) -> u64 {
        self.times.quantile_us(quantile).min(self.max_us)
    }
}

/// The cells of a row in the order of their numbers, one after the other as small numbers: a tenth of the memory of the same cells in maps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<u64, Cell>", into = "BTreeMap<u64, Cell>")]
pub(super) struct Cells {
    bytes: Vec<u8>,
    /// The number of the last cell, and where it begins.
    last: Option<(u64, usize)>,
}

impl Cells {
    /// No cells, with the memory for this many. A row takes it at once, so that a long test does not need more and more.
    pub(super) fn with_room(cells: usize) -> Self {
        Self { bytes: room::taken(cells * ROOM, u8::MAX), last: None }
    }

    /// Changes a cell, or makes it.
    pub(super) fn change(&mut self, number: u64, change: impl FnOnce(&mut Cell)) {
        let mut cell = Cell::default();
        match self.last {
            Some((last, _)) if last > number => {
                let mut cells = BTreeMap::from(std::mem::take(self));
                change(cells.entry(number).or_default());
                *self = Self::from(cells);
                return;
            }
            Some((last, at)) if last == number => {
                cell = read_cell(&mut &self.bytes[at..]).unwrap_or_default();
                self.bytes.truncate(at);
            }
            last => {
                varint::write(&mut self.bytes, number - last.map_or(0, |(last, _)| last));
                self.last = Some((number, self.bytes.len()));
            }
        }
        change(&mut cell);
        write_cell(&mut self.bytes, &cell);
    }

    /// Merges each pair of neighbors, which get half their number.
    pub(super) fn halve(&mut self) {
        let cells: Vec<_> = self.iter().collect();
        self.bytes.clear();
        self.last = None;
        for (number, cell) in cells {
            self.change(number / 2, |merged| merged.merge(&cell));
        }
    }

    /// The number of the last cell.
    pub(super) fn last(&self) -> Option<u64> {
        self.last.map(|(number, _)| number)
    }

    /// The cells with their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, Cell)> + '_ {
        let (mut rest, mut number) = (self.bytes.as_slice(), 0);
        std::iter::from_fn(move || {
            number += varint::read(&mut rest)?;
            Some((number, read_cell(&mut rest)?))
        })
    }
}

impl From<BTreeMap<u64, Cell>> for Cells {
    fn from(map: BTreeMap<u64, Cell>) -> Self {
        let mut cells = Self::default();
        map.into_iter().for_each(|(number, cell)| cells.change(number, |new| *new = cell));
        cells
    }
}

impl From<Cells> for BTreeMap<u64, Cell> {
    fn from(cells: Cells) -> Self {
        cells.iter().collect()
    }
}

fn write_cell(bytes: &mut Vec<u8>, cell: &Cell) {
    for number in [cell.requests, cell.failures, cell.sum_us, cell.max_us, cell.times.0.len() as u64] {
        varint::write(bytes, number);
    }
    let mut before = 0;
    for (&step, &count) in &cell.times.0 {
        varint::write(bytes, u64::from(step - before));
        varint::write(bytes, count);
        before = step;
    }
}

fn read_cell(bytes: &mut &[u8]) -> Option<Cell> {
    let mut number = || varint::read(bytes);
    let mut cell = Cell { requests: number()?, failures: number()?, sum_us: number()?, max_us: number()?, ..Cell::default() };
    let mut step = 0;
    for _ in 0..number()? {
        step += u16::try_from(number()?).ok()?;
        cell.times.0.insert(step, number()?);
    }
    Some(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(requests: u64) -> Cell {
        let times = Sketch((0..requests % 7).map(|nth| (nth as u16 * 90, requests << nth)).collect());
        Cell { requests, failures: requests / 2, sum_us: requests << 40, max_us: u64::MAX - requests, times }
    }

    #[test]
    fn cells_are_read_back_whatever_the_order_in_which_they_came() {
        let mut cells = Cells::default();
        let mut map = BTreeMap::new();
        for (nth, number) in [4, 4, 9, 200, 200, 7, 0, 1_000_000, 3].into_iter().enumerate() {
            let other = cell(nth as u64 + 1);
            cells.change(number, |cell| cell.merge(&other));
            map.entry(number).or_insert_with(Cell::default).merge(&other);
        }
        assert_eq!(cells.last(), Some(1_000_000));
        assert_eq!(cells.iter().collect::<BTreeMap<_, _>>(), map);
        let json = serde_json::to_string(&cells).unwrap();
        assert_eq!(json, serde_json::to_string(&map).unwrap());
        assert_eq!(serde_json::from_str::<Cells>(&json).unwrap(), cells);
        cells.halve();
        assert_eq!(cells.iter().map(|(number, _)| number).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 100, 500_000]);
        assert_eq!(cells.iter().map(|(_, cell)| cell.requests).sum::<u64>(), 45);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn cells_take_their_memory_at_once() {
        let rows: Vec<Cells> = std::iter::repeat_with(|| Cells::with_room(24)).take(10_000).collect();
        assert!(rows.iter().all(|cells| room::tests::is_in_memory(&cells.bytes)));
    }

    #[test]
    fn cells_of_a_usual_row_stay_within_their_room() {
        let mut cells = Cells::with_room(40);
        let room = cells.bytes.capacity();
        for number in 0..40 {
            let mut durations = Durations::default();
            // 90 requests, most of them between 0.5 and 3 ms.
            (0..90u64).for_each(|nth| durations.record_us(if nth == 7 { 60_000 } else { 500 + (nth * nth * 31 + number * 17) % 2_500 }));
            cells.change(number, |cell| {
                cell.requests += 90;
                cell.sum_us += durations.summary().sum_us;
                cell.times.add(&durations);
            });
        }
        assert_eq!(cells.bytes.capacity(), room, "{} bytes", cells.bytes.len());
    }
}
