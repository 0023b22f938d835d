//! Tests malformed answers: they satisfy the `invariants` of all answers, and the client survives them.

use super::*;
use crate::functions::Rng;
use crate::http::invariants::{Invariants, Seen};
use crate::http::wire::parse::parse;

const SEEDS: [&str; 8] = [
    "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: application/json\r\nContent-Length: 8\r\nConnection: keep-alive\r\n\r\n{\"id\":7}",
    "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nold",
    "HTTP/1.1 302 Found\r\nLocation: /x\r\nSet-Cookie: a=1; Path=/\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: 2\n\nhi",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 200 OK\r\nFolded: a\r\n b\r\nOdd: \u{e9}\r\nContent-Length: 999999999\r\n\r\n",
];
const PIECES: [&[u8]; 14] = [
    b"\r\n",
    b"\n",
    b"\r",
    b":",
    b" ",
    b"\t",
    b"\0",
    b"\xff",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: gzip\r\n",
    b"Connection: close\r\n",
    b"HTTP/1.1 ",
    b"99999999999999999999",
    b"-",
];

/// A seed with some bytes changed, removed, doubled or inserted.
fn odd(rng: &Rng) -> Vec<u8> {
    let mut bytes = SEEDS[rng.place(SEEDS.len())].as_bytes().to_vec();
    for _ in 0..rng.below(5) {
        let at = rng.place(bytes.len() + 1);
        match rng.below(5) {
            0 if at < bytes.len() => bytes[at] = u8::try_from(rng.below(256)).unwrap(),
            1 => bytes.truncate(at),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            3 => drop(bytes.splice(at..at, PIECES[rng.place(PIECES.len())].iter().copied())),
            _ => bytes.extend_from_within(at.min(bytes.len())..),
        }
    }
    bytes
}

#[test]
fn malformed_answers_are_read_alike_in_any_pieces() {
    let rng = Rng::new(7, 1);
    let mut invariants = Invariants::default();
    let (mut whole, mut simple) = (0, 0);
    for _ in 0..20_000 {
        match invariants.check(&odd(&rng)) {
            Seen::Nothing => {}
            Seen::Head => whole += 1,
            Seen::SimpleHead => simple += 1,
        }
    }
    assert!(whole + simple > 5000 && simple > 1000, "{whole} {simple}");
}

#[test]
fn status_line_after_blank_lines_is_no_field() {
    let bytes = b"\r\n\nHTTP/1.1 200 so: it goes\r\nX: 1\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(Invariants::default().check(bytes), Seen::SimpleHead);
    let head = parse(bytes).unwrap().unwrap();
    assert!(bytes[head.fields].starts_with(b"X: 1\r\n"));
}

#[test]
fn malformed_answers_end_in_a_response_or_a_failure() {
    run(async {
        let rng = Rc::new(Rng::new(8, 1));
        let server = Server::start(move |_, number, _| if number == 0 { say(ok("first")) } else { last(odd(&rng)) }).await;
        let (mut responses, mut failures) = (0, 0);
        for _ in 0..300 {
            let client = Client::new();
            client.get(server.url("/")).await.unwrap();
            // The second request gets a malformed answer, and ends in a response or a failure.
            match client.get(server.url("/")).await {
                Ok(response) => {
                    assert!((200..1000).contains(&response.status), "{response:?}");
                    responses += 1;
                }
                Err(failure) => {
                    assert!(!failure.message.is_empty(), "{failure:?}");
                    failures += 1;
                }
            }
        }
        assert!(responses > 30 && failures > 30, "the responses are odd in one way only: {responses} responses, {failures} failures");
    });
}
