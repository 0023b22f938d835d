//! The head of an HTTP/1.1 response, from its bytes. Pure, so that it can be fuzzed.

use std::mem::MaybeUninit;
use std::ops::Range;

use super::headers::{Headers, MAX_FIELDS, MAX_HEAD};
use super::{Failure, Version};

/// The parts of a head, as far as they matter.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) version: Version,
    /// Where its fields stand.
    pub(crate) fields: Range<usize>,
    /// The fields, where they can't stay as they were received.
    pub(crate) rebuilt: Option<Headers>,
    /// Its length with the empty line at its end.
    pub(crate) length: usize,
    /// The body's length, where it is said once and no field stands in its way; else the fields have to be looked at (RFC 9112, 6.3).
    pub(crate) plain_length: Option<usize>,
    /// Whether there are fields that the client acts upon: `Location`, `Set-Cookie`, `Content-Encoding`.
    pub(crate) concerns_client: bool,
}

/// Heads that were understood, by the length of what was received: a head that is the same byte for byte means the same, and servers send
/// the same one over and over.
#[derive(Debug, Default)]
pub(crate) struct Known([(Vec<u8>, Simple); KNOWN]);

const KNOWN: usize = 16;

/// A head of a final response over HTTP/1.1 whose body has a plain length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Simple {
    pub(crate) status: u16,
    /// Where its fields begin; they end where it ends.
    pub(crate) fields: usize,
    pub(crate) length: usize,
    pub(crate) body: usize,
    pub(crate) concerns_client: bool,
}

impl Known {
    /// The head that the bytes begin with, where it is known.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<Simple> {
        let (known, head) = &self.0[bytes.len() % KNOWN];
        (!known.is_empty() && bytes.starts_with(known)).then_some(*head)
    }

    /// Keeps a head that was understood in these bytes; gives it where it is simple.
    pub(crate) fn learn(&mut self, bytes: &[u8], head: &Head) -> Option<Simple> {
        let body = head.plain_length.filter(|_| head.status >= 200 && head.rebuilt.is_none())?;
        let (status, fields, length, concerns_client) = (head.status, head.fields.start, head.length, head.concerns_client);
        let simple = Simple { status, fields, length, body, concerns_client };
        let (known, kept) = &mut self.0[bytes.len() % KNOWN];
        known.clear();
        known.extend_from_slice(&bytes[..length]);
        *kept = simple;
        Some(simple)
    }
}

/// A head, once all of it is there.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Head>, Failure> {
    let bytes = &bytes[..bytes.len().min(MAX_HEAD)];
    match parse_plain(bytes) {
        Some(head) => Ok(Some(head)),
        None => parse_any(bytes),
    }
}

/// A head as nearly all are: HTTP/1.1, a field a line, printable ASCII. Nothing where it isn't, or isn't whole.
pub(crate) fn parse_plain(bytes: &[u8]) -> Option<Head> {
    let (line, mut rest) = plain_line(bytes)?;
    let (code, reason) = line.strip_prefix(b"HTTP/1.1 ")?.split_first_chunk::<3>()?;
    let status = digits(code).filter(|code| *code >= 100)? as u16;
    if !matches!(reason, [] | [b' ', ..]) {
        return None;
    }
    let start = bytes.len() - rest.len();
    let mut facts = Facts { plain: true, ..Facts::default() };
    for _ in 0..=MAX_FIELDS {
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
    None
}

/// Letters, digits and the hyphen: what nearly all names of fields are made of.
const IN_NAMES: [bool; 256] = {
    let mut all = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        all[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'-';
        byte += 1;
    }
    all
};

/// A line of printable ASCII without its end, and what follows it.
fn plain_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let mut at = 0;
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*word);
        // A byte below 0x20 borrows, one above 0x7E carries or has the high bit: the lowest bit that is set stands in the first of them.
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

/// Any head.
pub(crate) fn parse_any(bytes: &[u8]) -> Result<Option<Head>, Failure> {
    let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
    let mut parsed = httparse::Response::new(&mut []);
    let config = httparse::ParserConfig::default();
    match config.parse_response_with_uninit_headers(&mut parsed, bytes, &mut fields) {
        Ok(httparse::Status::Complete(length)) => head(&parsed, bytes, length).map(Some),
        Ok(httparse::Status::Partial) => Ok(None),
        // Values that go over several lines are obsolete, but some servers send them.
        Err(_) => parse_leniently(bytes),
    }
}

fn parse_leniently(bytes: &[u8]) -> Result<Option<Head>, Failure> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut parsed = httparse::Response::new(&mut fields);
    let mut config = httparse::ParserConfig::default();
    config.allow_obsolete_multiline_headers_in_responses(true);
    match config.parse_response(&mut parsed, bytes) {
        Ok(httparse::Status::Complete(length)) => {
            let mut head = head(&parsed, bytes, length)?;
            head.rebuilt = Some(rebuilt(&parsed));
            Ok(Some(head))
        }
        Ok(httparse::Status::Partial) => Ok(None),
        Err(httparse::Error::TooManyHeaders) => Err(Failure::protocol(format!("the answer has more than {MAX_FIELDS} header fields"))),
        Err(httparse::Error::Status | httparse::Error::Version | httparse::Error::Token) => {
            let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let line = String::from_utf8_lossy(&line[..line.len().min(60)]);
            Err(Failure::protocol(format!("the answer is not HTTP: it begins with `{}`", line.trim_end())))
        }
        Err(error) => Err(Failure::protocol(format!("the headers of the answer can't be read: {error}"))),
    }
}

fn rebuilt(parsed: &httparse::Response<'_, '_>) -> Headers {
    Headers::build(parsed.headers.iter().map(|field| (field.name, field.value)))
}

fn head(parsed: &httparse::Response<'_, '_>, bytes: &[u8], length: usize) -> Result<Head, Failure> {
    let status = parsed.code.unwrap_or_default();
    if status < 100 {
        return Err(Failure::protocol(format!("{status} is no status")));
    }
    let version = if parsed.version == Some(0) { Version::Http10 } else { Version::Http11 };
    let mut facts = Facts { plain: version == Version::Http11, ..Facts::default() };
    for field in parsed.headers.iter() {
        facts.note(field.name.as_bytes(), field.value);
    }
    // The fields begin behind the status line, which blank lines may stand before.
    let line = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or_default();
    let start = memchr::memchr(b'\n', &bytes[line..]).map_or(length, |at| line + at + 1).min(length);
    let fields = start..length;
    let block = &bytes[fields.clone()];
    let rebuilt = (!block.is_ascii() && std::str::from_utf8(block).is_err()).then(|| rebuilt(parsed));
    Ok(facts.head(status, version, fields, rebuilt))
}

/// What fields say that the client acts upon.
#[derive(Default)]
struct Facts {
    length: Option<usize>,
    /// Whether the length is all there is to know of how the body is framed.
    plain: bool,
    concerns_client: bool,
}

impl Facts {
    fn note(&mut self, name: &[u8], value: &[u8]) {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        match name.len() {
            8 => self.concerns_client |= is("location"),
            10 if is("set-cookie") => self.concerns_client = true,
            10 if is("connection") => self.plain &= value.eq_ignore_ascii_case(b"keep-alive"),
            14 if is("content-length") => {
                self.plain &= self.length.is_none();
                self.length = digits(value);
                self.plain &= self.length.is_some();
            }
            16 => self.concerns_client |= is("content-encoding"),
            17 => self.plain &= !is("transfer-encoding"),
            _ => {}
        }
    }

    fn head(self, status: u16, version: Version, fields: Range<usize>, rebuilt: Option<Headers>) -> Head {
        let length = fields.end;
        let plain_length = self.length.filter(|_| self.plain);
        Head { status, version, fields, rebuilt, length, plain_length, concerns_client: self.concerns_client }
    }
}

/// A number of so few digits that it can't be too large.
fn digits(value: &[u8]) -> Option<usize> {
    if value.is_empty() || value.len() > 9 {
        return None;
    }
    value.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + usize::from(byte - b'0')))
}
