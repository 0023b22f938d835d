//! What a supervisor learns from its function's frames: how far the load has come, what is missing, and how the function ended.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::super::event::SliceEvent;
use super::super::frame::{Counted, EndReason, Frame, Started};
use super::super::listening::ReceivedItem;
use super::super::missing::TOLERANCE;
use super::super::notes::Note;
use super::{AttemptOutcome, Progress, ShardEvent, ShardSupervisor};
use ltc_engine::clock;

/// Smaller differences of clocks are ignored, because messages take time.
const SKEW: Duration = Duration::from_secs(1);
/// The longest time between the first and the last frame of an output that a proxy held back.
const TOGETHER: Duration = Duration::from_secs(1);
/// The note about such an output, with its fix.
const BUFFERED: &str = "the output of functions arrives only at their end, as behind a proxy that buffers responses: results come late, \
                        and a function that hangs is noticed only then; let the proxy stream responses, or set NO_PROXY=.amazonaws.com";
impl ShardSupervisor {
    /// Takes what came; an outcome where it is the last.
    pub(super) fn hear(&mut self, event: &SliceEvent, heard: Vec<ReceivedItem>, progress: &mut Progress) -> Option<AttemptOutcome> {
        for one in heard {
            match one {
                ReceivedItem::Note(why) => self.note(why),
                ReceivedItem::Frame(frame) => {
                    if let Some(outcome) = self.take(event, *frame, progress) {
                        return Some(outcome);
                    }
                }
            }
        }
        None
    }

    /// When the whole output of a function must have arrived, if it arrives only at the function's end.
    pub(super) fn last_frame(&self, event: &SliceEvent) -> Option<Instant> {
        let end = self.interval.end().filter(|_| self.buffered.load(Ordering::Relaxed))?;
        Some(self.clock.instant(end) + Duration::from_micros(event.graceful_stop_us) + self.timeouts.silence)
    }

    /// The time by which the next frame has to come.
    pub(super) fn next_frame(&self, event: &SliceEvent) -> Instant {
        let begin = self.clock.instant(event.from()).max(clock::now());
        begin + Duration::from_micros(event.stats_interval_us) + self.timeouts.silence
    }

    /// Handles a frame. Returns an outcome if it is the last one.
    fn take(&mut self, event: &SliceEvent, frame: Frame, progress: &mut Progress) -> Option<AttemptOutcome> {
        match frame {
            Frame::Started(started) => {
                self.place = format!(" ({})", started.place);
                let age = self.clock.unix_now().saturating_sub(Duration::from_micros(started.clock_us));
                self.started_late = (age >= self.timeouts.start / 2).then(clock::now);
                self.report(ShardEvent::Begun(self.key(), event.from()));
                self.compare_clocks(event, &started);
                self.begins(event, &started, progress);
                None
            }
            Frame::Counted(counted) => {
                self.counts(counted, progress);
                None
            }
            Frame::Ended(ended) => {
                let together = self.started_late.is_some_and(|started| clock::since(started) <= TOGETHER);
                if together && !self.buffered.swap(true, Ordering::Relaxed) {
                    self.report(ShardEvent::Note(Note::of_fleet(BUFFERED)));
                }
                Some(match ended.reason {
                    EndReason::Done | EndReason::Stopped | EndReason::Repeated => AttemptOutcome::Done,
                    EndReason::StoppedItself => {
                        self.report(ShardEvent::SpecStopped);
                        AttemptOutcome::Done
                    }
                    EndReason::Deadline | EndReason::Failed | EndReason::Silent => AttemptOutcome::Lost(ended.message),
                    // Before the load, a test that could not be stopped is refused. Later, the others go on.
                    EndReason::NoControl if self.clock.elapsed().is_zero() => AttemptOutcome::Fatal(ended.message),
                    EndReason::NoControl => AttemptOutcome::NotBegun(ended.message),
                    EndReason::Refused => AttemptOutcome::Fatal(ended.message),
                })
            }
        }
    }

    /// A function has begun. Load that was due before is missing.
    pub(super) fn begins(&self, event: &SliceEvent, started: &Started, progress: &mut Progress) {
        let end = self.interval.end().unwrap_or(Duration::MAX);
        let begun = (event.from() + Duration::from_micros(started.late_us)).min(end);
        if begun.saturating_sub(progress.covered) >= TOLERANCE {
            self.missing(progress.covered, Some(begun), &progress.why, begun == end);
        }
        progress.covered = progress.covered.max(begun);
    }

    /// Passes results on.
    pub(super) fn counts(&self, counted: Counted, progress: &mut Progress) {
        let until = Duration::from_micros(counted.to_us());
        progress.covered = progress.covered.max(self.interval.end().map_or(until, |end| until.min(end)));
        self.report(ShardEvent::Counted(self.key(), counted));
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
