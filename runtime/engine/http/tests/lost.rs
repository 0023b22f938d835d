//! Tests requests that are lost: which of them are sent again, and that all traffic is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::stats::FailureClass;

const POST_LOST: &str =
    "the server closed the connection before it answered; a POST isn't sent again because the server may have processed it";

/// A server that closes its first connection at the second request, without an answer.
async fn dropping() -> Server {
    Server::start(|connection, number, _| if connection == 0 && number == 1 { last("") } else { say(ok("hi")) }).await
}

fn with_body(client: &Client, method: &str, url: Target, size: usize) -> HttpRequest {
    HttpRequest { body: vec![b'x'; size].into(), has_body: true, ..client.request(method, url) }
}

#[test]
fn possibly_processed_request_is_sent_again_only_if_idempotent() {
    run(async {
        for (method, again) in [("GET", true), ("PUT", true), ("DELETE", true), ("OPTIONS", true), ("POST", false), ("PATCH", false)] {
            // Small requests use the fast path, large ones don't.
            for size in [10, 100_000] {
                let (server, client) = (dropping().await, Client::new());
                let request = laid(&with_body(&client, method, server.url("/"), size));
                let first = client.session.send(request.clone()).await.unwrap();
                assert_eq!((first.traffic.opened, first.traffic.reused, first.traffic.resends), (1, 0, 0), "{method}");
                let second = client.session.send(request).await;
                if again {
                    let traffic = second.unwrap().traffic;
                    assert_eq!((traffic.opened, traffic.reused, traffic.resends), (1, 1, 1), "{method} {size}");
                    assert_eq!(traffic.sent, 2 * first.traffic.sent, "{method} {size}");
                    assert_eq!(traffic.received, first.traffic.received, "{method} {size}");
                    assert_eq!((server.requests().len(), server.connections()), (3, 2), "{method} {size}");
                } else {
                    let failure = second.unwrap_err();
                    assert_eq!((failure.class, failure.message.replace(method, "POST").as_str()), (FailureClass::Reset, POST_LOST));
                    let traffic = Traffic { sent: first.traffic.sent, reused: 1, ..Traffic::default() };
                    assert_eq!(*failure.traffic, traffic, "{method} {size}");
                    assert_eq!((server.requests().len(), server.connections()), (2, 1), "{method} {size}");
                }
            }
        }
    });
}

#[test]
fn resend_off_prevents_resends() {
    run(async {
        let (server, client) = (dropping().await, Client::new());
        let request = laid(&HttpRequest { resend: false, ..client.request("GET", server.url("/")) });
        client.session.send(request.clone()).await.unwrap();
        let failure = client.session.send(request).await.unwrap_err();
        let why = "the server closed the connection before it answered; it isn't sent again because the api says `resend off`";
        assert_eq!((failure.class, failure.message.as_str()), (FailureClass::Reset, why));
        assert_eq!(server.requests().len(), 2);
    });
}

#[test]
fn nothing_is_sent_again_after_a_timeout() {
    run(async {
        for size in [10, 100_000] {
            let server = Server::start(|_, number, _| if number == 1 { Act::Silence } else { say(ok("hi")) }).await;
            let client = Client::new();
            let request = HttpRequest { timeout: Duration::from_millis(80), ..with_body(&client, "PUT", server.url("/"), size) };
            let first = client.session.send(laid(&request)).await.unwrap();
            let failure = client.session.send(laid(&request)).await.unwrap_err();
            assert_eq!((failure.class, failure.message.as_str()), (FailureClass::Timeout, "no response within 80ms"));
            assert_eq!(*failure.traffic, Traffic { sent: first.traffic.sent, reused: 1, ..Traffic::default() });
            assert_eq!(server.requests().len(), 2);
        }
    });
}

#[test]
fn resend_rule_applies_to_hops_and_through_proxies() {
    run(async {
        for (method, status, again) in [("GET", 302, true), ("POST", 302, true), ("POST", 307, false)] {
            let server = Server::start(move |connection, number, request| {
                if request.contains(" /end ") && connection == 0 && number == 1 {
                    last("")
                } else if request.contains(" /end ") {
                    say(ok("end"))
                } else {
                    say(format!("HTTP/1.1 {status} Moved\r\nLocation: /end\r\nContent-Length: 0\r\n\r\n"))
                }
            })
            .await;
            let client = Client::new();
            let answer = client.session.send(laid(&with_body(&client, method, server.url("/"), 3))).await;
            let traffic = answer.as_ref().map_or_else(|failure| *failure.traffic, |response| response.traffic);
            assert_eq!((answer.is_ok(), traffic.redirects, traffic.resends), (again, 1, u32::from(again)), "{method} {status}");
            assert_eq!((traffic.opened as usize, traffic.reused), (server.connections(), 1), "{method} {status}");
            assert_eq!(server.requests().len(), 2 + usize::from(again), "{method} {status}");
        }
        for (method, again) in [("GET", true), ("POST", false)] {
            let proxy = dropping().await;
            let proxies = Proxies::All(format!("http://{}", proxy.address));
            let client = Client::with(TransportConfig { proxies, ..TransportConfig::default() }, &ApiConfig::default());
            let request = laid(&client.request(method, Target::parse("http://shop.invalid/").unwrap()));
            client.session.send(request.clone()).await.unwrap();
            assert_eq!(client.session.send(request).await.is_ok(), again, "{method}");
            assert_eq!(proxy.requests().len(), 2 + usize::from(again));
        }
    });
}

/// A server in its own thread. It answers one request of each connection, and closes the connection some time later.
fn closing(after: Duration) -> (SocketAddr, Arc<AtomicUsize>) {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, requests) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counted = requests.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, counted) = (stream.unwrap(), counted.clone());
            std::thread::spawn(move || {
                let mut bytes = [0; 4096];
                if stream.read(&mut bytes).is_ok_and(|count| count > 0) {
                    counted.fetch_add(1, Ordering::SeqCst);
                    let _ = stream.write_all(&ok("hi"));
                    std::thread::sleep(after);
                }
            });
        }
    });
    (address, requests)
}

#[test]
fn connection_closed_while_idle_causes_no_failure() {
    run(async {
        let (address, requests) = closing(Duration::from_millis(20));
        let client = Client::new();
        let url = Target::parse(&format!("http://{address}/")).unwrap();
        for number in 1..=3 {
            let response = client.session.send(laid(&with_body(&client, "POST", url.clone(), 10))).await.unwrap();
            assert_eq!((response.traffic.opened, response.traffic.resends), (1, 0));
            assert_eq!(requests.load(Ordering::SeqCst), number);
            // This thread doesn't notice the close, because it is busy, as a worker may be.
            std::thread::sleep(Duration::from_millis(150));
        }
    });
}

/// Accepts connections, and alternates between four behaviors: it answers, closes after the first request, says nothing, or closes
/// immediately.
fn unreliable_server() -> (SocketAddr, Arc<AtomicUsize>) {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, accepted) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let counted = accepted.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, number) = (stream.unwrap(), counted.fetch_add(1, Ordering::SeqCst));
            std::thread::spawn(move || {
                let mut bytes = [0; 64 * 1024];
                for request in 0.. {
                    if number % 4 == 3 || !stream.read(&mut bytes).is_ok_and(|count| count > 0) {
                        return;
                    }
                    match number % 4 {
                        1 if request > 0 => return,
                        2 => std::thread::sleep(Duration::from_millis(200)),
                        _ => drop(stream.write_all(&ok("hi"))),
                    }
                }
            });
        }
    });
    (address, accepted)
}

#[test]
fn counted_connections_equal_those_that_the_server_accepted() {
    run(async {
        let (address, accepted) = unreliable_server();
        let client = Client::new();
        let mut opened = 0;
        for (number, scheme) in std::iter::repeat_n(["http", "http", "http", "https"], 15).flatten().enumerate() {
            let url = Target::parse(&format!("{scheme}://{address}/")).unwrap();
            let method = if number % 2 == 0 { "GET" } else { "POST" };
            let request = HttpRequest { timeout: Duration::from_millis(40), ..client.request(method, url) };
            let mut sending = Sending::new(&client.session, laid(&request), true);
            let whole = std::future::poll_fn(|cx| sending.poll(&client.session, cx));
            // Some exchanges are abandoned, immediately after they began or while they wait.
            let traffic = match number % 5 {
                3 => {
                    let _ = tokio::time::timeout(Duration::from_millis(10), whole).await;
                    sending.abandon()
                }
                4 => {
                    let _ = tokio::time::timeout(Duration::ZERO, whole).await;
                    sending.abandon()
                }
                _ => whole.await.map_or_else(|failure| *failure.traffic, |response| response.traffic),
            };
            opened += traffic.opened as usize;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(opened, accepted.load(Ordering::SeqCst));
        assert!(opened > 10, "{opened}");
    });
}

#[test]
fn bytes_of_a_broken_answer_are_counted() {
    run(async {
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
        let server = Server::start(move |_, _, _| last(half)).await;
        let failure = Client::new().get(server.url("/")).await.unwrap_err();
        assert_eq!((failure.traffic.received as usize, failure.traffic.opened), (half.len(), 1));
        assert_eq!(failure.traffic.sent as usize, server.requests()[0].len());
        let refused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let failure = Client::new().get(Target::parse(&format!("http://{refused}/")).unwrap()).await.unwrap_err();
        assert_eq!(*failure.traffic, Traffic::default(), "nothing was sent, nothing was opened");
    });
}
