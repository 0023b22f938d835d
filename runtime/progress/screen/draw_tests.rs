//! Tests the content of screens of several sizes.

use std::sync::Arc;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::*;
use crate::live::TestInfo;
use crate::live::sample::{info, live_snapshot};
use ltc_engine::stats::ReportRow;

fn state() -> ScreenState {
    let mut state = ScreenState::new(Arc::new(info()));
    for users in [4, 8, 10] {
        let mut live = live_snapshot();
        live.users = users;
        state.update(Arc::new(live));
    }
    state
}

fn screen(state: &mut ScreenState, width: u16, height: u16) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, state, Duration::from_secs(30))).unwrap();
    let buffer = terminal.backend().buffer();
    (0..height).map(|y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned()).collect()
}

fn has(lines: &[String], parts: &[&str]) {
    for part in parts {
        assert!(lines.iter().any(|line| line.contains(part)), "{part:?} is not on\n{}", lines.join("\n"));
    }
}

#[test]
fn screen_of_eighty_columns_shows_all_panes() {
    let lines = screen(&mut state(), 80, 24);
    assert!(lines[0].starts_with(" tpdata · cs1 · treatments 1.4.2"), "{}", lines[0]);
    assert!(lines[0].ends_with("00:00:30 / 00:01:00  running"), "{}", lines[0]);
    assert_eq!(lines[1].chars().filter(|c| *c == '━').count(), 39);
    has(&lines, &[" Users 10/20 ", " Requests/s 40.0 ", " p95 1821ms ", " Failures 4 (1.0%)", "█", "▃"]);
    has(&lines, &["Step", "requests", "p99", "Checkout / Create", "Total", "First failures"]);
    has(&lines, &["00:00:01 ×12 Checkout / Crea", "specs/tpdata.lt:14:5"]);
    has(&lines, &["q stop", "cpu 0%"]);
    assert!(!lines.iter().any(|line| line.contains("p99.9") || line.contains("Never")), "{}", lines.join("\n"));
}

#[test]
fn larger_screen_has_more_columns() {
    let lines = screen(&mut state(), 120, 40);
    has(&lines, &["p99.9", "max", "avg", "Checkout / Create: expected status 201, got 503 Service Unavailable"]);
    let row = lines.iter().find(|line| line.contains("Checkout / Pay")).unwrap();
    assert!(row.contains("200") && row.contains("20.0") && row.contains("0.0%"), "{row}");
}

/// A busy test: long and wide names, large numbers, failed thresholds, and several kinds of failure.
fn busy(steps: usize) -> ScreenState {
    let mut info = info();
    let names = ["Buy / 注文を確認する", "Pay 🛒 now", "Look\tup\n", "A rather long name of a step that goes on and on"];
    info.names = (0..steps).map(|i| ReportRow::step(format!("{i} {}", names[i % names.len()]), "GET")).collect();
    let mut live = live_snapshot();
    let mut line = live.total.clone();
    (line.requests, line.tried, line.failures) = (123_456_789, 123_456_789, 98_765);
    (line.now.rps, line.now.mean_us) = (98_765.4, 1_234_567.0);
    line.now.percentiles_us = [1_234_567; ltc_engine::stats::PERCENTILES.len()];
    live.lines = vec![line.clone(); steps];
    live.total = line;
    (live.users, live.planned) = (12_345, 23_456);
    live.thresholds = (0..12).map(|i| judged(&format!("all.p{i} < 100ms"), Status::Failed)).collect();
    let failed = live.failed[0].clone();
    live.failed = (0..30).map(|i| crate::live::FailureCount { step: format!("注文 {i}"), ..failed.clone() }).collect();
    let mut state = ScreenState::new(Arc::new(info));
    state.update(Arc::new(live));
    state
}

/// The numbers that a line shows only in part: some of the digits without the characters around them.
fn cut_figures(line: &str) -> Vec<String> {
    let whole = ["123,456,789", "98,765", "98765.4", "0.1%", "1235ms", "12,345/23,456", "98,765 (0.1%)", "00:00:30", "00:01:00", "100ms"];
    let figures = line.split(|c: char| c.is_whitespace() || "│┌┐─/()…".contains(c)).filter(|part| part.len() > 3);
    let odd = figures.filter(|part| part.chars().all(|c| c.is_ascii_digit() || ",.%:".contains(c) || "ms".contains(c)));
    odd.filter(|part| !part.is_empty() && part.contains(|c: char| c.is_ascii_digit()))
        .filter(|part| !whole.iter().any(|figure| figure.split(['/', ' ', '(', ')']).any(|known| known == *part)))
        .filter(|part| !part.starts_with("00:00:"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn steps_come_first_and_no_digit_is_cut_at_any_size() {
    for (width, height) in [(80, 24), (100, 34), (200, 60), (120, 40), (60, 20), (50, 15), (40, 12), (30, 10), (40, 6), (80, 3)] {
        let lines = screen(&mut busy(6), width, height);
        let text = lines.join("\n");
        assert!(lines.iter().any(|line| line.contains("0 Buy")), "{width}×{height} shows no step:\n{text}");
        assert!(text.contains("123,456,789"), "{width}×{height}:\n{text}");
        for line in lines.iter().skip(1).take_while(|line| !line.contains("First failures")) {
            assert_eq!(cut_figures(line), Vec::<String>::new(), "{width}×{height}: {line}\n{text}");
        }
    }
    let lines = screen(&mut busy(6), 100, 34);
    has(&lines, &["0 Buy", "5 Pay", "Total", "Thresholds 12 of 12 broken", "First failures", "Requests/s"]);
    let lines = screen(&mut busy(40), 200, 60);
    has(&lines, &["p99.9", "max", "avg", "Thresholds", "First failures", "–37 of 40"]);
}

#[test]
fn wide_and_control_characters_keep_the_table_straight() {
    let mut state = busy(4);
    let mut terminal = Terminal::new(TestBackend::new(100, 34)).unwrap();
    terminal.draw(|frame| draw(frame, &mut state, Duration::from_secs(30))).unwrap();
    let buffer = terminal.backend().buffer();
    let start = |y: u16| (0..90).find(|&x| "123,456,789".char_indices().all(|(i, c)| buffer[(x + i as u16, y)].symbol() == c.to_string()));
    let starts: Vec<u16> = (0..34).filter_map(start).collect();
    assert_eq!(starts, [starts[0]; 5], "four steps and the total");
    has(&screen(&mut state, 100, 34), &["2 Look\\tup\\n"]);
}

#[test]
fn smallest_screens_do_not_panic() {
    for (width, height) in [(1, 1), (2, 2), (10, 3), (20, 8), (40, 12), (79, 15), (300, 1), (1, 100)] {
        screen(&mut busy(9), width, height);
        let mut state = state();
        state.help = width % 2 == 0;
        state.asking = true;
        screen(&mut state, width, height);
    }
}

#[test]
fn questions_and_help_are_drawn_above_the_panes() {
    let mut state = state();
    state.key(KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE));
    has(&screen(&mut state, 80, 24), &["Stop the test? Users finish their iteration,", " y  stop"]);
    state.key(KeyEvent::new(KeyCode::Char('n'), KeyModifiers::NONE));
    state.key(KeyEvent::new(KeyCode::Char('?'), KeyModifiers::NONE));
    has(&screen(&mut state, 80, 24), &["pause the view; the test continues", "stop without confirmation; again: immediately"]);
}

#[test]
fn many_steps_scroll_within_bounds() {
    let mut info = info();
    info.names = (0..100).map(|i| ReportRow::step(format!("Step {i}"), "GET")).collect();
    let mut live = live_snapshot();
    live.lines = vec![live.total.clone(); 100];
    let mut state = ScreenState::new(Arc::new(info));
    state.update(Arc::new(live));
    has(&screen(&mut state, 80, 24), &["Step 0 ", "of 100"]);
    state.key(KeyEvent::new(KeyCode::End, KeyModifiers::NONE));
    has(&screen(&mut state, 80, 24), &["Step 99 ", "–100 of 100"]);
    state.key(KeyEvent::new(KeyCode::Up, KeyModifiers::NONE));
    has(&screen(&mut state, 80, 24), &["Step 98 ", "–99 of 100"]);
}

fn judged(text: &str, outcome: Status) -> crate::thresholds::Verdict {
    crate::thresholds::Verdict {
        text: text.into(),
        place: String::new(),
        subject: "all".into(),
        metric: "p95".into(),
        unit: ltc_config::threshold::Unit::Us,
        comparison: "<".into(),
        limit: Some(1000.0),
        actual: Some(crate::thresholds::Value::Figure(287_000.0)),
        outcome,
        detail: String::new(),
        aborted_at_us: None,
    }
}

#[test]
fn failed_thresholds_come_first() {
    let mut live = live_snapshot();
    live.thresholds =
        vec![judged("all.rps > 1", Status::Passed), judged("all.p95 < 100ms", Status::Failed), judged("x", Status::NotJudged)];
    let mut state = ScreenState::new(Arc::new(info()));
    state.update(Arc::new(live));
    for (width, height) in [(80, 24), (120, 40)] {
        let lines = screen(&mut state, width, height);
        has(&lines, &["Thresholds 1 of 3 broken", "✗ all.p95 < 100ms", "✓ all.rps > 1", "287 ms", "Checkout / Create"]);
        let at = |part: &str| lines.iter().position(|line| line.contains(part)).unwrap();
        assert!(at("✗") < at("✓"));
    }
}

#[test]
fn silent_shards_are_shown() {
    let fleet = crate::live::FleetShape { shards: 5, interval: Some(Duration::from_secs(20)), intervals: Some(3) };
    let mut state = ScreenState::new(Arc::new(TestInfo { fleet: Some(fleet), ..info() }));
    has(&screen(&mut state, 80, 24), &["5 shards starting · interval 2 of 3"]);
    let mut live = live_snapshot();
    live.shards = vec![Some(1), Some(2), None, Some(4), Some(0)];
    state.update(Arc::new(live));
    has(&screen(&mut state, 80, 24), &[" ■■□■■  4 of 5 shards reporting · interval 2 of 3"]);
}

#[test]
fn screen_before_the_first_interval_has_no_figures() {
    let mut state = ScreenState::new(Arc::new(info()));
    has(&screen(&mut state, 80, 24), &["waiting for the first interval", "Users –"]);
}
