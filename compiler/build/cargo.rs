//! Runs cargo. The output of cargo and rustc goes to a log; errors are reported to the user in ltc's own words.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::cache::{CacheDir, Package};
use super::lambda::Cross;
use super::prebuilt::{self, Archive, Packed};
use super::progress::ProgressBar;
use super::replay::Replay;
use super::{Error, Options, failure};

/// Builds a generated crate, for this machine or another, and returns the binary's path.
pub(super) fn build(cache: &CacheDir, package: &Package, options: &Options, cross: Option<&Cross>) -> Result<PathBuf, Error> {
    let profile = profile(options);
    // Linking for another machine needs other tools.
    if cross.is_none() {
        let replay = || replay(cache, package, options, &recorded(cache, options)?);
        if let Some(binary) = replay() {
            return Ok(binary);
        }
        if prebuilt::install(cache, profile, options, || rustc_version(cache, package))?
            && let Some(binary) = replay()
        {
            return Ok(binary);
        }
    }
    let built = compile(cache, package, options, cross)?;
    let replay = || replay(cache, package, options, &Replay::record(cache, package, profile, options, &log(package))?);
    Ok(if cross.is_some() { built.binary } else { replay().unwrap_or(built.binary) })
}

/// The command that compiles a crate where the runtime is compiled.
pub(super) fn recorded(cache: &CacheDir, options: &Options) -> Option<Replay> {
    Replay::recorded(cache, profile(options), options)
}

/// Builds a generated crate with a recorded command, and returns the binary's path.
pub(super) fn replay(cache: &CacheDir, package: &Package, options: &Options, recorded: &Replay) -> Option<PathBuf> {
    recorded.run(cache, package, profile(options), &log(package))
}

/// The output of the compiler.
fn log(package: &Package) -> PathBuf {
    package.folder.join("build.log")
}

/// Compiles the runtime, and packs it.
pub(super) fn pack(cache: &CacheDir, package: &Package, options: &Options, to: &Archive) -> Result<Packed, Error> {
    let profile = profile(options);
    let log = log(package);
    let built = compile(cache, package, options, None)?;
    let bug = || Error::Bug { generated: package.folder.join("src/main.rs"), log: log.clone() };
    let recorded = Replay::record(cache, package, profile, options, &log);
    let (replay, rustc) = recorded.zip(rustc_version(cache, package)).ok_or_else(bug)?;
    prebuilt::pack(cache, profile, &replay, &rustc, &built.libraries, to)
}

/// Where a packed runtime goes.
pub(super) fn archive(cache: &CacheDir, package: &Package, options: &Options, to: Option<&Path>) -> Result<Archive, Error> {
    let rustc = rustc_version(cache, package).ok_or(Error::NoCargo)?;
    Ok(Archive::at(to, &rustc, profile(options)))
}

/// The profile. Each has its own folder of compiled crates, since other flags require compiling all of them anew.
fn profile(options: &Options) -> &'static str {
    match (options.thin_lto, is_fixed(options)) {
        (false, true) => "release",
        (true, true) => "lto",
        (false, false) => "pie",
        (true, false) => "lto-pie",
    }
}

/// The output of `rustc -vV`.
fn rustc_version(cache: &CacheDir, package: &Package) -> Option<String> {
    let output = command("rustc", cache, package).arg("-vV").stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs cargo.
fn compile(cache: &CacheDir, package: &Package, options: &Options, cross: Option<&Cross>) -> Result<Compiled, Error> {
    let profile = profile(options);
    // The marker contains the number of packages, and shows that all have been fetched, so the registry need not be asked again.
    let target = cross.map(|cross| format!("-{}", cross.triple)).unwrap_or_default();
    let marker = cache.target_dir.join(format!("built-{profile}{target}"));
    let known = fs::read_to_string(&marker).ok().and_then(|text| text.trim().parse().ok());
    let log = log(package);
    // Its fingerprint would fit the crate of another spec of this name, too. And cargo prints the command only where it compiles the crate.
    cache.forget(package);
    Replay::claim(cache).map_err(|error| Error::Cache(cache.folder.clone(), error))?;
    let mut run = Run { cache, package, options, profile, cross, log, total: 0, offline: true };
    if let Some(total) = known {
        run.total = total;
        match run.cargo() {
            // The fetched crates have been removed.
            Err(Error::Network(_)) if !options.offline => {}
            done => return done,
        }
    }
    run.offline = options.offline;
    run.total = crates(cache, package, options.offline).unwrap_or_default();
    let built = run.cargo()?;
    // Without the marker, the next build only asks the registry again.
    let _ = fs::write(&marker, run.total.to_string());
    Ok(built)
}

/// The result of cargo's run.
struct Compiled {
    binary: PathBuf,
    /// The libraries and macros that rustc reads to link the binary.
    libraries: Vec<PathBuf>,
}

/// The arguments of cargo for this machine. A program at a fixed address calls its functions directly and needs no relocation when it
/// starts, which saves a tenth of its time outside the kernel, and milliseconds of its start. The cost is that its own code has no random
/// address (no ASLR), which makes it easier to attack a memory error; libraries, heap and stack still have one. `--pie` makes the opposite
/// choice. Compiler plug-ins have to be shared objects: naming a target keeps the flag from them.
pub(super) fn native_args(options: &Options) -> &'static [&'static str] {
    const STATIC: &[&str] =
        &["--target", "host-tuple", "--config", r#"target."cfg(target_os = \"linux\")".rustflags = ["-C", "relocation-model=static"]"#];
    match (cfg!(target_os = "linux"), is_fixed(options)) {
        (true, true) => STATIC,
        (true, false) => &STATIC[..2],
        (false, _) => &[],
    }
}

/// Whether the binary is linked at a fixed address. Systems other than Linux load every program at a random address.
fn is_fixed(options: &Options) -> bool {
    !options.pie || !cfg!(target_os = "linux")
}

struct Run<'b> {
    cache: &'b CacheDir,
    package: &'b Package,
    options: &'b Options,
    profile: &'b str,
    cross: Option<&'b Cross>,
    log: PathBuf,
    total: usize,
    offline: bool,
}

impl Run<'_> {
    fn cargo(&self) -> Result<Compiled, Error> {
        let log = &self.log;
        let cache = |error| Error::Cache(log.clone(), error);
        let mut command = command("cargo", self.cache, self.package);
        match self.cross {
            None => command.arg("build").args(native_args(self.options)),
            Some(cross) => {
                let (word, target) = cross.command();
                command.envs(cross.variables()).args([word, "--target", &target])
            }
        };
        // The next build repeats the command that `--verbose` prints.
        command.args(["--profile", self.profile, "--message-format", "json-render-diagnostics", "--verbose"]);
        if self.offline {
            command.arg("--offline");
        }
        let stderr = File::create(log).map_err(cache)?;
        let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).spawn();
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Error::NoCargo),
            Err(error) => return Err(cache(error)),
        };
        let mut bar = ProgressBar::new(self.options.progress, self.total);
        let (mut binary, mut libraries) = (None, Vec::new());
        if let Some(stdout) = child.stdout.take() {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
                binary = self.message(&message, &mut bar).or(binary);
                libraries.extend(linked(&message));
            }
        }
        bar.finish();
        let status = child.wait().map_err(cache)?;
        match binary {
            Some(binary) if status.success() => Ok(Compiled { binary, libraries }),
            _ => Err(failure::why(log, status, self.package)),
        }
    }

    /// Handles one of cargo's messages; returns the binary's path, if the message contains it.
    fn message(&self, message: &Value, bar: &mut ProgressBar) -> Option<PathBuf> {
        if message["reason"] != "compiler-artifact" {
            return None;
        }
        let target = &message["target"];
        let name = target["name"].as_str().unwrap_or_default();
        let is_script = target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "custom-build"));
        if let Some(binary) = message["executable"].as_str().filter(|_| name == self.package.name) {
            return Some(binary.into());
        }
        if !is_script {
            let fresh = message["fresh"].as_bool().unwrap_or_default();
            bar.done(message["package_id"].as_str().unwrap_or(name), name, fresh);
        }
        None
    }
}

/// The files in one of cargo's messages that rustc may read when it links a binary: libraries, and macros, which libraries refer to by
/// name.
fn linked(message: &Value) -> Vec<PathBuf> {
    let names = message["filenames"].as_array().filter(|_| message["reason"] == "compiler-artifact");
    let is_linked = |path: &&Path| path.extension().is_some_and(|ending| ["rlib", "so", "dylib", "dll"].iter().any(|one| ending == *one));
    names.into_iter().flatten().filter_map(Value::as_str).map(Path::new).filter(is_linked).map(Path::to_owned).collect()
}

/// A command for cargo or rustc, in an environment that is the same for every build, since a different variable would rebuild all crates.
pub(super) fn command(program: &str, cache: &CacheDir, package: &Package) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if is_dropped(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    command.env("CARGO_TARGET_DIR", cache.target()).env("CARGO_TERM_COLOR", "never").current_dir(&package.folder);
    command
}

/// Whether to drop a variable: it changes the result of compiling, or comes from a cargo that runs `ltc` itself. Variables about fetching
/// crates and about the number of parallel compilers do not change the result.
fn is_dropped(name: &str) -> bool {
    const KEPT: &[&str] =
        &["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTRIES_", "CARGO_REGISTRY_", "CARGO_SOURCE_", "CARGO_BUILD_JOBS"];
    const DROPPED: &[&str] = &[
        "CARGO",
        "RUSTC",
        "RUSTFLAGS",
        "RUSTDOC",
        "RUST_LOG",
        "RUST_BACKTRACE",
        "LD_LIBRARY_PATH",
        "DYLD_",
        "__CARGO",
        "OUT_DIR",
        "CLIPPY_",
        "MAKEFLAGS",
    ];
    let starts = |names: &[&str]| names.iter().any(|start| name.starts_with(start));
    starts(DROPPED) && !starts(KEPT)
}

/// The number of packages that a first build compiles.
fn crates(cache: &CacheDir, package: &Package, offline: bool) -> Option<usize> {
    let mut command = command("cargo", cache, package);
    command.args(["tree", "--prefix", "none", "--edges", "normal,build", "--no-dedupe", "--format", "{p}"]);
    if offline {
        command.arg("--offline");
    }
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let names: std::collections::BTreeSet<&str> = text.lines().collect();
    // The spec's own package is not a dependency.
    names.len().checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environment_of_builds_keeps_only_variables_about_fetching() {
        for dropped in [
            "RUSTFLAGS",
            "RUSTC_WRAPPER",
            "RUSTC_BOOTSTRAP",
            "CARGO_TARGET_DIR",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_MANIFEST_DIR",
            "CARGO",
        ] {
            assert!(is_dropped(dropped), "{dropped}");
        }
        for kept in [
            "CARGO_HOME",
            "CARGO_NET_OFFLINE",
            "CARGO_HTTP_PROXY",
            "CARGO_REGISTRIES_X_TOKEN",
            "HTTPS_PROXY",
            "RUSTUP_HOME",
            "RUSTUP_TOOLCHAIN",
            "PATH",
            "HOME",
            "CC",
        ] {
            assert!(!is_dropped(kept), "{kept}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn pie_is_linked_at_no_fixed_address() {
        let options = |pie| Options { cache: None, offline: true, thin_lto: false, pie, progress: crate::build::Progress::Silent };
        assert!(native_args(&options(false)).iter().any(|arg| arg.contains("relocation-model=static")));
        assert_eq!(native_args(&options(true)), ["--target", "host-tuple"]);
    }
}
