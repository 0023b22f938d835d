//! Supervises one shard for one interval: starts its function, reads its frames, and starts the rest of the slice again if the function is
//! lost. Every wait has a limit.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::time::{sleep_until, timeout, timeout_at};

use super::backend::{Backend, InvokeError, Output};
use super::collector::SliceKey;
use super::event::SliceEvent;
use super::fleet::{Interval, Shard};
use super::frame::{Counted, EndReason, Ended, Frame, FrameReader, Received, Started};
use super::missing::{TOLERANCE, gap};
use super::notes::Note;
use ltc_engine::clock::{self, Clock};
use ltc_engine::schedule::Slice;
use ltc_engine::stats::micros;

/// Smaller differences of clocks are ignored, because messages take time.
const SKEW: Duration = Duration::from_secs(1);
/// A network cut of ten seconds loses nothing, because TCP delivers the frames when the network is back.
const LONGEST_CUT: Duration = Duration::from_secs(12);
/// A shorter attempt isn't worth starting.
const LEAST: Duration = Duration::from_millis(500);

/// How long the supervisor waits for a function, and how often it starts one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// The time for an invocation to be accepted.
    pub accept: Duration,
    /// The time from then until the function is ready.
    pub start: Duration,
    /// The time for a frame that is due.
    pub silence: Duration,
    /// The pause before the second attempt. It doubles each time, up to [`Timeouts::LONGEST_PAUSE`].
    pub pause: Duration,
    /// The most attempts to start a slice. Throttled attempts don't count.
    pub attempts: u32,
}

impl Timeouts {
    /// The longest pause between attempts.
    pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(5);

    /// The timeouts if results come once an interval.
    pub(crate) fn for_interval(interval: Duration) -> Self {
        Self {
            accept: Duration::from_secs(30),
            start: Duration::from_secs(20),
            silence: (interval * 3).max(LONGEST_CUT),
            pause: Duration::from_millis(250),
            attempts: 6,
        }
    }
}

/// Shutdown state of the fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ShutdownState {
    /// The test is running.
    Running,
    /// No function is started any more. The output of running functions is still read.
    Stopping,
    /// No output is read any more.
    Abandoned,
}

/// What a supervisor reports to the orchestrator.
#[derive(Debug)]
pub(super) enum ShardEvent {
    /// A function is ready, with the time at which its slice begins.
    Begun(SliceKey, Duration),
    Counted(SliceKey, Counted),
    /// A function has ended, or was lost; another may follow.
    Over(SliceKey),
    /// A note for the report.
    Note(Note),
    /// Load that is missing, and whether it is missing to the interval's end.
    Missing {
        note: Note,
        for_good: bool,
    },
    /// The spec stopped the test.
    SpecStopped,
    /// No attempt can succeed in this interval, and the load of others has begun.
    CannotStart(SliceKey),
    /// No attempt can succeed, and no load has begun, so the test ends.
    Fatal(String),
}

/// Keeps one shard running through one interval.
pub(super) struct ShardSupervisor {
    pub(super) backend: Arc<dyn Backend>,
    pub(super) template: Arc<SliceEvent>,
    /// The shard's load in the interval. If the function is lost, it tells what is missing.
    pub(super) slice: Slice,
    pub(super) shard: Shard,
    pub(super) interval: Interval,
    pub(super) clock: Clock,
    pub(super) timeouts: Timeouts,
    pub(super) events: UnboundedSender<ShardEvent>,
    pub(super) shutdown: watch::Receiver<ShutdownState>,
    /// When the stop began, from the test's start.
    pub(super) stopped_at: Arc<OnceLock<Duration>>,
    /// Where the current function runs, for messages. Empty until it reports that.
    pub(super) place: String,
}

/// How an attempt ended.
enum AttemptOutcome {
    Done,
    /// Its output isn't read any more.
    Abandoned,
    /// The function certainly generates no load any more.
    Lost(String),
    /// The function may still generate load.
    OutOfSight(String),
    /// The function did not start and may be started again soon.
    NotBegun(String),
    Throttled(String),
    Fatal(String),
}

impl ShardSupervisor {
    /// Runs the shard until the interval is over.
    pub(super) async fn run(mut self) {
        // The time up to which the shard's load was certainly generated.
        let mut covered = self.interval.from;
        let mut why = String::from("it started late");
        let (mut attempts, mut throttled, mut number) = (0, 0, 0);
        let mut pause = self.timeouts.pause;
        loop {
            let from = covered.max(self.interval.from).max(if number == 0 { Duration::ZERO } else { self.clock.elapsed() });
            let left = self.interval.end().map_or(Duration::MAX, |end| end.saturating_sub(from));
            if self.is_stopping() || attempts >= self.timeouts.attempts || (number > 0 && left < LEAST) {
                break;
            }
            let mut event = self.template.for_slice(self.shard.number, self.interval, from, number);
            event.sent_at_us = micros(self.clock.unix_now());
            number += 1;
            let outcome = self.attempt(&event, &mut covered, &why).await;
            self.report(ShardEvent::Over(self.key()));
            match outcome {
                AttemptOutcome::Done => return,
                AttemptOutcome::Fatal(message) if !self.clock.elapsed().is_zero() => {
                    // The healthy shards continue to their end.
                    self.report(ShardEvent::CannotStart(self.key()));
                    self.missing(covered, self.interval.end(), &message, true);
                    return;
                }
                AttemptOutcome::Abandoned => {
                    why = "it did not stop in time".to_owned();
                    break;
                }
                AttemptOutcome::Fatal(message) => {
                    self.report(ShardEvent::Fatal(format!("shard {}: {message}", self.shard.number)));
                    // Load that was lost before is missing, whatever ends the test.
                    self.missing(covered, Some(self.clock.elapsed()), &why, false);
                    return;
                }
                AttemptOutcome::Throttled(message) => {
                    throttled += 1;
                    why = format!("throttled {throttled} times: {message}");
                }
                AttemptOutcome::NotBegun(message) | AttemptOutcome::Lost(message) => {
                    attempts += 1;
                    why = message;
                }
                AttemptOutcome::OutOfSight(message) => {
                    attempts += 1;
                    why = message;
                    if let Err(error) = self.abandon(&event.slice).await {
                        why = format!("{why}; it is not started again, because it may still be running: {error}");
                        break;
                    }
                }
            }
            if self.pause(pause).await {
                break;
            }
            pause = (pause * 2).min(Timeouts::LONGEST_PAUSE);
        }
        // After a stop no load is missing. Load that was missing before it might have recovered.
        let end = self.interval.end().unwrap_or(Duration::MAX);
        match self.stopped_at.get().filter(|at| **at < end) {
            Some(at) => self.missing(covered, Some(*at), &why, false),
            None => self.missing(covered, self.interval.end(), &why, true),
        }
    }

    fn key(&self) -> SliceKey {
        (self.shard.number, self.interval.number)
    }

    fn report(&self, events: ShardEvent) {
        // The receiver is gone only after the orchestrator has given up waiting.
        let _ = self.events.send(events);
    }

    fn note(&self, why: String) {
        let note = Note { place: self.place.clone(), ..Note::of_shard(self.shard.number, why) };
        self.report(ShardEvent::Note(note));
    }

    fn is_stopping(&self) -> bool {
        *self.shutdown.borrow() > ShutdownState::Running
    }

    fn missing(&self, from: Duration, to: Option<Duration>, why: &str, for_good: bool) {
        if let Some(gap) = gap(&self.slice, from, to) {
            let note = Note { shards: vec![self.shard.number], gap: Some(gap), why: why.to_owned(), place: self.place.clone() };
            self.report(ShardEvent::Missing { note, for_good });
        }
    }

    /// Sleeps before another attempt. Returns whether the test was stopped in the meantime.
    async fn pause(&mut self, pause: Duration) -> bool {
        let stopped = self.shutdown.wait_for(|shutdown| *shutdown > ShutdownState::Running);
        timeout(pause, stopped).await.is_ok()
    }

    async fn abandon(&mut self, slice: &str) -> Result<(), String> {
        let unreachable = || Err("it cannot be reached to stop it".into());
        tokio::select! {
            biased;
            done = timeout(self.timeouts.accept, self.backend.abandon(slice)) => done.unwrap_or_else(|_| unreachable()),
            _ = self.shutdown.wait_for(|shutdown| *shutdown == ShutdownState::Abandoned) => unreachable(),
        }
    }

    async fn attempt(&mut self, event: &SliceEvent, covered: &mut Duration, why: &str) -> AttemptOutcome {
        let backend = self.backend.clone();
        let region = self.shard.region.clone();
        let mut shutdown = self.shutdown.clone();
        let invoked = tokio::select! {
            biased;
            invoked = timeout(self.timeouts.accept, backend.invoke(region.as_deref(), event)) => invoked,
            _ = shutdown.wait_for(|shutdown| *shutdown == ShutdownState::Abandoned) => return AttemptOutcome::Abandoned,
        };
        match invoked {
            Err(_) => AttemptOutcome::OutOfSight(format!("no response to its invocation within {} s", self.timeouts.accept.as_secs())),
            Ok(Err(InvokeError::Refused(message))) => AttemptOutcome::Fatal(message),
            Ok(Err(InvokeError::Throttled(message))) => AttemptOutcome::Throttled(message),
            Ok(Err(InvokeError::NotStarted(message))) => AttemptOutcome::NotBegun(message),
            Ok(Err(InvokeError::Unknown(message))) => AttemptOutcome::OutOfSight(message),
            Ok(Ok(output)) => self.follow(event, output, covered, why).await,
        }
    }

    /// Reads a function's output until it ends or is lost.
    async fn follow(&mut self, event: &SliceEvent, mut output: Output, covered: &mut Duration, why: &str) -> AttemptOutcome {
        let mut reader = FrameReader::default();
        let mut expected = 0;
        let mut said = String::new();
        self.place.clear();
        let mut repeated = false;
        let mut deadline = clock::now() + self.timeouts.start;
        let mut shutdown = self.shutdown.clone();
        loop {
            let piece = tokio::select! {
                biased;
                _ = shutdown.wait_for(|shutdown| *shutdown == ShutdownState::Abandoned) => return AttemptOutcome::Abandoned,
                piece = timeout_at(deadline.into(), output.next()) => piece,
            };
            let (received, over) = match piece {
                Err(_) if expected == 0 => return AttemptOutcome::OutOfSight(format!("not ready within {:.0?}", self.timeouts.start)),
                Err(_) => return AttemptOutcome::OutOfSight(format!("it hangs: no frame arrived in time{}", self.place)),
                Ok(Some(Ok(bytes))) => {
                    reader.push(&bytes);
                    (reader.by_ref().collect::<Vec<_>>(), None)
                }
                Ok(Some(Err(error))) => {
                    (Vec::new(), Some(AttemptOutcome::OutOfSight(format!("the connection to it was lost: {error}{}", self.place))))
                }
                Ok(None) => (reader.finish().into_iter().collect(), Some(AttemptOutcome::Lost(String::new()))),
            };
            let mut damaged = None;
            for one in received {
                match one {
                    Received::Said(line) => line.trim().clone_into(&mut said),
                    Received::Damaged(what) => damaged = Some(what),
                    Received::Frame(number, frame) => {
                        if let Frame::Ended(Ended { reason: EndReason::Repeated, message, .. }) = &*frame {
                            self.note(format!("its event was delivered twice and run once: {message}"));
                            repeated = true;
                            continue;
                        }
                        // A frame that comes twice counts once.
                        if number < expected {
                            continue;
                        }
                        if number > expected {
                            self.note(format!(
                                "{} frames are missing before {}",
                                number - expected,
                                ltc_config::duration::print(Duration::from_secs(self.clock.elapsed().as_secs()))
                            ));
                        }
                        expected = number + 1;
                        if let Frame::Started(started) = &*frame {
                            self.place = format!(" ({})", started.place);
                        }
                        if let Some(outcome) = self.take(event, *frame, covered, why) {
                            return outcome;
                        }
                        deadline = self.next_frame(event);
                    }
                }
            }
            if let Some(over) = over {
                if repeated && expected == 0 {
                    // The response to the first delivery is lost, but its load continues.
                    return AttemptOutcome::OutOfSight("the response to its first delivery was lost".into());
                }
                let what = match (over, damaged, said.is_empty()) {
                    (AttemptOutcome::OutOfSight(message), ..) => return AttemptOutcome::OutOfSight(message),
                    (_, Some(damaged), _) => damaged,
                    (_, None, false) => said,
                    (_, None, true) => "it ended without output".into(),
                };
                return AttemptOutcome::Lost(format!("{what}{}", self.place));
            }
            if let Some(damaged) = damaged {
                self.note(damaged);
            }
        }
    }

    /// The time by which the next frame has to come.
    fn next_frame(&self, event: &SliceEvent) -> Instant {
        let begin = self.clock.instant(event.from()).max(clock::now());
        begin + Duration::from_micros(event.stats_interval_us) + self.timeouts.silence
    }

    /// Handles a frame. Returns an outcome if it is the last one.
    fn take(&mut self, event: &SliceEvent, frame: Frame, covered: &mut Duration, why: &str) -> Option<AttemptOutcome> {
        match frame {
            Frame::Started(started) => {
                self.report(ShardEvent::Begun(self.key(), event.from()));
                self.compare_clocks(event, &started);
                let end = self.interval.end().unwrap_or(Duration::MAX);
                let begun = (event.from() + Duration::from_micros(started.late_us)).min(end);
                if begun.saturating_sub(*covered) >= TOLERANCE {
                    self.missing(*covered, Some(begun), why, begun == end);
                }
                *covered = begun;
                None
            }
            Frame::Counted(counted) => {
                let until = Duration::from_micros(counted.to_us());
                *covered = (*covered).max(self.interval.end().map_or(until, |end| until.min(end)));
                self.report(ShardEvent::Counted(self.key(), counted));
                None
            }
            Frame::Ended(ended) => Some(match ended.reason {
                EndReason::Done | EndReason::Stopped | EndReason::Repeated => AttemptOutcome::Done,
                EndReason::StoppedItself => {
                    self.report(ShardEvent::SpecStopped);
                    AttemptOutcome::Done
                }
                EndReason::Deadline | EndReason::Failed | EndReason::Silent => AttemptOutcome::Lost(ended.message),
                // Before the load, a test that can't be stopped is refused. After its beginning, the other shards continue.
                EndReason::NoControl if self.clock.elapsed().is_zero() => AttemptOutcome::Fatal(ended.message),
                EndReason::NoControl => AttemptOutcome::NotBegun(ended.message),
                EndReason::Refused => AttemptOutcome::Fatal(ended.message),
            }),
        }
    }

    fn compare_clocks(&self, event: &SliceEvent, started: &Started) {
        let (theirs, ours) = (Duration::from_micros(started.clock_us), self.clock.unix_now());
        let ahead = theirs.saturating_sub(ours);
        let behind = Duration::from_micros(event.sent_at_us).saturating_sub(theirs);
        if ahead >= SKEW {
            self.note(format!("its clock is {:.1} s ahead of the orchestrator's, so its users start and stop earlier than those of other shards by that time", ahead.as_secs_f64()));
        } else if behind >= SKEW {
            self.note(format!("its clock is {:.1} s behind the orchestrator's; the difference was corrected", behind.as_secs_f64()));
        }
    }
}

/// Sleeps until an instant of the standard library.
pub(super) async fn until(instant: Instant) {
    sleep_until(instant.into()).await;
}
