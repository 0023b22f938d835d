//! `shard`: a function of the engine `process`. Only its orchestrator calls it, with an event on standard input.

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use clap::Args;
use ltc_config::profile::WithoutOrchestrator;

use super::{ExitStatus, StartupError};
use crate::orchestrator::backend::Urgency;
use crate::orchestrator::control::{OrchestratorWatch, asked};
use crate::orchestrator::event::{ControlChannel, SliceEvent};
use crate::orchestrator::frame::{EndReason, Ended, Frame, FrameWriter};
use crate::orchestrator::kept::{FileKeeper, FrameKeeper, NoKeeper};
use crate::orchestrator::run_store::CONTROL;
use crate::orchestrator::seal;
use crate::orchestrator::shard::{self, Connection, DeliveredSlices, Host};
use ltc_engine::clock;
use ltc_engine::program::Program;
use ltc_engine::program::renewed::RenewedValues;
use ltc_engine::workers::Stop;

/// Run one part of a distributed test; for `run` to call
#[derive(Args, Clone, Debug)]
#[command(hide = true)]
pub(crate) struct ShardCommand {}

/// How often the silence of the orchestrator is checked.
const CHECK: Duration = Duration::from_millis(500);

/// The command that the orchestrator starts its children with.
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
    shard::run(program, &event, &host, &seen, &stop, |event, stop, renewed| connect(event, stop, renewed, known), |line| put(&line));
    Ok(ExitStatus::Passed)
}

/// Listens to the orchestrator, and keeps frames in the directory of the run, if it has one.
fn connect(event: &SliceEvent, stop: &Stop, renewed: &RenewedValues, known: Arc<DeliveredSlices>) -> Result<Connection, String> {
    let directory = match &event.control {
        ControlChannel::Stdin { directory } => directory.clone(),
        _ => None,
    };
    let kept: Box<dyn FrameKeeper> = match &directory {
        Some(directory) => match FileKeeper::create(directory, event) {
            Ok(keeper) => Box::new(keeper),
            // With `finish`, the results must survive the orchestrator, so the slice can't run without this file.
            Err(why) if event.profile.without_orchestrator == WithoutOrchestrator::Finish => return Err(why),
            Err(_) => Box::new(NoKeeper),
        },
        None => Box::new(NoKeeper),
    };
    let signs = OrchestratorWatch::new(event.profile.without_orchestrator, clock::now());
    let silence = signs.flag();
    let channel = directory.map(|directory| (directory.join(CONTROL), event.slice.clone()));
    let stop = stop.clone();
    let values = SharedInput { renewed: renewed.clone(), key: event.channel_key.clone() };
    let listener =
        std::thread::Builder::new().name("control".into()).spawn(move || listen(&stop, &known, &values, signs, channel.as_ref()));
    listener.map(|_| Connection { silence, kept }).map_err(|error| format!("cannot read standard input: {error}"))
}

/// Writes a line. It ignores errors, because if the orchestrator is gone, standard input ends too.
fn put(line: &[u8]) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(line).and_then(|()| stdout.flush());
}

/// Reads the orchestrator's lines until the slice is over. After the orchestrator has ended, it reads the channel that `stop` writes.
fn listen(stop: &Stop, seen: &DeliveredSlices, values: &SharedInput, mut signs: OrchestratorWatch, channel: Option<&(PathBuf, String)>) {
    let (sender, lines) = std::sync::mpsc::channel();
    let reader = std::thread::Builder::new().name("input".into()).spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    if let Err(error) = reader {
        crate::say::warning!("cannot read standard input: {error}");
    }
    let mut ended = false;
    while !stop.is_at_once() {
        match lines.recv_timeout(CHECK) {
            Ok(line) => {
                signs.heard(clock::now());
                execute(&line, stop, seen, values);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                if !ended {
                    ended = true;
                    signs.ended(clock::now(), stop);
                }
                if let Some((path, slice)) = channel
                    && let Ok(text) = std::fs::read_to_string(path)
                {
                    asked(&text, slice).into_iter().for_each(|urgency| stop_as(urgency, stop));
                }
                std::thread::sleep(CHECK);
            }
        }
        if let Some(line) = signs.check(clock::now(), stop) {
            crate::say::warning!("{line}");
        }
    }
}

/// The store for the values that the orchestrator sends, and their key.
struct SharedInput {
    renewed: RenewedValues,
    key: String,
}

/// Stops gracefully or immediately.
fn stop_as(urgency: Urgency, stop: &Stop) {
    if !stop.is_graceful() {
        stop.interrupt();
    }
    if urgency == Urgency::Now {
        stop.at_once();
    }
}

/// Executes a line of the orchestrator.
fn execute(line: &str, stop: &Stop, seen: &DeliveredSlices, values: &SharedInput) {
    match line {
        "stop" => stop.interrupt(),
        "now" => {
            stop.interrupt();
            stop.at_once();
        }
        event if event.starts_with('{') => {
            // A network may deliver an event twice, but its slice runs only once.
            let slice = serde_json::from_str::<SliceEvent>(event).map(|event| event.slice).unwrap_or_default();
            let repeated = !seen.first(&slice);
            let reason = if repeated { EndReason::Repeated } else { EndReason::Refused };
            let message = format!("{slice}: this process runs only one slice");
            let ended = Frame::Ended(Ended { reason, message, requests: 0 });
            put(&FrameWriter::default().write(&ended));
        }
        line if seal::is_line(line) => match seal::newer(line, &values.key, values.renewed.version()) {
            Ok(newer) => newer.into_iter().for_each(|(version, new)| values.renewed.set(version, new)),
            Err(why) => crate::say::warning!("{why}"),
        },
        // Other lines only show that the orchestrator is alive.
        _ => {}
    }
}
