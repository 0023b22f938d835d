//! Tests that an iteration of a GET with all its checks allocates nothing.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;

use super::iteration::Iterations;
use crate::base::flow::Flow;
use crate::counting::allocations;
use crate::fixture;
use crate::generated::*;
use crate::user::User;

const WANTED: Matcher = Matcher::Object {
    members: &[(Key::Lit("id"), Matcher::Int(7)), (Key::Lit("price"), Matcher::Cmp(Op::Gt, Bound::Int(0)))],
    exact: false,
};
const HEADERS: &[Header] = &[Header { names: &["Content-Type"], matcher: Matcher::Regex { index: 0, negated: false } }];

async fn iteration(u: &User) -> Flow {
    let mut step = u.step(0);
    let request = u.constant(0, 0, || {
        let mut r = u.request(0, "GET");
        r.path("/items/7");
        r.header_text("X-Client", "ltc");
        Ok(r)
    });
    if step.send(request).await {
        step.status(expected(at(1, 1), "200"), &[Status::Code(200)]);
        step.headers(expected(at(1, 1), "headers"), HEADERS, |_| Ok([]));
        step.json(expected(at(1, 1), "json"), &WANTED, |_| Ok([]));
        step.text(expected(at(1, 1), "text"), false, |_| Ok(Value::from("kettle")));
    }
    step.end()
}

async fn iterations(u: &User) -> Flow {
    loop {
        let outcome = iteration(u).await;
        u.end_iteration(outcome).await;
    }
}

static PROGRAM: Program = Program { users: &[UserClass { iterations: |u| Box::pin(iterations(u)), ..fixture::CLASS }], ..fixture::PROGRAM };

/// A server for one connection. Its bodies differ from answer to answer if `varied`.
fn serve(varied: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        let mut number = 0;
        while stream.read(&mut buffer).is_ok_and(|count| count > 0) {
            number += u64::from(varied);
            let body = format!("{{\"id\":7,\"price\":24.5,\"name\":\"kettle\",\"n\":\"{number:06}\"}}");
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request: {number:06}\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).unwrap();
        }
    });
    address
}

fn allocations_of_iterations(varied: bool, count: usize) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = fixture::world(&PROGRAM, &format!("http://{}/api", serve(varied)));
        let user = Rc::new(User::new(world.clone(), &PROGRAM, 1));
        let mut iterations = Iterations::of(&user, &PROGRAM.users[0]);
        // The first iterations connect, and let the buffer and the histograms grow to the machine's slowest moment.
        world
            .counts
            .recorder
            .borrow_mut()
            .record(&crate::stats::Sample { service: std::time::Duration::from_secs(60), ..Default::default() });
        for _ in 0..50 {
            iterations.next().await.unwrap();
        }
        let before = allocations();
        for _ in 0..count {
            iterations.next().await.unwrap();
        }
        let made = allocations() - before;
        let snapshot = world.counts.recorder.borrow_mut().snapshot(world.clock.elapsed(), 1, 1);
        let line = &snapshot.names[0];
        assert_eq!((line.requests, line.failures, line.opened), (count as u64 + 51, 1, 1), "{:?}", snapshot.failures);
        made
    })
}

/// The allocations that the underlying runtime may make when one of its own tables grows. They aren't caused by requests.
const RARE: u64 = 5;

#[test]
fn checked_get_allocates_nothing() {
    let made = allocations_of_iterations(false, 500);
    assert!(made <= RARE, "{made} allocations in 500 iterations");
}

#[test]
fn get_with_differing_answers_allocates_nothing() {
    let made = allocations_of_iterations(true, 500);
    assert!(made <= RARE, "{made} allocations in 500 iterations");
}
