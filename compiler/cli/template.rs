//! The projects that `ltc new` and `ltc demo` write.

use std::fs;
use std::io;
use std::path::Path;

use crate::schema::Schema;

/// A new project: a spec of its own name against the demo shop.
pub(super) fn new(name: &str) -> Vec<(String, String)> {
    project(
        name,
        "Browse the demo shop",
        include_str!("template/spec.lt"),
        include_str!("template/local.yml"),
        include_str!("template/common.yml"),
    )
}

/// The project of `ltc demo`: the example that shows the whole language. It also has the environment and the data of the guide's examples.
pub(super) fn demo() -> Vec<(String, String)> {
    let mut files = project(
        "tpdata",
        "Create and check treatment variants",
        include_str!("../../specs/tpdata.lt"),
        include_str!("template/demo.yml"),
        include_str!("template/demo_common.yml"),
    );
    files.push(("specs/data/accounts.csv".to_owned(), include_str!("../../specs/data/accounts.csv").to_owned()));
    files
}

/// The picture that the guide's examples upload, in the project of `ltc demo`.
pub(super) fn write_picture(folder: &Path) -> io::Result<()> {
    fs::write(folder.join("specs/data/cat.png"), include_bytes!("../../specs/data/cat.png"))
}

/// The files of a new project in a folder that already has files: existing files are left out, and the environment gets a name that is
/// free.
pub(super) fn within(name: &str, is_there: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let files = new(name);
    let free = ["local", "demo", "loadtest", name].into_iter().find(|env| !is_there(&format!("config/{env}.yml")));
    let env = free.unwrap_or("local");
    let terms = include_str!("template/common.yml");
    let terms = terms.lines().filter(|line| line.starts_with(' ')).collect::<Vec<_>>().join("\n");
    let own = |(path, text): (String, String)| match path.as_str() {
        // If the folder has its own file for all environments, the template's values for it go to this environment.
        "config/local.yml" if is_there("config/common.yml") => {
            (format!("config/{env}.yml"), text.replace("/shop\n", &format!("/shop\n{terms}\n")))
        }
        "config/local.yml" => (format!("config/{env}.yml"), text),
        path if path.ends_with(".lt") => (path.to_owned(), text.replace("config/local.yml", &format!("config/{env}.yml"))),
        path if path.ends_with(".profile.yml") => {
            let aligned = format!("env: {env:<width$}# config/{env}.yml", width = "local                        ".len());
            (path.to_owned(), text.replace("env: local                        # config/local.yml", &aligned))
        }
        path => (path.to_owned(), text.replace("config/local.yml", &format!("config/{env}.yml"))),
    };
    files.into_iter().map(own).filter(|(path, _)| path == ".gitignore" || !is_there(path)).collect()
}

/// A further test of a project: a spec and its profile. `base` is the key of the environment that has the address.
pub(super) fn test(name: &str, env: Option<&str>, base: Option<&str>) -> Vec<(String, String)> {
    let base = base.map_or_else(|| "\"http://127.0.0.1:8137/shop\"".to_owned(), |base| format!("env.{base}"));
    let header = env.map_or_else(String::new, |env| format!("\n  env: {}", yaml_scalar(env)));
    let fill = |text: &str| {
        text.replace("SCALAR", &yaml_scalar(name)).replace("NAME", name).replace("BASE", &base).replace("\n  env: ENV", &header)
    };
    let files =
        [("specs/NAME.lt", include_str!("template/test.lt")), ("specs/NAME.profile.yml", include_str!("template/test.profile.yml"))];
    files.into_iter().map(|(path, text)| (fill(path), fill(text))).collect()
}

/// A registry with one test.
pub(super) fn registry(name: &str) -> String {
    include_str!("template/loadtest_registry.yml").replace("SCALAR", &yaml_scalar(name)).replace("NAME", name)
}

fn project(name: &str, description: &str, spec: &str, local: &str, common: &str) -> Vec<(String, String)> {
    let files = [
        ("specs/NAME.lt", spec),
        ("specs/NAME.profile.yml", include_str!("template/profile.yml")),
        ("config/local.yml", local),
        ("config/common.yml", common),
        ("config/loadtest_registry.yml", include_str!("template/loadtest_registry.yml")),
        ("config/systems_credentials.yml", include_str!("template/systems_credentials.yml")),
        ("README.md", include_str!("template/README.md")),
        (".gitignore", "/NAME\n/runs\n/.ltc\n"),
    ];
    let scalar = yaml_scalar(name);
    let fill = |text: &str| text.replace("SCALAR", &scalar).replace("NAME", name).replace("DESCRIPTION", description);
    // In a spec, the word NAME is not a placeholder.
    let files = files.into_iter().map(|(path, text)| (fill(path), if path.ends_with(".lt") { text.to_owned() } else { fill(text) }));
    files.chain(Schema::ALL.map(|schema| (schema.file().to_owned(), schema.text()))).collect()
}

/// A string as YAML, in quotes if YAML would read it as another value: `null`, `true`.
pub(super) fn yaml_scalar(text: &str) -> String {
    serde_yaml::to_string(text).map_or_else(|_| text.to_owned(), |yaml| yaml.trim_end().to_owned())
}

/// Writes a project's files below a folder.
pub(super) fn write(folder: &Path, files: &[(String, String)]) -> io::Result<()> {
    for (name, text) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn project_may_be_named_by_a_word_that_yaml_reads_as_a_value() {
        for name in ["null", "true", "No", "y"] {
            let files = new(name);
            let text = |path: &str| files.iter().find(|(file, _)| file == path).map(|(_, text)| text.as_str()).unwrap();
            let registry = ltc_config::Registry::parse(text("config/loadtest_registry.yml"), "r.yml").unwrap();
            assert_eq!(registry.current.as_deref(), Some(name));
            assert!(registry.registered.contains_key(name));
        }
    }
    use crate::diagnostic::render::{Style, render};
    use crate::pipeline::{self, Target};

    #[test]
    fn new_project_has_no_errors_and_no_warnings() {
        for (name, files) in [("my-shop", new("my-shop")), ("tpdata", demo())] {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), &files).unwrap();
            let found = crate::project::find(folder.path(), None).unwrap();
            assert_eq!(found.spec, folder.path().join(format!("specs/{name}.lt")));
            let target = Target { root: found.root, spec: found.spec, profile: found.profile, ..Target::default() };
            let checked = pipeline::check(&target).unwrap();
            let rendered = render(&checked.diagnostics, &checked.sources, Style::plain());
            assert!(
                rendered.is_empty() && checked.config.is_empty() && checked.config_warnings.is_empty(),
                "{name}: {rendered} {:?} {:?}",
                checked.config,
                checked.config_warnings
            );
        }
    }

    #[test]
    fn thresholds_of_a_new_profile_are_checked_against_its_duration() {
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<_> = new("shop")
            .into_iter()
            .map(|(path, text)| {
                let text = if path.ends_with(".profile.yml") { text.replace("p95 < 500ms  ", "p95 < 500ms over 5m  ") } else { text };
                (path, text)
            })
            .collect();
        write(folder.path(), &files).unwrap();
        let found = crate::project::find(folder.path(), None).unwrap();
        let target = Target { root: found.root, spec: found.spec, profile: found.profile, ..Target::default() };
        let checked = pipeline::check(&target).unwrap();
        let text = fs::read_to_string(folder.path().join("specs/shop.profile.yml")).unwrap();
        let profile = ltc_config::Profile::parse(&text, "x.yml").unwrap();
        let texts: Vec<&str> = profile.thresholds.iter().map(|threshold| threshold.text.as_str()).collect();
        assert_eq!(texts, ["failures < 1%", "p95 < 500ms over 5m"]);
        // The test lasts 30 s.
        let [warning] = checked.config_warnings.as_slice() else { panic!("{:?}", checked.config_warnings) };
        assert!(warning.message.contains("the test lasts 30s: it contains no window of 5m") && warning.location.line > 15, "{warning}");
    }

    #[test]
    fn further_test_has_no_errors_and_no_warnings() {
        for (env, base) in [(Some("local"), Some("shop.url")), (Some("local"), None), (None, None)] {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), &new("shop")).unwrap();
            write(folder.path(), &test("check-out", env, base)).unwrap();
            assert_sound(folder.path(), "check-out");
        }
    }

    #[test]
    fn project_in_a_folder_adds_only_missing_files() {
        let there = ["README.md", ".gitignore", "config/local.yml", "config/common.yml"];
        let files = within("shop", |path| there.contains(&path));
        let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        assert!(paths.contains(&"config/demo.yml") && paths.contains(&".gitignore"), "{paths:?}");
        assert!(there.iter().all(|path| *path == ".gitignore" || !paths.contains(path)), "{paths:?}");
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &files).unwrap();
        fs::write(folder.path().join("config/common.yml"), "mine: 1\n").unwrap();
        assert_sound(folder.path(), "shop");
        // In an empty folder, the files are those of `ltc new`.
        assert_eq!(within("shop", |_| false), new("shop"));
    }

    /// Asserts that a spec and its configuration have neither errors nor warnings.
    fn assert_sound(root: &Path, name: &str) {
        let found = crate::project::find(root, Some(name)).unwrap();
        let checked = pipeline::check(&Target { root: found.root, spec: found.spec, profile: found.profile, ..Target::default() }).unwrap();
        let rendered = render(&checked.diagnostics, &checked.sources, Style::plain());
        let odd = (&checked.config, &checked.config_warnings);
        assert!(rendered.is_empty() && odd.0.is_empty() && odd.1.is_empty(), "{rendered} {odd:?}");
    }

    #[test]
    fn templates_have_no_unfilled_placeholder() {
        for (path, text) in new("shop").into_iter().chain(test("shop", Some("local"), None)).filter(|(path, _)| !path.ends_with(".json")) {
            assert!(!path.contains("NAME") && !text.contains("NAME") && !text.contains("DESCRIPTION"), "{path}:\n{text}");
        }
    }

    #[test]
    fn binary_embeds_only_the_keys_that_its_spec_reads() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &new("shop")).unwrap();
        let local = "shop:\n  url: http://127.0.0.1:1\n  connect_timeout: 3s\n  token: MARKER   # MARKER\nledger: { url: MARKER, tls: { ca: MARKER } }\n";
        fs::write(folder.path().join("config/local.yml"), local).unwrap();
        fs::write(folder.path().join("config/qa.yml"), "shop: { url: http://qa.example.com, key: MARKER }\nMARKER: 1\n").unwrap();
        fs::write(folder.path().join("config/system_credentials.yml"), "SFx: { token: MARKER }\n").unwrap();
        fs::write(folder.path().join("config/broken.yml"), "shop: [MARKER\n").unwrap();
        let found = crate::project::find(folder.path(), None).unwrap();
        let checked = pipeline::check(&Target { root: found.root, spec: found.spec, profile: found.profile, ..Target::default() }).unwrap();
        let warnings: Vec<String> = checked.config_warnings.iter().map(ToString::to_string).collect();
        let is_broken = |line: &String| line.starts_with("config/broken.yml:") && line.contains("will not include the environment broken");
        assert!(warnings.iter().any(is_broken), "{warnings:?}");
        let emitted = checked.emit().unwrap();
        let carried = |name: &str| {
            let found = emitted.files.iter().find(|(path, _)| path == name).unwrap_or_else(|| panic!("{name} isn't carried"));
            String::from_utf8(found.1.clone()).unwrap()
        };
        assert!(
            carried("config/qa.yml").contains("http://qa.example.com") && carried("config/local.yml").contains("connect_timeout: \"3s\"")
        );
        for (name, content) in emitted.files.iter().chain([&("main.rs".to_owned(), emitted.main.clone().into_bytes())]) {
            assert!(!String::from_utf8_lossy(content).contains("MARKER"), "{name}");
        }
    }
}
