//! Tests snapshots: exact values, and that merging any division in any order gives the whole.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::super::{Example, FailureClass, FailureKey, Phases, Recorder, Sample, Traffic};
use super::*;

fn us(us: u64) -> Duration {
    Duration::from_micros(us)
}

fn sample(name: u32, service: u64, ok: bool) -> Sample {
    let traffic = Traffic { sent: 10, received: 100, reused: 1, ..Traffic::default() };
    Sample { name, service: us(service), response: us(service), ok, traffic, ..Sample::default() }
}

#[test]
fn recorder_counts_and_starts_again_after_a_snapshot() {
    let mut recorder = Recorder::new(3, 4);
    recorder.record(&sample(0, 1000, true));
    let phases = Phases { dns: Some(us(5)), connect: Some(us(7)), tls: Some(us(11)) };
    let opened = Traffic { sent: 10, received: 100, opened: 1, phases, redirects: 1, resends: 2, ..Traffic::default() };
    recorder.record(&Sample { first_byte: Some(us(900)), traffic: opened, ..sample(0, 3000, false) });
    recorder.record(&Sample { only_late: true, traffic: Traffic::default(), ..sample(0, 5000, false) });
    recorder.group(1, us(4000), true);
    recorder.group(1, us(6000), false);
    recorder.skipped(0, false, &opened);
    recorder.retried(0, &Traffic::default());
    recorder.unfinished(0, us(70), Some(&opened));
    recorder.unfinished(0, us(50), Some(&Traffic::default()));
    recorder.unfinished(1, us(80), None);
    recorder.fail(2);
    recorder.in_flight(3, us(44));
    recorder.missed(3);
    recorder.lag(us(12));
    recorder.cpu(&Cpu::of(us(500), us(2000), us(7), us(30)));
    recorder.record(&sample(9, 1, true));
    let first = recorder.snapshot(Duration::from_secs(5), 7, 8);
    let line = &first.names[0];
    assert_eq!((line.requests, line.failures, line.succeeded()), (3, 2, 1));
    assert_eq!((line.skipped, line.skipped_failures, line.retried), (1, 1, 1));
    assert_eq!((line.unfinished, line.unfinished_longest_us, line.unsent), (2, 70, 3));
    assert_eq!((line.redirects, line.resends), (3, 6));
    assert_eq!((line.bytes_sent, line.bytes_received), (40, 400), "of all exchanges");
    assert_eq!((line.opened, line.reused), (3, 1));
    assert_eq!((line.dns.sum_us, line.connect.sum_us, line.tls.max_us), (15, 21, 11));
    assert_eq!(line.first_byte.mean_us(), 900.0);
    assert_eq!((line.service.count(), line.service.mean_us()), (2, 3000.0), "the successful one, and the one that was only late");
    assert_eq!((line.failed.count(), line.failed.max_us(), line.all().max_us(), line.all().count()), (1, 3000, 5000, 3));
    assert_eq!(line.response, None);
    let group = &first.names[1];
    assert_eq!((group.requests, group.failures, group.response().max_us(), group.failed.max_us()), (2, 1, 4000, 6000));
    assert_eq!((group.unfinished, group.unsent), (1, 0));
    assert_eq!((first.users(), first.planned(), first.missed), (7, 8, 3));
    assert_eq!((first.waiting(), first.oldest()), (3, us(44)));
    assert_eq!((first.cpu.share(), first.cpu.peak()), (0.25, 0.25));
    assert_eq!(first.rate(10), 2.0);
    assert_eq!(first.lag.max_us(), 12);

    let names = [ReportRow::step("a", "GET"), ReportRow::group("g"), ReportRow::fail("fail in S")];
    let total = first.total(&names);
    assert_eq!((total.requests, total.failures, total.fails, total.failed_percent()), (3, 3, 1, 75.0));

    let second = recorder.snapshot(Duration::from_secs(6), 0, 0);
    assert_eq!((second.waiting(), second.oldest()), (0, Duration::ZERO));
    assert_eq!(second.window, Some(Window { interval: 1, from_us: 5_000_000, to_us: 6_000_000 }));
    assert_eq!(second.names, vec![RowStats::default(); 3]);
    assert!(second.failures.is_empty() && second.lag.is_empty());
}

#[test]
fn response_times_are_stored_for_all_requests_once_one_differs() {
    let mut recorder = Recorder::new(1, 0);
    recorder.record(&sample(0, 10, true));
    recorder.record(&Sample { response: us(500), ..sample(0, 20, true) });
    recorder.record(&sample(0, 30, true));
    let snapshot = recorder.snapshot(us(1), 0, 0);
    let line = &snapshot.names[0];
    assert_eq!(line.service.percentiles_us()[10], 30);
    let response = line.response.as_ref().unwrap();
    assert_eq!((response.count(), response.max_us(), response.min_us()), (3, 500, 10));
    recorder.record(&sample(0, 10, true));
    assert_eq!(recorder.snapshot(us(2), 0, 0).names[0].response, None);
}

/// Records one event in a recorder, with a time that the seed determines.
fn event(recorder: &mut Recorder, seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let name = rng.random_range(0..3);
    let service = rng.random_range(1..40_000_000u64);
    let ok = rng.random_bool(0.7);
    let late = if rng.random_bool(0.1) { 77 } else { 0 };
    let traffic = Traffic {
        sent: service % 3,
        received: 100,
        opened: u32::from(service % 5 == 0),
        reused: u32::from(service % 5 > 0),
        phases: Phases { dns: Some(us(service % 100)), connect: Some(us(service % 1000)), tls: None },
        redirects: u32::from(service % 11 == 0),
        resends: u32::from(service % 13 == 0),
    };
    recorder.record(&Sample {
        response: us(service + late),
        first_byte: ok.then(|| us(service / 2)),
        only_late: service % 7 == 0,
        traffic,
        ..sample(name, service, ok)
    });
    if !ok {
        let key = FailureKey { name, class: FailureClass::Timeout, place: rng.random_range(0..2), kind: "".into() };
        recorder.reason(FailureKey { class: FailureClass::Take, ..key.clone() });
        recorder.failure(key, us(seed), || Example { user: seed, message: format!("{seed}"), ..Example::default() });
    }
    recorder.lag(us(late));
    recorder.missed(u64::from(late > 0));
    recorder.cpu(&Cpu::of(us(service % 10), us(10), us(service % 7), us(service % 3)));
    if rng.random_bool(0.2) {
        recorder.skipped(name, ok, &traffic);
        recorder.retried(name, &traffic);
        recorder.unfinished(name, us(service), Some(&traffic));
        recorder.fail(name);
    }
}

#[test]
fn merging_any_split_in_any_order_equals_the_whole() {
    const EVENTS: u64 = 400;
    for round in 0..30 {
        let mut rng = ChaCha8Rng::seed_from_u64(round);
        let mut whole = Recorder::new(3, 0);
        let mut parts: Vec<Recorder> = (0..rng.random_range(1..6)).map(|_| Recorder::new(3, 0)).collect();
        let mut pieces = Vec::new();
        for seed in 1..=EVENTS {
            event(&mut whole, seed);
            let which = rng.random_range(0..parts.len());
            event(&mut parts[which], seed);
            if rng.random_bool(0.05) {
                pieces.push(parts[which].snapshot(us(seed), 1, 1));
            }
        }
        let end = us(EVENTS);
        pieces.extend(parts.iter_mut().map(|part| part.snapshot(end, 1, 1)));
        let mut whole = whole.snapshot(end, 1, 1);

        // Merges random pairs until one is left, so in any order and grouping.
        while pieces.len() > 1 {
            let other = pieces.swap_remove(rng.random_range(0..pieces.len()));
            let at = rng.random_range(0..pieces.len());
            if rng.random_bool(0.5) {
                pieces[at].merge(&other);
            } else {
                let mut other = other;
                other.merge(&pieces[at]);
                pieces[at] = other;
            }
        }
        let mut merged = pieces.remove(0);
        let mut neutral = Snapshot::empty(3);
        neutral.merge(&merged);
        assert_eq!(neutral, merged);
        // Only the number of intervals may differ.
        for snapshot in [&mut merged, &mut whole] {
            snapshot.window.as_mut().unwrap().interval = 0;
        }
        assert_eq!(merged, whole);

        let json = serde_json::to_string(&merged).unwrap();
        assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), merged);
    }
}

#[test]
fn users_are_the_newest_of_each_thread_and_summed_over_threads() {
    let (mut a, mut b) = (Recorder::new(0, 1), Recorder::new(0, 2));
    let mut later = a.snapshot(us(10), 5, 6);
    later.merge(&a.snapshot(us(20), 9, 9));
    later.merge(&b.snapshot(us(10), 1, 2));
    assert_eq!((later.users(), later.planned()), (10, 11));
}

#[test]
fn snapshot_of_another_version_is_refused() {
    let mut json = serde_json::to_value(Snapshot::empty(1)).unwrap();
    assert_eq!(json["version"], 2);
    json["version"] = 9.into();
    let error = serde_json::from_value::<Snapshot>(json).unwrap_err();
    assert_eq!(error.to_string(), "these results have version 9, and this ltc reads version 2: use the ltc that wrote them");
}

#[test]
fn processors_of_an_earlier_version_are_read() {
    let cpu: Cpu = serde_json::from_str(r#"{"busy_us":5,"available_us":20,"peak_ppm":300000}"#).unwrap();
    assert_eq!((cpu.share(), cpu.peak(), cpu.waited(), cpu.stolen()), (0.25, 0.3, 0.0, 0.0));
}
