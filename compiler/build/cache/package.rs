//! A generated crate in the cache.
//!
//! Its folder has a link to the runtime's sources, so that these are members of its workspace: then cargo names what it compiles of them by
//! their path within the workspace, all specs share it, and neither the cache's path nor the project's is a part of the binary.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::sources::packed;
use super::{CacheDir, artifacts};
use crate::build::Error;
use crate::build::manifest::manifest;
use crate::emit::Emitted;

/// A crate that was not built for this long is removed.
const KEPT_MAX: Duration = Duration::from_secs(30 * 24 * 3600);

/// The file whose time is that of the last build.
const USED: &str = "used";

/// A generated crate in the cache.
#[derive(Debug)]
pub(in crate::build) struct Package {
    pub(in crate::build) folder: PathBuf,
    pub(in crate::build) name: String,
    /// The time of the last change to its files.
    pub(in crate::build) changed: SystemTime,
}

impl Package {
    /// Writes what has changed, so that cargo rebuilds no more than it must. `spec` only tells it from others of the same name.
    pub(in crate::build) fn write(cache: &CacheDir, name: &str, spec: &Path, emitted: &Emitted) -> Result<Self, Error> {
        let folder = folder(&cache.folder, name, spec);
        let name = package_name(name);
        let write = || -> io::Result<SystemTime> {
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(USED), &name)?;
            if !folder.join("Cargo.lock").is_file() {
                fs::write(folder.join("Cargo.lock"), packed("Cargo.lock"))?;
            }
            link(&folder.join("runtime"))?;
            let mut changed = write_changed(&folder.join("Cargo.toml"), manifest(&name, packed("Cargo.toml")).as_bytes())?;
            changed = changed.max(write_changed(&folder.join("src/main.rs"), emitted.main.as_bytes())?);
            for (path, content) in &emitted.files {
                changed = changed.max(write_changed(&folder.join("src").join(path), content)?);
            }
            Ok(changed)
        };
        // A damaged folder, such as one with a file for a folder, is made anew.
        let anew = |_| remove_any(&folder).and_then(|()| write());
        let changed = write().or_else(anew).map_err(|error| Error::Cache(folder.clone(), error))?;
        Ok(Self { folder, name, changed })
    }
}

/// The folder of a spec's crate.
fn folder(version: &Path, name: &str, spec: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    spec.hash(&mut hasher);
    crates(version).join(format!("{}-{:08x}", package_name(name), hasher.finish() as u32))
}

/// The file that a build of a spec's crate locks. It is beside the folder, because a damaged folder is replaced.
pub(super) fn lock_file(version: &Path, name: &str, spec: &Path) -> PathBuf {
    folder(version, name, spec).with_extension("lock")
}

/// The folder of all generated crates of a version of the runtime.
pub(super) fn crates(version: &Path) -> PathBuf {
    version.join("crates")
}

/// Removes the crates that were not built for a month, with what was compiled of them.
pub(super) fn prune(cache: &CacheDir) {
    // This build wrote it when it began.
    let Ok(now) = fs::metadata(cache.folder.join("lock")).and_then(|lock| lock.modified()) else { return };
    let old = |path: &Path| {
        let used = fs::metadata(path.join(USED)).or_else(|_| fs::metadata(path)).and_then(|used| used.modified());
        used.is_ok_and(|used| now.duration_since(used).is_ok_and(|age| age > KEPT_MAX))
    };
    for folder in folders(&crates(&cache.folder)).into_iter().filter(|folder| old(folder)) {
        remove(&cache.target_dir, &folder);
    }
    for folder in folders(&cache.folder.join("own/try")).into_iter().filter(|folder| old(folder)) {
        // What can't be removed now is tried again with the next build.
        let _ = fs::remove_dir_all(folder);
    }
}

/// Removes all crates of a version of the runtime.
pub(super) fn remove_all(target_dir: &Path, version: &Path) -> io::Result<()> {
    for folder in folders(&crates(version)) {
        remove(target_dir, &folder);
    }
    for folder in [crates(version), version.join("own")] {
        remove_any(&folder)?;
    }
    Ok(())
}

fn remove(target_dir: &Path, folder: &Path) {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    if let Some((name, _)) = name.rsplit_once('-') {
        artifacts::remove(target_dir, name);
    }
    // What can't be removed now is tried again with the next build.
    let _ = fs::remove_dir_all(folder);
    let _ = fs::remove_file(folder.with_extension("lock"));
}

/// The folders in a folder; none where it can't be read.
pub(super) fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).collect()
}

/// Removes a file, link or folder, if it is there.
pub(in crate::build) fn remove_any(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Links to the runtime's sources, by a relative path: a cache may be moved.
fn link(link: &Path) -> io::Result<()> {
    let target = Path::new("../../runtime");
    if fs::read_link(link).is_ok_and(|found| found == target) {
        return Ok(());
    }
    remove_any(link)?;
    #[cfg(unix)]
    return std::os::unix::fs::symlink(target, link);
    #[cfg(windows)]
    return std::os::windows::fs::symlink_dir(target, link);
}

/// A name that cargo takes: letters, digits, `-` and `_`. With the prefix, it is no word of Rust and no crate that the runtime is linked with.
fn package_name(name: &str) -> String {
    let plain = name.chars().map(|char| if char.is_ascii_alphanumeric() || char == '-' || char == '_' { char } else { '_' });
    format!("spec-{}", plain.collect::<String>())
}

/// Writes a file if its content changed, and returns the time of its last change.
fn write_changed(path: &Path, content: &[u8]) -> io::Result<SystemTime> {
    if !fs::read(path).is_ok_and(|old| old == content) {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)?;
    }
    fs::metadata(path)?.modified()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ones_that_cargo_takes() {
        assert_eq!(package_name("tpdata"), "spec-tpdata");
        assert_eq!(package_name("my spec.v2"), "spec-my_spec_v2");
        assert_eq!(package_name("2nd"), "spec-2nd");
        assert_eq!(package_name("ltc-engine"), "spec-ltc-engine");
    }

    #[test]
    fn crate_is_written_only_where_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        let cache = CacheDir::open(Some(folder.path().to_path_buf())).unwrap();
        let emitted = Emitted { main: "fn main() {}".into(), files: vec![("data/x.json".into(), b"[]".to_vec())] };
        let package = Package::write(&cache, "x", Path::new("specs/x.lt"), &emitted).unwrap();
        let main = package.folder.join("src/main.rs");
        let before = fs::metadata(&main).unwrap().modified().unwrap();
        Package::write(&cache, "x", Path::new("specs/x.lt"), &emitted).unwrap();
        assert_eq!(fs::metadata(&main).unwrap().modified().unwrap(), before);
        assert!(package.folder.join("src/data/x.json").is_file() && package.folder.join("runtime/lib.rs").is_file());
        let other = Package::write(&cache, "x", Path::new("other/x.lt"), &emitted).unwrap();
        assert_ne!(other.folder, package.folder);
    }

    #[test]
    fn damaged_crate_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let cache = CacheDir::open(Some(folder.path().to_path_buf())).unwrap();
        let emitted = Emitted { main: "fn main() {}".into(), files: Vec::new() };
        let write = || Package::write(&cache, "x", Path::new("specs/x.lt"), &emitted).unwrap();
        let package = write();
        fs::remove_dir_all(package.folder.join("src")).unwrap();
        fs::write(package.folder.join("src"), "").unwrap();
        remove_any(&package.folder.join("runtime")).unwrap();
        fs::create_dir(package.folder.join("runtime")).unwrap();
        write();
        assert!(package.folder.join("src/main.rs").is_file() && package.folder.join("runtime/lib.rs").is_file());
    }

    #[test]
    fn crate_that_was_not_built_for_a_month_is_removed_with_its_artifacts() {
        let folder = tempfile::tempdir().unwrap();
        let cache = CacheDir::open(Some(folder.path().to_path_buf())).unwrap();
        let emitted = Emitted { main: "fn main() {}".into(), files: Vec::new() };
        let [old, new] = ["old", "new"].map(|name| Package::write(&cache, name, Path::new(name), &emitted).unwrap());
        let release = cache.target_dir.join("x/release");
        let files = [
            "deps/spec_old-0123456789abcdef",
            "deps/spec_old-0123456789abcdef.d",
            ".fingerprint/spec-old-0123456789abcdef/bin-spec-old",
            "deps/spec_new-0123456789abcdef",
            ".fingerprint/spec-new-0123456789abcdef/bin-spec-new",
            "deps/libspec_old-89abcdef01234567.rlib",
            ".fingerprint/spec-old-89abcdef01234567/lib-spec-old",
        ];
        for file in files.map(|file| release.join(file)) {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
        }
        let used = fs::File::options().write(true).open(old.folder.join(USED)).unwrap();
        let now = used.metadata().unwrap().modified().unwrap();
        used.set_modified(now - KEPT_MAX - Duration::from_secs(60)).unwrap();
        prune(&cache);
        assert!(!old.folder.exists() && new.folder.is_dir());
        assert_eq!(files.map(|file| release.join(file).exists()), [false, false, false, true, true, true, true]);
    }
}
