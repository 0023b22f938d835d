//! The proxy: handles plain requests, and terminates tunnels with certificates of the authority.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::Authority;
use crate::forward::{self, Body};
use crate::har::{self, Exchange};
use crate::upstream::Upstream;

/// The time for which responses in progress are awaited when the recording ends.
const GRACE: Duration = Duration::from_millis(500);

/// The options of a proxy.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0 for any free one.
    pub port: u16,
    /// Whether to accept any certificate of a server.
    pub insecure: bool,
    /// The proxy through which servers are reached, if it is not one of the environment's.
    pub upstream_proxy: Option<String>,
}

/// A finished recording.
#[derive(Debug)]
pub struct Recording {
    /// The HAR as text.
    pub har: String,
    /// The number of its entries.
    pub requests: usize,
    /// The origins that gave no response, each with the reason and the number of requests.
    pub unreachable: Vec<(String, String, usize)>,
}

/// A running proxy.
#[derive(Debug)]
pub struct Proxy {
    /// The address on which it listens.
    pub address: SocketAddr,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

/// The state that all requests share.
pub(crate) struct State {
    authority: Authority,
    pub(crate) upstream: Upstream,
    exchanges: Mutex<Vec<Exchange>>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").finish_non_exhaustive()
    }
}

impl State {
    pub(crate) fn keep(&self, exchange: Exchange) {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }
}

impl Proxy {
    /// Starts a proxy in the current runtime.
    ///
    /// # Errors
    /// If the port is taken.
    pub async fn start(authority: Authority, options: &Options) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            authority,
            upstream: Upstream::new(options.insecure, options.upstream_proxy.as_deref())?,
            exchanges: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        let state = Arc::clone(&shared);
                        tokio::spawn(async move {
                            let service = service_fn(move |request| serve(Arc::clone(&state), request));
                            // A client may disconnect at any time.
                            let _ = http1::Builder::new()
                                .preserve_header_case(true)
                                .serve_connection(TokioIo::new(stream), service)
                                .with_upgrades()
                                .await;
                        });
                    }
                    // For example, too many files are open. The next connection may work.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        });
        Ok(Self { address, state, accepting })
    }

    /// The number of requests so far.
    pub fn count(&self) -> usize {
        self.state.exchanges.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Ends the recording.
    pub async fn finish(self) -> Recording {
        self.accepting.abort();
        tokio::time::sleep(GRACE).await;
        let exchanges = std::mem::take(&mut *self.state.exchanges.lock().unwrap_or_else(PoisonError::into_inner));
        let mut unreachable: Vec<(String, String, usize)> = Vec::new();
        for exchange in exchanges.iter().filter(|exchange| exchange.status == 0) {
            let origin = exchange.url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
            let why = exchange.problem.clone().unwrap_or_default();
            match unreachable.iter_mut().find(|(known, reason, _)| *known == origin && *reason == why) {
                Some((.., count)) => *count += 1,
                None => unreachable.push((origin, why, 1)),
            }
        }
        let requests = exchanges.len();
        Recording { har: format!("{:#}\n", har::har(exchanges)), requests, unreachable }
    }
}

async fn serve(state: Arc<State>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    if request.method() == Method::CONNECT {
        return Ok(tunnel(state, request));
    }
    if request.uri().host().is_none() {
        let mut response =
            Response::new(forward::text("This is the proxy of ltc record. Set it as the HTTP proxy of a browser or client.\n"));
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(response);
    }
    Ok(forward::forward(state, request, None).await)
}

/// A tunnel to a host: the proxy speaks TLS as that host, and reads the requests within.
fn tunnel(state: Arc<State>, request: Request<Incoming>) -> Response<Body> {
    let Some(authority) = request.uri().authority().cloned() else {
        let mut response = Response::new(forward::text("CONNECT needs a host and a port\n"));
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return response;
    };
    tokio::spawn(async move {
        let Ok(upgraded) = hyper::upgrade::on(request).await else { return };
        let Ok(config) = state.authority.tls(authority.host()) else { return };
        // A client that does not trust the authority ends the handshake.
        let Ok(stream) = TlsAcceptor::from(config).accept(TokioIo::new(upgraded)).await else { return };
        let port = authority.port_u16().unwrap_or(443);
        let origin = if port == 443 { format!("https://{}", authority.host()) } else { format!("https://{}:{port}", authority.host()) };
        let service = service_fn(move |request| {
            let (state, origin) = (Arc::clone(&state), origin.clone());
            async move { Ok::<_, Infallible>(forward::forward(state, request, Some(origin)).await) }
        });
        let _ = http1::Builder::new().preserve_header_case(true).serve_connection(TokioIo::new(stream), service).with_upgrades().await;
    });
    Response::new(forward::text(""))
}
