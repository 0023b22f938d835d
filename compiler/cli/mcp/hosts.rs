//! The hosts that a test may send requests to: all hosts in its spec and its environment must be allowed.

use std::collections::BTreeSet;
use std::path::Path;

use ltc_config::environment::{EnvData, EnvValue};
use ltc_config::{AllowedHosts, Environment, Reads};
use url::{Host, Url};

use crate::emit::Emitted;
use crate::model::Program;
use ltc_config::secret_reference::NotFetched;

/// The hosts in a test: in its spec, in its data, and in the keys of the environment that it reads. `${VAR}` has the value from the process
/// environment, as when the test starts.
///
/// # Errors
/// If a value is missing, so that its host is unknown.
pub(super) fn named(emitted: &Emitted, root: &Path, program: &Program, env: Option<&str>) -> Result<BTreeSet<String>, String> {
    let mut hosts: BTreeSet<String> = in_text(&emitted.main).collect();
    // The binary embeds all environments, but uses only one of them.
    for (_, content) in emitted.files.iter().filter(|(path, _)| !path.starts_with("config/")) {
        hosts.extend(in_text(&String::from_utf8_lossy(content)));
    }
    if let Some(env) = env {
        let paths: Vec<String> = program.env.iter().map(|key| key.path.join(".")).collect();
        let reads = Reads::of(paths.iter().map(String::as_str));
        let joined = |errors: Vec<ltc_config::ConfigError>| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let environment = Environment::load(&root.join("config"), env).map_err(joined)?;
        // A secret may contain a host, and an assistant must not choose which secrets of an account a test reads.
        if let Some(reference) = environment.secret_references(&reads).first() {
            return Err(format!(
                "unexpected {reference} in env {env}, expected no secrets of stores in an assistant's test: write ${{VARIABLE}}"
            ));
        }
        let environment = environment.resolve(&reads, &|name| std::env::var(name).ok(), &NotFetched).map_err(joined)?;
        paths.iter().filter_map(|path| environment.get(path)).for_each(|value| of_value(value, &mut hosts));
    }
    Ok(hosts)
}

fn of_value(value: &EnvValue, hosts: &mut BTreeSet<String>) {
    match &value.data {
        EnvData::String(text) => hosts.extend(in_text(text)),
        EnvData::List(items) => items.iter().for_each(|item| of_value(item, hosts)),
        EnvData::Object(members) => members.values().for_each(|member| of_value(member, hosts)),
        _ => {}
    }
}

/// The hosts of all URLs in a text, also of those at the start of a string that leave the scheme out: `"//host/path"`.
fn in_text(text: &str) -> impl Iterator<Item = String> + '_ {
    let rest = |at: usize| text[at..].split(['"', '\\', ' ', '<', '>']).next().unwrap_or_default();
    let with_scheme = text.match_indices("://").map(move |(at, _)| {
        let scheme = text[..at].rsplit(|char: char| !char.is_ascii_alphanumeric()).next().unwrap_or_default();
        format!("{scheme}{}", rest(at))
    });
    let without = text.match_indices("\"//").map(move |(at, _)| format!("http:{}", rest(at + 1)));
    with_scheme.chain(without).filter_map(|address| {
        let url = Url::parse(&address).ok()?;
        matches!(url.scheme(), "http" | "https").then(|| url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase())
    })
}

/// Rejects a host that is neither this machine nor allowed.
pub(super) fn allow(hosts: &BTreeSet<String>, allowed: &[String]) -> Result<(), String> {
    let allowed = AllowedHosts::default().and(allowed.iter().cloned());
    let is_allowed = |host: &str| is_local(host) || allowed.allows(host);
    let refused: Vec<&str> = hosts.iter().map(String::as_str).filter(|host| !is_allowed(host)).collect();
    if refused.is_empty() {
        return Ok(());
    }
    let flags: Vec<String> = refused.iter().map(|host| format!("--allow-host {host}")).collect();
    Err(format!(
        "unexpected host {}, expected this machine or an allowed host: who starts the server can allow it: `ltc mcp {}`",
        refused.join(" and "),
        flags.join(" ")
    ))
}

fn is_local(host: &str) -> bool {
    match Host::parse(host).or_else(|_| Host::parse(&format!("[{host}]"))) {
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Ok(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_all_urls_in_a_text_are_found() {
        let text = r#"base("https://QA.example.com:8080/x"), "http://[::1]/", "see ftp://x.org", "http://a.b\n", "//cdn.example/x", a // b, log http://c"#;
        assert_eq!(in_text(text).collect::<Vec<_>>(), ["qa.example.com", "::1", "a.b", "c", "cdn.example"]);
    }

    #[test]
    fn only_this_machine_and_allowed_hosts_are_accepted() {
        let hosts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(allow(&hosts(&["127.0.0.1", "127.8.8.8", "localhost", "::1", "shop.localhost"]), &[]), Ok(()));
        let allowed = ["qa.example.com".to_owned(), "*.example.org".to_owned()];
        assert_eq!(allow(&hosts(&["qa.example.com", "a.example.org"]), &allowed), Ok(()));
        let refused = allow(&hosts(&["a.example.com", "169.254.169.254"]), &["example.com".to_owned()]).unwrap_err();
        assert!(refused.contains("--allow-host 169.254.169.254 --allow-host a.example.com"), "{refused}");
    }
}
