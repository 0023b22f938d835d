//! A server that returns each request, so that tests see what a spec sends. The request also controls the response.
//!
//! Every response is the request as JSON (`method`, `path`, `query`, `headers`, `body`, and `json` if the body is JSON), unless the query
//! contains: `status=503`, `delay=50` (ms), `type=text/html`, `body=…`, `header=Name: value` (any number of times), `fail=KEY:N`, which
//! answers the first N requests with that key with 503, or `meet=KEY:N`, which answers requests with that key as soon as N of them wait.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A request as received.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) at: Instant,
    pub(crate) connection: usize,
    pub(crate) method: String,
    /// Path and query as sent.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Default)]
struct State {
    seen: Vec<Seen>,
    failed: HashMap<String, usize>,
    /// The number of requests with a key that want to meet others.
    met: HashMap<String, usize>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Signals a further request that wants to meet others.
    met: Condvar,
}

/// Listens until the test ends.
#[derive(Debug)]
pub(crate) struct Echo {
    pub(crate) addr: SocketAddr,
    shared: Arc<Shared>,
}

impl Echo {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let addr = listener.local_addr().expect("it has an address");
        let shared = Arc::<Shared>::default();
        let all = shared.clone();
        std::thread::spawn(move || {
            for (connection, stream) in listener.incoming().flatten().enumerate() {
                let shared = all.clone();
                // If a client disconnects early, only its connection ends.
                std::thread::spawn(move || drop(serve(stream, connection, &shared)));
            }
        });
        Self { addr, shared }
    }

    /// All requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.state.lock().expect("no thread panics").seen.clone()
    }

    /// The requests whose target begins with this text.
    pub(crate) fn of(&self, target: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.target.starts_with(target)).collect()
    }
}

impl Shared {
    /// Waits until this number of requests with the key wait, including this one. Returns false after a timeout.
    fn meet(&self, key: &str, count: usize) -> bool {
        let mut state = self.state.lock().expect("no thread panics");
        let met = state.met.entry(key.to_owned()).or_default();
        *met += 1;
        // The number of the last request in the same group.
        let last = met.div_ceil(count) * count;
        self.met.notify_all();
        let limit = Duration::from_secs(60);
        let wait = self.met.wait_timeout_while(state, limit, |state| state.met[key] < last);
        !wait.expect("no thread panics").1.timed_out()
    }
}

fn serve(stream: TcpStream, connection: usize, shared: &Shared) -> std::io::Result<()> {
    let mut out = stream.try_clone()?;
    let mut input = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let mut words = line.split_whitespace();
        let (method, target) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            input.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        let mut seen = Seen { at: Instant::now(), connection, method, target, headers, body: Vec::new() };
        if let Some(length) = seen.header("content-length").and_then(|length| length.parse().ok()) {
            seen.body = vec![0; length];
            input.read_exact(&mut seen.body)?;
        }
        shared.state.lock().expect("no thread panics").seen.push(seen.clone());
        answer(&mut out, &seen, shared)?;
    }
}

fn answer(out: &mut TcpStream, seen: &Seen, shared: &Shared) -> std::io::Result<()> {
    let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
    let pairs: Vec<(String, String)> = query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect();
    let one = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let mut status: u16 = one("status").and_then(|status| status.parse().ok()).unwrap_or(200);
    if let Some((key, times)) = one("fail").as_deref().and_then(|fail| fail.split_once(':')) {
        let mut state = shared.state.lock().expect("no thread panics");
        let failed = state.failed.entry(key.to_owned()).or_default();
        if *failed < times.parse().unwrap_or(0) {
            *failed += 1;
            status = 503;
        }
    }
    if let Some((key, count)) = one("meet").as_deref().and_then(|meet| meet.split_once(':'))
        && !shared.meet(key, count.parse().unwrap_or(1))
    {
        status = 504;
    }
    if let Some(delay) = one("delay").and_then(|delay| delay.parse().ok()) {
        std::thread::sleep(Duration::from_millis(delay));
    }
    let body = one("body").unwrap_or_else(|| shown(seen, path, &pairs).to_string());
    let kind = one("type").unwrap_or_else(|| "application/json".to_owned());
    let mut head = format!("HTTP/1.1 {status} Told\r\nContent-Type: {kind}\r\n");
    for (_, header) in pairs.iter().filter(|(key, _)| key == "header") {
        head.push_str(&format!("{header}\r\n"));
    }
    let empty = matches!(status, 204 | 304);
    if !empty {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    if !empty && seen.method != "HEAD" {
        head.push_str(&body);
    }
    out.write_all(head.as_bytes())
}

fn shown(seen: &Seen, path: &str, pairs: &[(String, String)]) -> Value {
    let mut headers = serde_json::Map::new();
    for (name, value) in &seen.headers {
        headers.insert(name.to_ascii_lowercase(), json!(value));
    }
    let mut query = serde_json::Map::new();
    for (key, value) in pairs {
        match query.get_mut(key) {
            None => drop(query.insert(key.clone(), json!(value))),
            Some(Value::Array(values)) => values.push(json!(value)),
            Some(first) => *first = json!([first.clone(), value]),
        }
    }
    let mut all = json!({
        "method": seen.method,
        "target": seen.target,
        "path": path,
        "query": query,
        "headers": headers,
        "body": String::from_utf8_lossy(&seen.body),
        "length": seen.body.len(),
    });
    if let Ok(body) = serde_json::from_slice::<Value>(&seen.body) {
        all["json"] = body;
    }
    all
}

fn pair(text: &str) -> (String, String) {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    (unescape(key), unescape(value))
}

pub(crate) fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let hex = [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
                bytes.push(u8::from_str_radix(&String::from_utf8_lossy(&hex), 16).unwrap_or(b'?'));
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
