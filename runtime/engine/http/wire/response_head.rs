//! The head of a response: the framing of its body, and the fields that the client acts upon.

use std::ops::Range;

use crate::http::message::Version;
use crate::http::message::charset::Charset;
use crate::http::message::headers::Headers;

/// The relevant parts of a head.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) version: Version,
    /// The range of its fields.
    pub(crate) fields: Range<usize>,
    /// The fields, if they can't stay in their received form.
    pub(crate) rebuilt: Option<Headers>,
    /// Whether its connection may be reused, because all of its fields have one possible meaning.
    pub(crate) trusted: bool,
    /// Its length, including the empty line at its end.
    pub(crate) length: usize,
    /// The framing of the body, if it is simple. Otherwise all fields have to be read (RFC 9112, 6.3).
    pub(crate) plain: Option<PlainFraming>,
    /// Whether a field `Connection: close` ends the connection.
    pub(crate) closes: bool,
    /// Whether there are fields that the client acts upon: `Location`, `Set-Cookie`, `Content-Encoding`.
    pub(crate) has_client_headers: bool,
    /// The charset of the body's text according to `Content-Type`.
    pub(crate) charset: Charset,
}

/// The framing of a body whose fields are unique and don't contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlainFraming {
    /// This many bytes.
    Length(usize),
    Chunked,
}

/// Collects the fields that the client acts upon.
#[derive(Default)]
pub(in crate::http) struct FramingFields {
    framing: Option<PlainFraming>,
    /// Whether `framing` is all that is needed to read the body.
    plain: bool,
    closes: bool,
    has_client_headers: bool,
    charset: Charset,
}

impl FramingFields {
    /// Starts without any field.
    pub(in crate::http) fn of(version: Version) -> Self {
        Self { plain: version == Version::Http11, ..Self::default() }
    }

    pub(in crate::http) fn note(&mut self, name: &[u8], value: &[u8]) {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        match name.len() {
            8 => self.has_client_headers |= is("location"),
            10 if is("set-cookie") => self.has_client_headers = true,
            10 if is("connection") => {
                let closes = value.eq_ignore_ascii_case(b"close");
                self.closes |= closes;
                self.plain &= closes || value.eq_ignore_ascii_case(b"keep-alive");
            }
            12 if is("content-type") => self.charset = Charset::of(value),
            14 if is("content-length") => {
                self.plain &= self.framing.is_none();
                self.framing = digits(value).map(PlainFraming::Length);
                self.plain &= self.framing.is_some();
            }
            16 => self.has_client_headers |= is("content-encoding"),
            17 if is("transfer-encoding") => {
                self.plain &= self.framing.is_none() && value.eq_ignore_ascii_case(b"chunked");
                self.framing = Some(PlainFraming::Chunked);
            }
            _ => {}
        }
    }

    pub(in crate::http) fn head(self, status: u16, version: Version, fields: Range<usize>, rebuilt: Option<Headers>) -> Head {
        let length = fields.end;
        let plain = self.framing.filter(|_| self.plain);
        Head {
            status,
            version,
            fields,
            rebuilt,
            trusted: true,
            length,
            plain,
            closes: self.closes,
            has_client_headers: self.has_client_headers,
            charset: self.charset,
        }
    }
}

/// Reads a number with few enough digits that it can't be too large.
pub(in crate::http) fn digits(value: &[u8]) -> Option<usize> {
    if value.is_empty() || value.len() > 9 {
        return None;
    }
    value.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + usize::from(byte - b'0')))
}
