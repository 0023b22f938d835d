//! Finds keys that say how to reach a host but don't belong to a url that the spec uses. Such a key would have no effect, and nobody would
//! notice.

use indexmap::IndexMap;

use crate::environment::{EnvData, EnvValue, Environment};
use crate::error::ConfigError;
use crate::reads::TRANSPORT_KEYS;

/// Returns an error for each `tls`, `http2` or `connect_timeout` of an environment that belongs to no api's url. `sections` are the dotted
/// paths of the maps that the apis' bases come from (empty for the top), `reads` all dotted paths that the spec reads.
///
/// Tests share environments, so a map that has a url and of which the spec reads nothing belongs to another test's api.
pub fn stray(env: &Environment, sections: &[&str], reads: &[&str]) -> Vec<ConfigError> {
    let Some(members) = env.root().as_object() else { return Vec::new() };
    let mut errors = Vec::new();
    let mut sorted = reads.to_vec();
    sorted.sort_unstable();
    Search { sections, reads: &sorted }.search("", members, &mut errors);
    errors
}

struct Search<'s> {
    sections: &'s [&'s str],
    /// In their order, because each of thousands of keys is looked up.
    reads: &'s [&'s str],
}

impl Search<'_> {
    fn search(&self, section: &str, members: &IndexMap<String, EnvValue>, errors: &mut Vec<ConfigError>) {
        for (key, value) in members {
            let path = if section.is_empty() { key.clone() } else { format!("{section}.{key}") };
            if self.is_data(&path) {
                continue;
            }
            if !TRANSPORT_KEYS.contains(&key.as_str()) {
                if let Some(members) = value.as_object() {
                    self.search(&path, members, errors);
                }
                continue;
            }
            // A `tls` at the top is for all apis.
            let belongs = section.is_empty() && key == "tls" || self.sections.contains(&section);
            if !belongs && !self.is_of_another_test(section, members) {
                errors.push(self.error(section, &path, value));
            }
        }
    }

    /// Whether the spec reads the value itself, or a map or list that contains it.
    fn is_data(&self, path: &str) -> bool {
        let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
        ends.into_iter().any(|end| self.reads.binary_search(&&path[..end]).is_ok())
    }

    /// Whether the spec reads a value of a map.
    fn reads_below(&self, section: &str) -> bool {
        let start = format!("{section}.");
        let at = self.reads.partition_point(|read| **read < *start);
        self.reads.get(at).is_some_and(|read| read.starts_with(&start))
    }

    fn is_of_another_test(&self, section: &str, members: &IndexMap<String, EnvValue>) -> bool {
        !section.is_empty()
            && !self.reads_below(section)
            && members.iter().any(|(key, value)| key == "url" || !TRANSPORT_KEYS.contains(&key.as_str()) && is_address(value))
    }

    fn error(&self, section: &str, path: &str, value: &EnvValue) -> ConfigError {
        let beside = if section.is_empty() { "at the top of the environment".to_owned() } else { format!("from `{section}`") };
        let key = path.rsplit('.').next().unwrap_or(path);
        let mut known: Vec<String> = Vec::new();
        for section in self.sections {
            let place = if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
            if !known.contains(&place) {
                known.push(place);
            }
        }
        let help = if known.is_empty() {
            "remove it: no api's base reads the environment".to_owned()
        } else {
            format!("move it next to the url that an api's base reads: `{}`", known.join("`, `"))
        };
        let message = format!("`{path}` sets how to connect, but no api's base is read {beside}");
        ConfigError::new(value.location.clone(), message).with_help(help)
    }
}

fn is_address(value: &EnvValue) -> bool {
    let EnvData::String(text) = &value.data else { return false };
    value.is_unresolved() || text.starts_with("http://") || text.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Source;

    fn errors(text: &str, sections: &[&str], reads: &[&str]) -> Vec<String> {
        let env = Environment::parse("x", Source { text, file: "config/x.yml" }, None).unwrap();
        stray(&env, sections, reads).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn keys_beside_an_apis_url_belong_to_it() {
        let text = "tls: {verify: false}\nsite: {url: https://a, tls: {verify: false}, http2: true, connect_timeout: 3s}\ndeep:\n  eu: {url: https://b, tls: {ca: x}}\n";
        assert_eq!(errors(text, &["site", "deep.eu"], &["site.url", "deep.eu.url"]), [""; 0]);
        assert_eq!(errors("url: https://a\nhttp2: false\n", &[""], &["url"]), [""; 0]);
        assert_eq!(errors("tls: {verify: false}\n", &[], &[]), [""; 0], "it is for all apis");
    }

    #[test]
    fn keys_beside_no_url_are_errors() {
        let text = "site: {url: https://a}\nbackend:\n  tls: {verify: false}\n";
        let found = errors(text, &["site"], &["site.url"]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("config/x.yml:3:"), "{}", found[0]);
        assert!(found[0].contains("`backend.tls` sets how to connect, but no api's base is read from `backend`"), "{}", found[0]);
        assert!(found[0].contains("move it next to the url that an api's base reads: `site.tls`"), "{}", found[0]);
        // The spec reads a key of the section, but uses the section for no api's base.
        let text = "site: {url: https://a, token: x, connect_timeout: 3s}\n";
        for reads in [["site.token"], ["site.url"]] {
            assert!(errors(text, &[], &reads)[0].contains("`site.connect_timeout`"));
        }
        assert!(errors("http2: true\nsite: {url: https://a}", &["site"], &["site.url"])[0].contains("at the top of the environment"));
    }

    #[test]
    fn other_tests_and_other_keys_are_fine() {
        let text = "site: {url: https://a}\nledger: {url: https://b, tls: {verify: false}}\nlater: {url: \"${URL}\", http2: false}\nfeatures: {http2: true}\nunused: 1\n";
        assert_eq!(errors(text, &["site"], &["site.url", "features.http2"]), [""; 0]);
        assert_eq!(errors(text, &["site"], &["site.url", "features"]), [""; 0]);
        assert_eq!(errors(text, &["site"], &["site.url"]).len(), 1);
    }
}
