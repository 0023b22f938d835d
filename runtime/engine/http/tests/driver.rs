//! Tests who reads a connection over HTTP/2: the task of the request in progress, and the connection's own task between requests.

use std::cell::Cell;
use std::future::poll_fn;

use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;

use super::encrypted::{Authority, acceptor};
use super::*;

/// A server over HTTP/2. It answers `/hold` with a permit, and never if the client resets that request first.
#[derive(Clone, Default)]
struct Server {
    port: u16,
    /// Sends a PING.
    ping: Rc<Notify>,
    permits: Rc<Counter>,
    pongs: Rc<Cell<usize>>,
    requests: Rc<Cell<usize>>,
    resets: Rc<Cell<usize>>,
    /// The connections that have ended.
    ended: Rc<Cell<usize>>,
}

struct Counter(Semaphore);

impl Default for Counter {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

fn count(cell: &Cell<usize>) {
    cell.set(cell.get() + 1);
}

impl Server {
    async fn start(authority: &Authority) -> Self {
        let acceptor = acceptor(authority, "localhost", true, false);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self { port: listener.local_addr().unwrap().port(), ..Self::default() };
        let this = server.clone();
        tokio::task::spawn_local(async move {
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                let tls = acceptor.accept(tcp).await.unwrap();
                tokio::task::spawn_local(this.clone().serve(::h2::server::handshake(tls).await.unwrap()));
            }
        });
        server
    }

    async fn serve(self, mut connection: ::h2::server::Connection<tokio_rustls::server::TlsStream<tokio::net::TcpStream>, Bytes>) {
        let mut pings = connection.ping_pong().unwrap();
        let (ping, pongs) = (self.ping.clone(), self.pongs.clone());
        let pinging = tokio::task::spawn_local(async move {
            loop {
                ping.notified().await;
                pings.ping(::h2::Ping::opaque()).await.unwrap();
                count(&pongs);
            }
        });
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            count(&self.requests);
            let (permits, resets) = (self.permits.clone(), self.resets.clone());
            tokio::task::spawn_local(async move {
                if request.uri().path() == "/hold" {
                    tokio::select! {
                        permit = permits.0.acquire() => permit.unwrap().forget(),
                        _ = poll_fn(|cx| respond.poll_reset(cx)) => return count(&resets),
                    }
                }
                respond.send_response(http::Response::new(()), true).unwrap();
            });
        }
        pinging.abort();
        count(&self.ended);
    }

    fn url(&self, path: &str) -> Target {
        Target::parse(&format!("https://localhost:{}{path}", self.port)).unwrap()
    }

    /// Sends a PING, and waits for the client's answer.
    async fn is_answered(&self) {
        let before = self.pongs.get();
        self.ping.notify_one();
        until(|| self.pongs.get() > before).await;
    }
}

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}

/// Sends a request in a task of its own.
fn spawn(client: &Client, url: Target) -> JoinHandle<Result<HttpResponse, HttpError>> {
    let (session, request) = (client.session.clone(), laid(&client.request("GET", url)));
    tokio::task::spawn_local(async move { session.send(request).await })
}

#[test]
fn messages_of_the_server_are_read_during_requests_and_between_them() {
    run(async {
        let authority = Authority::new();
        let server = Server::start(&authority).await;
        let client = encrypted::client(&authority.api());
        client.get(server.url("/")).await.unwrap();
        server.is_answered().await;
        let held = spawn(&client, server.url("/hold"));
        until(|| server.requests.get() == 2).await;
        server.is_answered().await;
        held.abort();
        until(|| server.resets.get() == 1).await;
        server.is_answered().await;
        assert!(client.get(server.url("/")).await.unwrap().reused());
        server.is_answered().await;
        drop((client, held.await));
        until(|| server.ended.get() == 1).await;
    });
}

#[test]
fn requests_of_several_tasks_on_a_connection_do_not_depend_on_each_other() {
    run(async {
        let authority = Authority::new();
        let server = Server::start(&authority).await;
        let client = encrypted::client(&authority.api());
        client.get(server.url("/")).await.unwrap();
        let mut held: Vec<_> = (0..5).map(|_| spawn(&client, server.url("/hold"))).collect();
        until(|| server.requests.get() == 6).await;
        // The task of the last request has read the connection so far.
        held.pop().unwrap().abort();
        until(|| server.resets.get() == 1).await;
        server.permits.0.add_permits(4);
        for held in held {
            assert!(held.await.unwrap().unwrap().reused());
        }
        server.is_answered().await;
        let (first, second) = (spawn(&client, server.url("/hold")), spawn(&client, server.url("/")));
        assert!(second.await.unwrap().unwrap().reused());
        server.permits.0.add_permits(1);
        assert!(first.await.unwrap().unwrap().reused());
    });
}
