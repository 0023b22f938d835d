//! Prints a comparison on the terminal.

use std::io;

use anstyle::{AnsiColor, Style};

use super::{Change, ChangeKind, Comparison};
use crate::report::{Outcome, Report, Table, TextStyle, clock, ms, rate};

const RED: Style = AnsiColor::Red.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Writes what changed: a table of all figures, then the worse and better ones in words.
pub(crate) fn write(out: &mut dyn io::Write, base: &Report, new: &Report, comparison: &Comparison, look: TextStyle) -> io::Result<()> {
    for (name, report) in [("base", base), ("new", new)] {
        let run = &report.run;
        let requests = crate::report::count(report.total.total(&report.names).requests);
        let (lasted, verdict) = (clock(run.duration()), report.outcome.word());
        writeln!(out, "{name:<5} {} · env {} · {} · {lasted} · {requests} requests · {verdict}", run.test, run.env, run.started_at)?;
    }
    for difference in &comparison.differences {
        writeln!(out, "{} {difference}", look.paint(YELLOW, "differs:"))?;
    }
    writeln!(out)?;
    let heads = comparison.lines.first().map(|line| line.changes.iter().map(|change| change.figure.clone())).into_iter().flatten();
    let mut table = Table::new(std::iter::once("Step".to_owned()).chain(heads));
    let (total, lines) = comparison.lines.split_last().map_or((None, &[][..]), |(total, lines)| (Some(total), lines));
    let cells =
        |line: &super::ComparedRow| -> Vec<String> { std::iter::once(line.name.clone()).chain(line.changes.iter().map(cell)).collect() };
    for line in lines {
        let has = |kind| line.changes.iter().any(|change| change.kind == kind);
        let style = if has(ChangeKind::Worse) { AnsiColor::Red.on_default() } else { Style::new() };
        table.row(style, cells(line));
    }
    table.rule();
    if let Some(total) = total {
        table.row(BOLD, cells(total));
    }
    table.lines(look).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    writeln!(out, "\n{}", look.paint(DIM, "Times are of successful requests."))?;
    let has_doubt = comparison.lines.iter().flat_map(|line| &line.changes).any(|change| change.kind == ChangeKind::Doubtful);
    let doubt = if has_doubt { "  ! better, but failures rose" } else { "" };
    writeln!(out, "{}", look.paint(DIM, &format!("✗ worse  ✓ better{doubt}  ? more than the tolerance, but it may be chance")))?;
    let lists = [
        (ChangeKind::Worse, "Worse", RED),
        (ChangeKind::Better, "Better", GREEN),
        (ChangeKind::Doubtful, "Better, but failures rose: who answers less is faster", YELLOW),
    ];
    for (kind, title, style) in lists {
        let found: Vec<(&str, &Change)> = comparison
            .lines
            .iter()
            .flat_map(|line| line.changes.iter().map(move |change| (line.name.as_str(), change)))
            .filter(|(_, change)| change.kind == kind)
            .collect();
        if !found.is_empty() {
            writeln!(out, "\n{}", look.paint(style, title))?;
        }
        for (name, change) in found {
            let at_least = change.at_least.map_or_else(String::new, |least| format!(", at least {}", signed(least)));
            let relative = change.relative().map_or_else(|| "from none".to_owned(), signed);
            let (was, is) = (figure(change, change.base), figure(change, change.new));
            writeln!(out, "  {name}: {} {was} → {is} ({relative}{at_least})", change.figure)?;
        }
    }
    for (names, what) in [(&comparison.gone, "Only in base"), (&comparison.added, "Only in new")] {
        if !names.is_empty() {
            writeln!(out, "\n{what}: {}", names.join(", "))?;
        }
    }
    let verdict = if comparison.is_worse() { look.paint(RED, "worse") } else { look.paint(GREEN, "not worse") };
    if new.outcome == Outcome::Broken {
        return writeln!(
            out,
            "\nThe new run is {}: no comparison says anything of the system under test.",
            look.paint(RED, &new.verdict())
        );
    }
    let tolerance = percent(comparison.tolerance);
    writeln!(out, "\nThe new run is {verdict} by more than {} %.", tolerance.trim_end_matches('%'))
}

fn cell(change: &Change) -> String {
    let mark = match change.kind {
        ChangeKind::Worse => " ✗",
        ChangeKind::Better => " ✓",
        ChangeKind::Unclear => " ?",
        ChangeKind::Doubtful => " !",
        ChangeKind::Same | ChangeKind::None => "",
    };
    let text = match change.relative() {
        // A share of failures says more than the percentage by which it grew.
        _ if change.figure == "failures" && change.base == change.new => figure(change, change.new),
        _ if change.figure == "failures" => format!("{} → {}", figure(change, change.base), figure(change, change.new)),
        Some(relative) => signed(relative),
        None if change.base.is_none() && change.new.is_some() => "new".to_owned(),
        None => "–".to_owned(),
    };
    format!("{text}{mark}")
}

fn figure(change: &Change, value: Option<f64>) -> String {
    let Some(value) = value else { return "–".to_owned() };
    match change.figure.as_str() {
        "rps" => rate(value),
        "failures" => percent(value),
        _ => format!("{} ms", ms(value)),
    }
}

fn percent(share: f64) -> String {
    let text = format!("{:.2}", share * 100.0);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}%")
}

fn signed(share: f64) -> String {
    format!("{:+.1}%", share * 100.0)
}
