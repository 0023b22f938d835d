//! Prints the end of a test on the terminal: requests, percentiles, failures.

use std::io;

use anstyle::{AnsiColor, Style};

use super::figures::{NONE, clock, count, failures_listed, ms, ms_if, percent, rate, waited};
use super::{Outcome, Report, Table, TextStyle, shown};
use crate::thresholds::Status;
use ltc_engine::stats::{Durations, PERCENTILE_NAMES, RowKind, RowStats};

/// The most kinds of failure that are listed. The JSON report has all.
const FAILURES_SHOWN: usize = 20;

/// The most kinds of further reasons that are named.
const FURTHER_SHOWN: usize = 5;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// Writes the tables of a finished test.
pub(crate) fn write(out: &mut dyn io::Write, report: &Report, text_style: TextStyle) -> io::Result<()> {
    heading(out, report, text_style)?;
    let total = report.total.total(&report.names);
    print(out, &requests(report, &total), text_style)?;
    writeln!(out)?;
    if total.response.is_some() {
        let title = "Response times of successful requests, ms, from when each should have begun";
        writeln!(out, "{}", text_style.paint(BOLD, title))?;
        print(out, &percentiles(report, &total, RowStats::response), text_style)?;
        writeln!(out)?;
        writeln!(out, "{}", text_style.paint(BOLD, "Service times of successful requests, ms, from when each was sent"))?;
        print(out, &percentiles(report, &total, |stats| &stats.service), text_style)?;
    } else {
        writeln!(out, "{}", text_style.paint(BOLD, "Response times of successful requests, ms"))?;
        print(out, &percentiles(report, &total, RowStats::response), text_style)?;
    }
    connections(out, &total)?;
    apart(out, report)?;
    failures(out, report, text_style)?;
    thresholds(out, report, text_style)?;
    let warnings = report.warnings();
    if !warnings.is_empty() {
        writeln!(out)?;
    }
    for warning in warnings {
        writeln!(out, "{} {warning}", text_style.paint(YELLOW.bold(), "Note:"))?;
    }
    let style = match report.outcome {
        Outcome::Passed => GREEN.bold(),
        Outcome::Failed | Outcome::Broken => RED.bold(),
        Outcome::NoThresholds | Outcome::Interrupted => YELLOW.bold(),
    };
    writeln!(out, "\nVerdict: {}", text_style.paint(style, &report.verdict()))
}

fn print(out: &mut dyn io::Write, table: &Table, text_style: TextStyle) -> io::Result<()> {
    table.lines(text_style).iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn heading(out: &mut dyn io::Write, report: &Report, text_style: TextStyle) -> io::Result<()> {
    let run = &report.run;
    let mut parts = vec![run.test.clone()];
    if !run.env.is_empty() {
        parts.push(format!("env {}", run.env));
    }
    parts.push(clock(run.duration()));
    parts.extend(run.apis.iter().map(|api| format!("{} {}", api.name, api.version).trim_end().to_owned()));
    writeln!(out, "{}\n", text_style.paint(BOLD, &shown(&parts.join(" · "))))
}

/// The rows that have something to show, with their statistics.
fn ran(report: &Report) -> impl Iterator<Item = (String, RowKind, &RowStats)> {
    report
        .names
        .iter()
        .zip(&report.total.names)
        .filter(|(_, stats)| stats.tried() + stats.unfinished > 0)
        .map(|(name, stats)| (label(&name.name, name.kind), name.kind, stats))
}

fn label(name: &str, kind: RowKind) -> String {
    match kind {
        RowKind::Step | RowKind::Fail => name.to_owned(),
        RowKind::Group => format!("{name} (group)"),
    }
}

fn style_of(kind: RowKind, stats: &RowStats) -> Style {
    match kind {
        _ if stats.failures > 0 => RED,
        RowKind::Group => DIM,
        RowKind::Step | RowKind::Fail => Style::new(),
    }
}

fn requests(report: &Report, total: &RowStats) -> Table {
    // Columns that few runs need are shown only if a run has values for them.
    let (failed, unfinished) = (!total.failed.is_empty(), total.unfinished > 0);
    let mut heads = vec!["Step", "requests", "failures", "", "rps", "avg ms", "min", "max"];
    heads.extend(failed.then_some("failed after"));
    heads.extend(unfinished.then_some(["unfinished", "longest"]).into_iter().flatten());
    let mut table = Table::new(heads);
    let seconds = report.run.duration().as_secs_f64();
    let cells = |name: String, stats: &RowStats| {
        let times = stats.response();
        let timed = !times.is_empty();
        let mut cells = vec![
            name,
            count(stats.requests),
            count(stats.failures),
            percent(stats.failures, stats.tried()),
            rate(if seconds > 0.0 { stats.requests as f64 / seconds } else { 0.0 }),
            ms_if(timed, times.mean_us()),
            ms_if(timed, times.min_us() as f64),
            ms_if(timed, times.max_us() as f64),
        ];
        if failed {
            cells.push(ms_if(!stats.failed.is_empty(), stats.failed.mean_us()));
        }
        if unfinished {
            let longest = if stats.unfinished > 0 { waited(stats.unfinished_longest_us) } else { NONE.to_owned() };
            cells.extend([count(stats.unfinished), longest]);
        }
        cells
    };
    for (name, kind, stats) in ran(report) {
        table.row(style_of(kind, stats), cells(name, stats));
    }
    table.rule();
    table.row(BOLD, cells("Total".into(), total));
    table
}

fn percentiles(report: &Report, total: &RowStats, of: fn(&RowStats) -> &Durations) -> Table {
    let head = PERCENTILE_NAMES.iter().map(|name| format!("p{name}"));
    let mut table = Table::new(std::iter::once("Step".to_owned()).chain(head));
    let cells = |name: String, times: &Durations| {
        let figures = times.percentiles_us().map(|us| ms_if(!times.is_empty(), us as f64));
        std::iter::once(name).chain(figures).collect::<Vec<_>>()
    };
    for (name, kind, stats) in ran(report) {
        let style = if kind == RowKind::Group { DIM } else { Style::new() };
        table.row(style, cells(name, of(stats)));
    }
    table.rule();
    table.row(BOLD, cells("Total".into(), of(total)));
    table
}

/// Writes the number of opened connections, and the average time of each phase of a request.
fn connections(out: &mut dyn io::Write, total: &RowStats) -> io::Result<()> {
    if total.opened + total.reused == 0 {
        return Ok(());
    }
    let phases = [("dns", &total.dns), ("connect", &total.connect), ("tls", &total.tls), ("first byte", &total.first_byte)];
    let phases: Vec<_> =
        phases.into_iter().filter(|(_, took)| took.sum_us > 0).map(|(name, took)| format!("{name} {}", ms(took.mean_us()))).collect();
    let phases = if phases.is_empty() { String::new() } else { format!("; on average, ms: {}", phases.join(", ")) };
    let more = [(total.resends, "requests sent again on a new one"), (total.redirects, "redirects followed")];
    let more: String = more.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!(", {} {what}", count(*number))).collect();
    writeln!(out, "\nConnections: {} opened, {} reused{more}{phases}", count(total.opened), count(total.reused))
}

/// Writes the counts that are separate from the requests.
fn apart(out: &mut dyn io::Write, report: &Report) -> io::Result<()> {
    let mut lines = Vec::new();
    for (name, stats) in report.names.iter().zip(&report.total.names) {
        if stats.skipped > 0 {
            let failed = match stats.skipped_failures {
                0 => String::new(),
                n => format!(", {} failed", count(n)),
            };
            lines.push(format!("  {}: {} skipped{failed}", shown(&name.name), count(stats.skipped)));
        }
        if stats.retried > 0 {
            lines.push(format!("  {}: {} retried", shown(&name.name), count(stats.retried)));
        }
    }
    for (what, stats) in report.setup.parts() {
        if stats.tried() > 0 {
            let failed = if stats.failures > 0 { format!(", {} failed", count(stats.failures)) } else { String::new() };
            let requests = if stats.requests == 1 { "request" } else { "requests" };
            lines.push(format!("  {what}: {} {requests}{failed}", count(stats.requests)));
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nNot among the requests")?;
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))
}

fn failures(out: &mut dyn io::Write, report: &Report, text_style: TextStyle) -> io::Result<()> {
    let failures = &report.total.failures;
    if failures.is_empty() {
        return Ok(());
    }
    let classes: Vec<_> = failures.by_class().into_iter().map(|(class, n)| format!("{class} {}", count(n))).collect();
    let title = format!("Failures: {} ({})", failures_listed(report), classes.join(", "));
    writeln!(out, "\n{}", text_style.paint(RED.bold(), &title))?;
    let all = failures.by_count();
    for (key, found) in all.iter().take(FAILURES_SHOWN) {
        let mut parts = vec![shown(report.name(key.name)), key.class.to_string()];
        if !key.kind.is_empty() {
            parts.push(key.kind.to_string());
        }
        let place = report.place(key.place);
        let place = if place.is_empty() { String::new() } else { format!("  {place}") };
        writeln!(out, "  {:>7}  {}{}", count(found.count), parts.join(" · "), text_style.paint(DIM, &place))?;
        if let Some(example) = found.examples.first() {
            let further = example.reasons.len().saturating_sub(1);
            let further = if further > 0 {
                format!(", and {further} more {}", if further == 1 { "reason" } else { "reasons" })
            } else {
                String::new()
            };
            let message = shown(example.message.lines().next().unwrap_or_default());
            let at = clock(std::time::Duration::from_micros(example.at_us));
            let text = format!("{message}{further} (user {}, {at})", example.user);
            writeln!(out, "           {}", text_style.paint(DIM, &text))?;
        }
    }
    let reasons = failures.further_reasons();
    if !reasons.is_empty() {
        let listed: Vec<String> = reasons
            .iter()
            .take(FURTHER_SHOWN)
            .map(|(key, number)| format!("{} × {} · {}", count(*number), shown(report.name(key.name)), key.class))
            .collect();
        writeln!(out, "  Further reasons of the same failures: {}", listed.join(", "))?;
    }
    let more = all.len().saturating_sub(FAILURES_SHOWN);
    if more > 0 {
        writeln!(out, "  and {more} more kinds; --json FILE writes all of them")?;
    }
    if failures.other() > 0 {
        writeln!(out, "  {:>7}  of further kinds, counted together", count(failures.other()))?;
    }
    Ok(())
}

fn thresholds(out: &mut dyn io::Write, report: &Report, text_style: TextStyle) -> io::Result<()> {
    if report.thresholds.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", text_style.paint(BOLD, "Thresholds"))?;
    for verdict in &report.thresholds {
        let (sign, style) = match verdict.outcome {
            Status::Passed => ("✓", GREEN),
            Status::Failed => ("✗", RED.bold()),
            Status::NotJudged => ("–", YELLOW),
        };
        let detail = if verdict.detail.is_empty() { String::new() } else { format!(" ({})", verdict.detail) };
        let text = format!("{sign} {}", verdict.text);
        writeln!(out, "  {}  {}{}", text_style.paint(style, &text), verdict.actual_text(), text_style.paint(DIM, &detail))?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "console_tests.rs"]
mod tests;
