//! Rows of data: which user draws which row, and how long it holds it.
//!
//! Of a `unique` set, a worker has the rows whose number, modulo the number of workers of all machines, is the worker's own, so that the
//! sets of workers are disjoint. Of other sets, each worker has all rows.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use ecow::{EcoString, EcoVec};

use super::row_deal::RowDeal;
use crate::functions::Rng;
use crate::tables::{AtEnd, DataInfo};
use crate::value::{EvalError, Map, Value};

/// The data sources of a worker.
#[derive(Debug)]
pub(crate) struct RowPools(pub(crate) Vec<RowPool>);

#[derive(Debug)]
pub(crate) struct RowPool {
    pub(crate) info: &'static DataInfo,
    pub(crate) rows: EcoVec<Value>,
    /// The worker's rows in the order of the deal, which is the same in all intervals.
    mine: Vec<usize>,
    state: RefCell<PoolState>,
}

#[derive(Debug)]
struct PoolState {
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
    /// Creates the pools. `seed` is the worker's own, `test_seed` that of the whole test.
    pub(crate) fn new(infos: &'static [DataInfo], (seed, test_seed): (u64, u64), part: u64, parts: u64) -> Result<Self, String> {
        let pools = infos.iter().enumerate().map(|(index, info)| {
            let stream = (index as u64) << 32 | part;
            RowPool::new(info, Rng::new(seed ^ 0xda7a, stream), &Rng::new(test_seed ^ 0xdea1, stream), part, parts)
        });
        pools.collect::<Result<_, _>>().map(Self)
    }

    /// Deals the rows for iterations.
    pub(crate) fn deal(&self, deal: &RowDeal) {
        self.0.iter().filter(|pool| pool.info.unique).for_each(|pool| {
            let dealt = deal.dealt(pool.mine.len(), pool.info.at_end);
            pool.state.borrow_mut().queue = pool.mine[dealt].iter().copied().collect();
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
        Value::List(self.0[pool].rows.clone())
    }
}

impl RowPool {
    fn new(info: &'static DataInfo, rng: Rng, order: &Rng, part: u64, parts: u64) -> Result<Self, String> {
        let cells: Vec<Vec<Value>> = rows_of(info)?;
        let rows: EcoVec<Value> = cells
            .into_iter()
            .map(|cells| {
                let row: Map = info.columns.iter().map(|name| EcoString::from(*name)).zip(cells).collect();
                Value::Object(Arc::new(row))
            })
            .collect();
        let mut mine: VecDeque<usize> = (0..rows.len()).filter(|row| !info.unique || *row as u64 % parts.max(1) == part).collect();
        if info.random {
            shuffle(&mut mine, if info.unique { order } else { &rng });
        }
        let in_use = vec![false; if info.unique { rows.len() } else { 0 }];
        let state = PoolState { queue: mine.clone(), back: VecDeque::new(), in_use, rng };
        Ok(Self { info, rows, mine: mine.into(), state: RefCell::new(state) })
    }

    /// The next row's number; `None` if no row is available.
    pub(crate) fn draw(&self, deal: &RowDeal, now: impl Fn() -> Duration) -> Option<usize> {
        let mut state = self.state.borrow_mut();
        if !self.info.unique {
            let row = state.next(self.info)?;
            state.back.push_back(row);
            return Some(row);
        }
        for _ in 0..=state.queue.len() + state.back.len() {
            let row = state.next(self.info)?;
            let here = deal.is_here(row, self.info.at_end, &now);
            if here == Some(true) && !state.in_use[row] {
                state.in_use[row] = true;
                return Some(row);
            }
            if here.is_some() {
                state.back.push_back(row);
            }
        }
        None
    }

    /// The row that a user keeps: its own, whichever function runs it. If users need more rows than there are, any free row that may be
    /// used again.
    pub(crate) fn draw_kept(&self, deal: &RowDeal, user: u64, nth: usize, keep: bool) -> Option<usize> {
        let mut state = self.state.borrow_mut();
        let own = deal.kept(user, nth, keep);
        let free = |row: &&usize| !state.in_use[**row];
        let row = match own.and_then(|own| self.mine.get(own)).filter(free) {
            Some(row) => *row,
            None if own.is_none() => *self.mine.iter().find(free)?,
            None if self.info.at_end == AtEnd::Recycle => *self.mine.iter().rev().find(free)?,
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

/// The rows in the compiler's form: a JSON list of lists.
fn rows_of(info: &DataInfo) -> Result<Vec<Vec<Value>>, String> {
    let fault = |fault: EvalError| format!("the data {}: {}", info.name, fault.0);
    let rows = Value::from_json(info.rows.as_bytes()).and_then(Value::into_list).map_err(fault)?;
    rows.into_iter().map(|row| row.into_list().map(|cells| cells.into_iter().collect()).map_err(fault)).collect()
}

fn shuffle(rows: &mut VecDeque<usize>, rng: &Rng) {
    for last in (1..rows.len()).rev() {
        let other = usize::try_from(rng.below(last as u64 + 1)).unwrap_or(0);
        rows.swap(last, other);
    }
}
