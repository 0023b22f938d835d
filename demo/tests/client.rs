//! A small blocking client, with which tests see the bytes on the wire.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::Handle;

/// A response that the client has read.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Got {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.text()))
    }

    /// Asserts the status; the text is shown if the assertion fails.
    #[track_caller]
    pub(super) fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}

/// A connection kept alive.
pub(super) struct Client(BufReader<TcpStream>);

impl Client {
    pub(super) fn new(server: &Handle) -> Self {
        let stream = TcpStream::connect(server.addr()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Client(BufReader::new(stream))
    }

    /// Returns `None` if the connection ends without a response.
    pub(super) fn try_send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Got> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: demo\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        self.0.get_mut().write_all(&[head.as_bytes(), body].concat()).ok()?;
        let mut line = String::new();
        if self.0.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let status = line.split(' ').nth(1)?.parse().unwrap();
        let mut headers = Vec::new();
        loop {
            line.clear();
            self.0.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut got = Got { status, headers, body: Vec::new() };
        let size = if method == "HEAD" { 0 } else { got.header("content-length").map_or(0, |size| size.parse().unwrap()) };
        got.body.resize(size, 0);
        self.0.read_exact(&mut got.body).ok()?;
        Some(got)
    }

    pub(super) fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Got {
        self.try_send(method, path, headers, body).unwrap()
    }

    pub(super) fn get(&mut self, path: &str) -> Got {
        self.send("GET", path, &[], b"")
    }

    pub(super) fn json(&mut self, method: &str, path: &str, auth: &str, body: &Value) -> Got {
        let auth = format!("Bearer {auth}");
        self.send(method, path, &[("Authorization", &auth), ("Content-Type", "application/json")], body.to_string().as_bytes())
    }

    pub(super) fn bare(&mut self, method: &str, path: &str, auth: &str) -> Got {
        self.send(method, path, &[("Authorization", &format!("Bearer {auth}"))], b"")
    }
}
