//! Tests judging: over the whole test, over windows, against an earlier run; and when a test is stopped.

use super::*;
use ltc_engine::stats::{Recorder, Sample};

/// A simulated test with intervals of one second.
struct SimulatedTest {
    names: Vec<ReportRow>,
    recorder: Recorder,
    evaluator: ThresholdEvaluator,
    second: u64,
    planned: u64,
}

impl SimulatedTest {
    fn new(thresholds: &[&str]) -> Self {
        Self::after(thresholds, None).unwrap()
    }

    fn after(thresholds: &[&str], baseline: Option<&Report>) -> Result<Self, Vec<String>> {
        let names = vec![ReportRow::step("Look", "GET"), ReportRow::step("Buy", "POST"), ReportRow::group("Checkout")];
        let place = ltc_config::Location { file: "x.yml".into(), line: 3, column: 5, ..ltc_config::Location::default() };
        let thresholds: Vec<_> = thresholds.iter().map(|text| Threshold::parse(text, &place).unwrap()).collect();
        let evaluator = ThresholdEvaluator::new(&thresholds, &names, baseline)?;
        Ok(Self { recorder: Recorder::new(names.len(), 0), names, evaluator, second: 0, planned: 1 })
    }

    /// The results of an interval until `now`: requests of `Look`, some of which fail, all with the same response time.
    fn results(&mut self, now: Duration, requests: u64, failures: u64, ms: u64) -> Snapshot {
        for n in 0..requests {
            let took = Duration::from_millis(ms);
            self.recorder.record(&Sample { service: took, response: took, ok: n >= failures, ..Sample::default() });
        }
        self.recorder.snapshot(now, 1, self.planned)
    }

    fn second(&mut self, requests: u64, failures: u64, ms: u64) -> bool {
        self.second += 1;
        let delta = self.results(Duration::from_secs(self.second), requests, failures, ms);
        self.evaluator.interval(&delta, &self.names)
    }

    /// Intervals that end at these milliseconds, with one request each.
    fn intervals(&mut self, ends: &[u64]) {
        for end in ends {
            let delta = self.results(Duration::from_millis(*end), 1, 0, 1);
            self.evaluator.interval(&delta, &self.names);
        }
    }

    /// From when to when, in milliseconds, the window of the first threshold lasts; `None` if it isn't full yet.
    fn window(&self) -> Option<(u64, u64)> {
        let full = self.evaluator.watched[0].window.as_ref().unwrap().full()?;
        Some((full.from_us / 1000, full.to_us / 1000))
    }

    fn seconds(&mut self, n: u64, requests: u64, failures: u64, ms: u64) -> Option<u64> {
        (0..n).find_map(|_| self.second(requests, failures, ms).then_some(self.second))
    }

    fn only(&self) -> Verdict {
        self.evaluator.verdicts().remove(0)
    }
}

#[test]
fn thresholds_are_judged_over_the_whole_test() {
    let mut test = SimulatedTest::new(&[
        "failures < 1%",
        "failures < 5",
        "rps > 99",
        "Look.p95 < 20ms",
        "p100 <= 10ms",
        "avg < 10ms",
        "requests >= 300",
    ]);
    test.seconds(2, 100, 2, 10);
    test.second(100, 0, 4);
    let found: Vec<_> = test.evaluator.verdicts().iter().map(|v| (v.actual_text(), v.limit_text(), v.word())).collect();
    let expected = [
        ("1.33%", "< 1%", "failed"),
        ("4", "< 5", "passed"),
        ("100/s", "> 99/s", "passed"),
        ("10.0 ms", "< 20.0 ms", "passed"),
        ("failed", "<= 10.0 ms", "failed"),
        ("7.97 ms", "< 10.0 ms", "passed"),
        ("300", ">= 300", "passed"),
    ];
    for ((actual, limit, word), expected) in found.iter().zip(expected) {
        assert_eq!((actual.as_str(), limit.as_str(), *word), expected);
    }
}

#[test]
fn rate_counts_from_the_beginning_of_the_test_if_its_first_part_has_no_length() {
    let mut test = SimulatedTest::new(&["rps < 3/s"]);
    // A function that is stopped before its first user measures no time.
    let delta = test.recorder.snapshot(Duration::ZERO, 0, 0);
    test.evaluator.interval(&delta, &test.names);
    test.recorder.begin_at(Duration::from_secs(5), 0);
    test.second = 9;
    test.second(20, 0, 10);
    assert_eq!(test.only().actual, Some(Value::Figure(2.0)));
}

#[test]
fn the_worst_window_decides() {
    let mut test = SimulatedTest::new(&["p95(successful) < 50ms over 3s", "failures < 10% over 3s"]);
    test.seconds(5, 10, 0, 10);
    assert_eq!(test.only().outcome, Status::Passed);
    assert_eq!(test.only().detail, "at worst, from 00:00:00 to 00:00:03");
    test.second(20, 10, 90);
    test.seconds(5, 10, 0, 10);
    let verdicts = test.evaluator.verdicts();
    assert_eq!((verdicts[0].outcome, verdicts[0].actual), (Status::Failed, Some(Value::Figure(90_000.0))));
    assert_eq!(verdicts[0].detail, "the worst, from 00:00:03 to 00:00:06");
    let Some(Value::Figure(share)) = verdicts[1].actual else { panic!("{:?}", verdicts[1]) };
    assert!((share - 25.0).abs() < 1e-9, "a burst counts within its window: {:?}", verdicts[1]);
}

#[test]
fn test_is_stopped_by_a_bad_window_but_not_by_one_bad_second() {
    let mut test = SimulatedTest::new(&["failures < 50% abort after 4s"]);
    assert_eq!(test.seconds(3, 10, 0, 1), None);
    assert!(!test.second(10, 10, 1));
    assert_eq!(test.seconds(6, 10, 0, 1), None);
    // From here on all requests fail, so the last 4 s break the limit as soon as half of them have failed.
    assert_eq!(test.seconds(6, 10, 10, 1), Some(12));
    let verdict = test.only();
    assert_eq!((verdict.outcome, verdict.aborted_at_us), (Status::Failed, Some(12_000_000)));
    assert_eq!(verdict.detail, "from 00:00:08 to 00:00:12; stopped the test at 00:00:12");
    assert!(!test.second(10, 10, 1), "a test is stopped once");
}

#[test]
fn window_has_to_stay_broken_for_the_given_time() {
    let mut test = SimulatedTest::new(&["failures < 50% over 2s abort after 3s"]);
    assert_eq!(test.seconds(2, 10, 10, 1), None);
    assert_eq!(test.seconds(2, 10, 0, 1), None, "it recovered");
    assert_eq!(test.seconds(9, 10, 10, 1), Some(8), "broken from second 5 on");
}

#[test]
fn abort_without_a_time_stops_immediately() {
    let mut test = SimulatedTest::new(&["failures < 5 abort"]);
    assert_eq!(test.seconds(9, 10, 2, 1), Some(3));
}

#[test]
fn results_before_from_are_not_judged() {
    let mut test = SimulatedTest::new(&["rps > 50 over 2s from 3s abort", "max < 20ms from 3s"]);
    assert_eq!(test.seconds(3, 1, 0, 100), None);
    assert_eq!(test.seconds(3, 60, 0, 10), None);
    assert!(test.evaluator.verdicts().iter().all(|v| v.outcome == Status::Passed), "{:?}", test.evaluator.verdicts());
    // Users that finish their iteration don't count in a rate.
    test.planned = 0;
    assert_eq!(test.seconds(3, 1, 0, 1), None);
    assert_eq!(test.only().outcome, Status::Passed);
}

#[test]
fn threshold_without_data_does_not_pass() {
    let mut test = SimulatedTest::new(&["Buy.p95 < 1s", "Buy.failures < 1%", "Buy.failures < 1", "p95 < baseline", "p95 < 1s over 1m"]);
    test.seconds(2, 10, 0, 1);
    let found: Vec<_> = test.evaluator.verdicts().into_iter().map(|v| (v.outcome, v.detail)).collect();
    assert_eq!(found[0], (Status::Failed, "there were no requests".to_owned()));
    assert_eq!(found[1], (Status::Failed, "there were no requests".to_owned()));
    assert_eq!(found[2].0, Status::Passed);
    assert_eq!(found[3], (Status::NotJudged, "no earlier run was given: --baseline FILE".to_owned()));
    assert_eq!(found[4], (Status::Passed, "over the whole: the test has no 1m".to_owned()));
}

#[test]
fn value_of_an_earlier_run_is_a_limit() {
    let baseline = crate::report::sample::report();
    let mut test =
        SimulatedTest::after(&["p50 < baseline * 2", "failures < baseline + 0.5%", "Checkout.p50 < baseline"], Some(&baseline)).unwrap();
    test.seconds(3, 100, 2, 15);
    let found: Vec<_> = test.evaluator.verdicts().iter().map(|v| (v.limit_text(), v.word())).collect();
    assert_eq!(found[0], ("< 82.8 ms".to_owned(), "passed"));
    assert_eq!(found[1], ("< 1.5%".to_owned(), "failed"));
    assert_eq!(found[2], ("< 1007 ms".to_owned(), "failed"));
    let wrong = SimulatedTest::after(&["Look.p95 < baseline"], Some(&baseline)).err().unwrap();
    assert_eq!(wrong, ["x.yml:3:5: cannot evaluate the threshold `Look.p95 < baseline` with the earlier run: it has no results of `Look`"]);
    let wrong = SimulatedTest::after(&["Lok.p95 < 1s", "Chekout.p95 < 1s"], None).err().unwrap();
    assert_eq!(wrong.len(), 2);
    assert!(wrong[0].contains("did you mean `Look`?"), "{wrong:?}");
}

#[test]
fn a_long_window_is_kept_in_few_pieces() {
    for (over, seconds) in [("10m", 600), ("10m12s", 612), ("10m30s", 630)] {
        let mut test = SimulatedTest::new(&[&format!("failures < 1% over {over}")]);
        test.seconds(1300, 10, 0, 1);
        // Each piece has ten intervals, which is the nearest number to a sixtieth.
        let pieces = test.evaluator.watched[0].window.as_ref().unwrap().pieces.len() as u64;
        assert!((seconds / 10 - 1..=seconds / 10 + 1).contains(&pieces), "{over}: {pieces}");
        let (from, to) = test.window().unwrap();
        assert!((seconds - 1..=seconds + 11).contains(&((to - from) / 1000)), "{over}: from {from} to {to}");
        let end = clock(Duration::from_secs(seconds));
        assert_eq!(test.only().detail, format!("at worst, from 00:00:00 to {end}"));
    }
}

#[test]
fn window_may_differ_from_its_length_by_half_an_interval() {
    for (intervals, window) in [
        // The last snapshot comes a little early.
        (&[1000, 2000, 3000, 3900][..], Some((1000, 3900))),
        (&[1000, 2000, 2400], None),
        (&[1000, 2000, 2500], Some((0, 2500))),
        // Intervals that are longer than the window.
        (&[7000, 14_000], Some((7000, 14_000))),
    ] {
        let mut test = SimulatedTest::new(&["failures < 1% over 3s"]);
        test.intervals(intervals);
        assert_eq!(test.window(), window, "{intervals:?}");
    }
}

#[test]
fn interval_that_begins_a_little_before_from_is_judged() {
    for (begin, judged) in [(2900, true), (2899, false)] {
        let mut test = SimulatedTest::new(&["requests > 0 from 3s"]);
        test.intervals(&[begin, begin + 1000]);
        assert_eq!(test.only().outcome == Status::Passed, judged, "{begin}");
    }
}

#[test]
fn rate_of_a_plan_of_arrivals_is_judged() {
    let mut test = SimulatedTest::new(&["rps > 50 abort"]);
    test.planned = 0;
    assert!(test.second(10, 0, 1));
}

#[test]
fn failures_of_last_iterations_are_judged() {
    let mut test = SimulatedTest::new(&["failures < 50% over 1s abort"]);
    assert!(!test.second(10, 0, 1));
    test.planned = 0;
    assert!(test.second(10, 10, 1));
}

#[test]
fn late_results_count_over_the_whole_test_only() {
    let mut test = SimulatedTest::new(&["failures < 1%", "failures < 1% over 1s", "failures < 1% from 5s"]);
    test.seconds(2, 10, 0, 1);
    let late = test.results(Duration::from_secs(3), 10, 10, 1);
    test.evaluator.late(&late, &test.names);
    let outcomes: Vec<Status> = test.evaluator.verdicts().iter().map(|verdict| verdict.outcome).collect();
    assert_eq!(outcomes, [Status::Failed, Status::Passed, Status::NotJudged]);
}

#[test]
fn merged_results_are_judged_again() {
    let part = |ms: u64| {
        let mut test = SimulatedTest::new(&["failures < 1%", "p95 < 50ms over 1s", "max(successful) < 1s over 1s"]);
        test.second(10, 0, ms);
        test.evaluator.verdicts()
    };
    let (good, slow, slower) = (part(10), part(90), part(95));
    let report = crate::report::sample::report();
    for parts in [[&slow[..], &good], [&good, &slow], [&slow, &slower]] {
        let merged = super::super::again(&parts, &report.total, &report.names);
        assert_eq!(merged.len(), 3);
        assert_eq!((merged[0].outcome, merged[0].actual), (Status::Failed, Some(Value::Figure(1.0))), "of the merged results");
        assert_eq!((merged[1].outcome, merged[1].actual), (Status::Failed, slow[1].actual), "in the first of them that failed");
        assert_eq!(merged[2].outcome, Status::NotJudged);
    }
}

#[test]
fn threshold_without_results_yet_is_not_failed() {
    let mut test = SimulatedTest::new(&["failures < 1% from 3s", "p95 < 1s over 1s from 3s", "Buy.p95 < 1s"]);
    test.second(10, 10, 1);
    let shown = |verdict: &Verdict| (verdict.outcome, verdict.actual_text(), verdict.detail.clone());
    let so_far: Vec<_> = test.evaluator.so_far().iter().map(shown).collect();
    let open = |detail: &str| (Status::NotJudged, "–".to_owned(), detail.to_owned());
    assert_eq!(so_far, [open("judged from 3s on"), open("judged from 3s on"), open("no data to judge it by so far")]);
    let over: Vec<_> = test.evaluator.verdicts().iter().map(shown).collect();
    assert_eq!(over[..2], [open("the test ended before 3s"), open("the test ended before 3s")]);
    assert_eq!(over[2].0, Status::Failed, "a step without requests does not pass at the end");
    test.seconds(3, 10, 0, 1);
    assert!(test.evaluator.so_far()[..2].iter().all(|verdict| verdict.outcome == Status::Passed), "{:?}", test.evaluator.so_far());
}

#[test]
fn window_with_too_many_failures_is_the_worst() {
    let mut test = SimulatedTest::new(&["p95 < 50ms over 1s", "p95(successful) < 50ms over 1s", "p95 > 1ms over 1s abort"]);
    test.seconds(2, 100, 5, 10);
    assert!(test.evaluator.so_far().iter().all(|verdict| verdict.outcome == Status::Passed), "{:?}", test.evaluator.so_far());
    assert!(test.second(100, 6, 10), "a failure is on the wrong side of every limit");
    test.second(100, 0, 40);
    let found: Vec<_> = test.evaluator.verdicts().iter().map(|v| (v.outcome, v.actual_text(), v.detail.clone())).collect();
    assert_eq!(found[0], (Status::Failed, "failed".to_owned(), "the worst, from 00:00:02 to 00:00:03".to_owned()));
    assert_eq!((found[1].0, found[1].1.as_str()), (Status::Passed, "40.0 ms"));
    assert_eq!((found[2].0, found[2].1.as_str()), (Status::Failed, "failed"));
    let whole = {
        let mut test = SimulatedTest::new(&["p95 < 50ms", "avg < 50ms", "max < 50ms"]);
        test.seconds(1, 100, 6, 10);
        test.evaluator.verdicts()
    };
    assert_eq!((whole[0].actual, whole[0].detail.as_str()), (Some(Value::Failed), "6.0% of 100 requests failed"));
    assert_eq!((whole[1].outcome, whole[2].outcome), (Status::Passed, Status::Failed), "a mean has no rank, the last one has");
}

#[test]
fn failed_percentile_is_no_baseline() {
    let mut baseline = crate::report::sample::report();
    let broken = |baseline: &Report, text: &str| SimulatedTest::after(&[text], Some(baseline)).err();
    assert_eq!(broken(&baseline, "p95 < baseline"), None);
    baseline.total = {
        let mut test = SimulatedTest::new(&[]);
        (0..10).for_each(|n| test.recorder.record(&Sample { ok: n > 0, ..Sample::default() }));
        test.recorder.snapshot(Duration::from_secs(1), 1, 1)
    };
    let why = broken(&baseline, "p95 < baseline * 2").unwrap().remove(0);
    assert!(why.contains("its p95 reads \"failed\", since 10.0% of 10 requests failed (write p95(successful)"), "{why}");
    assert_eq!(broken(&baseline, "p95(successful) < baseline * 2"), None);
}
