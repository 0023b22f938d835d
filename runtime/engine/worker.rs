//! One worker thread: starts and retires its users as the plan says, and hands over what they counted.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::task::{JoinHandle, LocalSet};

use super::Stop;
use super::turn::{live, until};
use crate::observe::Quiet;
use crate::schedule::{EventKind, Plan};
use crate::stats::Snapshot;
use crate::user::User;
use crate::world::{Settings, World};

/// How often a worker looks whether it is to stop.
const TICK: Duration = Duration::from_millis(50);

/// What a worker hands over once an interval.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) snapshot: Snapshot,
}

/// All that a worker needs.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) settings: Settings,
    pub(super) plan: Arc<Plan>,
    pub(super) interval: Duration,
    pub(super) graceful_stop: Duration,
    pub(super) stop: Stop,
    pub(super) frames: Sender<Frame>,
    pub(super) index: usize,
    pub(super) threads: usize,
}

/// What the users of a worker know of the run.
#[derive(Debug)]
pub(crate) struct Crew {
    pub(crate) stop: Stop,
    /// Users alive.
    pub(crate) users: Cell<u64>,
    /// Turns done.
    pub(crate) progress: Cell<u64>,
    /// Users that the plan retired.
    retired: RefCell<HashMap<u64, Rc<Notify>>>,
    /// Woken when all are to stop.
    all: Notify,
    ending: Cell<bool>,
}

impl Crew {
    /// Whether a user is to finish.
    pub(crate) fn stopping(&self, user: u64) -> bool {
        self.ending.get() || self.stop.is_graceful() || !self.retired.borrow().contains_key(&user)
    }

    /// Sleeps until `instant`; true where the user is to stop instead.
    pub(crate) async fn sleep(&self, user: u64, instant: Instant) -> bool {
        let Some(own) = self.retired.borrow().get(&user).cloned() else { return true };
        if self.ending.get() {
            return true;
        }
        tokio::select! {
            () = until(instant) => false,
            () = own.notified() => true,
            () = self.all.notified() => true,
        }
    }
}

impl Job {
    pub(super) fn run(self) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("the worker's runtime can't be started: {error}"))?;
        let world = World::new(&self.settings, Box::new(Quiet))?;
        let local = LocalSet::new();
        runtime.block_on(local.run_until(self.work(world)));
        Ok(())
    }

    async fn work(self, world: Rc<World>) {
        let crew = Rc::new(Crew {
            stop: self.stop.clone(),
            users: Cell::new(0),
            progress: Cell::new(0),
            retired: RefCell::default(),
            all: Notify::new(),
            ending: Cell::new(false),
        });
        let clock = world.clock.clone();
        let end = self.plan.total_duration();
        let mut handles: HashMap<u64, JoinHandle<()>> = HashMap::new();
        let mut events = self.plan.events(self.index as u64, self.threads as u64).peekable();
        let mut due = self.interval;
        loop {
            let now = clock.elapsed();
            if now >= end || self.stop.is_graceful() {
                break;
            }
            while let Some(event) = events.next_if(|event| event.at <= now) {
                match event.kind {
                    EventKind::Start => {
                        let class = &world.program.users[event.class];
                        let user = Rc::new(User::new(world.clone(), event.class, event.user));
                        crew.retired.borrow_mut().insert(event.user, Rc::new(Notify::new()));
                        world.recorder.borrow_mut().lateness(now.saturating_sub(event.at));
                        handles.insert(event.user, tokio::task::spawn_local(live(user, class, crew.clone())));
                    }
                    EventKind::Stop => {
                        if let Some(notify) = crew.retired.borrow_mut().remove(&event.user) {
                            notify.notify_one();
                        }
                    }
                }
            }
            if now >= due {
                due += self.interval;
                handles.retain(|_, handle| !handle.is_finished());
                self.hand_over(&world, &crew, now);
            }
            let next = events.peek().map_or(end, |event| event.at).min(end).min(due).min(now + TICK);
            let intended = clock.instant(next);
            until(intended).await;
            world.recorder.borrow_mut().lag(Instant::now().saturating_duration_since(intended));
        }
        self.finish(&world, &crew, handles).await;
    }

    /// Users finish their turn, up to the graceful stop; then they are dropped.
    async fn finish(&self, world: &Rc<World>, crew: &Rc<Crew>, handles: HashMap<u64, JoinHandle<()>>) {
        crew.ending.set(true);
        crew.all.notify_waiters();
        let deadline = Instant::now() + self.graceful_stop;
        let mut due = world.clock.elapsed() + self.interval;
        while crew.users.get() > 0 && handles.values().any(|handle| !handle.is_finished()) {
            if self.stop.is_at_once() || Instant::now() >= deadline {
                break;
            }
            if world.clock.elapsed() >= due {
                due += self.interval;
                self.hand_over(world, crew, world.clock.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        handles.into_values().for_each(|handle| handle.abort());
        self.hand_over(world, crew, world.clock.elapsed());
    }

    fn hand_over(&self, world: &World, crew: &Crew, now: Duration) {
        let snapshot = world.recorder.borrow_mut().snapshot(now, crew.users.get());
        // Nobody listens any more only when the process is about to end.
        let _ = self.frames.send(Frame { snapshot });
    }
}
