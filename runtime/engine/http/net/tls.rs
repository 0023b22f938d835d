//! TLS with rustls: the configuration of connections, and the certificate for servers (`trust`: trusted certificates, `tls_words`: errors).

use std::sync::{Arc, OnceLock};

use ltc_config::Http2;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, DEFAULT_VERSIONS};

use super::config::ApiConfig;
use super::provider::provider;
use super::trust;
use crate::http::message::failure::HttpError;
use crate::http::message::tls_words;
use crate::stats::FailureClass;

/// The TLS configuration of an api's connections.
pub(crate) fn client_config(api: &ApiConfig) -> Result<Arc<ClientConfig>, String> {
    let own = &api.tls;
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(DEFAULT_VERSIONS)
        .map_err(|error| format!("tls: {}", tls_words::broken(&error)))?;
    let verifier = if own.verify {
        trust::verifier(own.ca.as_ref().map_or_else(|| Ok(Vec::new()), |ca| certificates(ca, "ca"))?)?
    } else {
        Arc::new(trust::AnyCertificate)
    };
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    let mut config = match (&own.cert, &own.key) {
        (None, None) => builder.with_no_client_auth(),
        (Some(certificate), Some(key)) => {
            let key = PrivateKeyDer::from_pem_slice(key)
                .map_err(|error| format!("tls key: the file contains no private key: {}", tls_words::pem(&error)))?;
            builder
                .with_client_auth_cert(certificates(certificate, "cert")?, key)
                .map_err(|error| format!("tls cert, key: {}", tls_words::unusable(&error)))?
        }
        (Some(_), None) => return Err("tls cert: missing tls key, set both".into()),
        (None, Some(_)) => return Err("tls key: missing tls cert, set both".into()),
    };
    // Users share nothing, so none resumes another's session.
    config.resumption = Resumption::disabled();
    if api.http2 != Http2::Off {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    }
    Ok(Arc::new(config))
}

/// The configuration for servers that aren't under test, such as AWS's own: HTTP/1.1, verified with the system's authorities.
pub fn plain_config() -> Result<Arc<ClientConfig>, String> {
    client_config(&ApiConfig { http2: Http2::Off, ..ApiConfig::default() })
}

/// The configuration for proxies: HTTP/1.1, verified with the system's authorities.
pub(crate) fn proxy_config() -> Result<Arc<ClientConfig>, HttpError> {
    static CONFIG: OnceLock<Result<Arc<ClientConfig>, String>> = OnceLock::new();
    let made = CONFIG.get_or_init(plain_config);
    made.clone().map_err(|why| HttpError::new(FailureClass::Tls, why))
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let all: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|error| format!("tls {what}: {}", tls_words::pem(&error)))?;
    if all.is_empty() {
        return Err(format!("tls {what}: the file contains no PEM certificate"));
    }
    Ok(all)
}

/// The name to request from a server and to verify.
pub(crate) fn server_name(name: &str) -> Result<ServerName<'static>, String> {
    ServerName::try_from(name.to_owned()).map_err(|_| format!("`{name}` is not a valid server name"))
}
