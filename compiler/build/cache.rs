//! The cache: `<cache>/<hash of the runtime>/{Cargo.toml, Cargo.lock, runtime/, crates/<spec>/}`, and `<cache>/target/`, which all versions
//! share, so that an update of ltc compiles only what changed.
//!
//! Each of these folders has a file `lock`. Builds hold it (shared if they only read), and a folder with a held lock is never removed.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File, TryLockError};
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use super::manifest::manifest;
use super::progress::Progress;
use super::{Cleaned, Error};
use crate::emit::Emitted;

include!(concat!(env!("OUT_DIR"), "/runtime_sources.rs"));

/// The number of versions of the runtime that are kept: the current one, and the one before an update.
const KEPT: usize = 2;

/// The folder of compiled artifacts.
const TARGET: &str = "target";

/// A file that exists only in a complete folder of sources.
const COMPLETE_MARKER: &str = "Cargo.toml";

/// The folder of one version of the runtime.
#[derive(Debug)]
pub(super) struct CacheDir {
    pub(super) folder: PathBuf,
    /// Compiled artifacts, shared by all versions.
    pub(super) target_dir: PathBuf,
    /// Keeps another version's build from removing the sources.
    _held: File,
}

impl CacheDir {
    pub(super) fn open(cache: Option<PathBuf>) -> Result<Self, Error> {
        let root = root(cache);
        let (folder, target_dir) = (root.join(HASH), root.join(TARGET));
        let open = || -> io::Result<File> {
            fs::create_dir_all(&target_dir)?;
            // Another build may remove the folder between the check and the lock. Then it is unpacked again.
            for _ in 0..8 {
                if !folder.join(COMPLETE_MARKER).is_file() {
                    unpack(&root, &folder)?;
                    prune(&root);
                }
                match hold(&folder) {
                    Ok(held) if folder.join(COMPLETE_MARKER).is_file() => return Ok(held),
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            Err(io::Error::other("it is removed as soon as it is written"))
        };
        let held = open().map_err(|error| Error::Cache(root.clone(), error))?;
        Ok(Self { folder, target_dir, _held: held })
    }

    pub(super) fn target(&self) -> PathBuf {
        self.target_dir.clone()
    }

    /// Locks the target folder while cargo runs, and waits for another build.
    pub(super) fn lock(&self, progress: Progress) -> Result<File, Error> {
        let path = self.target_dir.join("lock");
        let lock = || -> io::Result<File> {
            let file = File::create(&path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    progress.say("waiting for another `ltc build` to finish");
                    file.lock()?;
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
            Ok(file)
        };
        lock().map_err(|error| Error::Cache(path.clone(), error))
    }
}

/// Shares the lock of a folder of sources.
fn hold(folder: &Path) -> io::Result<File> {
    let file = File::create(folder.join("lock"))?;
    file.lock_shared()?;
    Ok(file)
}

/// Runs `then` with a folder's lock, unless another process holds it. Returns whether it ran.
fn if_free(folder: &Path, then: impl FnOnce() -> io::Result<()>) -> io::Result<bool> {
    match File::open(folder.join("lock")) {
        Ok(file) => match file.try_lock() {
            Ok(()) => then().map(|()| true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        },
        Err(_) => then().map(|()| true),
    }
}

/// Renames a folder, then removes it, so that the rest of an interrupted removal is never taken for a complete folder.
fn remove(folder: &Path) -> io::Result<()> {
    let trash = folder.with_extension(format!("old-{}", std::process::id()));
    fs::rename(folder, &trash)?;
    fs::remove_dir_all(trash)
}

/// Unpacks the sources next to the folder, then renames the result, so that a concurrent build finds all of them or none.
fn unpack(root: &Path, folder: &Path) -> io::Result<()> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let beside = root.join(format!("{HASH}.new-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    for (name, content) in FILES {
        let path = beside.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)?;
    }
    match fs::rename(&beside, folder) {
        Ok(()) => Ok(()),
        // Another build was faster.
        Err(_) if folder.join(COMPLETE_MARKER).is_file() => fs::remove_dir_all(&beside),
        Err(error) => Err(error),
    }
}

/// Removes old versions of the runtime that no build uses.
fn prune(root: &Path) {
    let Ok(entries) = fs::read_dir(root) else { return };
    let mut old: Vec<(SystemTime, PathBuf)> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let modified = fs::metadata(path.join("lock")).or_else(|_| fs::metadata(&path)).ok()?.modified().ok()?;
            is_ours(&path).then_some((modified, path))
        })
        // Keeps this version's folders, and those that another build is unpacking at the moment.
        .filter(|(_, path)| path.file_stem().is_some_and(|name| name != HASH && name != TARGET))
        .collect();
    old.sort();
    let surplus = (old.len() + 1).saturating_sub(KEPT);
    for (_, path) in old.into_iter().take(surplus) {
        // A folder that cannot be removed now is tried again with the next version.
        let _ = if_free(&path, || remove(&path));
    }
}

/// A generated crate in the cache.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) folder: PathBuf,
    pub(super) name: String,
    /// The time of the last change to its files.
    pub(super) changed: SystemTime,
}

impl Package {
    /// Writes only the files that changed, so that cargo does not rebuild more than necessary.
    pub(super) fn write(cache: &CacheDir, name: &str, spec: &Path, emitted: &Emitted) -> Result<Self, Error> {
        let name = package_name(name);
        let mut hasher = DefaultHasher::new();
        spec.hash(&mut hasher);
        let of = format!("{:08x}", hasher.finish() as u32);
        let folder = cache.folder.join("crates").join(format!("{name}-{of}"));
        let write = || -> io::Result<SystemTime> {
            if !folder.join("Cargo.lock").is_file() {
                fs::create_dir_all(&folder)?;
                fs::copy(cache.folder.join("Cargo.lock"), folder.join("Cargo.lock"))?;
            }
            let mut changed = write_changed(&folder.join("Cargo.toml"), manifest(&name, &of).as_bytes())?;
            changed = changed.max(write_changed(&folder.join("src/main.rs"), emitted.main.as_bytes())?);
            for (path, content) in &emitted.files {
                changed = changed.max(write_changed(&folder.join("src").join(path), content)?);
            }
            Ok(changed)
        };
        let changed = write().map_err(|error| Error::Cache(folder.clone(), error))?;
        Ok(Self { folder, name, changed })
    }
}

/// A name that cargo accepts: letters, digits, `-` and `_`, and not a keyword of Rust.
fn package_name(name: &str) -> String {
    let plain: String =
        name.chars().map(|char| if char.is_ascii_alphanumeric() || char == '-' || char == '_' { char } else { '_' }).collect();
    let usable =
        plain.starts_with(|first: char| first.is_ascii_alphabetic()) && syn::parse_str::<syn::Ident>(&plain.replace('-', "_")).is_ok();
    if usable && !matches!(plain.as_str(), "test" | "core" | "std" | "alloc" | "proc_macro") { plain } else { format!("spec_{plain}") }
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

fn root(cache: Option<PathBuf>) -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || variable("HOME").unwrap_or_else(std::env::temp_dir);
    let system = if cfg!(target_os = "macos") { home().join("Library/Caches") } else { home().join(".cache") };
    let root = cache.or_else(|| variable("LTC_CACHE_DIR")).unwrap_or_else(|| variable("XDG_CACHE_HOME").unwrap_or(system).join("ltc"));
    std::path::absolute(&root).unwrap_or(root)
}

pub(super) fn clean(cache: Option<PathBuf>) -> io::Result<Cleaned> {
    let root = root(cache);
    let mut cleaned = Cleaned { root: root.clone(), bytes: 0, in_use: 0 };
    if !root.is_dir() {
        return Ok(cleaned);
    }
    for entry in fs::read_dir(&root)? {
        let path = entry?.path();
        if !is_ours(&path) {
            continue;
        }
        let bytes = size(&path);
        if if_free(&path, || remove(&path))? {
            cleaned.bytes += bytes;
        } else {
            cleaned.in_use += 1;
        }
    }
    Ok(cleaned)
}

/// Whether ltc made this folder: its name is a hash, or `target`. `LTC_CACHE_DIR` may contain other files, too.
fn is_ours(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hash = name.split_once('.').map_or(&*name, |(hash, _)| hash);
    (name == TARGET || hash.len() == 16 && hash.chars().all(|char| char.is_ascii_hexdigit())) && path.is_dir()
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
    fn package_names_are_valid_for_cargo() {
        assert_eq!(package_name("tpdata"), "tpdata");
        assert_eq!(package_name("my spec.v2"), "my_spec_v2");
        assert_eq!(package_name("2nd"), "spec_2nd");
        assert_eq!(package_name("match"), "spec_match");
        assert_eq!(package_name("test"), "spec_test");
    }

    #[test]
    fn runtime_is_packed_completely() {
        let names: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        for name in ["Cargo.toml", "Cargo.lock", "runtime/Cargo.toml", "runtime/lib.rs", "runtime/config/lib.rs"] {
            assert!(names.contains(&name), "{name} is missing");
        }
        let strange: Vec<&&str> = names[2..].iter().filter(|name| !name.starts_with("runtime/")).collect();
        assert!(strange.is_empty(), "only the runtime is packed: {strange:?}");
        let [manifest, lock] = [FILES[0].1, FILES[1].1].map(|text| std::str::from_utf8(text).unwrap());
        for own in ["ltc-demo", "ltc-grammar"] {
            assert!(!manifest.contains(own) && !lock.contains(own), "{own} belongs to the compiler");
        }
        assert!(manifest.contains("members = [\"runtime\", \"runtime/config\", \"runtime/engine\"]"), "{manifest}");
    }

    #[test]
    fn only_changed_files_of_a_crate_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let cache = CacheDir::open(Some(folder.path().to_path_buf())).unwrap();
        let emitted = Emitted { main: "fn main() {}".into(), files: vec![("data/x.json".into(), b"[]".to_vec())] };
        let package = Package::write(&cache, "x", Path::new("specs/x.lt"), &emitted).unwrap();
        let main = package.folder.join("src/main.rs");
        let before = fs::metadata(&main).unwrap().modified().unwrap();
        Package::write(&cache, "x", Path::new("specs/x.lt"), &emitted).unwrap();
        assert_eq!(fs::metadata(&main).unwrap().modified().unwrap(), before);
        assert!(package.folder.join("src/data/x.json").is_file());
        let other = Package::write(&cache, "x", Path::new("other/x.lt"), &emitted).unwrap();
        assert_ne!(other.folder, package.folder);
    }

    #[test]
    fn cleaning_keeps_folders_in_use_and_foreign_files() {
        let folder = tempfile::tempdir().unwrap();
        let root = Some(folder.path().to_path_buf());
        fs::create_dir(folder.path().join("photos")).unwrap();
        let cache = CacheDir::open(root.clone()).unwrap();
        let lock = cache.lock(Progress::Silent).unwrap();
        let cleaned = clean(root.clone()).unwrap();
        assert_eq!((cleaned.bytes, cleaned.in_use), (0, 2));
        assert!(cache.folder.join(COMPLETE_MARKER).is_file());
        let sources = cache.folder.clone();
        drop((lock, cache));
        let cleaned = clean(root).unwrap();
        assert!(cleaned.bytes > 10_000 && cleaned.in_use == 0);
        assert!(!sources.exists() && folder.path().join("photos").is_dir());
    }

    #[test]
    fn concurrent_builds_find_complete_sources() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let cache = CacheDir::open(Some(folder.path().to_path_buf())).unwrap();
                    assert!(FILES.iter().all(|(name, content)| fs::read(cache.folder.join(name)).unwrap() == *content));
                });
            }
        });
        let left =
            fs::read_dir(folder.path()).unwrap().filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("new"));
        assert_eq!(left.count(), 0);
    }

    #[test]
    fn old_versions_are_removed_and_the_newest_stay() {
        let folder = tempfile::tempdir().unwrap();
        let old: Vec<PathBuf> = (0..4).map(|n| folder.path().join(format!("{n:016x}"))).collect();
        for (age, path) in old.iter().enumerate() {
            fs::create_dir(path).unwrap();
            let lock = File::create(path.join("lock")).unwrap();
            lock.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(age as u64)).unwrap();
        }
        let used = File::open(old[0].join("lock")).unwrap();
        used.lock_shared().unwrap();
        CacheDir::open(Some(folder.path().to_path_buf())).unwrap();
        let there: Vec<bool> = old.iter().map(|path| path.is_dir()).collect();
        assert_eq!(there, [true, false, false, true], "the oldest is in use, of the others the newest stays");
    }
}
