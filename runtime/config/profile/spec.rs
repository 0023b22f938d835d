//! Reads which spec a profile or the registry names, and the names in a profile that has errors elsewhere.

use serde::{Deserialize, Serialize};

use crate::error::Location;
use crate::node;
use crate::reader::{Diagnostics, Section};

/// A spec's name in its written form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecName {
    /// `specs/shop.lt`, `shop.py`, `tests/Shop/locustfile.py`.
    pub written: String,
    /// The key that names it: `spec` or `locustfile`.
    pub key: String,
    /// Its location.
    #[serde(rename = "place")]
    pub location: Location,
}

impl SpecName {
    /// Reads the key of a section.
    pub(crate) fn read(section: Section<'_>, key: &str) -> Option<Self> {
        let written = section.read(key, |text| match Self::new(text, key).candidates("x").is_empty() {
            true => Err(format!("unexpected \"{text}\", expected a spec such as specs/tpdata.lt")),
            false => Ok(text.to_owned()),
        })?;
        let location = section.entry(key).map(|entry| entry.value.location.clone()).unwrap_or_default();
        Some(Self { location, ..Self::new(&written, key) })
    }

    fn new(written: &str, key: &str) -> Self {
        Self { written: written.to_owned(), key: key.to_owned(), location: Location::default() }
    }

    /// The paths that the name may mean; the first that exists counts. `test` is the name of the test.
    ///
    /// A bare `shop`, `shop.py` or `shop.lt` means `specs/shop.lt`. A path of the Locust framework, `tests/Shop/locustfile.py`, means the
    /// same path with `.lt`, else the test's or the file's own name in `specs/`.
    pub fn candidates(&self, test: &str) -> Vec<String> {
        let path = self.written.replace('\\', "/");
        let path = path.strip_prefix("./").unwrap_or(&path);
        let (folder, name) = path.rsplit_once('/').map_or((None, path), |(folder, name)| (Some(folder), name));
        let (stem, is_new) = match name.rsplit_once('.') {
            Some((stem, "lt")) => (stem, true),
            Some((stem, "py")) => (stem, false),
            None => (name, false),
            Some(_) => return Vec::new(),
        };
        if stem.is_empty() {
            return Vec::new();
        }
        let usual = format!("specs/{stem}.lt");
        match folder {
            None => vec![usual],
            Some(folder) if is_new => vec![format!("{folder}/{stem}.lt")],
            Some(folder) => {
                let mut paths = vec![format!("{folder}/{stem}.lt"), format!("specs/{test}.lt"), usual];
                let mut known: Vec<String> = Vec::new();
                paths.retain(|path| {
                    !known.contains(path) && {
                        known.push(path.clone());
                        true
                    }
                });
                paths
            }
        }
    }
}

/// The names in a profile. They can be read even if the profile has errors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// `test_header.name`.
    pub test: Option<String>,
    /// `profile.test.spec`, else `profile.test.locustfile`.
    pub spec: Option<SpecName>,
}

/// Reads the names in a profile. [`super::Profile::parse`] reports its errors.
pub fn names(text: &str, file: &str) -> Names {
    let Ok(root) = node::parse(text, file) else { return Names::default() };
    let diagnostics = Diagnostics::default();
    let top = Section::open(&diagnostics, &root, "");
    let test = top.section("profile", "profile").and_then(|profile| profile.section("test", "profile.test"));
    Names {
        test: top.section("test_header", "test_header").and_then(|header| header.text("name")),
        spec: test.and_then(|test| SpecName::read(test, "spec").or_else(|| SpecName::read(test, "locustfile"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_names_of_specs_give_their_paths() {
        let candidates = |written: &str| SpecName::new(written, "spec").candidates("Buy").join(" ");
        for (written, paths) in [
            ("shop.py", "specs/shop.lt"),
            ("shop", "specs/shop.lt"),
            ("shop.lt", "specs/shop.lt"),
            ("./shop.py", "specs/shop.lt"),
            ("other/a.lt", "other/a.lt"),
            ("tests/Buy/locustfile.py", "tests/Buy/locustfile.lt specs/Buy.lt specs/locustfile.lt"),
            ("tests\\\\Buy\\\\locustfile.py".replace("\\\\", "\\").as_str(), "tests/Buy/locustfile.lt specs/Buy.lt specs/locustfile.lt"),
            ("tests/Buy/Buy.py", "tests/Buy/Buy.lt specs/Buy.lt"),
            ("specs/tpdata", "specs/tpdata.lt specs/Buy.lt"),
            ("a.txt", ""),
            ("tests/.py", ""),
        ] {
            assert_eq!(candidates(written), paths, "{written}");
        }
    }

    #[test]
    fn names_are_read_though_a_profile_has_errors() {
        let text = "test_header: {name: Buy, wrong: 1}\nprofile:\n  runner: {clients: many}\n  test: {locustfile: tests/Buy/locustfile.py, debg: No}\n";
        let found = names(text, "p.yml");
        let spec = found.spec.unwrap();
        assert_eq!(
            (found.test.as_deref(), spec.written.as_str(), spec.key.as_str()),
            (Some("Buy"), "tests/Buy/locustfile.py", "locustfile")
        );
        assert_eq!(spec.location.to_string(), "p.yml:4:22");
        assert_eq!(names("a: [", "p.yml"), Names::default());
    }
}
