//! The simulated world: the functions that were started, the signals that reach them, and the truth about what they did.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use tokio::sync::watch;

use super::super::control;
use super::super::event::SliceEvent;
use super::super::run_store::{CONTROL, RunFiles};
use super::faults::Faults;
use super::server::{Counts, Server};
use ltc_engine::clock::Clock;
use ltc_engine::schedule::Slice;

/// A signal to a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Signal {
    GoOn,
    Stop,
    Now,
    /// Its orchestrator is silent.
    Silent,
    Abandon,
}

/// What a function really did.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) shard: u32,
    pub(super) interval: u32,
    pub(super) slice: Slice,
    pub(super) faults: Faults,
    /// When its load began and ended, by the true clock.
    pub(super) load: Option<(Duration, Option<Duration>)>,
    pub(super) invoked_at: Duration,
}

impl Function {
    /// The time from which it cannot read the control channel, if there is one.
    pub(super) fn unreadable_from(&self) -> Option<Duration> {
        Some(self.slice.begin() + self.faults.unreadable?)
    }
}

/// Identifies a frame by its slice and number.
pub(super) type FrameId = (String, u64);

/// What really happened in a run.
#[derive(Debug, Default)]
pub(super) struct Truth {
    pub(super) functions: BTreeMap<String, Function>,
    /// The requests of each frame that the orchestrator received.
    pub(super) taken: HashMap<FrameId, Counts>,
    /// When the stop signal was first set.
    pub(super) stop_set: Option<Duration>,
    pub(super) stop_failures: u32,
    pub(super) abandon_failures: u32,
    pub(super) heartbeat_failures: u32,
    /// When a function first ended the test, as `at_end stop_test` does.
    pub(super) ended_by_spec: Option<Duration>,
    pub(super) cleaned: u32,
    /// When functions reported that they cannot read the control channel.
    pub(super) no_control: Vec<Duration>,
    /// When the orchestrator signaled that it is alive.
    pub(super) heartbeats: Vec<Duration>,
    /// The requests of each kept frame.
    pub(super) kept: HashMap<FrameId, Counts>,
    /// The requests of each kept frame that the orchestrator fetched.
    pub(super) fetched: HashMap<FrameId, Counts>,
    /// The requests of each frame that a function sent.
    pub(super) sent: HashMap<FrameId, Counts>,
    /// The versions of renewed values that functions read: the slice, the version, and the time.
    pub(super) read_versions: Vec<(String, u64, Duration)>,
    pub(super) share_failures: u32,
    /// How many functions were killed, because nobody heard of them any more.
    pub(super) killed_by_abandon: u32,
}

impl Truth {
    /// The requests of each frame that reached the orchestrator.
    pub(super) fn arrived(&self) -> HashMap<&FrameId, &Counts> {
        self.taken.iter().chain(&self.fetched).collect()
    }
}

/// Faults of requests that the backend makes itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Control {
    /// Until this time a stop fails. The flag tells whether it hangs.
    pub(super) stop_fails_until: Option<(Duration, bool)>,
    /// How many of a hundred abandons fail. `hangs` tells whether they hang.
    pub(super) abandon_fails: u32,
    pub(super) hangs: bool,
    /// In this time, the orchestrator cannot write the control channel.
    pub(super) unwritable: Range<Duration>,
    /// From this time on, the credentials of the orchestrator have expired: all of its requests are refused.
    pub(super) credentials_end: Option<Duration>,
    /// In this time, the network of the orchestrator is interrupted.
    pub(super) outage: Range<Duration>,
    /// Whether output of functions arrives after the outage. Otherwise, its connections are cut.
    pub(super) outage_delays: bool,
    /// In this time, the account allows no further function.
    pub(super) throttled: Range<Duration>,
    /// How many of a hundred requests to share values fail, and how long one takes at most.
    pub(super) share_fails: u32,
    pub(super) share_takes: Duration,
}

impl Control {
    /// Lets the credentials expire at this time.
    pub(super) fn expire(&mut self, at: Duration) {
        self.credentials_end = Some(at);
        self.unwritable = at..Duration::MAX;
    }

    /// Interrupts the network for some time.
    pub(super) fn interrupt(&mut self, outage: Range<Duration>, delays: bool) {
        self.unwritable = outage.clone();
        (self.outage, self.outage_delays) = (outage, delays);
    }
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) seed: u64,
    pub(super) faulty: bool,
    pub(super) clock: Clock,
    pub(super) control: Control,
    pub(super) server: Server,
    pub(super) truth: Mutex<Truth>,
    pub(super) signals: Mutex<HashMap<String, watch::Sender<Signal>>>,
    pub(super) signal_to_all: watch::Sender<Signal>,
    /// The run's files, in memory.
    pub(super) files: RunFiles,
    /// Whether the orchestrator will be killed.
    pub(super) killed: bool,
    /// Whether values are renewed, and the lines of the control channel with them.
    pub(super) renews: bool,
    pub(super) lines: Mutex<Vec<String>>,
}

/// A piece of a function's output, with the time of its delivery.
pub(super) type Piece = (Instant, Result<Bytes, String>, Option<(FrameId, Counts)>);

impl World {
    pub(super) fn truth(&self) -> MutexGuard<'_, Truth> {
        self.truth.lock().unwrap()
    }

    /// The random numbers of a slice. They are the same for the same slice, whatever happened before.
    pub(super) fn rng(&self, slice: &str) -> ChaCha8Rng {
        let name = slice.bytes().fold(self.seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        ChaCha8Rng::seed_from_u64(name)
    }

    pub(super) fn faults(&self, event: &SliceEvent, rng: &mut ChaCha8Rng) -> Faults {
        // Later attempts have no faults, so that one of them succeeds.
        let attempt: u32 = event.slice.rsplit('/').next().unwrap().parse().unwrap();
        if self.faulty && attempt < 3 { Faults::draw(rng, !self.killed) } else { Faults::none() }
    }

    /// Whether functions check the signals of the orchestrator, which matters only if it may be silent.
    pub(super) fn is_watched(&self) -> bool {
        self.killed || self.renews || !self.control.unwritable.is_empty()
    }

    /// Whether the network of the orchestrator is interrupted.
    pub(super) fn is_out(&self) -> bool {
        self.control.outage.contains(&self.clock.elapsed())
    }

    /// Writes the text that functions read.
    pub(super) async fn write_control(&self) -> Result<(), String> {
        let text = control::text(self.clock.unix_now(), &self.lines.lock().unwrap());
        self.files.write(CONTROL, &text).await
    }

    /// Whether requests of the orchestrator are refused, because its credentials have expired.
    pub(super) fn is_expired(&self) -> bool {
        self.control.credentials_end.is_some_and(|end| self.clock.elapsed() >= end)
    }

    pub(super) fn begin(&self, slice: &str) {
        let now = self.clock.elapsed();
        self.truth().functions.get_mut(slice).unwrap().load = Some((now, None));
    }

    pub(super) fn end(&self, slice: &str) {
        let now = self.clock.elapsed();
        if let Some((_, end @ None)) = &mut self.truth().functions.get_mut(slice).unwrap().load {
            *end = Some(now);
        }
    }
}
