//! A recording proxy: what a browser or another client sends becomes a HAR.
//!
//! [`Proxy::start`] listens on 127.0.0.1. A client that trusts the [`Authority`] sends its requests through it; `forward` sends them on and
//! keeps request and response, and [`Proxy::finish`] gives the HAR. [`browser::run`] starts Chromium so that it uses the proxy and trusts the
//! authority, in a profile of its own that is removed afterwards.
//!
//! The authority's key never leaves this machine, and only its owner can read it. Nothing trusts it until the user says so.

mod authority;
pub mod browser;
mod clock;
mod forward;
mod har;
mod proxy;
#[cfg(test)]
mod tests;
mod upstream;

pub use authority::Authority;
pub use proxy::{Options, Proxy};
