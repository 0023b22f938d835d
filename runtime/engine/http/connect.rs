//! Making a connection: the address, TCP, a proxy's tunnel, TLS, and how long each took.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::memory::Pipe;
use super::proxy::{Hopper, tunnel};
use super::stream::Stream;
use super::target::Origin;
use super::transport::{ApiTransport, Transport};
use super::{Failure, tls, words};
use crate::stats::FailureClass;

/// How long the phases of connecting took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Phases {
    pub(crate) dns: Option<Duration>,
    pub(crate) connect: Option<Duration>,
    pub(crate) tls: Option<Duration>,
}

impl Phases {
    /// Adds those of another connection.
    pub(crate) fn add(&mut self, other: Self) {
        let sum = |one: Option<Duration>, other: Option<Duration>| match (one, other) {
            (Some(one), Some(other)) => Some(one + other),
            (one, other) => one.or(other),
        };
        self.dns = sum(self.dns, other.dns);
        self.connect = sum(self.connect, other.connect);
        self.tls = sum(self.tls, other.tls);
    }
}

/// A new connection.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) stream: Stream,
    /// Whether the server chose HTTP/2.
    pub(crate) http2: bool,
    /// The proxy that is asked by whole URLs.
    pub(crate) via: Option<Hopper>,
    pub(crate) phases: Phases,
}

/// Connects to an origin.
pub(crate) async fn connect(transport: &Transport, api: &ApiTransport, origin: &Origin) -> Result<Made, Failure> {
    let limit = api.config.connect_timeout;
    let late = || Failure::new(FailureClass::Timeout, format!("no connection to {} within {limit:?}", origin.host_port()));
    tokio::time::timeout(limit, attempt(transport, api, origin)).await.unwrap_or_else(|_| Err(late()))
}

async fn attempt(transport: &Transport, api: &ApiTransport, origin: &Origin) -> Result<Made, Failure> {
    if let Some(accept) = transport.memory {
        let stream = Stream::Memory(Box::new(Pipe::new(accept(&origin.host))));
        return Ok(Made { http2: stream.is_http2(), stream, via: None, phases: Phases::default() });
    }
    let hopper = transport.proxy().on_way_to(origin)?;
    let first = hopper.as_ref().map_or(origin, |hopper| &hopper.origin);
    let (addresses, dns) = transport.addresses(first).await?;
    let begun = Instant::now();
    let mut stream = Stream::Plain(tcp(first, &addresses).await?);
    if let Some(hopper) = &hopper {
        if hopper.origin.https {
            let config = tls::proxy_config()?;
            stream = secure(stream, config, &hopper.origin.host).await?;
        }
        if origin.https {
            tunnel(&mut stream, origin, hopper).await?;
        }
    }
    let mut phases = Phases { dns, connect: Some(begun.elapsed()), tls: None };
    if !origin.https {
        return Ok(Made { stream, http2: false, via: hopper, phases });
    }
    let begun = Instant::now();
    let name = api.config.tls.server_name.as_deref().unwrap_or(&origin.host);
    let stream = secure(stream, api.tls()?, name).await?;
    phases.tls = Some(begun.elapsed());
    let http2 = stream.is_http2();
    Ok(Made { stream, http2, via: None, phases })
}

/// Tries all addresses, in the order they were given.
async fn tcp(origin: &Origin, addresses: &[SocketAddr]) -> Result<TcpStream, Failure> {
    let mut last = None;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(tcp) => {
                // Requests are written whole: there is nothing to wait for. Without it they'd be slower, not wrong.
                let _ = tcp.set_nodelay(true);
                return Ok(tcp);
            }
            Err(error) => last = Some(error),
        }
    }
    let to = origin.host_port();
    let message = match last {
        Some(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => format!("connection refused by {to}"),
            io::ErrorKind::TimedOut => format!("{to} didn't answer when a connection was tried"),
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                format!("{to} can't be reached: {}", words::of_io(&error))
            }
            io::ErrorKind::AddrNotAvailable => {
                format!("no connection to {to}: this machine has no port left for it (too many connections were opened)")
            }
            _ if error.raw_os_error() == Some(24) => {
                format!("no connection to {to}: this process may open no more files (raise it with `ulimit -n`)")
            }
            _ => format!("no connection to {to}: {}", words::of_io(&error)),
        },
        None => format!("no connection to {to}: it has no address"),
    };
    Err(Failure::new(FailureClass::Connect, message))
}

async fn secure(stream: Stream, config: std::sync::Arc<rustls::ClientConfig>, host: &str) -> Result<Stream, Failure> {
    let name = tls::server_name(host).map_err(|why| Failure::new(FailureClass::Tls, why))?;
    let connector = TlsConnector::from(config);
    let failed = |error: io::Error| tls::failure(&error, host);
    match stream {
        Stream::Plain(tcp) => Ok(Stream::Tls(Box::new(connector.connect(name, tcp).await.map_err(failed)?))),
        Stream::Tls(outer) => Ok(Stream::Nested(Box::new(connector.connect(name, *outer).await.map_err(failed)?))),
        Stream::Nested(_) => Err(Failure::new(FailureClass::Tls, "TLS in TLS in TLS isn't spoken")),
        Stream::Memory(_) => Err(Failure::new(FailureClass::Tls, "TLS isn't spoken over a connection in memory")),
    }
}
