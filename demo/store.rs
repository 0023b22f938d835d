//! Records numbered from 1, bounded: beyond the cap the oldest are dropped.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A bounded, numbered collection that threads share.
#[derive(Debug)]
pub(crate) struct Store<T> {
    cap: usize,
    rows: Mutex<Rows<T>>,
}

/// Row `i` of `rows` has the number `first + i`; removed rows leave a hole until they reach the front.
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

    /// Keeps what `make` builds for the next number; gives what `see` makes of it.
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

    /// What `see` makes of a row, if it is still there.
    pub(crate) fn see<R>(&self, number: u64, see: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.rows().slot(number)?.as_mut().map(see)
    }

    /// Takes a row out.
    pub(crate) fn remove(&self, number: u64) -> Option<T> {
        self.rows().slot(number)?.take()
    }

    /// What `see` makes of the newest rows, newest first.
    pub(crate) fn newest<R>(&self, most: usize, see: impl FnMut(&T) -> R) -> Vec<R> {
        self.rows().rows.iter().rev().flatten().take(most).map(see).collect()
    }
}

/// Locks; a handler that panicked leaves no half-made state behind, so a poisoned lock is as good as any.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number in an id like `trt-12`, if the id is written as this server writes it.
pub(crate) fn number(id: &str, prefix: &str) -> Option<u64> {
    let digits = id.strip_prefix(prefix)?;
    if digits.starts_with(['0', '+']) { None } else { digits.parse().ok() }
}
