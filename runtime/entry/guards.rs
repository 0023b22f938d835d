//! Stops a run before its load if it would load public hosts that nobody allowed.

use std::fmt;
use std::io::{IsTerminal as _, Write as _};
use std::net::ToSocketAddrs as _;

use ltc_config::{AllowedHosts, Http2};
use ltc_engine::User;
use ltc_engine::http::{ApiConfig, Permission, Reach, Target};
use ltc_engine::program::{ApiInfo, Program};
use ltc_engine::value::Value;
use serde::Serialize;

use super::StartupError;

/// A host that requests of an api go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct LoadTarget {
    api: &'static str,
    /// `https://api.example.com`, with the port unless it is the scheme's default.
    origin: String,
    /// Whether users share connections over HTTP/2 (`http2: shared`).
    shared_connections: bool,
    #[serde(skip)]
    host: String,
}

impl fmt::Display for LoadTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)?;
        if self.shared_connections { f.write_str(" (shared HTTP/2 connections)") } else { Ok(()) }
    }
}

/// The hosts of a test's apis, and those of full URLs in its requests. A base or a URL that can't be computed before the load is left out.
pub(super) fn targets(program: &Program, apis: &[ApiConfig], user: &User) -> Vec<LoadTarget> {
    let bases: Vec<Option<Target>> = program.apis.iter().map(|api| base(api, user)).collect();
    let own = bases.iter().enumerate().filter_map(|(api, base)| Some((api, base.clone()?)));
    let urls = program.urls.iter().filter_map(|known| {
        let Ok(Value::Str(url)) = (known.url)(user) else { return None };
        let target = match bases.get(known.api)? {
            Some(base) => base.join(&url, "").ok(),
            None => Target::parse(&url).ok(),
        };
        Some((known.api, target?))
    });
    let mut found: Vec<LoadTarget> = Vec::new();
    for (api, target) in own.chain(urls) {
        let origin = format!("{}://{}", target.scheme(), target.authority());
        if found.iter().all(|known| known.origin != origin) {
            let shared_connections = target.scheme() == "https" && apis.get(api).is_some_and(|config| config.http2 == Http2::Shared);
            found.push(LoadTarget { api: program.apis[api].name, origin, shared_connections, host: target.host().to_owned() });
        }
    }
    found
}

fn base(api: &ApiInfo, user: &User) -> Option<Target> {
    let Ok(Value::Str(base)) = (api.base)(user) else { return None };
    Target::parse(&base).ok()
}

/// The origins in words: `http://127.0.0.1:8137 and https://api.example.com`.
pub(super) fn origins(targets: &[LoadTarget]) -> String {
    match targets {
        [] => String::new(),
        [one] => one.to_string(),
        [before @ .., last] => {
            let before: Vec<String> = before.iter().map(LoadTarget::to_string).collect();
            format!("{} and {last}", before.join(", "))
        }
    }
}

/// The hosts that requests of a load may go to: those that are allowed, and those that the tester was asked for.
pub(super) fn permission(targets: &[LoadTarget], allowed: &AllowedHosts) -> Permission {
    Permission::NearAnd(allowed.clone().and(targets.iter().map(|target| target.host.clone())))
}

/// Refuses load on a public host that neither the environment nor the command line allows. On a terminal it asks once instead.
pub(super) fn check_hosts(targets: &[LoadTarget], allowed: &AllowedHosts, load: &str, environment: &str) -> Result<(), StartupError> {
    let unknown: Vec<&LoadTarget> = targets.iter().filter(|target| !allowed.allows(&target.host) && is_public(&target.host)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let origins: Vec<&str> = unknown.iter().map(|target| target.origin.as_str()).collect();
    let origins = origins.join(", ");
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(StartupError::wrong([refusal(&unknown, environment)]));
    }
    crate::say::text(&mut anstream::stderr(), &format!("Send this load ({load}) to {origins}? [y/N] "));
    let mut answer = String::new();
    let asked = std::io::stderr().flush().and_then(|()| std::io::stdin().read_line(&mut answer));
    asked.map_err(|error| StartupError::broken(format!("cannot read the answer: {error}")))?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(StartupError::wrong(["not started"])),
    }
}

fn refusal(unknown: &[&LoadTarget], environment: &str) -> String {
    let origins: Vec<&str> = unknown.iter().map(|target| target.origin.as_str()).collect();
    let hosts: Vec<&str> = unknown.iter().map(|target| target.host.as_str()).collect();
    let file = if environment.is_empty() { "the environment file".to_owned() } else { format!("config/{environment}.yml") };
    format!(
        "load on a public host needs permission: {}. If it is yours to test, add `allow_hosts: [{}]` to {file}, or --allow-host {} (--yes \
         does not allow a host)",
        origins.join(", "),
        hosts.join(", "),
        hosts.join(" --allow-host "),
    )
}

/// Whether a host is neither this machine nor in a private network, as far as this machine can tell. A name without addresses counts as
/// public. So do link-local addresses, at which cloud providers serve credentials.
fn is_public(host: &str) -> bool {
    if let Some(reach) = Reach::of_text(&host.to_ascii_lowercase()) {
        return !reach.is_near();
    }
    let Ok(addresses) = (host, 0).to_socket_addrs() else { return true };
    let near: Vec<bool> = addresses.map(|address| Reach::of(address.ip()).is_near()).collect();
    near.is_empty() || near.contains(&false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(origin: &str) -> LoadTarget {
        let target = Target::parse(origin).unwrap();
        LoadTarget { api: "shop", origin: origin.to_owned(), shared_connections: false, host: target.host().to_owned() }
    }

    #[test]
    fn hosts_are_public_unless_they_are_near() {
        for host in ["127.0.0.1", "10.0.0.1", "::1", "localhost", "shop.localhost", "LOCALHOST."] {
            assert!(!is_public(host), "{host}");
        }
        for host in ["8.8.8.8", "169.254.169.254", "2001:db8::1", "no.such.invalid"] {
            assert!(is_public(host), "{host}");
        }
    }

    #[test]
    fn public_host_needs_to_be_allowed_by_name() {
        let targets = [target("http://127.0.0.1:8137"), target("https://203.0.113.9:8443")];
        assert_eq!(origins(&targets), "http://127.0.0.1:8137 and https://203.0.113.9:8443");
        let allowed = AllowedHosts::default().and(["203.0.113.9".to_owned()]);
        assert!(check_hosts(&targets, &allowed, "up to 5 users", "cs1").is_ok());
        let unknown = [&targets[1]];
        assert_eq!(
            refusal(&unknown, "cs1"),
            "load on a public host needs permission: https://203.0.113.9:8443. If it is yours to test, add `allow_hosts: [203.0.113.9]` to \
             config/cs1.yml, or --allow-host 203.0.113.9 (--yes does not allow a host)"
        );
    }
}
