//! Keeps the frames of a function in S3, in parts. It has its own thread, so that it never delays the load.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::storage::RoleObjects;
use crate::orchestrator::event::SliceEvent;
use crate::orchestrator::kept::{FrameKeeper, file_of};
use ltc_engine::clock;

/// How often frames are written. A part costs $0.000005, so fifty functions cost two cents an hour.
const EVERY: Duration = Duration::from_secs(60);
/// The time limit for writing a part. At its end, a function has only two seconds.
const WRITE: Duration = Duration::from_millis(1800);

/// The side of the function, which hands lines to the thread.
pub(super) struct PartsKeeper {
    lines: Sender<Vec<u8>>,
    done: Receiver<()>,
}

/// The side of the thread, which writes parts.
struct Parts {
    objects: RoleObjects,
    file: String,
    number: u32,
    waiting: Vec<u8>,
    failed: bool,
}

impl PartsKeeper {
    /// Writes an empty first part, which proves that frames can be kept, and starts the thread.
    ///
    /// # Errors
    /// If the part cannot be written, or no thread can be started.
    pub(super) fn start(objects: RoleObjects, event: &SliceEvent, runtime: &tokio::runtime::Runtime) -> Result<Self, String> {
        let mut parts = Parts { objects, file: file_of(event), number: 0, waiting: Vec::new(), failed: false };
        runtime.block_on(parts.write())?;
        let (lines, received) = channel();
        let (ended, done) = channel();
        let keeps = move || {
            if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
                parts.run(&received, &runtime);
            }
            drop(ended);
        };
        std::thread::Builder::new().name("kept".into()).spawn(keeps).map_err(|error| format!("cannot start a thread: {error}"))?;
        Ok(Self { lines, done })
    }
}

impl FrameKeeper for PartsKeeper {
    fn keep(&mut self, line: &[u8]) {
        // Sending fails only if the thread could not be started.
        let _ = self.lines.send(line.to_vec());
    }

    fn finish(self: Box<Self>) {
        let Self { lines, done } = *self;
        drop(lines);
        let _ = done.recv_timeout(WRITE);
    }
}

impl Parts {
    fn run(&mut self, lines: &Receiver<Vec<u8>>, runtime: &tokio::runtime::Runtime) {
        let mut next = clock::now() + EVERY;
        loop {
            match lines.recv_timeout(until(next)) {
                Ok(line) => self.waiting.extend_from_slice(&line),
                Err(RecvTimeoutError::Timeout) => next = clock::now() + EVERY,
                Err(RecvTimeoutError::Disconnected) => {
                    self.try_write(runtime);
                    return;
                }
            }
            if until(next).is_zero() {
                self.try_write(runtime);
                next = clock::now() + EVERY;
            }
        }
    }

    fn try_write(&mut self, runtime: &tokio::runtime::Runtime) {
        if self.waiting.is_empty() {
            return;
        }
        // If writing fails, the next attempt writes the same lines again.
        if let Err(why) = runtime.block_on(self.write())
            && !std::mem::replace(&mut self.failed, true)
        {
            crate::say::warning!("cannot keep results: {why}");
        }
    }

    async fn write(&mut self) -> Result<(), String> {
        let file = format!("{}.{:05}", self.file, self.number);
        match tokio::time::timeout(WRITE, self.objects.write(&file, &self.waiting)).await {
            Ok(Ok(())) => {
                self.number += 1;
                self.waiting.clear();
                Ok(())
            }
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no response within {:.1} seconds", WRITE.as_secs_f64())),
        }
    }
}

fn until(instant: Instant) -> Duration {
    instant.saturating_duration_since(clock::now())
}
