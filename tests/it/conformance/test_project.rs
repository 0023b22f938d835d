//! A conformance spec that is built in its own project, with its own echo server.

use crate::command::{Output, Run};
use crate::echo::Echo;
use crate::machine;
use crate::project::Project;
use crate::report::Report;

pub(crate) struct TestProject {
    project: Project,
    name: String,
    pub(crate) echo: Echo,
}

impl TestProject {
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
    pub(crate) fn passes(&self) -> Output {
        let output = self.run(&["--debug", "--seed", "7"]).output();
        let failed: Vec<&str> = output.lines().filter(|line| line.contains('✗') || line.contains("expected ")).collect();
        assert!(output.code == Some(0), "{}\n{output}", failed.join("\n"));
        output
    }

    /// As `passes`, under load, where requests, expectations and results are reused.
    pub(crate) fn passes_under_load(&self) {
        let (output, report) = self.load(&[]);
        assert!(report.requests() > 0 && report["summary"]["total"]["failures"] == 0, "{output}");
    }

    /// Runs the profile's load. Returns its output and the JSON report.
    pub(crate) fn load(&self, args: &[&str]) -> (Output, Report) {
        self.load_exits(0, args)
    }

    /// As `load`, with this exit code.
    pub(crate) fn load_exits(&self, code: i32, args: &[&str]) -> (Output, Report) {
        let _measures = machine::loading();
        let output = self.run(&[&["--seed", "7", "--json", "report.json"], args].concat()).exits(code);
        (output, self.project.report("report.json"))
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
