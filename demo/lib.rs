//! The demo API: a small HTTP/1.1 server on this machine that the example specs really run against.
//!
//! Five services share one port: `/tpdata` (bearer token, resources), `/shop` (login, carts, payments), `/notes` (pages, cookies,
//! forms, uploads), `/graph` (GraphQL) and `/ledger` (signed requests, one-time codes). `/_demo` controls the server: its
//! faults, its count of requests, and an echo. All state is in memory and bounded.

mod admin;
mod call;
mod clock;
mod faults;
mod graph;
mod graphql;
mod html;
mod ledger;
mod notes;
mod respond;
mod router;
mod server;
mod shop;
mod stats;
mod store;
mod tokens;
mod tpdata;
mod wire;

#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

pub use faults::{Faults, Latency, Stall};
pub use server::{Handle, Server, serve, spawn};

/// The port that the example environments name.
pub const PORT: u16 = 8137;
/// The default bearer token of `/tpdata` and `/graph`.
pub const TOKEN: &str = "demo-token";
/// The default key of `/ledger`'s signatures.
pub const LEDGER_KEY: &str = "ledger-demo-key";
/// The default secret of `/ledger`'s one-time codes, in base32.
pub const OTP_SECRET: &str = "JBSWY3DPEHPK3PXP";

/// How the demo server starts; [`Options::default`] is what the example environments expect.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens; port 0 takes any free port, see [`Server::addr`].
    pub addr: SocketAddr,
    /// The bearer token of `/tpdata` and `/graph`.
    pub token: String,
    /// The key of `/ledger`'s signatures.
    pub ledger_key: String,
    /// The secret of `/ledger`'s one-time codes, in base32.
    pub otp_secret: String,
    /// Requests a second that `/ledger` takes before it answers 429.
    pub ledger_rate: u32,
    /// How long a payment of `/shop` is pending before it is settled.
    pub settle: Duration,
    /// The most treatments, variants, notes, … kept of each kind; the oldest are dropped beyond it.
    pub keep: usize,
    /// What goes wrong on purpose from the start; `PUT /_demo/faults` changes it while the server runs.
    pub faults: Faults,
    /// A line on standard error for each request.
    pub log: bool,
    /// Worker threads; by default one a core.
    pub threads: Option<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)),
            token: TOKEN.to_owned(),
            ledger_key: LEDGER_KEY.to_owned(),
            otp_secret: OTP_SECRET.to_owned(),
            ledger_rate: 100_000,
            settle: Duration::from_millis(300),
            keep: 200_000,
            faults: Faults::default(),
            log: false,
            threads: None,
        }
    }
}

impl Options {
    /// The defaults on any free port, as tests want them.
    #[must_use]
    pub fn any_port() -> Self {
        Options { addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..Options::default() }
    }
}
