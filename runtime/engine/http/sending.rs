//! A request on its way: the quick exchange where it will do, the whole client where it won't.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::connect::Phases;
use super::h1::{Begun, Raw};
use super::quick::{Outcome, Quick};
use super::session::Session;
use super::{Failure, Redirects, Request, Response, Timings, decode};
use crate::stats::FailureClass;

/// Later than any test lasts.
const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// How a chain of exchanges starts.
#[derive(Debug)]
pub(crate) enum Start {
    /// With nothing.
    Fresh,
    /// An idle connection turned out to have been closed: on a new one.
    Stale,
    /// With a response that isn't whole yet.
    Reading(Box<Begun>),
    /// With a response.
    Got(Box<Raw>),
}

/// A request and what comes back: made by [`Session::send`]. Dropped before its end, its connection is closed.
pub struct Sending<'s> {
    session: &'s Session,
    request: Rc<Request>,
    begun: Instant,
    deadline: Instant,
    state: State<'s>,
}

type Whole<'s> = Pin<Box<dyn Future<Output = Result<Response, Failure>> + 's>>;

enum State<'s> {
    New,
    Quick(Quick),
    Whole(Whole<'s>),
}

impl fmt::Debug for Sending<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").field("request", &self.request).finish_non_exhaustive()
    }
}

impl<'s> Sending<'s> {
    pub(crate) fn new(session: &'s Session, request: Rc<Request>) -> Self {
        let begun = Instant::now();
        Self { session, request, begun, deadline: begun, state: State::New }
    }

    /// Since the request was begun to be sent.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    fn start(&mut self) {
        let connection = if self.request.wire.is_none() { None } else { self.session.quick(&self.request) };
        self.begun = Instant::now();
        self.deadline = self.begun.checked_add(self.request.timeout).unwrap_or(self.begun + FAR);
        match connection {
            Some(stream) => self.state = State::Quick(Quick::new(stream)),
            None => self.whole(Start::Fresh),
        }
    }

    /// Hands on to the client that can do all.
    fn whole(&mut self, start: Start) {
        let (session, request, begun, deadline) = (self.session, self.request.clone(), self.begun, self.deadline);
        self.state = State::Whole(Box::pin(async move {
            let chain = session.chain(&request, begun, start);
            tokio::time::timeout_at(deadline.into(), chain).await.unwrap_or_else(|_| Err(late(&request)))
        }));
    }

    /// The response of a quick exchange, where it is the last of its chain.
    fn last(&mut self, raw: Raw, concerns_client: bool) -> Option<Result<Response, Failure>> {
        let mut decode = false;
        if concerns_client {
            if matches!(raw.status, 301 | 302 | 303 | 307 | 308) && self.request.redirects != Redirects::Off {
                self.whole(Start::Got(Box::new(raw)));
                return None;
            }
            if self.request.cookies {
                self.session.keep_cookies(&self.request.url, &raw);
            }
            // A part of an encoded body can't be decoded.
            decode = raw.status != 206;
        }
        let mut response = response(raw, &self.request.url, self.begun, None);
        if decode {
            match decode::decode(&response.headers, std::mem::take(&mut response.body)) {
                Ok(body) => response.body = body,
                Err(failure) => return Some(Err(failure)),
            }
        }
        Some(Ok(response))
    }
}

/// A response, by what came over the connection.
pub(crate) fn response(raw: Raw, url: &super::Target, begun: Instant, phases: Option<Phases>) -> Response {
    let reused = phases.is_none();
    let phases = phases.unwrap_or_default();
    Response {
        status: raw.status,
        version: raw.version,
        headers: raw.headers,
        body: raw.body,
        url: url.clone(),
        timings: Timings {
            dns: phases.dns,
            connect: phases.connect,
            tls: phases.tls,
            first_byte: raw.first_byte.saturating_duration_since(begun),
            total: raw.done.saturating_duration_since(begun),
        },
        bytes_sent: raw.sent,
        bytes_received: raw.received,
        hops: Vec::new(),
        reused,
    }
}

fn late(request: &Request) -> Failure {
    Failure::new(FailureClass::Timeout, format!("no answer within {:?}", request.timeout))
}

impl Future for Sending<'_> {
    type Output = Result<Response, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            let (quick, wire) = match &mut this.state {
                State::New => {
                    this.start();
                    continue;
                }
                State::Whole(whole) => return whole.as_mut().poll(cx),
                State::Quick(quick) => (quick, this.request.wire.as_ref()),
            };
            let Some(wire) = wire else { return Poll::Ready(Err(Failure::protocol("the request was not laid out"))) };
            match quick.poll(cx, this.session.transport(), wire, this.request.method.is("HEAD")) {
                Poll::Pending if this.session.alarm.is_past(cx, this.deadline) => return Poll::Ready(Err(late(&this.request))),
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Outcome::Whole(raw, stream, concerns_client)) => {
                    if raw.keep {
                        this.session.put_idle_stream(&this.request, stream);
                    }
                    if let Some(response) = this.last(raw, concerns_client) {
                        return Poll::Ready(response);
                    }
                }
                Poll::Ready(Outcome::More(begun)) => this.whole(Start::Reading(begun)),
                Poll::Ready(Outcome::Lost(lost)) if lost.untouched => this.whole(Start::Stale),
                Poll::Ready(Outcome::Lost(lost)) => return Poll::Ready(Err(lost.failure)),
            }
        }
    }
}
