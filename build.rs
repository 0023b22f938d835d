//! Packs the run time's sources into the compiler, so that `ltc` works with the checkout gone: `OUT_DIR/runtime_sources.rs` has `FILES`
//! (paths and contents) and `HASH` (of both).

use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let mut files = Vec::new();
    collect(&root.join("runtime"), &mut files)?;
    files.push(root.join("Cargo.lock"));
    files.sort();

    let manifest = workspace(&fs::read_to_string(root.join("Cargo.toml"))?);
    fs::write(out.join("workspace.toml"), &manifest)?;
    println!("cargo::rerun-if-changed=Cargo.toml");
    println!("cargo::rerun-if-changed=Cargo.lock");
    println!("cargo::rerun-if-changed=runtime");

    let mut hasher = DefaultHasher::new();
    manifest.hash(&mut hasher);
    let mut list = format!("    (\"Cargo.toml\", include_bytes!({:?})),\n", out.join("workspace.toml"));
    for file in &files {
        let name = file.strip_prefix(&root).unwrap_or(file).display().to_string();
        name.hash(&mut hasher);
        fs::read(file)?.hash(&mut hasher);
        // Writing to a string can't fail.
        let _ = writeln!(list, "    ({name:?}, include_bytes!({file:?})),");
    }
    let text = format!(
        "/// The run time's sources: paths and contents.\npub(super) const FILES: &[(&str, &[u8])] = &[\n{list}];\n\n/// A hash of all of them.\npub(super) const HASH: &str = \"{:016x}\";\n",
        hasher.finish()
    );
    fs::write(out.join("runtime_sources.rs"), text)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "toml" || extension == "txt") {
            files.push(path);
        }
    }
    Ok(())
}

/// The part of the root manifest that the run time's crates inherit from.
fn workspace(manifest: &str) -> String {
    let inherited = manifest.split("\n[package]").next().unwrap_or(manifest);
    inherited.replace("members = [\"grammar\", \"runtime\", \"runtime/config\"]", "members = [\"runtime\", \"runtime/config\"]")
}
