//! Header fields of a response, which stay in the received bytes; and the properties of a request's raw lines.

use std::ops::Range;

use bytes::Bytes;
use ecow::EcoString;

/// The most bytes of a response's head, as in Chrome.
pub(crate) const MAX_HEAD: usize = 256 * 1024;

/// The header fields of a response, in order of arrival. Names are matched in any case.
///
/// The fields are a part of the received bytes and are searched only on demand, so a response whose headers nobody reads costs nothing.
/// Invariant: UTF-8, with a line `Name: value` for each field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// The received bytes. A status line may come before the fields, and a body after them.
    whole: Bytes,
    fields: Range<usize>,
}

impl Headers {
    /// Fields in their received form, with a line for each. A block that isn't UTF-8 has to go through [`Self::build`].
    pub(crate) fn received(block: Bytes) -> Self {
        Self { fields: 0..block.len(), whole: block }
    }

    /// Fields within a whole received response.
    pub(crate) fn within(whole: Bytes, fields: Range<usize>) -> Self {
        Self { whole, fields }
    }

    /// The received bytes after the fields.
    pub(crate) fn rest(&self) -> &[u8] {
        self.whole.get(self.fields.end..).unwrap_or_default()
    }

    /// Copies fields into one block. Invalid UTF-8 in values is replaced, and control characters become spaces.
    pub(crate) fn build<'h>(from: impl Iterator<Item = (&'h str, &'h [u8])>) -> Self {
        let mut block = String::new();
        for (name, value) in from {
            block.push_str(name);
            block.push_str(": ");
            let plain = |char: char| if char.is_ascii_control() && char != '\t' { ' ' } else { char };
            block.extend(String::from_utf8_lossy(value).chars().map(plain));
            block.push_str("\r\n");
        }
        Self::received(block.into())
    }

    /// All fields in their received form.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.whole.get(self.fields.clone()).unwrap_or_default()
    }

    /// The first value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        Lines(self.as_bytes()).find_map(|line| value_of(line, name))
    }

    /// All values of a field.
    pub fn get_all<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h str> + use<'h> {
        let name = EcoString::from(name);
        Lines(self.as_bytes()).filter_map(move |line| value_of(line, &name))
    }

    /// All fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        Lines(self.as_bytes()).filter_map(|line| {
            let colon = memchr::memchr(b':', line)?;
            Some((text(&line[..colon]), text(line[colon + 1..].trim_ascii())))
        })
    }

    /// Whether a field is a list that contains this token.
    pub(crate) fn has_token(&self, name: &str, token: &str) -> bool {
        self.get_all(name).flat_map(|value| value.split(',')).any(|word| word.trim().eq_ignore_ascii_case(token))
    }

    /// The value of `Content-Length`. Equal repeated values count as one, and different ones are an error (RFC 9112, 6.3). A length beyond
    /// 64 bits is ignored: browsers and curl read such a body until the connection ends.
    pub(crate) fn content_length(&self) -> Result<Option<u64>, String> {
        let mut found = None;
        for value in self.get_all("content-length").flat_map(|value| value.split(',')) {
            let value = value.trim();
            if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(format!("`Content-Length: {value}` is not a length"));
            }
            let length = value.parse::<u64>().ok();
            if found.is_some_and(|found| found != length) {
                return Err("the response has two different Content-Lengths".into());
            }
            found = Some(length);
        }
        Ok(found.flatten())
    }
}

/// Iterates over lines without their ends.
#[derive(Clone)]
struct Lines<'l>(&'l [u8]);

impl<'l> Iterator for Lines<'l> {
    type Item = &'l [u8];

    fn next(&mut self) -> Option<&'l [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.0).unwrap_or(self.0.len());
        let line = &self.0[..end];
        self.0 = self.0.get(end + 1..).unwrap_or_default();
        Some(line)
    }
}

/// The value of a line, if its field has this name.
fn value_of<'l>(line: &'l [u8], name: &str) -> Option<&'l str> {
    let matches = line.get(name.len()) == Some(&b':') && line[..name.len()].eq_ignore_ascii_case(name.as_bytes());
    matches.then(|| text(line[name.len() + 1..].trim_ascii()))
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// The lines of a raw block: the name, the value, and the line including its end.
pub(crate) fn lines(block: &[u8]) -> impl Iterator<Item = (&[u8], &[u8], &[u8])> {
    let mut rest = block;
    std::iter::from_fn(move || {
        loop {
            if rest.is_empty() {
                return None;
            }
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let (line, after) = rest.split_at(end);
            rest = after;
            if let Some(colon) = memchr::memchr(b':', line) {
                return Some((&line[..colon], line[colon + 1..].trim_ascii(), line));
            }
        }
    })
}

/// Which of the fields that the client adds are already in a raw block.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PresentHeaders {
    pub(crate) host: bool,
    pub(crate) user_agent: bool,
    pub(crate) accept: bool,
    pub(crate) accept_encoding: bool,
    pub(crate) close: bool,
    /// Whether there are lines that can't be copied unchanged.
    pub(crate) special: bool,
}

impl PresentHeaders {
    pub(crate) fn note(&mut self, block: &[u8]) {
        for (name, value, _) in lines(block) {
            match name.len() {
                4 => self.host |= name.eq_ignore_ascii_case(b"host"),
                6 => {
                    self.accept |= name.eq_ignore_ascii_case(b"accept");
                    self.special |= name.eq_ignore_ascii_case(b"cookie");
                }
                10 => {
                    self.user_agent |= name.eq_ignore_ascii_case(b"user-agent");
                    self.close |=
                        name.eq_ignore_ascii_case(b"connection") && value.to_ascii_lowercase().windows(5).any(|word| word == b"close");
                }
                14 => self.special |= name.eq_ignore_ascii_case(b"content-length"),
                15 => self.accept_encoding |= name.eq_ignore_ascii_case(b"accept-encoding"),
                17 => self.special |= name.eq_ignore_ascii_case(b"transfer-encoding"),
                _ => {}
            }
        }
    }
}

/// Whether a name is in the list, in any case.
pub(crate) fn is_one_of(name: &[u8], names: &[&str]) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}
