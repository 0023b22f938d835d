//! A server that answers from a recording: each origin has a port, and each request gets the next recorded response for its method and URL.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// A running replay.
pub(crate) struct Replay {
    /// Ports by origin.
    ports: HashMap<String, u16>,
    state: Arc<State>,
}

struct State {
    recorded: Vec<Recorded>,
    /// The number of times that each request was answered.
    answered: Mutex<HashMap<String, usize>>,
    unexpected: Mutex<Vec<String>>,
    addresses: HashMap<String, String>,
}

struct Recorded {
    /// Origin, method, path and query.
    key: String,
    /// The key without the query.
    loose: String,
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// The origin and the rest of a URL, with the query in a form that does not depend on its encoding.
fn split(url: &str) -> (String, String, String) {
    let parsed = url::Url::parse(url).unwrap();
    let mut query: Vec<String> = parsed.query_pairs().map(|(key, value)| format!("{key}={value}")).collect();
    query.sort();
    (parsed.origin().ascii_serialization(), parsed.path().to_owned(), query.join("&"))
}

impl Replay {
    pub(crate) fn start(har: &str) -> Self {
        let value: Value = serde_json::from_str(har).unwrap();
        let mut listeners: HashMap<String, TcpListener> = HashMap::new();
        let mut recorded = Vec::new();
        for entry in value["log"]["entries"].as_array().unwrap() {
            let url = entry["request"]["url"].as_str().unwrap();
            if !url.to_ascii_lowercase().starts_with("http") {
                continue;
            }
            let (origin, path, query) = split(url);
            listeners.entry(origin.clone()).or_insert_with(|| TcpListener::bind("127.0.0.1:0").unwrap());
            recorded.push(Recorded::new(entry, &origin, &path, &query));
        }
        let ports: HashMap<String, u16> =
            listeners.iter().map(|(origin, listener)| (origin.clone(), listener.local_addr().unwrap().port())).collect();
        let addresses = ports.iter().map(|(origin, port)| (origin.clone(), format!("http://127.0.0.1:{port}"))).collect();
        let state = Arc::new(State { recorded, answered: Mutex::default(), unexpected: Mutex::default(), addresses });
        for (origin, listener) in listeners {
            let state = Arc::clone(&state);
            std::thread::spawn(move || {
                for stream in listener.incoming().map_while(Result::ok) {
                    let (state, origin) = (Arc::clone(&state), origin.clone());
                    std::thread::spawn(move || serve(&state, &origin, stream));
                }
            });
        }
        Self { ports, state }
    }

    /// The address of an origin; `None` if nothing was recorded there.
    pub(crate) fn address(&self, origin: &str) -> Option<String> {
        let (origin, ..) = split(origin);
        Some(format!("http://127.0.0.1:{}", self.ports.get(&origin)?))
    }

    /// Requests that were not recorded.
    pub(crate) fn unexpected(&self) -> Vec<String> {
        self.state.unexpected.lock().unwrap().clone()
    }
}

impl Recorded {
    fn new(entry: &Value, origin: &str, path: &str, query: &str) -> Self {
        let response = &entry["response"];
        let content = &response["content"];
        let written = content["text"].as_str().unwrap_or_default();
        let body = match content["encoding"].as_str() {
            Some("base64") => base64(written),
            _ => written.as_bytes().to_vec(),
        };
        let list = response["headers"].as_array().cloned().unwrap_or_default();
        let mut headers: Vec<(String, String)> = list
            .iter()
            .map(|header| (header["name"].as_str().unwrap_or_default().to_owned(), header["value"].as_str().unwrap_or_default().to_owned()))
            .collect();
        let has = |name: &str| headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        if let (false, Some(target)) = (has("location"), response["redirectURL"].as_str().filter(|target| !target.is_empty())) {
            headers.push(("Location".to_owned(), target.to_owned()));
        }
        let method = entry["request"]["method"].as_str().unwrap_or("GET").to_ascii_uppercase();
        let loose = format!("{origin} {method} {path}");
        let status = response["status"].as_u64().filter(|status| *status > 0).unwrap_or(200);
        Self { key: format!("{loose}?{query}"), loose, status: u16::try_from(status).unwrap_or(200), headers, body }
    }

    fn response(&self, head_only: bool, addresses: &HashMap<String, String>) -> Vec<u8> {
        let mut out = format!("HTTP/1.1 {} Recorded\r\n", self.status).into_bytes();
        let dropped =
            ["content-length", "content-encoding", "transfer-encoding", "connection", "keep-alive", "trailer", "upgrade", "alt-svc"];
        for (name, value) in &self.headers {
            if dropped.iter().any(|dropped| name.eq_ignore_ascii_case(dropped)) || name.starts_with(':') {
                continue;
            }
            for line in value.lines() {
                let mut line = line.to_owned();
                if name.eq_ignore_ascii_case("set-cookie") {
                    // The host and the scheme of the replay differ.
                    let kept = |part: &&str| {
                        !part.trim().to_ascii_lowercase().starts_with("domain=") && !part.trim().eq_ignore_ascii_case("secure")
                    };
                    line = line.split(';').filter(kept).collect::<Vec<_>>().join(";");
                }
                if name.eq_ignore_ascii_case("location") && line.contains("://") {
                    for (origin, address) in addresses {
                        if let Some(rest) =
                            line.strip_prefix(origin.as_str()).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
                        {
                            line = format!("{address}{rest}");
                            break;
                        }
                    }
                }
                out.extend(format!("{name}: {line}\r\n").as_bytes());
            }
        }
        out.extend(format!("Content-Length: {}\r\n\r\n", self.body.len()).as_bytes());
        if !head_only {
            out.extend(&self.body);
        }
        out
    }
}

fn base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text.trim()).unwrap_or_default()
}

fn serve(state: &State, origin: &str, stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let mut words = line.split_whitespace();
        let (method, target) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
        let mut length = 0;
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header).unwrap_or(0) == 0 || header.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = header.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
                length = value.trim().parse().unwrap_or_else(|_| panic!("{name}"));
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let response = answer(state, origin, &method, &target);
        if stream.write_all(&response).is_err() {
            return;
        }
    }
}

fn answer(state: &State, origin: &str, method: &str, target: &str) -> Vec<u8> {
    let (_, path, query) = split(&format!("http://replay{target}"));
    let loose = format!("{origin} {method} {path}");
    let key = format!("{loose}?{query}");
    let exact: Vec<&Recorded> = state.recorded.iter().filter(|recorded| recorded.key == key).collect();
    let found = if exact.is_empty() { state.recorded.iter().filter(|recorded| recorded.loose == loose).collect() } else { exact };
    let number = {
        let mut answered = state.answered.lock().unwrap();
        let count = answered.entry(key.clone()).or_default();
        *count += 1;
        *count - 1
    };
    match found.get(number).or(found.last()) {
        Some(recorded) => recorded.response(method == "HEAD" || matches!(recorded.status, 204 | 304), &state.addresses),
        None => {
            state.unexpected.lock().unwrap().push(key);
            b"HTTP/1.1 599 Not recorded\r\nContent-Length: 0\r\n\r\n".to_vec()
        }
    }
}
