//! One worker thread: starts and retires its users as the plan says, and hands over what they counted.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use tokio::runtime::LocalOptions;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::Stop;
use super::arrivals::serve;
use super::cpu_meter::CpuMeter;
use super::iteration::run_user;
use crate::program::Program;
use crate::program::settings::Settings;
use crate::record::observe::{Quiet, Tell};
use crate::schedule::{Event, EventKind, Slice};
use crate::stats::Snapshot;
use crate::user::User;
use crate::user::world::World;

/// How often a worker looks whether it is to stop.
const TICK: Duration = Duration::from_millis(50);

/// How long users that are dropped may take for it; it is a matter of memory alone.
const DROPPED: Duration = Duration::from_secs(5);

/// All that a worker needs.
#[derive(Debug)]
pub(super) struct WorkerConfig {
    pub(super) settings: Settings,
    pub(super) slice: Slice,
    pub(super) interval: Duration,
    pub(super) graceful_stop: Duration,
    pub(super) once: bool,
    pub(super) stop: Stop,
    pub(super) frames: Sender<Snapshot>,
    pub(super) tell: Tell,
    /// The process's use of the processor, which one worker reports for all.
    pub(super) cpu_meter: Option<RefCell<CpuMeter>>,
}

/// What the users of a worker know of the run.
#[derive(Debug)]
pub(crate) struct WorkerShared {
    pub(crate) stop: Stop,
    /// Users alive.
    pub(crate) users: Cell<u64>,
    /// Arrivals that found no free user.
    pub(crate) missed: Cell<u64>,
    /// Woken when all are to stop.
    all: Notify,
    ending: Cell<bool>,
    /// Whether each user runs one iteration.
    pub(crate) once: bool,
    /// When the slice is over: an iteration that would begin later is the next slice's.
    end: Option<Instant>,
}

/// A user that is alive, until it is dropped.
pub(crate) struct ActiveUser(Rc<WorkerShared>);

impl ActiveUser {
    pub(crate) fn of(shared: &Rc<WorkerShared>) -> Self {
        shared.users.set(shared.users.get() + 1);
        Self(shared.clone())
    }
}

impl Drop for ActiveUser {
    fn drop(&mut self) {
        self.0.users.set(self.0.users.get() - 1);
    }
}

/// One user's own sign to stop.
#[derive(Debug, Default)]
pub(crate) struct StopSignal {
    sent: Cell<bool>,
    notify: Notify,
}

impl StopSignal {
    fn send(&self) {
        self.sent.set(true);
        self.notify.notify_one();
    }
}

impl WorkerShared {
    /// Whether a user is to finish.
    pub(crate) fn stopping(&self, stop_signal: &StopSignal) -> bool {
        self.ending.get() || stop_signal.sent.get() || self.stop.is_graceful()
    }

    /// Sleeps until `instant`; true where the user is to stop instead.
    pub(crate) async fn sleep(&self, user: &User, stop_signal: &StopSignal, instant: Instant) -> bool {
        tokio::select! {
            () = user.world().timers.until(instant) => self.stopping(stop_signal) || self.end.is_some_and(|end| Instant::now() >= end),
            () = self.stopped(stop_signal) => true,
        }
    }

    /// Waits until the user is to stop.
    pub(crate) async fn stopped(&self, stop_signal: &StopSignal) {
        if self.ending.get() || stop_signal.sent.get() {
            return;
        }
        tokio::select! {
            () = stop_signal.notify.notified() => {}
            () = self.all.notified() => {}
        }
    }
}

impl WorkerConfig {
    pub(super) fn run(self) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default())
            .map_err(|error| format!("the worker's runtime can't be started: {error}"))?;
        let world = World::new(&self.settings, Box::new(Quiet(self.tell)))?;
        runtime.block_on(self.work(world));
        Ok(())
    }

    async fn work(self, world: Rc<World>) {
        let clock = world.clock.clone();
        let shared = Rc::new(WorkerShared {
            stop: self.stop.clone(),
            users: Cell::new(0),
            missed: Cell::new(0),
            all: Notify::new(),
            ending: Cell::new(false),
            once: self.once,
            end: self.slice.end().map(|end| clock.instant(end)),
        });
        let end = self.slice.end().unwrap_or(Duration::MAX);
        let driver = tokio::task::spawn_local({
            let world = world.clone();
            async move { world.timers.drive().await }
        });
        // It drives from its first poll on.
        tokio::task::yield_now().await;
        self.wait_for(&world, clock.instant(self.slice.begin())).await;
        // What the processor did before is nothing of the load's.
        self.cpu_meter.as_ref().and_then(|cpu_meter| cpu_meter.borrow_mut().sample());
        // Intervals of results are those of the whole test, wherever in it this slice begins.
        let begin = self.slice.begin().max(clock.elapsed());
        let mut due = next_interval(begin, self.interval);
        world.counts.recorder.borrow_mut().begin_at(begin, 0);
        let mut tasks: Vec<JoinHandle<()>> = Vec::new();
        let mut stop_signals: HashMap<u64, Rc<StopSignal>> = HashMap::new();
        for class in (0..self.settings.program.users.len()).filter(|class| self.slice.plan().is_open(*class)) {
            let arrivals = self.slice.arrivals(class);
            let pool = self.slice.pool(class).into_iter().map(|server| server.user).collect();
            tasks.push(tokio::task::spawn_local(serve(world.clone(), shared.clone(), (self.settings.program, class), arrivals, pool)));
        }
        let mut events = self.slice.events().peekable();
        loop {
            let now = clock.elapsed();
            if now >= end || self.stop.is_graceful() {
                break;
            }
            if self.once && events.peek().is_none() && tasks.iter().all(JoinHandle::is_finished) {
                break;
            }
            while let Some(event) = events.next_if(|event| event.at <= now) {
                world.counts.recorder.borrow_mut().lag(now.saturating_sub(event.at));
                tasks.extend(apply(&world, self.settings.program, &shared, &mut stop_signals, event));
            }
            if now >= due {
                let ended = if now < due + self.interval { due } else { now };
                due = next_interval(now, self.interval);
                tasks.retain(|task| !task.is_finished());
                self.hand_over(&world, &shared, now, ended);
            }
            let next = events.peek().map_or(end, |event| event.at).min(end).min(due).min(now + TICK);
            world.timers.until(clock.instant(next)).await;
        }
        let now = clock.elapsed();
        self.hand_over(&world, &shared, now, now);
        self.finish(&world, &shared, tasks).await;
        driver.abort();
    }

    /// A worker is up before its slice begins, so that none begins late.
    async fn wait_for(&self, world: &World, begin: Instant) {
        while !self.stop.is_graceful() && Instant::now() < begin {
            world.timers.until(begin.min(Instant::now() + TICK)).await;
        }
    }

    /// Users finish their iteration, up to the graceful stop; then they are dropped.
    async fn finish(&self, world: &Rc<World>, shared: &Rc<WorkerShared>, tasks: Vec<JoinHandle<()>>) {
        shared.ending.set(true);
        shared.all.notify_waiters();
        let deadline = Instant::now() + self.graceful_stop;
        let mut due = world.clock.elapsed() + self.interval;
        while tasks.iter().any(|task| !task.is_finished()) {
            if self.stop.is_at_once() || Instant::now() >= deadline {
                break;
            }
            if world.clock.elapsed() >= due {
                due += self.interval;
                let now = world.clock.elapsed();
                self.hand_over(world, shared, now, now);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tasks.iter().for_each(JoinHandle::abort);
        // A task that is aborted is dropped when the runtime polls it next, and with it what it was waiting for: then its request is counted as
        // unfinished.
        let limit = Instant::now() + DROPPED;
        while shared.users.get() > 0 && Instant::now() < limit {
            tokio::task::yield_now().await;
        }
        let now = world.clock.elapsed();
        self.hand_over(world, shared, now, now);
    }

    /// Hands over what was counted until `now`, of an interval that was over when it `ended`.
    fn hand_over(&self, world: &World, shared: &WorkerShared, now: Duration, ended: Duration) {
        // Users that start as the next interval begins are the next one's; and at its end a slice has no users any more, but the last
        // interval is shown with those it had.
        let last = self.slice.end().map_or(ended, |end| ended.min(end)).saturating_sub(Duration::from_nanos(1));
        let planned = if shared.ending.get() { 0 } else { self.slice.users_at(last).iter().sum() };
        let mut recorder = world.counts.recorder.borrow_mut();
        recorder.missed(shared.missed.take());
        if let Some(cpu) = self.cpu_meter.as_ref().and_then(|cpu_meter| cpu_meter.borrow_mut().sample()) {
            recorder.cpu(&cpu);
        }
        let (waiting, oldest) = world.counts.in_flight.waiting();
        recorder.in_flight(waiting, oldest);
        let snapshot = recorder.snapshot(now, shared.users.get(), planned);
        // Nobody listens any more only when the process is about to end.
        let _ = self.frames.send(snapshot);
    }
}

/// The first end of an interval after `now`.
fn next_interval(now: Duration, interval: Duration) -> Duration {
    let past = now.as_nanos() / interval.as_nanos().max(1);
    let next = (past + 1).saturating_mul(interval.as_nanos());
    Duration::from_nanos(u64::try_from(next).unwrap_or(u64::MAX))
}

fn apply(
    world: &Rc<World>,
    program: &'static Program,
    shared: &Rc<WorkerShared>,
    stop_signals: &mut HashMap<u64, Rc<StopSignal>>,
    event: Event,
) -> Option<JoinHandle<()>> {
    match event.kind {
        EventKind::Start | EventKind::Continue(_) => {
            let class = &program.users[event.class];
            let user = Rc::new(User::new(world.clone(), program, event.user));
            let stop_signal = Rc::new(StopSignal::default());
            stop_signals.insert(event.user, stop_signal.clone());
            Some(tokio::task::spawn_local(run_user(user, class, shared.clone(), stop_signal)))
        }
        EventKind::Stop | EventKind::HandOver => {
            stop_signals.remove(&event.user).inspect(|stop_signal| stop_signal.send());
            None
        }
    }
}
