//! The server: each path has its own way to answer.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A part of an answer.
pub(super) enum Part {
    Bytes(Vec<u8>),
    /// Again and again, until the client closes the connection.
    Forever(Vec<u8>),
    /// One byte each 50 ms.
    Drip(Vec<u8>),
    /// Nothing more.
    Silence,
    Close,
    /// A reset of the connection.
    Reset,
}

/// A server that counts its requests.
pub(super) struct Server {
    pub(super) addr: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts a server. `answer` makes the parts of the response to a path.
    pub(super) fn start(answer: fn(&str) -> Vec<Part>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (addr, requests) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<String>>>::default());
        let all = requests.clone();
        // The threads end with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let requests = all.clone();
                std::thread::spawn(move || drop(serve(&stream, &requests, answer)));
            }
        });
        Self { addr, requests }
    }

    /// The number of requests for a path.
    pub(super) fn count(&self, path: &str) -> usize {
        self.requests.lock().unwrap().iter().filter(|request| *request == path).count()
    }
}

fn serve(stream: &TcpStream, requests: &Mutex<Vec<String>>, answer: fn(&str) -> Vec<Part>) -> std::io::Result<()> {
    let (mut input, mut out) = (BufReader::new(stream), stream);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        if input.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let path = line.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
        while line.trim_end() != "" {
            line.clear();
            input.read_line(&mut line)?;
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        requests.lock().unwrap().push(path.clone());
        if !path.starts_with("/unread") {
            input.read_exact(&mut vec![0; length])?;
        }
        for part in answer(&path) {
            match part {
                Part::Bytes(bytes) => out.write_all(&bytes)?,
                Part::Forever(bytes) => loop {
                    out.write_all(&bytes)?;
                },
                Part::Drip(bytes) => {
                    for byte in bytes {
                        out.write_all(&[byte])?;
                        std::thread::sleep(Duration::from_millis(50));
                    }
                }
                Part::Silence => {
                    // It ends when the client closes the connection.
                    input.read_to_end(&mut Vec::new())?;
                    return Ok(());
                }
                Part::Close => return Ok(()),
                Part::Reset => {
                    // The client has to see what was sent before.
                    std::thread::sleep(Duration::from_millis(20));
                    rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO))?;
                    return Ok(());
                }
            }
        }
    }
}
