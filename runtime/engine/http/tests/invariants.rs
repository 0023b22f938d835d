//! Checks what is true of any bytes that a server may answer with. The tests use malformed answers, and `fuzz/` arbitrary bytes.
//!
//! The result of reading an answer depends neither on how much of it has arrived nor on the pieces in which it arrives, and all ways to
//! read it (the cached head, its plain length, the fields themselves) agree.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, ReadBuf};

use super::HttpError;
use super::message::charset::Charset;
use super::message::headers::Headers;
use super::message::traffic::Ledger;
use super::wire::chunks::ChunkedBody;
use super::wire::h1::{Raw, Reader};
use super::wire::lenient::parse_any;
use super::wire::parse::{HeadCache, SimpleHead, parse, parse_plain};
use super::wire::response_head::Head;
use super::wire::response_head::PlainFraming;

/// The sizes of the pieces that answers come in.
const PIECES: [usize; 3] = [usize::MAX, 1, 7];

/// Checks answers. Cached heads of one answer are compared with the next.
#[derive(Default)]
pub(crate) struct Invariants {
    known: HeadCache,
}

/// The beginning of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// No complete head.
    Nothing,
    Head,
    /// A head that can be cached.
    SimpleHead,
}

impl Invariants {
    /// Panics if an invariant doesn't hold.
    pub(crate) fn check(&mut self, bytes: &[u8]) -> Seen {
        check_reading(bytes);
        let first = (0..=bytes.len()).find_map(|end| parse(&bytes[..end]).transpose().map(|head| (end, head)));
        let (end, head) = match first {
            Some((end, Ok(head))) => (end, head),
            Some((_, Err(_))) => {
                assert!(parse(bytes).is_err(), "more bytes repair a head: {bytes:?}");
                return Seen::Nothing;
            }
            None => return Seen::Nothing,
        };
        assert!(head.length == end && head.fields.end == end && head.fields.start <= end, "{bytes:?}");
        let again = parse(bytes);
        // Bytes after a head don't change its meaning.
        let Ok(Some(again)) = again else { panic!("{again:?}: {bytes:?}") };
        assert_eq!(facts(&head), facts(&again), "{bytes:?}");
        if let Some(plain) = parse_plain(bytes) {
            let Ok(Some(any)) = parse_any(bytes) else { panic!("only the fast path reads {bytes:?}") };
            assert_eq!((facts(&plain), plain.fields), (facts(&any), any.fields), "{bytes:?}");
        }
        let cached = self.known.insert(bytes, &again);
        if let Some(cached) = cached {
            assert_eq!(self.known.find(bytes), Some(cached));
            check_simple(bytes, cached);
        }
        if let Some(found) = self.known.find(bytes) {
            assert_eq!((found.status, found.length, Some(found.body)), (head.status, head.length, head.plain), "{bytes:?}");
            assert_eq!((found.fields, found.has_client_headers), (head.fields.start, head.has_client_headers), "{bytes:?}");
            assert_eq!(found.charset, head.charset, "{bytes:?}");
        }
        if cached.is_some() { Seen::SimpleHead } else { Seen::Head }
    }
}

fn facts(head: &Head) -> (u16, usize, Option<PlainFraming>, Charset, [bool; 3]) {
    (head.status, head.length, head.plain, head.charset, [head.has_client_headers, head.rebuilt.is_some(), head.trusted])
}

/// An answer ends in a response or a failure, which is the same for all piece sizes, and every byte is counted.
fn check_reading(bytes: &[u8]) {
    for to_head in [false, true] {
        let [whole, pieces @ ..] = PIECES.map(|most| read(bytes, most, to_head));
        for other in pieces {
            match (&whole.0, &other.0) {
                (Ok(one), Ok(two)) => {
                    let parts = |raw: &Raw| (raw.status, raw.version, raw.body.clone(), raw.keep);
                    assert_eq!(parts(one), parts(two), "{bytes:?}");
                    assert_eq!(one.headers.as_bytes(), two.headers.as_bytes(), "{bytes:?}");
                    assert_eq!(whole.1, other.1, "what is left of {bytes:?}");
                }
                // The message may quote received bytes, so only the class is compared.
                (Err(one), Err(two)) => assert_eq!(one.class, two.class, "{bytes:?}"),
                (one, two) => panic!("{one:?} and {two:?}: {bytes:?}"),
            }
        }
        if let (Ok(raw), rest) = &whole {
            assert!((200..1000).contains(&raw.status), "{bytes:?}");
            let body = raw.body.as_deref().unwrap_or_default();
            assert!(body.len() <= bytes.len() && bytes.ends_with(rest), "{bytes:?}");
            assert!(!to_head || body.is_empty(), "{bytes:?}");
            check_headers(&raw.headers);
        }
    }
}

/// Each line is a field and valid text.
fn check_headers(headers: &Headers) {
    let block = std::str::from_utf8(headers.as_bytes());
    let lines = block.map(|block| block.split('\n').filter(|line| !line.trim_ascii().is_empty()).count());
    assert_eq!(lines, Ok(headers.iter().count()), "{headers:?}");
    assert!(headers.iter().all(|(name, value)| !name.is_empty() && headers.get_all(name).any(|known| known == value)), "{headers:?}");
}

/// The values from a cached head equal those from reading the response.
fn check_simple(bytes: &[u8], head: SimpleHead) {
    let (raw, rest) = read(bytes, usize::MAX, false);
    let behind = &bytes[head.length..];
    let (body, length) = match head.body {
        _ if matches!(head.status, 204 | 304) => (Some(Vec::new()), 0),
        PlainFraming::Length(length) => (behind.get(..length).map(<[u8]>::to_vec), length),
        PlainFraming::Chunked => match ChunkedBody::of(behind) {
            ChunkedBody::Whole { sent, body } => {
                let mut joined = behind[..sent].to_vec();
                assert_eq!(ChunkedBody::join(&mut joined), body, "{bytes:?}");
                joined.truncate(body);
                (Some(joined), sent)
            }
            ChunkedBody::Part { .. } => (None, 0),
            ChunkedBody::Unusual => return,
        },
    };
    match (raw, body) {
        (Ok(raw), Some(body)) => {
            assert_eq!((raw.status, raw.body.as_deref(), raw.keep), (head.status, Some(&body[..]), !head.closes), "{bytes:?}");
            assert_eq!(raw.headers.as_bytes(), &bytes[head.fields..head.length], "{bytes:?}");
            assert_eq!(rest, behind[length..], "{bytes:?}");
        }
        (Err(_), None) => {}
        (raw, body) => panic!("{raw:?}, though the body is {body:?}: {bytes:?}"),
    }
}

/// Reads an answer that arrives in pieces of a given size. The bytes after it are returned.
fn read(bytes: &[u8], most: usize, to_head: bool) -> (Result<Raw, HttpError>, Bytes) {
    let (mut stream, mut buffer) = (Pieces { rest: bytes, most }, BytesMut::new());
    let ledger = Ledger::default();
    let mut reader = Reader { stream: &mut stream, buffer: &mut buffer, ledger: &ledger, any: false, first_byte: None };
    let raw = match pin!(reader.response(to_head)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(raw) => raw,
        Poll::Pending => panic!("waits for more than there is: {bytes:?}"),
    };
    assert_eq!(ledger.traffic().received, (bytes.len() - stream.rest.len()) as u64, "{bytes:?}");
    buffer.extend_from_slice(stream.rest);
    (raw, buffer.freeze())
}

/// A stream that always has something to read until its end.
struct Pieces<'p> {
    rest: &'p [u8],
    most: usize,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let (piece, rest) = self.rest.split_at(self.most.min(self.rest.len()).min(buf.remaining()));
        buf.put_slice(piece);
        self.rest = rest;
        Poll::Ready(Ok(()))
    }
}
