//! A streaming front for ministack: it runs functions itself and answers `InvokeWithResponseStream` with event-stream frames while the
//! function writes, and passes all other requests on. It also simulates faults on demand.

use std::collections::HashMap;
use std::io::{self, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::environment::{Environment, Output};
use super::event_stream::event;
use super::fault::Fault;
use super::rights::{Rights, key_of, refuse};
use super::wire::{Head, body_of, chunk, exchange};

#[derive(Debug, Default)]
struct State {
    /// Faults by the invocation's number.
    faults: Mutex<HashMap<usize, Fault>>,
    invocations: AtomicUsize,
    idle: Mutex<HashMap<String, Vec<Arc<Environment>>>>,
    all: Mutex<Vec<Arc<Environment>>>,
    connections: Mutex<Vec<TcpStream>>,
    requests: Mutex<Vec<String>>,
    /// The event of the last invocation.
    event: Mutex<Vec<u8>>,
    rights: Rights,
    /// The tokens of functions that are cut off.
    cut_off: Mutex<Vec<String>>,
    down: AtomicBool,
    /// Whether only functions reach it.
    separated: AtomicBool,
    over: AtomicBool,
    /// Whether invocations are answered in one piece, as if streaming were not available.
    unstreamed: AtomicBool,
    peak: Mutex<(usize, usize)>,
}

/// A listening front.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) address: String,
    state: Arc<State>,
}

/// The settings for running functions, and the ministack behind the front.
#[derive(Clone, Debug)]
struct Behind {
    stack: String,
    own: String,
    python: PathBuf,
    code: PathBuf,
    limit: Duration,
}

impl Front {
    /// Starts a front for a ministack. The code of functions is unpacked into a folder, and a function may run for `limit`.
    pub(crate) fn start(stack: &str, python: PathBuf, code: PathBuf, limit: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it has an address").to_string();
        let state = Arc::<State>::default();
        let behind = Behind { stack: stack.to_owned(), own: address.clone(), python, code, limit };
        let front = Self { address, state: state.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if state.over.load(Ordering::Relaxed) {
                    return;
                }
                if state.down.load(Ordering::Relaxed) {
                    continue;
                }
                let (state, behind) = (state.clone(), behind.clone());
                // If a client disconnects, only its connection ends.
                std::thread::spawn(move || state.serve(&behind, &stream).map_err(|_| stream.shutdown(Shutdown::Both)));
            }
        });
        front
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Adds a fault to the n-th invocation from now on.
    pub(crate) fn fault(&self, nth: usize, fault: Fault) {
        let now = self.state.invocations.load(Ordering::Relaxed);
        self.state.faults.lock().unwrap().insert(now + nth, fault);
    }

    pub(crate) fn invocations(&self) -> usize {
        self.state.invocations.load(Ordering::Relaxed)
    }

    /// The event of the last invocation.
    pub(crate) fn event(&self) -> Vec<u8> {
        self.state.event.lock().unwrap().clone()
    }

    /// The highest number of functions that ran at the same time.
    pub(crate) fn peak(&self) -> usize {
        self.state.peak.lock().unwrap().1
    }

    /// The number of functions that are running.
    pub(crate) fn running(&self) -> usize {
        self.state.peak.lock().unwrap().0
    }

    /// What the account permits, and how it answers.
    pub(crate) fn rights(&self) -> &Rights {
        &self.state.rights
    }

    /// Rejects requests whose path or body contains a text, as if the user had no permission. `None` ends this.
    pub(crate) fn deny(&self, text: Option<&str>) {
        self.state.rights.deny(text);
    }

    pub(crate) fn without_streaming(&self, unstreamed: bool) {
        self.state.unstreamed.store(unstreamed, Ordering::Relaxed);
    }

    /// `METHOD /path` of the requests since the last call.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state.requests.lock().unwrap())
    }

    /// Rejects all connections for some time, and cuts those that are open; functions continue to run.
    pub(crate) fn down_for(&self, time: Duration) {
        self.state.down.store(true, Ordering::Relaxed);
        self.state.cut_all();
        std::thread::sleep(time);
        self.state.down.store(false, Ordering::Relaxed);
    }

    /// Cuts all connections of the orchestrator and of commands, and rejects new ones for some time. Functions reach S3 all the time.
    pub(crate) fn separate_for(&self, time: Duration) {
        self.state.separated.store(true, Ordering::Relaxed);
        self.state.cut_all();
        std::thread::sleep(time);
        self.state.separated.store(false, Ordering::Relaxed);
    }

    pub(crate) fn is_separated(&self) -> bool {
        self.state.separated.load(Ordering::Relaxed)
    }

    /// Ends all processes that a test has left running.
    pub(crate) fn end_functions(&self) {
        self.state.idle.lock().unwrap().clear();
        self.state.all.lock().unwrap().drain(..).for_each(|environment| environment.signal("-KILL"));
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::Relaxed);
        self.end_functions();
        self.state.cut_all();
        // Wakes the listener.
        let _ = TcpStream::connect(&self.address);
    }
}

impl State {
    fn cut_all(&self) {
        for stream in self.connections.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn serve(self: &Arc<Self>, behind: &Behind, mut stream: &TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream);
        let Some(head) = Head::read(&mut reader)? else { return Ok(()) };
        if head.header("expect").is_some() {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let body = head.whole_body(&mut reader)?;
        let text = format!("{} {} {}", head.method, head.path, String::from_utf8_lossy(&body[..body.len().min(2_000)]));
        self.requests.lock().unwrap().push(text.chars().take(300).collect());
        let token = head.header("x-amz-security-token");
        if token.is_none() {
            self.connections.lock().unwrap().extend(stream.try_clone());
            if self.separated.load(Ordering::Relaxed) {
                return stream.shutdown(Shutdown::Both);
            }
        }
        if token.is_some_and(|token| self.cut_off.lock().unwrap().iter().any(|known| known == token)) {
            return refuse(stream, &head, "403 Forbidden", "AccessDenied", "");
        }
        if self.rights.refuse(stream, &head, &text)? {
            return Ok(());
        }
        let streamed = head.path.strip_prefix("/2021-11-15/functions/").and_then(|rest| rest.split_once("/response-streaming-invocations"));
        match streamed {
            Some(_) if self.unstreamed.load(Ordering::Relaxed) => refuse(stream, &head, "404 Not Found", "UnknownOperationException", ""),
            Some((name, query)) => self.invoke(behind, stream, &head, name, query, body),
            None => {
                let answer = exchange(&behind.stack, &head, &body)?;
                stream.write_all(&self.rights.without_tags(&head, answer)?)?;
                stream.shutdown(Shutdown::Both)
            }
        }
    }

    fn invoke(
        self: &Arc<Self>,
        behind: &Behind,
        mut stream: &TcpStream,
        head: &Head,
        name: &str,
        query: &str,
        body: Vec<u8>,
    ) -> io::Result<()> {
        let number = self.invocations.fetch_add(1, Ordering::Relaxed);
        self.event.lock().unwrap().clone_from(&body);
        let fault = self.faults.lock().unwrap().remove(&number);
        match fault {
            Some(Fault::Throttle) => return refuse(stream, head, "429 Too Many Requests", "TooManyRequestsException", "Rate Exceeded."),
            Some(Fault::Never) => {
                // Waits for as long as the client does.
                let _ = io::copy(&mut &*stream, &mut io::sink());
                return Ok(());
            }
            Some(Fault::Delay(time)) => std::thread::sleep(time),
            _ => {}
        }
        let (environment, code) = self.environment(behind, head, name, query)?;
        let id = format!("00000000-0000-0000-0000-{number:012}");
        let output = environment.invoke(&id, body.clone());
        self.count(1);
        let _counted = Counted(self);
        let deadline = Instant::now() + behind.limit;
        let mut out = Answer { stream, held: matches!(fault, Some(Fault::Buffer)).then(Vec::new), begun: false };
        let mut pieces = 0;
        let ended = loop {
            match output.recv_timeout(Duration::from_millis(50)) {
                Ok(Output::Piece(piece)) => {
                    let frame = event("PayloadChunk", "application/octet-stream", &piece);
                    pieces += 1;
                    if matches!(fault, Some(Fault::Cut(after) | Fault::CutOff(after)) if pieces > after) {
                        if matches!(fault, Some(Fault::CutOff(_))) {
                            self.cut_off.lock().unwrap().push(environment.token.clone());
                        }
                        out.chunk(&frame[..frame.len() / 2])?;
                        return stream.shutdown(Shutdown::Both);
                    }
                    out.chunk(&frame)?;
                    match fault {
                        Some(Fault::Kill(after)) if pieces == after => environment.signal("-KILL"),
                        Some(Fault::Hang(after)) if pieces == after => environment.signal("-STOP"),
                        _ => {}
                    }
                }
                Ok(Output::End) => break None,
                Ok(Output::Failed(why)) => break Some(why),
                Err(RecvTimeoutError::Disconnected) => break Some("Runtime.ExitError".to_owned()),
                Err(RecvTimeoutError::Timeout) if Instant::now() > deadline => {
                    environment.signal("-KILL");
                    break Some("Sandbox.Timedout".to_owned());
                }
                Err(RecvTimeoutError::Timeout) => {
                    environment.is_alive();
                }
            }
        };
        if ended.is_none() {
            if matches!(fault, Some(Fault::Twice)) {
                let again = environment.invoke(&format!("{id}-again"), body);
                while let Ok(Output::Piece(_)) = again.recv_timeout(behind.limit) {}
            }
            self.idle.lock().unwrap().entry(code).or_default().push(environment);
        }
        let complete =
            ended.map_or_else(|| "{}".to_owned(), |why| serde_json::json!({ "ErrorCode": "Unhandled", "ErrorDetails": why }).to_string());
        out.chunk(&event("InvokeComplete", "application/json", complete.as_bytes()))?;
        out.chunk(b"")?;
        stream.write_all(&out.held.unwrap_or_default())?;
        stream.shutdown(Shutdown::Both)
    }

    fn count(&self, change: isize) {
        let mut peak = self.peak.lock().unwrap();
        peak.0 = peak.0.saturating_add_signed(change);
        peak.1 = peak.1.max(peak.0);
    }

    /// A process with the function's code: an idle one, or a new one.
    fn environment(&self, behind: &Behind, head: &Head, name: &str, query: &str) -> io::Result<(Arc<Environment>, String)> {
        let qualifier = query.split("Qualifier=").nth(1).map(|rest| format!("?Qualifier={}", rest.split('&').next().unwrap_or(rest)));
        let get = |path: String| {
            let headers = vec![
                ("host".to_owned(), behind.stack.clone()),
                ("authorization".to_owned(), head.header("authorization").unwrap_or_default().to_owned()),
            ];
            body_of(&exchange(&behind.stack, &Head { method: "GET".into(), path, headers }, b"")?)
        };
        let found: serde_json::Value =
            serde_json::from_slice(&get(format!("/2015-03-31/functions/{name}{}", qualifier.unwrap_or_default()))?)?;
        let configuration = &found["Configuration"];
        let (Some(sha), Some(location)) = (configuration["CodeSha256"].as_str(), found["Code"]["Location"].as_str()) else {
            return Err(io::Error::other(format!("there is no function {name}: {found}")));
        };
        let code = sha.replace(['/', '+', '='], "_");
        if let Some(idle) = self.idle.lock().unwrap().get_mut(&code) {
            while let Some(environment) = idle.pop() {
                if environment.is_alive() {
                    return Ok((environment, code));
                }
            }
        }
        let folder = behind.code.join(&code);
        // Fronts share the folder with the code.
        static UNPACKS: Mutex<()> = Mutex::new(());
        let unpacks = UNPACKS.lock();
        if !folder.join("bootstrap").is_file() {
            std::fs::create_dir_all(&folder)?;
            let path = location.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
            std::fs::write(folder.join("code.zip"), get(format!("/{path}"))?)?;
            let done = Command::new(&behind.python).args(["-m", "zipfile", "-e", "code.zip", "."]).current_dir(&folder).status()?;
            assert!(done.success(), "the package can't be unpacked");
            Command::new("chmod").args(["755", "bootstrap"]).current_dir(&folder).status()?;
        }
        drop(unpacks);
        let region = head.header("authorization").and_then(|value| value.split('/').nth(2)).unwrap_or("us-east-1").to_owned();
        let variables = [
            ("AWS_LAMBDA_FUNCTION_NAME", name.to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", configuration["MemorySize"].to_string()),
            ("AWS_LAMBDA_FUNCTION_VERSION", configuration["Version"].as_str().unwrap_or("1").to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
            ("AWS_LAMBDA_LOG_STREAM_NAME", format!("rig-{region}")),
            ("AWS_REGION", region.clone()),
            ("AWS_DEFAULT_REGION", region),
            // ministack uses a key of twelve digits as the number of the account.
            ("AWS_ACCESS_KEY_ID", key_of(head).to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_ENDPOINT_URL", format!("http://{}", behind.own)),
            ("LAMBDA_TASK_ROOT", folder.display().to_string()),
            ("_HANDLER", "bootstrap".to_owned()),
        ];
        let environment = Environment::start(&folder, &variables, behind.limit)?;
        self.all.lock().unwrap().push(environment.clone());
        Ok((environment, code))
    }
}

/// The answer to an invocation, in pieces.
struct Answer<'s> {
    stream: &'s TcpStream,
    /// The bytes that are sent only at the end, if the response is buffered.
    held: Option<Vec<u8>>,
    begun: bool,
}

impl Answer<'_> {
    fn chunk(&mut self, content: &[u8]) -> io::Result<()> {
        const HEAD: &[u8] =
            b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
        let head = if std::mem::replace(&mut self.begun, true) { &[] } else { HEAD };
        let mut bytes = head.to_vec();
        chunk(&mut bytes, content)?;
        match &mut self.held {
            Some(held) => held.write_all(&bytes),
            None => self.stream.write_all(&bytes),
        }
    }
}

/// Counts a running function, until its response ends.
struct Counted<'s>(&'s State);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.count(-1);
    }
}
