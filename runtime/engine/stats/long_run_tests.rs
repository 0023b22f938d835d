//! Simulates the statistics of a long run with many report rows: its memory is that of its first minute.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::{Recorder, ReportRow, Sample, Snapshot, Timeline};
use crate::counting::taken_bytes;

const ROWS: u32 = 100;
const INTERVAL: Duration = Duration::from_secs(5);

/// A time like those of a server on the same machine: half a millisecond to two, some much longer. On a busy machine, up to half a second.
fn response_time(rng: &mut ChaCha8Rng, is_busy: bool) -> Duration {
    let us = 500 + rng.random_range(0..40u64).pow(2) + rng.random_range(0..40);
    let longer = if is_busy { 1 << rng.random_range(0..8) } else { rng.random_range(1..60) };
    Duration::from_micros(if is_busy || rng.random_range(0..100) == 0 { us * longer } else { us })
}

/// The memory after a minute and after an hour, in bytes. Without the timeline, it is that of the rows.
fn memory(is_busy: bool, requests_per_interval: u32, has_timeline: bool) -> (i64, i64) {
    let names: Vec<ReportRow> = (0..ROWS).map(|row| ReportRow::step(format!("Step {row}"), "GET")).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let before = taken_bytes();
    let mut recorder = Recorder::new(names.len(), 0);
    let (mut total, mut timeline) = (Snapshot::of_test(names.len()), Timeline::with_room(INTERVAL));
    let mut first_minute = 0;
    for interval in 1..=720 {
        for _ in 0..requests_per_interval {
            let took = response_time(&mut rng, is_busy);
            recorder.record(&Sample { name: rng.random_range(0..ROWS), service: took, response: took, ok: true, ..Sample::default() });
        }
        let mut delta = recorder.snapshot(INTERVAL * interval, 64, 64);
        total.merge(&delta);
        if has_timeline {
            timeline.add(&delta, &names);
        }
        delta.clear();
        recorder.reuse(delta);
        if interval == 12 {
            first_minute = taken_bytes() - before;
        }
    }
    (first_minute, taken_bytes() - before)
}

#[test]
fn memory_does_not_grow_when_the_machine_becomes_busy() {
    // 20,000 requests per second, whose response times differ much more in the second half.
    const ROWS: usize = 1_000;
    const REQUESTS: u32 = 100_000;
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let before = taken_bytes();
    let mut recorder = Recorder::new(ROWS, 0);
    let mut total = Snapshot::of_test(ROWS);
    let (mut quiet, mut most) = (0, 0);
    for interval in 1..=6 {
        for request in 0..REQUESTS {
            let took = response_time(&mut rng, interval > 3);
            recorder.record(&Sample { name: request % ROWS as u32, service: took, response: took, ok: true, ..Sample::default() });
        }
        let mut delta = recorder.snapshot(INTERVAL * interval, 64, 64);
        total.merge(&delta);
        delta.clear();
        recorder.reuse(delta);
        most = most.max(taken_bytes() - before);
        if interval == 3 {
            quiet = most;
        }
    }
    assert!(most - quiet < quiet / 50, "at most {quiet} bytes on the quiet machine, {most} on the busy one");
}

#[test]
fn memory_of_a_long_run_is_that_of_its_first_minute() {
    for is_busy in [false, true] {
        let (first_minute, hour) = memory(is_busy, 240, true);
        assert!(first_minute < 9_000_000, "{first_minute} bytes");
        // The histograms of the timeline's points, of which there are at most 720.
        assert!(hour - first_minute < 720 * 550, "{first_minute} bytes after a minute, {hour} after an hour");
    }
}

#[test]
fn memory_of_rows_does_not_grow_with_ten_thousand_requests_each() {
    // As many for each row as in a test of ten million requests and 1,000 rows.
    for is_busy in [false, true] {
        let (first_minute, hour) = memory(is_busy, 1_400, false);
        assert!(hour - first_minute < first_minute / 50, "{first_minute} bytes after a minute, {hour} after an hour; busy: {is_busy}");
    }
}
