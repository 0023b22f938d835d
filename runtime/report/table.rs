//! Plain text tables: a first column of names on the left, figures on the right. Columns that don't fit the terminal's width continue below
//! the others.

use std::io::IsTerminal as _;

use anstyle::Style;

use super::text::{Align, fit, padded, shown, width};

/// The style of a text: whether it has colors, and its greatest width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TextStyle {
    /// Whether ANSI colours are wanted.
    pub color: bool,
    /// The terminal's width; `None` for a file or pipe.
    pub width: Option<usize>,
}

impl TextStyle {
    /// The style for standard output, from `NO_COLOR`, `CLICOLOR`, `TERM` and whether it is a terminal.
    pub(crate) fn of_stdout() -> Self {
        let stdout = std::io::stdout();
        let width = stdout.is_terminal().then(|| size_of(&stdout).0);
        Self { color: anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never, width }
    }

    /// The style for standard error, from the same settings.
    pub(crate) fn of_stderr() -> Self {
        let stderr = std::io::stderr();
        let width = stderr.is_terminal().then(|| size_of(&stderr).0);
        Self { color: anstream::AutoStream::choice(&stderr) != anstream::ColorChoice::Never, width }
    }

    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() && style != Style::new() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// A terminal's width and height, or a default if it doesn't report them.
#[cfg(unix)]
pub(crate) fn size_of(terminal: impl std::os::fd::AsFd) -> (usize, usize) {
    or_usual(terminal_size::terminal_size_of(terminal))
}

/// A terminal's width and height, or a default if it doesn't report them.
#[cfg(windows)]
pub(crate) fn size_of(terminal: impl std::os::windows::io::AsHandle) -> (usize, usize) {
    or_usual(terminal_size::terminal_size_of(terminal))
}

fn or_usual(size: Option<(terminal_size::Width, terminal_size::Height)>) -> (usize, usize) {
    size.map_or((80, 24), |(width, height)| (width.0.into(), height.0.into()))
}

/// A table. Its first column names the row, and is repeated if the other columns don't fit next to each other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    head: Vec<String>,
    rows: Vec<Option<(Style, Vec<String>)>>,
}

const GAPS: [usize; 2] = [2, 1];
const NARROWEST_NAME: usize = 12;

impl Table {
    pub(crate) fn new<S: Into<String>>(head: impl IntoIterator<Item = S>) -> Self {
        Self { head: head.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row. Control characters in names are escaped, so that each row stays one line.
    pub(crate) fn row(&mut self, style: Style, cells: Vec<String>) {
        let cells = cells.into_iter().map(|cell| shown(&cell)).collect();
        self.rows.push(Some((style, cells)));
    }

    /// Adds a horizontal line.
    pub(crate) fn rule(&mut self) {
        self.rows.push(None);
    }

    /// The table's lines, without trailing spaces.
    pub(crate) fn lines(&self, look: TextStyle) -> Vec<String> {
        let widths: Vec<usize> = (0..self.head.len())
            .map(|column| {
                self.rows
                    .iter()
                    .flatten()
                    .filter_map(|(_, cells)| cells.get(column))
                    .chain(self.head.get(column))
                    .map(|cell| width(cell))
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let Some((&name, figures)) = widths.split_first() else {
            return Vec::new();
        };
        let most = look.width.unwrap_or(usize::MAX);
        let figures_width = |gap| figures.iter().map(|w| w + gap).sum::<usize>();
        // Names are shortened and columns set closer before columns move below each other, but a name keeps enough to tell it from others.
        let least = name.min((most / 4).max(NARROWEST_NAME));
        let [wide, close] = GAPS;
        let gap = if least.saturating_add(figures_width(wide)) > most && least.saturating_add(figures_width(close)) <= most {
            close
        } else {
            wide
        };
        let name = name.min(most.saturating_sub(figures_width(gap)).max(least));
        let mut lines = Vec::new();
        let mut from = 1;
        while from < widths.len() || lines.is_empty() {
            let mut used = name;
            let mut to = from;
            while to < widths.len() && (to == from || used.saturating_add(gap + widths[to]) <= most) {
                used += gap + widths[to];
                to += 1;
            }
            if !lines.is_empty() {
                lines.push(String::new());
            }
            let line = |cells: &[String]| {
                let first = fit(cells.first().map_or("", String::as_str), name);
                let mut line = padded(&first, name, Align::Left);
                for (column, &wide) in widths.iter().enumerate().take(to).skip(from) {
                    let cell = cells.get(column).map_or("", String::as_str);
                    line.push_str(&" ".repeat(gap));
                    line.push_str(&padded(cell, wide, Align::Right));
                }
                line.trim_end().to_owned()
            };
            lines.push(look.paint(Style::new().bold(), &line(&self.head)));
            for row in &self.rows {
                lines.push(match row {
                    Some((style, cells)) => look.paint(*style, &line(cells)),
                    None => look.paint(Style::new().dimmed(), &"─".repeat(used)),
                });
            }
            from = to.max(from + 1);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["Step", "requests", "rps"]);
        table.row(Style::new(), vec!["Checkout / Pay".into(), "12".into(), "1.0".into()]);
        table.rule();
        table.row(Style::new().bold(), vec!["Total".into(), "1,012".into(), "101.0".into()]);
        table
    }

    #[test]
    fn figures_are_aligned_right() {
        assert_eq!(
            table().lines(TextStyle::default()),
            [
                "Step            requests    rps",
                "Checkout / Pay        12    1.0",
                "───────────────────────────────",
                "Total              1,012  101.0",
            ]
        );
    }

    #[test]
    fn a_narrow_terminal_gets_columns_below_each_other() {
        let look = TextStyle { color: false, width: Some(24) };
        assert_eq!(
            table().lines(look),
            [
                "Step          requests",
                "Checko…/ Pay        12",
                "──────────────────────",
                "Total            1,012",
                "",
                "Step            rps",
                "Checko…/ Pay    1.0",
                "───────────────────",
                "Total         101.0",
            ]
        );
    }

    #[test]
    fn long_names_are_shortened_before_anything_else() {
        let mut table = Table::new(["Step", "p50", "p99"]);
        table.row(Style::new(), vec!["Outer / Inner / Very long".into(), "1.00".into(), "2.00".into()]);
        let look = |width| TextStyle { color: false, width: Some(width) };
        assert_eq!(table.lines(look(37))[1], "Outer / Inner / Very long  1.00  2.00");
        assert_eq!(table.lines(look(30))[1], "Outer / I…ery long  1.00  2.00");
        assert_eq!(table.lines(look(22))[1], "Outer … long 1.00 2.00");
    }

    #[test]
    fn table_has_colors_only_if_wanted() {
        let look = TextStyle { color: true, width: None };
        assert_eq!(look.paint(Style::new().bold(), "x"), "\u{1b}[1mx\u{1b}[0m");
        assert_eq!(look.paint(Style::new(), "x"), "x");
        assert_eq!(TextStyle::default().paint(Style::new().bold(), "x"), "x");
    }

    #[test]
    fn wide_and_control_characters_keep_the_columns_straight() {
        let mut table = Table::new(["Step", "requests"]);
        for name in ["注文を確認する", "buy 🛒", "a\tb\n", "plain"] {
            table.row(Style::new(), vec![name.into(), "12".into()]);
        }
        for width in [None, Some(22), Some(30)] {
            let lines = table.lines(TextStyle { color: false, width });
            assert!(lines.iter().all(|line| line.ends_with("12") || line.ends_with("requests")), "{lines:#?}");
            let ends: Vec<usize> = lines.iter().map(|line| super::width(line)).collect();
            assert!(ends.iter().all(|end| *end == ends[0]), "{lines:#?}");
        }
        assert_eq!(table.lines(TextStyle::default())[3], "a\\tb\\n                12");
    }
}
