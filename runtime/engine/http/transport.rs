//! What all users of a thread share: how apis are reached, addresses that were looked up, buffers that are lent.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rustls::ClientConfig;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::memory::Accept;
use super::parse::Known;
use super::proxy::{Proxies, Proxy};
use super::target::Origin;
use super::{Failure, tls, words};
use crate::stats::FailureClass;

/// How long a looked-up address is used.
const DNS_TTL: Duration = Duration::from_secs(30);
/// How long it isn't asked for again where it wasn't found: what waits for the same name needn't ask one by one.
const DNS_FAILURE_TTL: Duration = Duration::from_secs(1);
/// Buffers that are kept for the next exchange, and the size up to which they are.
const BUFFERS: usize = 64;
const BUFFER: usize = 16 * 1024;

/// What holds for all apis.
#[derive(Clone, Debug, Default)]
pub struct TransportConfig {
    /// The proxies that are gone through.
    pub proxies: Proxies,
    /// What accepts all connections, where none goes to a network.
    pub memory: Option<Accept>,
}

/// How a server's certificate is checked, and what is shown to it. Certificates and keys are PEM.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    pub(crate) memory: Option<Accept>,
    names: RefCell<HashMap<Box<str>, Rc<Name>>>,
    buffers: RefCell<Vec<BytesMut>>,
    /// Heads of responses that were understood.
    pub(crate) heads: RefCell<Known>,
}

impl Transport {
    /// Makes it; what is wrong with the configuration is said.
    pub fn new(config: TransportConfig) -> Result<Rc<Self>, String> {
        Ok(Rc::new(Self {
            proxy: Proxy::new(&config.proxies),
            memory: config.memory,
            names: RefCell::default(),
            buffers: RefCell::default(),
            heads: RefCell::default(),
        }))
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

    /// A buffer for one exchange: the one that was used last, so that it is likely to be in the processor's cache. Its memory is its own
    /// again once what was cut out of it has been dropped.
    pub(crate) fn borrow_buffer(&self) -> BytesMut {
        let mut buffer = self.buffers.borrow_mut().pop().unwrap_or_default();
        buffer.reserve(BUFFER);
        buffer
    }

    /// Takes a buffer back; ones that have grown are not kept.
    pub(crate) fn return_buffer(&self, mut buffer: BytesMut) {
        buffer.clear();
        let mut buffers = self.buffers.borrow_mut();
        if buffers.len() < BUFFERS && buffer.capacity() <= 2 * BUFFER {
            buffers.push(buffer);
        }
    }

    /// All addresses of an origin, and how long it took where they had to be asked for. Users that want the same name wait for one answer.
    pub(crate) async fn addresses(&self, origin: &Origin) -> Result<(Vec<SocketAddr>, Option<Duration>), Failure> {
        if let Ok(address) = origin.host.parse::<IpAddr>() {
            return Ok((vec![SocketAddr::new(address, origin.port)], None));
        }
        let begun = Instant::now();
        let name = match self.names.borrow_mut().entry(origin.host.clone()) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(new) => new.insert(Rc::default()).clone(),
        };
        if let Some(known) = name.known() {
            return Ok((with_port(&known?, origin.port), None));
        }
        let held = name.lock.lock().await;
        let known = match name.known() {
            Some(known) => known,
            None => name.look_up(&origin.host).await,
        };
        drop(held);
        Ok((with_port(&known?, origin.port), Some(begun.elapsed())))
    }
}

type Found = Result<Rc<[IpAddr]>, Failure>;

/// What is known of a name.
#[derive(Debug, Default)]
struct Name {
    lock: Mutex<()>,
    found: RefCell<Option<(Instant, Found)>>,
}

impl Name {
    fn known(&self) -> Option<Found> {
        let found = self.found.borrow();
        let (at, found) = found.as_ref()?;
        let fresh = at.elapsed() < if found.is_ok() { DNS_TTL } else { DNS_FAILURE_TTL };
        fresh.then(|| found.clone())
    }

    async fn look_up(&self, host: &str) -> Found {
        let none = |why: String| Failure::new(FailureClass::Dns, format!("the host {host} has no address{why}"));
        let found: Found = match tokio::net::lookup_host((host, 0)).await {
            Ok(found) => Ok(found.map(|address| address.ip()).collect()),
            Err(error) => Err(none(format!(": {}", words::of_resolver(&error)))),
        };
        let found = found.and_then(|found| if found.is_empty() { Err(none(String::new())) } else { Ok(found) });
        *self.found.borrow_mut() = Some((Instant::now(), found.clone()));
        found
    }
}

fn with_port(found: &[IpAddr], port: u16) -> Vec<SocketAddr> {
    found.iter().map(|address| SocketAddr::new(*address, port)).collect()
}
