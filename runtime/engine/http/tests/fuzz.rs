//! Heads that nobody would write: parsing them neither panics nor depends on how much has come, and what is known of a head is what
//! parsing it gives.

use super::*;
use crate::functions::Rng;
use crate::http::parse::{Head, Known, parse};

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

/// A seed with some of its bytes changed, left out, doubled, or others put between.
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

fn seen(head: &Head) -> (u16, usize, Option<usize>, bool, bool) {
    (head.status, head.length, head.plain_length, head.concerns_client, head.rebuilt.is_some())
}

#[test]
fn odd_heads_are_read_alike_however_they_come() {
    let rng = Rng::new(7, 1);
    let mut known = Known::default();
    let (mut whole, mut simple) = (0, 0);
    for _ in 0..20_000 {
        let bytes = odd(&rng);
        let first = (0..=bytes.len()).find_map(|end| parse(&bytes[..end]).transpose().map(|head| (end, head)));
        let Some((end, Ok(head))) = first else { continue };
        whole += 1;
        assert!(head.length == end && head.fields.end == end && head.fields.start <= end, "{bytes:?}");
        // What comes behind a head changes nothing of it.
        let again = parse(&bytes).unwrap().unwrap();
        assert_eq!(seen(&head), seen(&again), "{bytes:?}");
        if let Some(learnt) = known.learn(&bytes, &again) {
            simple += 1;
            assert_eq!(known.find(&bytes), Some(learnt));
            assert_eq!((Some(learnt.body), learnt.length, learnt.status), (head.plain_length, head.length, head.status));
        }
        if let Some(found) = known.find(&bytes) {
            assert_eq!((found.status, found.length, Some(found.body)), (head.status, head.length, head.plain_length), "{bytes:?}");
        }
    }
    assert!(whole > 5000 && simple > 1000, "{whole} {simple}");
}

#[test]
fn odd_answers_end_in_a_response_or_a_failure() {
    run(async {
        let rng = Rc::new(Rng::new(8, 1));
        let server = Server::start(move |_, number, _| if number == 0 { say(ok("first")) } else { last(odd(&rng)) }).await;
        for _ in 0..300 {
            let client = Client::new();
            client.get(server.url("/")).await.unwrap();
            // The second is answered oddly: what matters is that it ends.
            let _ = client.get(server.url("/")).await;
        }
    });
}
