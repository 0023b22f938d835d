//! The interface between the orchestrator and an engine that runs slices, which is AWS Lambda or processes of this machine.
//!
//! A backend transports the bytes that a function writes, and doesn't interpret frames.

use std::fmt;
use std::pin::Pin;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::Stream;

use super::event::SliceEvent;

/// A boxed future that can be sent to other threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The output of a function in pieces. It ends when the function has ended for any reason. An error means that the connection was lost and
/// the function may still run; it contains the cause.
pub type Output = Pin<Box<dyn Stream<Item = Result<Bytes, String>> + Send>>;

/// Why a slice was not started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvokeError {
    /// It can never start, for example because the function, the permission or the credentials are missing. The test ends.
    Refused(String),
    /// It can't start now, because too many functions run. It is tried again later.
    Throttled(String),
    /// It certainly didn't start, so it may be tried again.
    NotStarted(String),
    /// It may have started, so another attempt could double the load.
    Unknown(String),
}

impl InvokeError {
    /// The reason in words.
    pub fn message(&self) -> &str {
        match self {
            Self::Refused(message) | Self::Throttled(message) | Self::NotStarted(message) | Self::Unknown(message) => message,
        }
    }
}

impl fmt::Display for InvokeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for InvokeError {}

/// How urgently functions have to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Users finish their iteration.
    Gracefully,
    /// Users stop immediately.
    Now,
}

/// When a function that cannot be reached ends its load by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnEnd {
    /// The time after the last signal that it can have received; `None`: it goes on without its orchestrator.
    pub silence: Option<Duration>,
    /// The end of its slice; `None`: the slice has no end.
    pub end: Option<Instant>,
}

impl OwnEnd {
    /// When the load has certainly ended, if the function has received nothing since that time. `None`: it never ends by itself.
    pub fn after(self, since: Instant) -> Option<Instant> {
        let silent = self.silence.and_then(|silence| since.checked_add(silence));
        silent.into_iter().chain(self.end).min()
    }
}

/// The output that a function kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptOutput {
    /// Its parts in order.
    pub parts: Vec<String>,
    /// Whether the function certainly keeps nothing more.
    pub is_final: bool,
}

/// Runs slices.
pub trait Backend: Send + Sync + fmt::Debug {
    /// The engine's name: `lambda`, `process`.
    fn name(&self) -> &'static str;

    /// The number of functions that may run at once in a region; `None` if there is no limit. `region` is `None` if the engine has no
    /// regions. It is called once before the load, and also checks everything else that a run needs (credentials, the function, its
    /// version).
    fn capacity<'a>(&'a self, region: Option<&'a str>) -> BoxFuture<'a, Result<Option<u64>, InvokeError>>;

    /// Starts a slice and returns its output. The future completes when the function was accepted, not when it answers. If the output is
    /// dropped, a function that can't be ended keeps running.
    ///
    /// The backend itself must not repeat an invocation that may have started.
    fn invoke<'a>(&'a self, region: Option<&'a str>, event: &'a SliceEvent) -> BoxFuture<'a, Result<Output, InvokeError>>;

    /// The greatest size of an event in bytes; `None` if there is no limit.
    fn event_limit(&self) -> Option<usize> {
        None
    }

    /// Whether functions go on while this machine is suspended.
    fn runs_elsewhere(&self) -> bool {
        false
    }

    /// How early a function has to be called so that it is ready in time, in a fleet of this size.
    fn lead(&self, shards: u32) -> Duration;

    /// Makes sure that a slice whose output was lost generates no load any more. The future completes when that is certain, and only then
    /// is the slice started again: when the function has confirmed that it ended, or when it has ended by itself (`own_end`).
    ///
    /// # Errors
    /// If the slice may still run.
    fn abandon<'a>(&'a self, slice: &'a str, own_end: OwnEnd) -> BoxFuture<'a, Result<(), String>>;

    /// Signals to functions that their orchestrator is alive. The future completes when they can see the signal. It is called before the
    /// first function is started, and every `HEARTBEAT` after that. Returns the request of `stop`, from this machine or another one.
    ///
    /// # Errors
    /// If the control channel cannot be written or read.
    fn heartbeat(&self) -> BoxFuture<'_, Result<Option<Urgency>, String>>;

    /// Sends a line to all running functions and to those that start later. It replaces an earlier line.
    ///
    /// # Errors
    /// If the control channel cannot be written.
    fn share(&self, line: String) -> BoxFuture<'_, Result<(), String>>;

    /// Tells all functions to stop. The future completes when the signal is set, not when they have stopped.
    fn stop(&self, urgency: Urgency) -> BoxFuture<'_, Result<(), String>>;

    /// The output that the function of a slice kept. Called when nothing more is read from the function itself.
    ///
    /// # Errors
    /// If it cannot be read.
    fn kept<'a>(&'a self, slice: &'a str) -> BoxFuture<'a, Result<KeptOutput, String>>;

    /// Removes what the control channel needed, and what functions kept. Called once, after the last function has ended. If functions kept
    /// results that did not reach the orchestrator, `for_collect` is set, and what `collect` and `stop` need stays.
    fn clean_up(&self, for_collect: bool) -> BoxFuture<'_, Result<(), String>>;
}
