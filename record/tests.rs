//! The proxy between a client that trusts its authority and servers with and without TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::{Authority, Options, Proxy};

/// Answers one request per connection, with the request's first line and body.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let request = read_request(&mut stream).await?;
    let line = request.lines().next().unwrap_or_default().to_owned();
    let body = format!("{{\"line\": \"{line}\"}}");
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: a=1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    stream.shutdown().await
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).await?;
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let length =
            text.to_ascii_lowercase().split("content-length: ").nth(1).and_then(|rest| rest.split('\r').next()?.parse::<usize>().ok());
        if let Some((_, body)) = text.split_once("\r\n\r\n")
            && body.len() >= length.unwrap_or(0)
        {
            return Ok(text);
        }
        if count == 0 {
            return Ok(text);
        }
    }
}

async fn server(tls: Option<TlsAcceptor>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tls = tls.clone();
            tokio::spawn(async move {
                match tls {
                    Some(tls) => answer(tls.accept(stream).await.unwrap()).await,
                    None => answer(stream).await,
                }
            });
        }
    });
    address
}

/// TLS with a certificate that no client trusts.
fn untrusted() -> TlsAcceptor {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// A client that trusts only the authority.
fn trusting(pem: &str) -> TlsConnector {
    use base64::Engine as _;
    let inner: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(base64::engine::general_purpose::STANDARD.decode(inner).unwrap())).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    read_request(&mut stream).await.unwrap()
}

#[tokio::test]
async fn plain_and_encrypted_requests_are_recorded_with_their_responses() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open(folder.path()).unwrap();
    let pem = std::fs::read_to_string(&authority.certificate).unwrap();
    let proxy = Proxy::start(authority, &Options { insecure: true, ..Options::default() }).await.unwrap();
    let (plain, encrypted) = (server(None).await, server(Some(untrusted())).await);

    let stream = TcpStream::connect(proxy.address).await.unwrap();
    let response = exchange(
        stream,
        &format!("POST http://{plain}/a?x=1 HTTP/1.1\r\nHost: {plain}\r\nProxy-Connection: keep-alive\r\nContent-Length: 2\r\n\r\nhi"),
    )
    .await;
    assert!(response.contains("POST /a?x=1 HTTP/1.1"), "{response}");

    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    stream.write_all(format!("CONNECT {encrypted} HTTP/1.1\r\nHost: {encrypted}\r\n\r\n").as_bytes()).await.unwrap();
    let mut head = [0; 4096];
    let count = stream.read(&mut head).await.unwrap();
    assert!(String::from_utf8_lossy(&head[..count]).starts_with("HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head[..count]));
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let stream = trusting(&pem).connect(name, stream).await.unwrap();
    let response = exchange(stream, &format!("GET /b HTTP/1.1\r\nHost: {encrypted}\r\n\r\n")).await;
    assert!(response.contains("GET /b HTTP/1.1"), "{response}");

    let stream = TcpStream::connect(proxy.address).await.unwrap();
    let response = exchange(stream, "GET http://127.0.0.1:1/gone HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n").await;
    assert!(response.starts_with("HTTP/1.1 502"), "{response}");

    let recording = proxy.finish().await;
    let har: Value = serde_json::from_str(&recording.har).unwrap();
    assert_eq!(recording.requests, 3);
    let [(origin, why, 1)] = recording.unreachable.as_slice() else { panic!("{:?}", recording.unreachable) };
    assert!(origin == "http://127.0.0.1:1" && why.contains("refused"), "{origin}: {why}");
    let find = |url: String| {
        har["log"]["entries"].as_array().unwrap().iter().find(|entry| entry["request"]["url"] == url.as_str()).unwrap().clone()
    };
    let first = find(format!("http://{plain}/a?x=1"));
    assert_eq!((&first["request"]["postData"]["text"], &first["response"]["status"]), (&Value::from("hi"), &Value::from(200)));
    assert!(!first["request"]["headers"].to_string().contains("proxy-connection"), "{first}");
    assert_eq!(find(format!("https://{encrypted}/b"))["response"]["content"]["mimeType"], "application/json");
    assert_eq!(find("http://127.0.0.1:1/gone".to_owned())["response"]["status"], 0);
}

/// A proxy of a company: it wants a password, and sends every host to one of two servers.
async fn company_proxy(plain: SocketAddr, encrypted: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let request = read_request(&mut stream).await.unwrap();
                if !request.to_ascii_lowercase().contains("proxy-authorization: basic yw5uonnlyq==") {
                    stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n").await.unwrap();
                    return;
                }
                let is_tunnel = request.starts_with("CONNECT shop.test:443 ");
                let mut server = TcpStream::connect(if is_tunnel { encrypted } else { plain }).await.unwrap();
                match is_tunnel {
                    true => stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.unwrap(),
                    false => server.write_all(request.as_bytes()).await.unwrap(),
                }
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn servers_behind_a_proxy_are_recorded_and_refusals_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, encrypted) = (server(None).await, server(Some(untrusted())).await);
    let company = company_proxy(plain, encrypted).await;
    for (credentials, is_allowed) in [("ann:sea@", true), ("", false)] {
        let authority = Authority::open(folder.path()).unwrap();
        let pem = std::fs::read_to_string(&authority.certificate).unwrap();
        let options = Options { insecure: true, upstream_proxy: Some(format!("http://{credentials}{company}")), ..Options::default() };
        let proxy = Proxy::start(authority, &options).await.unwrap();
        let stream = TcpStream::connect(proxy.address).await.unwrap();
        let response = exchange(stream, "GET http://shop.test/a HTTP/1.1\r\nHost: shop.test\r\n\r\n").await;
        assert_eq!(response.contains("GET http://shop.test/a HTTP/1.1"), is_allowed, "{response}");
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        stream.write_all(b"CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\n\r\n").await.unwrap();
        let count = stream.read(&mut [0; 4096]).await.unwrap();
        assert!(count > 0);
        let stream = trusting(&pem).connect(ServerName::try_from("shop.test").unwrap(), stream).await.unwrap();
        let response = exchange(stream, "GET /b HTTP/1.1\r\nHost: shop.test\r\n\r\n").await;
        assert_eq!(response.contains("GET /b HTTP/1.1"), is_allowed, "{response}");
        let recording = proxy.finish().await;
        assert!(!recording.har.to_ascii_lowercase().contains("yw5uonnlyq"), "{}", recording.har);
        if !is_allowed {
            let (origin, why, _) = &recording.unreachable[0];
            assert!(origin == "https://shop.test" && why.contains("refused to connect to shop.test:443: HTTP/1.1 407"), "{origin}: {why}");
        }
    }
}
