//! One exchange over HTTP/1.1, from the first written byte to the last read byte.

use std::time::Instant;

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::AsyncRead;

use super::body::{Framing, read_body};
use super::head::{Via, write_head};
use super::outgoing::Outgoing;
use super::parse::parse;
use super::resend::{Fate, LostRequest};
use crate::base::clock;
use crate::http::io::stream::{Stream, broken, read_some, unanswered};
use crate::http::message::Version;
use crate::http::message::charset::Charset;
use crate::http::message::failure::HttpError;
use crate::http::message::headers::{Headers, MAX_HEAD};
use crate::http::message::traffic::Ledger;

/// The largest body that is copied into one buffer with its head.
const SMALL_BODY: usize = 16 * 1024;

/// A response in the form that came over a connection.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) version: Version,
    pub(crate) headers: Headers,
    /// The body, if it isn't in the bytes after the headers.
    pub(crate) body: Option<Bytes>,
    /// The charset of its text according to the head.
    pub(crate) charset: Charset,
    /// The number of dropped bytes.
    pub(crate) omitted: u64,
    pub(crate) first_byte: Instant,
    /// When the last byte was read.
    pub(crate) done: Instant,
    /// Whether the connection can be used again.
    pub(crate) keep: bool,
}

/// A request that was written completely, and the part of its response that has arrived.
#[derive(Debug)]
pub(crate) struct PendingResponse {
    pub(crate) stream: Stream,
    pub(crate) buffer: BytesMut,
    /// Whether any part of the response has arrived.
    pub(crate) any: bool,
    pub(crate) first_byte: Option<Instant>,
    /// Whether the request asks the server to close the connection.
    pub(crate) close: bool,
}

/// Sends a request and reads its response. The buffer is empty before, and also afterwards if the connection can be reused.
pub(crate) async fn exchange(
    stream: &mut Stream,
    buffer: &mut BytesMut,
    step: &Outgoing<'_>,
    via: Via<'_>,
    ledger: &Ledger,
) -> Result<Raw, LostRequest> {
    let present = write_head(buffer, step, via);
    let mut answer = BytesMut::new();
    let before = ledger.traffic().sent;
    let written = if step.body.len() <= SMALL_BODY {
        buffer.extend_from_slice(step.body);
        stream.write_request(buffer, &[], &mut answer, ledger).await
    } else {
        stream.write_request(buffer, step.body, &mut answer, ledger).await
    };
    let unsent = written.is_err() && ledger.traffic().sent == before && stream.hides_parts_of(buffer.len() + step.body.len());
    buffer.clear();
    buffer.extend_from_slice(&answer);
    drop(answer);
    let mut reader = Reader { stream, buffer, ledger, any: false, first_byte: None };
    if !reader.buffer.is_empty() {
        reader.begin();
    }
    // A server may refuse a request before it has read all of it. Its answer counts, even if the rest couldn't be written.
    let result = reader.response(step.method.is("HEAD")).await;
    let fate = match (reader.any, unsent) {
        (true, _) => Fate::Answered,
        (false, true) => Fate::Unprocessed,
        (false, false) => Fate::Unknown,
    };
    match (result, written) {
        (Ok(mut raw), written) => {
            raw.keep &= !present.close && written.is_ok() && reader.buffer.is_empty();
            Ok(raw)
        }
        (Err(_), Err(error)) if !reader.any => Err(LostRequest { failure: broken(&error), fate }),
        (Err(failure), _) => Err(LostRequest { failure, fate }),
    }
}

/// Reads the rest of a response.
pub(crate) async fn go_on(begun: &mut PendingResponse, to_head: bool, ledger: &Ledger) -> Result<Raw, HttpError> {
    let PendingResponse { stream, buffer, any, first_byte, .. } = begun;
    if *any {
        ledger.incoming.begin();
    }
    let mut reader = Reader { stream, buffer, ledger, any: *any, first_byte: *first_byte };
    let mut raw = reader.response(to_head).await?;
    raw.keep &= !begun.close && begun.buffer.is_empty();
    Ok(raw)
}

/// Reads a response from any stream.
pub(crate) struct Reader<'r, S> {
    pub(crate) stream: &'r mut S,
    /// Bytes that were read and don't belong to the response yet.
    pub(crate) buffer: &'r mut BytesMut,
    pub(crate) ledger: &'r Ledger,
    /// Whether any part of the response has arrived.
    pub(crate) any: bool,
    pub(crate) first_byte: Option<Instant>,
}

impl<S: AsyncRead + Unpin> Reader<'_, S> {
    pub(crate) async fn response(&mut self, to_head: bool) -> Result<Raw, HttpError> {
        let (status, version, headers, trusted, charset) = loop {
            let head = self.head().await?;
            match head.0 {
                101 => return Err(HttpError::protocol("the server switched protocols without a request for it")),
                100..200 => {}
                _ => break head,
            }
        };
        let framing = Framing::of(status, version, &headers, to_head);
        self.ledger.incoming.head(status, version, headers);
        let (framing, keep) = framing?;
        let body = read_body(self.stream, self.buffer, framing, self.ledger).await?;
        let headers = self.ledger.incoming.whole();
        let keep = keep && trusted;
        let done = clock::now();
        let first_byte = self.first_byte.unwrap_or(done);
        Ok(Raw { status, version, headers, body: Some(body.bytes), charset, omitted: body.omitted, first_byte, done, keep })
    }

    async fn head(&mut self) -> Result<(u16, Version, Headers, bool, Charset), HttpError> {
        loop {
            if !self.buffer.is_empty()
                && let Some(head) = parse(self.buffer)?
            {
                let headers = match head.rebuilt {
                    Some(rebuilt) => rebuilt,
                    None => Headers::received(Bytes::copy_from_slice(&self.buffer[head.fields])),
                };
                self.buffer.advance(head.length);
                return Ok((head.status, head.version, headers, head.trusted, head.charset));
            }
            if self.buffer.len() > MAX_HEAD {
                return Err(HttpError::protocol(format!("the headers of the response are larger than {} KB", MAX_HEAD / 1024)));
            }
            self.buffer.reserve(4096);
            match read_some(self.stream, self.buffer).await {
                Ok(0) if !self.any => return Err(unanswered()),
                Ok(0) => {
                    return Err(
                        HttpError::reset("the connection was closed amid the headers of the response").came("closed amid the response")
                    );
                }
                Ok(count) => self.note(count),
                Err(error) => return Err(broken(&error)),
            }
        }
    }

    fn note(&mut self, count: usize) {
        self.ledger.received(count);
        self.begin();
    }

    fn begin(&mut self) {
        self.any = true;
        self.ledger.incoming.begin();
        self.first_byte.get_or_insert_with(clock::now);
    }
}
