//! Bodies of HTTP/1.1 responses (RFC 9112, 6 and 7): of a known length, chunked, or up to the connection's end.

use bytes::{Buf as _, BytesMut};
use tokio::io::AsyncRead;

use crate::http::io::stream::{broken, read_some};
use crate::http::message::Version;
use crate::http::message::failure::HttpError;
use crate::http::message::headers::{Headers, MAX_HEAD};
use crate::http::message::kept::{Body, Kept};
use crate::http::message::partial::Keep;
use crate::http::message::traffic::Ledger;

/// How much of a dropped body is read at a time.
const PIECE: usize = 64 * 1024;
/// The longest line with a chunk's length.
const MAX_CHUNK_LINE: usize = 16 * 1024;

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    None,
    Length(u64),
    Chunked,
    Close,
}

impl Framing {
    /// How the body of this response ends, and whether another response may follow on its connection.
    pub(crate) fn of(status: u16, version: Version, headers: &Headers, to_head: bool) -> Result<(Self, bool), HttpError> {
        let close = headers.has_token("connection", "close");
        let keep = !close && (version == Version::Http11 || headers.has_token("connection", "keep-alive"));
        if to_head || status == 204 || status == 304 {
            return Ok((Self::None, keep));
        }
        let length = headers.content_length().map_err(HttpError::protocol)?;
        let codings = headers.get_all("transfer-encoding").flat_map(|value| value.split(',')).map(str::trim);
        // `identity` means no coding. A body is chunked only once, however often the field says so.
        let mut codings = codings.filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity")).peekable();
        if codings.peek().is_some() {
            if let Some(unknown) = codings.find(|coding| !coding.eq_ignore_ascii_case("chunked")) {
                return Err(HttpError::protocol(format!("unknown transfer coding `{unknown}`")));
            }
            // A response with both fields may be an attack, so its connection isn't reused.
            return Ok((Self::Chunked, keep && length.is_none() && version == Version::Http11));
        }
        match length {
            Some(length) => Ok((Self::Length(length), keep)),
            None => Ok((Self::Close, false)),
        }
    }
}

/// Reads a body whose first bytes may be in the buffer. The bytes after the body stay there.
pub(crate) async fn read_body<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut BytesMut,
    framing: Framing,
    ledger: &Ledger,
) -> Result<Body, HttpError> {
    let mut body = Kept::new(ledger.incoming.keep);
    match framing {
        Framing::None => Ok(Body::default()),
        Framing::Length(length) => read_length(stream, buffer, length, ledger).await,
        Framing::Chunked => Chunks { stream, buffer, ledger, body }.read().await,
        Framing::Close => loop {
            ledger.incoming.body(buffer.len());
            body.push(buffer)?;
            buffer.clear();
            buffer.reserve(PIECE);
            match read_some(stream, buffer).await {
                Ok(0) => return Ok(body.done()),
                Ok(count) => ledger.received(count),
                Err(error) => return Err(broken(&error)),
            }
        },
    }
}

async fn read_length<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut BytesMut, length: u64, ledger: &Ledger) -> Result<Body, HttpError> {
    let keep = ledger.incoming.keep;
    keep.allows(length)?;
    let ended = |before: u64| {
        HttpError::reset(format!("the connection was closed after {before} of {length} bytes of the body")).came("closed amid the response")
    };
    let (Keep::All(_), Ok(whole)) = (keep, usize::try_from(length)) else {
        let (mut body, mut missing) = (Kept::new(keep), length);
        loop {
            let part = buffer.len().min(usize::try_from(missing).unwrap_or(usize::MAX));
            ledger.incoming.body(part);
            body.push(&buffer[..part])?;
            buffer.advance(part);
            missing -= part as u64;
            if missing == 0 {
                return Ok(body.done());
            }
            buffer.reserve(PIECE);
            match read_some(stream, buffer).await {
                Ok(0) => return Err(ended(length - missing)),
                Ok(count) => ledger.received(count),
                Err(error) => return Err(broken(&error)),
            }
        }
    };
    if buffer.len() >= whole {
        ledger.incoming.body(whole);
        return Ok(Body { bytes: buffer.split_to(whole).to_vec().into(), omitted: 0 });
    }
    // Memory is allocated only for received bytes, whatever the length.
    let mut body = BytesMut::with_capacity(whole.min(1024 * 1024));
    body.extend_from_slice(buffer);
    ledger.incoming.body(buffer.len());
    buffer.clear();
    while body.len() < whole {
        let missing = whole - body.len();
        body.reserve(missing.min(1024 * 1024));
        match read_some(stream, &mut body).await {
            Ok(0) => return Err(ended(body.len() as u64)),
            Ok(count) => {
                ledger.received(count);
                ledger.incoming.body(count);
            }
            Err(error) => return Err(broken(&error)),
        }
    }
    buffer.extend_from_slice(&body[whole..]);
    body.truncate(whole);
    Ok(Body { bytes: body.freeze(), omitted: 0 })
}

struct Chunks<'c, S> {
    stream: &'c mut S,
    buffer: &'c mut BytesMut,
    ledger: &'c Ledger,
    body: Kept,
}

impl<S: AsyncRead + Unpin> Chunks<'_, S> {
    async fn read(mut self) -> Result<Body, HttpError> {
        loop {
            let size = self.size().await?;
            if size == 0 {
                self.trailers().await?;
                return Ok(self.body.done());
            }
            let mut missing = size;
            while missing > 0 {
                if self.buffer.is_empty() {
                    self.more().await?;
                }
                let part = missing.min(self.buffer.len());
                self.ledger.incoming.body(part);
                self.body.push(&self.buffer[..part])?;
                self.buffer.advance(part);
                missing -= part;
            }
            if self.line().await? != 0 {
                return Err(HttpError::protocol("a chunk is longer than it says"));
            }
            self.skip_line();
        }
    }

    /// Reads the length of the next chunk. Extensions are ignored.
    async fn size(&mut self) -> Result<usize, HttpError> {
        let end = self.line().await?;
        let line = &self.buffer[..end];
        let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let size = std::str::from_utf8(digits)
            .ok()
            .filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .map(|text| usize::from_str_radix(text, 16));
        let keep = self.ledger.incoming.keep;
        let size = match size {
            Some(Ok(size)) => {
                keep.allows(size as u64)?;
                size
            }
            Some(Err(_)) => {
                keep.allows(u64::MAX)?;
                return Err(HttpError::protocol("a chunk is longer than any body"));
            }
            None => {
                return Err(HttpError::protocol(format!(
                    "`{}` is not a length of a chunk",
                    String::from_utf8_lossy(&line[..line.len().min(40)])
                )));
            }
        };
        self.skip_line();
        Ok(size)
    }

    /// Reads and ignores the fields after the last chunk.
    async fn trailers(&mut self) -> Result<(), HttpError> {
        let mut bytes = 0;
        loop {
            let end = self.line().await?;
            if memchr::memchr(0, &self.buffer[..end]).is_some() {
                return Err(HttpError::protocol("the trailers of the body contain a NUL character").came("NUL in the trailers"));
            }
            self.skip_line();
            if end == 0 {
                return Ok(());
            }
            bytes += end + 1;
            if bytes > MAX_HEAD {
                return Err(HttpError::protocol("the trailers of the body are too large"));
            }
        }
    }

    /// Waits for a complete line, and returns the end of its text.
    async fn line(&mut self) -> Result<usize, HttpError> {
        let mut seen = 0;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[seen..]) {
                let end = seen + at;
                return Ok(if end > 0 && self.buffer[end - 1] == b'\r' { end - 1 } else { end });
            }
            seen = self.buffer.len();
            if seen > MAX_CHUNK_LINE {
                return Err(HttpError::protocol("a line between chunks is too long"));
            }
            self.more().await?;
        }
    }

    fn skip_line(&mut self) {
        if let Some(at) = memchr::memchr(b'\n', self.buffer) {
            self.buffer.advance(at + 1);
        }
    }

    async fn more(&mut self) -> Result<(), HttpError> {
        self.buffer.reserve(4096);
        match read_some(self.stream, self.buffer).await {
            Ok(0) => Err(HttpError::reset("the connection was closed before the last chunk of the body").came("closed amid the response")),
            Ok(count) => {
                self.ledger.received(count);
                Ok(())
            }
            Err(error) => Err(broken(&error)),
        }
    }
}
