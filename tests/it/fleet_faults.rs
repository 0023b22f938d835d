//! What may happen to a distributed test on processes over time: its orchestrator pauses, its binary is built again, requests outlast an
//! interval.

use std::fs;
use std::time::Duration;

use crate::command::Run;
use crate::echo::Echo;
use crate::machine;
use crate::project::{Project, binary};

/// A load on two shards, with frequent results.
fn fleet(project: &Project, args: &[&str]) -> Run {
    let load = ["run", "--shards", "2", "--clients", "6", "--hatch-rate", "100", "--stats-interval=500ms", "--json", "run.json"];
    project.run("tpdata", &[&load[..], args].concat())
}

/// The requests of a step in the report, and the number that the server received.
fn counts(project: &Project) -> (u64, u64) {
    let reported = project.report("run.json").figure("Get treatment variant", "requests");
    (reported, project.route("GET /tpdata/treatments/{treatment}/variants/{id}"))
}

#[test]
fn functions_of_a_silent_orchestrator_stop_by_themselves_and_their_results_count() {
    let project = Project::examples();
    project.edit("specs/tpdata.profile.yml", "    duration: 10s", "    duration: 10s\n    without_orchestrator: 20s");
    let running = fleet(&project, &["--duration", "40s"]).start();
    project.wait_for_requests(30);
    // As a laptop that sleeps.
    running.signal("STOP");
    let served = || project.served()["total"].as_u64().unwrap();
    machine::wait_until("the load has ended", || {
        let before = served();
        std::thread::sleep(Duration::from_secs(2));
        served() == before
    });
    running.signal("CONT");
    // The orchestrator starts its functions again for the rest of the test.
    let output = running.exits(0);
    output.prints(&["the orchestrator did not run from 00:00:0", "lost from", "it stopped by itself, because its orchestrator was silent"]);
    let (reported, served) = counts(&project);
    assert_eq!(reported, served, "{output}");
}

#[test]
fn binary_that_is_replaced_during_a_run_starts_no_other_program() {
    let project = Project::examples();
    fs::copy(binary("tpdata"), project.path().join("tpdata")).unwrap();
    let running = fleet(&project, &["--duration", "6s", "--interval", "3s"]).start();
    project.wait_for_requests(10);
    // A build writes a new file and renames it.
    project.write("new", "#!/bin/sh\nexit 1\n");
    fs::rename(project.path().join("new"), project.path().join("tpdata")).unwrap();
    running.exits(0).omits(&["lost from", "error"]);
    assert_eq!(
        project.report("run.json").figure("Get treatment variant", "requests"),
        project.route("GET /tpdata/treatments/{treatment}/variants/{id}")
    );
}

#[test]
fn requests_that_outlast_their_interval_are_unfinished() {
    let echo = Echo::start();
    let project = Project::new()
        .env(format!("echo: {{ url: \"http://{}\" }}\n", echo.addr))
        .spec(
            "long",
            "api echo { base env.echo.url; healthcheck none }\n\
             sequence Long { step \"Long\" { echo GET /long { query { delay: 4500 } }; expect 200 } }\n\
             user Visitor { run Long }\n",
        )
        .profile("long", "clients: 6, hatch_rate: 100, duration: 10s, graceful_stop: 500ms")
        .build("long");
    let fleet = ["run", "--engine", "process", "--shards", "2", "--interval", "4s", "--stats-interval", "500ms", "--json", "run.json"];
    let _measures = machine::loading();
    let output = project.run("long", &fleet).output();
    let report = project.report("run.json");
    let (requests, unfinished) = (report.figure("Long", "requests"), report.figure("Long", "unfinished"));
    assert_eq!(requests + unfinished, echo.of("/long").len() as u64, "{output}");
    // At the end, at most six users have an unfinished request.
    assert!(requests >= 6 && unfinished > 6, "{requests} and {unfinished}: {output}");
    output.omits(&["lost from"]);
}
