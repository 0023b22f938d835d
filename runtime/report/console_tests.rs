//! Tests the end tables character by character.

use super::super::sample::{report, verdict};
use super::*;
use ltc_engine::stats::{Example, FailureClass, FailureKey, Phases, Recorder, Sample, Snapshot, Traffic};
use std::time::Duration;

fn written(report: &Report, look: TextStyle) -> String {
    let mut out = Vec::new();
    write(&mut out, report, look).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn end_tables_of_a_whole_report_match_the_golden_file() {
    let mut report = report();
    report.run.saturated = Some("CPU 98% for 8 s".into());
    report.total.missed = 1200;
    report.run.tls_unverified = true;
    report.run.interrupted = true;
    report.run.notes.push("3 of 4 shards".into());
    report.conclude();
    let text = written(&report, TextStyle::default());
    assert_eq!(text, include_str!("golden/console.txt"), "\n{text}");
}

#[test]
fn end_tables_fit_eighty_columns() {
    let look = TextStyle { color: false, width: Some(80) };
    let text = written(&report(), look);
    let tables = text.split("Not among").next().unwrap();
    assert!(tables.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert_eq!(text, include_str!("golden/console-80.txt"), "\n{text}");
}

#[test]
fn colors_change_nothing_else() {
    let coloured = written(&report(), TextStyle { color: true, width: None });
    assert!(coloured.contains("\u{1b}["));
    let plain = anstream::adapter::strip_str(&coloured).to_string();
    assert_eq!(plain, written(&report(), TextStyle::default()));
}

#[test]
fn both_times_are_shown_where_they_differ() {
    let mut report = report();
    let mut recorder = Recorder::new(report.names.len(), 0);
    recorder.record(&Sample { service: Duration::from_millis(2), response: Duration::from_millis(40), ok: true, ..Sample::default() });
    report.total = Snapshot::empty(report.names.len());
    report.total.merge(&recorder.snapshot(Duration::from_secs(1), 1, 1));
    let text = written(&report, TextStyle::default());
    let response = text.split("should have begun").nth(1).unwrap();
    let (response, service) = response.split_once("Service times").unwrap();
    assert!(response.contains("40.0") && !response.contains("2.00"));
    assert!(service.contains("2.00") && !service.contains("40.0"));
}

#[test]
fn connections_are_counted_with_their_phases() {
    let mut report = report();
    let mut recorder = Recorder::new(report.names.len(), 0);
    let ms = Duration::from_millis;
    let opened = Phases { dns: Some(ms(1)), connect: Some(ms(2)), tls: Some(ms(6)) };
    let traffic = Traffic { opened: 1, phases: opened, ..Traffic::default() };
    let first = Sample { service: ms(9), response: ms(9), ok: true, first_byte: Some(ms(8)), traffic, ..Sample::default() };
    recorder.record(&first);
    let traffic = Traffic { reused: 1, ..Traffic::default() };
    recorder.record(&Sample { first_byte: Some(ms(4)), traffic, ..first });
    report.total = Snapshot::empty(report.names.len());
    report.total.merge(&recorder.snapshot(Duration::from_secs(1), 1, 1));
    let text = written(&report, TextStyle::default());
    let line = "Connections: 1 opened, 1 reused; on average, ms: dns 1.00, connect 2.00, tls 6.00, first byte 6.00";
    assert!(text.lines().any(|one| one == line), "{text}");
}

#[test]
fn a_test_without_requests_has_a_report_too() {
    let text = written(&Report::default(), TextStyle::default());
    assert!(text.contains("Total"), "{text}");
}

#[test]
fn thresholds_are_printed_below_the_tables() {
    let mut report = report();
    let thresholds = ["failures < 2%", "Checkout.p95 < 1s", "p99 < baseline"].map(|text| verdict(&report, text));
    report.thresholds = thresholds.into();
    report.conclude();
    let text = written(&report, TextStyle::default());
    let expected = "\nThresholds\n  ✓ failures < 2%  1%\n  ✗ Checkout.p95 < 1s  1912 ms\n  – p99 < baseline  2001 ms (no earlier run was given: --baseline FILE)\n";
    assert!(text.contains(expected) && text.ends_with("\n\nVerdict: failed: 1 of 3 thresholds failed\n"), "{text}");
}

#[test]
fn text_of_servers_and_unusual_names_do_not_control_the_terminal() {
    let mut report = report();
    let key = FailureKey { name: 1, class: FailureClass::Text, place: 1, kind: "".into() };
    let mut recorder = Recorder::new(report.names.len(), 7);
    let message = "got \u{1b}[2Jx\nmore".to_owned();
    recorder.failure(key, Duration::from_secs(1), || Example { message, ..Example::default() });
    report.total.merge(&recorder.snapshot(Duration::from_secs(1), 0, 0));
    report.names[1].name = "Pay\t\u{1b}[31m".into();
    report.names[4].name = "Log\nout".into();
    let text = written(&report, TextStyle::default());
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    for shown in ["Pay\\t\\u{1b}[31m", "got \\u{1b}[2Jx (user", "  Log\\nout: 2 skipped"] {
        assert!(text.contains(shown), "{shown} is not in\n{text}");
    }
}
