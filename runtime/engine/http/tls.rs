//! TLS by rustls: whom to trust, what to show, and what went wrong in a tester's words.

use std::error::Error as _;
use std::io;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::{ApiConfig, Failure};
use crate::stats::FailureClass;

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())).clone()
}

/// The system's authorities, or Mozilla's where it has none. Read once.
fn roots() -> &'static RootCertStore {
    static ROOTS: OnceLock<RootCertStore> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        roots
    })
}

/// What connections of an api are made with.
pub(crate) fn client_config(api: &ApiConfig) -> Result<Arc<ClientConfig>, String> {
    let own = &api.tls;
    let builder =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    let builder = if own.verify {
        let mut roots = roots().clone();
        if let Some(ca) = &own.ca {
            for certificate in certificates(ca, "ca")? {
                roots.add(certificate).map_err(|error| format!("tls ca: a certificate can't be used: {error}"))?;
            }
        }
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build().map_err(|error| error.to_string())?;
        builder.dangerous().with_custom_certificate_verifier(verifier)
    } else {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(Gullible))
    };
    let mut config = match (&own.cert, &own.key) {
        (None, None) => builder.with_no_client_auth(),
        (Some(certificate), Some(key)) => {
            let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| format!("tls key: there is no private key in it: {error}"))?;
            builder.with_client_auth_cert(certificates(certificate, "cert")?, key).map_err(|error| format!("tls cert, key: {error}"))?
        }
        (Some(_), None) => return Err("tls cert: there must be a tls key too".into()),
        (None, Some(_)) => return Err("tls key: there must be a tls cert too".into()),
    };
    // Users are strangers to each other: none goes on with another's session.
    config.resumption = Resumption::disabled();
    if api.http2 {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    }
    Ok(Arc::new(config))
}

/// For servers that aren't under test, such as AWS's own: HTTP/1.1, verified as any server of the system's.
pub fn plain_config() -> Result<Arc<ClientConfig>, String> {
    client_config(&ApiConfig { http2: false, ..ApiConfig::default() })
}

/// For proxies, which speak HTTP/1.1 and are verified as any server of the system's.
pub(crate) fn proxy_config() -> Result<Arc<ClientConfig>, Failure> {
    static CONFIG: OnceLock<Result<Arc<ClientConfig>, String>> = OnceLock::new();
    let made = CONFIG.get_or_init(plain_config);
    made.clone().map_err(|why| Failure::new(FailureClass::Tls, why))
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let all: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|error| format!("tls {what}: {error}"))?;
    if all.is_empty() {
        return Err(format!("tls {what}: there is no PEM certificate in it"));
    }
    Ok(all)
}

/// The name that a server is asked for and has to prove.
pub(crate) fn server_name(name: &str) -> Result<ServerName<'static>, String> {
    ServerName::try_from(name.to_owned()).map_err(|_| format!("`{name}` is no name that a server's certificate could have"))
}

/// Why there is no TLS to this host.
pub(crate) fn failure(error: &io::Error, host: &str) -> Failure {
    let of = if host.is_empty() { String::new() } else { format!(" of {host}") };
    let to = if host.is_empty() { String::new() } else { format!(" with {host}") };
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let message = match inner {
        Some(rustls::Error::InvalidCertificate(why)) => format!("the certificate{of} is not trusted: {}", distrust(why)),
        Some(rustls::Error::AlertReceived(alert)) => format!("the TLS handshake{to} was refused by the server: {alert:?}"),
        Some(rustls::Error::InvalidMessage(_)) => format!("the TLS handshake{to} failed: the server doesn't speak TLS there"),
        Some(other) => format!("the TLS handshake{to} failed: {other}"),
        None if error.kind() == io::ErrorKind::UnexpectedEof => format!("the TLS handshake{to} failed: the server closed the connection"),
        None => format!("the TLS handshake{to} failed: {}", error.source().map_or_else(|| error.to_string(), ToString::to_string)),
    };
    Failure::new(FailureClass::Tls, message)
}

fn distrust(why: &CertificateError) -> String {
    match why {
        CertificateError::UnknownIssuer => "unknown issuer".into(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".into(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet".into(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => "it is for another name".into(),
        CertificateError::Revoked => "it was revoked".into(),
        CertificateError::BadSignature => "its signature is wrong".into(),
        other => other.to_string(),
    }
}

/// Believes every certificate: `verify: false`.
#[derive(Debug)]
struct Gullible;

impl ServerCertVerifier for Gullible {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
