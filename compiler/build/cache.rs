//! The cache: `<cache>/<hash of the run time>/{Cargo.toml, Cargo.lock, runtime/, crates/<spec>/}`, and
//! `<cache>/target/`, which all share: an update of ltc compiles only what changed.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use super::Error;
use crate::emit::Emitted;

include!(concat!(env!("OUT_DIR"), "/runtime_sources.rs"));

/// How many run times are kept: this one, and the one before an update.
const KEPT: usize = 2;

/// The folder of what is compiled.
const TARGET: &str = "target";

/// The folder of one run time.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) folder: PathBuf,
    /// What is compiled lies here.
    pub(super) shelf: PathBuf,
}

impl Home {
    pub(super) fn open(cache: Option<PathBuf>) -> Result<Self, Error> {
        let root = root(cache);
        let (folder, shelf) = (root.join(HASH), root.join(TARGET));
        let open = || -> io::Result<()> {
            fs::create_dir_all(&shelf)?;
            if !folder.join("Cargo.toml").is_file() {
                unpack(&root, &folder)?;
                prune(&root);
            }
            Ok(())
        };
        open().map_err(|error| Error::Cache(root.clone(), error))?;
        Ok(Self { folder, shelf })
    }

    pub(super) fn target(&self) -> PathBuf {
        self.shelf.clone()
    }

    /// Held while cargo runs.
    pub(super) fn lock(&self) -> Result<File, Error> {
        let path = self.shelf.join("lock");
        let lock = || -> io::Result<File> {
            let file = File::create(&path)?;
            file.lock()?;
            Ok(file)
        };
        lock().map_err(|error| Error::Cache(path.clone(), error))
    }
}

/// Unpacks beside, then renames: another build at the same time finds all or nothing.
fn unpack(root: &Path, folder: &Path) -> io::Result<()> {
    let beside = root.join(format!("{HASH}.new-{}", std::process::id()));
    for (name, content) in FILES {
        let path = beside.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)?;
    }
    match fs::rename(&beside, folder) {
        Ok(()) => Ok(()),
        // Somebody else was faster.
        Err(_) if folder.join("Cargo.toml").is_file() => fs::remove_dir_all(&beside),
        Err(error) => Err(error),
    }
}

/// Removes run times of old versions, but for those in use.
fn prune(root: &Path) {
    let Ok(entries) = fs::read_dir(root) else { return };
    let mut old: Vec<(std::time::SystemTime, PathBuf)> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let modified = fs::metadata(path.join("lock")).or_else(|_| fs::metadata(&path)).ok()?.modified().ok()?;
            path.is_dir().then_some((modified, path))
        })
        .filter(|(_, path)| path.file_name().is_some_and(|name| name != HASH && name != TARGET))
        .collect();
    old.sort();
    let surplus = (old.len() + 1).saturating_sub(KEPT);
    for (_, path) in old.into_iter().take(surplus) {
        // What can't be removed now is tried again with the next version.
        let _ = fs::remove_dir_all(path);
    }
}

/// A generated crate in the cache.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) folder: PathBuf,
    pub(super) name: String,
}

impl Package {
    /// Writes what has changed, so that cargo rebuilds no more than it must.
    pub(super) fn write(home: &Home, name: &str, spec: &Path, emitted: &Emitted) -> Result<Self, Error> {
        let name = package_name(name);
        let mut hasher = DefaultHasher::new();
        spec.hash(&mut hasher);
        let folder = home.folder.join("crates").join(format!("{name}-{:08x}", hasher.finish() as u32));
        let write = || -> io::Result<()> {
            write_changed(&folder.join("Cargo.toml"), manifest(&name).as_bytes())?;
            if !folder.join("Cargo.lock").is_file() {
                fs::copy(home.folder.join("Cargo.lock"), folder.join("Cargo.lock"))?;
            }
            write_changed(&folder.join("src/main.rs"), emitted.main.as_bytes())?;
            emitted.files.iter().try_for_each(|(path, content)| write_changed(&folder.join("src").join(path), content))
        };
        write().map_err(|error| Error::Cache(folder.clone(), error))?;
        Ok(Self { folder, name })
    }
}

/// A name that cargo takes: letters, digits, `-` and `_`, and not one of Rust's.
fn package_name(name: &str) -> String {
    let plain: String = name.chars().map(|char| if char.is_ascii_alphanumeric() || char == '-' || char == '_' { char } else { '_' }).collect();
    let usable = plain.starts_with(|first: char| first.is_ascii_alphabetic()) && syn::parse_str::<syn::Ident>(&plain.replace('-', "_")).is_ok();
    if usable && !matches!(plain.as_str(), "test" | "core" | "std" | "alloc" | "proc_macro") { plain } else { format!("spec_{plain}") }
}

/// The spec's own crate is compiled in a moment: its code calls into the run time, which is optimised in full.
fn manifest(name: &str) -> String {
    format!(
        "# Made by `ltc build`; do not edit.
[package]
name = \"{name}\"
version = \"0.0.0\"
edition = \"2024\"
publish = false

[workspace]

[dependencies]
ltc-runtime = {{ path = \"../../runtime\" }}

[profile.release]
strip = true
debug = false
incremental = true

[profile.lto]
inherits = \"release\"
incremental = false
lto = \"thin\"
codegen-units = 1
"
    )
}

fn write_changed(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, content)
}

fn root(cache: Option<PathBuf>) -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || variable("HOME").unwrap_or_else(std::env::temp_dir);
    let system = if cfg!(target_os = "macos") { home().join("Library/Caches") } else { home().join(".cache") };
    let root = cache.or_else(|| variable("LTC_CACHE_DIR")).unwrap_or_else(|| variable("XDG_CACHE_HOME").unwrap_or(system).join("ltc"));
    std::path::absolute(&root).unwrap_or(root)
}

pub(super) fn clean(cache: Option<PathBuf>) -> io::Result<u64> {
    let root = root(cache);
    if !root.is_dir() {
        return Ok(0);
    }
    let mut freed = 0;
    for entry in fs::read_dir(&root)? {
        let path = entry?.path();
        // Only what is ours: folders named by a hash, and what they share.
        let ours = path.file_name().is_some_and(|name| {
            let name = name.to_string_lossy();
            name == TARGET || name.chars().take(16).filter(char::is_ascii_hexdigit).count() == 16
        });
        if ours && path.is_dir() {
            freed += size(&path);
            fs::remove_dir_all(path)?;
        }
    }
    Ok(freed)
}

fn size(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => size(&entry.path()),
            _ => entry.metadata().map_or(0, |metadata| metadata.len()),
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ones_that_cargo_takes() {
        assert_eq!(package_name("tpdata"), "tpdata");
        assert_eq!(package_name("my spec.v2"), "my_spec_v2");
        assert_eq!(package_name("2nd"), "spec_2nd");
        assert_eq!(package_name("match"), "spec_match");
        assert_eq!(package_name("test"), "spec_test");
    }

    #[test]
    fn the_run_time_is_packed_whole() {
        let names: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        for name in ["Cargo.toml", "Cargo.lock", "runtime/Cargo.toml", "runtime/lib.rs", "runtime/config/lib.rs"] {
            assert!(names.contains(&name), "{name} is missing");
        }
        let manifest = std::str::from_utf8(FILES[0].1).unwrap();
        assert!(manifest.contains("members = [\"runtime\", \"runtime/config\"]"), "{manifest}");
    }

    #[test]
    fn a_crate_is_written_only_where_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(Some(folder.path().to_path_buf())).unwrap();
        let emitted = Emitted { main: "fn main() {}".into(), files: vec![("data/x.json".into(), b"[]".to_vec())] };
        let package = Package::write(&home, "x", Path::new("specs/x.lt"), &emitted).unwrap();
        let main = package.folder.join("src/main.rs");
        let before = fs::metadata(&main).unwrap().modified().unwrap();
        Package::write(&home, "x", Path::new("specs/x.lt"), &emitted).unwrap();
        assert_eq!(fs::metadata(&main).unwrap().modified().unwrap(), before);
        assert!(package.folder.join("src/data/x.json").is_file());
        let other = Package::write(&home, "x", Path::new("other/x.lt"), &emitted).unwrap();
        assert_ne!(other.folder, package.folder);
        assert!(clean(Some(folder.path().to_path_buf())).unwrap() > 0);
        assert!(!home.folder.exists());
    }
}
