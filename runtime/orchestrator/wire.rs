//! The protobuf messages of frames. Fields are only added, and their numbers are never reused.

use prost::{Message, Oneof};

use super::frame::{self, EndReason};
use ltc_engine::stats::{Cpu, Durations, EXAMPLES, Failures, Gauge, RowStats, Snapshot, Summary, Window};

#[derive(Clone, PartialEq, Message)]
pub(super) struct FrameMessage {
    #[prost(uint64, tag = "1")]
    number: u64,
    #[prost(oneof = "FrameBody", tags = "2, 3, 4")]
    body: Option<FrameBody>,
}

#[derive(Clone, PartialEq, Oneof)]
enum FrameBody {
    #[prost(message, tag = "2")]
    Started(StartedMessage),
    #[prost(message, tag = "3")]
    Counted(CountedMessage),
    #[prost(message, tag = "4")]
    Ended(EndedMessage),
}

#[derive(Clone, PartialEq, Message)]
struct StartedMessage {
    #[prost(string, tag = "1")]
    slice: String,
    #[prost(uint64, tag = "2")]
    clock_us: u64,
    #[prost(uint64, tag = "3")]
    init_us: u64,
    #[prost(uint64, tag = "4")]
    late_us: u64,
    #[prost(string, tag = "5")]
    place: String,
}

#[derive(Clone, PartialEq, Message)]
struct EndedMessage {
    /// The index in [`REASONS`], from 1.
    #[prost(uint32, tag = "1")]
    reason: u32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(uint64, tag = "3")]
    requests: u64,
}

const REASONS: [EndReason; 9] = [
    EndReason::Done,
    EndReason::Stopped,
    EndReason::StoppedItself,
    EndReason::Deadline,
    EndReason::Repeated,
    EndReason::Refused,
    EndReason::Failed,
    EndReason::NoControl,
    EndReason::Silent,
];

#[derive(Clone, PartialEq, Message)]
pub(super) struct CountedMessage {
    #[prost(uint64, tag = "1")]
    interval: u64,
    #[prost(uint64, tag = "2")]
    from_us: u64,
    #[prost(uint64, tag = "3")]
    to_us: u64,
    #[prost(message, repeated, tag = "4")]
    lines: Vec<RowMessage>,
    /// In JSON, because failures are rare and deeply nested.
    #[prost(bytes = "vec", tag = "5")]
    failures: Vec<u8>,
    #[prost(message, repeated, tag = "6")]
    sources: Vec<SourceMessage>,
    #[prost(message, optional, tag = "7")]
    lag: Option<TimesMessage>,
    #[prost(uint64, repeated, tag = "8")]
    cpu: Vec<u64>,
    #[prost(uint64, tag = "9")]
    missed: u64,
}

#[derive(Clone, PartialEq, Message)]
struct RowMessage {
    /// Requests, failures, skipped, skipped failures, retried, bytes sent, bytes received, opened, reused, fails, resends, redirects,
    /// unsent, unfinished, and the longest wait of the unfinished ones.
    #[prost(uint64, repeated, tag = "1")]
    counts: Vec<u64>,
    #[prost(message, optional, tag = "2")]
    service: Option<TimesMessage>,
    #[prost(message, optional, tag = "3")]
    response: Option<TimesMessage>,
    /// Count, sum, minimum and maximum of the time to the first byte, of name resolutions, connects and TLS handshakes.
    #[prost(uint64, repeated, tag = "4")]
    phases: Vec<u64>,
    #[prost(message, optional, tag = "5")]
    failed: Option<TimesMessage>,
}

#[derive(Clone, PartialEq, Message)]
struct TimesMessage {
    #[prost(uint64, tag = "1")]
    count: u64,
    #[prost(uint64, tag = "2")]
    sum_us: u64,
    #[prost(uint64, tag = "3")]
    min_us: u64,
    #[prost(uint64, tag = "4")]
    max_us: u64,
    #[prost(bytes = "vec", tag = "5")]
    v2: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct SourceMessage {
    #[prost(uint32, tag = "1")]
    number: u32,
    #[prost(uint64, tag = "2")]
    at_us: u64,
    #[prost(uint64, tag = "3")]
    users: u64,
    #[prost(uint64, tag = "4")]
    planned: u64,
    #[prost(uint64, tag = "5")]
    waiting: u64,
    #[prost(uint64, tag = "6")]
    oldest_us: u64,
}

impl FrameMessage {
    pub(super) fn new(number: u64, frame: &frame::Frame) -> Self {
        let body = match frame {
            frame::Frame::Started(started) => FrameBody::Started(StartedMessage {
                slice: started.slice.clone(),
                clock_us: started.clock_us,
                init_us: started.init_us,
                late_us: started.late_us,
                place: started.place.clone(),
            }),
            frame::Frame::Counted(counted) => FrameBody::Counted(counted.packed().clone()),
            frame::Frame::Ended(ended) => {
                let reason = REASONS.iter().position(|reason| *reason == ended.reason).unwrap_or(6);
                FrameBody::Ended(EndedMessage {
                    reason: u32::try_from(reason + 1).unwrap_or_default(),
                    message: ended.message.clone(),
                    requests: ended.requests,
                })
            }
        };
        Self { number, body: Some(body) }
    }

    pub(super) fn into_frame(self) -> Result<(u64, frame::Frame), String> {
        let frame = match self.body {
            Some(FrameBody::Started(started)) => frame::Frame::Started(frame::Started {
                slice: started.slice,
                clock_us: started.clock_us,
                init_us: started.init_us,
                late_us: started.late_us,
                place: started.place,
            }),
            Some(FrameBody::Counted(counted)) => frame::Frame::Counted(frame::Counted::from_packed(counted)),
            Some(FrameBody::Ended(ended)) => {
                let reason = (ended.reason as usize).checked_sub(1).and_then(|reason| REASONS.get(reason));
                let reason = *reason.ok_or_else(|| format!("a frame ends a slice for the reason {}, which is unknown", ended.reason))?;
                frame::Frame::Ended(frame::Ended { reason, message: ended.message, requests: ended.requests })
            }
            None => return Err("unknown kind of frame: another version wrote it".into()),
        };
        Ok((self.number, frame))
    }
}

impl From<&Snapshot> for CountedMessage {
    fn from(snapshot: &Snapshot) -> Self {
        let window = snapshot.window.unwrap_or_default();
        let failures = if snapshot.failures.is_empty() { Vec::new() } else { serde_json::to_vec(&snapshot.failures).unwrap_or_default() };
        let sources = snapshot.sources.iter();
        let cpu = &snapshot.cpu;
        Self {
            interval: window.interval,
            from_us: window.from_us,
            to_us: window.to_us,
            lines: snapshot.names.iter().map(RowMessage::from).collect(),
            failures,
            sources: sources
                .map(|(number, gauge)| SourceMessage {
                    number: *number,
                    at_us: gauge.at_us,
                    users: gauge.users,
                    planned: gauge.planned,
                    waiting: gauge.waiting,
                    oldest_us: gauge.oldest_us,
                })
                .collect(),
            lag: times(&snapshot.lag),
            cpu: vec![cpu.busy_us, cpu.available_us, cpu.peak_ppm, cpu.waited_us, cpu.stolen_us],
            missed: snapshot.missed,
        }
    }
}

impl CountedMessage {
    pub(super) fn middle_us(&self) -> u64 {
        self.from_us / 2 + self.to_us / 2
    }

    pub(super) fn to_us(&self) -> u64 {
        self.to_us
    }

    pub(super) fn users(&self) -> (u64, u64) {
        self.sources.iter().fold((0, 0), |(users, planned), source| (users + source.users, planned + source.planned))
    }

    pub(super) fn merge_into(&self, snapshot: &mut Snapshot) -> Result<(), String> {
        // Small values are merged like those of a snapshot, so that there is only one implementation.
        let failures = match self.failures.as_slice() {
            [] => Failures::default(),
            json => serde_json::from_slice(json).map_err(|error| format!("cannot read failures: {error}"))?,
        };
        let mut small = Snapshot::empty(0);
        small.window = Some(Window { interval: self.interval, from_us: self.from_us, to_us: self.to_us });
        small.failures = failures;
        for source in &self.sources {
            let SourceMessage { number, at_us, users, planned, waiting, oldest_us } = *source;
            small.sources.insert(number, Gauge { at_us, users, planned, waiting, oldest_us });
        }
        small.cpu = Cpu {
            busy_us: nth(&self.cpu, 0),
            available_us: nth(&self.cpu, 1),
            peak_ppm: nth(&self.cpu, 2),
            waited_us: nth(&self.cpu, 3),
            stolen_us: nth(&self.cpu, 4),
        };
        small.missed = self.missed;
        snapshot.merge_keeping(&small, EXAMPLES);
        if snapshot.names.len() < self.lines.len() {
            snapshot.names.resize_with(self.lines.len(), RowStats::default);
        }
        for (mine, line) in snapshot.names.iter_mut().zip(&self.lines) {
            line.merge_into(mine)?;
        }
        add(&mut snapshot.lag, self.lag.as_ref())
    }
}

impl From<&RowStats> for RowMessage {
    fn from(line: &RowStats) -> Self {
        // A row without any event costs two bytes.
        if *line == RowStats::default() {
            return Self::default();
        }
        let phases = [&line.first_byte, &line.dns, &line.connect, &line.tls];
        Self {
            counts: vec![
                line.requests,
                line.failures,
                line.skipped,
                line.skipped_failures,
                line.retried,
                line.bytes_sent,
                line.bytes_received,
                line.opened,
                line.reused,
                line.fails,
                line.resends,
                line.redirects,
                line.unsent,
                line.unfinished,
                line.unfinished_longest_us,
                line.content_bytes,
            ],
            service: times(&line.service),
            response: line.response.as_ref().and_then(times),
            failed: times(&line.failed),
            phases: phases.iter().flat_map(|phase| [phase.count, phase.sum_us, phase.min_us, phase.max_us]).collect(),
        }
    }
}

impl RowMessage {
    fn merge_into(&self, line: &mut RowStats) -> Result<(), String> {
        if self.counts.is_empty() {
            return Ok(());
        }
        let small = RowStats {
            requests: nth(&self.counts, 0),
            failures: nth(&self.counts, 1),
            skipped: nth(&self.counts, 2),
            skipped_failures: nth(&self.counts, 3),
            retried: nth(&self.counts, 4),
            bytes_sent: nth(&self.counts, 5),
            bytes_received: nth(&self.counts, 6),
            opened: nth(&self.counts, 7),
            reused: nth(&self.counts, 8),
            fails: nth(&self.counts, 9),
            resends: nth(&self.counts, 10),
            redirects: nth(&self.counts, 11),
            unsent: nth(&self.counts, 12),
            unfinished: nth(&self.counts, 13),
            unfinished_longest_us: nth(&self.counts, 14),
            content_bytes: nth(&self.counts, 15),
            first_byte: self.phase(0),
            dns: self.phase(1),
            connect: self.phase(2),
            tls: self.phase(3),
            ..RowStats::default()
        };
        add(&mut line.failed, self.failed.as_ref())?;
        // Response times are stored separately only if they differ from service times. Before a merge, both have to be separate.
        if self.response.is_some() || line.response.is_some() {
            let mut response = line.response.take().unwrap_or_else(|| line.service.clone());
            add(&mut response, self.response.as_ref().or(self.service.as_ref()))?;
            add(&mut line.service, self.service.as_ref())?;
            line.merge(&small);
            line.response = Some(response);
            return Ok(());
        }
        add(&mut line.service, self.service.as_ref())?;
        line.merge(&small);
        Ok(())
    }

    fn phase(&self, phase: usize) -> Summary {
        let at = phase * 4;
        Summary {
            count: nth(&self.phases, at),
            sum_us: nth(&self.phases, at + 1),
            min_us: nth(&self.phases, at + 2),
            max_us: nth(&self.phases, at + 3),
        }
    }
}

fn nth(numbers: &[u64], index: usize) -> u64 {
    numbers.get(index).copied().unwrap_or(0)
}

fn times(durations: &Durations) -> Option<TimesMessage> {
    let Summary { count, sum_us, min_us, max_us } = durations.summary();
    (count > 0).then(|| TimesMessage { count, sum_us, min_us, max_us, v2: durations.to_v2() })
}

fn add(durations: &mut Durations, times: Option<&TimesMessage>) -> Result<(), String> {
    let Some(times) = times else { return Ok(()) };
    let summary = Summary { count: times.count, sum_us: times.sum_us, min_us: times.min_us, max_us: times.max_us };
    durations.merge_v2(&summary, &times.v2)
}
