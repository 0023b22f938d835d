//! Any head of an HTTP/1.1 answer, as lenient with odd fields as browsers are: a site that people can use can be load tested.
//!
//! A field whose name has spaces behind it counts without them (RFC 9112, 5.1), one that goes on over the next line is joined by a space
//! (5.2), control characters in values become spaces (RFC 9110, 5.5), and a line that is no field is left out: no colon, no name, or a name
//! that isn't one, as browsers do. How many fields there are doesn't matter, only how large all of them are.
//!
//! What says how the body is framed is not guessed at, since a proxy that reads it otherwise would get another answer: two lengths that
//! differ, a length that isn't one and a transfer coding that isn't known fail the request (`Framing::of`; Chrome and curl refuse the first
//! too). A length or a coding in a line that is itself odd counts as it reads, but clients disagree about it (curl doesn't see
//! `Transfer-Encoding :`, browsers do): the connection isn't used again.

use super::response_head::{FramingFields, Head, digits};
use crate::http::message::Version;
use crate::http::message::failure::HttpError;
use crate::http::message::headers::Headers;

/// A head, once all of it is there.
pub(crate) fn parse_any(bytes: &[u8]) -> Result<Option<Head>, HttpError> {
    // Servers that end a body with one line end too many put it here.
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

/// Status and version; nothing where more bytes are needed, an error as soon as it is clear that it is none.
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
        // Below 100 is no status.
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
    HttpError::protocol(format!("the answer is not HTTP: it begins with `{}`", line.trim_end())).came("not HTTP")
}

/// The line that begins there without its end, and where the next one begins.
fn line(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = bytes.get(at..)?;
    let end = memchr::memchr(b'\n', rest)?;
    let line = &rest[..end];
    Some((line.strip_suffix(b"\r").unwrap_or(line), at + end + 1))
}

/// A field as it should be.
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

/// The fields that count, and whether the connection may be used again.
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
            // A folded line continues the one before it; if that was left out, so is this.
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

/// Whether a line speaks of how the body is framed.
fn frames(line: &[u8]) -> bool {
    let line = line.to_ascii_lowercase();
    ["content-length", "transfer-encoding"].iter().any(|name| memchr::memmem::find(&line, name.as_bytes()).is_some())
}
