//! Rows of data: who draws which, and how long it is held.
//!
//! A worker has the rows whose number is its own modulo the number of workers (of all machines) where a set is `unique`: disjoint by
//! construction. Of other sets each worker has all.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

use ecow::{EcoString, EcoVec};

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
    state: RefCell<PoolState>,
}

#[derive(Debug)]
struct PoolState {
    /// Rows to be drawn, in order, of this round.
    queue: VecDeque<usize>,
    /// Rows that are back, for the next round.
    back: VecDeque<usize>,
    rng: Rng,
}

/// The rows a user holds, by pool and number.
#[derive(Debug, Default)]
pub(crate) struct HeldRows {
    /// Till the iteration ends.
    pub(crate) iteration: Vec<(usize, usize)>,
    /// Till the user stops.
    pub(crate) user: Vec<(usize, usize)>,
}

impl RowPools {
    pub(crate) fn new(infos: &'static [DataInfo], seed: u64, part: u64, parts: u64) -> Result<Self, String> {
        infos
            .iter()
            .enumerate()
            .map(|(index, info)| RowPool::new(info, Rng::new(seed ^ 0xda7a, (index as u64) << 32 | part), part, parts))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Gives rows back for others to draw.
    pub(crate) fn release(&self, rows: &mut Vec<(usize, usize)>) {
        for (pool, row) in rows.drain(..) {
            self.0[pool].state.borrow_mut().back.push_back(row);
        }
    }

    /// All rows of a pool.
    pub(crate) fn all(&self, pool: usize) -> Value {
        Value::List(self.0[pool].rows.clone())
    }
}

impl RowPool {
    fn new(info: &'static DataInfo, rng: Rng, part: u64, parts: u64) -> Result<Self, String> {
        let cells: Vec<Vec<Value>> = rows_of(info)?;
        let rows: EcoVec<Value> = cells
            .into_iter()
            .map(|cells| {
                let row: Map = info.columns.iter().map(|name| EcoString::from(*name)).zip(cells).collect();
                Value::Object(Arc::new(row))
            })
            .collect();
        let mine = (0..rows.len()).filter(|row| !info.unique || *row as u64 % parts.max(1) == part);
        let mut queue: VecDeque<usize> = mine.collect();
        if info.random {
            shuffle(&mut queue, &rng);
        }
        let state = PoolState { queue, back: VecDeque::new(), rng };
        Ok(Self { info, rows, state: RefCell::new(state) })
    }

    /// The next row's number, or `None` where there is none to be had.
    pub(crate) fn draw(&self) -> Option<usize> {
        let mut state = self.state.borrow_mut();
        if state.queue.is_empty() && self.info.at_end == AtEnd::Recycle {
            let PoolState { queue, back, rng } = &mut *state;
            std::mem::swap(queue, back);
            if self.info.random {
                shuffle(queue, rng);
            }
        }
        let row = state.queue.pop_front()?;
        if !self.info.unique {
            state.back.push_back(row);
        }
        Some(row)
    }
}

/// The rows as the compiler laid them down: a JSON list of lists.
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
