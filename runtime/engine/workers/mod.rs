//! Load from this machine: one worker thread for each core, with its own users, connections and histograms.
//!
//! Threads share nothing on the hot path. Once per interval, each worker passes on its counts, and the main thread merges them.

#[cfg(test)]
mod allocation_tests;
mod arrivals;
mod cpu_meter;
#[cfg(test)]
mod handover_tests;
#[cfg(test)]
mod identity_tests;
pub mod in_memory;
mod iteration;
mod pacing;
mod rate_limit;
mod resume;
mod shared;
mod start;
#[cfg(test)]
mod start_tests;
mod worker;

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::base::clock;
use crate::base::clock::Clock;
use crate::program::settings::Settings;
use crate::record::observe::PrintLine;
use crate::schedule::Slice;
use crate::stats::Snapshot;

/// The settings of a run.
#[derive(Clone, Debug)]
pub struct Run {
    /// The settings of the workers' worlds. Their part is that of this machine; the engine divides it among the workers.
    pub settings: Settings,
    /// This machine's part of the plan.
    pub slice: Slice,
    /// The number of workers.
    pub threads: usize,
    /// The number of usable processors, if it is less than the machine shows.
    pub processors: Option<f64>,
    /// How often workers pass on their counts.
    pub interval: Duration,
    /// The time that users have at the end to finish their iteration.
    pub graceful_stop: Duration,
    /// Whether each user runs one iteration, and the load ends with the last of them.
    pub once: bool,
    /// Prints the texts of `log`.
    pub print: PrintLine,
}

/// The state of a stop. It only ever advances.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicU8>, Arc<AtomicBool>);

impl Stop {
    /// Lets users finish their current iteration.
    pub fn gracefully(&self) {
        self.0.fetch_max(1, Ordering::Relaxed);
    }

    /// Stops users in the middle of their iteration.
    pub fn at_once(&self) {
        self.0.fetch_max(2, Ordering::Relaxed);
    }

    /// Whether users have to finish their current iteration.
    pub fn is_graceful(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= 1
    }

    /// Whether users have to stop immediately.
    pub fn is_at_once(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= 2
    }

    /// Records that somebody requested the stop (Ctrl-C), and the plan isn't complete.
    pub fn interrupt(&self) {
        self.1.store(true, Ordering::Relaxed);
        if self.is_graceful() { self.at_once() } else { self.gracefully() }
    }

    /// Whether this is the only handle, so that everything it could stop is over.
    pub fn is_last(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    /// Whether somebody requested the stop.
    pub fn is_interrupted(&self) -> bool {
        self.1.load(Ordering::Relaxed)
    }
}

/// A worker's part among all workers of all machines, if each machine has the same number of workers.
pub fn worker_part((machine, machines): (u64, u64), (worker, workers): (u64, u64)) -> (u64, u64) {
    (machine + machines * worker, machines * workers)
}

/// The time that workers have for a stop at once. A worker that is busy with anything else is then left behind.
const AT_ONCE: Duration = Duration::from_millis(1_200);
/// How often the watch checks for a stop at once.
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// The running workers.
#[derive(Debug)]
pub struct Engine {
    workers: Vec<JoinHandle<Result<(), String>>>,
    /// The counts of each worker's intervals, with the worker's number.
    frames: Receiver<(usize, Snapshot)>,
    /// Returns the snapshots to their workers, in the workers' order.
    merged: Vec<Sender<Snapshot>>,
    interval: Duration,
    stop: Stop,
}

impl Engine {
    /// Starts the workers; the load begins at `clock`'s start.
    pub fn start(run: &Run, clock: &Clock, stop: &Stop) -> Result<Self, String> {
        let (sender, frames) = channel();
        let (mut workers, mut merged) = (Vec::with_capacity(run.threads), Vec::with_capacity(run.threads));
        for index in 0..run.threads {
            let (part, parts) = worker_part((run.settings.part, run.settings.parts), (index as u64, run.threads as u64));
            let settings = Settings { part, parts, workers: run.threads, clock: clock.clone(), ..run.settings.clone() };
            let (give_back, given_back) = channel();
            merged.push(give_back);
            let config = worker::WorkerConfig {
                settings,
                slice: run.slice.clone().part(index as u64, run.threads as u64),
                interval: run.interval,
                graceful_stop: run.graceful_stop,
                once: run.once,
                stop: stop.clone(),
                index,
                frames: sender.clone(),
                merged: given_back,
                print: run.print,
                cpu_meter: (index == 0).then(|| RefCell::new(cpu_meter::CpuMeter::new(run.threads, run.processors))),
            };
            let thread = std::thread::Builder::new()
                .name(format!("worker-{index}"))
                .spawn(move || config.run())
                .map_err(|error| format!("a worker thread can't be started: {error}"))?;
            workers.push(thread);
        }
        Ok(Self { workers, frames, merged, interval: run.interval, stop: stop.clone() })
    }

    /// Calls `each` once per interval with its counts, until all workers have ended. Returns the number of workers that did not end in time
    /// after a stop at once: their counts since their last interval are missing.
    ///
    /// # Errors
    /// If a worker could not be set up, or panicked.
    pub fn watch(self, mut each: impl FnMut(&Snapshot)) -> Result<usize, String> {
        let mut interval = Merged { frames: Vec::with_capacity(self.workers.len()), give_back: &self.merged };
        // When the counts of an interval are passed on, even if those of a worker are missing.
        let mut due = None;
        let mut stopped_at_once = None;
        loop {
            if self.stop.is_at_once() && clock::since(*stopped_at_once.get_or_insert_with(clock::now)) >= AT_ONCE {
                break;
            }
            let wait = due.map_or(POLL_INTERVAL, |due: Instant| due.saturating_duration_since(clock::now()).min(POLL_INTERVAL));
            match self.frames.recv_timeout(wait) {
                Ok(frame) => {
                    interval.frames.push(frame);
                    due = due.or_else(|| Some(clock::now() + self.interval * 2));
                }
                Err(RecvTimeoutError::Timeout) => (),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if interval.frames.len() >= self.workers.len() || due.is_some_and(|due| clock::now() >= due) {
                interval.pass_on(&mut each);
                due = None;
            }
        }
        interval.pass_on(&mut each);
        // If the frames ended, all workers have, or are about to.
        let (ended, busy): (Vec<_>, Vec<_>) =
            self.workers.into_iter().partition(|worker| stopped_at_once.is_none() || worker.is_finished());
        for worker in ended {
            worker.join().map_err(|_| "a worker thread panicked: this is a bug in ltc".to_owned())??;
        }
        Ok(busy.len())
    }
}

/// The counts of all workers in an interval.
struct Merged<'e> {
    frames: Vec<(usize, Snapshot)>,
    give_back: &'e [Sender<Snapshot>],
}

impl Merged<'_> {
    /// Merges the counts, passes them on, and gives their memory back to the workers. Without counts, it does nothing.
    fn pass_on(&mut self, each: &mut impl FnMut(&Snapshot)) {
        let [(_, first), others @ ..] = &mut *self.frames else { return };
        others.iter().for_each(|(_, other)| first.merge(other));
        each(first);
        for (worker, mut snapshot) in self.frames.drain(..) {
            snapshot.clear();
            // Sending fails only if the worker has ended.
            let _ = self.give_back[worker].send(snapshot);
        }
    }
}
