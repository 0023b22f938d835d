//! Turns hosts into apis, each with its address in the environment.

use indexmap::IndexMap;

use super::key;
use crate::draft::{Api, Draft, Expr, Part, Text, Value};
use crate::names::Names;

/// The apis of an import by their origins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hosts {
    by_origin: IndexMap<String, String>,
    names: Names,
}

impl Hosts {
    /// The api of an origin, which is added on its first use. A hole in the origin is a variable of the process environment, which
    /// `variable` converts to `${NAME}`.
    pub(crate) fn api(&mut self, draft: &mut Draft, origin: &Text, variable: impl Fn(&str) -> String) -> String {
        let address: String = origin
            .parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => text.replace("${", "$${"),
                Part::Hole(code) => variable(code),
            })
            .collect();
        if let Some(name) = self.by_origin.get(&address) {
            return name.clone();
        }
        let label = label(&address);
        let label = if self.names.has(&label) { whole(&address) } else { label };
        let name = self.names.variable(&label, "api");
        let base = draft.env(&[&name, "url"], Value::Template(address.clone()));
        draft.apis.push(Api { name: name.clone(), base: Some(base), ..Api::default() });
        self.by_origin.insert(address, name.clone());
        name
    }

    /// A secret in an api's section of the environment. Its value is not written; equal values share a key.
    pub(crate) fn secret(draft: &mut Draft, api: &str, name: &str, value: &str) -> Expr {
        let key = unique_key(draft, api, &key(name, "token"), value);
        let variable = crate::draft::variable(&[api, &key]);
        draft.tally.advise(format!("set {variable} before the test runs: config/ does not contain the value"));
        draft.env(&[api, &key], Value::Secret(variable))
    }

    /// A setting in an api's section of the environment; equal values share a key.
    pub(crate) fn setting(draft: &mut Draft, api: &str, name: &str, value: &str) -> Expr {
        let key = unique_key(draft, api, &key(name, "value"), value);
        draft.env(&[api, &key], Value::text(value))
    }
}

/// The key of a value: the name, followed by a number if the name already has another value.
fn unique_key(draft: &mut Draft, api: &str, name: &str, value: &str) -> String {
    let path = |key: &str| format!("{api}.{key}");
    let numbered = |number| if number == 1 { name.to_owned() } else { format!("{name}_{number}") };
    let values = &draft.values;
    let is_same = |key: &str| values.get(&path(key)).map(|known| known == value);
    let key = draft.value_names.name(&path(name), value.as_bytes(), numbered, is_same);
    draft.values.entry(path(&key)).or_insert_with(|| value.to_owned());
    key
}

/// The host without scheme, port and path.
fn host(address: &str) -> &str {
    let behind = address.split_once("://").map_or(address, |(_, behind)| behind);
    let authority = behind.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host,
    }
}

fn is_address(host: &str) -> bool {
    host.starts_with('[') || !host.is_empty() && host.chars().all(|char| char.is_ascii_digit() || char == '.')
}

/// The word by which a person would call a host: `shop` for `www.shop.co.uk`.
fn label(address: &str) -> String {
    if let Some((_, default)) = address.split_once(":-") {
        return label(default.trim_end_matches('}'));
    }
    let host = host(address);
    if host == "localhost" || host.starts_with("127.") || host == "[::1]" {
        return "local".to_owned();
    }
    if is_address(host) {
        return "server".to_owned();
    }
    if host.contains("${") {
        let name = key(host, "api");
        let name = ["_base_url", "_url", "_host"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name).to_owned();
        return if matches!(name.as_str(), "config" | "settings" | "env" | "base" | "url" | "host" | "arg1" | "n1" | "base_url" | "") {
            "api".to_owned()
        } else {
            name
        };
    }
    let site = site(address);
    key(site.split('.').next().unwrap_or_default(), "api")
}

/// All labels of a host but the last.
fn whole(address: &str) -> String {
    let host = host(address);
    let labels: Vec<&str> = host.split('.').collect();
    let shown = labels.len().saturating_sub(1).max(1);
    key(&labels[..shown].join("_"), "api")
}

/// The registrable domain of a URL's host, which distinguishes first parties from third parties: `shop.co.uk` for `https://www.shop.co.uk`.
/// This is an approximation: below a country's short second level (`co.uk`, `com.br`), three labels count.
pub(crate) fn site(address: &str) -> String {
    let lower = address.to_ascii_lowercase();
    let host = host(&lower);
    if is_address(host) {
        return host.to_owned();
    }
    let labels: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    let count = match labels.as_slice() {
        [.., second, top]
            if labels.len() > 2
                && top.len() == 2
                && (second.len() <= 2 || matches!(*second, "com" | "net" | "org" | "edu" | "gov" | "gob")) =>
        {
            3
        }
        _ => 2,
    };
    labels[labels.len().saturating_sub(count)..].join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apis_have_readable_names_of_hosts() {
        for (address, expected) in [
            ("https://www.shop.co.uk", "shop"),
            ("https://api.openai.com", "openai"),
            ("http://localhost:28139", "local"),
            ("http://10.0.0.7", "server"),
            ("https://${API_HOST}", "api"),
            ("https://test.dk", "test"),
            ("https://blog.test", "blog"),
        ] {
            assert_eq!(label(address), expected, "{address}");
        }
        assert_eq!(whole("https://static.shop.com"), "static_shop");
    }

    #[test]
    fn sites_are_registrable_domains() {
        for (address, expected) in [
            ("https://a.b.shop.co.uk:8443/x", "shop.co.uk"),
            ("https://www.cnn.com", "cnn.com"),
            ("http://127.0.0.1:80", "127.0.0.1"),
            ("http://localhost:3000", "localhost"),
            ("https://www.etat.lu", "etat.lu"),
        ] {
            assert_eq!(site(address), expected, "{address}");
        }
    }
}
