//! Decides who may see the page, and who may stop the test.
//!
//! A page of another site can send requests to a server on this machine, and by DNS rebinding read its answers. So a request must name this
//! server by an address, and not by a name that anybody may have pointed here. To stop the test, a request also needs a token, in a header
//! that no other site can set.

use std::net::{IpAddr, SocketAddr};

/// The header that carries the token.
pub(super) const TOKEN_HEADER: &str = "x-ltc-token";

#[derive(Debug)]
pub(super) struct Guard {
    addr: SocketAddr,
    token: String,
}

impl Guard {
    pub(super) fn new(addr: SocketAddr) -> Self {
        Self { addr, token: uuid::Uuid::new_v4().simple().to_string() }
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Whether the `Host` of a request names this server.
    pub(super) fn is_host(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            // An IPv6 address has its colons in brackets.
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
            _ => (host, Some(80)),
        };
        if port != Some(self.addr.port()) {
            return false;
        }
        if name.eq_ignore_ascii_case("localhost") {
            return self.addr.ip().is_loopback() || self.addr.ip().is_unspecified();
        }
        let ip: Option<IpAddr> = name.trim_start_matches('[').trim_end_matches(']').parse().ok();
        // DNS can't map an IP address to this server, so if the server listens on all addresses, each of them is accepted.
        ip.is_some_and(|ip| self.addr.ip().is_unspecified() || ip == self.addr.ip())
    }

    /// Whether a request that changes something comes from the page itself. Programs send no `Origin`.
    pub(super) fn is_origin(&self, origin: Option<&str>) -> bool {
        origin.is_none_or(|origin| origin.strip_prefix("http://").is_some_and(|host| self.is_host(host)))
    }

    /// Whether the token is right. The time of the comparison reveals nothing about the token.
    pub(super) fn is_token(&self, given: Option<&[u8]>) -> bool {
        let (own, given) = (self.token.as_bytes(), given.unwrap_or_default());
        own.len() == given.len() && own.iter().zip(given).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_server_are_accepted_as_host() {
        let guard = Guard::new("127.0.0.1:8089".parse().unwrap());
        for host in ["127.0.0.1:8089", "localhost:8089", "LOCALHOST:8089"] {
            assert!(guard.is_host(host), "{host}");
        }
        for host in
            ["evil.example:8089", "127.0.0.1", "127.0.0.1:80", "10.0.0.1:8089", "127.0.0.1.evil.example:8089", "", ":8089", "[::1]:8089"]
        {
            assert!(!guard.is_host(host), "{host}");
        }
        let all = Guard::new("0.0.0.0:8089".parse().unwrap());
        assert!(all.is_host("192.168.1.7:8089") && all.is_host("localhost:8089") && all.is_host("[::1]:8089"));
        assert!(!all.is_host("evil.example:8089"));
        let six = Guard::new("[::1]:80".parse().unwrap());
        assert!(six.is_host("[::1]") && six.is_host("[::1]:80") && !six.is_host("[::2]"));
    }

    #[test]
    fn tokens_are_compared_whole_and_differ() {
        let guard = Guard::new("127.0.0.1:1".parse().unwrap());
        let token = guard.token().to_owned();
        assert_eq!(token.len(), 32);
        assert!(guard.is_token(Some(token.as_bytes())));
        assert!(!guard.is_token(None) && !guard.is_token(Some(b"")) && !guard.is_token(Some(&token.as_bytes()[..31])));
        assert!(!Guard::new("127.0.0.1:1".parse().unwrap()).is_token(Some(token.as_bytes())));
        assert!(guard.is_origin(None) && guard.is_origin(Some("http://127.0.0.1:1")));
        assert!(!guard.is_origin(Some("https://evil.example")) && !guard.is_origin(Some("null")));
    }
}
