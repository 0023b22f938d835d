//! Servers with known responses: each answers `GET` after a chosen and exactly timed delay, and counts.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::Outcome;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{\"id\":7}";

/// Returns the time at which to answer a request, given its number and the time of its arrival.
pub(crate) type Plan = dyn Fn(u64, Instant) -> Instant + Send + Sync;

/// A server with one thread per connection, which ends with the process.
pub(crate) struct Server {
    pub(crate) port: u16,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    requests: AtomicU64,
    bytes_in: AtomicU64,
    /// The times from reading a request to writing its response, in microseconds.
    took: Mutex<Vec<u64>>,
    closed: AtomicBool,
}

impl Server {
    pub(crate) fn start(plan: Arc<Plan>) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let server = Self { port: listener.local_addr()?.port(), counts: Arc::default() };
        let counts = server.counts.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (plan, counts) = (plan.clone(), counts.clone());
                // The client reports a broken connection.
                std::thread::spawn(move || serve(stream, &*plan, &counts));
            }
        });
        Ok(server)
    }

    pub(crate) fn requests(&self) -> u64 {
        self.counts.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn bytes_in(&self) -> u64 {
        self.counts.bytes_in.load(Ordering::SeqCst)
    }

    /// The response times in ascending order, in microseconds.
    pub(crate) fn took(&self) -> Vec<u64> {
        let mut took = self.counts.took.lock().map(|took| took.clone()).unwrap_or_default();
        took.sort_unstable();
        took
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.counts.closed.store(true, Ordering::SeqCst);
    }
}

fn serve(mut stream: TcpStream, plan: &Plan, counts: &Counts) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = [0; 4096];
    let mut filled = 0;
    while !counts.closed.load(Ordering::SeqCst) {
        let count = stream.read(&mut buffer[filled..])?;
        let begun = Instant::now();
        if count == 0 {
            return Ok(());
        }
        filled += count;
        counts.bytes_in.fetch_add(count as u64, Ordering::SeqCst);
        if !buffer[..filled].ends_with(b"\r\n\r\n") {
            continue;
        }
        filled = 0;
        let number = counts.requests.fetch_add(1, Ordering::SeqCst);
        wait_until(plan(number, begun));
        stream.write_all(ANSWER)?;
        let took = begun.elapsed();
        if let Ok(mut all) = counts.took.lock() {
            all.push(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        }
    }
    Ok(())
}

/// Sleeps until an instant, and waits actively for the last tenth of a millisecond, because sleeping alone is late by about this time.
fn wait_until(instant: Instant) {
    let left = instant.saturating_duration_since(Instant::now());
    if left > Duration::from_micros(100) {
        std::thread::sleep(left - Duration::from_micros(100));
    }
    while Instant::now() < instant {
        std::hint::spin_loop();
    }
}
