//! A recording proxy: writes the requests of a browser or another client to a HAR.
//!
//! [`Proxy::start`] listens on 127.0.0.1. A client that trusts the [`Authority`] sends its requests through it; `forward` forwards them and
//! records request and response, and [`Proxy::finish`] returns the HAR. [`browser::run`] starts Chromium so that it uses the proxy and
//! trusts the authority, in a separate profile that is removed afterwards.
//!
//! The authority's key never leaves this machine, and only its owner can read it. No client trusts the authority unless the user configures
//! it.

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
pub use proxy::{Options, Proxy, Recording};
