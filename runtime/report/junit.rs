//! `--junit FILE`: thresholds and steps as test cases, for CI systems that show them.
//!
//! A test case fails for the same reasons as the exit code: a threshold that failed, and the steps that it is about. The output of a step
//! mentions its failed requests, but only thresholds decide how many are too many.

use std::fmt::Write as _;
use std::io;

use super::figures::{count, ms_if, percent, waited};
use super::{Outcome, Report, ms};
use crate::thresholds::{Status, Verdict};
use ltc_engine::stats::{RowKind, RowStats};

/// Writes the file.
pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let thresholds: Vec<Case> = report.thresholds.iter().map(|verdict| Case::threshold(report, verdict)).collect();
    let lines = report.names.iter().zip(&report.total.names).filter(|(name, stats)| name.kind != RowKind::Fail || !stats.is_empty());
    let steps: Vec<Case> = lines.map(|(name, stats)| Case::step(report, &name.name, name.kind, stats)).collect();
    let seconds = report.run.duration().as_secs_f64();
    let verdict = [Case::verdict(report)];
    let all = || verdict.iter().chain(&thresholds).chain(&steps);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string can't fail.
    let _ = writeln!(text, "<testsuites name=\"{}\" {} time=\"{seconds:.3}\">", xml(&report.run.test), counts(all()));
    for (name, cases) in [("verdict", &verdict[..]), ("thresholds", &thresholds), ("steps", &steps)] {
        if !cases.is_empty() {
            suite(&mut text, report, name, cases);
        }
    }
    text.push_str("</testsuites>\n");
    out.write_all(text.as_bytes())
}

fn suite(text: &mut String, report: &Report, name: &str, cases: &[Case]) {
    let run = &report.run;
    let started = run.started_at.trim_end_matches('Z').split('.').next().unwrap_or_default();
    let _ = writeln!(
        text,
        "  <testsuite name=\"{name}\" {} time=\"{:.3}\" timestamp=\"{}\" hostname=\"{}\">",
        counts(cases.iter()),
        run.duration().as_secs_f64(),
        xml(started),
        xml(&run.hostname)
    );
    for case in cases {
        let head =
            format!("    <testcase classname=\"{}.{name}\" name=\"{}\" time=\"{:.6}\"", xml(&run.test), xml(&case.name), case.seconds);
        let _ = match &case.state {
            CaseResult::Passed if case.output.is_empty() => writeln!(text, "{head}/>"),
            CaseResult::Passed => writeln!(text, "{head}><system-out>{}</system-out></testcase>", xml(&case.output)),
            CaseResult::Failed(why) => {
                writeln!(text, "{head}><failure message=\"{}\">{}</failure></testcase>", xml(why), xml(&case.output))
            }
            CaseResult::Broken(why) => writeln!(text, "{head}><error message=\"{}\">{}</error></testcase>", xml(why), xml(&case.output)),
            CaseResult::Skipped(why) => writeln!(text, "{head}><skipped message=\"{}\"/></testcase>", xml(why)),
        };
    }
    let warnings = report.warnings();
    if !warnings.is_empty() {
        let _ = writeln!(text, "    <system-out>{}</system-out>", xml(&warnings.join("\n")));
    }
    text.push_str("  </testsuite>\n");
}

fn counts<'a>(cases: impl Iterator<Item = &'a Case>) -> String {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        failures += u64::from(matches!(case.state, CaseResult::Failed(_)));
        errors += u64::from(matches!(case.state, CaseResult::Broken(_)));
        skipped += u64::from(matches!(case.state, CaseResult::Skipped(_)));
    }
    format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
}

struct Case {
    name: String,
    seconds: f64,
    state: CaseResult,
    output: String,
}

enum CaseResult {
    Passed,
    Failed(String),
    Broken(String),
    Skipped(String),
}

impl Case {
    /// The run as a whole. It is a failure if the exit code isn't 0.
    fn verdict(report: &Report) -> Self {
        let text = report.verdict();
        let (state, output) = match report.outcome {
            Outcome::Passed | Outcome::NoThresholds => (CaseResult::Passed, text),
            Outcome::Failed => (CaseResult::Failed(text), report.reasons.join("\n")),
            Outcome::Interrupted | Outcome::Broken => (CaseResult::Broken(text), report.reasons.join("\n")),
        };
        Self { name: report.run.test.clone(), seconds: report.run.duration().as_secs_f64(), state, output }
    }

    fn threshold(report: &Report, verdict: &Verdict) -> Self {
        let measured = format!("measured {}, the limit is {}", verdict.actual_text(), verdict.limit_text());
        let state = match verdict.outcome {
            Status::Passed => CaseResult::Passed,
            Status::Failed => CaseResult::Failed(measured.clone()),
            Status::NotJudged => CaseResult::Skipped(verdict.detail.clone()),
        };
        let output = [measured, verdict.detail.clone(), verdict.place.clone()].into_iter().filter(|part| !part.is_empty());
        Self {
            name: verdict.text.clone(),
            seconds: report.run.duration().as_secs_f64(),
            state,
            output: output.collect::<Vec<_>>().join("\n"),
        }
    }

    fn step(report: &Report, name: &str, kind: RowKind, stats: &RowStats) -> Self {
        let broken: Vec<&Verdict> = report.thresholds.iter().filter(|verdict| verdict.has_failed() && verdict.subject == name).collect();
        let times = stats.response();
        let timed = !times.is_empty();
        let [p50, p95, p99, max] = [0.5, 0.95, 0.99, 1.0].map(|quantile| ms_if(timed, times.quantile_us(quantile) as f64));
        let what = if kind == RowKind::Group { "iterations" } else { "requests" };
        let mut output = format!(
            "{} {what}, {} failed ({}); ms of successful ones: p50 {p50}, p95 {p95}, p99 {p99}, max {max}",
            count(stats.requests),
            count(stats.failures),
            percent(stats.failures, stats.tried()),
        );
        if !stats.failed.is_empty() {
            let _ = write!(output, "\nfailed after, on average: {} ms", ms(stats.failed.mean_us()));
        }
        if stats.unfinished > 0 {
            let _ = write!(output, "\n{} unfinished, the longest waited {}", count(stats.unfinished), waited(stats.unfinished_longest_us));
        }
        if stats.resends > 0 {
            let _ = write!(output, "\n{} sent again on a new connection", count(stats.resends));
        }
        for (key, found) in report.total.failures.by_count().into_iter().filter(|(key, _)| report.name(key.name) == name).take(5) {
            let message = found.examples.first().map(|example| example.message.as_str()).unwrap_or_default();
            let kind = if key.kind.is_empty() { String::new() } else { format!(" {}", key.kind) };
            let _ = write!(output, "\n{} × {}{kind} {}: {message}", count(found.count), key.class, report.place(key.place));
        }
        let state = match broken.first() {
            Some(_) => CaseResult::Failed(broken.iter().map(|verdict| verdict.text.as_str()).collect::<Vec<_>>().join("; ")),
            None if stats.is_empty() => CaseResult::Skipped("the step never ran".to_owned()),
            None => CaseResult::Passed,
        };
        Self { name: name.to_owned(), seconds: times.mean_us() / 1e6, state, output }
    }
}

/// Text for an element or an attribute, without the characters that XML 1.0 doesn't allow.
fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' => safe.push_str("&#10;"),
            '\t' => safe.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::sample::{report, verdict};
    use super::*;

    #[test]
    fn thresholds_and_steps_are_cases() {
        let mut report = report();
        report.thresholds = ["failures < 2%", "Checkout.p95 < 1s", "p99 < baseline"].map(|text| verdict(&report, text)).into();
        report.conclude();
        let mut out = Vec::new();
        write(&report, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text.matches("    <system-out>2 requests had no response yet when their users were stopped").count(),
            3,
            "in each suite"
        );
        let mut lines: Vec<_> = text.lines().filter(|line| !line.starts_with("    <system-out>")).collect();
        assert_eq!(lines[1], "<testsuites name=\"tpdata\" tests=\"9\" failures=\"3\" errors=\"0\" skipped=\"2\" time=\"10.000\">");
        let suite: Vec<_> = lines.drain(2..5).collect();
        assert!(
            suite[0].starts_with("  <testsuite name=\"verdict\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\""),
            "{}",
            suite[0]
        );
        assert_eq!(
            suite[1],
            "    <testcase classname=\"tpdata.verdict\" name=\"tpdata\" time=\"10.000000\"><failure message=\"failed: 1 of 3 thresholds failed\">1 of 3 thresholds failed</failure></testcase>"
        );
        assert_eq!(
            lines[2],
            "  <testsuite name=\"thresholds\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"10.000\" timestamp=\"2026-11-23T13:00:00\" hostname=\"lab\">"
        );
        assert_eq!(
            lines[3],
            "    <testcase classname=\"tpdata.thresholds\" name=\"failures &lt; 2%\" time=\"10.000000\"><system-out>measured 1%, the limit is &lt; 2%&#10;x.yml</system-out></testcase>"
        );
        assert!(lines[4].contains("<failure message=\"measured 1912 ms, the limit is &lt; 1000 ms\">"), "{}", lines[4]);
        assert!(lines[5].contains("<skipped message=\"no earlier run was given: --baseline FILE\"/>"), "{}", lines[5]);
        let case = |name: &str| *lines.iter().find(|line| line.contains(&format!("name=\"{name}\""))).unwrap();
        let create = case("Checkout / Create");
        assert!(create.contains("time=\"0.005153\"") || create.contains("time=\"0.005154\""), "{create}");
        assert!(create.contains("4 × status got 503 specs/tpdata.lt:14:5: expected status 201, got 503"), "{create}");
        assert!(create.contains("&#10;failed after, on average: 0.153 ms&#10;"), "{create}");
        assert!(case("Checkout / Pay").contains("&#10;2 unfinished, the longest waited 3.4 s"), "{}", case("Checkout / Pay"));
        assert!(case("Never").contains("<skipped message=\"the step never ran\"/>"));
        assert!(case("Checkout").contains("<failure message=\"Checkout.p95 &lt; 1s\">"));
        assert!(text.ends_with("  </testsuite>\n</testsuites>\n"));
        assert!(!text.contains("saturated"));
    }

    #[test]
    fn warnings_about_the_measurement_are_in_the_junit_file() {
        let mut report = report();
        report.run.saturated = Some("97% of its processors in use".into());
        let mut out = Vec::new();
        write(&report, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("    <system-out>the load generator itself was saturated (97% of its processors in use)"), "{text}");
    }

    #[test]
    fn text_of_servers_is_escaped_in_the_junit_file() {
        assert_eq!(xml("a\u{1b}[0m & <b>\n\"\u{0}"), "a\u{fffd}[0m &amp; &lt;b&gt;&#10;&quot;\u{fffd}");
    }
}
