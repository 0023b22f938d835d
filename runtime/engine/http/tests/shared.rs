//! Tests connections over HTTP/2 that users share: the server's limit of requests at once, its GOAWAY, and connections that are lost.

use std::future::poll_fn;

use ltc_config::Http2;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;

use super::encrypted::{Authority, acceptor, serve_text};
use super::*;

/// A server over HTTP/2 that answers a request of `/hold` only with a permit.
struct Gateway {
    port: u16,
    /// For each connection, the paths of its requests.
    seen: Rc<RefCell<Vec<Vec<String>>>>,
    permits: Rc<Semaphore>,
    /// Ends all connections: at once, or gracefully with GOAWAY.
    cut: Rc<Notify>,
    leave: Rc<Notify>,
}

impl Gateway {
    async fn start(authority: &Authority, limit: u32) -> Self {
        let acceptor = acceptor(authority, "localhost", true, false);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let permits = Rc::new(Semaphore::new(0));
        let gateway = Self { port, permits, seen: Rc::default(), cut: Rc::default(), leave: Rc::default() };
        let (seen, permits, cut, leave) = (gateway.seen.clone(), gateway.permits.clone(), gateway.cut.clone(), gateway.leave.clone());
        tokio::task::spawn_local(async move {
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                let number = seen.borrow().len();
                seen.borrow_mut().push(Vec::new());
                let (acceptor, seen, permits, cut, leave) = (acceptor.clone(), seen.clone(), permits.clone(), cut.clone(), leave.clone());
                tokio::task::spawn_local(async move {
                    let tls = acceptor.accept(tcp).await.unwrap();
                    let mut server = ::h2::server::Builder::new();
                    let mut connection = server.max_concurrent_streams(limit).handshake::<_, Bytes>(tls).await.unwrap();
                    loop {
                        tokio::select! {
                            accepted = poll_fn(|cx| connection.poll_accept(cx)) => {
                                let Some(Ok((request, mut respond))) = accepted else { return };
                                let path = request.uri().path().to_owned();
                                seen.borrow_mut()[number].push(path.clone());
                                let permits = permits.clone();
                                tokio::task::spawn_local(async move {
                                    if path == "/hold" {
                                        permits.acquire().await.unwrap().forget();
                                    }
                                    // The user may be gone.
                                    let _ = respond.send_response(http::Response::new(()), true);
                                });
                            }
                            () = cut.notified() => return,
                            () = leave.notified() => connection.graceful_shutdown(),
                        }
                    }
                });
            }
        });
        gateway
    }

    fn url(&self, path: &str) -> Target {
        Target::parse(&format!("https://localhost:{}{path}", self.port)).unwrap()
    }

    /// The number of requests of each connection.
    fn counts(&self) -> Vec<usize> {
        self.seen.borrow().iter().map(Vec::len).collect()
    }

    async fn has_seen(&self, requests: usize) {
        while self.counts().iter().sum::<usize>() < requests {
            tokio::task::yield_now().await;
        }
    }
}

/// Users of one thread that share the connections of an api.
struct Users(Client);

impl Users {
    fn new(authority: &Authority, http2: Http2) -> Self {
        Self(Client::with(
            TransportConfig { proxies: Proxies::None, ..TransportConfig::default() },
            &ApiConfig { http2, ..authority.api() },
        ))
    }

    /// Sends a request of another user.
    fn send(&self, method: &str, url: Target) -> JoinHandle<Result<HttpResponse, HttpError>> {
        let session = Session::new(self.0.transport.clone(), 7);
        let request = laid(&self.0.request(method, url));
        tokio::task::spawn_local(async move { session.send(request).await })
    }
}

/// The sums of opened and reused connections, and of resends.
async fn sums(requests: Vec<JoinHandle<Result<HttpResponse, HttpError>>>) -> (u32, u32, u32) {
    let mut sums = (0, 0, 0);
    for request in requests {
        let traffic = request.await.unwrap().unwrap().traffic;
        sums = (sums.0 + traffic.opened, sums.1 + traffic.reused, sums.2 + traffic.resends);
    }
    sums
}

#[test]
fn users_of_a_thread_share_one_connection() {
    run(async {
        let authority = Authority::new();
        let gateway = Gateway::start(&authority, 100).await;
        let users = Users::new(&authority, Http2::Shared);
        let requests: Vec<_> = (0..50).map(|_| users.send("GET", gateway.url("/hold"))).collect();
        gateway.has_seen(50).await;
        gateway.permits.add_permits(100);
        assert_eq!(sums(requests).await, (1, 49, 0));
        assert_eq!(gateway.counts(), [50]);
        let own = Users::new(&authority, Http2::On);
        assert_eq!(sums((0..3).map(|_| own.send("GET", gateway.url("/"))).collect()).await, (3, 0, 0));
    });
}

#[test]
fn another_connection_is_opened_when_the_server_takes_no_more_requests_on_the_first() {
    run(async {
        let authority = Authority::new();
        let gateway = Gateway::start(&authority, 4).await;
        let users = Users::new(&authority, Http2::Shared);
        let requests: Vec<_> = (0..10).map(|_| users.send("POST", gateway.url("/hold"))).collect();
        gateway.has_seen(10).await;
        assert_eq!(gateway.counts(), [4, 4, 2]);
        gateway.permits.add_permits(100);
        assert_eq!(sums(requests).await, (3, 7, 0), "no request was refused");
        // Later requests use no more connections than they need.
        assert_eq!(sums(vec![users.send("GET", gateway.url("/"))]).await, (0, 1, 0));
        assert_eq!(gateway.counts(), [5, 4, 2]);
    });
}

#[test]
fn requests_of_one_user_wait_for_each_other_if_the_server_takes_only_some_at_once() {
    run(async {
        let authority = Authority::new();
        let gateway = Gateway::start(&authority, 2).await;
        let client = Users::new(&authority, Http2::On).0;
        let get = || client.get(gateway.url("/"));
        get().await.unwrap();
        let (a, b, c, d, e) = tokio::join!(get(), get(), get(), get(), get());
        let resends: u32 = [a, b, c, d, e].into_iter().map(|response| response.unwrap().traffic.resends).sum();
        assert_eq!((resends, gateway.counts()), (0, vec![6]));
    });
}

#[test]
fn connection_that_the_server_leaves_ends_its_requests_and_takes_no_more() {
    run(async {
        let authority = Authority::new();
        let gateway = Gateway::start(&authority, 100).await;
        let users = Users::new(&authority, Http2::Shared);
        let held = users.send("POST", gateway.url("/hold"));
        gateway.has_seen(1).await;
        gateway.leave.notify_waiters();
        while gateway.counts().len() < 2 {
            users.send("POST", gateway.url("/")).await.unwrap().unwrap();
        }
        gateway.permits.add_permits(100);
        assert_eq!(sums(vec![held]).await, (1, 0, 0), "it ends on the connection that it began on");
    });
}

#[test]
fn requests_of_all_users_are_sent_again_when_their_connection_is_lost() {
    run(async {
        let authority = Authority::new();
        let gateway = Gateway::start(&authority, 100).await;
        let users = Users::new(&authority, Http2::Shared);
        users.send("GET", gateway.url("/")).await.unwrap().unwrap();
        let gets: Vec<_> = (0..5).map(|_| users.send("GET", gateway.url("/hold"))).collect();
        let post = users.send("POST", gateway.url("/hold"));
        gateway.has_seen(7).await;
        gateway.cut.notify_waiters();
        gateway.has_seen(12).await;
        gateway.permits.add_permits(100);
        assert_eq!(sums(gets).await, (1, 9, 5), "one of them opened the connection for all");
        let failure = post.await.unwrap().unwrap_err();
        assert!(failure.message.ends_with("; a POST isn't sent again because the server may have processed it"), "{failure:?}");
        assert_eq!(gateway.counts(), [7, 5]);
    });
}

#[test]
fn user_that_gives_up_leaves_the_connection_to_the_others() {
    run(async {
        let authority = Authority::new();
        let gateway = Gateway::start(&authority, 2).await;
        let users = Users::new(&authority, Http2::Shared);
        let held = users.send("GET", gateway.url("/hold"));
        gateway.has_seen(1).await;
        for _ in 0..5 {
            let number = gateway.counts().iter().sum::<usize>();
            let gone = users.send("GET", gateway.url("/hold"));
            gateway.has_seen(number + 1).await;
            gone.abort();
            assert!(gone.await.is_err());
        }
        users.send("GET", gateway.url("/")).await.unwrap().unwrap();
        gateway.permits.add_permits(100);
        held.await.unwrap().unwrap();
        assert_eq!(gateway.counts(), [7]);
    });
}

#[test]
fn users_of_a_server_without_http2_have_connections_of_their_own() {
    run(async {
        let authority = Authority::new();
        let acceptor = acceptor(&authority, "localhost", false, false);
        let port = serve_text(acceptor, "one").await;
        let users = Users::new(&authority, Http2::Shared);
        let url = Target::parse(&format!("https://localhost:{port}/")).unwrap();
        assert_eq!(sums((0..3).map(|_| users.send("GET", url.clone())).collect()).await, (3, 0, 0));
    });
}
