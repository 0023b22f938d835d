//! Supervises one shard for one interval: starts its function, reads its frames, and starts the rest of the slice again if the function is
//! lost. Every wait has a limit.

mod frames;
mod kept;

use std::pin::pin;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::time::{sleep_until, timeout, timeout_at};

use super::backend::{Backend, InvokeError, OwnEnd};
use super::collector::SliceKey;
use super::control::longest_silence;
use super::event::SliceEvent;
use super::fleet::{Interval, Shard};
use super::frame::Counted;
use super::listening::{Listening, Over, ReceivedItem};
use super::missing::gap;
use super::notes::Note;
use super::timeouts::Timeouts;
use kept::Incomplete;
use ltc_engine::clock::{self, Clock};
use ltc_engine::schedule::Slice;
use ltc_engine::stats::micros;

/// The time after a slice's last iteration in which its function ends.
const LAST_FRAMES: Duration = Duration::from_secs(3);
/// A deadline that is missed by this time was missed because the orchestrator itself did not run.
const STOPPED: Duration = Duration::from_secs(2);
/// The time in which a function writes what it keeps, after it has noticed that it must stop.
const LAST_KEPT: Duration = Duration::from_secs(5);
/// A shorter attempt isn't worth starting.
const LEAST: Duration = Duration::from_millis(500);

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
    /// Results did not arrive, and `collect` can report them.
    Unfetched(Note),
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
    /// Whether the output of functions arrives only at their end.
    pub(super) buffered: Arc<AtomicBool>,
    /// Where the current function runs, for messages. Empty until it reports that.
    pub(super) place: String,
    /// When the first frame of the current function arrived, if that was long after it was sent.
    pub(super) started_late: Option<Instant>,
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

/// How far a slice has come.
struct Progress {
    /// The time up to which the shard's load was certainly generated.
    covered: Duration,
    /// Why the load after it is missing.
    why: String,
    /// Attempts whose frames have not all arrived.
    incomplete: Vec<Incomplete>,
}

/// How the attempts to run a slice ended.
enum SliceEnd {
    Done,
    /// No attempt can succeed.
    Refused(String),
    /// The same, and it ends the test.
    Fatal,
    /// There is no further attempt.
    GivenUp,
}

impl ShardSupervisor {
    /// Runs the shard until the interval is over.
    pub(super) async fn run(mut self) {
        let mut progress = Progress { covered: self.interval.from, why: String::from("it started late"), incomplete: Vec::new() };
        let end = self.attempts(&mut progress).await;
        self.fetch_kept(&mut progress, true).await;
        self.report_unfetched(&mut progress);
        let Progress { covered, why, .. } = progress;
        let interval_end = self.interval.end();
        match end {
            SliceEnd::Done => {}
            SliceEnd::Refused(message) => self.missing(covered, interval_end, &message, true),
            // Load that was lost before is missing, whatever ends the test.
            SliceEnd::Fatal => self.missing(covered, Some(self.clock.elapsed()), &why, false),
            // After a stop no load is missing. Load that was missing before it might have recovered.
            SliceEnd::GivenUp => match self.stopped_at.get().filter(|at| **at < interval_end.unwrap_or(Duration::MAX)) {
                Some(at) => self.missing(covered, Some(*at), &why, false),
                None => self.missing(covered, interval_end, &why, true),
            },
        }
    }

    /// Starts functions until one has generated the load to its end.
    async fn attempts(&mut self, progress: &mut Progress) -> SliceEnd {
        let (mut attempts, mut throttled, mut number) = (0, 0, 0);
        // The time since when no attempt has started a function.
        let mut not_begun: Option<Instant> = None;
        let mut pause = self.timeouts.pause;
        loop {
            let now = if number == 0 { Duration::ZERO } else { self.clock.elapsed() };
            let from = progress.covered.max(self.interval.from).max(now);
            let left = self.interval.end().map_or(Duration::MAX, |end| end.saturating_sub(from));
            let is_used_up = attempts >= self.timeouts.attempts && not_begun.is_none_or(|at| clock::since(at) >= self.timeouts.outage);
            if self.is_stopping() || is_used_up || (number > 0 && left < LEAST) {
                return SliceEnd::GivenUp;
            }
            let mut event = self.template.for_slice(self.shard.number, self.interval, from, number);
            event.sent_at_us = micros(self.clock.unix_now());
            number += 1;
            let (outcome, listening) = self.attempt(&event, progress).await;
            self.report(ShardEvent::Over(self.key()));
            let not_begun_since = std::mem::take(&mut not_begun).unwrap_or_else(clock::now);
            match outcome {
                AttemptOutcome::Done => {
                    self.remember(event, &listening, Some(clock::now()), progress);
                    return SliceEnd::Done;
                }
                AttemptOutcome::Fatal(message) if !self.clock.elapsed().is_zero() => {
                    // The healthy shards continue to their end.
                    self.report(ShardEvent::CannotStart(self.key()));
                    return SliceEnd::Refused(message);
                }
                AttemptOutcome::Fatal(message) => {
                    self.report(ShardEvent::Fatal(format!("shard {}: {message}", self.shard.number)));
                    return SliceEnd::Fatal;
                }
                AttemptOutcome::Abandoned => {
                    "it did not stop in time".clone_into(&mut progress.why);
                    self.remember(event, &listening, None, progress);
                    return SliceEnd::GivenUp;
                }
                AttemptOutcome::Throttled(message) => {
                    throttled += 1;
                    progress.why = format!("throttled {throttled} times: {message}");
                }
                AttemptOutcome::NotBegun(message) => {
                    (attempts, progress.why) = (attempts + 1, message);
                    not_begun = Some(not_begun_since);
                }
                AttemptOutcome::Lost(message) => {
                    (attempts, progress.why) = (attempts + 1, message);
                    self.remember(event, &listening, Some(clock::now()), progress);
                }
                AttemptOutcome::OutOfSight(message) => {
                    (attempts, progress.why) = (attempts + 1, message);
                    let (ended, listening) = self.end(&event, listening, progress).await;
                    self.report(ShardEvent::Over(self.key()));
                    // Its users may still finish their iterations.
                    let last = Duration::from_micros(event.graceful_stop_us) + LAST_KEPT;
                    self.remember(event, &listening, ended.is_ok().then(|| clock::now() + last), progress);
                    if let Err(error) = ended {
                        progress.why = format!("{}; it is not started again, because it may still be running: {error}", progress.why);
                        return SliceEnd::GivenUp;
                    }
                }
            }
            // What the lost function kept tells how far it came.
            self.fetch_kept(progress, false).await;
            if self.pause(pause).await {
                return SliceEnd::GivenUp;
            }
            pause = (pause * 2).min(Timeouts::LONGEST_PAUSE);
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

    /// Makes sure that a function makes no load any more. What still comes from it counts.
    async fn end(&mut self, event: &SliceEvent, mut listening: Listening, progress: &mut Progress) -> (Result<(), String>, Listening) {
        let (backend, mut shutdown) = (self.backend.clone(), self.shutdown.clone());
        let own_end = self.own_end(event);
        let deadline = own_end.after(clock::now()).unwrap_or_else(clock::now).max(clock::now()) + self.timeouts.accept;
        let unreachable = || Err("it cannot be reached to stop it".into());
        let mut abandoned = pin!(async {
            tokio::select! {
                biased;
                done = timeout_at(deadline.into(), backend.abandon(&event.slice, own_end)) => done.unwrap_or_else(|_| unreachable()),
                _ = shutdown.wait_for(|shutdown| *shutdown == ShutdownState::Abandoned) => unreachable(),
            }
        });
        let mut ended: Option<Instant> = None;
        loop {
            let rest = ended.map(|ended| ended + self.timeouts.rest);
            let is_open = listening.over.is_none() && !listening.frames.has_end();
            if !is_open && rest.is_some() {
                return (Ok(()), listening);
            }
            tokio::select! {
                biased;
                heard = listening.next(), if is_open => {
                    let _ = self.hear(event, heard, progress);
                }
                done = &mut abandoned, if ended.is_none() => {
                    if done.is_err() {
                        return (done, listening);
                    }
                    ended = Some(clock::now());
                }
                () = until(rest.unwrap_or_else(clock::now)), if rest.is_some() => return (Ok(()), listening),
            }
        }
    }

    /// When a function of this slice begins no iteration any more, if nothing reaches it.
    fn own_end(&self, event: &SliceEvent) -> OwnEnd {
        OwnEnd {
            silence: longest_silence(event.profile.without_orchestrator),
            end: self.interval.end().map(|end| self.clock.instant(end) + LAST_FRAMES),
        }
    }

    /// How an attempt ends, and what may still come from its function.
    async fn attempt(&mut self, event: &SliceEvent, progress: &mut Progress) -> (AttemptOutcome, Listening) {
        let backend = self.backend.clone();
        let region = self.shard.region.clone();
        let mut shutdown = self.shutdown.clone();
        let invoked = tokio::select! {
            biased;
            invoked = timeout(self.timeouts.accept, backend.invoke(region.as_deref(), event)) => invoked,
            _ = shutdown.wait_for(|shutdown| *shutdown == ShutdownState::Abandoned) => return (AttemptOutcome::Abandoned, Listening::to_nothing()),
        };
        let outcome = match invoked {
            Err(_) => AttemptOutcome::OutOfSight(format!("no response to its invocation within {} s", self.timeouts.accept.as_secs())),
            Ok(Err(InvokeError::Refused(message))) => AttemptOutcome::Fatal(message),
            Ok(Err(InvokeError::Throttled(message))) => AttemptOutcome::Throttled(message),
            Ok(Err(InvokeError::NotStarted(message))) => AttemptOutcome::NotBegun(message),
            Ok(Err(InvokeError::Unknown(message))) => AttemptOutcome::OutOfSight(message),
            Ok(Ok(output)) => {
                let mut listening = Listening::to(output);
                let outcome = self.follow(event, &mut listening, progress).await;
                return (outcome, listening);
            }
        };
        (outcome, Listening::to_nothing())
    }

    /// Reads a function's output until it ends or is lost.
    async fn follow(&mut self, event: &SliceEvent, listening: &mut Listening, progress: &mut Progress) -> AttemptOutcome {
        self.place.clear();
        self.started_late = None;
        let mut deadline = clock::now() + self.timeouts.start;
        let mut shutdown = self.shutdown.clone();
        loop {
            let heard = tokio::select! {
                biased;
                _ = shutdown.wait_for(|shutdown| *shutdown == ShutdownState::Abandoned) => return AttemptOutcome::Abandoned,
                heard = timeout_at(deadline.into(), listening.next()) => heard,
            };
            let Ok(heard) = heard else {
                // This process was stopped itself, so the output of its functions may still be in the pipes.
                if clock::since(deadline) >= STOPPED {
                    deadline = clock::now() + self.timeouts.rest;
                    continue;
                }
                // A proxy may hold its output back.
                match self.last_frame(event).filter(|last| *last > clock::now()) {
                    _ if !listening.is_silent() => {
                        return AttemptOutcome::OutOfSight(format!("it hangs: no frame arrived in time{}", self.place));
                    }
                    Some(last) => deadline = last,
                    None => return AttemptOutcome::OutOfSight(format!("not ready within {:.0?}", self.timeouts.start)),
                }
                continue;
            };
            let frames = heard.iter().any(|heard| matches!(heard, ReceivedItem::Frame(_)));
            if let Some(outcome) = self.hear(event, heard, progress) {
                return outcome;
            }
            if frames {
                deadline = self.next_frame(event);
            }
            match listening.over.clone() {
                Some(Over::OutOfSight(why)) => return AttemptOutcome::OutOfSight(format!("{why}{}", self.place)),
                Some(Over::Ended(why)) => return AttemptOutcome::Lost(format!("{why}{}", self.place)),
                None => {}
            }
        }
    }
}

/// Sleeps until an instant of the standard library.
pub(super) async fn until(instant: Instant) {
    sleep_until(instant.into()).await;
}
