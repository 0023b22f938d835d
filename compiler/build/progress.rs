//! What is shown while cargo compiles: one redrawn line on a terminal, a line every few seconds elsewhere.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// One line, redrawn.
    Bar,
    /// A line every few seconds.
    Lines,
    /// Nothing.
    Silent,
}

impl Progress {
    /// A bar on a terminal, lines elsewhere and in CI.
    pub fn for_stderr() -> Self {
        let ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
        if io::stderr().is_terminal() && !ci { Self::Bar } else { Self::Lines }
    }
}

const EVERY: Duration = Duration::from_secs(5);
const WIDTH: usize = 24;

/// Progress of one build.
#[derive(Debug)]
pub(super) struct Shown {
    progress: Progress,
    /// How many crates there are; unknown where all but the spec's are compiled already.
    total: Option<usize>,
    done: usize,
    begun: Instant,
    last: Instant,
    drawn: bool,
}

impl Shown {
    pub(super) fn new(progress: Progress, total: Option<usize>) -> Self {
        let now = Instant::now();
        let mut shown = Self { progress, total, done: 0, begun: now, last: now, drawn: false };
        if let (Progress::Lines, Some(total)) = (progress, total) {
            anstream::eprintln!("compiling the run time and its {total} crates, once: this takes a minute or two");
        }
        shown.draw("");
        shown
    }

    pub(super) fn done(&mut self, name: &str) {
        self.done += 1;
        self.draw(name);
    }

    fn draw(&mut self, name: &str) {
        let Some(total) = self.total else { return };
        let total = total.max(self.done);
        match self.progress {
            Progress::Silent => {}
            Progress::Bar => {
                let filled = WIDTH * self.done / total.max(1);
                let bar = format!("{}{}", "█".repeat(filled), "░".repeat(WIDTH - filled));
                let name: String = name.chars().take(30).collect();
                eprint!("\r\x1b[Kcompiling {bar} {}/{total} {name}", self.done);
                // A terminal that is gone is no reason to stop.
                let _ = io::stderr().flush();
                self.drawn = true;
            }
            Progress::Lines if self.last.elapsed() >= EVERY => {
                self.last = Instant::now();
                anstream::eprintln!("compiling {}/{total} ({} s)", self.done, self.begun.elapsed().as_secs());
            }
            Progress::Lines => {}
        }
    }

    pub(super) fn finish(&mut self) {
        if self.drawn {
            eprint!("\r\x1b[K");
            // As above.
            let _ = io::stderr().flush();
        }
    }
}
