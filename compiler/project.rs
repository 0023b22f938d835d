//! Projects: their root folder, their registry, and which spec and profile a command line selects.

use std::fs;
use std::path::{Path, PathBuf};

use ltc_config::registry::Registered;
use ltc_config::suggest::nearest;
use ltc_config::{ConfigError, Location, Registry, profile};

/// The registry, relative to a project's root.
pub const REGISTRY: &str = "config/loadtest_registry.yml";

/// A folder that contains `config/`.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder.
    pub root: PathBuf,
    /// Its registry, if it has one.
    pub registry: Option<Registry>,
}

/// A spec of a project with its profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The project's folder.
    pub root: PathBuf,
    /// The spec.
    pub spec: PathBuf,
    /// Its profile; `None` for a spec that is not registered and has no profile next to it.
    pub profile: Option<PathBuf>,
    /// The name that it is registered under.
    pub registered: Option<String>,
    /// The files that a registered test names but that do not exist.
    pub lacks: Lacks,
}

/// The files that a registered test names but that do not exist, as errors at the locations that name them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lacks {
    /// The error of the spec.
    pub spec: Option<ConfigError>,
    /// The error of the profile.
    pub profile: Option<ConfigError>,
}

/// Why the arguments of a command line select no spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A missing item, as a message and its fix.
    Missing(String, String),
    /// Errors in the configuration of this project.
    Config(PathBuf, Vec<ConfigError>),
}

impl Project {
    /// The project that a folder belongs to: the nearest folder upwards with `config/` in it, else the folder itself.
    ///
    /// # Errors
    /// If its registry has an error.
    pub fn of(folder: &Path) -> Result<Self, Problem> {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
        let root = folder.ancestors().find(|folder| folder.join("config").is_dir()).unwrap_or(&folder).to_path_buf();
        let path = root.join(REGISTRY);
        if !path.is_file() {
            return Ok(Self { root, registry: None });
        }
        let registry = ltc_config::read(&path)
            .map_err(|error| vec![ConfigError { location: Location::file(REGISTRY), ..error }])
            .and_then(|text| Registry::parse(&text, REGISTRY));
        match registry {
            Ok(registry) => Ok(Self { root, registry: Some(registry) }),
            Err(errors) => Err(Problem::Config(root, errors)),
        }
    }

    /// The registry.
    ///
    /// # Errors
    /// If there is no registry.
    pub fn registry(&self) -> Result<&Registry, Problem> {
        self.registry.as_ref().ok_or_else(|| {
            Problem::Missing(
                format!("cannot find {REGISTRY} in {} or above it", self.root.display()),
                "name a spec: `ltc build specs/NAME.lt`, or create a project: `ltc new NAME`".to_owned(),
            )
        })
    }

    /// The spec and profile of a registered test. An error in the profile is reported when the spec is compiled; the spec that the profile
    /// names is used even so.
    pub fn registered(&self, test: &Registered) -> Found {
        let profile = self.root.join(&test.profile);
        let text = fs::read_to_string(&profile).ok();
        let named = text.as_deref().and_then(|text| profile::names_in(text, &test.profile).spec);
        let paths = test.spec_paths(named.as_ref());
        let there = paths.iter().map(|path| self.root.join(path)).find(|path| path.is_file());
        let mut lacks = Lacks::default();
        if !profile.is_file() {
            let message = format!("cannot find the profile of the test `{}`: {}", test.name, test.profile);
            lacks.profile = Some(
                ConfigError::new(test.profile_location.clone(), message)
                    .with_help("write the profile, or change `profile` to an existing file"),
            );
        }
        if there.is_none() {
            let (place, by) = match (&test.spec, &named) {
                (Some(spec), _) | (None, Some(spec)) => (spec.location.clone(), format!(" (`{}: {}`)", spec.key, spec.written)),
                (None, None) => (test.location.clone(), String::new()),
            };
            let message = format!("cannot find the spec of the test `{}`{by}: looked for {}", test.name, paths.join(", then "));
            let help = format!("write {}, or name the spec's file: `spec: specs/NAME.lt`", paths.first().map_or("it", String::as_str));
            lacks.spec = Some(ConfigError::new(place, message).with_help(help));
        }
        let spec = there.unwrap_or_else(|| self.root.join(paths.first().map_or("", String::as_str)));
        Found { root: self.root.clone(), spec, profile: Some(profile), registered: Some(test.name.clone()), lacks }
    }

    /// The registry's current test.
    ///
    /// # Errors
    /// If there is no registry, or it names no current test.
    pub fn current(&self) -> Result<Found, Problem> {
        let test = self.registry()?.current().map_err(|error| Problem::Config(self.root.clone(), vec![error]))?;
        Ok(self.registered(test))
    }

    /// All registered tests.
    ///
    /// # Errors
    /// If there is no registry.
    pub fn all(&self) -> Result<Vec<Found>, Problem> {
        Ok(self.registry()?.registered.values().map(|test| self.registered(test)).collect())
    }
}

/// Finds the SPEC of a command line, relative to a folder: a path, a registered name, or, if omitted, the current test.
///
/// # Errors
/// If there is no such spec.
pub fn find(from: &Path, spec: Option<&str>) -> Result<Found, Problem> {
    let Some(given) = spec else { return Project::of(from)?.current() };
    let path = from.join(given);
    if path.is_file() || given.contains(['/', '\\']) {
        not_foreign(given)?;
    }
    let is_path = given.contains(['/', '\\']) || Path::new(given).extension().is_some_and(|extension| extension == "lt");
    if is_path {
        return at(from, &path, given);
    }
    let project = Project::of(from)?;
    if let Some(test) = project.registry.as_ref().and_then(|registry| registry.registered.get(given)) {
        return Ok(project.registered(test));
    }
    let usual = project.root.join("specs").join(format!("{given}.lt"));
    if usual.is_file() {
        return at(from, &usual, given);
    }
    if path.is_file() {
        return at(from, &path, given);
    }
    not_foreign(given)?;
    let names = names(&project);
    let help = match nearest(given, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "name the file: `ltc build path/to/NAME.lt`".to_owned(),
        None => format!("use one of: {}", names.join(", ")),
    };
    Err(Problem::Missing(format!("unknown test `{given}`"), help))
}

/// Refuses a file that is known to be no spec: a script of another tool, a profile, data.
///
/// # Errors
/// If the file's name says that it is one.
pub fn not_foreign(given: &str) -> Result<(), Problem> {
    match crate::foreign::file(given) {
        Some((what, help)) => Err(Problem::Missing(format!("unexpected file {given}, expected a spec (`.lt`): it is {what}"), help)),
        None => Ok(()),
    }
}

/// Whether a word of a command line names a test: a registered one, one of `specs/`, or a path of a spec.
#[must_use]
pub fn is_test(from: &Path, word: &str) -> bool {
    word.ends_with(".lt") || Project::of(from).is_ok_and(|project| names(&project).iter().any(|name| name == word))
}

/// The spec at a path, with the profile that the registry names for it, or the one next to it.
fn at(from: &Path, path: &Path, given: &str) -> Result<Found, Problem> {
    if path.is_dir() {
        return Err(Problem::Missing(
            format!("unexpected folder {given}, expected a spec"),
            format!("name a spec in it: {}/NAME.lt", given.trim_end_matches('/')),
        ));
    }
    if !path.is_file() {
        return Err(Problem::Missing(format!("file {given} not found"), near(path)));
    }
    // Messages, too, show `specs/../other/b.lt` as `other/b.lt`.
    let roundabout = path.components().any(|part| part == std::path::Component::ParentDir);
    let straight = if roundabout { fs::canonicalize(path).ok() } else { None };
    let path = straight.as_deref().unwrap_or(path);
    let folder = path.parent().unwrap_or(from);
    let project = Project::of(folder)?;
    let same = |other: &Path| matches!((fs::canonicalize(other), fs::canonicalize(path)), (Ok(a), Ok(b)) if a == b);
    let tests = project.registry.iter().flat_map(|registry| registry.registered.values());
    let tests: Vec<Found> = tests.map(|test| project.registered(test)).filter(|found| same(&found.spec)).collect();
    if let Some(test) = chosen(tests, path, &project, given)? {
        return Ok(Found { spec: path.to_path_buf(), ..test });
    }
    let beside = path.with_extension("profile.yml");
    let profile = beside.is_file().then_some(beside);
    // Without a `config/`, the files that a spec names may be anywhere below the current folder.
    let root = if project.root.join("config").is_dir() || !folder.starts_with(from) { project.root } else { from.to_path_buf() };
    Ok(Found { root, spec: path.to_path_buf(), profile, registered: None, lacks: Lacks::default() })
}

/// The registered test whose spec is at a path. Of several, the one with the same name as the file, else the current one.
fn chosen(mut tests: Vec<Found>, path: &Path, project: &Project, given: &str) -> Result<Option<Found>, Problem> {
    if tests.len() < 2 {
        return Ok(tests.pop());
    }
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let current = project.registry.as_ref().and_then(|registry| registry.current.as_deref());
    for name in [stem, current].into_iter().flatten() {
        if let Some(at) = tests.iter().position(|test| test.registered.as_deref() == Some(name)) {
            return Ok(Some(tests.swap_remove(at)));
        }
    }
    let names: Vec<String> = tests.into_iter().filter_map(|test| test.registered).collect();
    let help = format!("name the test: `ltc build {}`", names.first().map_or("NAME", String::as_str));
    Err(Problem::Missing(format!("{given} is the spec of {}", names.join(" and ")), help))
}

/// Suggests a path or a name similar to one that does not exist.
fn near(path: &Path) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let specs = specs(folder);
    let wanted = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match nearest(&wanted, specs.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if specs.is_empty() => format!("run `ltc list` for the registered specs; {} has none", folder.display()),
        None => format!("use a spec of {}: {}", folder.display(), specs.join(", ")),
    }
}

fn specs(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut specs: Vec<String> = entries.filter(|name| name.ends_with(".lt")).collect();
    specs.sort_unstable();
    specs
}

/// All names that are allowed instead of a path.
pub(crate) fn names(project: &Project) -> Vec<String> {
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
    fn missing_name_selects_the_current_test() {
        let (_folder, root) = project();
        let found = find(&root.join("specs"), None).unwrap();
        assert_eq!((&found.root, &found.spec), (&root, &root.join("specs/a.lt")));
        assert_eq!((found.profile, found.registered.as_deref()), (Some(root.join("specs/a.profile.yml")), Some("a")));
    }

    #[test]
    fn name_and_path_select_the_same_spec_and_profile() {
        let (_folder, root) = project();
        let named = find(&root, Some("b")).unwrap();
        let path = find(&root, Some("other/b.lt")).unwrap();
        assert_eq!(named, path);
        assert_eq!((path.profile, path.registered.as_deref()), (Some(root.join("other/load.yml")), Some("b")));
        let below = find(&root.join("specs"), Some("../other/b.lt")).unwrap();
        assert_eq!(below.profile, Some(root.join("other/load.yml")));
    }

    #[test]
    fn unregistered_spec_has_the_profile_next_to_it() {
        let (_folder, root) = project();
        assert_eq!(find(&root, Some("c")).unwrap().profile, Some(root.join("specs/c.profile.yml")));
        assert_eq!(find(&root, Some("specs/d.lt")).unwrap().profile, None);
    }

    #[test]
    fn unknown_test_lists_the_known_ones() {
        let (_folder, root) = project();
        let missing = |given: &str| match find(&root, Some(given)).unwrap_err() {
            Problem::Missing(what, help) => format!("{what}: {help}"),
            Problem::Config(_, errors) => panic!("{errors:?}"),
        };
        assert_eq!(missing("nothing"), "unknown test `nothing`: use one of: a, b, c, d");
        assert!(
            missing("specs/c.profile.yml").starts_with("unexpected file specs/c.profile.yml, expected a spec (`.lt`): it is a profile")
        );
        assert!(missing("load.js").ends_with("run `ltc import load.js` to turn it into a spec"));
        assert!(is_test(&root, "b") && is_test(&root, "x.lt") && !is_test(&root, "nothing"));
        assert_eq!(missing("specs/cc.lt"), "file specs/cc.lt not found: did you mean `c.lt`?");
        assert!(missing("specs/").starts_with("unexpected folder"));
        let empty = tempfile::tempdir().unwrap();
        assert!(matches!(find(empty.path(), None).unwrap_err(), Problem::Missing(what, _) if what.contains(REGISTRY)));
    }

    #[test]
    fn old_profile_selects_its_spec_by_the_path_of_its_locustfile() {
        let (_folder, root) = project();
        let write = |name: &str, text: &str| {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(REGISTRY, "current: Buy\nregistered:\n  Buy:\n    profile: tests/Buy/profile.yml\n  Gone: {profile: gone.yml}\n");
        write(
            "tests/Buy/profile.yml",
            "profile:\n  runner: {clients: 1}\n  test:\n    locustfile: tests/Buy/locustfile.py\n    debgu: No\n",
        );
        let found = find(&root, None).unwrap();
        let lacks = found.lacks.spec.unwrap().to_string();
        assert_eq!(
            lacks,
            "tests/Buy/profile.yml:4:17: cannot find the spec of the test `Buy` (`locustfile: tests/Buy/locustfile.py`): looked for \
             tests/Buy/locustfile.lt, then specs/Buy.lt, then specs/locustfile.lt (write tests/Buy/locustfile.lt, or name the spec's file: \
             `spec: specs/NAME.lt`)"
        );
        write("specs/Buy.lt", "");
        assert_eq!(find(&root, None).unwrap().spec, root.join("specs/Buy.lt"));
        write("tests/Buy/locustfile.lt", "");
        let found = find(&root, None).unwrap();
        assert_eq!((found.spec, found.lacks), (root.join("tests/Buy/locustfile.lt"), Lacks::default()));
        assert_eq!(find(&root, Some("tests/Buy/locustfile.lt")).unwrap().registered.as_deref(), Some("Buy"));
        let gone = find(&root, Some("Gone")).unwrap().lacks;
        assert!(
            gone.profile.unwrap().to_string().starts_with("config/loadtest_registry.yml:5:19: cannot find the profile of the test `Gone`")
        );
        assert!(gone.spec.unwrap().to_string().contains("looked for specs/Gone.lt"));
    }

    #[test]
    fn spec_of_several_tests_selects_the_one_of_its_name_or_the_current_one() {
        let (_folder, root) = project();
        let registry = |current: &str| {
            let tests = "registered:\n  x: {profile: x.yml, spec: a.lt}\n  y: {profile: y.yml, spec: a.lt}\n";
            fs::write(root.join(REGISTRY), format!("{current}{tests}")).unwrap();
        };
        registry("current: y\n");
        assert_eq!(find(&root, Some("specs/a.lt")).unwrap().registered.as_deref(), Some("y"));
        registry("");
        let given = match find(&root, Some("specs/a.lt")).unwrap_err() {
            Problem::Missing(what, help) => format!("{what}: {help}"),
            Problem::Config(_, errors) => panic!("{errors:?}"),
        };
        assert_eq!(given, "specs/a.lt is the spec of x and y: name the test: `ltc build x`");
    }

    #[test]
    fn a_wrong_registry_is_reported() {
        let (_folder, root) = project();
        fs::write(root.join(REGISTRY), "curent: a\nregistered: {a: {profile: x.yml}}\n").unwrap();
        assert!(matches!(find(&root, None).unwrap_err(), Problem::Config(_, errors) if errors[0].to_string().contains("current")));
    }
}
