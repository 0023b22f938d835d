//! The configuration of how to reach apis.

use std::time::Duration;

use ltc_config::Http2;
use serde::{Deserialize, Serialize};

use super::permission::Permission;
use super::proxy::Proxies;
use crate::http::io::memory::Accept;

/// Settings for all apis.
#[derive(Clone, Debug, Default)]
pub struct TransportConfig {
    /// The proxies.
    pub proxies: Proxies,
    /// Accepts all connections in memory, if none goes to a network.
    pub memory: Option<Accept>,
    /// The hosts that requests may go to.
    pub permission: Permission,
}

/// How to check a server's certificate, and which one to present. Certificates and keys are PEM.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TlsConfig {
    /// Whether the server's certificate is checked at all.
    pub verify: bool,
    /// Authorities that are trusted in addition to the system's.
    pub ca: Option<Vec<u8>>,
    /// The client's certificate.
    pub cert: Option<Vec<u8>>,
    /// The key of that certificate.
    pub key: Option<Vec<u8>>,
    /// The name to request and check instead of the host's.
    pub server_name: Option<String>,
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self { verify: true, ca: None, cert: None, key: None, server_name: None }
    }
}

/// How to reach an api.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ApiConfig {
    /// The TLS settings.
    pub tls: TlsConfig,
    /// Whether to offer HTTP/2 on encrypted connections, and who shares them.
    pub http2: Http2,
    /// The time limit for connecting, including TLS.
    pub connect_timeout: Duration,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self { tls: TlsConfig::default(), http2: Http2::default(), connect_timeout: Duration::from_secs(10) }
    }
}
