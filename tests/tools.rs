//! Programs that some tests need besides Rust and a C compiler: third-party servers, a terminal, a browser. No test installs anything. If a
//! program is missing, its tests are skipped; `.ci/tools` installs all of them. If `LTC_REQUIRE_TOOLS` is set, as in `.ci/run`, a missing
//! program is a failure instead. `tests/skipped.rs` reports the skipped tests of a whole run.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How a program is found.
#[derive(Clone, Copy)]
enum Found {
    /// It is on the PATH, and exits with success if started with this argument.
    OnPath(&'static str),
    /// It is this file, which `.ci/tools` installs.
    Installed(&'static str),
}

/// All tools, by the names that tests use.
const TOOLS: &[(&str, Found)] = &[
    ("chromium", Found::OnPath("--version")),
    ("influxd", Found::OnPath("version")),
    ("nginx", Found::OnPath("-v")),
    ("node", Found::OnPath("--version")),
    ("nvim", Found::OnPath("--version")),
    ("prometheus", Found::OnPath("--version")),
    ("shellcheck", Found::OnPath("--version")),
    ("tmux", Found::OnPath("-V")),
    ("actionlint", Found::Installed("lint/bin/actionlint")),
    ("hadolint", Found::Installed("lint/bin/hadolint")),
    ("aws-lambda-rie", Found::Installed("emulator/samcli/local/rapid/aws-lambda-rie-x86_64")),
    ("mcp", Found::Installed("mcp/bin/mcp")),
    ("httpbin", Found::Installed("httpbin/bin/gunicorn")),
    ("mdbook", Found::Installed("mdbook/bin/mdbook")),
    ("ministack", Found::Installed("ministack/bin/ministack")),
    ("moto", Found::Installed("moto/bin/moto_server")),
];

fn found(tool: &str) -> Found {
    TOOLS.iter().find(|(name, _)| *name == tool).unwrap_or_else(|| panic!("`{tool}` is not in the list of tools")).1
}

/// The program of a tool.
pub(crate) fn program(tool: &str) -> PathBuf {
    match found(tool) {
        Found::OnPath(_) => tool.into(),
        Found::Installed(file) => folder().join(file),
    }
}

fn is_there(tool: &str) -> bool {
    match found(tool) {
        Found::OnPath(argument) => Command::new(tool).arg(argument).output().is_ok_and(|output| output.status.success()),
        Found::Installed(_) => program(tool).is_file(),
    }
}

/// The folder in which `.ci/tools` installs programs that are not packages of the system.
fn folder() -> PathBuf {
    let default = || {
        // The workspace's folder, from any of its crates.
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.ancestors().filter(|folder| folder.join("Cargo.lock").is_file()).last().unwrap_or(here);
        root.join("target/test-tools")
    };
    std::env::var_os("LTC_TEST_TOOLS").map_or_else(default, PathBuf::from)
}

/// Ends the test as skipped unless these tools are installed: `needs!("nginx")`.
macro_rules! needs {
    ($($tool:literal),+) => {
        fn here() {}
        if !$crate::tools::has(std::any::type_name_of_val(&here), &[$($tool),+]) {
            return;
        }
    };
}
pub(crate) use needs;

/// Whether a test has these tools. If not, records the test as skipped. `here` is the path of a function in the test's body.
pub(crate) fn has(here: &str, tools: &[&str]) -> bool {
    let missing: Vec<&str> = tools.iter().copied().filter(|tool| !is_there(tool)).collect();
    if missing.is_empty() {
        return true;
    }
    let (test, missing) = (here.trim_end_matches("::here"), missing.join(" "));
    assert!(std::env::var_os("LTC_REQUIRE_TOOLS").is_none(), "{test} lacks {missing}, which `.ci/tools` installs");
    note_skipped(test, &missing);
    false
}

/// Records that a test is skipped, and which tools are missing.
pub(crate) fn note_skipped(test: &str, missing: &str) {
    let noted = OpenOptions::new()
        .create(true)
        .append(true)
        .open(notes())
        .and_then(|mut file| file.write_all(format!("{test} {missing}\n").as_bytes()));
    noted.unwrap_or_else(|error| panic!("{}: {error}", notes().display()));
}

/// The file in which the tests of one run of cargo record that they are skipped: a line for each, with its path and the missing tools. The
/// tests of a run are all processes that one cargo (or cargo-nextest) starts.
pub(crate) fn notes() -> PathBuf {
    #[cfg(unix)]
    let run = std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    let run = 0;
    // The folder that contains all test programs of the workspace.
    std::env::current_exe().unwrap_or_default().with_file_name(format!("skipped-tests-of-{run}"))
}
