//! The exchange of most requests over HTTP/1.1: a small request, and a small response that arrives whole.
//!
//! It is a state machine without an async function, polled in place. It allocates nothing and sets no timer, and borrows a buffer only when
//! there are bytes to read, so that all users of a thread read into the same one. `h1` handles everything else.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWrite as _;

use crate::base::clock;
use crate::http::io::stream::{Stream, broken, unanswered};
use crate::http::message::Version;
use crate::http::message::headers::Headers;
use crate::http::message::partial::Partial;
use crate::http::message::traffic::{Ledger, Traffic};
use crate::http::net::transport::Transport;
use crate::http::wire::chunks::ChunkedBody;
use crate::http::wire::h1::{PendingResponse, Raw};
use crate::http::wire::parse::{SimpleHead, parse};
use crate::http::wire::resend::{Fate, LostRequest};
use crate::http::wire::response_head::PlainFraming;

/// The largest size of a request or response on the fast path, in bytes.
pub(crate) const SMALL: usize = 8 * 1024;

const COOKIE: &str = "Cookie: ";
const LENGTH: &str = "Content-Length: ";

/// A request in the form that is sent.
#[derive(Clone, Debug)]
pub(crate) struct WireRequest {
    /// Head and body.
    pub(crate) bytes: BytesMut,
    /// Whether it tells the server to close the connection.
    pub(crate) close: bool,
    /// Whether it has its own cookies, which have to be joined with those of the jar.
    pub(crate) own_cookies: bool,
}

impl WireRequest {
    /// The request with a cookie line at the position of [`write_head`](crate::http::wire::head::write_head): before the body's length.
    /// `None` if the request has its own cookies, or would be too large.
    pub(crate) fn with_cookies(&self, cookies: &str, body: usize, length: Option<usize>) -> Option<Self> {
        let length_line = length.map_or(0, |length| LENGTH.len() + itoa::Buffer::new().format(length).len() + 2);
        let at = self.bytes.len().checked_sub(body + 2 + length_line)?;
        let total = self.bytes.len() + COOKIE.len() + cookies.len() + 2;
        if self.own_cookies || !Self::fits(total) {
            return None;
        }
        let mut bytes = BytesMut::with_capacity(total);
        let (before, after) = self.bytes.split_at(at);
        for part in [before, COOKIE.as_bytes(), cookies.as_bytes(), b"\r\n", after] {
            bytes.extend_from_slice(part);
        }
        Some(Self { bytes, close: self.close, own_cookies: false })
    }

    /// The same request with another path. Its own path has `length` bytes and follows `before` bytes.
    pub(crate) fn at_path(&self, before: usize, length: usize, path: &str) -> Option<Self> {
        let after = self.bytes.get(before + length..)?;
        let total = before + path.len() + after.len();
        if !Self::fits(total) {
            return None;
        }
        let mut bytes = BytesMut::with_capacity(total);
        for part in [self.bytes.get(..before)?, path.as_bytes(), after] {
            bytes.extend_from_slice(part);
        }
        Some(Self { bytes, close: self.close, own_cookies: self.own_cookies })
    }

    /// Whether a message of `length` bytes fits the fast path.
    pub(crate) fn fits(length: usize) -> bool {
        length <= SMALL
    }
}

/// An exchange on the fast path.
#[derive(Debug)]
pub(crate) struct FastPath {
    stream: Option<Stream>,
    /// What it took to open the connection, unless it was open before.
    opened: Option<Rc<Ledger>>,
    written: usize,
    flushed: bool,
    /// Why the request could not be written completely. A response of the server still counts.
    unwritten: Option<io::Error>,
    buffer: BytesMut,
    received: usize,
    first_byte: Option<Instant>,
}

/// The outcome of an exchange.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The response.
    Complete(CompleteResponse),
    /// The response needs more than the fast path. `h1` continues to read it.
    Pending(Box<PendingResponse>),
    /// The request was lost.
    Lost(LostRequest),
}

/// A response that arrived whole.
#[derive(Debug)]
pub(crate) struct CompleteResponse {
    pub(crate) bytes: Bytes,
    pub(crate) head: SimpleHead,
    pub(crate) first_byte: Instant,
    pub(crate) done: Instant,
    /// Whether the connection can be used again.
    pub(crate) keep: bool,
}

impl CompleteResponse {
    /// The response in the form that other exchanges return.
    pub(crate) fn raw(self) -> Raw {
        let Self { bytes, head, first_byte, done, keep } = self;
        let headers = Headers::within(bytes, head.fields..head.length);
        Raw {
            status: head.status,
            version: Version::Http11,
            headers,
            body: None,
            omitted: 0,
            charset: head.charset,
            first_byte,
            done,
            keep,
        }
    }
}

impl FastPath {
    /// With an open connection. `opened` has the traffic of opening it for this request.
    pub(crate) fn new(stream: Stream, opened: Option<Rc<Ledger>>) -> Self {
        let stream = Some(stream);
        Self { stream, opened, written: 0, flushed: false, unwritten: None, buffer: BytesMut::new(), received: 0, first_byte: None }
    }

    /// Continues as far as possible without waiting.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        transport: &Transport,
        wire: &WireRequest,
        to_head: bool,
        most: u64,
    ) -> Poll<Outcome> {
        if !self.flushed {
            ready!(self.poll_write(cx, &wire.bytes));
            // The answer has hardly ever arrived already. If the connection is broken, reading reports it.
            if let Some(stream) = &mut self.stream {
                let _ = ready!(stream.poll_readable(cx));
            }
        }
        loop {
            let Some(stream) = &mut self.stream else { return Poll::Pending };
            let mut buffer = if self.received == 0 { transport.borrow_buffer() } else { std::mem::take(&mut self.buffer) };
            let read = match stream.poll_receive(cx, &mut buffer) {
                Poll::Ready(read) => read,
                Poll::Pending if self.received == 0 => {
                    transport.return_buffer(buffer);
                    return Poll::Pending;
                }
                Poll::Pending => {
                    self.buffer = buffer;
                    return Poll::Pending;
                }
            };
            match read {
                Ok(count) if count > 0 => {
                    let now = clock::now();
                    self.received += count;
                    if let Some(outcome) = self.whole(buffer, now, transport, wire, to_head, most) {
                        return Poll::Ready(outcome);
                    }
                }
                read if self.received == 0 => {
                    let error = self.unwritten.take().or(read.err()).filter(|error| error.kind() != io::ErrorKind::UnexpectedEof);
                    let failure = error.as_ref().map_or_else(unanswered, broken);
                    // A small request fits into one TLS record. If it couldn't be written, the server has seen nothing of it.
                    let fate = if self.written == 0 { Fate::Unprocessed } else { Fate::Unknown };
                    return Poll::Ready(Outcome::Lost(LostRequest { failure, fate }));
                }
                // `h1` handles the end of the connection, and an error within a response.
                _ => return self.more(buffer, wire).map_or(Poll::Pending, Poll::Ready),
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<()> {
        let Some(stream) = &mut self.stream else { return Poll::Ready(()) };
        while self.written < bytes.len() && self.unwritten.is_none() {
            match ready!(stream.poll_send(cx, &bytes[self.written..])) {
                Ok(0) => self.unwritten = Some(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.written += count,
                Err(error) => self.unwritten = Some(error),
            }
        }
        if self.unwritten.is_none()
            && let Err(error) = ready!(Pin::new(stream).poll_flush(cx))
        {
            self.unwritten = Some(error);
        }
        self.flushed = true;
        Poll::Ready(())
    }

    /// The outcome of the bytes so far. Without an outcome, the buffer is kept for the next read.
    fn whole(
        &mut self,
        mut buffer: BytesMut,
        now: Instant,
        transport: &Transport,
        wire: &WireRequest,
        to_head: bool,
        most: u64,
    ) -> Option<Outcome> {
        let first_byte = *self.first_byte.get_or_insert(now);
        let known = transport.heads.borrow().find(&buffer);
        let head = match known {
            Some(head) => head,
            None => match parse(&buffer) {
                Ok(Some(head)) => match transport.heads.borrow_mut().insert(&buffer, &head) {
                    Some(head) => head,
                    None => return self.more(buffer, wire),
                },
                Ok(None) if buffer.len() < SMALL => {
                    self.buffer = buffer;
                    return None;
                }
                Ok(None) => return self.more(buffer, wire),
                Err(failure) => return Some(Outcome::Lost(LostRequest { failure, fate: Fate::Answered })),
            },
        };
        let bodiless = to_head || head.status == 204 || head.status == 304;
        let (sent, body) = match head.body {
            PlainFraming::Length(length) if length > SMALL || length as u64 > most => return self.more(buffer, wire),
            _ if bodiless => (0, 0),
            PlainFraming::Length(length) => (length, length),
            PlainFraming::Chunked => match ChunkedBody::of(&buffer[head.length..]) {
                ChunkedBody::Whole { sent, body } if body as u64 <= most => (sent, body),
                ChunkedBody::Part { .. } if buffer.len() < SMALL => (usize::MAX, 0),
                _ => return self.more(buffer, wire),
            },
        };
        if buffer.len() - head.length < sent {
            self.buffer = buffer;
            return None;
        }
        let mut bytes = buffer.split_to(head.length + sent);
        if sent > body {
            ChunkedBody::join(&mut bytes[head.length..]);
            bytes.truncate(head.length + body);
        }
        let bytes = bytes.freeze();
        let keep = buffer.is_empty() && !wire.close && !head.closes && self.unwritten.is_none();
        transport.return_buffer(buffer);
        Some(Outcome::Complete(CompleteResponse { bytes, head, first_byte, done: now, keep }))
    }

    /// The traffic of the exchange so far.
    pub(crate) fn traffic(&self) -> Traffic {
        let (sent, received) = (self.written as u64, self.received as u64);
        match &self.opened {
            Some(opened) => Traffic { sent, received, ..opened.traffic() },
            None => Traffic { sent, received, reused: u32::from(sent > 0), ..Traffic::default() },
        }
    }

    /// Whether the connection was open before.
    pub(crate) fn is_reused(&self) -> bool {
        self.opened.is_none()
    }

    /// The incomplete response, if its head has arrived.
    pub(crate) fn partial(&self) -> Option<Box<Partial>> {
        let head = parse(&self.buffer).ok()?.filter(|head| head.status >= 200)?;
        let headers = head.rebuilt.unwrap_or_else(|| Headers::received(Bytes::copy_from_slice(&self.buffer[head.fields])));
        let behind = &self.buffer[head.length..];
        let body = match (head.plain, ChunkedBody::of(behind)) {
            (Some(PlainFraming::Chunked), ChunkedBody::Part { body }) => body,
            _ => behind.len(),
        };
        let body = body as u64;
        Some(Box::new(Partial { status: head.status, version: head.version, headers, body }))
    }

    /// Takes the connection, once the response is complete.
    pub(crate) fn take_stream(&mut self) -> Option<Stream> {
        let stream = self.stream.take()?;
        if !self.is_reused() {
            stream.set_nodelay();
        }
        Some(stream)
    }

    fn more(&mut self, buffer: BytesMut, wire: &WireRequest) -> Option<Outcome> {
        let stream = self.take_stream()?;
        Some(Outcome::Pending(Box::new(PendingResponse {
            stream,
            buffer,
            any: self.received > 0,
            first_byte: self.first_byte,
            close: wire.close || self.unwritten.is_some(),
        })))
    }
}
