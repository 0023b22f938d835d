//! The client cases of h2spec, rebuilt from their descriptions, applied to HTTP/2.
//!
//! A server in memory answers the first request with frames that HTTP/2 allows or forbids. A forbidden frame must end the stream or the
//! connection with the right code; after all others, the request must get its response.

mod cases;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use ltc_engine::http::memory::{Accepted, Peer};
use ltc_engine::http::{ApiConfig, HttpRequest, Method, Session, Target, Transport, TransportConfig};

use self::cases::{CASES, Case, Expected};
use crate::peer::run;
use crate::suite::{Outcome, Suite};

const SUITE: Suite = Suite {
    name: "http2",
    title: "[h2spec, client cases](https://github.com/summerwind/h2spec/tree/master/client)",
    against: "HTTP/2",
    cases: 57,
    floor: 49,
};

#[test]
fn h2spec_client_cases() {
    let mut numbers = std::collections::BTreeMap::<&str, u32>::new();
    SUITE.judge(CASES.iter().map(|case| {
        let number = numbers.entry(case.section).or_default();
        *number += 1;
        (format!("{}/{number} {}", case.section, case.title), run(outcome(case)))
    }));
}

/// The stream of the request.
const STREAM: u32 = 1;
const PREFACE: usize = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len();

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A frame that the client sent.
#[derive(Debug)]
struct Sent {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Sent {
    fn code(&self) -> Option<u32> {
        let bytes = match self.kind {
            RST_STREAM => self.payload.get(..4)?,
            GOAWAY => self.payload.get(4..8)?,
            _ => return None,
        };
        Some(u32::from_be_bytes(bytes.try_into().ok()?))
    }
}

/// The frames with which this thread's server answers, and the frames that it has seen.
#[derive(Default)]
struct State {
    script: Vec<u8>,
    sent: Vec<u8>,
    greeted: bool,
    answered: bool,
    closed: bool,
}

impl State {
    fn frames(&self) -> Vec<Sent> {
        let mut rest = self.sent.get(PREFACE..).unwrap_or_default();
        let mut frames = Vec::new();
        while let Some(head) = rest.get(..9) {
            let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
            let Some(payload) = rest.get(9..9 + length) else { break };
            let stream = u32::from_be_bytes(head[5..9].try_into().unwrap());
            frames.push(Sent { kind: head[3], flags: head[4], stream, payload: payload.to_vec() });
            rest = &rest[9 + length..];
        }
        frames
    }
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

#[derive(Debug)]
struct Server;

impl Peer for Server {
    fn answer(&mut self, sent: &[u8], answer: &mut Vec<u8>) {
        STATE.with_borrow_mut(|state| {
            state.sent.extend_from_slice(sent);
            if !std::mem::replace(&mut state.greeted, true) {
                answer.extend(frame(SETTINGS, 0, 0, &[]));
            }
            if !state.answered && state.frames().iter().any(|frame| frame.kind == HEADERS) {
                state.answered = true;
                answer.extend_from_slice(&state.script);
            }
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        STATE.with_borrow_mut(|state| state.closed = true);
    }
}

async fn outcome(case: &Case) -> Outcome {
    STATE.set(State { script: (case.script)(), ..State::default() });
    let accept = |_: &str| Accepted { peer: Box::new(Server), http2: true };
    let transport = Transport::new(TransportConfig { memory: Some(accept), ..TransportConfig::default() })?;
    let session = Session::new(transport.clone(), 0);
    let mut request =
        HttpRequest::new(Method::from_name("GET"), Target::parse("https://case.test/")?, transport.api(&ApiConfig::default())?);
    request.timeout = Duration::from_secs(2);
    request.resend = false;
    let came = session.send(Rc::new(request)).await;
    let holds = || STATE.with_borrow(|state| case.expected.holds(state));
    // The connection's own task may not be done yet.
    for _ in 0..1_000 {
        if holds() {
            break;
        }
        tokio::task::yield_now().await;
    }
    if !holds() {
        let seen = STATE.with_borrow(|state| {
            let frames = state.frames();
            let ends: Vec<String> = frames.iter().filter_map(|frame| Some(format!("{}: code {}", frame.kind, frame.code()?))).collect();
            format!("{ends:?}, closed: {}", state.closed)
        });
        let came = came.map_or_else(|error| error.message, |response| format!("an answer {}", response.status));
        return Err(format!("expected {:?}, seen {seen}, read {came}", case.expected));
    }
    match (came, &case.expected) {
        (Err(error), Expected::Answer | Expected::Pong(_) | Expected::SettingsAck) => Err(error.message),
        _ => Ok(()),
    }
}
