//! Tests what a server sees while users pass from one interval's functions to the next, on a simulated clock. The workers of all functions
//! run in one thread, and are compared with the same load without a border.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use ltc_config::Profile;
use tokio::runtime::LocalOptions;

use super::Stop;
use super::worker::WorkerConfig;
use crate::base::clock::Clock;
use crate::base::flow::Flow;
use crate::fixture;
use crate::generated::*;
use crate::record::observe::Quiet;
use crate::schedule::{Plan, WeightedClass};
use crate::user::world::World;

const SHARDS: u64 = 3;
const SECONDS: usize = 90;

/// The observed events.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// The starts of iterations, by user.
    starts: Vec<(u64, Duration)>,
    /// The same of the second class.
    others: Vec<(u64, Duration)>,
    logins: Vec<Duration>,
    /// Active users of all functions together: the counted and the planned number, by time.
    users: BTreeMap<u64, (u64, u64)>,
}

thread_local! {
    static SEEN: RefCell<Seen> = RefCell::default();
    /// The range of an iteration's time.
    static TAKES: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

async fn iterations(u: &User) -> Flow {
    loop {
        let at = u.world().clock.elapsed();
        SEEN.with_borrow_mut(|seen| seen.starts.push((u.number(), at)));
        let (least, most) = TAKES.get();
        u.pause(u.between(Duration::from_millis(least), Duration::from_millis(most))).await;
        u.end_iteration(Ok(())).await;
    }
}

async fn other_iterations(u: &User) -> Flow {
    loop {
        let at = u.world().clock.elapsed();
        SEEN.with_borrow_mut(|seen| seen.others.push((u.number(), at)));
        u.pause(Duration::from_millis(30)).await;
        u.end_iteration(Ok(())).await;
    }
}

async fn log_in(u: &User) -> Flow {
    let at = u.world().clock.elapsed();
    SEEN.with_borrow_mut(|seen| seen.logins.push(at));
    u.pause(Duration::from_millis(20)).await;
    Ok(())
}

const PROGRAM: Program = Program { users: &[CLASS], ..fixture::PROGRAM };
const CLASS: UserClass = UserClass { iterations: |u| Box::pin(iterations(u)), ..fixture::CLASS };

static WAITS: Program = Program {
    users: &[UserClass {
        wait: Some(|_| Ok(Wait::Between(Duration::from_secs(3), Duration::from_secs(7)))),
        on_start: Some(|u| Box::pin(log_in(u))),
        ..CLASS
    }],
    ..PROGRAM
};
static WAITS_ALIKE: Program = Program {
    users: &[UserClass { wait: Some(|_| Ok(Wait::Between(Duration::from_secs(4), Duration::from_secs(4)))), ..CLASS }],
    ..PROGRAM
};
static PACED: Program = Program {
    users: &[UserClass { wait: Some(|_| Ok(Wait::Pacing(Duration::from_secs(5)))), on_start: Some(|u| Box::pin(log_in(u))), ..CLASS }],
    ..PROGRAM
};
static BUSY: Program = PROGRAM;
static TWO_CLASSES: Program = Program {
    users: &[
        UserClass { wait: Some(|_| Ok(Wait::Between(Duration::from_secs(3), Duration::from_secs(7)))), ..CLASS },
        UserClass { iterations: |u| Box::pin(other_iterations(u)), wait: Some(|_| Ok(Wait::Pacing(Duration::from_secs(5)))), ..CLASS },
    ],
    ..PROGRAM
};
static TWO_SERVE: Program = Program { users: &[CLASS, UserClass { iterations: |u| Box::pin(other_iterations(u)), ..CLASS }], ..PROGRAM };

/// Runs a fleet's whole test. With `cut`, it is divided into intervals of a length, with a window in which users pass.
fn run(program: &'static Program, runner: &str, takes: (u64, u64), cut: Option<(u64, u64)>) -> Seen {
    SEEN.take();
    TAKES.set(takes);
    let profile = Profile::parse(&format!("profile: {{ runner: {{ {runner}, duration: {SECONDS}s }} }}"), "x.profile.yml").unwrap();
    let classes: Vec<WeightedClass> = [WeightedClass::new("U", 3), WeightedClass::new("V", 1)][..program.users.len()].to_vec();
    let plan = Plan::seeded(&profile, &classes, 5).unwrap();
    let total = Duration::from_secs(SECONDS as u64);
    let (length, window) =
        cut.map_or((total, Duration::ZERO), |(length, window)| (Duration::from_secs(length), Duration::from_secs(window)));
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build_local(LocalOptions::default()).unwrap();
    let frames = runtime.block_on(async {
        let (sender, frames) = std::sync::mpsc::channel();
        let clock = Clock::start();
        let mut workers = tokio::task::JoinSet::new();
        for number in 0..u32::try_from(total.as_nanos().div_ceil(length.as_nanos())).unwrap() {
            let (from, to) = (length * number, length * (number + 1));
            let (enter, leave) = (if number == 0 { Duration::ZERO } else { window }, if to < total { window } else { Duration::ZERO });
            for shard in 0..SHARDS {
                let settings = crate::program::settings::Settings {
                    part: shard,
                    parts: SHARDS,
                    seed: 9 + u64::from(number),
                    ..fixture::settings(program, "http://127.0.0.1:1/", &clock)
                };
                let world = World::new(&settings, Box::new(Quiet(|_| ()))).unwrap();
                let config = WorkerConfig {
                    settings,
                    slice: plan.slice(shard, SHARDS).interval(from, Some(to), enter, leave),
                    interval: Duration::from_secs(1),
                    graceful_stop: Duration::from_secs(5),
                    once: false,
                    stop: Stop::default(),
                    index: 0,
                    frames: sender.clone(),
                    merged: std::sync::mpsc::channel().1,
                    print: |_| (),
                    cpu_meter: None,
                };
                workers.spawn_local(config.work(world, async {}));
            }
        }
        drop(sender);
        workers.join_all().await;
        frames
    });
    let mut seen = SEEN.take();
    for (_, frame) in frames {
        let at = frame.window.unwrap().to_us;
        // Only the frames of full seconds are compared. The last frame of a slice may come between two of them.
        if at % 1_000_000 < 10_000 {
            let (users, planned) = seen.users.entry(at / 1_000_000).or_default();
            frame.sources.values().for_each(|source| {
                *users += source.users;
                *planned += source.planned;
            });
        }
    }
    seen
}

fn by_second(times: impl Iterator<Item = Duration>) -> Vec<f64> {
    let mut counts = vec![0.0; SECONDS + 1];
    times.for_each(|at| counts[usize::try_from(at.as_secs()).unwrap()] += 1.0);
    counts
}

/// Fails if the two differ by more than chance explains.
fn assert_alike(with: &Seen, without: &Seen, case: &str) {
    let [with, without] = [with, without].map(|seen| by_second(seen.starts.iter().map(|(_, at)| *at)));
    for width in [1, 5, 15, 45] {
        for (number, (a, b)) in with.chunks(width).zip(without.chunks(width)).enumerate() {
            let (a, b): (f64, f64) = (a.iter().sum(), b.iter().sum());
            let chance = 3.5 * (a + b).sqrt() + 1.0;
            assert!((a - b).abs() <= chance, "{case}: {a} starts instead of {b} in the {width} s from {}", number * width);
        }
    }
}

const LOADS: [&str; 7] = [
    "clients: 300, hatch_rate: 100",
    "clients: 400, hatch_rate: 5",
    "clients: 300, hatch_rate: 50, step_load: true, step_clients: 100, step_duration: 21s",
    "stages: [{clients: 300, duration: 25s}, {clients: 300, duration: 10s}, {clients: 100, duration: 20s}, {clients: 250, duration: 5s}]",
    "stages: [{clients: 250, duration: 0s}]",
    // Fewer users than shards.
    "clients: 1",
    "clients: 2, hatch_rate: 1",
];

#[test]
fn users_that_wait_begin_as_often_through_a_border_as_without_one() {
    // Users with the same wait that begin at the same time stay together for long. The next function doesn't know how far apart they are.
    for (program, takes, loads) in [
        (&WAITS, (5, 60), &LOADS[..]),
        (&WAITS, (1000, 4000), &LOADS[1..4]),
        (&WAITS_ALIKE, (0, 500), &LOADS[..4]),
        (&BUSY, (900, 1900), &LOADS[..2]),
    ] {
        for runner in loads {
            let case = format!("{runner}, iterations of {takes:?} ms");
            let without = run(program, runner, takes, None);
            for cut in [(20, 10), (30, 30)] {
                let with = run(program, runner, takes, Some(cut));
                assert_alike(&with, &without, &format!("{case}, cut {cut:?}"));
            }
        }
    }
}

#[test]
fn paced_users_keep_their_times_through_a_border() {
    for runner in LOADS {
        let [with, without] = [Some((20, 10)), None].map(|cut| run(&PACED, runner, (5, 900), cut).starts);
        assert_same(with, without, 25, runner);
    }
}

#[test]
fn arrivals_are_the_same_through_a_border() {
    for runner in [
        "rate: 40/s, max_clients: 50",
        "rate: 40/s, max_clients: 50, arrivals: poisson",
        "stages: [{rate: 60, duration: 30s}, {rate: 60, duration: 10s}, {rate: 10, duration: 30s}], max_clients: 80",
    ] {
        let [with, without] = [Some((20, 10)), None].map(|cut| {
            let mut starts: Vec<Duration> = run(&BUSY, runner, (100, 400), cut).starts.into_iter().map(|(_, at)| at).collect();
            starts.sort();
            starts
        });
        assert_eq!(with.len(), without.len(), "{runner}");
        assert!(with.iter().zip(&without).all(|(a, b)| a.abs_diff(*b) <= Duration::from_millis(2)), "{runner}");
    }
}

/// Fails unless two lists of starts have the same users at the same times, within a tolerance.
fn assert_same(mut with: Vec<(u64, Duration)>, mut without: Vec<(u64, Duration)>, tolerance_ms: u64, case: &str) {
    with.sort();
    without.sort();
    assert_eq!(with.len(), without.len(), "{case}");
    for (a, b) in with.iter().zip(&without) {
        assert!(a.0 == b.0 && a.1.abs_diff(b.1) <= Duration::from_millis(tolerance_ms), "{case}: {a:?} instead of {b:?}");
    }
}

#[test]
fn each_class_keeps_its_load_through_a_border() {
    for runner in LOADS[..4].iter().chain(&["clients: 3, hatch_rate: 10", "clients: 5, hatch_rate: 1"]) {
        let [with, without] = [Some((20, 10)), None].map(|cut| run(&TWO_CLASSES, runner, (5, 60), cut));
        assert_alike(&with, &without, runner);
        assert!(!without.others.is_empty(), "{runner}");
        assert_same(with.others, without.others, 25, runner);
    }
    let [with, without] = [Some((20, 10)), None].map(|cut| run(&TWO_SERVE, "rate: 40/s, max_clients: 50", (100, 400), cut));
    let times = |starts: Vec<(u64, Duration)>| starts.into_iter().map(|(_, at)| (0, at)).collect::<Vec<_>>();
    assert!(without.others.len() > 500, "{}", without.others.len());
    assert_same(times(with.starts), times(without.starts), 2, "the first class");
    assert_same(times(with.others), times(without.others), 2, "the second class");
}

#[test]
fn logins_are_spread_over_the_window() {
    let logins = by_second(run(&WAITS, LOADS[0], (5, 60), Some((45, 15))).logins.into_iter());
    // 300 users start within 15 s and the rest of a wait.
    let most = logins[45..].iter().copied().fold(0.0, f64::max);
    assert_eq!(logins[45..].iter().sum::<f64>(), 300.0);
    assert!(most <= 35.0, "{logins:?}");
}

#[test]
fn active_users_are_those_of_the_plan_while_they_pass() {
    for runner in &LOADS[..2] {
        let seen = run(&WAITS, runner, (1000, 4000), Some((20, 10)));
        let plan = |at: u64| seen.users.get(&at).copied();
        for at in 1..SECONDS as u64 {
            let (users, planned) = plan(at).unwrap();
            assert_eq!(users, planned, "{runner}: at {at} s");
        }
        assert_eq!(plan(65).unwrap().1, if runner.contains("300") { 300 } else { 325 }, "{runner}");
    }
}
