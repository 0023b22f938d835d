//! Tests servers that attack over HTTP/2: every request ends within its timeout, in bounded memory, and says what happened.

use std::cell::Cell;

use super::*;
use crate::http::io::memory::{Accepted, Peer};
use crate::stats::FailureClass;

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PUSH_PROMISE: u8 = 5;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const CONTINUATION: u8 = 9;
pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;

/// `:status: 200`, from the static table.
pub(super) const OK: &[u8] = &[0x88];
pub(super) const GREATEST: u32 = 0x7FFF_FFFF;

pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A field that is not indexed, of up to 126 bytes.
pub(super) fn field(name: &str, value: &[u8]) -> Vec<u8> {
    [&[0, name.len() as u8][..], name.as_bytes(), &[value.len() as u8], value].concat()
}

pub(super) fn head(flags: u8, fields: &[u8]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | flags, 1, &[OK, fields].concat())
}

pub(super) fn setting(name: u16, value: u32) -> Vec<u8> {
    frame(SETTINGS, 0, 0, &[&name.to_be_bytes()[..], &value.to_be_bytes()].concat())
}

pub(super) fn window(stream: u32, more: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &more.to_be_bytes())
}

/// What a server sends after the head of the first request, and what it sends again and again behind that, whenever the client sends something.
#[derive(Clone, Copy)]
pub(super) struct Attack {
    first: fn() -> Vec<u8>,
    again: Option<fn() -> Vec<u8>>,
}

thread_local! {
    static ATTACK: Cell<Option<Attack>> = const { Cell::new(None) };
    /// The bytes that the client has sent.
    static SENT: Cell<usize> = const { Cell::new(0) };
}

#[derive(Debug, Default)]
struct Attacker {
    seen: Vec<u8>,
    greeted: bool,
    begun: bool,
}

impl Peer for Attacker {
    fn answer(&mut self, sent: &[u8], answer: &mut Vec<u8>) {
        SENT.set(SENT.get() + sent.len());
        let attack = ATTACK.get().unwrap();
        if !std::mem::replace(&mut self.greeted, true) {
            answer.extend(frame(SETTINGS, 0, 0, &[]));
        }
        if self.begun {
            attack.again.iter().for_each(|again| answer.extend(again()));
            return;
        }
        self.seen.extend_from_slice(sent);
        let mut rest = self.seen.get(24..).unwrap_or_default();
        while let Some(head) = rest.get(..9) {
            let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
            self.begun |= head[3] == HEADERS;
            rest = rest.get(9 + length..).unwrap_or_default();
        }
        if self.begun {
            answer.extend((attack.first)());
        }
    }
}

/// The answer to a request, or its failure: `class: message`.
pub(super) fn outcome(method: &str, body: usize, attack: Attack) -> Result<u16, (FailureClass, String)> {
    ATTACK.set(Some(attack));
    SENT.set(0);
    let method = method.to_owned();
    run(async move {
        let accept = |_: &str| Accepted { peer: Box::new(Attacker::default()), http2: true };
        let client = Client::with(
            TransportConfig { proxies: Proxies::None, memory: Some(accept), ..TransportConfig::default() },
            &ApiConfig::default(),
        );
        let mut request = client.request(&method, Target::parse("https://hostile.test/").unwrap());
        request.timeout = Duration::from_millis(400);
        (request.body, request.has_body) = (Bytes::from(vec![b'x'; body]), body > 0);
        // Twelve times its timeout, for a busy machine.
        let came = tokio::time::timeout(Duration::from_secs(5), client.session.send(laid(&request))).await;
        let came = came.expect("the request ends within its timeout");
        came.map(|response| response.status).map_err(|failure| (failure.class, failure.message))
    })
}

pub(super) const fn once(first: fn() -> Vec<u8>) -> Attack {
    Attack { first, again: None }
}

pub(super) const fn endless(first: fn() -> Vec<u8>, again: fn() -> Vec<u8>) -> Attack {
    Attack { first, again: Some(again) }
}

/// A wanted failure: the class, and a part of the message.
pub(super) type Failure = (FailureClass, &'static str);

/// Attacks by frames that HTTP/2 forbids, or by ends of the connection.
const FORBIDDEN: &[(&str, Attack, Failure)] = &[
    ("DATA before the head", once(|| frame(DATA, END_STREAM, 1, b"x")), (FailureClass::Protocol, "")),
    (
        "a push that nobody allowed",
        once(|| frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, 0x82, 0x87, 0x84])),
        (FailureClass::Protocol, ""),
    ),
    ("a name in upper case", once(|| head(END_STREAM, &field("X-Upper", b"1"))), (FailureClass::Protocol, "")),
    ("a line break in a value", once(|| head(END_STREAM, &field("x", b"a\r\nb: c"))), (FailureClass::Protocol, "")),
    ("NUL in a value", once(|| head(END_STREAM, &field("x", b"a\0b"))), (FailureClass::Protocol, "")),
    ("an empty name", once(|| head(END_STREAM, &field("", b"b"))), (FailureClass::Protocol, "")),
    ("a field of the connection", once(|| head(END_STREAM, &field("connection", b"close"))), (FailureClass::Protocol, "")),
    ("a transfer coding", once(|| head(END_STREAM, &field("transfer-encoding", b"chunked"))), (FailureClass::Protocol, "")),
    ("no status", once(|| frame(HEADERS, END_HEADERS | END_STREAM, 1, &field("x", b"1"))), (FailureClass::Protocol, "")),
    ("two statuses", once(|| head(END_STREAM, OK)), (FailureClass::Protocol, "")),
    ("a status of letters", once(|| frame(HEADERS, END_HEADERS | END_STREAM, 1, &field(":status", b"abc"))), (FailureClass::Protocol, "")),
    ("a status of 2 digits", once(|| frame(HEADERS, END_HEADERS | END_STREAM, 1, &field(":status", b"20"))), (FailureClass::Protocol, "")),
    (
        "a status behind a field",
        once(|| frame(HEADERS, END_HEADERS | END_STREAM, 1, &[&field("x", b"1")[..], OK].concat())),
        (FailureClass::Protocol, ""),
    ),
    (
        "less than its length",
        once(|| [head(0, &field("content-length", b"9")), frame(DATA, END_STREAM, 1, b"x")].concat()),
        (FailureClass::Protocol, ""),
    ),
    (
        "more than its length",
        once(|| [head(0, &field("content-length", b"1")), frame(DATA, END_STREAM, 1, b"xyz")].concat()),
        (FailureClass::Protocol, ""),
    ),
    (
        "two lengths",
        once(|| {
            [head(0, &[field("content-length", b"1"), field("content-length", b"2")].concat()), frame(DATA, END_STREAM, 1, b"x")].concat()
        }),
        (FailureClass::Protocol, ""),
    ),
    (
        "a length that is no number",
        once(|| [head(0, &field("content-length", b"0x1")), frame(DATA, END_STREAM, 1, b"x")].concat()),
        (FailureClass::Protocol, ""),
    ),
    ("a frame of 16 MB", once(|| [&[0xFF, 0xFF, 0xFF, DATA, 0, 0, 0, 0, 1][..], &[b'x'; 100_000]].concat()), (FailureClass::Protocol, "")),
    ("noise", once(|| b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec()), (FailureClass::Protocol, "")),
    ("a window that overflows", once(|| [window(0, GREATEST), window(0, GREATEST)].concat()), (FailureClass::Protocol, "")),
    ("a window of the request that overflows", once(|| [window(1, GREATEST), window(1, GREATEST)].concat()), (FailureClass::Timeout, "")),
    ("a code that is unknown", once(|| frame(RST_STREAM, 0, 1, &0xDEAD_u32.to_be_bytes())), (FailureClass::Reset, "")),
    ("the end of the request", once(|| frame(RST_STREAM, 0, 1, &8_u32.to_be_bytes())), (FailureClass::Reset, "")),
    ("a refusal", once(|| frame(RST_STREAM, 0, 1, &7_u32.to_be_bytes())), (FailureClass::Reset, "")),
    (
        "the end of the connection",
        once(|| frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 11, b'c', b'a', b'l', b'm'])),
        (FailureClass::Reset, ""),
    ),
    (
        "an end that is taken back",
        once(|| [frame(GOAWAY, 0, 0, &[0; 8]), frame(GOAWAY, 0, 0, &[0, 0, 0, 9, 0, 0, 0, 0])].concat()),
        (FailureClass::Reset, ""),
    ),
    (
        "an end in the middle of a body",
        once(|| [head(0, &[]), frame(DATA, 0, 1, b"x"), frame(RST_STREAM, 0, 1, &2_u32.to_be_bytes())].concat()),
        (FailureClass::Reset, ""),
    ),
    ("nothing", once(Vec::new), (FailureClass::Timeout, "no response within")),
    ("a head without a body", once(|| head(0, &[])), (FailureClass::Timeout, "the body wasn't complete within")),
    ("no frames at a time", once(|| [setting(3, 0), setting(4, 0)].concat()), (FailureClass::Timeout, "no response within")),
];

/// Attacks by many frames.
const FLOODS: &[(&str, Attack, Failure)] = &[
    (
        "PING",
        endless(|| frame(PING, 0, 0, b"12345678").repeat(1_000), || frame(PING, 0, 0, b"12345678").repeat(1_000)),
        (FailureClass::Timeout, ""),
    ),
    ("SETTINGS", endless(|| setting(4, 65_535).repeat(1_000), || setting(4, 65_535).repeat(1_000)), (FailureClass::Timeout, "")),
    ("WINDOW_UPDATE", endless(|| window(0, 1).repeat(100_000), || window(1, 1).repeat(1_000)), (FailureClass::Timeout, "")),
    ("unknown frames", once(|| frame(0x42, 0, 0, b"x").repeat(200_000)), (FailureClass::Timeout, "")),
    (
        "empty CONTINUATION",
        once(|| [frame(HEADERS, 0, 1, OK), frame(CONTINUATION, 0, 1, &[]).repeat(100_000)].concat()),
        (FailureClass::Protocol, ""),
    ),
    (
        "CONTINUATION",
        once(|| [frame(HEADERS, 0, 1, OK), frame(CONTINUATION, 0, 1, &field("x", &[b'y'; 100])).repeat(10_000)].concat()),
        (FailureClass::Protocol, ""),
    ),
    // A field that the table holds takes one byte each time.
    (
        "a field of 4 KB a thousand times",
        once(|| {
            let large = [&[0x40, 1, b'x', 0x7F, 0xA1, 0x1E][..], &[b'y'; 4_000]].concat();
            head(END_STREAM, &[large, vec![0xBE; 1_000]].concat())
        }),
        (FailureClass::Protocol, ""),
    ),
    ("empty DATA", once(|| [head(0, &[]), frame(DATA, 0, 1, &[]).repeat(100_000)].concat()), (FailureClass::Protocol, "")),
    (
        "padding",
        once(|| [head(0, &[]), frame(DATA, 8, 1, &[&[255][..], &[0; 255]].concat()).repeat(10_000)].concat()),
        (FailureClass::Protocol, ""),
    ),
    ("early hints", once(|| frame(HEADERS, END_HEADERS, 1, &field(":status", b"103")).repeat(100_000)), (FailureClass::Timeout, "")),
    ("RST_STREAM", once(|| frame(RST_STREAM, 0, 1, &8_u32.to_be_bytes()).repeat(100_000)), (FailureClass::Reset, "")),
    (
        "a body that nobody may send",
        once(|| [head(0, &[]), frame(DATA, 0, 1, &[b'x'; 16_384]).repeat(1_000)].concat()),
        (FailureClass::Protocol, ""),
    ),
];

#[test]
fn attacks_over_http2_end_in_a_failure_that_says_what_happened() {
    let mut wrong = Vec::new();
    for (name, attack, (class, part)) in FORBIDDEN.iter().chain(FLOODS) {
        let came = outcome("GET", 0, *attack);
        if !came.as_ref().is_err_and(|(found, message)| found == class && message.contains(part)) || SENT.get() > 10_000_000 {
            wrong.push(format!("{name}: expected {class:?} {part:?}, got {came:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn odd_answers_over_http2_are_read() {
    for (name, attack) in [
        (
            "a whole head in pieces",
            once(|| [frame(HEADERS, END_STREAM, 1, OK), frame(CONTINUATION, END_HEADERS, 1, &field("x", b"1"))].concat()),
        ),
        ("early hints", once(|| [frame(HEADERS, END_HEADERS, 1, &field(":status", b"103")), head(END_STREAM, &[])].concat())),
        // The library ignores these two.
        ("a part of a request", once(|| head(END_STREAM, &field(":path", b"/")))),
        ("a status in trailers", once(|| [head(0, &[]), frame(HEADERS, END_HEADERS | END_STREAM, 1, OK)].concat())),
        (
            "trailers",
            once(|| [head(0, &[]), frame(DATA, 0, 1, b"x"), frame(HEADERS, END_HEADERS | END_STREAM, 1, &field("x", b"1"))].concat()),
        ),
        ("settings before", once(|| [setting(1, 0), setting(4, 0), setting(0x99, 7), head(END_STREAM, &[])].concat())),
        ("an end that allows this request", once(|| [frame(GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0]), head(END_STREAM, &[])].concat())),
    ] {
        assert_eq!(outcome("GET", 0, attack), Ok(200), "{name}");
    }
    // The answer comes before the body is sent, for which the server gives no window.
    let answer = outcome("POST", 200_000, once(|| head(END_STREAM, &[])));
    assert_eq!(answer, Ok(200));
    let never = outcome("POST", 200_000, once(Vec::new)).unwrap_err();
    assert_eq!(never.0, FailureClass::Timeout);
}
