//! Header fields of a response, one block of text and an index into it; and what there is to know of a request's raw lines.

use ecow::EcoString;

use super::Failure;

/// Most fields a response may have.
pub(crate) const MAX_FIELDS: usize = 128;
/// Most bytes a response's head may have.
pub(crate) const MAX_HEAD: usize = 64 * 1024;

/// Where a field stands in the block: its name, and right after it its value.
#[derive(Clone, Copy, Debug)]
struct Field {
    start: u32,
    name: u32,
    value: u32,
}

/// The header fields of a response, in the order they came. Names are found in any case.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    text: EcoString,
    fields: Box<[Field]>,
}

impl Headers {
    /// Copies fields into one block. Values that are no UTF-8 have their odd bytes replaced.
    pub(crate) fn build<'h>(from: impl Iterator<Item = (&'h str, &'h [u8])> + Clone) -> Self {
        let (bytes, count) = from.clone().fold((0, 0), |(bytes, count), (name, value)| (bytes + name.len() + value.len(), count + 1));
        let mut text = EcoString::with_capacity(bytes);
        let mut fields = Vec::with_capacity(count);
        for (name, value) in from {
            let start = text.len() as u32;
            text.push_str(name);
            let before = text.len();
            let value = String::from_utf8_lossy(value);
            if value.contains(['\r', '\n']) {
                text.push_str(&value.replace(['\r', '\n'], " "));
            } else {
                text.push_str(&value);
            }
            fields.push(Field { start, name: name.len() as u32, value: (text.len() - before) as u32 });
        }
        Self { text, fields: fields.into() }
    }

    fn name(&self, field: &Field) -> &str {
        let start = field.start as usize;
        &self.text[start..start + field.name as usize]
    }

    fn value(&self, field: &Field) -> &str {
        let start = (field.start + field.name) as usize;
        &self.text[start..start + field.value as usize]
    }

    /// The first value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| self.name(field).eq_ignore_ascii_case(name)).map(|field| self.value(field))
    }

    /// All values of a field.
    pub fn get_all<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h str> + use<'h> {
        let name = EcoString::from(name);
        self.fields.iter().filter(move |field| self.name(field).eq_ignore_ascii_case(&name)).map(|field| self.value(field))
    }

    /// All fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        self.fields.iter().map(|field| (self.name(field), self.value(field)))
    }

    /// Whether a field is a list that has this word.
    pub(crate) fn has_token(&self, name: &str, token: &str) -> bool {
        self.get_all(name).flat_map(|value| value.split(',')).any(|word| word.trim().eq_ignore_ascii_case(token))
    }

    /// `Content-Length`, where it is one: repeated equal values are one, others are a failure (RFC 9112, 6.3).
    pub(crate) fn content_length(&self) -> Result<Option<u64>, Failure> {
        let mut found = None;
        for value in self.get_all("content-length").flat_map(|value| value.split(',')) {
            let value = value.trim();
            let length = (!value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| value.parse::<u64>().ok())
                .flatten()
                .ok_or_else(|| Failure::protocol(format!("`Content-Length: {value}` is no length")))?;
            if found.is_some_and(|found| found != length) {
                return Err(Failure::protocol("the answer has two different Content-Lengths"));
            }
            found = Some(length);
        }
        Ok(found)
    }
}

/// The lines of a raw block: name, value, and the line with its end.
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

/// Which fields a raw block has of those that are added where they are missing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Said {
    pub(crate) host: bool,
    pub(crate) user_agent: bool,
    pub(crate) accept: bool,
    pub(crate) accept_encoding: bool,
    pub(crate) close: bool,
    /// There are lines that can't be copied as they stand.
    pub(crate) special: bool,
}

impl Said {
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

/// Whether a name is one of these, in any case.
pub(crate) fn is_one_of(name: &[u8], names: &[&str]) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}
