//! How apis are reached, as a test configures it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::proxy::Proxies;
use crate::http::io::memory::Accept;

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
