//! Tests how much of a body is kept, and what is known of an answer with an incomplete body.

use std::io::Write as _;

use super::*;
use crate::http::message::partial::SHOWN;
use crate::stats::FailureClass;

const LARGE: usize = 300_000;

fn length(body: &[u8], lines: &str) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 200 OK\r\nX-Own: yes\r\n{lines}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let mut bytes = b"HTTP/1.1 200 OK\r\nX-Own: yes\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for piece in body.chunks(70_000) {
        bytes.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        bytes.extend_from_slice(piece);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn random_bytes(length: usize) -> Vec<u8> {
    let rng = crate::functions::Rng::new(3, 1);
    (0..length).map(|_| u8::try_from(rng.below(256)).unwrap()).collect()
}

/// The results of two requests with such an answer: the first on a new connection, the second on the same one if it is still open.
fn asked(act: Act, max_body: u64, reads_body: bool) -> [Result<HttpResponse, HttpError>; 2] {
    run(async move {
        let server = Server::start(move |_, _, _| act.clone()).await;
        let client = Client::new();
        let request = HttpRequest { max_body, timeout: Duration::from_millis(700), ..client.request("GET", server.url("/")) };
        let first = client.session.send_for(laid(&request), reads_body).await;
        [first, client.session.send_for(laid(&request), reads_body).await]
    })
}

#[test]
fn unread_body_of_any_size_is_dropped() {
    let body = random_bytes(LARGE);
    let close = [&b"HTTP/1.1 200 OK\r\nX-Own: yes\r\n\r\n"[..], &body].concat();
    for (act, reuses) in [(say(length(&body, "")), true), (say(chunked(&body)), true), (last(close), false)] {
        for (number, response) in asked(act, 1000, false).into_iter().enumerate() {
            let response = response.unwrap();
            assert_eq!((response.body(), response.omitted), (&body[..SHOWN], (LARGE - SHOWN) as u64));
            assert!(response.traffic.received > LARGE as u64);
            assert_eq!(response.reused(), reuses && number == 1, "the next answer is read on the same connection");
        }
    }
}

#[test]
fn body_that_is_read_has_a_limit() {
    let body = random_bytes(LARGE);
    let close = [&b"HTTP/1.1 200 OK\r\nX-Own: yes\r\n\r\n"[..], &body].concat();
    let text = "larger than 1000 bytes: raise `max_body` of the api, or read nothing of it in the step";
    for act in [say(length(&body, "")), say(chunked(&body)), last(close)] {
        for response in asked(act.clone(), LARGE as u64, true) {
            let response = response.unwrap();
            assert_eq!((response.body(), response.omitted), (&body[..], 0));
        }
        for failure in asked(act, 1000, true) {
            let failure = failure.unwrap_err();
            assert_eq!((failure.class, failure.message), (FailureClass::Protocol, format!("the body is {text}")));
            let partial = failure.partial.unwrap();
            assert_eq!((partial.status, partial.headers.get("x-own")), (200, Some("yes")));
        }
    }
    // The limit also applies to a body in one piece, and to one that exceeds it only after decoding.
    for failure in asked(say(length(&body[..1001], "")), 1000, true) {
        assert_eq!(failure.unwrap_err().message, format!("the body is {text}"));
    }
    let packed = length(&gzip(&[b'a'; 1001]), "Content-Encoding: gzip\r\n");
    for failure in asked(say(&packed), 1000, true) {
        let failure = failure.unwrap_err();
        assert_eq!((failure.message, failure.partial.unwrap().status), (format!("the decoded body is {text}"), 200));
    }
    assert!(asked(say(&packed), 1001, true).into_iter().all(|response| response.is_ok()));
    assert!(asked(say(length(&[], "")), 1, true).into_iter().all(|response| response.is_ok()));
}

#[test]
fn unread_encoded_body_is_decoded_only_to_be_shown() {
    let packed = length(&gzip(&[b'a'; LARGE]), "Content-Encoding: gzip\r\n");
    for response in asked(say(packed), 1000, false) {
        let response = response.unwrap();
        assert_eq!((response.body(), response.omitted), (&[b'a'; SHOWN][..], (LARGE - SHOWN) as u64));
    }
    // Only a complete encoded body can be decoded.
    let body = gzip(&random_bytes(LARGE));
    for response in asked(say(length(&body, "Content-Encoding: gzip\r\n")), 1000, false) {
        let response = response.unwrap();
        assert_eq!((response.body(), response.omitted), (&body[..SHOWN], (body.len() - SHOWN) as u64));
    }
}

#[test]
fn head_of_an_incomplete_answer_is_known() {
    let partial = |act: Act, reads: bool| {
        asked(act, 1 << 20, reads).map(|failure| {
            let failure = failure.unwrap_err();
            let head = failure.partial.map(|partial| (partial.status, partial.headers.get("x-own").map(str::to_owned), partial.body));
            (failure.class, failure.message, head)
        })
    };
    let head = |body| Some((200, Some("yes".to_owned()), body));
    let timeout = "the body wasn't complete within 700ms";
    for reads in [true, false] {
        let packed = length(b"no gzip", "Content-Encoding: gzip\r\n");
        for failure in partial(say(packed), reads) {
            let message = "the body says it is gzip, but can't be decoded: it is something else, or damaged";
            assert_eq!(failure, (FailureClass::Protocol, message.into(), head(7)));
        }
        let cut = &gzip(&random_bytes(500))[..300];
        for failure in partial(say(length(cut, "Content-Encoding: gzip\r\n")), reads) {
            let message = "the body says it is gzip, but can't be decoded: it ends too early";
            assert_eq!(failure, (FailureClass::Protocol, message.into(), head(300)));
        }
        let broken = |whole: Vec<u8>, left: usize| whole[..whole.len() - left].to_vec();
        for failure in partial(last(broken(length(&[b'a'; 1000], ""), 400)), reads) {
            let message = "the connection was closed after 600 of 1000 bytes of the body";
            assert_eq!(failure, (FailureClass::Reset, message.into(), head(600)));
        }
        for failure in partial(last(broken(length(&vec![b'a'; LARGE], ""), 400)), reads) {
            let message = format!("the connection was closed after {} of {LARGE} bytes of the body", LARGE - 400);
            assert_eq!(failure, (FailureClass::Reset, message, head(LARGE as u64 - 400)));
        }
        for failure in partial(last(broken(chunked(&[b'a'; 1000]), 407)), reads) {
            let message = "the connection was closed before the last chunk of the body";
            assert_eq!(failure, (FailureClass::Reset, message.into(), head(600)));
        }
        for failure in partial(say(broken(length(&[b'a'; 1000], ""), 400)), reads) {
            assert_eq!(failure, (FailureClass::Timeout, timeout.into(), head(600)));
        }
        for failure in partial(say(broken(chunked(&[b'a'; 1000]), 407)), reads) {
            assert_eq!(failure, (FailureClass::Timeout, timeout.into(), head(600)));
        }
        for failure in partial(say("HTTP/1.1 200 OK\r\nX-Ow"), reads) {
            assert_eq!(failure, (FailureClass::Timeout, "the headers of the response weren't complete within 700ms".into(), None));
        }
        for failure in partial(Act::Silence, reads) {
            assert_eq!(failure, (FailureClass::Timeout, "no response within 700ms".into(), None));
        }
    }
}

/// Checks the same on a reused connection, where the fast path begins to read the response.
#[test]
fn head_of_an_incomplete_answer_is_known_on_the_fast_path() {
    run(async {
        let half = |bytes: &[u8]| Act::Send(bytes[..bytes.len() - 3].to_vec());
        let server = Server::start(move |_, number, request| match (number, request.contains("/head")) {
            (0, _) => say(ok("first")),
            (_, false) => half(&length(b"secondhalf", "")),
            (_, true) => say("HTTP/1.1 200 OK\r\nX-Ow"),
        })
        .await;
        for (path, message, body) in [
            ("/", "the body wasn't complete within 300ms", Some(7)),
            ("/head", "the headers of the response weren't complete within 300ms", None),
        ] {
            let client = Client::new();
            client.get(server.url("/first")).await.unwrap();
            let request = HttpRequest { timeout: Duration::from_millis(300), ..client.request("GET", server.url(path)) };
            let failure = client.session.send(laid(&request)).await.unwrap_err();
            assert_eq!((failure.class, failure.message.as_str()), (FailureClass::Timeout, message));
            assert_eq!(failure.partial.as_ref().map(|partial| partial.body), body);
            let shown = failure.partial.map(|partial| crate::request::show::partial(&partial));
            assert_eq!(
                shown.is_some_and(|shown| shown.starts_with("HTTP/1.1 200\nX-Own: yes\nContent-Length: 10\n\n(7 bytes of")),
                body.is_some()
            );
        }
    });
}

#[test]
fn incomplete_answer_excludes_earlier_redirects() {
    run(async {
        let server = Server::start(|_, _, request| match request.contains("GET /to ") {
            true => Act::Silence,
            false => say("HTTP/1.1 302 Found\r\nLocation: /to\r\nContent-Length: 0\r\n\r\n"),
        })
        .await;
        let client = Client::new();
        let request = HttpRequest { timeout: Duration::from_millis(300), ..client.request("GET", server.url("/")) };
        let failure = client.session.send(laid(&request)).await.unwrap_err();
        assert_eq!((failure.message.as_str(), failure.partial), ("no response within 300ms", None));
    });
}
