//! AWS, as far as it can be simulated: ministack (PyPI) for the account, and a test front that runs functions and streams. All of it
//! listens on 127.0.0.1, and ends with the test.

mod calls;
mod environment;
mod event_stream;
mod fault;
mod front;
mod key_source;
mod others;
mod permissions;
mod rights;
mod wire;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

pub(crate) use fault::Fault;
pub(crate) use front::Front;
pub(crate) use key_source::KeySource;
pub(crate) use others::{emulator, invoke, moto};
pub(crate) use permissions::Permissions;

use crate::project::shared_folder;
use crate::server::{free_port, wait_until_it_listens};
use crate::tools;

/// ministack, for all tests of a process. It ends together with the process, because it watches the other end of its standard input.
static STACK: OnceLock<Stack> = OnceLock::new();

#[derive(Debug)]
struct Stack {
    address: String,
    python: PathBuf,
}

fn stack() -> &'static Stack {
    STACK.get_or_init(|| {
        let program = tools::program("ministack");
        let port = free_port();
        let address = format!("127.0.0.1:{port}");
        // All tests share it, so it must not end with one of them: the shell ends it when this process's pipe is closed.
        let script = r#""$0" & stack=$!; read -r _; kill $stack; wait $stack"#;
        let child = Command::new("sh")
            .args(["-c", script])
            .arg(&program)
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("AWS_ENDPOINT_URL", format!("http://{address}"))
            .env("LAMBDA_ACCOUNT_CONCURRENCY", "50")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("ministack can be started");
        wait_until_it_listens(port);
        // Forgets the child, so that its standard input stays open until this process ends.
        std::mem::forget(child);
        Stack { address, python: program.with_file_name("python") }
    })
}

/// A test's own front for the shared ministack; functions may run for `limit`.
pub(crate) fn front(limit: Duration) -> Front {
    let stack = stack();
    Front::start(&stack.address, stack.python.clone(), shared_folder("functions"), limit)
}
