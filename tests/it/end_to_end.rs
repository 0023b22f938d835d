//! The main job as a user does it: specs are built by `ltc`, and the binaries debug and load the demo API.

use std::fs;
use std::time::{Duration, Instant};

use crate::project::{Project, text};

#[test]
fn debug_shows_every_exchange_with_its_verdicts() {
    let project = Project::new();
    let output = project.run("tpdata", &["--debug"]);
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    for part in [
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
    ] {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
    assert!(!said.contains("demo-token"), "the token is shown:\n{said}");
}

#[test]
fn debug_fails_where_a_step_fails_and_names_the_place() {
    let project = Project::new();
    let output = project.command("tpdata", &["--failures"]).env("TPDATA_TOKEN", "wrong-token").output().unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("specs/tpdata.lt:32:5") && said.contains("expected status 201, got 401"), "{said}");
}

#[test]
fn all_example_specs_pass_debug() {
    let project = Project::new();
    for spec in ["shop", "notes", "graph", "signed"] {
        let output = project.run(spec, &["--debug", "--seed", "7"]);
        assert!(output.status.success(), "{spec}: {}", text(&output));
    }
}

#[test]
fn a_load_run_counts_what_the_server_counts() {
    let project = Project::new();
    let output =
        project.run("tpdata", &["--clients", "6", "--hatch-rate", "100", "--duration", "3s", "--csv", "out/run", "--json", "run.json"]);
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    let report: serde_json::Value = serde_json::from_slice(&fs::read(project.path().join("run.json")).unwrap()).unwrap();
    let served = project.served();
    let count = |name: &str| {
        let lines = report["names"].as_array().unwrap();
        let line = lines.iter().position(|line| line["name"] == name).unwrap_or_else(|| panic!("no line {name}: {report}"));
        report["total"]["names"][line]["requests"].as_u64().unwrap()
    };
    let route = |name: &str| served["routes"][name].as_u64().unwrap_or_else(|| panic!("no route {name}: {served}"));
    assert_eq!(count("Create treatment variant"), route("POST /tpdata/treatments/{treatment}/variants"));
    assert_eq!(count("Get treatment variant"), route("GET /tpdata/treatments/{treatment}/variants/{id}"));
    assert!(count("Get treatment variant") > 50, "{said}");
    let csv = fs::read_to_string(project.path().join("out/run_stats.csv")).unwrap();
    assert!(csv.starts_with("Type,Name,Request Count,Failure Count,Median Response Time"), "{csv}");
    assert!(csv.lines().last().unwrap().contains("Aggregated"), "{csv}");
    assert!(said.contains("Get treatment variant") && said.contains("p99.99"), "{said}");
}

#[test]
fn failures_are_counted_by_class_with_their_places() {
    let mut options = ltc::demo::Options::any_port();
    options.faults.status.insert("/tpdata/treatments/".to_owned(), 503);
    let project = Project::with(options);
    let output = project.run("tpdata", &["--clients", "3", "--duration", "2s", "--json", "run.json"]);
    let said = text(&output);
    assert!(output.status.success(), "failures are no threshold: {said}");
    assert!(said.contains("specs/tpdata.lt:38:5") && said.contains("expected status 201, got 503"), "{said}");
}

#[test]
fn an_unreachable_server_ends_the_test_before_any_load() {
    let project = Project::new();
    let config = project.path().join("config/cs1.yml");
    let closed = fs::read_to_string(&config).unwrap().replace(&project.server.addr().to_string(), "127.0.0.1:9");
    fs::write(&config, closed).unwrap();
    fs::write(project.path().join("run.xml"), "an earlier run, which passed").unwrap();
    let output = project.run("tpdata", &["--duration", "2s", "--json", "run.json", "--junit", "run.xml"]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("health check of tpdata failed") && said.contains("refused"), "{said}");
    let report: serde_json::Value = serde_json::from_slice(&fs::read(project.path().join("run.json")).unwrap()).unwrap();
    assert_eq!((report["verdict"].as_str(), report["setup"]["health_checks"]["failures"].as_u64()), (Some("broken"), Some(1)), "{report}");
    let junit = fs::read_to_string(project.path().join("run.xml")).unwrap();
    assert!(junit.contains("<error message=\"broken: ") && !junit.contains("an earlier run"), "{junit}");
}

#[test]
fn ctrl_c_stops_gracefully_and_still_reports() {
    let project = Project::new();
    let mut child = project
        .command("tpdata", &["--clients", "5", "--duration", "10m"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    project.wait_for_requests(10);
    let begun = Instant::now();
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(120), "it went on: {:?}", begun.elapsed());
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stdout.take().unwrap(), &mut said).unwrap();
    assert!(said.contains("Get treatment variant"), "no report:\n{said}");
}

#[test]
fn what_is_wrong_in_the_configuration_is_said_with_its_place() {
    let project = Project::new();
    let output = project.run("tpdata", &["--env", "cs9"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("unknown environment `cs9`"), "{}", text(&output));

    let output = project.run("tpdata", &["--only", "CheckTreatmentVariant"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("CheckTreatmentVariants"), "{}", text(&output));

    let config = project.path().join("config/cs1.yml");
    let broken = fs::read_to_string(&config).unwrap().replace("  url: ${", "  urk: ${");
    fs::write(&config, broken).unwrap();
    let output = project.run("tpdata", &["--debug"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("did you mean"), "{}", text(&output));
}

#[test]
fn the_same_seed_sends_the_same_values() {
    let project = Project::new();
    let ids = |seed: &str| {
        let output = project.run("tpdata", &["--debug", "--seed", seed]);
        let said = text(&output);
        said.lines().filter(|line| line.contains("\"iid\"")).map(str::to_owned).collect::<Vec<_>>()
    };
    let first = ids("42");
    assert!(!first.is_empty());
    assert_eq!(first, ids("42"));
    assert_ne!(first, ids("43"));
}

#[test]
fn a_file_that_cannot_be_written_is_said_before_the_load() {
    let project = Project::new();
    fs::write(project.path().join("out"), "a file where a folder is wanted").unwrap();
    let output = project.run("tpdata", &["--duration", "2s", "--csv", "out/run", "--json", "good/run.json"]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("cannot write out/run_stats.csv"), "{said}");
    assert_eq!(project.served()["routes"]["POST /tpdata/treatments"].as_u64().unwrap_or(0), 0);
}

/// The profile with thresholds of its own.
fn with_thresholds(project: &Project, thresholds: &str) {
    let path = project.path().join("specs/tpdata.profile.yml");
    let profile = fs::read_to_string(&path).expect("the profile was copied");
    fs::write(path, format!("{profile}  thresholds: {thresholds}\n")).expect("a file");
}

#[test]
fn thresholds_decide_how_a_test_ends() {
    let project = Project::new();
    with_thresholds(&project, r#"['all.failures < 1%', '"Get treatment variant".p99 < 10s', 'all.rps > 1', 'p50 < baseline * 100']"#);
    let load = ["--clients", "3", "--duration", "2s", "--stats-interval", "500ms"];
    let passed = project.run("tpdata", &[&load[..], &["--json", "base.json"]].concat());
    let said = text(&passed);
    assert!(passed.status.success(), "{said}");
    assert!(said.contains("✓ all.failures < 1%  0%") && said.contains("the threshold `p50 < baseline * 100` is not evaluated"), "{said}");

    let project_2 = Project::new();
    fs::copy(project.path().join("base.json"), project_2.path().join("base.json")).unwrap();
    with_thresholds(&project_2, r#"['p50 < baseline * 0.0001', 'failures < 1%']"#);
    let failed = project_2.run("tpdata", &[&load[..], &["--baseline", "base.json", "--json", "run.json"]].concat());
    let said = text(&failed);
    assert_eq!(failed.status.code(), Some(1), "{said}");
    assert!(said.contains("✗ p50 < baseline * 0.0001") && said.contains("✓ failures < 1%"), "{said}");
    let report: serde_json::Value = serde_json::from_slice(&fs::read(project_2.path().join("run.json")).unwrap()).unwrap();
    assert_eq!(report["summary"]["verdict"], "failed");
    assert_eq!(report["thresholds"][0]["outcome"], "failed");
}

#[test]
fn a_broken_threshold_stops_the_test() {
    let mut options = ltc::demo::Options::any_port();
    options.faults.status.insert("/tpdata/treatments/".to_owned(), 503);
    let project = Project::with(options);
    with_thresholds(&project, "['failures < 10% abort after 2s']");
    let output = project.run("tpdata", &["--clients", "3", "--duration", "60s", "--stats-interval", "500ms"]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("tpdata · env cs1 · 00:00:0"), "it went on: {said}");
    assert!(said.contains("stopping: the threshold `failures < 10% abort after 2s` is broken (100%"), "{said}");
    assert!(said.contains("✗ failures < 10% abort after 2s  100% (from 00:00:00 to 00:00:0"), "{said}");
}

#[test]
fn a_threshold_about_what_isnt_there_is_refused() {
    let project = Project::new();
    with_thresholds(&project, r#"['"Get treatment varient".p99 < 300ms']"#);
    let output = project.run("tpdata", &["--duration", "2s"]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("specs/tpdata.profile.yml:") && said.contains("did you mean `Get treatment variant`?"), "{said}");
    let check = crate::project::ltc().current_dir(project.path()).args(["check", "specs/tpdata.lt"]).output().unwrap();
    assert_eq!(check.status.code(), Some(2), "{}", text(&check));
    assert!(text(&check).contains("did you mean `Get treatment variant`?"), "{}", text(&check));
}

#[test]
fn reports_are_made_again_merged_and_compared() {
    let project = Project::new();
    with_thresholds(&project, "['failures < 1%', '\"Get treatment variant\".p99 < 1us']");
    let file = |name: &str| fs::read_to_string(project.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let outputs = ["--json", "run.json", "--html", "run.html", "--junit", "run.xml", "--summary-md", "run.md"];
    let load = ["--clients", "5", "--duration", "3s", "--stats-interval", "500ms"];
    let output = project.run("tpdata", &[&load[..], &outputs].concat());
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(file("run.html").contains("Get treatment variant") && file("run.md").contains("❌ failed: 1 of 2 thresholds failed"));
    assert!(file("run.xml").contains("<testsuite name=\"thresholds\" tests=\"2\" failures=\"1\""), "{}", file("run.xml"));

    let outputs = ["--json", "again.json", "--html", "again.html", "--junit", "again.xml", "--summary-md", "again.md", "--csv", "again"];
    let again = project.run("tpdata", &[&["report", "run.json"][..], &outputs].concat());
    assert_eq!(again.status.code(), Some(1), "the verdict that it shows: {}", text(&again));
    for kind in ["json", "html", "xml", "md"] {
        assert_eq!(file(&format!("run.{kind}")), file(&format!("again.{kind}")), "{kind}");
    }
    assert!(file("again_stats.csv").contains("Aggregated") && text(&again).contains("p99.99"), "{}", text(&again));

    let itself = project.run("tpdata", &["merge", "run.json", "again.json", "-o", "all.json"]);
    assert_eq!(itself.status.code(), Some(2), "{}", text(&itself));
    assert!(text(&itself).contains("error: run.json and again.json are of the same run"), "{}", text(&itself));
    let output = project.run("tpdata", &["--clients", "2", "--duration", "2s", "--json", "second.json"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let merged = project.run("tpdata", &["merge", "run.json", "second.json", "-o", "all.json"]);
    assert_eq!(merged.status.code(), Some(1), "the threshold fails of the whole too: {}", text(&merged));
    assert!(text(&merged).contains("warning: the merged runs differ: plan: up to 5 users in 3s, up to 2 users in 2s"), "{}", text(&merged));
    let requests = |name: &str| serde_json::from_str::<serde_json::Value>(&file(name)).unwrap()["summary"]["total"]["requests"].as_u64();
    assert_eq!(requests("all.json").unwrap(), requests("run.json").unwrap() + requests("second.json").unwrap());
    fs::write(project.path().join("old.json"), file("run.json").replace("ltc.report/2", "ltc.report/1")).unwrap();
    for args in [&["report", "old.json"][..], &["merge", "old.json", "run.json", "-o", "x.json"], &["compare", "old.json", "run.json"]] {
        let refused = project.run("tpdata", args);
        assert_eq!(refused.status.code(), Some(2), "{args:?}: {}", text(&refused));
        assert!(text(&refused).contains("old.json: the report is of version 1 (\"ltc.report/1\")"), "{args:?}: {}", text(&refused));
    }

    let same = project.run("tpdata", &["compare", "run.json", "again.json"]);
    assert!(same.status.success() && text(&same).contains("The new run is not worse by more than 5 %."), "{}", text(&same));
    assert!(text(&same).contains("warning: run.json and again.json are of the same run"), "{}", text(&same));

    let mut options = ltc::demo::Options::any_port();
    options.faults.status.insert("/tpdata/treatments/".to_owned(), 503);
    let failing = Project::with(options);
    let output = failing.run("tpdata", &[&load[..], &["--json", "failing.json"]].concat());
    assert!(output.status.success(), "{}", text(&output));
    fs::copy(failing.path().join("failing.json"), project.path().join("failing.json")).unwrap();
    let worse = project.run("tpdata", &["compare", "run.json", "failing.json", "--tolerance", "20%"]);
    assert_eq!(worse.status.code(), Some(1), "{}", text(&worse));
    assert!(text(&worse).contains("Create treatment variant: failures 0% → 100%"), "{}", text(&worse));
    let refused = project.run("tpdata", &["compare", "run.json", "run.md"]);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
}
