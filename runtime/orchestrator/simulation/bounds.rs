//! Checks the limits of time in a simulated run: load ends soon after a stop, and no load outlives its orchestrator for long.

use std::time::Duration;

use super::super::control::{HEARTBEAT, longest_silence};
use super::check::{TOLERANCE, ending, refused_interval};
use super::world::Truth;
use super::{Reported, Scenario};

/// How quickly the orchestrator reacts to a stop, and how often it tries again.
const REACTION: Duration = Duration::from_secs(5);

/// Functions that hear a stop make no load after it.
pub(super) fn load_ends_with_the_stop(truth: &Truth) -> Result<(), String> {
    let Some(stop) = truth.stop_set else { return Ok(()) };
    for (name, function) in &truth.functions {
        let (Some((from, to)), Some(after)) = (function.load, function.faults.stops_after) else { continue };
        if function.faults.unreadable.is_some() {
            // It may not hear the stop, and ends by itself.
            continue;
        }
        let bound = stop.max(from) + after + TOLERANCE;
        if to.is_none_or(|to| to > bound) {
            return Err(format!("{name} makes load until {to:?}, and the stop at {stop:?} permits it until {bound:?}"));
        }
    }
    Ok(())
}

pub(super) fn a_stop_stops(scenario: &Scenario, report: &Reported, truth: &Truth) -> Result<(), String> {
    let asked = ending(scenario, report, truth);
    // During an outage, nobody hears that a function has ended the test.
    let is_heard = truth.ended_by_spec != Some(asked) || out_until(scenario, asked).is_zero();
    if asked >= report.over || !is_heard {
        return Ok(());
    }
    if let Some((name, late)) = truth.functions.iter().find(|(_, function)| function.invoked_at > asked + REACTION) {
        return Err(format!("{name} is invoked at {:?}, after the stop at {asked:?}", late.invoked_at));
    }
    let expired = scenario.control.credentials_end.is_some_and(|end| end <= asked + REACTION);
    let fails_until = if expired { Some(Duration::MAX) } else { scenario.control.stop_fails_until.map(|(until, _)| until) };
    let fails_until = fails_until.unwrap_or_default();
    // An outage may begin while requests to stop still fail.
    let fails_until = fails_until.max(out_until(scenario, asked)).max(out_until(scenario, asked.max(fails_until)));
    let bound = asked.max(fails_until).saturating_add(REACTION);
    match truth.stop_set {
        Some(at) if at <= bound => {}
        // At its end, the orchestrator waits for a heartbeat in progress, for at most four seconds.
        None if report.over <= bound.saturating_add(Duration::from_secs(if truth.heartbeat_failures > 0 { 4 } else { 0 })) => {}
        other => return Err(format!("the stop at {asked:?}, possible from {fails_until:?}, is set at {other:?}")),
    }
    // The frame that says that the spec ended the test may be delayed.
    let delay = truth.functions.values().filter(|one| one.faults.ends_test_after.is_some()).map(|one| one.faults.delay).max();
    // During an outage, what functions kept cannot be fetched, and the channel cannot be removed.
    let outage = Duration::from_secs(if scenario.control.outage.is_empty() { 0 } else { 10 });
    let heartbeat = Duration::from_secs(if truth.heartbeat_failures > 0 { 4 } else { 0 });
    let most = asked + Duration::from_secs(15) + delay.unwrap_or_default() + heartbeat + outage;
    if report.over > most { Err(format!("the run ends at {:?}, long after the stop at {asked:?}", report.over)) } else { Ok(()) }
}

/// The end of an outage in which a stop falls.
fn out_until(scenario: &Scenario, asked: Duration) -> Duration {
    let outage = &scenario.control.outage;
    if outage.start <= asked.saturating_add(REACTION) && asked < outage.end { outage.end } else { Duration::ZERO }
}

/// Without signals of the orchestrator, functions that read the control channel end by themselves. After a refusal of all functions of an
/// interval, no later one is started.
pub(super) fn load_ends_without_signals(scenario: &Scenario, truth: &Truth) -> Result<(), String> {
    if let Some((interval, at)) = refused_interval(scenario, truth) {
        // Functions of an interval that has already begun are still replaced.
        let begun = |number: u32| truth.functions.values().any(|one| one.interval == number && one.invoked_at <= at + TOLERANCE);
        if let Some((name, _)) = truth.functions.iter().find(|(_, one)| one.interval > interval && !begun(one.interval)) {
            return Err(format!("{name} is invoked, although interval {interval} could not be started"));
        }
    }
    let last_signal = truth.heartbeats.last().copied().unwrap_or_default();
    for (name, function) in &truth.functions {
        let (Some((from, to)), Some(after)) = (function.load, function.faults.stops_after) else { continue };
        // Other functions do not check for signals, so that most runs are simulated quickly.
        if scenario.control.unwritable.is_empty() && function.faults.unreadable.is_none() {
            continue;
        }
        let silent = longest_silence(scenario.rule).map(|silence| last_signal.max(from) + silence);
        let own_end = function.slice.end().map(|end| end.max(from) + after + TOLERANCE);
        let bound = silent.into_iter().chain(own_end).min().unwrap_or(Duration::MAX);
        if to.unwrap_or(Duration::MAX) > bound {
            return Err(format!("{name} makes load until {to:?}, and without signals it must end at {bound:?}"));
        }
    }
    Ok(())
}

/// Functions stop on their own without a signal of the orchestrator, so it must always send one in time.
pub(super) fn functions_hear_of_their_orchestrator(scenario: &Scenario, report: &Reported, truth: &Truth) -> Result<(), String> {
    let ends = [Duration::ZERO, report.over];
    let heartbeats: Vec<Duration> = ends[..1].iter().chain(&truth.heartbeats).chain(&ends[1..]).copied().collect();
    let unwritable = &scenario.control.unwritable;
    let excused = |pair: &[Duration]| unwritable.end.min(pair[1]).saturating_sub(unwritable.start.max(pair[0]));
    match heartbeats.windows(2).find(|pair| pair[1].saturating_sub(pair[0]) > HEARTBEAT * 3 + excused(pair)) {
        Some(pair) => Err(format!("no sign of the orchestrator between {:?} and {:?}", pair[0], pair[1])),
        None => Ok(()),
    }
}
