//! An execution environment: the `bootstrap` of a function's code, and the Runtime API from which it gets its work.

use std::collections::HashMap;
use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use super::wire::{Head, answer};

/// The output of a function.
#[derive(Debug)]
pub(crate) enum Output {
    Piece(Vec<u8>),
    /// The response is complete.
    End,
    /// The function ended with an error.
    Failed(String),
}

/// A running `bootstrap`.
#[derive(Debug)]
pub(crate) struct Environment {
    child: Mutex<Child>,
    work: Sender<Work>,
    outputs: Outputs,
    /// The session token of its role, which only this process has.
    pub(crate) token: String,
}

impl Environment {
    /// Starts the code in a folder; it then waits for work.
    pub(crate) fn start(code: &Path, variables: &[(&str, String)], limit: Duration) -> io::Result<Arc<Self>> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let token = format!("role-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (work, waiting) = channel();
        let outputs = Outputs::default();
        let api = Api { waiting: Arc::new(Mutex::new(waiting)), outputs: outputs.clone(), limit };
        let address = listener.local_addr()?;
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let api = api.clone();
                std::thread::spawn(move || api.serve(&stream));
            }
        });
        let log = std::fs::File::create(code.join(format!("log-{}", address.port())))?;
        let child = Command::new(code.join("bootstrap"))
            .env_clear()
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .env("AWS_SESSION_TOKEN", &token)
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .current_dir(code)
            .spawn()?;
        Ok(Arc::new(Self { child: Mutex::new(child), work, outputs, token }))
    }

    /// Passes an event to it. Its output comes through the receiver.
    pub(crate) fn invoke(&self, id: &str, event: Vec<u8>) -> Receiver<Output> {
        let (sender, receiver) = channel();
        self.outputs.lock().unwrap().insert(id.to_owned(), sender);
        self.work.send((id.to_owned(), event)).expect("the API lives as long as the environment");
        receiver
    }

    /// Whether the process still runs. If not, its current invocation fails.
    pub(crate) fn is_alive(&self) -> bool {
        let ended = self.child.lock().unwrap().try_wait().ok().flatten();
        if let Some(status) = ended {
            for (_, output) in self.outputs.lock().unwrap().drain() {
                // The receiver may be gone.
                let _ = output.send(Output::Failed(format!("Runtime.ExitError: {status}")));
            }
        }
        ended.is_none()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.lock().unwrap().id();
        let _ = Command::new("kill").args([signal, &id.to_string()]).status();
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap();
        // It may have ended already.
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// An invocation's id and its event.
type Work = (String, Vec<u8>);
/// The receivers of the output, by invocation.
type Outputs = Arc<Mutex<HashMap<String, Sender<Output>>>>;

#[derive(Clone)]
struct Api {
    waiting: Arc<Mutex<Receiver<Work>>>,
    outputs: Outputs,
    limit: Duration,
}

impl Api {
    /// Serves a connection of the process until the connection ends.
    fn serve(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Ok(Some(head)) = Head::read(&mut reader) {
            if self.answer(stream, &head, &mut reader).is_err() {
                return;
            }
        }
    }

    fn answer(&self, mut stream: &TcpStream, head: &Head, reader: &mut BufReader<&TcpStream>) -> io::Result<()> {
        let path = head.path.trim_start_matches("/2018-06-01/runtime/").to_owned();
        let parts: Vec<&str> = path.split('/').collect();
        match parts[..] {
            ["invocation", "next"] => {
                // Waits for work until the environment is dropped.
                let Ok((id, event)) = self.waiting.lock().unwrap().recv() else { return Err(io::Error::other("over")) };
                #[expect(clippy::disallowed_methods, reason = "Lambda says deadlines by the wall clock")]
                let deadline = UNIX_EPOCH.elapsed().unwrap() + self.limit;
                let headers = [
                    ("Content-Type", "application/json"),
                    ("Lambda-Runtime-Aws-Request-Id", &id),
                    ("Lambda-Runtime-Deadline-Ms", &deadline.as_millis().to_string()),
                    ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:rig"),
                    ("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000"),
                ];
                answer(&mut stream, "200 OK", &headers, &event)
            }
            ["invocation", id, "response"] => {
                let output = self.outputs.lock().unwrap().get(id).cloned();
                let give = |piece| {
                    if let Some(output) = &output {
                        // The receiver may be gone: the function continues to run, as on AWS.
                        let _ = output.send(piece);
                    }
                };
                let whole = head.body(reader, |piece| give(Output::Piece(piece)));
                self.outputs.lock().unwrap().remove(id);
                give(match &whole {
                    Ok(()) => Output::End,
                    Err(error) => Output::Failed(format!("Runtime.TruncatedResponse: {error}")),
                });
                whole?;
                answer(&mut stream, "202 Accepted", &[], b"")
            }
            ["invocation", id, "error"] => {
                let body = head.whole_body(reader)?;
                if let Some(output) = self.outputs.lock().unwrap().remove(id) {
                    let _ = output.send(Output::Failed(String::from_utf8_lossy(&body).into_owned()));
                }
                answer(&mut stream, "202 Accepted", &[], b"")
            }
            ["init", "error"] => {
                head.whole_body(reader)?;
                answer(&mut stream, "202 Accepted", &[], b"")
            }
            _ => answer(&mut stream, "404 Not Found", &[], b""),
        }
    }
}
