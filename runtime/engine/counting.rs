//! The allocator of the tests: the system's allocator with a count of each thread's allocations, of their bytes, and of those that it has
//! not returned.
#![expect(unsafe_code, reason = "an allocator can't be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<u64> = const { Cell::new(0) };
    static TAKEN: Cell<i64> = const { Cell::new(0) };
}

#[global_allocator]
static COUNTING: Counting = Counting;

struct Counting;

/// The number of allocations of this thread so far.
pub(crate) fn allocations() -> u64 {
    COUNT.get()
}

/// The bytes of all allocations of this thread so far. A larger allocation that replaces another one counts in full.
pub(crate) fn allocated_bytes() -> u64 {
    BYTES.get()
}

/// The bytes that this thread has allocated, without those that it has freed.
pub(crate) fn taken_bytes() -> i64 {
    TAKEN.get()
}

fn count(size: usize) {
    // A thread that is ending has no counters any more.
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
    let _ = BYTES.try_with(|bytes| bytes.set(bytes.get() + size as u64));
}

fn take(bytes: usize, freed: usize) {
    let _ = TAKEN.try_with(|taken| taken.set(taken.get() + bytes as i64 - freed as i64));
}

// SAFETY: every call is passed unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        take(layout.size(), 0);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        take(0, layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        take(size, layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.realloc(memory, layout, size) }
    }
}
