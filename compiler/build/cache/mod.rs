//! The cache: `<cache>/<hash of the runtime>/{Cargo.toml, Cargo.lock, runtime/, crates/<spec>/}`, and `<cache>/target/`, which all versions
//! share, so that an update of ltc compiles only what changed.
//!
//! Each of these folders has a file `lock`. Builds hold it (shared if they only read), and a folder with a held lock is never removed. A
//! build that only reads the target folder also locks its spec's crate, so that two builds of one spec do not write at the same time.

mod artifacts;
mod package;
mod room;
mod root;
mod sources;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::progress::Progress;
use super::{Cleaned, Error};

pub(super) use package::{Package, remove_any};
use root::{make_private, root};
use sources::{COMPLETE_MARKER, unpack, verify};
pub(in crate::build) use sources::{HASH, packed};

/// The number of versions of the runtime that are kept: the current one, and the one before an update.
const KEPT: usize = 2;

/// The folder of compiled artifacts.
pub(in crate::build) const TARGET: &str = "target";

/// The crates of the runtime, which differ between two builds of ltc that have the same version number.
const RUNTIME_CRATES: [&str; 3] = ["ltc-config", "ltc-engine", "ltc-runtime"];

/// The folder of one version of the runtime.
#[derive(Debug)]
pub(super) struct CacheDir {
    /// The cache.
    pub(super) root: PathBuf,
    pub(super) folder: PathBuf,
    /// Compiled artifacts, shared by all versions.
    pub(super) target_dir: PathBuf,
    /// Keeps another version's build from removing the sources.
    _held: File,
}

impl CacheDir {
    pub(super) fn open(cache: Option<PathBuf>) -> Result<Self, Error> {
        let root = root(cache)?;
        let (folder, target_dir) = (root.join(HASH), root.join(TARGET));
        let open = || -> io::Result<File> {
            root::create(&root)?;
            make_private(&target_dir)?;
            // Another build may remove the folder between the check and the lock. Then it is unpacked again.
            for _ in 0..8 {
                if !folder.join(COMPLETE_MARKER).is_file() {
                    unpack(&root, &folder)?;
                    prune(&root);
                }
                match hold(&folder) {
                    Ok(held) if folder.join(COMPLETE_MARKER).is_file() => {
                        make_private(&folder)?;
                        verify(&folder)?;
                        return Ok(held);
                    }
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            Err(io::Error::other("it is removed as soon as it is written"))
        };
        let held = open().map_err(|error| Error::Cache(root.clone(), error))?;
        Ok(Self { root, folder, target_dir, _held: held })
    }

    pub(super) fn target(&self) -> PathBuf {
        self.target_dir.clone()
    }

    /// Makes the folder of compiled artifacts that of this runtime. Cargo compares names and times only, so it would take the crates of
    /// another runtime with the same version number for these. The build's lock is held.
    pub(super) fn claim(&self) {
        if !self.is_claimed() {
            RUNTIME_CRATES.iter().for_each(|name| artifacts::forget_library(&self.target_dir, name));
            // Without the file, the next build only compiles them again.
            let _ = fs::write(self.claimed(), HASH);
        }
    }

    /// Whether the runtime's compiled crates are those of this runtime.
    pub(super) fn is_claimed(&self) -> bool {
        fs::read_to_string(self.claimed()).is_ok_and(|hash| hash == HASH)
    }

    /// The file that names the runtime to which the compiled crates belong. It is as old as they are, or older.
    pub(super) fn claimed(&self) -> PathBuf {
        self.target_dir.join("runtime")
    }

    /// Whether something was compiled here before. A first build that fails has another cause than damage.
    pub(super) fn has_built(&self) -> bool {
        let entries = fs::read_dir(&self.target_dir).into_iter().flatten().filter_map(Result::ok);
        entries.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with("built-"))
    }

    /// Whether the disk has no room for a build.
    pub(super) fn is_full(&self) -> bool {
        room::lacks(&self.target_dir.join(format!("room-{}", std::process::id())), room::BYTES)
    }

    /// Removes what was compiled, and a generated crate: one of them is damaged. The build's lock is held.
    pub(super) fn repair(&self, package: &Package) -> Result<(), Error> {
        let repair = || -> io::Result<()> {
            for entry in fs::read_dir(&self.target_dir)? {
                let entry = entry?;
                if entry.file_name() != "lock" {
                    package::remove_any(&entry.path())?;
                }
            }
            package::remove_any(&package.folder)
        };
        repair().map_err(|error| Error::Cache(self.target_dir.clone(), error))
    }

    /// Removes the crates that were not built for a month, unless another build is running.
    pub(super) fn prune_specs(&self) {
        // What can't be removed now is tried again with the next build.
        let _ = if_free(&self.target_dir, || {
            package::prune(self);
            Ok(())
        });
    }

    /// Makes cargo compile a crate of this name again. The build's lock is held.
    pub(super) fn forget(&self, package: &Package) {
        artifacts::remove(&self.target_dir, &package.name);
    }

    /// Locks the target folder while cargo runs, and waits for other builds.
    pub(super) fn lock(&self, progress: Progress) -> Result<File, Error> {
        self.lock_target(progress, File::try_lock, File::lock)
    }

    /// Keeps cargo from running, and waits for a build that runs it.
    pub(super) fn share(&self, progress: Progress) -> Result<File, Error> {
        self.lock_target(progress, File::try_lock_shared, File::lock_shared)
    }

    fn lock_target(
        &self,
        progress: Progress,
        attempt: fn(&File) -> Result<(), TryLockError>,
        wait: fn(&File) -> io::Result<()>,
    ) -> Result<File, Error> {
        let path = self.target_dir.join("lock");
        let lock = || -> io::Result<File> {
            let file = File::create(&path)?;
            match attempt(&file) {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    progress.print("waiting for another `ltc build` to finish");
                    wait(&file)?;
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
            Ok(file)
        };
        lock().map_err(|error| Error::Cache(path.clone(), error))
    }

    /// Locks one spec's crate, and waits for another build of the same spec.
    pub(super) fn lock_crate(&self, name: &str, spec: &Path) -> Result<File, Error> {
        let path = package::lock_file(&self.folder, name, spec);
        let lock = || -> io::Result<File> {
            fs::create_dir_all(package::crates(&self.folder))?;
            let file = File::create(&path)?;
            file.lock()?;
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

pub(super) fn clean(cache: Option<PathBuf>, specs_only: bool) -> Result<Cleaned, Error> {
    let root = root(cache)?;
    let mut cleaned = Cleaned { root: root.clone(), bytes: 0, in_use: 0 };
    if root.is_dir() {
        let clean = if specs_only { clean_specs } else { clean_all };
        clean(&root, &mut cleaned).map_err(|error| Error::Cache(root, error))?;
    }
    Ok(cleaned)
}

/// Removes the generated crates and what was compiled of them. The compiled runtime stays.
fn clean_specs(root: &Path, cleaned: &mut Cleaned) -> io::Result<()> {
    let target = root.join(TARGET);
    let before = size(root);
    // Builds hold this one while they compile.
    let free = if_free(&target, || {
        let versions = package::folders(root).into_iter().filter(|path| is_ours(path) && *path != target);
        versions.into_iter().try_for_each(|version| package::remove_all(&target, &version))
    })?;
    cleaned.in_use += usize::from(!free);
    cleaned.bytes = before.saturating_sub(size(root));
    Ok(())
}

fn clean_all(root: &Path, cleaned: &mut Cleaned) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
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
    Ok(())
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
    fn cleaning_keeps_what_is_in_use_and_what_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        let root = Some(folder.path().to_path_buf());
        fs::create_dir(folder.path().join("photos")).unwrap();
        let cache = CacheDir::open(root.clone()).unwrap();
        let lock = cache.lock(Progress::Silent).unwrap();
        let cleaned = clean(root.clone(), false).unwrap();
        assert_eq!((cleaned.bytes, cleaned.in_use), (0, 2));
        assert!(cache.folder.join(COMPLETE_MARKER).is_file());
        let sources = cache.folder.clone();
        drop((lock, cache));
        let cleaned = clean(root, false).unwrap();
        assert!(cleaned.bytes > 10_000 && cleaned.in_use == 0);
        assert!(!sources.exists() && folder.path().join("photos").is_dir());
    }

    #[test]
    fn builds_that_share_the_cache_keep_it_and_lock_only_their_crates() {
        let folder = tempfile::tempdir().unwrap();
        let cache = CacheDir::open(Some(folder.path().to_path_buf())).unwrap();
        let emitted = crate::emit::Emitted { main: String::new(), files: Vec::new() };
        let package = Package::write(&cache, "shop", Path::new("specs/shop.lt"), &emitted).unwrap();
        // As if it had not been built for decades.
        File::open(package.folder.join("used")).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let shared = [cache.share(Progress::Silent).unwrap(), cache.share(Progress::Silent).unwrap()];
        let crates = ["shop", "other"].map(|name| cache.lock_crate(name, Path::new("specs/shop.lt")).unwrap());
        assert!(matches!(File::open(package.folder.with_extension("lock")).unwrap().try_lock(), Err(TryLockError::WouldBlock)));
        cache.prune_specs();
        assert!(package.folder.is_dir(), "a build may use it");
        drop((shared, crates));
        cache.prune_specs();
        assert!(!package.folder.exists() && !package.folder.with_extension("lock").exists());
    }

    #[test]
    fn cleaning_specs_keeps_the_compiled_runtime() {
        let folder = tempfile::tempdir().unwrap();
        let root = Some(folder.path().to_path_buf());
        let cache = CacheDir::open(root.clone()).unwrap();
        let emitted = crate::emit::Emitted { main: "x".repeat(1_000), files: Vec::new() };
        let package = Package::write(&cache, "shop", Path::new("specs/shop.lt"), &emitted).unwrap();
        let deps = cache.target_dir.join("release/deps");
        let print = cache.target_dir.join("release/.fingerprint/spec-shop-0123456789abcdef");
        [&deps, &print].iter().for_each(|folder| fs::create_dir_all(folder).unwrap());
        let (runtime, shop) = (deps.join("libltc_runtime-0123456789abcdef.rlib"), deps.join("spec_shop-0123456789abcdef"));
        [&runtime, &shop, &print.join("bin-spec-shop")].iter().for_each(|file| fs::write(file, "").unwrap());
        let lock = cache.lock(Progress::Silent).unwrap();
        assert_eq!(clean(root.clone(), true).unwrap().in_use, 1);
        assert!(package.folder.is_dir());
        drop(lock);
        let cleaned = clean(root, true).unwrap();
        assert!(cleaned.bytes > 1_000 && cleaned.in_use == 0);
        assert!(!package.folder.exists() && !shop.exists() && runtime.exists() && cache.folder.join("runtime/lib.rs").is_file());
    }

    #[test]
    fn builds_at_the_same_time_find_the_sources_whole() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let cache = CacheDir::open(Some(folder.path().to_path_buf())).unwrap();
                    assert!(sources::FILES.iter().all(|(name, content)| fs::read(cache.folder.join(name)).unwrap() == *content));
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
