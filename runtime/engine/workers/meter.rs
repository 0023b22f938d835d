//! How much of the processor the process uses, and how much of it others take: a generator that is itself the bottleneck must say so.

use std::time::{Duration, Instant};

use crate::stats::Cpu;

/// Measures between one lap and the next.
#[derive(Debug)]
pub(super) struct Meter {
    processors: f64,
    last: Option<(Instant, Reading)>,
}

/// What the system has counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Reading {
    used: Duration,
    waited: Duration,
    /// The mean of the processors that the process may use.
    stolen: Duration,
}

impl Meter {
    /// `processors`: how many there are to use, where that is less than the machine shows.
    pub(super) fn new(threads: usize, processors: Option<f64>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let shown = threads.min(cores) as f64;
        let processors = processors.map_or(shown, |processors| processors.clamp(0.001, shown));
        Self { processors, last: read().map(|reading| (Instant::now(), reading)) }
    }

    /// What was used since the last lap, and what there was; nothing where the system doesn't tell.
    pub(super) fn lap(&mut self) -> Option<Cpu> {
        let (now, reading) = (Instant::now(), read()?);
        let (then, before) = self.last.replace((now, reading))?;
        let available = (now - then).mul_f64(self.processors);
        let since = |of: fn(&Reading) -> Duration| of(&reading).saturating_sub(of(&before));
        let stolen = since(|reading| reading.stolen).mul_f64(self.processors).min(available);
        Some(Cpu::of(since(|reading| reading.used), available, since(|reading| reading.waited), stolen))
    }
}

fn read() -> Option<Reading> {
    let (used, waited) = threads()?;
    Some(Reading { used, waited, stolen: stolen().unwrap_or_default() })
}

/// Processor time of all threads of this process, and how long they were ready and had none (proc(5): `/proc/self/schedstat` of each, in
/// nanoseconds).
fn threads() -> Option<(Duration, Duration)> {
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    let stats = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok());
    let (used, waited) = stats.filter_map(|stat| schedstat(&stat)).fold((0, 0), |sum, stat| (sum.0 + stat.0, sum.1 + stat.1));
    Some((Duration::from_nanos(used), Duration::from_nanos(waited)))
}

fn schedstat(text: &str) -> Option<(u64, u64)> {
    let mut fields = text.split_whitespace();
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// What the machine's host gave to others while this machine had something to do: the mean of the processors that the process may use.
#[cfg(target_os = "linux")]
fn stolen() -> Option<Duration> {
    let ours = rustix::thread::sched_getaffinity(None).ok()?;
    let (ticks, processors) = steal(&std::fs::read_to_string("/proc/stat").ok()?, |processor| ours.is_set(processor));
    let seconds = ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
    Some(Duration::from_secs_f64(seconds / processors.max(1) as f64))
}

#[cfg(not(target_os = "linux"))]
fn stolen() -> Option<Duration> {
    None
}

/// Ticks in the eighth column (`steal`) of those lines of `/proc/stat` that tell of one of our processors, and how many those are (proc(5)).
fn steal(stat: &str, ours: impl Fn(usize) -> bool) -> (u64, usize) {
    let of_one = stat.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let processor = words.next()?.strip_prefix("cpu")?.parse().ok()?;
        ours(processor).then(|| words.nth(7)?.parse::<u64>().ok())?
    });
    of_one.fold((0, 0), |(ticks, processors), one| (ticks + one, processors + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_tells_is_read() {
        // The first line's numbers are the machine's sum; `intr` and the like tell of something else.
        let stat = "cpu  40 0 40 200 2 0 10 37 0 0\ncpu0 20 0 20 100 1 0 5 7 0 0\ncpu1 20 0 20 100 1 0 5 30 0 0\nintr 1 2 3 4 5 6 7 8 9\n";
        assert_eq!(steal(stat, |_| true), (37, 2));
        assert_eq!(steal(stat, |processor| processor == 1), (30, 1));
        assert_eq!(steal("cpu0 1 2 3\n", |_| true), (0, 0));
        assert_eq!(schedstat("81263 4567 12\n"), Some((81_263, 4_567)));
        assert_eq!(schedstat(""), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn work_is_seen_and_never_more_than_there_was() {
        let mut meter = Meter::new(1, None);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(30) {}
        let cpu = meter.lap().unwrap();
        assert!(cpu.busy_us > 0 && cpu.available_us >= 30_000, "{cpu:?}");
        assert!(cpu.stolen_us <= cpu.available_us, "{cpu:?}");
        assert!(stolen().is_some());
    }
}
