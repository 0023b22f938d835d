//! Builds a binary from a generated crate. The runtime is unpacked into the user's cache and compiled there once; after that, a spec
//! compiles only its own small crate against it.

mod cache;
mod cargo;
mod failure;
pub mod lambda;
mod manifest;
mod prebuilt;
mod prelink;
mod progress;
mod replay;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::emit::Emitted;

#[cfg(test)]
pub(crate) use prebuilt::archive_start;
pub use prebuilt::{Archive, Packed, is_archive};
pub use progress::Progress;

/// The options of a build.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The cache's folder; by default `LTC_CACHE_DIR`, or the system's folder for caches.
    pub cache: Option<PathBuf>,
    /// Do not access the network.
    pub offline: bool,
    /// Optimize across crates: a faster binary, a much slower build.
    pub thin_lto: bool,
    /// Make a binary whose code the system loads at a random address (ASLR); it takes a tenth more time outside the kernel.
    pub pie: bool,
    /// How progress is shown.
    pub progress: Progress,
}

/// The result of a build.
#[derive(Clone, Debug)]
pub struct Built {
    /// The binary, in the cache.
    pub binary: PathBuf,
    /// The generated crate, with the log of its build.
    pub folder: PathBuf,
    /// The size of the binary.
    pub bytes: u64,
    /// The duration of the build.
    pub took: Duration,
}

const FULL_HELP: &str = "run `ltc clean` to empty the cache, or set LTC_CACHE_DIR to a folder on another disk";

/// Whether a disk is full, or a user may not write more to it.
pub(in crate::build) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Why a build failed.
#[derive(Debug)]
pub enum Error {
    /// The cache cannot be used.
    Cache(PathBuf, io::Error),
    /// No variable says where the cache is.
    NoHome,
    /// A crate that the binary is linked with does not compile or link, also after the cache was repaired.
    Damaged(PathBuf),
    /// The runtime does not run on Windows.
    Windows,
    /// Cargo is not installed.
    NoCargo,
    /// No C compiler is installed, which links the binary.
    NoLinker(PathBuf),
    /// The installed Rust is too old, for example for this edition.
    OldRust(PathBuf),
    /// The disk is full.
    Full(PathBuf),
    /// The compiler was killed, mostly by the system, because it was out of memory.
    Killed(PathBuf),
    /// The crates that the runtime needs cannot be fetched.
    Network(PathBuf),
    /// No tool on this machine links for Lambda.
    NoWay(lambda::NoWay),
    /// The binary that was linked for Lambda does not start there.
    ElfError(ltc_config::elf::ElfError),
    /// The prebuilt runtime that `LTC_RUNTIME` names cannot be used.
    Prebuilt {
        /// The reason.
        why: String,
        /// How to fix it.
        help: String,
    },
    /// A file cannot be written.
    Write(PathBuf, io::Error),
    /// The generated crate, or the runtime, does not compile.
    Bug {
        /// Its source.
        generated: PathBuf,
        /// The output of cargo and rustc.
        log: PathBuf,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cache(path, error) => write!(f, "cannot use the cache {}: {error}", path.display()),
            Self::NoHome => f.write_str("cannot find a folder for the cache: HOME is not set"),
            Self::Damaged(log) => {
                write!(f, "cannot compile the crates that every spec is linked with: the cache may be damaged (log: {})", log.display())
            }
            Self::Windows => f.write_str("tests cannot be built on Windows: they run on Linux, macOS and in WSL 2"),
            Self::NoCargo => f.write_str("`cargo` not found on PATH: ltc compiles specs with the Rust compiler"),
            Self::NoLinker(log) => write!(f, "C compiler not found: Rust needs it to link programs (log: {})", log.display()),
            Self::OldRust(log) => write!(f, "the Rust on PATH is too old for the runtime (log: {})", log.display()),
            Self::Full(log) => write!(f, "the disk is full (log: {})", log.display()),
            Self::Network(log) => write!(f, "cannot fetch the crates that the runtime needs (log: {})", log.display()),
            Self::Killed(log) => write!(f, "the compiler was killed (log: {})", log.display()),
            Self::NoWay(why) => why.fmt(f),
            Self::Prebuilt { why, .. } => f.write_str(why),
            Self::Write(path, error) => write!(f, "cannot write {}: {error}", path.display()),
            Self::ElfError(why) => write!(f, "the binary will not start on Lambda: {why}"),
            Self::Bug { generated, log } => write!(
                f,
                "the generated Rust does not compile: this is a bug in ltc, not in your spec (generated: {}, log: {})",
                generated.display(),
                log.display()
            ),
        }
    }
}

impl Error {
    /// How to fix it.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::NoWay(why) => return Some(why.help()),
            Self::Prebuilt { help, .. } => return Some(help.clone()),
            Self::Write(..) => "use another path with -o",
            Self::ElfError(_) => "update the linker: `pip install --upgrade cargo-zigbuild ziglang`",
            Self::Cache(_, error) if is_full(error) => FULL_HELP,
            Self::Cache(..) => "set LTC_CACHE_DIR to a folder of your own that you can write",
            Self::NoHome => "set HOME, or set LTC_CACHE_DIR to a folder of your own",
            Self::Damaged(_) => "run `ltc clean`, then try again; if the log then shows the same error, report it with the log",
            Self::Windows => "install ltc in WSL 2 (`wsl --install`), and build there",
            Self::NoCargo => "install Rust from https://rustup.rs, then try again",
            Self::NoLinker(_) => "install a C compiler: `apt-get install gcc libc6-dev`, `dnf install gcc`, or `xcode-select --install`",
            Self::OldRust(_) => "run `rustup update stable`, then try again",
            Self::Full(_) => FULL_HELP,
            Self::Network(_) => "connect to the network and build once without --offline; behind a proxy, set HTTPS_PROXY",
            Self::Killed(_) => "set CARGO_BUILD_JOBS=1 to use less memory, which has probably run out",
            Self::Bug { .. } => "report it with the spec and both files",
        };
        Some(help.to_owned())
    }
}

impl std::error::Error for Error {}

/// Builds generated crates.
#[derive(Debug)]
pub struct Builder {
    cache: cache::CacheDir,
    options: Options,
}

impl Builder {
    /// Prepares the cache.
    ///
    /// # Errors
    /// [`Error::Cache`] if it cannot be written, and [`Error::Windows`] on Windows.
    pub fn new(options: Options) -> Result<Self, Error> {
        if cfg!(windows) {
            return Err(Error::Windows);
        }
        let cache = cache::CacheDir::open(options.cache.clone())?;
        Ok(Self { cache, options })
    }

    /// A folder of the cache for files that `ltc` itself keeps for this version, such as specs that it writes. It may not exist yet.
    pub fn own_folder(&self, name: &str) -> PathBuf {
        self.cache.folder.join("own").join(name)
    }

    /// Compiles a generated crate. `spec` only distinguishes it from others of the same name.
    ///
    /// # Errors
    /// If cargo cannot be run, or fails.
    pub fn compile(&self, name: &str, spec: &Path, emitted: &Emitted) -> Result<Built, Error> {
        let built = self.compile_as(name, spec, emitted, None)?;
        self.cache.prune_specs();
        Ok(built)
    }

    /// Where [`Builder::pack`] would write: to this file, into this folder, or into the current one.
    ///
    /// # Errors
    /// Where the cache or the compiler cannot be used.
    pub fn archive(&self, to: Option<&Path>) -> Result<Archive, Error> {
        let _lock = self.cache.lock(self.options.progress)?;
        cargo::archive(&self.cache, &self.runtime_alone()?, &self.options, to)
    }

    /// Compiles the runtime, and packs the result for other machines: see `prebuilt`.
    ///
    /// # Errors
    /// As [`Builder::compile`]; [`Error::Write`] if the archive cannot be written.
    pub fn pack(&self, to: &Archive) -> Result<Packed, Error> {
        let _lock = self.cache.lock(self.options.progress)?;
        let packed = self.repairing(|| self.runtime_alone(), |package| cargo::pack(&self.cache, package, &self.options, to));
        packed.map(|(_, packed)| packed)
    }

    /// A crate that does nothing but link the runtime.
    fn runtime_alone(&self) -> Result<cache::Package, Error> {
        const MAIN: &str = "//! Links the runtime, so that it is compiled.\n\nuse ltc_runtime as _;\n\nfn main() {}\n";
        let emitted = Emitted { main: MAIN.to_owned(), files: Vec::new() };
        cache::Package::write(&self.cache, "runtime-pack", Path::new("runtime-pack"), &emitted)
    }

    /// Builds a crate; where the cache is damaged, once more after its repair. The build's lock is held.
    fn repairing<T>(
        &self,
        write: impl Fn() -> Result<cache::Package, Error>,
        build: impl Fn(&cache::Package) -> Result<T, Error>,
    ) -> Result<(cache::Package, T), Error> {
        let package = write()?;
        match build(&package) {
            // A linker that fills the disk dies without a word about it.
            Err(Error::Damaged(log)) if self.cache.is_full() => return Err(Error::Full(log)),
            // A first build that fails has another cause.
            Err(Error::Damaged(_)) if self.cache.has_built() => {}
            done => return done.map(|built| (package, built)),
        }
        self.options.progress.print("the cache is damaged: compiling all of it again");
        self.cache.repair(&package)?;
        let package = write()?;
        build(&package).map(|built| (package, built))
    }

    fn compile_as(&self, name: &str, spec: &Path, emitted: &Emitted, cross: Option<&lambda::Cross>) -> Result<Built, Error> {
        let begun = Instant::now();
        let write = || cache::Package::write(&self.cache, name, spec, emitted);
        let finish = |package: cache::Package, binary: &Path| {
            let kept = package.folder.join(cross.map_or_else(|| "binary".to_owned(), |cross| format!("binary-{}", cross.triple)));
            let keep = || -> io::Result<u64> {
                // Both files are in the cache, and a compiler writes a new file each time, so a hard link is enough.
                install_file(binary, &kept, |from, to| fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop)))?;
                Ok(fs::metadata(&kept)?.len())
            };
            let bytes = keep().map_err(|error| Error::Cache(kept.clone(), error))?;
            Ok(Built { binary: kept, folder: package.folder, bytes, took: begun.elapsed() })
        };
        // Where the runtime is compiled, a build writes to the folder of its crate only, so others may run at the same time.
        if cross.is_none() {
            let _shared = self.cache.share(self.options.progress)?;
            if let Some(replay) = cargo::recorded(&self.cache, &self.options) {
                let _crate = self.cache.lock_crate(name, spec)?;
                let package = write()?;
                if let Some(binary) = cargo::replay(&self.cache, &package, &self.options, &replay) {
                    return finish(package, &binary);
                }
            }
        }
        // Builds with cargo share one target folder, in which binaries are named after the specs, so only one may run at a time.
        let _lock = self.cache.lock(self.options.progress)?;
        let (package, binary) = self.repairing(write, |package| cargo::build(&self.cache, package, &self.options, cross))?;
        finish(package, &binary)
    }
}

/// Installs a built binary at a path, even over one that is running.
///
/// # Errors
/// If the path cannot be written.
pub fn install(built: &Built, to: &Path) -> io::Result<()> {
    install_file(&built.binary, to, |from, to| {
        // Fails if another user put a link there.
        let mut file = fs::File::create_new(to)?;
        io::copy(&mut fs::File::open(from)?, &mut file)?;
        fs::set_permissions(to, fs::metadata(from)?.permissions())
    })
}

fn install_file(from: &Path, to: &Path, place: impl FnOnce(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
    if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let mut name = to.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".new-{}", std::process::id()));
    let beside = to.with_file_name(name);
    // An earlier process with the same id may have left it.
    let _ = fs::remove_file(&beside);
    let placed = place(from, &beside).and_then(|()| fs::rename(&beside, to));
    // The file still exists if the renaming failed, or if both paths already were the same file (rename(2)).
    let _ = fs::remove_file(&beside);
    placed
}

/// The result of [`clean`].
#[derive(Clone, Debug)]
pub struct Cleaned {
    /// The cache.
    pub root: PathBuf,
    /// Bytes freed.
    pub bytes: u64,
    /// The number of folders that were kept because a build is using them.
    pub in_use: usize,
}

/// Removes all that builds left in the cache, or only what they left of specs.
///
/// # Errors
/// If they cannot be removed.
pub fn clean(cache: Option<PathBuf>, specs_only: bool) -> Result<Cleaned, Error> {
    cache::clean(cache, specs_only)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Builds with a build that finds damage as often as told; gives how often it ran, and what came of it.
    fn build(has_built: bool, damaged: usize) -> (usize, Result<PathBuf, Error>) {
        let folder = tempfile::tempdir().unwrap();
        let builder = Builder::new(Options { cache: Some(folder.path().to_owned()), ..Options::default() }).unwrap();
        let library = builder.cache.target_dir.join("release/deps/liba.rlib");
        fs::create_dir_all(library.parent().unwrap()).unwrap();
        fs::write(&library, "damaged").unwrap();
        if has_built {
            fs::write(builder.cache.target_dir.join("built-release"), "").unwrap();
        }
        let emitted = Emitted { main: "fn main() {}".to_owned(), files: Vec::new() };
        let write = || cache::Package::write(&builder.cache, "shop", Path::new("shop.lt"), &emitted);
        let runs = Cell::new(0);
        let run = |package: &cache::Package| {
            runs.set(runs.get() + 1);
            assert!(package.folder.join("src/main.rs").is_file());
            assert_eq!(library.exists(), runs.get() == 1, "a repair removes what was compiled");
            if runs.get() <= damaged { Err(Error::Damaged("build.log".into())) } else { Ok(()) }
        };
        let built = builder.repairing(write, run).map(|(package, ())| package.folder);
        (runs.get(), built)
    }

    #[test]
    fn full_disk_is_told_from_a_cache_that_is_not_ours() {
        let help = |error: io::Error| Error::Cache(PathBuf::from("cache"), error).help().unwrap();
        assert!(help(io::ErrorKind::StorageFull.into()).contains("`ltc clean`"));
        assert!(help(io::ErrorKind::PermissionDenied.into()).contains("a folder of your own"));
    }

    #[test]
    fn damaged_cache_is_repaired_once() {
        assert!(matches!(build(true, 0), (1, Ok(_))));
        assert!(matches!(build(true, 1), (2, Ok(_))));
        let (2, Err(error)) = build(true, 2) else { panic!("expected two builds and an error") };
        assert!(error.to_string().contains("the cache may be damaged (log: build.log)") && error.help().unwrap().contains("`ltc clean`"));
    }

    #[test]
    fn first_build_that_fails_is_not_repeated() {
        assert!(matches!(build(false, 1), (1, Err(Error::Damaged(_)))));
    }
}
