//! Why a build failed, from what cargo and rustc said.

use std::fs;
use std::path::Path;
use std::process::ExitStatus;

use super::Error;
use super::cache::Package;

/// The error of a failed build.
pub(super) fn why(log: &Path, status: ExitStatus, package: &Package) -> Error {
    let text = fs::read_to_string(log).unwrap_or_default();
    classify(&text, is_killed(status), log, package)
}

#[cfg(unix)]
fn is_killed(status: ExitStatus) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&status).is_some()
}

#[cfg(not(unix))]
fn is_killed(_: ExitStatus) -> bool {
    false
}

fn classify(text: &str, killed: bool, log: &Path, package: &Package) -> Error {
    let says = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    let log = log.to_path_buf();
    if says(&["no default toolchain", "no default is configured", "is not installed\nhelp: run `rustup"]) {
        return Error::NoCargo;
    }
    if says(&[
        "linker `cc` not found",
        "failed to find tool \"cc\"",
        "failed to find tool \"gcc\"",
        "is `cc` not installed",
        "failed to find tool \"c++\"",
        "xcrun: error",
    ]) {
        return Error::NoLinker(log);
    }
    if says(&["No space left on device", "os error 28"]) {
        return Error::Full(log);
    }
    if says(&[
        "feature `edition2024` is required",
        "requires rustc ",
        "is not supported by the following package",
        "this version of Cargo is older",
        "lock file version",
    ]) {
        return Error::OldRust(log);
    }
    const NETWORK: &[&str] = &[
        "failed to download",
        "Could not resolve host",
        "Couldn't resolve host",
        "Could not connect",
        "network failure",
        "spurious network error",
        "download of",
        "unable to update registry",
        "Unable to update registry",
        "you're using offline mode",
        "attempting to make an HTTP request, but --offline",
        "failed to query replaced source",
    ];
    if says(NETWORK) {
        return Error::Network(log);
    }
    if killed || says(&["signal: 9, SIGKILL", "(signal: 9", "signal: 15, SIGTERM", "signal: 2, SIGINT"]) {
        return Error::Killed(log);
    }
    if blames_generated(text, &package.name) {
        Error::Bug { generated: package.folder.join("src/main.rs"), log }
    } else {
        Error::Damaged(log)
    }
}

/// Whether an error is in the generated crate. Its paths begin with `src/`; the runtime's begin with `runtime/`, those of other crates with `/`.
/// An error without a path is in the crate that cargo names at the end. A crate that cannot be read is an error where it is named: E0460 to
/// E0463, E0514 and E0786, and an error of the linker.
fn blames_generated(text: &str, generated: &str) -> bool {
    const UNREADABLE: &[&str] = &["[E0460]", "[E0461]", "[E0462]", "[E0463]", "[E0514]", "[E0786]"];
    let mut is_generated = false;
    for block in text.split("\n\n") {
        let lines: Vec<&str> = block.lines().collect();
        // Cargo's own lines may precede it.
        let Some(at) = lines.iter().position(|line| line.starts_with("error")) else { continue };
        if UNREADABLE.iter().any(|code| lines[at].contains(code)) || lines[at].starts_with("error: linking with") {
            return false;
        }
        is_generated |= lines[at..].iter().any(|line| line.trim_start().starts_with("--> src/"));
    }
    let failed = |line: &'_ str| line.strip_prefix("error: could not compile `")?.split('`').next().map(|name| name == generated);
    is_generated || text.lines().filter_map(failed).reduce(|all, one| all && one).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_tells_why() {
        let package = Package { folder: "/c/x".into(), name: "x".into(), changed: std::time::SystemTime::UNIX_EPOCH };
        let classify = |text: &str| classify(text, false, Path::new("/c/x/build.log"), &package);
        assert!(matches!(classify("error: linker `cc` not found"), Error::NoLinker(_)));
        assert!(matches!(classify("  Caused by: [6] Could not resolve host: index.example"), Error::Network(_)));
        assert!(matches!(classify("As a reminder, you're using offline mode (--offline)"), Error::Network(_)));
        assert!(matches!(classify("rustc 1.70 is not supported by the following packages"), Error::OldRust(_)));
        assert!(matches!(
            classify(
                "error: rustup could not choose a version of cargo to run, because one wasn't specified explicitly, and no default is configured."
            ),
            Error::NoCargo
        ));
        assert!(matches!(classify("process didn't exit successfully: `rustc …` (signal: 9, SIGKILL: kill)"), Error::Killed(_)));
        assert!(matches!(classify("error: failed to write: No space left on device (os error 28)"), Error::Full(_)));
        for outside in [
            "error[E0308]: mismatched types\n --> runtime/engine/lib.rs:3:5\n\nerror: could not compile `ltc-engine` (lib)",
            "   Compiling x v0.0.0\nerror[E0786]: found invalid metadata files for crate `ltc_runtime`\n --> src/main.rs:1:5",
            "error: linking with `cc` failed: exit status: 1\n  |\n  = note: libltc_engine.rlib: file format not recognized",
            "error: failed to parse manifest at `/c/x/Cargo.toml`",
            "warning: unused\n --> src/main.rs:1:5\n\nerror: could not compile `tokio`",
        ] {
            assert!(matches!(classify(outside), Error::Damaged(_)), "{outside}");
        }
        // A repair would compile everything again, for minutes, and then fail alike.
        for inside in [
            "error[E0308]: mismatched types\n --> src/main.rs:3:5",
            "error: internal compiler error: unexpected\n\nerror: could not compile `x` (bin \"x\") due to 1 previous error",
            "error: reached the type-length limit\n --> /rust/lib/core/src/ops.rs:3:5\n\nerror: could not compile `x` (bin \"x\")",
        ] {
            let Error::Bug { generated, .. } = classify(inside) else { panic!("not a bug: {inside}") };
            assert_eq!(generated, Path::new("/c/x/src/main.rs"));
        }
    }
}
