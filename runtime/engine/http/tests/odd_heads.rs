//! Tests malformed heads that some servers send: malformed parts are ignored or accepted, the response counts, and the connection is reused
//! only if the head has one possible meaning.

use super::*;
use crate::http::invariants::Invariants;
use crate::http::wire::lenient::parse_any;

/// Sends two requests on one session. Both answers have these lines in their heads. Returns the second one's headers and the number of
/// connections.
fn answers(lines: &[u8], body: &str) -> (Vec<(String, String)>, usize) {
    let mut bytes = b"HTTP/1.1 200 OK\r\n".to_vec();
    bytes.extend_from_slice(lines);
    bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    if bytes.len() < 2000 {
        // The invariants are checked for each beginning of the response.
        Invariants::default().check(&bytes);
    }
    run(async move {
        let server = Server::start(move |_, _, _| Act::Send(bytes.clone())).await;
        let client = Client::new();
        let first = client.get(server.url("/")).await.unwrap();
        let second = client.get(server.url("/")).await.unwrap();
        assert_eq!((first.status, second.status, text(&second)), (200, 200, "ok"));
        let fields = second.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        (fields.filter(|(name, _)| name != "Content-Length").collect(), server.connections())
    })
}

#[track_caller]
fn gives(lines: &[u8], fields: &[(&str, &str)]) {
    let (found, connections) = answers(lines, "ok");
    let found: Vec<(&str, &str)> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(found, fields);
    assert_eq!(connections, 1, "the connection is used again");
}

#[test]
fn malformed_fields_are_ignored_or_accepted() {
    gives(b"X-A : 1\r\n", &[("X-A", "1")]);
    gives(b"X-A\t : 1\r\nX-B: 2\r\n", &[("X-A", "1"), ("X-B", "2")]);
    gives(b": 1\r\nX-B: 2\r\n", &[("X-B", "2")]);
    gives(b" : 1\r\n", &[]);
    gives(b"X Name: 1\r\nX-B: 2\r\n", &[("X-B", "2")]);
    gives("X-Ünï: 1\r\nX-B: ünï\r\n".as_bytes(), &[("X-B", "ünï")]);
    gives(b"X-\xff: 1\r\nX-B: \xff\r\n", &[("X-B", "\u{fffd}")]);
    gives(b"X-A: a\x01b\x7f\r\nX-\x01: 1\r\n", &[("X-A", "a b")]);
    gives(b"X-A: a\rb\r\n", &[("X-A", "a b")]);
    gives(b"no colon at all\r\nX-B: 2\r\n", &[("X-B", "2")]);
    gives(b"X-A: 1\r\n  2\r\n\t3\r\nX-B: 2\r\n", &[("X-A", "1 2 3"), ("X-B", "2")]);
    // A continuation line before any field, or after a field that is ignored, is ignored too.
    gives(b" X-A: 1\r\nX-B: 2\r\n", &[("X-B", "2")]);
    gives(b"X A: 1\r\n more: 2\r\nX-B: 2\r\n", &[("X-B", "2")]);
    gives(b"X_A.b!: 1\r\n", &[("X_A.b!", "1")]);
}

#[test]
fn number_of_fields_has_no_limit_of_its_own() {
    let lines: String = (0..2000).map(|number| format!("X-{number}: 1\r\n")).collect();
    let (found, connections) = answers(lines.as_bytes(), "ok");
    assert_eq!((found.len(), connections), (2000, 1));
    let large = format!("X-A: {}\r\n", "a".repeat(200_000));
    assert_eq!(answers(large.as_bytes(), "ok").0[0].1.len(), 200_000);
}

#[test]
fn malformed_framing_lines_end_the_connection() {
    for lines in [
        &b"Content-Length : 2\r\n"[..],
        b"Content-Length: 2\r\n \r\n",
        b"X Content-Length: 5\r\n",
        b" Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding\x0b: chunked\r\n",
    ] {
        assert_eq!(answers(lines, "ok").1, 2, "{}", String::from_utf8_lossy(lines));
    }
}

#[test]
fn framing_of_the_body_is_never_guessed() {
    let fails = |lines: &str| {
        let bytes = format!("HTTP/1.1 200 OK\r\n{lines}\r\nok").into_bytes();
        Invariants::default().check(&bytes);
        run(async move {
            let server = Server::start(move |_, _, _| last(&bytes)).await;
            Client::new().get(server.url("/")).await.unwrap_err().message
        })
    };
    assert_eq!(fails("Content-Length: 2\r\nContent-Length : 3\r\n"), "the response has two different Content-Lengths");
    assert_eq!(fails("Content-Length: 2\r\n 3\r\n"), "`Content-Length: 2 3` is not a length");
    assert_eq!(fails("Transfer-Encoding:\r\n gzip\r\n"), "unknown transfer coding `gzip`");
    assert_eq!(
        fails("Content-Length: 2\r\nTransfer-Encoding : chunked\r\n"),
        "the connection was closed before the last chunk of the body"
    );
}

#[test]
fn invalid_status_line_is_detected_early() {
    let seen = |text: &str| parse_any(text.as_bytes()).map(|head| head.map(|head| (head.status, head.version)));
    for prefix in ["", "H", "HTTP/1.", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 20", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nA: 1\r\n", "\r\n\n"] {
        assert_eq!(seen(prefix), Ok(None), "{prefix}");
    }
    for odd in ["X", "HTTX", "HTTP/2", "HTTP/1.2", "HTTP/1.1_", "HTTP/1.1 2x", "HTTP/1.1 099", "HTTP/1.1 2000", "\r\nX", "\0"] {
        assert!(seen(odd).is_err(), "{odd}");
    }
    for nul in ["HTTP/1.1 200 O\0K\r\n\r\n", "HTTP/1.1 200 OK\r\nX-A: a\0b\r\n\r\n", "HTTP/1.1 200 OK\r\nX-\0: a\r\n\r\n"] {
        let error = seen(nul).unwrap_err().message;
        assert_eq!(error, "the head of the response contains a NUL character", "{nul}");
    }
    assert_eq!(seen("HTTP/1.0 404\r\n\r\n"), Ok(Some((404, Version::Http10))));
    assert_eq!(seen("\n\r\nHTTP/1.1 999 \u{fc}\n\n"), Ok(Some((999, Version::Http11))));
}
