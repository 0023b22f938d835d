//! A TLS server that does what it must not: certificates of every wrong kind, handshakes that end early or never, and connections that break.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ConnectionTrafficSecrets as Keys;
use rustls::crypto::cipher::{OutboundChunks, OutboundPlainMessage};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{ContentType, ProtocolVersion, RootCertStore, ServerConfig, ServerConnection, SupportedCipherSuite};

/// The requests that came to each port.
static REQUESTS: LazyLock<Mutex<BTreeMap<u16, usize>>> = LazyLock::new(Mutex::default);

/// The number of requests that came to a port.
pub(super) fn requests(port: u16) -> usize {
    REQUESTS.lock().unwrap().get(&port).copied().unwrap_or_default()
}

/// An authority that signs certificates for `localhost`.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new() -> Self {
        Self(CertifiedIssuer::self_signed(Self::params(), KeyPair::generate().unwrap()).unwrap())
    }

    fn params() -> CertificateParams {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
    }

    /// An authority that this one signed.
    pub(super) fn intermediate(&self) -> Self {
        let mut params = Self::params();
        params.distinguished_name.push(rcgen::DnType::CommonName, "intermediate");
        Self(CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &self.0).unwrap())
    }

    pub(super) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for `localhost`, with these changes.
    pub(super) fn issue(&self, change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Certificate { chain: vec![certificate.der().to_vec()], key: key.serialize_der() }
    }
}

/// What a server presents.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    chain: Vec<Vec<u8>>,
    key: Vec<u8>,
}

impl Certificate {
    /// The same certificate with other bytes.
    pub(super) fn changed(mut self, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        change(&mut self.chain[0]);
        self
    }

    /// The same certificate, repeated.
    pub(super) fn chain(mut self, length: usize) -> Self {
        self.chain = vec![self.chain[0].clone(); length];
        self
    }

    /// The same certificate with the key of another one.
    pub(super) fn signed_by(mut self, other: &Self) -> Self {
        self.key.clone_from(&other.key);
        self
    }
}

/// A certificate that is presented without a look at it.
#[derive(Debug)]
struct Presented(Arc<CertifiedKey>);

impl ResolvesServerCert for Presented {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// The end of the connection, without the end of TLS.
    Close,
    /// The end of TLS and of the connection.
    CloseNotify,
    Reset,
    /// Nothing, until the client closes the connection.
    Silence,
}

/// What a server does on each connection.
#[derive(Clone, Debug)]
pub(super) struct Handshake {
    /// A handshake with this certificate; without one, only `bytes`.
    certificate: Option<Certificate>,
    /// The protocols that it chooses from.
    alpn: Vec<Vec<u8>>,
    /// Whether it requires a certificate of the client.
    clients: bool,
    /// The most bytes of the handshake that it sends.
    most: usize,
    /// The time between two bytes of the handshake.
    pause: Duration,
    /// Session tickets behind the handshake.
    tickets: usize,
    /// Changes of the key behind the handshake.
    key_updates: usize,
    /// Requests to renegotiate behind the handshake, which is one of TLS 1.2.
    renegotiations: usize,
    /// What it sends: the answer, or bytes in place of a handshake.
    bytes: Vec<u8>,
    /// Whether it sends the bytes again and again.
    endless: bool,
    /// Whether the answer is not encrypted.
    plain_behind: bool,
    after: After,
}

/// A handshake with this certificate, and an answer to the first request.
pub(super) fn answered(certificate: Certificate, answer: &str, after: After) -> Handshake {
    Handshake {
        certificate: Some(certificate),
        alpn: Vec::new(),
        clients: false,
        most: usize::MAX,
        pause: Duration::ZERO,
        tickets: 0,
        key_updates: 0,
        renegotiations: 0,
        bytes: answer.as_bytes().to_vec(),
        endless: false,
        plain_behind: false,
        after,
    }
}

/// These bytes, and no handshake.
pub(super) fn plain(bytes: &[u8], after: After) -> Handshake {
    let nothing = Certificate { chain: Vec::new(), key: Vec::new() };
    Handshake { certificate: None, bytes: bytes.to_vec(), ..answered(nothing, "", after) }
}

/// These bytes again and again, and no handshake.
pub(super) fn endless(bytes: &[u8]) -> Handshake {
    Handshake { endless: true, ..plain(&bytes.repeat(500), After::Close) }
}

pub(super) fn silent() -> Handshake {
    plain(b"", After::Silence)
}

const SHORT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A handshake that ends after this number of bytes.
pub(super) fn cut(certificate: Certificate, most: usize, after: After) -> Handshake {
    Handshake { most, ..answered(certificate, SHORT, after) }
}

/// A handshake with a pause before each byte.
pub(super) fn slow(certificate: Certificate, pause: Duration) -> Handshake {
    Handshake { pause, ..answered(certificate, SHORT, After::Silence) }
}

pub(super) fn with_alpn(handshake: Handshake, protocols: &[&str]) -> Handshake {
    Handshake { alpn: protocols.iter().map(|name| name.as_bytes().to_vec()).collect(), ..handshake }
}

pub(super) fn tickets(certificate: Certificate, tickets: usize) -> Handshake {
    Handshake { tickets, ..answered(certificate, SHORT, After::Silence) }
}

pub(super) fn flood_of_key_updates(certificate: Certificate, key_updates: usize) -> Handshake {
    Handshake { key_updates, ..answered(certificate, SHORT, After::Silence) }
}

pub(super) fn renegotiations(certificate: Certificate, renegotiations: usize) -> Handshake {
    Handshake { renegotiations, ..answered(certificate, SHORT, After::Silence) }
}

impl Handshake {
    /// The same, for clients with a certificate.
    pub(super) fn for_known_clients(self) -> Self {
        Self { clients: true, ..self }
    }

    /// The same, with an answer that is not encrypted.
    pub(super) fn not_encrypted(self) -> Self {
        Self { plain_behind: true, ..self }
    }

    fn config(&self, certificate: &Certificate) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::try_from(certificate.key.clone()).unwrap();
        let key = provider.key_provider.load_private_key(key).unwrap();
        let chain = certificate.chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
        let versions = if self.renegotiations > 0 { &[&rustls::version::TLS12] } else { rustls::DEFAULT_VERSIONS };
        let builder = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions).unwrap();
        let builder = if self.clients {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from(certificate.chain[0].clone())).unwrap();
            builder.with_client_cert_verifier(WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let mut config = builder.with_cert_resolver(Arc::new(Presented(Arc::new(CertifiedKey::new(chain, key)))));
        config.alpn_protocols.clone_from(&self.alpn);
        config.send_tls13_tickets = self.tickets;
        config.enable_secret_extraction = self.renegotiations > 0;
        config
    }

    fn run(&self, stream: &TcpStream, port: u16) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let (mut input, mut out) = (stream, stream);
        let Some(certificate) = &self.certificate else {
            // The hello of the client.
            if !self.bytes.is_empty() {
                let _ = input.read(&mut [0; 4096])?;
            }
            out.write_all(&self.bytes)?;
            if self.endless {
                // Writing fails once the client has closed the connection.
                loop {
                    out.write_all(&self.bytes)?;
                }
            }
            return end(stream, self.after);
        };
        let mut tls = ServerConnection::new(Arc::new(self.config(certificate))).map_err(io::Error::other)?;
        let mut rest = self.most;
        while tls.is_handshaking() {
            if tls.wants_write() {
                let mut flight = Vec::new();
                tls.write_tls(&mut flight)?;
                flight.truncate(rest);
                rest -= flight.len();
                self.send(out, &flight)?;
                if rest == 0 {
                    return end(stream, self.after);
                }
                continue;
            }
            if tls.read_tls(&mut input)? == 0 {
                return Ok(());
            }
            if let Err(error) = tls.process_new_packets() {
                // The alert that belongs to the error.
                tls.write_tls(&mut out)?;
                // The client reads the alert before the connection ends.
                std::thread::sleep(Duration::from_millis(50));
                return Err(io::Error::other(error));
            }
        }
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") && !self.alpn.contains(&b"h2".to_vec()) {
            tls.write_tls(&mut out)?;
            let mut bytes = [0; 4096];
            if let Ok(read) = tls.reader().read(&mut bytes) {
                request.extend_from_slice(&bytes[..read]);
                continue;
            }
            if tls.read_tls(&mut input)? == 0 {
                return Ok(());
            }
            tls.process_new_packets().map_err(io::Error::other)?;
        }
        *REQUESTS.lock().unwrap().entry(port).or_default() += 1;
        for _ in 0..self.key_updates {
            tls.refresh_traffic_keys().map_err(io::Error::other)?;
            tls.write_tls(&mut out)?;
        }
        if self.renegotiations > 0 {
            out.write_all(&self.renegotiating(tls)?)?;
            return end(stream, self.after);
        }
        if self.plain_behind {
            out.write_all(&self.bytes)?;
        } else {
            tls.writer().write_all(&self.bytes)?;
        }
        if self.after == After::CloseNotify {
            tls.send_close_notify();
        }
        while tls.wants_write() {
            tls.write_tls(&mut out)?;
        }
        end(stream, self.after)
    }

    /// The encrypted requests to renegotiate and the answer. The library cannot send them, so they are encrypted with its keys.
    fn renegotiating(&self, tls: ServerConnection) -> io::Result<Vec<u8>> {
        let suite = tls.negotiated_cipher_suite();
        let (first, keys) = tls.dangerous_extract_secrets().map_err(io::Error::other)?.tx;
        let (Some(SupportedCipherSuite::Tls12(suite)), Keys::Aes128Gcm { key, iv } | Keys::Aes256Gcm { key, iv }) = (suite, keys) else {
            return Err(io::Error::other("another suite of ciphers"));
        };
        // TLS 1.2 sends the second part of the nonce with each record.
        let (fixed, explicit) = iv.as_ref().split_at(4);
        let mut encrypter = suite.aead_alg.encrypter(key, fixed, explicit);
        let hello_request: &[u8] = &[0, 0, 0, 0];
        let requests = std::iter::repeat_n((ContentType::Handshake, hello_request), self.renegotiations);
        let mut records = Vec::new();
        for (number, (typ, content)) in (first..).zip(requests.chain([(ContentType::ApplicationData, &self.bytes[..])])) {
            let payload = OutboundChunks::Single(content);
            let plain = OutboundPlainMessage { typ, version: ProtocolVersion::TLSv1_2, payload };
            records.extend(encrypter.encrypt(plain, number).map_err(io::Error::other)?.encode());
        }
        Ok(records)
    }

    fn send(&self, mut out: &TcpStream, bytes: &[u8]) -> io::Result<()> {
        if self.pause.is_zero() {
            return out.write_all(bytes);
        }
        for byte in bytes {
            out.write_all(&[*byte])?;
            std::thread::sleep(self.pause);
        }
        Ok(())
    }
}

fn end(stream: &TcpStream, after: After) -> io::Result<()> {
    match after {
        After::Close | After::CloseNotify => {
            // What the client sends is still read: the connection would be reset otherwise.
            stream.shutdown(std::net::Shutdown::Write)?;
            stream.set_read_timeout(Some(Duration::from_secs(2)))?;
            let mut input = stream;
            while input.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {}
            Ok(())
        }
        After::Reset => {
            // The client has to see what was sent before.
            std::thread::sleep(Duration::from_millis(20));
            rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO))?;
            Ok(())
        }
        After::Silence => {
            let mut input = stream;
            input.read_to_end(&mut Vec::new()).map(drop)
        }
    }
}

/// Starts a server on a port of its own, and returns the port. Its threads end with the test's process.
pub(super) fn serve(handshake: Handshake) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let handshake = handshake.clone();
            std::thread::spawn(move || drop(handshake.run(&stream, port)));
        }
    });
    port
}
