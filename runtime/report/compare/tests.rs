//! Compares runs that are known to differ, or known not to.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::*;
use ltc_engine::stats::{Recorder, ReportRow, Sample, Snapshot};

/// A run of 60 s with two steps. The times of the first step are `slower` times as long, and the share `failing` of its requests fails.
fn run(seed: u64, requests: u64, slower: f64, failing: f64) -> Report {
    let names = vec![ReportRow::step("Look", "GET"), ReportRow::step("Buy", "POST")];
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut recorder = Recorder::new(2, 0);
    let mut report = Report { timeline: Timeline::new(Duration::from_secs(1)), total: Snapshot::empty(2), ..Report::default() };
    for second in 1..=60 {
        for _ in 0..requests {
            let mut took = |factor: f64| Duration::from_secs_f64((0.01 - (1.0 - rng.random::<f64>()).ln() * 0.01) * factor);
            let (look, buy) = (took(slower), took(1.0));
            let ok = rng.random::<f64>() >= failing;
            recorder.record(&Sample { name: 0, service: look, response: look, ok, ..Sample::default() });
            recorder.record(&Sample { name: 1, service: buy, response: buy, ok: true, ..Sample::default() });
        }
        let delta = recorder.snapshot(Duration::from_secs(second), 1, 1);
        report.timeline.add(&delta, &names);
        report.total.merge(&delta);
    }
    report.names = names;
    report.run.duration_us = 60_000_000;
    report.run.test = "shop".into();
    report
}

fn judged(comparison: &Comparison, line: &str, figure: &str) -> ChangeKind {
    let line = comparison.lines.iter().find(|one| one.name == line).unwrap();
    line.changes.iter().find(|change| change.figure == figure).unwrap().kind
}

#[test]
fn the_same_test_twice_is_not_worse() {
    for seed in 0..10 {
        let found = Comparison::of(&run(seed, 20, 1.0, 0.01), &run(seed + 100, 20, 1.0, 0.01), 0.0);
        assert!(!found.is_worse(), "{seed}: {found:?}");
    }
}

#[test]
fn only_the_slower_figures_are_called_worse() {
    let found = Comparison::of(&run(1, 50, 1.0, 0.0), &run(2, 50, 1.25, 0.0), 0.05);
    assert_eq!(judged(&found, "Look", "p50"), ChangeKind::Worse);
    assert_eq!(judged(&found, "Look", "p95"), ChangeKind::Worse);
    assert_eq!(judged(&found, "Look", "p100"), ChangeKind::None, "the greatest is not judged");
    assert!(found.lines[1].changes.iter().all(|change| change.kind != ChangeKind::Worse), "{:?}", found.lines[1]);
    let look = &found.lines[0].changes[2];
    let at_least = look.at_least.unwrap();
    assert!(at_least > 0.05 && at_least < 0.25, "{at_least}");
    let turned = Comparison::of(&run(2, 50, 1.25, 0.0), &run(1, 50, 1.0, 0.0), 0.05);
    assert_eq!(judged(&turned, "Look", "p50"), ChangeKind::Better);
    assert!(!turned.is_worse());
}

#[test]
fn change_within_the_tolerance_counts_as_same() {
    let found = Comparison::of(&run(1, 50, 1.0, 0.0), &run(2, 50, 1.25, 0.0), 0.4);
    assert!(!found.is_worse());
    assert_eq!(judged(&found, "Look", "p50"), ChangeKind::Same);
}

#[test]
fn few_requests_prove_nothing() {
    let mut few = run(2, 1, 1.25, 0.0);
    few.run.duration_us *= 50;
    let mut base = run(1, 1, 1.0, 0.0);
    base.run.duration_us *= 50;
    let found = Comparison::of(&base, &few, 0.05);
    assert!(!found.is_worse(), "{found:?}");
    assert_eq!(judged(&found, "Look", "p99.9"), ChangeKind::Unclear);
}

#[test]
fn failures_and_fewer_requests_are_worse() {
    let found = Comparison::of(&run(1, 50, 1.0, 0.0), &run(2, 40, 1.0, 0.02), 0.05);
    assert_eq!(judged(&found, "Look", "failures"), ChangeKind::Worse);
    assert_eq!(judged(&found, "Buy", "failures"), ChangeKind::Same);
    assert_eq!(judged(&found, "Total", "rps"), ChangeKind::Worse);
}

#[test]
fn lines_that_one_run_lacks_are_named() {
    let base = run(1, 5, 1.0, 0.0);
    let mut new = run(2, 5, 1.0, 0.0);
    new.names[1].name = "Pay".into();
    let found = Comparison::of(&base, &new, 0.05);
    assert_eq!((found.gone.clone(), found.added.clone()), (vec!["Buy".to_owned()], vec!["Pay".to_owned()]));
    assert_eq!(found.lines.len(), 2);
    let mut out = Vec::new();
    write(&mut out, &base, &new, &found, crate::report::TextStyle::default()).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("Only in base: Buy\n") && text.contains("Only in new: Pay\n"), "{text}");
}

#[test]
fn comparison_is_printed_as_a_table_and_in_words() {
    let (base, new) = (run(1, 50, 1.0, 0.0), run(2, 50, 1.25, 0.01));
    let found = Comparison::of(&base, &new, 0.05);
    let mut out = Vec::new();
    write(&mut out, &base, &new, &found, crate::report::TextStyle::default()).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.ends_with("\nThe new run is worse by more than 5 %.\n"), "{text}");
    let worse = text.split("\nWorse\n").nth(1).unwrap();
    assert!(worse.starts_with("  Look: failures 0% → "), "{text}");
    assert!(worse.contains("  Look: p50 ") && worse.contains("%, at least +"), "{text}");
    assert!(text.lines().any(|line| line.starts_with("Look   +0.0%")), "{text}");
}

#[test]
fn run_with_more_failures_is_never_called_better() {
    let (base, new) = (run(1, 50, 1.25, 0.0), run(2, 50, 1.0, 0.02));
    let found = Comparison::of(&base, &new, 0.05);
    assert_eq!(judged(&found, "Look", "p50"), ChangeKind::Doubtful, "faster, since a part of it fails");
    assert_eq!(judged(&found, "Look", "failures"), ChangeKind::Worse);
    // The same holds for a row that fails no more than before, because the run as a whole does.
    let mut base = run(1, 50, 1.0, 0.0);
    let mut new = run(2, 50, 1.0, 0.02);
    base.names.swap(0, 1);
    new.names.swap(0, 1);
    std::mem::swap(&mut base.total.names[0].service, &mut new.total.names[0].service);
    for one in [&base, &new].map(|report| Comparison::of(report, &new, 0.0)) {
        assert!(one.lines.iter().flat_map(|line| &line.changes).all(|change| change.kind != ChangeKind::Better));
    }
    // One more failure is enough, because no tolerance applies to failures.
    let (base, mut new) = (run(1, 50, 1.25, 0.0), run(2, 50, 1.0, 0.0));
    assert_eq!(judged(&Comparison::of(&base, &new, 0.05), "Look", "p50"), ChangeKind::Better);
    new.total.names[0].failures = 1;
    let found = Comparison::of(&base, &new, 0.05);
    assert_eq!((judged(&found, "Look", "p50"), judged(&found, "Look", "failures")), (ChangeKind::Doubtful, ChangeKind::Unclear));
    let mut out = Vec::new();
    write(&mut out, &base, &new, &found, crate::report::TextStyle::default()).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("Better, but failures rose") && !text.contains("\nBetter\n") && text.contains(" !"), "{text}");
    assert!(text.ends_with("\nThe new run is not worse by more than 5 %.\n"), "{text}");
}

#[test]
fn missing_figure_is_a_dash() {
    let (base, mut new) = (run(1, 50, 1.0, 0.0), run(2, 50, 1.0, 0.0));
    new.total.names[0].failures = new.total.names[0].requests;
    new.total.names[0].service = ltc_engine::stats::Durations::default();
    let found = Comparison::of(&base, &new, 0.05);
    let look = &found.lines[0];
    assert_eq!(look.changes[2].new, None);
    assert_eq!((look.changes[2].kind, look.changes[1].kind), (ChangeKind::None, ChangeKind::Worse));
    let mut out = Vec::new();
    write(&mut out, &base, &new, &found, crate::report::TextStyle::default()).unwrap();
    let text = String::from_utf8(out).unwrap();
    let line = text.lines().find(|line| line.starts_with("Look ")).unwrap();
    assert!(line.contains("0% → 100% ✗") && line.matches('–').count() == 11 && !line.contains("-100"), "{line}");
}

#[test]
fn differences_between_the_runs_are_printed() {
    let (mut base, mut new) = (run(1, 5, 1.0, 0.0), run(2, 5, 1.0, 0.0));
    let of = |base: &Report, new: &Report| Comparison::of(base, new, 0.05).differences;
    assert_eq!(of(&base, &new), Vec::<String>::new());
    (base.run.env, new.run.env) = ("cs1".into(), "cs2".into());
    new.run.test = "shop2".into();
    (base.run.ltc_version, new.run.ltc_version) = ("0.1.0".into(), "0.2.0".into());
    assert_eq!(of(&base, &new), ["test: shop → shop2", "environment: cs1 → cs2", "ltc: 0.1.0 → 0.2.0"]);
    let mut out = Vec::new();
    write(&mut out, &base, &new, &Comparison::of(&base, &new, 0.05), crate::report::TextStyle::default()).unwrap();
    assert!(String::from_utf8(out).unwrap().contains("\ndiffers: environment: cs1 → cs2\n"));
}

#[test]
fn broken_run_is_judged_neither_worse_nor_better() {
    let (base, mut new) = (run(1, 5, 1.0, 0.0), run(2, 5, 1.0, 0.0));
    new.run.broken.push("shard 1 lost".into());
    new.conclude();
    let mut out = Vec::new();
    write(&mut out, &base, &new, &Comparison::of(&base, &new, 0.05), crate::report::TextStyle::default()).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.ends_with("\nThe new run is broken: shard 1 lost: no comparison says anything of the system under test.\n"), "{text}");
    assert!(text.contains(" requests · broken\n") && !text.contains("worse by more"), "{text}");
}

#[test]
fn tolerance_of_more_than_the_whole_accepts_a_lower_rate() {
    let found = Comparison::of(&run(1, 50, 1.0, 0.0), &run(2, 40, 1.0, 0.0), 9.0);
    assert_eq!(judged(&found, "Total", "rps"), ChangeKind::Same);
    assert!(!found.is_worse());
}
