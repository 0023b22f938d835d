//! The table of steps. It has as many columns as fit, and none of them is cut.

use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Rect};
use ratatui::style::{Color, Style, Stylize as _};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row, Table};

use super::draw::{ACCENT, BAD, DIM, framed};
use super::layout::AROUND;
use super::state::{ScreenState, Sort};
use crate::live::RowFigures;
use crate::report::{NONE, count, fit, percent, rate, short_ms, shown, width};
use ltc_engine::stats::RowKind;

/// The least width of a column, so that changing numbers don't make it jump.
const LEAST: usize = 6;
/// The width that a name keeps, if it is that long, before a column is left out. Less important columns are left out before names get
/// shorter than [`LONG_NAME`].
const NAME: usize = 12;
const LONG_NAME: usize = 36;

/// A column: its heading, its sort order, its cell, and its rank. Without enough room, the greatest rank is left out first.
struct Column {
    heading: &'static str,
    sort: Option<Sort>,
    cell: fn(&RowFigures) -> String,
    rank: u8,
}

/// Columns with a greater rank are shown only if names have room as well.
const CORE: u8 = 7;

fn quantile(line: &RowFigures, quantile: f64) -> String {
    line.now.percentile_us(quantile).map_or_else(|| NONE.to_owned(), short_ms)
}

fn mean(line: &RowFigures) -> String {
    line.now.average_us().map_or_else(|| NONE.to_owned(), |us| short_ms(us.round() as u64))
}

const COLUMNS: [Column; 11] = [
    Column { heading: "requests", sort: Some(Sort::Requests), cell: |line| count(line.requests), rank: 0 },
    Column { heading: "rps", sort: Some(Sort::Rps), cell: |line| rate(line.now.rps), rank: 3 },
    Column { heading: "failures", sort: Some(Sort::Failures), cell: |line| count(line.failures), rank: 1 },
    Column { heading: "", sort: None, cell: |line| percent(line.failures, line.tried), rank: 6 },
    Column { heading: "avg", sort: None, cell: mean, rank: 9 },
    Column { heading: "p50", sort: Some(Sort::P50), cell: |line| quantile(line, 0.5), rank: 4 },
    Column { heading: "p95", sort: Some(Sort::P95), cell: |line| quantile(line, 0.95), rank: 2 },
    Column { heading: "p99", sort: Some(Sort::P99), cell: |line| quantile(line, 0.99), rank: 5 },
    Column { heading: "p99.9", sort: None, cell: |line| quantile(line, 0.999), rank: 10 },
    Column { heading: "max", sort: Some(Sort::Max), cell: |line| quantile(line, 1.0), rank: 8 },
    Column { heading: "unfinished", sort: None, cell: |line| count(line.unfinished), rank: 11 },
];

/// The columns that fit next to names of that width. `widths` are the columns' widths.
fn fitting(widths: &[usize], longest: usize, room: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..COLUMNS.len()).collect();
    loop {
        let Some(&last) = kept.iter().max_by_key(|&&column| COLUMNS[column].rank) else { return kept };
        let name = longest.min(if COLUMNS[last].rank > CORE { LONG_NAME } else { NAME });
        let figures: usize = kept.iter().map(|&column| widths[column] + 1).sum();
        if name + figures <= room {
            return kept;
        }
        kept.retain(|&column| column != last);
    }
}

/// Draws the table. If the area is low, it leaves out the frame first, then the heading, then the total.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &mut ScreenState) {
    let rows = state.rows();
    let bare = area.height <= AROUND;
    let (headed, totalled) = (area.height >= 3, area.height >= 2);
    let around = if bare { u16::from(headed) + u16::from(totalled) } else { AROUND };
    let room = usize::from(area.height.saturating_sub(around)).max(1);
    state.scroll = state.scroll.min(rows.len().saturating_sub(room));
    let last = (state.scroll + room).min(rows.len());
    let mut inner = area;
    if !bare {
        let mut title = vec![Span::from(" Steps ")];
        if rows.len() > room {
            title.push(Span::styled(format!("{}–{last} of {} ", state.scroll + 1, rows.len()), DIM));
        }
        let block = framed(Line::from(title));
        inner = block.inner(area);
        frame.render_widget(block, area);
    }
    let Some(live) = &state.shown else {
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
    let names = &state.info.names;
    let heads: Vec<String> = COLUMNS.iter().map(|column| format!("{}{}", column.heading, mark(column.sort))).collect();
    let cells = |line: &RowFigures| -> Vec<String> { COLUMNS.iter().map(|column| (column.cell)(line)).collect() };
    let lines: Vec<(usize, String, Vec<String>)> =
        rows[state.scroll..last].iter().map(|&index| (index, shown(&names[index].name), cells(&live.lines[index]))).collect();
    let total = cells(&live.total);
    // A column is as wide as its contents. Names get the rest of the width.
    let all = || lines.iter().map(|(.., cells)| cells).chain([&total, &heads]);
    let widths: Vec<usize> =
        (0..COLUMNS.len()).map(|column| all().map(|cells| width(&cells[column])).max().unwrap_or(0).max(LEAST)).collect();
    let longest = lines.iter().map(|(_, name, _)| width(name)).max().unwrap_or(0).max(5);
    let kept = fitting(&widths, longest, usize::from(inner.width));
    let name_width = usize::from(inner.width).saturating_sub(kept.iter().map(|&column| widths[column] + 1).sum());
    let right = |text: &String| Cell::from(Line::from(text.clone()).alignment(Alignment::Right));
    let row = |name: &str, cells: &[String]| {
        Row::new(std::iter::once(Cell::from(fit(name, name_width))).chain(kept.iter().map(|&column| right(&cells[column]))))
    };
    let mut drawn: Vec<Row<'_>> = lines
        .iter()
        .map(|(index, name, cells)| {
            let line = &live.lines[*index];
            row(name, cells).style(match names[*index].kind {
                _ if line.now.failures > 0 => BAD,
                _ if line.failures > 0 => Style::new().fg(Color::Red),
                RowKind::Group => DIM,
                RowKind::Step | RowKind::Fail => Style::new(),
            })
        })
        .collect();
    if totalled {
        drawn.push(row("Total", &total).bold());
    }
    let step = format!("Step{}", if state.sort == Sort::Spec && state.reversed { "▲" } else { "" });
    let head = row(&step, &heads).style(Style::new().fg(ACCENT).bold());
    let constraints = std::iter::once(Constraint::Length(u16::try_from(name_width).unwrap_or(u16::MAX)))
        .chain(kept.iter().map(|&column| Constraint::Length(u16::try_from(widths[column]).unwrap_or(u16::MAX))));
    let table = Table::new(drawn, constraints).column_spacing(1);
    frame.render_widget(if headed { table.header(head) } else { table }, inner);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_left_out_before_names_are_cut_to_nothing() {
        let widths = [8; COLUMNS.len()];
        let heads = |room| fitting(&widths, 20, room).into_iter().map(|column| COLUMNS[column].heading).collect::<Vec<_>>();
        assert_eq!(heads(200).len(), COLUMNS.len());
        assert_eq!(heads(90), ["requests", "rps", "failures", "", "p50", "p95", "p99"]);
        assert_eq!(heads(40), ["requests", "failures", "p95"]);
        assert_eq!(heads(12), Vec::<&str>::new());
    }
}
