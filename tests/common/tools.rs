//! Programs that some tests need beside Rust and a C compiler: third-party servers, a terminal, a browser. No test installs anything. Where
//! a program is missing, its tests are skipped and say so on standard error; `.ci/tools` installs all of them. Where `LTC_REQUIRE_TOOLS` is
//! set, as in `.ci/run`, a missing program is a failure instead.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program that a test needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Chromium,
    Emulator,
    Httpbin,
    Influxdb,
    Ministack,
    Moto,
    Nginx,
    Prometheus,
    Tmux,
}

impl Tool {
    /// The program on the PATH and the argument with which it answers at once, or the file that `.ci/tools` installs.
    fn program(self) -> Result<(&'static str, &'static str), &'static str> {
        match self {
            Self::Chromium => Ok(("chromium", "--version")),
            Self::Influxdb => Ok(("influxd", "version")),
            Self::Nginx => Ok(("nginx", "-v")),
            Self::Prometheus => Ok(("prometheus", "--version")),
            Self::Tmux => Ok(("tmux", "-V")),
            Self::Emulator => Err("emulator/samcli/local/rapid/aws-lambda-rie-x86_64"),
            Self::Httpbin => Err("httpbin/bin/gunicorn"),
            Self::Ministack => Err("ministack/bin/ministack"),
            Self::Moto => Err("moto/bin/moto_server"),
        }
    }

    fn is_there(self) -> bool {
        match self.program() {
            Ok((program, argument)) => Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success()),
            Err(file) => folder().join(file).is_file(),
        }
    }

    /// The program of a tool that `.ci/tools` installs.
    pub(crate) fn path(self) -> PathBuf {
        match self.program() {
            Ok((program, _)) => program.into(),
            Err(file) => folder().join(file),
        }
    }
}

/// Where `.ci/tools` installs what is no package of the system.
fn folder() -> PathBuf {
    let default = || {
        // The workspace's folder, from whichever of its crates the test is.
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.ancestors().filter(|folder| folder.join("Cargo.lock").is_file()).last().unwrap_or(here);
        root.join("target/test-tools")
    };
    std::env::var_os("LTC_TEST_TOOLS").map_or_else(default, PathBuf::from)
}

/// Whether a test has what it needs; where it hasn't, the caller returns.
pub(crate) fn has(tools: &[Tool]) -> bool {
    let missing: Vec<String> = tools.iter().filter(|tool| !tool.is_there()).map(|tool| format!("{tool:?}").to_lowercase()).collect();
    if missing.is_empty() {
        return true;
    }
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    let said = format!("{name} needs {}, which `.ci/tools` installs", missing.join(" and "));
    assert!(std::env::var_os("LTC_REQUIRE_TOOLS").is_none(), "{said}");
    // Not by `eprintln`, which the test runner keeps to itself where a test passes.
    let _ = writeln!(std::io::stderr(), "skipped: {said}");
    false
}
