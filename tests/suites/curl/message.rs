//! Requests and responses of curl's test files, parsed in the simplest way.

use std::io::Read as _;

use super::file::find;

/// A request that curl sends.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) version: String,
    /// Names and values in the order in which they are sent.
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
}

impl Sent {
    /// The consecutive requests in these bytes.
    ///
    /// `stripped`: a part of their bodies may be missing, so that their lengths do not determine their ends.
    pub(super) fn all(bytes: &[u8], stripped: bool) -> Result<Vec<Self>, String> {
        let mut all = Vec::new();
        let bytes: Vec<u8> =
            bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"[DISCONNECT]")).flatten().copied().collect();
        let mut bytes = &bytes[..];
        while !bytes.iter().all(u8::is_ascii_whitespace) {
            let (one, rest) = Self::one(bytes, stripped)?;
            all.push(one);
            bytes = rest;
        }
        Ok(all)
    }

    fn one(bytes: &[u8], stripped: bool) -> Result<(Self, &[u8]), String> {
        let (head, mut rest) = head(bytes).ok_or("a request without the end of its head")?;
        let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let first = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
        let mut words = first.split(' ');
        let (Some(method), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next()) else {
            return Err(format!("`{first}` is no request line of HTTP"));
        };
        if !version.starts_with("HTTP/") {
            return Err(format!("`{first}` is no request line of HTTP"));
        }
        let mut headers = Vec::new();
        for line in lines {
            let colon = line.iter().position(|byte| *byte == b':').ok_or("a header without a colon")?;
            headers.push((String::from_utf8_lossy(&line[..colon]).into_owned(), line[colon + 1..].trim_ascii().to_vec()));
        }
        let mut sent = Self { method: method.into(), target: target.into(), version: version.into(), headers, body: Vec::new() };
        if let Some(length) = sent.header("content-length").and_then(|length| length.parse::<usize>().ok()) {
            let is_end = |at: usize| rest.get(at..).is_some_and(|rest| rest.iter().all(u8::is_ascii_whitespace) || is_request(rest));
            // The body is missing if curl waits until the server has agreed.
            let mut length = if is_request(rest) { 0 } else { length };
            if !is_end(length) && (stripped || length > rest.len()) {
                length = (0..rest.len()).find(|at| is_request(&rest[*at..])).unwrap_or(rest.len());
            }
            let length = length.min(rest.len());
            sent.body = rest[..length].to_vec();
            rest = &rest[length..];
        } else if sent.is_chunked() {
            let end = find(rest, b"0\r\n\r\n").ok_or("chunks without their end")?;
            sent.body = dechunked(rest).unwrap_or_default();
            rest = &rest[end + 5..];
        }
        Ok((sent, rest))
    }

    /// A GET request for this path.
    pub(super) fn get(target: &str) -> Self {
        let headers = vec![("Host".to_owned(), b"127.0.0.1".to_vec())];
        Self { method: "GET".into(), target: target.into(), version: "HTTP/1.1".into(), headers, body: Vec::new() }
    }

    pub(super) fn header(&self, name: &str) -> Option<String> {
        let found = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    }

    pub(super) fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").is_some()
    }
}

fn is_request(bytes: &[u8]) -> bool {
    let methods: [&[u8]; 8] = [b"GET ", b"POST ", b"PUT ", b"HEAD ", b"DELETE ", b"OPTIONS ", b"PATCH ", b"CONNECT "];
    let line = || bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    methods.iter().any(|method| bytes.starts_with(method)) && find(line(), b" HTTP/1.").is_some()
}

/// The head without its blank line, and the rest.
fn head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let ends = [(find(bytes, b"\r\n\r\n"), 4), (find(bytes, b"\n\n"), 2), (find(bytes, b"\n\r\n"), 3)];
    let (end, length) = ends.into_iter().filter_map(|(end, length)| Some((end?, length))).min()?;
    Some((&bytes[..end], &bytes[end + length..]))
}

/// A response as a browser or curl reads it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    coding: Option<String>,
}

impl Answer {
    /// Reads the final response in these bytes, after which the connection is closed.
    pub(super) fn read(mut bytes: &[u8], to_head: bool) -> Option<Self> {
        loop {
            let (head, rest) = head(bytes)?;
            let head = String::from_utf8_lossy(head).to_lowercase();
            let status = head.strip_prefix("http/")?.split_whitespace().nth(1)?.parse().ok()?;
            let field = |name: &str| head.lines().skip(1).find_map(|line| line.split_once(':').filter(|(own, _)| *own == name));
            if (100..200).contains(&status) && status != 101 {
                bytes = rest;
                continue;
            }
            let body = if to_head || status == 204 || status == 304 {
                Vec::new()
            } else if field("transfer-encoding").is_some_and(|(_, coding)| coding.contains("chunked")) {
                dechunked(rest)?
            } else if let Some((_, length)) = field("content-length") {
                let length = length.split(',').next()?.trim();
                // A length that does not fit into a number is ignored.
                length.parse::<usize>().map_or(Some(rest), |length| rest.get(..length))?.to_vec()
            } else {
                rest.to_vec()
            };
            let coding = field("content-encoding").map(|(_, coding)| coding.trim().to_owned());
            return Some(Self { status, body, coding });
        }
    }

    /// The body without its content coding.
    pub(super) fn decoded(&self) -> Option<Vec<u8>> {
        let mut body = self.body.clone();
        for coding in self.coding.as_deref()?.split(',').rev() {
            let mut out = Vec::new();
            match coding.trim() {
                "identity" => continue,
                "gzip" => flate2::read::MultiGzDecoder::new(&*body).read_to_end(&mut out).ok()?,
                "deflate" => {
                    // Some servers omit the header of zlib.
                    let with_head = flate2::read::ZlibDecoder::new(&*body).read_to_end(&mut out);
                    with_head
                        .or_else(|_| {
                            out.clear();
                            flate2::read::DeflateDecoder::new(&*body).read_to_end(&mut out)
                        })
                        .ok()?
                }
                "br" => brotli_decompressor::Decompressor::new(&*body, 4096).read_to_end(&mut out).ok()?,
                _ => return None,
            };
            body = out;
        }
        Some(body)
    }

    /// Whether another response may follow on the connection.
    pub(super) fn is_delimited(bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes).to_lowercase();
        (text.contains("\ncontent-length:") || text.contains("chunked"))
            && !text.contains("swsclose")
            && !text.contains("connection: close")
    }
}

fn dechunked(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let line = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let size = usize::from_str_radix(line.split([';', '\r', ' ', '\t']).next()?.trim(), 16).ok()?;
        bytes = &bytes[end + 1..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(bytes.get(..size)?);
        bytes = bytes.get(size..)?;
        bytes = bytes.strip_prefix(b"\r\n").or_else(|| bytes.strip_prefix(b"\n"))?;
    }
}
