//! Second opinions: moto (PyPI), another control plane; AWS's own Runtime Interface Emulator (out of the wheel of `aws-sam-cli`), another
//! executor, of one invocation at a time.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::wire::body_of;
use super::{free_address, listens};
use crate::tools;

/// A program that ends with the test.
#[derive(Debug)]
pub(crate) struct Other {
    child: Child,
    pub(crate) address: String,
}

impl Drop for Other {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn moto() -> Other {
    let address = free_address();
    let port = address.rsplit(':').next().unwrap_or_default();
    let mut command = Command::new(tools::program("moto"));
    let child = command.args(["-H", "127.0.0.1", "-p", port]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let other = Other { child, address };
    listens(&other.address);
    other
}

/// The emulator with a binary as the function's `bootstrap`.
pub(crate) fn emulator(binary: &Path) -> Other {
    let (address, api) = (free_address(), free_address());
    let mut command = Command::new(tools::program("aws-lambda-rie"));
    command.args(["--runtime-interface-emulator-address", &address, "--runtime-api-address", &api]).arg(binary);
    for (name, value) in [("AWS_LAMBDA_FUNCTION_TIMEOUT", "60"), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")] {
        command.env(name, value);
    }
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let other = Other { child, address };
    listens(&other.address);
    other
}

impl Other {
    /// Invokes the emulator's function; its whole answer.
    pub(crate) fn invoke(&self, event: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let head = format!(
            "POST /2015-03-31/functions/function/invocations HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            self.address,
            event.len()
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(event)).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        body_of(&answer).unwrap()
    }
}
