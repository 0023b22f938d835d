//! Tests sinks that fail in every way: none of them delays the test, and everything that they didn't accept is counted.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ltc_config::credentials::Credentials;
use ltc_config::profile::Listener;

use super::*;
use crate::live::sample::{info, live_snapshot};
use ltc_engine::clock;

/// A server of raw sockets. The test decides what it does with a connection.
struct Server {
    addr: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(answer: impl Fn(usize, TcpStream, &str) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (theirs, answer, number) = (seen.clone(), Arc::new(answer), AtomicUsize::new(0));
        // The thread ends with the test's process.
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (seen, answer, number) = (theirs.clone(), answer.clone(), number.fetch_add(1, Ordering::Relaxed));
                std::thread::spawn(move || {
                    let request = read(&mut stream);
                    seen.lock().unwrap().push(request.clone());
                    answer(number, stream, &request);
                });
            }
        });
        Self { addr, seen }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// Reads a request, head and body, as text.
fn read(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let mut buffer = [0; 65536];
    loop {
        let text = String::from_utf8_lossy(&all).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return text,
            Ok(n) => all.extend_from_slice(&buffer[..n]),
        }
    }
}

fn say(mut stream: TcpStream, status: &str, headers: &str, body: &str) {
    let _ = write!(stream, "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
}

fn quick() -> Limits {
    Limits {
        timeout: Duration::from_millis(300),
        first_wait: Duration::from_millis(20),
        longest_wait: Duration::from_millis(100),
        age: Duration::from_secs(60),
        backlog: 1 << 20,
    }
}

const SECRET: &str = "tok-en-never-shown";

fn splunk(url: &str) -> Listeners {
    let text = format!("Splunk: {{url: '{url}', token: {SECRET}}}\n");
    Listeners::new(&[Listener::Splunk], &Credentials::parse(&text, "c.yml", &|_| None).unwrap()).unwrap()
}

/// The lines that the tester saw.
type LogLines = Arc<Mutex<Vec<String>>>;

fn listener() -> (LogLines, LogSink) {
    let log_lines = LogLines::default();
    let lines = log_lines.clone();
    (log_lines, Arc::new(move |line: &str| lines.lock().unwrap().push(line.to_owned())))
}

/// Sends the start, one interval with four failures and the end. Returns the counts, and how long telling and finishing took.
fn run(listeners: Listeners, timeout: Duration) -> (Delivered, Duration, Duration) {
    let (outcome, notified, finished, _) = run_with_log(listeners, timeout);
    (outcome, notified, finished)
}

fn run_with_log(mut listeners: Listeners, timeout: Duration) -> (Delivered, Duration, Duration, Vec<String>) {
    let (log_lines, say) = listener();
    listeners.start_within(&Arc::new(info()), quick(), &say);
    let (interval, ended) = (ListenerEvent::Interval(Arc::new(live_snapshot())), ListenerEvent::Ended(Arc::new(live_snapshot())));
    let begun = clock::now();
    listeners.notify(&interval);
    listeners.notify(&ended);
    let notified = clock::since(begun);
    let begun = clock::now();
    let outcome = listeners.finish(timeout).remove(0);
    let shown = format!("{outcome:?}");
    assert!(!shown.contains(SECRET), "{shown}");
    let finished = clock::since(begun);
    let log_lines = log_lines.lock().unwrap().clone();
    assert!(log_lines.iter().all(|line| !line.contains(SECRET) && !line.contains('\n')), "{log_lines:?}");
    (outcome, notified, finished, log_lines)
}

// Far below the time that the slowest sinks take, far above that of a busy machine.
const NEVER_WAITS: Duration = Duration::from_secs(2);
const GIVES_UP: Duration = Duration::from_secs(10);

#[test]
fn a_good_sink_gets_everything_with_its_token() {
    let server = Server::new(|_, stream, _| say(stream, "200 OK", "", r#"{"text":"Success","code":0}"#));
    let (outcome, notified, _) = run(splunk(&format!("http://{}", server.addr)), Duration::from_secs(10));
    assert_eq!((outcome.sent, outcome.dropped, outcome.retries, outcome.error.as_str()), (6, 0, 0, ""));
    assert!(notified < NEVER_WAITS, "{notified:?}");
    let seen = server.seen();
    assert_eq!(seen.len(), 3, "start, failures, stop");
    assert!(seen[0].starts_with("POST /services/collector/event HTTP/1.1\r\n"), "{}", seen[0]);
    assert!(seen[0].to_lowercase().contains(&format!("authorization: splunk {SECRET}")), "{}", seen[0]);
    assert!(seen[0].contains("test_started") && seen[2].contains("test_stopped"), "{seen:?}");
    assert_eq!(seen[1].matches("\"message\":\"expected status 201, got 503 Service Unavailable\"").count(), 4);
}

#[test]
fn a_sink_that_recovers_gets_it_by_retries_once() {
    let server = Server::new(|number, stream, _| match number {
        0 => say(stream, "503 Service Unavailable", "", "busy"),
        1 => say(stream, "429 Too Many Requests", "Retry-After: 0\r\n", ""),
        // The connection closes in the middle of the response.
        2 => drop(stream),
        _ => say(stream, "200 OK", "", ""),
    });
    let (outcome, ..) = run(splunk(&format!("http://{}", server.addr)), Duration::from_secs(10));
    assert_eq!((outcome.sent, outcome.dropped, outcome.retries), (6, 0, 3));
    assert_eq!(server.seen().len(), 6);
}

#[test]
fn a_sink_that_always_fails_is_given_up_when_the_time_is_up() {
    let server = Server::new(|_, stream, _| say(stream, "500 Internal Server Error", "", &format!("oh no\n{}", "x".repeat(100_000))));
    let (outcome, notified, finished) = run(splunk(&format!("http://{}", server.addr)), Duration::from_millis(600));
    assert_eq!((outcome.sent, outcome.dropped), (0, 6));
    assert!(outcome.retries >= 2, "{outcome:?}");
    assert!(outcome.error.starts_with("it answered 500: oh no x") && outcome.error.len() < 250, "{outcome:?}");
    assert!(notified < NEVER_WAITS && finished < GIVES_UP, "{notified:?} {finished:?}");
}

#[test]
fn a_sink_that_refuses_is_not_asked_again() {
    // A token that the sink repeats in its answer isn't shown either.
    let body = format!(r#"{{"text":"Invalid token {SECRET}","code":4}}"#);
    let server = Server::new(move |_, stream, _| say(stream, "403 Forbidden", "", &body));
    let (outcome, _, _, log_lines) = run_with_log(splunk(&format!("http://{}", server.addr)), Duration::from_secs(10));
    assert_eq!((outcome.sent, outcome.dropped, outcome.retries), (0, 6, 0));
    assert!(outcome.error.contains("it answered 403") && outcome.error.contains("Invalid token ***"), "{outcome:?}");
    assert_eq!(server.seen().len(), 3, "each message once");
    assert_eq!(log_lines, [r#"warning: Splunk refuses the data: it answered 403: {"text":"Invalid token ***","code":4}"#], "one line");
}

#[test]
fn a_token_is_not_carried_to_where_a_sink_redirects() {
    let other = Server::new(|_, stream, _| say(stream, "200 OK", "", ""));
    let to = format!("Location: http://{}/steal\r\n", other.addr);
    let server = Server::new(move |_, stream, _| say(stream, "307 Temporary Redirect", &to, ""));
    let (outcome, ..) = run(splunk(&format!("http://{}", server.addr)), Duration::from_secs(10));
    assert_eq!((outcome.sent, outcome.dropped), (0, 6));
    assert!(other.seen().is_empty());
}

#[test]
fn a_sink_that_hangs_holds_nothing_up() {
    let server = Server::new(|_, stream, _| {
        std::thread::sleep(Duration::from_secs(20));
        drop(stream);
    });
    let (outcome, notified, finished) = run(splunk(&format!("http://{}", server.addr)), Duration::from_millis(800));
    assert_eq!((outcome.sent, outcome.dropped), (0, 6));
    assert!(outcome.error.contains("timed out"), "{outcome:?}");
    assert!(notified < NEVER_WAITS && finished < GIVES_UP, "{notified:?} {finished:?}");
}

#[test]
fn a_sink_that_drips_its_answer_is_cut_off() {
    let server = Server::new(|_, mut stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        for _ in 0..100 {
            std::thread::sleep(Duration::from_millis(100));
            if stream.write_all(b"X-Slow: 1\r\n").is_err() {
                break;
            }
        }
    });
    let (outcome, _, finished) = run(splunk(&format!("http://{}", server.addr)), Duration::from_millis(800));
    assert_eq!((outcome.sent, outcome.dropped), (0, 6));
    assert!(finished < GIVES_UP, "{finished:?}");
}

#[test]
fn closed_port_of_a_sink_is_reported() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (outcome, notified, finished, log_lines) = run_with_log(splunk(&format!("http://{free}")), Duration::from_millis(500));
    assert!(
        log_lines.len() == 1 && log_lines[0].starts_with("warning: cannot reach Splunk: ") && log_lines[0].contains("onnection refused"),
        "{log_lines:?}"
    );
    assert_eq!((outcome.sent, outcome.dropped), (0, 6));
    assert!(outcome.error.contains("onnection refused"), "{outcome:?}");
    assert!(notified < NEVER_WAITS && finished < GIVES_UP, "{notified:?} {finished:?}");
}

#[test]
fn untrusted_certificate_of_a_sink_is_refused_unless_verification_is_off() {
    let key = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![key.cert.der().clone()],
            rustls::pki_types::PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap(),
        )
        .unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let addr = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut session = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut tls = rustls::Stream::new(&mut session, &mut stream);
            let mut buffer = [0; 65536];
            if tls.read(&mut buffer).is_ok() {
                let _ = tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            }
        }
    });
    let (outcome, ..) = run(splunk(&format!("https://{addr}")), Duration::from_millis(600));
    assert_eq!((outcome.sent, outcome.dropped), (0, 6));
    assert!(outcome.error.contains("certificate"), "{outcome:?}");

    let text = format!("Splunk: {{url: 'https://{addr}', token: {SECRET}, verify: No}}\n");
    let trusting = Listeners::new(&[Listener::Splunk], &Credentials::parse(&text, "c.yml", &|_| None).unwrap()).unwrap();
    let (outcome, ..) = run(trusting, Duration::from_secs(10));
    assert_eq!((outcome.sent, outcome.dropped, outcome.error.as_str()), (6, 0, ""));
}

#[test]
fn backlog_of_a_sink_that_is_down_is_bounded() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut listeners = splunk(&format!("http://{free}"));
    listeners.start_within(&Arc::new(info()), Limits { backlog: 10_000, ..quick() }, &listener().1);
    let event = ListenerEvent::Interval(Arc::new(live_snapshot()));
    let begun = clock::now();
    for _ in 0..5000 {
        listeners.notify(&event);
    }
    assert!(clock::since(begun) < Duration::from_secs(5), "{:?}", clock::since(begun));
    let outcome = listeners.finish(Duration::from_millis(500)).remove(0);
    // An interval that found the queue full counts as one item, because the number of its items is unknown.
    assert!(outcome.sent == 0 && (5000..=20_000).contains(&outcome.dropped), "{outcome:?}");
}

/// Each sink that refuses data or doesn't exist is named when the load begins, before the first interval.
#[test]
fn a_refused_listener_is_named_at_the_start() {
    let server = Server::new(|_, stream, _| say(stream, "401 Unauthorized", "", "who are you"));
    let nowhere = "http://no-such-host.invalid";
    for (url, part) in
        [(format!("http://{}", server.addr), "refuses the data: it answered 401: who are you"), (nowhere.to_owned(), "cannot reach ")]
    {
        let text = format!(
            "SFx: {{url: '{url}', token: {SECRET}}}\nSplunk: {{url: '{url}', token: {SECRET}}}\nPrometheus: {{url: '{url}'}}\nOTLP: {{url: '{url}'}}\n\
             InfluxDB: {{url: '{url}', database: d}}\n"
        );
        let all = [Listener::SignalFx, Listener::Splunk, Listener::Prometheus, Listener::Otlp, Listener::InfluxDb];
        let mut listeners = Listeners::new(&all, &Credentials::parse(&text, "c.yml", &|_| None).unwrap()).unwrap();
        let (log_lines, say) = listener();
        listeners.start_within(&Arc::new(info()), quick(), &say);
        let deadline = clock::now() + Duration::from_secs(20);
        while log_lines.lock().unwrap().len() < all.len() && clock::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        let lines = log_lines.lock().unwrap().clone();
        assert_eq!(lines.len(), all.len(), "{lines:?}");
        for listener in all {
            let name = listener.name();
            let is_named = |line: &String| line.starts_with("warning: ") && line.contains(name) && line.contains(part);
            assert!(lines.iter().any(is_named), "{name}, {part}: {lines:?}");
        }
        listeners.finish(Duration::from_millis(200));
    }
}
