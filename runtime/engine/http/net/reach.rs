//! Decides which addresses a redirect may lead to: a server under test must not make the generator send requests to nearby machines.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::transport::Transport;
use crate::http::message::failure::HttpError;
use crate::http::message::target::{Origin, Target};
use crate::http::message::traffic::{Ledger, Phases};

/// Addresses outside of the link-local ranges at which clouds serve the credentials of a machine: AWS (two), Google, Oracle and Scaleway over
/// IPv6, Alibaba, Azure and Oracle.
const METADATA: [IpAddr; 8] = [
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
];

/// Names of the metadata servers of Google, AWS and Tencent. Behind a proxy, no address shows what they are.
const METADATA_NAMES: [&str; 6] =
    ["metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal", "metadata.tencentyun.com"];

/// From where an address can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// From everywhere.
    Public,
    /// From a private network (RFC 1918, RFC 4193, RFC 6598).
    Private,
    /// From this machine only.
    Loopback,
    /// From this link only (RFC 3927, RFC 4291), or the metadata server of a cloud.
    LinkLocal,
}

impl Reach {
    /// The reach of an address.
    pub fn of(address: IpAddr) -> Self {
        // A link-local address stays one, whatever it embeds.
        embedded(address).map_or(Self::Public, Self::of_plain).max(Self::of_plain(address))
    }

    fn of_plain(address: IpAddr) -> Self {
        if METADATA.contains(&address) {
            return Self::LinkLocal;
        }
        match address {
            IpAddr::V4(v4) if v4.is_link_local() => Self::LinkLocal,
            IpAddr::V6(v6) if v6.is_unicast_link_local() => Self::LinkLocal,
            // Connecting to the unspecified address connects to this machine.
            _ if address.is_loopback() || address.is_unspecified() => Self::Loopback,
            IpAddr::V4(v4) if v4.octets()[0] == 0 => Self::Loopback,
            IpAddr::V4(v4) if v4.is_private() || (v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64) => Self::Private,
            // The last range is that of the former site-local addresses (RFC 3879).
            IpAddr::V6(v6) if v6.is_unique_local() || v6.segments()[0] & 0xffc0 == 0xfec0 => Self::Private,
            _ => Self::Public,
        }
    }

    /// Whether it is this machine or a private network.
    pub fn is_near(self) -> bool {
        matches!(self, Self::Loopback | Self::Private)
    }

    /// The reach of a host if its text alone shows it: an address, or a reserved name (RFC 6761).
    pub fn of_text(host: &str) -> Option<Self> {
        let name = host.strip_suffix('.').unwrap_or(host);
        match name.parse::<IpAddr>() {
            Ok(address) => Some(Self::of(address)),
            Err(_) if name == "localhost" || name.ends_with(".localhost") => Some(Self::Loopback),
            Err(_) if METADATA_NAMES.contains(&name) => Some(Self::LinkLocal),
            Err(_) => None,
        }
    }

    /// Why a redirect may not lead to an address with this reach; `None` if it may.
    fn refusal(self, from: Self) -> Option<&'static str> {
        match (from, self) {
            (_, Self::LinkLocal) => Some("a redirect never leads to a link-local or metadata address"),
            (Self::Public, Self::Loopback) => Some("a redirect never leads from a public host to this machine"),
            _ => None,
        }
    }
}

/// The IPv4 address that packets to an IPv6 address reach: one that is mapped, compatible (RFC 4291, 2.5.5) or translated (RFC 2765, 2.1; RFC 6052,
/// 2.1; RFC 8215), or that of a tunnel: 6to4 (RFC 3056), Teredo (RFC 4380), ISATAP (RFC 5214).
fn embedded(address: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(v6) = address else { return None };
    let (high, low) = match v6.segments() {
        // `::` and `::1` are addresses of their own.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => (high, low),
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low] => (high, low),
        [0x2002, high, low, ..] => (high, low),
        [0x2001, 0, _, _, _, _, high, low] => (!high, !low),
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => (high, low),
        _ => return None,
    };
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Some(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
}

/// Refuses a redirect from a host of the spec to an address that only this machine or its cloud should reach.
///
/// # Errors
/// A protocol failure for such a redirect.
pub(crate) async fn check_redirect(transport: &Transport, from: &Target, to: &Target, ledger: &Ledger) -> Result<(), HttpError> {
    // The spec itself names this host, so it is allowed.
    if from.host() == to.host() {
        return Ok(());
    }
    // A host is as public as its most public address. One whose address is unknown counts as public.
    let from = reaches(transport, &from.origin, ledger).await.into_iter().min().unwrap_or(Reach::Public);
    match reaches(transport, &to.origin, ledger).await.into_iter().find_map(|reach| reach.refusal(from)) {
        Some(why) => Err(HttpError::protocol(format!("the redirect to `{to}` is not followed: {why}")).came("redirect refused")),
        None => Ok(()),
    }
}

/// The reach of each address of a host. It is empty if a proxy looks names up, if connections are in memory, or if the look-up fails, which
/// the connection reports.
async fn reaches(transport: &Transport, origin: &Origin, ledger: &Ledger) -> Vec<Reach> {
    if let Some(reach) = Reach::of_text(&origin.host) {
        return vec![reach];
    }
    let is_direct = transport.memory.is_none() && matches!(transport.proxy().on_way_to(origin), Ok(None));
    if !is_direct {
        return Vec::new();
    }
    let Ok((addresses, dns)) = transport.names.addresses(&origin.host).await else { return Vec::new() };
    ledger.took(Phases { dns, ..Phases::default() });
    addresses.all().iter().map(|address| Reach::of(*address)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(host: &str) -> Option<Reach> {
        Reach::of_text(host)
    }

    #[test]
    fn reach_of_an_address_is_the_same_in_every_spelling() {
        for (expected, hosts) in [
            (Reach::LinkLocal, "169.254.169.254 169.254.0.1 fe80::1 febf::1 fd00:ec2::254 fd20:ce::254 100.100.100.200 168.63.129.16"),
            (Reach::LinkLocal, "192.0.0.192 fd00:ec2::23 fd00:c1::a9fe:a9fe fd00:42::42"),
            (Reach::LinkLocal, "::ffff:169.254.169.254 64:ff9b::a9fe:a9fe metadata.google.internal metadata.google.internal. metadata"),
            (Reach::LinkLocal, "::169.254.169.254 ::ffff:0:169.254.169.254 64:ff9b:1::a9fe:a9fe 2002:a9fe:a9fe:: 2002:a9fe:a9fe::1:2"),
            (Reach::LinkLocal, "2001:0:1:2:3:4:5601:5601 2606:4700::5efe:a9fe:a9fe fe80::5efe:1.1.1.1 2606:4700::200:5efe:169.254.1.2"),
            (
                Reach::Loopback,
                "127.0.0.1 127.8.9.1 ::1 0.0.0.0 :: 0.1.2.3 ::ffff:127.0.0.1 64:ff9b::7f00:1 localhost a.localhost localhost.",
            ),
            (Reach::Private, "10.1.2.3 172.16.0.1 192.168.1.1 100.64.0.1 fd12::1 ::ffff:10.0.0.1 fec0::1 2002:a00:1::1"),
            (Reach::Public, "1.1.1.1 172.32.0.1 100.128.0.1 2606:4700::1111 2002:101:101:: ::1.1.1.1 2001:1::1"),
        ] {
            for host in hosts.split(' ') {
                assert_eq!(reach(host), Some(expected), "{host}");
            }
        }
        assert_eq!(reach("shop.example"), None);
    }

    #[test]
    fn redirect_is_refused_by_its_source_and_its_target() {
        let refused = |from: Reach, to: Reach| to.refusal(from).is_some();
        for from in [Reach::Public, Reach::Private, Reach::Loopback, Reach::LinkLocal] {
            assert!(refused(from, Reach::LinkLocal), "{from:?}");
            assert!(!refused(from, Reach::Public) && !refused(from, Reach::Private), "{from:?}");
            assert_eq!(refused(from, Reach::Loopback), from == Reach::Public, "{from:?}");
        }
    }
}
