//! Content encodings: gzip, deflate, br.

use std::cell::{LazyCell, RefCell};
use std::io::{self, BufRead, Read};

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use flate2::read::{DeflateDecoder, ZlibDecoder};
use libdeflater::Decompressor;

use crate::base::work::{Work, WorkLimit};
use crate::http::message::failure::HttpError;
use crate::http::message::headers::Headers;
use crate::http::message::kept::{Body, too_large};
use crate::http::message::partial::{Keep, MAX_BODY, SHOWN};

/// The most encodings of a body, as in curl.
const MOST_CODINGS: usize = 5;
/// The most decoded bytes of a body that nobody reads: a few kilobytes can be decoded to gigabytes, which would occupy the worker for
/// seconds.
const MOST_DROPPED: u64 = 512 * 1024 * 1024;

/// The decoded body; `None` if it isn't encoded. Unknown encodings leave it unchanged.
pub(crate) fn decode(headers: &Headers, encoded: &[u8], keep: Keep) -> Result<Option<Body>, HttpError> {
    if encoded.is_empty() || headers.get("content-encoding").is_none() {
        return Ok(None);
    }
    let codings = headers.get_all("content-encoding").flat_map(|value| value.split(',')).map(str::trim);
    let mut codings: Vec<&str> = codings.filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity")).collect();
    if codings.len() > MOST_CODINGS {
        let why = format!("the body says it is encoded {} times, more than {MOST_CODINGS}", codings.len());
        return Err(HttpError::protocol(why).came("undecodable body"));
    }
    // All encodings share the limit, because a few bytes can be decoded to many that take long to decode again.
    let limit = WorkLimit::of(encoded.len());
    // Most bodies are decoded at once, without asking the system for the time.
    let work = LazyCell::new(|| limit.start());
    let mut decoded: Option<Body> = None;
    while let Some(coding) = codings.pop() {
        let body = decoded.as_ref().map_or(encoded, |decoded| &decoded.bytes);
        // Only the outermost decoding can drop bytes. The others need the whole body.
        let keep = if codings.is_empty() { keep } else { Keep::All(keep.most().min(MAX_BODY)) };
        let result = match coding.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => match gzip_at_once(body, keep) {
                Some(decoded) => Ok(Some(decoded)),
                None => all(GzipMembers::new(body, &work), body.len(), keep, MOST_DROPPED),
            },
            "br" => all(brotli_decompressor::Decompressor::new(Watched::new(body, &work), PIECE), body.len(), keep, MOST_DROPPED),
            // By the standard, this is zlib's format; some servers send raw deflate.
            "deflate" if is_zlib(body) => all(ZlibDecoder::new(Watched::new(body, &work)), body.len(), keep, MOST_DROPPED),
            "deflate" => all(DeflateDecoder::new(Watched::new(body, &work)), body.len(), keep, MOST_DROPPED),
            _ => break,
        };
        decoded = match result {
            Ok(Some(decoded)) => Some(decoded),
            Ok(None) if keep == Keep::First => {
                let why = "the decoded body is larger than 512 MB: a body that is dropped is decoded no further";
                return Err(HttpError::protocol(why).came("body too large"));
            }
            Ok(None) => return Err(too_large(keep.most(), "the decoded body")),
            Err(error) => {
                let is_other = coding.to_ascii_lowercase().contains("gzip") && !body.starts_with(&[0x1f, 0x8b]);
                let ends = error.kind() == io::ErrorKind::UnexpectedEof && !is_other;
                let why = match error.kind() {
                    io::ErrorKind::TimedOut => &error.to_string(),
                    _ if ends => "it ends too early",
                    _ => "it is something else, or damaged",
                };
                return Err(
                    HttpError::protocol(format!("the body says it is {coding}, but can't be decoded: {why}")).came("undecodable body")
                );
            }
        };
    }
    Ok(decoded)
}

/// How much of an encoded body a decoder gets at a time, in bytes, and after how many of these pieces the limit is checked.
const PIECE: usize = 4096;
const PIECES: u32 = 64;

/// An encoded body as a decoder reads it. Members and blocks without content take time and give nothing, so a decoder may read a whole body
/// at once: the limit has to hold within it.
#[derive(Clone, Copy)]
struct Watched<'b> {
    rest: &'b [u8],
    work: &'b Work<'b>,
    pieces: u32,
}

impl<'b> Watched<'b> {
    fn new(body: &'b [u8], work: &'b Work<'b>) -> Self {
        Self { rest: body, work, pieces: 0 }
    }
}

impl BufRead for Watched<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.pieces = self.pieces.wrapping_add(1);
        if self.pieces.is_multiple_of(PIECES) && self.work.is_too_much() {
            return Err(io::Error::new(io::ErrorKind::TimedOut, self.work.excess()));
        }
        Ok(&self.rest[..self.rest.len().min(PIECE)])
    }

    fn consume(&mut self, count: usize) {
        self.rest = &self.rest[count..];
    }
}

impl Read for Watched<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}

/// The members of a gzip body behind each other. As in browsers, what follows them is ignored.
struct GzipMembers<'b> {
    decoder: GzDecoder<Watched<'b>>,
    #[cfg(test)]
    count: usize,
}

impl<'b> GzipMembers<'b> {
    fn new(body: &'b [u8], work: &'b Work<'b>) -> Self {
        Self {
            decoder: GzDecoder::new(Watched::new(body, work)),
            #[cfg(test)]
            count: 1,
        }
    }
}

impl Read for GzipMembers<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.decoder.read(out)?;
            let rest = *self.decoder.get_ref();
            if read > 0 || out.is_empty() || !rest.rest.starts_with(&MEMBER[..2]) {
                return Ok(read);
            }
            #[cfg(test)]
            {
                self.count += 1;
            }
            self.decoder = GzDecoder::new(rest);
        }
    }
}

fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [first, second, ..] if first & 0x0f == 8 && (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0)
}

thread_local! {
    /// The decoder. Its tables are larger than a small body, so each worker creates them once.
    static INFLATER: RefCell<Decompressor> = RefCell::new(Decompressor::new());
}

/// Larger bodies are decoded in pieces, so that dropped bytes need no memory.
const AT_ONCE: usize = 1024 * 1024;
/// The most bytes that deflate can produce from one byte (RFC 1951: a match of 258 bytes takes 2 bits).
const MOST_OF_ONE: usize = 1032;
/// The beginning of a gzip member, and the length of the shortest one (RFC 1952, 2.3).
const MEMBER: &[u8] = &[0x1f, 0x8b, 8];
const SHORTEST: usize = 18;

/// Decodes a body with one member, whose last bytes are its decoded length. Returns `None` if the body is not that simple, damaged, or too
/// large; it is then decoded in pieces, which gives the error.
fn gzip_at_once(body: &[u8], keep: Keep) -> Option<Body> {
    let (_, length) = body.split_last_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let plain = body.len() >= SHORTEST && body.starts_with(MEMBER) && memchr::memmem::find(&body[MEMBER.len()..], MEMBER).is_none();
    if !plain || length > AT_ONCE.min(body.len() * MOST_OF_ONE) || length as u64 > keep.most() {
        return None;
    }
    let mut out = vec![0; length];
    let written = INFLATER.with_borrow_mut(|inflater| inflater.gzip_decompress(body, &mut out)).ok()?;
    if written != length {
        return None;
    }
    let kept = if keep == Keep::First { length.min(SHOWN) } else { length };
    out.truncate(kept);
    Some(Body { bytes: Bytes::from(out), omitted: (length - kept) as u64 })
}

/// Decodes the whole body, and keeps the wanted part. `None` if it is too large, or if more than `dropped` bytes of it are dropped.
fn all(mut decoder: impl Read, encoded: usize, keep: Keep, dropped: u64) -> io::Result<Option<Body>> {
    let most = keep.most().min(u64::MAX - 1);
    let first = if keep == Keep::First { SHOWN as u64 } else { most + 1 };
    let mut out = Vec::with_capacity((encoded * 3).min(usize::try_from(first).unwrap_or(usize::MAX)).min(1024 * 1024));
    decoder.by_ref().take(first).read_to_end(&mut out)?;
    // Dropped bytes are decoded too, to detect errors in them.
    let omitted = if keep == Keep::First { io::copy(&mut decoder.take(dropped), &mut io::sink())? } else { 0 };
    let fits = out.len() as u64 <= most && omitted < dropped;
    Ok(fits.then(|| Body { bytes: Bytes::from(out), omitted }))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn decoded(body: &[u8]) -> Result<String, String> {
        let headers = Headers::build([("content-encoding", &b"gzip"[..])].into_iter());
        let decoded = decode(&headers, body, Keep::All(MAX_BODY)).map_err(|error| error.message)?.unwrap();
        Ok(String::from_utf8(decoded.bytes.to_vec()).unwrap())
    }

    #[test]
    fn bytes_behind_a_gzip_body_are_ignored() {
        for tail in [&b"\0\0\0\0"[..], b"noise", b"\x1f"] {
            assert_eq!(decoded(&[&gzip(b"ok"), tail].concat()).unwrap(), "ok");
            assert_eq!(decoded(&[&gzip(b"ok"), &gzip(b""), &gzip(b"more"), tail].concat()).unwrap(), "okmore");
        }
        assert!(decoded(&[&gzip(b"ok"), &b"\x1f\x8b\x08"[..]].concat()).unwrap_err().contains("it ends too early"));
        assert!(decoded(b"noise").is_err());
    }

    #[test]
    fn members_without_end_are_limited() {
        let body = gzip(b"").repeat(1000);
        let limit = WorkLimit::of(body.len());
        let work = limit.start();
        let mut members = GzipMembers::new(&body, &work);
        assert_eq!(members.read(&mut [0; 10]).unwrap(), 0);
        assert_eq!(members.count, 1000);
        // A body of members without content takes time, and no memory.
        let (endless, limit) = (gzip(b"").repeat(3_000_000), WorkLimit::of(0));
        let work = limit.start();
        let error = all(GzipMembers::new(&endless, &work), endless.len(), Keep::All(MAX_BODY), MOST_DROPPED).unwrap_err();
        assert_eq!(error.to_string(), "it takes more than 1s of processor time");
    }

    #[test]
    fn parts_without_content_are_limited_in_every_encoding() {
        // A head, and then empty blocks: of brotli (metadata), of deflate (stored).
        let brotli = [&[0x0c][..], &vec![0x06; 60 << 20]].concat();
        let deflate = [0, 0, 0, 0xff, 0xff].repeat(12 << 20);
        for (coding, body) in [("br", brotli), ("deflate", deflate), ("gzip", gzip(b"").repeat(3 << 20))] {
            let (keep, limit) = (Keep::All(MAX_BODY), WorkLimit::used_up());
            let work = limit.start();
            let watched = Watched::new(&body, &work);
            let error = match coding {
                "br" => all(brotli_decompressor::Decompressor::new(watched, PIECE), body.len(), keep, MOST_DROPPED),
                "gzip" => all(GzipMembers::new(&body, &work), body.len(), keep, MOST_DROPPED),
                _ => all(DeflateDecoder::new(watched), body.len(), keep, MOST_DROPPED),
            };
            assert_eq!(error.unwrap_err().to_string(), "it takes more than 1s of processor time", "{coding}");
        }
    }

    #[test]
    fn encodings_of_a_body_share_the_limit_of_what_arrived() {
        // 60 MB of empty members, in a few hundred KB: each member alone is worth what its own bytes may take.
        let members = gzip(&gzip(b"").repeat(3 << 20));
        assert!(members.len() < 1 << 20);
        let headers = Headers::build([("content-encoding", &b"gzip, gzip"[..])].into_iter());
        let error = decode(&headers, &members, Keep::All(MAX_BODY)).unwrap_err();
        assert!(error.message.contains("it takes more than 1.") && error.message.ends_with("of processor time"), "{}", error.message);
    }

    #[test]
    fn body_that_nobody_reads_is_decoded_up_to_a_limit() {
        const LIMIT: u64 = 100_000;
        let decoded = |length: usize| {
            let encoded = gzip(&vec![b'a'; length]);
            all(GzipMembers::new(&encoded, &WorkLimit::of(encoded.len()).start()), encoded.len(), Keep::First, LIMIT).unwrap()
        };
        let most = SHOWN + LIMIT as usize;
        let fits = decoded(most - 1).unwrap();
        assert_eq!((fits.bytes.len(), fits.omitted), (SHOWN, LIMIT - 1));
        assert!(decoded(most).is_none() && decoded(most * 100).is_none());
    }
}
