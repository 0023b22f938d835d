//! The answers, and what a step says about each of them.

use std::io::Write as _;
use std::sync::LazyLock;

use super::server::Part::{self, Bytes, Close, Drip, Forever, Reset, Silence};

/// What a step says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wants {
    /// It succeeds.
    Answer,
    /// It fails with this class, and with a message that contains this.
    Fails(&'static str, &'static str),
}

use Wants::{Answer, Fails};

/// A path, what its step reads, and what it says.
pub(super) const CASES: &[(&str, &str, Wants)] = &[
    ("/slow-head", "", Fails("timeout", "")),
    ("/slow-body", "expect text \"x\"", Fails("timeout", "")),
    ("/endless-fields", "", Fails("protocol", "")),
    ("/endless-field", "", Fails("protocol", "")),
    ("/endless-status-line", "", Fails("protocol", "")),
    ("/endless-early-hints", "", Fails("timeout", "")),
    ("/endless-blank-lines", "", Fails("protocol", "")),
    ("/endless-body", "expect text \"x\"", Fails("protocol", "")),
    ("/endless-unread-body", "", Fails("timeout", "")),
    ("/endless-chunk-line", "", Fails("protocol", "")),
    ("/endless-zeros-of-a-chunk", "", Fails("protocol", "")),
    ("/endless-chunk-extension", "", Fails("protocol", "")),
    ("/endless-empty-extensions", "", Fails("timeout", "")),
    ("/endless-trailers", "", Fails("protocol", "")),
    ("/endless-tiny-chunks", "expect text \"x\"", Fails("timeout", "")),
    ("/length-beyond-64-bits", "", Fails("timeout", "")),
    ("/length-of-9-exabytes", "expect text \"x\"", Fails("protocol", "")),
    ("/length-in-hex", "", Fails("protocol", "")),
    ("/length-with-a-fraction", "", Fails("protocol", "")),
    ("/length-empty", "", Fails("protocol", "")),
    ("/length-too-short", "", Answer),
    ("/length-too-long", "", Fails("reset", "")),
    ("/two-lengths", "", Fails("protocol", "")),
    ("/chunk-beyond-64-bits", "", Fails("protocol", "")),
    ("/chunk-of-all-ones", "", Fails("timeout", "")),
    ("/chunk-negative", "", Fails("protocol", "")),
    ("/chunk-in-0x", "", Fails("protocol", "")),
    ("/chunk-without-size", "", Fails("protocol", "")),
    ("/chunk-longer-than-its-size", "", Fails("protocol", "")),
    ("/chunk-without-end", "", Fails("reset", "")),
    ("/chunk-with-extensions", "expect text \"hello\"", Answer),
    ("/chunk-with-trailers", "expect headers { content_length: absent }", Answer),
    ("/coding-gzip-chunked", "", Fails("protocol", "")),
    ("/gzip-bomb", "expect text \"x\"", Fails("protocol", "")),
    ("/gzip-bomb-unread", "", Answer),
    ("/gzip-in-gzip-bomb", "expect text \"x\"", Fails("protocol", "")),
    ("/gzip-cut", "expect text \"x\"", Fails("protocol", "")),
    ("/gzip-with-a-tail", "expect text \"ok\"", Answer),
    ("/gzip-members", "expect text \"okok\"", Answer),
    ("/gzip-a-thousand-times", "expect text \"x\"", Fails("protocol", "")),
    ("/deflate-raw", "expect text \"ok\"", Answer),
    ("/brotli-noise", "expect text \"x\"", Fails("protocol", "")),
    ("/zstd", "expect text \"x\"", Fails("text", "")),
    ("/json-nested-lists", "take v = json.a", Fails("take", "")),
    ("/json-nested-objects", "expect json { a: int }", Fails("json", "")),
    ("/json-million-digits", "take v: int = json.a", Answer),
    ("/json-exponent", "expect json.a > 0", Answer),
    ("/json-two-same-keys", "expect json { a: 2 }", Answer),
    ("/json-cut", "expect json { a: 1 }", Fails("json", "")),
    ("/page-nested", "take v = html \"b\"", Fails("take", "")),
    ("/thousands-of-cookies", "", Answer),
    ("/echo-after-cookies", "", Answer),
    ("/cookie-of-64-KB", "", Answer),
    ("/redirect-to-itself", "", Fails("protocol", "")),
    ("/redirect-to-file", "", Answer),
    ("/redirect-to-javascript", "", Answer),
    ("/redirect-to-broken-host", "", Answer),
    ("/redirect-that-grows", "", Fails("protocol", "")),
    ("/redirect-to-two", "", Fails("protocol", "")),
    ("/status-000", "", Fails("protocol", "")),
    ("/status-1000", "", Fails("protocol", "")),
    ("/version-3", "", Fails("protocol", "")),
    ("/no-http", "", Fails("protocol", "")),
    ("/silence", "", Fails("timeout", "")),
    ("/close", "", Fails("reset", "")),
    ("/switch", "", Fails("protocol", "")),
    ("/body-of-204", "", Answer),
    ("/after-body-of-204", "", Answer),
    ("/close-behind-keep-alive", "", Answer),
    ("/after-close-behind-keep-alive", "", Answer),
];

/// A complete answer, which is cut after each of its bytes.
pub(super) const WHOLE: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nX-A: b\r\n\r\n";

fn with(fields: &str, body: impl AsRef<[u8]>) -> Part {
    let body = body.as_ref();
    Bytes([format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{fields}\r\n", body.len()).as_bytes(), body].concat())
}

fn head(fields: &str) -> Part {
    Bytes(format!("HTTP/1.1 200 OK\r\n{fields}\r\n").into_bytes())
}

fn chunked(body: &str) -> Vec<Part> {
    vec![Bytes(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}").into_bytes()), Silence]
}

fn endless_chunk(start: &str, again: &str) -> Vec<Part> {
    vec![head("Transfer-Encoding: chunked\r\n"), Bytes(start.into()), Forever(again.repeat(1000).into_bytes())]
}

fn to(location: &str) -> Vec<Part> {
    vec![Bytes(format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").into_bytes())]
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// What decodes to 600 MB of zeros. It takes seconds to make.
pub(super) static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..600 {
        encoder.write_all(&[0; 1 << 20]).unwrap();
    }
    encoder.finish().unwrap()
});

/// The parts of the response to a path.
pub(super) fn answer(path: &str) -> Vec<Part> {
    if let Some(bytes) = path.strip_prefix("/reset/") {
        return vec![Bytes(WHOLE.as_bytes()[..bytes.parse().unwrap()].to_vec()), Reset];
    }
    let raw = |text: &str| vec![Bytes(text.as_bytes().to_vec()), Silence];
    match path {
        "/slow-head" => vec![Drip(WHOLE.into())],
        "/slow-body" => vec![head("Content-Length: 1000\r\n"), Drip(vec![b'x'; 1000])],
        "/endless-fields" => vec![Bytes(b"HTTP/1.1 200 OK\r\n".to_vec()), Forever("X-A: b\r\n".repeat(1000).into())],
        "/endless-field" => vec![Bytes(b"HTTP/1.1 200 OK\r\nX-A: ".to_vec()), Forever(vec![b'a'; 10_000])],
        "/endless-status-line" => vec![Bytes(b"HTTP/1.1 200 ".to_vec()), Forever(vec![b'a'; 10_000])],
        "/endless-early-hints" => vec![Forever(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(100))],
        "/endless-blank-lines" => vec![Forever(b"\r\n".repeat(1000))],
        "/endless-body" | "/endless-unread-body" => vec![head(""), Forever(vec![b'a'; 1 << 16])],
        "/endless-chunk-line" => endless_chunk("", "1"),
        "/endless-zeros-of-a-chunk" => endless_chunk("", "0"),
        "/endless-chunk-extension" => endless_chunk("5;a=", "b"),
        "/endless-empty-extensions" => endless_chunk("", "1;a\r\nx\r\n"),
        "/endless-trailers" => endless_chunk("0\r\n", "X-A: b\r\n"),
        "/endless-tiny-chunks" => endless_chunk("", "1\r\nx\r\n"),
        "/length-beyond-64-bits" => vec![head("Content-Length: 99999999999999999999999\r\n"), Silence],
        "/length-of-9-exabytes" => vec![head("Content-Length: 9223372036854775807\r\n"), Silence],
        "/length-in-hex" => vec![head("Content-Length: 0x5\r\n"), Bytes(b"hello".to_vec())],
        "/length-with-a-fraction" => vec![head("Content-Length: 5.0\r\n"), Bytes(b"hello".to_vec())],
        "/length-empty" => vec![head("Content-Length: \r\n"), Bytes(b"hello".to_vec()), Close],
        "/length-too-short" => vec![head("Content-Length: 2\r\n"), Bytes(b"hello".to_vec())],
        "/length-too-long" => vec![head("Content-Length: 200\r\n"), Bytes(b"hello".to_vec()), Close],
        "/two-lengths" => vec![head("Content-Length: 5\r\nContent-Length: 6\r\n"), Bytes(b"hello!".to_vec())],
        "/chunk-beyond-64-bits" => chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"),
        "/chunk-of-all-ones" => chunked("ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
        "/chunk-negative" => chunked("-5\r\nhello\r\n0\r\n\r\n"),
        "/chunk-in-0x" => chunked("0x5\r\nhello\r\n0\r\n\r\n"),
        "/chunk-without-size" => chunked("\r\nhello\r\n0\r\n\r\n"),
        "/chunk-longer-than-its-size" => chunked("3\r\nhello\r\n0\r\n\r\n"),
        "/chunk-without-end" => vec![head("Transfer-Encoding: chunked\r\n"), Bytes(b"5\r\nhello\r\n".to_vec()), Close],
        "/chunk-with-extensions" => {
            vec![head("Transfer-Encoding: chunked\r\n"), Bytes(b"5;a;b=\"c;\\\"d\";;=\r\nhello\r\n0;z\r\n\r\n".to_vec())]
        }
        "/chunk-with-trailers" => {
            let body = "0\r\nContent-Length: 9\r\nSet-Cookie: a=b\r\nTransfer-Encoding: gzip\r\n\r\n";
            vec![head("Transfer-Encoding: chunked\r\n"), Bytes(body.into())]
        }
        "/coding-gzip-chunked" => vec![head("Transfer-Encoding: gzip, chunked\r\n"), Bytes(b"0\r\n\r\n".to_vec())],
        "/gzip-bomb" | "/gzip-bomb-unread" => vec![with("Content-Encoding: gzip\r\n", &*BOMB)],
        "/gzip-in-gzip-bomb" => vec![with("Content-Encoding: gzip, gzip\r\n", gzip(&BOMB))],
        "/gzip-cut" => vec![with("Content-Encoding: gzip\r\n", &gzip(b"ok ok ok ok")[..15])],
        "/gzip-with-a-tail" => vec![with("Content-Encoding: gzip\r\n", [gzip(b"ok"), b"noise".to_vec()].concat())],
        "/gzip-members" => vec![with("Content-Encoding: gzip\r\n", [gzip(b"ok"), gzip(b"ok")].concat())],
        "/gzip-a-thousand-times" => vec![with(&format!("Content-Encoding: {}\r\n", ["gzip"; 1000].join(", ")), gzip(b"ok"))],
        "/deflate-raw" => vec![with("Content-Encoding: deflate\r\n", [&[1, 2, 0, 253, 255][..], b"ok"].concat())],
        "/brotli-noise" => vec![with("Content-Encoding: br\r\n", [0xff; 100])],
        "/zstd" => vec![with("Content-Encoding: zstd\r\n", b"\x28\xb5\x2f\xfd\x04\x00\x11\x00\x00ok")],
        "/json-nested-lists" => vec![with("", ["[".repeat(100_000), "]".repeat(100_000)].concat())],
        "/json-nested-objects" => vec![with("", ["{\"a\":".repeat(100_000), "1".to_owned(), "}".repeat(100_000)].concat())],
        "/json-million-digits" => vec![with("", format!("{{\"a\":{}}}", "9".repeat(1_000_000)))],
        "/json-exponent" => vec![with("", "{\"a\":1e999999999,\"b\":1e-999999999,\"c\":-0}")],
        "/json-two-same-keys" => vec![with("", "{\"a\":1,\"a\":2}")],
        "/json-cut" => vec![with("", "{\"a\":1")],
        "/page-nested" => vec![with("Content-Type: text/html\r\n", "<div>".repeat(100_000))],
        "/thousands-of-cookies" => {
            let lines: String = (0..8_000).map(|number| format!("Set-Cookie: c{number}=0123456789\r\n")).collect();
            vec![with(&lines, "")]
        }
        "/cookie-of-64-KB" => vec![with(&format!("Set-Cookie: large={}\r\n", "x".repeat(64 << 10)), "")],
        "/redirect-to-itself" => to("/redirect-to-itself"),
        "/redirect-that-grows" => to("/redirect-that-grows?a=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"),
        "/redirect-to-file" => to("file:///x"),
        "/redirect-to-javascript" => to("javascript:alert(1)"),
        "/redirect-to-broken-host" => to("http://[::1"),
        "/redirect-to-two" => vec![Bytes(b"HTTP/1.1 302 Found\r\nLocation: /one\r\nLocation: /two\r\nContent-Length: 0\r\n\r\n".to_vec())],
        "/status-000" => raw("HTTP/1.1 000 No\r\nContent-Length: 0\r\n\r\n"),
        "/status-1000" => raw("HTTP/1.1 1000 No\r\nContent-Length: 0\r\n\r\n"),
        "/version-3" => raw("HTTP/3 200 OK\r\nContent-Length: 0\r\n\r\n"),
        "/no-http" => raw("220 mail.example ESMTP\r\n"),
        "/silence" => vec![Silence],
        "/close" => vec![Close],
        "/switch" => raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"),
        "/body-of-204" => vec![Bytes(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello".to_vec())],
        "/close-behind-keep-alive" => vec![with("Connection: keep-alive\r\n", "ok"), Close],
        _ => vec![with("", "ok")],
    }
}
