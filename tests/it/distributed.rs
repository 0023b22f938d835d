//! The distributed test on processes of this machine: what the server counts, what becomes of a shard that fails, how a fleet stops.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::echo::Echo;
use crate::project::{Project, ltc, root, text};

/// A load on three shards, short, with frequent results.
const LOAD: [&str; 8] = ["run", "--shards", "3", "--clients", "9", "--hatch-rate", "100", "--stats-interval=500ms"];

fn run(project: &Project, args: &[&str], fault: &str) -> Output {
    project.command("tpdata", &[&LOAD[..], args].concat()).env("LTC_FAULT", fault).output().unwrap()
}

fn report(project: &Project) -> serde_json::Value {
    serde_json::from_slice(&fs::read(project.path().join("run.json")).unwrap()).unwrap()
}

fn counted(report: &serde_json::Value, name: &str) -> u64 {
    let line = report["names"].as_array().unwrap().iter().position(|line| line["name"] == name).unwrap();
    report["total"]["names"][line]["requests"].as_u64().unwrap()
}

#[test]
fn a_fleet_counts_what_the_server_counts() {
    let project = Project::new();
    let output = run(&project, &["--duration", "4s", "--interval", "2s", "--json", "run.json"], "");
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("Shards     3 at once, up to 3 users each"), "{said}");
    assert!(!said.contains("warning"), "{said}");
    let (report, served) = (report(&project), project.served());
    let route = |name: &str| served["routes"][name].as_u64().unwrap();
    assert_eq!(counted(&report, "Create treatment variant"), route("POST /tpdata/treatments/{treatment}/variants"));
    assert_eq!(counted(&report, "Get treatment variant"), route("GET /tpdata/treatments/{treatment}/variants/{id}"));
    assert!(counted(&report, "Get treatment variant") > 50, "{said}");
    assert_eq!(report["total"]["sources"].as_object().unwrap().len(), 3, "a thread of each shard");
}

#[test]
fn the_plan_is_told_and_can_be_read_by_programs() {
    let project = Project::new();
    let output = project.run("tpdata", &["plan", "--clients", "2000", "--duration", "30m"]);
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    for part in ["tpdata on AWS Lambda", "us-west-2 4 (100%)", "1,769 MB", "00:28:00", "12 invocations", "about $0.2"] {
        assert!(said.contains(part), "{part:?} is not in:\n{said}");
    }
    let output = project.run("tpdata", &["plan", "--json", "--engine", "process", "--shards", "5", "--interval", "4s"]);
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((plan["shards"].as_u64(), plan["intervals"].as_array().unwrap().len()), (Some(5), 3));
    assert_eq!(plan["intervals"][1]["users_from"], 20);
    assert!(plan["dollars"].is_null(), "{plan}");
    assert_eq!(project.served()["routes"]["GET /tpdata/admin/healthcheck"].as_u64().unwrap_or(0), 0, "a plan asks nobody");
}

#[test]
fn a_shard_that_fails_is_begun_again_and_what_was_lost_is_named() {
    let project = Project::new();
    for (fault, why) in
        [("kill:1@1s", "the process ended: exit status: 9"), ("cut:1@1s", "the process ended: exit status: 9"), ("never:1", "")]
    {
        let output = run(&project, &["--duration", "5s", "--json", "run.json"], fault);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(0), "{fault}: {said}");
        let report = report(&project);
        assert!(counted(&report, "Get treatment variant") > 30, "{fault}: {said}");
        if why.is_empty() {
            continue;
        }
        let lost = report["run"]["notes"].as_array().unwrap().iter().filter_map(|note| note.as_str());
        let lost: Vec<&str> = lost.filter(|note| note.starts_with("shard 1 lost from 00:00:0")).collect();
        assert!(lost.len() == 1 && lost[0].contains(why) && lost[0].contains("3 users"), "{fault}: {lost:?}\n{said}");
        assert!(said.contains("2 of 3 shards generated all of their load"), "{fault}: {said}");
        assert!(fault != "cut:1@1s" || said.contains("shard 1: a frame is damaged"), "{said}");
    }
}

/// All files, and what a reader of each finds of the verdict.
const FILES: [&str; 8] = ["--json", "run.json", "--html", "run.html", "--junit", "run.xml", "--summary-md", "run.md"];

/// Whether console, JSON, HTML, JUnit and Markdown all tell this verdict.
fn all_tell(project: &Project, output: &Output, key: &str, text_of_it: &str) {
    let said = text(output);
    let file = |name: &str| fs::read_to_string(project.path().join(name)).unwrap();
    assert!(said.contains(&format!("Verdict: {text_of_it}")), "{said}");
    let json = report(project);
    assert_eq!((json["verdict"].as_str(), json["summary"]["verdict"].as_str()), (Some(key), Some(key)), "{said}");
    assert!(file("run.html").contains(&format!("\"verdict\":\"{key}\"")));
    let junit = file("run.xml");
    let case = junit.lines().find(|line| line.contains("classname=\"tpdata.verdict\"")).unwrap();
    let sign = if key == "failed" { "<failure " } else { "<error " };
    assert!(case.contains(sign) && case.contains(&format!("\"{text_of_it}")), "{case}");
    let markdown = file("run.md");
    assert!(markdown.lines().next().unwrap().contains(text_of_it), "{markdown}");
}

#[test]
fn a_shard_that_never_starts_breaks_the_test_and_the_others_results_stay() {
    let project = Project::new();
    let output = run(&project, &[&["--duration", "3s"], &FILES[..]].concat(), "never:2!");
    let said = text(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("error: shard 2 lost from 00:00:00 to 00:00:03, 3 users"), "{said}");
    assert!(counted(&report(&project), "Get treatment variant") > 20, "{said}");
    all_tell(&project, &output, "broken", "broken: shard 2 lost from 00:00:00 to 00:00:03, 3 users");
}

#[test]
fn a_fleet_that_is_lost_as_a_whole_is_broken_in_every_file() {
    let project = Project::new();
    let args = ["run", "--shards", "1", "--clients", "3", "--hatch-rate", "100", "--stats-interval=500ms", "--duration", "2s"];
    let output = project.command("tpdata", &[&args[..], &FILES].concat()).env("LTC_FAULT", "never:0!").output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    all_tell(&project, &output, "broken", "broken: shard 0 lost from 00:00:00");
    assert!(report(&project)["reasons"].as_array().unwrap().iter().any(|reason| reason == "no request was begun"));
}

#[test]
fn an_output_that_cannot_be_written_sets_the_exit_code_and_not_the_verdict() {
    let project = Project::new();
    // Where warnings are off, the exit code still has its reason.
    let profile = project.path().join("specs/tpdata.profile.yml");
    fs::write(&profile, fs::read_to_string(&profile).unwrap().replace("loglevel: INFO", "loglevel: ERROR")).unwrap();
    let mut args = vec!["--clients", "2", "--duration", "2s", "--html", "run.html", "--json", "run.json"];
    let folder = project.path().join("gone");
    fs::create_dir(&folder).unwrap();
    args.extend(["--junit", "gone/run.xml"]);
    let run = project.command("tpdata", &args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It could be written when the run began, and can't be at its end.
    std::thread::sleep(Duration::from_millis(1200));
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "").unwrap();
    let output = run.wait_with_output().unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("warning: cannot write gone/run.xml") && said.contains("Verdict: no thresholds"), "{said}");
    assert_eq!(report(&project)["verdict"], "no_thresholds");
    assert!(project.path().join("run.html").is_file(), "the others are written");
}

#[test]
fn hanging_shard_is_ended_and_its_load_is_named() {
    let project = Project::new();
    let output = run(&project, &["--duration", "20s", "--json", "run.json"], "hang:1@1s");
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("3 users: it hangs: no frame arrived in time"), "{said}");
    // It was begun again: its thread tells of users at the end.
    assert_eq!(report(&project)["total"]["sources"].as_object().unwrap().len(), 3, "{said}");
}

#[test]
fn a_wrong_clock_and_a_slice_delivered_twice_are_told() {
    let project = Project::new();
    let output = run(&project, &["--duration", "3s"], "skew:1");
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("shard 1: its clock is 2.0 s ahead of the orchestrator's"), "{said}");
    let output = run(&project, &["--duration", "2s"], "twice:1");
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("shard 1: its event was delivered twice and run once"), "{said}");
    assert!(said.contains("users 9/9"), "no more users than planned: {said}");
}

#[test]
fn ctrl_c_stops_the_fleet_and_reports() {
    let project = Project::new();
    let mut child = project
        .command("tpdata", &[&LOAD[..], &["--duration", "10m", "--json", "run.json"]].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    project.wait_for_requests(30);
    let begun = Instant::now();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(120), "it went on: {:?}", begun.elapsed());
    let (report, served) = (report(&project), project.served());
    let route = served["routes"]["GET /tpdata/treatments/{treatment}/variants/{id}"].as_u64().unwrap();
    assert_eq!(counted(&report, "Get treatment variant"), route, "all that was made is reported");
    // No child is left behind: nobody asks the server any more.
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(project.served()["routes"], served["routes"]);
}

#[test]
fn a_second_ctrl_c_is_interrupted_with_a_report() {
    let project = Project::new();
    let args = [&LOAD[..], &["--duration", "60s"], &FILES].concat();
    let child = project.command("tpdata", &args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(3));
    for _ in 0..2 {
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        std::thread::sleep(Duration::from_millis(200));
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output));
    all_tell(&project, &output, "interrupted", "interrupted: it was stopped before its end");
}

#[test]
fn a_broken_threshold_stops_the_fleet() {
    let mut options = ltc::demo::Options::any_port();
    options.faults.status.insert("/tpdata/treatments/".to_owned(), 503);
    let project = Project::with(options);
    let path = project.path().join("specs/tpdata.profile.yml");
    let profile = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{profile}  thresholds: ['failures < 10% abort after 2s']\n")).unwrap();
    // Building it is not the stop's time.
    crate::project::binary("tpdata");
    let begun = Instant::now();
    let output = run(&project, &[&["--duration", "10m"], &FILES[..]].concat(), "");
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(120), "{said}");
    all_tell(&project, &output, "failed", "failed: 1 of 1 threshold failed");
    assert!(said.contains("stopping: the threshold `failures < 10% abort after 2s` is broken"), "{said}");
}

/// The seam's spec in a project of its own, beside a server that notes who asked.
struct Seam {
    folder: tempfile::TempDir,
    echo: Echo,
}

impl Seam {
    fn new() -> Self {
        let (folder, echo) = (tempfile::tempdir().unwrap(), Echo::start());
        for (name, content) in [
            ("specs/seam.lt", fs::read_to_string(root().join("tests/specs/distributed/seam.lt")).unwrap()),
            ("specs/rows.csv", fs::read_to_string(root().join("tests/specs/distributed/rows.csv")).unwrap()),
            ("config/here.yml", format!("echo: {{ url: \"http://{}\" }}\n", echo.addr)),
            ("specs/seam.profile.yml", profile("clients: 12, hatch_rate: 100, duration: 6s")),
            ("specs/arrivals.profile.yml", profile("rate: 50/s, max_clients: 24, duration: 6s")),
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let output = ltc().current_dir(folder.path()).args(["build", "specs/seam.lt"]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        Self { folder, echo }
    }

    /// Runs it in intervals of two seconds; the server's view of it: user, turn, shard, row of each request, in the order in which they were
    /// sent (one that is under way at a seam may be seen after the next interval's first).
    fn run(&self, args: &[&str]) -> (Vec<[u64; 4]>, String) {
        let before = self.echo.of("/turn").len();
        let fleet = ["run", "--shards", "3", "--interval", "2s", "--stats-interval", "500ms", "--json", "run.json"];
        let output = Command::new(self.folder.path().join("seam"))
            .current_dir(self.folder.path())
            .env("NO_COLOR", "1")
            .args([&fleet[..], args].concat())
            .output()
            .unwrap();
        let said = text(&output);
        assert!(output.status.success(), "{said}");
        let number = |target: &str, key: &str| -> u64 {
            let pairs = target.split_once('?').unwrap().1.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(found, _)| *found == key).map(|(_, value)| value.parse().unwrap()).next().unwrap()
        };
        let mut seen = self.echo.of("/turn").split_off(before);
        // Of those of one millisecond, a first turn is the later.
        seen.sort_by_key(|seen| (number(&seen.target, "sent"), number(&seen.target, "turn") == 0));
        (seen.iter().map(|seen| ["user", "turn", "shard", "row"].map(|key| number(&seen.target, key))).collect(), said)
    }
}

fn profile(runner: &str) -> String {
    format!("test_header: {{ env: here }}\nprofile:\n  runner: {{ {runner} }}\n")
}

#[test]
fn intervals_hand_over_without_gap_or_double_load() {
    let seam = Seam::new();
    let (seen, said) = seam.run(&[]);
    assert!(!said.contains("warning: shard"), "{said}");
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
        // In each of the three intervals a user begins anew, goes on turn by turn, and begins none once the next has begun.
        let begins: Vec<usize> = (0..turns.len()).filter(|&at| turns[at] == 0).collect();
        assert_eq!(begins.len(), 3, "user {user}: {turns:?}");
        assert!(turns.windows(2).all(|pair| pair[1] == pair[0] + 1 || pair[1] == 0), "user {user}: {turns:?}");
        let ends = begins.iter().skip(1).copied().chain([turns.len()]);
        assert!(begins.iter().zip(ends).all(|(from, to)| to - from >= 5), "user {user} hardly ran in an interval: {turns:?}");
        assert_eq!(shards[user].len(), 1, "user {user} stays with its shard");
    }
    assert!(rows.values().all(|shards| shards.len() == 1), "a row belongs to one shard: {rows:?}");
    assert!(rows.len() > 40, "{rows:?}");
}

#[test]
fn every_arrival_is_made_once_whatever_the_seams() {
    let seam = Seam::new();
    let (seen, said) = seam.run(&["--profile", "specs/arrivals.profile.yml"]);
    let report: serde_json::Value = serde_json::from_slice(&fs::read(seam.folder.path().join("run.json")).unwrap()).unwrap();
    let missed = report["total"]["missed"].as_u64().unwrap();
    assert_eq!(seen.len() as u64 + missed, 300, "{said}");
}
