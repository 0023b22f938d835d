//! Tests that the load begins when the test does: workers start earlier, and wait.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ltc_config::Profile;

use super::{Engine, Run, Stop};
use crate::base::clock;
use crate::base::clock::Clock;
use crate::base::flow::Flow;
use crate::fixture;
use crate::generated::*;
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

#[test]
fn no_iteration_begins_before_the_test() {
    for runner in ["clients: 4, hatch_rate: 1000, duration: 400ms", "rate: 50/s, max_clients: 9, duration: 400ms"] {
        let iterations_before = ITERATIONS.load(Ordering::Relaxed);
        let clock = Clock::starting_in(LEAD);
        let profile = Profile::parse(&format!("profile: {{ runner: {{ {runner} }} }}\n"), "trial.profile.yml").unwrap();
        let plan = Plan::new(&profile, &[schedule::WeightedClass::new("U", 1)]).unwrap();
        let run = Run {
            settings: fixture::settings(&PROGRAM, "http://127.0.0.1:1/", &clock),
            slice: plan.whole(),
            threads: 1,
            processors: None,
            interval: Duration::from_secs(1),
            graceful_stop: Duration::from_secs(1),
            once: false,
            print: |_| (),
        };
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
    let profile = Profile::parse("profile: { runner: { clients: 5, hatch_rate: 50 } }\n", "trial.profile.yml").unwrap();
    let plan = Plan::new(&profile, &[schedule::WeightedClass::new("U", 1)]).unwrap();
    let run = Run {
        settings: fixture::settings(&RUN_ONCE, "http://127.0.0.1:1/", &clock),
        slice: plan.whole(),
        threads: 2,
        processors: None,
        interval: Duration::from_secs(1),
        graceful_stop: Duration::from_secs(1),
        once: true,
        print: |_| (),
    };
    let stop = Stop::default();
    Engine::start(&run, &clock, &stop).unwrap().watch(|_| ()).unwrap();
    assert_eq!(ONCE.load(Ordering::Relaxed), 5);
    assert!(!stop.is_graceful(), "nobody stopped it");
}
