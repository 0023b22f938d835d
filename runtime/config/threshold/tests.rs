//! Tests thresholds: every spelling, and the messages about wrong ones.

use super::*;

fn rule(text: &str) -> Rule {
    Threshold::parse(text, &Location::default()).unwrap_or_else(|error| panic!("{text}: {error}")).rule
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn thresholds_are_read_in_every_spelling() {
    use Comparison::{Above, AtLeast, AtMost, Below};
    let line = |name: &str| Subject::Line(name.to_owned());
    let p = |percent: f64| Metric::Time(Time::Percentile(percent), Of::All);
    let successful = |time: Time| Metric::Time(time, Of::Successful);
    for (text, subject, metric, comparison, limit) in [
        ("all.failures < 1%", Subject::All, Metric::FailureRate, Below, 1.0),
        ("failures <= 10", Subject::All, Metric::Failures, AtMost, 10.0),
        ("all.rps > 400", Subject::All, Metric::Rps, Above, 400.0),
        ("rps>=30/m", Subject::All, Metric::Rps, AtLeast, 0.5),
        ("\"Get treatment variant\".p99 < 300ms", line("Get treatment variant"), p(99.0), Below, 300_000.0),
        ("'Checkout / Pay'.p99.9<1.5s", line("Checkout / Pay"), p(99.9), Below, 1_500_000.0),
        ("Checkout.p95 < 2s", line("Checkout"), p(95.0), Below, 2_000_000.0),
        ("v1.2.avg < 1ms", line("v1.2"), Metric::Time(Time::Average, Of::All), Below, 1_000.0),
        ("p99.9 < 1s", Subject::All, p(99.9), Below, 1_000_000.0),
        ("Look.requests > 1_000", line("Look"), Metric::Requests, Above, 1000.0),
        ("missed < 1", Subject::All, Metric::Missed, Below, 1.0),
        ("lag < 20ms", Subject::All, Metric::Lag, Below, 20_000.0),
        ("p95(successful) < 1s", Subject::All, successful(Time::Percentile(95.0)), Below, 1_000_000.0),
        ("all.max(successful) < 1s", Subject::All, successful(Time::Max), Below, 1_000_000.0),
        ("Look.avg (successful) < 1s", line("Look"), successful(Time::Average), Below, 1_000_000.0),
        ("\"Log in\".min(successful)>1ms", line("Log in"), successful(Time::Min), Above, 1_000.0),
        ("unfinished < 1%", Subject::All, Metric::UnfinishedRate, Below, 1.0),
        ("Look.unfinished <= 3", line("Look"), Metric::Unfinished, AtMost, 3.0),
        ("resends < 0.5%", Subject::All, Metric::ResendRate, Below, 0.5),
        ("all.resends < 10", Subject::All, Metric::Resends, Below, 10.0),
        ("\"p95\".max < 1s", line("p95"), Metric::Time(Time::Max, Of::All), Below, 1_000_000.0),
    ] {
        let expected = Rule { subject, metric, comparison, limit: Limit::Value(limit), over: None, from: Duration::ZERO, abort: None };
        assert_eq!(rule(text), expected, "{text}");
    }
}

#[test]
fn limits_of_an_earlier_run_are_read() {
    for (text, factor, plus) in [
        ("Checkout.p95 < baseline * 1.1", 1.1, 0.0),
        ("p95 <= baseline", 1.0, 0.0),
        ("p95 < baseline*1.05 + 5ms", 1.05, 5_000.0),
        ("failures < baseline + 0.5%", 1.0, 0.5),
        ("rps > baseline - 20", 1.0, -20.0),
    ] {
        assert_eq!(rule(text).limit, Limit::Baseline { factor, plus }, "{text}");
    }
    assert_eq!(rule("failures < baseline").metric, Metric::FailureRate);
    assert_eq!(rule("unfinished <= baseline + 1%").metric, Metric::UnfinishedRate);
    assert_eq!(rule("p95(successful) < baseline * 1.1").metric.to_string(), "p95(successful)");
    assert_eq!(Limit::Baseline { factor: 2.0, plus: 1.0 }.value(Some(10.0)), Some(21.0));
    assert_eq!(Limit::Baseline { factor: 2.0, plus: 1.0 }.value(None), None);
}

#[test]
fn windows_and_aborts_of_a_threshold_are_read() {
    let all = rule("p95 < 1s over 30s from 1m abort after 2m");
    assert_eq!((all.over, all.from, all.abort), (Some(seconds(30)), seconds(60), Some(seconds(120))));
    let turned = rule("p95 < 1s abort from 10s over 1m");
    assert_eq!((turned.over, turned.from, turned.abort), (Some(seconds(60)), seconds(10), Some(Duration::ZERO)));
}

#[test]
fn threshold_error_points_at_the_wrong_part() {
    let text =
        |found: &ConfigError| format!("{}: {} ({})", found.location.column, found.message, found.help.as_deref().unwrap_or_default());
    for (wrong, part) in [
        ("error_rate < 1%", "1: the threshold `error_rate < 1%`: unknown metric `error_rate` (write failures)"),
        ("all.faliures < 1%", "5: the threshold `all.faliures < 1%`: unknown metric `faliures` (did you mean `failures`?)"),
        ("p101 < 1s", "unknown metric `p101`"),
        ("Get treatment.p95 < 1s", "missing quotes around a name of several words (write \"Get treatment\".p95)"),
        ("Search p95 < 1s", "missing point between a name and its metric (write Search.p95)"),
        ("Get treatment p95 < 1s", "missing point between a name and its metric (write \"Get treatment\".p95)"),
        ("p95(Search) < 1s", "unknown metric `p95(Search)` (write Search.p95)"),
        ("Checkout / Pay.p95 < 1s", "write \"Checkout / Pay\".p95"),
        ("\"Get.p95 < 1s", "unclosed quote"),
        ("\"Get\" < 1s", "missing point and metric"),
        ("p95", "4: the threshold `p95`: missing operator after the metric, expected <, <=, > or >="),
        ("p95 = 1s", "missing operator after the metric"),
        ("p95 <", "missing limit"),
        ("p95 < 300", "7: the threshold `p95 < 300`: unexpected `300`, expected a limit of p95 (write 300ms or 300s)"),
        ("p95 < 5%", "write a time such as 300ms"),
        ("failures < 1.5", "write a whole number, or, for failures, unfinished and resends, a share such as 1%"),
        ("p95(ok) < 1s", "unknown metric `p95(ok)` (write p95, or p95(successful) to exclude failed requests)"),
        ("rps(successful) > 1", "write rps: only avg, min, max and percentiles can exclude failed requests"),
        ("interrupted < 1%", "write unfinished"),
        ("failures < 101%", "write a share"),
        ("rps > fast", "write a rate"),
        ("p95 < baseline * x", "missing number after `baseline *`"),
        ("p95 < baseline + 10%", "unexpected percentage of the baseline, expected a factor (write baseline * 1.1)"),
        ("Checkout.lag < 1ms", "lag is measured for the whole test, not for `Checkout` (write all.lag)"),
        ("p95 < 1s ovr 30s", "unexpected `ovr` (did you mean `over`?)"),
        ("p95 < 1s over", "missing time after `over`"),
        ("p95 < 1s abort after soon", "missing time after `abort after`"),
        ("p95 < 1s over 1m over 2m", "duplicate `over`"),
        ("", "missing metric"),
    ] {
        let location = Location { column: 1, line: 1, len: wrong.len(), ..Location::default() };
        let found = Threshold::parse(wrong, &location).unwrap_err();
        assert!(text(&found).contains(part), "{wrong}: {}", text(&found));
    }
    let quoted = Location { column: 7, line: 4, len: 12, ..Location::default() };
    let found = Threshold::parse("p95 <  300", &quoted).unwrap_err();
    assert_eq!((found.location.column, found.location.len), (15, 3));
}

#[test]
fn threshold_names_are_checked_against_the_report_rows() {
    let of = |text: &str| Threshold::parse(text, &Location::file("x.yml")).unwrap();
    let lines = ["Get treatment variant", "Checkout"];
    assert_eq!(of("p95 < 1s").check(&lines), None);
    assert_eq!(of("Checkout.p95 < 1s").check(&lines), None);
    let error = of("'Get treatment varient'.p95 < 1s").check(&lines).unwrap();
    assert!(
        error.to_string().ends_with("unknown step or group `Get treatment varient` (did you mean `Get treatment variant`?)"),
        "{error}"
    );
    let error = of("Pay.p95 < 1s").check(&["Checkout", "Checkout / Pay"]).unwrap();
    assert!(error.to_string().ends_with("(did you mean `Checkout / Pay`?)"), "{error}");
    let error = of("Zebra.p95 < 1s").check(&lines).unwrap();
    assert!(error.to_string().ends_with("(use all, or one of: Get treatment variant, Checkout)"), "{error}");
}
