//! Requests on their way: each is counted exactly once, whatever becomes of the step that sent it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::base::clock;
use crate::http::Sending;
use crate::stats::{Recorder, Sample};
use crate::tables::StepInfo;

/// The requests of a worker that wait for their answers. It allocates only when there are more at once than ever before.
#[derive(Debug, Default)]
pub(crate) struct InFlight(RefCell<Slots>);

#[derive(Debug, Default)]
struct Slots {
    /// When each was sent; nothing where the slot is free.
    begun: Vec<Option<Instant>>,
    free: Vec<usize>,
}

impl InFlight {
    fn enter(&self, begun: Instant) -> usize {
        let mut slots = self.0.borrow_mut();
        match slots.free.pop() {
            Some(slot) => {
                slots.begun[slot] = Some(begun);
                slot
            }
            None => {
                slots.begun.push(Some(begun));
                slots.begun.len() - 1
            }
        }
    }

    fn leave(&self, slot: usize) {
        let mut slots = self.0.borrow_mut();
        if slots.begun[slot].take().is_some() {
            slots.free.push(slot);
        }
    }

    /// How many there are, and how long the oldest has waited.
    pub(crate) fn waiting(&self) -> (u64, Duration) {
        let slots = self.0.borrow();
        let oldest = slots.begun.iter().flatten().min().map_or(Duration::ZERO, |begun| clock::since(*begun));
        ((slots.begun.len() - slots.free.len()) as u64, oldest)
    }
}

/// What a worker counts.
#[derive(Debug)]
pub struct WorkerCounts {
    /// Requests that wait for their answers.
    pub(crate) in_flight: InFlight,
    /// What was counted since the last snapshot.
    pub recorder: RefCell<Recorder>,
}

impl WorkerCounts {
    pub(crate) fn new(recorder: Recorder) -> Rc<Self> {
        Rc::new(Self { in_flight: InFlight::default(), recorder: RefCell::new(recorder) })
    }
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FlightState {
    Waiting,
    /// Its answer is there, or it failed: after so long.
    Landed(Duration),
    /// It was counted with its step.
    Counted,
}

/// A request on its way. Dropped while it waits it is counted as unfinished; dropped behind its answer, without its step's end, as a
/// request that ended.
#[derive(Debug)]
pub(crate) struct Flight {
    pub(crate) sending: Sending,
    counts: Rc<WorkerCounts>,
    info: &'static StepInfo,
    slot: usize,
    state: FlightState,
}

impl Flight {
    pub(crate) fn new(counts: Rc<WorkerCounts>, info: &'static StepInfo, sending: Sending) -> Self {
        let slot = counts.in_flight.enter(sending.begun());
        Self { sending, counts, info, slot, state: FlightState::Waiting }
    }

    /// Nothing more is waited for.
    pub(crate) fn land(&mut self, service: Duration) {
        self.counts.in_flight.leave(self.slot);
        self.state = FlightState::Landed(service);
    }

    /// Its step counts it.
    pub(crate) fn counted(&mut self) {
        self.state = FlightState::Counted;
    }
}

impl Drop for Flight {
    #[inline]
    fn drop(&mut self) {
        if !matches!(self.state, FlightState::Counted) {
            self.count();
        }
    }
}

impl Flight {
    /// WorkerCounts it without its step.
    #[cold]
    fn count(&mut self) {
        let line = self.info.line;
        match self.state {
            FlightState::Counted => {}
            FlightState::Waiting => {
                self.counts.in_flight.leave(self.slot);
                let waited = self.sending.elapsed();
                let traffic = self.sending.abandon();
                self.counts.recorder.borrow_mut().unfinished(line, waited, Some(&traffic));
            }
            // The step was left by a fault of a statement behind its expectations, which held.
            FlightState::Landed(_) if self.info.skip => {
                self.counts.recorder.borrow_mut().skipped(line, true, &self.sending.traffic());
            }
            FlightState::Landed(service) => {
                let traffic = self.sending.traffic();
                let sample = Sample { name: line, service, response: service, ok: true, traffic, ..Sample::default() };
                self.counts.recorder.borrow_mut().record(&sample);
            }
        }
    }
}
