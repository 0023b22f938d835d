//! Tests answers of all kinds over a real connection.

use std::io::Write as _;

use super::*;
use crate::stats::FailureClass;

const TOO_LARGE: &str = "the body is larger than 64 MB: raise `max_body` of the api, or read nothing of it in the step";

/// Sends requests to a server with this answer, which then closes the connection if `close` is set.
fn answer(method: &str, bytes: &[u8], close: bool) -> (Result<HttpResponse, HttpError>, Vec<Result<u16, HttpError>>) {
    let bytes = bytes.to_vec();
    let method = method.to_owned();
    run(async move {
        let mut results = Vec::new();
        for drip in [false, true] {
            let bytes = bytes.clone();
            let server = Server::start(move |_, _, _| match (drip && bytes.len() < 4096, close) {
                (true, false) => Act::Drip(bytes.clone()),
                (_, true) => Act::Last(bytes.clone()),
                (false, false) => Act::Send(bytes.clone()),
            })
            .await;
            let client = Client::new();
            let url = server.url("/");
            results.push(client.session.send(laid(&client.request(&method, url.clone()))).await);
            if results[0].is_ok() && !close {
                // The connection is in the right state for the next request.
                results.push(client.session.send(laid(&client.request(&method, url))).await);
            }
        }
        let others = results[1..].iter().map(|result| result.as_ref().map(|response| response.status).map_err(Clone::clone)).collect();
        (results.remove(0), others)
    })
}

#[track_caller]
fn reads(method: &str, bytes: &str, close: bool, status: u16, body: &str) {
    let (response, others) = answer(method, bytes.as_bytes(), close);
    let response = response.unwrap();
    assert_eq!((response.status, text(&response)), (status, body));
    for other in others {
        assert_eq!(other, Ok(status));
    }
}

#[track_caller]
fn fails(bytes: &[u8], close: bool, class: FailureClass, message: &str) {
    let (response, others) = answer("GET", bytes, close);
    let failure = response.unwrap_err();
    assert_eq!((failure.class, failure.message.as_str()), (class, message));
    for other in others {
        // If an answer drips, less of it may have come when the error is detected.
        assert_eq!(other.map_err(|failure| failure.class), Err(class));
    }
}

#[test]
fn bodies_end_at_their_declared_end() {
    reads("GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, 200, "hi");
    reads("GET", "HTTP/1.1 200\r\nContent-Length: 2, 2\r\ncontent-length: 2\r\n\r\nhi", false, 200, "hi");
    reads("GET", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", false, 404, "");
    reads("GET", "HTTP/1.1 200 OK\r\n\r\nall of it", true, 200, "all of it");
    reads("GET", "HTTP/1.0 200 OK\r\n\r\nold", true, 200, "old");
    reads("GET", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", false, 200, "hi");
    reads("GET", "HTTP/1.1 200 OK\r\nContent-Length: 36893488147419103232\r\n\r\nall of it", true, 200, "all of it");
    reads("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nhi", false, 200, "hi");
    for codings in ["chunked, chunked", "chunked\r\nTransfer-Encoding: Chunked", "identity, chunked"] {
        reads("GET", &format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: {codings}\r\n\r\n2\r\nhi\r\n0\r\n\r\n"), false, 200, "hi");
    }
    reads("GET", "HTTP/1.1 299 Odd\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx", true, 299, "x");
}

#[test]
fn chunks_are_joined() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    reads("GET", &format!("{chunked}5\r\nhello\r\n0\r\n\r\n"), false, 200, "hello");
    reads("GET", &format!("{chunked}5;a=b;c=\"d\"\r\nhello\r\n1 \r\n!\r\n0;last\r\nX-Sum: 1\r\nY: 2\r\n\r\n"), false, 200, "hello!");
    reads("GET", &format!("{chunked}00A\r\n0123456789\r\n0\r\n\r\n"), false, 200, "0123456789");
    reads("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 99\r\n\r\n2\r\nhi\r\n0\r\n\r\n", false, 200, "hi");
}

#[test]
fn some_answers_have_no_body() {
    reads("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nContent-Encoding: gzip\r\n\r\n", false, 200, "");
    reads("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, 200, "");
    reads("GET", "HTTP/1.1 204 No Content\r\n\r\n", false, 204, "");
    reads("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", false, 304, "");
}

#[test]
fn early_answers_are_skipped() {
    reads(
        "GET",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!",
        false,
        200,
        "!",
    );
    fails(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        false,
        FailureClass::Protocol,
        "the server switched protocols without a request for it",
    );
}

#[test]
fn answer_that_is_not_http_is_an_error() {
    fails(b"SSH-2.0-OpenSSH_9.6\r\n", false, FailureClass::Protocol, "the response is not HTTP: it begins with `SSH-2.0-OpenSSH_9.6`");
    fails(b"HTTP/1.1 2x0 OK\r\n\r\n", false, FailureClass::Protocol, "the response is not HTTP: it begins with `HTTP/1.1 2x0 OK`");
    fails(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
        false,
        FailureClass::Protocol,
        "the response has two different Content-Lengths",
    );
    fails(b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nhi", false, FailureClass::Protocol, "`Content-Length: -2` is not a length");
    fails(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nhi", false, FailureClass::Protocol, TOO_LARGE);
    fails(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", false, FailureClass::Protocol, "unknown transfer coding `gzip`");
    fails(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, br\r\n\r\n", false, FailureClass::Protocol, "unknown transfer coding `br`");
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    fails(format!("{chunked}zz\r\nhi").as_bytes(), false, FailureClass::Protocol, "`zz` is not a length of a chunk");
    fails(format!("{chunked}2\r\nhi!\r\n").as_bytes(), false, FailureClass::Protocol, "a chunk is longer than it says");
    fails(format!("{chunked}fffffffffffffffff\r\n").as_bytes(), false, FailureClass::Protocol, TOO_LARGE);
    let nul = "the trailers of the body contain a NUL character";
    fails(format!("{chunked}0\r\nX: a\0b\r\n\r\n").as_bytes(), false, FailureClass::Protocol, nul);
}

#[test]
fn too_large_heads_and_bodies_are_refused() {
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(270_000));
    fails(long.as_bytes(), false, FailureClass::Protocol, "the headers of the response are larger than 256 KB");
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: 1\r\n".repeat(50_000));
    fails(many.as_bytes(), false, FailureClass::Protocol, "the headers of the response are larger than 256 KB");
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    fails(format!("{chunked}1;{}", "x".repeat(20_000)).as_bytes(), false, FailureClass::Protocol, "a line between chunks is too long");
    fails(
        format!("{chunked}0\r\n{}", "X: 1\r\n".repeat(60_000)).as_bytes(),
        false,
        FailureClass::Protocol,
        "the trailers of the body are too large",
    );
}

#[test]
fn early_ends_of_answers_are_distinguished() {
    fails(
        b"",
        true,
        FailureClass::Reset,
        "the server closed the connection before it answered; it isn't sent again because the connection was new",
    );
    fails(b"HTTP/1.1 200 OK\r\nCont", true, FailureClass::Reset, "the connection was closed amid the headers of the response");
    fails(
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        true,
        FailureClass::Reset,
        "the connection was closed after 4 of 10 bytes of the body",
    );
    fails(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        true,
        FailureClass::Reset,
        "the connection was closed before the last chunk of the body",
    );
}

#[test]
fn headers_are_found_in_any_case() {
    let bytes = b"HTTP/1.1 200 OK\r\nX-One:  a \r\nx-one: b\r\nOdd: \xff\r\nFolded: a\r\n b\r\nEmpty:\r\nContent-Length: 0\r\n\r\n";
    let headers = answer("GET", bytes, false).0.unwrap().headers;
    assert_eq!(headers.get("X-ONE"), Some("a"));
    assert_eq!(headers.get_all("x-One").collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(headers.get("odd"), Some("\u{fffd}"));
    assert_eq!(headers.get("folded").map(|value| value.split_whitespace().collect::<Vec<_>>()), Some(vec!["a", "b"]));
    assert_eq!((headers.get("empty"), headers.get("none")), (Some(""), None));
    assert_eq!(headers.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["X-One", "x-one", "Odd", "Folded", "Empty", "Content-Length"]);
}

fn encoded(coding: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn content_encodings_are_decoded() {
    let plain = "to be, or not to be, ".repeat(100);
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    zlib.write_all(plain.as_bytes()).unwrap();
    let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    raw.write_all(plain.as_bytes()).unwrap();
    let mut br = Vec::new();
    brotli::CompressorWriter::new(&mut br, 4096, 5, 20).write_all(plain.as_bytes()).unwrap();
    let both = gzip(&zlib.finish().unwrap());
    let bodies = [
        ("gzip", gzip(plain.as_bytes())),
        ("deflate, x-gzip", both),
        ("Deflate", raw.finish().unwrap()),
        ("br", br),
        ("identity", plain.clone().into_bytes()),
    ];
    for (coding, body) in bodies {
        let response = answer("GET", &encoded(coding, &body), false).0.unwrap();
        assert_eq!(text(&response), plain, "{coding}");
        assert!(response.traffic.received as usize > body.len() && response.traffic.received as usize <= body.len() + 100);
    }
    // Members that end alike follow each other, a large body arrives in pieces, and a body is empty.
    let one = gzip(b"twice");
    let large = "large ".repeat(300_000);
    // As in browsers, what follows them is ignored.
    let tail = [&one[..], b"what follows is no member"].concat();
    for (body, plain) in [([&one[..], &one].concat(), "twicetwice"), (tail, "twice"), (gzip(large.as_bytes()), &large), (gzip(b""), "")] {
        assert_eq!(text(&answer("GET", &encoded("gzip", &body), false).0.unwrap()), plain);
    }
    let mut damaged = gzip(plain.as_bytes());
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 1;
    let failure = answer("GET", &encoded("gzip", &damaged), false).0.unwrap_err();
    assert!(failure.message.contains("it is something else, or damaged"), "{failure:?}");
    let unknown = answer("GET", &encoded("zstd", b"abc"), false).0.unwrap();
    assert_eq!(text(&unknown), "abc");
    let failure = answer("GET", &encoded("gzip", b"no gzip"), false).0.unwrap_err();
    assert_eq!(failure.class, FailureClass::Protocol);
    assert!(failure.message.starts_with("the body says it is gzip, but can't be decoded: "), "{}", failure.message);
    let bomb = answer("GET", &encoded("gzip", &gzip(&vec![0; 65 * 1024 * 1024])), false).0.unwrap_err();
    assert_eq!(bomb.message, TOO_LARGE.replace("the body", "the decoded body"));
}

#[test]
fn charset_is_known_on_every_path_of_an_answer() {
    let bytes = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Length: 4\r\n\r\ncaf\xe9";
    run(async move {
        let server = Server::start(move |_, _, _| say(bytes)).await;
        let client = Client::new();
        // The first request uses a new connection, the second one reuses it, and the third one finds the head in the cache.
        for _ in 0..3 {
            let response = client.get(server.url("/")).await.unwrap();
            assert_eq!(response.charset.text(response.body()), "café");
            assert!(crate::request::show::response(&response).ends_with("\n\ncafé\n"));
            let answer = crate::record::answer::Answer::new(response);
            assert!(answer.has_text("café") && !answer.has_text("caf\u{fffd}"));
            assert_eq!(answer.text(), "café");
        }
    });
    let utf8 = answer("GET", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\ncafé".as_bytes(), false).0.unwrap();
    assert_eq!(utf8.charset, Charset::Page);
    let answer = crate::record::answer::Answer::new(utf8);
    assert!(answer.has_text("café") && answer.text() == "café");
}
