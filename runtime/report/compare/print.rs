//! A comparison on the terminal.

use std::io;

use anstyle::{AnsiColor, Style};

use super::{Change, Comparison, Judgement};
use crate::report::{Look, Report, Table, clock, ms, rate};

const RED: Style = AnsiColor::Red.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Writes what changed: a table of all figures, then what is worse and better in words.
pub fn write(out: &mut dyn io::Write, base: &Report, new: &Report, comparison: &Comparison, look: Look) -> io::Result<()> {
    for (name, report) in [("base", base), ("new", new)] {
        let run = &report.run;
        let requests = crate::report::count(report.total.total(&report.names).requests);
        writeln!(out, "{name:<5} {} · env {} · {} · {} · {requests} requests", run.test, run.env, run.started_at, clock(run.duration()))?;
    }
    writeln!(out)?;
    let heads = comparison.lines.first().map(|line| line.changes.iter().map(|change| change.figure.clone())).into_iter().flatten();
    let mut table = Table::new(std::iter::once("Step".to_owned()).chain(heads));
    let (total, lines) = comparison.lines.split_last().map_or((None, &[][..]), |(total, lines)| (Some(total), lines));
    let cells = |line: &super::Line| -> Vec<String> { std::iter::once(line.name.clone()).chain(line.changes.iter().map(cell)).collect() };
    for line in lines {
        let has = |judgement| line.changes.iter().any(|change| change.judgement == judgement);
        let style = if has(Judgement::Worse) { AnsiColor::Red.on_default() } else { Style::new() };
        table.row(style, cells(line));
    }
    table.rule();
    if let Some(total) = total {
        table.row(BOLD, cells(total));
    }
    table.lines(look).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    writeln!(out, "\n{}", look.paint(DIM, "✗ worse  ✓ better  ? more than the tolerance, but it may be chance"))?;
    for (judgement, title, style) in [(Judgement::Worse, "Worse", RED), (Judgement::Better, "Better", GREEN)] {
        let found: Vec<(&str, &Change)> = comparison
            .lines
            .iter()
            .flat_map(|line| line.changes.iter().map(move |change| (line.name.as_str(), change)))
            .filter(|(_, change)| change.judgement == judgement)
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
    writeln!(out, "\nThe new run is {verdict}, within {} of the base.", percent(comparison.tolerance))
}

fn cell(change: &Change) -> String {
    let mark = match change.judgement {
        Judgement::Worse => " ✗",
        Judgement::Better => " ✓",
        Judgement::Unclear => " ?",
        Judgement::Same | Judgement::None => "",
    };
    let text = match change.relative() {
        // A share of failures says more than by how much it grew.
        _ if change.figure == "failures" && change.base == change.new => percent(change.new),
        _ if change.figure == "failures" => format!("{} → {}", percent(change.base), percent(change.new)),
        Some(relative) => signed(relative),
        None if change.new == 0.0 => "–".to_owned(),
        None => "new".to_owned(),
    };
    format!("{text}{mark}")
}

fn figure(change: &Change, value: f64) -> String {
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
