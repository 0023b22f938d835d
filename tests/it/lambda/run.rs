//! Runs on Lambda: counts compared with the server's, and faults of functions, of the network and of the account.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, UNIX_EPOCH};

use super::Account;
use crate::echo::Echo;
use crate::machine::wait_until;
use crate::project::binary;
use crate::renewal;
use crate::rig::{self, Fault};
use crate::tools::needs;

/// Whether a request writes to the control channel that functions must stop.
fn stops(request: &str) -> bool {
    request.starts_with("PUT") && request.contains("/control") && (request.contains("\nstop") || request.contains("\nnow"))
}

#[test]
fn run_over_two_intervals_and_regions_counts_the_requests_that_the_server_counts() {
    needs!("ministack");
    let account = Account::new();
    account.run(&["deploy", "--region", "us-west-2", "--region", "eu-central-1"]).exits(0);
    let output = account.load(&["--region", "us-west-2", "--region", "eu-central-1", "--duration", "20s", "--interval", "10s"]).exits(0);
    let (reported, served) = account.counts();
    assert_eq!(reported, served, "{output}");
    assert!(reported > 50, "{output}");
    assert_eq!(account.front.invocations(), 4, "two functions in each of two intervals: {output}");
    // Results arrived during the run, not only at the end: the progress showed users.
    assert!(output.matches("users 6/6").count() >= 4, "{output}");
    output.omits(&["warning: shard"]);
    let requests = account.front.requests();
    assert!(!requests.iter().any(|request| stops(request)), "nothing stopped it: {requests:?}");
    // A `deploy` during the run would move the alias.
    let versions = requests.iter().filter(|request| request.contains("/response-streaming-invocations?Qualifier=1 ")).count();
    assert_eq!(versions, 4, "{requests:?}");
}

#[test]
fn killed_function_is_restarted_and_its_lost_load_is_named() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.fault(1, Fault::Kill(8));
    let output = account.load(&["--duration", "10s"]).exits(0);
    let (reported, served) = account.counts();
    assert!(reported > 50 && reported <= served, "{reported} of {served}: {output}");
    output.prints(&["shard ", "lost from", "1 of 2 shards generated all of their load"]);
    assert_eq!(account.front.invocations(), 3, "{output}");
}

#[test]
fn function_that_never_answers_is_lost_from_the_start() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.fault(0, Fault::Never);
    let output = account.load(&["--duration", "6s"]).exits(3);
    output.prints(&["not ready within 20s", "lost from 00:00"]);
    let (reported, served) = account.counts();
    assert!(reported > 10 && reported == served, "{reported} of {served}: {output}");
}

#[test]
fn function_that_is_refused_during_a_run_breaks_the_test_in_every_file() {
    needs!("ministack");
    let account = Account::deployed();
    let running =
        account.load(&["--duration", "24s", "--interval", "12s", "--junit", "run.xml", "--summary-md", "run.md", "--html", "run.html"]);
    // The functions of the first interval are running. Those of the second are invoked five seconds before it begins.
    account.wait_for_load();
    account.front.deny(Some("/response-streaming-invocations"));
    let output = running.exits(3);
    output.prints(&["Verdict: broken: shard "]);
    let file = |name: &str| account.project.read(name);
    let report = account.project.json("run.json");
    assert_eq!((report["verdict"].as_str(), report["summary"]["verdict"].as_str()), (Some("broken"), Some("broken")), "{output}");
    assert!(file("run.xml").contains("<error message=\"broken: shard "), "{}", file("run.xml"));
    assert!(file("run.md").lines().next().unwrap().contains("❌ broken: shard ") && file("run.html").contains("\"verdict\":\"broken\""));
    assert!(account.counts().0 > 10, "what was counted before is reported: {output}");
}

#[test]
fn hanging_function_is_detected() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.fault(0, Fault::Hang(4));
    let output = account.load(&["--duration", "8s"]).exits(3);
    output.prints(&["it hangs: no frame arrived in time"]);
    let (reported, served) = account.counts();
    assert!(reported > 10 && reported <= served, "{reported} of {served}: {output}");
}

#[test]
fn frame_cut_off_never_doubles_the_load() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.fault(0, Fault::Cut(4));
    let output = account.load(&["--duration", "20s"]).exits(0);
    output.prints(&["the connection to it was lost"]);
    // The function that continued was told to stop before another replaced it.
    assert!(account.front.requests().iter().any(|request| request.starts_with("PUT") && request.contains("now ")), "{output}");
    assert!(account.front.peak() <= 2, "{output}");
    let (reported, served) = account.counts();
    assert!(reported > 50 && reported == served, "what it kept counts: {reported} of {served}: {output}");
}

#[test]
fn event_delivered_twice_is_run_once() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.fault(0, Fault::Twice);
    let output = account.load(&["--duration", "4s"]).exits(0);
    let (reported, served) = account.counts();
    assert_eq!(reported, served, "{output}");
}

#[test]
fn function_that_starts_late_is_reported() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.fault(0, Fault::Delay(Duration::from_secs(9)));
    let output = account.load(&["--duration", "8s"]).exits(0);
    output.prints(&["lost from 00:00:00 to 00:00:0", "it started late"]);
    let (reported, served) = account.counts();
    assert_eq!(reported, served, "{output}");
}

#[test]
fn throttled_invocations_are_repeated_and_a_late_start_is_reported() {
    needs!("ministack");
    let account = Account::deployed();
    // The pauses of 0.25, 0.5, 1, 2 and 4 seconds add up to more than the lead time of an invocation.
    for nth in 0..5 {
        account.front.fault(nth, Fault::Throttle);
    }
    let output = account.load(&["--shards", "1", "--duration", "8s"]).exits(0);
    output.prints(&["throttled", "lost from 00:00"]);
    let (reported, served) = account.counts();
    assert_eq!(reported, served, "{output}");
}

#[test]
fn short_outage_of_the_whole_network_loses_no_result() {
    needs!("ministack");
    let account = Account::deployed();
    let running = account.load(&["--duration", "30s"]);
    account.wait_for_load();
    account.front.down_for(Duration::from_secs(10));
    let output = running.exits(0);
    output.prints(&["the connection to it was lost", "lost from"]);
    let (reported, served) = account.counts();
    assert!(reported > 100 && reported == served, "{reported} of {served}: {output}");
    assert!(account.front.peak() <= 2, "never twice the load: {output}");
}

#[test]
fn ctrl_c_stops_the_fleet_and_removes_the_control_object() {
    needs!("ministack");
    let account = Account::deployed();
    let running = account.load(&["--duration", "120s"]);
    account.wait_for_load();
    running.interrupt();
    let output = running.exits(130);
    let (reported, served) = account.counts();
    assert!(reported > 10, "{output}");
    assert_eq!(reported, served, "{output}");
    let requests = account.front.requests();
    assert!(requests.iter().any(|request| stops(request)), "{requests:?}");
    assert!(requests.iter().any(|request| request.starts_with("DELETE") && request.contains("/control")), "{requests:?}");
    wait_until("no function runs", || account.front.running() == 0);
    assert_eq!(account.served(), served, "what the last function sent is reported");
}

#[test]
fn without_streaming_all_results_come_at_the_end() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.without_streaming(true);
    let output = account.load(&["--duration", "3s"]).exits(0);
    let (reported, served) = account.counts();
    assert_eq!(reported, served, "{output}");
    assert!(reported > 10, "{output}");
}

#[test]
fn output_that_a_proxy_buffers_counts_and_is_reported_with_its_fix() {
    needs!("ministack");
    let account = Account::deployed();
    for nth in 0..6 {
        account.front.fault(nth, Fault::Buffer);
    }
    // Longer than the time after which a function without frames counts as hanging.
    let output = account.load(&["--duration", "30s"]).output();
    output.prints(&["the output of functions arrives only at their end", "NO_PROXY=.amazonaws.com"]);
    let (reported, served) = account.counts();
    assert_eq!(reported, served, "{output}");
    assert!(account.front.peak() <= 2, "never twice the load: {output}");
}

#[test]
fn function_that_cannot_read_the_control_channel_generates_no_load() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.deny(Some("GET /*/control"));
    let output = account.load(&["--duration", "4s"]).exits(3);
    output.prints(&["cannot read the control channel", "so no load was generated", "allow s3:GetObject to the function's role"]);
    assert_eq!((account.served(), account.front.running()), (0, 0), "{output}");
}

#[test]
fn channel_that_becomes_unwritable_at_a_border_is_reported_and_loses_nothing() {
    needs!("ministack");
    let account = Account::deployed();
    let running = account.load(&["--duration", "24s", "--interval", "12s"]);
    account.wait_for_load();
    let requests = account.front.requests();
    let write = requests.iter().find(|request| request.starts_with("PUT") && request.contains("/control")).expect("it is written");
    // Functions still read the channel. Those of the next interval are invoked a few seconds before the border.
    let (run, _) = write.rsplit_once("/control").unwrap();
    account.front.deny(Some(&format!("{run}/control")));
    wait_until("the next functions run", || account.front.invocations() == 4);
    std::thread::sleep(Duration::from_secs(5));
    account.front.deny(None);
    let output = running.exits(0);
    output.prints(&["cannot use the control channel: "]).omits(&["lost from", "stopped by itself"]);
    let (reported, served) = account.counts();
    assert_eq!(reported, served, "{output}");
    assert_eq!(account.front.invocations(), 4, "{output}");
}

#[test]
fn errors_before_a_run_are_reported_before_any_load() {
    needs!("ministack");
    let account = Account::new();
    let run = ["run", "--engine", "lambda", "--yes", "--duration", "4s", "--clients", "4"];
    let nobody = account.run(&run).env_remove("AWS_ACCESS_KEY_ID").exits(3);
    nobody.prints(&["no AWS credentials found"]);
    account.front.rights().only_key(Some("AKIDRIGHT"));
    let wrong = account.run(&run).exits(3);
    wrong.prints(&["the keys are wrong or expired"]);
    account.front.rights().only_key(None);
    let missing = account.run(&run).exits(3);
    missing.prints(&["it is not deployed: run `deploy --region us-west-2` first"]);
    account.run(&["deploy"]).exits(0);
    let many = account.run(&[&run[..], &["--shards", "60"]].concat()).exits(3);
    many.prints(&["capacity for 50 functions at once"]);
    assert_eq!(account.front.invocations(), 0);
    assert_eq!(account.served(), 0);
}

#[test]
fn event_over_the_limit_of_lambda_is_refused_before_any_health_check() {
    needs!("ministack");
    let account = Account::deployed();
    let before = account.all_requests();
    account.project.edit("config/cs1.yml", "${TPDATA_TOKEN:-demo-token}", &"x".repeat(7_000_000));
    let run = account.run(&["run", "--yes", "--duration", "2s", "--clients", "2"]).exits(2);
    run.prints(&["unexpected event of 7.0 MB, expected at most 6.3 MB: shorten the environment"]);
    assert_eq!(account.all_requests(), before);
}

/// The event of a run, passed to AWS's own emulator of a single function.
#[test]
fn binary_serves_the_runtime_interface_emulator_of_aws() {
    needs!("ministack", "aws-lambda-rie");
    let emulator = rig::emulator(&binary("tpdata"));
    let account = Account::deployed();
    account.load(&["--shards", "1", "--duration", "2s"]).exits(0);
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
fn run_of_a_killed_orchestrator_is_stopped_and_collected_from_another_machine() {
    needs!("ministack");
    let account = Account::deployed();
    account.project.edit("specs/tpdata.profile.yml", "    duration: 10s", "    duration: 10s\n    without_orchestrator: finish");
    let running = account.load(&["--duration", "120s"]);
    account.wait_for_load();
    // Dropping the process kills it. A machine without the run's directory finds the run in the bucket.
    drop(running);
    std::fs::remove_dir_all(account.project.path().join("runs")).unwrap();
    account.run(&["runs"]).exits(0).prints(&["s3://", "running"]);
    account.run(&["destroy", "--yes"]).exits(2).prints(&["it is going on: end it with `stop` before `destroy`"]);
    account.run(&["stop"]).exits(0).prints(&["its orchestrator does not answer, so its functions were told to stop"]);
    // The front no longer follows a function whose orchestrator is gone. Its last frame shows that it has ended.
    wait_until("all functions have ended", || account.run(&["collect"]).output().code == Some(130));
    // Without a terminal and `--yes`, nothing is removed.
    account.run(&["destroy"]).exits(2).prints(&["what its functions kept is removed, too; `collect` reports it"]);
    let output = account.run(&["collect", "--json", "run.json", "--remove"]).exits(130);
    let (reported, served) = account.counts();
    assert!(reported > 10, "{output}");
    assert_eq!(reported, served, "{output}");
    account.run(&["runs"]).exits(0).prints(&["no runs"]);
}

#[test]
fn results_that_cannot_be_kept_refuse_a_run_that_needs_them() {
    needs!("ministack");
    let account = Account::deployed();
    account.project.edit("specs/tpdata.profile.yml", "    duration: 10s", "    duration: 10s\n    without_orchestrator: finish");
    account.front.deny(Some("/kept/"));
    let output = account.load(&["--duration", "4s"]).exits(3);
    output.prints(&["cannot keep results, as `without_orchestrator: finish` needs", "allow s3:PutObject to the function's role"]);
    assert_eq!(account.served(), 0, "{output}");
}

#[test]
fn renewed_values_reach_functions_through_the_control_channel() {
    needs!("ministack");
    let echo = Echo::start();
    let account = Account::of(renewal::project(&echo), "renewal");
    account.run(&["deploy", "--region", "us-west-2"]).exits(0);
    let tokens = renewal::pairs(&echo, "/token").len();
    account.front.requests();
    let output = account.load(&["--duration", "12s"]).exits(0);
    let made: BTreeSet<String> =
        renewal::pairs(&echo, "/token").split_off(tokens).into_iter().filter_map(|mut pairs| pairs.remove("token")).collect();
    let mut of_shard: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for pairs in renewal::pairs(&echo, "/use") {
        assert!(made.contains(&pairs["token"]), "{pairs:?}");
        of_shard.entry(pairs["shard"].clone()).or_default().insert(pairs["token"].clone());
    }
    // Functions read the channel every two seconds.
    assert!(of_shard.len() == 2 && of_shard.values().all(|tokens| tokens.len() >= 3), "{of_shard:?} {output}");
    let requests = account.front.requests();
    assert!(!requests.iter().any(|request| made.iter().any(|token| request.contains(token.as_str()))), "values are sealed: {requests:?}");
}
