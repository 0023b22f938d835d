//! A lower bound for all clients: sends the same bytes over the same number of connections and receives the responses, with two system
//! calls per request and one to wait. It neither reads, checks nor records the responses.

use std::env;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

use super::load::CONNECTIONS;
use super::{Args, Outcome};

/// The longest single wait, so that the end of the measurement is noticed.
const TICK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Sends the request in `PEER_PATH` and `PEER_BODY` to `PEER_HOST`, as ltc would, until the measurement ends.
pub(crate) fn run(args: &Args) -> Outcome {
    let variable = |name: &str| env::var(name).map_err(|_| format!("{name} is not set"));
    let (host, path, body) = (variable("PEER_HOST")?, variable("PEER_PATH")?, variable("PEER_BODY")?);
    let head =
        format!("Host: {host}\r\nUser-Agent: ltc/{}\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate, br\r\n", env!("CARGO_PKG_VERSION"));
    let request = match body.len() {
        0 => format!("GET {path} HTTP/1.1\r\n{head}\r\n"),
        length => format!("POST {path} HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"),
    };
    let poll = epoll::create(CreateFlags::CLOEXEC)?;
    let mut streams = Vec::new();
    for number in 0..CONNECTIONS.parse()? {
        let mut stream = TcpStream::connect(&host)?;
        stream.set_nodelay(true)?;
        stream.write_all(request.as_bytes())?;
        stream.set_nonblocking(true)?;
        epoll::add(&poll, &stream, EventData::new_u64(number), EventFlags::IN | EventFlags::ET)?;
        streams.push(stream);
    }
    let end = Instant::now() + Duration::from_secs(args.seconds);
    let (mut events, mut answer) = ([Event { flags: EventFlags::empty(), data: EventData::new_u64(0) }; 64], [0; 4096]);
    while Instant::now() < end {
        let count = epoll::wait(&poll, &mut events, Some(&TICK))?;
        for event in &events[..count] {
            // Responses are small enough to arrive in one piece.
            let stream = &mut streams[usize::try_from(event.data.u64())?];
            if stream.read(&mut answer)? == 0 {
                return Err("the server closed a connection".into());
            }
            stream.write_all(request.as_bytes())?;
        }
    }
    Ok(())
}
