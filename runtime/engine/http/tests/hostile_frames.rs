//! More attacks over HTTP/2, by the part of the protocol that they break: compression, settings, streams, trailers, the end of a connection.

use ltc_config::AllowedHosts;

use super::hostile_h2::*;
use super::*;
use crate::http::Permission;
use crate::stats::FailureClass::{Protocol, Reset, Timeout};

/// A head whose fields are these bytes, without `:status`.
fn raw_head(fields: &[u8]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, 1, fields)
}

/// The end of a connection, with the last stream that it processes.
fn end(last: u32, code: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat())
}

const ATTACKS: &[(&str, Attack, Failure)] = &[
    ("an index beyond the table", once(|| raw_head(&[0x88, 0xFF, 0xFF, 0xFF, 0x7F])), (Protocol, "")),
    ("index 0", once(|| raw_head(&[0x88, 0x80])), (Protocol, "")),
    ("an integer of 20 bytes", once(|| raw_head(&[&[0x88, 0xFF][..], &[0xFF; 20], &[0]].concat())), (Protocol, "")),
    ("a text longer than its frame", once(|| raw_head(&[0x88, 0, 0x7F, 0xFF, 0xFF, 0x7F, b'x'])), (Protocol, "")),
    ("a table larger than allowed", once(|| raw_head(&[0x3F, 0xFF, 0xFF, 0xFF, 0x7F, 0x88])), (Protocol, "")),
    ("a change of the table behind a field", once(|| raw_head(&[0x88, 0x20])), (Protocol, "")),
    ("a Huffman code for the end of a text", once(|| raw_head(&[0x88, 0, 1, b'x', 0x84, 0xFF, 0xFF, 0xFF, 0xFF])), (Protocol, "")),
    ("an empty head", once(|| raw_head(&[])), (Protocol, "")),
    ("a head that ends in the middle", once(|| raw_head(&[0x88, 0, 5, b'a'])), (Protocol, "")),
    ("a window of more than 2 GB", once(|| setting(4, 0x8000_0000)), (Protocol, "")),
    ("frames of no size", once(|| setting(5, 0)), (Protocol, "")),
    ("a push that the server announces", once(|| setting(2, 2)), (Protocol, "")),
    ("half a setting", once(|| frame(SETTINGS, 0, 0, &[0, 4, 0])), (Protocol, "")),
    ("settings of a stream", once(|| frame(SETTINGS, 0, 1, &[])), (Protocol, "")),
    ("an acknowledgement with content", once(|| frame(SETTINGS, 1, 0, &[0; 6])), (Protocol, "")),
    ("windows that overflow by a setting", once(|| [window(1, GREATEST - 65_535), setting(4, GREATEST)].concat()), (Timeout, "")),
    ("a PING of 7 bytes", once(|| frame(PING, 0, 0, b"1234567")), (Protocol, "")),
    ("a PING of a stream", once(|| frame(PING, 0, 1, b"12345678")), (Protocol, "")),
    ("a window that does not grow", once(|| window(0, 0)), (Protocol, "")),
    ("a window of the request that does not grow", once(|| window(1, 0)), (Protocol, "")),
    ("a window of 3 bytes", once(|| frame(WINDOW_UPDATE, 0, 1, &[0, 0, 1])), (Protocol, "")),
    ("a head of no stream", once(|| frame(HEADERS, END_HEADERS, 0, OK)), (Protocol, "")),
    ("a head of a stream of the server", once(|| frame(HEADERS, END_HEADERS, 2, OK)), (Protocol, "")),
    ("a head of a later stream", once(|| frame(HEADERS, END_HEADERS, 99, OK)), (Protocol, "")),
    ("DATA of no stream", once(|| [head(0, &[]), frame(DATA, 0, 0, b"x")].concat()), (Protocol, "")),
    ("DATA of a later stream", once(|| [head(0, &[]), frame(DATA, 0, 99, b"x")].concat()), (Protocol, "")),
    ("more padding than content", once(|| [head(0, &[]), frame(DATA, 8, 1, &[200, 0, 0])].concat()), (Protocol, "")),
    ("a stream that depends on itself", once(|| frame(HEADERS, END_HEADERS | 0x20, 1, &[0, 0, 0, 1, 0, 0x88])), (Protocol, "")),
    ("CONTINUATION of nothing", once(|| frame(CONTINUATION, END_HEADERS, 1, OK)), (Protocol, "")),
    ("a frame between a head and its rest", once(|| [frame(HEADERS, 0, 1, OK), frame(PING, 0, 0, b"12345678")].concat()), (Protocol, "")),
    ("the rest of another head", once(|| [frame(HEADERS, 0, 1, OK), frame(CONTINUATION, END_HEADERS, 3, &[])].concat()), (Protocol, "")),
    ("trailers that do not end", once(|| [head(0, &[]), frame(HEADERS, END_HEADERS, 1, &field("x", b"1"))].concat()), (Protocol, "")),
    (
        "a name in upper case in trailers",
        once(|| [head(0, &[]), frame(HEADERS, END_HEADERS | END_STREAM, 1, &field("X", b"1"))].concat()),
        (Protocol, ""),
    ),
    (
        "trailers of a megabyte",
        once(|| {
            let rest = frame(CONTINUATION, 0, 1, &field("x", &[b'y'; 120]).repeat(100)).repeat(100);
            [head(0, &[]), frame(HEADERS, END_STREAM, 1, &field("x", b"1")), rest].concat()
        }),
        (Protocol, ""),
    ),
    ("an early hint that ends", once(|| frame(HEADERS, END_HEADERS | END_STREAM, 1, &field(":status", b"103"))), (Protocol, "")),
    ("101", once(|| frame(HEADERS, END_HEADERS | END_STREAM, 1, &field(":status", b"101"))), (Protocol, "")),
    ("an end of 3 bytes", once(|| frame(GOAWAY, 0, 0, &[0; 3])), (Protocol, "")),
    ("an end of a stream that was not begun", once(|| frame(RST_STREAM, 0, 3, &[0; 4])), (Protocol, "")),
    ("an end of no stream", once(|| frame(RST_STREAM, 0, 0, &[0; 4])), (Protocol, "")),
    ("a flood of ends", endless(|| end(1, 0).repeat(10_000), || end(1, 0).repeat(1_000)), (Timeout, "")),
    ("an end because of too much", once(|| end(0, 11)), (Reset, "")),
    ("an end that wants HTTP/1.1", once(|| end(0, 13)), (Reset, "")),
    ("a request that needs HTTP/1.1", once(|| frame(RST_STREAM, 0, 1, &13_u32.to_be_bytes())), (Reset, "")),
    ("a flood of pushes", once(|| frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, 0x82]).repeat(10_000)), (Protocol, "")),
    ("half a frame", once(|| frame(HEADERS, END_HEADERS, 1, &[0x88; 100])[..50].to_vec()), (Timeout, "")),
    ("a head that never ends", endless(|| frame(HEADERS, 0, 1, OK), Vec::new), (Timeout, "")),
];

#[test]
fn nothing_is_sent_to_a_host_that_nobody_allowed() {
    run(async {
        let near = Permission::NearAnd(AllowedHosts::default());
        let client = Client::with(TransportConfig { permission: near, ..TransportConfig::default() }, &ApiConfig::default());
        // An address for documentation (RFC 5737).
        for url in ["http://203.0.113.9:9/", "https://203.0.113.9/", "http://[2001:db8::1]/"] {
            let failure = client.session.send(laid(&client.request("GET", Target::parse(url).unwrap()))).await.unwrap_err();
            assert_eq!((failure.class, failure.traffic.opened, failure.traffic.sent), (Protocol, 0, 0), "{}", failure.message);
            assert!(failure.message.starts_with("load on a public host needs permission: "), "{}", failure.message);
        }
    });
}

#[test]
fn attacks_on_each_part_of_http2_end_in_a_failure() {
    let mut wrong = Vec::new();
    for (name, attack, (class, part)) in ATTACKS {
        let came = outcome("GET", 0, *attack);
        if !came.as_ref().is_err_and(|(found, message)| found == class && message.contains(part)) {
            wrong.push(format!("{name}: expected {class:?} {part:?}, got {came:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
