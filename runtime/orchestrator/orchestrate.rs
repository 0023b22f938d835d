//! Runs a fleet: starts each interval's functions in time, merges the frames of all functions, and stops them.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use ltc_config::profile::LogLevel;

use super::backend::{Backend, Urgency};
use super::collector::{Collector, MergedInterval};
use super::control::HEARTBEAT;
use super::event::SliceEvent;
use super::fleet::Fleet;
use super::missing::clock_tenths;
use super::notes::{Note, Notes, rows_used_up};
use super::pauses::Pauses;
use super::sharing::Sharing;
use super::supervisor::{ShardEvent, ShardSupervisor, ShutdownState, until};
use super::timeouts::Timeouts;
use crate::journal::Journal;
use ltc_engine::clock::{self, Clock};
use ltc_engine::program::renewed::RenewedValues;
use ltc_engine::schedule::Plan;
use ltc_engine::workers::Stop;

/// How often the orchestrator checks whether to stop.
const TICK: Duration = Duration::from_millis(50);
/// The time after a stop until users are stopped in the middle of their iteration, and the time until the orchestrator no longer waits for
/// functions. A fleet stops within ten seconds.
const STOP_AT_ONCE_AFTER: Duration = Duration::from_secs(5);
const ABANDON_AFTER: Duration = Duration::from_millis(9_500);
/// The second time after an immediate stop.
const ABANDON_AT_ONCE_AFTER: Duration = Duration::from_secs(2);
/// The pause after which a failed request to stop is repeated.
const STOP_AGAIN: Duration = Duration::from_secs(1);
/// The time limit of a request to the backend that doesn't start a function.
const REQUEST: Duration = Duration::from_secs(4);

/// Runs a fleet.
#[derive(Debug)]
pub(crate) struct Orchestrator {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) fleet: Fleet,
    pub(crate) plan: Plan,
    /// The fields that the events of all slices share.
    pub(crate) template: SliceEvent,
    pub(crate) clock: Clock,
    /// Reads a clock that goes on while this machine is suspended.
    pub(crate) with_suspensions: fn() -> Duration,
    /// The number of report rows.
    pub(crate) names: usize,
    pub(crate) timeouts: Timeouts,
    /// Prints notes immediately.
    pub(crate) notice: Notice,
    /// The journal for notes, if the run has one.
    pub(crate) journal: Option<Journal>,
    /// The values that `before test every` renews.
    pub(crate) renewed: RenewedValues,
}

/// Shows a line to the user.
type Notice = fn(LogLevel, &str);

/// The outcome of a distributed test, apart from its statistics.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RunOutcome {
    /// Notes for the reader, in order of time.
    pub(crate) notes: Vec<String>,
    /// Why the infrastructure failed the test, if it did.
    pub(crate) broken: Option<String>,
}

impl Orchestrator {
    /// Runs the fleet until all functions have ended. `each` receives the results of an interval and returns whether the load has to stop.
    pub(crate) async fn run(mut self, stop: &Stop, mut each: impl FnMut(MergedInterval) -> bool) -> RunOutcome {
        let interval = Duration::from_micros(self.template.stats_interval_us);
        let mut collector = Collector::new(self.names, interval);
        let (sender, mut events) = unbounded_channel();
        let (shutdown, shutdown_seen) = watch::channel(ShutdownState::Running);
        let mut supervisors = JoinSet::new();
        let mut outcome = RunOutcome::default();
        let mut notes = Notes::new(self.journal.clone());
        let mut lost: BTreeSet<u32> = BTreeSet::new();
        let mut stopping = Stopping::default();
        let template = Arc::new(self.template.clone());
        let lead = self.backend.lead(self.fleet.count());
        // Without the control channel nothing could stop the functions, so none is started.
        let begun = heartbeat(&*self.backend).await;
        if let Err(why) = begun {
            outcome.broken = Some(format!("cannot use the control channel, so no load was generated: {why}"));
            let _ = timeout(REQUEST * 2, self.backend.clean_up(false)).await;
            return outcome;
        }
        let (mut heartbeats, mut next_heartbeat) = (JoinSet::new(), clock::now() + HEARTBEAT);
        let mut shared = Sharing::new(self.renewed.clone(), &self.template.channel_key);
        let buffered = Arc::new(AtomicBool::new(false));
        let mut cannot_start: HashMap<u32, usize> = HashMap::new();
        let (mut ended_by_spec, mut for_collect) = (false, false);
        let mut next = self.fleet.interval(0);
        let mut pauses = Pauses::begin(self.with_suspensions);
        loop {
            let pause = pauses.round();
            if self.backend.runs_elsewhere() {
                self.clock = self.clock.after_suspension(pause.suspended);
            }
            if let Some(why) = pause.note(self.clock.elapsed()) {
                note(self.notice, &mut notes, Note::of_fleet(why));
            }
            if clock::now() >= next_heartbeat && heartbeats.is_empty() {
                next_heartbeat = clock::now() + HEARTBEAT;
                let backend = self.backend.clone();
                heartbeats.spawn(async move { heartbeat(&*backend).await });
            }
            if let Some(interval) = next.filter(|_| stopping.since.is_none()) {
                let call = self.clock.instant(interval.from).checked_sub(lead).unwrap_or_else(clock::now);
                // The first interval's functions start immediately: the test's start was set accordingly.
                if interval.number == 0 || clock::now() >= call {
                    for shard in &self.fleet.shards {
                        supervisors.spawn(
                            ShardSupervisor {
                                backend: self.backend.clone(),
                                template: template.clone(),
                                slice: self.fleet.slice(&self.plan, shard.number, interval),
                                shard: shard.clone(),
                                interval,
                                clock: self.clock.clone(),
                                timeouts: self.timeouts,
                                events: sender.clone(),
                                shutdown: shutdown_seen.clone(),
                                stopped_at: stopping.at.clone(),
                                buffered: buffered.clone(),
                                started_late: None,
                                place: String::new(),
                            }
                            .run(),
                        );
                    }
                    next = self.fleet.interval(interval.number + 1);
                    continue;
                }
            }
            if supervisors.is_empty() && events.is_empty() && (next.is_none() || stopping.since.is_some()) {
                break;
            }
            tokio::select! {
                // Results that have arrived are handled first, and always in the same order.
                biased;
                one = events.recv() => match one {
                    Some(ShardEvent::Begun(key, from)) => collector.begins(key, from),
                    Some(ShardEvent::Over(key)) => collector.ends(key),
                    Some(ShardEvent::Counted(key, counted)) => {
                        if let Err(why) = collector.add(key, &counted) {
                            note(self.notice, &mut notes, Note::of_shard(key.0, format!("a frame cannot be read: {why}")));
                        }
                    }
                    Some(ShardEvent::Note(one)) => note(self.notice, &mut notes, one),
                    Some(ShardEvent::Missing { note: one, for_good }) => {
                        lost.extend(one.shards.iter().copied());
                        if for_good {
                            outcome.broken.get_or_insert_with(|| one.text());
                        }
                        note(self.notice, &mut notes, one);
                    }
                    Some(ShardEvent::Unfetched(one)) => {
                        for_collect = true;
                        note(self.notice, &mut notes, one);
                    }
                    Some(ShardEvent::SpecStopped) => {
                        if !std::mem::replace(&mut ended_by_spec, true) {
                            note(self.notice, &mut notes, Note::of_fleet(rows_used_up(self.clock.elapsed())));
                        }
                        stopping.ask(Urgency::Gracefully);
                    }
                    Some(ShardEvent::CannotStart((_, interval))) => {
                        let count = cannot_start.entry(interval).or_default();
                        *count += 1;
                        if *count == self.fleet.shards.len() && stopping.since.is_none() {
                            // Functions of earlier intervals go on to their end, and no later interval begins.
                            if let Some(later) = next.take() {
                                let time = clock_tenths(later.from);
                                let text = format!("no function could be started, so there is no load from {time} on");
                                // The refused interval itself may have had no load.
                                outcome.broken.get_or_insert_with(|| text.clone());
                                note(self.notice, &mut notes, Note::of_fleet(text));
                            }
                        }
                    }
                    Some(ShardEvent::Fatal(why)) => {
                        outcome.broken.get_or_insert(why);
                        stopping.ask(Urgency::Now);
                    }
                    None => {}
                },
                Some(heartbeat) = heartbeats.join_next(), if !heartbeats.is_empty() => {
                    match heartbeat {
                        Ok(Ok(Some(urgency))) => {
                            if !stop.is_interrupted() {
                                (self.notice)(LogLevel::Info, "stopping: `stop` asks for it");
                                stop.interrupt();
                            }
                            if urgency == Urgency::Now {
                                stop.at_once();
                            }
                        }
                        Ok(Err(why)) => note(self.notice, &mut notes, Note::of_fleet(format!("cannot use the control channel: {why}"))),
                        _ => {}
                    }
                }
                _ = supervisors.join_next(), if !supervisors.is_empty() => {}
                () = until(clock::now() + TICK) => {}
            }
            for delta in collector.due(self.clock.elapsed()) {
                if each(delta) {
                    stopping.ask(Urgency::Gracefully);
                }
            }
            if stop.is_graceful() {
                stopping.ask(if stop.is_at_once() { Urgency::Now } else { Urgency::Gracefully });
            }
            if let Some(why) = shared.go_on(&self.backend) {
                note(self.notice, &mut notes, Note::of_fleet(why));
            }
            for text in stopping.go_on(&self.backend, &self.clock, &shutdown) {
                note(self.notice, &mut notes, Note::of_fleet(text));
            }
        }
        for delta in collector.rest() {
            // The load is over, so the answer whether to stop doesn't matter.
            let _ = each(delta);
        }
        // Waits for signals in progress, because a late one would write the channel again.
        shared.end().await;
        stopping.request.shutdown().await;
        while heartbeats.join_next().await.is_some() {}
        let removed = timeout(if for_collect { REQUEST } else { REQUEST * 2 }, self.backend.clean_up(for_collect)).await;
        if let Err(why) = removed.unwrap_or_else(|_| Err("no response".to_owned())) {
            note(self.notice, &mut notes, Note::of_fleet(format!("the control channel of the fleet could not be removed: {why}")));
        }
        if !lost.is_empty() {
            let whole = self.fleet.shards.len() - lost.len();
            note(
                self.notice,
                &mut notes,
                Note::of_fleet(format!("{whole} of {} shards generated all of their load", self.fleet.shards.len())),
            );
        }
        outcome.notes = notes.folded();
        outcome
    }
}

/// Signals that the orchestrator is alive, and returns the request of `stop`.
async fn heartbeat(backend: &dyn Backend) -> Result<Option<Urgency>, String> {
    timeout(REQUEST, backend.heartbeat()).await.unwrap_or_else(|_| Err(format!("no response within {} s", REQUEST.as_secs())))
}

fn note(notice: Notice, notes: &mut Notes, note: Note) {
    if let Some(text) = notes.add(note) {
        notice(LogLevel::Warn, &format!("warning: {text}"));
    }
}

/// The steps of a stop: first gracefully, then immediately, then without waiting.
#[derive(Debug, Default)]
struct Stopping {
    /// The time when the stop began, from the test's start.
    at: Arc<OnceLock<Duration>>,
    asked: Option<Urgency>,
    since: Option<Instant>,
    requested: Option<(Urgency, Instant)>,
    /// The time when the last request to stop failed.
    failed: Option<Instant>,
    /// The request that is going on. The orchestrator doesn't wait for it.
    request: JoinSet<(Urgency, Result<(), String>)>,
}

impl Stopping {
    fn ask(&mut self, urgency: Urgency) {
        self.asked = self.asked.max(Some(urgency));
        self.since.get_or_insert_with(clock::now);
    }

    /// Takes the step that is due, and returns errors.
    fn go_on(&mut self, backend: &Arc<dyn Backend>, clock: &Clock, shutdown: &watch::Sender<ShutdownState>) -> Vec<String> {
        let (Some(asked), Some(since)) = (self.asked, self.since) else { return Vec::new() };
        let mut problems = Vec::new();
        self.at.get_or_init(|| clock.elapsed());
        shutdown.send_if_modified(|shutdown| {
            let was = *shutdown;
            *shutdown = was.max(ShutdownState::Stopping);
            *shutdown != was
        });
        match self.request.try_join_next() {
            Some(Ok((urgency, Ok(())))) => (self.requested, self.failed) = (Some((urgency, clock::now())), None),
            // The request is repeated, but the error is reported only once.
            Some(Ok((_, Err(why)))) => {
                let is_first = self.failed.replace(clock::now()).is_none();
                problems.extend(is_first.then(|| format!("cannot stop the fleet: {why}")));
            }
            _ => {}
        }
        let urgency = if clock::since(since) >= STOP_AT_ONCE_AFTER { Urgency::Now } else { asked };
        let is_due = self.request.is_empty() && self.failed.is_none_or(|failed| clock::since(failed) >= STOP_AGAIN);
        if is_due && self.requested.is_none_or(|(requested, _)| requested < urgency) {
            let backend = backend.clone();
            self.request.spawn(async move {
                (urgency, timeout(REQUEST, backend.stop(urgency)).await.unwrap_or_else(|_| Err("no response".to_owned())))
            });
        }
        let at_once =
            self.requested.filter(|_| asked == Urgency::Now).is_some_and(|(_, since)| clock::since(since) >= ABANDON_AT_ONCE_AFTER);
        if (at_once || clock::since(since) >= ABANDON_AFTER) && *shutdown.borrow() != ShutdownState::Abandoned {
            problems.push("some functions did not stop in time; their last results may be missing".into());
            let _ = shutdown.send(ShutdownState::Abandoned);
        }
        problems
    }
}

#[cfg(test)]
#[path = "orchestrate_tests.rs"]
mod tests;
