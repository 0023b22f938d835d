//! What one exchange moved over the network, however it ended: successful, failed, unfinished, skipped or tried again.

use std::time::Duration;

/// How long the phases of connecting took. Nothing where a phase wasn't needed or didn't end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// Looking up the host's address.
    pub dns: Option<Duration>,
    /// Until the TCP connection was there, a proxy's consent included.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
}

impl Phases {
    /// Adds those of another connection.
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

/// What an exchange has moved so far: all of its redirect hops and resends together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes of requests that were handed to the system, heads and bodies. TLS and a proxy's tunnel aren't counted. Zero means that no
    /// server can have seen anything of the request.
    pub sent: u64,
    /// Bytes of answers, before they are decoded. TLS isn't counted.
    pub received: u64,
    /// Connections that were opened, those included on which TLS failed.
    pub opened: u32,
    /// How often an open connection was used again. A hop and a resend are uses of their own.
    pub reused: u32,
    /// The time that opening connections took, summed over all that were opened.
    pub phases: Phases,
    /// How often a request was sent again because a connection that was used again was lost.
    pub resends: u32,
    /// Redirect hops of which anything was sent.
    pub redirects: u32,
}

impl Traffic {
    /// Nothing was moved.
    pub const NONE: Self = Self {
        sent: 0,
        received: 0,
        opened: 0,
        reused: 0,
        phases: Phases { dns: None, connect: None, tls: None },
        resends: 0,
        redirects: 0,
    };

    /// Whether no byte of a request left.
    pub fn is_unsent(&self) -> bool {
        self.sent == 0
    }
}
