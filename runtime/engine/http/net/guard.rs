//! Decides which hosts requests may go to. A row of data, a response or an expression of a spec can name a host that is unknown before a load:
//! such a host needs the same permission as those that a spec names.

use ltc_config::AllowedHosts;

use super::permission::Permission;
use super::reach::Reach;
use super::transport::Transport;
use crate::http::message::failure::HttpError;
use crate::http::message::target::Origin;
use crate::http::message::traffic::{Ledger, Phases};

/// Whether requests may go to a host that can be reached in these ways. Without any, only its name allows it.
fn allows(permission: &Permission, host: &str, reaches: &[Reach]) -> bool {
    let (allowed, is_allowed): (&AllowedHosts, fn(&Reach) -> bool) = match permission {
        Permission::All => return true,
        Permission::NearAnd(allowed) => (allowed, |reach| reach.is_near()),
        Permission::HereAnd(allowed) => (allowed, |reach| *reach == Reach::Loopback),
    };
    (!reaches.is_empty() && reaches.iter().all(is_allowed)) || allowed.allows(host)
}

fn refusal(permission: &Permission, origin: &Origin) -> HttpError {
    let (scheme, authority, host) = (origin.scheme(), &origin.authority, &origin.host);
    let why = match permission {
        Permission::HereAnd(_) => format!("requests to {scheme}://{authority} are not allowed: add --allow-host {host}"),
        _ => format!(
            "load on a public host needs permission: {scheme}://{authority}. If it is yours to test, add `allow_hosts: [{host}]` to the \
             environment, or --allow-host {host}"
        ),
    };
    HttpError::protocol(why).came("host not allowed")
}

/// Refuses a connection to a host that nobody allowed. As before a load, a name without addresses counts as public.
///
/// # Errors
/// A protocol failure for such a host.
pub(crate) async fn check(transport: &Transport, origin: &Origin, ledger: &Ledger) -> Result<(), HttpError> {
    let permission = transport.permission();
    let verdict = |reaches: &[Reach]| if allows(permission, &origin.host, reaches) { Ok(()) } else { Err(refusal(permission, origin)) };
    if let Some(reach) = Reach::of_text(&origin.host) {
        return verdict(&[reach]);
    }
    // Without a look-up, if the name alone is enough.
    if allows(permission, &origin.host, &[]) {
        return Ok(());
    }
    match transport.names.addresses(&origin.host).await {
        Ok((addresses, dns)) => {
            ledger.took(Phases { dns, ..Phases::default() });
            verdict(&addresses.all().iter().map(|address| Reach::of(*address)).collect::<Vec<_>>())
        }
        // Without a proxy, the connection reports why it has no addresses.
        Err(_) if matches!(transport.proxy().on_way_to(origin), Ok(None)) => Ok(()),
        Err(_) => verdict(&[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(permission: &Permission, hosts: &str) -> Vec<String> {
        let reach = |host: &str| Reach::of_text(host).into_iter().collect::<Vec<_>>();
        hosts.split(' ').filter(|host| !allows(permission, host, &reach(host))).map(str::to_owned).collect()
    }

    #[test]
    fn hosts_that_nobody_allowed_are_refused() {
        let hosts =
            "127.0.0.1 localhost ::1 0.0.0.0 10.1.2.3 fd12::1 203.0.113.9 ::ffff:203.0.113.9 a.example b.example 169.254.169.254 unknown";
        let allowed = AllowedHosts::default().and(["a.example".to_owned()]);
        assert!(refused(&Permission::All, hosts).is_empty());
        assert_eq!(
            refused(&Permission::NearAnd(allowed.clone()), hosts),
            ["203.0.113.9", "::ffff:203.0.113.9", "b.example", "169.254.169.254", "unknown"]
        );
        assert_eq!(
            refused(&Permission::HereAnd(allowed), hosts),
            ["10.1.2.3", "fd12::1", "203.0.113.9", "::ffff:203.0.113.9", "b.example", "169.254.169.254", "unknown"]
        );
    }

    #[test]
    fn name_is_as_public_as_its_most_public_address() {
        let permission = Permission::NearAnd(AllowedHosts::default());
        assert!(allows(&permission, "shop.internal", &[Reach::Private, Reach::Loopback]));
        assert!(!allows(&permission, "shop.internal", &[Reach::Private, Reach::Public]));
        assert!(!allows(&permission, "shop.internal", &[Reach::LinkLocal]));
    }
}
