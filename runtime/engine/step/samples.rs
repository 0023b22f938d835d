//! The statistics of a step: its sample, and an example of its failure.

use std::time::Duration;

use crate::record::observe::KnownSecrets as _;
use crate::record::trace::{StepFailure, Trace};
use crate::request::show;
use crate::stats::{Example, FailureClass, Sample};
use crate::user::User;

/// Counts a step, with an example of its failure.
pub(super) fn record_step(user: &User, trace: &Trace) {
    let world = user.world();
    let mut recorder = world.counts.recorder.borrow_mut();
    if trace.info.skip {
        recorder.skipped(trace.info.line, trace.failures.is_empty(), trace.traffic());
    } else {
        recorder.record(&sample(trace));
    }
    let Some(first) = (0..trace.failures.len()).min_by_key(|&index| trace.failures[index].class) else { return };
    let key = |failure: &StepFailure| world.tables.failure_key(trace.info.line, failure.class, failure.at, failure.kind.clone());
    let others = || trace.failures.iter().enumerate().filter(|(index, _)| *index != first).map(|(_, failure)| failure);
    let first = &trace.failures[first];
    recorder.failure(key(first), world.clock.elapsed(), || {
        let secrets = trace.secrets(&user.secrets());
        let message = |failure: &StepFailure| secrets.mask(&failure.message);
        Example {
            at_us: 0,
            user: user.number(),
            message: message(first),
            reasons: std::iter::once(first).chain(others()).map(message).collect(),
            request: trace.sent.as_ref().map(|sent| secrets.mask(&show::request(&sent.request, &sent.cookies))).unwrap_or_default(),
            response: secrets.mask(&came(trace)),
        }
    });
    for further in others() {
        recorder.reason(key(further));
    }
}

/// Counts a failed step that is retried.
pub(super) fn retried(user: &User, trace: &mut Trace) {
    trace.counted();
    user.world().counts.recorder.borrow_mut().retried(trace.info.line, trace.traffic());
}

/// Counts a run of a group. `ok` tells whether everything in it succeeded; it is `None` if the run was cut off.
pub(super) fn record_group(user: &User, line: u32, took: Duration, ok: Option<bool>) {
    let mut recorder = user.world().counts.recorder.borrow_mut();
    match ok {
        Some(ok) => recorder.group(line, took, ok),
        None => recorder.unfinished(line, took, None),
    }
}

fn sample(trace: &Trace) -> Sample {
    let received = trace.received.as_ref();
    Sample {
        name: trace.info.line,
        service: trace.service,
        response: trace.response,
        ok: trace.failures.is_empty(),
        only_late: received.is_some() && trace.failures.iter().all(|failure| failure.class == FailureClass::Elapsed),
        first_byte: received.map(|received| received.raw.timings.first_byte),
        traffic: *trace.traffic(),
        content: received.map_or(0, |received| received.raw.body().len() as u64),
    }
}

/// The answer, or its incomplete part, as text for people.
fn came(trace: &Trace) -> String {
    match (&trace.received, &trace.partial) {
        (Some(answer), _) => show::response(&answer.raw),
        (None, Some(partial)) => show::partial(partial),
        (None, None) => String::new(),
    }
}
