//! The distributed test on AWS Lambda, as far as a machine without AWS can have it: ministack is the account, the rig's front runs the
//! real binary as the function and streams. See `tests/rig/`.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use crate::command::{Run, Running};
use crate::machine::wait_until;
use crate::project::{Project, binary, ltc, root, shelf};
use crate::rig::{self, Fault, Front};
use crate::tools::needs;

/// A test's own account: ministack tells accounts apart by keys of twelve digits.
struct Account {
    project: Project,
    front: Front,
    key: String,
}

impl Account {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let key = format!("{:012}", 100_000 + NEXT.fetch_add(1, Ordering::Relaxed));
        Self { project: Project::examples(), front: rig::front(Duration::from_secs(60)), key }
    }

    /// The test's binary, in an environment that knows of no AWS but the rig.
    fn run(&self, args: &[&str]) -> Run {
        let mut run = self.project.run("tpdata", args);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
            run = run.env_remove(name);
        }
        run.env("HOME", self.project.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ENDPOINT_URL", self.front.url())
            .env("AWS_ACCESS_KEY_ID", &self.key)
            .env("AWS_SECRET_ACCESS_KEY", "secret")
    }

    /// An account with the function in it.
    fn deployed() -> Self {
        let account = Self::new();
        account.run(&["deploy", "--region", "us-west-2"]).ends(0);
        account
    }

    /// Begins a run of two functions, six users and results each second.
    fn load(&self, args: &[&str]) -> Running {
        let base = ["run", "--engine", "lambda", "--yes", "--clients", "6", "--hatch-rate", "100", "--stats-interval", "1s"];
        let shards: &[&str] = if args.contains(&"--shards") { &[] } else { &["--shards", "2"] };
        self.run(&[&base[..], shards, &["--json", "run.json"], args].concat()).start()
    }

    /// How many requests of a step the report has, and how many the server had.
    fn counts(&self) -> (u64, u64) {
        (self.project.report("run.json").figure("Create treatment variant", "requests"), self.served())
    }

    fn served(&self) -> u64 {
        self.project.route("POST /tpdata/treatments/{treatment}/variants")
    }

    fn wait_for_load(&self) {
        wait_until("the load runs", || self.served() >= 30);
    }

    /// Another profile than the repository's.
    fn profile(&self, text: &str) -> &'static str {
        self.project.write("own.profile.yml", text);
        "own.profile.yml"
    }
}

/// Whether a request writes to the control channel that functions must stop.
fn stops(request: &str) -> bool {
    request.starts_with("PUT") && request.contains("/stop/") && (request.contains("\nstop") || request.contains("\nnow"))
}

#[test]
fn deploy_can_be_repeated_and_destroy_removes_everything() {
    needs!("ministack");
    let account = Account::new();
    let both = ["--region", "us-west-2", "--region", "eu-central-1"];
    let with = |word: &'static str, more: &[&'static str]| [&[word][..], &both, more].concat();
    let made = account.run(&with("deploy", &[])).ends(0);
    made.says(&[
        "created role ltc-tpdata-role",
        &format!("created bucket ltc-tpdata-{}-us-west-2", account.key),
        "ltc-tpdata in us-west-2: created, version 1, 1769 MB, x86_64",
        "ltc-tpdata in eu-central-1: created, version 1",
    ]);
    account.front.requests();
    let again = account.run(&with("deploy", &[])).ends(0);
    again.says(&["us-west-2: unchanged, version 1"]).lacks(&["created"]);
    let changes = ["POST /2015-03-31/functions ", "PUT /2015-03-31/functions/ltc-tpdata/code", "PUT /2015-03-31/functions/ltc-tpdata/conf"];
    let requests = account.front.requests();
    assert!(!requests.iter().any(|request| changes.iter().any(|change| request.starts_with(change))), "{requests:?}");

    let status = account.run(&with("status", &[])).ends(0);
    status.says(&["us-west-2: version 1, this build, active, 1769 MB, x86_64", "tpdata 3.1.4"]);

    let profile = account
        .profile("test_header: {env: cs1, location: us-west-2}\nprofile: {runner: {clients: 2, duration: 2s}, lambda: {memory_mb: 512}}\n");
    let configured = account.run(&["deploy", "--profile", profile]).ends(0);
    configured.says(&["us-west-2: reconfigured, version 2, 512 MB"]);

    let gone = account.run(&with("destroy", &["--yes"])).ends(0);
    gone.says(&["us-west-2: removed", "eu-central-1: removed", "-us-west-2: removed", "role ltc-tpdata-role: removed"]);
    account.run(&with("status", &[])).ends(0).says(&["us-west-2: not deployed"]);
    account.run(&with("destroy", &["--yes"])).ends(0).says(&["us-west-2: not found"]);
}

#[test]
fn function_of_somebody_else_is_used_and_kept() {
    needs!("ministack");
    let account = Account::deployed();
    let arn = format!("arn:aws:lambda:us-west-2:{}:function:ltc-tpdata", account.key);
    account.front.untag(&account.key, &arn, "ltc-made");
    account.run(&["deploy"]).ends(0).says(&["us-west-2: unchanged"]);
    account.run(&["destroy", "--yes"]).ends(0).says(&["us-west-2: kept, because `deploy` did not create it"]);
    account.run(&["status"]).ends(0).says(&["us-west-2: version 1, this build"]);
}

#[test]
fn dry_run_calls_nothing_and_prints_the_policies() {
    needs!("ministack");
    let account = Account::new();
    let dry = account.run(&["deploy", "--region", "eu-central-1", "--dry-run"]).env_remove("AWS_ACCESS_KEY_ID").ends(0);
    assert_eq!(account.front.requests(), Vec::<String>::new());
    dry.says(&[
        "? lambda:CreateFunction ltc-tpdata in eu-central-1: provided.al2023, x86_64",
        "iam:PutRolePolicy",
        "lambda:InvokeFunction",
    ]);
    let policy = |part: &str| serde_json::from_str::<serde_json::Value>(&format!("{{{}\n}}", part.split("\n}").next().unwrap())).unwrap();
    let policies: Vec<_> = dry.split("\n{").skip(1).map(policy).collect();
    assert_eq!(policies.len(), 2);
    assert!(policies.iter().all(|policy| policy["Version"] == "2012-10-17"));
}

#[test]
fn build_only_writes_a_package_and_calls_nothing() {
    needs!("ministack");
    let account = Account::new();
    let built = account.run(&["deploy", "--build-only"]).ends(0);
    built.says(&["tpdata.zip"]);
    Run::new("python3", account.project.path()).args(&["-m", "zipfile", "-l", "tpdata.zip"]).ends(0).says(&["bootstrap"]);
    assert_eq!(account.front.requests(), Vec::<String>::new());
}

#[test]
fn errors_before_a_deployment_are_reported_with_their_fix() {
    needs!("ministack");
    let account = Account::new();
    let deploy = ["deploy", "--region", "us-west-2"];
    let nobody = account.run(&deploy).env_remove("AWS_ACCESS_KEY_ID").ends(3);
    nobody.says(&["no AWS credentials found", "aws sso login"]);

    account.front.only_key(Some("AKIDRIGHT"));
    let wrong = account.run(&deploy).ends(3);
    wrong.says(&["sts:GetCallerIdentity was refused", "the keys are wrong or expired"]);
    account.front.only_key(None);

    account.front.deny(Some("POST /2015-03-31/functions "));
    let denied = account.run(&deploy).ends(3);
    denied.says(&["lambda:CreateFunction in us-west-2 was refused", "deploy --dry-run"]);
    account.front.deny(None);

    let profile = account.profile("test_header: {env: cs1}\nprofile: {runner: {clients: 2, duration: 2s}}\n");
    // Which names a region where nothing else does.
    fs::remove_file(account.project.path().join("config/systems_credentials.yml")).unwrap();
    let nowhere = account.run(&["deploy", "--profile", profile]).ends(2);
    nowhere.says(&["no region is set: add --region us-west-2"]);

    let other = account.run(&["deploy", "--region", "us-west-2", "--arch", "arm64"]).ends(2);
    other.says(&["it is for x86_64, and arm64 is wanted", "ltc build --lambda --arch arm64"]);

    let closed = account.run(&deploy).env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").ends(3);
    closed.says(&["sts:GetCallerIdentity had no answer", "AWS_ENDPOINT_URL"]);

    let role = account.run(&["deploy", "--region", "us-west-2", "--role", "nobody"]).ends(3);
    role.says(&["role nobody not found"]);
}

#[test]
fn run_over_two_intervals_and_regions_counts_the_requests_that_the_server_counts() {
    needs!("ministack");
    let account = Account::new();
    account.run(&["deploy", "--region", "us-west-2", "--region", "eu-central-1"]).ends(0);
    let said = account.load(&["--region", "us-west-2", "--region", "eu-central-1", "--duration", "20s", "--interval", "10s"]).ends(0);
    let (told, served) = account.counts();
    assert_eq!(told, served, "{said}");
    assert!(told > 50, "{said}");
    assert_eq!(account.front.invocations(), 4, "two functions in each of two intervals: {said}");
    // Results came while it ran, not at the end: the progress had users in it.
    assert!(said.matches("users 6/6").count() >= 4, "{said}");
    said.lacks(&["warning: shard"]);
    let requests = account.front.requests();
    assert!(!requests.iter().any(|request| stops(request)), "nothing stopped it: {requests:?}");
}

#[test]
fn killed_function_is_restarted_and_its_lost_load_is_named() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.fault(1, Fault::Kill(8));
    let said = account.load(&["--duration", "10s"]).ends(0);
    let (told, served) = account.counts();
    assert!(told > 50 && told <= served, "{told} of {served}: {said}");
    said.says(&["shard ", "lost from", "1 of 2 shards generated all of their load"]);
    assert_eq!(account.front.invocations(), 3, "{said}");
}

#[test]
fn function_that_never_answers_is_lost_from_the_start() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.fault(0, Fault::Never);
    let said = account.load(&["--duration", "6s"]).ends(3);
    said.says(&["no response", "lost from 00:00"]);
    let (told, served) = account.counts();
    assert!(told > 10 && told == served, "{told} of {served}: {said}");
}

#[test]
fn function_deleted_during_a_run_breaks_the_test_in_every_file() {
    needs!("ministack");
    let account = Account::deployed();
    let running =
        account.load(&["--duration", "24s", "--interval", "12s", "--junit", "run.xml", "--summary-md", "run.md", "--html", "run.html"]);
    // The functions of the first interval run, those of the second are called five seconds before it begins.
    account.wait_for_load();
    account.run(&["destroy", "--yes"]).ends(0);
    let said = running.ends(3);
    said.says(&["Verdict: broken: shard "]);
    let file = |name: &str| account.project.read(name);
    let report = account.project.json("run.json");
    assert_eq!((report["verdict"].as_str(), report["summary"]["verdict"].as_str()), (Some("broken"), Some("broken")), "{said}");
    assert!(file("run.xml").contains("<error message=\"broken: shard "), "{}", file("run.xml"));
    assert!(file("run.md").lines().next().unwrap().contains("❌ broken: shard ") && file("run.html").contains("\"verdict\":\"broken\""));
    assert!(account.counts().0 > 10, "what was counted before is reported: {said}");
}

#[test]
fn hanging_function_is_detected() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.fault(0, Fault::Hang(4));
    let said = account.load(&["--duration", "8s"]).ends(3);
    said.says(&["it hangs: no frame arrived in time"]);
    let (told, served) = account.counts();
    assert!(told > 10 && told <= served, "{told} of {served}: {said}");
}

#[test]
fn frame_cut_off_never_doubles_the_load() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.fault(0, Fault::Cut(4));
    let said = account.load(&["--duration", "20s"]).ends(0);
    said.says(&["the connection to it was lost"]);
    // The function that went on was told to end before another took its place.
    assert!(account.front.requests().iter().any(|request| request.starts_with("PUT") && request.contains("now ")), "{said}");
    assert!(account.front.peak() <= 2, "{said}");
    let (told, served) = account.counts();
    assert!(told > 50 && told <= served, "{told} of {served}: {said}");
}

#[test]
fn event_delivered_twice_is_run_once() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.fault(0, Fault::Twice);
    let said = account.load(&["--duration", "4s"]).ends(0);
    let (told, served) = account.counts();
    assert_eq!(told, served, "{said}");
}

#[test]
fn function_that_starts_late_is_reported() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.fault(0, Fault::Delay(Duration::from_secs(9)));
    let said = account.load(&["--duration", "8s"]).ends(0);
    said.says(&["lost from 00:00:00 to 00:00:0", "it started late"]);
    let (told, served) = account.counts();
    assert_eq!(told, served, "{said}");
}

#[test]
fn throttled_invocations_are_repeated_and_a_late_start_is_reported() {
    needs!("ministack");
    let account = Account::deployed();
    // Pauses of 0.25, 0.5, 1, 2 and 4 seconds: more than a function is called before its time.
    for nth in 0..5 {
        account.front.fault(nth, Fault::Throttle);
    }
    let said = account.load(&["--shards", "1", "--duration", "8s"]).ends(0);
    said.says(&["throttled", "lost from 00:00"]);
    let (told, served) = account.counts();
    assert_eq!(told, served, "{said}");
}

#[test]
fn network_outage_loses_only_results_sent_during_it() {
    needs!("ministack");
    let account = Account::deployed();
    let running = account.load(&["--duration", "30s"]);
    account.wait_for_load();
    account.front.down_for(Duration::from_secs(10));
    let said = running.ends(0);
    said.says(&["the connection to it was lost", "lost from"]);
    let (told, served) = account.counts();
    assert!(told > 100 && told <= served, "{told} of {served}: {said}");
    assert!(account.front.peak() <= 2, "never twice the load: {said}");
}

#[test]
fn ctrl_c_stops_the_fleet_and_removes_the_control_object() {
    needs!("ministack");
    let account = Account::deployed();
    let running = account.load(&["--duration", "120s"]);
    account.wait_for_load();
    running.interrupt();
    let said = running.ends(130);
    let (told, served) = account.counts();
    assert!(told > 10, "{said}");
    assert_eq!(told, served, "{said}");
    let requests = account.front.requests();
    assert!(requests.iter().any(|request| stops(request)), "{requests:?}");
    assert!(requests.iter().any(|request| request.starts_with("DELETE") && request.contains("/stop/")), "{requests:?}");
    wait_until("no function runs", || account.front.running() == 0);
    assert_eq!(account.served(), served, "what the last function sent is reported");
}

#[test]
fn without_streaming_all_results_come_at_the_end() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.without_streaming(true);
    let said = account.load(&["--duration", "3s"]).ends(0);
    let (told, served) = account.counts();
    assert_eq!(told, served, "{said}");
    assert!(told > 10, "{said}");
}

#[test]
fn errors_before_a_run_are_reported_before_any_load() {
    needs!("ministack");
    let account = Account::new();
    let run = ["run", "--engine", "lambda", "--yes", "--duration", "4s", "--clients", "4"];
    let nobody = account.run(&run).env_remove("AWS_ACCESS_KEY_ID").ends(3);
    nobody.says(&["no AWS credentials found"]);
    account.front.only_key(Some("AKIDRIGHT"));
    let wrong = account.run(&run).ends(3);
    wrong.says(&["the keys are wrong or expired"]);
    account.front.only_key(None);
    let missing = account.run(&run).ends(3);
    missing.says(&["it is not deployed: run `deploy --region us-west-2` first"]);
    account.run(&["deploy"]).ends(0);
    let many = account.run(&[&run[..], &["--shards", "60"]].concat()).ends(3);
    many.says(&["capacity for 50 functions at once"]);
    assert_eq!(account.front.invocations(), 0);
    assert_eq!(account.served(), 0);
}

/// What came from ministack, asked of another emulator.
#[test]
fn deployment_works_on_moto_too() {
    needs!("ministack", "moto");
    let account = Account::new();
    let moto = rig::moto();
    let url = format!("http://127.0.0.1:{}", moto.port);
    let run = |args: &[&str]| account.run(args).env("AWS_ENDPOINT_URL", &url).ends(0);
    run(&["deploy"]).says(&["us-west-2: created, version 1"]);
    run(&["deploy"]).says(&["us-west-2: unchanged, version 1"]);
    run(&["destroy", "--yes"]).says(&["us-west-2: removed"]);
    run(&["destroy", "--yes"]).says(&["us-west-2: not found"]);
}

/// The event of a run, given to AWS's own emulator of one function.
#[test]
fn binary_serves_the_runtime_interface_emulator_of_aws() {
    needs!("ministack", "aws-lambda-rie");
    let emulator = rig::emulator(&binary("tpdata"));
    let account = Account::deployed();
    account.load(&["--shards", "1", "--duration", "2s"]).ends(0);
    let mut event: serde_json::Value = serde_json::from_slice(&account.front.event()).unwrap();
    #[expect(clippy::disallowed_methods, reason = "events carry the wall clock's time")]
    let now = u64::try_from(UNIX_EPOCH.elapsed().unwrap().as_micros()).unwrap();
    event["slice"] = "emulated/0/0/0".into();
    event["sent_at_us"] = now.into();
    event["starts_at_us"] = (now + 8_000_000).into();
    event["control"] = serde_json::json!({ "kind": "never" });
    let before = account.served();
    let answer = String::from_utf8_lossy(&rig::invoke(&emulator, event.to_string().as_bytes())).into_owned();
    assert!(answer.matches("ltc2:").count() >= 4, "started, two seconds, ended: {answer}");
    assert!(account.served() > before + 10, "{answer}");
    let served = account.served();
    let again = String::from_utf8_lossy(&rig::invoke(&emulator, event.to_string().as_bytes())).into_owned();
    assert_eq!((again.matches("ltc2:").count(), account.served()), (1, served), "a second delivery does nothing: {again}");
}

#[test]
fn build_for_lambda_starts_there_or_names_what_is_missing() {
    let out = shelf("binaries").join(format!("for-lambda-{}", std::process::id()));
    let build = |more: &[&str]| ltc(root(), &["build", "specs/tpdata.lt", "--lambda", "-o", &out.display().to_string()]).args(more);
    let without = build(&["--arch", "arm64"]).env("PATH", "").ends(3);
    without.says(&[
        "no linker for Lambda found (arm64)",
        "pip install cargo-zigbuild ziglang",
        "rustup target add aarch64-unknown-linux-gnu",
    ]);
    let built = build(&[]).output();
    // Whether a binary that is linked here starts there depends on this system's glibc, which the plain binary shows.
    let plain = fs::read(binary("tpdata")).unwrap();
    if ltc_config::elf::fits_lambda(&plain, None).is_ok() {
        built.says(&["for AWS Lambda, x86_64"]);
        assert!(built.code == Some(0) && out.is_file(), "{built}");
    } else {
        built.says(&["as programs that are linked here do"]);
        assert_ne!(built.code, Some(0), "{built}");
    }
}
