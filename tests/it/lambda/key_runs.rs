//! Keys that expire during a run: those that can be refreshed are, and a run whose session ends loses no result.

use std::process::Command;
use std::time::Duration;

use super::Account;
use super::credentials::{with_process, without_keys};
use super::key_sources::Place;
use crate::rig::{self, KeySource};
use crate::tools::needs;

const LOAD: [&str; 11] = [
    "run",
    "--engine",
    "lambda",
    "--yes",
    "--shards=2",
    "--clients=6",
    "--hatch-rate=100",
    "--stats-interval=1s",
    "--json",
    "run.json",
    "--duration",
];

/// The time in some seconds, as files of credentials have it.
fn time_in(seconds: u32) -> String {
    let date = Command::new("date").args(["-u", "-d", &format!("+{seconds} seconds"), "+%Y-%m-%dT%H:%M:%SZ"]).output().unwrap();
    String::from_utf8(date.stdout).unwrap().trim().to_owned()
}

#[test]
fn keys_that_expire_during_a_run_are_refreshed() {
    needs!("ministack");
    let account = Account::deployed();
    let (brief, seam) = (&["8s"][..], &["20s", "--interval=10s"][..]);
    for (place, more, functions) in [
        (Place::Container, brief, 2),
        (Place::Instance, brief, 2),
        // The functions of the second interval are invoked with later keys.
        (Place::Pod, seam, 4),
        (Place::Sso("2125-01-01T00:00:00Z"), brief, 2),
    ] {
        let (served, invocations) = (account.served(), account.front.invocations());
        // Keys are refreshed a minute before they expire, so the run needs new ones every few seconds.
        let source = KeySource::start(&account.key, Duration::from_secs(64));
        let output = place.keys(&account, &source, account.run(&[&LOAD[..], more].concat())).exits(0);
        let reported = account.project.report("run.json").figure("Create treatment variant", "requests");
        assert_eq!(reported, account.served() - served, "{place:?}: {output}");
        assert_eq!(account.front.invocations() - invocations, functions, "{place:?}: {output}");
        assert!(source.served() >= 3, "{place:?}: {} times: {output}", source.served());
    }
    with_process(&account, "64 seconds");
    let output = without_keys(account.run(&[&LOAD[..], brief].concat())).exits(0);
    assert!(account.project.read("asked").lines().count() >= 3, "{output}");
}

#[test]
fn sso_session_that_ends_during_a_run_is_refused_or_loses_no_result() {
    needs!("ministack");
    // Functions may run for longer than in other tests.
    let account = Account { front: rig::front(Duration::from_secs(120)), ..Account::new() };
    account.project.edit("specs/tpdata.profile.yml", "    duration: 10s", "    duration: 10s\n    without_orchestrator: 20s");
    account.run(&["deploy", "--region", "us-west-2"]).exits(0);
    // The portal gives keys for a quarter of a minute, until the session ends.
    let source = KeySource::start(&account.key, Duration::from_secs(15));
    let ends = time_in(25);
    let run = |more: &[&str]| Place::Sso(&ends).keys(&account, &source, account.run(&[&LOAD[..], more].concat()));
    let refused = run(&["90s"]).exits(2);
    refused.prints(&[&format!("the SSO session of the profile `sso` ends at {ends}"), "run `aws sso login --profile sso`"]);
    assert_eq!((account.served(), account.front.invocations()), (0, 0), "{refused}");
    // Without keys, nothing starts or stops functions: those that run hear nothing and stop by themselves.
    let output = run(&["90s", "--allow-expiring"]).exits(3);
    output.prints(&["cannot use the control channel: no AWS credentials found", "6 users: no AWS credentials found: "]);
    output.omits(&["may still be running", "had no answer"]);
    let (reported, served) = account.counts();
    assert!(reported > 50 && reported == served, "{reported} of {served}: {output}");
}
