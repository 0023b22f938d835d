//! Tests requests that open a connection for the fast path.

use std::task::{Context, Waker};

use super::*;
use crate::base::clock;
use crate::http::client::sending::Sending;
use crate::http::io::stream::Stream;
use crate::http::message::traffic::Ledger;
use crate::http::net::config::ApiConfig;

async fn opened(client: &Client, request: &HttpRequest) -> Option<Stream> {
    let (opening, _) = client.session.open(&laid(request), &Rc::new(Ledger::default()))?;
    Some(opening.await.unwrap())
}

fn is_sent_at_once(stream: &Stream) -> bool {
    let Stream::Plain(tcp) = stream else { panic!("{stream:?} is not plain") };
    tcp.nodelay().unwrap()
}

#[test]
fn only_plain_and_direct_requests_open_a_connection_for_the_fast_path() {
    run(async {
        let server = Server::start(|_, _, _| say(ok("hi"))).await;
        let client = Client::new();
        let request = client.request("GET", server.url("/"));
        assert!(opened(&client, &request).await.is_some());
        let large = HttpRequest { body: vec![b'x'; 100_000].into(), has_body: true, ..client.request("POST", server.url("/")) };
        assert!(opened(&client, &large).await.is_none(), "the body is sent in pieces");
        let secure = client.request("GET", Target::parse("https://127.0.0.1:1/").unwrap());
        assert!(opened(&client, &secure).await.is_none(), "the server may choose HTTP/2");
        let proxies = Proxies::All(format!("http://127.0.0.1:{}", server.url("/").origin.port));
        let behind = Client::with(TransportConfig { proxies, ..TransportConfig::default() }, &ApiConfig::default());
        assert!(opened(&behind, &behind.request("GET", server.url("/"))).await.is_none(), "a proxy gets the whole URL");
        client.get(server.url("/")).await.unwrap();
        assert!(opened(&client, &request).await.is_none(), "the user has a connection, which may be usable");
    });
}

#[test]
fn new_connection_waits_for_confirmation_only_if_it_has_one_segment_to_send() {
    run(async {
        let server = Server::start(|_, _, _| say(ok("hi"))).await;
        for (length, at_once) in [(10, false), (2000, true)] {
            let client = Client::new();
            let request = HttpRequest { body: vec![b'x'; length].into(), has_body: true, ..client.request("POST", server.url("/")) };
            assert_eq!(is_sent_at_once(&opened(&client, &request).await.unwrap()), at_once, "{length}");
            let response = client.session.send(laid(&request)).await.unwrap();
            assert_eq!((response.traffic.opened, response.traffic.reused), (1, 0), "{length}");
            assert!(response.traffic.phases.connect.is_some() && response.traffic.phases.tls.is_none());
            let (kept, _) = client.session.quick(&laid(&request), clock::now()).unwrap();
            assert!(is_sent_at_once(&kept), "the next request may follow bytes that are not confirmed yet");
        }
    });
}

#[test]
fn connection_that_a_response_closes_is_not_used_again() {
    run(async {
        let close = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Close\r\n\r\nhi";
        let server = Server::start(move |_, number, _| if number == 0 { say(ok("hi")) } else { say(close) }).await;
        let client = Client::new();
        let traffic = async || client.get(server.url("/")).await.unwrap().traffic;
        let counts: Vec<(u32, u32)> =
            [traffic().await, traffic().await, traffic().await, traffic().await].map(|traffic| (traffic.opened, traffic.reused)).into();
        assert_eq!(counts, [(1, 0), (0, 1), (1, 0), (0, 1)]);
        assert_eq!(server.connections(), 2);
    });
}

#[test]
fn request_that_is_lost_on_a_new_connection_is_not_sent_again() {
    run(async {
        let server = Server::start(|_, _, _| last("")).await;
        let client = Client::new();
        let failure = client.session.send(laid(&client.request("GET", server.url("/")))).await.unwrap_err();
        let why = "the server closed the connection before it answered; it isn't sent again because the connection was new";
        assert_eq!(failure.message, why);
        assert_eq!((failure.traffic.opened, failure.traffic.reused, failure.traffic.resends), (1, 0, 0));
        assert_eq!((server.requests().len(), server.connections()), (1, 1));
    });
}

#[test]
fn connection_that_is_given_up_while_it_is_opened_counts_if_the_server_accepted_it() {
    run(async {
        // The system accepts connections for a listener, whether it asks for them or not.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client::new();
        let url = Target::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let mut sending = Sending::new(&client.session, laid(&client.request("GET", url)), true);
        let polled = sending.poll(&client.session, &mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending() && sending.traffic() == Traffic::default(), "{:?}", sending.traffic());
        listener.accept().await.unwrap();
        assert_eq!(sending.abandon(), Traffic { opened: 1, ..Traffic::default() });
    });
}
