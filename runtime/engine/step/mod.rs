//! A step: it sends a request, judges its expectations, runs its takes, and records the result once at the end.

pub(crate) mod control;
mod expect;
pub(crate) mod expr;
mod finish;
pub(crate) mod response;
pub(crate) mod rows;
mod samples;
mod take;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use ecow::EcoString;

use crate::base::flow::Flow;
use crate::base::location::Location;
use crate::http::{self, Sending};
use crate::record::answer::Answer;
use crate::record::flight::RequestInFlight;
use crate::record::trace::Trace;
use crate::request::prepared::{PreparedRequest, Sent};
use crate::stats::FailureClass;
use crate::step::response::Response;
use crate::user::{NO_VALUE, User};
use crate::value::{Eval, Value};

pub use expect::{Check, Header, Status};
pub use take::As;

impl User {
    /// Begins a step.
    pub fn step(&self, index: usize) -> Step<'_> {
        Step { user: self, trace: Trace::begin(self, &self.world().tables.steps[index]) }
    }
}

/// A step that is running.
///
/// Methods with an expression are thin wrappers that only evaluate it. Their implementation is compiled once here, and not again for each
/// step of a spec.
#[derive(Debug)]
pub struct Step<'u> {
    user: &'u User,
    trace: Box<Trace>,
}

impl<'u> Step<'u> {
    /// Sends the request. The result is false if there is no response to judge; the reason is recorded.
    pub fn send(&mut self, request: Eval<PreparedRequest>) -> Exchange<'_, 'u> {
        match request {
            Ok(PreparedRequest(request)) => {
                let session = self.user.session();
                let shown = self.trace.details.is_some() && request.cookies;
                let cookies = if shown { session.cookies_for(&request.url).into() } else { String::new() };
                let sending = Sending::new(session, request.clone(), self.trace.info.reads_body);
                self.trace.flight = Some(RequestInFlight::new(self.user.world().counts.clone(), self.trace.info, sending));
                self.trace.sent = Some(Sent { request, cookies });
            }
            Err(fault) => self.fault(FailureClass::Expression, self.trace.info.at, NO_VALUE, fault.0),
        }
        Exchange { step: self }
    }

    fn answered(&mut self, answer: Result<http::HttpResponse, http::HttpError>) -> bool {
        let trace = &mut *self.trace;
        let is_there = match answer {
            Ok(response) => {
                let status = response.status;
                trace.service = response.timings.total;
                trace.received = Some(Answer::new(response));
                if !trace.info.expects_status && status >= 400 {
                    let message = format!("expected a status below 400, got {status}");
                    trace.fail(FailureClass::Status, trace.info.at, got(status), message);
                }
                true
            }
            Err(failure) => {
                trace.service = trace.flight.as_ref().map_or(Duration::ZERO, |flight| flight.sending.elapsed());
                trace.moved = Some(failure.traffic);
                trace.partial = failure.partial;
                trace.fail(failure.class, trace.info.at, failure.kind, failure.message);
                false
            }
        };
        if let Some(flight) = &mut trace.flight {
            flight.end(trace.service);
        }
        is_there
    }

    /// Handles an expression without a value: it is a failure, unless it ends the user or the test, for example because its data is used
    /// up.
    fn fault(&mut self, class: FailureClass, at: Location, kind: &'static str, message: String) {
        if !self.user.is_ending() {
            self.trace.fail(class, at, kind, message);
        }
    }

    fn response(&self) -> Option<Response<'_>> {
        self.trace.received.as_ref().map(|answer| Response::new(self.user, answer))
    }

    /// Whether details are shown. Expectations are then judged even if their result is known.
    fn is_shown(&self) -> bool {
        self.trace.details.is_some()
    }

    /// The response, if everything has held so far.
    fn good(&self) -> Option<Response<'_>> {
        if self.holds() { self.response() } else { None }
    }

    /// Evaluates an expression of the step, after its request. Returns `None` if the step has failed already, or fails because of it.
    pub fn value(&mut self, at: Location, expression: impl FnOnce(&Response<'_>) -> Eval) -> Option<Value> {
        let found = expression(&self.good()?);
        self.found(at, found)
    }

    fn found(&mut self, at: Location, found: Eval) -> Option<Value> {
        found.map_err(|fault| self.fault(FailureClass::Expression, at, NO_VALUE, fault.0)).ok()
    }

    /// Whether nothing has failed so far.
    pub fn holds(&self) -> bool {
        self.trace.failures.is_empty() && !self.user.is_ending()
    }

    /// Ends the step and records it. A failed step that interrupts ends the iteration.
    pub fn end(self) -> Flow {
        let Self { user, mut trace } = self;
        trace.response = trace.service + user.behind.get();
        if let Some(exit) = user.pending_exit() {
            // The end of the user isn't a failure. If a request was sent, it counts with the result of its expectations.
            if trace.flight.is_some() {
                user.world().observer.step(&user.observed(trace.status()), &trace);
                let _ = trace.record(user);
            } else {
                trace.release(user);
            }
            return Err(exit);
        }
        user.world().observer.step(&user.observed(trace.status()), &trace);
        user.control.finish(user, trace)
    }
}

/// A request in flight, which a step awaits. It isn't an `async fn`, because that would compile the client into the generated crate.
#[derive(Debug)]
pub struct Exchange<'s, 'u> {
    step: &'s mut Step<'u>,
}

impl Future for Exchange<'_, '_> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let step = &mut *self.step;
        // No request was sent if it couldn't be built.
        let Some(flight) = &mut step.trace.flight else { return Poll::Ready(false) };
        flight.sending.poll(step.user.session(), cx).map(|answer| step.answered(answer))
    }
}

/// The kind of failure of an unexpected status.
fn got(status: u16) -> EcoString {
    ecow::eco_format!("got {status}")
}
