//! Draws the state of a running test on a screen of any size.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize as _};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Cell, Clear, Paragraph, Row, Sparkline, Table};

use super::state::{Sort, State, Tick};
use crate::moment::{Line as Figures, Moment};
use crate::report::{clock, count, fit, percent, rate, short_ms};
use crate::thresholds::Outcome;
use ltc_engine::stats::NameKind;

/// From this width on there are more columns.
const WIDE: u16 = 100;
/// From this height on the charts and the log are higher.
const TALL: u16 = 32;

/// How narrow a column may be: figures that change should not make it jump.
const LEAST: usize = 6;

const DIM: Style = Style::new().add_modifier(Modifier::DIM);
const BAD: Style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
const GOOD: Style = Style::new().fg(Color::Green);
const ACCENT: Color = Color::Cyan;

const HELP: [(&str, &str); 9] = [
    ("s S  ← →", "sort by the next column, the one before"),
    ("r", "reverse the order"),
    ("↑ ↓  PgUp PgDn", "scroll the steps"),
    ("d u", "scroll the log"),
    ("space", "pause the view; the test goes on"),
    ("q", "stop the test gracefully (asks first)"),
    ("Ctrl-C", "stop it without asking; again: at once"),
    ("? h", "this help"),
    ("", "rates and percentiles are the last interval's"),
];

/// Draws all of it; `elapsed` is the time since the load began.
pub(super) fn draw(frame: &mut Frame<'_>, state: &mut State, elapsed: Duration) {
    let area = frame.area();
    let tall = area.height >= TALL;
    let charts = if area.height < 14 {
        0
    } else if tall {
        8
    } else {
        5
    };
    let judged = state.shown.as_ref().map_or(0, |moment| moment.thresholds.len());
    let thresholds = match judged {
        0 => 0,
        _ if area.height < 20 => 0,
        judged => (judged.min(if tall { 8 } else { 3 }) + 2) as u16,
    };
    let log = match state.log.entries().len() {
        0 => 0,
        _ if area.height < 18 => 0,
        entries => {
            (entries.min(if tall {
                10
            } else if thresholds > 0 {
                2
            } else {
                4
            }) + 2) as u16
        }
    };
    let shards = u16::from(state.about.fleet.is_some() && area.height >= 12);
    let rows = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(shards),
        Constraint::Length(charts),
        Constraint::Min(3),
        Constraint::Length(thresholds),
        Constraint::Length(log),
        Constraint::Length(1),
    ]);
    let [title, bar, shards, charts, steps, thresholds, log, keys] = rows.areas(area);
    draw_title(frame, title, state, elapsed);
    draw_bar(frame, bar, state, elapsed);
    draw_shards(frame, shards, state, elapsed);
    draw_charts(frame, charts, state);
    draw_steps(frame, steps, state);
    draw_thresholds(frame, thresholds, state);
    draw_log(frame, log, state);
    draw_keys(frame, keys, state);
    if state.help {
        let lines = HELP.map(|(key, what)| Line::from(vec![Span::from(format!(" {key:<16}")).bold(), Span::from(what)])).to_vec();
        popup(frame, " Keys ", lines, 66);
    } else if state.asking {
        let question = vec![
            Line::from(" Stop the test? Users finish the turn they are in,"),
            Line::from(" and the results so far are reported."),
            Line::default(),
            Line::from(vec![" y ".bold().reversed(), " stop    ".into(), " n ".bold().reversed(), " go on".into()]),
        ];
        popup(frame, " Stop ", question, 54);
    }
}

fn draw_title(frame: &mut Frame<'_>, area: Rect, state: &State, elapsed: Duration) {
    let run = &state.about.run;
    let (word, style) = if state.stopping {
        ("stopping", BAD)
    } else if state.paused {
        ("view paused", Style::new().fg(Color::Yellow).bold())
    } else if elapsed.is_zero() {
        ("starting", DIM)
    } else {
        ("running", GOOD.bold())
    };
    let time = match state.about.planned {
        Some(planned) => format!("{} / {}", clock(elapsed.min(planned)), clock(planned)),
        None => clock(elapsed),
    };
    let right = Line::from(vec![Span::from(time), Span::from("  "), Span::styled(word, style), Span::from(" ")]);
    let room = usize::from(area.width).saturating_sub(right.width() + 2);
    let versions = state.about.versions();
    let parts = [run.test.as_str(), &run.env, &versions];
    let left = parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" · ");
    frame.render_widget(Line::from(format!(" {}", fit(&left, room))).bold(), area);
    frame.render_widget(Paragraph::new(right).alignment(Alignment::Right), area);
}

/// How much of the planned time is over.
fn draw_bar(frame: &mut Frame<'_>, area: Rect, state: &State, elapsed: Duration) {
    let width = usize::from(area.width).saturating_sub(2);
    let share = state.about.planned.map_or(0.0, |planned| elapsed.as_secs_f64() / planned.as_secs_f64().max(0.001)).min(1.0);
    let done = (share * width as f64).round() as usize;
    let bar = Line::from(vec![
        Span::from(" "),
        Span::styled("━".repeat(done), Style::new().fg(ACCENT)),
        Span::styled("─".repeat(width.saturating_sub(done)), DIM),
    ]);
    frame.render_widget(bar, area);
}

/// A block a shard, and in which interval they are.
fn draw_shards(frame: &mut Frame<'_>, area: Rect, state: &State, elapsed: Duration) {
    let Some(fleet) = state.about.fleet.filter(|_| area.height > 0) else { return };
    let told = state.shown.as_ref().map_or(&[][..], |moment| &moment.shards);
    let alive = told.iter().filter(|shard| shard.is_some()).count();
    let mut words = match told.is_empty() {
        true => format!("  {} shards starting", fleet.shards),
        false => format!("  {alive} of {} shards reporting", told.len()),
    };
    if fleet.interval.is_some() {
        let of = fleet.intervals.map(|intervals| format!(" of {intervals}")).unwrap_or_default();
        words.push_str(&format!(" · interval {}{of}", fleet.interval_at(elapsed)));
    }
    let room = usize::from(area.width).saturating_sub(words.chars().count() + 3);
    let mut spans = vec![Span::from(" ")];
    // Of more shards than there is room for, those that are silent are shown first.
    let mut blocks: Vec<bool> = told.iter().map(Option::is_some).collect();
    if blocks.len() > room {
        blocks.sort_unstable();
        blocks.truncate(room);
    }
    spans.extend(blocks.into_iter().map(|alive| if alive { Span::styled("■", GOOD) } else { Span::styled("□", BAD) }));
    spans.push(Span::styled(words, if alive < told.len() { BAD } else { DIM }));
    frame.render_widget(Line::from(spans), area);
}

/// A small chart: its title, its figure, its colour, and what it is drawn of.
type SmallChart = (&'static str, String, Style, fn(&Tick) -> u64);

fn draw_charts(frame: &mut Frame<'_>, area: Rect, state: &State) {
    if area.height < 3 {
        return;
    }
    let now = state.shown.as_deref();
    let total = now.map(|moment| &moment.total);
    let users = match now {
        None => "–".to_owned(),
        // Arrivals plan no users; at the end nobody does.
        Some(moment) if moment.planned == 0 => count(moment.users),
        Some(moment) => format!("{}/{}", count(moment.users), count(moment.planned)),
    };
    let rps = total.map_or_else(|| "–".to_owned(), |total| rate(total.now.rps));
    let p95 = total.and_then(|total| total.now.percentile_us(0.95)).map_or_else(|| "–".to_owned(), short_ms);
    let failures =
        total.map_or_else(|| "–".to_owned(), |total| format!("{} ({})", count(total.failures), percent(total.failures, total.requests)));
    let failing = total.is_some_and(|total| total.failures > 0);
    let charts: [SmallChart; 4] = [
        ("Users", users, Style::new().fg(Color::Blue), |tick| tick.users),
        ("Requests/s", rps, Style::new().fg(ACCENT), |tick| (tick.rps * 10.0).round() as u64),
        ("p95", p95, Style::new().fg(Color::Magenta), |tick| tick.p95_us),
        ("Failures", failures, if failing { BAD } else { GOOD }, |tick| tick.failures),
    ];
    let areas: [Rect; 4] = Layout::horizontal([Constraint::Fill(1); 4]).areas(area);
    for ((title, figure, style, value), area) in charts.into_iter().zip(areas) {
        let block = framed(Line::from(vec![
            Span::from(format!(" {title} ")),
            Span::styled(figure, style.add_modifier(Modifier::BOLD)),
            Span::from(" "),
        ]));
        let inner = block.inner(area);
        let room = usize::from(inner.width);
        let skipped = state.history.len().saturating_sub(room);
        let data: Vec<u64> = state.history.iter().skip(skipped).map(value).collect();
        frame.render_widget(block, area);
        frame.render_widget(Sparkline::default().data(data).style(style), inner);
    }
}

/// A column: its heading, the sort it shows, and its cell.
type Column = (&'static str, Option<Sort>, fn(&Figures) -> String);

fn quantile(line: &Figures, quantile: f64) -> String {
    line.now.percentile_us(quantile).map_or_else(|| "–".to_owned(), short_ms)
}

fn columns(wide: bool) -> Vec<Column> {
    let mut columns: Vec<Column> = vec![
        ("requests", Some(Sort::Requests), |line| count(line.requests)),
        ("rps", Some(Sort::Rps), |line| rate(line.now.rps)),
        ("failures", Some(Sort::Failures), |line| count(line.failures)),
        ("", None, |line| percent(line.failures, line.requests)),
    ];
    if wide {
        columns.push(("avg", None, |line| if line.now.requests == 0 { "–".to_owned() } else { short_ms(line.now.mean_us.round() as u64) }));
    }
    columns.extend::<[Column; 3]>([
        ("p50", Some(Sort::P50), |line| quantile(line, 0.5)),
        ("p95", Some(Sort::P95), |line| quantile(line, 0.95)),
        ("p99", Some(Sort::P99), |line| quantile(line, 0.99)),
    ]);
    if wide {
        columns
            .extend::<[Column; 2]>([("p99.9", None, |line| quantile(line, 0.999)), ("max", Some(Sort::Max), |line| quantile(line, 1.0))]);
    }
    columns
}

fn draw_steps(frame: &mut Frame<'_>, area: Rect, state: &mut State) {
    let columns = columns(area.width >= WIDE);
    let rows = state.rows();
    // Frame, heading and total.
    let room = usize::from(area.height).saturating_sub(4).max(1);
    state.scroll = state.scroll.min(rows.len().saturating_sub(room));
    let last = (state.scroll + room).min(rows.len());
    let mut title = vec![Span::from(" Steps ")];
    if rows.len() > room {
        title.push(Span::styled(format!("{}–{last} of {} ", state.scroll + 1, rows.len()), DIM));
    }
    let block = framed(Line::from(title));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let Some(moment) = &state.shown else {
        frame.render_widget(Line::from(" waiting for the first interval …").style(DIM), inner);
        return;
    };
    let mark = |sort: Option<Sort>| match sort {
        Some(sort) if sort == state.sort => {
            if state.reversed {
                "▲"
            } else {
                "▼"
            }
        }
        _ => "",
    };
    let heads: Vec<String> = columns.iter().map(|(heading, sort, _)| format!("{heading}{}", mark(*sort))).collect();
    let cells = |line: &Figures| -> Vec<String> { columns.iter().map(|(.., cell)| cell(line)).collect() };
    let shown: Vec<(usize, Vec<String>)> = rows[state.scroll..last].iter().map(|&index| (index, cells(&moment.lines[index]))).collect();
    let total = cells(&moment.total);
    // A column is as wide as what stands in it; names get the rest.
    let all = || shown.iter().map(|(_, cells)| cells).chain([&total, &heads]);
    let widths: Vec<usize> =
        (0..columns.len()).map(|column| all().map(|cells| cells[column].chars().count()).max().unwrap_or(0).max(LEAST)).collect();
    let name_width = usize::from(inner.width).saturating_sub(widths.iter().map(|width| width + 1).sum());
    let right = |text: String| Cell::from(Line::from(text).alignment(Alignment::Right));
    let head = std::iter::once(Cell::from(format!("Step{}", if state.sort == Sort::Spec && state.reversed { "▲" } else { "" })))
        .chain(heads.iter().cloned().map(right));
    let row =
        |name: &str, cells: Vec<String>| Row::new(std::iter::once(Cell::from(fit(name, name_width))).chain(cells.into_iter().map(right)));
    let names = &state.about.names;
    let mut lines: Vec<Row<'_>> = shown
        .iter()
        .map(|(index, cells)| {
            let line = &moment.lines[*index];
            row(&names[*index].name, cells.clone()).style(match names[*index].kind {
                _ if line.now.failures > 0 => BAD,
                _ if line.failures > 0 => Style::new().fg(Color::Red),
                NameKind::Group => DIM,
                NameKind::Step => Style::new(),
            })
        })
        .collect();
    lines.push(row("Total", total.clone()).bold());
    let widths = std::iter::once(Constraint::Fill(1))
        .chain(widths.iter().map(|width| Constraint::Length(u16::try_from(*width).unwrap_or(u16::MAX))));
    let table = Table::new(lines, widths).header(Row::new(head).style(Style::new().fg(ACCENT).bold())).column_spacing(1);
    frame.render_widget(table, inner);
}

/// A frame that stands back behind its title and what is in it.
fn framed(title: Line<'_>) -> Block<'_> {
    Block::bordered().border_style(DIM).title_style(Style::new().remove_modifier(Modifier::DIM)).title(title)
}

/// Those that don't hold first.
fn draw_thresholds(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let room = usize::from(area.height).saturating_sub(2);
    let Some(moment) = state.shown.as_ref().filter(|_| room > 0) else { return };
    let mut verdicts: Vec<_> = moment.thresholds.iter().collect();
    verdicts.sort_by_key(|verdict| !verdict.has_failed());
    let broken = verdicts.iter().filter(|verdict| verdict.has_failed()).count();
    let mut title = vec![Span::from(" Thresholds ")];
    if broken > 0 {
        title.push(Span::styled(format!("{broken} of {} broken ", verdicts.len()), BAD));
    } else if verdicts.len() > room {
        title.push(Span::styled(format!("{room} of {} ", verdicts.len()), DIM));
    }
    let width = usize::from(area.width).saturating_sub(2);
    let lines = verdicts.into_iter().take(room).map(|verdict| {
        let (mark, style) = match verdict.outcome {
            Outcome::Passed => ("✓", GOOD),
            Outcome::Failed => ("✗", BAD),
            Outcome::NotJudged => ("·", DIM),
        };
        let rest = fit(&format!("{}  {}", verdict.actual_text(), verdict.detail), width / 2);
        let room = width.saturating_sub(rest.chars().count() + 4);
        Line::from(vec![Span::styled(format!("{mark} {:<room$}  ", fit(&verdict.text, room)), style), Span::styled(rest, DIM)])
    });
    let paragraph = Paragraph::new(lines.collect::<Vec<_>>()).block(framed(Line::from(title)));
    frame.render_widget(paragraph, area);
}

fn draw_log(frame: &mut Frame<'_>, area: Rect, state: &mut State) {
    let room = usize::from(area.height).saturating_sub(2);
    if room == 0 {
        return;
    }
    state.log_scroll = state.log_scroll.min(state.log.entries().len().saturating_sub(room));
    let last = (state.log_scroll + room).min(state.log.entries().len());
    let mut title = vec![Span::from(" First failures ")];
    if state.log.entries().len() > room {
        title.push(Span::styled(format!("{}–{last} of {} ", state.log_scroll + 1, state.log.entries().len()), DIM));
    }
    let width = usize::from(area.width).saturating_sub(2);
    let lines = state.log.entries()[state.log_scroll..last].iter().map(|entry| {
        let text = entry.text.split_whitespace().collect::<Vec<_>>().join(" ");
        if entry.count == 0 {
            return Line::from(cut(&format!("{} {text}", clock(entry.at)), width)).style(DIM);
        }
        let what = format!("{} ×{} {}: {text}", clock(entry.at), count(entry.count), entry.step);
        // The place names the line to look at: it is the last to be cut.
        let place = fit(&entry.place, width / 2);
        let room = width.saturating_sub(place.chars().count() + 1);
        Line::from(vec![Span::styled(format!("{:<room$} ", cut(&what, room)), Style::new().fg(Color::Red)), Span::styled(place, DIM)])
    });
    let paragraph = Paragraph::new(lines.collect::<Vec<_>>()).block(framed(Line::from(title)));
    frame.render_widget(paragraph, area);
}

/// A sentence cut at its end: its beginning says most.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

fn draw_keys(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let notes = state.shown.as_deref().map(notes).unwrap_or_default();
    let room = usize::from(area.width).saturating_sub(notes.width());
    let mut keys = vec![("q", "stop"), ("space", "pause"), ("s", "sort"), ("↑↓", "scroll"), ("?", "help"), ("r", "reverse")];
    let line = |keys: &[(&'static str, &str)]| {
        let spans = keys.iter().flat_map(|(key, what)| [Span::from(*key).bold(), Span::styled(format!(" {what}   "), DIM)]);
        Line::from_iter([Span::from(" ")].into_iter().chain(spans))
    };
    // The help names those that there is no room for.
    for least in ["r", "↑↓", "s", "space"] {
        if line(&keys).width() > room {
            keys.retain(|(key, _)| *key != least);
        }
    }
    let line = line(&keys);
    frame.render_widget(line, area);
    frame.render_widget(Paragraph::new(notes).alignment(Alignment::Right), area);
}

/// How the generator itself does.
fn notes(moment: &Moment) -> Line<'static> {
    let mut notes = Vec::new();
    if moment.missed > 0 {
        notes.push(Span::styled(format!("{} missed ", count(moment.missed)), BAD));
    }
    let style = if moment.saturated.is_some() { BAD } else { DIM };
    let stolen = if moment.stolen >= 0.005 { format!("steal {:.0}% ", moment.stolen * 100.0) } else { String::new() };
    notes.push(Span::styled(format!("cpu {:.0}% {stolen}lag {} ", moment.cpu * 100.0, short_ms(moment.lag_us)), style));
    Line::from(notes)
}

/// A box in the middle of the screen.
fn popup(frame: &mut Frame<'_>, title: &'static str, lines: Vec<Line<'_>>, width: u16) {
    let area = frame.area();
    let width = width.min(area.width);
    let height = (lines.len() as u16 + 2).min(area.height);
    let place = Rect { x: (area.width - width) / 2, y: (area.height - height) / 2, width, height };
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(title.bold())), place);
}

#[cfg(test)]
#[path = "draw_tests.rs"]
mod tests;
