//! The table of a running test.

use std::time::Duration;

use anstyle::{AnsiColor, Style};

use crate::report::{Look, Table, clock, count, fit, percent, rate, short_ms};
use crate::stats::{Name, NameKind, NameStats, Snapshot};

/// Lines that are no step: the heading, an empty line, the table's head, its rule and total, and the one the cursor stands on.
const FRAME: usize = 6;

/// The table's lines, none wider than the screen and all together lower than it: the busiest steps, in their order.
pub(super) fn table(delta: &Snapshot, total: &Snapshot, names: &[Name], look: Look, height: usize) -> Vec<String> {
    let at = delta.window.map_or(0, |window| window.to_us);
    let width = look.width.unwrap_or(usize::MAX);
    let heading = format!("{}  users {}/{}", clock(Duration::from_micros(at)), count(delta.users()), count(delta.planned()),);
    let all = total.total(names);
    let mut ran: Vec<usize> = (0..names.len().min(total.names.len())).filter(|&i| total.names[i].requests > 0).collect();
    let room = height.saturating_sub(FRAME).max(1);
    let hidden = if ran.len() > room {
        let shown = room.saturating_sub(1);
        // What fails is what one looks for, then what there is most of.
        ran.sort_by_key(|&i| std::cmp::Reverse((total.names[i].failures, total.names[i].requests)));
        let hidden = ran.len() - shown;
        ran.truncate(shown);
        ran.sort_unstable();
        hidden
    } else {
        0
    };

    let mut table = Table::new(["Step", "requests", "rps", "failures", "", "p50", "p95", "p99"]);
    let none = NameStats::default();
    for i in ran {
        let now = delta.names.get(i).unwrap_or(&none);
        let style = match names[i].kind {
            _ if now.failures > 0 => AnsiColor::Red.on_default(),
            NameKind::Group => Style::new().dimmed(),
            NameKind::Step => Style::new(),
        };
        table.row(style, cells(&names[i].name, now, &total.names[i], delta));
    }
    if hidden > 0 {
        table.row(Style::new().dimmed(), vec![format!("… {hidden} more")]);
    }
    table.rule();
    table.row(Style::new().bold(), cells("Total", &delta.total(names), &all, delta));

    let heading = look.paint(Style::new().bold(), &fit(&heading, width));
    let mut lines = vec![heading, String::new()];
    // Where even the shortest names leave no room, only the first columns are shown: the table must not grow below itself.
    lines.extend(table.lines(look).into_iter().take_while(|line| !line.is_empty()));
    lines.truncate(height.saturating_sub(1).max(1));
    lines
}

/// Rate and percentiles are the interval's; requests and failures the test's.
fn cells(name: &str, now: &NameStats, total: &NameStats, delta: &Snapshot) -> Vec<String> {
    let mut cells = vec![
        name.to_owned(),
        count(total.requests),
        rate(delta.rate(now.requests)),
        count(total.failures),
        percent(total.failures, total.requests),
    ];
    cells.extend(
        now.response().quantiles_us(&[0.5, 0.95, 0.99]).into_iter().map(|us| if now.requests == 0 { "–".to_owned() } else { short_ms(us) }),
    );
    cells
}
