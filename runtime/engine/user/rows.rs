//! Rows of data: which user draws which row, and how long it holds it.
//!
//! Of a `unique` set, a worker has a share of the rows, which no other worker has. Of other sets, each worker has all rows.
//!
//! The rows stay in the binary, which the system maps. A worker knows where each row ends, and parses a row when a user draws it. Only
//! the rows of small sets are kept as values.

use std::cell::{OnceCell, RefCell};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use ecow::{EcoString, EcoVec};

use super::row_assignment::RowAssignment;
use super::row_shares::RowShare;
use crate::functions::Rng;
use crate::schedule::Slice;
use crate::tables::{AtEnd, DataInfo};
use crate::value::{Eval, EvalError, Map, Value};

/// The data sources of a worker.
#[derive(Debug)]
pub(crate) struct RowPools(pub(crate) Vec<RowPool>);

#[derive(Debug)]
pub(crate) struct RowPool {
    pub(crate) info: &'static DataInfo,
    /// Where each row ends.
    ends: Vec<u32>,
    /// All rows as values: of a small set, or once a user has read `rows.all`.
    all: OnceCell<EcoVec<Value>>,
    state: RefCell<PoolState>,
}

/// Sets of at most this many bytes are kept as values.
const SMALL: usize = 1024 * 1024;

#[derive(Debug)]
struct PoolState {
    /// The worker's rows. Before they are shared out, all rows in the order that all workers have.
    share: RowShare,
    /// The rows that this round still draws, in order.
    queue: VecDeque<usize>,
    /// Returned rows, for the next round.
    back: VecDeque<usize>,
    /// Whether a user holds a row of `unique` data.
    in_use: Vec<bool>,
    rng: Rng,
}

/// The rows that a user holds, by pool and number.
#[derive(Debug, Default)]
pub(crate) struct HeldRows {
    /// Rows that it holds until the iteration ends.
    pub(crate) iteration: Vec<(usize, usize)>,
    /// Rows that it holds until it stops.
    pub(crate) user: Vec<(usize, usize)>,
}

impl RowPools {
    /// Creates the pools of a worker, which has all rows until they are shared out. `seed` is the worker's own, `test_seed` that of the
    /// whole test.
    pub(crate) fn new(infos: &'static [DataInfo], (seed, test_seed): (u64, u64), part: u64) -> Result<Self, String> {
        let pools = infos.iter().enumerate().map(|(index, info)| {
            let stream = (index as u64) << 32;
            RowPool::new(info, Rng::new(seed ^ 0xda7a, stream | part), &Rng::new(test_seed ^ 0xdea1, stream))
        });
        pools.collect::<Result<_, _>>().map(Self)
    }

    /// Keeps the rows of the worker with this slice.
    pub(crate) fn share_out(&self, slice: &Slice) {
        self.0.iter().filter(|pool| pool.info.unique).for_each(|pool| {
            let mut state = pool.state.borrow_mut();
            state.share = RowShare::of(pool.info, &state.share.mine, slice);
            state.queue = std::mem::take(&mut state.share.drawn).into();
        });
    }

    /// Returns rows that were drawn for an iteration.
    pub(crate) fn release(&self, rows: &mut Vec<(usize, usize)>) {
        for (pool, row) in rows.drain(..) {
            let mut state = self.0[pool].state.borrow_mut();
            state.in_use[row] = false;
            state.back.push_back(row);
        }
    }

    /// Returns rows that a user kept.
    pub(crate) fn release_kept(&self, rows: &mut Vec<(usize, usize)>) {
        for (pool, row) in rows.drain(..) {
            self.0[pool].state.borrow_mut().in_use[row] = false;
        }
    }

    /// All rows of a pool.
    pub(crate) fn all(&self, pool: usize) -> Value {
        Value::List(self.0[pool].all().clone())
    }
}

impl RowPool {
    fn new(info: &'static DataInfo, rng: Rng, order: &Rng) -> Result<Self, String> {
        let ends = memchr::memchr_iter(b'\n', info.rows).map(u32::try_from).collect::<Result<Vec<_>, _>>();
        let ends = ends.map_err(|_| format!("the data {} has more than 4 GB of rows", info.name))?;
        let count = ends.len();
        let mut queue: VecDeque<usize> = (0..count).collect();
        if info.random {
            shuffle(&mut queue, if info.unique { order } else { &rng });
        }
        let in_use = vec![false; if info.unique { count } else { 0 }];
        let mine = if info.unique { queue.clone().into() } else { Vec::new() };
        let share = RowShare { mine, keepers: Vec::new(), drawn: Vec::new() };
        let state = PoolState { share, queue, back: VecDeque::new(), in_use, rng };
        let pool = Self { info, ends, all: OnceCell::new(), state: RefCell::new(state) };
        if info.rows.len() <= SMALL {
            let rows = (0..count).map(|row| pool.read(row)).collect::<Result<_, _>>();
            let rows = rows.map_err(|EvalError(why)| format!("the data {}: {why}", info.name))?;
            pool.all.get_or_init(|| rows);
        }
        Ok(pool)
    }

    /// How many rows there are.
    pub(crate) fn count(&self) -> usize {
        self.ends.len()
    }

    /// A row.
    pub(crate) fn row(&self, row: usize) -> Eval {
        self.all.get().map_or_else(|| self.read(row), |rows| Ok(rows[row].clone()))
    }

    /// A row as the compiler laid it down: a line with a JSON list.
    fn read(&self, row: usize) -> Eval {
        let begin = row.checked_sub(1).map_or(0, |before| self.ends[before] as usize + 1);
        let line = self.info.rows.get(begin..self.ends[row] as usize).unwrap_or_default();
        let cells = Value::from_json(line)?.into_list()?;
        let row: Map = self.info.columns.iter().map(|name| EcoString::from(*name)).zip(cells).collect();
        Ok(Value::Object(Arc::new(row)))
    }

    /// All rows, as values. The compiler lays down rows that can be read.
    fn all(&self) -> &EcoVec<Value> {
        self.all.get_or_init(|| (0..self.count()).filter_map(|row| self.read(row).ok()).collect())
    }

    /// The next row's number; `None` if no row is available.
    pub(crate) fn draw(&self, assignment: &RowAssignment, now: impl Fn() -> Duration) -> Option<usize> {
        let mut state = self.state.borrow_mut();
        if !self.info.unique {
            let row = state.next(self.info)?;
            state.back.push_back(row);
            return Some(row);
        }
        for _ in 0..=state.queue.len() + state.back.len() {
            let Some(row) = state.next(self.info) else { break };
            let here = assignment.is_here(row, self.info.at_end, &now);
            if here == Some(true) && !state.in_use[row] {
                state.in_use[row] = true;
                return Some(row);
            }
            if here.is_some() {
                state.back.push_back(row);
            }
        }
        let free = state.share.mine.iter().copied().filter(|row| !state.in_use[*row]);
        let row = assignment.nearest(free, now()).filter(|_| self.info.at_end == AtEnd::Recycle)?;
        state.queue.retain(|one| *one != row);
        state.back.retain(|one| *one != row);
        state.in_use[row] = true;
        Some(row)
    }

    /// The row that a user keeps: its own, whichever function runs it. If users need more rows than there are, any free row that may be
    /// used again.
    pub(crate) fn draw_kept(&self, user: u64, nth: usize) -> Option<usize> {
        let mut state = self.state.borrow_mut();
        let own = state.share.kept(user, nth);
        let free = |row: &&usize| !state.in_use[**row];
        let mine = &state.share.mine;
        let row = match own.and_then(|own| mine.get(own)).filter(free) {
            Some(row) => *row,
            None if own.is_none() => *mine.iter().find(free)?,
            None if self.info.at_end == AtEnd::Recycle => *mine.iter().rev().find(free)?,
            None => return None,
        };
        state.in_use[row] = true;
        Some(row)
    }
}

impl PoolState {
    fn next(&mut self, info: &DataInfo) -> Option<usize> {
        if self.queue.is_empty() && info.at_end == AtEnd::Recycle {
            std::mem::swap(&mut self.queue, &mut self.back);
            if info.random {
                shuffle(&mut self.queue, &self.rng);
            }
        }
        self.queue.pop_front()
    }
}

fn shuffle(rows: &mut VecDeque<usize>, rng: &Rng) {
    for last in (1..rows.len()).rev() {
        let other = usize::try_from(rng.below(last as u64 + 1)).unwrap_or(0);
        rows.swap(last, other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(rows: String) -> RowPool {
        let info = DataInfo {
            name: "people",
            path: "people.csv",
            columns: &["id", "name"],
            secrets: &[],
            rows: rows.leak().as_bytes(),
            random: false,
            unique: false,
            at_end: AtEnd::Recycle,
            kept_by: &[],
            drawn_by: &[0],
        };
        RowPool::new(Box::leak(Box::new(info)), Rng::new(1, 1), &Rng::new(1, 1)).unwrap()
    }

    #[test]
    fn rows_of_a_large_set_are_read_when_they_are_drawn() {
        let text = |count: usize| (0..count).map(|row| format!("[{row},\"Zoë {row:040}\"]\n")).collect::<String>();
        for (count, is_kept) in [(1, true), (3, true), (40_000, false)] {
            let pool = pool(text(count));
            assert_eq!((pool.count(), pool.info.count(), pool.all.get().is_some()), (count, count as u64, is_kept));
            for row in [0, count / 2, count - 1, 0] {
                let expected = Value::from_json(format!("{{\"id\":{row},\"name\":\"Zoë {row:040}\"}}").as_bytes()).unwrap();
                assert_eq!(pool.row(row).unwrap(), expected);
                assert_eq!(pool.read(row).unwrap(), expected);
            }
            assert_eq!(pool.all.get().is_some(), is_kept, "no second copy is made");
            assert_eq!(pool.all().len(), count);
        }
    }
}
