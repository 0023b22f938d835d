//! The language at run time: specs under `tests/specs/conformance/` say what must hold, against a server that shows what it was sent.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part")]
mod common;
#[path = "common/echo.rs"]
mod echo;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use common::{ltc, root, text};
use echo::Echo;

/// One of the specs, built in a project of its own beside an echo server of its own.
struct Trial {
    folder: tempfile::TempDir,
    name: String,
    echo: Echo,
}

impl Trial {
    fn new(name: &str, profile: &str) -> Self {
        let echo = Echo::start();
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let specs = root().join("tests/specs/conformance");
        copy(&specs.join("data"), &path("specs/data"));
        for spec in fs::read_dir(&specs).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
            fs::copy(&spec, path("specs").join(spec.file_name().unwrap())).unwrap();
        }
        fs::create_dir_all(path("config")).unwrap();
        let port = echo.addr.port();
        let env = format!(
            "echo: {{ url: \"http://127.0.0.1:{port}\", sub: \"http://127.0.0.1:{port}/base/v1\", other: \"http://localhost:{port}\", token: t0ken }}\nnumbers: {{ weight: \"3\", pause: \"20ms\", off: 0 }}\n"
        );
        fs::write(path("config/here.yml"), env).unwrap();
        let profile = format!("test_header: {{ env: here }}\nprofile:\n  runner: {{ {profile} }}\n");
        fs::write(path(&format!("specs/{name}.profile.yml")), profile).unwrap();
        let output = ltc().current_dir(folder.path()).args(["build", &format!("specs/{name}.lt")]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        Self { folder, name: name.to_owned(), echo }
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(self.folder.path().join(&self.name));
        command.current_dir(self.folder.path()).env("NO_COLOR", "1").args(args);
        command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        command.env_remove("AWS_SESSION_TOKEN").output().unwrap()
    }

    /// All scenarios once; every expectation of the spec holds.
    fn passes(&self) -> String {
        let output = self.run(&["--debug", "--seed", "7"]);
        let said = text(&output);
        let failed: Vec<&str> = said.lines().filter(|line| line.contains('✗') || line.contains("expected ")).collect();
        assert!(output.status.success(), "{}\n{said}", failed.join("\n"));
        said
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn values() {
    Trial::new("values", "clients: 1, duration: 1s").passes();
}

#[test]
fn requests() {
    Trial::new("requests", "clients: 1, duration: 1s").passes();
}
