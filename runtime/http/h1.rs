//! One exchange over HTTP/1.1.

use std::time::Instant;

use bytes::{Buf as _, Bytes, BytesMut};

use super::body::{Framing, read_body};
use super::head::{Via, write_head};
use super::headers::{Headers, MAX_FIELDS, MAX_HEAD};
use super::redirect::Step;
use super::stream::{Stream, broken};
use super::{Failure, Version};

/// Bodies up to this go into one buffer with their head.
const SMALL_BODY: usize = 16 * 1024;

/// A response as it came over a connection.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) version: Version,
    pub(crate) headers: Headers,
    pub(crate) body: Bytes,
    pub(crate) first_byte: Instant,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    /// Whether the connection can be used again.
    pub(crate) keep: bool,
}

/// Why there was no response, and whether anything of one came: if nothing did, an idle connection may just have been stale.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) failure: Failure,
    pub(crate) untouched: bool,
}

/// Sends a request and reads its response. The buffer comes empty, and is left so where the connection can be used again.
pub(crate) async fn exchange(stream: &mut Stream, buffer: &mut BytesMut, step: &Step<'_>, via: Via<'_>) -> Result<Raw, Lost> {
    let said = write_head(buffer, step, via);
    let mut answer = BytesMut::new();
    let sent = (buffer.len() + step.body.len()) as u64;
    let written = if step.body.len() <= SMALL_BODY {
        buffer.extend_from_slice(step.body);
        stream.write_request(buffer, &[], &mut answer).await
    } else {
        stream.write_request(buffer, step.body, &mut answer).await
    };
    buffer.clear();
    buffer.extend_from_slice(&answer);
    drop(answer);
    let mut reader = Reader { stream, buffer, received: 0, first_byte: None };
    if !reader.buffer.is_empty() {
        reader.note(reader.buffer.len());
    }
    // A server may refuse a request before it has read all of it: its answer counts, not that the rest couldn't be written.
    let result = reader.response(step.method.is("HEAD")).await;
    let untouched = reader.received == 0;
    match (result, written) {
        (Ok(mut raw), written) => {
            raw.sent = sent;
            raw.keep &= !said.close && written.is_ok() && reader.buffer.is_empty();
            Ok(raw)
        }
        (Err(_), Err(error)) if untouched => Err(Lost { failure: broken(&error), untouched }),
        (Err(failure), _) => Err(Lost { failure, untouched }),
    }
}

struct Reader<'r> {
    stream: &'r mut Stream,
    buffer: &'r mut BytesMut,
    received: u64,
    first_byte: Option<Instant>,
}

/// The parts of a head, as far as they matter.
struct Head {
    status: u16,
    version: Version,
    headers: Headers,
}

impl Reader<'_> {
    async fn response(&mut self, to_head: bool) -> Result<Raw, Failure> {
        let head = loop {
            let head = self.head().await?;
            match head.status {
                101 => return Err(Failure::protocol("the server switched protocols without being asked to")),
                100..200 => {}
                _ => break head,
            }
        };
        let (framing, keep) = Framing::of(head.status, head.version, &head.headers, to_head)?;
        let body = read_body(self.stream, self.buffer, framing, &mut self.received).await?;
        Ok(Raw {
            status: head.status,
            version: head.version,
            headers: head.headers,
            body,
            first_byte: self.first_byte.unwrap_or_else(Instant::now),
            sent: 0,
            received: self.received,
            keep,
        })
    }

    async fn head(&mut self) -> Result<Head, Failure> {
        loop {
            if !self.buffer.is_empty()
                && let Some((head, length)) = parse(self.buffer)?
            {
                self.buffer.advance(length);
                return Ok(head);
            }
            if self.buffer.len() > MAX_HEAD {
                return Err(Failure::protocol(format!("the headers of the answer are larger than {} KB", MAX_HEAD / 1024)));
            }
            self.buffer.reserve(4096);
            match self.stream.read_some(self.buffer).await {
                Ok(0) if self.received == 0 => return Err(Failure::reset("the connection was closed before an answer came")),
                Ok(0) => return Err(Failure::reset("the connection was closed amid the headers of the answer")),
                Ok(count) => self.note(count),
                Err(error) => return Err(broken(&error)),
            }
        }
    }

    fn note(&mut self, count: usize) {
        self.received += count as u64;
        self.first_byte.get_or_insert_with(Instant::now);
    }
}

/// A head and its length, once all of it is there.
fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>, Failure> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut parsed = httparse::Response::new(&mut fields);
    let mut config = httparse::ParserConfig::default();
    config.allow_obsolete_multiline_headers_in_responses(true);
    let length = match config.parse_response(&mut parsed, &bytes[..bytes.len().min(MAX_HEAD)]) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Failure::protocol(format!("the answer has more than {MAX_FIELDS} header fields")));
        }
        Err(httparse::Error::Status | httparse::Error::Version | httparse::Error::Token) => {
            let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let line = String::from_utf8_lossy(&line[..line.len().min(60)]);
            return Err(Failure::protocol(format!("the answer is not HTTP: it begins with `{}`", line.trim_end())));
        }
        Err(error) => return Err(Failure::protocol(format!("the headers of the answer can't be read: {error}"))),
    };
    let status = parsed.code.unwrap_or_default();
    if status < 100 {
        return Err(Failure::protocol(format!("{status} is no status")));
    }
    let version = if parsed.version == Some(0) { Version::Http10 } else { Version::Http11 };
    let headers = Headers::build(parsed.headers.iter().map(|field| (field.name, field.value)));
    Ok(Some((Head { status, version, headers }, length)))
}
