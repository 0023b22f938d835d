//! The progress display while cargo compiles: one redrawn line on a terminal, a line every few seconds elsewhere.

use std::collections::HashSet;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How progress is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// One line, redrawn.
    Bar,
    /// A line every few seconds.
    Lines,
    /// No output.
    #[default]
    Silent,
}

impl Progress {
    /// A bar on a terminal, lines elsewhere and in CI.
    pub fn for_stderr() -> Self {
        let ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if io::stderr().is_terminal() && !ci && !dumb { Self::Bar } else { Self::Lines }
    }

    /// Prints a line besides the display.
    pub(super) fn print(self, line: &str) {
        if self != Self::Silent {
            print(line);
        }
    }
}

/// Prints a line. An error is ignored, because progress must not make a build fail.
fn print(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

const EVERY: Duration = Duration::from_secs(5);
const WIDTH: usize = 24;

/// The progress of one build. It stays hidden as long as only the spec's own crate is compiled.
#[derive(Debug)]
pub(super) struct ProgressBar {
    progress: Progress,
    /// The number of packages.
    total: usize,
    done: HashSet<String>,
    visible: bool,
    begun: Instant,
    last: Instant,
}

impl ProgressBar {
    pub(super) fn new(progress: Progress, total: usize) -> Self {
        let now = Instant::now();
        Self { progress, total, done: HashSet::new(), visible: false, begun: now, last: now }
    }

    /// Shows the progress, because crates of the runtime have to be compiled.
    pub(super) fn show(&mut self) {
        if self.visible {
            return;
        }
        self.visible = true;
        if self.progress == Progress::Lines {
            print(&format!("compiling {} dependencies, once: this takes some minutes", self.total));
        }
        self.draw("");
    }

    /// Counts a package that has been compiled, or already was (`fresh`).
    pub(super) fn done(&mut self, id: &str, name: &str, fresh: bool) {
        self.done.insert(id.to_owned());
        if !fresh {
            self.show();
        }
        self.draw(name);
    }

    fn line(&self, name: &str) -> String {
        let (done, total) = (self.done.len(), self.total.max(self.done.len()).max(1));
        let filled = WIDTH * done / total;
        let bar = format!("{}{}", "█".repeat(filled), "░".repeat(WIDTH - filled));
        let name: String = name.chars().take(30).collect();
        let dot = if name.is_empty() { "" } else { " · " };
        format!("compiling dependencies {bar} {done}/{total}{dot}{name}")
    }

    fn draw(&mut self, name: &str) {
        if !self.visible {
            return;
        }
        match self.progress {
            Progress::Silent => {}
            Progress::Bar => redraw(&self.line(name)),
            Progress::Lines if self.last.elapsed() >= EVERY => {
                self.last = Instant::now();
                let (done, total) = (self.done.len(), self.total.max(self.done.len()));
                print(&format!("compiling dependencies {done}/{total} · {name} ({} s)", self.begun.elapsed().as_secs()));
            }
            Progress::Lines => {}
        }
    }

    pub(super) fn finish(&mut self) {
        if self.visible && self.progress == Progress::Bar {
            redraw("");
        }
    }
}

fn redraw(line: &str) {
    let mut stderr = io::stderr();
    // Errors are ignored, as in `print`.
    let _ = write!(stderr, "\r\x1b[K{line}").and_then(|()| stderr.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_of_only_the_spec_shows_no_progress() {
        let mut bar = ProgressBar::new(Progress::Silent, 2);
        bar.done("hyper", "hyper", true);
        assert!(!bar.visible);
        bar.done("tokio", "tokio", false);
        assert!(bar.visible);
        assert_eq!(bar.line("tokio"), format!("compiling dependencies {} 2/2 · tokio", "█".repeat(24)));
    }

    #[test]
    fn a_package_counts_once_and_the_total_never_falls_short() {
        let mut bar = ProgressBar::new(Progress::Silent, 1);
        for id in ["a", "a", "b"] {
            bar.done(id, id, false);
        }
        assert!(bar.line("b").contains(" 2/2"));
        assert!(ProgressBar::new(Progress::Silent, 0).line("").ends_with("0/1"));
    }
}
