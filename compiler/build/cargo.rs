//! Drives cargo. Nothing that it or rustc says reaches the user: it goes to a log, and what matters of it is said in our words.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::cache::{Home, Package};
use super::progress::Shown;
use super::{Error, Options};

/// Builds a generated crate; gives the binary's path.
pub(super) fn build(home: &Home, package: &Package, options: &Options) -> Result<PathBuf, Error> {
    let log = package.folder.join("build.log");
    let cache = |error| Error::Cache(log.clone(), error);
    let profile = if options.thin_lto { "lto" } else { "release" };
    let marker = home.shelf.join(format!("built-{profile}"));
    let total = if marker.is_file() { None } else { crates(home, package) };
    let mut command = cargo(home, package);
    command.args(["build", "--profile", profile, "--message-format", "json-render-diagnostics"]);
    if options.offline || marker.is_file() {
        // All that is needed was fetched: the registry need not be asked again.
        command.arg("--offline");
    }
    let stderr = File::create(&log).map_err(cache)?;
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Error::NoCargo),
        Err(error) => return Err(cache(error)),
    };
    let mut shown = Shown::new(options.progress, total);
    let mut binary = None;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let Ok(message) = serde_json::from_str::<serde_json::Value>(&line) else { continue };
            if message["reason"] == "compiler-artifact" {
                shown.done(message["target"]["name"].as_str().unwrap_or_default());
                binary = message["executable"].as_str().map(PathBuf::from).or(binary);
            }
        }
    }
    shown.finish();
    let status = child.wait().map_err(cache)?;
    match binary {
        Some(binary) if status.success() => {
            fs::write(&marker, "").map_err(cache)?;
            Ok(binary)
        }
        _ => Err(why(&log, package)),
    }
}

/// Cargo in an environment that doesn't differ from build to build: a differing variable would rebuild the world.
fn cargo(home: &Home, package: &Package) -> Command {
    const KEPT: &[&str] = &["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTRIES_", "CARGO_REGISTRY_", "CARGO_SOURCE_"];
    const DROPPED: &[&str] = &["CARGO", "RUSTC", "RUSTFLAGS", "RUSTDOC", "RUST_LOG", "RUST_BACKTRACE", "LD_LIBRARY_PATH", "__CARGO", "OUT_DIR", "CLIPPY_"];
    let mut command = Command::new("cargo");
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let starts = |names: &[&str]| names.iter().any(|start| name.starts_with(start));
        if starts(DROPPED) && !starts(KEPT) {
            command.env_remove(name.as_ref());
        }
    }
    command.env("CARGO_TARGET_DIR", home.target()).env("CARGO_TERM_COLOR", "never").current_dir(&package.folder);
    command
}

/// How many crates a first build compiles.
fn crates(home: &Home, package: &Package) -> Option<usize> {
    let mut command = cargo(home, package);
    command.args(["tree", "--prefix", "none", "--edges", "normal,build", "--no-dedupe", "--format", "{p}"]);
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let names: std::collections::BTreeSet<&str> = text.lines().collect();
    (!names.is_empty()).then_some(names.len())
}

/// What the log of a failed build comes to.
fn why(log: &Path, package: &Package) -> Error {
    let text = fs::read_to_string(log).unwrap_or_default();
    let says = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    if says(&["linker `cc` not found", "failed to find tool \"cc\"", "is `cc` not installed", "failed to find tool \"c++\""]) {
        return Error::NoLinker(log.to_path_buf());
    }
    if says(&["failed to download", "Could not resolve host", "Couldn't resolve host", "failed to get `", "network failure", "spurious network error", "download of"]) {
        return Error::Network(log.to_path_buf());
    }
    Error::Bug { generated: package.folder.join("src/main.rs"), log: log.to_path_buf() }
}
