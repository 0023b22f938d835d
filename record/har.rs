//! A recording as HAR 1.2 (<http://www.softwareishard.com/blog/har-12-spec/>).

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock;

/// A request with its response.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    pub(crate) start: Timestamp,
    pub(crate) duration_ms: u64,
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// The status; 0 without a response.
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) response_headers: HeaderMap,
    pub(crate) response_body: Vec<u8>,
    /// The reason why the response is missing or incomplete.
    pub(crate) problem: Option<String>,
}

/// The HAR of the exchanges, in the order in which they began. A navigation of the browser begins a page.
pub(crate) fn har(mut exchanges: Vec<Exchange>) -> Value {
    exchanges.sort_by_key(|exchange| exchange.start);
    let mut pages: Vec<Value> = Vec::new();
    let mut entries = Vec::new();
    for exchange in &exchanges {
        let text = decoded(exchange);
        if is_navigation(exchange) {
            let title = title(&String::from_utf8_lossy(&text)).unwrap_or_else(|| exchange.url.clone());
            pages.push(json!({
                "startedDateTime": clock::iso(exchange.start), "id": format!("page_{}", pages.len() + 1), "title": title,
                "pageTimings": { "onContentLoad": -1, "onLoad": -1 },
            }));
        }
        entries.push(entry(exchange, &text, pages.last().map(|page| page["id"].clone())));
    }
    json!({ "log": {
        "version": "1.2",
        "creator": { "name": "ltc", "version": env!("CARGO_PKG_VERSION") },
        "pages": pages,
        "entries": entries,
    } })
}

/// Whether the browser opened a page, instead of loading a part of one.
fn is_navigation(exchange: &Exchange) -> bool {
    let header = |name: &str| exchange.headers.get(name).and_then(|value| value.to_str().ok());
    let is_page = header("sec-fetch-dest") == Some("document");
    is_page && !matches!(exchange.status, 301 | 302 | 303 | 307 | 308)
}

fn title(html: &str) -> Option<String> {
    let lower = html.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let open = start + lower[start..].find('>')? + 1;
    let end = open + lower[open..].find("</title")?;
    let title = html.get(open..end)?.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(title).filter(|title| !title.is_empty())
}

fn entry(exchange: &Exchange, body: &[u8], page: Option<Value>) -> Value {
    let content_type = text_header(&exchange.response_headers, "content-type");
    let mut content = json!({ "size": body.len(), "mimeType": content_type });
    match std::str::from_utf8(body) {
        Ok(text) => content["text"] = text.into(),
        Err(_) => {
            content["text"] = STANDARD.encode(body).into();
            content["encoding"] = "base64".into();
        }
    }
    let mut request = json!({
        "method": exchange.method, "url": exchange.url, "httpVersion": "HTTP/1.1", "cookies": [], "headers": list(&exchange.headers),
        "queryString": [], "headersSize": -1, "bodySize": exchange.body.len(),
    });
    if !exchange.body.is_empty() {
        let mut data = json!({ "mimeType": text_header(&exchange.headers, "content-type") });
        match std::str::from_utf8(&exchange.body) {
            Ok(text) => data["text"] = text.into(),
            Err(_) => {
                data["text"] = STANDARD.encode(&exchange.body).into();
                data["encoding"] = "base64".into();
            }
        }
        request["postData"] = data;
    }
    let mut entry = json!({
        "startedDateTime": clock::iso(exchange.start), "time": exchange.duration_ms, "request": request,
        "response": {
            "status": exchange.status, "statusText": exchange.reason, "httpVersion": "HTTP/1.1", "cookies": [],
            "headers": list(&exchange.response_headers), "content": content,
            "redirectURL": text_header(&exchange.response_headers, "location"), "headersSize": -1, "bodySize": exchange.response_body.len(),
        },
        "cache": {}, "timings": { "send": 0, "wait": exchange.duration_ms, "receive": 0 },
    });
    if let Some(page) = page {
        entry["pageref"] = page;
    }
    if let Some(problem) = &exchange.problem {
        entry["comment"] = problem.as_str().into();
    }
    entry
}

fn text_header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

fn list(headers: &HeaderMap) -> Vec<Value> {
    headers.iter().map(|(name, value)| json!({ "name": name.as_str(), "value": String::from_utf8_lossy(value.as_bytes()) })).collect()
}

/// The body without its content coding. The proxy requests none, but a server may use gzip anyway.
fn decoded(exchange: &Exchange) -> Vec<u8> {
    let coding = text_header(&exchange.response_headers, "content-encoding");
    let mut out = Vec::new();
    let read = match coding.trim() {
        "gzip" | "x-gzip" => flate2::read::MultiGzDecoder::new(exchange.response_body.as_slice()).read_to_end(&mut out),
        "deflate" => flate2::read::ZlibDecoder::new(exchange.response_body.as_slice()).read_to_end(&mut out),
        _ => return exchange.response_body.clone(),
    };
    if read.is_ok() { out } else { exchange.response_body.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn navigations_begin_pages_and_bytes_are_encoded() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            pairs
                .iter()
                .map(|(name, value)| (name.parse::<hyper::header::HeaderName>().unwrap(), value.parse().unwrap()))
                .collect::<HeaderMap>()
        };
        let page = Exchange {
            start: Timestamp::from_second(1).unwrap(),
            method: "GET".to_owned(),
            url: "http://h.test/".to_owned(),
            headers: headers(&[("sec-fetch-dest", "document")]),
            status: 200,
            response_headers: headers(&[("content-type", "text/html")]),
            response_body: b"<TITLE>\n A  page</title>".to_vec(),
            ..Exchange::default()
        };
        let bytes = Exchange {
            start: Timestamp::from_second(2).unwrap(),
            url: "http://h.test/x".to_owned(),
            body: vec![0xff],
            response_body: vec![0xff],
            status: 200,
            ..Exchange::default()
        };
        let har = har(vec![bytes, page]);
        assert_eq!(har["log"]["pages"][0]["title"], "A page");
        assert_eq!(har["log"]["entries"][1]["pageref"], "page_1");
        assert_eq!(har["log"]["entries"][1]["request"]["postData"]["encoding"], "base64");
        assert_eq!(har["log"]["entries"][1]["response"]["content"]["text"], "/w==");
    }
}
