//! `--summary-md FILE`: the verdict and the figures behind it, short enough for a pull request's comment or a CI's summary page.

use std::io;

use super::figures::{clock, count, failures_listed, ms_if, percent, rate, waited};
use super::{Outcome, Report, RunInfo, shown};
use crate::thresholds::Status;
use ltc_engine::stats::{RowKind, RowStats};

/// The most steps. A comment has room for a few thousand words.
const STEPS: usize = 50;
/// The most kinds of failure.
const KINDS: usize = 10;
/// The longest message, in characters.
const MESSAGE: usize = 200;

/// Writes the summary.
pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let sign = match report.outcome {
        Outcome::Passed => "✅",
        Outcome::Failed | Outcome::Broken => "❌",
        Outcome::NoThresholds => "➖",
        Outcome::Interrupted => "⚠️",
    };
    writeln!(out, "### Load test {}: {sign} {}\n\n{}\n", safe(&report.run.test), safe(&report.verdict()), facts(&report.run))?;
    for warning in report.warnings() {
        writeln!(out, "> ⚠️ {}\n", safe(&warning))?;
    }
    thresholds(report, out)?;
    steps(report, out)?;
    failures(report, out)
}

fn facts(run: &RunInfo) -> String {
    let mut parts = Vec::new();
    if !run.env.is_empty() {
        parts.push(format!("environment **{}**", safe(&run.env)));
    }
    parts.push(clock(run.duration()));
    parts.extend(run.apis.iter().map(|api| safe(format!("{} {}", api.name, api.version).trim_end())));
    parts.push(format!("seed {}", run.seed));
    parts.push(safe(&run.started_at));
    parts.join(" · ")
}

fn thresholds(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    if report.thresholds.is_empty() {
        return Ok(());
    }
    writeln!(out, "| | Threshold | Measured | |\n|---|---|---:|---|")?;
    for verdict in &report.thresholds {
        let sign = match verdict.outcome {
            Status::Passed => "✅",
            Status::Failed => "❌",
            Status::NotJudged => "➖",
        };
        writeln!(out, "| {sign} | `{}` | {} | {} |", code(&verdict.text), verdict.actual_text(), safe(&verdict.detail))?;
    }
    writeln!(out)
}

fn steps(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let seconds = report.run.duration().as_secs_f64();
    let total = report.total.total(&report.names);
    let (failing, unfinished) = (!total.failed.is_empty(), total.unfinished > 0);
    let more = [failing.then_some("failed after"), unfinished.then_some("unfinished")];
    let more: Vec<&str> = more.into_iter().flatten().collect();
    let heads: String = more.iter().map(|head| format!(" {head} |")).collect();
    writeln!(out, "Response times are of successful requests, in milliseconds.\n")?;
    writeln!(out, "| Step | Requests | Failed | rps | p50 | p95 | p99 | max |{heads}")?;
    writeln!(out, "|---|---:|---:|---:|---:|---:|---:|---:|{}", "---:|".repeat(more.len()))?;
    let mut row = |name: &str, stats: &RowStats, bold: &str| {
        let times = stats.response();
        let timed = !times.is_empty();
        let [p50, p95, p99, max] = [0.5, 0.95, 0.99, 1.0].map(|quantile| ms_if(timed, times.quantile_us(quantile) as f64));
        let rps = rate(if seconds > 0.0 { stats.requests as f64 / seconds } else { 0.0 });
        let failed = if stats.failures == 0 {
            "0".to_owned()
        } else {
            format!("**{}** ({})", count(stats.failures), percent(stats.failures, stats.tried()))
        };
        let requests = count(stats.requests);
        write!(out, "| {bold}{name}{bold} | {requests} | {failed} | {rps} | {p50} | {p95} | {p99} | {max} |")?;
        if failing {
            write!(out, " {} |", ms_if(!stats.failed.is_empty(), stats.failed.mean_us()))?;
        }
        match (unfinished, stats.unfinished) {
            (false, _) => {}
            (true, 0) => write!(out, " 0 |")?,
            (true, number) => write!(out, " {}, up to {} |", count(number), waited(stats.unfinished_longest_us))?,
        }
        writeln!(out)
    };
    let ran: Vec<_> = report.names.iter().zip(&report.total.names).filter(|(_, stats)| stats.tried() + stats.unfinished > 0).collect();
    for (name, stats) in ran.iter().take(STEPS) {
        let group = if name.kind == RowKind::Group { " (group)" } else { "" };
        row(&format!("{}{group}", safe(&name.name)), stats, "")?;
    }
    row("Total", &total, "**")?;
    if ran.len() > STEPS {
        writeln!(out, "\n{} of {} steps; the HTML and JSON reports have all.", STEPS, ran.len())?;
    }
    writeln!(out)
}

fn failures(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let all = report.total.failures.by_count();
    if all.is_empty() {
        return Ok(());
    }
    let total = failures_listed(report);
    writeln!(
        out,
        "<details><summary>Failures: {total}, {}</summary>\n",
        if all.len() == 1 { "of one kind".to_owned() } else { format!("of {} kinds", all.len()) }
    )?;
    for (key, found) in all.iter().take(KINDS) {
        let place = report.place(key.place);
        let kind = if key.kind.is_empty() { key.class.to_string() } else { format!("{} · {}", key.class, safe(&key.kind)) };
        let place = if place.is_empty() { String::new() } else { format!(" `{}`", code(place)) };
        writeln!(out, "- **{}** × {} · {}{place}", count(found.count), safe(report.name(key.name)), kind)?;
        if let Some(example) = found.examples.first() {
            let line: String = example.message.lines().next().unwrap_or_default().chars().take(MESSAGE).collect();
            writeln!(out, "  {}", safe(&line))?;
        }
    }
    writeln!(out, "\n</details>")
}

/// Text without markup, on one line, for a table's cell.
fn safe(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in shown(text).chars() {
        match c {
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '&' => plain.push_str("&amp;"),
            // `@name` would notify a person.
            '@' => plain.push_str("&#64;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '~' | '#' => plain.extend(['\\', c]),
            c => plain.push(c),
        }
    }
    plain
}

/// Text in backticks, for a table's cell.
fn code(text: &str) -> String {
    shown(text).replace('`', " ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::super::sample::{report, verdict};
    use super::*;

    #[test]
    fn summary_of_a_whole_report_matches_the_golden_file() {
        let mut report = report();
        report.thresholds = ["failures < 2%", "Checkout.p95 < 1s"].map(|text| verdict(&report, text)).into();
        report.run.notes.push("3 of 4 shards".into());
        report.conclude();
        let mut out = Vec::new();
        write(&report, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, include_str!("golden/summary.md"), "\n{text}");
    }

    #[test]
    fn text_of_servers_is_no_markup_in_the_summary() {
        assert_eq!(safe("<img> @team [x](y) `a|b`\n"), "&lt;img&gt; &#64;team \\[x\\](y) \\`a\\|b\\`\\\\n");
        assert_eq!(code("a`|b"), "a \\|b");
    }

    #[test]
    fn a_thousand_steps_fit_a_comment() {
        let mut report = report();
        report.names = (0..1000).map(|n| ltc_engine::stats::ReportRow::step(format!("Step {n}"), "GET")).collect();
        report.total.names = vec![report.total.names[0].clone(); 1000];
        let mut out = Vec::new();
        write(&report, &mut out).unwrap();
        assert!(out.len() < 10_000, "{}", out.len());
        assert!(String::from_utf8(out).unwrap().contains("50 of 1000 steps"));
    }
}
