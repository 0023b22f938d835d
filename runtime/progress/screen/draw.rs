//! Draws the state of a running test on a screen of any size.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style, Stylize as _};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Sparkline};

use super::layout::{self, PaneContents};
use super::state::{ChartPoint, ScreenState};
use super::steps;
use crate::live::LiveSnapshot;
use crate::report::{Align, clock, count, cut, fit, padded, percent, rate, short_ms, shown, waited, width};
use crate::thresholds::Status;
use ltc_engine::stats::micros;

pub(super) const DIM: Style = Style::new().add_modifier(Modifier::DIM);
pub(super) const BAD: Style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
const GOOD: Style = Style::new().fg(Color::Green);
pub(super) const ACCENT: Color = Color::Cyan;

const HELP: [(&str, &str); 9] = [
    ("s S  ← →", "sort by the next, the previous column"),
    ("r", "reverse the order"),
    ("↑ ↓  PgUp PgDn", "scroll the steps"),
    ("d u", "scroll the log"),
    ("space", "pause the view; the test continues"),
    ("q", "stop the test gracefully (asks first)"),
    ("Ctrl-C", "stop without confirmation; again: immediately"),
    ("? h", "this help"),
    ("", "rates and percentiles are the last interval's"),
];

/// Draws the whole screen. `elapsed` is the time since the load began.
pub(super) fn draw(frame: &mut Frame<'_>, state: &mut ScreenState, elapsed: Duration) {
    let area = frame.area();
    let contents = PaneContents {
        steps: state.rows().len(),
        thresholds: state.shown.as_ref().map_or(0, |live| live.thresholds.len()),
        log: state.log.entries().len(),
        fleet: state.info.fleet.is_some(),
    };
    let rows = Layout::vertical(layout::heights(area.height, contents).map(Constraint::Length));
    let [title, bar, shards, charts, steps, thresholds, log, keys] = rows.areas(area);
    draw_title(frame, title, state, elapsed);
    draw_bar(frame, bar, state, elapsed);
    draw_shards(frame, shards, state, elapsed);
    draw_charts(frame, charts, state);
    steps::draw(frame, steps, state);
    draw_thresholds(frame, thresholds, state);
    draw_log(frame, log, state);
    draw_keys(frame, keys, state);
    if state.help {
        let lines = HELP.map(|(key, what)| Line::from(vec![Span::from(format!(" {key:<16}")).bold(), Span::from(what)])).to_vec();
        popup(frame, " Keys ", lines, 66);
    } else if state.asking {
        let question = vec![
            Line::from(" Stop the test? Users finish their iteration,"),
            Line::from(" and the results so far are reported."),
            Line::default(),
            Line::from(vec![" y ".bold().reversed(), " stop    ".into(), " n ".bold().reversed(), " continue".into()]),
        ];
        popup(frame, " Stop ", question, 54);
    }
}

fn draw_title(frame: &mut Frame<'_>, area: Rect, state: &ScreenState, elapsed: Duration) {
    let run = &state.info.run;
    let (word, style) = if state.stopping {
        ("stopping", BAD)
    } else if state.paused {
        ("view paused", Style::new().fg(Color::Yellow).bold())
    } else if elapsed.is_zero() {
        ("starting", DIM)
    } else {
        ("running", GOOD.bold())
    };
    // On a narrow screen, words are left out before digits.
    let now = clock(state.info.planned.map_or(elapsed, |planned| elapsed.min(planned)));
    let of = state.info.planned.map(|planned| format!("{now} / {}", clock(planned)));
    let labelled = |time: &str| Line::from(vec![Span::from(time.to_owned()), Span::from("  "), Span::styled(word, style), Span::from(" ")]);
    let variants = [of.as_deref().map(labelled), Some(labelled(&now)), of.map(Line::from), Some(Line::from(now.clone()))];
    let right = variants.into_iter().flatten().find(|line| line.width() <= usize::from(area.width)).unwrap_or_default();
    let room = usize::from(area.width).saturating_sub(right.width() + 2);
    let versions = state.info.versions();
    let parts = [run.test.as_str(), &run.env, &versions];
    let left = shown(&parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" · "));
    frame.render_widget(Line::from(format!(" {}", fit(&left, room))).bold(), area);
    frame.render_widget(Paragraph::new(right).alignment(Alignment::Right), area);
}

/// Draws how much of the planned time is over.
fn draw_bar(frame: &mut Frame<'_>, area: Rect, state: &ScreenState, elapsed: Duration) {
    let width = usize::from(area.width).saturating_sub(2);
    let share = state.info.planned.map_or(0.0, |planned| elapsed.as_secs_f64() / planned.as_secs_f64().max(0.001)).min(1.0);
    let done = (share * width as f64).round() as usize;
    let bar = Line::from(vec![
        Span::from(" "),
        Span::styled("━".repeat(done), Style::new().fg(ACCENT)),
        Span::styled("─".repeat(width.saturating_sub(done)), DIM),
    ]);
    frame.render_widget(bar, area);
}

/// Draws a block for each shard, and the shards' current interval.
fn draw_shards(frame: &mut Frame<'_>, area: Rect, state: &ScreenState, elapsed: Duration) {
    let Some(fleet) = state.info.fleet.filter(|_| area.height > 0) else { return };
    let shards = state.shown.as_ref().map_or(&[][..], |live| &live.shards);
    let alive = shards.iter().filter(|shard| shard.is_some()).count();
    let reporting = match shards.is_empty() {
        true => format!("  {} shards starting", fleet.shards),
        false => format!("  {alive} of {} shards reporting", shards.len()),
    };
    let of = fleet.intervals.map(|intervals| format!(" of {intervals}")).unwrap_or_default();
    let interval = fleet.interval.map(|_| format!(" · interval {}{of}", fleet.interval_at(elapsed))).unwrap_or_default();
    let variants = [format!("{reporting}{interval}"), reporting, format!("  {alive}/{}", shards.len())];
    let words = variants.into_iter().find(|words| width(words) + 2 <= usize::from(area.width)).unwrap_or_default();
    let room = usize::from(area.width).saturating_sub(width(&words) + 3);
    let mut spans = vec![Span::from(" ")];
    // If there are more shards than room, silent shards come first.
    let mut blocks: Vec<bool> = shards.iter().map(Option::is_some).collect();
    if blocks.len() > room {
        blocks.sort_unstable();
        blocks.truncate(room);
    }
    spans.extend(blocks.into_iter().map(|alive| if alive { Span::styled("■", GOOD) } else { Span::styled("□", BAD) }));
    spans.push(Span::styled(words, if alive < shards.len() { BAD } else { DIM }));
    frame.render_widget(Line::from(spans), area);
}

/// A small chart: its title, its current value (in full, and shorter), its color, and the values that it draws.
type SmallChart = (&'static str, [String; 2], Style, fn(&ChartPoint) -> Option<u64>);

fn draw_charts(frame: &mut Frame<'_>, area: Rect, state: &ScreenState) {
    if area.height < 3 {
        return;
    }
    let now = state.shown.as_deref();
    let total = now.map(|live| &live.total);
    let figure = |text: Option<String>| text.map_or_else(|| ["–".to_owned(), "–".to_owned()], |text| [text.clone(), text]);
    let users = match now {
        None => figure(None),
        // Arrivals plan no number of users, and at the end the plan is zero.
        Some(live) if live.planned == 0 => figure(Some(count(live.users))),
        Some(live) => [format!("{}/{}", count(live.users), count(live.planned)), count(live.users)],
    };
    let rps = figure(total.map(|total| rate(total.now.rps)));
    let p95 = figure(total.and_then(|total| total.now.percentile_us(0.95)).map(short_ms));
    let failures = match total {
        None => figure(None),
        Some(total) => [format!("{} ({})", count(total.failures), percent(total.failures, total.tried)), count(total.failures)],
    };
    let failing = total.is_some_and(|total| total.failures > 0);
    let charts: [SmallChart; 4] = [
        ("Users", users, Style::new().fg(Color::Blue), |tick| Some(tick.users)),
        ("Requests/s", rps, Style::new().fg(ACCENT), |tick| Some((tick.rps * 10.0).round() as u64)),
        ("p95", p95, Style::new().fg(Color::Magenta), |tick| tick.p95_us),
        ("Failures", failures, if failing { BAD } else { GOOD }, |tick| Some(tick.failures)),
    ];
    // As many charts as have room for their title and a whole value.
    let room = |number: usize| usize::from(area.width) / number;
    let fits = |title: &str, figure: &str, number: usize| width(title) + width(figure) + 4 <= room(number);
    let number = (1..=charts.len()).rev().find(|&number| charts[..number].iter().all(|(title, [_, least], ..)| fits(title, least, number)));
    let Some(number) = number else { return };
    let areas = Layout::horizontal(vec![Constraint::Fill(1); number]).split(area);
    for ((title, [full, least], style, value), &area) in charts.into_iter().zip(areas.iter()) {
        let figure = if fits(title, &full, number) { full } else { least };
        let block = framed(Line::from(vec![
            Span::from(format!(" {title} ")),
            Span::styled(figure, style.add_modifier(Modifier::BOLD)),
            Span::from(" "),
        ]));
        let inner = block.inner(area);
        let room = usize::from(inner.width);
        let skipped = state.history.len().saturating_sub(room);
        let data: Vec<Option<u64>> = state.history.iter().skip(skipped).map(value).collect();
        frame.render_widget(block, area);
        frame.render_widget(Sparkline::default().data(data).style(style), inner);
    }
}

/// A dim frame around content, with a title.
pub(super) fn framed(title: Line<'_>) -> Block<'_> {
    Block::bordered().border_style(DIM).title_style(Style::new().remove_modifier(Modifier::DIM)).title(title)
}

/// Draws the thresholds, failed ones first.
fn draw_thresholds(frame: &mut Frame<'_>, area: Rect, state: &ScreenState) {
    let room = usize::from(area.height).saturating_sub(2);
    let Some(live) = state.shown.as_ref().filter(|_| room > 0) else { return };
    let mut verdicts: Vec<_> = live.thresholds.iter().collect();
    verdicts.sort_by_key(|verdict| !verdict.has_failed());
    let broken = verdicts.iter().filter(|verdict| verdict.has_failed()).count();
    let mut title = vec![Span::from(" Thresholds ")];
    if broken > 0 {
        title.push(Span::styled(format!("{broken} of {} broken ", verdicts.len()), BAD));
    } else if verdicts.len() > room {
        title.push(Span::styled(format!("{room} of {} ", verdicts.len()), DIM));
    }
    let room_for = usize::from(area.width).saturating_sub(2);
    let lines = verdicts.into_iter().take(room).map(|verdict| {
        let (mark, style) = match verdict.outcome {
            Status::Passed => ("✓", GOOD),
            Status::Failed => ("✗", BAD),
            Status::NotJudged => ("·", DIM),
        };
        // The measured value is never cut; the detail is cut before the threshold.
        let (text, actual) = (shown(&verdict.text), verdict.actual_text());
        let free = room_for.saturating_sub(width(&actual) + 4);
        let detail = cut(&shown(&verdict.detail), free.saturating_sub(width(&text) + 2));
        let rest = if detail.is_empty() { actual } else { format!("{actual}  {detail}") };
        let room = room_for.saturating_sub(width(&rest) + 4);
        Line::from(vec![Span::styled(format!("{mark} {}  ", padded(&fit(&text, room), room, Align::Left)), style), Span::styled(rest, DIM)])
    });
    let paragraph = Paragraph::new(lines.collect::<Vec<_>>()).block(framed(Line::from(title)));
    frame.render_widget(paragraph, area);
}

fn draw_log(frame: &mut Frame<'_>, area: Rect, state: &mut ScreenState) {
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
    let room = usize::from(area.width).saturating_sub(2);
    let lines = state.log.entries()[state.log_scroll..last].iter().map(|entry| {
        let text = shown(&entry.text.split_whitespace().collect::<Vec<_>>().join(" "));
        if entry.count == 0 {
            return Line::from(cut(&format!("{} {text}", clock(entry.at)), room)).style(DIM);
        }
        let what = format!("{} ×{} {}: {text}", clock(entry.at), count(entry.count), shown(&entry.step));
        // The place names the line to look at, so the text before it is cut first.
        let place = fit(&entry.place, room / 2);
        let room = room.saturating_sub(width(&place) + 1);
        let what = padded(&cut(&what, room), room, Align::Left);
        Line::from(vec![Span::styled(format!("{what} "), Style::new().fg(Color::Red)), Span::styled(place, DIM)])
    });
    let paragraph = Paragraph::new(lines.collect::<Vec<_>>()).block(framed(Line::from(title)));
    frame.render_widget(paragraph, area);
}

fn draw_keys(frame: &mut Frame<'_>, area: Rect, state: &ScreenState) {
    let notes = state.shown.as_deref().map(notes).filter(|notes| notes.width() + 1 < usize::from(area.width)).unwrap_or_default();
    let room = usize::from(area.width).saturating_sub(notes.width());
    let mut keys = vec![("q", "stop"), ("space", "pause"), ("s", "sort"), ("↑↓", "scroll"), ("?", "help"), ("r", "reverse")];
    let line = |keys: &[(&'static str, &str)]| {
        let spans = keys.iter().flat_map(|(key, what)| [Span::from(*key).bold(), Span::styled(format!(" {what}   "), DIM)]);
        Line::from_iter([Span::from(" ")].into_iter().chain(spans))
    };
    // The help lists the keys that don't fit here.
    for least in ["r", "↑↓", "s", "space"] {
        if line(&keys).width() > room {
            keys.retain(|(key, _)| *key != least);
        }
    }
    let line = line(&keys);
    frame.render_widget(line, area);
    frame.render_widget(Paragraph::new(notes).alignment(Alignment::Right), area);
}

/// The number of waiting requests, and the state of the generator itself.
fn notes(live: &LiveSnapshot) -> Line<'static> {
    let mut notes = Vec::new();
    if live.missed > 0 {
        notes.push(Span::styled(format!("{} missed ", count(live.missed)), BAD));
    }
    if live.waiting > 0 {
        notes.push(Span::from(format!("{} waiting, oldest {}  ", count(live.waiting), waited(micros(live.oldest)))));
    }
    let style = if live.saturated.is_some() { BAD } else { DIM };
    let stolen = if live.stolen >= 0.005 { format!("steal {:.0}% ", live.stolen * 100.0) } else { String::new() };
    notes.push(Span::styled(format!("cpu {:.0}% {stolen}lag {} ", live.cpu * 100.0, short_ms(live.lag_us)), style));
    Line::from(notes)
}

/// Draws a box in the middle of the screen.
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
