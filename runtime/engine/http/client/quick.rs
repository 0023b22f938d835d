//! What the fast path needs of a session: a connection, open or new, and a request in the form that is sent.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Instant;

use ecow::EcoString;
use ltc_config::Http2;

use super::fast_path::WireRequest;
use super::redirect::Chain;
use super::request::HttpRequest;
use super::session::{Connection, Session};
use crate::http::io::stream::Stream;
use crate::http::message::failure::HttpError;
use crate::http::message::target::Origin;
use crate::http::message::traffic::Ledger;
use crate::http::net::connect::connect;
use crate::http::net::transport::ApiTransport;

/// The most bytes that every network sends in one segment (RFC 9293, 3.7.1). The system sends the first segment of a connection at once, so a small
/// request that closes its connection needs no `TCP_NODELAY`. Otherwise, the option is set when the connection is used again.
const ONE_SEGMENT: usize = 536;

/// A connection that is being opened.
pub(super) type OpeningStream = Pin<Box<dyn Future<Output = Result<Stream, HttpError>>>>;

impl Session {
    /// An open connection for a serialized request that needs at most the jar's cookies, and the request with them.
    pub(crate) fn quick(&self, request: &HttpRequest, now: Instant) -> Option<(Stream, Option<WireRequest>)> {
        self.take_quick(&request.api, &request.url.origin, now, || self.lay_out(request))
    }

    /// The serialized request with the jar's cookies: `None` if it cannot be laid out, and `Some(None)` if it needs no cookies.
    fn lay_out(&self, request: &HttpRequest) -> Option<Option<WireRequest>> {
        let wire = request.wire.as_ref()?;
        if !request.cookies || self.jar.borrow().is_none() {
            return Some(None);
        }
        let cookies = self.cookies_for(&request.url);
        if cookies.is_empty() { Some(None) } else { wire.with_cookies(&cookies, request.body.len(), request.length()).map(Some) }
    }

    /// A new connection for a request that can be laid out, where nothing but HTTP/1.1 is possible and no proxy is on the way. `None` if the user
    /// has a connection to this origin, which may be unusable.
    pub(crate) fn open(self: &Rc<Self>, request: &Rc<HttpRequest>, ledger: &Rc<Ledger>) -> Option<(OpeningStream, Option<WireRequest>)> {
        let (api, origin) = (&request.api, &request.url.origin);
        let is_direct = || matches!(self.transport.proxy().on_way_to(origin), Ok(None));
        let has_idle = || self.idle.borrow().iter().any(|one| one.is_for(api, origin));
        if origin.https && api.config.http2 != Http2::Off || has_idle() || !is_direct() {
            return None;
        }
        let with_cookies = self.lay_out(request)?;
        let length = with_cookies.as_ref().or(request.wire.as_ref()).map_or(0, |wire| wire.bytes.len());
        let (session, request, ledger) = (self.clone(), request.clone(), ledger.clone());
        let opening = Box::pin(async move {
            let made = connect(&session.transport, &request.api, &request.url.origin, session.user, &session.alarm, &ledger).await?;
            if request.url.origin.https || length > ONE_SEGMENT {
                made.stream.set_nodelay();
            }
            Ok(made.stream)
        });
        Some((opening, with_cookies))
    }

    /// An idle connection for the current request of a chain, and that request serialized with the jar's cookies.
    pub(crate) fn quick_hop(&self, chain: &Chain, now: Instant) -> Option<(Stream, WireRequest)> {
        self.take_quick(&chain.request.api, &chain.url.origin, now, || {
            let wire = chain.wire()?;
            let cookies = if chain.request.cookies { self.cookies_for(&chain.url) } else { EcoString::new() };
            if cookies.is_empty() { Some(wire) } else { wire.with_cookies(&cookies, chain.body_length(), chain.length()) }
        })
    }

    /// An idle connection for the fast path, if there is one and `lay_out` can serialize the request.
    #[inline]
    fn take_quick<T>(
        &self,
        api: &Rc<ApiTransport>,
        origin: &Rc<Origin>,
        now: Instant,
        lay_out: impl FnOnce() -> Option<T>,
    ) -> Option<(Stream, T)> {
        let mut idle = self.idle.borrow_mut();
        let at = idle.iter().rposition(|one| one.is_for(api, origin))?;
        let asks = now >= idle[at].ask_from;
        let Connection::One { stream, via: None } = &mut idle[at].connection else { return None };
        if !stream.is_fresh(asks) {
            return None;
        }
        let laid_out = lay_out()?;
        match idle.swap_remove(at).connection {
            Connection::One { stream, .. } => Some((stream, laid_out)),
            Connection::Many(_) => None,
        }
    }
}
