//! The distributed test on AWS Lambda, as far as it can be tested without AWS: ministack simulates the account, and the rig's front runs
//! the real binary as the function and streams its output. See `tests/it/rig/`.

mod credentials;
mod deploy;
mod key_runs;
mod key_sources;
mod outage;
mod private;
mod questions;
mod rights;
mod run;
mod secrets;
mod unreachable;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::command::{Run, Running};
use crate::machine::wait_until;
use crate::project::Project;
use crate::rig::{self, Front};

/// A test's own account: ministack distinguishes accounts by keys of twelve digits.
struct Account {
    project: Project,
    front: Front,
    key: String,
    /// The test in the project.
    test: &'static str,
}

impl Account {
    fn new() -> Self {
        Self::of(Project::examples(), "tpdata")
    }

    /// For a test of a project of its own.
    fn of(project: Project, test: &'static str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let key = format!("{:012}", 100_000 + NEXT.fetch_add(1, Ordering::Relaxed));
        Self { project, front: rig::front(Duration::from_secs(60)), key, test }
    }

    /// The test's binary, in an environment whose AWS is the rig.
    fn run(&self, args: &[&str]) -> Run {
        let mut run = self.project.run(self.test, args);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
            run = run.env_remove(name);
        }
        run.env("HOME", self.project.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ENDPOINT_URL", self.front.url())
            .env("AWS_ACCESS_KEY_ID", &self.key)
            .env("AWS_SECRET_ACCESS_KEY", "secret")
    }

    /// An account with a deployed function.
    fn deployed() -> Self {
        let account = Self::new();
        account.run(&["deploy", "--region", "us-west-2"]).exits(0);
        account
    }

    /// Starts a run with two functions, six users and results each second.
    fn load(&self, args: &[&str]) -> Running {
        let base = ["run", "--engine", "lambda", "--yes", "--clients", "6", "--hatch-rate", "100", "--stats-interval", "1s"];
        let shards: &[&str] = if args.contains(&"--shards") { &[] } else { &["--shards", "2"] };
        self.run(&[&base[..], shards, &["--json", "run.json"], args].concat()).start()
    }

    /// The number of requests of a step in the report, and the number that the server received.
    fn counts(&self) -> (u64, u64) {
        (self.project.report("run.json").figure("Create treatment variant", "requests"), self.served())
    }

    /// The number of all requests to the server, and of invocations.
    fn all_requests(&self) -> (u64, usize) {
        (self.project.served()["total"].as_u64().unwrap(), self.front.invocations())
    }

    fn served(&self) -> u64 {
        self.project.route("POST /tpdata/treatments/{treatment}/variants")
    }

    fn wait_for_load(&self) {
        wait_until("the load runs", || self.served() >= 30);
    }

    /// Writes another profile than the repository's.
    fn profile(&self, text: &str) -> &'static str {
        self.project.write("own.profile.yml", text);
        "own.profile.yml"
    }
}
