//! `ltc run --watch`: builds and runs a test again whenever one of its files changes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use super::build::Order;
use super::run::program;
use super::screen::{Failure, INFRASTRUCTURE, Screen};
use super::watch::Watch;
use crate::pipeline;

/// The interval at which the test and Ctrl-C are polled.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// The time that a test has to stop after a signal, before the next one.
const GRACE_PERIOD: Duration = Duration::from_secs(3);
/// The exit code after an interruption.
const INTERRUPTED: u8 = 130;

/// The signals that [`signals`] has seen: none, Ctrl-C, which the terminal also sends to the test, or a signal to this process alone.
const NONE: u8 = 0;
const CTRL_C: u8 = 1;
const TERMINATE: u8 = 2;

/// Builds and runs until Ctrl-C.
pub(super) fn on_changes(order: &Order, args: &[OsString], screen: &Screen) -> Result<(), Failure> {
    let signal = signals()?;
    let mut watch = Watch::new()?;
    watch.follow(files(order))?;
    loop {
        let built = watch.begin(|| order.build(screen));
        watch.follow(files(order))?;
        let mut test = match built {
            Ok(made) => {
                screen.note(&made.announcement);
                Some(start(&made.path, args)?)
            }
            Err(failure) => {
                screen.fail(failure);
                screen.note("watching for changes; Ctrl-C ends it");
                None
            }
        };
        let changed = loop {
            match signal.load(Ordering::SeqCst) {
                NONE => {}
                by => return Err(Failure::Printed(end(test, by))),
            }
            if let Some(status) = ended(&mut test)? {
                screen.note(format_args!("{status}; watching for changes, Ctrl-C ends it"));
            }
            if let Some(file) = watch.changed(POLL_INTERVAL) {
                break file;
            }
        };
        screen.note(format_args!("\n{} changed", shown(&changed, order)));
        if let Some(test) = test {
            stop(test);
        }
    }
}

/// All files from which the binary is built.
fn files(order: &Order) -> Vec<PathBuf> {
    let mut files = order.target.files();
    files.extend(pipeline::check(&order.target).map(|checked| checked.files).unwrap_or_default());
    files
}

fn shown(file: &Path, order: &Order) -> String {
    file.strip_prefix(&order.target.root).unwrap_or(file).display().to_string()
}

fn start(path: &Path, args: &[OsString]) -> Result<Child, Failure> {
    let unable = |error| Failure::Message(format!("cannot run {}: {error}", path.display()), None, INFRASTRUCTURE);
    Command::new(program(path)).args(args).spawn().map_err(unable)
}

/// If the test has ended by itself, a sentence that describes its end.
fn ended(test: &mut Option<Child>) -> Result<Option<String>, Failure> {
    let status = test.as_mut().map(Child::try_wait).transpose().map_err(|error| Failure::wrong(format!("cannot wait: {error}")))?;
    let Some(status) = status.flatten() else { return Ok(None) };
    *test = None;
    Ok(Some(sentence(status)))
}

fn sentence(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit code {code}"),
        None => format!("ended by {status}"),
    }
}

/// Waits for the test to end, and returns the exit code.
fn end(test: Option<Child>, signal: u8) -> u8 {
    let Some(mut test) = test else { return INTERRUPTED };
    if signal == TERMINATE {
        stop(test);
        return INTERRUPTED;
    }
    // The test stops gracefully, and writes its report.
    test.wait().ok().and_then(|status| u8::try_from(status.code()?).ok()).unwrap_or(INTERRUPTED)
}

/// Stops a test as Ctrl-C does: first gracefully, then at once.
fn stop(mut test: Child) {
    for _ in 0..2 {
        interrupt(&test);
        let end = Instant::now() + GRACE_PERIOD;
        while Instant::now() < end {
            if matches!(test.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }
    // The test has ended by now, or does not react.
    let _ = test.kill();
    let _ = test.wait();
}

#[cfg(unix)]
fn interrupt(test: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    // If the test has just ended, the signal is not needed.
    let _ = kill_process(Pid::from_child(test), Signal::INT);
}

#[cfg(not(unix))]
fn interrupt(_: &Child) {}

/// The last signal that this process received. From the call on, signals no longer end the process.
fn signals() -> Result<Arc<AtomicU8>, Failure> {
    let flag = Arc::new(AtomicU8::new(NONE));
    let raised = flag.clone();
    let watch = move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            while let Some(signal) = next_signal().await {
                raised.store(signal, Ordering::SeqCst);
            }
        });
    };
    let started = std::thread::Builder::new().name("signals".to_owned()).spawn(watch);
    started.map_err(|error| Failure::Message(format!("cannot start a thread: {error}"), None, INFRASTRUCTURE))?;
    Ok(flag)
}

#[cfg(unix)]
async fn next_signal() -> Option<u8> {
    use tokio::signal::unix::{SignalKind, signal};
    let [mut interrupt, mut terminate, mut hangup] =
        [signal(SignalKind::interrupt()).ok()?, signal(SignalKind::terminate()).ok()?, signal(SignalKind::hangup()).ok()?];
    tokio::select! {
        seen = interrupt.recv() => seen.map(|()| CTRL_C),
        seen = terminate.recv() => seen.map(|()| TERMINATE),
        seen = hangup.recv() => seen.map(|()| TERMINATE),
    }
}

#[cfg(not(unix))]
async fn next_signal() -> Option<u8> {
    tokio::signal::ctrl_c().await.ok().map(|()| CTRL_C)
}
