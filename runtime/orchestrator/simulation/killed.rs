//! Checks what must be true of a run whose orchestrator is killed: its functions end in time, and `collect` reports all kept results once.

use std::time::Duration;

use super::super::event::SliceEvent;
use super::super::run_store::{CONTROL, RunFiles};
use super::check::{self, lost};
use super::server::Counts;
use super::world::{Function, Truth};
use super::{Scenario, TEST, verdict};
use crate::journal::Begin;
use crate::report::{Outcome, Report, RunInfo};
use crate::runs::{RunRecord, RunState};
use ltc_config::profile::WithoutOrchestrator;
use ltc_engine::clock::Clock;
use ltc_engine::stats::{ReportRow, micros};

/// The time that a function needs to notice the silence, to finish iterations and to stop.
const REACTION: Duration = Duration::from_secs(8);

/// When the orchestrator is killed, and when `stop` is called after that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kill {
    pub(super) at: Duration,
    pub(super) stopped_after: Option<Duration>,
}

/// The observations of a run without its orchestrator.
#[derive(Debug)]
pub(super) struct Aftermath {
    /// When the functions were told to stop.
    pub(super) stopped: Option<Duration>,
    /// The state of the run at several times.
    pub(super) states: Vec<(Duration, RunState)>,
    pub(super) collected: Result<Report, String>,
    /// The journal as the orchestrator left it, and the requests that it had merged.
    pub(super) journal: String,
    pub(super) merged: u64,
}

/// The record of a simulated run.
pub(super) fn record(scenario: &Scenario, template: &SliceEvent) -> RunRecord {
    let run = RunInfo { id: TEST.into(), test: TEST.into(), seed: template.seed, ..RunInfo::default() };
    let (names, interval_us) = (vec![ReportRow::step(verdict::ROW.to_owned(), "POST")], micros(scenario.stats_interval));
    RunRecord::new("simulated", Begin { run, names, interval_us, ..Begin::default() }, template, scenario.fleet.clone())
}

/// Waits until all functions have ended, tells them to stop if the scenario says so, and collects.
pub(super) async fn aftermath(scenario: &Scenario, kill: Kill, files: &RunFiles, clock: &Clock) -> Aftermath {
    let (mut states, mut stopped) = (Vec::new(), None);
    let end = clock.elapsed() + scenario.bound();
    while clock.elapsed() < end {
        tokio::time::sleep(Duration::from_millis(1_700)).await;
        if stopped.is_none() && kill.stopped_after.is_some_and(|after| clock.elapsed() >= kill.at + after) {
            let text = files.read(CONTROL).await.unwrap().unwrap_or_default();
            files.write(CONTROL, &format!("{text}\nstop")).await.unwrap();
            stopped = Some(clock.elapsed());
        }
        let (found, unread) = crate::runs::find(files.store.clone(), clock.unix_now()).await.unwrap();
        assert!(unread.is_empty(), "{unread:?}");
        states.push((clock.elapsed(), found[0].state));
    }
    let record = RunRecord::read(files).await.unwrap().unwrap();
    let collected = crate::runs::collect(files, &record).await.map(|collected| collected.report);
    Aftermath { stopped, states, collected, journal: String::new(), merged: 0 }
}

pub(super) fn check(scenario: &Scenario, kill: Kill, aftermath: &Aftermath, truth: &Truth) -> Result<(), String> {
    check::load_is_made_once(truth)?;
    check::no_load_is_unplanned(scenario, truth)?;
    journal_has_what_was_merged(scenario, kill, aftermath)?;
    load_ends_in_time(scenario, kill, aftermath, truth)?;
    let counts = Counts::of(truth.kept.values());
    let kept = counts.requests;
    let report = match &aftermath.collected {
        Ok(report) => report,
        Err(_) if truth.kept.is_empty() && kept == 0 => return Ok(()),
        Err(why) => return Err(format!("{kept} requests were kept, and `collect` fails: {why}")),
    };
    let counted = report.total.names[0].requests;
    if counted != kept {
        return Err(format!("`collect` reports {counted} requests, and {kept} were kept"));
    }
    verdict::thresholds_are_right(&scenario.limits, &counts, &report.thresholds)?;
    let expected = verdict::expected(&scenario.limits, &counts, !report.run.broken.is_empty(), report.run.interrupted);
    if report.outcome != expected {
        return Err(format!("`collect` says {:?}, and {expected:?} is right", report.outcome));
    }
    collected_report_names_what_is_missing(scenario, report, truth)
}

/// The journal renders what the orchestrator had merged, until a disk without room, and says that the run has no end.
fn journal_has_what_was_merged(scenario: &Scenario, kill: Kill, aftermath: &Aftermath) -> Result<(), String> {
    if scenario.disk_full.start.is_zero() {
        return Ok(());
    }
    let report = check::read_journal(&aftermath.journal)?;
    let (journal, merged) = (report.total.names[0].requests, aftermath.merged);
    let was_full = scenario.disk_full.start <= kill.at && !scenario.disk_full.is_empty();
    if journal > merged || (journal < merged && !was_full) {
        return Err(format!("the journal has {journal} requests, and {merged} were merged before the kill"));
    }
    let says_so = report.run.broken.iter().any(|why| why.starts_with("the run has not recorded its end"));
    if report.outcome == Outcome::Broken && says_so { Ok(()) } else { Err(format!("the journal's verdict is {:?}", report.run.broken)) }
}

fn load_ends_in_time(scenario: &Scenario, kill: Kill, aftermath: &Aftermath, truth: &Truth) -> Result<(), String> {
    let last_sign = truth.heartbeats.iter().copied().filter(|heartbeat| *heartbeat <= kill.at).max().unwrap_or_default();
    // A function that begins after the last signal waits for the next one from its own beginning.
    let silent = |from: Duration| match scenario.rule {
        WithoutOrchestrator::StopAfter(silence) => last_sign.max(from) + silence,
        WithoutOrchestrator::Finish => Duration::MAX,
    };
    // A function that ignores stops ends only at the end of its slice.
    let listens = |function: &&Function| function.faults.stops_after.is_some();
    for function in truth.functions.values().filter(listens) {
        let Some((from, to)) = function.load else { continue };
        let to = to.unwrap_or(Duration::MAX);
        // A function that cannot read the channel does not hear `stop`.
        let stopped = aftermath.stopped.filter(|_| function.faults.unreadable.is_none()).map_or(Duration::MAX, |stopped| stopped.max(from));
        let own = function.slice.end().map_or(Duration::MAX, |end| end.max(from));
        let bound = silent(from).min(stopped).min(own).saturating_add(REACTION);
        if to > bound {
            return Err(format!("shard {} makes load until {to:?}, and not until {bound:?}", function.shard));
        }
        let over = aftermath.states.iter().find(|(at, state)| *state == RunState::Over && *at >= from && *at < to);
        if let Some((at, _)) = over {
            return Err(format!("shard {} makes load at {at:?}, when `runs` says that the run is over", function.shard));
        }
    }
    Ok(())
}

/// Only the report of a whole run may have no notes and no reasons.
fn collected_report_names_what_is_missing(scenario: &Scenario, report: &Report, truth: &Truth) -> Result<(), String> {
    let whole = |shard: u32, interval: u32| {
        let of_slice = truth.functions.values().filter(|function| (function.shard, function.interval) == (shard, interval));
        of_slice.filter_map(|function| Some((function.load?.1?, function.slice.end()?))).any(|(end, planned)| end + REACTION >= planned)
    };
    let all =
        || scenario.fleet.intervals().flat_map(|interval| scenario.fleet.shards.iter().map(move |shard| (shard.number, interval.number)));
    if report.outcome != Outcome::Broken
        && !report.run.interrupted
        && let Some((shard, interval)) = all().find(|(shard, interval)| !whole(*shard, *interval))
    {
        return Err(format!("the report is not broken, and shard {shard} has no end in interval {interval}"));
    }
    let bad = report.run.notes.iter().filter_map(|note| lost(note)).find(|(_, from, to)| from >= to);
    bad.map_or(Ok(()), |bad| Err(format!("a note about no time: {bad:?}")))
}
