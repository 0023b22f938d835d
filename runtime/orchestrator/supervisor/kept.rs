//! Fetches the frames of a function that did not arrive, from what the function kept. Each frame counts once.

use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use super::super::event::SliceEvent;
use super::super::frame::{EndReason, Frame};
use super::super::kept::KeptSlice;
use super::super::listening::Listening;
use super::super::notes::Note;
use super::super::received::ReceivedFrames;
use super::{Progress, ShardEvent, ShardSupervisor, ShutdownState};
use ltc_engine::clock;

/// How long to wait for what functions kept, if it cannot be fetched.
const PATIENCE: Duration = Duration::from_secs(30);
/// The time limit of a request, the pause after a failed one, and the time limit after the orchestrator gave up waiting for functions.
const FETCH: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_secs(1);
const LAST_FETCH: Duration = Duration::from_secs(2);

/// An attempt whose frames have not all arrived.
#[derive(Debug)]
pub(super) struct Incomplete {
    event: SliceEvent,
    frames: ReceivedFrames,
    /// The time before which frames are missing, from the test's start.
    gap_seen: Option<Duration>,
    /// When the function certainly keeps nothing more, if that is known.
    final_at: Option<Instant>,
    /// Why its frames could not be fetched.
    unfetched: Option<String>,
}

impl Incomplete {
    /// Whether everything that the function kept has been fetched.
    fn is_settled(&self) -> bool {
        self.unfetched.is_none() && (self.frames.has_end() || self.final_at.is_some_and(|at| at <= clock::now()))
    }
}

impl ShardSupervisor {
    /// Remembers an attempt whose frames have not all arrived.
    pub(super) fn remember(&self, event: SliceEvent, listening: &Listening, final_at: Option<Instant>, progress: &mut Progress) {
        if listening.frames.is_whole() {
            return;
        }
        let gap_seen = listening.gap_seen.map(|seen| self.clock.elapsed().saturating_sub(clock::since(seen)));
        let frames = listening.frames.clone();
        progress.incomplete.push(Incomplete { event, frames, gap_seen, final_at, unfetched: None });
    }

    /// Takes what the functions of incomplete attempts kept. `waits`: until they keep nothing more, and, if it cannot be fetched, for some
    /// time.
    pub(super) async fn fetch_kept(&self, progress: &mut Progress, waits: bool) {
        let deadline = clock::now() + PATIENCE;
        for mut attempt in std::mem::take(&mut progress.incomplete) {
            loop {
                match self.kept(&attempt).await {
                    Ok(kept) => {
                        self.take_kept(&mut attempt, kept, progress);
                        attempt.unfetched = None;
                    }
                    Err(why) => attempt.unfetched = Some(why),
                }
                let until = if attempt.unfetched.is_some() { Some(deadline) } else { attempt.final_at };
                let goes_on = waits && !attempt.is_settled() && *self.shutdown.borrow() < ShutdownState::Abandoned;
                if !goes_on || until.is_none_or(|until| clock::now() > until + AGAIN) {
                    break;
                }
                sleep(AGAIN).await;
            }
            if attempt.is_settled() {
                self.note_missing(&attempt);
            } else {
                progress.incomplete.push(attempt);
            }
        }
    }

    /// Reports which results are missing in the end.
    pub(super) fn report_unfetched(&self, progress: &mut Progress) {
        for attempt in std::mem::take(&mut progress.incomplete) {
            let of_run = &self.template.test_id;
            let why = match &attempt.unfetched {
                Some(why) => format!("its last results did not arrive: {why}; `collect {of_run}` reports what its functions kept"),
                None => format!("it did not confirm its end; `collect {of_run}` reports what its functions keep"),
            };
            self.report(ShardEvent::Unfetched(Note::of_shard(self.shard.number, why)));
            self.note_missing(&attempt);
        }
    }

    fn note_missing(&self, attempt: &Incomplete) {
        let missing = attempt.frames.missing();
        if let Some(before) = attempt.gap_seen.filter(|_| missing > 0) {
            let before = Duration::from_secs(before.as_secs());
            self.note(format!("{missing} frames are missing before {}", ltc_config::duration::print(before)));
        }
    }

    /// What the function of an attempt kept, with all of its frames by their numbers.
    async fn kept(&self, attempt: &Incomplete) -> Result<(KeptSlice, bool), String> {
        let mut shutdown = self.shutdown.clone();
        let given_up = async {
            let _ = shutdown.wait_for(|shutdown| *shutdown == ShutdownState::Abandoned).await;
            sleep(LAST_FETCH).await;
        };
        let output = tokio::select! {
            biased;
            output = timeout(FETCH, self.backend.kept(&attempt.event.slice)) => output.ok(),
            () = given_up => None,
        };
        let output = output.unwrap_or_else(|| Err("no response".to_owned()))?;
        let mut kept = KeptSlice::default();
        output.parts.iter().for_each(|part| kept.add(part));
        Ok((kept, output.is_final))
    }

    fn take_kept(&self, attempt: &mut Incomplete, (kept, is_final): (KeptSlice, bool), progress: &mut Progress) {
        if is_final {
            attempt.final_at = Some(clock::now());
        }
        for (number, frame) in kept.frames {
            if !attempt.frames.add(number) {
                continue;
            }
            match frame {
                Frame::Started(started) => self.begins(&attempt.event, &started, progress),
                Frame::Counted(counted) => self.counts(counted, progress),
                Frame::Ended(ended) => {
                    attempt.frames.end();
                    if ended.reason == EndReason::StoppedItself {
                        self.report(ShardEvent::SpecStopped);
                    }
                }
            }
        }
    }
}
