//! One worker thread: starts and stops its users by the plan, and passes on their counts.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use tokio::runtime::LocalOptions;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::Stop;
use super::arrivals::serve;
use super::cpu_meter::CpuMeter;
use super::iteration::run_user;
use super::rate_limit::RateLimit;
use super::resume::Entry;
use super::shared::{ActiveUser, StopSignal, WorkerShared};
use crate::base::clock;
use crate::program::settings::Settings;
use crate::record::observe::{PrintLine, Quiet};
use crate::schedule::{Event, EventKind, Slice};
use crate::stats::Snapshot;
use crate::user::User;
use crate::user::world::World;

/// How often a worker checks whether to stop.
const TICK: Duration = Duration::from_millis(50);

/// The most time for dropping users. It concerns only memory.
const DROPPED: Duration = Duration::from_secs(5);

/// Everything that a worker needs.
#[derive(Debug)]
pub(super) struct WorkerConfig {
    pub(super) settings: Settings,
    pub(super) slice: Slice,
    pub(super) interval: Duration,
    pub(super) graceful_stop: Duration,
    pub(super) once: bool,
    pub(super) stop: Stop,
    /// The worker's number.
    pub(super) index: usize,
    pub(super) frames: Sender<(usize, Snapshot)>,
    /// Snapshots that have been merged and cleared.
    pub(super) merged: Receiver<Snapshot>,
    pub(super) print: PrintLine,
    /// Measures the process's use of the processors. One worker reports it for all.
    pub(super) cpu_meter: Option<RefCell<CpuMeter>>,
}

impl WorkerConfig {
    pub(super) fn run(self) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default())
            .map_err(|error| format!("the worker's runtime can't be started: {error}"))?;
        let world = World::new(&self.settings, Box::new(Quiet(self.print)))?;
        let driver = timer_driver(&world);
        runtime.block_on(self.work(world, driver));
        Ok(())
    }

    /// Runs the load. `driver` is polled as long as the worker works.
    pub(super) async fn work(self, world: Rc<World>, driver: impl Future<Output = ()> + 'static) {
        let clock = world.clock.clone();
        world.share_out_rows(&self.slice, self.graceful_stop);
        let shared = Rc::new(WorkerShared {
            stop: self.stop.clone(),
            users: Cell::new(0),
            draining: Cell::new(0),
            iterations: self.settings.program.users.iter().map(|_| Cell::default()).collect(),
            missed: Cell::new(0),
            all: Notify::new(),
            ending: Cell::new(false),
            once: self.once,
            limit: RateLimit::of(self.settings.iteration_rate, self.settings.parts),
            end: self.slice.end().map(|end| clock.instant(end)),
        });
        let end = self.slice.end().unwrap_or(Duration::MAX);
        let driver = tokio::task::spawn_local(driver);
        // Polls the driver once, so that it drives the timers from now on.
        tokio::task::yield_now().await;
        self.wait_for(&world, clock.instant(self.slice.begin())).await;
        // Processor time before the load doesn't count.
        self.cpu_meter.as_ref().and_then(|cpu_meter| cpu_meter.borrow_mut().sample());
        // Intervals of results are those of the whole test, wherever this slice begins.
        let begin = self.slice.begin().max(clock.elapsed());
        let mut due = next_interval(begin, self.interval);
        world.counts.recorder.borrow_mut().begin_at(begin, 0);
        let mut tasks: Vec<JoinHandle<()>> = Vec::new();
        let mut stop_signals: HashMap<u64, Rc<StopSignal>> = HashMap::new();
        for class in (0..self.settings.program.users.len()).filter(|class| self.slice.plan().is_open(*class)) {
            let arrivals = self.slice.arrivals(class);
            let pool = self.slice.pool(class);
            tasks.push(tokio::task::spawn_local(serve(world.clone(), shared.clone(), (self.settings.program, class), arrivals, pool)));
        }
        let mut events = self.slice.events().peekable();
        let mut renewed = 0;
        loop {
            let now = clock.elapsed();
            if let Some((version, values)) = self.settings.renewed.newer(renewed) {
                renewed = version;
                world.shared.replace(values);
            }
            if now >= end || self.stop.is_graceful() {
                break;
            }
            if self.once && events.peek().is_none() && tasks.iter().all(JoinHandle::is_finished) {
                break;
            }
            let ended = (now >= due).then(|| if now < due + self.interval { due } else { now });
            // Users that start at the beginning of the next interval belong to it.
            while let Some(event) = events.next_if(|event| ended.map_or(event.at <= now, |ended| event.at < ended)) {
                world.counts.recorder.borrow_mut().lag(now.saturating_sub(event.at));
                tasks.extend(self.apply(&world, &shared, &mut stop_signals, event));
            }
            if let Some(ended) = ended {
                due = next_interval(now, self.interval);
                tasks.retain(|task| !task.is_finished());
                self.hand_over(&world, &shared, now, ended);
                continue;
            }
            let next = events.peek().map_or(end, |event| event.at).min(end).min(due).min(now + TICK);
            world.timers.until(clock.instant(next)).await;
        }
        let now = clock.elapsed();
        self.hand_over(&world, &shared, now, now);
        self.finish(&world, &shared, tasks).await;
        driver.abort();
    }

    /// Waits for the beginning of the slice. A worker starts before it, so that no user begins late.
    async fn wait_for(&self, world: &World, begin: Instant) {
        while !self.stop.is_graceful() && clock::now() < begin {
            world.timers.until(begin.min(clock::now() + TICK)).await;
        }
    }

    /// Lets users finish their iteration, up to the graceful stop, and then drops them.
    async fn finish(&self, world: &Rc<World>, shared: &Rc<WorkerShared>, tasks: Vec<JoinHandle<()>>) {
        shared.ending.set(true);
        shared.all.notify_waiters();
        let deadline = clock::now() + self.graceful_stop;
        let mut due = world.clock.elapsed() + self.interval;
        while tasks.iter().any(|task| !task.is_finished()) {
            if self.stop.is_at_once() || clock::now() >= deadline {
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
        // An aborted task is dropped when the runtime polls it next, together with its request, which is then counted as unfinished.
        let limit = clock::now() + DROPPED;
        while shared.users.get() + shared.draining.get() > 0 && clock::now() < limit {
            tokio::task::yield_now().await;
        }
        let now = world.clock.elapsed();
        self.hand_over(world, shared, now, now);
    }

    /// Passes on the counts up to `now` for an interval that ended at `ended`.
    fn hand_over(&self, world: &World, shared: &WorkerShared, now: Duration, ended: Duration) {
        // At its own end a slice has no more users, but its last interval should show those that it had.
        let last = self.slice.end().map_or(ended, |end| ended.min(end)).saturating_sub(Duration::from_nanos(1));
        let planned = if shared.ending.get() { 0 } else { self.slice.users_at(last).iter().sum() };
        let mut recorder = world.counts.recorder.borrow_mut();
        self.merged.try_iter().for_each(|cleared| recorder.reuse(cleared));
        recorder.missed(shared.missed.take());
        if let Some(cpu) = self.cpu_meter.as_ref().and_then(|cpu_meter| cpu_meter.borrow_mut().sample()) {
            recorder.cpu(&cpu);
        }
        let (waiting, oldest) = world.counts.in_flight.waiting();
        recorder.in_flight(waiting, oldest);
        let snapshot = recorder.snapshot(now, shared.users.get(), planned);
        // Sending fails only if the process is about to end.
        let _ = self.frames.send((self.index, snapshot));
    }

    fn apply(
        &self,
        world: &Rc<World>,
        shared: &Rc<WorkerShared>,
        stop_signals: &mut HashMap<u64, Rc<StopSignal>>,
        event: Event,
    ) -> Option<JoinHandle<()>> {
        let entry = match event.kind {
            EventKind::Start => Entry { began: event.at, resumed: None },
            EventKind::Continue(began) => Entry { began, resumed: Some(event.at) },
            EventKind::Stop => {
                stop_signals.remove(&event.user).inspect(|stop_signal| stop_signal.send());
                return None;
            }
            EventKind::HandOver => {
                if let Some(stop_signal) = stop_signals.remove(&event.user).filter(|stop_signal| Rc::strong_count(stop_signal) > 1) {
                    stop_signal.handed_over.set(true);
                    shared.users.set(shared.users.get() - 1);
                    shared.draining.set(shared.draining.get() + 1);
                    stop_signal.send();
                }
                return None;
            }
        };
        let user = Rc::new(User::new(world.clone(), self.settings.program, event.user));
        let until = self.slice.hand_over(event.user).map(|until| world.clock.instant(until));
        let stop_signal = Rc::new(StopSignal { until, ..StopSignal::default() });
        stop_signals.insert(event.user, stop_signal.clone());
        let alive = ActiveUser::of(shared, &stop_signal);
        Some(tokio::task::spawn_local(run_user(user, (self.settings.program, event.class), alive, stop_signal, entry)))
    }
}

/// Drives a world's timers.
fn timer_driver(world: &Rc<World>) -> impl Future<Output = ()> + 'static {
    let world = world.clone();
    async move { world.timers.drive().await }
}

/// The first end of an interval after `now`.
fn next_interval(now: Duration, interval: Duration) -> Duration {
    let past = now.as_nanos() / interval.as_nanos().max(1);
    let next = (past + 1).saturating_mul(interval.as_nanos());
    Duration::from_nanos(u64::try_from(next).unwrap_or(u64::MAX))
}
