//! Bodies of HTTP/1.1 responses (RFC 9112, 6 and 7): of a known length, chunked, or up to the connection's end.

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::AsyncRead;

use super::headers::{Headers, MAX_HEAD};
use super::stream::{broken, read_some};
use super::traffic::Ledger;
use super::{Failure, Version};

/// Most bytes a body may have, encoded or decoded.
pub(crate) const MAX_BODY: usize = 64 * 1024 * 1024;
/// Most bytes the line of a chunk's length may have.
const MAX_CHUNK_LINE: usize = 16 * 1024;

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    None,
    Length(usize),
    Chunked,
    Close,
}

impl Framing {
    /// How the body of this response ends, and whether another response may follow on its connection.
    pub(crate) fn of(status: u16, version: Version, headers: &Headers, to_head: bool) -> Result<(Self, bool), Failure> {
        let close = headers.has_token("connection", "close");
        let keep = !close && (version == Version::Http11 || headers.has_token("connection", "keep-alive"));
        if to_head || status == 204 || status == 304 {
            return Ok((Self::None, keep));
        }
        let length = headers.content_length()?;
        let mut codings =
            headers.get_all("transfer-encoding").flat_map(|value| value.split(',')).map(str::trim).filter(|word| !word.is_empty());
        if let Some(coding) = codings.next() {
            if !coding.eq_ignore_ascii_case("chunked") || codings.next().is_some() {
                return Err(Failure::protocol(format!("the transfer coding `{coding}` isn't known")));
            }
            // Who says both may have been tricked: the connection is not trusted any further.
            return Ok((Self::Chunked, keep && length.is_none() && version == Version::Http11));
        }
        match length {
            Some(length) => match usize::try_from(length) {
                Ok(length) if length <= MAX_BODY => Ok((Self::Length(length), keep)),
                _ => Err(too_large()),
            },
            None => Ok((Self::Close, false)),
        }
    }
}

fn too_large() -> Failure {
    Failure::protocol(format!("the body is larger than {} MB", MAX_BODY / 1024 / 1024))
}

/// Reads a body whose first bytes may be in the buffer; what follows it stays there.
pub(crate) async fn read_body<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut BytesMut,
    framing: Framing,
    ledger: &Ledger,
) -> Result<Bytes, Failure> {
    match framing {
        Framing::None => Ok(Bytes::new()),
        Framing::Length(length) => read_length(stream, buffer, length, ledger).await,
        Framing::Chunked => Chunks { stream, buffer, ledger }.read().await,
        Framing::Close => {
            let mut body = BytesMut::from(&buffer[..]);
            buffer.clear();
            loop {
                if body.len() > MAX_BODY {
                    return Err(too_large());
                }
                body.reserve(4096);
                match read_some(stream, &mut body).await {
                    Ok(0) => return Ok(body.freeze()),
                    Ok(count) => ledger.received(count),
                    Err(error) => return Err(broken(&error)),
                }
            }
        }
    }
}

async fn read_length<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut BytesMut,
    length: usize,
    ledger: &Ledger,
) -> Result<Bytes, Failure> {
    if buffer.len() >= length {
        let body = Bytes::copy_from_slice(&buffer[..length]);
        buffer.advance(length);
        return Ok(body);
    }
    // Only what came is paid for, whatever the length says.
    let mut body = BytesMut::with_capacity(length.min(1024 * 1024));
    body.extend_from_slice(buffer);
    buffer.clear();
    while body.len() < length {
        let missing = length - body.len();
        body.reserve(missing.min(1024 * 1024));
        let before = body.len();
        match read_some(stream, &mut body).await {
            Ok(0) => return Err(Failure::reset(format!("the connection was closed after {before} of {length} bytes of the body"))),
            Ok(count) => ledger.received(count),
            Err(error) => return Err(broken(&error)),
        }
    }
    buffer.extend_from_slice(&body[length..]);
    body.truncate(length);
    Ok(body.freeze())
}

struct Chunks<'c, S> {
    stream: &'c mut S,
    buffer: &'c mut BytesMut,
    ledger: &'c Ledger,
}

impl<S: AsyncRead + Unpin> Chunks<'_, S> {
    async fn read(mut self) -> Result<Bytes, Failure> {
        let mut body = BytesMut::new();
        loop {
            let size = self.size().await?;
            if size == 0 {
                self.trailers().await?;
                return Ok(body.freeze());
            }
            if body.len() + size > MAX_BODY {
                return Err(too_large());
            }
            let mut missing = size;
            while missing > 0 {
                if self.buffer.is_empty() {
                    self.more().await?;
                }
                let part = missing.min(self.buffer.len());
                body.extend_from_slice(&self.buffer[..part]);
                self.buffer.advance(part);
                missing -= part;
            }
            if self.line().await? != 0 {
                return Err(Failure::protocol("a chunk is longer than it says"));
            }
            self.skip_line();
        }
    }

    /// The length of the next chunk; extensions are left out.
    async fn size(&mut self) -> Result<usize, Failure> {
        let end = self.line().await?;
        let line = &self.buffer[..end];
        let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let size = std::str::from_utf8(digits)
            .ok()
            .filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .map(|text| usize::from_str_radix(text, 16));
        let size = match size {
            Some(Ok(size)) if size <= MAX_BODY => size,
            Some(_) => return Err(too_large()),
            None => {
                return Err(Failure::protocol(format!(
                    "`{}` is no length of a chunk",
                    String::from_utf8_lossy(&line[..line.len().min(40)])
                )));
            }
        };
        self.skip_line();
        Ok(size)
    }

    /// Fields after the last chunk: read, and left out.
    async fn trailers(&mut self) -> Result<(), Failure> {
        let mut bytes = 0;
        loop {
            let end = self.line().await?;
            self.skip_line();
            if end == 0 {
                return Ok(());
            }
            bytes += end + 1;
            if bytes > MAX_HEAD {
                return Err(Failure::protocol("the trailers of the body are too large"));
            }
        }
    }

    /// Waits for a whole line; where its text ends.
    async fn line(&mut self) -> Result<usize, Failure> {
        let mut seen = 0;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[seen..]) {
                let end = seen + at;
                return Ok(if end > 0 && self.buffer[end - 1] == b'\r' { end - 1 } else { end });
            }
            seen = self.buffer.len();
            if seen > MAX_CHUNK_LINE {
                return Err(Failure::protocol("a line between chunks is too long"));
            }
            self.more().await?;
        }
    }

    fn skip_line(&mut self) {
        if let Some(at) = memchr::memchr(b'\n', self.buffer) {
            self.buffer.advance(at + 1);
        }
    }

    async fn more(&mut self) -> Result<(), Failure> {
        self.buffer.reserve(4096);
        match read_some(self.stream, self.buffer).await {
            Ok(0) => Err(Failure::reset("the connection was closed before the last chunk of the body")),
            Ok(count) => {
                self.ledger.received(count);
                Ok(())
            }
            Err(error) => Err(broken(&error)),
        }
    }
}
