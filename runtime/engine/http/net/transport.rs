//! The state that all users of a thread share: how to reach apis, names that were looked up, and buffers.

use std::cell::{OnceCell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use bytes::BytesMut;
use rustls::ClientConfig;

use super::config::{ApiConfig, TransportConfig};
use super::names::{Names, Resolve, System};
use super::permission::Permission;
use super::proxy::Proxy;
use super::shared::SharedConnections;
use super::tls;
use crate::http::io::memory::Accept;
use crate::http::message::failure::HttpError;
use crate::http::wire::parse::HeadCache;
use crate::stats::FailureClass;

/// The most buffers that are kept for later exchanges, and the largest size of a kept buffer.
const BUFFERS: usize = 64;
const BUFFER: usize = 16 * 1024;

/// How to reach an api, with its certificates.
pub struct ApiTransport {
    pub(crate) config: ApiConfig,
    pub(crate) shared: SharedConnections,
    tls: OnceCell<Result<Arc<ClientConfig>, String>>,
}

impl ApiTransport {
    /// The TLS configuration. The system's authorities are read only when a connection needs them.
    pub(crate) fn tls(&self) -> Result<Arc<ClientConfig>, HttpError> {
        let made = self.tls.get_or_init(|| tls::client_config(&self.config));
        made.clone().map_err(|why| HttpError::new(FailureClass::Tls, why))
    }
}

impl fmt::Debug for ApiTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiTransport").field("http2", &self.config.http2).finish_non_exhaustive()
    }
}

/// The state that the users of a thread share.
#[derive(Debug)]
pub struct Transport {
    proxy: Proxy,
    permission: Permission,
    pub(crate) memory: Option<Accept>,
    pub(crate) names: Names,
    buffers: RefCell<Vec<BytesMut>>,
    /// Heads of responses that were parsed.
    pub(crate) heads: RefCell<HeadCache>,
}

impl Transport {
    /// Creates the transport. The error explains what is wrong with the configuration.
    pub fn new(config: TransportConfig) -> Result<Rc<Self>, String> {
        Self::with_resolver(config, Box::new(System))
    }

    /// Creates a transport that looks names up with this resolver.
    pub(crate) fn with_resolver(config: TransportConfig, resolver: Box<dyn Resolve>) -> Result<Rc<Self>, String> {
        Ok(Rc::new(Self {
            proxy: Proxy::new(&config.proxies),
            permission: config.permission,
            memory: config.memory,
            names: Names::new(resolver),
            buffers: RefCell::default(),
            heads: RefCell::default(),
        }))
    }

    /// How to reach an api. It reads the certificates, so that errors in them are reported before any load.
    pub fn api(&self, config: &ApiConfig) -> Result<Rc<ApiTransport>, String> {
        let api = ApiTransport { config: config.clone(), shared: SharedConnections::default(), tls: OnceCell::new() };
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

    pub(crate) fn permission(&self) -> &Permission {
        &self.permission
    }

    pub(crate) fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// A buffer for one exchange. It is the one that was used last, because it is likely to be in the processor's cache. Its whole memory
    /// is available again when all parts that were split off have been dropped.
    pub(crate) fn borrow_buffer(&self) -> BytesMut {
        let mut buffer = self.buffers.borrow_mut().pop().unwrap_or_default();
        buffer.reserve(BUFFER);
        buffer
    }

    /// Takes a buffer back. A buffer that has grown isn't kept.
    pub(crate) fn return_buffer(&self, mut buffer: BytesMut) {
        buffer.clear();
        let mut buffers = self.buffers.borrow_mut();
        if buffers.len() < BUFFERS && buffer.capacity() <= 2 * BUFFER {
            buffers.push(buffer);
        }
    }
}
