//! What the head of a response says about its body, and what the client acts upon.

use std::ops::Range;

use crate::http::message::Version;
use crate::http::message::charset::Charset;
use crate::http::message::headers::Headers;

/// The parts of a head, as far as they matter.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) version: Version,
    /// Where its fields stand.
    pub(crate) fields: Range<usize>,
    /// The fields, where they can't stay as they were received.
    pub(crate) rebuilt: Option<Headers>,
    /// Whether its connection may be used again, as far as its fields can be read in one way only.
    pub(crate) trusted: bool,
    /// Its length with the empty line at its end.
    pub(crate) length: usize,
    /// How the body is framed, if the fields say it plainly; else all of them have to be looked at (RFC 9112, 6.3).
    pub(crate) plain: Option<PlainFraming>,
    /// Whether there are fields that the client acts upon: `Location`, `Set-Cookie`, `Content-Encoding`.
    pub(crate) has_client_headers: bool,
    /// What `Content-Type` says of the body's text.
    pub(crate) charset: Charset,
}

/// How a body is framed that fields describe once, and without contradiction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlainFraming {
    /// This many bytes.
    Length(usize),
    Chunked,
}

/// What fields say that the client acts upon.
#[derive(Default)]
pub(in crate::http) struct FramingFields {
    framing: Option<PlainFraming>,
    /// Whether that is all there is to know of how the body is framed.
    plain: bool,
    has_client_headers: bool,
    charset: Charset,
}

impl FramingFields {
    /// Of no field so far.
    pub(in crate::http) fn of(version: Version) -> Self {
        Self { plain: version == Version::Http11, ..Self::default() }
    }

    pub(in crate::http) fn note(&mut self, name: &[u8], value: &[u8]) {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        match name.len() {
            8 => self.has_client_headers |= is("location"),
            10 if is("set-cookie") => self.has_client_headers = true,
            10 if is("connection") => self.plain &= value.eq_ignore_ascii_case(b"keep-alive"),
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
            has_client_headers: self.has_client_headers,
            charset: self.charset,
        }
    }
}

/// A number of so few digits that it can't be too large.
pub(in crate::http) fn digits(value: &[u8]) -> Option<usize> {
    if value.is_empty() || value.len() > 9 {
        return None;
    }
    value.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + usize::from(byte - b'0')))
}
