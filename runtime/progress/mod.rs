//! Shows progress on standard error while a test runs: a screen on a terminal, and elsewhere a plain line for each interval.

mod screen;

use std::io::{self, IsTerminal as _, Write};
use std::sync::Arc;
use std::time::Duration;

use crate::live::{LiveSnapshot, TestInfo};
use crate::report::{NONE, clock, percent, rate, short_ms, waited};
use ltc_config::profile::LogLevel;
use ltc_engine::stats::micros;
use ltc_engine::workers::Stop;
use screen::Screen;

pub(crate) use screen::{notice, notice_at};

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A screen that reads keys.
    Screen,
    /// A plain line for each interval.
    Lines,
    /// No progress.
    Off,
}

impl Mode {
    /// The screen on a terminal that supports it, plain lines elsewhere and in CI.
    pub(crate) fn for_stderr() -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
        if io::stderr().is_terminal() && !dumb && !ci && in_foreground() { Self::Screen } else { Self::Lines }
    }
}

/// Whether the process is in the foreground of its terminal. The system would stop a background job (`./test &`) that uses the terminal.
fn in_foreground() -> bool {
    // After the command's name in parentheses: state, parent, process group, session, terminal, the terminal's process group.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    match (fields.get(2), fields.get(5)) {
        (Some(own), Some(terminals)) => own == terminals,
        // If the file can't be read, the process is most likely in the foreground.
        _ => true,
    }
}

/// The progress of a running test.
pub(crate) struct Progress {
    mode: Mode,
    out: Box<dyn Write + Send>,
    screen: Option<Screen>,
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Progress").field("mode", &self.mode).finish_non_exhaustive()
    }
}

impl Progress {
    /// Progress on standard error.
    pub(crate) fn new(mode: Mode) -> Self {
        Self { mode, out: Box::new(io::stderr()), screen: None }
    }

    /// Whether no progress is shown.
    pub(crate) fn is_off(&self) -> bool {
        self.mode == Mode::Off
    }

    /// Shows that the load begins. Keys on the screen may stop the test.
    pub(crate) fn begin(&mut self, info: &Arc<TestInfo>, stop: &Stop) {
        if self.mode != Mode::Screen {
            return;
        }
        match Screen::open(info.clone(), stop.clone()) {
            Ok(screen) => self.screen = Some(screen),
            Err(error) => {
                self.mode = Mode::Lines;
                notice_at(LogLevel::Info, &format!("note: no live view, only lines: {error}"));
            }
        }
    }

    /// Shows an interval. It ignores write errors, because a closed standard error must not stop a test.
    pub(crate) fn update(&mut self, live: &Arc<LiveSnapshot>) {
        if let Some(screen) = &self.screen {
            screen.update(live.clone());
        } else if self.mode == Mode::Lines {
            let _ = writeln!(self.out, "{}", line(live));
            let _ = self.out.flush();
        }
    }

    /// Ends the progress, and restores the terminal for the report. Dropping does the same.
    pub(crate) fn finish(&mut self) {
        self.screen = None;
    }
}

/// One interval as a line: its rate and percentiles, and the failures of the test so far.
fn line(live: &LiveSnapshot) -> String {
    let total = &live.total;
    // Arrivals plan no number of users, and at the end the plan is zero.
    let users = if live.planned == 0 { live.users.to_string() } else { format!("{}/{}", live.users, live.planned) };
    let [p50, p95, p99] = [0.5, 0.95, 0.99].map(|quantile| total.now.percentile_us(quantile).map_or_else(|| NONE.to_owned(), short_ms));
    let waiting = match live.waiting {
        0 => String::new(),
        number => format!("  waiting {number}, oldest {}", waited(micros(live.oldest))),
    };
    format!(
        "{}  users {users}  rps {}  failures {} ({})  p50 {p50}  p95 {p95}  p99 {p99}{waiting}",
        clock(Duration::from_secs(live.at.as_secs())),
        rate(total.now.rps),
        total.failures,
        percent(total.failures, total.tried),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::live::sample::live_snapshot;

    #[derive(Clone, Default)]
    struct Out(Arc<Mutex<Vec<u8>>>);

    impl Write for Out {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(mode: Mode) -> String {
        let out = Out::default();
        let mut progress = Progress { mode, out: Box::new(out.clone()), screen: None };
        progress.update(&Arc::new(live_snapshot()));
        progress.finish();
        String::from_utf8(out.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn progress_line_has_rate_percentiles_and_failures() {
        assert_eq!(written(Mode::Lines), "00:00:10  users 10/20  rps 40.0  failures 4 (1.0%)  p50 21ms  p95 1821ms  p99 1980ms\n");
        assert_eq!(written(Mode::Off), "");
    }

    #[test]
    fn progress_line_without_answers_has_no_times_and_counts_waiting_requests() {
        let mut live = live_snapshot();
        live.total.now = crate::live::Figures::default();
        (live.waiting, live.oldest) = (12, Duration::from_millis(7_250));
        assert_eq!(line(&live), "00:00:10  users 10/20  rps 0.0  failures 4 (1.0%)  p50 –  p95 –  p99 –  waiting 12, oldest 7.2 s");
    }
}
