//! Who keeps one shard running through one interval: it has the slice begun, listens to it, and has what is left of it begun again
//! where it is lost. Every wait is bounded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::time::{sleep_until, timeout, timeout_at};

use super::backend::{Backend, InvokeError, Output};
use super::collector::Key;
use super::event::SliceEvent;
use super::fleet::{Interval, Shard};
use super::frame::{Counted, EndReason, Ended, Frame, Reader, Received, Started};
use super::missing::{TOLERANCE, gap};
use ltc_engine::base::clock::Clock;
use ltc_engine::base::clock::unix_now;
use ltc_engine::schedule::Slice;
use ltc_engine::stats::micros;

/// Clocks that differ by less are taken for equal: messages take their time.
const SKEW: Duration = Duration::from_secs(1);
/// A network that is cut for ten seconds loses nothing: what was sent comes when it is back.
const LONGEST_CUT: Duration = Duration::from_secs(12);
/// So little time is not worth another attempt.
const LEAST: Duration = Duration::from_millis(500);

/// How long is waited, and how often tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For an invocation to be accepted.
    pub accept: Duration,
    /// From then until a function is ready.
    pub start: Duration,
    /// For a frame that is due.
    pub silence: Duration,
    /// Before the second attempt; doubled each time, up to [`Patience::LONGEST_PAUSE`].
    pub pause: Duration,
    /// How often a slice is begun at most, throttled attempts not counted.
    pub attempts: u32,
}

impl Patience {
    /// No pause between attempts is longer.
    pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(5);

    /// For results that come once an interval.
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

/// How far the end of all has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Halt {
    /// It hasn't.
    No,
    /// Nothing is begun any more; what runs is listened to.
    Stopping,
    /// Nobody listens any more.
    GivenUp,
}

/// What a keeper tells.
#[derive(Debug)]
pub(super) enum News {
    Begun(Key),
    Counted(Key, Counted),
    /// A function is over, or was lost; another may follow.
    Over(Key),
    /// Something that belongs in the report.
    Note(String),
    /// Load that was missing, in words; whether it stayed so to the interval's end.
    Missing {
        shard: u32,
        note: String,
        for_good: bool,
    },
    /// The spec stopped the test.
    SpecStopped,
    /// It can't ever be done.
    Fatal(String),
}

/// Keeps one shard running through one interval.
pub(super) struct Keeper {
    pub(super) backend: Arc<dyn Backend>,
    pub(super) template: Arc<SliceEvent>,
    /// The shard's part of the whole plan: what is missing when it is lost.
    pub(super) whole: Slice,
    pub(super) shard: Shard,
    pub(super) interval: Interval,
    pub(super) clock: Clock,
    pub(super) patience: Patience,
    pub(super) news: UnboundedSender<News>,
    pub(super) halt: watch::Receiver<Halt>,
}

/// How an attempt ended.
enum Outcome {
    Done,
    /// It makes no load any more.
    Lost(String),
    /// Nobody knows whether it does.
    OutOfSight(String),
    /// It may be tried again, soon.
    NotBegun(String),
    Throttled(String),
    Fatal(String),
}

impl Keeper {
    /// Until the interval is over, in whatever way.
    pub(super) async fn keep(mut self) {
        // Until when the shard's load is known to have been made.
        let mut covered = self.interval.from;
        let mut why = String::from("it began late");
        let (mut attempts, mut throttled, mut number) = (0, 0, 0);
        let mut pause = self.patience.pause;
        loop {
            let from = covered.max(self.interval.from).max(if number == 0 { Duration::ZERO } else { self.clock.elapsed() });
            let left = self.interval.to.map_or(Duration::MAX, |to| to.saturating_sub(from));
            if self.is_halted() || attempts >= self.patience.attempts || (number > 0 && left < LEAST) {
                break;
            }
            let mut event = self.template.for_slice(self.shard.number, self.interval.number, from, self.interval.to, number);
            event.sent_at_us = micros(unix_now());
            number += 1;
            let outcome = self.attempt(&event, &mut covered, &why).await;
            self.tell(News::Over(self.key()));
            match outcome {
                Outcome::Done => return,
                Outcome::Fatal(message) => {
                    self.tell(News::Fatal(format!("shard {}: {message}", self.shard.number)));
                    return;
                }
                Outcome::Throttled(message) => {
                    throttled += 1;
                    why = format!("throttled {throttled} times: {message}");
                }
                Outcome::NotBegun(message) | Outcome::Lost(message) => {
                    attempts += 1;
                    why = message;
                }
                Outcome::OutOfSight(message) => {
                    attempts += 1;
                    why = message;
                    if let Err(error) = self.abandon(&event.slice).await {
                        why = format!("{why}; it is not begun again, since it may still run: {error}");
                        break;
                    }
                }
            }
            if self.pause(pause).await {
                break;
            }
            pause = (pause * 2).min(Patience::LONGEST_PAUSE);
        }
        // A test that is being stopped has no load to miss.
        if !self.is_halted() {
            self.missing(covered, self.interval.to, &why, true);
        }
    }

    fn key(&self) -> Key {
        (self.shard.number, self.interval.number)
    }

    fn tell(&self, news: News) {
        // Nobody listens only when the whole is being given up.
        let _ = self.news.send(news);
    }

    fn is_halted(&self) -> bool {
        *self.halt.borrow() > Halt::No
    }

    fn missing(&self, from: Duration, to: Option<Duration>, why: &str, for_good: bool) {
        if let Some(note) = gap(self.shard.number, &self.whole, from, to, why) {
            self.tell(News::Missing { shard: self.shard.number, note, for_good });
        }
    }

    /// Sleeps before another attempt; whether the test is stopped meanwhile.
    async fn pause(&mut self, pause: Duration) -> bool {
        let stopped = self.halt.wait_for(|halt| *halt > Halt::No);
        timeout(pause, stopped).await.is_ok()
    }

    async fn abandon(&mut self, slice: &str) -> Result<(), String> {
        match timeout(self.patience.accept, self.backend.abandon(slice)).await {
            Ok(done) => done,
            Err(_) => Err("it cannot be told to stop".into()),
        }
    }

    async fn attempt(&mut self, event: &SliceEvent, covered: &mut Duration, why: &str) -> Outcome {
        let backend = self.backend.clone();
        let region = self.shard.region.clone();
        let mut halt = self.halt.clone();
        let invoked = tokio::select! {
            invoked = timeout(self.patience.accept, backend.invoke(region.as_deref(), event)) => invoked,
            _ = halt.wait_for(|halt| *halt == Halt::GivenUp) => return Outcome::Done,
        };
        match invoked {
            Err(_) => Outcome::OutOfSight(format!("no answer to its invocation in {} s", self.patience.accept.as_secs())),
            Ok(Err(InvokeError::Refused(message))) => Outcome::Fatal(message),
            Ok(Err(InvokeError::Throttled(message))) => Outcome::Throttled(message),
            Ok(Err(InvokeError::NotStarted(message))) => Outcome::NotBegun(message),
            Ok(Err(InvokeError::Unknown(message))) => Outcome::OutOfSight(message),
            Ok(Ok(output)) => self.follow(event, output, covered, why).await,
        }
    }

    /// Listens to a function until it ends or is lost.
    async fn follow(&mut self, event: &SliceEvent, mut output: Output, covered: &mut Duration, why: &str) -> Outcome {
        let mut reader = Reader::default();
        let mut expected = 0;
        let mut said = String::new();
        let mut place = String::new();
        let mut repeated = false;
        let mut deadline = Instant::now() + self.patience.start;
        let mut halt = self.halt.clone();
        loop {
            let piece = tokio::select! {
                piece = timeout_at(deadline.into(), output.next()) => piece,
                _ = halt.wait_for(|halt| *halt == Halt::GivenUp) => return Outcome::Done,
            };
            let (received, over) = match piece {
                Err(_) if expected == 0 => return Outcome::OutOfSight(format!("not ready within {:.0?}", self.patience.start)),
                Err(_) => return Outcome::OutOfSight(format!("it hangs: no frame came when one was due{place}")),
                Ok(Some(Ok(bytes))) => {
                    reader.push(&bytes);
                    (reader.by_ref().collect::<Vec<_>>(), None)
                }
                Ok(Some(Err(error))) => (Vec::new(), Some(Outcome::OutOfSight(format!("the connection to it was lost: {error}{place}")))),
                Ok(None) => (reader.finish().into_iter().collect(), Some(Outcome::Lost(String::new()))),
            };
            let mut damaged = None;
            for one in received {
                match one {
                    Received::Said(line) => line.trim().clone_into(&mut said),
                    Received::Damaged(what) => damaged = Some(what),
                    Received::Frame(number, frame) => {
                        if let Frame::Ended(Ended { reason: EndReason::Repeated, message, .. }) = &*frame {
                            self.tell(News::Note(format!("shard {}: delivered twice, begun once: {message}", self.shard.number)));
                            repeated = true;
                            continue;
                        }
                        if number > expected {
                            self.tell(News::Note(format!(
                                "shard {}: {} frames are missing before {}",
                                self.shard.number,
                                number - expected,
                                ltc_config::duration::print(Duration::from_secs(self.clock.elapsed().as_secs()))
                            )));
                        }
                        expected = number + 1;
                        if let Frame::Started(started) = &*frame {
                            place = format!(" ({})", started.place);
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
                    // The first delivery's answer went elsewhere, and its load goes on.
                    return Outcome::OutOfSight("the answer of its first delivery was lost".into());
                }
                let what = match (over, damaged, said.is_empty()) {
                    (Outcome::OutOfSight(message), ..) => return Outcome::OutOfSight(message),
                    (_, Some(damaged), _) => damaged,
                    (_, None, false) => said,
                    (_, None, true) => "it ended without a word".into(),
                };
                return Outcome::Lost(format!("{what}{place}"));
            }
            if let Some(damaged) = damaged {
                self.tell(News::Note(format!("shard {}: {damaged}", self.shard.number)));
            }
        }
    }

    /// When the next frame must have come.
    fn next_frame(&self, event: &SliceEvent) -> Instant {
        let begin = self.clock.instant(event.from()).max(Instant::now());
        begin + Duration::from_micros(event.stats_interval_us) + self.patience.silence
    }

    /// What a frame means; an outcome where it is the last.
    fn take(&mut self, event: &SliceEvent, frame: Frame, covered: &mut Duration, why: &str) -> Option<Outcome> {
        match frame {
            Frame::Started(started) => {
                self.tell(News::Begun(self.key()));
                self.compare_clocks(event, &started);
                let begun = event.from() + Duration::from_micros(started.late_us);
                if begun.saturating_sub(*covered) >= TOLERANCE {
                    self.missing(*covered, Some(begun), why, false);
                }
                *covered = begun;
                None
            }
            Frame::Counted(counted) => {
                let until = Duration::from_micros(counted.to_us());
                *covered = (*covered).max(self.interval.to.map_or(until, |to| until.min(to)));
                self.tell(News::Counted(self.key(), counted));
                None
            }
            Frame::Ended(ended) => Some(match ended.reason {
                EndReason::Done | EndReason::Stopped | EndReason::Repeated => Outcome::Done,
                EndReason::StoppedItself => {
                    self.tell(News::SpecStopped);
                    Outcome::Done
                }
                EndReason::Deadline | EndReason::Failed => Outcome::Lost(ended.message),
                EndReason::Refused => Outcome::Fatal(ended.message),
            }),
        }
    }

    fn compare_clocks(&self, event: &SliceEvent, started: &Started) {
        let (theirs, ours) = (Duration::from_micros(started.clock_us), unix_now());
        let ahead = theirs.saturating_sub(ours);
        let behind = Duration::from_micros(event.sent_at_us).saturating_sub(theirs);
        if ahead >= SKEW {
            self.tell(News::Note(format!(
                "shard {}: its clock is {:.1} s ahead of the orchestrator's: so much earlier than the others it begins and ends",
                self.shard.number,
                ahead.as_secs_f64()
            )));
        } else if behind >= SKEW {
            self.tell(News::Note(format!(
                "shard {}: its clock is {:.1} s behind the orchestrator's: it was put right",
                self.shard.number,
                behind.as_secs_f64()
            )));
        }
    }
}

/// Sleeps until an instant of the standard library.
pub(super) async fn until(instant: Instant) {
    sleep_until(instant.into()).await;
}
