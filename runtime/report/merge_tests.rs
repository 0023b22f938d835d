//! Tests that merging reports loses nothing, whatever rows and locations each has.

use super::super::sample::report;
use super::*;
use ltc_engine::stats::{Durations, ReportRow};

#[test]
fn runs_of_the_same_time_add_up() {
    let one = report();
    let merged = Report::merged(&[one.clone(), one.clone()]).unwrap();
    let (single, double) = (one.total.total(&one.names), merged.total.total(&merged.names));
    assert_eq!((double.requests, double.failures), (2 * single.requests, 2 * single.failures));
    assert_eq!(double.response().percentiles_us(), single.response().percentiles_us());
    assert_eq!((merged.names.clone(), merged.places.clone()), (one.names.clone(), one.places.clone()));
    assert_eq!(merged.total.users(), 20, "users of both");
    assert_eq!(merged.timeline.points().map(|point| point.requests).collect::<Vec<_>>(), [400, 400]);
    assert_eq!(merged.run.duration_us, one.run.duration_us);
    assert_eq!(merged.total.failures.count(), 8);
    assert!(merged.run.notes[0].starts_with("merged from 2 runs: tpdata of 2026-11-23T13:00:00Z on lab, seed 42; tpdata"));
}

#[test]
fn plans_add_up_and_differences_are_named() {
    let planned = |users| Planned { users, duration_us: Some(10_000_000), ..Planned::default() };
    let run = |id: &str, env: &str, users| {
        let mut one = report();
        (one.run.id, one.run.env, one.run.planned) = (id.into(), env.into(), planned(users));
        one.run.plan = vec![one.run.planned.text(), "from this machine, 2 threads".into()];
        one
    };
    let merged = Report::merged(&[run("a", "cs1", 20), run("b", "cs2", 30)]).unwrap();
    assert_eq!(merged.run.planned, planned(50));
    let expected = [
        "up to 50 users in 10s, of 2 runs together",
        "run 1: up to 20 users in 10s; from this machine, 2 threads",
        "run 2: up to 30 users in 10s; from this machine, 2 threads",
    ];
    assert_eq!(merged.run.plan, expected);
    let differ =
        ["the merged runs differ: environment: cs1, cs2", "the merged runs differ: plan: up to 20 users in 10s, up to 30 users in 10s"];
    assert_eq!(merged.run.notes[1..], differ);
    assert_eq!(merged.run.merged, ["a", "b"]);
}

#[test]
fn a_run_is_not_merged_with_itself() {
    let run = |id: &str| {
        let mut one = report();
        one.run.id = id.into();
        one
    };
    let why = Report::merged(&[run("a"), run("b"), run("a")]).unwrap_err();
    assert_eq!(why, "the reports 1 and 3 are of the same run, a");
    // The same holds for a report that already contains the run.
    let both = Report::merged(&[run("a"), run("b")]).unwrap();
    assert_eq!(Report::twice(&[both.clone(), run("b")]), Some((0, 1, "b")));
    let three = Report::merged(&[both, run("c")]).unwrap();
    assert_eq!(three.run.merged, ["a", "b", "c"]);
}

#[test]
fn verdict_of_a_merged_report_covers_all_runs() {
    use crate::report::Outcome;
    let mut lost = report();
    lost.run.broken.push("shard 1 lost".into());
    let merged = Report::merged(&[report(), lost]).unwrap();
    assert_eq!((merged.outcome, merged.reasons.as_slice()), (Outcome::Broken, &["shard 1 lost".to_owned()][..]));
    let mut stopped = report();
    stopped.run.interrupted = true;
    assert_eq!(Report::merged(&[stopped, report()]).unwrap().outcome, Outcome::Interrupted);
}

#[test]
fn runs_that_followed_each_other_stay_apart() {
    let one = report();
    let mut later = report();
    later.run.started_at = "2026-11-23T13:00:20Z".into();
    let merged = Report::merged(&[later, one.clone()]).unwrap();
    assert_eq!(merged.run.started_at, one.run.started_at);
    assert_eq!(merged.run.duration_us, 30_000_000);
    assert_eq!(
        merged.timeline.points().map(|point| (point.from_us / 1_000_000, point.requests)).collect::<Vec<_>>(),
        [(0, 200), (5, 200), (20, 200), (25, 200)]
    );
    let mut all = Durations::default();
    merged.timeline.points().for_each(|point| all.merge(&Durations::try_from(&point.response).unwrap()));
    assert_eq!(&all, merged.total.total(&merged.names).response());
    let (_, found) = merged.total.failures.kinds().next().unwrap();
    let at: Vec<u64> = found.examples.iter().map(|example| example.at_us / 1_000_000).collect();
    assert_eq!(at, [1, 2, 6, 7, 21, 22, 26, 27]);
}

#[test]
fn lines_and_places_are_found_by_name() {
    let one = report();
    let mut other = report();
    other.names.reverse();
    other.total.names.reverse();
    other.names[0].name = "Log off".into();
    other.places.swap(0, 1);
    let renamed = other.total.failures.renamed(|line| 4 - line, |place| 1 - place, 0);
    other.total.failures = renamed;
    let merged = Report::merged(&[one.clone(), other]).unwrap();
    assert_eq!(merged.names.len(), 6);
    assert_eq!(merged.names[5], ReportRow::step("Log off", "POST"));
    assert_eq!(merged.total.names[0].requests, 400);
    assert_eq!((merged.total.names[4].skipped, merged.total.names[5].skipped), (2, 2));
    assert_eq!(merged.total.failures.kinds().count(), 1, "the same step and place");
    assert_eq!(merged.total.failures.count(), 8);
    assert!(Report::merged(&[]).is_err());
}
