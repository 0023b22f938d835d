//! What all users of a thread share: how apis are reached, addresses that were looked up, buffers that are lent.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rustls::ClientConfig;

use super::proxy::{Proxies, Proxy};
use super::target::Origin;
use super::{Failure, tls};
use crate::stats::FailureClass;

/// How long a looked-up address is used.
const DNS_TTL: Duration = Duration::from_secs(30);
/// Buffers that are kept for the next exchange, and the size up to which they are.
const BUFFERS: usize = 64;
const BUFFER: usize = 16 * 1024;

/// What holds for all apis.
#[derive(Clone, Debug, Default)]
pub struct TransportConfig {
    /// The proxies that are gone through.
    pub proxies: Proxies,
}

/// How a server's certificate is checked, and what is shown to it. Certificates and keys are PEM.
#[derive(Clone, Debug)]
pub struct TlsConfig {
    /// Whether the server's certificate is checked at all.
    pub verify: bool,
    /// Authorities that are trusted besides the system's.
    pub ca: Option<Vec<u8>>,
    /// The client's certificate.
    pub cert: Option<Vec<u8>>,
    /// The key to it.
    pub key: Option<Vec<u8>>,
    /// The name that is asked for and checked, instead of the host's.
    pub server_name: Option<String>,
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self { verify: true, ca: None, cert: None, key: None, server_name: None }
    }
}

/// How an api is reached.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// TLS of its server.
    pub tls: TlsConfig,
    /// Whether HTTP/2 is offered where the connection is encrypted.
    pub http2: bool,
    /// The time that connecting may take, TLS included.
    pub connect_timeout: Duration,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self { tls: TlsConfig::default(), http2: true, connect_timeout: Duration::from_secs(10) }
    }
}

/// How an api is reached, its certificates read.
pub struct ApiTransport {
    pub(crate) config: ApiConfig,
    tls: OnceCell<Result<Arc<ClientConfig>, String>>,
}

impl ApiTransport {
    /// The system's authorities are read only once a connection wants them.
    pub(crate) fn tls(&self) -> Result<Arc<ClientConfig>, Failure> {
        let made = self.tls.get_or_init(|| tls::client_config(&self.config));
        made.clone().map_err(|why| Failure::new(FailureClass::Tls, why))
    }
}

impl fmt::Debug for ApiTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiTransport").field("http2", &self.config.http2).finish_non_exhaustive()
    }
}

/// What the users of a thread share.
#[derive(Debug)]
pub struct Transport {
    proxy: Proxy,
    dns: RefCell<HashMap<Box<str>, (Instant, Rc<[IpAddr]>)>>,
    buffers: RefCell<Vec<BytesMut>>,
}

impl Transport {
    /// Makes it; what is wrong with the configuration is said.
    pub fn new(config: TransportConfig) -> Result<Rc<Self>, String> {
        Ok(Rc::new(Self { proxy: Proxy::new(&config.proxies), dns: RefCell::default(), buffers: RefCell::default() }))
    }

    /// How an api is reached. Its certificates are read here, so that what is wrong with them is told before any load.
    pub fn api(&self, config: &ApiConfig) -> Result<Rc<ApiTransport>, String> {
        let api = ApiTransport { config: config.clone(), tls: OnceCell::new() };
        let own = &config.tls;
        if own.ca.is_some() || own.cert.is_some() || own.key.is_some() || own.server_name.is_some() {
            let made = api.tls.get_or_init(|| tls::client_config(config));
            if let Err(why) = made {
                return Err(why.clone());
            }
            tls::server_name(own.server_name.as_deref().unwrap_or("localhost"))?;
        }
        Ok(Rc::new(api))
    }

    pub(crate) fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// A buffer for one exchange.
    pub(crate) fn borrow_buffer(&self) -> BytesMut {
        self.buffers.borrow_mut().pop().unwrap_or_else(|| BytesMut::with_capacity(BUFFER))
    }

    /// Takes a buffer back; ones that have grown are not kept.
    pub(crate) fn return_buffer(&self, mut buffer: BytesMut) {
        buffer.clear();
        let mut buffers = self.buffers.borrow_mut();
        if buffers.len() < BUFFERS && buffer.capacity() >= BUFFER / 4 && buffer.capacity() <= 4 * BUFFER {
            buffers.push(buffer);
        }
    }

    /// All addresses of an origin, and how long it took where they had to be asked for.
    pub(crate) async fn addresses(&self, origin: &Origin) -> Result<(Vec<SocketAddr>, Option<Duration>), Failure> {
        let port = origin.port;
        let with_port = |found: &[IpAddr]| found.iter().map(|address| SocketAddr::new(*address, port)).collect();
        if let Ok(address) = origin.host.parse::<IpAddr>() {
            return Ok((vec![SocketAddr::new(address, port)], None));
        }
        let known = self.dns.borrow().get(&*origin.host).filter(|(at, _)| at.elapsed() < DNS_TTL).map(|(_, found)| found.clone());
        if let Some(found) = known {
            return Ok((with_port(&found), None));
        }
        let begun = Instant::now();
        let none = |why: String| Failure::new(FailureClass::Dns, format!("the host {} has no address{why}", origin.host));
        let found = tokio::net::lookup_host((&*origin.host, port)).await.map_err(|error| none(format!(": {error}")))?;
        let found: Rc<[IpAddr]> = found.map(|address| address.ip()).collect();
        if found.is_empty() {
            return Err(none(String::new()));
        }
        let all = with_port(&found);
        self.dns.borrow_mut().insert(origin.host.clone(), (Instant::now(), found));
        Ok((all, Some(begun.elapsed())))
    }
}
