//! The distributed test on AWS Lambda, as far as a machine without AWS can have it: ministack is the account, the rig's front runs the
//! real binary as the function and streams. See `tests/rig/`.

use std::fs;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, UNIX_EPOCH};

use crate::project::{Project, text};
use crate::rig::{Fault, Front, emulator, moto};
use crate::tools::needs;

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
        Self { project: Project::new(), front: crate::rig::front(limit), key }
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

    /// An account with the function in it.
    fn deployed() -> Self {
        let account = Self::new();
        account.said(&["deploy", "--region", "us-west-2"], 0);
        account
    }

    /// Begins a run of two functions, six users and results each second.
    fn load(&self, args: &[&str]) -> Child {
        let base = ["run", "--engine", "lambda", "--yes", "--clients", "6", "--hatch-rate", "100", "--stats-interval", "1s"];
        let shards: &[&str] = if args.contains(&"--shards") { &[] } else { &["--shards", "2"] };
        let mut command = self.command(&[&base[..], shards, &["--json", "run.json"], args].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn loaded(&self, args: &[&str], code: i32) -> String {
        said(&self.load(args).wait_with_output().unwrap(), code)
    }

    /// How many requests of a step the report has, and how many the server had.
    fn counts(&self) -> (u64, u64) {
        let report: serde_json::Value = serde_json::from_slice(&fs::read(self.project.path().join("run.json")).unwrap()).unwrap();
        let line = report["names"].as_array().unwrap().iter().position(|line| line["name"] == "Create treatment variant").unwrap();
        let told = report["total"]["names"][line]["requests"].as_u64().unwrap();
        (told, self.served())
    }

    fn served(&self) -> u64 {
        self.project.served()["routes"]["POST /tpdata/treatments/{treatment}/variants"].as_u64().unwrap_or(0)
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
    needs!("ministack");
    let account = Account::new();
    let both = ["--region", "us-west-2", "--region", "eu-central-1"];
    let with = |word: &'static str, more: &[&'static str]| [&[word][..], &both, more].concat();
    let made = account.said(&with("deploy", &[]), 0);
    for part in [
        "created role ltc-tpdata-role",
        &format!("created bucket ltc-tpdata-{}-us-west-2", account.key),
        "ltc-tpdata in us-west-2: created, version 1, 1769 MB, x86_64",
        "ltc-tpdata in eu-central-1: created, version 1",
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

    let profile = account
        .profile("test_header: {env: cs1, location: us-west-2}\nprofile: {runner: {clients: 2, duration: 2s}, lambda: {memory_mb: 512}}\n");
    let configured = account.said(&["deploy", "--profile", &profile], 0);
    assert!(configured.contains("us-west-2: reconfigured, version 2, 512 MB"), "{configured}");

    let gone = account.said(&with("destroy", &["--yes"]), 0);
    for part in ["us-west-2: removed", "eu-central-1: removed", "-us-west-2: removed", "role ltc-tpdata-role: removed"] {
        assert!(gone.contains(part), "{part:?} is not in {gone}");
    }
    assert!(account.said(&with("status", &[]), 0).contains("us-west-2: not deployed"));
    assert!(account.said(&with("destroy", &["--yes"]), 0).contains("us-west-2: not found"));
}

#[test]
fn a_function_that_somebody_else_made_is_used_and_left() {
    needs!("ministack");
    let account = Account::deployed();
    let arn = format!("arn:aws:lambda:us-west-2:{}:function:ltc-tpdata", account.key);
    account.front.untag(&account.key, &arn, "ltc-made");
    assert!(account.said(&["deploy"], 0).contains("us-west-2: unchanged"));
    assert!(account.said(&["destroy", "--yes"], 0).contains("us-west-2: kept, because `deploy` did not create it"));
    assert!(account.said(&["status"], 0).contains("us-west-2: version 1, this build"));
}

#[test]
fn a_dry_run_calls_nothing_and_prints_the_policies() {
    needs!("ministack");
    let account = Account::new();
    let output = account.command(&["deploy", "--region", "eu-central-1", "--dry-run"]).env_remove("AWS_ACCESS_KEY_ID").output().unwrap();
    let dry = said(&output, 0);
    assert_eq!(account.front.requests(), Vec::<String>::new());
    for part in
        ["? lambda:CreateFunction ltc-tpdata in eu-central-1: provided.al2023, x86_64", "iam:PutRolePolicy", "lambda:InvokeFunction"]
    {
        assert!(dry.contains(part), "{part:?} is not in {dry}");
    }
    let policy = |part: &str| serde_json::from_str::<serde_json::Value>(&format!("{{{}\n}}", part.split("\n}").next().unwrap())).unwrap();
    let policies: Vec<_> = dry.split("\n{").skip(1).map(policy).collect();
    assert_eq!(policies.len(), 2);
    assert!(policies.iter().all(|policy| policy["Version"] == "2012-10-17"));
}

#[test]
fn only_a_package_is_built_where_that_is_all_that_is_wanted() {
    needs!("ministack");
    let account = Account::new();
    let built = account.said(&["deploy", "--build-only"], 0);
    assert!(built.contains("tpdata.zip"), "{built}");
    let listed = Command::new("python3").args(["-m", "zipfile", "-l"]).arg(account.project.path().join("tpdata.zip")).output().unwrap();
    assert!(text(&listed).contains("bootstrap"), "{}", text(&listed));
    assert_eq!(account.front.requests(), Vec::<String>::new());
}

#[test]
fn what_is_wrong_before_a_deployment_is_said_with_its_mend() {
    needs!("ministack");
    let account = Account::new();
    let deploy = ["deploy", "--region", "us-west-2"];
    let nobody = said(&account.command(&deploy).env_remove("AWS_ACCESS_KEY_ID").output().unwrap(), 3);
    assert!(nobody.contains("no AWS credentials found") && nobody.contains("aws sso login"), "{nobody}");

    account.front.only_key(Some("AKIDRIGHT"));
    let wrong = account.said(&deploy, 3);
    assert!(wrong.contains("sts:GetCallerIdentity was refused") && wrong.contains("the keys are wrong or out of date"), "{wrong}");
    account.front.only_key(None);

    account.front.deny(Some("POST /2015-03-31/functions "));
    let denied = account.said(&deploy, 3);
    assert!(denied.contains("lambda:CreateFunction in us-west-2 was refused") && denied.contains("deploy --dry-run"), "{denied}");
    account.front.deny(None);

    let profile = account.profile("test_header: {env: cs1}\nprofile: {runner: {clients: 2, duration: 2s}}\n");
    // Which names a region where nothing else does.
    fs::remove_file(account.project.path().join("config/systems_credentials.yml")).unwrap();
    let nowhere = account.said(&["deploy", "--profile", &profile], 2);
    assert!(nowhere.contains("no region is set: add --region us-west-2"), "{nowhere}");

    let other = account.said(&["deploy", "--region", "us-west-2", "--arch", "arm64"], 2);
    assert!(other.contains("it is for x86_64, and arm64 is wanted") && other.contains("ltc build --lambda --arch arm64"), "{other}");

    let closed = said(&account.command(&deploy).env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").output().unwrap(), 3);
    assert!(closed.contains("sts:GetCallerIdentity had no answer") && closed.contains("AWS_ENDPOINT_URL"), "{closed}");

    let role = account.said(&["deploy", "--region", "us-west-2", "--role", "nobody"], 3);
    assert!(role.contains("role nobody not found"), "{role}");
}

#[test]
fn a_run_over_two_intervals_and_two_regions_counts_what_the_server_counts() {
    needs!("ministack");
    let account = Account::new();
    account.said(&["deploy", "--region", "us-west-2", "--region", "eu-central-1"], 0);
    let begun = Instant::now();
    let said = account.loaded(&["--region", "us-west-2", "--region", "eu-central-1", "--duration", "8s", "--interval", "4s"], 0);
    assert!(begun.elapsed() < Duration::from_secs(180), "{said}");
    let (told, served) = account.counts();
    assert_eq!(told, served, "{said}");
    assert!(told > 50, "{said}");
    assert_eq!(account.front.invocations(), 4, "two functions in each of two intervals: {said}");
    // Results came while it ran, not at the end: the progress had users in it.
    assert!(said.matches("users 6/6").count() >= 4, "{said}");
    assert!(!said.contains("warning: shard"), "{said}");
    assert!(!account.front.requests().iter().any(|request| request.starts_with("PUT") && request.contains("/stop/")), "nothing stopped it");
}

#[test]
fn a_function_that_is_killed_is_begun_again_and_what_was_missing_is_named() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.fault(1, Fault::Kill(Duration::from_secs(8)));
    let said = account.loaded(&["--duration", "10s"], 0);
    let (told, served) = account.counts();
    assert!(told > 50 && told <= served, "{told} of {served}: {said}");
    assert!(said.contains("shard ") && said.contains("lost from") && said.contains("1 of 2 shards generated all of their load"), "{said}");
    assert_eq!(account.front.invocations(), 3, "{said}");
}

#[test]
fn a_function_that_never_answers_is_given_up_in_time() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.fault(0, Fault::Never);
    let begun = Instant::now();
    let said = account.loaded(&["--duration", "6s"], 3);
    assert!(begun.elapsed() < Duration::from_secs(180), "{said}");
    assert!(said.contains("no answer") && said.contains("lost from 00:00"), "{said}");
    let (told, served) = account.counts();
    assert!(told > 10 && told == served, "{told} of {served}: {said}");
}

#[test]
fn a_function_that_is_deleted_meanwhile_breaks_the_test_in_every_file() {
    needs!("ministack");
    let account = Account::deployed();
    // The second interval's functions are called five seconds before it begins.
    let run =
        account.load(&["--duration", "24s", "--interval", "12s", "--junit", "run.xml", "--summary-md", "run.md", "--html", "run.html"]);
    std::thread::sleep(Duration::from_secs(8));
    account.said(&["destroy", "--yes"], 0);
    let said = said(&run.wait_with_output().unwrap(), 3);
    assert!(said.contains("Verdict: broken: shard "), "{said}");
    let file = |name: &str| fs::read_to_string(account.project.path().join(name)).unwrap();
    let report: serde_json::Value = serde_json::from_str(&file("run.json")).unwrap();
    assert_eq!((report["verdict"].as_str(), report["summary"]["verdict"].as_str()), (Some("broken"), Some("broken")), "{said}");
    assert!(file("run.xml").contains("<error message=\"broken: shard "), "{}", file("run.xml"));
    assert!(file("run.md").lines().next().unwrap().contains("❌ broken: shard ") && file("run.html").contains("\"verdict\":\"broken\""));
    assert!(account.counts().0 > 10, "what was counted before is reported: {said}");
}

#[test]
fn a_function_that_hangs_is_noticed() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.fault(0, Fault::Hang(Duration::from_secs(8)));
    let begun = Instant::now();
    let said = account.loaded(&["--duration", "8s"], 3);
    assert!(begun.elapsed() < Duration::from_secs(180), "{said}");
    assert!(said.contains("it hangs: no frame arrived in time"), "{said}");
    let (told, served) = account.counts();
    assert!(told > 10 && told <= served, "{told} of {served}: {said}");
}

#[test]
fn a_frame_that_is_cut_off_costs_no_more_than_an_interval_and_never_doubles_the_load() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.fault(0, Fault::Cut(4));
    let said = account.loaded(&["--duration", "20s"], 0);
    assert!(said.contains("the connection to it was lost"), "{said}");
    // The function that went on was told to end before another took its place.
    assert!(account.front.requests().iter().any(|request| request.starts_with("PUT") && request.contains("now ")), "{said}");
    assert!(account.front.peak() <= 2, "{said}");
    let (told, served) = account.counts();
    assert!(told > 50 && told <= served, "{told} of {served}: {said}");
}

#[test]
fn an_event_that_is_delivered_twice_is_run_once() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.fault(0, Fault::Twice);
    let said = account.loaded(&["--duration", "4s"], 0);
    let (told, served) = account.counts();
    assert_eq!(told, served, "{said}");
}

#[test]
fn a_function_that_starts_late_is_told() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.fault(0, Fault::Delay(Duration::from_secs(9)));
    let said = account.loaded(&["--duration", "8s"], 0);
    assert!(said.contains("lost from 00:00:00 to 00:00:0") && said.contains("it started late"), "{said}");
    let (told, served) = account.counts();
    assert_eq!(told, served, "{said}");
}

#[test]
fn throttled_invocations_are_tried_again_and_a_late_start_is_told() {
    needs!("ministack");
    let account = Account::deployed();
    // Pauses of 0.25, 0.5, 1, 2 and 4 seconds: more than a function is called before its time.
    for nth in 0..5 {
        account.front.fault(nth, Fault::Throttle);
    }
    let said = account.loaded(&["--shards", "1", "--duration", "8s"], 0);
    assert!(said.contains("throttled") && said.contains("lost from 00:00"), "{said}");
    let (told, served) = account.counts();
    assert_eq!(told, served, "{said}");
}

#[test]
fn a_network_that_is_gone_for_ten_seconds_loses_only_what_was_sent_meanwhile() {
    needs!("ministack");
    let account = Account::deployed();
    let run = account.load(&["--duration", "30s"]);
    crate::project::wait_until("the load runs", || account.served() >= 30);
    account.front.down_for(Duration::from_secs(10));
    let said = said(&run.wait_with_output().unwrap(), 0);
    assert!(said.contains("the connection to it was lost") && said.contains("lost from"), "{said}");
    let (told, served) = account.counts();
    assert!(told > 100 && told <= served, "{told} of {served}: {said}");
    assert!(account.front.peak() <= 2, "never twice the load: {said}");
}

#[test]
fn ctrl_c_stops_the_fleet_and_removes_the_sign() {
    needs!("ministack");
    let account = Account::deployed();
    let run = account.load(&["--duration", "120s"]);
    crate::project::wait_until("the load runs", || account.served() >= 30);
    let begun = Instant::now();
    assert!(Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap().success());
    let said = said(&run.wait_with_output().unwrap(), 130);
    assert!(begun.elapsed() < Duration::from_secs(90), "{said}");
    let (told, served) = account.counts();
    assert!(told > 10, "{said}");
    assert_eq!(told, served, "{said}");
    let requests = account.front.requests();
    let sign = |method: &str| requests.iter().any(|request| request.starts_with(method) && request.contains("/stop/"));
    assert!(sign("PUT") && sign("DELETE"), "{requests:?}");
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(account.served(), served, "the functions have stopped");
}

#[test]
fn where_streaming_cannot_be_had_the_whole_comes_at_the_end() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.without_streaming(true);
    let said = account.loaded(&["--duration", "3s"], 0);
    let (told, served) = account.counts();
    assert_eq!(told, served, "{said}");
    assert!(told > 10, "{said}");
}

#[test]
fn what_is_wrong_before_a_run_is_said_before_any_load() {
    needs!("ministack");
    let account = Account::new();
    let run = ["run", "--engine", "lambda", "--yes", "--duration", "4s", "--clients", "4"];
    let nobody = said(&account.command(&run).env_remove("AWS_ACCESS_KEY_ID").output().unwrap(), 3);
    assert!(nobody.contains("no AWS credentials found"), "{nobody}");
    account.front.only_key(Some("AKIDRIGHT"));
    let wrong = account.said(&run, 3);
    assert!(wrong.contains("the keys are wrong or out of date"), "{wrong}");
    account.front.only_key(None);
    let missing = account.said(&run, 3);
    assert!(missing.contains("it is not deployed: run `deploy --region us-west-2` first"), "{missing}");
    account.said(&["deploy"], 0);
    let many = account.said(&[&run[..], &["--shards", "60"]].concat(), 3);
    assert!(many.contains("capacity for 50 functions at once"), "{many}");
    assert_eq!(account.front.invocations(), 0);
    assert_eq!(account.served(), 0);
}

/// What came from ministack, asked of another emulator.
#[test]
fn moto_is_deployed_to_as_ministack_is() {
    needs!("ministack", "moto");
    let account = Account::new();
    let moto = moto();
    let url = format!("http://{}", moto.address);
    let run = |args: &[&str]| said(&account.command(args).env("AWS_ENDPOINT_URL", &url).output().unwrap(), 0);
    assert!(run(&["deploy"]).contains("us-west-2: created, version 1"));
    assert!(run(&["deploy"]).contains("us-west-2: unchanged, version 1"));
    assert!(run(&["destroy", "--yes"]).contains("us-west-2: removed"));
    assert!(run(&["destroy", "--yes"]).contains("us-west-2: not found"));
}

/// The event of a run, given to AWS's own emulator of one function.
#[test]
fn the_binary_serves_awss_own_runtime_interface_emulator() {
    needs!("ministack", "aws-lambda-rie");
    // Its installation takes longer than the event is good for.
    let emulator = emulator(&crate::project::binary("tpdata"));
    let account = Account::deployed();
    account.loaded(&["--shards", "1", "--duration", "2s"], 0);
    let mut event: serde_json::Value = serde_json::from_slice(&account.front.event()).unwrap();
    #[expect(clippy::disallowed_methods, reason = "events carry the wall clock's time")]
    let now = u64::try_from(UNIX_EPOCH.elapsed().unwrap().as_micros()).unwrap();
    event["slice"] = "emulated/0/0/0".into();
    event["sent_at_us"] = now.into();
    event["starts_at_us"] = (now + 8_000_000).into();
    event["stop"] = serde_json::json!({ "kind": "never" });
    let before = account.served();
    let answer = String::from_utf8_lossy(&emulator.invoke(event.to_string().as_bytes())).into_owned();
    assert!(answer.matches("ltc2:").count() >= 4, "started, two seconds, ended: {answer}");
    assert!(account.served() > before + 10, "{answer}");
    let served = account.served();
    let again = String::from_utf8_lossy(&emulator.invoke(event.to_string().as_bytes())).into_owned();
    assert_eq!((again.matches("ltc2:").count(), account.served()), (1, served), "a second delivery does nothing: {again}");
}

#[test]
fn ltc_builds_what_lambda_can_start_or_says_what_is_missing() {
    let out = crate::project::shelf("binaries").join(format!("for-lambda-{}", std::process::id()));
    let build = |more: &[&str]| {
        let mut command = crate::project::ltc();
        command.current_dir(crate::project::root()).args(["build", "specs/tpdata.lt", "--lambda", "-o"]).arg(&out).args(more);
        command
    };
    let without = said(&build(&["--arch", "arm64"]).env("PATH", "").output().unwrap(), 3);
    assert!(without.contains("no linker for Lambda found (arm64)"), "{without}");
    assert!(
        without.contains("pip install cargo-zigbuild ziglang") && without.contains("rustup target add aarch64-unknown-linux-gnu"),
        "{without}"
    );
    let built = text(&build(&[]).output().unwrap());
    // Whether what is linked here starts there depends on this system's glibc: the plain binary tells.
    let plain = fs::read(crate::project::binary("tpdata")).unwrap();
    if ltc_config::elf::fits_lambda(&plain, None).is_ok() {
        assert!(built.contains("for AWS Lambda, x86_64") && out.is_file(), "{built}");
    } else {
        assert!(built.contains("as programs that are linked here do"), "{built}");
    }
}
