//! `allow_hosts` at the top of an environment: the public hosts that a test may load without asking the tester first.

use serde::{Deserialize, Serialize};
use url::Host;

use crate::environment::{EnvData, Environment};
use crate::error::ConfigError;
use crate::reads::ALLOW_HOSTS;

/// The names and addresses of the hosts. `*.` before a name allows all names below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedHosts(Vec<String>);

impl AllowedHosts {
    /// The allowed hosts of an environment. The list is empty if the environment has no such key.
    pub fn of(environment: &Environment) -> Result<Self, Vec<ConfigError>> {
        let Some(value) = environment.get(ALLOW_HOSTS) else { return Ok(Self::default()) };
        let one = [value.clone()];
        let items = match &value.data {
            EnvData::List(items) => items.as_slice(),
            EnvData::Null => &[],
            _ => &one,
        };
        let mut hosts = Self::default();
        let mut errors = Vec::new();
        for item in items {
            let host = match &item.data {
                // A variable is known when the test starts.
                EnvData::String(text) if text.contains("${") => continue,
                EnvData::String(text) => host(text),
                _ => Err("unexpected value, expected a host".to_owned()),
            };
            match host {
                Ok(host) => hosts.0.push(host),
                Err(why) => errors.push(
                    ConfigError::new(item.location.clone(), format!("{ALLOW_HOSTS}: {why}"))
                        .with_help("write hosts, such as `[api.example.com, \"*.example.org\"]`"),
                ),
            }
        }
        if errors.is_empty() { Ok(hosts) } else { Err(errors) }
    }

    /// Adds these hosts to the allowed ones.
    pub fn and(mut self, hosts: impl IntoIterator<Item = String>) -> Self {
        self.0.extend(hosts);
        self
    }

    /// Whether the list allows `host`, which has no port and, for an IPv6 address, no brackets.
    pub fn allows(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        let split = |length: usize| host.split_at_checked(host.len().checked_sub(length)?);
        self.0.iter().any(|allowed| match allowed.strip_prefix("*.") {
            Some(domain) => {
                split(domain.len()).is_some_and(|(name, end)| end.eq_ignore_ascii_case(domain) && name.len() > 1 && name.ends_with('.'))
            }
            None => allowed.eq_ignore_ascii_case(host),
        })
    }
}

/// Reads a host: a name, `*.` and a name, or an address. The result is spelled as in a parsed URL: an address in its shortest form, a name in
/// ASCII.
pub fn host(text: &str) -> Result<String, String> {
    let wrong = || format!("unexpected `{text}`, expected a host without scheme, port and path");
    let written = text.trim();
    let bare = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(written);
    if let Ok(address) = bare.parse::<std::net::Ipv6Addr>() {
        return Ok(address.to_string());
    }
    let bare = written.strip_suffix('.').unwrap_or(written);
    let (below, name) = bare.strip_prefix("*.").map_or(("", bare), |name| ("*.", name));
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|char| char.is_alphanumeric() || matches!(char, '-' | '_'));
    if !name.split('.').all(is_label) {
        return Err(wrong());
    }
    match Host::parse(name) {
        Ok(Host::Domain(name)) => Ok(format!("{below}{name}")),
        Ok(address) if below.is_empty() => Ok(address.to_string()),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Source;

    fn allowed(text: &str) -> Result<AllowedHosts, Vec<ConfigError>> {
        let source = Source { text, file: "config/x.yml" };
        AllowedHosts::of(&Environment::parse("x", source, None).unwrap())
    }

    #[test]
    fn hosts_are_allowed_by_name_and_by_domain() {
        let hosts = allowed("allow_hosts: [API.example.com, \"*.example.org\", 203.0.113.7, \"[2001:db8::1]\"]").unwrap();
        for host in ["api.example.com", "API.EXAMPLE.COM.", "a.example.org", "a.b.example.org", "203.0.113.7", "2001:db8::1"] {
            assert!(hosts.allows(host), "{host}");
        }
        for host in ["example.com", "x.api.example.com", "example.org", "badexample.org", ".example.org", "203.0.113.8"] {
            assert!(!hosts.allows(host), "{host}");
        }
        assert!(allowed("allow_hosts: one.example").unwrap().allows("one.example"));
        assert!(!allowed("{}").unwrap().allows("one.example"));
        assert!(AllowedHosts::default().and(["b.example".to_owned()]).allows("b.example"));
    }

    #[test]
    fn hosts_are_allowed_in_every_spelling() {
        let hosts = allowed("allow_hosts: [Bücher.example, \"*.ÉTÉ.example\", \"2001:DB8:0:0::1\", \"0xcb007109\", a_b.example.]").unwrap();
        for host in ["xn--bcher-kva.example", "a.xn--t-9fab.example", "2001:db8::1", "203.0.113.9", "a_b.example"] {
            assert!(hosts.allows(host), "{host}: {hosts:?}");
        }
        for text in
            ["\"[::1\"", "\"::1]\"", "\"fe80::1%eth0\"", "\"[::1]:80\"", "\"*.1.2.3.4\"", "\"a..\"", "1.2.3.256", "me@a.example", "\" \""]
        {
            assert!(allowed(&format!("allow_hosts: [{text}]")).is_err(), "{text}");
        }
    }

    #[test]
    fn urls_and_other_values_are_no_hosts() {
        for text in ["https://a.example", "a.example:443", "a.example/x", "\"*\"", "\"\"", "7", "{a: b}", "\"a..b\""] {
            let errors = allowed(&format!("allow_hosts: [{text}]")).unwrap_err();
            assert!(errors[0].to_string().contains("config/x.yml:1:15"), "{text}: {}", errors[0]);
        }
    }
}
