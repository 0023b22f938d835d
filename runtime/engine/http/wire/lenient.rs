//! Reads any head of an HTTP/1.1 response. It is as lenient with malformed fields as browsers are, so that every site that people can use
//! can be load tested.
//!
//! Spaces after a field's name are ignored (RFC 9112, 5.1), continuation lines are joined with a space (5.2), control characters in values
//! become spaces (RFC 9110, 5.5), and a line that isn't a field is ignored: without a colon, without a name, or with an invalid name, as in
//! browsers. The number of fields doesn't matter, only their total size. A NUL fails the request, as in browsers and curl: what follows it is
//! another field for some clients, and nothing for others.
//!
//! The framing of the body is never guessed, because a proxy with another interpretation would read another response: two different
//! lengths, an invalid length and an unknown transfer coding fail the request (`Framing::of`; Chrome and curl also refuse the first). A
//! length or a coding in a malformed line counts, but clients disagree about it (curl ignores `Transfer-Encoding :`, browsers don't), so the
//! connection isn't reused.

use super::response_head::{FramingFields, Head, digits};
use crate::http::message::Version;
use crate::http::message::failure::HttpError;
use crate::http::message::headers::Headers;

/// Parses a head; `None` if it isn't complete.
pub(crate) fn parse_any(bytes: &[u8]) -> Result<Option<Head>, HttpError> {
    // Some servers end a body with an additional line end, which then comes before the next head.
    let blank = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
    let Some((status, version)) = status_line(&bytes[blank..]).map_err(|()| no_http(&bytes[blank..]))? else { return Ok(None) };
    let Some(end) = memchr::memchr(b'\n', &bytes[blank..]) else { return Ok(None) };
    let start = blank + end + 1;
    let mut facts = FramingFields::of(version);
    let (mut at, mut odd) = (start, false);
    loop {
        let Some((line, behind)) = line(bytes, at) else { return Ok(None) };
        at = behind;
        if line.is_empty() {
            break;
        }
        match plain_field(line) {
            Some((name, value)) => facts.note(name, value),
            None => odd = true,
        }
    }
    if memchr::memchr(0, &bytes[blank..at]).is_some() {
        return Err(HttpError::protocol("the head of the response contains a NUL character").came("NUL in the head"));
    }
    let (fields, block) = (start..at, &bytes[start..at]);
    if !odd && std::str::from_utf8(block).is_ok() {
        return Ok(Some(facts.head(status, version, fields, None)));
    }
    let (headers, trusted) = rebuilt(block);
    let mut facts = FramingFields::of(version);
    headers.iter().for_each(|(name, value)| facts.note(name.as_bytes(), value.as_bytes()));
    let mut head = facts.head(status, version, fields, Some(headers));
    head.trusted = trusted;
    Ok(Some(head))
}

/// Status and version. `None` if more bytes are needed, an error as soon as the bytes can't be a status line.
fn status_line(bytes: &[u8]) -> Result<Option<(u16, Version)>, ()> {
    const BEGINNING: &[u8] = b"HTTP/1.";
    let seen = bytes.len().min(BEGINNING.len());
    if bytes[..seen] != BEGINNING[..seen] {
        return Err(());
    }
    let version = match bytes.get(BEGINNING.len()) {
        None => return Ok(None),
        Some(b'0') => Version::Http10,
        Some(b'1') => Version::Http11,
        Some(_) => return Err(()),
    };
    let rest = &bytes[BEGINNING.len() + 1..];
    let fits = |at: usize, wanted: fn(&u8) -> bool| rest.get(at).is_none_or(wanted);
    let is_status = fits(0, |byte| *byte == b' ')
        && (1..4).all(|at| fits(at, u8::is_ascii_digit))
        // A status is at least 100.
        && fits(1, |byte| *byte != b'0')
        && fits(4, |byte| matches!(byte, b' ' | b'\r' | b'\n'));
    if !is_status {
        return Err(());
    }
    let Some(code) = rest.get(1..4).filter(|_| rest.len() > 4).and_then(digits) else { return Ok(None) };
    Ok(u16::try_from(code).ok().map(|code| (code, version)))
}

fn no_http(bytes: &[u8]) -> HttpError {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(&line[..line.len().min(60)]);
    HttpError::protocol(format!("the response is not HTTP: it begins with `{}`", line.trim_end())).came("not HTTP")
}

/// The line that begins at `at` without its end, and the beginning of the next one.
fn line(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = bytes.get(at..)?;
    let end = memchr::memchr(b'\n', rest)?;
    let line = &rest[..end];
    Some((line.strip_suffix(b"\r").unwrap_or(line), at + end + 1))
}

/// A well-formed field.
fn plain_field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    (is_name(name) && !value.iter().any(is_control)).then(|| (name, value.trim_ascii()))
}

/// A token (RFC 9110, 5.6.2).
fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

fn is_control(byte: &u8) -> bool {
    byte.is_ascii_control() && *byte != b'\t'
}

/// The valid fields, and whether the connection may be reused.
fn rebuilt(block: &[u8]) -> (Headers, bool) {
    let mut fields: Vec<(&str, Vec<u8>)> = Vec::new();
    let (mut at, mut trusted, mut joins) = (0, true, false);
    while let Some((line, behind)) = line(block, at) {
        at = behind;
        if line.is_empty() {
            break;
        }
        if plain_field(line).is_none() {
            trusted &= !frames(line);
        }
        if matches!(line[0], b' ' | b'\t') {
            // A continuation line belongs to the line before it. If that was ignored, so is the continuation.
            if let Some((name, value)) = fields.last_mut().filter(|_| joins) {
                trusted &= !frames(name.as_bytes());
                value.push(b' ');
                value.extend_from_slice(line.trim_ascii());
            }
            continue;
        }
        let field = memchr::memchr(b':', line).map(|colon| (line[..colon].trim_ascii_end(), line[colon + 1..].trim_ascii()));
        joins = false;
        if let Some((name, value)) = field.filter(|(name, _)| is_name(name))
            && let Ok(name) = std::str::from_utf8(name)
        {
            fields.push((name, value.to_vec()));
            joins = true;
        }
    }
    (Headers::build(fields.iter().map(|(name, value)| (*name, value.as_slice()))), trusted)
}

/// Whether a line is about the framing of the body.
fn frames(line: &[u8]) -> bool {
    let line = line.to_ascii_lowercase();
    ["content-length", "transfer-encoding"].iter().any(|name| memchr::memmem::find(&line, name.as_bytes()).is_some())
}
