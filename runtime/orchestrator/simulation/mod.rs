//! Simulates a whole fleet in one thread from one seed: the real orchestrator and supervisors run over a simulated backend and clock, and
//! everything between them can fail. TigerBeetle's VOPR is the model.
//!
//! `LTC_SIMULATION_SEEDS=100000 cargo test -p ltc-runtime simulation` runs that many seeds, `5000..10000` those from 5,000 on.
//! `LTC_SIMULATION_SEED=42` repeats one seed and prints what happened.

mod backend;
mod bounds;
mod check;
mod faults;
mod function;
mod killed;
mod renewals;
mod scenario;
mod server;
mod store;
mod verdict;
mod world;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ltc_config::profile::WithoutOrchestrator;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use tokio::sync::watch;
use tokio::time::{sleep, sleep_until, timeout};

use super::event::{ClassWeight, SliceEvent, sample};
use super::orchestrate::{Orchestrator, RunOutcome};
use super::run_store::RunFiles;
use super::seal;
use crate::journal::{End as JournalEnd, Journal};
use crate::report::{Report, RunInfo};
use crate::runs::RunRecord;
use crate::thresholds::ThresholdEvaluator;
use backend::SimulatedBackend;
use killed::Aftermath;
use ltc_engine::clock::Clock;
use ltc_engine::program::renewed::RenewedValues;
use ltc_engine::stats::{ReportRow, Snapshot, micros};
use ltc_engine::value::Value;
use ltc_engine::workers::Stop;
use scenario::Scenario;
use store::{MemoryStore, SimulatedDisk};
use world::{Control, Signal, Truth, World};

/// The number of seeds that a run of the tests tries.
const SEEDS: u64 = 1_000;
/// The name of the simulated run.
const TEST: &str = "t";
/// Later than any event.
const FAR_FUTURE: Duration = Duration::from_secs(1_000_000);

/// The end of a run that its orchestrator reported.
#[derive(Debug)]
struct Reported {
    outcome: RunOutcome,
    report: Report,
    /// When everything was over.
    over: Duration,
    /// When a threshold stopped it.
    threshold_at: Option<Duration>,
    /// The content of the disk.
    journal: String,
    /// The requests that `collect` reports after the run, if functions kept results that it did not fetch.
    collected: Option<u64>,
}

/// How a run ended: with a report, or without its orchestrator.
#[derive(Debug)]
enum End {
    Reported(Box<Reported>),
    Killed(Box<Aftermath>),
}

impl Scenario {
    async fn run(&self, seed: u64) -> (Option<End>, Truth) {
        let clock = Clock::starting_in(Duration::from_secs(1));
        let store = MemoryStore::new(clock.clone(), self.disk_full.clone());
        let files = RunFiles { store: Arc::new(store), run: TEST.into() };
        let world = Arc::new(World {
            seed,
            faulty: self.faulty,
            clock: clock.clone(),
            control: self.control.clone(),
            server: self.server,
            truth: Mutex::default(),
            signals: Mutex::new(HashMap::new()),
            signal_to_all: watch::channel(Signal::GoOn).0,
            files: files.clone(),
            killed: self.kill.is_some(),
            renews: !self.renewals.is_empty(),
            lines: Mutex::default(),
        });
        let stop = Stop::default();
        if let Some((at, again)) = self.stopped {
            let (stop, at) = (stop.clone(), clock.instant(at));
            tokio::spawn(async move {
                tokio::time::sleep_until(at.into()).await;
                stop.interrupt();
                if again {
                    sleep(Duration::from_millis(1500)).await;
                    stop.interrupt();
                }
            });
        }
        let renewed = RenewedValues::default();
        let (sets, times) = (renewed.clone(), self.renewals.clone());
        let of_renewals = clock.clone();
        tokio::spawn(async move {
            for (version, at) in (1..).zip(times) {
                sleep_until(of_renewals.instant(at).into()).await;
                sets.set(version, vec![Value::Int(version as i64)]);
            }
        });
        let template = SliceEvent {
            channel_key: seal::new_key().unwrap(),
            starts_at_us: micros(clock.unix_start()),
            shards: self.fleet.count(),
            stats_interval_us: micros(self.stats_interval),
            graceful_stop_us: micros(self.graceful_stop),
            profile: self.profile.clone(),
            classes: self.classes.iter().map(ClassWeight::of).collect(),
            ..sample::event("clients: 1")
        };
        let record = killed::record(self, &template);
        record.write(&files).await.unwrap();
        let written = Arc::new(Mutex::new(Vec::new()));
        let disk = SimulatedDisk { clock: clock.clone(), full: self.disk_full.clone(), written: written.clone() };
        let journal = Journal::on(Box::new(disk));
        journal.begin(record.begin);
        let orchestrator = Orchestrator {
            backend: Arc::new(SimulatedBackend(world.clone())),
            fleet: self.fleet.clone(),
            plan: self.plan.clone(),
            template,
            clock: clock.clone(),
            with_suspensions: || Duration::ZERO,
            names: 1,
            timeouts: self.timeouts(),
            journal: Some(journal.clone()),
            renewed,
            notice: |_, _| (),
        };
        let names = vec![ReportRow::step(verdict::ROW.to_owned(), "POST")];
        let mut evaluator = ThresholdEvaluator::new(&self.profile.thresholds, &names, None).unwrap();
        let mut total = Snapshot::empty(1);
        let mut threshold_at = None;
        let mut intervals = 0;
        let run = orchestrator.run(&stop, |merged| {
            total.merge(&merged.snapshot);
            if merged.late {
                evaluator.late(&merged.snapshot, &names);
            } else {
                evaluator.interval(&merged.snapshot, &names);
            }
            journal.interval(&merged.snapshot, &evaluator.so_far());
            intervals += 1;
            let failed = self.threshold_after.is_some_and(|after| intervals >= after);
            if failed {
                threshold_at.get_or_insert_with(|| clock.elapsed());
            }
            failed
        });
        let killed_at = self.kill.map_or(Duration::MAX, |kill| kill.at);
        let outcome = tokio::select! {
            biased;
            // Dropping the run ends everything that its orchestrator does.
            () = sleep_until(clock.instant(killed_at.min(FAR_FUTURE)).into()) => None,
            outcome = timeout(self.bound(), run) => Some(outcome.ok()),
        };
        let over = clock.elapsed();
        let interrupted = stop.is_interrupted();
        let end = match (outcome, self.kill) {
            (None, Some(kill)) => {
                let journal = String::from_utf8(std::mem::take(&mut *written.lock().unwrap())).unwrap();
                let aftermath = killed::aftermath(self, kill, &files, &clock).await;
                Some(End::Killed(Box::new(Aftermath { journal, merged: total.names[0].requests, ..aftermath })))
            }
            (outcome, _) => {
                // Waits until functions out of sight have ended, and the disk has room again.
                sleep(self.bound()).await;
                let collected = match crate::runs::collect(&files, &RunRecord::read(&files).await.unwrap().unwrap()).await {
                    Ok(collected) => Some(collected.report.total.names[0].requests),
                    Err(_) => None,
                };
                outcome.flatten().map(|outcome| {
                    let run = RunInfo {
                        interrupted,
                        broken: outcome.broken.clone().into_iter().collect(),
                        notes: outcome.notes.clone(),
                        ..RunInfo::default()
                    };
                    let mut report = Report { run, names, total, thresholds: evaluator.verdicts(), ..Report::default() };
                    report.conclude();
                    let (run, thresholds) = (report.run.clone(), report.thresholds.clone());
                    journal.end(JournalEnd { run, thresholds, ..JournalEnd::default() });
                    let journal = String::from_utf8(std::mem::take(&mut *written.lock().unwrap())).unwrap();
                    End::Reported(Box::new(Reported { outcome, report, over, threshold_at, journal, collected }))
                })
            }
        };
        let truth = std::mem::take(&mut *world.truth());
        (end, truth)
    }
}

/// Runs a seed. The error is the promise that the run breaks.
fn simulate(seed: u64, shown: bool) -> Result<(), String> {
    simulate_scenario(&Scenario::draw(&mut ChaCha8Rng::seed_from_u64(seed)), seed, shown)
}

fn simulate_scenario(scenario: &Scenario, seed: u64, shown: bool) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let (end, truth) = runtime.block_on(scenario.run(seed));
    if shown {
        eprintln!("{scenario:#?}\n{end:#?}");
        truth.functions.iter().for_each(|(name, function)| eprintln!("{name}: {:?} {:?}", function.load, function.faults));
    }
    let end = end.ok_or_else(|| format!("the run doesn't end within {:?}", scenario.bound()))?;
    match (end, scenario.kill) {
        (End::Killed(aftermath), Some(kill)) => killed::check(scenario, kill, &aftermath, &truth),
        (End::Killed(_), None) => Err("nobody killed it".to_owned()),
        (End::Reported(report), _) => check::check(scenario, &report, &truth),
    }
}

#[test]
fn simulated_fleet_keeps_its_promises_under_every_fault() {
    let number = |name: &str, text: &str| text.parse::<u64>().unwrap_or_else(|_| panic!("{name}: not a number"));
    let variable = |name: &str| std::env::var(name).ok();
    let one = variable("LTC_SIMULATION_SEED").map(|text| number("LTC_SIMULATION_SEED", &text));
    let several = variable("LTC_SIMULATION_SEEDS").map_or(0..SEEDS, |text| {
        let (from, to) = text.split_once("..").unwrap_or(("0", &text));
        number("LTC_SIMULATION_SEEDS", from)..number("LTC_SIMULATION_SEEDS", to)
    });
    let seeds = one.map_or(several, |seed| seed..seed + 1);
    let failed: Vec<String> =
        seeds.filter_map(|seed| simulate(seed, one.is_some()).err().map(|why| format!("seed {seed}: {why}"))).collect();
    assert!(
        failed.is_empty(),
        "{} seeds fail; repeat one with LTC_SIMULATION_SEED=N cargo test -p ltc-runtime simulated_fleet\n{}",
        failed.len(),
        failed[..failed.len().min(20)].join("\n")
    );
}

#[test]
fn channel_that_becomes_unwritable_at_a_border_loses_and_doubles_no_load_in_silence() {
    let mut borders = 0;
    for seed in 0..300 {
        let mut scenario = Scenario::draw(&mut ChaCha8Rng::seed_from_u64(seed));
        let Some(border) = scenario.fleet.interval(1).map(|interval| interval.from) else { continue };
        // The functions of the next interval are invoked up to a second earlier, and its users pass afterwards.
        let early = Duration::from_millis(250 * (seed % 8));
        let from = (border + Duration::from_millis(750)).saturating_sub(early);
        (scenario.kill, scenario.faulty) = (None, seed % 2 == 0);
        let (until, hangs) = (from + Duration::from_secs(seed % 90), seed % 3 == 0);
        scenario.control = Control { unwritable: from..until, stop_fails_until: Some((until, hangs)), hangs, ..Control::default() };
        borders += 1;
        if let Err(why) = simulate_scenario(&scenario, seed, false) {
            panic!("seed {seed}, unwritable {:?}: {why}", scenario.control.unwritable);
        }
    }
    assert!(borders > 100, "{borders}");
}

#[test]
fn outage_of_half_a_minute_loses_no_result_that_functions_kept() {
    let (mut cut, mut stopped, mut finishing) = (0, 0, 0);
    for seed in 0..400 {
        let mut scenario = Scenario::draw(&mut ChaCha8Rng::seed_from_u64(seed));
        let total = scenario.plan.total_duration().unwrap();
        (scenario.kill, scenario.faulty, scenario.disk_full) = (None, false, FAR_FUTURE..FAR_FUTURE);
        let from = total * u32::try_from(seed % 10).unwrap() / 10;
        scenario.control = Control { hangs: seed % 3 == 0, ..Control::default() };
        scenario.control.interrupt(from..from + Duration::from_secs(30), seed % 4 == 0);
        // Some are stopped before, during or after the outage.
        scenario.stopped =
            (seed % 5 == 0).then(|| (from.saturating_sub(Duration::from_secs(2)) + Duration::from_millis(93 * seed), seed % 2 == 0));
        cut += u32::from(!scenario.control.outage_delays);
        stopped += u32::from(scenario.stopped.is_some_and(|(at, _)| at < total));
        finishing += u32::from(scenario.rule == WithoutOrchestrator::Finish);
        if let Err(why) = simulate_scenario(&scenario, seed, false) {
            panic!("seed {seed}, outage {:?}, stop {:?}: {why}", scenario.control.outage, scenario.stopped);
        }
    }
    assert!(cut > 100 && stopped > 40 && finishing > 100, "{cut}, {stopped}, {finishing}");
}

#[test]
fn renewed_values_reach_functions_of_all_intervals_whatever_happens_to_requests() {
    let (mut seams, mut failures, mut expired) = (0, 0, 0);
    for seed in 0..300 {
        let mut scenario = Scenario::draw(&mut ChaCha8Rng::seed_from_u64(seed));
        let total = scenario.plan.total_duration().unwrap();
        (scenario.kill, scenario.faulty, scenario.stopped) = (None, seed % 2 == 0, None);
        let period = Duration::from_millis(700 + 131 * (seed % 50));
        // Every third renewal fails, so it sets no values.
        scenario.renewals = (1..).map(|nth| period * nth).filter(|at| at.as_millis() / period.as_millis() % 3 != 2).take(20).collect();
        let share_takes = Duration::from_millis(500 * (seed % 8));
        scenario.control = Control { share_fails: [0, 30, 80][seed as usize % 3], share_takes, hangs: seed % 4 == 0, ..Control::default() };
        if seed % 10 == 9 {
            scenario.control.expire(total / 2);
        }
        seams += u32::from(scenario.fleet.interval(1).is_some());
        failures += u32::from(scenario.control.share_fails > 0);
        expired += u32::from(scenario.control.credentials_end.is_some());
        if let Err(why) = simulate_scenario(&scenario, seed, false) {
            panic!("seed {seed}, {:?}, renewals every {period:?}: {why}", scenario.control);
        }
    }
    assert!(seams > 100 && failures > 100 && expired > 20, "{seams}, {failures}, {expired}");
}

#[test]
fn simulated_run_is_the_same_each_time() {
    for seed in 0..20 {
        let runs = [(); 2].map(|()| {
            let scenario = Scenario::draw(&mut ChaCha8Rng::seed_from_u64(seed));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
            let (end, truth) = runtime.block_on(scenario.run(seed));
            (
                end.map(|end| {
                    let mut report = match end {
                        End::Reported(report) => report,
                        End::Killed(aftermath) => {
                            let collected = aftermath.collected.map(|report| (report.run.notes, report.total.names));
                            return (vec![format!("{collected:?}")], false, Duration::ZERO, Vec::new());
                        }
                    };
                    // Supervisors that are woken at the same time report in any order (tokio's `watch` draws it), and the first message
                    // gives the reason why the test is broken.
                    report.outcome.notes.sort();
                    (report.outcome.notes, report.outcome.broken.is_some(), report.over, report.report.total.names)
                }),
                truth.functions.into_iter().map(|(name, f)| (name, f.load)).collect::<Vec<_>>(),
            )
        });
        assert!(runs[0] == runs[1], "seed {seed}");
    }
}
