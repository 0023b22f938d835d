//! Content encodings: gzip, deflate, br.

use std::io::{self, Read};

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::body::MAX_BODY;
use super::{Failure, Headers};

/// The body as it was before it was encoded; nothing where it wasn't. Encodings that aren't known leave it as it is.
pub(crate) fn decode(headers: &Headers, encoded: &[u8]) -> Result<Option<Bytes>, Failure> {
    if encoded.is_empty() || headers.get("content-encoding").is_none() {
        return Ok(None);
    }
    let codings: Vec<&str> = headers.get_all("content-encoding").flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut decoded: Option<Vec<u8>> = None;
    for coding in codings.into_iter().rev() {
        let body = decoded.as_deref().unwrap_or(encoded);
        let result = match coding.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => all(MultiGzDecoder::new(body), body.len()),
            "br" => all(brotli_decompressor::Decompressor::new(body, 4096), body.len()),
            // The standard means zlib's format; some servers send it bare.
            "deflate" if is_zlib(body) => all(ZlibDecoder::new(body), body.len()),
            "deflate" => all(DeflateDecoder::new(body), body.len()),
            "identity" | "" => continue,
            _ => break,
        };
        decoded = match result {
            Ok(Some(decoded)) => Some(decoded),
            Ok(None) => return Err(Failure::protocol(format!("the decoded body is larger than {} MB", MAX_BODY / 1024 / 1024))),
            Err(error) => {
                let why =
                    if error.kind() == io::ErrorKind::UnexpectedEof { "it ends too early" } else { "it is something else, or damaged" };
                return Err(Failure::protocol(format!("the body says it is {coding}, but can't be decoded: {why}")));
            }
        };
    }
    Ok(decoded.map(Bytes::from))
}

fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [first, second, ..] if first & 0x0f == 8 && (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0)
}

/// All of it; none where it is too much.
fn all(decoder: impl Read, encoded: usize) -> io::Result<Option<Vec<u8>>> {
    let mut out = Vec::with_capacity((encoded * 3).min(MAX_BODY));
    decoder.take(MAX_BODY as u64 + 1).read_to_end(&mut out)?;
    Ok((out.len() <= MAX_BODY).then_some(out))
}
