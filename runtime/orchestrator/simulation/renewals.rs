//! Checks that renewed values reach all functions in time, whatever happens to the requests that share them.

use std::time::Duration;

use super::super::control::HEARTBEAT;
use super::world::{Function, Truth};
use super::{Reported, Scenario};

/// The time in which the orchestrator shares a version, also if a request fails or hangs, because the next heartbeat contains it, too.
const SHARED: Duration = Duration::from_secs(3 * HEARTBEAT.as_secs());
/// The time in which a function reads it.
const READ: Duration = Duration::from_secs(3);

/// Each function has each version some seconds after it was renewed, and a function that begins later begins with it.
pub(super) fn reach_functions(scenario: &Scenario, report: &Reported, truth: &Truth) -> Result<(), String> {
    let unwritable = &scenario.control.unwritable;
    for (version, renewed) in (1u64..).zip(&scenario.renewals) {
        let early = truth.read_versions.iter().find(|(_, read, at)| *read == version && at < renewed);
        if let Some((slice, _, at)) = early {
            return Err(format!("{slice} reads version {version} at {at:?}, and it is made at {renewed:?}"));
        }
        // The channel is written until the end of the run only.
        let shared = *renewed + SHARED;
        let shared = if unwritable.start < shared && *renewed < unwritable.end { unwritable.end.saturating_add(SHARED) } else { shared };
        let by = shared.saturating_add(READ);
        if by >= report.over {
            continue;
        }
        for (slice, function) in truth.functions.iter().filter(|(_, function)| listens(function)) {
            let Some((from, to)) = function.load else { continue };
            let by = by.max(from);
            let has = || truth.read_versions.iter().any(|(of, read, at)| of == slice && *read >= version && *at <= by);
            if to.is_none_or(|to| to > by) && !has() {
                return Err(format!("{slice} makes load from {from:?} to {to:?} without version {version}, made at {renewed:?}"));
            }
        }
    }
    Ok(())
}

/// Whether a function can read the channel.
fn listens(function: &Function) -> bool {
    function.faults.stops_after.is_some() && function.faults.unreadable.is_none()
}
