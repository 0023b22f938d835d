//! What stands between the orchestrator and an engine: something that runs slices, be it AWS Lambda or processes of this machine.
//!
//! A backend knows nothing of frames: it hands on the bytes that a function writes, as they come.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;

use super::event::SliceEvent;

/// A boxed future that may cross threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a function writes, piece by piece. It ends where the function has ended, in whatever way; an error means that the function is out
/// of sight and may go on, with the cause.
pub type Output = Pin<Box<dyn Stream<Item = Result<Bytes, String>> + Send>>;

/// Why a slice was not begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvokeError {
    /// It can't ever be: no such function, no permission, no credentials. The test ends.
    Refused(String),
    /// Not now: too many at once. It is tried again, later.
    Throttled(String),
    /// It surely didn't begin: it may be tried again.
    NotStarted(String),
    /// It may have begun: another attempt could double the load.
    Unknown(String),
}

impl InvokeError {
    /// What happened, in words.
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

/// How urgently functions are to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Users finish their iteration.
    Gracefully,
    /// At once.
    Now,
}

/// Where slices run.
pub trait Backend: Send + Sync + fmt::Debug {
    /// Its name: `lambda`, `process`.
    fn name(&self) -> &'static str;

    /// How many functions may run at once in a region (`None`: where there are no regions); `None` where nothing limits it. Asked once,
    /// before anything begins: whatever else has to be right (credentials, the function, its version) is found out here.
    fn capacity<'a>(&'a self, region: Option<&'a str>) -> BoxFuture<'a, Result<Option<u64>, InvokeError>>;

    /// Begins a slice, and gives what it writes. It is done when the function was accepted, not when it answers. Dropping the output
    /// leaves the function alone where it can't be ended.
    ///
    /// An invocation that may have begun must not be repeated by the backend itself.
    fn invoke<'a>(&'a self, region: Option<&'a str>, event: &'a SliceEvent) -> BoxFuture<'a, Result<Output, InvokeError>>;

    /// The size in bytes that an event may have; `None` where nothing limits it.
    fn event_limit(&self) -> Option<usize> {
        None
    }

    /// How long before its time a function is to be called, so that it is ready in time, in a fleet of this size.
    fn lead(&self, shards: u32) -> Duration;

    /// Makes sure that a slice which was lost out of sight makes no load any more; done when that is sure. Only then is it begun again.
    ///
    /// # Errors
    /// Where it can't be made sure.
    fn abandon<'a>(&'a self, slice: &'a str) -> BoxFuture<'a, Result<(), String>>;

    /// Gives functions a sign that their orchestrator is alive; done when they can see it. Called before the first function is started, and
    /// every `BEAT` after that. Gives what `stop` asks for, from this machine or another one.
    ///
    /// # Errors
    /// Where the control channel cannot be written or read.
    fn beat(&self) -> BoxFuture<'_, Result<Option<Urgency>, String>>;

    /// Sends a line to all functions that run, and to those that are started later, in place of an earlier line.
    ///
    /// # Errors
    /// Where the control channel cannot be written.
    fn share(&self, line: String) -> BoxFuture<'_, Result<(), String>>;

    /// Tells all functions to stop; done when the sign is set, not when they have stopped.
    fn stop(&self, urgency: Urgency) -> BoxFuture<'_, Result<(), String>>;

    /// Removes what was made for the stop. Called once, after the last function has ended.
    fn clean_up(&self) -> BoxFuture<'_, Result<(), String>>;
}
