//! Outages of the network between the orchestrator and AWS: functions run on, and what they kept meanwhile is merged into the report once.

use std::time::Duration;

use super::Account;
use crate::command::{Output, Running};
use crate::machine::wait_until;
use crate::project::Project;
use crate::rig;
use crate::tools::needs;

const HALF_A_MINUTE: Duration = Duration::from_secs(30);

/// An account whose functions may run for longer than in other tests.
fn account(without_orchestrator: &str) -> Account {
    let project = Project::examples();
    let rule = format!("    duration: 10s\n    without_orchestrator: {without_orchestrator}");
    project.edit("specs/tpdata.profile.yml", "    duration: 10s", &rule);
    let account = Account { front: rig::front(Duration::from_secs(150)), ..Account::of(project, "tpdata") };
    account.run(&["deploy", "--region", "us-west-2"]).exits(0);
    account
}

/// Interrupts the network of the orchestrator for half a minute.
fn interrupted(account: &Account, running: Running, code: i32) -> Output {
    account.wait_for_load();
    account.front.separate_for(HALF_A_MINUTE);
    running.exits(code)
}

fn assert_all_is_reported_once(account: &Account, output: &Output) {
    let (reported, served) = account.counts();
    assert_eq!(reported, served, "{output}");
    assert!(reported > 100, "{output}");
    assert!(account.front.peak() <= 2, "never twice the load: {output}");
    account.run(&["runs", "--engine", "lambda"]).exits(0).prints(&["no runs"]);
}

#[test]
fn functions_that_finish_during_an_outage_lose_nothing() {
    needs!("ministack");
    let account = account("finish");
    let output = interrupted(&account, account.load(&["--duration", "25s"]), 0);
    output.prints(&["cannot use the control channel"]).omits(&["lost from", "`collect"]);
    assert_all_is_reported_once(&account, &output);
    assert_eq!(account.front.invocations(), 2, "{output}");
}

#[test]
fn functions_that_stop_by_themselves_during_an_outage_are_replaced_and_their_results_count() {
    needs!("ministack");
    let account = account("20s");
    let output = interrupted(&account, account.load(&["--duration", "60s"]), 0);
    output.prints(&["the connection to it was lost", "lost from 00:00:"]).omits(&["`collect"]);
    assert_all_is_reported_once(&account, &output);
    assert_eq!(account.front.invocations(), 4, "{output}");
}

#[test]
fn run_that_is_stopped_during_an_outage_is_collected_after_it() {
    needs!("ministack");
    let account = account("20s");
    let running = account.load(&["--duration", "120s"]);
    account.wait_for_load();
    // Some results arrive before the outage.
    std::thread::sleep(Duration::from_secs(4));
    let output = std::thread::scope(|scope| {
        scope.spawn(|| account.front.separate_for(HALF_A_MINUTE));
        wait_until("the connections are lost", || account.front.is_separated());
        running.interrupt();
        running.exits(130)
    });
    output.prints(&["its last results did not arrive", "`collect "]);
    let (reported, served) = account.counts();
    assert!(reported < served, "{output}");
    // The functions stopped by themselves, and kept all of their results.
    let mut collected = account.run(&["collect", "--json", "run.json"]).output();
    wait_until("all functions have ended", || {
        collected = account.run(&["collect", "--json", "run.json"]).output();
        !collected.contains("may still generate load")
    });
    let (reported, served) = account.counts();
    assert_eq!(reported, served, "{collected}");
    account.run(&["collect", "--remove"]).output();
    account.run(&["runs", "--engine", "lambda"]).exits(0).prints(&["no runs"]);
}
