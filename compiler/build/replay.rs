//! A build after an edit runs rustc alone, with the command that cargo ran last.
//!
//! Cargo looks at three hundred packages to find that only the spec's own crate has changed, which costs as much as linking. Nothing else
//! can have changed here: the runtime's folder is named by its content, dependencies are locked. Where it doesn't work out (another Rust,
//! a cache that was cleaned), cargo is asked after all, and says what is wrong.
//!
//! The record is written anew after each build that ended well: where it is younger than the crate, the binary is the crate's. The
//! binary's own time would not do, since a linker that is killed leaves half of one.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::{Deserialize, Serialize};

use super::cache::{CacheDir, Package};
use super::{Options, cargo};

/// What cargo ran last for a spec's crate.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Replay {
    /// Of what cargo read: the crate's manifest, which defines the profiles, and the command line.
    fingerprint: String,
    rustc: String,
    args: Vec<String>,
    binary: PathBuf,
}

impl Replay {
    /// What was recorded for a crate and a profile, if it still holds.
    pub(super) fn recorded(package: &Package, profile: &str, options: &Options) -> Option<Self> {
        let replay: Self = serde_json::from_slice(&fs::read(record(package, profile)).ok()?).ok()?;
        (fingerprint(package, options)? == replay.fingerprint).then_some(replay)
    }

    /// Records what cargo ran; `log` is what it said of it.
    pub(super) fn record(package: &Package, profile: &str, options: &Options, log: &Path) {
        if let Some(replay) = fs::read_to_string(log).ok().and_then(|log| Self::of(&log, &package.name, fingerprint(package, options)?)) {
            replay.write(package, profile);
        }
    }

    /// Without a record the next build asks cargo again, no more.
    fn write(&self, package: &Package, profile: &str) {
        if let Ok(text) = serde_json::to_vec(self) {
            let _ = fs::write(record(package, profile), text);
        }
    }

    /// Cargo's line is ``Running `rustc --crate-name NAME …` ``, quoted for a shell.
    fn of(log: &str, name: &str, fingerprint: String) -> Option<Self> {
        let crate_name = name.replace('-', "_");
        let lines = log.lines().filter_map(|line| line.trim_start().strip_prefix("Running `")?.strip_suffix('`'));
        let mut words =
            lines.filter_map(shlex::split).find(|words| words.get(1..3).is_some_and(|two| two == ["--crate-name", &crate_name]))?;
        let rustc = words.remove(0);
        let behind = |key: &str| words.iter().position(|word| word == key).and_then(|at| words.get(at + 1));
        let suffix = words.iter().find_map(|word| word.strip_prefix("extra-filename="))?;
        let binary = Path::new(behind("--out-dir")?).join(format!("{crate_name}{suffix}"));
        Some(Self { fingerprint, rustc, args: words, binary })
    }

    /// Runs it, unless nothing has changed since; gives the binary's path, unless it failed.
    pub(super) fn run(&self, cache: &CacheDir, package: &Package, profile: &str, log: &Path) -> Option<PathBuf> {
        let since = fs::metadata(record(package, profile)).and_then(|record| record.modified());
        if since.is_ok_and(|since| since > package.changed) && self.binary.is_file() {
            return Some(self.binary.clone());
        }
        let run = || -> io::Result<bool> {
            let mut command = cargo::command(&self.rustc, cache, package);
            command.args(&self.args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(log)?);
            Ok(command.status()?.success())
        };
        if !run().unwrap_or_default() || !self.binary.is_file() {
            return None;
        }
        self.write(package, profile);
        Some(self.binary.clone())
    }
}

fn fingerprint(package: &Package, options: &Options) -> Option<String> {
    Some(fs::read_to_string(package.folder.join("Cargo.toml")).ok()? + &cargo::native_args(options).join(" "))
}

fn record(package: &Package, profile: &str) -> PathBuf {
    package.folder.join(format!("rustc-{profile}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_line_is_taken_apart() {
        let log = "   Compiling my-spec v0.0.0
     Running `/r/rustc --crate-name build_script_build --edition=2024 build.rs --out-dir /t/x`
     Running `/r/rustc --crate-name my_spec --edition=2024 src/main.rs --check-cfg 'cfg(feature, values())' -C extra-filename=-12ab --out-dir '/a b/deps'`
    Finished";
        let replay = Replay::of(log, "my-spec", "[package]".into()).unwrap();
        assert_eq!(replay.rustc, "/r/rustc");
        assert_eq!(replay.args[..3], ["--crate-name", "my_spec", "--edition=2024"]);
        assert!(replay.args.contains(&"cfg(feature, values())".to_owned()));
        assert_eq!(replay.binary, Path::new("/a b/deps/my_spec-12ab"));
        assert_eq!(Replay::of("    Finished `release`", "my-spec", String::new()), None);
    }
}
