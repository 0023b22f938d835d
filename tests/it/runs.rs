//! The binaries of the example specs, in one process: debugging, load on the demo server, thresholds and reports.

use crate::command::Run;
use crate::project::{Project, binary};
use crate::report::Report;

#[test]
fn debug_shows_every_exchange_with_its_verdicts() {
    let project = Project::examples();
    let output = project.run("tpdata", &["--debug"]).exits(0);
    output.prints(&[
        "== TPDataUser: CheckTreatmentVariants",
        "-- step \"Create treatment\" skip interrupt specs/tpdata.lt:30:8",
        "/tpdata/treatments",
        "Authorization: Bearer ***",
        "> Content-Length: ",
        "> User-Agent: ltc/",
        "< HTTP/1.1 201",
        "✓ expect 201",
        "✓ expect text \"TreatmentVariant\"",
        "✓ expect 200 | 304  got 200",
        "✓ expect elapsed < 500ms  got ",
        "take treatment = ",
        "first byte",
        "3 steps, 0 failed",
        "tpdata: version",
    ]);
    output.omits(&["demo-token"]);
}

#[test]
fn debug_fails_where_a_step_fails_and_names_the_location() {
    let project = Project::examples();
    let output = project.run("tpdata", &["--failures"]).env("TPDATA_TOKEN", "wrong-token").exits(1);
    output.prints(&["specs/tpdata.lt:32:5", "expected status 201, got 401"]);
}

#[test]
fn debug_with_failures_shows_failed_steps_only() {
    let project = Project::failing_examples();
    for args in [&["--failures"][..], &["--debug", "--failures"]] {
        let output = project.run("tpdata", args).exits(1);
        output.prints(&["503"]).omits(&["-- step \"Create treatment\" ", "== TPDataUser"]);
    }
}

#[test]
fn users_that_do_not_start_before_the_end_give_a_warning() {
    let project = Project::examples();
    let output = project.run("shop", &["--clients", "50", "--hatch-rate", "10", "--duration", "2s"]).exits(0);
    output.prints(&["warning: the test lasts 2s, in which only 20 of the 50 users start: raise `hatch_rate` (--hatch-rate) or `duration`"]);
    project.run("shop", &["--clients", "20", "--hatch-rate", "10", "--duration", "2s"]).exits(0).omits(&["users start"]);
}

#[test]
fn example_specs_pass_debug() {
    let project = Project::examples();
    for spec in ["shop", "notes", "graph", "signed"] {
        project.run(spec, &["--debug", "--seed", "7"]).exits(0);
    }
}

#[test]
fn load_run_counts_the_requests_that_the_server_counts() {
    let project = Project::examples();
    let load = ["--clients", "6", "--hatch-rate", "100", "--duration", "3s", "--csv", "out/run", "--json", "run.json"];
    let output = project.run("tpdata", &load).exits(0);
    let report = project.report("run.json");
    let count = |name: &str| report.figure(name, "requests");
    assert_eq!(count("Create treatment variant"), project.route("POST /tpdata/treatments/{treatment}/variants"));
    assert_eq!(count("Get treatment variant"), project.route("GET /tpdata/treatments/{treatment}/variants/{id}"));
    assert!(count("Get treatment variant") > 50, "{output}");
    let csv = project.read("out/run_stats.csv");
    assert!(csv.starts_with("Type,Name,Request Count,Failure Count,Median Response Time"), "{csv}");
    assert!(csv.lines().last().unwrap().contains("Aggregated"), "{csv}");
    output.prints(&["Get treatment variant", "p99.99"]);
}

#[test]
fn failures_are_reported_with_their_location() {
    let project = Project::failing_examples();
    let output = project.run("tpdata", &["--clients", "3", "--duration", "2s", "--json", "run.json"]).exits(0);
    output.prints(&["specs/tpdata.lt:38:5", "expected status 201, got 503"]);
}

#[test]
fn unreachable_server_ends_the_test_before_any_load() {
    let project = Project::examples();
    project.edit("config/cs1.yml", &project.server().addr().to_string(), "127.0.0.1:9");
    project.write("run.xml", "an earlier run, which passed");
    let output = project.run("tpdata", &["--duration", "2s", "--json", "run.json", "--junit", "run.xml"]).exits(3);
    output.prints(&["health check of tpdata failed", "refused"]);
    let report = project.json("run.json");
    assert_eq!((report["verdict"].as_str(), report["setup"]["health_checks"]["failures"].as_u64()), (Some("broken"), Some(1)), "{report}");
    let junit = project.read("run.xml");
    assert!(junit.contains("<error message=\"broken: ") && !junit.contains("an earlier run"), "{junit}");
}

#[test]
fn ctrl_c_stops_gracefully_and_still_reports() {
    let project = Project::examples();
    let running = project.run("tpdata", &["--clients", "5", "--duration", "10m"]).start();
    project.wait_for_requests(10);
    running.interrupt();
    let output = running.exits(130);
    assert!(output.stdout.contains("Get treatment variant"), "no report:\n{output}");
}

#[test]
fn configuration_errors_are_reported_with_their_location() {
    let project = Project::examples();
    project.run("tpdata", &["--env", "cs9"]).exits(2).prints(&["unknown environment `cs9`"]);
    project.run("tpdata", &["--only", "CheckTreatmentVariant"]).exits(2).prints(&["CheckTreatmentVariants"]);
    project.edit("config/cs1.yml", "  url: ${", "  urk: ${");
    project.run("tpdata", &["--debug"]).exits(2).prints(&["did you mean"]);
}

#[test]
fn the_same_seed_sends_the_same_values() {
    let project = Project::examples();
    let ids = |seed: &str| {
        let output = project.run("tpdata", &["--debug", "--seed", seed]).exits(0);
        output.lines().filter(|line| line.contains("\"iid\"")).map(str::to_owned).collect::<Vec<_>>()
    };
    let first = ids("42");
    assert!(!first.is_empty());
    assert_eq!(first, ids("42"));
    assert_ne!(first, ids("43"));
}

#[test]
fn report_without_room_leaves_the_earlier_one() {
    let project = Project::examples();
    project.write("r.json", "an earlier report");
    let load = "--clients 1 --hatch-rate 100 --duration 1s --json r.json --html new.html --csv new";
    let run = format!("ulimit -f 2; exec '{}' {load}", binary("tpdata").display());
    let output = Run::new("sh", project.path()).args(&["-c", &run]).exits(3);
    output.prints(&["warning: cannot write r.json: ", "warning: cannot write new.html: "]);
    assert_eq!(std::fs::read_to_string(project.path().join("r.json")).unwrap(), "an earlier report");
    let parts = std::fs::read_dir(project.path()).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        let name = name.to_string_lossy();
        name.contains(".new-") || name == "new.html"
    });
    assert_eq!(parts.count(), 0, "{output}");
}

#[test]
fn journal_without_room_stops_no_run_and_loses_no_result() {
    for fleet in ["", "run --shards 2 "] {
        let project = Project::examples();
        // The limit of the size of files is that of a full disk. The report is written to a pipe, which has none.
        let load = "--clients 2 --hatch-rate 100 --duration 4s --stats-interval 500ms --out kept --json -";
        let run = format!("ulimit -f 2; exec '{}' {fleet}{load}", binary("tpdata").display());
        let output = Run::new("sh", project.path()).env_remove("LTC_DEMO_URL").args(&["-c", &run]).exits(0);
        output.prints(&["warning: cannot write ", "journal: ", "the run goes on, and its results stay in memory"]);
        let report = Report(serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}")));
        let served = project.route("GET /tpdata/treatments/{treatment}/variants/{id}");
        assert!(served > 10, "{output}");
        assert_eq!(report.figure("Get treatment variant", "requests"), served, "{output}");
    }
}

#[test]
fn unwritable_output_is_reported_before_the_load() {
    let project = Project::examples();
    project.write("out", "a file where a folder is wanted");
    let output = project.run("tpdata", &["--duration", "2s", "--csv", "out/run", "--json", "good/run.json"]).exits(3);
    output.prints(&["cannot write out/run_stats.csv"]);
    assert_eq!(project.route("POST /tpdata/treatments"), 0);
}

/// Adds thresholds to the profile.
fn with_thresholds(project: &Project, thresholds: &str) {
    let profile = project.read("specs/tpdata.profile.yml");
    project.write("specs/tpdata.profile.yml", format!("{profile}  thresholds: {thresholds}\n"));
}

#[test]
fn thresholds_decide_the_exit_code() {
    let project = Project::examples();
    with_thresholds(&project, r#"['all.failures < 1%', '"Get treatment variant".p99 < 10s', 'all.rps > 1', 'p50 < baseline * 100']"#);
    let load = ["--clients", "3", "--duration", "2s", "--stats-interval", "500ms"];
    let output = project.run("tpdata", &[&load[..], &["--json", "base.json"]].concat()).exits(0);
    output.prints(&["✓ all.failures < 1%  0%", "the threshold `p50 < baseline * 100` is not evaluated"]);

    let project_2 = Project::examples().file("base.json", project.read("base.json"));
    with_thresholds(&project_2, r#"['p50 < baseline * 0.0001', 'failures < 1%']"#);
    let output = project_2.run("tpdata", &[&load[..], &["--baseline", "base.json", "--json", "run.json"]].concat()).exits(1);
    output.prints(&["✗ p50 < baseline * 0.0001", "✓ failures < 1%"]);
    let report = project_2.json("run.json");
    assert_eq!(report["summary"]["verdict"], "failed");
    assert_eq!(report["thresholds"][0]["outcome"], "failed");
}

#[test]
fn broken_threshold_with_abort_stops_the_test() {
    let project = Project::failing_examples();
    with_thresholds(&project, "['failures < 10% abort after 2s']");
    let output = project.run("tpdata", &["--clients", "3", "--duration", "10m", "--stats-interval", "500ms"]).exits(1);
    output.omits(&["env cs1 · 00:10:00"]);
    output.prints(&["stopping: the threshold `failures < 10% abort after 2s` is broken (100%"]);
    output.prints(&["✗ failures < 10% abort after 2s  100% (from 00:00:00 to 00:0"]);
}

#[test]
fn threshold_on_an_unknown_step_is_rejected() {
    let project = Project::examples();
    with_thresholds(&project, r#"['"Get treatment varient".p99 < 300ms']"#);
    let output = project.run("tpdata", &["--duration", "2s"]).exits(2);
    output.prints(&["specs/tpdata.profile.yml:", "did you mean `Get treatment variant`?"]);
    project.ltc(&["check", "specs/tpdata.lt"]).exits(2).prints(&["did you mean `Get treatment variant`?"]);
}

#[test]
fn reports_are_rendered_again_merged_and_compared() {
    let project = Project::examples();
    with_thresholds(&project, "['failures < 1%', '\"Get treatment variant\".p99 < 1us']");
    let file = |name: &str| project.read(name);
    let outputs = ["--json", "run.json", "--html", "run.html", "--junit", "run.xml", "--summary-md", "run.md"];
    let load = ["--clients", "5", "--duration", "3s", "--stats-interval", "500ms"];
    project.run("tpdata", &[&load[..], &outputs].concat()).exits(1);
    assert!(file("run.html").contains("Get treatment variant") && file("run.md").contains("❌ failed: 1 of 2 thresholds failed"));
    assert!(file("run.xml").contains("<testsuite name=\"thresholds\" tests=\"2\" failures=\"1\""), "{}", file("run.xml"));

    let outputs = ["--json", "again.json", "--html", "again.html", "--junit", "again.xml", "--summary-md", "again.md", "--csv", "again"];
    let again = project.run("tpdata", &[&["report", "run.json"][..], &outputs].concat()).exits(1);
    for kind in ["json", "html", "xml", "md"] {
        assert_eq!(file(&format!("run.{kind}")), file(&format!("again.{kind}")), "{kind}");
    }
    again.prints(&["p99.99"]);
    assert!(file("again_stats.csv").contains("Aggregated"));

    let itself = project.run("tpdata", &["merge", "run.json", "again.json", "-o", "all.json"]).exits(2);
    itself.prints(&["error: run.json and again.json are of the same run"]);
    project.run("tpdata", &["--clients", "2", "--duration", "2s", "--json", "second.json"]).exits(1);
    let merged = project.run("tpdata", &["merge", "run.json", "second.json", "-o", "all.json"]).exits(1);
    merged.prints(&["warning: the merged runs differ: plan: up to 5 users in 3s, up to 2 users in 2s"]);
    let requests = |name: &str| project.report(name).requests();
    assert_eq!(requests("all.json"), requests("run.json") + requests("second.json"));
    project.write("old.json", file("run.json").replace("ltc.report/2", "ltc.report/1"));
    for args in [&["report", "old.json"][..], &["merge", "old.json", "run.json", "-o", "x.json"], &["compare", "old.json", "run.json"]] {
        project.run("tpdata", args).exits(2).prints(&["old.json: the report is of version 1 (\"ltc.report/1\")"]);
    }

    let same = project.run("tpdata", &["compare", "run.json", "again.json"]).exits(0);
    same.prints(&["The new run is not worse by more than 5 %.", "warning: run.json and again.json are of the same run"]);

    let failing = Project::failing_examples();
    failing.run("tpdata", &[&load[..], &["--json", "failing.json"]].concat()).exits(0);
    project.write("failing.json", failing.read("failing.json"));
    let worse = project.run("tpdata", &["compare", "run.json", "failing.json", "--tolerance", "20%"]).exits(1);
    worse.prints(&["Create treatment variant: failures 0% → 100%"]);
    project.run("tpdata", &["compare", "run.json", "run.md"]).exits(2);
}
