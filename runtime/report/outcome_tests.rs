//! Tests the verdict of every combination of facts, and that all outputs agree.

use super::super::sample::{report, verdict};
use super::*;

fn judged(statuses: &[Status]) -> Vec<Verdict> {
    let of = |&outcome: &Status| Verdict { outcome, ..verdict(&report(), "failures < 2%") };
    statuses.iter().map(of).collect()
}

fn conclude(facts: Facts<'_>) -> (u8, String) {
    let conclusion = facts.conclude();
    (conclusion.outcome.exit_code(), conclusion.text())
}

const SUCCEEDED: Facts<'static> = Facts { interrupted: false, broken: &[], begun: 10, succeeded: 9, thresholds: &[] };

#[test]
fn each_verdict_has_its_reason() {
    use Status::{Failed, NotJudged, Passed};
    let lost = ["shard 2 lost from 00:00:00 to the end, 3 users: no route to host".to_owned()];
    let thresholds = |statuses: &[Status]| judged(statuses);
    for (facts, code, text) in [
        (SUCCEEDED, 0, "no thresholds"),
        (Facts { thresholds: &thresholds(&[NotJudged, NotJudged]), ..SUCCEEDED }, 0, "no thresholds: none of 2 thresholds was judged"),
        (Facts { thresholds: &thresholds(&[Passed]), ..SUCCEEDED }, 0, "passed: its threshold held"),
        (Facts { thresholds: &thresholds(&[Passed, Passed]), ..SUCCEEDED }, 0, "passed: all 2 thresholds held"),
        (Facts { thresholds: &thresholds(&[Passed, NotJudged]), ..SUCCEEDED }, 0, "passed: 1 of 2 thresholds held, the rest wasn't judged"),
        (Facts { thresholds: &thresholds(&[Passed, Failed]), ..SUCCEEDED }, 1, "failed: 1 of 2 thresholds failed"),
        (Facts { succeeded: 0, ..SUCCEEDED }, 1, "failed: none of 10 requests succeeded"),
        (Facts { succeeded: 0, begun: 1, ..SUCCEEDED }, 1, "failed: the only request didn't succeed"),
        (Facts { succeeded: 0, thresholds: &thresholds(&[Passed]), ..SUCCEEDED }, 1, "failed: none of 10 requests succeeded"),
        (Facts { interrupted: true, thresholds: &thresholds(&[Passed]), ..SUCCEEDED }, 130, "interrupted: it was stopped before its end"),
        (Facts { begun: 0, succeeded: 0, ..SUCCEEDED }, 3, "broken: no request was begun"),
        (Facts { begun: 0, succeeded: 0, broken: &lost, ..SUCCEEDED }, 3, &format!("broken: {}; no request was counted", lost[0])),
        (Facts { broken: &lost, thresholds: &thresholds(&[Passed]), ..SUCCEEDED }, 3, &format!("broken: {}", lost[0])),
    ] {
        assert_eq!(conclude(facts), (code, text.to_owned()), "{facts:?}");
    }
}

#[test]
fn exit_codes_of_verdicts_take_precedence_in_the_order_3_130_1_0() {
    let (lost, failed, held) = (["it broke".to_owned()], judged(&[Status::Failed]), judged(&[Status::Passed]));
    for broken in [&[][..], &lost] {
        for interrupted in [false, true] {
            for thresholds in [&held, &failed] {
                for (begun, succeeded) in [(0, 0), (10, 0), (10, 5)] {
                    let facts = Facts { interrupted, broken, begun, succeeded, thresholds };
                    let expected = match () {
                        () if !broken.is_empty() || begun == 0 => 3,
                        () if interrupted => 130,
                        () if thresholds[0].has_failed() || succeeded == 0 => 1,
                        () => 0,
                    };
                    let conclusion = facts.conclude();
                    assert_eq!(conclusion.outcome.exit_code(), expected, "{facts:?}");
                    assert!(!conclusion.reasons.is_empty());
                }
            }
        }
    }
    let all = Facts { interrupted: true, broken: &lost, thresholds: &failed, begun: 10, succeeded: 0 }.conclude();
    let expected = ["it broke", "it was stopped before its end", "1 of 1 threshold failed", "none of 10 requests succeeded"];
    assert_eq!(all.reasons, expected, "the decisive reason comes first, and none is left out");
}

#[test]
fn skip_steps_that_succeeded_count() {
    let mut skipping = report();
    skipping.total.names.truncate(4);
    skipping.names.truncate(4);
    for stats in &mut skipping.total.names {
        stats.failures = stats.requests;
    }
    assert_eq!(Facts::of(&skipping).conclude().text(), "failed: none of 402 requests succeeded");
    skipping.total.names[2].skipped = 3;
    skipping.total.names[2].skipped_failures = 2;
    let facts = Facts::of(&skipping);
    assert_eq!((facts.begun, facts.succeeded, facts.conclude().outcome), (405, 1, Outcome::NoThresholds));
}

/// A report of each verdict.
fn reports() -> Vec<Report> {
    let mut all = vec![report(); 5];
    all[1].thresholds = judged(&[Status::Passed]);
    all[2].thresholds = judged(&[Status::Failed, Status::Passed]);
    all[3].run.interrupted = true;
    all[4].run.broken = vec!["shard 1 lost for good".to_owned()];
    all.iter_mut().for_each(|report| drop(report.conclude()));
    all
}

#[test]
fn all_outputs_have_the_same_verdict() {
    use Outcome::{Broken, Failed, Interrupted, NoThresholds, Passed};
    let outcomes = [NoThresholds, Passed, Failed, Interrupted, Broken];
    for (report, expected) in reports().into_iter().zip(outcomes) {
        assert_eq!(report.outcome, expected);
        let text = report.verdict();
        let written = |write: &dyn Fn(&mut Vec<u8>) -> std::io::Result<()>| {
            let mut out = Vec::new();
            write(&mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        let console = written(&|out| super::super::console::write(out, &report, super::super::TextStyle::default()));
        assert!(console.ends_with(&format!("\nVerdict: {text}\n")), "{console}");
        let markdown = written(&|out| super::super::markdown::write(&report, out));
        assert!(markdown.lines().next().unwrap().ends_with(&text), "{markdown}");
        let html = written(&|out| super::super::html::write(&report, out));
        assert!(html.contains(&format!("\"verdict\":\"{}\"", expected.key())) && html.contains(&format!("\"verdict_text\":\"{text}\"")));
        let json: serde_json::Value = serde_json::from_str(&written(&|out| report.to_json(out))).unwrap();
        assert_eq!((json["verdict"].as_str(), json["summary"]["verdict"].as_str()), (Some(expected.key()), Some(expected.key())));
        assert_eq!(json["reasons"], serde_json::json!(report.reasons));
        let junit = written(&|out| super::super::junit::write(&report, out));
        let case = junit.lines().find(|line| line.contains("classname=\"tpdata.verdict\"")).unwrap();
        let sign =
            ["<system-out>", "<system-out>", "<failure ", "<error ", "<error "][outcomes.iter().position(|o| *o == expected).unwrap()];
        assert!(case.contains(sign) && case.contains(&text), "{case}");
    }
}
