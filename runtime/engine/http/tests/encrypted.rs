//! Tests TLS, HTTP/2, and connections through proxies.

use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ltc_config::Http2;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::stats::FailureClass;

#[derive(Clone, Copy)]
struct Local;

impl<F: Future + 'static> hyper::rt::Executor<F> for Local {
    fn execute(&self, task: F) {
        tokio::task::spawn_local(async move {
            task.await;
        });
    }
}

pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate and its key, PEM.
    fn issue(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        (CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap(), key)
    }

    pub(super) fn api(&self) -> ApiConfig {
        ApiConfig { tls: TlsConfig { ca: Some(self.0.pem().into()), ..TlsConfig::default() }, ..ApiConfig::default() }
    }
}

/// Accepts TLS for this name.
pub(super) fn acceptor(authority: &Authority, name: &str, http2: bool, clients: bool) -> TlsAcceptor {
    let (certificate, key) = authority.issue(name);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let builder = if clients {
        let mut roots = RootCertStore::empty();
        roots.add(authority.0.der().clone()).unwrap();
        builder.with_client_cert_verifier(WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let mut config = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    config.alpn_protocols = if http2 { vec![b"h2".to_vec(), b"http/1.1".to_vec()] } else { vec![b"http/1.1".to_vec()] };
    TlsAcceptor::from(Arc::new(config))
}

/// Starts a server that answers all requests with a text, and returns its port.
pub(super) async fn serve_text(acceptor: TlsAcceptor, text: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::task::spawn_local(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::task::spawn_local(async move {
                // A client may refuse the certificate.
                if let Ok(tls) = acceptor.accept(tcp).await {
                    serve(tls, 0, &RefCell::default(), &|_, _, _| say(ok(text))).await;
                }
            });
        }
    });
    port
}

/// A server with TLS for this name. Over HTTP/2 it answers with the request; `/slow` takes some time, `/late` closes the connection
/// instead.
struct Secure {
    address: SocketAddr,
    connections: Rc<RefCell<usize>>,
    /// Ends its HTTP/2 connections: immediately, or gracefully.
    cut: Rc<tokio::sync::Notify>,
    leave: Rc<tokio::sync::Notify>,
}

impl Secure {
    async fn start(authority: &Authority, name: &str, http2: bool, clients: bool) -> Self {
        let acceptor = acceptor(authority, name, http2, clients);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self { address: listener.local_addr().unwrap(), connections: Rc::default(), cut: Rc::default(), leave: Rc::default() };
        let (connections, cut, leave) = (server.connections.clone(), server.cut.clone(), server.leave.clone());
        tokio::task::spawn_local(async move {
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                *connections.borrow_mut() += 1;
                let (acceptor, cut, leave) = (acceptor.clone(), cut.clone(), leave.clone());
                tokio::task::spawn_local(async move {
                    let Ok(tls) = acceptor.accept(tcp).await else { return };
                    if tls.get_ref().1.alpn_protocol() == Some(b"h2") {
                        let service = service_fn(answer);
                        let connection = hyper::server::conn::http2::Builder::new(Local).serve_connection(TokioIo::new(tls), service);
                        let mut connection = std::pin::pin!(connection);
                        tokio::select! {
                            _ = &mut connection => return,
                            () = cut.notified() => return,
                            () = leave.notified() => connection.as_mut().graceful_shutdown(),
                        }
                        let _ = connection.await;
                    } else {
                        serve(tls, 0, &RefCell::default(), &|_, _, _| say(ok("secret"))).await;
                    }
                });
            }
        });
        server
    }

    fn url(&self, host: &str, path: &str) -> Target {
        Target::parse(&format!("https://{host}:{}{path}", self.address.port())).unwrap()
    }
}

type Answer = http::Response<http_body_util::combinators::BoxBody<Bytes, std::convert::Infallible>>;

async fn answer(request: http::Request<hyper::body::Incoming>) -> Result<Answer, std::io::Error> {
    let (head, body) = request.into_parts();
    match head.uri.path() {
        "/slow" => tokio::time::sleep(Duration::from_millis(100)).await,
        "/never" => tokio::time::sleep(Duration::from_secs(60)).await,
        "/large" => {
            let body = Full::new(Bytes::from(vec![b'a'; 300_000])).boxed();
            return Ok(http::Response::new(body));
        }
        "/broken" => return Err(std::io::Error::other("broken")),
        _ => {}
    }
    let body = body.collect().await.unwrap().to_bytes();
    let mut text = format!("{} {}\n", head.method, head.uri);
    for (name, value) in &head.headers {
        text.push_str(&format!("{name}: {}\n", value.to_str().unwrap()));
    }
    text.push_str(std::str::from_utf8(&body).unwrap());
    let trailers =
        async { Some(Ok(http::HeaderMap::from_iter([(http::HeaderName::from_static("x-sum"), http::HeaderValue::from_static("1"))]))) };
    let body = Full::new(Bytes::from(text)).with_trailers(trailers).boxed();
    Ok(http::Response::builder().header("X-Two", "2").header("set-cookie", "sid=1").body(body).unwrap())
}

pub(super) fn client(api: &ApiConfig) -> Client {
    Client::with(TransportConfig { proxies: Proxies::None, ..TransportConfig::default() }, api)
}

#[test]
fn certificates_are_checked() {
    run(async {
        let authority = Authority::new();
        let server = Secure::start(&authority, "localhost", false, false).await;
        let trusting = client(&authority.api());
        let response = trusting.get(server.url("localhost", "/")).await.unwrap();
        assert_eq!((text(&response), response.version), ("secret", Version::Http11));
        assert!(response.traffic.phases.tls.is_some());
        assert!(trusting.get(server.url("localhost", "/")).await.unwrap().reused());

        let failure = client(&ApiConfig::default()).get(server.url("localhost", "/")).await.unwrap_err();
        assert_eq!(
            (failure.class, failure.message.as_str()),
            (
                FailureClass::Tls,
                "the certificate of localhost is not trusted: unknown issuer: set the authority that signed it as `tls.ca` in the environment"
            )
        );
        let failure = trusting.get(server.url("127.0.0.1", "/")).await.unwrap_err();
        let message =
            "the certificate of 127.0.0.1 is not trusted: it is for another name (localhost): set `tls.server_name` to one of them";
        assert_eq!(failure.message, message);
        let mut named = authority.api();
        named.tls.server_name = Some("localhost".into());
        assert!(client(&named).get(server.url("127.0.0.1", "/")).await.is_ok());
        let unverified = ApiConfig { tls: TlsConfig { verify: false, ..TlsConfig::default() }, ..ApiConfig::default() };
        assert_eq!(text(&client(&unverified).get(server.url("127.0.0.1", "/")).await.unwrap()), "secret");

        let plain = Server::start(|_, _, _| say(ok("hi"))).await;
        let url = Target::parse(&format!("http://localhost:{}/", server.address.port())).unwrap();
        assert!(trusting.get(url).await.is_err());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Target::parse(&format!("https://{}/", listener.local_addr().unwrap())).unwrap();
        tokio::task::spawn_local(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        });
        let failure = trusting.get(url).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Tls);
        assert!(failure.message.ends_with("the server does not use TLS on this port"), "{}", failure.message);
        drop(plain);
    });
}

#[test]
fn connecting_has_a_time_limit() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let api = ApiConfig { connect_timeout: Duration::from_millis(50), ..ApiConfig::default() };
        let failure = client(&api).get(Target::parse(&format!("https://{address}/")).unwrap()).await.unwrap_err();
        assert_eq!((failure.class, failure.message), (FailureClass::Timeout, format!("no connection to {address} within 50ms")));
    });
}

#[test]
fn clients_present_their_certificate() {
    run(async {
        let authority = Authority::new();
        let server = Secure::start(&authority, "localhost", false, true).await;
        let failure = client(&authority.api()).get(server.url("localhost", "/")).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Tls);
        assert!(failure.message.contains("refused by the server: it requires a client certificate: set `tls.cert`"), "{}", failure.message);
        let mut api = authority.api();
        let (certificate, key) = authority.issue("tester");
        api.tls.cert = Some(certificate.pem().into());
        api.tls.key = Some(key.serialize_pem().into());
        assert_eq!(text(&client(&api).get(server.url("localhost", "/")).await.unwrap()), "secret");
        api.tls.key = None;
        let transport = Transport::new(TransportConfig { proxies: Proxies::None, ..TransportConfig::default() }).unwrap();
        assert_eq!(transport.api(&api).unwrap_err(), "tls cert: missing tls key, set both");
        api.tls.ca = Some(b"nonsense".to_vec());
        assert_eq!(transport.api(&api).unwrap_err(), "tls ca: the file contains no PEM certificate");
    });
}

#[test]
fn http2_is_used_if_the_server_supports_it() {
    run(async {
        let authority = Authority::new();
        let server = Secure::start(&authority, "localhost", true, false).await;
        let client = client(&authority.api());
        let url = server.url("localhost", "/echo?a=b");
        let request = HttpRequest {
            headers: b"X-Own: yes\r\nConnection: keep-alive\r\nCookie: own=1\r\n"[..].into(),
            auth: b"Authorization: Bearer x\r\n"[..].into(),
            body: "hello".into(),
            has_body: true,
            ..client.request("POST", url.clone())
        };
        let response = client.session.send(laid(&request)).await.unwrap();
        let expected = format!(
            "POST {url}\nx-own: yes\nauthorization: Bearer x\nuser-agent: {}\naccept: */*\naccept-encoding: gzip, deflate, br\ncookie: own=1\ncontent-length: 5\nhello",
            crate::http::wire::head::USER_AGENT
        );
        assert_eq!(text(&response), expected);
        assert_eq!((response.version.as_str(), response.headers.get("X-TWO"), response.reused()), ("HTTP/2", Some("2"), false));
        assert!(response.traffic.sent > 100 && response.traffic.received > 100);
        let again = client.get(url).await.unwrap();
        assert!(again.reused() && text(&again).contains("cookie: sid=1\n"));
        // All requests share one connection.
        let slow = || client.get(server.url("localhost", "/slow"));
        let (a, b, c) = tokio::join!(slow(), slow(), slow());
        assert!([a, b, c].into_iter().all(|response| response.unwrap().reused()));
        assert_eq!(*server.connections.borrow(), 1);
        let failure = client.get(server.url("localhost", "/broken")).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Reset);
        let never = HttpRequest { timeout: Duration::from_millis(50), ..client.request("GET", server.url("localhost", "/never")) };
        assert_eq!(client.session.send(laid(&never)).await.unwrap_err().message, "no response within 50ms");
        assert!(client.get(server.url("localhost", "/")).await.unwrap().reused());

        let old = super::encrypted::client(&ApiConfig { http2: Http2::Off, ..authority.api() });
        assert_eq!(old.get(server.url("localhost", "/")).await.unwrap().version, Version::Http11);
    });
}

#[test]
fn requests_on_ended_http2_connections_are_sent_again() {
    run(async {
        let authority = Authority::new();
        let server = Secure::start(&authority, "localhost", true, false).await;
        let client = client(&authority.api());
        let get = || client.get(server.url("localhost", "/"));
        get().await.unwrap();
        for (number, pause) in [0, 20, 0, 20].into_iter().enumerate() {
            if number < 2 {
                server.cut.notify_waiters();
            } else {
                server.leave.notify_waiters();
            }
            if pause > 0 {
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
            let response = get().await.unwrap();
            assert!(!response.reused() || (number, pause) == (2, 0), "{number}");
            tokio::time::sleep(Duration::from_millis(20)).await;
            get().await.unwrap();
        }
    });
}

#[test]
fn parallel_requests_wait_for_the_connection_they_will_share() {
    run(async {
        let authority = Authority::new();
        let server = Secure::start(&authority, "localhost", true, false).await;
        let client = client(&authority.api());
        let get = || client.get(server.url("localhost", "/slow"));
        let (a, b, c) = tokio::join!(get(), get(), get());
        assert!(a.is_ok() && b.is_ok() && c.is_ok());
        assert_eq!(*server.connections.borrow(), 1);
    });
}

#[test]
fn proxies_are_asked_for_whole_urls() {
    run(async {
        let proxy = Server::start(|_, _, _| say(ok("through"))).await;
        let proxies = Proxies::All(format!("http://me:secret@{}", proxy.address));
        let client = Client::with(TransportConfig { proxies, ..TransportConfig::default() }, &ApiConfig::default());
        let response = client.get(Target::parse("http://shop.invalid:81/x?y").unwrap()).await.unwrap();
        assert_eq!(text(&response), "through");
        assert!(client.get(Target::parse("http://shop.invalid:81/z").unwrap()).await.unwrap().reused());
        let request = &proxy.requests()[0];
        assert!(request.starts_with("GET http://shop.invalid:81/x?y HTTP/1.1\r\nHost: shop.invalid:81\r\n"), "{request}");
        assert!(request.contains("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n"), "{request}");
    });
}

#[test]
fn proxies_open_tunnels() {
    run(async {
        let authority = Authority::new();
        let server = Secure::start(&authority, "shop.invalid", true, false).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let to = server.address;
        let asked: Rc<RefCell<Vec<String>>> = Rc::default();
        let seen = asked.clone();
        tokio::task::spawn_local(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read_request(&mut stream).await.unwrap();
                let refused = request.contains("closed.invalid");
                seen.borrow_mut().push(request);
                if refused {
                    stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").await.unwrap();
                    continue;
                }
                stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
                let mut up = tokio::net::TcpStream::connect(to).await.unwrap();
                tokio::task::spawn_local(async move { tokio::io::copy_bidirectional(&mut stream, &mut up).await });
            }
        });
        let config = TransportConfig { proxies: Proxies::All(format!("http://me:secret@{address}")), ..TransportConfig::default() };
        let client = Client::with(config, &authority.api());
        let response = client.get(Target::parse("https://shop.invalid/x").unwrap()).await.unwrap();
        assert!(text(&response).starts_with("GET https://shop.invalid/x\n"));
        let request = asked.borrow()[0].clone();
        assert!(request.starts_with("CONNECT shop.invalid:443 HTTP/1.1\r\nHost: shop.invalid:443\r\n"), "{request}");
        assert!(request.contains("Proxy-Authorization: Basic bWU6c2VjcmV0\r\n"));
        let failure = client.get(Target::parse("https://closed.invalid/x").unwrap()).await.unwrap_err();
        let message = format!("the proxy {address} refused to connect to closed.invalid:443: it answered 403");
        assert_eq!((failure.class, failure.message), (FailureClass::Connect, message));
    });
}

#[test]
fn http2_bodies_are_kept_only_as_far_as_they_are_needed() {
    run(async {
        let authority = Authority::new();
        let server = Secure::start(&authority, "localhost", true, false).await;
        let client = client(&authority.api());
        let mut request = client.request("GET", server.url("localhost", "/large"));
        let read = client.session.send(laid(&request)).await.unwrap();
        assert_eq!((read.body().len(), read.omitted, read.version), (300_000, 0, Version::Http2));
        let unread = client.session.send_for(laid(&request), false).await.unwrap();
        assert_eq!((unread.body().len(), unread.omitted), (16 * 1024, 300_000 - 16 * 1024));
        assert!(unread.traffic.received > 300_000);
        request.max_body = 1024;
        let failure = client.session.send(laid(&request)).await.unwrap_err();
        assert_eq!((failure.class, failure.message.split(':').next()), (FailureClass::Protocol, Some("the body is larger than 1 KB")));
        assert_eq!(failure.partial.map(|partial| (partial.status, partial.version)), Some((200, Version::Http2)));
        assert!(client.session.send_for(laid(&request), false).await.unwrap().reused());
    });
}
