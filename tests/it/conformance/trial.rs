//! One of the conformance specs, built in a project of its own beside an echo server of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::echo::Echo;
use crate::project::{ltc, root, text};

pub(crate) struct Trial {
    folder: tempfile::TempDir,
    name: String,
    pub(crate) echo: Echo,
}

impl Trial {
    /// `runner`: what the profile says there, on one line.
    pub(crate) fn new(name: &str, runner: &str) -> Self {
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
        let trial = Self { folder, name: name.to_owned(), echo };
        trial.profile(runner);
        let output = ltc().current_dir(trial.path()).args(["build", &format!("specs/{name}.lt")]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        trial
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the profile anew: the binary uses the file where it has changed.
    pub(crate) fn profile(&self, runner: &str) {
        let profile = format!("test_header: {{ env: here }}\nprofile:\n  runner: {{ {runner} }}\n");
        fs::write(self.path().join(format!("specs/{}.profile.yml", self.name)), profile).unwrap();
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(self.path().join(&self.name));
        command.current_dir(self.path()).env("NO_COLOR", "1").args(args);
        command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        command.env_remove("AWS_SESSION_TOKEN").output().unwrap()
    }

    /// All scenarios once; every expectation of the spec holds.
    pub(crate) fn passes(&self) -> String {
        let output = self.run(&["--debug", "--seed", "7"]);
        let said = text(&output);
        let failed: Vec<&str> = said.lines().filter(|line| line.contains('✗') || line.contains("expected ")).collect();
        assert!(output.status.success(), "{}\n{said}", failed.join("\n"));
        said
    }

    /// The profile's load: what is said, and the JSON report.
    pub(crate) fn load(&self, args: &[&str]) -> (String, Report) {
        self.load_ends(0, args)
    }

    /// The same of a load that ends with this exit code.
    pub(crate) fn load_ends(&self, code: i32, args: &[&str]) -> (String, Report) {
        let json = self.path().join("report.json");
        let output = self.run(&[&["--seed", "7", "--json", "report.json"], args].concat());
        let said = text(&output);
        assert_eq!(output.status.code(), Some(code), "{said}");
        (said, Report(serde_json::from_slice(&fs::read(json).unwrap()).unwrap()))
    }

    /// The spec's own text.
    pub(crate) fn source(&self) -> String {
        fs::read_to_string(self.spec()).unwrap()
    }

    fn spec(&self) -> PathBuf {
        self.path().join(format!("specs/{}.lt", self.name))
    }

    /// What came to the server, as method and target, in order.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.echo.seen().into_iter().map(|seen| seen.target).collect()
    }
}

/// A JSON report.
pub(crate) struct Report(pub(crate) Value);

impl Report {
    /// A number of a line of the report, by the line's name.
    pub(crate) fn line(&self, name: &str, key: &str) -> u64 {
        let names = self.0["names"].as_array().unwrap();
        let index = names.iter().position(|line| line["name"] == name).unwrap_or_else(|| panic!("no line {name}: {names:?}"));
        let key: Vec<&str> = key.split('.').collect();
        let value = key.iter().fold(&self.0["total"]["names"][index], |value, key| &value[*key]);
        value.as_u64().unwrap_or(0)
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
