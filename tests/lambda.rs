//! The distributed test on AWS Lambda, as far as a machine without AWS can have it: ministack is the account, the rig's front runs the
//! real binary as the function and streams. See `tests/rig/`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "each test file uses its part")]
mod common;
mod rig;

use std::fs;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::{Project, text};
use rig::Front;

/// A test's own account: ministack tells accounts apart by keys of twelve digits.
struct Account {
    project: Project,
    front: Front,
    key: String,
}

impl Account {
    fn new() -> Self {
        Self::with_limit(Duration::from_secs(60))
    }

    fn with_limit(limit: Duration) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let key = format!("{:012}", 100_000 + NEXT.fetch_add(1, Ordering::Relaxed));
        Self { project: Project::new(), front: rig::front(limit), key }
    }

    /// The test's binary, in an environment that knows of no AWS but the rig.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.project.command("tpdata", args);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
            command.env_remove(name);
        }
        command
            .env("HOME", self.project.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ENDPOINT_URL", self.front.url())
            .env("AWS_ACCESS_KEY_ID", &self.key)
            .env("AWS_SECRET_ACCESS_KEY", "secret");
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn said(&self, args: &[&str], code: i32) -> String {
        said(&self.run(args), code)
    }

    /// Another profile than the repository's.
    fn profile(&self, text: &str) -> String {
        fs::write(self.project.path().join("own.profile.yml"), text).unwrap();
        "own.profile.yml".to_owned()
    }
}

fn said(output: &Output, code: i32) -> String {
    let said = text(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

#[test]
fn deploy_can_be_repeated_and_destroy_removes_all_of_it() {
    let account = Account::new();
    let both = ["--region", "us-west-2", "--region", "eu-central-1"];
    let with = |word: &'static str, more: &[&'static str]| [&[word][..], &both, more].concat();
    let made = account.said(&with("deploy", &[]), 0);
    for part in [
        "made role ltc-tpdata-role",
        &format!("made bucket ltc-tpdata-{}-us-west-2", account.key),
        "ltc-tpdata in us-west-2: made, version 1, 1769 MB, x86_64",
        "ltc-tpdata in eu-central-1: made, version 1",
    ] {
        assert!(made.contains(part), "{part:?} is not in {made}");
    }
    account.front.requests();
    let again = account.said(&with("deploy", &[]), 0);
    assert!(again.contains("us-west-2: unchanged, version 1") && !again.contains("made"), "{again}");
    let changes = ["POST /2015-03-31/functions ", "PUT /2015-03-31/functions/ltc-tpdata/code", "PUT /2015-03-31/functions/ltc-tpdata/conf"];
    let requests = account.front.requests();
    assert!(!requests.iter().any(|request| changes.iter().any(|change| request.starts_with(change))), "{requests:?}");

    let status = account.said(&with("status", &[]), 0);
    assert!(status.contains("us-west-2: version 1, this build, active, 1769 MB, x86_64") && status.contains("tpdata 3.1.4"), "{status}");

    let profile = account.profile("test_header: {env: cs1, location: us-west-2}\nprofile: {runner: {clients: 2, duration: 2s}, lambda: {memory_mb: 512}}\n");
    let configured = account.said(&["deploy", "--profile", &profile], 0);
    assert!(configured.contains("us-west-2: configured anew, version 2, 512 MB"), "{configured}");

    let gone = account.said(&with("destroy", &["--yes"]), 0);
    for part in ["us-west-2: removed", "eu-central-1: removed", "-us-west-2: removed", "role ltc-tpdata-role: removed"] {
        assert!(gone.contains(part), "{part:?} is not in {gone}");
    }
    assert!(account.said(&with("status", &[]), 0).contains("us-west-2: not deployed"));
    assert!(account.said(&with("destroy", &["--yes"]), 0).contains("us-west-2: not there"));
}

#[test]
fn a_dry_run_calls_nothing_and_prints_the_policies() {
    let account = Account::new();
    let output = account.command(&["deploy", "--region", "eu-central-1", "--dry-run"]).env_remove("AWS_ACCESS_KEY_ID").output().unwrap();
    let dry = said(&output, 0);
    assert_eq!(account.front.requests(), Vec::<String>::new());
    for part in ["? lambda:CreateFunction ltc-tpdata in eu-central-1: provided.al2023, x86_64", "iam:PutRolePolicy", "lambda:InvokeFunction"] {
        assert!(dry.contains(part), "{part:?} is not in {dry}");
    }
    let policy = |part: &str| serde_json::from_str::<serde_json::Value>(&format!("{{{}\n}}", part.split("\n}").next().unwrap())).unwrap();
    let policies: Vec<_> = dry.split("\n{").skip(1).map(policy).collect();
    assert_eq!(policies.len(), 2);
    assert!(policies.iter().all(|policy| policy["Version"] == "2012-10-17"));
}

#[test]
fn only_a_package_is_built_where_that_is_all_that_is_wanted() {
    let account = Account::new();
    let built = account.said(&["deploy", "--build-only"], 0);
    assert!(built.contains("tpdata.zip"), "{built}");
    let listed = Command::new("python3").args(["-m", "zipfile", "-l"]).arg(account.project.path().join("tpdata.zip")).output().unwrap();
    assert!(text(&listed).contains("bootstrap"), "{}", text(&listed));
    assert_eq!(account.front.requests(), Vec::<String>::new());
}

#[test]
fn what_is_wrong_before_a_deployment_is_said_with_its_mend() {
    let account = Account::new();
    let deploy = ["deploy", "--region", "us-west-2"];
    let nobody = said(&account.command(&deploy).env_remove("AWS_ACCESS_KEY_ID").output().unwrap(), 3);
    assert!(nobody.contains("there are no AWS credentials") && nobody.contains("aws sso login"), "{nobody}");

    account.front.only_key(Some("AKIDRIGHT"));
    let wrong = account.said(&deploy, 3);
    assert!(wrong.contains("sts:GetCallerIdentity was refused") && wrong.contains("the keys are wrong or out of date"), "{wrong}");
    account.front.only_key(None);

    account.front.deny(Some("POST /2015-03-31/functions "));
    let denied = account.said(&deploy, 3);
    assert!(denied.contains("lambda:CreateFunction in us-west-2 was refused") && denied.contains("deploy --dry-run"), "{denied}");
    account.front.deny(None);

    let profile = account.profile("test_header: {env: cs1}\nprofile: {runner: {clients: 2, duration: 2s}}\n");
    let nowhere = account.said(&["deploy", "--profile", &profile], 3);
    assert!(nowhere.contains("no region is said: add --region us-west-2"), "{nowhere}");

    let other = account.said(&["deploy", "--region", "us-west-2", "--arch", "arm64"], 2);
    assert!(other.contains("it is for x86_64, and arm64 is wanted") && other.contains("ltc build --lambda --arch arm64"), "{other}");

    let closed = said(&account.command(&deploy).env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").output().unwrap(), 3);
    assert!(closed.contains("sts:GetCallerIdentity had no answer") && closed.contains("AWS_ENDPOINT_URL"), "{closed}");

    let role = account.said(&["deploy", "--region", "us-west-2", "--role", "nobody"], 3);
    assert!(role.contains("there is no role nobody"), "{role}");
}
