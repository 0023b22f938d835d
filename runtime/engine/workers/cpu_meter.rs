//! Measures how much of the processors the process uses, and how much others take, to report a generator that is the bottleneck.

use std::time::{Duration, Instant};

use crate::base::clock;
use crate::stats::Cpu;

/// Measures the processor time between two samples.
#[derive(Debug)]
pub(super) struct CpuMeter {
    threads: f64,
    processors: f64,
    last: Option<(Instant, Reading)>,
}

/// The system's counters.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Reading {
    used: Duration,
    /// The waiting time of all threads together.
    waited: Duration,
    machine: Option<Machine>,
}

/// Ticks of all processors that the process may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Machine {
    processors: usize,
    busy: u64,
    stolen: u64,
}

/// The unit of `/proc/stat` (`USER_HZ`), which is the same on every Linux system that runs load tests.
const TICKS_PER_SECOND: f64 = 100.0;

impl CpuMeter {
    /// `processors` is the number of usable processors, if it is less than the machine shows.
    pub(super) fn new(threads: usize, processors: Option<f64>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let shown = threads.min(cores) as f64;
        let processors = processors.map_or(shown, |processors| processors.clamp(0.001, shown));
        Self { threads: threads.max(1) as f64, processors, last: read().map(|reading| (clock::now(), reading)) }
    }

    /// The used and the available time since the last sample; `None` if the system doesn't report it.
    pub(super) fn sample(&mut self) -> Option<Cpu> {
        let (now, reading) = (clock::now(), read()?);
        let (then, before) = self.last.replace((now, reading))?;
        let available = (now - then).mul_f64(self.processors);
        let used = reading.used.saturating_sub(before.used);
        let waited = reading.waited.saturating_sub(before.waited).mul_f64(self.processors / self.threads);
        let stolen = before.machine.zip(reading.machine).map_or(Duration::ZERO, |(before, now)| now.stolen_since(before, used));
        Some(Cpu::of(used, available, waited.min(available), stolen.min(available)))
    }
}

impl Machine {
    /// This process's part of the stolen time. It is in proportion to its part of the used time.
    fn stolen_since(self, before: Self, used: Duration) -> Duration {
        if self.processors != before.processors {
            return Duration::ZERO;
        }
        let since = |now: u64, before: u64| now.saturating_sub(before) as f64 / TICKS_PER_SECOND;
        let (busy, stolen) = (since(self.busy, before.busy), since(self.stolen, before.stolen));
        let part = if busy > 0.0 { (used.as_secs_f64() / busy).min(1.0) } else { 1.0 };
        Duration::from_secs_f64(stolen * part)
    }
}

fn read() -> Option<Reading> {
    let (used, waited) = threads()?;
    Some(Reading { used, waited, machine: machine() })
}

/// The processor time of all threads of this process, and how long they were ready without a processor (proc(5): `/proc/self/schedstat` of
/// each thread, in nanoseconds).
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

#[cfg(target_os = "linux")]
fn machine() -> Option<Machine> {
    let ours = rustix::thread::sched_getaffinity(None).ok()?;
    Some(ticks(&std::fs::read_to_string("/proc/stat").ok()?, |processor| ours.is_set(processor)))
}

#[cfg(not(target_os = "linux"))]
fn machine() -> Option<Machine> {
    None
}

/// Reads the lines of `/proc/stat` for the usable processors (proc(5)): `user nice system idle iowait irq softirq steal`.
#[cfg(any(target_os = "linux", test))]
fn ticks(stat: &str, ours: impl Fn(usize) -> bool) -> Machine {
    let of_one = stat.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let processor = words.next()?.strip_prefix("cpu")?.parse().ok()?;
        let times: Vec<u64> = words.map_while(|word| word.parse().ok()).collect();
        let [user, nice, system, _, _, irq, softirq, steal, ..] = times[..] else { return None };
        ours(processor).then_some((user + nice + system + irq + softirq, steal))
    });
    of_one.fold(Machine::default(), |sum, (busy, stolen)| Machine {
        processors: sum.processors + 1,
        busy: sum.busy + busy,
        stolen: sum.stolen + stolen,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_stat_and_schedstat_are_parsed() {
        // The first line has the machine's sums, and other lines such as `intr` count something else.
        let stat = "cpu  40 0 40 200 2 0 10 37 0 0\ncpu0 20 0 20 100 1 0 5 7 0 0\ncpu1 20 1 20 100 1 2 5 30 0 0\nintr 1 2 3 4 5 6 7 8 9\n";
        assert_eq!(ticks(stat, |_| true), Machine { processors: 2, busy: 93, stolen: 37 });
        assert_eq!(ticks(stat, |processor| processor == 1), Machine { processors: 1, busy: 48, stolen: 30 });
        assert_eq!(ticks("cpu0 1 2 3\n", |_| true), Machine::default());
        assert_eq!(schedstat("81263 4567 12\n"), Some((81_263, 4_567)));
        assert_eq!(schedstat(""), None);
    }

    #[test]
    fn steal_is_shared_like_cpu_time() {
        let machine = |processors, busy, stolen| Machine { processors, busy, stolen };
        let ms = |duration: Duration| duration.as_secs_f64().mul_add(1000.0, 0.5) as u64;
        let before = machine(8, 5000, 400);
        let used = Duration::from_millis(700);
        // If only one thread runs on eight processors, all stolen time was its own.
        assert_eq!(ms(machine(8, 5070, 430).stolen_since(before, used)), 300);
        // Half of the work is that of another process.
        assert_eq!(ms(machine(8, 5140, 430).stolen_since(before, used)), 150);
        // Counts of other processors can't be compared.
        assert_eq!(ms(machine(4, 9000, 900).stolen_since(before, used)), 0);
        assert_eq!(ms(machine(8, 5000, 401).stolen_since(before, Duration::ZERO)), 10);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn measured_work_never_exceeds_the_available_time() {
        let mut cpu_meter = CpuMeter::new(1, None);
        // The threads of other tests, which end in the meantime, take their time out of the sum.
        let cpu = std::iter::repeat_with(|| {
            let begun = clock::now();
            while clock::since(begun) < Duration::from_millis(30) {}
            cpu_meter.sample().unwrap()
        });
        let cpu = cpu.take(1000).find(|cpu| cpu.busy_us > 0).expect("work is measured");
        assert!(cpu.available_us >= 30_000, "{cpu:?}");
        assert!(cpu.waited_us <= cpu.available_us && cpu.stolen_us <= cpu.available_us, "{cpu:?}");
        assert!(machine().is_some_and(|machine| machine.processors > 0 && machine.busy > 0));
    }
}
