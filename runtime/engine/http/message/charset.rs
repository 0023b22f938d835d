//! The charset of a body's text. `Content-Type` sets it. If it doesn't, the first bytes of an HTML or XML page can. A byte order mark
//! overrides both (WHATWG Encoding, HTML 13.2.3). Everything else is UTF-8, which costs nothing, because the result for a head is cached
//! with the head. JSON is always UTF-8 (RFC 8259, 8.1).

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

/// How many bytes of a page are searched for its charset (HTML 13.2.3.2).
const LOOKED_AT: usize = 1024;

/// The charset of a body's text according to its head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8, or not set.
    #[default]
    Utf8,
    /// Another charset.
    Other(&'static Encoding),
    /// Not set, but the body is a page that may set it.
    Page,
}

impl Charset {
    /// The charset for a value of `Content-Type`.
    pub(crate) fn of(content_type: &[u8]) -> Self {
        let has = |part: &[u8]| content_type.windows(part.len()).any(|here| here.eq_ignore_ascii_case(part));
        if has(b"json") {
            return Self::Utf8;
        }
        match parameter(content_type).and_then(Encoding::for_label) {
            Some(encoding) if encoding == UTF_8 => Self::Utf8,
            Some(encoding) => Self::Other(encoding),
            // An unknown label counts as not set.
            None if has(b"html") || has(b"xml") => Self::Page,
            None => Self::Utf8,
        }
    }

    /// The charset of this body; `None` if it is UTF-8.
    pub(crate) fn of_body(self, body: &[u8]) -> Option<&'static Encoding> {
        let declared = match Encoding::for_bom(body) {
            Some((encoding, _)) => Some(encoding),
            None => match self {
                Self::Utf8 => None,
                Self::Other(encoding) => Some(encoding),
                Self::Page => of_page(&body[..body.len().min(LOOKED_AT)]),
            },
        };
        declared.filter(|encoding| *encoding != UTF_8)
    }

    /// The text of a body, without a byte order mark. Invalid bytes are replaced.
    pub(crate) fn text(self, body: &[u8]) -> Cow<'_, str> {
        match self.of_body(body) {
            Some(encoding) => encoding.decode(body).0,
            None => String::from_utf8_lossy(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)),
        }
    }
}

/// The value of the parameter `charset`.
fn parameter(content_type: &[u8]) -> Option<&[u8]> {
    content_type.split(|byte| *byte == b';').skip(1).find_map(|part| {
        let (name, value) = split(part, b'=')?;
        name.trim_ascii().eq_ignore_ascii_case(b"charset").then(|| trimmed(value))
    })
}

fn split(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(at, bytes)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

/// The value without surrounding spaces and quotes.
fn trimmed(value: &[u8]) -> &[u8] {
    let value = value.trim_ascii();
    let inner = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    let inner = inner.or_else(|| value.strip_prefix(b"'").and_then(|value| value.strip_suffix(b"'")));
    inner.unwrap_or(value).trim_ascii()
}

/// The charset that a page sets: `<?xml encoding="…"?>`, `<meta charset="…">`, `<meta http-equiv content="…; charset=…">`.
fn of_page(beginning: &[u8]) -> Option<&'static Encoding> {
    let lower = beginning.to_ascii_lowercase();
    let mut rest = lower.as_slice();
    while let Some(at) = memchr::memchr(b'<', rest) {
        rest = &rest[at..];
        if rest.starts_with(b"<!--") {
            let end = memchr::memmem::find(rest, b"-->")?;
            rest = &rest[end + 3..];
            continue;
        }
        let end = memchr::memchr(b'>', rest).unwrap_or(rest.len());
        let tag = &rest[..end];
        let found = if tag.starts_with(b"<?xml") {
            value_behind(tag, b"encoding")
        } else if tag.starts_with(b"<meta") && tag.get(5).is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'/') {
            value_behind(tag, b"charset")
        } else {
            None
        };
        if let Some(encoding) = found.and_then(Encoding::for_label) {
            // If the beginning of a page can be read as ASCII, it isn't UTF-16, whatever the page says.
            let is_wide = encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE;
            return Some(if is_wide { UTF_8 } else { encoding });
        }
        rest = &rest[end..];
    }
    None
}

/// The value after `name` and `=`, up to its quote or to a character that can't be part of a label.
fn value_behind<'t>(tag: &'t [u8], name: &[u8]) -> Option<&'t [u8]> {
    let mut rest = tag;
    loop {
        let at = memchr::memmem::find(rest, name)?;
        rest = &rest[at + name.len()..];
        let Some(value) = rest.trim_ascii_start().strip_prefix(b"=") else { continue };
        let value = value.trim_ascii_start();
        let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
        let end = value.iter().position(|byte| matches!(byte, b'"' | b'\'' | b';' | b'/' | b'?') || byte.is_ascii_whitespace());
        return Some(&value[..end.unwrap_or(value.len())]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content_type: &str, body: &[u8]) -> String {
        Charset::of(content_type.as_bytes()).text(body).into_owned()
    }

    #[test]
    fn labels_are_those_of_browsers() {
        assert_eq!(text("text/plain; charset=iso-8859-1", b"caf\xe9"), "café");
        assert_eq!(text("text/plain;Charset=\"ISO-8859-1\"", b"caf\xe9 \x80"), "café €");
        assert_eq!(text("text/plain; a=b; charset = windows-1251", b"\xcf\xf0\xe8\xe2\xe5\xf2"), "Привет");
        assert_eq!(text("text/plain; charset=Shift_JIS", b"\x93\xfa\x96{"), "日本");
        assert_eq!(text("text/plain; charset=gbk", b"\xd6\xd0"), "中");
        assert_eq!(text("text/plain; charset=utf-16le", b"a\0\xe9\0"), "aé");
        for same in ["", "text/plain", "text/plain; charset=UTF-8", "text/plain; charset=utf8", "text/plain; charset=nonsense"] {
            assert_eq!(text(same, "café".as_bytes()), "café", "{same}");
            assert_eq!(text(same, b"caf\xe9"), "caf\u{fffd}", "{same}");
            assert_eq!(Charset::of(same.as_bytes()), Charset::Utf8);
        }
        // JSON is UTF-8.
        assert_eq!(text("application/json; charset=iso-8859-1", "café".as_bytes()), "café");
    }

    #[test]
    fn page_sets_its_charset_if_its_head_does_not() {
        let latin = |page: &str| [page.as_bytes(), b"caf\xe9"].concat();
        for page in [
            "<html><meta charset=iso-8859-1>",
            "<META Charset = \"latin1\" >",
            "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=windows-1252\">",
            "<!-- <meta charset=utf-8> --><meta charset='iso-8859-1'/>",
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>",
            "<meta name=charset content=x><meta charset=iso-8859-1>",
        ] {
            assert!(text("text/html", &latin(page)).ends_with("café"), "{page}");
            assert!(text("application/xhtml+xml", &latin(page)).ends_with("café"), "{page}");
            // The head takes precedence, and only pages are searched.
            assert!(text("text/html; charset=utf-8", &latin(page)).ends_with("caf\u{fffd}"), "{page}");
            assert!(text("text/plain", &latin(page)).ends_with("caf\u{fffd}"), "{page}");
        }
        assert!(text("text/html", "<meta charset=utf-16>café".as_bytes()).ends_with("café"));
        assert!(text("text/html", "<metacharset=latin1><meta charset=>café".as_bytes()).ends_with("café"));
        let far = format!("{}<meta charset=iso-8859-1>", " ".repeat(1100));
        assert!(text("text/html", &latin(&far)).ends_with("caf\u{fffd}"));
        assert_eq!(text("text/html", b"<"), "<");
        assert_eq!(text("text/html", b"<!--"), "<!--");
    }

    #[test]
    fn byte_order_mark_overrides_every_other_charset() {
        assert_eq!(text("text/plain; charset=iso-8859-1", "\u{feff}café".as_bytes()), "café");
        assert_eq!(text("text/plain", b"\xff\xfea\0\xe9\0"), "aé");
        assert_eq!(text("text/html", b"\xfe\xff\0a\0\xe9"), "aé");
        assert_eq!(text("text/plain", "\u{feff}".as_bytes()), "");
    }
}
