//! The counts of one worker thread, on the hot path.

use std::time::Duration;

use super::failures::{EXAMPLES, Example, FailureKey};
use super::micros;
use super::row::RowStats;
use super::snapshot::{Gauge, Snapshot, Window};
use super::traffic::Traffic;

/// One request's outcome.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// The report row.
    pub name: u32,
    /// The time from the (first) send to the end of the response, or to the failure.
    pub service: Duration,
    /// The time from the scheduled start of the send. In a closed model, it equals `service`.
    pub response: Duration,
    /// Whether all expectations held.
    pub ok: bool,
    /// Whether the only failure is its time (`expect elapsed`). Its time then counts like that of a successful request.
    pub only_late: bool,
    /// The time from the send to the response's first byte, if one came.
    pub first_byte: Option<Duration>,
    /// The traffic.
    pub traffic: Traffic,
    /// The decoded size of the response's body.
    pub content: u64,
}

/// The counts of one worker thread. It allocates nothing per sample once the histograms have grown to their range.
#[derive(Debug)]
pub struct Recorder {
    counted: Snapshot,
    /// An empty snapshot for the next interval, unless the last one is still being merged.
    next: Option<Snapshot>,
    source: u32,
    examples: usize,
    interval: u64,
    from_us: u64,
    /// Requests in flight, and how long the oldest has waited, in microseconds.
    waiting: (u64, u64),
}

impl Recorder {
    /// A recorder for a report with this many rows. `source` identifies this thread among all threads of the test, on all machines.
    pub fn new(names: usize, source: u32) -> Self {
        Self::one_of(names, source, 1)
    }

    /// [`Self::new`] for one of `workers` threads of this process, which share the memory for the results of an interval.
    pub fn one_of(names: usize, source: u32, workers: usize) -> Self {
        let empty = || Snapshot::of_worker(names, workers);
        Self { counted: empty(), next: Some(empty()), source, examples: EXAMPLES, interval: 0, from_us: 0, waiting: (0, 0) }
    }

    /// Keeps up to `examples` of each kind of failure in each snapshot, for listeners that report every failure.
    pub fn with_examples(mut self, examples: usize) -> Self {
        self.examples = examples;
        self
    }

    fn line(&mut self, name: u32) -> Option<&mut RowStats> {
        self.counted.names.get_mut(name as usize)
    }

    /// Counts a request that ended.
    #[inline]
    pub fn record(&mut self, sample: &Sample) {
        let Some(line) = self.counted.names.get_mut(sample.name as usize) else {
            return;
        };
        line.requests += 1;
        line.moved(&sample.traffic);
        line.content_bytes += sample.content;
        if sample.ok || sample.only_late {
            line.record(micros(sample.service), micros(sample.response));
        } else {
            line.failed.record(sample.response);
        }
        if !sample.ok {
            line.failures += 1;
            line.unsent += u64::from(sample.traffic.is_unsent());
        }
        if let Some(first_byte) = sample.first_byte {
            line.first_byte.record(first_byte);
        }
    }

    /// Counts a run of a group. It has a time only if nothing in it failed.
    pub fn group(&mut self, name: u32, took: Duration, ok: bool) {
        let Some(line) = self.line(name) else { return };
        line.requests += 1;
        if ok {
            line.record(micros(took), micros(took));
        } else {
            line.failures += 1;
            line.failed.record(took);
        }
    }

    /// Counts a request of a `skip` step. No other count contains it.
    pub fn skipped(&mut self, name: u32, ok: bool, traffic: &Traffic) {
        if let Some(line) = self.line(name) {
            line.skipped += 1;
            line.skipped_failures += u64::from(!ok);
            line.unsent += u64::from(!ok && traffic.is_unsent());
            line.moved(traffic);
        }
    }

    /// Counts an attempt that is repeated.
    pub fn retried(&mut self, name: u32, traffic: &Traffic) {
        if let Some(line) = self.line(name) {
            line.retried += 1;
            line.unsent += u64::from(traffic.is_unsent());
            line.moved(traffic);
        }
    }

    /// Counts a request that was in flight when its user was stopped, or a run of a group that was cut off, whose `traffic` is `None`.
    pub fn unfinished(&mut self, name: u32, waited: Duration, traffic: Option<&Traffic>) {
        let Some(line) = self.line(name) else { return };
        line.unfinished += 1;
        line.unfinished_longest_us = line.unfinished_longest_us.max(micros(waited));
        if let Some(traffic) = traffic {
            line.unsent += u64::from(traffic.is_unsent());
            line.moved(traffic);
        }
    }

    /// Counts a failed request by its first reason, or a failure outside of steps. `detail` is called only if it will be kept in full (it
    /// need not set `at_us`).
    pub fn failure(&mut self, key: FailureKey, at: Duration, detail: impl FnOnce() -> Example) {
        self.counted.failures.add(key, micros(at), self.examples, detail);
    }

    /// Counts a further reason of a failed request.
    pub fn reason(&mut self, key: FailureKey) {
        self.counted.failures.add_reason(key);
    }

    /// Counts a failure outside of steps in its row. [`Self::failure`] records the details.
    pub fn fail(&mut self, name: u32) {
        if let Some(line) = self.line(name) {
            line.failures += 1;
            line.fails += 1;
        }
    }

    /// Sets the number of requests in flight, and how long the oldest of them has waited, for the next snapshot.
    pub fn in_flight(&mut self, waiting: u64, oldest: Duration) {
        self.waiting = (waiting, micros(oldest));
    }

    /// Whether anything failed since the last snapshot.
    pub fn has_failures(&self) -> bool {
        !self.counted.failures.is_empty()
    }

    /// Records how much later than scheduled an iteration began.
    pub fn lag(&mut self, late: Duration) {
        self.counted.lag.record(late);
    }

    /// Counts arrivals that found no free user.
    pub fn missed(&mut self, arrivals: u64) {
        self.counted.missed += arrivals;
    }

    /// Counts the process's own use of the processor; see [`super::Cpu`]. One recorder of a process is enough.
    pub fn cpu(&mut self, cpu: &super::Cpu) {
        self.counted.cpu.merge(cpu);
    }

    /// The counts since the last snapshot, with the current and the planned number of users of this thread. `now` is the time from the
    /// start of the whole test. [`Self::reuse`] takes back its memory.
    pub fn snapshot(&mut self, now: Duration, users: u64, planned: u64) -> Snapshot {
        let at_us = micros(now);
        let window = Window { interval: self.interval, from_us: self.from_us, to_us: at_us };
        self.interval += 1;
        self.from_us = at_us;
        let mut taken = match self.next.take() {
            Some(next) => std::mem::replace(&mut self.counted, next),
            None => self.counted.take(),
        };
        taken.window = Some(window);
        let (waiting, oldest_us) = std::mem::take(&mut self.waiting);
        taken.sources.insert(self.source, Gauge { at_us, users, planned, waiting, oldest_us });
        taken
    }

    /// Takes back a snapshot that has been merged and cleared, so that a later interval needs no new memory.
    pub fn reuse(&mut self, cleared: Snapshot) {
        self.next = Some(cleared);
    }

    /// Sets the beginning of the first interval, for a recorder that starts during the test.
    pub fn begin_at(&mut self, now: Duration, interval: u64) {
        self.from_us = micros(now);
        self.interval = interval;
    }
}
