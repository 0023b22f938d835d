//! `config/loadtest_registry.yml`: the tests there are, and which of them is current.

use std::path::Path;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::error::{ConfigError, Place};
use crate::node::{self, NodeValue};
use crate::profile::{Profile, spec_path};
use crate::reader::{Problems, Section};
use crate::suggest::did_you_mean_or_list;

/// The registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registry {
    /// The file it was read from, as messages name it.
    pub file: String,
    /// The test that is built where none is named.
    pub current: Option<String>,
    /// All tests, in the order of the file.
    pub registered: IndexMap<String, Registered>,
}

/// One test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// Its name.
    pub name: String,
    /// The path of its profile.
    pub profile: String,
    /// The path of its spec, where the registry says it.
    pub spec: Option<String>,
    /// Where its name stands.
    pub place: Place,
}

impl Registered {
    /// The path of its spec: the registry's, else the profile's, else `specs/NAME.lt`.
    pub fn spec_path(&self, profile: &Profile) -> String {
        self.spec.clone().or_else(|| profile.test.spec.clone()).unwrap_or_else(|| format!("specs/{}.lt", self.name))
    }
}

impl Registry {
    /// Reads the registry's text; `file` is only for messages.
    pub fn parse(text: &str, file: &str) -> Result<Self, Vec<ConfigError>> {
        let root = node::parse(text, file)?;
        let problems = Problems::default();
        let top = Section::open(&problems, &root, "").known(&["current", "registered"]);
        let mut registered = IndexMap::new();
        match top.entry("registered") {
            Some(entry) if !matches!(entry.value.value, NodeValue::Map(_)) => {
                top.error(
                    "registered",
                    "registered must be a map of tests",
                    "write registered: {tpdata: {profile: specs/tpdata.profile.yml}}",
                );
            }
            Some(entry) => {
                for test in Section::open(&problems, &entry.value, "registered").entries() {
                    let path = format!("registered.{}", test.key);
                    let section = Section::open(&problems, &test.value, &path).known(&["profile", "spec"]);
                    if !section.has("profile") {
                        let error = ConfigError::new(test.place.clone(), format!("{path} has no profile"));
                        problems.error(error.with_help(format!("add profile: specs/{}.profile.yml", test.key)));
                    }
                    let profile = section.text("profile").unwrap_or_default();
                    let spec = section.read("spec", spec_path);
                    let one = Registered { name: test.key.clone(), profile, spec, place: test.place.clone() };
                    registered.insert(test.key.clone(), one);
                }
            }
            None => top.error("registered", "the registry has no tests", "add registered: {tpdata: {profile: specs/tpdata.profile.yml}}"),
        }
        let registry = Self { file: file.to_owned(), current: top.text("current"), registered };
        if let Some(name) = &registry.current
            && !registry.registered.is_empty()
            && let Err(error) = registry.get(name)
        {
            let place = top.entry("current").map_or(error.place, |entry| entry.value.place.clone());
            problems.error(ConfigError { place, message: format!("current names \"{name}\", which is not registered"), ..error });
        }
        let (errors, _) = problems.into_parts();
        if errors.is_empty() { Ok(registry) } else { Err(errors) }
    }

    /// Reads the registry's file.
    pub fn load(path: &Path) -> Result<Self, Vec<ConfigError>> {
        let text = crate::read(path).map_err(|error| vec![error])?;
        Self::parse(&text, &path.display().to_string())
    }

    /// The test of that name.
    pub fn get(&self, name: &str) -> Result<&Registered, ConfigError> {
        self.registered.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.registered.keys().map(String::as_str).collect();
            ConfigError::new(Place::file(&self.file), format!("no test \"{name}\" is registered")).with_help_if(did_you_mean_or_list(
                name,
                &names,
                "registered",
            ))
        })
    }

    /// The current test.
    pub fn current(&self) -> Result<&Registered, ConfigError> {
        match &self.current {
            Some(name) => self.get(name),
            None => Err(ConfigError::new(Place::file(&self.file), "the registry has no current test")
                .with_help("add current: NAME, or name the test on the command line")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        Registry::parse(text, "config/loadtest_registry.yml").unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_old_registry_loads() {
        let text = "current: tpdata\nregistered:\n  tpdata:\n    profile: specs/tpdata.profile.yml\n  shop: {profile: p.yml, spec: shop.lt}\n  old: {profile: p.yml}\n";
        let registry = Registry::parse(text, "r.yml").unwrap();
        assert_eq!(registry.current().unwrap().profile, "specs/tpdata.profile.yml");
        assert_eq!(registry.get("shop").unwrap().spec.as_deref(), Some("specs/shop.lt"));
        let profile = |text| Profile::parse(text, "p.yml").unwrap();
        let plain = profile("profile: {runner: {clients: 1}}");
        let locust = profile("profile: {runner: {clients: 1}, test: {locustfile: locust/old_test.py}}");
        assert_eq!(registry.get("shop").unwrap().spec_path(&locust), "specs/shop.lt");
        assert_eq!(registry.get("old").unwrap().spec_path(&locust), "specs/old_test.lt");
        assert_eq!(registry.get("old").unwrap().spec_path(&plain), "specs/old.lt");
        assert_eq!(registry.registered["shop"].place.line, 5);
    }

    #[test]
    fn the_example_loads() {
        let registry = Registry::parse(include_str!("../../config/loadtest_registry.yml"), "r.yml").unwrap();
        assert_eq!(registry.current().unwrap().name, "tpdata");
        assert_eq!(registry.registered.len(), 6);
    }

    #[test]
    fn every_error() {
        assert_eq!(
            messages("current: tpdat\nregistered: {tpdata: {profile: p.yml}}\n"),
            ["config/loadtest_registry.yml:1:10: current names \"tpdat\", which is not registered (did you mean \"tpdata\"?)"]
        );
        let all = messages("curent: a\nregistered:\n  a: {spec: x}\n  b: {profle: p}\n");
        assert_eq!(all.len(), 4, "{all:#?}");
        assert!(all[0].contains("unknown key \"curent\" (did you mean \"current\"?)"));
        assert!(all[1].contains("registered.a has no profile (add profile: specs/a.profile.yml)"));
        assert!(messages("registered: [a]")[0].contains("must be a map of tests"));
        assert!(messages("current: a")[0].contains("no tests"));
        assert!(messages("- a")[0].contains("the file must be a map"));
        let registry = Registry::parse("registered: {a: {profile: p}}", "r.yml").unwrap();
        assert!(registry.current().unwrap_err().to_string().contains("no current test"));
        assert!(registry.get("zzz").unwrap_err().to_string().contains("registered: a"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Registry::load(Path::new("/nowhere/loadtest_registry.yml")).unwrap_err();
        assert_eq!(error[0].to_string(), "/nowhere/loadtest_registry.yml: there is no such file");
    }
}
