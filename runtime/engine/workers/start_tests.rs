//! Tests that the load begins when the test does: workers start earlier, and wait.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ltc_config::Profile;

use super::{Engine, Run, Stop};
use crate::base::clock;
use crate::base::clock::Clock;
use crate::base::flow::Flow;
use crate::fixture;
use crate::generated::*;
use crate::program::settings::Settings;
use crate::schedule::{self, Plan};

const LEAD: Duration = Duration::from_millis(300);

/// The number of iterations that began before the test's start.
static EARLY: AtomicU64 = AtomicU64::new(0);
static ITERATIONS: AtomicU64 = AtomicU64::new(0);

async fn iterations(u: &User) -> Flow {
    loop {
        ITERATIONS.fetch_add(1, Ordering::Relaxed);
        assert!(u.world().timers.are_driven() || !cfg!(target_os = "linux"));
        if clock::now() < u.world().clock.instant(Duration::ZERO) {
            EARLY.fetch_add(1, Ordering::Relaxed);
        }
        u.end_iteration(Ok(())).await;
    }
}

static PROGRAM: Program = Program {
    users: &[UserClass {
        iterations: |u| Box::pin(iterations(u)),
        wait: Some(|_| Ok(Wait::Between(Duration::from_millis(10), Duration::from_millis(10)))),
        ..fixture::CLASS
    }],
    ..fixture::PROGRAM
};

/// A run of the class of a program, on one thread.
fn run_of(program: &'static Program, runner: &str, clock: &Clock) -> Run {
    let profile = Profile::parse(&format!("profile: {{ runner: {{ {runner} }} }}\n"), "trial.profile.yml").unwrap();
    let plan = Plan::new(&profile, &[schedule::WeightedClass::new("U", 1)]).unwrap();
    Run {
        settings: fixture::settings(program, "http://127.0.0.1:1/", clock),
        slice: plan.whole(),
        threads: 1,
        processors: None,
        interval: Duration::from_secs(1),
        graceful_stop: Duration::from_secs(1),
        once: false,
        print: |_| (),
    }
}

#[test]
fn no_iteration_begins_before_the_test() {
    for runner in ["clients: 4, hatch_rate: 1000, duration: 400ms", "rate: 50/s, max_clients: 9, duration: 400ms"] {
        let iterations_before = ITERATIONS.load(Ordering::Relaxed);
        let clock = Clock::starting_in(LEAD);
        let run = run_of(&PROGRAM, runner, &clock);
        let begun = clock::now();
        Engine::start(&run, &clock, &Stop::default()).unwrap().watch(|_| ()).unwrap();
        assert!(clock::since(begun) >= LEAD + Duration::from_millis(390), "{:?}", clock::since(begun));
        assert!(ITERATIONS.load(Ordering::Relaxed) > iterations_before + 5, "{runner}");
        assert_eq!(EARLY.load(Ordering::Relaxed), 0, "{runner}");
    }
}

/// The number of iterations of users that run once.
static ONCE: AtomicU64 = AtomicU64::new(0);

async fn counted(u: &User) -> Flow {
    loop {
        ONCE.fetch_add(1, Ordering::Relaxed);
        u.end_iteration(Ok(())).await;
    }
}

static RUN_ONCE: Program = Program {
    users: &[UserClass {
        iterations: |u| Box::pin(counted(u)),
        wait: Some(|_| Ok(Wait::Between(Duration::from_secs(100), Duration::from_secs(100)))),
        ..fixture::CLASS
    }],
    ..fixture::PROGRAM
};

#[test]
fn users_that_run_once_end_the_load_without_a_duration_or_a_last_wait() {
    let clock = Clock::starting_in(LEAD);
    let run = Run { threads: 2, once: true, ..run_of(&RUN_ONCE, "clients: 5, hatch_rate: 50", &clock) };
    let stop = Stop::default();
    Engine::start(&run, &clock, &stop).unwrap().watch(|_| ()).unwrap();
    assert_eq!(ONCE.load(Ordering::Relaxed), 5);
    assert!(!stop.is_graceful(), "nobody stopped it");
}

/// Whether a worker is in an iteration that nothing can interrupt, and whether the test lets it end.
static BUSY: AtomicBool = AtomicBool::new(false);
static RELEASED: AtomicBool = AtomicBool::new(false);

async fn occupied(_: &User) -> Flow {
    BUSY.store(true, Ordering::Release);
    while !RELEASED.load(Ordering::Acquire) {
        std::thread::yield_now();
    }
    std::future::pending().await
}

static OCCUPIED: Program = Program { users: &[UserClass { iterations: |u| Box::pin(occupied(u)), ..fixture::CLASS }], ..fixture::PROGRAM };

#[test]
fn busy_worker_is_left_behind_after_a_stop_at_once() {
    let clock = Clock::starting_in(Duration::ZERO);
    let run = run_of(&OCCUPIED, "clients: 1, hatch_rate: 1, duration: 1h", &clock);
    let stop = Stop::default();
    let engine = Engine::start(&run, &clock, &stop).unwrap();
    while !BUSY.load(Ordering::Acquire) {
        std::thread::yield_now();
    }
    stop.at_once();
    assert_eq!(engine.watch(|_| ()), Ok(1), "the worker would be waited for until its iteration ends");
    RELEASED.store(true, Ordering::Release);
}

/// The number of iterations of users whose rate is limited.
static LIMITED: AtomicU64 = AtomicU64::new(0);

async fn limited(u: &User) -> Flow {
    loop {
        LIMITED.fetch_add(1, Ordering::Relaxed);
        u.end_iteration(Ok(())).await;
    }
}

static RATE: Program = Program { users: &[UserClass { iterations: |u| Box::pin(limited(u)), ..fixture::CLASS }], ..fixture::PROGRAM };

#[test]
fn users_of_the_closed_model_keep_the_limit_of_the_rate() {
    let clock = Clock::starting_in(LEAD);
    let run = run_of(&RATE, "clients: 20, hatch_rate: 1000, duration: 1s", &clock);
    let run = Run { settings: Settings { iteration_rate: Some(40.0), ..run.settings }, threads: 2, ..run };
    Engine::start(&run, &clock, &Stop::default()).unwrap().watch(|_| ()).unwrap();
    // Each of the two workers begins one iteration at once, and then at most 20 in the second of the load.
    let begun = LIMITED.load(Ordering::Relaxed);
    assert!((2..=42).contains(&begun), "{begun}");
}
