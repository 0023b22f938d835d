//! `config/loadtest_registry.yml`: the project's tests, and which of them is current.

use std::path::Path;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::error::{ConfigError, Location};
use crate::identity;
use crate::node::{self, NodeValue};
use crate::profile::SpecName;
use crate::reader::{Diagnostics, Section};
use crate::suggest::did_you_mean_or_list;

/// The registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registry {
    /// The file's name for messages.
    pub file: String,
    /// The test that a build without a name builds.
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
    /// The location of that path.
    pub profile_location: Location,
    /// Its spec, if the registry names one.
    pub spec: Option<SpecName>,
    /// The location of its name.
    pub location: Location,
}

impl Registered {
    /// The paths that the test's spec may have; the first that exists counts: the registry's, else the profile's, else `specs/NAME.lt`.
    pub fn spec_paths(&self, profile: Option<&SpecName>) -> Vec<String> {
        match self.spec.as_ref().or(profile) {
            Some(spec) => spec.candidates(&self.name),
            None => vec![format!("specs/{}.lt", self.name)],
        }
    }
}

impl Registry {
    /// Reads the registry's text; `file` is only for messages.
    pub fn parse(text: &str, file: &str) -> Result<Self, Vec<ConfigError>> {
        let root = node::parse(text, file)?;
        let diagnostics = Diagnostics::default();
        let top = Section::open(&diagnostics, &root, "").known(&["current", "registered"]);
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
                for test in Section::open(&diagnostics, &entry.value, "registered").entries() {
                    let path = format!("registered.{}", test.key);
                    let section = Section::open(&diagnostics, &test.value, &path).known(&["profile", "spec"]);
                    if !section.has("profile") {
                        let error = ConfigError::new(test.location.clone(), format!("missing profile of {path}"));
                        diagnostics.error(error.with_help(format!("add profile: specs/{}.profile.yml", test.key)));
                    }
                    let profile = section.text("profile").unwrap_or_default();
                    let profile_location =
                        section.entry("profile").map_or_else(|| test.location.clone(), |entry| entry.value.location.clone());
                    let spec = SpecName::read(section, "spec");
                    let one = Registered { name: test.key.clone(), profile, profile_location, spec, location: test.location.clone() };
                    if let Some(problem) = named_badly(&one, &registered) {
                        diagnostics.error(problem);
                    }
                    registered.insert(test.key.clone(), one);
                }
            }
            None => top.error("registered", "the registry lists no tests", "add registered: {tpdata: {profile: specs/tpdata.profile.yml}}"),
        }
        let registry = Self { file: file.to_owned(), current: top.text("current"), registered };
        if let Some(name) = &registry.current
            && !registry.registered.is_empty()
            && let Err(error) = registry.get(name)
        {
            let location = top.entry("current").map_or(error.location, |entry| entry.value.location.clone());
            diagnostics.error(ConfigError { location, message: format!("unknown test \"{name}\" in current"), ..error });
        }
        let (errors, _) = diagnostics.into_parts();
        if errors.is_empty() { Ok(registry) } else { Err(errors) }
    }

    /// Reads the registry's file.
    pub fn load(path: &Path) -> Result<Self, Vec<ConfigError>> {
        let text = crate::read(path).map_err(|error| vec![error])?;
        Self::parse(&text, &path.display().to_string())
    }

    /// The test with this name.
    pub fn get(&self, name: &str) -> Result<&Registered, ConfigError> {
        self.registered.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.registered.keys().map(String::as_str).collect();
            ConfigError::new(Location::file(&self.file), format!("unknown test \"{name}\"")).with_help_if(did_you_mean_or_list(
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
            None => Err(ConfigError::new(Location::file(&self.file), "missing key \"current\" in the registry")
                .with_help("add current: NAME, or name the test on the command line")),
        }
    }
}

/// The error in a test's name: no file can have the name, or another test already gives its files the same name.
fn named_badly(test: &Registered, others: &IndexMap<String, Registered>) -> Option<ConfigError> {
    let name = &test.name;
    if identity::plain(name).is_empty() {
        let message = format!("unexpected test name \"{name}\", expected an ASCII letter or a digit in it");
        return Some(ConfigError::new(test.location.clone(), message).with_help("use a name such as tpdata"));
    }
    let key = identity::collision_key(name);
    let other = others.values().find(|other| identity::collision_key(&other.name) == key)?;
    let message = format!("\"{name}\" and \"{}\" ({}) give their binaries and functions the same name", other.name, other.location);
    let help = format!("rename one of them: both become {key}, since case and special characters do not count");
    Some(ConfigError::new(test.location.clone(), message).with_help(help))
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
        let spec = |text| crate::profile::names_in(text, "p.yml").spec;
        let locust = spec("profile: {test: {locustfile: locust/old_test.py}}");
        let paths = |test: &str, profile: Option<&SpecName>| registry.get(test).unwrap().spec_paths(profile).join(" ");
        assert_eq!(paths("shop", locust.as_ref()), "specs/shop.lt");
        assert_eq!(paths("old", locust.as_ref()), "locust/old_test.lt specs/old.lt specs/old_test.lt");
        assert_eq!(paths("old", None), "specs/old.lt");
        assert_eq!(registry.registered["shop"].profile_location.line, 5);
        assert_eq!(registry.registered["shop"].location.line, 5);
    }

    #[test]
    fn registry_of_the_documentation_is_read() {
        let registry = Registry::parse(include_str!("../../config/loadtest_registry.yml"), "r.yml").unwrap();
        assert_eq!(registry.current().unwrap().name, "tpdata");
        assert_eq!(registry.registered.len(), 6);
    }

    #[test]
    fn every_error_of_a_registry_has_a_location_and_a_fix() {
        assert_eq!(
            messages("current: tpdat\nregistered: {tpdata: {profile: p.yml}}\n"),
            ["config/loadtest_registry.yml:1:10: unknown test \"tpdat\" in current (did you mean `tpdata`?)"]
        );
        let all = messages("curent: a\nregistered:\n  a: {spec: x}\n  b: {profle: p}\n");
        assert_eq!(all.len(), 4, "{all:#?}");
        assert!(all[0].contains("unknown key \"curent\" (did you mean `current`?)"));
        assert!(all[1].contains("missing profile of registered.a (add profile: specs/a.profile.yml)"));
        assert!(messages("registered: [a]")[0].contains("must be a map of tests"));
        assert!(messages("current: a")[0].contains("lists no tests"));
        assert!(messages("- a")[0].contains("the file must be a map"));
        let registry = Registry::parse("registered: {a: {profile: p}}", "r.yml").unwrap();
        assert!(registry.current().unwrap_err().to_string().contains("missing key \"current\""));
        assert!(registry.get("zzz").unwrap_err().to_string().contains("registered: a"));
    }

    #[test]
    fn tests_that_would_have_the_same_name_are_refused_with_both_places() {
        let all =
            messages("registered:\n  My Shop: {profile: a}\n  buy: {profile: b}\n  my_shop: {profile: c}\n  \"日本\": {profile: d}\n");
        assert_eq!(all.len(), 2, "{all:#?}");
        assert!(
            all[0].starts_with("config/loadtest_registry.yml:4:3: \"my_shop\" and \"My Shop\" (config/loadtest_registry.yml:2:3) give"),
            "{all:#?}"
        );
        assert!(all[1].contains("unexpected test name \"日本\""), "{all:#?}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Registry::load(Path::new("/nowhere/loadtest_registry.yml")).unwrap_err();
        assert_eq!(error[0].to_string(), "/nowhere/loadtest_registry.yml: file not found");
    }
}
