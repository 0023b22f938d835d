//! Tests metrics with failed requests: a failed request ranks behind every successful one.

use ltc_config::Location;
use ltc_config::Threshold;

use super::*;

/// Successful requests of 1, 2, … milliseconds, and some failed ones.
fn measured(succeeded: u64, failed: u64) -> Measured {
    let mut response = Durations::default();
    (1..=succeeded).for_each(|ms| response.record_us(ms * 1000));
    Measured { requests: succeeded + failed, failures: failed, failed, response, is_part: true, to_us: 1_000_000, ..Measured::default() }
}

fn value(of: &Measured, metric: &str) -> Option<Value> {
    let text = format!("{metric} < {}", if metric == "failures" { "1%" } else { "1s" });
    of.value(Threshold::parse(&text, &Location::default()).unwrap().rule.metric)
}

fn ms(of: &Measured, metric: &str) -> Option<f64> {
    match value(of, metric) {
        Some(Value::Figure(us)) => Some((us / 1000.0).round()),
        Some(Value::Failed) => Some(f64::INFINITY),
        None => None,
    }
}

const FAILED: Option<f64> = Some(f64::INFINITY);

#[test]
fn p95_says_that_95_of_a_hundred_requests_succeeded_within_it() {
    // 96 succeeded within 1 to 96 ms and 4 failed, so 95 of 100 succeeded within 95 ms.
    let some = measured(96, 4);
    assert_eq!((ms(&some, "p95"), ms(&some, "p96"), ms(&some, "p97")), (Some(95.0), Some(96.0), FAILED));
    // With exactly 5 % failures p95 has a value; with one more it doesn't.
    assert_eq!((ms(&measured(95, 5), "p95"), ms(&measured(94, 6), "p95")), (Some(95.0), FAILED));
    assert_eq!((ms(&measured(999, 1), "p99.9"), ms(&measured(998, 2), "p99.9")), (Some(999.0), FAILED));
    // Without failures, the value equals that of the tables.
    let well = measured(1000, 0);
    for (metric, quantile) in [("p50", 0.5), ("p66", 0.66), ("p95", 0.95), ("p99.9", 0.999), ("p100", 1.0)] {
        assert_eq!(value(&well, metric), Some(Value::Figure(well.response.quantile_us(quantile) as f64)), "{metric}");
    }
}

#[test]
fn extremes_are_exact_and_other_ranks_those_of_the_tables() {
    let mut some = measured(0, 0);
    [1_234_567, 9_876_543].iter().for_each(|us| some.response.record_us(*us));
    assert_ne!(some.response.quantile_us(0.5), 1_234_567, "histograms have three digits");
    let figures = ["min", "p50", "p100", "max"].map(|metric| value(&some, metric));
    let table = some.response.quantile_us(0.5) as f64;
    assert_eq!(figures, [1_234_567.0, table, 9_876_543.0, 9_876_543.0].map(|us| Some(Value::Figure(us))));
    // Longer than the histogram's greatest time.
    some.response.record_us(1 << 50);
    assert_eq!(value(&some, "max"), Some(Value::Figure((1u64 << 50) as f64)));
}

#[test]
fn name_means_steps_before_groups_before_fails() {
    let names = [ReportRow::step("Buy", "GET"), ReportRow::group("Buy"), ReportRow::step("Buy", "POST"), ReportRow::group("Pay")];
    let found = |name: &str| SelectedRows::find(&Subject::Line(name.to_owned()), &names);
    assert_eq!(
        (found("Buy"), found("Pay"), found("Go")),
        (SelectedRows::Of(vec![0, 2]), SelectedRows::Of(vec![3]), SelectedRows::Of(vec![]))
    );
}

#[test]
fn a_server_that_is_down_has_no_good_figure() {
    let dead = measured(0, 50);
    for metric in ["p50", "p95", "max", "min", "avg"] {
        assert_eq!(ms(&dead, metric), FAILED, "{metric}");
    }
    for metric in ["p95(successful)", "max(successful)", "min(successful)", "avg(successful)"] {
        assert_eq!(ms(&dead, metric), None, "{metric}");
    }
    assert_eq!(dead.why(), "none of 50 requests succeeded");
    assert_eq!((ms(&Measured::default(), "p95"), Measured::default().why()), (None, "there were no requests".to_owned()));
}

#[test]
fn more_failures_never_make_a_figure_better() {
    for metric in ["p1", "p50", "p90", "p95", "p99", "p100", "min", "max", "avg"] {
        let figures: Vec<f64> = (0..=60).map(|failed| ms(&measured(60 - failed, failed), metric).unwrap()).collect();
        // The slowest requests fail first here, so the mean of the remaining ones falls.
        if metric != "avg" {
            assert!(figures.is_sorted(), "{metric}: {figures:?}");
        }
        assert_eq!(figures[60], f64::INFINITY, "{metric}");
    }
}

#[test]
fn successful_leaves_failed_ones_out() {
    let some = measured(10, 90);
    assert_eq!((ms(&some, "p50(successful)"), ms(&some, "max(successful)")), (Some(5.0), Some(10.0)));
    assert_eq!((ms(&some, "min(successful)"), ms(&some, "min")), (Some(1.0), Some(1.0)));
    assert_eq!((ms(&some, "max"), ms(&some, "p100"), ms(&some, "p10")), (FAILED, FAILED, Some(10.0)));
    assert_eq!((value(&some, "avg(successful)"), value(&some, "avg")), (Some(Value::Figure(5500.0)), Some(Value::Figure(5500.0))));
    assert_eq!(some.why(), "90.0% of 100 requests failed");
}

#[test]
fn shares_refer_to_tried_requests() {
    let mut some = measured(60, 20);
    (some.fails, some.unfinished, some.resends) = (20, 20, 8);
    some.failures += 20;
    assert_eq!(value(&some, "failures"), Some(Value::Figure(40.0)), "(20 requests + 20 fails) of (80 + 20)");
    assert_eq!(some.value(Metric::UnfinishedRate), Some(Value::Figure(20.0)), "20 of 80 that ended and 20 that didn't");
    assert_eq!(some.value(Metric::ResendRate), Some(Value::Figure(10.0)));
    let counts = [Metric::Failures, Metric::Unfinished, Metric::Resends].map(|metric| some.value(metric));
    assert_eq!(counts, [40.0, 20.0, 8.0].map(|n| Some(Value::Figure(n))));
    let mut twice = some.clone();
    (some.missed, twice.missed) = (3, 4);
    twice.merge(&some);
    let counts = [Metric::Requests, Metric::Unfinished, Metric::Resends, Metric::Missed].map(|metric| twice.value(metric));
    assert_eq!(counts, [160.0, 40.0, 16.0, 7.0].map(|n| Some(Value::Figure(n))));
    assert_eq!((twice.value(Metric::FailureRate), ms(&twice, "p50")), (Some(Value::Figure(40.0)), Some(40.0)));
    assert_eq!(Measured::default().value(Metric::UnfinishedRate), None);
}
