//! If the runtime is compiled, a build runs only rustc, with the command that cargo used when it compiled the runtime.
//!
//! Cargo examines three hundred packages to find that only the spec's own crate has changed, which costs as much as linking. No other
//! package can have changed: the runtime's folder is named after its content, dependencies are locked, and the folder of compiled
//! crates names the runtime to which they belong. If the command fails (another Rust, a cleaned cache),
//! cargo runs after all, and reports the error.
//!
//! Every binary comes from this command, even in the build in which cargo compiled the runtime. The input that rustc hashes contains
//! neither the spec's folder nor its name, so a spec gives the same binary with a runtime that was compiled here and with a prebuilt one.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::cache::{CacheDir, Package, TARGET, packed};
use super::manifest::manifest;
use super::prelink::prelink;
use super::{Options, cargo};

/// What the arguments have in place of the crate's name, of the folder of its binary, and of the cache, which may be moved.
const CRATE: &str = "{crate}";
const OUT: &str = "{out}";
pub(super) const CACHE: &str = "{cache}";

/// Beside the compiler's log: why a spec was not linked with the runtime that was linked in advance.
const PRELINK_LOG: &str = "prelinked.log";

/// The command that compiles a spec's crate and links it with the runtime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Replay {
    /// A fingerprint of cargo's input: the manifest, which defines the profiles, and the command line.
    pub(super) fingerprint: String,
    pub(super) rustc: String,
    pub(super) args: Vec<String>,
    /// The linker that links with a runtime which was linked in advance; see [`super::prelink`].
    pub(super) prelinked: Option<String>,
}

impl Replay {
    /// The record for a profile, if it is still valid.
    pub(super) fn recorded(cache: &CacheDir, profile: &str, options: &Options) -> Option<Self> {
        let replay: Self = serde_json::from_slice(&fs::read(record(cache, profile)).ok()?).ok()?;
        let is_valid = fingerprint(options) == replay.fingerprint && (cache.is_claimed() || !replay.reads_shared_libraries());
        is_valid.then_some(replay)
    }

    /// Makes the folder of compiled crates that of this runtime. Until cargo has compiled all of them again, some are another runtime's, as after
    /// a build for another machine; so records that name them are removed before. The build's lock is held.
    pub(super) fn claim(cache: &CacheDir) -> io::Result<()> {
        if cache.is_claimed() {
            return Ok(());
        }
        for entry in fs::read_dir(&cache.folder)? {
            let path = entry?.path();
            let read = || -> Option<Self> { serde_json::from_slice(&fs::read(&path).ok()?).ok() };
            if is_record(&path) && read().is_none_or(|replay| replay.reads_shared_libraries()) {
                fs::remove_file(path)?;
            }
        }
        cache.claim();
        Ok(())
    }

    /// Whether it reads libraries in the folder that all runtimes share. Those of a prebuilt runtime are in its own folder.
    fn reads_shared_libraries(&self) -> bool {
        let shared = Path::new(CACHE).join(TARGET);
        self.args.iter().flat_map(|arg| arg.split('=')).any(|part| Path::new(part).starts_with(&shared))
    }

    /// Records the command that cargo ran; `log` is cargo's output. Without a record, the next build only runs cargo again.
    pub(super) fn record(cache: &CacheDir, package: &Package, profile: &str, options: &Options, log: &Path) -> Option<Self> {
        let mut replay = Self::of(&fs::read_to_string(log).ok()?, package, &cache.root, fingerprint(options))?;
        replay.prelinked = prelink(cache, profile, &replay).ok()?;
        replay.write(cache, profile).ok().map(|()| replay)
    }

    pub(super) fn write(&self, cache: &CacheDir, profile: &str) -> io::Result<()> {
        fs::write(record(cache, profile), serde_json::to_vec(self)?)
    }

    /// Parses cargo's line, ``Running `rustc --crate-name NAME …` ``, which is quoted for a shell.
    fn of(log: &str, package: &Package, cache: &Path, fingerprint: String) -> Option<Self> {
        let crate_name = crate_name(&package.name);
        let lines = log.lines().filter_map(|line| line.trim_start().strip_prefix("Running `")?.strip_suffix('`'));
        let mut words =
            lines.filter_map(shlex::split).find(|words| words.get(1..3).is_some_and(|two| two == ["--crate-name", &crate_name]))?;
        let rustc = words.remove(0);
        let out = words.iter().position(|word| word == "--out-dir")? + 1;
        *words.get_mut(out)? = OUT.to_owned();
        words[1] = CRATE.to_owned();
        for word in &mut words {
            if word.starts_with("metadata=") {
                "metadata=spec".clone_into(word);
            } else if word.starts_with("extra-filename=") {
                "extra-filename=".clone_into(word);
            } else {
                *word = relocate(word, &cache.to_string_lossy(), CACHE);
            }
        }
        Some(Self { fingerprint, rustc, args: words, prelinked: None })
    }

    /// The command for a cache in another folder, or under another name.
    pub(super) fn relocated(self, from: &str, to: &str) -> Self {
        let relocated = |arg: String| relocate(&arg, from, to);
        Self { args: self.args.into_iter().map(relocated).collect(), prelinked: self.prelinked.map(relocated), ..self }
    }

    /// The linker that cargo's configuration names, or rustc's default.
    pub(super) fn linker_of_user(&self) -> &str {
        self.args.iter().rev().find_map(|arg| arg.trim_start_matches("-C").strip_prefix("linker=")).unwrap_or("cc")
    }

    /// The command for a crate, which puts the binary into a folder, and links it with this linker, if any.
    pub(super) fn rustc(&self, cache: &CacheDir, package: &Package, out: &Path, linker: Option<&Path>) -> Command {
        let here = self.clone().relocated(CACHE, &cache.root.to_string_lossy());
        let args = here.args.into_iter().map(|arg| match arg.as_str() {
            CRATE => crate_name(&package.name).into(),
            OUT => out.as_os_str().to_owned(),
            _ => OsString::from(arg),
        });
        let mut command = cargo::command(&self.rustc, cache, package);
        command.args(args);
        if let Some(linker) = linker {
            let mut option = OsString::from("linker=");
            option.push(linker);
            command.arg("-C").arg(option);
        }
        command
    }

    /// Runs the command, unless nothing has changed since the last run. Returns the binary's path, or `None` if it failed.
    pub(super) fn run(&self, cache: &CacheDir, package: &Package, profile: &str, log: &Path) -> Option<PathBuf> {
        let out = package.folder.join(format!("out-{profile}"));
        let crate_name = crate_name(&package.name);
        let binary = out.join(format!("{crate_name}{}", std::env::consts::EXE_SUFFIX));
        // It is written after each build that ended well: where it is younger than the crate, the binary is the crate's. The binary's own
        // time would not do, since a linker that is killed leaves half of one, and a disk that fails leaves a damaged one.
        let done = out.join("done");
        let modified = |file: &Path| fs::metadata(file).and_then(|file| file.modified());
        // The libraries may have been compiled again since.
        let compiled = modified(&cache.claimed()).unwrap_or(package.changed);
        let is_done = |done: Done| Some(done.replay == *self && done.binary == checksum(&binary)?);
        let old = fs::read(&done).ok().and_then(|old| serde_json::from_slice(&old).ok());
        if modified(&done).is_ok_and(|since| since > package.changed && since > compiled) && old.and_then(is_done) == Some(true) {
            return Some(binary);
        }
        if !self.link(cache, package, &out, log).unwrap_or_default() || !binary.is_file() {
            return None;
        }
        // Without the file, the next build only runs rustc again.
        let written = serde_json::to_vec(&Done { replay: self.clone(), binary: checksum(&binary)? });
        let _ = written.map(|text| fs::write(&done, text));
        Some(binary)
    }

    /// Links with the runtime that was linked in advance, if there is one. That fails if the spec needs more of the libraries, and a log of its own
    /// says what. Then, and without such a runtime, it links with the libraries.
    fn link(&self, cache: &CacheDir, package: &Package, out: &Path, log: &Path) -> io::Result<bool> {
        fs::create_dir_all(out)?;
        let run = |linker: Option<&Path>, log: &Path| -> io::Result<bool> {
            let mut command = self.rustc(cache, package, out, linker);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(log)?);
            Ok(command.status()?.success())
        };
        if let Some(linker) = &self.prelinked {
            let log = log.with_file_name(PRELINK_LOG);
            if run(Some(Path::new(&relocate(linker, CACHE, &cache.root.to_string_lossy()))), &log)? {
                let _ = fs::remove_file(log);
                return Ok(true);
            }
        }
        run(None, log)
    }
}

/// What was built last: the command, and a checksum of the binary.
#[derive(Deserialize, Serialize)]
struct Done {
    replay: Replay,
    binary: u32,
}

/// Of a file; against damage, not against forgery: the cache is private. It is read piece by piece, because the memory for all of it takes
/// longer than the checksum.
fn checksum(file: &Path) -> Option<u32> {
    let mut file = File::open(file).ok()?;
    let (mut hasher, mut buffer) = (crc32fast::Hasher::new(), vec![0; 1 << 17]);
    loop {
        match file.read(&mut buffer).ok()? {
            0 => return Some(hasher.finalize()),
            count => hasher.update(buffer.get(..count)?),
        }
    }
}

/// An argument, which is a path or ends with one (`-L dependency=PATH`), with another folder instead of the one that the path begins with.
fn relocate(arg: &str, from: &str, to: &str) -> String {
    let parts = arg.split('=').map(|part| match part.strip_prefix(from) {
        Some(rest) if rest.starts_with('/') || rest.is_empty() => format!("{to}{rest}"),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("=")
}

fn crate_name(package: &str) -> String {
    package.replace('-', "_")
}

/// The inputs of a record other than the runtime, after which the cache's folder is named.
pub(super) fn fingerprint(options: &Options) -> String {
    manifest("spec", packed("Cargo.toml")) + &cargo::native_args(options).join(" ")
}

fn record(cache: &CacheDir, profile: &str) -> PathBuf {
    cache.folder.join(format!("rustc-{profile}.json"))
}

fn is_record(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("rustc-") && name.ends_with(".json")
}

#[cfg(test)]
mod tests {
    use super::super::cache::HASH;
    use super::*;

    #[test]
    fn record_is_valid_only_for_the_runtime_that_was_compiled_last() {
        let folder = tempfile::tempdir().unwrap();
        let cache = CacheDir::open(Some(folder.path().to_owned())).unwrap();
        let options = Options::default();
        let replay = |library: &str| Replay {
            fingerprint: fingerprint(&options),
            rustc: "rustc".into(),
            args: vec!["--extern".into(), format!("ltc_runtime={{cache}}/{library}/libltc_runtime-1.rlib")],
            prelinked: None,
        };
        let is_valid = || Replay::recorded(&cache, "release", &options).is_some();
        replay("target/release/deps").write(&cache, "release").unwrap();
        assert!(!is_valid(), "cargo has not compiled this runtime");
        let print = cache.target_dir.join("x/release/.fingerprint/ltc-engine-0123456789abcdef");
        fs::create_dir_all(&print).unwrap();
        cache.claim();
        assert!(is_valid() && !print.exists(), "cargo has to compile the crates of this runtime");
        fs::create_dir_all(&print).unwrap();
        cache.claim();
        assert!(is_valid() && print.exists());
        fs::write(cache.claimed(), "0123456789abcdef").unwrap();
        assert!(!is_valid(), "another runtime was compiled later");
        // A build for another machine compiles only that machine's crates.
        Replay::claim(&cache).unwrap();
        assert!(!is_valid(), "the crates of this machine are still the other runtime's");
        fs::write(cache.claimed(), "0123456789abcdef").unwrap();
        replay(&format!("{HASH}/prebuilt-release")).write(&cache, "release").unwrap();
        Replay::claim(&cache).unwrap();
        assert!(is_valid(), "the libraries of a prebuilt runtime are its own");
    }

    #[test]
    fn linker_of_the_user_is_the_last_one_that_is_named() {
        let replay = |args: &str| Replay {
            fingerprint: String::new(),
            rustc: "rustc".into(),
            args: args.split(' ').map(str::to_owned).collect(),
            prelinked: None,
        };
        assert_eq!(replay("-C strip=symbols").linker_of_user(), "cc");
        assert_eq!(replay("-C linker=clang -Clinker=gcc-14 -C strip=symbols").linker_of_user(), "gcc-14");
    }

    #[test]
    fn command_of_cargo_becomes_one_for_every_spec() {
        let log = "   Compiling my-spec v0.0.0
     Running `/r/rustc --crate-name build_script_build --edition=2024 build.rs --out-dir /t/x`
     Running `/r/rustc --crate-name my_spec --edition=2024 src/main.rs --check-cfg 'cfg(feature, values())' -C metadata=12 -C extra-filename=-12ab --out-dir '/a b/deps' -L dependency=/c/target/deps -L /c2/x/c/y`
    Finished";
        let package = Package { folder: "/c/x".into(), name: "my-spec".into(), changed: std::time::SystemTime::UNIX_EPOCH };
        let replay = Replay::of(log, &package, Path::new("/c"), "[package]".into()).unwrap();
        assert_eq!(replay.rustc, "/r/rustc");
        let args = "--crate-name {crate} --edition=2024 src/main.rs --check-cfg cfg(feature,\u{a0}values()) -C metadata=spec -C extra-filename= --out-dir {out} -L dependency={cache}/target/deps -L /c2/x/c/y";
        let args: Vec<String> = args.split(' ').map(|arg| arg.replace('\u{a0}', " ")).collect();
        assert_eq!(replay.args, args);
        assert_eq!(Replay::of("    Finished `release`", &package, Path::new("/c"), String::new()), None);
    }
}
