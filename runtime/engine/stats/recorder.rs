//! What one worker thread counts: the hot path.

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
    /// From the (first) send to the end of the answer, or to where it broke.
    pub service: Duration,
    /// The same from when the send should have begun; equal to `service` in a closed model.
    pub response: Duration,
    /// Whether all that was expected held.
    pub ok: bool,
    /// Whether nothing was wrong but the time that it took (`expect elapsed`): its time counts like a successful request's.
    pub only_late: bool,
    /// From the send to the answer's first byte, where one came.
    pub first_byte: Option<Duration>,
    /// What it moved.
    pub traffic: Traffic,
    /// The size of the answer's body, decoded.
    pub content: u64,
}

/// What one worker thread counts. Single-threaded; nothing is allocated per sample, once the histograms have grown to their range.
#[derive(Debug)]
pub struct Recorder {
    counted: Snapshot,
    source: u32,
    examples: usize,
    interval: u64,
    from_us: u64,
    /// Requests in flight, and how long the oldest has waited, microseconds.
    waiting: (u64, u64),
}

impl Recorder {
    /// A recorder of a report of this many lines. `source` identifies this thread among all of the test, also on other machines.
    pub fn new(names: usize, source: u32) -> Self {
        Self { counted: Snapshot::empty(names), source, examples: EXAMPLES, interval: 0, from_us: 0, waiting: (0, 0) }
    }

    /// Keeps up to `examples` of each kind of failure in each snapshot, for listeners that report every failure.
    pub fn with_examples(mut self, examples: usize) -> Self {
        self.examples = examples;
        self
    }

    fn line(&mut self, name: u32) -> Option<&mut RowStats> {
        self.counted.names.get_mut(name as usize)
    }

    /// Counts one request that ended.
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

    /// Counts one run of a group. Only one in which nothing failed has a time.
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

    /// Counts one request of a `skip` step, which is in no other number.
    pub fn skipped(&mut self, name: u32, ok: bool, traffic: &Traffic) {
        if let Some(line) = self.line(name) {
            line.skipped += 1;
            line.skipped_failures += u64::from(!ok);
            line.unsent += u64::from(!ok && traffic.is_unsent());
            line.moved(traffic);
        }
    }

    /// Counts one attempt that is made again.
    pub fn retried(&mut self, name: u32, traffic: &Traffic) {
        if let Some(line) = self.line(name) {
            line.retried += 1;
            line.unsent += u64::from(traffic.is_unsent());
            line.moved(traffic);
        }
    }

    /// Counts one request that was in flight when its user was stopped, or one run of a group that was cut off, where `traffic` is `None`.
    pub fn unfinished(&mut self, name: u32, waited: Duration, traffic: Option<&Traffic>) {
        let Some(line) = self.line(name) else { return };
        line.unfinished += 1;
        line.unfinished_longest_us = line.unfinished_longest_us.max(micros(waited));
        if let Some(traffic) = traffic {
            line.unsent += u64::from(traffic.is_unsent());
            line.moved(traffic);
        }
    }

    /// Counts one failed request by its first reason, or one failure outside of steps; `detail` is asked for only if it is to be kept in
    /// full (its `at_us` need not be set).
    pub fn failure(&mut self, key: FailureKey, at: Duration, detail: impl FnOnce() -> Example) {
        self.counted.failures.add(key, micros(at), self.examples, detail);
    }

    /// Counts a further reason of a failed request.
    pub fn reason(&mut self, key: FailureKey) {
        self.counted.failures.add_reason(key);
    }

    /// Counts one failure outside of steps in its row; [`Self::failure`] says what it was.
    pub fn fail(&mut self, name: u32) {
        if let Some(line) = self.line(name) {
            line.failures += 1;
            line.fails += 1;
        }
    }

    /// Sets how many requests are in flight, and how long the oldest of them has waited: for the next snapshot.
    pub fn in_flight(&mut self, waiting: u64, oldest: Duration) {
        self.waiting = (waiting, micros(oldest));
    }

    /// Whether anything failed since the last snapshot.
    pub fn has_failures(&self) -> bool {
        !self.counted.failures.is_empty()
    }

    /// How much later than intended the scheduler began an iteration.
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

    /// What was counted since the last snapshot, with how many users this thread has now and how many the plan says. `now` is the
    /// time from the test's start, all over the test. The recorder's memory is kept for the next interval.
    pub fn snapshot(&mut self, now: Duration, users: u64, planned: u64) -> Snapshot {
        let at_us = micros(now);
        let window = Window { interval: self.interval, from_us: self.from_us, to_us: at_us };
        self.interval += 1;
        self.from_us = at_us;
        let mut taken = self.counted.take();
        taken.window = Some(window);
        let (waiting, oldest_us) = std::mem::take(&mut self.waiting);
        taken.sources.insert(self.source, Gauge { at_us, users, planned, waiting, oldest_us });
        taken
    }

    /// Sets where the first interval begins, for a recorder that starts amid the test.
    pub fn begin_at(&mut self, now: Duration, interval: u64) {
        self.from_us = micros(now);
        self.interval = interval;
    }
}
