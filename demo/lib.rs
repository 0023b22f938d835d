//! The demo API: a small HTTP/1.1 server on this machine, with which the example specs run.
//!
//! Five services share one port: `/tpdata` (bearer token, resources), `/shop` (login, carts, payments), `/notes` (pages, cookies, forms,
//! uploads), `/graph` (GraphQL) and `/ledger` (signed requests, one-time codes). `/_demo` controls the server: it sets faults, counts
//! requests, and echoes them. All state is in memory and bounded.

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

/// The port in the example environments.
pub const PORT: u16 = 8137;
/// The default bearer token of `/tpdata` and `/graph`.
pub const TOKEN: &str = "demo-token";
/// The default key of `/ledger`'s signatures.
pub const LEDGER_KEY: &str = "ledger-demo-key";
/// The default secret of `/ledger`'s one-time codes, in base32.
pub const OTP_SECRET: &str = "JBSWY3DPEHPK3PXP";

/// The options of the demo server. [`Options::default`] fits the example environments.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address on which it listens; port 0 takes any free port, see [`Server::addr`].
    pub addr: SocketAddr,
    /// The bearer token of `/tpdata` and `/graph`.
    pub token: String,
    /// The key of `/ledger`'s signatures.
    pub ledger_key: String,
    /// The secret of `/ledger`'s one-time codes, in base32.
    pub otp_secret: String,
    /// The number of requests per second that `/ledger` accepts before it answers 429.
    pub ledger_rate: u32,
    /// The time for which a payment of `/shop` is pending before it is settled.
    pub settle: Duration,
    /// The most treatments, variants, notes, … of each kind. Beyond this number, the oldest are dropped.
    pub keep: usize,
    /// The initial faults; `PUT /_demo/faults` changes them while the server runs.
    pub faults: Faults,
    /// Whether to print a line on standard error for each request.
    pub log: bool,
    /// Worker threads; by default one per core.
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
    /// The defaults with any free port, for tests.
    #[must_use]
    pub fn any_port() -> Self {
        Options { addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..Options::default() }
    }
}
