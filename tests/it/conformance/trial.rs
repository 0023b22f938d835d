//! A conformance spec that is built in its own project, with its own echo server.

use crate::command::{Run, Said};
use crate::echo::Echo;
use crate::machine;
use crate::project::Project;
use crate::report::Report;

pub(crate) struct Trial {
    project: Project,
    name: String,
    pub(crate) echo: Echo,
}

impl Trial {
    /// `runner`: the content of that section of the profile, on one line.
    pub(crate) fn new(name: &str, runner: &str) -> Self {
        let echo = Echo::start();
        let port = echo.addr.port();
        let env = format!(
            "echo: {{ url: \"http://127.0.0.1:{port}\", sub: \"http://127.0.0.1:{port}/base/v1\", other: \"http://localhost:{port}\", token: t0ken }}\nnumbers: {{ weight: \"3\", pause: \"20ms\", off: 0 }}\n"
        );
        let project = Project::new().copy("tests/specs/conformance", "specs").env(env).profile(name, runner).build(name);
        Self { project, name: name.to_owned(), echo }
    }

    /// Writes the profile again; the binary uses the changed file.
    pub(crate) fn profile(self, runner: &str) -> Self {
        Self { project: self.project.profile(&self.name, runner), ..self }
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        let run = self.project.run(&self.name, args).env_remove("AWS_SESSION_TOKEN");
        run.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    }

    /// Runs all scenarios once, and asserts that every expectation holds.
    pub(crate) fn passes(&self) -> Said {
        let said = self.run(&["--debug", "--seed", "7"]).output();
        let failed: Vec<&str> = said.lines().filter(|line| line.contains('✗') || line.contains("expected ")).collect();
        assert!(said.code == Some(0), "{}\n{said}", failed.join("\n"));
        said
    }

    /// As `passes`, under load, where requests, expectations and results are reused.
    pub(crate) fn passes_under_load(&self) {
        let (said, report) = self.load(&[]);
        assert!(report.requests() > 0 && report["summary"]["total"]["failures"] == 0, "{said}");
    }

    /// Runs the profile's load. Returns its output and the JSON report.
    pub(crate) fn load(&self, args: &[&str]) -> (Said, Report) {
        self.load_ends(0, args)
    }

    /// As `load`, with this exit code.
    pub(crate) fn load_ends(&self, code: i32, args: &[&str]) -> (Said, Report) {
        let _measures = machine::measuring();
        let said = self.run(&[&["--seed", "7", "--json", "report.json"], args].concat()).ends(code);
        (said, self.project.report("report.json"))
    }

    /// The text of the spec.
    pub(crate) fn source(&self) -> String {
        self.project.read(&format!("specs/{}.lt", self.name))
    }

    /// The requests that the server received, as method and target, in order.
    pub(crate) fn targets(&self) -> Vec<String> {
        self.echo.seen().into_iter().map(|seen| seen.target).collect()
    }
}
