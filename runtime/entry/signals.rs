//! The signals of the process: which stop a test, and which do not end it.

use std::io;
use std::sync::mpsc::channel;

use ltc_config::profile::LogLevel;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use super::StartupError;
use crate::progress::notice_at;
use ltc_engine::workers::Stop;

/// SIGXFSZ, on Linux and macOS: a file has reached the limit of the process (`ulimit -f`).
const FILE_TOO_LARGE: i32 = 25;

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Lets writes beyond `ulimit -f` fail as on a full disk. Without a handler, the signal ends the process.
pub(super) fn survive_file_limit() -> io::Result<()> {
    // tokio's handler stays until the process ends.
    runtime()?.block_on(async { signal(SignalKind::from_raw(FILE_TOO_LARGE)).map(drop) })
}

/// Ctrl-C, SIGTERM and SIGHUP (the terminal was closed) stop the test gracefully. A second one stops it immediately. Returns when they are
/// watched.
pub(super) fn watch_interrupts(stop: &Stop) -> Result<(), StartupError> {
    let stop = stop.clone();
    let (ready, is_ready) = channel();
    let watch = move || -> io::Result<()> {
        runtime()?.block_on(async {
            let mut interrupt = signal(SignalKind::interrupt())?;
            let mut terminate = signal(SignalKind::terminate())?;
            let mut hangup = signal(SignalKind::hangup())?;
            // Nobody waits for it any more if the process is about to end.
            let _ = ready.send(());
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = hangup.recv() => {}
                }
                stop.interrupt();
                if !stop.is_at_once() {
                    notice_at(LogLevel::Info, "stopping: users finish their iteration (press Ctrl-C again to stop now)");
                }
            }
        })
    };
    let thread = std::thread::Builder::new().name("signals".into()).spawn(move || {
        if let Err(error) = watch() {
            notice_at(LogLevel::Warn, &format!("warning: Ctrl-C will not stop gracefully: {error}"));
        }
    });
    thread.map_err(|error| StartupError::broken(format!("cannot start a thread: {error}")))?;
    // The sender is dropped if the signals can't be watched, which the thread reports.
    let _ = is_ready.recv();
    Ok(())
}
