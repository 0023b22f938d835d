//! How much of the processor the process uses: a generator that is itself the bottleneck must say so.

use std::time::{Duration, Instant};

/// Measures between one lap and the next.
#[derive(Debug)]
pub(super) struct Meter {
    threads: u32,
    last: Option<(Instant, Duration)>,
}

impl Meter {
    pub(super) fn new(threads: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = u32::try_from(threads.min(cores)).unwrap_or(u32::MAX);
        Self { threads, last: used().map(|used| (Instant::now(), used)) }
    }

    /// Processor time used since the last lap, and how much there was; nothing where the system doesn't tell.
    pub(super) fn lap(&mut self) -> Option<(Duration, Duration)> {
        let (now, used) = (Instant::now(), used()?);
        let (then, before) = self.last.replace((now, used))?;
        Some((used.saturating_sub(before), (now - then) * self.threads))
    }
}

/// Processor time of all threads of this process (proc(5): `/proc/self/schedstat` of each, in nanoseconds).
fn used() -> Option<Duration> {
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    let nanos = tasks
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok())
        .filter_map(|stat| stat.split_whitespace().next()?.parse::<u64>().ok())
        .sum();
    Some(Duration::from_nanos(nanos))
}
