//! A request in progress: on the fast path if possible, else with the complete client.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::fast_path::{FastPath, Outcome, WireRequest};
use super::request::HttpRequest;
use super::response::{HttpResponse, response};
use super::session::{Session, Start};
use crate::base::clock;
use crate::http::message::Redirects;
use crate::http::message::failure::HttpError;
use crate::http::message::partial::{Keep, Partial};
use crate::http::message::traffic::{Ledger, Traffic};
use crate::http::wire::h1::Raw;
use crate::stats::FailureClass;

/// Upper bound of deadlines, longer than any test.
const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// A request and its response. If it is dropped before its end, its connection is closed.
pub struct Sending {
    request: Rc<HttpRequest>,
    /// The serialized request with the jar's cookies, if the jar has any.
    with_cookies: Option<WireRequest>,
    begun: Instant,
    deadline: Instant,
    keep: Keep,
    state: SendingState,
}

enum SendingState {
    FastPath(FastPath),
    CompleteResponse {
        ledger: Rc<Ledger>,
        answer: Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>>>>,
    },
    /// The exchange was abandoned.
    Over(Traffic),
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").field("request", &self.request).finish_non_exhaustive()
    }
}

impl Sending {
    /// Takes a connection. The request is sent when the exchange is polled. If nobody reads the body of the response, only its first bytes
    /// are kept.
    pub(crate) fn new(session: &Rc<Session>, request: Rc<HttpRequest>, reads_body: bool) -> Self {
        let keep = if reads_body { Keep::All(request.max_body) } else { Keep::First };
        let begun = clock::now();
        let connection = session.quick(&request, begun);
        let deadline = begun.checked_add(request.timeout).unwrap_or(begun + FAR);
        let (state, with_cookies) = match connection {
            Some((stream, with_cookies)) => (SendingState::FastPath(FastPath::new(stream)), with_cookies),
            None => (whole(session, &request, (begun, deadline), Start::Fresh, Ledger::new(Traffic::default(), keep)), None),
        };
        Self { request, with_cookies, begun, deadline, keep, state }
    }

    /// When the request was started.
    pub(crate) fn begun(&self) -> Instant {
        self.begun
    }

    /// The time since the request was started.
    pub(crate) fn elapsed(&self) -> Duration {
        clock::since(self.begun)
    }

    /// The traffic of the exchange so far.
    pub(crate) fn traffic(&self) -> Traffic {
        match &self.state {
            SendingState::FastPath(quick) => quick.traffic(),
            SendingState::CompleteResponse { ledger, .. } => ledger.traffic(),
            SendingState::Over(traffic) => *traffic,
        }
    }

    /// Gives up the exchange: closes its connection, and sends nothing more. The returned traffic is complete: a connection that was being
    /// opened is counted if the server had accepted it.
    pub(crate) fn abandon(&mut self) -> Traffic {
        let traffic = self.traffic();
        let state = std::mem::replace(&mut self.state, SendingState::Over(traffic));
        if let SendingState::CompleteResponse { ledger, answer } = state {
            drop(answer);
            self.state = SendingState::Over(ledger.traffic());
        }
        self.traffic()
    }

    /// Continues with the complete client.
    fn go_on(&mut self, session: &Rc<Session>, start: Start) {
        self.state = whole(session, &self.request, (self.begun, self.deadline), start, Ledger::new(self.traffic(), self.keep));
    }

    /// Continues as far as possible without waiting. `session` is the one that was passed to [`Self::new`].
    pub(crate) fn poll(&mut self, session: &Rc<Session>, cx: &mut Context<'_>) -> Poll<Result<HttpResponse, HttpError>> {
        loop {
            let (quick, wire) = match &mut self.state {
                SendingState::CompleteResponse { answer, .. } => return answer.as_mut().poll(cx),
                SendingState::Over(_) => return Poll::Pending,
                SendingState::FastPath(quick) => (quick, self.with_cookies.as_ref().or(self.request.wire.as_ref())),
            };
            let Some(wire) = wire else { return Poll::Ready(Err(HttpError::protocol("the request was not laid out"))) };
            match quick.poll(cx, session.transport(), wire, self.request.method.is("HEAD"), self.keep.most()) {
                Poll::Pending if session.alarm.is_past(cx, self.deadline) => {
                    let partial = quick.partial();
                    let traffic = self.abandon();
                    return Poll::Ready(Err(late(&self.request, partial.is_some(), traffic.received > 0).after(traffic).with(partial)));
                }
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Outcome::Complete(whole)) => {
                    if whole.keep
                        && let Some(stream) = quick.take_stream()
                    {
                        session.put_idle_stream(&self.request, stream, whole.done);
                    }
                    let (has_client_headers, raw) = (whole.head.has_client_headers, whole.raw());
                    if !has_client_headers {
                        return Poll::Ready(Ok(response(raw, &self.request.url, self.begun, quick.traffic())));
                    }
                    if let Some(response) = self.last(session, raw) {
                        return Poll::Ready(response);
                    }
                }
                Poll::Ready(Outcome::Pending(begun)) => self.go_on(session, Start::Reading(begun)),
                Poll::Ready(Outcome::Lost(lost)) => self.go_on(session, Start::Lost(lost)),
            }
        }
    }

    /// Completes a response of the fast path that sets cookies, redirects or is encoded. `None` if the chain continues.
    fn last(&mut self, session: &Rc<Session>, raw: Raw) -> Option<Result<HttpResponse, HttpError>> {
        if matches!(raw.status, 301 | 302 | 303 | 307 | 308) && self.request.redirects != Redirects::Off {
            self.go_on(session, Start::Got(Box::new(raw)));
            return None;
        }
        if self.request.cookies {
            session.keep_cookies(&self.request.url, &raw);
        }
        let traffic = self.traffic();
        let mut response = response(raw, &self.request.url, self.begun, traffic);
        Some(match response.decode(self.keep) {
            Ok(()) => Ok(response),
            Err(failure) => {
                let (status, version, body) = (response.status, response.version, response.body().len() as u64);
                let partial = Partial { status, version, headers: response.headers, body };
                Err(failure.after(traffic).with(Some(Box::new(partial))))
            }
        })
    }
}

fn late(request: &HttpRequest, has_head: bool, has_begun: bool) -> HttpError {
    let limit = request.timeout;
    let message = match (has_head, has_begun) {
        (true, _) => format!("the body wasn't complete within {limit:?}"),
        (false, true) => format!("the headers of the answer weren't complete within {limit:?}"),
        (false, false) => format!("no answer within {limit:?}"),
    };
    HttpError::new(FailureClass::Timeout, message)
}

impl Session {
    /// Sends a request and returns its final response.
    pub async fn send(self: &Rc<Self>, request: Rc<HttpRequest>) -> Result<HttpResponse, HttpError> {
        self.send_for(request, true).await
    }

    /// Sends a request. If nobody reads the body, only its first bytes are kept.
    pub(crate) async fn send_for(self: &Rc<Self>, request: Rc<HttpRequest>, reads_body: bool) -> Result<HttpResponse, HttpError> {
        let mut sending = Sending::new(self, request, reads_body);
        poll_fn(|cx| sending.poll(self, cx)).await
    }
}

/// An exchange with the complete client, within the remaining time.
fn whole(
    session: &Rc<Session>,
    request: &Rc<HttpRequest>,
    (begun, deadline): (Instant, Instant),
    start: Start,
    ledger: Ledger,
) -> SendingState {
    let (session, request, ledger) = (session.clone(), request.clone(), Rc::new(ledger));
    let counted = ledger.clone();
    let answer = Box::pin(async move {
        let chain = session.chain(&request, begun, start, &counted);
        match tokio::time::timeout_at(deadline.into(), chain).await {
            Ok(answer) => answer.map_err(|failure| failure.after(counted.traffic()).with(counted.coming.partial())),
            Err(_) => {
                let partial = counted.coming.partial();
                Err(late(&request, partial.is_some(), counted.coming.has_begun()).after(counted.traffic()).with(partial))
            }
        }
    });
    SendingState::CompleteResponse { ledger, answer }
}
