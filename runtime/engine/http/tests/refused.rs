//! Tests requests that are lost over HTTP/2: refused, after the last one that a closing server processes, or without a message.

use super::encrypted::{Authority, acceptor};
use super::*;
use crate::stats::FailureClass;

/// The server's reaction to the second request of its first connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Second {
    /// Refuses its stream.
    Refuse,
    /// Drops the connection.
    Drop,
    /// Ends the stream with another error.
    Fail,
}

/// Starts a server over HTTP/2. Returns its port, the requests that it received, and the number of connections.
async fn start(authority: &Authority, second: Second) -> (u16, Rc<RefCell<Vec<String>>>, Rc<RefCell<usize>>) {
    let acceptor = acceptor(authority, "localhost", true, false);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (requests, connections): (Rc<RefCell<Vec<String>>>, Rc<RefCell<usize>>) = Default::default();
    let (seen, counted) = (requests.clone(), connections.clone());
    tokio::task::spawn_local(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let first = std::mem::replace(&mut *counted.borrow_mut(), 0);
            *counted.borrow_mut() = first + 1;
            let (acceptor, seen) = (acceptor.clone(), seen.clone());
            tokio::task::spawn_local(async move {
                let tls = acceptor.accept(tcp).await.unwrap();
                let mut connection = ::h2::server::handshake(tls).await.unwrap();
                let mut number = 0;
                while let Some(Ok((request, mut respond))) = connection.accept().await {
                    seen.borrow_mut().push(request.method().to_string());
                    number += 1;
                    if first == 0 && number == 2 {
                        match second {
                            Second::Refuse => respond.send_reset(::h2::Reason::REFUSED_STREAM),
                            Second::Fail => respond.send_reset(::h2::Reason::INTERNAL_ERROR),
                            Second::Drop => return,
                        }
                        continue;
                    }
                    respond.send_response(http::Response::new(()), true).unwrap();
                }
            });
        }
    });
    (port, requests, connections)
}

/// The result of the second request, and how often the server received it.
async fn second(method: &str, second: Second) -> (Result<HttpResponse, HttpError>, usize) {
    let authority = Authority::new();
    let (port, requests, connections) = start(&authority, second).await;
    let client = Client::with(TransportConfig { proxies: Proxies::None, ..TransportConfig::default() }, &authority.api());
    let url = Target::parse(&format!("https://localhost:{port}/")).unwrap();
    let request = laid(&HttpRequest { body: "hello".into(), has_body: true, ..client.request(method, url) });
    let first = client.session.send(request.clone()).await.unwrap();
    assert_eq!((first.version, first.traffic.opened, first.traffic.reused), (Version::Http2, 1, 0));
    let answer = client.session.send(request).await;
    let traffic = answer.as_ref().map_or_else(|failure| *failure.traffic, |response| response.traffic);
    assert_eq!((traffic.opened as usize, traffic.reused), (*connections.borrow() - 1, 1), "{method} {second:?}");
    assert_eq!(traffic.sent, first.traffic.sent * u64::from(1 + traffic.resends), "{method} {second:?}");
    let seen = requests.borrow().len() - 1;
    (answer, seen)
}

#[test]
fn refused_http2_request_is_sent_again_for_any_method() {
    run(async {
        for method in ["GET", "POST"] {
            let (answer, seen) = second(method, Second::Refuse).await;
            assert_eq!((answer.unwrap().traffic.resends, seen), (1, 2), "{method}");
        }
    });
}

#[test]
fn possibly_processed_http2_request_is_sent_again_only_if_idempotent() {
    run(async {
        let (answer, seen) = second("PUT", Second::Drop).await;
        assert_eq!((answer.unwrap().traffic.resends, seen), (1, 2));
        let (answer, seen) = second("POST", Second::Drop).await;
        let failure = answer.unwrap_err();
        assert_eq!((failure.class, failure.traffic.resends, seen), (FailureClass::Reset, 0, 1));
        assert!(failure.message.ends_with("; a POST isn't sent again because the server may have processed it"), "{failure:?}");
    });
}

#[test]
fn http2_request_that_the_server_ended_counts_as_answered() {
    run(async {
        for method in ["GET", "POST"] {
            let (answer, seen) = second(method, Second::Fail).await;
            let failure = answer.unwrap_err();
            assert_eq!((failure.class, failure.traffic.resends, seen), (FailureClass::Reset, 0, 1), "{method}");
            assert!(failure.message.starts_with("the server ended the request"), "{failure:?}");
        }
    });
}
