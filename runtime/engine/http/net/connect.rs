//! Opens a connection: the address, TCP, a proxy's tunnel, TLS, and the time that each took.

use std::cell::RefCell;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::rc::Rc;

use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::eyeballs::{pause, race};
use super::guard;
use super::names::Addresses;
use super::proxy::{ProxyServer, tunnel};
use super::tls;
use super::transport::{ApiTransport, Transport};
use crate::base::clock;
use crate::base::deadline::{DeadlineTimer, FAR};
use crate::http::io::memory::Pipe;
use crate::http::io::stream::Stream;
use crate::http::message::failure::HttpError;
use crate::http::message::target::Origin;
use crate::http::message::traffic::{Ledger, Phases};
use crate::http::message::{tls_words, words};
use crate::stats::FailureClass;

/// A new connection.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) stream: Stream,
    /// Whether the server chose HTTP/2.
    pub(crate) http2: bool,
    /// The proxy, if it expects whole URLs in requests.
    pub(crate) via: Option<ProxyServer>,
}

/// The addresses that were tried for a connection.
#[derive(Debug, Default)]
struct Tried {
    /// Of a host that has several.
    addresses: RefCell<Vec<IpAddr>>,
    /// All addresses of the host, as long as none has answered.
    unanswered: RefCell<Option<Rc<Addresses>>>,
}

/// Connects to an origin for a user. Opened connections are counted, whatever the result. The caller decides about [`Stream::set_nodelay`].
pub(crate) async fn connect(
    transport: &Transport,
    api: &ApiTransport,
    origin: &Origin,
    user: u64,
    alarm: &DeadlineTimer,
    ledger: &Ledger,
) -> Result<Made, HttpError> {
    let limit = api.config.connect_timeout;
    let now = clock::now();
    let deadline = now.checked_add(limit).unwrap_or(now + FAR);
    let tried = Tried::default();
    let attempt = pin!(attempt(transport, api, origin, user, ledger, &tried));
    let made = alarm.within(deadline, attempt).await;
    made.unwrap_or_else(|| {
        let mut addresses = tried.addresses.take();
        if let Some(all) = tried.unanswered.take() {
            if addresses.is_empty() {
                addresses.extend(all.all());
            }
            addresses.iter().for_each(|address| all.put_last(*address));
        }
        let message = format!("no connection to {} within {limit:?}{}", origin.host_port(), names(&origin.host, &addresses));
        Err(HttpError::new(FailureClass::Timeout, message).came("no connection"))
    })
}

async fn attempt(
    transport: &Transport,
    api: &ApiTransport,
    origin: &Origin,
    user: u64,
    ledger: &Ledger,
    tried: &Tried,
) -> Result<Made, HttpError> {
    if let Some(accept) = transport.memory {
        let stream = Stream::Memory(Box::new(Pipe::new(accept(&origin.host))));
        ledger.opened();
        return Ok(Made { http2: stream.is_http2(), stream, via: None });
    }
    guard::check(transport, origin, ledger).await?;
    let proxy_server = transport.proxy().on_way_to(origin)?;
    let first = proxy_server.as_ref().map_or(origin, |proxy_server| &proxy_server.origin);
    let (addresses, dns) = transport.names.addresses(&first.host).await?;
    ledger.took(Phases { dns, ..Phases::default() });
    let begun = clock::now();
    let mut stream = Stream::Plain(tcp(first, &addresses, user, ledger, tried).await?);
    if let Some(proxy_server) = &proxy_server {
        if proxy_server.origin.https {
            let config = tls::proxy_config()?;
            stream = Box::pin(secure(stream, config, &proxy_server.origin.host)).await?;
        }
        if origin.https {
            Box::pin(tunnel(&mut stream, origin, proxy_server)).await?;
        }
    }
    ledger.took(Phases { connect: Some(clock::since(begun)), ..Phases::default() });
    if !origin.https {
        return Ok(Made { stream, http2: false, via: proxy_server });
    }
    let begun = clock::now();
    let name = api.config.tls.server_name.as_deref().unwrap_or(&origin.host);
    let stream = Box::pin(secure(stream, api.tls()?, name)).await?;
    ledger.took(Phases { tls: Some(clock::since(begun)), ..Phases::default() });
    let http2 = stream.is_http2();
    Ok(Made { stream, http2, via: None })
}

/// A connection to one of a host's addresses.
async fn tcp(origin: &Origin, addresses: &Rc<Addresses>, user: u64, ledger: &Ledger, tried: &Tried) -> Result<TcpStream, HttpError> {
    tried.unanswered.replace(Some(addresses.clone()));
    let order = addresses.order(user);
    let raced = race(&order, pause, |address| {
        if order.len() > 1 {
            tried.addresses.borrow_mut().push(address);
        }
        open(SocketAddr::new(address, origin.port), ledger)
    })
    .await;
    tried.unanswered.take();
    for address in raced.failed.iter().map(|(address, _)| address).chain(&raced.overtaken) {
        addresses.put_last(*address);
    }
    raced.won.ok_or_else(|| unconnected(origin, &raced.failed))
}

/// A connection that is being opened. If it is given up after the server has accepted it, it is counted nevertheless.
struct Opening<'l> {
    tcp: Option<TcpStream>,
    ledger: &'l Ledger,
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        if self.tcp.as_ref().is_some_and(|tcp| tcp.peer_addr().is_ok()) {
            self.ledger.opened();
        }
    }
}

#[cfg(target_os = "linux")]
async fn open(address: SocketAddr, ledger: &Ledger) -> io::Result<TcpStream> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

    let family = if address.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET };
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC, None)?;
    match rustix::net::connect(&socket, &address) {
        Ok(()) | Err(rustix::io::Errno::INPROGRESS) => {}
        Err(error) => return Err(error.into()),
    }
    let mut opening = Opening { tcp: Some(TcpStream::from_std(socket.into())?), ledger };
    if let Some(tcp) = &opening.tcp {
        // A failed connection is also closed. Asking for the error costs a system call.
        let ready = tcp.ready(Interest::WRITABLE).await?;
        if ready.is_write_closed()
            && let Some(error) = tcp.take_error()?
        {
            return Err(error);
        }
    }
    let tcp = opening.tcp.take().ok_or(io::ErrorKind::NotConnected)?;
    ledger.opened();
    Ok(tcp)
}

#[cfg(not(target_os = "linux"))]
async fn open(address: SocketAddr, ledger: &Ledger) -> io::Result<TcpStream> {
    let mut opening = Opening { tcp: Some(TcpStream::connect(address).await?), ledger };
    let tcp = opening.tcp.take().ok_or(io::ErrorKind::NotConnected)?;
    ledger.opened();
    Ok(tcp)
}

/// The error if no address of a host could be connected to.
fn unconnected(origin: &Origin, failed: &[(IpAddr, io::Error)]) -> HttpError {
    let to = origin.host_port();
    let message = match failed {
        [] => format!("no connection to {to}: it has no address"),
        [(_, first), rest @ ..] if rest.iter().all(|(_, error)| error.kind() == first.kind()) => {
            let addresses: Vec<IpAddr> = failed.iter().map(|(address, _)| *address).collect();
            let tried = names(&origin.host, &addresses);
            match first.kind() {
                io::ErrorKind::ConnectionRefused => format!("connection refused by {to}{tried}"),
                io::ErrorKind::TimedOut => format!("{to} didn't answer when a connection was tried{tried}"),
                io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                    format!("{to} can't be reached: {}{tried}", words::of_io(first))
                }
                _ => format!("no connection to {to}: {}{tried}", reason(first)),
            }
        }
        _ => {
            let each: Vec<String> = failed.iter().map(|(address, error)| format!("{address}: {}", reason(error))).collect();
            format!("no connection to {to}: {}", each.join("; "))
        }
    };
    // The system's words, those of the first address if there are several.
    let failure = HttpError::new(FailureClass::Connect, message);
    match failed {
        [] => failure.came("no address"),
        [(_, first), ..] => failure.came(words::of_io(first)),
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".into(),
        io::ErrorKind::TimedOut => "it didn't answer".into(),
        io::ErrorKind::AddrNotAvailable => "this machine has no port left for it (too many connections were opened)".into(),
        _ if error.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error()) => {
            "this process may open no more files (raise it with `ulimit -n`)".into()
        }
        _ => words::of_io(error),
    }
}

/// The tried addresses of a name.
fn names(host: &str, addresses: &[IpAddr]) -> String {
    if addresses.is_empty() || host.parse::<IpAddr>().is_ok() {
        return String::new();
    }
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    format!(" (tried {})", addresses.join(", "))
}

/// Begins TLS. The state of a handshake is large, so callers put it into memory of its own, which other connections don't need.
async fn secure(stream: Stream, config: std::sync::Arc<rustls::ClientConfig>, host: &str) -> Result<Stream, HttpError> {
    let name = tls::server_name(host).map_err(|why| HttpError::new(FailureClass::Tls, why))?;
    let connector = TlsConnector::from(config);
    let failed = |error: io::Error| tls_words::failure(&error, host);
    match stream {
        Stream::Plain(tcp) => Ok(Stream::Tls(Box::new(connector.connect(name, tcp).await.map_err(failed)?))),
        Stream::Tls(outer) => Ok(Stream::Nested(Box::new(connector.connect(name, *outer).await.map_err(failed)?))),
        Stream::Nested(_) => Err(HttpError::new(FailureClass::Tls, "TLS in TLS in TLS is not supported")),
        Stream::Memory(_) => Err(HttpError::new(FailureClass::Tls, "TLS is not supported over a connection in memory")),
    }
}
