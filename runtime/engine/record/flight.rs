//! Requests in flight. Each is counted exactly once, however its step ends.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::base::clock;
use crate::http::Sending;
use crate::stats::{Recorder, Sample};
use crate::tables::StepInfo;

/// The requests of a worker that wait for an answer. It allocates memory only for a new maximum of concurrent requests.
#[derive(Debug, Default)]
pub(crate) struct InFlight(RefCell<Slots>);

#[derive(Debug, Default)]
struct Slots {
    /// When each request was sent; `None` for a free slot.
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

    /// The number of waiting requests, and how long the oldest has waited.
    pub(crate) fn waiting(&self) -> (u64, Duration) {
        let slots = self.0.borrow();
        let oldest = slots.begun.iter().flatten().min().map_or(Duration::ZERO, |begun| clock::since(*begun));
        ((slots.begun.len() - slots.free.len()) as u64, oldest)
    }
}

/// The counts of a worker.
#[derive(Debug)]
pub struct WorkerCounts {
    /// Requests that wait for an answer.
    pub(crate) in_flight: InFlight,
    /// The counts since the last snapshot.
    pub recorder: RefCell<Recorder>,
}

impl WorkerCounts {
    pub(crate) fn new(recorder: Recorder) -> Rc<Self> {
        Rc::new(Self { in_flight: InFlight::default(), recorder: RefCell::new(recorder) })
    }
}

/// The progress of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FlightState {
    Waiting,
    /// The answer came, or the request failed, after this time.
    Ended(Duration),
    /// It was counted with its step.
    Counted,
}

/// A request in flight. If it is dropped while it waits, it is counted as unfinished. If it is dropped after its answer, but before its
/// step's end, it is counted as a request that ended.
#[derive(Debug)]
pub(crate) struct RequestInFlight {
    pub(crate) sending: Sending,
    counts: Rc<WorkerCounts>,
    info: &'static StepInfo,
    slot: usize,
    state: FlightState,
}

impl RequestInFlight {
    pub(crate) fn new(counts: Rc<WorkerCounts>, info: &'static StepInfo, sending: Sending) -> Self {
        let slot = counts.in_flight.enter(sending.begun());
        Self { sending, counts, info, slot, state: FlightState::Waiting }
    }

    /// Records that the request waits no longer.
    pub(crate) fn end(&mut self, service: Duration) {
        self.counts.in_flight.leave(self.slot);
        self.state = FlightState::Ended(service);
    }

    /// Records that its step counts it.
    pub(crate) fn counted(&mut self) {
        self.state = FlightState::Counted;
    }
}

impl Drop for RequestInFlight {
    #[inline]
    fn drop(&mut self) {
        if !matches!(self.state, FlightState::Counted) {
            self.count();
        }
    }
}

impl RequestInFlight {
    /// Counts the request without its step.
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
            // An error in a statement after the expectations, which held, ended the step.
            FlightState::Ended(_) if self.info.skip => {
                self.counts.recorder.borrow_mut().skipped(line, true, &self.sending.traffic());
            }
            FlightState::Ended(service) => {
                let traffic = self.sending.traffic();
                let sample = Sample { name: line, service, response: service, ok: true, traffic, ..Sample::default() };
                self.counts.recorder.borrow_mut().record(&sample);
            }
        }
    }
}
