//! The orchestrator: begins each interval's functions in time, merges what all tell, and stops all of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::backend::{Backend, Urgency};
use super::collector::{Collector, Delta};
use super::event::SliceEvent;
use super::fleet::Fleet;
use super::keeper::{Halt, Keeper, News, Patience, until};
use ltc_engine::base::clock::Clock;
use ltc_engine::schedule::Plan;
use ltc_engine::workers::Stop;

/// How often it is looked whether somebody wants it to stop.
const TICK: Duration = Duration::from_millis(50);
/// After a stop was asked for: when users are dropped where they are, and when nobody is listened to any more. All of a fleet has stopped
/// within ten seconds.
const HURRY: Duration = Duration::from_secs(5);
const GIVE_UP: Duration = Duration::from_millis(9_500);
/// The same after a stop at once.
const GIVE_UP_NOW: Duration = Duration::from_secs(2);
/// A request to an engine beside the load.
const REQUEST: Duration = Duration::from_secs(4);

/// Runs a fleet.
#[derive(Debug)]
pub(crate) struct Conductor {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) fleet: Fleet,
    pub(crate) plan: Plan,
    /// What all slices' events have in common.
    pub(crate) template: SliceEvent,
    pub(crate) clock: Clock,
    /// Lines of the report.
    pub(crate) names: usize,
    pub(crate) patience: Patience,
}

/// How a distributed test went, beside its numbers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Course {
    /// What a reader must know, in order of time.
    pub(crate) notes: Vec<String>,
    /// Why the infrastructure failed the test, if it did.
    pub(crate) broken: Option<String>,
}

impl Conductor {
    /// Until all is over. `each` gets an interval's results; it says whether the load is to stop.
    pub(crate) async fn conduct(self, stop: &Stop, mut each: impl FnMut(Delta) -> bool) -> Course {
        let interval = Duration::from_micros(self.template.stats_interval_us);
        let mut collector = Collector::new(self.names, interval);
        let (sender, mut news) = unbounded_channel();
        let (halt, halted) = watch::channel(Halt::No);
        let mut keepers = JoinSet::new();
        let mut course = Course::default();
        let mut lost: BTreeSet<u32> = BTreeSet::new();
        let mut stopping = Stopping::default();
        let template = Arc::new(self.template.clone());
        let lead = self.backend.lead(self.fleet.count());
        let mut next = self.fleet.interval(0);
        loop {
            if let Some(interval) = next.filter(|_| stopping.since.is_none()) {
                let call = self.clock.instant(interval.from).checked_sub(lead).unwrap_or_else(Instant::now);
                // The first is called at once: its time was set so.
                if interval.number == 0 || Instant::now() >= call {
                    for shard in &self.fleet.shards {
                        keepers.spawn(
                            Keeper {
                                backend: self.backend.clone(),
                                template: template.clone(),
                                whole: self.plan.slice(u64::from(shard.number), u64::from(self.fleet.count())),
                                shard: shard.clone(),
                                interval,
                                clock: self.clock.clone(),
                                patience: self.patience,
                                news: sender.clone(),
                                halt: halted.clone(),
                            }
                            .keep(),
                        );
                    }
                    next = self.fleet.interval(interval.number + 1);
                    continue;
                }
            }
            if keepers.is_empty() && news.is_empty() && (next.is_none() || stopping.since.is_some()) {
                break;
            }
            tokio::select! {
                one = news.recv() => match one {
                    Some(News::Begun(key)) => collector.begins(key),
                    Some(News::Over(key)) => collector.ends(key),
                    Some(News::Counted(key, counted)) => {
                        if let Err(why) = collector.add(key, &counted) {
                            note(&mut course, format!("shard {}: a frame cannot be read: {why}", key.0));
                        }
                    }
                    Some(News::Note(text)) => note(&mut course, text),
                    Some(News::Missing { shard, note: text, for_good }) => {
                        lost.insert(shard);
                        if for_good {
                            course.broken.get_or_insert_with(|| text.clone());
                        }
                        note(&mut course, text);
                    }
                    Some(News::SpecStopped) => stopping.ask(Urgency::Gracefully),
                    Some(News::Fatal(why)) => {
                        course.broken.get_or_insert(why);
                        stopping.ask(Urgency::Now);
                    }
                    None => {}
                },
                _ = keepers.join_next(), if !keepers.is_empty() => {}
                () = until(Instant::now() + TICK) => {}
            }
            for delta in collector.due(self.clock.elapsed()) {
                if each(delta) {
                    stopping.ask(Urgency::Gracefully);
                }
            }
            if stop.is_graceful() {
                stopping.ask(if stop.is_at_once() { Urgency::Now } else { Urgency::Gracefully });
            }
            for text in stopping.go_on(&*self.backend, &halt).await {
                note(&mut course, text);
            }
        }
        for delta in collector.rest() {
            // What it says no longer matters: there is nothing to stop.
            let _ = each(delta);
        }
        if !matches!(timeout(REQUEST * 2, self.backend.clean_up()).await, Ok(Ok(()))) {
            note(&mut course, "what was made for stopping the fleet could not be removed".into());
        }
        if !lost.is_empty() {
            let whole = self.fleet.shards.len() - lost.len();
            note(&mut course, format!("{whole} of {} shards made all of their load", self.fleet.shards.len()));
        }
        course
    }
}

fn note(course: &mut Course, text: String) {
    crate::progress::notice_at(ltc_config::profile::LogLevel::Warn, &format!("warning: {text}"));
    course.notes.push(text);
}

/// How a stop goes on: in good order, then in a hurry, then without waiting.
#[derive(Debug, Default)]
struct Stopping {
    asked: Option<Urgency>,
    since: Option<Instant>,
    told: Option<(Urgency, Instant)>,
}

impl Stopping {
    fn ask(&mut self, urgency: Urgency) {
        self.asked = self.asked.max(Some(urgency));
        self.since.get_or_insert_with(Instant::now);
    }

    /// Does what is due; what could not be done, in words.
    async fn go_on(&mut self, backend: &dyn Backend, halt: &watch::Sender<Halt>) -> Vec<String> {
        let (Some(asked), Some(since)) = (self.asked, self.since) else { return Vec::new() };
        let mut problems = Vec::new();
        halt.send_if_modified(|halt| {
            let was = *halt;
            *halt = was.max(Halt::Stopping);
            *halt != was
        });
        let urgency = if since.elapsed() >= HURRY { Urgency::Now } else { asked };
        if self.told.is_none_or(|(told, _)| told < urgency) {
            self.told = Some((urgency, Instant::now()));
            match timeout(REQUEST, backend.stop(urgency)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => problems.push(format!("the fleet cannot be told to stop: {error}")),
                Err(_) => problems.push("the fleet cannot be told to stop: no answer".into()),
            }
        }
        let at_once = self.told.filter(|_| asked == Urgency::Now).is_some_and(|(_, since)| since.elapsed() >= GIVE_UP_NOW);
        if (at_once || since.elapsed() >= GIVE_UP) && *halt.borrow() != Halt::GivenUp {
            problems.push("some functions did not stop in time: what they counted last is missing".into());
            let _ = halt.send(Halt::GivenUp);
        }
        problems
    }
}

#[cfg(test)]
#[path = "conductor_tests.rs"]
mod tests;
