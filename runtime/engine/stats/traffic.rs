//! The network traffic of one exchange, whatever its end: successful, failed, unfinished, skipped or retried.

use std::time::Duration;

/// The times of the phases of connecting; `None` for a phase that wasn't needed or didn't end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// The look-up of the host's address.
    pub dns: Option<Duration>,
    /// The time until the TCP connection is open, including a proxy's answer.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
}

impl Phases {
    /// Adds the phases of another connection.
    pub fn add(&mut self, other: Self) {
        let sum = |one: Option<Duration>, other: Option<Duration>| match (one, other) {
            (Some(one), Some(other)) => Some(one + other),
            (one, other) => one.or(other),
        };
        self.dns = sum(self.dns, other.dns);
        self.connect = sum(self.connect, other.connect);
        self.tls = sum(self.tls, other.tls);
    }
}

/// The traffic of an exchange so far, including all redirect hops and resends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes of requests that were passed to the system, heads and bodies, without TLS and a proxy's tunnel. Zero means that no server can
    /// have seen any part of the request.
    pub sent: u64,
    /// Bytes of answers before decoding, without TLS.
    pub received: u64,
    /// Connections that were opened, including those on which TLS failed.
    pub opened: u32,
    /// How often an open connection was reused. A hop and a resend count separately.
    pub reused: u32,
    /// The sum of the times of all opened connections.
    pub phases: Phases,
    /// How often a request was sent again because a reused connection was lost.
    pub resends: u32,
    /// Redirect hops of which any byte was sent.
    pub redirects: u32,
}

impl Traffic {
    /// No traffic.
    pub const NONE: Self = Self {
        sent: 0,
        received: 0,
        opened: 0,
        reused: 0,
        phases: Phases { dns: None, connect: None, tls: None },
        resends: 0,
        redirects: 0,
    };

    /// Whether no byte of a request was sent.
    pub fn is_unsent(&self) -> bool {
        self.sent == 0
    }
}
