//! Projects: where one begins, what its registry names, which spec and profile the words of a command line mean.

use std::fs;
use std::path::{Path, PathBuf};

use ltc_config::registry::Registered;
use ltc_config::{ConfigError, Profile, Registry};

use crate::diagnostic::suggest;

/// The registry, relative to a project's root.
pub const REGISTRY: &str = "config/loadtest_registry.yml";

/// A folder with `config/` in it, and what lies below.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder.
    pub root: PathBuf,
    /// Its registry, where it has one.
    pub registry: Option<Registry>,
}

/// A spec of a project with its profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The project's folder.
    pub root: PathBuf,
    /// The spec.
    pub spec: PathBuf,
    /// Its profile; a spec that is not registered and has none beside it has none.
    pub profile: Option<PathBuf>,
}

/// Why the words of a command line mean no spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Something is missing: what, and the mend.
    Missing(String, String),
    /// Something is wrong in the files of this project.
    Config(PathBuf, Vec<ConfigError>),
}

impl Project {
    /// The project that a folder belongs to: the nearest folder upwards with `config/` in it, else the folder itself.
    ///
    /// # Errors
    /// Where its registry is wrong.
    pub fn of(folder: &Path) -> Result<Self, Problem> {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
        let root = folder.ancestors().find(|folder| folder.join("config").is_dir()).unwrap_or(&folder).to_path_buf();
        let path = root.join(REGISTRY);
        if !path.is_file() {
            return Ok(Self { root, registry: None });
        }
        let registry = ltc_config::read(&path)
            .map_err(|error| vec![ConfigError { place: ltc_config::Place::file(REGISTRY), ..error }])
            .and_then(|text| Registry::parse(&text, REGISTRY));
        match registry {
            Ok(registry) => Ok(Self { root, registry: Some(registry) }),
            Err(errors) => Err(Problem::Config(root, errors)),
        }
    }

    /// The registry.
    ///
    /// # Errors
    /// Where there is none.
    pub fn registry(&self) -> Result<&Registry, Problem> {
        self.registry.as_ref().ok_or_else(|| {
            Problem::Missing(
                format!("there is no {REGISTRY} in {} or above it", self.root.display()),
                "name a spec: `ltc build specs/NAME.lt`, or begin a project: `ltc new NAME`".to_owned(),
            )
        })
    }

    /// The spec and profile of a registered test.
    pub fn registered(&self, test: &Registered) -> Found {
        let profile = self.root.join(&test.profile);
        // A profile that is wrong is reported when the spec is compiled; till then the usual place is assumed.
        let parsed = fs::read_to_string(&profile).ok().and_then(|text| Profile::parse(&text, &test.profile).ok());
        let spec = match (&test.spec, parsed) {
            (Some(spec), _) => spec.clone(),
            (None, Some(parsed)) => test.spec_path(&parsed),
            (None, None) => format!("specs/{}.lt", test.name),
        };
        Found { root: self.root.clone(), spec: self.root.join(spec), profile: Some(profile) }
    }

    /// The registry's current test.
    ///
    /// # Errors
    /// Where there is no registry, or it names none.
    pub fn current(&self) -> Result<Found, Problem> {
        let test = self.registry()?.current().map_err(|error| Problem::Config(self.root.clone(), vec![error]))?;
        Ok(self.registered(test))
    }

    /// All registered tests.
    ///
    /// # Errors
    /// Where there is no registry.
    pub fn all(&self) -> Result<Vec<Found>, Problem> {
        Ok(self.registry()?.registered.values().map(|test| self.registered(test)).collect())
    }
}

/// What SPEC of a command line means, seen from a folder: a path, a registered name, or, where nothing is said, the current test.
///
/// # Errors
/// Where there is no such thing.
pub fn find(from: &Path, spec: Option<&str>) -> Result<Found, Problem> {
    let Some(said) = spec else { return Project::of(from)?.current() };
    let path = from.join(said);
    let is_path = said.contains(['/', '\\']) || Path::new(said).extension().is_some_and(|extension| extension == "lt");
    if is_path {
        return at(from, &path, said);
    }
    let project = Project::of(from)?;
    if let Some(test) = project.registry.as_ref().and_then(|registry| registry.registered.get(said)) {
        return Ok(project.registered(test));
    }
    let usual = project.root.join("specs").join(format!("{said}.lt"));
    if usual.is_file() {
        return at(from, &usual, said);
    }
    if path.is_file() {
        return at(from, &path, said);
    }
    let names = names(&project);
    let help = match suggest(said, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "name the file: `ltc build path/to/NAME.lt`".to_owned(),
        None => format!("there are: {}", names.join(", ")),
    };
    Err(Problem::Missing(format!("there is no test `{said}`"), help))
}

/// The spec at a path, with the profile that its project's registry gives it, or that lies beside it.
fn at(from: &Path, path: &Path, said: &str) -> Result<Found, Problem> {
    if path.is_dir() {
        return Err(Problem::Missing(format!("{said} is a folder"), format!("name a spec in it: {}/NAME.lt", said.trim_end_matches('/'))));
    }
    if !path.is_file() {
        return Err(Problem::Missing(format!("there is no file {said}"), near(path)));
    }
    // `specs/../other/b.lt` is `other/b.lt`, in messages too.
    let roundabout = path.components().any(|part| part == std::path::Component::ParentDir);
    let straight = if roundabout { fs::canonicalize(path).ok() } else { None };
    let path = straight.as_deref().unwrap_or(path);
    let folder = path.parent().unwrap_or(from);
    let project = Project::of(folder)?;
    let same = |other: &Path| matches!((fs::canonicalize(other), fs::canonicalize(path)), (Ok(a), Ok(b)) if a == b);
    let tests = project.registry.iter().flat_map(|registry| registry.registered.values());
    let profile = tests.map(|test| project.registered(test)).find(|found| same(&found.spec)).and_then(|found| found.profile);
    let beside = path.with_extension("profile.yml");
    let profile = profile.or_else(|| beside.is_file().then_some(beside));
    // Without a `config/` the files that a spec names may lie anywhere below where the command is given.
    let root = if project.root.join("config").is_dir() || !folder.starts_with(from) { project.root } else { from.to_path_buf() };
    Ok(Found { root, spec: path.to_path_buf(), profile })
}

/// What may have been meant by a path that isn't there.
fn near(path: &Path) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let specs = specs(folder);
    let wanted = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match suggest(&wanted, specs.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if specs.is_empty() => format!("there are no specs in {}; `ltc list` shows those that are registered", folder.display()),
        None => format!("in {} there are: {}", folder.display(), specs.join(", ")),
    }
}

fn specs(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut specs: Vec<String> = entries.filter(|name| name.ends_with(".lt")).collect();
    specs.sort_unstable();
    specs
}

/// All that can be said in place of a path.
fn names(project: &Project) -> Vec<String> {
    let mut names: Vec<String> = project.registry.iter().flat_map(|registry| registry.registered.keys().cloned()).collect();
    let unregistered = specs(&project.root.join("specs"));
    names.extend(unregistered.iter().filter_map(|spec| spec.strip_suffix(".lt").map(str::to_owned)));
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const TESTS: &str = "current: a\nregistered:\n  a: {profile: specs/a.profile.yml}\n  b: {profile: other/load.yml, spec: other/b.lt}\n";

    fn project() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_path_buf();
        for (name, text) in [
            ("config/loadtest_registry.yml", TESTS),
            ("specs/a.lt", ""),
            ("specs/c.lt", ""),
            ("specs/c.profile.yml", ""),
            ("specs/d.lt", ""),
            ("other/b.lt", ""),
        ] {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        (folder, root)
    }

    #[test]
    fn nothing_said_is_the_current_test() {
        let (_folder, root) = project();
        let found = find(&root.join("specs"), None).unwrap();
        assert_eq!(found, Found { root: root.clone(), spec: root.join("specs/a.lt"), profile: Some(root.join("specs/a.profile.yml")) });
    }

    #[test]
    fn a_name_and_a_path_mean_the_same_spec_with_the_same_profile() {
        let (_folder, root) = project();
        let named = find(&root, Some("b")).unwrap();
        let path = find(&root, Some("other/b.lt")).unwrap();
        assert_eq!(named, path);
        assert_eq!(path.profile, Some(root.join("other/load.yml")));
        let below = find(&root.join("specs"), Some("../other/b.lt")).unwrap();
        assert_eq!(below.profile, Some(root.join("other/load.yml")));
    }

    #[test]
    fn an_unregistered_spec_has_the_profile_beside_it() {
        let (_folder, root) = project();
        assert_eq!(find(&root, Some("c")).unwrap().profile, Some(root.join("specs/c.profile.yml")));
        assert_eq!(find(&root, Some("specs/d.lt")).unwrap().profile, None);
    }

    #[test]
    fn what_is_not_there_is_said_with_what_is() {
        let (_folder, root) = project();
        let missing = |said: &str| match find(&root, Some(said)).unwrap_err() {
            Problem::Missing(what, help) => format!("{what}: {help}"),
            Problem::Config(_, errors) => panic!("{errors:?}"),
        };
        assert_eq!(missing("nothing"), "there is no test `nothing`: there are: a, b, c, d");
        assert_eq!(missing("specs/cc.lt"), "there is no file specs/cc.lt: did you mean `c.lt`?");
        assert!(missing("specs/").contains("is a folder"));
        let empty = tempfile::tempdir().unwrap();
        assert!(matches!(find(empty.path(), None).unwrap_err(), Problem::Missing(what, _) if what.contains(REGISTRY)));
    }

    #[test]
    fn a_wrong_registry_is_reported() {
        let (_folder, root) = project();
        fs::write(root.join(REGISTRY), "curent: a\nregistered: {a: {profile: x.yml}}\n").unwrap();
        assert!(matches!(find(&root, None).unwrap_err(), Problem::Config(_, errors) if errors[0].to_string().contains("current")));
    }
}
