//! `before test every`: renews values while the test runs, by one user on its own thread.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::StartupError;
use super::prepare::{RENEWER, renew, with_user_of};
use crate::progress::{notice, notice_at};
use ltc_config::profile::LogLevel;
use ltc_engine::User;
use ltc_engine::clock;
use ltc_engine::observe::Quiet;
use ltc_engine::program::settings::Settings;
use ltc_engine::stats::RowStats;

/// A block that failed runs again after this time, or after its period if that is shorter.
const AGAIN: Duration = Duration::from_secs(10);
/// The shortest period of a block.
const SHORTEST: Duration = Duration::from_millis(100);

/// The blocks that run repeatedly, until [`Renewal::finish`].
#[derive(Debug)]
pub(super) struct Renewal {
    thread: JoinHandle<Renewed>,
    _done: oneshot::Sender<()>,
}

/// The result of the renewals.
#[derive(Debug, Default)]
pub(super) struct Renewed {
    /// The requests that the blocks sent.
    pub(super) sent: RowStats,
    /// Notes for the reader of the report.
    pub(super) notes: Vec<String>,
}

impl Renewal {
    /// Starts the renewal after the blocks have run once. Returns `None` if the program has no such block.
    ///
    /// # Errors
    /// If no thread can be started.
    pub(super) fn start(settings: &Settings) -> Result<Option<Self>, StartupError> {
        if settings.program.renewals.is_empty() {
            return Ok(None);
        }
        let (done, over) = oneshot::channel();
        let settings = settings.clone();
        let run = move || {
            let mut renewed = Renewed::default();
            let ended = with_user_of(&settings, RENEWER, Box::new(Quiet(notice)), async |user| {
                tokio::select! {
                    biased;
                    _ = over => {}
                    () = repeat(&settings, &user, &mut renewed) => {}
                }
                Ok(())
            });
            renewed.notes.extend(ended.err().into_iter().flat_map(|error| error.lines));
            renewed
        };
        let thread = std::thread::Builder::new().name("before test every".into()).spawn(run);
        let thread = thread.map_err(|error| StartupError::broken(format!("cannot start a thread: {error}")))?;
        Ok(Some(Self { thread, _done: done }))
    }

    /// Ends the renewal, even in the middle of a block.
    pub(super) fn finish(self) -> Renewed {
        let Self { thread, _done } = self;
        drop(_done);
        thread.join().unwrap_or_default()
    }
}

/// When each block runs next, and how often it failed.
struct Due {
    at: Instant,
    period: Duration,
    failed: u64,
    /// Whether it failed the last time.
    is_failing: bool,
}

async fn repeat(settings: &Settings, user: &User, renewed: &mut Renewed) {
    let program = settings.program;
    user.world().shared.borrow_mut().clone_from(&settings.shared);
    let period = |user: &User, block: &ltc_engine::program::Every| (block.period)(user).and_then(|period| period.as_duration());
    let mut blocks: Vec<Due> = Vec::new();
    for block in program.renewals {
        let period = match period(user, block) {
            Ok(period) => period.max(SHORTEST),
            Err(fault) => {
                renewed.notes.push(format!("the time of `before test every` cannot be used, so it ran once: {}", fault.0));
                Duration::from_secs(u64::from(u32::MAX))
            }
        };
        blocks.push(Due { at: clock::now() + period, period, failed: 0, is_failing: false });
    }
    let mut version = 0;
    loop {
        let Some((block, due)) = program.renewals.iter().zip(&mut blocks).min_by_key(|(_, due)| due.at) else { return };
        tokio::time::sleep_until(due.at.into()).await;
        match renew(program, user, block, &mut renewed.sent).await {
            Ok(()) => {
                version += 1;
                settings.renewed.set(version, user.world().shared.borrow().clone());
                due.at = (due.at + due.period).max(clock::now());
                due.is_failing = false;
            }
            Err(error) => {
                let again = due.period.min(AGAIN);
                due.at = clock::now() + again;
                due.failed += 1;
                let is_first = !std::mem::replace(&mut due.is_failing, true);
                let why = error.lines.join(": ");
                if is_first {
                    let text = format!(
                        "warning: {why}; users keep the earlier values, and it runs again in {}",
                        ltc_config::duration::print(again)
                    );
                    notice_at(LogLevel::Warn, &text);
                }
                renewed.notes.retain(|note| !note.starts_with("before test every failed"));
                let failed: u64 = blocks.iter().map(|due| due.failed).sum();
                renewed.notes.push(format!("{why} ({failed} times); users kept the earlier values"));
            }
        }
    }
}
