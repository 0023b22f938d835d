//! Connections: names, addresses, proxies, TLS, and the state that users share.

pub(super) mod config;
pub(super) mod connect;
pub(super) mod eyeballs;
pub(super) mod guard;
pub(super) mod names;
pub(super) mod permission;
pub(super) mod provider;
pub(super) mod proxy;
pub(super) mod reach;
pub(super) mod shared;
pub(super) mod tls;
pub(super) mod transport;
pub(super) mod trust;
