//! Measures how much CPU time and memory an orchestrator needs for the frames of a large fleet.
//!
//! ```sh
//! cargo run --release -p ltc-runtime --example merge_scale
//! ```
//!
//! Arguments: shards, names, requests of each name in an interval (1000 100 20). Recorders like those of real shards make the frames
//! beforehand. Then the frames of each interval are read, merged and added to the totals, as in a real run.

use std::time::Duration;

use ltc_engine::stats::{Recorder, ReportRow, Sample, Snapshot, Timeline, Traffic};
use ltc_runtime::orchestrator::collector::Collector;
use ltc_runtime::orchestrator::frame::{Counted, Frame, FrameReader, FrameWriter, Received};

const INTERVAL: Duration = Duration::from_secs(5);
const INTERVALS: u32 = 6;

fn main() -> Result<(), String> {
    let numbers: Vec<u32> = std::env::args().skip(1).map(|text| text.parse().unwrap_or(0)).collect();
    let [shards, lines, requests] = [(0, 1000), (1, 100), (2, 20)].map(|(nth, usual)| numbers.get(nth).copied().unwrap_or(usual).max(1));
    let names: Vec<ReportRow> = (0..lines).map(|line| ReportRow::step(format!("Step {line}"), "GET")).collect();
    let mut rng = Rng(7);
    let mut fleet: Vec<(FrameWriter, FrameReader)> = (0..shards).map(|_| (FrameWriter::default(), FrameReader::default())).collect();
    let mut collector = Collector::new(names.len(), INTERVAL);
    (0..shards).for_each(|shard| collector.begins((shard, 0), Duration::ZERO));
    let mut total = Snapshot::empty(names.len());
    let mut timeline = Timeline::new(INTERVAL);
    let (mut busy, mut bytes) = (Duration::ZERO, 0usize);
    for interval in 1..=INTERVALS {
        let now = INTERVAL * interval;
        let load = Load { lines, requests, now };
        let frames: Vec<Vec<u8>> = (0..).zip(&mut fleet).map(|(shard, (writer, _))| load.frame(shard, writer, &mut rng)).collect();
        bytes += frames.iter().map(Vec::len).sum::<usize>();
        let before = thread_time();
        for (shard, ((_, reader), frame)) in (0..).zip(fleet.iter_mut().zip(&frames)) {
            reader.push(frame);
            for received in reader.by_ref() {
                match received {
                    Received::Frame(_, frame) => {
                        if let Frame::Counted(counted) = *frame {
                            collector.add((shard, 0), &counted)?;
                        }
                    }
                    other => return Err(format!("{other:?}")),
                }
            }
        }
        for delta in collector.due(now) {
            total.merge(&delta.snapshot);
            timeline.add(&delta.snapshot, &names);
        }
        busy += thread_time() - before;
    }
    let expected = u64::from(shards) * u64::from(lines) * u64::from(requests) * u64::from(INTERVALS);
    let found = total.total(&names).requests;
    if found != expected {
        return Err(format!("{found} requests were merged where {expected} were made"));
    }
    let each = busy / INTERVALS;
    println!("{shards} shards x {lines} names x {requests} requests each {} s, {INTERVALS} intervals", INTERVAL.as_secs());
    println!("frame            {:.1} KB", bytes as f64 / f64::from(shards * INTERVALS) / 1024.0);
    println!("an interval      {:.0} ms of processor time", each.as_secs_f64() * 1000.0);
    println!("of one core      {:.1}%", each.as_secs_f64() / INTERVAL.as_secs_f64() * 100.0);
    println!("greatest memory  {} MB", peak_memory_kb() / 1024);
    Ok(())
}

/// The load of each shard in an interval.
struct Load {
    lines: u32,
    requests: u32,
    now: Duration,
}

impl Load {
    /// A shard's interval, with response times like those of a real server, including a long tail. The recorder is not part of the measured
    /// memory, because a real shard has its own.
    fn frame(&self, shard: u32, writer: &mut FrameWriter, rng: &mut Rng) -> Vec<u8> {
        let mut recorder = Recorder::new(self.lines as usize, shard);
        recorder.begin_at(self.now - INTERVAL, 0);
        for name in 0..self.lines {
            for _ in 0..self.requests {
                let tail = if rng.roll(50) == 0 { rng.roll(2_000_000) } else { 0 };
                let service = Duration::from_micros(5_000 + rng.roll(20_000) + tail);
                let traffic = Traffic { sent: 300, received: 900, reused: 1, ..Traffic::default() };
                recorder.record(&Sample { name, service, response: service, ok: true, traffic, ..Sample::default() });
                recorder.lag(Duration::from_micros(rng.roll(300)));
            }
        }
        writer.write(&Frame::Counted(Counted::new(&recorder.snapshot(self.now, 200, 200))))
    }
}

struct Rng(u64);

impl Rng {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// The CPU time of this thread, which other activity on the machine does not affect (proc(5)).
fn thread_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0))
}

fn peak_memory_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
