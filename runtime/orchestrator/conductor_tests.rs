//! Everything that can go wrong with a fleet, played by an engine that does as it is told. No time is asserted that a slow machine could
//! miss.

use std::collections::HashMap;
use std::sync::Mutex;

use bytes::Bytes;
use futures_util::stream;
use ltc_config::Profile;
use tokio::sync::mpsc::Sender;

use super::super::backend::{InvokeError, Output, Promise};
use super::super::event::sample;
use super::super::fleet::Wishes;
use super::super::frame::{Counted, EndReason, Ended, Frame, FrameWriter, Started};
use super::*;
use ltc_engine::base::clock::unix_now;
use ltc_engine::schedule::WeightedClass;
use ltc_engine::stats::{Recorder, Sample, Snapshot, micros};

const INTERVAL: Duration = Duration::from_millis(100);

/// What a function of the engine does, attempt by attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// All as it should be.
    Well,
    /// The engine doesn't begin it.
    NotStarted,
    Throttled,
    Refused,
    /// It ends before its first frame.
    Never,
    /// It never says anything.
    Mute,
    /// After half of its time: it dies, goes on without a word, dies amid a frame, is out of sight while it goes on, is out of time.
    Dies,
    Hangs,
    Cut,
    OutOfSight,
    Deadline,
    /// The event came twice.
    Twice,
    /// The event came twice, and the first one's answer went elsewhere.
    Elsewhere,
    /// Its clock is two seconds ahead.
    Ahead,
    /// It is another version's.
    Stranger,
    /// It doesn't stop when told to.
    Deaf,
    /// For a second nothing comes through, then all of it.
    Stalls,
}

#[derive(Debug, Default)]
struct Stage {
    /// What shard 1 does, by attempt; all others do well.
    acts: Vec<Act>,
    begun: Mutex<Vec<String>>,
    /// Slices that go on out of sight, and those that were made sure of.
    loose: Mutex<Vec<String>>,
    abandoned: Mutex<Vec<String>>,
    told: Mutex<Option<Urgency>>,
    cleaned: Mutex<u32>,
    made: Mutex<u64>,
    attempts: Mutex<HashMap<(u32, u32), usize>>,
}

#[derive(Clone, Debug)]
struct Engine(Arc<Stage>);

impl Engine {
    fn act(&self, event: &SliceEvent) -> Act {
        let mut attempts = self.0.attempts.lock().unwrap();
        let nth = attempts.entry((event.shard, event.interval)).or_default();
        *nth += 1;
        if event.shard == 1 { self.0.acts.get(*nth - 1).copied().unwrap_or(Act::Well) } else { Act::Well }
    }
}

struct Function {
    event: SliceEvent,
    /// What waits while nothing comes through, and until when.
    stalled: Option<(Duration, Vec<u8>)>,
    stage: Arc<Stage>,
    out: Sender<Result<Bytes, String>>,
    writer: FrameWriter,
    recorder: Recorder,
    clock: Clock,
    requests: u64,
}

impl Function {
    async fn send(&mut self, frame: Frame) {
        let mut line = self.writer.write(&frame);
        if let Some((until, waiting)) = &mut self.stalled {
            waiting.append(&mut line);
            if self.clock.elapsed() < *until {
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
        self.send(Frame::Started(Started { slice, clock_us, init_us: 1, late_us, place: "stage".into() })).await;
        self.recorder.begin_at(self.event.from().max(self.clock.elapsed()), 0);
    }

    /// A user that makes a request every interval, until then or until it is stopped.
    async fn run(&mut self, until: Duration, deaf: bool) -> bool {
        loop {
            let stopped = !deaf && self.stage.told.lock().unwrap().is_some();
            if stopped || self.clock.elapsed() >= until {
                return stopped;
            }
            tokio::time::sleep(INTERVAL).await;
            self.requests += 1;
            *self.stage.made.lock().unwrap() += 1;
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

    async fn play(mut self, act: Act) {
        let (from, to) = (self.event.from(), self.event.to());
        let half = from + (to - from) / 2;
        match act {
            Act::Never => return,
            Act::Mute => std::future::pending().await,
            Act::Stranger => return self.end(EndReason::Refused).await,
            Act::Elsewhere => {
                self.stage.loose.lock().unwrap().push(self.event.slice.clone());
                return self.end(EndReason::Repeated).await;
            }
            _ => {}
        }
        self.ready(if act == Act::Ahead { Duration::from_secs(2) } else { Duration::ZERO }).await;
        tokio::time::sleep_until(self.clock.instant(from).into()).await;
        if act == Act::Twice {
            let message = "t was given to this function before".into();
            let line = FrameWriter::default().write(&Frame::Ended(Ended { reason: EndReason::Repeated, message, requests: 0 }));
            let _ = self.out.send(Ok(line.into())).await;
        }
        if act == Act::Stalls {
            self.run(from + Duration::from_millis(500), false).await;
            self.stalled = Some((from + Duration::from_millis(1500), Vec::new()));
        }
        match act {
            Act::Dies | Act::Hangs | Act::Cut | Act::OutOfSight | Act::Deadline => {
                self.run(half, false).await;
            }
            Act::Deaf => {
                self.run(Duration::MAX, true).await;
            }
            _ => {
                let stopped = self.run(to, false).await;
                return self.end(if stopped { EndReason::Stopped } else { EndReason::Done }).await;
            }
        }
        match act {
            Act::Hangs => std::future::pending().await,
            Act::Deadline => self.end(EndReason::Deadline).await,
            Act::Cut => {
                let line = self.writer.write(&Frame::Counted(Counted::new(&Snapshot::empty(1))));
                let _ = self.out.send(Ok(Bytes::copy_from_slice(&line[..line.len() / 2]))).await;
            }
            Act::OutOfSight => {
                self.stage.loose.lock().unwrap().push(self.event.slice.clone());
                let _ = self.out.send(Err("connection reset by peer".into())).await;
            }
            _ => {}
        }
    }
}

impl Backend for Engine {
    fn name(&self) -> &'static str {
        "stage"
    }

    fn capacity<'a>(&'a self, _region: Option<&'a str>) -> Promise<'a, Result<Option<u64>, InvokeError>> {
        Box::pin(async { Ok(None) })
    }

    fn invoke<'a>(&'a self, _region: Option<&'a str>, event: &'a SliceEvent) -> Promise<'a, Result<Output, InvokeError>> {
        let act = self.act(event);
        Box::pin(async move {
            match act {
                Act::NotStarted => return Err(InvokeError::NotStarted("no route to host".into())),
                Act::Throttled => return Err(InvokeError::Throttled("Rate Exceeded".into())),
                Act::Refused => return Err(InvokeError::Refused("the security token is invalid".into())),
                _ => {}
            }
            assert!(self.0.loose.lock().unwrap().iter().all(|loose| self.0.abandoned.lock().unwrap().contains(loose)), "double load");
            self.0.begun.lock().unwrap().push(event.slice.clone());
            let (out, receiver) = tokio::sync::mpsc::channel(64);
            let function = Function {
                event: event.clone(),
                stalled: None,
                stage: self.0.clone(),
                out,
                writer: FrameWriter::default(),
                recorder: Recorder::new(1, event.shard),
                clock: Clock::at(Duration::from_micros(event.starts_at_us)),
                requests: 0,
            };
            tokio::spawn(function.play(act));
            let output: Output =
                Box::pin(stream::unfold(receiver, async |mut receiver| receiver.recv().await.map(|piece| (piece, receiver))));
            Ok(output)
        })
    }

    fn lead(&self, _shards: u32) -> Duration {
        Duration::from_millis(100)
    }

    fn abandon<'a>(&'a self, slice: &'a str) -> Promise<'a, Result<(), String>> {
        self.0.abandoned.lock().unwrap().push(slice.to_owned());
        Box::pin(async { Ok(()) })
    }

    fn stop(&self, urgency: Urgency) -> Promise<'_, Result<(), String>> {
        *self.0.told.lock().unwrap() = Some(urgency);
        Box::pin(async { Ok(()) })
    }

    fn clean_up(&self) -> Promise<'_, Result<(), String>> {
        *self.0.cleaned.lock().unwrap() += 1;
        Box::pin(async { Ok(()) })
    }
}

/// How it went.
struct Played {
    course: Course,
    stage: Arc<Stage>,
    total: Snapshot,
    intervals: usize,
}

impl Played {
    fn notes(&self) -> String {
        self.course.notes.join("\n")
    }

    fn has(&self, part: &str) -> bool {
        self.notes().contains(part)
    }
}

fn play_for(acts: &[Act], seconds: u64, interval: Option<Duration>, stop: &Stop, mut each: impl FnMut(usize) -> bool) -> Played {
    let runner = format!("clients: 4, hatch_rate: 1000, duration: {seconds}s");
    let template = sample::event(&runner);
    let profile = Profile::parse(&format!("profile: {{runner: {{{runner}}}}}"), "x.yml").unwrap();
    let plan = Plan::new(&profile, &[WeightedClass::new("User", 1)]).unwrap();
    let fleet = Fleet::of_processes(&plan, 2, &Wishes { shards: Some(2), interval, ..Wishes::default() });
    let stage = Arc::new(Stage { acts: acts.to_vec(), ..Stage::default() });
    let clock = Clock::starting_in(Duration::from_millis(150));
    let conductor = Conductor {
        backend: Arc::new(Engine(stage.clone())),
        fleet,
        plan,
        template: SliceEvent { starts_at_us: micros(clock.unix_start()), stats_interval_us: micros(INTERVAL), ..template },
        clock,
        names: 1,
        patience: Patience {
            accept: Duration::from_secs(5),
            start: Duration::from_millis(1500),
            silence: Duration::from_millis(1500),
            pause: Duration::from_millis(20),
            attempts: 4,
        },
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut total = Snapshot::empty(1);
    let mut intervals = 0;
    let course = runtime.block_on(conductor.conduct(stop, |delta| {
        total.merge(&delta.snapshot);
        intervals += 1;
        each(intervals)
    }));
    Played { course, stage, total, intervals }
}

fn play(acts: &[Act]) -> Played {
    play_for(acts, 3, None, &Stop::default(), |_| false)
}

#[test]
fn all_is_well() {
    let played = play(&[]);
    assert_eq!(played.course, Course::default());
    assert_eq!(*played.stage.begun.lock().unwrap(), ["t/0/0/0", "t/0/1/0"]);
    assert!(played.intervals >= 5, "{}", played.intervals);
    assert_eq!(*played.stage.cleaned.lock().unwrap(), 1);
    assert!(played.total.names[0].requests > 10);
}

#[test]
fn intervals_follow_each_other() {
    let played = play_for(&[], 3, Some(Duration::from_secs(1)), &Stop::default(), |_| false);
    assert_eq!(played.course, Course::default());
    let mut begun = played.stage.begun.lock().unwrap().clone();
    begun.sort();
    assert_eq!(begun, ["t/0/0/0", "t/0/1/0", "t/1/0/0", "t/1/1/0", "t/2/0/0", "t/2/1/0"]);
}

#[test]
fn dead_shard_is_restarted_for_the_rest() {
    for act in [Act::Dies, Act::Cut, Act::Deadline] {
        let played = play(&[act]);
        assert_eq!(played.course.broken, None, "{act:?}: {}", played.notes());
        assert!(played.stage.begun.lock().unwrap().contains(&"t/0/1/1".to_owned()), "{act:?}");
        // What it told before counts, and so does what came after.
        assert!(played.total.names[0].requests > 10, "{act:?}");
        if act == Act::Cut {
            // How long the gap was is the machine's; that a frame was cut off is told where it was long enough.
            assert!(played.course.notes.is_empty() || played.has("a frame was cut off after"), "{}", played.notes());
        }
    }
}

#[test]
fn hanging_shard_is_stopped_before_restart() {
    let played = play_for(&[Act::Hangs], 5, None, &Stop::default(), |_| false);
    assert_eq!(played.course.broken, None, "{}", played.notes());
    assert_eq!(*played.stage.abandoned.lock().unwrap(), ["t/0/1/0"]);
    assert!(played.has("shard 1 lost from 00:00:0") && played.has("2 users: it hangs: no frame came"), "{}", played.notes());
    assert!(played.has("1 of 2 shards made all of their load"), "{}", played.notes());
}

#[test]
fn unreachable_shard_is_not_doubled() {
    // The stage itself fails where it is begun again before it was abandoned.
    for act in [Act::OutOfSight, Act::Elsewhere] {
        let played = play(&[act]);
        assert_eq!(played.course.broken, None, "{}", played.notes());
        assert_eq!(*played.stage.abandoned.lock().unwrap(), ["t/0/1/0"]);
        assert_eq!(played.stage.begun.lock().unwrap().last().unwrap(), "t/0/1/1");
    }
}

#[test]
fn shard_that_never_starts_is_retried_then_reported() {
    let played = play(&[Act::Never, Act::NotStarted]);
    assert_eq!(played.course.broken, None, "{}", played.notes());
    assert_eq!(played.stage.begun.lock().unwrap().last().unwrap(), "t/0/1/2");
    let never = play(&[Act::NotStarted; 4]);
    let broken = never.course.broken.clone().unwrap();
    assert_eq!(broken, "shard 1 lost from 00:00:00 to 00:00:03, 2 users: no route to host");
    assert!(never.total.names[0].requests > 5, "the other's results are kept");
    let mute = play(&[Act::Mute, Act::Mute]);
    assert!(mute.has("2 users: not ready within"), "{}", mute.notes());
}

#[test]
fn throttled_shards_start_late() {
    let played = play(&[Act::Throttled; 5]);
    assert_eq!(played.course.broken, None, "{}", played.notes());
    assert!(played.has("shard 1 lost from 00:00:00 to 00:00:0"), "{}", played.notes());
    assert!(played.has("2 users: throttled 5 times: Rate Exceeded"), "{}", played.notes());
}

#[test]
fn permanent_start_error_ends_the_test() {
    for (act, why) in [(Act::Refused, "shard 1: the security token is invalid"), (Act::Stranger, "shard 1: Refused")] {
        let played = play_for(&[act], 60, None, &Stop::default(), |_| false);
        assert_eq!(played.course.broken.as_deref(), Some(why), "{act:?}");
        assert_eq!(*played.stage.told.lock().unwrap(), Some(Urgency::Now));
    }
}

#[test]
fn the_same_slice_twice_runs_once() {
    let played = play(&[Act::Twice]);
    assert_eq!(played.course.broken, None);
    assert_eq!(played.course.notes, ["shard 1: delivered twice, begun once: t was given to this function before"]);
    assert_eq!(played.stage.begun.lock().unwrap().len(), 2);
}

#[test]
fn a_clock_that_is_wrong_is_told() {
    let played = play(&[Act::Ahead]);
    assert_eq!(played.course.broken, None);
    assert!(played.has("shard 1: its clock is 2.0 s ahead of the orchestrator's"), "{}", played.notes());
}

#[test]
fn a_network_that_is_cut_for_a_while_loses_nothing() {
    let played = play(&[Act::Stalls]);
    assert_eq!(played.course, Course::default());
    assert_eq!(played.total.names[0].requests, *played.stage.made.lock().unwrap());
    assert_eq!(played.stage.begun.lock().unwrap().len(), 2);
}

#[test]
fn a_stop_ends_all_and_keeps_what_came() {
    let stop = Stop::default();
    let interrupt = stop.clone();
    let played = play_for(&[], 60, None, &stop, move |intervals| {
        if intervals == 5 {
            interrupt.interrupt();
        }
        false
    });
    assert_eq!(played.course, Course::default());
    assert_eq!(*played.stage.told.lock().unwrap(), Some(Urgency::Gracefully));
    assert!(played.total.names[0].requests >= 5);
    // What judges results asks for the same.
    let judged = play_for(&[], 60, None, &Stop::default(), |intervals| intervals == 5);
    assert_eq!((judged.course, *judged.stage.told.lock().unwrap()), (Course::default(), Some(Urgency::Gracefully)));
}

#[test]
fn shard_that_does_not_stop_is_not_waited_for() {
    let stop = Stop::default();
    stop.interrupt();
    stop.interrupt();
    let played = play_for(&[Act::Deaf], 60, None, &stop, |_| false);
    assert_eq!(*played.stage.told.lock().unwrap(), Some(Urgency::Now));
    assert_eq!(*played.stage.cleaned.lock().unwrap(), 1);
    assert!(played.has("some functions did not stop in time"), "{}", played.notes());
}
