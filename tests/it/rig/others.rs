//! Other emulators, to confirm the results: moto (PyPI), another control plane, and AWS's own Runtime Interface Emulator (from the wheel of
//! `aws-sam-cli`), which executes one invocation at a time.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::wire::body_of;
use crate::server::{Server, free_port};
use crate::tools;

pub(crate) fn moto() -> Server {
    let port = free_port();
    Server::start(Command::new(tools::program("moto")).args(["-H", "127.0.0.1", "-p", &port.to_string()]), port)
}

/// The emulator with a binary as the function's `bootstrap`.
pub(crate) fn emulator(binary: &Path) -> Server {
    let (port, api) = (free_port(), free_port());
    let mut command = Command::new(tools::program("aws-lambda-rie"));
    command.args(["--runtime-interface-emulator-address", &format!("127.0.0.1:{port}")]);
    command.args(["--runtime-api-address", &format!("127.0.0.1:{api}")]).arg(binary);
    for (name, value) in [("AWS_LAMBDA_FUNCTION_TIMEOUT", "60"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")] {
        command.env(name, value);
    }
    Server::start(&mut command, port)
}

/// Invokes the emulator's function, and returns its whole response.
pub(crate) fn invoke(emulator: &Server, event: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", emulator.port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let head = format!(
        "POST /2015-03-31/functions/function/invocations HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        emulator.port,
        event.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(event)).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    body_of(&answer).unwrap()
}
