//! The screen of a running test: a thread that owns the terminal, draws the snapshots it receives, and reads keys.

mod draw;
mod layout;
mod state;
mod steps;

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::crossterm::{cursor, execute};

use crate::live::{LiveSnapshot, TestInfo};
use ltc_config::profile::LogLevel;
use ltc_engine::clock;
use ltc_engine::workers::Stop;
use state::{KeyAction, ScreenState};

/// How long the thread waits for a key before it checks for something to draw.
const KEY_POLL_INTERVAL: Duration = Duration::from_millis(100);
/// The most lines that are kept while the screen is up.
const LINES_MAX: usize = 1000;

// A process has one terminal, and a panic anywhere must restore it.
static UP: AtomicBool = AtomicBool::new(false);
static NOTICES: Mutex<Notices> = Mutex::new(Notices { lines: Vec::new(), shown: 0 });

/// Lines that were written while the screen was up. It shows them, and they are printed after it closes.
struct Notices {
    lines: Vec<String>,
    shown: usize,
}

/// Prints a line on standard error, or on the screen while it is up.
pub(crate) fn notice(text: &str) {
    if UP.load(Ordering::Acquire) {
        let mut notices = NOTICES.lock().unwrap_or_else(PoisonError::into_inner);
        if notices.lines.len() < LINES_MAX {
            notices.lines.push(text.to_owned());
        }
    } else {
        crate::say::err!("{text}");
    }
}

/// Prints a line as [`notice`] does, if the profile's `loglevel` includes its level.
pub(crate) fn notice_at(level: LogLevel, text: &str) {
    if crate::level::is_enabled(level) {
        notice(text);
    }
}

/// Restores the terminal, and prints the lines that were kept. Does nothing if the screen isn't up.
fn restore() {
    if !UP.swap(false, Ordering::AcqRel) {
        return;
    }
    // If the terminal is gone, there is nothing to restore.
    let _ = execute!(io::stderr(), LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
    let mut notices = NOTICES.lock().unwrap_or_else(PoisonError::into_inner);
    for line in notices.lines.drain(..) {
        crate::say::err!("{line}");
    }
    notices.shown = 0;
}

fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            restore();
            before(info);
        }));
    });
}

/// A screen that is shown.
#[derive(Debug)]
pub(super) struct Screen {
    snapshots: Option<Sender<Arc<LiveSnapshot>>>,
    thread: Option<JoinHandle<()>>,
}

impl Screen {
    /// Takes over the terminal.
    pub(super) fn open(info: Arc<TestInfo>, stop: Stop) -> io::Result<Self> {
        restore_on_panic();
        enable_raw_mode()?;
        UP.store(true, Ordering::Release);
        let terminal =
            execute!(io::stderr(), EnterAlternateScreen, cursor::Hide).and_then(|()| Terminal::new(CrosstermBackend::new(io::stderr())));
        let started = terminal.and_then(|terminal| {
            let (snapshots, incoming) = channel();
            let thread =
                std::thread::Builder::new().name("screen".into()).spawn(move || run(terminal, ScreenState::new(info), &incoming, &stop))?;
            Ok(Self { snapshots: Some(snapshots), thread: Some(thread) })
        });
        if started.is_err() {
            restore();
        }
        started
    }

    /// Passes on the snapshot of an interval.
    pub(super) fn update(&self, live: Arc<LiveSnapshot>) {
        if let Some(snapshots) = &self.snapshots {
            // If the terminal is gone, so is the screen's thread.
            let _ = snapshots.send(live);
        }
    }
}

/// Restores the terminal.
impl Drop for Screen {
    fn drop(&mut self) {
        self.snapshots = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        restore();
    }
}

fn run(mut terminal: Terminal<CrosstermBackend<io::Stderr>>, mut state: ScreenState, incoming: &Receiver<Arc<LiveSnapshot>>, stop: &Stop) {
    let begun = state.info.unix_start;
    let elapsed = || ltc_engine::clock::Clock::start().unix_start().saturating_sub(begun);
    let mut drawn: Option<Instant> = None;
    while UP.load(Ordering::Acquire) {
        let mut changed = false;
        loop {
            match incoming.try_recv() {
                Ok(live) => {
                    state.update(live);
                    changed = true;
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return,
            }
        }
        for line in unshown() {
            state.log.add_line(elapsed(), line);
            changed = true;
        }
        // The stop came from Ctrl-C or from the button of the live page.
        if stop.is_graceful() && !state.stopping {
            state.stopping = true;
            changed = true;
        }
        if changed || drawn.is_none_or(|drawn| clock::since(drawn) >= Duration::from_secs(1)) {
            drawn = Some(clock::now());
            if terminal.draw(|frame| draw::draw(frame, &mut state, elapsed())).is_err() {
                return;
            }
        }
        match event::poll(KEY_POLL_INTERVAL).and_then(|ready| if ready { event::read().map(Some) } else { Ok(None) }) {
            Ok(Some(Event::Key(key))) if key.kind != KeyEventKind::Release => {
                drawn = None;
                if state.key(key) == KeyAction::Stop {
                    stop.interrupt();
                }
            }
            Ok(Some(Event::Resize(..))) => drawn = None,
            Ok(_) => {}
            // Without keys, the screen still shows the progress.
            Err(_) => std::thread::sleep(KEY_POLL_INTERVAL),
        }
    }
}

fn unshown() -> Vec<String> {
    let mut notices = NOTICES.lock().unwrap_or_else(PoisonError::into_inner);
    let from = notices.shown;
    notices.shown = notices.lines.len();
    notices.lines[from.min(notices.lines.len())..].to_vec()
}
