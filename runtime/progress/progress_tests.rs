//! What progress writes, letter by letter.

use std::sync::{Arc, Mutex};

use super::*;
use crate::stats::{Recorder, Sample};

#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Screen {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

fn names() -> Vec<Name> {
    vec![Name::step("Create", "POST"), Name::step("Read", "GET"), Name::group("All")]
}

fn snapshot(names: usize) -> Snapshot {
    let mut recorder = Recorder::new(names, 0);
    for i in 1..=10 {
        for name in 0..names as u32 {
            let took = Duration::from_micros(i * 1000);
            recorder.record(&Sample { name, service: took, response: took, ok: i > 1 || name > 0, ..Sample::default() });
        }
    }
    recorder.snapshot(Duration::from_secs(5), 20, 25)
}

#[test]
fn a_plain_line_an_interval() {
    let screen = Screen::default();
    let mut progress = Progress::to(Mode::Lines, &names(), Box::new(screen.clone()), false, || (80, 24));
    let delta = snapshot(3);
    let mut total = delta.clone();
    total.merge(&delta);
    progress.update(&delta, &total);
    progress.message("saturated");
    progress.finish();
    assert_eq!(screen.take(), "00:00:05  users 20/25  rps 4.0  failures 2 (5.0%)  p50 5.0ms  p95 10ms  p99 10ms\nsaturated\n");
}

#[test]
fn a_table_is_redrawn_in_place_and_taken_away() {
    let screen = Screen::default();
    let mut progress = Progress::to(Mode::Live, &names(), Box::new(screen.clone()), false, || (80, 24));
    let delta = snapshot(3);
    progress.update(&delta, &delta);
    let table = [
        "00:00:05  users 20/25",
        "",
        "Step    requests  rps  failures           p50   p95   p99",
        "Create        10  2.0         1  10.0%  5.0ms  10ms  10ms",
        "Read          10  2.0         0   0.0%  5.0ms  10ms  10ms",
        "All           10  2.0         0   0.0%  5.0ms  10ms  10ms",
        "─────────────────────────────────────────────────────────",
        "Total         20  4.0         1   5.0%  5.0ms  10ms  10ms",
    ]
    .map(|line| format!("{line}\u{1b}[K\n"))
    .concat();
    assert_eq!(screen.take(), format!("{HIDE_CURSOR}{table}\u{1b}[J"));
    progress.message("one\ntwo");
    assert_eq!(screen.take(), format!("\u{1b}[8A\rone\u{1b}[K\ntwo\u{1b}[K\n{table}\u{1b}[J"));
    progress.finish();
    assert_eq!(screen.take(), format!("\u{1b}[8A\r\u{1b}[J{SHOW_CURSOR}"));
    drop(progress);
    assert_eq!(screen.take(), "");
}

#[test]
fn a_low_and_narrow_screen_shows_what_fails_first() {
    let many: Vec<_> = (0..40).map(|i| Name::step(format!("Step {i}"), "GET")).collect();
    let mut delta = snapshot(40);
    delta.names[0].failures = 0;
    delta.names[30].failures = 9;
    let look = Look { color: false, width: Some(40) };
    let lines = live::table(&delta, &delta, &many, look, 10);
    assert_eq!(lines.len(), 9);
    assert!(lines.iter().all(|line| line.chars().count() <= 40), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("Step 30")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("… 37 more")), "{lines:#?}");
}

#[test]
fn off_is_silent() {
    let screen = Screen::default();
    let mut progress = Progress::to(Mode::Off, &names(), Box::new(screen.clone()), false, || (80, 24));
    let delta = snapshot(3);
    progress.update(&delta, &delta);
    drop(progress);
    assert_eq!(screen.take(), "");
}
