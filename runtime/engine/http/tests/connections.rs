//! Tests connections that are kept, closed by the server, shared, refused or slow, and the bytes on them.

use super::*;
use crate::stats::FailureClass;

#[test]
fn open_connection_is_reused() {
    run(async {
        let server = Server::start(|_, number, _| say(ok(&number.to_string()))).await;
        let client = Client::new();
        let first = client.get(server.url("/")).await.unwrap();
        assert!(
            !first.reused()
                && first.traffic.phases.connect.is_some()
                && first.traffic.phases.dns.is_none()
                && first.traffic.phases.tls.is_none()
        );
        assert!(first.timings.first_byte <= first.timings.total);
        for number in 1..4 {
            let next = client.get(server.url("/")).await.unwrap();
            assert_eq!((next.reused(), next.traffic.phases.connect, text(&next)), (true, None, number.to_string().as_str()));
        }
        assert_eq!(server.connections(), 1);
        // Another user has its own connections.
        let other = Session::new(client.transport.clone(), 0);
        assert!(!other.send(laid(&client.request("GET", server.url("/")))).await.unwrap().reused());
        assert_eq!(server.connections(), 2);
    });
}

#[test]
fn parallel_requests_have_separate_connections() {
    run(async {
        let server = Server::start(|_, _, _| say(ok("hi"))).await;
        let client = Client::new();
        let both = tokio::join!(client.get(server.url("/a")), client.get(server.url("/b")));
        assert!(both.0.is_ok() && both.1.is_ok());
        assert_eq!(server.connections(), 2);
        let again = tokio::join!(client.get(server.url("/a")), client.get(server.url("/b")));
        assert!(again.0.unwrap().reused() && again.1.unwrap().reused());
    });
}

#[test]
fn request_on_a_stale_connection_is_sent_again() {
    run(async {
        // The first connection closes at its second request, without an answer.
        let server = Server::start(|connection, number, _| if connection == 0 && number == 1 { last("") } else { say(ok("hi")) }).await;
        let client = Client::new();
        client.get(server.url("/")).await.unwrap();
        let next = client.get(server.url("/")).await.unwrap();
        assert_eq!((next.reused(), server.connections()), (false, 2));
        // The client notices that a connection was closed while it was idle.
        let closing = Server::start(|_, _, _| last(ok("hi"))).await;
        client.get(closing.url("/")).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!client.get(closing.url("/")).await.unwrap().reused());
        // A request isn't sent again after its answer has begun.
        let broken = Server::start(|_, number, _| if number == 1 { last("HTTP/1.1 200") } else { say(ok("hi")) }).await;
        client.get(broken.url("/")).await.unwrap();
        assert_eq!(client.get(broken.url("/")).await.unwrap_err().class, FailureClass::Reset);
        assert_eq!(broken.requests().len(), 2);
        // No request is sent a third time.
        let dead = Server::start(|connection, number, _| if connection + number > 0 { last("") } else { say(ok("hi")) }).await;
        client.get(dead.url("/")).await.unwrap();
        let failure = client.get(dead.url("/")).await.unwrap_err();
        assert_eq!(
            failure.message,
            "the server closed the connection before it answered; it isn't sent again because the connection was new"
        );
        assert_eq!(dead.requests().len(), 3);
    });
}

#[test]
fn connections_that_cannot_be_trusted_are_dropped() {
    run(async {
        let client = Client::new();
        let answers = [
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and more",
            "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        ];
        for answer in answers {
            let server = Server::start(move |_, _, _| say(answer)).await;
            for _ in 0..2 {
                let response = client.get(server.url("/")).await.unwrap();
                assert_eq!((text(&response), response.reused()), ("hi", false), "{answer}");
            }
        }
        let server = Server::start(|_, _, _| say("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi")).await;
        client.get(server.url("/")).await.unwrap();
        assert!(client.get(server.url("/")).await.unwrap().reused());
        let server = Server::start(|_, _, _| say(ok("hi"))).await;
        let request = HttpRequest { headers: b"Connection: close\r\n"[..].into(), ..client.request("GET", server.url("/")) };
        client.session.send(laid(&request)).await.unwrap();
        assert!(!client.session.send(laid(&request)).await.unwrap().reused());
    });
}

#[test]
fn requests_have_the_expected_bytes() {
    run(async {
        let server = Server::start(|_, _, _| say(ok(""))).await;
        let (client, at) = (Client::new(), server.address);
        let defaults = format!("User-Agent: ltc/{}\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate, br\r\n", env!("CARGO_PKG_VERSION"));
        client.get(server.url("/a?b=c")).await.unwrap();
        let post = client.request("POST", server.url("/"));
        client.session.send(laid(&post)).await.unwrap();
        let with_body = HttpRequest { body: "hello".into(), has_body: true, auth: b"Authorization: Bearer x\r\n"[..].into(), ..post };
        let sent = client.session.send(laid(&with_body)).await.unwrap().traffic.sent;
        let headers = "host: other\r\nuser-agent: me\r\nACCEPT: a/b\r\naccept-encoding: identity\r\nContent-Length: 77\r\nCookie: a=1\r\n";
        let own = HttpRequest { headers: headers.as_bytes().into(), ..client.request("DELETE", server.url("/x")) };
        client.session.send(laid(&own)).await.unwrap();
        let expected = [
            format!("GET /a?b=c HTTP/1.1\r\nHost: {at}\r\n{defaults}\r\n"),
            format!("POST / HTTP/1.1\r\nHost: {at}\r\n{defaults}Content-Length: 0\r\n\r\n"),
            format!("POST / HTTP/1.1\r\nHost: {at}\r\nAuthorization: Bearer x\r\n{defaults}Content-Length: 5\r\n\r\nhello"),
            "DELETE /x HTTP/1.1\r\nhost: other\r\nuser-agent: me\r\nACCEPT: a/b\r\naccept-encoding: identity\r\nCookie: a=1\r\n\r\n"
                .to_owned(),
        ];
        assert_eq!(server.requests(), expected);
        assert_eq!(sent as usize, expected[2].len());
    });
}

#[test]
fn large_bodies_do_not_block() {
    run(async {
        // The server sends a long answer before it reads. A client that only writes, or only reads, would wait forever.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let size = 16 * 1024 * 1024;
        tokio::task::spawn_local(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n").as_bytes()).await.unwrap();
            stream.write_all(&vec![b'x'; size]).await.unwrap();
            let mut all = Vec::new();
            while all.len() < size {
                stream.read_buf(&mut all).await.unwrap();
            }
            tokio::time::sleep(Duration::from_secs(5)).await;
        });
        let client = Client::new();
        let url = Target::parse(&format!("http://{address}/")).unwrap();
        let request = HttpRequest { body: vec![b'y'; size].into(), has_body: true, ..client.request("PUT", url) };
        assert_eq!(client.session.send(laid(&request)).await.unwrap().body().len(), size);
    });
}

#[test]
fn refusal_before_the_whole_body_is_read_counts() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::task::spawn_local(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut some = [0; 1024];
            let _ = stream.read(&mut some).await.unwrap();
            stream.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        });
        let client = Client::new();
        let url = Target::parse(&format!("http://{address}/")).unwrap();
        let request = HttpRequest { body: vec![b'y'; 32 * 1024 * 1024].into(), has_body: true, ..client.request("POST", url) };
        assert_eq!(client.session.send(laid(&request)).await.unwrap().status, 413);
    });
}

#[test]
fn error_explains_why_no_answer_came() {
    run(async {
        let client = Client::new();
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let failure = client.get(Target::parse(&format!("http://127.0.0.1:{port}/")).unwrap()).await.unwrap_err();
        assert_eq!((failure.class, failure.message), (FailureClass::Connect, format!("connection refused by 127.0.0.1:{port}")));

        let failure = client.get(Target::parse("http://no-such-host.invalid/").unwrap()).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Dns);
        let again = client.get(Target::parse("http://no-such-host.invalid/").unwrap()).await.unwrap_err();
        assert_eq!(again, failure);
        assert!(failure.message.starts_with("the host no-such-host.invalid has no address"), "{}", failure.message);

        let server = Server::start(|_, _, _| Act::Silence).await;
        let request = HttpRequest { timeout: Duration::from_millis(80), ..client.request("GET", server.url("/")) };
        let failure = client.session.send(laid(&request)).await.unwrap_err();
        assert_eq!((failure.class, failure.message.as_str()), (FailureClass::Timeout, "no response within 80ms"));
    });
}

#[test]
fn names_are_looked_up_once() {
    run(async {
        let server = Server::start(|_, _, _| last(ok("hi"))).await;
        let client = Client::new();
        // If `localhost` is ::1 first, the next address is tried.
        let url = Target::parse(&format!("http://localhost:{}/", server.address.port())).unwrap();
        assert!(client.get(url.clone()).await.unwrap().traffic.phases.dns.is_some());
        tokio::time::sleep(Duration::from_millis(10)).await;
        let again = client.get(url).await.unwrap().traffic.phases;
        assert!(again.dns.is_none() && again.connect.is_some());
    });
}

#[test]
fn buffers_are_returned() {
    run(async {
        let server = Server::start(|_, _, _| say(ok(&"x".repeat(100_000)))).await;
        let client = Client::new();
        for _ in 0..3 {
            assert_eq!(client.get(server.url("/")).await.unwrap().body().len(), 100_000);
        }
        let buffer = client.transport.borrow_buffer();
        assert!(buffer.is_empty() && buffer.capacity() <= 64 * 1024);
    });
}
