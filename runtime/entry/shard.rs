//! `shard`: a function of the engine `process`. Not for people: its orchestrator calls it, with an event on standard input.

use std::io::{BufRead as _, Write as _};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;

use super::{ExitStatus, StartupError};
use crate::orchestrator::event::SliceEvent;
use crate::orchestrator::frame::{EndReason, Ended, Frame, FrameWriter};
use crate::orchestrator::shard::{self, DeliveredSlices, Host};
use ltc_engine::clock;
use ltc_engine::program::Program;
use ltc_engine::workers::Stop;

/// Run one part of a distributed test; for `run` to call
#[derive(Args, Clone, Debug)]
#[command(hide = true)]
pub(crate) struct ShardCommand {}

/// The word that the orchestrator starts its children with.
pub(super) const WORD: &str = "shard";

/// Runs the slice of the event on standard input.
pub(super) fn run(program: &'static Program, born: Instant) -> Result<ExitStatus, StartupError> {
    let init = clock::since(born);
    let mut event = Vec::new();
    std::io::stdin()
        .lock()
        .read_until(b'\n', &mut event)
        .map_err(|error| StartupError::broken(format!("cannot read standard input: {error}")))?;
    if event.is_empty() {
        return Err(StartupError::wrong(["missing event on standard input: only `run` calls `shard`"]));
    }
    let stop = Stop::default();
    let host = Host { place: format!("process {}", std::process::id()), init, deadline: None };
    let seen = Arc::new(DeliveredSlices::default());
    let known = seen.clone();
    let listen = |_: &SliceEvent, stop: &Stop| {
        let stop = stop.clone();
        let listener = std::thread::Builder::new().name("stop".into()).spawn(move || listen(&stop, &known));
        if let Err(error) = listener {
            crate::say::warning!("cannot stop this shard before its end: {error}");
        }
    };
    shard::run(program, &event, &host, &seen, &stop, listen, |line| put(&line));
    Ok(ExitStatus::Passed)
}

/// Where nobody reads any more the input has ended too, which stops the load.
fn put(line: &[u8]) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(line).and_then(|()| stdout.flush());
}

/// Does what further lines say, until the input ends, which means stop.
fn listen(stop: &Stop, seen: &DeliveredSlices) {
    for line in std::io::stdin().lock().lines() {
        match line.as_deref() {
            Ok("stop") => stop.interrupt(),
            Ok("now") => {
                stop.interrupt();
                stop.at_once();
            }
            Ok(text) if text.starts_with('{') => {
                // The same event again, as a network may deliver it: the slice runs once.
                let slice = serde_json::from_str::<SliceEvent>(text).map(|event| event.slice).unwrap_or_default();
                let repeated = !seen.first(&slice);
                let reason = if repeated { EndReason::Repeated } else { EndReason::Refused };
                let message = format!("{slice}: this process runs only one slice");
                let ended = Frame::Ended(Ended { reason, message, requests: 0 });
                put(&FrameWriter::default().write(&ended));
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    stop.interrupt();
}
