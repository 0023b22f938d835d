//! Checks what must be true of every run, whatever went wrong.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use super::faults::Invocation;
use super::server::Counts;
use super::world::{FrameId, Function, Truth};
use super::{Reported, Scenario, bounds, renewals, verdict};
use crate::journal;
use crate::report::Report;
use crate::thresholds::Verdict;
use ltc_engine::schedule::Slice;

/// Shorter gaps are not reported, and notes round to tenths of a second.
pub(super) const TOLERANCE: Duration = Duration::from_millis(400);
/// The number of times at which the users are counted.
const SAMPLES: u32 = 80;

pub(super) fn check(scenario: &Scenario, report: &Reported, truth: &Truth) -> Result<(), String> {
    every_result_counts_once(report, truth)?;
    kept_results_are_reported(scenario, report, truth)?;
    renewals::reach_functions(scenario, report, truth)?;
    load_is_made_once(truth)?;
    missing_load_is_reported(scenario, report, truth)?;
    bounds::a_stop_stops(scenario, report, truth)?;
    bounds::load_ends_with_the_stop(truth)?;
    bounds::load_ends_without_signals(scenario, truth)?;
    healthy_fleet_has_nothing_to_report(scenario, report, truth)?;
    bounds::functions_hear_of_their_orchestrator(scenario, report, truth)?;
    wrong_clocks_are_named(report, truth)?;
    journal_has_all_that_is_reported(report)?;
    verdict_is_right(scenario, report, truth)?;
    if truth.cleaned != 1 {
        return Err(format!("cleaned up {} times", truth.cleaned));
    }
    Ok(())
}

/// The journal has all reported results as soon as the disk can be written again.
fn journal_has_all_that_is_reported(report: &Reported) -> Result<(), String> {
    let read = read_journal(&report.journal)?;
    let (journal, reported) = (read.total.names[0].requests, report.report.total.names[0].requests);
    if journal != reported {
        return Err(format!("the journal has {journal} requests, and the report {reported}"));
    }
    let outcomes = |thresholds: &[Verdict]| thresholds.iter().map(|one| (one.text.clone(), one.outcome)).collect::<Vec<_>>();
    if (read.outcome, outcomes(&read.thresholds)) != (report.report.outcome, outcomes(&report.report.thresholds)) {
        return Err(format!("the journal's verdict is {:?}, {:?}", read.outcome, read.thresholds));
    }
    let damaged = read.run.notes.iter().find(|note| note.starts_with("the journal is damaged"));
    damaged.map_or(Ok(()), |note| Err(note.clone()))
}

/// The report that a journal gives.
pub(super) fn read_journal(text: &str) -> Result<Report, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(journal::FILE), text).unwrap();
    journal::read(folder.path())
}

/// The verdict and the thresholds are those of the requests that the server counted in the frames that came.
fn verdict_is_right(scenario: &Scenario, report: &Reported, truth: &Truth) -> Result<(), String> {
    let counts = Counts::of(truth.arrived().into_values());
    let judged = &report.report;
    verdict::thresholds_are_right(&scenario.limits, &counts, &judged.thresholds)?;
    let interrupted = scenario.stopped.is_some_and(|(at, _)| at < report.over);
    let expected = verdict::expected(&scenario.limits, &counts, report.outcome.broken.is_some(), interrupted);
    if judged.outcome == expected { Ok(()) } else { Err(format!("the verdict is {:?}, and {expected:?} is right", judged.outcome)) }
}

fn every_result_counts_once(report: &Reported, truth: &Truth) -> Result<(), String> {
    let arrived = Counts::of(truth.arrived().into_values()).requests;
    let counted = report.report.total.names[0].requests;
    if counted == arrived { Ok(()) } else { Err(format!("the report has {counted} requests, and the frames that came {arrived}")) }
}

/// The report has all that functions kept, or a note says that `collect` reports it, and it does.
fn kept_results_are_reported(scenario: &Scenario, report: &Reported, truth: &Truth) -> Result<(), String> {
    let arrived = truth.arrived();
    let lost = |frames: &HashMap<FrameId, Counts>| {
        let lost = frames.iter().find(|(id, counts)| counts.requests > 0 && !arrived.contains_key(id));
        lost.map(|(id, counts)| format!("frame {id:?} with {} requests", counts.requests))
    };
    let is_noted = report.outcome.notes.iter().any(|note| note.contains("`collect t` reports"));
    if is_noted {
        let kept = Counts::of(truth.kept.values()).requests;
        if report.collected.unwrap_or_default() != kept {
            return Err(format!("`collect` reports {:?} requests, and {kept} were kept", report.collected));
        }
        return Ok(());
    }
    if let Some(lost) = lost(&truth.kept) {
        return Err(format!("{lost} was kept, is not in the report, and no note says so: {:?}", report.outcome.notes));
    }
    let keeps_all = !scenario.faulty && scenario.disk_full.is_empty() && truth.killed_by_abandon == 0;
    match lost(&truth.sent).filter(|_| keeps_all) {
        Some(lost) => Err(format!("{lost} is not in the report, and no note says so: {:?}", report.outcome.notes)),
        None => Ok(()),
    }
}

/// Two attempts at the same slice never generate load at the same time.
pub(super) fn load_is_made_once(truth: &Truth) -> Result<(), String> {
    let loads: Vec<(&String, &Function, Duration, Duration)> = truth
        .functions
        .iter()
        .filter_map(|(name, function)| function.load.map(|(from, to)| (name, function, from, to.unwrap_or(Duration::MAX))))
        .collect();
    for (number, (name, one, from, to)) in loads.iter().enumerate() {
        for (other_name, other, other_from, other_to) in &loads[number + 1..] {
            let same = (one.shard, one.interval) == (other.shard, other.interval);
            if same && from < other_to && other_from < to {
                return Err(format!("{name} makes load from {from:?} to {to:?}, and {other_name} from {other_from:?} to {other_to:?}"));
            }
        }
    }
    Ok(())
}

/// The time when somebody or something stopped the test.
pub(super) fn ending(scenario: &Scenario, report: &Reported, truth: &Truth) -> Duration {
    // A function that is refused before the load ends the test.
    let of_refused = |function: &&Function| function.faults.invocation == Invocation::Refused && function.invoked_at.is_zero();
    let uncontrolled = truth.no_control.iter().any(Duration::is_zero);
    let refused = (uncontrolled || truth.functions.values().any(|function| of_refused(&function))).then_some(Duration::ZERO);
    let stopped = scenario.stopped.map(|(at, _)| at);
    // Without the control channel, no function is started.
    let unwritable = (truth.functions.is_empty() && truth.heartbeat_failures > 0).then_some(Duration::ZERO);
    [refused, stopped, report.threshold_at, truth.ended_by_spec, unwritable].into_iter().flatten().min().unwrap_or(Duration::MAX)
}

/// The first interval of which no function could be started any more, with the time of the last refusal. No later interval begins.
pub(super) fn refused_interval(scenario: &Scenario, truth: &Truth) -> Option<(u32, Duration)> {
    let refused = || truth.functions.values().filter(|function| function.faults.invocation == Invocation::Refused);
    let of = |interval: u32| refused().filter(move |function| function.interval == interval);
    let all = |interval: &u32| of(*interval).count() == scenario.fleet.shards.len();
    (0..100).find(all).and_then(|interval| Some((interval, of(interval).map(|function| function.invoked_at).max()?)))
}

/// Reads which load is missing according to a note: `shard 3 lost from 00:02:10 to 00:02:14.5, …`, `shards 1, 4–6 lost 3 times between …
/// and …, …`.
pub(super) fn lost(note: &str) -> Option<(BTreeSet<u32>, Duration, Duration)> {
    let (shards, rest) = note.strip_prefix("shard")?.split_once(" lost ")?;
    let range = |text: &str| {
        let (first, last) = text.split_once('–').unwrap_or((text, text));
        Some(first.parse::<u32>().ok()?..=last.parse::<u32>().ok()?)
    };
    let shards: Vec<_> = shards.trim_start_matches('s').trim().split(", ").map(range).collect::<Option<_>>()?;
    let (times, rest) = rest.split_once(if rest.starts_with("from") { " to " } else { " and " })?;
    let from = times.rsplit(' ').next()?;
    let until = rest.split(',').next()?;
    let parse = |text: &str| {
        let parts: Vec<f64> = text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        let [hours, minutes, seconds] = parts[..] else { return None };
        Some(Duration::from_secs_f64((hours * 60.0 + minutes) * 60.0 + seconds))
    };
    let until = if until == "the end" { Duration::MAX } else { parse(until)? };
    Some((shards.into_iter().flatten().collect(), parse(from)?, until))
}

/// At every time, the active users of a shard are the planned ones, and each arrival comes once. If there are fewer, a note says so, and if
/// that lasts until the end of an interval, the run is broken.
fn missing_load_is_reported(scenario: &Scenario, report: &Reported, truth: &Truth) -> Result<(), String> {
    no_load_is_unplanned(scenario, truth)?;
    let total = scenario.plan.total_duration().unwrap();
    // A note says that there is no load of later intervals.
    let last = refused_interval(scenario, truth).and_then(|(interval, _)| scenario.fleet.interval(interval)?.to);
    let end = ending(scenario, report, truth).min(last.unwrap_or(total)).min(total);
    let notes: Vec<_> = report.outcome.notes.iter().filter_map(|note| lost(note)).collect();
    let ahead: BTreeSet<u32> = truth.functions.values().filter(|one| !one.faults.ahead.is_zero()).map(|one| one.shard).collect();
    let shards = u64::from(scenario.fleet.count());
    for shard in (0..scenario.fleet.count()).filter(|shard| !ahead.contains(shard)) {
        let whole = scenario.plan.slice(u64::from(shard), shards);
        let functions: Vec<&Function> = truth.functions.values().filter(|function| function.shard == shard).collect();
        let named = |at: Duration| {
            let noted =
                notes.iter().any(|(of, from, to)| of.contains(&shard) && *from <= at + TOLERANCE && at <= to.saturating_add(TOLERANCE));
            // A short gap isn't a loss, even if a stop ends it.
            let ends = end <= at + TOLERANCE;
            noted || ends || functions.iter().any(|one| one.load.is_some_and(|(from, _)| from > at && from <= at + TOLERANCE))
        };
        for at in (0..SAMPLES).map(|step| Duration::from_millis(37) + total * step / SAMPLES).take_while(|at| *at < end) {
            let (active, planned) = users(&functions, &whole, at);
            if active < planned && !named(at) {
                return Err(format!("shard {shard} has {active} of {planned} users at {at:?}, and no note says so"));
            }
        }
        arrivals_come_once(&whole, &functions, end, named).map_err(|why| format!("shard {shard}: {why}"))?;
    }
    Ok(())
}

/// No shard has more users than planned at any time, and no arrival comes twice.
pub(super) fn no_load_is_unplanned(scenario: &Scenario, truth: &Truth) -> Result<(), String> {
    let total = scenario.plan.total_duration().unwrap();
    let ahead: BTreeSet<u32> = truth.functions.values().filter(|one| !one.faults.ahead.is_zero()).map(|one| one.shard).collect();
    for shard in (0..scenario.fleet.count()).filter(|shard| !ahead.contains(shard)) {
        let whole = scenario.plan.slice(u64::from(shard), u64::from(scenario.fleet.count()));
        let functions: Vec<&Function> = truth.functions.values().filter(|function| function.shard == shard).collect();
        for at in (0..SAMPLES).map(|step| Duration::from_millis(37) + total * step / SAMPLES) {
            let (active, planned) = users(&functions, &whole, at);
            if active > planned {
                return Err(format!("shard {shard} has {active} users at {at:?}, and {planned} are planned"));
            }
        }
        arrivals_come_once(&whole, &functions, total, |_| true).map_err(|why| format!("shard {shard}: {why}"))?;
    }
    Ok(())
}

/// The active users of a shard, and the planned ones.
fn users(functions: &[&Function], whole: &Slice, at: Duration) -> (u64, u64) {
    let of = |function: &&Function| match function.load {
        Some((from, to)) if from <= at && to.is_none_or(|to| at < to) => function.slice.users_at(at).iter().sum::<u64>(),
        _ => 0,
    };
    (functions.iter().map(of).sum(), whole.users_at(at).iter().sum())
}

/// Each arrival that is due before `end` comes once, unless it is `named` as missing.
fn arrivals_come_once(whole: &Slice, functions: &[&Function], end: Duration, named: impl Fn(Duration) -> bool) -> Result<(), String> {
    let classes = || 0..whole.plan().classes().len();
    let mut come: BTreeMap<(Duration, usize), i32> = BTreeMap::new();
    for function in functions {
        let Some((from, to)) = function.load else { continue };
        let until = to.unwrap_or(Duration::MAX).min(end);
        for class in classes() {
            let made = function.slice.arrivals(class).skip_while(|due| *due < from).take_while(|due| *due < until);
            made.for_each(|due| *come.entry((due, class)).or_default() += 1);
        }
    }
    for class in classes() {
        whole.arrivals(class).take_while(|due| *due < end).for_each(|due| *come.entry((due, class)).or_default() -= 1);
    }
    let wrong = come.into_iter().find(|((due, _), count)| *count > 0 || (*count < 0 && !named(*due)));
    match wrong {
        Some(((due, _), count)) if count > 0 => Err(format!("the arrival at {due:?} comes twice")),
        Some(((due, _), _)) => Err(format!("the arrival at {due:?} does not come, and no note says so")),
        None => Ok(()),
    }
}

fn healthy_fleet_has_nothing_to_report(scenario: &Scenario, report: &Reported, truth: &Truth) -> Result<(), String> {
    let notes = &report.outcome.notes;
    if !truth.functions.values().any(|function| function.faults.any())
        && truth.stop_failures + truth.abandon_failures + truth.heartbeat_failures + truth.share_failures == 0
        && scenario.control.outage.is_empty()
    {
        let unstopped = ending(scenario, report, truth) == Duration::MAX;
        let total = Counts::of(truth.arrived().into_values()).requests;
        // Credentials that expire at the end of the test only prevent its cleaning up.
        let is_explained =
            |note: &String| scenario.control.credentials_end.is_some() && note.contains("channel of the fleet could not be removed");
        if !notes.iter().all(is_explained) || report.outcome.broken.is_some() {
            return Err(format!("nothing went wrong, and the report says {notes:?}, {:?}", report.outcome.broken));
        }
        if unstopped && total == 0 {
            return Err("nothing went wrong, and nothing was counted".into());
        }
    }
    // The next signal is sent only after the failure of the last one was handled.
    let is_noted = || notes.iter().chain(&report.outcome.broken).any(|note| note.contains("cannot use the control channel"));
    if truth.heartbeat_failures > 1 && !is_noted() {
        return Err(format!("the control channel was not writable, and no note says so: {notes:?}"));
    }
    if truth.functions.is_empty() && report.outcome.broken.is_none() {
        return Err("no function was started, and the run isn't broken".into());
    }
    let refused = |function: &Function| function.faults.invocation == Invocation::Refused && function.invoked_at.is_zero();
    if (truth.functions.values().any(refused) || truth.no_control.contains(&Duration::ZERO)) && report.outcome.broken.is_none() {
        return Err("a function was refused, and the run isn't broken".into());
    }
    let is_cut_short = refused_interval(scenario, truth).is_some_and(|(interval, _)| scenario.fleet.interval(interval + 1).is_some());
    if is_cut_short && ending(scenario, report, truth) == Duration::MAX && report.outcome.broken.is_none() {
        return Err("the functions of an interval were refused, and the run isn't broken".into());
    }
    let for_good = |(_, _, to): &(BTreeSet<u32>, Duration, Duration)| *to >= scenario.plan.total_duration().unwrap();
    let lost_at_the_end = notes.iter().filter_map(|note| lost(note)).any(|note| for_good(&note));
    if lost_at_the_end && report.outcome.broken.is_none() {
        return Err(format!("load is lost to the end, and the run isn't broken: {notes:?}"));
    }
    Ok(())
}

/// The report names each clock that is ahead by more than a second.
fn wrong_clocks_are_named(report: &Reported, truth: &Truth) -> Result<(), String> {
    // A clock is compared when the first frame comes, not with what the function kept.
    let has_come = |name: &String| truth.taken.keys().any(|(slice, _)| slice == name);
    let is_wrong = |name: &String, function: &Function| function.faults.ahead >= Duration::from_millis(1_100) && has_come(name);
    let notes = &report.outcome.notes;
    match truth.functions.iter().find(|(name, function)| is_wrong(name, function)) {
        Some((_, function)) if !notes.iter().any(|note| note.contains("ahead of the orchestrator's")) => {
            Err(format!("the clock of shard {} is ahead by {:?}, and the notes are {notes:?}", function.shard, function.faults.ahead))
        }
        _ => Ok(()),
    }
}
