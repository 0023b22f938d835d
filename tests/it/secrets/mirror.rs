//! A server that repeats what it receives, in every encoding.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::encodings::written;
use super::{ACCESS, PIN, SESSION, TICKET};

/// A server that repeats each request in every encoding, and knows the requests that it received.
pub(super) struct Mirror {
    pub(super) addr: SocketAddr,
    pub(super) received: Arc<Mutex<Vec<String>>>,
}

impl Mirror {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (addr, received) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<String>>>::default());
        let all = received.clone();
        // The thread ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let received = all.clone();
                std::thread::spawn(move || drop(answer_all(stream, &received)));
            }
        });
        Self { addr, received }
    }

    /// The requests whose first line contains a text.
    pub(super) fn of(&self, part: &str) -> Vec<String> {
        let received = self.received.lock().unwrap();
        received.iter().filter(|request| request.lines().next().is_some_and(|line| line.contains(part))).cloned().collect()
    }
}

fn answer_all(stream: TcpStream, received: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    let mut input = BufReader::new(stream);
    loop {
        let (mut request, mut length) = (String::new(), 0);
        while !request.ends_with("\r\n\r\n") {
            let mut line = Vec::new();
            if input.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            let line = String::from_utf8_lossy(&line).into_owned();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            request.push_str(&line);
        }
        let mut body = vec![0; length];
        input.read_exact(&mut body)?;
        request.push_str(&String::from_utf8_lossy(&body));
        received.lock().unwrap().push(request.clone());
        let (status, more, body) = answer(&request);
        let length = body.len();
        write!(out, "HTTP/1.1 {status} Mirrored\r\nContent-Type: application/json\r\n{more}Content-Length: {length}\r\n\r\n{body}")?;
    }
}

/// The status, further header lines, and the body.
fn answer(request: &str) -> (u16, String, String) {
    let line = request.lines().next().unwrap_or_default();
    if line.contains("/ticket") {
        return (200, String::new(), json!({ "ticket": TICKET }).to_string());
    }
    if line.contains("/session") {
        let body = json!({ "pin": PIN, "access_token": ACCESS, "text": written(PIN) });
        return (200, format!("Set-Cookie: sid={SESSION}; Path=/\r\n"), body.to_string());
    }
    let mirrored = json!({ "request": request, "again": written(request), "nested": json!({ "in": request }).to_string() }).to_string();
    match line {
        line if line.contains("/services/collector") => (200, String::new(), "{}".to_owned()),
        line if line.contains("/v2/") => (401, String::new(), mirrored),
        _ => (503, format!("X-Mirror: {}\r\n", STANDARD.encode(request)), mirrored),
    }
}
