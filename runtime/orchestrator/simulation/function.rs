//! A simulated function: it generates the load of its slice, answers with frames, and fails as its faults say.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::time::{sleep, sleep_until};

use super::super::backend::Urgency;
use super::super::control::{OrchestratorWatch, asked};
use super::super::event::SliceEvent;
use super::super::frame::{Counted, EndReason, Ended, Frame, FrameReader, FrameWriter, Received, Started};
use super::super::kept::file_of;
use super::super::run_store::CONTROL;
use super::super::seal;
use super::faults::{Faults, Loss};
use super::server::Counts;
use super::world::{FrameId, Piece, Signal, World};
use ltc_engine::clock;
use ltc_engine::schedule::Slice;
use ltc_engine::stats::{Recorder, micros};
use ltc_engine::value::Value;
use ltc_engine::workers::Stop;

/// How often functions check for signals of the orchestrator.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

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
    pub(super) waiting: (String, Vec<(FrameId, Counts)>),
    pub(super) parts: u32,
    /// The version of the renewed values that it has.
    pub(super) version: u64,
}

impl Running {
    fn own_time(&self) -> Duration {
        self.world.clock.elapsed() + self.faults.ahead
    }

    fn send(&mut self, frame: &Frame, counts: Counts) {
        let mut line = self.writer.write(frame);
        let id = (self.event.slice.clone(), self.number);
        self.number += 1;
        let counted = matches!(frame, Frame::Counted(_));
        self.waiting.0.push_str(std::str::from_utf8(&line).unwrap());
        self.waiting.1.extend(counted.then(|| (id.clone(), counts)));
        if counted {
            self.world.truth().sent.insert(id.clone(), counts);
        }
        let fails = |rng: &mut ChaCha8Rng, of_thousand: u32| counted && rng.random_range(0..1000) < of_thousand;
        if fails(&mut self.rng, self.faults.dropped) {
            return;
        }
        let mut whole = counted.then_some((id, counts));
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

    fn put(&mut self, what: Result<Bytes, String>, whole: Option<(FrameId, Counts)>) {
        if self.faults.buffered {
            self.buffer.push((self.last, what, whole));
        } else if let Some(out) = &self.out {
            let _ = out.send((self.last, what, whole));
        }
    }

    /// Writes the frames since the last part. If the disk is full, they wait for the next part.
    async fn keep(&mut self) {
        let file = format!("{}.{}", file_of(&self.event), self.parts);
        if self.world.files.write(&file, &self.waiting.0).await.is_ok() {
            self.parts += 1;
            let (_, frames) = std::mem::take(&mut self.waiting);
            self.world.truth().kept.extend(frames);
        }
    }

    /// Whether it can read the control channel.
    fn is_reached(&self) -> bool {
        let from = self.faults.unreadable.map(|after| self.event.from() + after);
        from.is_none_or(|from| self.world.clock.elapsed() < from)
    }

    /// Waits until a time of its own clock. Returns a signal that comes before it.
    async fn until(&mut self, own: Duration) -> Option<Signal> {
        let polls = (self.world.is_watched() || self.faults.unreadable.is_some()) && self.faults.stops_after.is_some();
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
        let text = match self.is_reached() {
            true => self.world.files.read(CONTROL).await.unwrap().unwrap_or_default(),
            false => String::new(),
        };
        self.signs.read(&text, clock::now());
        self.signs.check(clock::now(), &stop);
        self.read_values(&text);
        match asked(&text, &self.event.slice) {
            Some(Urgency::Gracefully) => Some(Signal::Stop),
            Some(Urgency::Now) => Some(Signal::Now),
            None => stop.is_graceful().then_some(Signal::Silent),
        }
    }

    /// Takes over renewed values.
    fn read_values(&mut self, text: &str) {
        if let Some((version, values)) = seal::newer(text, &self.event.channel_key, self.version).unwrap() {
            assert_eq!(values, [Value::Int(version as i64)], "the values of another renewal");
            self.version = version;
            let now = self.world.clock.elapsed();
            self.world.truth().read_versions.push((self.event.slice.clone(), version, now));
        }
    }

    async fn signal_until(&mut self, own: Duration) -> Option<Signal> {
        let at = self.world.clock.instant(own.saturating_sub(self.faults.ahead));
        let stops_after = self.faults.stops_after;
        let reached_until = self.faults.unreadable.map(|after| self.world.clock.instant(self.event.from() + after));
        let is_reached = || reached_until.is_none_or(|until| clock::now() < until);
        let heard = |signal: Signal| is_reached() && (signal == Signal::Abandon || (signal > Signal::GoOn && stops_after.is_some()));
        tokio::select! {
            biased;
            signal = async { *self.signal.wait_for(|signal| heard(*signal)).await.unwrap() } => Some(signal),
            signal = async { *self.all.wait_for(|signal| heard(*signal)).await.unwrap() } => Some(signal),
            () = sleep_until(at.into()) => None,
        }
    }

    pub(super) async fn live(mut self) {
        sleep(self.faults.starts_after).await;
        if self.faults.unreadable == Some(Duration::ZERO) {
            return self.refuse().await;
        }
        if self.world.renews && self.is_reached() {
            let text = self.world.files.read(CONTROL).await.unwrap().unwrap_or_default();
            self.read_values(&text);
        }
        let late = self.own_time().saturating_sub(self.event.from());
        let clock_us = micros((self.world.clock.unix_now() + self.faults.ahead).saturating_sub(self.faults.behind));
        let late_us = if late > Duration::from_millis(50) { micros(late) } else { 0 };
        let slice = self.event.slice.clone();
        self.send(
            &Frame::Started(Started { slice: slice.clone(), clock_us, init_us: 1, late_us, place: "simulated".into() }),
            Counts::default(),
        );
        if self.faults.delivered_twice {
            let message = format!("{slice} was given to this function before");
            let line = FrameWriter::default().write(&Frame::Ended(Ended { reason: EndReason::Repeated, message, requests: 0 }));
            self.put(Ok(line.into()), None);
        }
        if let Some(signal) = self.until(self.event.from()).await {
            return self.stop(signal, Counts::default()).await;
        }
        self.world.begin(&slice);
        let begun = self.own_time();
        self.recorder.begin_at(begun, 0);
        let end = self.slice.end().unwrap_or(Duration::MAX);
        let lost_at = self.faults.loss.map_or(Duration::MAX, |(after, _)| begun + after);
        let ends_test_at = self.faults.ends_test_after.map_or(Duration::MAX, |after| begun + after);
        let interval = Duration::from_micros(self.event.stats_interval_us);
        let mut from = begun;
        let mut silent = false;
        loop {
            let next = interval * u32::try_from(from.as_nanos() / interval.as_nanos() + 1).unwrap();
            let next = next.min(end);
            let until = if silent { next } else { next.min(lost_at.max(from)).min(ends_test_at) };
            if let Some(signal) = self.until(until).await {
                let counts = self.count(from);
                return self.stop(signal, counts).await;
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
            let counts = self.count(from);
            if until == ends_test_at && until < end {
                let now = self.world.clock.elapsed();
                self.world.truth().ended_by_spec.get_or_insert(now);
                self.world.end(&slice);
                self.send_counts(counts, until);
                return self.finish(EndReason::StoppedItself).await;
            }
            from = until;
            if until >= end {
                self.world.end(&slice);
                self.send_counts(counts, until);
                return self.finish(EndReason::Done).await;
            }
            self.send_counts(counts, until);
            if self.rng.random_range(0..4) == 0 {
                self.keep().await;
            }
        }
    }

    /// Counts the requests since `from`: one of each user, and the arrivals.
    fn count(&mut self, from: Duration) -> Counts {
        let now = self.own_time();
        let users: u64 = self.slice.users_at(now.saturating_sub(Duration::from_nanos(1))).iter().sum();
        let rest = self.slice.clone().since(from.max(self.event.from()));
        let arrivals = |class| rest.arrivals(class).take_while(|due| *due < now).count() as u64;
        let count = users + (0..self.slice.plan().classes().len()).map(arrivals).sum::<u64>();
        let mut counts = Counts::default();
        for _ in 0..count {
            let sample = self.world.server.answer(&mut self.rng);
            self.recorder.record(&sample);
            counts.add(&sample);
        }
        counts
    }

    fn send_counts(&mut self, counts: Counts, until: Duration) {
        let planned = self.slice.users_at(until.saturating_sub(Duration::from_nanos(1))).iter().sum();
        self.requests += counts.requests;
        let counted = Counted::new(&self.recorder.snapshot(until, planned, planned));
        let counts = Counts { time_us: Some((counted.from_us(), counted.to_us())), ..counts };
        self.send(&Frame::Counted(counted), counts);
    }

    /// It cannot read the control channel, so it generates no load.
    async fn refuse(mut self) {
        let now = self.world.clock.elapsed();
        self.world.truth().no_control.push(now);
        let message = "cannot read the control channel".to_owned();
        let line = self.writer.write(&Frame::Ended(Ended { reason: EndReason::NoControl, message, requests: 0 }));
        self.put(Ok(line.into()), None);
    }

    async fn stop(mut self, signal: Signal, counts: Counts) {
        if signal != Signal::Abandon {
            sleep(self.faults.stops_after.unwrap_or_default()).await;
        }
        self.world.end(&self.event.slice);
        // A process is killed, and a function on Lambda reads that it must stop.
        if signal == Signal::Abandon && !self.faults.buffered && self.rng.random() {
            self.world.truth().killed_by_abandon += 1;
            return;
        }
        self.send_counts(counts, self.own_time());
        if signal == Signal::Abandon {
            return self.end(EndReason::Stopped).await;
        }
        self.finish(if signal == Signal::Silent { EndReason::Silent } else { EndReason::Stopped }).await;
    }

    async fn finish(mut self, reason: EndReason) {
        sleep(Duration::from_millis(self.rng.random_range(0..=self.event.graceful_stop_us / 1000))).await;
        self.end(reason).await;
    }

    async fn end(mut self, reason: EndReason) {
        let requests = self.requests;
        self.send(&Frame::Ended(Ended { reason, message: String::new(), requests }), Counts::default());
        self.keep().await;
        if let Some(out) = &self.out {
            self.buffer.drain(..).for_each(|piece| drop(out.send(piece)));
        }
    }
}
