//! The cookie parser tests that browsers share, applied to the cookie jar.
//!
//! A page of `home.example.org:8888` sets the cookies of the case and redirects to another page. The case contains the cookies that this
//! page must receive. A proxy serves both pages.

use std::fs;
use std::path::Path;

use ltc_engine::http::{Redirects, Target};

use crate::peer::{Client, Server, Then, run};
use crate::suite::{self, Outcome, Suite, name};

const SUITE: Suite = Suite {
    name: "cookies",
    title: "[Cookie parser tests](https://github.com/abarth/http-state)",
    against: "the cookie jar",
    cases: 222,
    floor: 211,
};

#[test]
fn cookie_parser_tests() {
    let Some(data) = suite::data("cookies/tests/data/parser") else { return };
    let cases = suite::files(&data, "-test");
    SUITE.judge(cases.iter().map(|file| {
        let name = name(file).trim_end_matches("-test").to_owned();
        let outcome = run(outcome(&name, file));
        (name, outcome)
    }));
}

async fn outcome(name: &str, file: &Path) -> Outcome {
    let case = fs::read(file).unwrap();
    let mut head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n".to_vec();
    let mut redirects = false;
    for line in case.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        redirects |= line.to_ascii_lowercase().starts_with(b"location:");
        head.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        head.extend_from_slice(b"\r\n");
    }
    if !redirects {
        head.extend_from_slice(format!("Location: /cookie-parser-result?{name}\r\n").as_bytes());
    }
    head.extend_from_slice(b"\r\n");

    let page = |request: &[u8], head: &[u8]| {
        let is_first = request.starts_with(b"GET http://home.example.org:8888/cookie-parser?");
        let last = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        (if is_first { head.to_vec() } else { last.to_vec() }, Then::Wait)
    };
    let server = Server::start(move |request| page(request, &head)).await;
    let client = Client::new(Some(server.address));
    let mut request = client.get(Target::parse(&format!("http://home.example.org:8888/cookie-parser?{name}"))?);
    request.redirects = Redirects::Any;
    client.send(request).await.map_err(|error| error.message)?;

    let requests = server.requests.borrow();
    let last = String::from_utf8_lossy(requests.last().unwrap()).into_owned();
    let sent = last.lines().find_map(|line| line.strip_prefix("Cookie: ").or_else(|| line.strip_prefix("cookie: "))).unwrap_or_default();
    let expected = fs::read(file.with_file_name(format!("{name}-expected"))).unwrap();
    let expected = String::from_utf8_lossy(&expected);
    let expected = expected.lines().next().and_then(|line| line.strip_prefix("Cookie: ")).unwrap_or_default();
    if requests.len() != 2 {
        return Err(format!("{} requests were sent, expected 2", requests.len()));
    }
    if sent == expected { Ok(()) } else { Err(format!("the cookies `{sent}` are sent, expected `{expected}`")) }
}
