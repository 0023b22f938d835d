//! What is shown on standard error while a test runs: on a terminal a table that is redrawn in place, elsewhere a plain line an
//! interval.

mod live;

use std::io::{self, IsTerminal as _, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::report::{Look, short_ms, size_of};
use crate::report::{clock, percent, rate};
use crate::stats::{Name, Snapshot};

const HIDE_CURSOR: &str = "\u{1b}[?25l";
const SHOW_CURSOR: &str = "\u{1b}[?25h";

// For `restore_terminal`, which an interrupt calls from wherever it is noticed.
static CURSOR_HIDDEN: AtomicBool = AtomicBool::new(false);

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A table, redrawn in place.
    Live,
    /// A plain line an interval.
    Lines,
    /// Not at all.
    Off,
}

impl Mode {
    /// The table on a terminal that can, plain lines elsewhere and in CI.
    pub fn for_stderr() -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
        if io::stderr().is_terminal() && !dumb && !ci { Self::Live } else { Self::Lines }
    }
}

/// A terminal's width and height.
type Size = fn() -> (usize, usize);

/// What is shown while a test runs.
pub struct Progress {
    mode: Mode,
    names: Vec<Name>,
    out: Box<dyn Write + Send>,
    color: bool,
    size: Size,
    /// The table as it stands on the screen, to be put back after a message.
    shown: Vec<String>,
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Progress").field("mode", &self.mode).finish_non_exhaustive()
    }
}

impl Progress {
    /// Progress on standard error.
    pub fn new(mode: Mode, names: &[Name]) -> Self {
        let color = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
        Self::to(mode, names, Box::new(io::stderr()), color, || size_of(io::stderr()))
    }

    /// Progress elsewhere, on a screen of that size.
    fn to(mode: Mode, names: &[Name], out: Box<dyn Write + Send>, color: bool, size: Size) -> Self {
        Self { mode, names: names.to_vec(), out, color, size, shown: Vec::new() }
    }

    /// Shows the last interval (`delta`: its rate and percentiles) and the test so far (`total`: its requests and failures). That
    /// standard error is gone must not stop a test, so failures to write are ignored here as everywhere below.
    pub fn update(&mut self, delta: &Snapshot, total: &Snapshot) {
        match self.mode {
            Mode::Off => {}
            Mode::Lines => {
                let line = line(delta, total, &self.names);
                let _ = writeln!(self.out, "{line}");
                let _ = self.out.flush();
            }
            Mode::Live => {
                let (width, height) = (self.size)();
                let look = Look { color: self.color, width: Some(width) };
                let lines = live::table(delta, total, &self.names, look, height);
                self.redraw(&[], lines);
            }
        }
    }

    /// Prints a message, above the table where there is one.
    pub fn message(&mut self, text: &str) {
        if self.mode == Mode::Live && !self.shown.is_empty() {
            let lines = self.shown.clone();
            self.redraw(&text.lines().collect::<Vec<_>>(), lines);
        } else {
            let _ = writeln!(self.out, "{text}");
            let _ = self.out.flush();
        }
    }

    /// Puts lines in the place of those that stand there, with messages that stay above them, in one write: no flicker.
    fn redraw(&mut self, messages: &[&str], lines: Vec<String>) {
        let mut screen = String::new();
        if !CURSOR_HIDDEN.swap(true, Ordering::Relaxed) {
            screen.push_str(HIDE_CURSOR);
        }
        if !self.shown.is_empty() {
            screen.push_str(&format!("\u{1b}[{}A\r", self.shown.len()));
        }
        for line in messages.iter().copied().chain(lines.iter().map(String::as_str)) {
            screen.push_str(line);
            screen.push_str("\u{1b}[K\n");
        }
        screen.push_str("\u{1b}[J");
        let _ = self.out.write_all(screen.as_bytes());
        let _ = self.out.flush();
        self.shown = lines;
    }

    /// Ends it: the table is taken away, as the report follows, and the cursor is back. Also done when dropped.
    pub fn finish(&mut self) {
        if self.mode != Mode::Live {
            return;
        }
        let mut screen = String::new();
        if !self.shown.is_empty() {
            screen.push_str(&format!("\u{1b}[{}A\r\u{1b}[J", self.shown.len()));
            self.shown.clear();
        }
        if CURSOR_HIDDEN.swap(false, Ordering::Relaxed) {
            screen.push_str(SHOW_CURSOR);
        }
        let _ = self.out.write_all(screen.as_bytes());
        let _ = self.out.flush();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Brings the cursor back, if it is hidden: for an interrupt that ends the process at once.
pub fn restore_terminal() {
    if CURSOR_HIDDEN.swap(false, Ordering::Relaxed) {
        let _ = io::stderr().write_all(SHOW_CURSOR.as_bytes());
    }
}

/// One interval in a line: its rate and percentiles, and the failures of the test so far.
pub fn line(delta: &Snapshot, total: &Snapshot, names: &[Name]) -> String {
    let at = delta.window.map_or(0, |window| window.to_us);
    let now = delta.total(names);
    let so_far = total.total(names);
    let quantiles = now.response().quantiles_us(&[0.5, 0.95, 0.99]);
    let [p50, p95, p99] = [0, 1, 2].map(|i| short_ms(quantiles[i]));
    format!(
        "{}  users {}/{}  rps {}  failures {} ({})  p50 {p50}  p95 {p95}  p99 {p99}",
        clock(Duration::from_micros(at)),
        delta.users(),
        delta.planned(),
        rate(delta.rate(now.requests)),
        so_far.failures,
        percent(so_far.failures, so_far.requests),
    )
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod tests;
