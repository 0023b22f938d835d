//! A backend for tests. Its functions fail as the test says, and it records what the orchestrator did.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use tokio::sync::mpsc::Sender;

use super::backend::{Backend, BoxFuture, InvokeError, KeptOutput, Output, OwnEnd, Urgency};
use super::event::SliceEvent;
use super::frame::{Counted, EndReason, Ended, Frame, FrameWriter, Started};
use ltc_engine::clock::{Clock, unix_now};
use ltc_engine::stats::{Recorder, Sample, Snapshot, micros};

pub(super) const INTERVAL: Duration = Duration::from_millis(100);

/// The behavior of a function in one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behavior {
    /// Runs as planned.
    Well,
    /// The backend does not start it.
    NotStarted,
    Throttled,
    Refused,
    /// Ends before its first frame.
    Never,
    /// Never writes anything.
    Mute,
    /// After half of its time: it dies, hangs without output, dies within a frame, runs on out of sight, reaches its time limit.
    Dies,
    Hangs,
    Cut,
    OutOfSight,
    Deadline,
    /// Its event is delivered twice.
    Twice,
    /// Its event is delivered twice, and the response to the first delivery is lost.
    Elsewhere,
    /// Its clock is two seconds ahead.
    Ahead,
    /// Belongs to another build.
    Stranger,
    /// Cannot read the control channel.
    Uncontrolled,
    /// Ignores the stop.
    Deaf,
    /// Sends nothing for a second, and then everything.
    Stalls,
    /// A proxy hands its output on when it has ended.
    Buffered,
}

#[derive(Debug, Default)]
pub(super) struct FleetRecord {
    /// The behavior of shard 1 in each attempt. All other shards run as planned.
    pub(super) behaviors: Vec<Behavior>,
    pub(super) begun: Mutex<Vec<String>>,
    /// Slices that may still run although their output was lost. `abandoned` has those that were then stopped.
    pub(super) loose: Mutex<Vec<String>>,
    pub(super) abandoned: Mutex<Vec<String>>,
    pub(super) requested_stop: Mutex<Option<Urgency>>,
    pub(super) cleaned: Mutex<u32>,
    /// From this interval on, shard 1 is refused, or all are.
    pub(super) refused_from: Option<u32>,
    pub(super) refuses_all: bool,
    /// Whether the control channel cannot be written. `heartbeats` counts how often it was written.
    pub(super) no_control: bool,
    pub(super) heartbeats: Mutex<u32>,
    pub(super) made: Mutex<u64>,
    pub(super) attempts: Mutex<HashMap<(u32, u32), usize>>,
}

#[derive(Clone, Debug)]
pub(super) struct FakeBackend(pub(super) Arc<FleetRecord>);

impl FakeBackend {
    fn behavior(&self, event: &SliceEvent) -> Behavior {
        if (event.shard == 1 || self.0.refuses_all) && self.0.refused_from.is_some_and(|from| event.interval >= from) {
            return Behavior::Refused;
        }
        let mut attempts = self.0.attempts.lock().unwrap();
        let nth = attempts.entry((event.shard, event.interval)).or_default();
        *nth += 1;
        if event.shard == 1 { self.0.behaviors.get(*nth - 1).copied().unwrap_or(Behavior::Well) } else { Behavior::Well }
    }
}

struct FakeFunction {
    event: SliceEvent,
    /// The output that waits while the function stalls, and the end of the stall.
    stalled: Option<(Duration, Vec<u8>)>,
    /// Whether its output is held back until it ends.
    buffered: bool,
    record: Arc<FleetRecord>,
    out: Sender<Result<Bytes, String>>,
    writer: FrameWriter,
    recorder: Recorder,
    clock: Clock,
    requests: u64,
}

impl FakeFunction {
    async fn send(&mut self, frame: Frame) {
        let mut line = self.writer.write(&frame);
        let last = self.buffered && matches!(frame, Frame::Ended(_));
        if let Some((until, waiting)) = &mut self.stalled {
            waiting.append(&mut line);
            if self.clock.elapsed() < *until && !last {
                return;
            }
            std::mem::swap(waiting, &mut line);
        }
        let _ = self.out.send(Ok(line.into())).await;
    }

    async fn ready(&mut self, ahead: Duration) {
        let late = self.clock.elapsed().saturating_sub(self.event.from());
        let slice = self.event.slice.clone();
        let clock_us = micros(unix_now() + ahead);
        let late_us = if late > Duration::from_millis(50) { micros(late) } else { 0 };
        self.send(Frame::Started(Started { slice, clock_us, init_us: 1, late_us, place: "fake".into() })).await;
        self.recorder.begin_at(self.event.from().max(self.clock.elapsed()), 0);
    }

    /// Runs a user that makes a request every interval, until that time or until it is stopped.
    async fn run(&mut self, until: Duration, deaf: bool) -> bool {
        loop {
            let requested_stop = self.record.requested_stop.lock().unwrap().is_some();
            let abandoned = self.buffered && self.record.abandoned.lock().unwrap().contains(&self.event.slice);
            let stopped = !deaf && (requested_stop || abandoned);
            if stopped || self.clock.elapsed() >= until {
                return stopped;
            }
            tokio::time::sleep(INTERVAL).await;
            self.requests += 1;
            *self.record.made.lock().unwrap() += 1;
            self.recorder.record(&Sample { ok: true, ..Sample::default() });
            let users = if self.clock.elapsed() < until { 2 } else { 0 };
            let counted = self.recorder.snapshot(self.clock.elapsed(), users, users);
            self.send(Frame::Counted(Counted::new(&counted))).await;
        }
    }

    async fn end(&mut self, reason: EndReason) {
        let requests = self.requests;
        self.send(Frame::Ended(Ended { reason, message: format!("{reason:?}"), requests })).await;
    }

    async fn play(mut self, behavior: Behavior) {
        let (from, to) = (self.event.from(), self.event.end());
        let half = from + (to - from) / 2;
        match behavior {
            Behavior::Never => return,
            Behavior::Mute => std::future::pending().await,
            Behavior::Stranger => return self.end(EndReason::Refused).await,
            Behavior::Uncontrolled => return self.end(EndReason::NoControl).await,
            Behavior::Elsewhere => {
                self.record.loose.lock().unwrap().push(self.event.slice.clone());
                return self.end(EndReason::Repeated).await;
            }
            _ => {}
        }
        self.ready(if behavior == Behavior::Ahead { Duration::from_secs(2) } else { Duration::ZERO }).await;
        tokio::time::sleep_until(self.clock.instant(from).into()).await;
        if behavior == Behavior::Twice {
            let message = "t was given to this function before".into();
            let line = FrameWriter::default().write(&Frame::Ended(Ended { reason: EndReason::Repeated, message, requests: 0 }));
            let _ = self.out.send(Ok(line.into())).await;
        }
        if behavior == Behavior::Stalls {
            self.run(from + Duration::from_millis(500), false).await;
            self.stalled = Some((from + Duration::from_millis(1500), Vec::new()));
        }
        match behavior {
            Behavior::Dies | Behavior::Hangs | Behavior::Cut | Behavior::OutOfSight | Behavior::Deadline => {
                self.run(half, false).await;
            }
            Behavior::Deaf => {
                self.run(Duration::MAX, true).await;
            }
            _ => {
                let stopped = self.run(to, false).await;
                return self.end(if stopped { EndReason::Stopped } else { EndReason::Done }).await;
            }
        }
        match behavior {
            Behavior::Hangs => std::future::pending().await,
            Behavior::Deadline => self.end(EndReason::Deadline).await,
            Behavior::Cut => {
                let line = self.writer.write(&Frame::Counted(Counted::new(&Snapshot::empty(1))));
                let _ = self.out.send(Ok(Bytes::copy_from_slice(&line[..line.len() / 2]))).await;
            }
            Behavior::OutOfSight => {
                self.record.loose.lock().unwrap().push(self.event.slice.clone());
                let _ = self.out.send(Err("connection reset by peer".into())).await;
            }
            _ => {}
        }
    }
}

impl Backend for FakeBackend {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn capacity<'a>(&'a self, _region: Option<&'a str>) -> BoxFuture<'a, Result<Option<u64>, InvokeError>> {
        Box::pin(async { Ok(None) })
    }

    fn invoke<'a>(&'a self, _region: Option<&'a str>, event: &'a SliceEvent) -> BoxFuture<'a, Result<Output, InvokeError>> {
        let behavior = self.behavior(event);
        Box::pin(async move {
            match behavior {
                Behavior::NotStarted => return Err(InvokeError::NotStarted("no route to host".into())),
                Behavior::Throttled => return Err(InvokeError::Throttled("Rate Exceeded".into())),
                Behavior::Refused => return Err(InvokeError::Refused("the security token is invalid".into())),
                _ => {}
            }
            assert!(self.0.loose.lock().unwrap().iter().all(|loose| self.0.abandoned.lock().unwrap().contains(loose)), "double load");
            self.0.begun.lock().unwrap().push(event.slice.clone());
            let (out, receiver) = tokio::sync::mpsc::channel(64);
            let function = FakeFunction {
                event: event.clone(),
                stalled: (behavior == Behavior::Buffered).then(|| (Duration::MAX, Vec::new())),
                buffered: behavior == Behavior::Buffered,
                record: self.0.clone(),
                out,
                writer: FrameWriter::default(),
                recorder: Recorder::new(1, event.shard),
                clock: Clock::at(Duration::from_micros(event.starts_at_us)),
                requests: 0,
            };
            tokio::spawn(function.play(behavior));
            let output: Output =
                Box::pin(stream::unfold(receiver, async |mut receiver| receiver.recv().await.map(|piece| (piece, receiver))));
            Ok(output)
        })
    }

    fn lead(&self, _shards: u32) -> Duration {
        Duration::from_millis(100)
    }

    fn abandon<'a>(&'a self, slice: &'a str, _own_end: OwnEnd) -> BoxFuture<'a, Result<(), String>> {
        self.0.abandoned.lock().unwrap().push(slice.to_owned());
        Box::pin(async { Ok(()) })
    }

    fn heartbeat(&self) -> BoxFuture<'_, Result<Option<Urgency>, String>> {
        *self.0.heartbeats.lock().unwrap() += 1;
        Box::pin(async { if self.0.no_control { Err("access denied".to_owned()) } else { Ok(None) } })
    }

    fn share(&self, _line: String) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }

    fn stop(&self, urgency: Urgency) -> BoxFuture<'_, Result<(), String>> {
        *self.0.requested_stop.lock().unwrap() = Some(urgency);
        Box::pin(async { Ok(()) })
    }

    fn kept<'a>(&'a self, _slice: &'a str) -> BoxFuture<'a, Result<KeptOutput, String>> {
        Box::pin(async { Ok(KeptOutput { parts: Vec::new(), is_final: true }) })
    }

    fn clean_up(&self, _for_collect: bool) -> BoxFuture<'_, Result<(), String>> {
        *self.0.cleaned.lock().unwrap() += 1;
        Box::pin(async { Ok(()) })
    }
}
