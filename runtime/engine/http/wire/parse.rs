//! Parses the head of an HTTP/1.1 response (`lenient` parses malformed ones). The functions are pure, so that they can be fuzzed.

use super::lenient::parse_any;
use super::response_head::{FramingFields, Head, PlainFraming, digits};
use crate::http::message::Version;
use crate::http::message::charset::Charset;
use crate::http::message::failure::HttpError;
use crate::http::message::headers::MAX_HEAD;

/// Parsed heads, by the length of the received bytes. Servers send the same head repeatedly, and an identical head has the same meaning.
#[derive(Debug, Default)]
pub(crate) struct HeadCache([Option<(Vec<u8>, SimpleHead)>; CACHED_HEADS]);

const CACHED_HEADS: usize = 16;
/// Larger heads are not cached.
const LARGEST: usize = 8 * 1024;

/// A head of a final response over HTTP/1.1 with simple framing of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SimpleHead {
    pub(crate) status: u16,
    /// The beginning of its fields. They end where it ends.
    pub(crate) fields: usize,
    pub(crate) length: usize,
    pub(crate) body: PlainFraming,
    pub(crate) closes: bool,
    pub(crate) has_client_headers: bool,
    pub(crate) charset: Charset,
}

impl HeadCache {
    /// The cached head that the bytes begin with.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<SimpleHead> {
        let (known, head) = self.0[bytes.len() % CACHED_HEADS].as_ref()?;
        bytes.starts_with(known).then_some(*head)
    }

    /// Caches a head that was parsed from these bytes. Returns it if it is simple.
    pub(crate) fn insert(&mut self, bytes: &[u8], head: &Head) -> Option<SimpleHead> {
        let body = head.plain.filter(|_| head.status >= 200 && head.rebuilt.is_none() && head.length <= LARGEST)?;
        let Head { status, length, closes, has_client_headers, charset, .. } = *head;
        let simple = SimpleHead { status, fields: head.fields.start, length, body, closes, has_client_headers, charset };
        let (known, kept) = self.0[bytes.len() % CACHED_HEADS].get_or_insert_with(|| (Vec::new(), simple));
        known.clear();
        known.extend_from_slice(&bytes[..length]);
        *kept = simple;
        Some(simple)
    }
}

/// Parses a head; `None` if it isn't complete.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Head>, HttpError> {
    let bytes = &bytes[..bytes.len().min(MAX_HEAD)];
    match parse_plain(bytes) {
        Some(head) => Ok(Some(head)),
        None => parse_any(bytes),
    }
}

/// Parses a head of the usual form: HTTP/1.1, a field on each line, printable ASCII. `None` for any other form and for an incomplete head.
pub(crate) fn parse_plain(bytes: &[u8]) -> Option<Head> {
    let (line, mut rest) = plain_line(bytes)?;
    let (code, reason) = line.strip_prefix(b"HTTP/1.1 ")?.split_first_chunk::<3>()?;
    let status = digits(code).filter(|code| *code >= 100)? as u16;
    if !matches!(reason, [] | [b' ', ..]) {
        return None;
    }
    let start = bytes.len() - rest.len();
    let mut facts = FramingFields::of(Version::Http11);
    loop {
        let (line, behind) = plain_line(rest)?;
        rest = behind;
        if line.is_empty() {
            let length = bytes.len() - rest.len();
            return Some(facts.head(status, Version::Http11, start..length, None));
        }
        let name = line.iter().position(|byte| !IN_NAMES[usize::from(*byte)]).filter(|length| *length > 0)?;
        let value = line[name..].strip_prefix(b":")?;
        facts.note(&line[..name], value.trim_ascii());
    }
}

/// Letters, digits and the hyphen, which occur in nearly all names of fields.
const IN_NAMES: [bool; 256] = {
    let mut all = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        all[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'-';
        byte += 1;
    }
    all
};

/// A line of printable ASCII without its end, and the bytes after it.
fn plain_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let mut at = 0;
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*word);
        // A byte below 0x20 borrows, and one above 0x7E carries or has the high bit, so the lowest set bit is in the first such byte.
        let odd = (word | word.wrapping_sub(ONES * 0x20) | word.wrapping_add(ONES)) & (ONES * 0x80);
        if odd != 0 {
            at += odd.trailing_zeros() as usize / 8;
            break;
        }
        at += 8;
    }
    at += bytes.get(at..)?.iter().position(|byte| !matches!(byte, 0x20..0x7F))?;
    Some((&bytes[..at], bytes[at..].strip_prefix(b"\r\n")?))
}
