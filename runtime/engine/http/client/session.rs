//! A user's HTTP session: its connections, its cookies, and requests with their redirects.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use cookie_store::CookieStore;
use ltc_config::Http2;

use super::cookie_lines::CookieLines;
use super::redirect::Chain;
use super::request::HttpRequest;
use super::response::{HttpResponse, response};
use crate::base::clock;
use crate::base::deadline::DeadlineTimer;
use crate::http::io::stream::{Stream, WORTH_ASKING};
use crate::http::message::failure::HttpError;
use crate::http::message::target::Origin;
use crate::http::message::traffic::Ledger;
use crate::http::net::connect::{Made, connect};
use crate::http::net::proxy::ProxyServer;
use crate::http::net::reach::check_redirect;
use crate::http::net::shared::Gate;
use crate::http::net::transport::{ApiTransport, Transport};
use crate::http::wire::h1::{self, PendingResponse, Raw};
use crate::http::wire::h2_connection::H2Connection;
use crate::http::wire::head::Via;
use crate::http::wire::outgoing::Outgoing;
use crate::http::wire::resend::{LostRequest, Rule};
use crate::http::wire::{h2_connection, h2_exchange};

/// The most idle connections of a user.
const MAX_IDLE: usize = 64;

/// The connections and cookies of one user. An idle session needs little memory: it borrows a buffer only during an exchange.
#[derive(Debug)]
pub struct Session {
    pub(super) transport: Rc<Transport>,
    pub(super) user: u64,
    pub(super) idle: RefCell<Vec<Idle>>,
    gates: RefCell<Vec<OwnGate>>,
    pub(super) jar: RefCell<Option<Box<CookieStore>>>,
    pub(super) cookie_lines: CookieLines,
    pub(crate) alarm: DeadlineTimer,
}

#[derive(Debug)]
pub(super) struct Idle {
    api: Rc<ApiTransport>,
    origin: Rc<Origin>,
    pub(super) connection: Connection,
    /// The instant after which it is worth a system call to ask whether the server has closed the connection. Comparing two times is
    /// cheaper than subtracting them.
    pub(super) ask_from: Instant,
}

/// The instant after which it is worth asking about a connection that was last used at this time.
fn ask_from(last_used: Instant) -> Instant {
    last_used.checked_add(WORTH_ASKING).unwrap_or(last_used)
}

impl Idle {
    pub(super) fn is_for(&self, api: &Rc<ApiTransport>, origin: &Rc<Origin>) -> bool {
        Rc::ptr_eq(&self.api, api) && (Rc::ptr_eq(&self.origin, origin) || self.origin == *origin)
    }
}

/// The gate of the user's own connections to an origin.
#[derive(Debug)]
struct OwnGate {
    api: Rc<ApiTransport>,
    origin: Rc<Origin>,
    gate: Rc<Gate>,
}

#[derive(Debug)]
pub(super) enum Connection {
    /// Used by one request at a time.
    One { stream: Stream, via: Option<Box<ProxyServer>> },
    /// Shared by all requests.
    Many(H2Connection),
}

/// How a chain of exchanges starts.
#[derive(Debug)]
pub(crate) enum Start {
    /// With the first request.
    Fresh,
    /// With a request that was lost on a reused or new connection. The ledger had counted `before` sent bytes when the request began.
    Lost { lost: LostRequest, reused: bool, before: u64 },
    /// With an incomplete response.
    Reading(Box<PendingResponse>),
    /// With a complete response.
    Got(Box<Raw>),
}

impl Session {
    /// A user without connections and cookies. The user's number determines which of a host's addresses it tries first.
    pub fn new(transport: Rc<Transport>, user: u64) -> Rc<Self> {
        Rc::new(Self {
            transport,
            user,
            idle: RefCell::new(Vec::with_capacity(1)),
            gates: RefCell::default(),
            jar: RefCell::default(),
            cookie_lines: CookieLines::default(),
            alarm: DeadlineTimer::default(),
        })
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Sends the current request of a chain and follows its redirects.
    pub(crate) async fn chain(
        &self,
        mut chain: Chain,
        begun: Instant,
        start: Start,
        ledger: &Rc<Ledger>,
    ) -> Result<HttpResponse, HttpError> {
        let request = chain.request.clone();
        let mut start = Some(start);
        loop {
            let raw = match start.take() {
                Some(Start::Got(raw)) => *raw,
                Some(Start::Reading(begun)) => self.go_on(*begun, &chain, ledger).await?,
                Some(Start::Lost { lost, reused, before }) => {
                    self.step(&self.next(&chain), &request, Some((lost, reused, before)), ledger).await?
                }
                Some(Start::Fresh) | None => self.step(&self.next(&chain), &request, None, ledger).await?,
            };
            if request.cookies {
                self.keep_cookies(&chain.url, &raw);
            }
            let mut response = response(raw, &chain.url, begun, ledger.traffic());
            let next = match chain.next(response.status, &response.headers) {
                Ok(None) => response.decode(ledger.incoming.keep).map(|()| None),
                Ok(Some(next)) => check_redirect(&self.transport, &request.url, &next, ledger).await.map(|()| Some(next)),
                Err(failure) => Err(failure),
            };
            match next {
                Ok(Some(next)) => {
                    chain.follow(response.status, next);
                    ledger.hop();
                }
                Ok(None) => {
                    response.hops = chain.hops;
                    return Ok(response);
                }
                Err(failure) => {
                    let (status, version, body) = (response.status, response.version, response.body().len() as u64 + response.omitted);
                    ledger.incoming.unusable(status, version, response.headers, body);
                    return Err(failure);
                }
            }
        }
    }

    /// The next request of a chain.
    fn next<'c>(&self, chain: &'c Chain) -> Outgoing<'c> {
        chain.step(if chain.request.cookies { self.cookies_for(&chain.url).into() } else { String::new() })
    }

    /// Keeps a connection that was last used at this time.
    pub(crate) fn put_idle_stream(&self, request: &HttpRequest, stream: Stream, last_used: Instant) {
        self.put_idle(&request.api, &request.url.origin, Connection::One { stream, via: None }, last_used);
    }

    /// Continues a response that the fast path couldn't complete.
    async fn go_on(&self, mut begun: PendingResponse, chain: &Chain, ledger: &Rc<Ledger>) -> Result<Raw, HttpError> {
        let raw = h1::go_on(&mut begun, chain.method.is("HEAD"), ledger).await?;
        self.transport.return_buffer(begun.buffer);
        if raw.keep {
            self.put_idle_stream(&chain.request, begun.stream, raw.done);
        }
        Ok(raw)
    }

    /// Sends one request and returns its response. A lost request is sent again if the rule allows it, on a new connection, because other
    /// idle connections may be lost too.
    async fn step(
        &self,
        step: &Outgoing<'_>,
        request: &HttpRequest,
        lost: Option<(LostRequest, bool, u64)>,
        ledger: &Rc<Ledger>,
    ) -> Result<Raw, HttpError> {
        let (api, origin) = (&request.api, &step.url.origin);
        let mut rule = Rule::new(step.method, request.resend);
        let (mut lost, mut reused, mut before) = lost.map_or((None, false, 0), |(lost, reused, before)| (Some(lost), reused, before));
        let mut used = None;
        loop {
            let again = lost.is_some();
            if let Some(lost) = lost {
                let written = ledger.traffic().sent > before;
                rule.again(lost, reused, written)?;
                if written {
                    ledger.resend();
                }
                self.idle.borrow_mut().retain(|one| !(one.is_for(api, origin) && matches!(one.connection, Connection::Many(_))));
                if let Some(used) = used.take() {
                    api.shared.retire(origin, &used);
                }
            }
            let idle = if again { None } else { self.take_open(api, origin).await };
            let connection = match idle {
                Some(connection) => {
                    reused = true;
                    connection
                }
                None => {
                    let (connection, new) = self.connection(api, origin, ledger).await?;
                    reused = !new;
                    connection
                }
            };
            before = ledger.traffic().sent;
            ledger.begin(reused);
            if let Connection::Many(shared) = &connection {
                used = Some(shared.clone());
            }
            match self.exchange(connection, step, api, ledger).await {
                Ok(raw) => return Ok(raw),
                Err(why) => lost = Some(why),
            }
        }
    }

    /// A new connection, or one that another request of the user has just opened for all. The flag tells whether it is new.
    async fn connection(&self, api: &Rc<ApiTransport>, origin: &Rc<Origin>, ledger: &Rc<Ledger>) -> Result<(Connection, bool), HttpError> {
        let gate = (origin.https && api.config.http2 != Http2::Off).then(|| self.gate(api, origin));
        let mut held = None;
        if let Some(gate) = &gate
            && !gate.one_each.get()
        {
            held = Some(gate.lock.lock().await);
            if gate.one_each.get() {
                held = None;
            } else if let Some(shared) = self.take_open(api, origin).await {
                return Ok((shared, false));
            }
        }
        let Made { stream, http2, via } = connect(&self.transport, api, origin, self.user, &self.alarm, ledger).await?;
        stream.set_nodelay();
        if let Some(gate) = &gate {
            gate.one_each.set(!http2);
        }
        let connection = if http2 {
            let shared = api.config.http2 == Http2::Shared;
            let connection = Box::pin(h2_connection::handshake(stream, shared)).await?;
            if shared {
                api.shared.put(origin, connection.clone());
            } else {
                self.put_idle(api, origin, Connection::Many(connection.clone()), clock::now());
            }
            Connection::Many(connection)
        } else {
            Connection::One { stream, via: via.map(Box::new) }
        };
        drop(held);
        Ok((connection, true))
    }

    fn gate(&self, api: &Rc<ApiTransport>, origin: &Rc<Origin>) -> Rc<Gate> {
        if api.config.http2 == Http2::Shared {
            return api.shared.gate(origin);
        }
        let mut gates = self.gates.borrow_mut();
        if let Some(own) = gates.iter().find(|own| Rc::ptr_eq(&own.api, api) && own.origin == *origin) {
            return own.gate.clone();
        }
        let gate = Rc::new(Gate::default());
        gates.push(OwnGate { api: api.clone(), origin: origin.clone(), gate: gate.clone() });
        gate
    }

    async fn exchange(
        &self,
        connection: Connection,
        step: &Outgoing<'_>,
        api: &Rc<ApiTransport>,
        ledger: &Rc<Ledger>,
    ) -> Result<Raw, LostRequest> {
        match connection {
            Connection::One { mut stream, via } => {
                let absolute = Via { absolute: via.is_some(), authorization: via.as_deref().and_then(|via| via.authorization.as_deref()) };
                let mut buffer = self.transport.borrow_buffer();
                let result = h1::exchange(&mut stream, &mut buffer, step, absolute, ledger).await;
                self.transport.return_buffer(buffer);
                let raw = result?;
                if raw.keep {
                    self.put_idle(api, &step.url.origin, Connection::One { stream, via }, raw.done);
                }
                Ok(raw)
            }
            Connection::Many(connection) => h2_exchange::exchange(&connection, step, ledger).await,
        }
    }

    /// An open connection: one that the thread's users share, or the user's own.
    async fn take_open(&self, api: &Rc<ApiTransport>, origin: &Rc<Origin>) -> Option<Connection> {
        if api.config.http2 == Http2::Shared
            && origin.https
            && let Some(shared) = api.shared.take(origin).await
        {
            return Some(Connection::Many(shared));
        }
        self.take_idle(api, origin).await
    }

    /// The connection that was used last and still looks usable. Unusable ones are dropped.
    async fn take_idle(&self, api: &Rc<ApiTransport>, origin: &Rc<Origin>) -> Option<Connection> {
        let now = clock::now();
        loop {
            let sender = {
                let mut idle = self.idle.borrow_mut();
                let at = idle.iter().rposition(|one| one.is_for(api, origin))?;
                let asks = now >= idle[at].ask_from;
                match &idle[at].connection {
                    Connection::Many(sender) if sender.is_open() => {
                        let sender = sender.clone();
                        idle[at].ask_from = ask_from(now);
                        if !asks {
                            return Some(Connection::Many(sender));
                        }
                        sender
                    }
                    _ => {
                        if let Connection::One { mut stream, via } = idle.swap_remove(at).connection
                            && stream.is_fresh(asks)
                        {
                            return Some(Connection::One { stream, via });
                        }
                        continue;
                    }
                }
            };
            // The task of a shared connection has to run first: only it notices messages of the server and the end of the connection.
            tokio::task::yield_now().await;
            if sender.is_open() {
                return Some(Connection::Many(sender));
            }
        }
    }

    fn put_idle(&self, api: &Rc<ApiTransport>, origin: &Rc<Origin>, connection: Connection, last_used: Instant) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() >= MAX_IDLE {
            idle.remove(0);
        }
        idle.push(Idle { api: api.clone(), origin: origin.clone(), connection, ask_from: ask_from(last_used) });
    }
}
