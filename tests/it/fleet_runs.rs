//! `runs`, `stop` and `collect` on processes of this machine: running tests, tests that another process ends, and tests whose orchestrator
//! was killed.

use crate::command::Run;
use crate::machine;
use crate::project::{Project, binary};

/// A load on two shards, with frequent results.
fn fleet(project: &Project, mark: &str, args: &[&str]) -> Run {
    let load = ["run", "--shards", "2", "--clients", "6", "--hatch-rate", "100", "--stats-interval=500ms"];
    project.run("tpdata", &[&load[..], args].concat()).env("LTC_TEST_MARK", mark)
}

fn mark(name: &str) -> String {
    format!("{name}-{}", std::process::id())
}

fn wait_until_no_shard_is_left(mark: &str) {
    machine::wait_until("no shard is left", || machine::processes_with("LTC_TEST_MARK", mark) == 0);
}

/// The step whose requests are counted.
const STEP: &str = "Get treatment variant";

fn served(project: &Project) -> u64 {
    project.route("GET /tpdata/treatments/{treatment}/variants/{id}")
}

#[test]
fn stop_ends_a_run_of_another_terminal_with_its_report() {
    let project = Project::examples();
    project.run("tpdata", &["runs"]).exits(0).prints(&["no runs"]);
    project.run("tpdata", &["stop"]).exits(2).prints(&["no run is going on: `runs` lists all"]);
    let running = fleet(&project, &mark("stopped"), &["--duration", "10m", "--json", "run.json"]).start();
    project.wait_for_requests(30);
    project.run("tpdata", &["runs"]).exits(0).prints(&["running"]);
    project.run("tpdata", &["stop", "tpdata-0"]).exits(2).prints(&["unknown run `tpdata-0`"]);
    project.run("tpdata", &["stop"]).exits(0).prints(&["stopping; its orchestrator writes the report"]);
    running.exits(130).prints(&["stopping: `stop` asks for it", "Verdict: interrupted"]);
    assert_eq!(project.report("run.json").figure(STEP, "requests"), served(&project));
    project.run("tpdata", &["runs"]).exits(0).prints(&["interrupted"]).omits(&["running"]);
    project.run("tpdata", &["collect"]).exits(2).prints(&["no run kept results"]);
    // A run that ended before anything was stored has only its record.
    let runs = project.path().join("runs");
    let record = std::fs::read_dir(&runs).unwrap().next().unwrap().unwrap().path().join("run.json");
    std::fs::create_dir(runs.join("early")).unwrap();
    std::fs::copy(record, runs.join("early/run.json")).unwrap();
    project.run("tpdata", &["collect", "early"]).exits(2).prints(&["nothing was kept"]);
    project.run("tpdata", &["collect", "early", "--remove"]).exits(0).prints(&["it ended before its functions kept anything; removed"]);
    project.run("tpdata", &["collect", "early"]).exits(2).prints(&["unknown run `early`"]);
}

#[test]
fn collect_reports_a_run_whose_orchestrator_was_killed_and_whose_functions_finished() {
    let project = Project::examples();
    project.edit("specs/tpdata.profile.yml", "    duration: 10s", "    duration: 10s\n    without_orchestrator: finish");
    let mark = mark("finished");
    let running = fleet(&project, &mark, &["--duration", "6s"]).start();
    project.wait_for_requests(10);
    // Dropping the process kills it.
    drop(running);
    wait_until_no_shard_is_left(&mark);
    let output = project.run("tpdata", &["collect", "--json", "run.json"]).exits(0);
    output.prints(&["collected from what 2 functions kept", "Verdict: no thresholds"]);
    assert_eq!(project.report("run.json").figure(STEP, "requests"), served(&project), "{output}");
}

#[test]
fn run_with_a_directory_of_its_own_is_stopped_and_collected_by_its_directory() {
    let project = Project::examples();
    project.edit("specs/tpdata.profile.yml", "    duration: 10s", "    duration: 10s\n    without_orchestrator: finish");
    let mark = mark("directory");
    let running = fleet(&project, &mark, &["--duration", "10m", "--out", "kept/here"]).start();
    project.wait_for_requests(10);
    drop(running);
    project.run("tpdata", &["stop"]).exits(2).prints(&["name a run with --out by its directory"]);
    // The directory of the run may be the current one.
    let here = project.path().join("kept/here");
    Run::new(binary("tpdata"), &here).args(&["collect", "."]).exits(3).prints(&["its functions may still generate load"]);
    project.run("tpdata", &["stop", "kept/here"]).exits(0).prints(&["`collect kept/here` reports what they kept"]);
    wait_until_no_shard_is_left(&mark);
    project.run("tpdata", &["collect", "kept/here", "--json", "run.json"]).exits(130);
    assert_eq!(project.report("run.json").figure(STEP, "requests"), served(&project));
}

#[test]
fn stop_reaches_functions_whose_orchestrator_was_killed() {
    let project = Project::examples();
    project.edit("specs/tpdata.profile.yml", "    duration: 10s", "    duration: 10s\n    without_orchestrator: finish");
    let mark = mark("orphaned");
    let running = fleet(&project, &mark, &["--duration", "10m"]).start();
    project.wait_for_requests(10);
    drop(running);
    let output = project.run("tpdata", &["stop"]).exits(0);
    output.prints(&["its orchestrator does not answer, so its functions were told to stop"]);
    wait_until_no_shard_is_left(&mark);
    project.run("tpdata", &["collect", "--json", "run.json"]).exits(130);
    assert_eq!(project.report("run.json").figure(STEP, "requests"), served(&project));
}
