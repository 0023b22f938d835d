//! Simulated functions, which generate the load of their slice, answer with frames and fail at random, and the truth about them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::time::{sleep, sleep_until};

use super::super::backend::Urgency;
use super::super::control::{OrchestratorWatch, asked};
use super::super::event::SliceEvent;
use super::super::frame::{Counted, EndReason, Ended, Frame, FrameReader, FrameWriter, Received, Started};
use super::super::kept::file_of;
use super::super::run_store::{CONTROL, RunFiles};
use super::faults::{Faults, Loss};
use ltc_engine::clock::{self, Clock};
use ltc_engine::schedule::Slice;
use ltc_engine::stats::{Recorder, Sample, micros};
use ltc_engine::workers::Stop;

/// How often functions check for signals of the orchestrator.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// A signal to a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Signal {
    GoOn,
    Stop,
    Now,
    /// Its orchestrator is silent.
    Silent,
    Abandon,
}

/// What a function really did.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) shard: u32,
    pub(super) interval: u32,
    pub(super) slice: Slice,
    pub(super) faults: Faults,
    /// When its load began and ended, by the true clock.
    pub(super) load: Option<(Duration, Option<Duration>)>,
    pub(super) invoked_at: Duration,
}

/// Identifies a frame by its slice and number.
pub(super) type FrameId = (String, u64);

/// What really happened in a run.
#[derive(Debug, Default)]
pub(super) struct Truth {
    pub(super) functions: BTreeMap<String, Function>,
    /// The requests of each frame that the orchestrator received.
    pub(super) taken: HashMap<FrameId, u64>,
    /// When the stop signal was first set.
    pub(super) stop_set: Option<Duration>,
    pub(super) stop_failures: u32,
    pub(super) abandon_failures: u32,
    pub(super) cleaned: u32,
    /// When the orchestrator signaled that it is alive.
    pub(super) heartbeats: Vec<Duration>,
    /// The requests of each kept frame.
    pub(super) kept: HashMap<FrameId, u64>,
}

/// Faults of requests that the backend makes itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Control {
    /// Until this time a stop fails. The flag tells whether it hangs.
    pub(super) stop_fails_until: Option<(Duration, bool)>,
    /// How many of a hundred abandons fail. `hangs` tells whether they hang.
    pub(super) abandon_fails: u32,
    pub(super) hangs: bool,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) seed: u64,
    pub(super) faulty: bool,
    pub(super) clock: Clock,
    pub(super) control: Control,
    pub(super) truth: Mutex<Truth>,
    pub(super) signals: Mutex<HashMap<String, watch::Sender<Signal>>>,
    pub(super) signal_to_all: watch::Sender<Signal>,
    /// The run's files, in memory.
    pub(super) files: RunFiles,
    /// Whether the orchestrator will be killed. Only then do functions check its signals.
    pub(super) killed: bool,
}

/// A piece of a function's output, with the time of its delivery.
pub(super) type Piece = (Instant, Result<Bytes, String>, Option<(FrameId, u64)>);

impl World {
    pub(super) fn truth(&self) -> MutexGuard<'_, Truth> {
        self.truth.lock().unwrap()
    }

    /// The random numbers of a slice. They are the same for the same slice, whatever happened before.
    pub(super) fn rng(&self, slice: &str) -> ChaCha8Rng {
        let name = slice.bytes().fold(self.seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        ChaCha8Rng::seed_from_u64(name)
    }

    pub(super) fn faults(&self, event: &SliceEvent, rng: &mut ChaCha8Rng) -> Faults {
        // Later attempts have no faults, so that one of them succeeds.
        let attempt: u32 = event.slice.rsplit('/').next().unwrap().parse().unwrap();
        if self.faulty && attempt < 3 { Faults::draw(rng) } else { Faults::none() }
    }

    fn begin(&self, slice: &str) {
        let now = self.clock.elapsed();
        self.truth().functions.get_mut(slice).unwrap().load = Some((now, None));
    }

    pub(super) fn end(&self, slice: &str) {
        let now = self.clock.elapsed();
        if let Some((_, end @ None)) = &mut self.truth().functions.get_mut(slice).unwrap().load {
            *end = Some(now);
        }
    }
}

/// A running function.
pub(super) struct Running {
    pub(super) world: Arc<World>,
    pub(super) event: SliceEvent,
    pub(super) slice: Slice,
    pub(super) faults: Faults,
    pub(super) rng: ChaCha8Rng,
    /// `None`: nobody receives its output.
    pub(super) out: Option<UnboundedSender<Piece>>,
    /// A connection that is open but delivers nothing.
    pub(super) held: Option<UnboundedSender<Piece>>,
    /// What a proxy holds back until the function ends.
    pub(super) buffer: Vec<Piece>,
    pub(super) last: Instant,
    pub(super) writer: FrameWriter,
    pub(super) recorder: Recorder,
    pub(super) requests: u64,
    pub(super) number: u64,
    pub(super) signal: watch::Receiver<Signal>,
    pub(super) all: watch::Receiver<Signal>,
    pub(super) signs: OrchestratorWatch,
    /// The frames of the next part to keep.
    pub(super) waiting: (String, Vec<(FrameId, u64)>),
    pub(super) parts: u32,
}

impl Running {
    fn own_time(&self) -> Duration {
        self.world.clock.elapsed() + self.faults.ahead
    }

    fn send(&mut self, frame: &Frame, requests: u64) {
        let mut line = self.writer.write(frame);
        let id = (self.event.slice.clone(), self.number);
        self.number += 1;
        let counted = matches!(frame, Frame::Counted(_));
        self.waiting.0.push_str(std::str::from_utf8(&line).unwrap());
        self.waiting.1.extend(counted.then(|| (id.clone(), requests)));
        let fails = |rng: &mut ChaCha8Rng, of_thousand: u32| counted && rng.random_range(0..1000) < of_thousand;
        if fails(&mut self.rng, self.faults.dropped) {
            return;
        }
        let mut whole = counted.then_some((id, requests));
        if fails(&mut self.rng, self.faults.damaged) {
            let middle = line.len() / 2;
            line[middle] = if line[middle] == b'A' { b'B' } else { b'A' };
            // The damaged line may still decode to the same frame.
            let mut reader = FrameReader::default();
            reader.push(&line);
            if !matches!(reader.next(), Some(Received::Frame(_, read)) if *read == *frame) {
                whole = None;
            }
        }
        let delay = self.rng.random_range(0..=self.faults.delay.as_millis() as u64);
        self.last = self.last.max(clock::now() + Duration::from_millis(delay));
        if fails(&mut self.rng, self.faults.doubled) {
            self.put(Ok(line.clone().into()), whole.clone());
        }
        self.put(Ok(line.into()), whole);
    }

    fn put(&mut self, what: Result<Bytes, String>, whole: Option<(FrameId, u64)>) {
        if self.faults.buffered {
            self.buffer.push((self.last, what, whole));
        } else if let Some(out) = &self.out {
            let _ = out.send((self.last, what, whole));
        }
    }

    /// Writes the frames since the last part.
    async fn keep(&mut self) {
        let (text, frames) = std::mem::take(&mut self.waiting);
        let file = format!("{}.{}", file_of(&self.event), self.parts);
        self.parts += 1;
        self.world.files.write(&file, &text).await.unwrap();
        self.world.truth().kept.extend(frames);
    }

    /// Waits until a time of its own clock. Returns a signal that comes before it.
    async fn until(&mut self, own: Duration) -> Option<Signal> {
        let polls = self.world.killed && self.faults.stops_after.is_some();
        loop {
            let next = if polls { own.min(self.own_time() + POLL_INTERVAL) } else { own };
            let mut signal = self.signal_until(next).await;
            if polls && signal.is_none() {
                signal = self.poll_signal().await;
            }
            if signal.is_some() || next >= own {
                return signal;
            }
        }
    }

    /// Checks for a signal of the orchestrator.
    async fn poll_signal(&mut self) -> Option<Signal> {
        let stop = Stop::default();
        let text = self.world.files.read(CONTROL).await.unwrap().unwrap_or_default();
        self.signs.read(&text, clock::now());
        self.signs.check(clock::now(), &stop);
        match asked(&text, &self.event.slice) {
            Some(Urgency::Gracefully) => Some(Signal::Stop),
            Some(Urgency::Now) => Some(Signal::Now),
            None => stop.is_graceful().then_some(Signal::Silent),
        }
    }

    async fn signal_until(&mut self, own: Duration) -> Option<Signal> {
        let at = self.world.clock.instant(own.saturating_sub(self.faults.ahead));
        let stops_after = self.faults.stops_after;
        let heard = |signal: Signal| signal == Signal::Abandon || (signal > Signal::GoOn && stops_after.is_some());
        tokio::select! {
            biased;
            signal = async { *self.signal.wait_for(|signal| heard(*signal)).await.unwrap() } => Some(signal),
            signal = async { *self.all.wait_for(|signal| heard(*signal)).await.unwrap() } => Some(signal),
            () = sleep_until(at.into()) => None,
        }
    }

    pub(super) async fn live(mut self) {
        sleep(self.faults.starts_after).await;
        let late = self.own_time().saturating_sub(self.event.from());
        let clock_us = micros((self.world.clock.unix_now() + self.faults.ahead).saturating_sub(self.faults.behind));
        let late_us = if late > Duration::from_millis(50) { micros(late) } else { 0 };
        let slice = self.event.slice.clone();
        self.send(&Frame::Started(Started { slice: slice.clone(), clock_us, init_us: 1, late_us, place: "simulated".into() }), 0);
        if self.faults.delivered_twice {
            let message = format!("{slice} was given to this function before");
            let line = FrameWriter::default().write(&Frame::Ended(Ended { reason: EndReason::Repeated, message, requests: 0 }));
            self.put(Ok(line.into()), None);
        }
        if let Some(signal) = self.until(self.event.from()).await {
            return self.stop(signal, 0).await;
        }
        self.world.begin(&slice);
        let begun = self.own_time();
        self.recorder.begin_at(begun, 0);
        let end = self.slice.end().unwrap_or(Duration::MAX);
        let lost_at = self.faults.loss.map_or(Duration::MAX, |(after, _)| begun + after);
        let interval = Duration::from_micros(self.event.stats_interval_us);
        let mut from = begun;
        let mut silent = false;
        loop {
            let next = interval * u32::try_from(from.as_nanos() / interval.as_nanos() + 1).unwrap();
            let next = next.min(end);
            let until = if silent { next } else { next.min(lost_at.max(from)) };
            if let Some(signal) = self.until(until).await {
                let count = self.count(from);
                return self.stop(signal, count).await;
            }
            if !silent && until == lost_at.max(from) && lost_at < end {
                let loss = self.faults.loss.unwrap().1;
                // A killed function may lose its last part.
                if matches!(loss, Loss::Killed | Loss::KilledInFrame | Loss::Mute) && self.rng.random() {
                    self.keep().await;
                }
                match loss {
                    Loss::Killed => return self.world.end(&slice),
                    Loss::KilledInFrame => {
                        let line = self.writer.write(&Frame::Counted(Counted::new(&self.recorder.snapshot(lost_at, 0, 0))));
                        self.waiting.0.push_str(std::str::from_utf8(&line[..line.len() / 2]).unwrap());
                        self.keep().await;
                        self.put(Ok(Bytes::copy_from_slice(&line[..line.len() / 2])), None);
                        return self.world.end(&slice);
                    }
                    Loss::Mute => {
                        self.held = self.out.take();
                        self.world.end(&slice);
                        let _ = self.signal.wait_for(|signal| *signal == Signal::Abandon).await;
                        return;
                    }
                    Loss::MuteUnderLoad => {
                        self.held = self.out.take();
                        silent = true;
                    }
                    Loss::Cut => {
                        self.put(Err("connection reset by peer".into()), None);
                        self.out = None;
                        silent = true;
                    }
                }
                continue;
            }
            let count = self.count(from);
            from = until;
            if until >= end {
                self.world.end(&slice);
                self.send_counts(count, until);
                return self.finish(EndReason::Done).await;
            }
            self.send_counts(count, until);
            if self.rng.random_range(0..4) == 0 {
                self.keep().await;
            }
        }
    }

    /// Counts the requests since `from`: one of each user, and the arrivals.
    fn count(&mut self, from: Duration) -> u64 {
        let now = self.own_time();
        let users: u64 = self.slice.users_at(now.saturating_sub(Duration::from_nanos(1))).iter().sum();
        let rest = self.slice.clone().since(from.max(self.event.from()));
        let arrivals = |class| rest.arrivals(class).take_while(|due| *due < now).count() as u64;
        let count = users + (0..self.slice.plan().classes().len()).map(arrivals).sum::<u64>();
        (0..count).for_each(|_| self.recorder.record(&Sample { ok: true, ..Sample::default() }));
        count
    }

    fn send_counts(&mut self, count: u64, until: Duration) {
        let planned = self.slice.users_at(until.saturating_sub(Duration::from_nanos(1))).iter().sum();
        self.requests += count;
        let counted = Counted::new(&self.recorder.snapshot(until, planned, planned));
        self.send(&Frame::Counted(counted), count);
    }

    async fn stop(mut self, signal: Signal, count: u64) {
        if signal != Signal::Abandon {
            sleep(self.faults.stops_after.unwrap_or_default()).await;
        }
        self.world.end(&self.event.slice);
        if signal == Signal::Abandon && !self.faults.buffered {
            return;
        }
        self.send_counts(count, self.own_time());
        self.finish(if signal == Signal::Silent { EndReason::Silent } else { EndReason::Stopped }).await;
    }

    async fn finish(mut self, reason: EndReason) {
        sleep(Duration::from_millis(self.rng.random_range(0..=self.event.graceful_stop_us / 1000))).await;
        let requests = self.requests;
        self.send(&Frame::Ended(Ended { reason, message: String::new(), requests }), 0);
        if let Some(out) = &self.out {
            self.buffer.drain(..).for_each(|piece| drop(out.send(piece)));
        }
        self.keep().await;
    }
}
