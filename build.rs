//! Packs the runtime's sources into the compiler, so that `ltc` works with the checkout gone: `OUT_DIR/runtime_sources.rs` has `FILES`
//! (paths and contents) and `HASH` (of both). `LTC_RUNTIME_SOURCES` is their folder, for other files that the compiler includes.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

/// What `.ci/package` adds to the names of manifests: a package contains no other package.
const PACKAGED: &str = ".packaged";

fn main() -> std::io::Result<()> {
    let mut root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let is_package = !root.join("runtime").is_dir();
    if is_package {
        root.push("packaged");
    }
    let manifest = root.join(if is_package { format!("Cargo.toml{PACKAGED}") } else { "Cargo.toml".to_owned() });
    let lock = root.join("Cargo.lock");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let mut files = Vec::new();
    collect(&root.join("runtime"), &mut files)?;
    files.sort();

    println!("cargo::rustc-env=LTC_RUNTIME_SOURCES={}", root.join("runtime").display());
    println!("cargo::rerun-if-changed=build.rs");
    for read in [&manifest, &lock, &root.join("runtime")] {
        println!("cargo::rerun-if-changed={}", read.display());
    }

    let manifest = workspace(&fs::read_to_string(manifest)?);
    let lock = reachable(&fs::read_to_string(lock)?, "ltc-runtime");
    let mut packed = vec![("Cargo.toml".to_owned(), out.join("workspace.toml")), ("Cargo.lock".to_owned(), out.join("workspace.lock"))];
    write_changed(&packed[0].1, &manifest)?;
    write_changed(&packed[1].1, &lock)?;
    packed.extend(files.into_iter().map(|file| {
        let name = file.strip_prefix(&root).unwrap_or(&file).display().to_string();
        (name.strip_suffix(PACKAGED).map(str::to_owned).unwrap_or(name), file)
    }));

    let mut hasher = DefaultHasher::new();
    let mut list = String::new();
    for (name, file) in &packed {
        name.hash(&mut hasher);
        fs::read(file)?.hash(&mut hasher);
        // Writing to a string cannot fail.
        let _ = writeln!(list, "    ({name:?}, include_bytes!({file:?})),");
    }
    let text = format!(
        "/// The runtime's sources: paths and contents.\npub(super) const FILES: &[(&str, &[u8])] = &[\n{list}];\n\n/// A hash of all of them.\npub(in crate::build) const HASH: &str = \"{:016x}\";\n",
        hasher.finish()
    );
    write_changed(&out.join("runtime_sources.rs"), &text)
}

/// What the runtime is compiled from; its tests stay here.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | "tests" | "examples" | "golden" | "vectors") {
                collect(&path, files)?;
            }
        } else if name == "tests.rs" || name.ends_with("_tests.rs") {
            // Only tests use these files, and they read files that are not packed.
        } else if name.ends_with(PACKAGED)
            || path
                .extension()
                .is_some_and(|extension| ["rs", "toml", "txt", "html", "css", "js"].iter().any(|packed| extension == *packed))
        {
            files.push(path);
        }
    }
    Ok(())
}

/// The part of the root manifest that the runtime's crates inherit from.
fn workspace(manifest: &str) -> String {
    let inherited = manifest.split("\n[package]").next().unwrap_or(manifest);
    inherited
        .lines()
        .filter(|line| !["ltc-demo", "ltc-grammar", "exclude = "].iter().any(|own| line.starts_with(own)))
        .map(|line| {
            if line.starts_with("members = ") {
                "members = [\"runtime\", \"runtime/config\", \"runtime/engine\"]\n".to_owned()
            } else {
                format!("{line}\n")
            }
        })
        .collect()
}

/// The part of a lock file that one package needs. Dependencies of the compiler alone do not change what specs are built from.
fn reachable(lock: &str, package: &str) -> String {
    let mut parts = lock.split("[[package]]\n");
    let head = parts.next().unwrap_or_default();
    let packages: Vec<&str> = parts.collect();
    let line = |text: &str, key: &str| {
        let start = format!("{key} = \"");
        text.lines().find_map(|line| line.strip_prefix(start.as_str())?.strip_suffix('"').map(str::to_owned)).unwrap_or_default()
    };
    let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, text) in packages.iter().enumerate() {
        by_name.entry(line(text, "name")).or_default().push(index);
    }
    let mut needed = BTreeSet::new();
    let mut waiting = vec![package.to_owned()];
    while let Some(wanted) = waiting.pop() {
        // An entry is `name`, or, if there are several versions, `name version` or `name version (source)`.
        let mut words = wanted.split(' ');
        let (name, version) = (words.next().unwrap_or_default(), words.next());
        for &index in by_name.get(name).into_iter().flatten() {
            if version.is_none_or(|version| line(packages[index], "version") == version) && needed.insert(index) {
                let dependencies = packages[index].lines().filter_map(|line| line.strip_prefix(" \"")?.strip_suffix("\","));
                waiting.extend(dependencies.map(str::to_owned));
            }
        }
    }
    needed.into_iter().fold(head.to_owned(), |lock, index| lock + "[[package]]\n" + packages[index])
}

fn write_changed(path: &Path, text: &str) -> std::io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) { Ok(()) } else { fs::write(path, text) }
}
