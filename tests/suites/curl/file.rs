//! The format of curl's test files (`tests/FILEFORMAT.md` of curl): sections, conditions and variables.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The features that the tests assume of curl.
const FEATURES: &[&str] = &[
    "alt-svc",
    "AWS",
    "cookies",
    "crypto",
    "Debug",
    "digest",
    "HSTS",
    "http",
    "IPv6",
    "large-size",
    "large-time",
    "libz",
    "Mime",
    "NTLM",
    "proxy",
    "SSL",
    "SSLpinning",
    "threadsafe",
    "UnixSockets",
    "verbose-strings",
];

/// A test file whose conditions and variables are resolved.
pub(super) struct TestFile {
    bytes: Vec<u8>,
}

/// A section: the attributes of its tag, and its content.
pub(super) struct Section {
    pub(super) name: String,
    pub(super) content: Vec<u8>,
}

impl TestFile {
    pub(super) fn read(text: &[u8], number: &str, port: u16) -> Self {
        let port = port.to_string();
        let mut bytes = text.to_vec();
        let folder = "/tmp";
        for (name, value) in [
            ("%TESTNUMBER", number),
            ("%HOSTIP", "127.0.0.1"),
            ("%HTTPPORT", &port),
            ("%HTTPSPORT", &port),
            ("%PROXYPORT", &port),
            ("%HTTP6PORT", &port),
            ("%HTTP2PORT", &port),
            ("%HTTPTLSPORT", &port),
            ("%HOST6IP", "[::1]"),
            ("%CLIENT6IP", "[::1]"),
            ("%CLIENTIP", "127.0.0.1"),
            ("%VERSION", "8.0.0"),
            ("%LOGDIR", folder),
            ("%SRCDIR", folder),
            ("%CERTDIR", folder),
            ("%PWD", folder),
            ("%FILE_PWD", folder),
            ("%AMP", "&"),
        ] {
            bytes = replaced(&bytes, name.as_bytes(), value.as_bytes());
        }
        let bytes = conditions(&bytes);
        let mut bytes = calls(&bytes);
        for (name, value) in [("%SP", " "), ("%TAB", "\t"), ("%CR", "\r"), ("%LT", "<"), ("%GT", ">")] {
            bytes = replaced(&bytes, name.as_bytes(), value.as_bytes());
        }
        Self { bytes }
    }

    /// The sections with this name in a part of the file, `reply` or `verify`; `data` includes `data1` and `data1000`.
    pub(super) fn sections(&self, part: &str, name: &str) -> Vec<Section> {
        let mut sections = Vec::new();
        let (mut within, mut open): (bool, Option<(Section, Vec<u8>)>) = (false, None);
        for line in self.bytes.split_inclusive(|byte| *byte == b'\n') {
            let text = String::from_utf8_lossy(line);
            let tag = text.trim();
            if let Some((section, attributes)) = &mut open {
                if tag == format!("</{}>", section.name) {
                    let (mut section, attributes) = (Section { name: section.name.clone(), content: Vec::new() }, attributes.clone());
                    if let Some((done, _)) = open.take() {
                        section.content = with_attributes(done.content, &String::from_utf8_lossy(&attributes));
                    }
                    sections.push(section);
                } else {
                    section.content.extend_from_slice(line);
                }
            } else if tag == format!("<{part}>") {
                within = true;
            } else if tag == format!("</{part}>") {
                within = false;
            } else if within && let Some(inner) = tag.strip_prefix('<').and_then(|tag| tag.strip_suffix('>')) {
                let (own, attributes) = inner.split_once(' ').unwrap_or((inner, ""));
                let number = own.strip_prefix(name);
                if number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
                    open = Some((Section { name: own.to_owned(), content: Vec::new() }, attributes.as_bytes().to_vec()));
                }
            }
        }
        sections
    }

    /// The content of the first such section.
    pub(super) fn section(&self, part: &str, name: &str) -> Option<Vec<u8>> {
        self.sections(part, name).into_iter().find(|section| section.name == name).map(|section| section.content)
    }

    /// As `section`, as text.
    pub(super) fn text(&self, part: &str, name: &str) -> String {
        String::from_utf8_lossy(&self.section(part, name).unwrap_or_default()).into_owned()
    }
}

fn with_attributes(mut content: Vec<u8>, attributes: &str) -> Vec<u8> {
    if attributes.contains("base64=\"yes\"") {
        content.retain(|byte| !byte.is_ascii_whitespace());
        content = STANDARD.decode(&content).unwrap_or_default();
    }
    if attributes.contains("hex=\"yes\"") {
        content.retain(|byte| !byte.is_ascii_whitespace());
        content = hex::decode(&content).unwrap_or_default();
    }
    if attributes.contains("crlf=\"yes\"") {
        content = content.split_inclusive(|byte| *byte == b'\n').flat_map(with_crlf).collect();
    }
    if attributes.contains("crlf=\"headers\"") {
        let mut in_head = false;
        let mut out = Vec::new();
        for line in content.split_inclusive(|byte| *byte == b'\n') {
            let is_head = is_head(line);
            let ends_head = line == b"\n" && in_head;
            out.extend(if is_head || ends_head { with_crlf(line) } else { line.to_vec() });
            in_head = is_head;
        }
        content = out;
    }
    if attributes.contains("nonewline=\"yes\"") && content.ends_with(b"\n") {
        content.pop();
        if content.ends_with(b"\r") {
            content.pop();
        }
    }
    content
}

/// Whether a line looks like the first line of a request or a response.
fn is_head(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    let is_status = ["HTTP/1.1 ", "HTTP/1.0 ", "HTTP/2 ", "HTTP/3 "].iter().any(|start| text.starts_with(start));
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_request = words.len() == 3 && words[2].starts_with("HTTP/");
    let name = text.split_once(": ").map_or("", |(name, _)| name);
    let is_field = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    is_status || is_request || is_field
}

fn with_crlf(line: &[u8]) -> Vec<u8> {
    match line.strip_suffix(b"\n") {
        Some(line) => [line.strip_suffix(b"\r").unwrap_or(line), b"\r\n"].concat(),
        None => line.to_vec(),
    }
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = find(rest, from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}

pub(super) fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// Removes the text under a condition that does not hold: `%if feature`, `%else`, `%endif`.
fn conditions(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut stack: Vec<bool> = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        let text = text.trim();
        if let Some(feature) = text.strip_prefix("%if ") {
            let has = |feature: &str| FEATURES.iter().any(|known| known.eq_ignore_ascii_case(feature));
            stack.push(feature.strip_prefix('!').map_or_else(|| has(feature), |feature| !has(feature)));
        } else if text == "%else" {
            let last = stack.pop().unwrap_or(true);
            stack.push(!last);
        } else if text == "%endif" {
            stack.pop();
        } else if stack.iter().all(|holds| *holds) {
            out.extend_from_slice(line);
        }
    }
    out
}

/// Resolves `%hex[…]hex%`, `%b64[…]b64%`, `%repeat[N x …]%` and `%days[…]`.
fn calls(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for (start, end) in [("%hex[", "]hex%"), ("%b64[", "]b64%"), ("%repeat[", "]%")] {
        let mut done = Vec::new();
        let mut rest = &out[..];
        while let Some(at) = find(rest, start.as_bytes()) {
            let inner = &rest[at + start.len()..];
            let Some(length) = find(inner, end.as_bytes()) else { break };
            done.extend_from_slice(&rest[..at]);
            let argument = &inner[..length];
            match start {
                "%hex[" => done.extend(percent_decoded(argument)),
                "%b64[" => done.extend_from_slice(STANDARD.encode(percent_decoded(argument)).as_bytes()),
                _ => {
                    let split = find(argument, b" x ").unwrap_or(0);
                    let count = String::from_utf8_lossy(&argument[..split]).trim().parse().unwrap_or(0);
                    done.extend(percent_decoded(&argument[split + 3..]).repeat(count));
                }
            }
            rest = &inner[length + end.len()..];
        }
        done.extend_from_slice(rest);
        out = done;
    }
    out
}

fn percent_decoded(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}
