//! Records numbered from 1, up to a limit: beyond it, the oldest are dropped.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A bounded, numbered collection that threads share.
#[derive(Debug)]
pub(crate) struct Store<T> {
    cap: usize,
    rows: Mutex<Rows<T>>,
}

/// Row `i` of `rows` has the number `first + i`. A removed row leaves a hole until it is at the front.
#[derive(Debug)]
struct Rows<T> {
    first: u64,
    rows: VecDeque<Option<T>>,
}

impl<T> Rows<T> {
    fn slot(&mut self, number: u64) -> Option<&mut Option<T>> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.rows.get_mut(at)
    }
}

impl<T> Store<T> {
    pub(crate) fn new(cap: usize) -> Self {
        Store { cap: cap.max(1), rows: Mutex::new(Rows { first: 1, rows: VecDeque::new() }) }
    }

    fn rows(&self) -> MutexGuard<'_, Rows<T>> {
        lock(&self.rows)
    }

    /// Stores the row that `make` builds for the next number. Returns the result of `see`.
    pub(crate) fn add<R>(&self, make: impl FnOnce(u64) -> T, see: impl FnOnce(&T) -> R) -> R {
        let mut held = self.rows();
        let number = held.first + held.rows.len() as u64;
        let row = make(number);
        let seen = see(&row);
        held.rows.push_back(Some(row));
        while held.rows.len() > self.cap || matches!(held.rows.front(), Some(None)) {
            held.rows.pop_front();
            held.first += 1;
        }
        seen
    }

    /// The result of `see` for a row, if it still exists.
    pub(crate) fn see<R>(&self, number: u64, see: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.rows().slot(number)?.as_mut().map(see)
    }

    /// Removes a row.
    pub(crate) fn remove(&self, number: u64) -> Option<T> {
        self.rows().slot(number)?.take()
    }

    /// The results of `see` for the newest rows, newest first.
    pub(crate) fn newest<R>(&self, most: usize, see: impl FnMut(&T) -> R) -> Vec<R> {
        self.rows().rows.iter().rev().flatten().take(most).map(see).collect()
    }
}

/// Locks a mutex. A handler that panicked leaves no inconsistent state behind, so a poisoned lock is usable.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number in an id like `trt-12`, if the id has exactly the format of this server.
pub(crate) fn number(id: &str, prefix: &str) -> Option<u64> {
    let digits = id.strip_prefix(prefix)?;
    if digits.starts_with(['0', '+']) { None } else { digits.parse().ok() }
}
