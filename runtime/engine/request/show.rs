//! Exchanges as text for people, in `--debug` and in examples of failures. Secrets are masked, and long bodies are cut.

use crate::http;

/// The most bytes of a body that are shown.
const BODY_CAP: usize = 16 * 1024;

/// A request in full, with the lines that the client adds, and the jar's cookies at the time when it was sent.
pub fn request(request: &http::HttpRequest, cookies: &str) -> String {
    let mut out = format!("{} {}\n", request.method.as_str(), request.url);
    for line in lines(&request.head(cookies)).skip(1) {
        out.push_str(&masked(line));
        out.push('\n');
    }
    push_body(&mut out, &request.body, 0, header_of(&request.headers, "content-type"));
    out
}

/// A response in full.
pub fn response(response: &http::HttpResponse) -> String {
    let mut out = head(response.version, response.status, &response.headers);
    push_body(&mut out, response.body(), response.omitted, response.headers.get("content-type"));
    out
}

/// An incomplete response: its head, and how much of its body arrived.
pub fn partial(partial: &http::Partial) -> String {
    let mut out = head(partial.version, partial.status, &partial.headers);
    let came = match partial.body {
        0 => "nothing of the body came".to_owned(),
        1 => "1 byte of the body came".to_owned(),
        count => format!("{count} bytes of the body came"),
    };
    out.push_str(&format!("\n({came}; the failure says why it cannot be used)\n"));
    out
}

fn head(version: http::Version, status: u16, headers: &http::Headers) -> String {
    let mut out = format!("{} {status}\n", version.as_str());
    for (name, value) in headers.iter() {
        out.push_str(&masked(&format!("{name}: {value}")));
        out.push('\n');
    }
    out
}

fn lines(block: &[u8]) -> impl Iterator<Item = &str> {
    std::str::from_utf8(block).unwrap_or_default().lines().filter(|line| !line.is_empty())
}

fn header_of<'h>(block: &'h [u8], name: &str) -> Option<&'h str> {
    lines(block).filter_map(|line| line.split_once(':')).find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// Whether the name of a header, in lower case, says that it contains a secret.
pub(crate) fn is_secret_header(name: &str) -> bool {
    ["authorization", "token", "api-key", "secret"].iter().any(|word| name.contains(word)) || name == "x-key"
}

/// Masks headers whose name says that they contain a secret. Only their scheme or key remains.
fn masked(line: &str) -> String {
    let Some((name, value)) = line.split_once(':') else { return line.to_owned() };
    let lower = name.to_ascii_lowercase();
    let value = value.trim();
    if is_secret_header(&lower) {
        return match value.split_once(' ') {
            Some((scheme, _)) => format!("{name}: {scheme} ***"),
            None => format!("{name}: ***"),
        };
    }
    if lower == "cookie" || lower == "set-cookie" {
        return match value.split_once('=') {
            Some((key, rest)) => {
                let attributes = rest.split_once(';').map(|(_, attributes)| format!(";{attributes}")).unwrap_or_default();
                format!("{name}: {key}=***{}", if lower == "set-cookie" { attributes } else { String::new() })
            }
            None => format!("{name}: ***"),
        };
    }
    line.to_owned()
}

/// `omitted` is the number of bytes after those of `body`.
fn push_body(out: &mut String, body: &[u8], omitted: u64, content_type: Option<&str>) {
    if body.is_empty() {
        return;
    }
    out.push('\n');
    let all = body.len() as u64 + omitted;
    let charset = http::Charset::of(content_type.unwrap_or_default().as_bytes());
    let decoded = charset.of_body(body).map(|_| charset.text(body));
    let text = match (&decoded, std::str::from_utf8(body)) {
        (Some(decoded), _) => decoded,
        (None, Ok(text)) => text,
        // If the rest was dropped, the last character may be cut.
        (None, Err(error)) if omitted > 0 && error.error_len().is_none() => {
            str::from_utf8(&body[..error.valid_up_to()]).unwrap_or_default()
        }
        (None, Err(_)) => {
            out.push_str(&format!("({all} bytes that are not text)\n"));
            return;
        }
    };
    let json = content_type.is_some_and(|content_type| content_type.contains("json"));
    let pretty = (json && omitted == 0 && body.len() <= BODY_CAP)
        .then(|| serde_json::from_str::<serde_json::Value>(text).ok())
        .flatten()
        .and_then(|value| serde_json::to_string_pretty(&value).ok());
    let shown = pretty.as_deref().unwrap_or(text);
    let end = shown.char_indices().map(|(at, _)| at).find(|at| *at >= BODY_CAP).unwrap_or(shown.len());
    out.push_str(&shown[..end]);
    if end < shown.len() || omitted > 0 {
        out.push_str(&format!("\n… ({all} bytes in all)"));
    }
    out.push('\n');
}
