//! The distributed test on processes of this machine: counts compared with the server's, failing shards, and how a fleet stops.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::command::{Output, Run};
use crate::echo::Echo;
use crate::machine;
use crate::project::Project;

/// A short load on three shards, with frequent results.
const LOAD: [&str; 8] = ["run", "--shards", "3", "--clients", "9", "--hatch-rate", "100", "--stats-interval=500ms"];

fn fleet(project: &Project, args: &[&str]) -> Run {
    project.run("tpdata", &[&LOAD[..], args].concat())
}

#[test]
fn fleet_counts_the_requests_that_the_server_counts() {
    let project = Project::examples();
    let output = fleet(&project, &["--duration", "4s", "--interval", "2s", "--json", "run.json"]).exits(0);
    output.prints(&["Shards     3 at once, up to 3 users each"]).omits(&["warning"]);
    let report = project.report("run.json");
    let count = |name: &str| report.figure(name, "requests");
    assert_eq!(count("Create treatment variant"), project.route("POST /tpdata/treatments/{treatment}/variants"));
    assert_eq!(count("Get treatment variant"), project.route("GET /tpdata/treatments/{treatment}/variants/{id}"));
    assert!(count("Get treatment variant") > 50, "{output}");
    assert_eq!(report["total"]["sources"].as_object().unwrap().len(), 6, "a thread of each shard in each interval");
}

#[test]
fn plan_is_printed_for_people_and_as_json() {
    let project = Project::examples();
    let output = project.run("tpdata", &["plan", "--clients", "2000", "--duration", "30m"]).exits(0);
    output.prints(&["tpdata on AWS Lambda", "us-west-2 4 (100%)", "1,769 MB", "00:28:00", "12 invocations", "about $0.2"]);
    let output = project.run("tpdata", &["plan", "--json", "--engine", "process", "--shards", "5", "--interval", "4s"]).exits(0);
    let plan: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    // Ten seconds: the last interval may be up to a window of two seconds longer than the others.
    assert_eq!((plan["shards"].as_u64(), plan["intervals"].as_array().unwrap().len()), (Some(5), 2));
    assert_eq!(plan["intervals"][1]["users_from"], 20);
    assert!(plan["dollars"].is_null(), "{plan}");
    for (interval, why) in [("15m", "it must be at most 14m30s"), ("5s", "it must be at least 10s")] {
        let wrong = project.run("tpdata", &["plan", "--engine", "lambda", "--interval", interval]).exits(2);
        wrong.prints(&[&format!("--interval: {why}")]);
    }
    assert_eq!(project.route("GET /tpdata/admin/healthcheck"), 0, "a plan sends nothing");
}

#[test]
fn failed_shard_is_restarted_and_its_lost_load_is_named() {
    let project = Project::examples();
    for (fault, why) in
        [("kill:1@1s", "the process ended: exit status: 9"), ("cut:1@1s", "the process ended: exit status: 9"), ("never:1", "")]
    {
        let output = fleet(&project, &["--duration", "5s", "--json", "run.json"]).env("LTC_FAULT", fault).exits(0);
        let report = project.report("run.json");
        assert!(report.figure("Get treatment variant", "requests") > 30, "{fault}: {output}");
        if why.is_empty() {
            continue;
        }
        let lost = report["run"]["notes"].as_array().unwrap().iter().filter_map(|note| note.as_str());
        let lost: Vec<&str> = lost.filter(|note| note.starts_with("shard 1 lost from 00:00:0")).collect();
        assert!(lost.len() == 1 && lost[0].contains(why) && lost[0].contains("3 users"), "{fault}: {lost:?}\n{output}");
        assert!(output.contains("2 of 3 shards generated all of their load"), "{fault}: {output}");
        assert!(fault != "cut:1@1s" || output.contains("shard 1: a frame is damaged"), "{output}");
    }
}

/// The options for all kinds of files.
const FILES: [&str; 8] = ["--json", "run.json", "--html", "run.html", "--junit", "run.xml", "--summary-md", "run.md"];

/// Asserts that console, JSON, HTML, JUnit and Markdown all contain this verdict.
fn assert_verdict_everywhere(project: &Project, output: &Output, key: &str, text_of_it: &str) {
    let file = |name: &str| project.read(name);
    output.prints(&[&format!("Verdict: {text_of_it}")]);
    let json = project.json("run.json");
    assert_eq!((json["verdict"].as_str(), json["summary"]["verdict"].as_str()), (Some(key), Some(key)), "{output}");
    assert!(file("run.html").contains(&format!("\"verdict\":\"{key}\"")));
    let junit = file("run.xml");
    let case = junit.lines().find(|line| line.contains("classname=\"tpdata.verdict\"")).unwrap();
    let sign = if key == "failed" { "<failure " } else { "<error " };
    assert!(case.contains(sign) && case.contains(&format!("\"{text_of_it}")), "{case}");
    let markdown = file("run.md");
    assert!(markdown.lines().next().unwrap().contains(text_of_it), "{markdown}");
}

#[test]
fn shard_that_never_starts_breaks_the_test_and_keeps_the_results_of_the_others() {
    let project = Project::examples();
    let output = fleet(&project, &[&["--duration", "3s"], &FILES[..]].concat()).env("LTC_FAULT", "never:2!").exits(3);
    output.prints(&["error: shard 2 lost from 00:00:00 to 00:00:03, 3 users"]);
    assert!(project.report("run.json").figure("Get treatment variant", "requests") > 20, "{output}");
    assert_verdict_everywhere(&project, &output, "broken", "broken: shard 2 lost from 00:00:00 to 00:00:03, 3 users");
}

#[test]
fn lost_fleet_is_broken_in_every_file() {
    let project = Project::examples();
    let args = ["run", "--shards", "1", "--clients", "3", "--hatch-rate", "100", "--stats-interval=500ms", "--duration", "2s"];
    let output = project.run("tpdata", &[&args[..], &FILES].concat()).env("LTC_FAULT", "never:0!").exits(3);
    assert_verdict_everywhere(&project, &output, "broken", "broken: shard 0 lost from 00:00:00");
    assert!(project.json("run.json")["reasons"].as_array().unwrap().iter().any(|reason| reason == "no request was counted"));
}

#[test]
fn unwritable_output_sets_the_exit_code_and_not_the_verdict() {
    let project = Project::examples();
    // Even if warnings are off, the reason for the exit code is printed.
    project.edit("specs/tpdata.profile.yml", "loglevel: INFO", "loglevel: ERROR");
    let folder = project.path().join("gone");
    fs::create_dir(&folder).unwrap();
    let files = ["--html", "run.html", "--json", "run.json", "--junit", "gone/run.xml"];
    let running = project.run("tpdata", &[&["--clients", "2", "--duration", "4s"], &files[..]].concat()).start();
    // ltc checks the outputs before the load. The folder is removed afterwards.
    project.wait_for_requests(20);
    fs::remove_dir_all(&folder).unwrap();
    project.write("gone", "");
    let output = running.exits(3);
    output.prints(&["warning: cannot write gone/run.xml", "Verdict: no thresholds"]);
    assert_eq!(project.json("run.json")["verdict"], "no_thresholds");
    assert!(project.path().join("run.html").is_file(), "the others are written");
}

#[test]
fn hanging_shard_is_ended_and_its_load_is_named() {
    let project = Project::examples();
    let output = fleet(&project, &["--duration", "20s", "--json", "run.json"]).env("LTC_FAULT", "hang:1@1s").exits(0);
    output.prints(&["3 users: it hangs: no frame arrived in time"]);
    // While it hangs, its users are planned and don't run.
    output.prints(&["users 6/9"]);
    // The shard was restarted: its thread also reports users at the end.
    assert_eq!(project.json("run.json")["total"]["sources"].as_object().unwrap().len(), 3, "{output}");
}

#[test]
fn wrong_clock_and_slice_delivered_twice_are_reported() {
    let project = Project::examples();
    let output = fleet(&project, &["--duration", "3s"]).env("LTC_FAULT", "skew:1").exits(0);
    output.prints(&["shard 1: its clock is 2.0 s ahead of the orchestrator's"]);
    let output = fleet(&project, &["--duration", "2s"]).env("LTC_FAULT", "twice:1").exits(0);
    output.prints(&["shard 1: its event was delivered twice and run once"]);
    assert!(output.contains("users 9/9"), "no more users than planned: {output}");
}

#[test]
fn ctrl_c_stops_the_fleet_and_reports() {
    let project = Project::examples();
    let mark = format!("ctrl-c-{}", std::process::id());
    let running = fleet(&project, &["--duration", "10m", "--json", "run.json"]).env("LTC_TEST_MARK", &mark).start();
    project.wait_for_requests(30);
    running.interrupt();
    running.exits(130);
    machine::wait_until("no shard is left", || machine::processes_with("LTC_TEST_MARK", &mark) == 0);
    let route = project.route("GET /tpdata/treatments/{treatment}/variants/{id}");
    assert_eq!(project.report("run.json").figure("Get treatment variant", "requests"), route, "all that was sent is reported");
}

#[test]
fn closed_terminal_stops_the_fleet_and_a_second_signal_stops_it_at_once_with_a_report() {
    let project = Project::examples();
    let mut running = fleet(&project, &[&["--duration", "10m"], &FILES[..]].concat()).start();
    project.wait_for_requests(30);
    running.signal("HUP");
    running.wait_for_line("stopping: users finish their iteration");
    running.interrupt();
    let output = running.exits(130);
    assert_verdict_everywhere(&project, &output, "interrupted", "interrupted: it was stopped before its end");
}

#[test]
fn broken_threshold_with_abort_stops_the_fleet() {
    let project = Project::failing_examples();
    let profile = project.read("specs/tpdata.profile.yml");
    project.write("specs/tpdata.profile.yml", format!("{profile}  thresholds: ['failures < 10% abort after 2s']\n"));
    let output = fleet(&project, &[&["--duration", "10m"], &FILES[..]].concat()).exits(1);
    output.omits(&["env cs1 · 00:10:00"]).prints(&["stopping: the threshold `failures < 10% abort after 2s` is broken"]);
    assert_verdict_everywhere(&project, &output, "failed", "failed: 1 of 1 threshold failed");
}

/// The spec `handover` in its own project, with a server that records all requests.
struct HandoverTest {
    project: Project,
    echo: Echo,
}

impl HandoverTest {
    fn new() -> Self {
        let echo = Echo::start();
        let project = Project::new()
            .copy("tests/specs/distributed", "specs")
            .env(format!("echo: {{ url: \"http://{}\" }}\n", echo.addr))
            .profile("seam", "clients: 12, hatch_rate: 100, duration: 6s")
            .profile("arrivals", "rate: 50/s, max_clients: 24, duration: 6s")
            .build("seam");
        Self { project, echo }
    }

    /// Runs it in intervals of two seconds. Returns user, iteration, shard and row of each request that the server saw, in the order in
    /// which they were sent (a request that is in progress at a handover may arrive after the next interval's first).
    fn run(&self, args: &[&str]) -> (Vec<[u64; 4]>, Output) {
        let before = self.echo.of("/turn").len();
        let fleet = ["run", "--shards", "3", "--interval", "2s", "--stats-interval", "500ms", "--json", "run.json"];
        let _measures = machine::timing();
        let output = self.project.run("seam", &[&fleet[..], args].concat()).exits(0);
        let mut seen = self.echo.of("/turn").split_off(before);
        // Of requests in the same millisecond, a first iteration comes last.
        seen.sort_by_key(|seen| (number(&seen.target, "sent"), number(&seen.target, "turn") == 0));
        (seen.iter().map(|seen| ["user", "turn", "shard", "row"].map(|key| number(&seen.target, key))).collect(), output)
    }

    /// The times in milliseconds at which each user sent requests to a path, in order.
    fn times(&self, path: &str) -> BTreeMap<u64, Vec<u64>> {
        let mut times: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for seen in self.echo.of(path) {
            times.entry(number(&seen.target, "user")).or_default().push(number(&seen.target, "sent"));
        }
        times.values_mut().for_each(|times| times.sort_unstable());
        times
    }
}

/// The value of a key in the query of a request.
fn number(target: &str, key: &str) -> u64 {
    let pairs = target.split_once('?').unwrap().1.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(found, _)| *found == key).map(|(_, value)| value.parse().unwrap()).next().unwrap()
}

#[test]
fn intervals_hand_over_without_gap_or_double_load() {
    let handover = HandoverTest::new();
    let plan = handover.project.run("seam", &["plan", "--engine", "process", "--shards", "3", "--interval", "2s"]).exits(0);
    plan.prints(&["Hand-over  2 times", "`on start` of Visitor runs again", "`user.iteration` starts again at 0"]).omits(&["`keep`"]);
    let (seen, output) = handover.run(&[]);
    output.omits(&["warning: shard"]);
    let mut turns: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    let mut shards: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    let mut rows: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for [user, turn, shard, row] in &seen {
        turns.entry(*user).or_default().push(*turn);
        shards.entry(*user).or_default().insert(*shard);
        rows.entry(*row).or_default().insert(*shard);
    }
    assert_eq!(turns.len(), 12, "all users, and no others");
    for (user, turns) in &turns {
        // In each of the three intervals a user starts again, runs iteration after iteration, and starts none after the next interval has
        // begun.
        let begins: Vec<usize> = (0..turns.len()).filter(|&at| turns[at] == 0).collect();
        assert_eq!(begins.len(), 3, "user {user}: {turns:?}");
        assert!(turns.windows(2).all(|pair| pair[1] == pair[0] + 1 || pair[1] == 0), "user {user}: {turns:?}");
        let ends = begins.iter().skip(1).copied().chain([turns.len()]);
        assert!(begins.iter().zip(ends).all(|(from, to)| to - from >= 5), "user {user} hardly ran in an interval: {turns:?}");
        assert_eq!(shards[user].len(), 1, "user {user} stays with its shard");
    }
    assert!(rows.values().all(|shards| shards.len() == 1), "a row belongs to one shard: {rows:?}");
    assert!(rows.len() > 40, "{rows:?}");
    logins_are_spread(&handover);
}

/// Users that pass log in at moments of their own, which are spread over half of the interval of two seconds.
fn logins_are_spread(handover: &HandoverTest) {
    const WINDOW_MS: u64 = 1000;
    const PART_MS: u64 = 250;
    let logins = handover.times("/login");
    let (users, again) = (logins.len() as u64, logins.values().flat_map(|times| &times[1..]).copied().collect::<Vec<u64>>());
    assert_eq!(again.len(), 24, "each of twelve users logs in at two seams: {logins:?}");
    // A busy machine delays a login by at most the longest pause of any user.
    let pause = handover.times("/").values().flat_map(|times| times.windows(2).map(|pair| pair[1] - pair[0])).max().unwrap();
    // The moments are not random: in any part of the window there are as many as its length permits, and three more.
    let most = users * (PART_MS + pause) / WINDOW_MS + 3;
    for begin in &again {
        let together = again.iter().filter(|time| (*begin..begin + PART_MS).contains(time)).count() as u64;
        assert!(
            together <= most,
            "{together} users log in within {PART_MS} ms, and at most {most} may, with pauses of {pause} ms: {again:?}"
        );
    }
}

#[test]
fn arrivals_at_the_seams_of_intervals_are_made_once() {
    let handover = HandoverTest::new();
    let (seen, output) = handover.run(&["--profile", "specs/arrivals.profile.yml"]);
    let missed = handover.project.json("run.json")["total"]["missed"].as_u64().unwrap();
    assert_eq!(seen.len() as u64 + missed, 300, "{output}");
}

#[test]
fn as_many_rows_as_arrivals_suffice_for_a_fleet_whose_rate_changes() {
    let echo = Echo::start();
    let project = Project::new()
        .copy("tests/specs/distributed", "specs")
        .env(format!("echo: {{ url: \"http://{}\" }}\n", echo.addr))
        .profile("orders", "stages: [{rate: 10/s, duration: 2s}, {rate: 60/s, duration: 4s}], max_clients: 31")
        .build("orders");
    let fleet = ["--engine", "process", "--shards", "3", "--interval", "2s"];
    let plan = project.run("orders", &[&["plan"], &fleet[..]].concat()).exits(0);
    plan.prints(&["Rows       orders: 150 rows, 150 needed if each iteration draws one"]).omits(&["warning"]);
    let _measures = machine::loading();
    let output = project.run("orders", &[&["run", "--stats-interval", "500ms", "--json", "run.json"], &fleet[..]].concat()).exits(0);
    output.omits(&["no row left", "lost"]);
    let missed = project.json("run.json")["total"]["missed"].as_u64().unwrap();
    let seen: Vec<u64> = echo.of("/order").iter().map(|seen| number(&seen.target, "id")).collect();
    assert_eq!(seen.len() as u64 + missed, 150, "{output}");
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "no row is used twice: {seen:?}");
}

#[test]
fn journal_of_a_killed_orchestrator_has_its_results_and_no_shard_outlives_it() {
    let project = Project::examples();
    let mark = format!("killed-{}", std::process::id());
    let mut running = fleet(&project, &["--duration", "10m", "--out", "kept"]).env("LTC_TEST_MARK", &mark).start();
    // The journal gets an interval of the statistics before its line is printed.
    for _ in 0..3 {
        running.wait_for_line("  users ");
    }
    // Dropping the process kills it.
    drop(running);
    machine::wait_until("no shard is left", || machine::processes_with("LTC_TEST_MARK", &mark) == 0);
    let output = project.run("tpdata", &["report", "kept", "--json", "run.json"]).exits(3);
    output
        .prints(&["the run has not recorded its end: it was cut off or is still going on; results until 00:0", "health checks: 1 request"]);
    output.prints(&["Note: `collect kept` reports what its functions kept"]);
    let counted = project.report("run.json").figure("Get treatment variant", "requests");
    let served = project.route("GET /tpdata/treatments/{treatment}/variants/{id}");
    assert!(counted > 0 && counted <= served, "{counted} of {served}");
    let output = fleet(&project, &["--out", "kept"]).exits(3);
    output.prints(&["is the journal of another run: choose another directory"]);
}

#[test]
fn journal_of_a_whole_run_gives_the_report_of_the_run() {
    let project = Project::examples();
    let output = fleet(&project, &["--duration", "3s", "--json", "run.json"]).exits(0);
    let directory = fs::read_dir(project.path().join("runs")).unwrap().next().unwrap().unwrap().file_name();
    let directory = format!("runs/{}", directory.display());
    output.prints(&[&format!("journal in {directory}")]);
    project.run("tpdata", &["report", &directory, "--json", "again.json"]).exits(0);
    let (first, again) = (project.json("run.json"), project.json("again.json"));
    for key in ["summary", "run", "names", "thresholds", "verdict", "reasons", "setup"] {
        assert_eq!(first[key], again[key], "{key}");
    }
}
