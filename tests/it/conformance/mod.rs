//! The language while a test runs: the specs under `tests/specs/conformance/` contain the expected behavior, and run against a server that
//! returns its requests.

mod life;
mod test_project;

use self::test_project::TestProject;

const ONE: &str = "clients: 1, duration: 1s";

#[test]
fn values_are_computed_as_the_spec_expects() {
    let project = TestProject::new("values", ONE);
    project.passes();
    project.passes_under_load();
}

#[test]
fn requests_are_sent_as_the_spec_expects() {
    let project = TestProject::new("requests", ONE);
    project.passes();
    project.passes_under_load();
}

#[test]
fn takes_read_what_the_spec_expects() {
    let project = TestProject::new("takes", ONE);
    project.passes();
    project.passes_under_load();
}

#[test]
fn words_of_the_language_work_as_the_spec_expects() {
    let project = TestProject::new("words", ONE);
    project.passes();
    let (output, report) = project.load(&[]);
    assert!(report["summary"]["total"]["failures"] == 0, "{output}");
    // A sequence that several groups call has report rows in each.
    for row in ["Checkout / Card", "Checkout / Inner / Last", "Checkout / Last", "Pay / Card", "Pay / Inner / Last", "Pay / In place"] {
        assert!(report.figure(row, "requests") > 0, "{row}: {output}");
    }
}

/// `finally` runs after a failure, after `leave` and after the last statement. `retry … on` does not repeat failures with another status.
#[test]
fn finally_runs_after_any_end() {
    let project = TestProject::new("always", ONE);
    let output = project.run(&["--debug"]).exits(1);
    let seen = project.targets();
    let marks: Vec<&str> = seen.iter().filter_map(|target| target.strip_prefix("/mark/")).collect();
    assert_eq!(marks, ["after-leave-1", "given-1", "once", "made-1", "break", "remove-1"], "{output}");
}

#[test]
fn sessions_keep_cookies_and_auth_per_user() {
    let project = TestProject::new("sessions", ONE);
    project.passes();
    // A user keeps its cookies, so only the first iteration starts without any.
    let (output, report) = project.load(&[]);
    let failures = report["summary"]["total"]["failures"].as_u64().unwrap();
    assert!(report.requests() > 0 && failures == report.figure("None at first", "failures"), "{output}");
}

/// Every line with `# fails: why` fails with that reason and location, and no other line fails.
#[test]
fn failures_name_their_location() {
    let project = TestProject::new("failing", ONE);
    let output = project.run(&["--debug"]).exits(1);
    let mut wanted = 0;
    for (number, line) in project.source().lines().enumerate() {
        let Some((_, why)) = line.split_once("# fails: ") else { continue };
        let place = format!("specs/failing.lt:{}:", number + 1);
        let found = output.lines().filter(|line| line.contains(&place)).any(|line| line.contains(why));
        assert!(found, "{place} {why}\n{output}");
        wanted += 1;
    }
    let verdicts = output.lines().filter(|line| line.contains("specs/failing.lt:") && !line.contains("-- step")).count();
    assert_eq!(verdicts, wanted, "{output}");
    assert!(!output.contains("take never ="), "takes run only where all expectations hold:\n{output}");
    // A failure at one location has one line in the report of a load.
    let (output, report) = project.load_exits(1, &["--clients", "1", "--duration", "1s"]);
    assert!(output.contains("specs/failing.lt:8:") && output.contains("expected status 201, got 200"), "{output}");
    assert_eq!(report.figure("Status", "failures"), report.figure("Status", "requests"));
}

/// Checks the requests of each sequence, in order.
#[test]
fn statements_run_in_the_order_of_the_spec() {
    let project = TestProject::new("flow", ONE);
    let output = project.passes();
    let seen = project.targets();
    let marks: Vec<&str> = seen.iter().filter_map(|target| target.strip_prefix("/mark/")).collect();
    let between = |from: &str, to: &str| {
        let start = marks.iter().position(|mark| *mark == from).unwrap_or_else(|| panic!("no {from} in {marks:?}"));
        let end = marks.iter().position(|mark| *mark == to).unwrap_or_else(|| panic!("no {to} in {marks:?}"));
        marks[start..=end].to_vec()
    };
    assert!(!marks.contains(&"wrong"), "{marks:?}");
    assert_eq!(between("if-2", "value-then"), ["if-2", "else", "and", "value-then"]);
    assert_eq!(
        between("repeat", "sum-18"),
        ["repeat", "repeat", "for-1", "for-2", "for-3", "each-a", "row-ann-32", "row-bob-46", "sum-18"]
    );
    assert_eq!(between("give-7-8", "keep-1-1"), ["give-7-8", "default-3-3", "left-1", "long-55", "long-left-80", "keep-1-1"]);
    assert_eq!(between("tries-3", "polls-3"), ["tries-3", "polls-3"]);
    let count = |part: &str| seen.iter().filter(|target| target.starts_with(part)).count();
    assert_eq!((count("/flaky"), count("/poll"), count("/once")), (3, 3, 2), "{seen:?}");
    assert!(marks.contains(&"branch") && marks.contains(&"both%2Fleft%2Fright"), "{marks:?}");
    // The server answers the requests of branches, and of passes of a parallel loop, only when all of them are waiting.
    let at = |part: &str| project.echo.of(part).first().unwrap_or_else(|| panic!("no {part}: {seen:?}")).at;
    let many = project.echo.of("/many/");
    let connections: std::collections::HashSet<usize> = many.iter().map(|seen| seen.connection).collect();
    let mut rounds: Vec<&str> = many.iter().map(|seen| seen.target.split('?').next().unwrap()).collect();
    rounds.sort_unstable();
    assert_eq!(rounds, ["/many/10", "/many/12", "/many/2", "/many/4", "/many/6", "/many/8"]);
    assert_eq!(connections.len(), 3, "no more than three rounds at the same time");
    // Waits are between the steps, never before the first.
    let waits: Vec<_> = ["/mark/wait-1", "/mark/wait-2", "/mark/wait-3"].into_iter().map(at).collect();
    assert!((waits[1] - waits[0]).as_millis() >= 19 && (waits[2] - waits[1]).as_millis() >= 49, "{waits:?}");
    assert!(output.contains("Outer / One") && output.contains("Outer / Inner / Two"), "{output}");
    let (_, report) = project.load(&["--only", "Together", "--duration", "5s"]);
    let mean = |name: &str| report.figure(name, "service.sum_us") / report.figure(name, "service.count").max(1);
    assert!(report.figure("Outer", "requests") > 0);
    // The steps take at least 60 ms, and the wait 2 s.
    let group = mean("Outer");
    assert!((60_000..2_060_000).contains(&group), "a group's time is that of its steps, without waits: {group} µs");
    assert!(mean("Outer / Inner") < group, "the inner group is a part of the outer");
}

#[test]
fn same_seed_sends_the_same_values() {
    let project = TestProject::new("random", ONE);
    let mut runs: Vec<Vec<String>> = Vec::new();
    for seed in ["7", "7", "8"] {
        let before = project.echo.seen().len();
        project.run(&["--debug", "--seed", seed]).exits(0);
        let shown = |seen: crate::echo::Seen| {
            let headers = seen.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host"));
            format!("{} {} {:?} {}", seen.method, seen.target, headers.collect::<Vec<_>>(), String::from_utf8_lossy(&seen.body))
        };
        runs.push(project.echo.seen().into_iter().skip(before).map(shown).collect());
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].len() >= 7, "{:?}", runs[0]);
    // Another seed changes all of the random values, not only some.
    let bodies = |run: &[String]| -> Vec<serde_json::Value> {
        run.iter().filter_map(|line| serde_json::from_str(&line[line.find("{\"once\"")?..]).ok()).collect()
    };
    let (first, other) = (bodies(&runs[0]), bodies(&runs[2]));
    assert_eq!((first.len(), other.len()), (5, 5));
    for key in ["once", "mine", "int", "float", "wait", "sample", "text", "letters", "uuid", "names"] {
        assert!(first.iter().zip(&other).any(|(a, b)| a[key] != b[key]), "{key} is the same for another seed");
    }
    assert!(first.windows(2).all(|two| two[0]["uuid"] != two[1]["uuid"] && two[0]["mine"] == two[1]["mine"]));
}
