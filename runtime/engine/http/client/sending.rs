//! A request in progress: on the fast path if possible, else with the complete client.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::fast_path::{FastPath, Outcome, WireRequest};
use super::quick::OpeningStream;
use super::redirect::{Chain, is_redirect};
use super::request::HttpRequest;
use super::response::{HttpResponse, response};
use super::session::{Session, Start};
use crate::base::clock;
use crate::base::deadline::FAR;
use crate::http::message::Redirects;
use crate::http::message::failure::HttpError;
use crate::http::message::partial::{Keep, Partial};
use crate::http::message::target::Target;
use crate::http::message::traffic::{Ledger, Traffic};
use crate::http::wire::h1::Raw;
use crate::stats::FailureClass;

/// A request and its response. If it is dropped before its end, its connection is closed.
pub struct Sending {
    request: Rc<HttpRequest>,
    /// The serialized request if it differs from the request's own: it has the jar's cookies, or follows a redirect.
    wire: Option<WireRequest>,
    /// The redirects that the fast path has followed.
    redirected: Option<Box<Redirected>>,
    begun: Instant,
    deadline: Instant,
    keep: Keep,
    state: SendingState,
}

/// The state after the fast path has followed a redirect.
struct Redirected {
    chain: Chain,
    /// The traffic of the previous exchanges of the chain.
    before: Traffic,
}

impl Redirected {
    /// The traffic of the chain, including that of its last exchange.
    fn traffic(&self, last: Traffic) -> Traffic {
        let before = self.before;
        Traffic {
            sent: before.sent + last.sent,
            received: before.received + last.received,
            reused: before.reused + last.reused,
            redirects: before.redirects + u32::from(last.sent > 0),
            ..before
        }
    }
}

enum SendingState {
    FastPath(FastPath),
    /// A connection is being opened for the fast path.
    Opening {
        ledger: Rc<Ledger>,
        opening: OpeningStream,
    },
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
        let (state, wire) = match connection {
            Some((stream, with_cookies)) => (SendingState::FastPath(FastPath::new(stream, None)), with_cookies),
            None => start(session, &request, (begun, deadline), Ledger::new(Traffic::default(), keep)),
        };
        Self { request, wire, redirected: None, begun, deadline, keep, state }
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
            SendingState::FastPath(quick) => match &self.redirected {
                Some(redirected) => redirected.traffic(quick.traffic()),
                None => quick.traffic(),
            },
            SendingState::Opening { ledger, .. } | SendingState::CompleteResponse { ledger, .. } => ledger.traffic(),
            SendingState::Over(traffic) => *traffic,
        }
    }

    /// Gives up the exchange: closes its connection, and sends nothing more. The returned traffic is complete: a connection that was being
    /// opened is counted if the server had accepted it.
    pub(crate) fn abandon(&mut self) -> Traffic {
        let traffic = self.traffic();
        let state = std::mem::replace(&mut self.state, SendingState::Over(traffic));
        let ledger = match state {
            SendingState::Opening { ledger, opening } => {
                drop(opening);
                ledger
            }
            SendingState::CompleteResponse { ledger, answer } => {
                drop(answer);
                ledger
            }
            SendingState::FastPath(_) | SendingState::Over(_) => return traffic,
        };
        self.state = SendingState::Over(ledger.traffic());
        self.traffic()
    }

    /// Continues with the complete client.
    fn go_on(&mut self, session: &Rc<Session>, start: Start) {
        let ledger = Ledger::new(self.traffic(), self.keep);
        let chain = match self.redirected.take() {
            Some(redirected) => {
                if ledger.traffic().sent == redirected.before.sent {
                    ledger.hop();
                }
                redirected.chain
            }
            None => Chain::new(self.request.clone()),
        };
        self.state = whole(session, chain, (self.begun, self.deadline), start, Rc::new(ledger));
    }

    /// Continues as far as possible without waiting. `session` is the one that was passed to [`Self::new`].
    pub(crate) fn poll(&mut self, session: &Rc<Session>, cx: &mut Context<'_>) -> Poll<Result<HttpResponse, HttpError>> {
        loop {
            let (quick, wire) = match &mut self.state {
                SendingState::CompleteResponse { answer, .. } => return answer.as_mut().poll(cx),
                SendingState::Over(_) => return Poll::Pending,
                SendingState::Opening { ledger, opening } => {
                    let stream = match opening.as_mut().poll(cx) {
                        Poll::Ready(Ok(stream)) => stream,
                        Poll::Ready(Err(failure)) => return Poll::Ready(Err(failure.after(ledger.traffic()))),
                        Poll::Pending if session.alarm.is_past(cx, self.deadline) => {
                            let traffic = self.abandon();
                            return Poll::Ready(Err(late(&self.request, false, false).after(traffic)));
                        }
                        Poll::Pending => return Poll::Pending,
                    };
                    self.state = SendingState::FastPath(FastPath::new(stream, Some(ledger.clone())));
                    continue;
                }
                SendingState::FastPath(quick) => (quick, self.wire.as_ref().or(self.request.wire.as_ref())),
            };
            let method = self.redirected.as_ref().map_or(&self.request.method, |redirected| &redirected.chain.method);
            let Some(wire) = wire else { return Poll::Ready(Err(HttpError::protocol("the request was not laid out"))) };
            match quick.poll(cx, session.transport(), wire, method.is("HEAD"), self.keep.most()) {
                Poll::Pending if session.alarm.is_past(cx, self.deadline) => {
                    let (partial, has_begun) = (quick.partial(), quick.traffic().received > 0);
                    let traffic = self.abandon();
                    return Poll::Ready(Err(late(&self.request, partial.is_some(), has_begun).after(traffic).with(partial)));
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
                        let first = self.redirected.is_none();
                        return Poll::Ready(Ok(if first {
                            response(raw, &self.request.url, self.begun, quick.traffic())
                        } else {
                            self.response(raw)
                        }));
                    }
                    if is_redirect(raw.status) && self.request.redirects != Redirects::Off {
                        self.redirect(session, raw);
                        continue;
                    }
                    if self.request.cookies {
                        session.keep_cookies(self.url(), &raw);
                    }
                    return Poll::Ready(self.last(raw));
                }
                Poll::Ready(Outcome::Pending(begun)) => self.go_on(session, Start::Reading(begun)),
                Poll::Ready(Outcome::Lost(lost)) => {
                    let before = self.redirected.as_ref().map_or(0, |redirected| redirected.before.sent);
                    let reused = quick.is_reused();
                    self.go_on(session, Start::Lost { lost, reused, before });
                }
            }
        }
    }

    /// The URL of the current exchange.
    fn url(&self) -> &Target {
        self.redirected.as_ref().map_or(&self.request.url, |redirected| &redirected.chain.url)
    }

    /// Follows a redirect: on the fast path if the same origin has an idle connection, otherwise with the complete client.
    #[inline(never)]
    fn redirect(&mut self, session: &Rc<Session>, raw: Raw) {
        let before = self.traffic();
        let mut chain = self.redirected.take().map_or_else(|| Chain::new(self.request.clone()), |redirected| redirected.chain);
        let ledger = Ledger::new(before, self.keep);
        let start = match chain.next(raw.status, &raw.headers) {
            Ok(Some(next)) if next.same_origin(&self.request.url) => {
                if self.request.cookies {
                    session.keep_cookies(&chain.url, &raw);
                }
                chain.follow(raw.status, next);
                if let Some((stream, wire)) = session.quick_hop(&chain, clock::now()) {
                    self.redirected = Some(Box::new(Redirected { chain, before }));
                    self.wire = Some(wire);
                    self.state = SendingState::FastPath(FastPath::new(stream, None));
                    return;
                }
                ledger.hop();
                Start::Fresh
            }
            _ => Start::Got(Box::new(raw)),
        };
        self.state = whole(session, chain, (self.begun, self.deadline), start, Rc::new(ledger));
    }

    /// The response of the last exchange of a chain.
    #[inline(never)]
    fn response(&mut self, raw: Raw) -> HttpResponse {
        let traffic = self.traffic();
        let mut response = response(raw, self.url(), self.begun, traffic);
        if let Some(redirected) = self.redirected.take() {
            response.hops = redirected.chain.hops;
        }
        response
    }

    /// The final response of a chain. It may set cookies or be encoded.
    fn last(&mut self, raw: Raw) -> Result<HttpResponse, HttpError> {
        let mut response = self.response(raw);
        match response.decode(self.keep) {
            Ok(()) => Ok(response),
            Err(failure) => {
                let (status, version, body) = (response.status, response.version, response.body().len() as u64);
                let partial = Partial { status, version, headers: response.headers, body };
                Err(failure.after(response.traffic).with(Some(Box::new(partial))))
            }
        }
    }
}

fn late(request: &HttpRequest, has_head: bool, has_begun: bool) -> HttpError {
    let limit = request.timeout;
    let message = match (has_head, has_begun) {
        (true, _) => format!("the body wasn't complete within {limit:?}"),
        (false, true) => format!("the headers of the response weren't complete within {limit:?}"),
        (false, false) => format!("no response within {limit:?}"),
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

/// Begins a request that has no open connection: opens one for the fast path if that is possible.
#[inline(never)]
fn start(
    session: &Rc<Session>,
    request: &Rc<HttpRequest>,
    (begun, deadline): (Instant, Instant),
    ledger: Ledger,
) -> (SendingState, Option<WireRequest>) {
    let ledger = Rc::new(ledger);
    match session.open(request, &ledger) {
        Some((opening, with_cookies)) => (SendingState::Opening { ledger, opening }, with_cookies),
        None => (whole(session, Chain::new(request.clone()), (begun, deadline), Start::Fresh, ledger), None),
    }
}

/// An exchange with the complete client, within the remaining time. Not inlined, so that the fast path stays small.
#[inline(never)]
fn whole(session: &Rc<Session>, chain: Chain, (begun, deadline): (Instant, Instant), start: Start, ledger: Rc<Ledger>) -> SendingState {
    let (session, request) = (session.clone(), chain.request.clone());
    let counted = ledger.clone();
    let answer = Box::pin(async move {
        let chain = pin!(session.chain(chain, begun, start, &counted));
        match session.alarm.within(deadline, chain).await {
            Some(answer) => answer.map_err(|failure| failure.after(counted.traffic()).with(counted.incoming.partial())),
            None => {
                let partial = counted.incoming.partial();
                Err(late(&request, partial.is_some(), counted.incoming.has_begun()).after(counted.traffic()).with(partial))
            }
        }
    });
    SendingState::CompleteResponse { ledger, answer }
}
