//! What one worker thread counts: the hot path.

use std::time::Duration;

use super::failures::{EXAMPLES, Example, FailureKey};
use super::micros;
use super::snapshot::{Gauge, NameStats, Snapshot, Window};

/// How long a new connection's making took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Phases {
    /// The name's resolution.
    pub dns: Duration,
    /// TCP.
    pub connect: Duration,
    /// The TLS handshake; zero for plain text.
    pub tls: Duration,
}

/// One request's outcome. A group's has neither bytes nor phases.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// The line of the report.
    pub name: u32,
    /// From the send to the end of the answer.
    pub service: Duration,
    /// The same from when the send should have begun; equal to `service` in a closed model.
    pub response: Duration,
    /// Whether all that was expected held.
    pub ok: bool,
    /// Sent, head and body.
    pub bytes_sent: u64,
    /// Received, head and body.
    pub bytes_received: u64,
    /// Connections that were opened for it.
    pub opened: u32,
    /// Of those connections, where any was opened.
    pub phases: Option<Phases>,
    /// From the send to the answer's first byte, where one came.
    pub first_byte: Option<Duration>,
    /// How often an open connection was used again.
    pub reused: u32,
}

/// What one worker thread counts. Single-threaded; nothing is allocated per sample, once the histograms have grown to their range.
#[derive(Debug)]
pub struct Recorder {
    counted: Snapshot,
    source: u32,
    examples: usize,
    interval: u64,
    from_us: u64,
}

impl Recorder {
    /// A recorder of a report of so many lines. `source` tells this thread from all others of the test, also on other machines.
    pub fn new(names: usize, source: u32) -> Self {
        Self { counted: Snapshot::empty(names), source, examples: EXAMPLES, interval: 0, from_us: 0 }
    }

    /// Keeps up to so many examples of each kind of failure in each snapshot, for listeners that report every failure.
    pub fn with_examples(mut self, examples: usize) -> Self {
        self.examples = examples;
        self
    }

    fn line(&mut self, name: u32) -> Option<&mut NameStats> {
        self.counted.names.get_mut(name as usize)
    }

    /// Counts one request.
    pub fn record(&mut self, sample: &Sample) {
        let Some(line) = self.counted.names.get_mut(sample.name as usize) else {
            return;
        };
        let (service, response) = (micros(sample.service), micros(sample.response));
        line.requests += 1;
        line.failures += u64::from(!sample.ok);
        line.bytes_sent += sample.bytes_sent;
        line.bytes_received += sample.bytes_received;
        line.opened += u64::from(sample.opened);
        line.reused += u64::from(sample.reused);
        line.record(service, response);
        if let Some(first_byte) = sample.first_byte {
            line.first_byte.record_us(micros(first_byte));
        }
        if let Some(phases) = sample.phases {
            line.dns.record_us(micros(phases.dns));
            line.connect.record_us(micros(phases.connect));
            line.tls.record_us(micros(phases.tls));
        }
    }

    /// Counts one turn of a group.
    pub fn group(&mut self, name: u32, took: Duration, ok: bool) {
        self.record(&Sample { name, service: took, response: took, ok, ..Sample::default() });
    }

    /// Counts one turn of a `skip` step, which is in no other number.
    pub fn skipped(&mut self, name: u32, ok: bool) {
        if let Some(line) = self.line(name) {
            line.skipped += 1;
            line.skipped_failures += u64::from(!ok);
        }
    }

    /// Counts one attempt that was made again.
    pub fn retried(&mut self, name: u32) {
        if let Some(line) = self.line(name) {
            line.retried += 1;
        }
    }

    /// Counts one failure; `detail` is asked for only if it is to be kept in full (its `at_us` need not be set).
    pub fn failure(&mut self, key: FailureKey, at: Duration, detail: impl FnOnce() -> Example) {
        self.counted.failures.add(key, micros(at), self.examples, detail);
    }

    /// Whether anything failed since the last snapshot.
    pub fn has_failures(&self) -> bool {
        !self.counted.failures.is_empty()
    }

    /// How much later than intended the scheduler began a turn.
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
        taken.sources.insert(self.source, Gauge { at_us, users, planned });
        taken
    }

    /// Sets where the first interval begins, for a recorder that starts amid the test.
    pub fn begin_at(&mut self, now: Duration, interval: u64) {
        self.from_us = micros(now);
        self.interval = interval;
    }
}
