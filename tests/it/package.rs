//! What a registry gets: with the package of `ltc` alone, the runtime that specs are linked with is the one of this checkout.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::Run;
use crate::project::root;

/// The hash of the runtime's sources that a build script finds from a folder.
fn hash(script: &Path, folder: &Path) -> String {
    let out = tempfile::tempdir().unwrap();
    let mut command = Command::new(script);
    let done = command.env("CARGO_MANIFEST_DIR", folder).env("OUT_DIR", out.path()).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = fs::read_to_string(out.path().join("runtime_sources.rs")).unwrap();
    text.lines().find(|line| line.contains("HASH")).unwrap().to_owned()
}

/// The Rust files of a folder, at any depth.
fn sources_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = entries.flat_map(|path| if path.is_dir() { sources_below(&path) } else { vec![path] });
    below.filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect()
}

#[test]
fn package_of_the_compiler_has_the_whole_runtime() {
    let output = Run::new("bash", root()).args(&[".ci/package", "--no-verify", "--offline"]).beside_no_measurement().exits(0);
    let version = env!("CARGO_PKG_VERSION");
    let packages = root().join("target/package");
    for name in ["ltc", "ltc-config", "ltc-demo", "ltc-engine", "ltc-grammar", "ltc-import", "ltc-record", "ltc-runtime"] {
        assert!(packages.join(format!("{name}-{version}.crate")).is_file(), "{name} is missing: {output}");
    }
    let folder = tempfile::tempdir().unwrap();
    let package = packages.join(format!("ltc-{version}.crate")).display().to_string();
    Run::new("tar", folder.path()).args(&["-xzf", &package]).exits(0);
    let unpacked = folder.path().join(format!("ltc-{version}"));
    for file in sources_below(&unpacked.join("compiler")) {
        let text = fs::read_to_string(&file).unwrap();
        for (_, rest) in text.match_indices("include_").map(|(at, _)| text[at..].split_at("include_".len())) {
            let path = rest.strip_prefix("str!(\"").or_else(|| rest.strip_prefix("bytes!(\"")).and_then(|rest| rest.split('"').next());
            // Generated code includes files beside itself.
            let is_there = path.filter(|path| path.starts_with("..")).is_none_or(|path| file.parent().unwrap().join(path).is_file());
            assert!(is_there, "{} includes {path:?}, which the package does not contain", file.display());
        }
    }
    let script = folder.path().join("script").display().to_string();
    Run::new("rustc", &unpacked).args(&["--edition", "2024", "build.rs", "-o", &script]).exits(0);
    assert_eq!(hash(Path::new(&script), &unpacked), hash(Path::new(&script), root()));
}
