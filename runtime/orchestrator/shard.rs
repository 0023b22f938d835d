//! The function's side: runs the slice of an event, and answers with frames. It is the same for a process and for Lambda, and uses the same
//! engine as a local run.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::control::SilenceFlag;
use super::event::SliceEvent;
use super::fault::InjectedFault;
use super::frame::{Counted, EndReason, Ended, Frame, FrameWriter, Started};
use super::kept::{FrameKeeper, NoKeeper};
use ltc_engine::clock;
use ltc_engine::clock::{Clock, unix_now};
use ltc_engine::http::TransportConfig;
use ltc_engine::program::Program;
use ltc_engine::program::renewed::RenewedValues;
use ltc_engine::program::settings::Settings;
use ltc_engine::schedule::Plan;
use ltc_engine::stats::{RowKind, Snapshot, micros};
use ltc_engine::workers::{Engine, Run, Stop};

/// The time before the engine's limit that is kept for the last frames.
pub(super) const FLUSH: Duration = Duration::from_secs(2);
/// The most time that users have to finish their iteration if the limit comes before the end.
const GRACE: Duration = Duration::from_secs(5);
/// A function that is ready later than this counts as late.
const LATE: Duration = Duration::from_millis(50);

/// Facts about the engine that aren't in the event.
#[derive(Debug)]
pub(crate) struct Host {
    /// Where it runs, for messages.
    pub(crate) place: String,
    /// The time from the start of its process until it could receive events.
    pub(crate) init: Duration,
    /// When the engine ends the function.
    pub(crate) deadline: Option<Instant>,
}

/// The slices that this process has received.
#[derive(Debug, Default)]
pub(crate) struct DeliveredSlices(Mutex<HashSet<String>>);

impl DeliveredSlices {
    /// Whether the slice is new.
    pub(crate) fn first(&self, slice: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(slice.to_owned())
    }
}

/// Runs the slice to its end, and sends each frame immediately. It never fails: the last frame contains the error.
pub(crate) fn run(
    program: &'static Program,
    json: &[u8],
    host: &Host,
    seen: &DeliveredSlices,
    stop: &Stop,
    connect: impl FnOnce(&SliceEvent, &Stop, &RenewedValues) -> Result<Connection, String>,
    mut send: impl FnMut(Vec<u8>),
) {
    let mut writer = FrameWriter::default();
    let mut kept: Box<dyn FrameKeeper> = Box::new(NoKeeper);
    let renewed = RenewedValues::default();
    let ended = match SliceEvent::read(program, json) {
        Err(why) => nothing(EndReason::Refused, why),
        Ok(event) if !seen.first(&event.slice) => {
            nothing(EndReason::Repeated, format!("{} was given to this function before: nothing was done", event.slice))
        }
        Ok(event) => match connect(&event, stop, &renewed) {
            Err(why) => nothing(EndReason::NoControl, why),
            Ok(connection) => {
                kept = connection.kept;
                slice(program, &event, host, stop, (&connection.silence, &renewed), |frame| {
                    let line = writer.write(frame);
                    kept.keep(&line);
                    send(line);
                })
            }
        },
    };
    // Nobody needs to watch for a stop any more.
    stop.at_once();
    let line = writer.write(&Frame::Ended(ended));
    kept.keep(&line);
    // Comes before the last frame, because after that frame the orchestrator may remove the kept files.
    kept.finish();
    send(line);
}

/// A function's connection to its orchestrator, apart from the frames.
pub(crate) struct Connection {
    /// Whether the orchestrator is silent.
    pub(crate) silence: SilenceFlag,
    /// Keeps frames for `collect`.
    pub(crate) kept: Box<dyn FrameKeeper>,
}

fn nothing(reason: EndReason, message: String) -> Ended {
    Ended { reason, message, requests: 0 }
}

fn slice(
    program: &'static Program,
    event: &SliceEvent,
    host: &Host,
    stop: &Stop,
    (silence, renewed): (&SilenceFlag, &RenewedValues),
    mut send: impl FnMut(&Frame),
) -> Ended {
    let mut fault = InjectedFault::of(event);
    let plan = match Plan::seeded(&event.profile, &event.user_classes(), event.seed) {
        Ok(plan) => plan,
        Err(errors) => {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            return nothing(EndReason::Refused, format!("the profile cannot be used: {}", errors.join("; ")));
        }
    };
    let clock = clock(event, fault.skew());
    fault.before_start();
    // The load that was due before is missing. If users or arrivals caught up with it, they would all begin at once.
    let late = Some(clock::now().saturating_duration_since(clock.instant(event.from()))).filter(|late| *late > LATE).unwrap_or_default();
    let run = Run {
        settings: Settings { renewed: renewed.clone(), ..settings(program, event, &clock) },
        slice: event.part_of(&plan).since(event.from() + late),
        threads: event.threads.max(1) as usize,
        processors: Some(f64::from(event.processors_milli) / 1000.0),
        interval: Duration::from_micros(event.stats_interval_us.max(1000)),
        graceful_stop: Duration::from_micros(event.graceful_stop_us),
        once: false,
        print: crate::progress::notice,
    };
    let engine = match Engine::start(&run, &clock, stop) {
        Ok(engine) => engine,
        Err(why) => return nothing(EndReason::Failed, why),
    };
    send(&Frame::Started(Started {
        slice: event.slice.clone(),
        clock_us: micros(unix_now() + fault.skew().unwrap_or_default()),
        init_us: micros(host.init),
        late_us: micros(late),
        place: host.place.clone(),
    }));
    let limit = TimeLimit::set(host.deadline, run.graceful_stop, stop);
    let mut requests = 0;
    let outcome = engine.watch(|delta| {
        requests += counted(program, delta);
        let frame = Frame::Counted(Counted::new(delta));
        fault.on_frame(clock.elapsed(), || FrameWriter::default().write(&frame));
        send(&frame);
    });
    let (reason, message) = match outcome {
        Err(why) => (EndReason::Failed, why),
        Ok(busy) if busy > 0 => (EndReason::Failed, format!("{busy} worker threads did not stop at once: their last results are missing")),
        Ok(_) if limit.is_over() => (EndReason::Deadline, "the engine's time for a function was over".to_owned()),
        Ok(_) if silence.is_set() => (EndReason::Silent, "it stopped by itself, because its orchestrator was silent".to_owned()),
        Ok(_) if stop.is_interrupted() => (EndReason::Stopped, String::new()),
        Ok(_) if stop.is_graceful() => (EndReason::StoppedItself, "the spec stopped the test".to_owned()),
        Ok(_) => (EndReason::Done, String::new()),
    };
    Ended { reason, message, requests }
}

fn settings(program: &'static Program, event: &SliceEvent, clock: &Clock) -> Settings {
    crate::level::set(&event.profile.logging);
    crate::panics::mask(&event.secrets);
    Settings {
        program,
        env: event.env.clone(),
        apis: event.apis.clone(),
        transport: TransportConfig { permission: event.permission.clone(), ..TransportConfig::default() },
        seed: seed(event),
        test_id: event.test_id.as_str().into(),
        part: u64::from(event.shard),
        parts: u64::from(event.shards),
        workers: 1,
        shard: event.shard,
        interval: event.interval,
        test_seed: event.seed,
        globals: event.globals.clone(),
        shared: event.shared.clone(),
        renewed: RenewedValues::default(),
        iteration_rate: event.iteration_rate,
        aws: ltc_engine::functions::AwsCredentials::from_environment(),
        clock: clock.clone(),
        secrets: event.secrets.clone(),
    }
}

/// The seed of a slice's users and rows. Users with the same numbers begin again in each interval. With the same seed they would draw the
/// same values again, such as identities that must be new.
fn seed(event: &SliceEvent) -> u64 {
    event.seed ^ event.from_us.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The test's clock. If the machine's clock is before the time when the event was created, it is behind by at least the difference and is
/// corrected. A function can't detect that its clock is ahead, so its orchestrator reports that.
fn clock(event: &SliceEvent, skew: Option<Duration>) -> Clock {
    let start = Duration::from_micros(event.starts_at_us);
    let behind = Duration::from_micros(event.sent_at_us).saturating_sub(unix_now());
    let start = start.saturating_sub(behind);
    Clock::at(start.saturating_sub(skew.unwrap_or_default()))
}

fn counted(program: &Program, delta: &Snapshot) -> u64 {
    program.lines.iter().zip(&delta.names).filter(|(line, _)| line.kind == RowKind::Step).map(|(_, stats)| stats.requests).sum()
}

/// The engine's time limit. Users are told to stop early enough.
struct TimeLimit {
    over: Arc<AtomicBool>,
    /// Dropping it ends the waiting thread.
    _done: std::sync::mpsc::Sender<()>,
}

impl TimeLimit {
    fn set(deadline: Option<Instant>, graceful_stop: Duration, stop: &Stop) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (done, waits) = channel();
        if let Some(deadline) = deadline {
            let (over, stop) = (over.clone(), stop.clone());
            let last = deadline.checked_sub(FLUSH).unwrap_or(deadline);
            let first = last.checked_sub(graceful_stop.min(GRACE)).unwrap_or(last);
            // If no thread can be started, the engine's limit cuts the last frames off, and the orchestrator reports it.
            let _ = std::thread::Builder::new().name("limit".into()).spawn(move || {
                if !done_before(&waits, first) {
                    over.store(true, Ordering::Relaxed);
                    stop.gracefully();
                    if !done_before(&waits, last) {
                        stop.at_once();
                    }
                }
            });
        }
        Self { over, _done: done }
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

fn done_before(done: &Receiver<()>, instant: Instant) -> bool {
    matches!(done.recv_timeout(instant.saturating_duration_since(clock::now())), Err(RecvTimeoutError::Disconnected) | Ok(()))
}

#[cfg(test)]
#[path = "shard_tests.rs"]
mod tests;
