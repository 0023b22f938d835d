//! Reads data from clients: percent encoding, forms, cookies, multipart bodies.

use std::borrow::Cow;

/// Decodes percent escapes. As in browsers, a stray `%` represents itself.
pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        let escaped = match (byte, after) {
            (b'%', [high, low, ..]) => nibble(*high).zip(nibble(*low)),
            _ => None,
        };
        if let Some((high, low)) = escaped {
            bytes.push(high << 4 | low);
            rest = &after[2..];
        } else {
            bytes.push(*byte);
            rest = after;
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The pairs of a query or a form.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    let plain = |part: &str| unescape(&part.replace('+', " ")).into_owned();
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (plain(name), plain(value))
        })
        .collect()
}

/// The first value with a name.
pub(crate) fn find<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// A cookie of a `Cookie` header.
pub(crate) fn cookie<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    header.split(';').filter_map(|pair| pair.trim().split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// A part of a multipart body.
#[derive(Debug, PartialEq)]
pub(crate) struct Part<'b> {
    pub(crate) name: String,
    pub(crate) file: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) body: &'b [u8],
}

/// The parts of a `multipart/form-data` body. The error says what is missing in the body.
pub(crate) fn multipart<'b>(content_type: &str, body: &'b [u8]) -> Result<Vec<Part<'b>>, String> {
    let (kind, attributes) = content_type.split_once(';').unwrap_or((content_type, ""));
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return Err(format!("Content-Type is {content_type:?}, not multipart/form-data"));
    }
    let boundary = attribute(attributes, "boundary").ok_or("the Content-Type names no boundary")?;
    let line = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(line.as_bytes()).ok_or_else(|| format!("the body does not begin with {line:?}"))?;
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        rest = rest.strip_prefix(b"\r\n").ok_or("a boundary is not followed by a line break")?;
        let head_end = seek(rest, b"\r\n\r\n").ok_or("a part has no end of its headers")?;
        let head = std::str::from_utf8(&rest[..head_end]).map_err(|_| "a part's headers are not UTF-8")?;
        rest = &rest[head_end + 4..];
        let end = seek(rest, between.as_bytes()).ok_or("the last boundary is missing")?;
        parts.push(part(head, &rest[..end])?);
        rest = &rest[end + between.len()..];
    }
    Ok(parts)
}

fn part<'b>(head: &str, body: &'b [u8]) -> Result<Part<'b>, String> {
    let header = |wanted: &str| {
        head.split("\r\n")
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.trim())
    };
    let disposition = header("Content-Disposition").ok_or("a part has no Content-Disposition")?;
    let name = attribute(disposition, "name").ok_or("a part's Content-Disposition has no name")?;
    Ok(Part { name, file: attribute(disposition, "filename"), content_type: header("Content-Type").map(str::to_owned), body })
}

/// An attribute of a header's value: `; name="x"` or `; name=x`.
fn attribute(text: &str, wanted: &str) -> Option<String> {
    text.split(';').filter_map(|piece| piece.trim().split_once('=')).find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(
        |(_, value)| {
            let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            quoted.unwrap_or(value).to_owned()
        },
    )
}

/// The position of the first `needle`. Compares the rest only where its first byte occurs.
fn seek(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window[0] == needle[0] && window == needle)
}
