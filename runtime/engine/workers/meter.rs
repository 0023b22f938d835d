//! How much of the processor the process uses: a generator that is itself the bottleneck must say so.

use std::time::{Duration, Instant};

/// Measures between one lap and the next.
#[derive(Debug)]
pub(super) struct Meter {
    processors: f64,
    last: Option<(Instant, Duration)>,
}

impl Meter {
    /// `processors`: how many there are to use, where that is less than the machine shows.
    pub(super) fn new(threads: usize, processors: Option<f64>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let shown = threads.min(cores) as f64;
        let processors = processors.map_or(shown, |processors| processors.clamp(0.001, shown));
        Self { processors, last: used().map(|used| (Instant::now(), used)) }
    }

    /// Processor time used since the last lap, and how much there was; nothing where the system doesn't tell.
    pub(super) fn lap(&mut self) -> Option<(Duration, Duration)> {
        let (now, used) = (Instant::now(), used()?);
        let (then, before) = self.last.replace((now, used))?;
        Some((used.saturating_sub(before), (now - then).mul_f64(self.processors)))
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
