//! What stands on screens of several sizes.

use std::sync::Arc;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::*;
use crate::moment::About;
use crate::moment::sample::{about, moment};
use ltc_engine::stats::Name;

fn state() -> State {
    let mut state = State::new(Arc::new(about()));
    for users in [4, 8, 10] {
        let mut moment = moment();
        moment.users = users;
        state.tell(Arc::new(moment));
    }
    state
}

fn screen(state: &mut State, width: u16, height: u16) -> Vec<String> {
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
fn eighty_columns() {
    let lines = screen(&mut state(), 80, 24);
    assert!(lines[0].starts_with(" tpdata · cs1 · treatments 1.4.2"), "{}", lines[0]);
    assert!(lines[0].ends_with("00:00:30 / 00:01:00  running"), "{}", lines[0]);
    assert_eq!(lines[1].chars().filter(|c| *c == '━').count(), 39);
    has(&lines, &[" Users 10/20 ", " Requests/s 40.0 ", " p95 1802ms ", " Failures 4 (1.0%)", "█", "▃"]);
    has(&lines, &["Step", "requests", "p99", "Checkout / Create", "Total", "First failures"]);
    has(&lines, &["00:00:01 ×12 Checkout / Crea", "specs/tpdata.lt:14:5"]);
    has(&lines, &["q stop", "cpu 0%"]);
    assert!(!lines.iter().any(|line| line.contains("p99.9") || line.contains("Never")), "{}", lines.join("\n"));
}

#[test]
fn a_larger_screen_has_more_columns() {
    let lines = screen(&mut state(), 120, 40);
    has(&lines, &["p99.9", "max", "avg", "Checkout / Create: expected status 201, got 503 Service Unavailable"]);
    let row = lines.iter().find(|line| line.contains("Checkout / Pay")).unwrap();
    assert!(row.contains("200") && row.contains("20.0") && row.contains("0.0%"), "{row}");
}

#[test]
fn the_smallest_screens_do_not_panic() {
    for (width, height) in [(1, 1), (10, 3), (20, 8), (40, 12), (79, 15)] {
        let mut state = state();
        state.help = width % 2 == 0;
        state.asking = true;
        screen(&mut state, width, height);
    }
}

#[test]
fn questions_and_help_stand_above() {
    let mut state = state();
    state.key(KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE));
    has(&screen(&mut state, 80, 24), &["Stop the test? Users finish the turn they are in,", " y  stop"]);
    state.key(KeyEvent::new(KeyCode::Char('n'), KeyModifiers::NONE));
    state.key(KeyEvent::new(KeyCode::Char('?'), KeyModifiers::NONE));
    has(&screen(&mut state, 80, 24), &["pause the view; the test goes on", "stop it without asking"]);
}

#[test]
fn many_steps_scroll_within_bounds() {
    let mut about = about();
    about.names = (0..100).map(|i| Name::step(format!("Step {i}"), "GET")).collect();
    let mut moment = moment();
    moment.lines = vec![moment.total.clone(); 100];
    let mut state = State::new(Arc::new(about));
    state.tell(Arc::new(moment));
    has(&screen(&mut state, 80, 24), &["Step 0 ", "of 100"]);
    state.key(KeyEvent::new(KeyCode::End, KeyModifiers::NONE));
    has(&screen(&mut state, 80, 24), &["Step 99 ", "–100 of 100"]);
    state.key(KeyEvent::new(KeyCode::Up, KeyModifiers::NONE));
    has(&screen(&mut state, 80, 24), &["Step 98 ", "–99 of 100"]);
}

#[test]
fn thresholds_that_are_broken_come_first() {
    let verdict = |text: &str, outcome| crate::thresholds::Verdict {
        text: text.into(),
        place: String::new(),
        subject: "all".into(),
        metric: "p95".into(),
        unit: ltc_config::threshold::Unit::Us,
        comparison: "<".into(),
        limit: Some(1000.0),
        actual: Some(287_000.0),
        outcome,
        detail: String::new(),
        aborted_at_us: None,
    };
    let mut moment = moment();
    moment.thresholds =
        vec![verdict("all.rps > 1", Outcome::Passed), verdict("all.p95 < 100ms", Outcome::Failed), verdict("x", Outcome::NotJudged)];
    let mut state = State::new(Arc::new(about()));
    state.tell(Arc::new(moment));
    for (width, height) in [(80, 24), (120, 40)] {
        let lines = screen(&mut state, width, height);
        has(&lines, &["Thresholds 1 of 3 broken", "✗ all.p95 < 100ms", "✓ all.rps > 1", "287 ms", "Checkout / Create"]);
        let at = |part: &str| lines.iter().position(|line| line.contains(part)).unwrap();
        assert!(at("✗") < at("✓"));
    }
}

#[test]
fn shards_that_are_silent_are_seen() {
    let fleet = crate::moment::FleetShape { shards: 5, interval: Some(Duration::from_secs(20)), intervals: Some(3) };
    let mut state = State::new(Arc::new(About { fleet: Some(fleet), ..about() }));
    has(&screen(&mut state, 80, 24), &["5 shards starting · interval 2 of 3"]);
    let mut moment = moment();
    moment.shards = vec![Some(1), Some(2), None, Some(4), Some(0)];
    state.tell(Arc::new(moment));
    has(&screen(&mut state, 80, 24), &[" ■■□■■  4 of 5 shards reporting · interval 2 of 3"]);
}

#[test]
fn before_the_first_interval() {
    let mut state = State::new(Arc::new(about()));
    has(&screen(&mut state, 80, 24), &["waiting for the first interval", "Users –"]);
}
