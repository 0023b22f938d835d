//! Tests names with several addresses: users are spread over them, and unreachable ones fail no request.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;

use super::*;
use crate::http::net::names::Resolve;
use crate::stats::FailureClass;

/// A resolver that knows one name.
#[derive(Debug)]
struct Fixed(Vec<IpAddr>, Rc<RefCell<usize>>);

impl Resolve for Fixed {
    fn look_up<'r>(&'r self, host: &'r str) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + 'r>> {
        *self.1.borrow_mut() += 1;
        Box::pin(async move { if host == "shop.test" { Ok(self.0.clone()) } else { Err(io::ErrorKind::NotFound.into()) } })
    }
}

fn transport(addresses: &[&str]) -> (Rc<Transport>, Rc<RefCell<usize>>) {
    let asked = Rc::default();
    let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
    let config = TransportConfig { proxies: Proxies::None, ..TransportConfig::default() };
    (Transport::with_resolver(config, Box::new(Fixed(addresses, Rc::clone(&asked)))).unwrap(), asked)
}

/// Servers on one port at several addresses, and the number of connections of each.
struct Several {
    port: u16,
    accepted: Vec<Rc<RefCell<usize>>>,
}

impl Several {
    async fn start(addresses: &[&str]) -> Self {
        let first = TcpListener::bind((addresses[0], 0)).await.unwrap();
        let port = first.local_addr().unwrap().port();
        let mut listeners = vec![first];
        for address in &addresses[1..] {
            listeners.push(TcpListener::bind((*address, port)).await.unwrap());
        }
        let accepted = listeners.into_iter().map(|listener| {
            let accepted: Rc<RefCell<usize>> = Rc::default();
            let counted = accepted.clone();
            tokio::task::spawn_local(async move {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    *counted.borrow_mut() += 1;
                    tokio::task::spawn_local(async move { serve(stream, 0, &RefCell::default(), &|_, _, _| say(ok("hi"))).await });
                }
            });
            accepted
        });
        Self { port, accepted: accepted.collect() }
    }

    fn accepted(&self) -> Vec<usize> {
        self.accepted.iter().map(|accepted| *accepted.borrow()).collect()
    }
}

/// Sends one request for each user.
async fn visit(transport: &Rc<Transport>, port: u16, users: std::ops::Range<u64>) -> Vec<Result<HttpResponse, HttpError>> {
    let api = transport.api(&ApiConfig::default()).unwrap();
    let client = Client { session: Session::new(transport.clone(), 0), transport: transport.clone(), api };
    let mut answers = Vec::new();
    for user in users {
        let request = client.request("GET", Target::parse(&format!("http://shop.test:{port}/")).unwrap());
        let session = Session::new(transport.clone(), user);
        answers.push(session.send(laid(&request)).await);
    }
    answers
}

#[cfg(target_os = "linux")]
#[test]
fn users_are_spread_evenly_over_a_names_addresses() {
    run(async {
        let all = ["127.0.0.2", "127.0.0.3", "127.0.0.4"];
        let servers = Several::start(&all).await;
        let (transport, asked) = transport(&all);
        assert!(visit(&transport, servers.port, 0..30).await.iter().all(Result::is_ok));
        assert_eq!((servers.accepted(), *asked.borrow()), (vec![10, 10, 10], 1));
    });
}

#[cfg(target_os = "linux")]
#[test]
fn dead_address_fails_no_request_and_is_not_tried_first_again() {
    run(async {
        let servers = Several::start(&["127.0.0.2", "127.0.0.4"]).await;
        let (transport, _) = transport(&["127.0.0.2", "127.0.0.3", "127.0.0.4"]);
        assert!(visit(&transport, servers.port, 0..3).await.iter().all(Result::is_ok));
        let before = servers.accepted();
        assert!(visit(&transport, servers.port, 3..23).await.iter().all(Result::is_ok));
        let after: Vec<usize> = servers.accepted().iter().zip(before).map(|(after, before)| after - before).collect();
        assert_eq!(after, [10, 10], "its users are spread over the others");
    });
}

#[test]
fn error_lists_the_tried_addresses() {
    run(async {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let (transport, _) = transport(&["127.0.0.1", "::1"]);
        let failure = visit(&transport, port, 0..1).await.remove(0).unwrap_err();
        assert_eq!(failure.class, FailureClass::Connect);
        let tried = failure.message.contains("127.0.0.1") && failure.message.contains("::1");
        assert!(tried && failure.message.contains(&format!("shop.test:{port}")), "{}", failure.message);
        let api = transport.api(&ApiConfig::default()).unwrap();
        let client = Client { session: Session::new(transport.clone(), 0), transport, api };
        let failure = client.get(Target::parse("http://other.test/").unwrap()).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Dns);
    });
}
