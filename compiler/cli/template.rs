//! The projects that `ltc new` and `ltc demo` write.

use std::fs;
use std::io;
use std::path::Path;

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

/// The project of `ltc demo`: the language's whole example.
pub(super) fn demo() -> Vec<(String, String)> {
    project(
        "tpdata",
        "Create and check treatment variants",
        include_str!("../../specs/tpdata.lt"),
        include_str!("template/demo.yml"),
        include_str!("template/demo_common.yml"),
    )
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
    // The word NAME in a spec is part of the spec.
    files.into_iter().map(|(path, text)| (fill(path), if path.ends_with(".lt") { text.to_owned() } else { fill(text) })).collect()
}

/// A string as YAML, in quotes where YAML would read it as something else: `null`, `true`.
fn yaml_scalar(text: &str) -> String {
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
    use crate::diagnostic::Code;

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
        // The language's own example shows a request that none of its steps makes.
        let known = |code: Code, name: &str| name == "tpdata" && code == Code::UnusedRequest;
        for (name, files) in [("my-shop", new("my-shop")), ("tpdata", demo())] {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), &files).unwrap();
            let found = crate::project::find(folder.path(), None).unwrap();
            assert_eq!(found.spec, folder.path().join(format!("specs/{name}.lt")));
            let target = Target { root: found.root, spec: found.spec, profile: found.profile, ..Target::default() };
            let mut checked = pipeline::check(&target).unwrap();
            checked.diagnostics.retain(|diagnostic| !known(diagnostic.code, name));
            let said = render(&checked.diagnostics, &checked.sources, Style::plain());
            assert!(
                said.is_empty() && checked.config.is_empty() && checked.config_warnings.is_empty(),
                "{name}: {said} {:?} {:?}",
                checked.config,
                checked.config_warnings
            );
        }
    }

    #[test]
    fn a_new_profile_says_what_a_run_must_keep_and_its_times_are_checked() {
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
        // It lasts 30 s.
        let [warning] = checked.config_warnings.as_slice() else { panic!("{:?}", checked.config_warnings) };
        assert!(warning.message.contains("the test lasts 30s: it contains no window of 5m") && warning.location.line > 15, "{warning}");
    }

    #[test]
    fn no_place_is_left_unfilled() {
        for (path, text) in new("shop") {
            assert!(!path.contains("NAME") && !text.contains("NAME") && !text.contains("DESCRIPTION"), "{path}:\n{text}");
        }
    }

    #[test]
    fn a_binary_carries_the_keys_that_its_spec_reads_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &new("shop")).unwrap();
        let local = "shop:\n  url: http://127.0.0.1:1\n  connect_timeout: 3s\n  token: MARKER   # MARKER\nledger: { url: MARKER, tls: { ca: MARKER } }\n";
        fs::write(folder.path().join("config/local.yml"), local).unwrap();
        fs::write(folder.path().join("config/qa.yml"), "shop: { url: http://qa.example.com, key: MARKER }\nMARKER: 1\n").unwrap();
        fs::write(folder.path().join("config/system_credentials.yml"), "SFx: { token: MARKER }\n").unwrap();
        fs::write(folder.path().join("config/broken.yml"), "shop: [MARKER\n").unwrap();
        let found = crate::project::find(folder.path(), None).unwrap();
        let checked = pipeline::check(&Target { root: found.root, spec: found.spec, profile: found.profile, ..Target::default() }).unwrap();
        let said: Vec<String> = checked.config_warnings.iter().map(ToString::to_string).collect();
        assert!(said[0].starts_with("config/broken.yml:") && said[0].contains("will not include the environment broken"), "{said:?}");
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
