//! `--ui`: shows the running test as a web page, updated by server-sent events.
//!
//! ```text
//! Results ─ LiveSnapshot ─ feed (what was, what is) ─ /events ─ page: charts, steps, failures
//!                                              /stop  ─ Stop, with the token that only the printed address has
//! ```

mod feed;
mod guard;
mod page;
mod server;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use crate::live::{LiveSnapshot, TestInfo};
use feed::Feed;
use guard::Guard;
use ltc_engine::workers::Stop;

/// The default port, the same as that of Locust's page.
pub(crate) const PORT: u16 = 8089;

/// The time that streams have at the end to send their last events.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(300);

/// The address at which to serve the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listen {
    /// This machine only, on [`PORT`], or on another port if that is in use.
    Loopback,
    /// Only this address.
    At(SocketAddr),
}

impl Listen {
    /// Reads `PORT`, `HOST:PORT`, `[::1]:PORT`, or an empty text for the default.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::Loopback);
        }
        if let Ok(port) = text.parse::<u16>() {
            return Ok(Self::At(SocketAddr::from(([127, 0, 0, 1], port))));
        }
        let text = text.strip_prefix("localhost:").map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
        text.parse().map(Self::At).map_err(|_| "write a port, or an address with one: 8089, 127.0.0.1:8089, 0.0.0.0:8089".to_owned())
    }
}

/// The web page of a test.
#[derive(Debug)]
pub(crate) struct Web {
    listener: Option<TcpListener>,
    addr: SocketAddr,
    guard: Arc<Guard>,
    running: Option<server::RunningServer>,
}

impl Web {
    /// Takes the port. The page isn't served yet.
    pub(crate) fn bind(listen: Listen) -> Result<Self, String> {
        let bind = |addr: SocketAddr| TcpListener::bind(addr).map_err(|error| format!("--ui: cannot listen on {addr}: {error}"));
        let listener = match listen {
            Listen::At(addr) => bind(addr)?,
            Listen::Loopback => bind(SocketAddr::from(([127, 0, 0, 1], PORT))).or_else(|_| bind(SocketAddr::from(([127, 0, 0, 1], 0))))?,
        };
        let addr = listener.local_addr().map_err(|error| format!("--ui: {error}"))?;
        Ok(Self { listener: Some(listener), addr, guard: Arc::new(Guard::new(addr)), running: None })
    }

    /// The page's address with the token that allows it to stop the test. The token is after `#`, so that browsers don't send it anywhere.
    pub(crate) fn url(&self) -> String {
        let host = match self.addr.ip() {
            ip if ip.is_unspecified() => SocketAddr::from(([127, 0, 0, 1], self.addr.port())),
            _ => self.addr,
        };
        format!("http://{host}/#{}", self.guard.token())
    }

    /// Starts to serve the page when the load begins.
    pub(crate) fn start(&mut self, info: &Arc<TestInfo>, stop: &Stop) -> Result<(), String> {
        let Some(listener) = self.listener.take() else { return Ok(()) };
        let feed = Arc::new(Feed::new(info.clone()));
        self.running = Some(server::start(listener, feed, self.guard.clone(), stop.clone())?);
        Ok(())
    }

    /// Sends an interval to the pages.
    pub(crate) fn publish(&self, live: &LiveSnapshot) {
        if let Some(running) = &self.running {
            running.feed.publish(live);
        }
    }

    /// Tells the pages how the test ended. They continue to show what they have.
    pub(crate) fn finish(self, whole: &LiveSnapshot) {
        if let Some(running) = self.running {
            running.feed.end(whole);
            running.stop(CLOSE_TIMEOUT);
        }
    }
}

#[cfg(test)]
#[path = "web_tests.rs"]
mod tests;
