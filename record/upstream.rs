//! Connections from the proxy to the servers, through the proxies of the environment where these are needed.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use hyper::Uri;
use hyper::header::HeaderValue;
use hyper_util::client::proxy::matcher::Matcher;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A connection, with TLS or without.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The longest answer of a proxy to `CONNECT`, in bytes.
const ANSWER_MAX: usize = 16 * 1024;

/// How the proxy connects to servers.
pub(crate) struct Upstream {
    tls: TlsConnector,
    proxies: Matcher,
}

/// A connection for one request.
pub(crate) struct Connected {
    pub(crate) stream: Box<dyn Stream>,
    /// Whether the request goes to a proxy, which needs its whole URL.
    pub(crate) is_whole_url: bool,
    /// The credentials for that proxy.
    pub(crate) authorization: Option<HeaderValue>,
}

impl Upstream {
    /// Trusts the system's certificates, or any certificate if `insecure`. Uses this proxy, or else those of the environment.
    pub(crate) fn new(insecure: bool, proxy: Option<&str>) -> io::Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().map_err(io::Error::other)?;
        let mut config = if insecure {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Unverified(provider))).with_no_client_auth()
        } else {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            builder.with_root_certificates(roots).with_no_client_auth()
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let proxies = proxy.map_or_else(Matcher::from_env, |proxy| Matcher::builder().all(proxy).build());
        Ok(Self { tls: TlsConnector::from(Arc::new(config)), proxies })
    }

    /// A connection to the server of a URL.
    pub(crate) async fn connect(&self, uri: &Uri, host: &str, port: u16, is_tls: bool) -> io::Result<Connected> {
        let name = host.trim_matches(['[', ']']).to_owned();
        // A server on this machine needs no proxy.
        let found = if is_loopback(&name) { None } else { self.proxies.intercept(uri) };
        let Some(proxy) = found else {
            let stream = TcpStream::connect((name.as_str(), port)).await?;
            return self.secured(stream, name, is_tls).await;
        };
        let address = proxy.uri();
        let refused =
            |why: String| io::Error::other(format!("the proxy {}: {why}", address.authority().map_or("", |authority| authority.as_str())));
        if address.scheme_str().is_some_and(|scheme| scheme != "http") {
            return Err(refused("ltc record uses only HTTP proxies".to_owned()));
        }
        let host_of_proxy =
            address.host().ok_or_else(|| refused("its address has no host".to_owned()))?.trim_matches(['[', ']']).to_owned();
        let connected = TcpStream::connect((host_of_proxy.as_str(), address.port_u16().unwrap_or(80))).await;
        let mut stream = connected.map_err(|error| refused(error.to_string()))?;
        let authorization = proxy.basic_auth().cloned();
        if !is_tls {
            stream.set_nodelay(true)?;
            return Ok(Connected { stream: Box::new(stream), is_whole_url: true, authorization });
        }
        tunnel(&mut stream, &format!("{host}:{port}"), authorization.as_ref()).await.map_err(|error| refused(error.to_string()))?;
        self.secured(stream, name, is_tls).await
    }

    async fn secured(&self, stream: TcpStream, name: String, is_tls: bool) -> io::Result<Connected> {
        stream.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match is_tls {
            true => Box::new(self.tls.connect(ServerName::try_from(name).map_err(io::Error::other)?, stream).await?),
            false => Box::new(stream),
        };
        Ok(Connected { stream, is_whole_url: false, authorization: None })
    }
}

fn is_loopback(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Asks a proxy for a tunnel to a server.
async fn tunnel(stream: &mut TcpStream, target: &str, authorization: Option<&HeaderValue>) -> io::Result<()> {
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(value) = authorization {
        request.extend([b"Proxy-Authorization: ", value.as_bytes(), b"\r\n"].concat());
    }
    request.extend(b"\r\n");
    stream.write_all(&request).await?;
    let mut answer = Vec::new();
    // The server says nothing before TLS begins, so the response ends with its head.
    while !answer.ends_with(b"\r\n\r\n") {
        let mut bytes = [0; 1024];
        let count = stream.read(&mut bytes).await?;
        answer.extend_from_slice(&bytes[..count]);
        if count == 0 || answer.len() > ANSWER_MAX {
            return Err(io::Error::other("it gave no response that can be read"));
        }
    }
    let line = String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned();
    match line.split(' ').nth(1) {
        Some(status) if status.starts_with('2') => Ok(()),
        _ => Err(io::Error::other(format!("it refused to connect to {target}: {line}"))),
    }
}

/// Accepts any certificate: for `--insecure`, with servers under test that have their own certificates.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
