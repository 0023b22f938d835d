//! The life of a test under load: actions that run once per test, at each user's start and stop, and in each iteration; and which user
//! holds which row.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use super::test_project::TestProject;

fn part(target: &str, index: usize) -> &str {
    target.split('?').next().unwrap().split('/').nth(index).unwrap_or_default()
}

fn query<'t>(target: &'t str, key: &str) -> &'t str {
    let pairs = target.split_once('?').unwrap_or_default().1.split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == key).unwrap_or_default().1
}

/// The times at which the server received requests whose target begins with this text.
fn times(project: &TestProject, target: &str) -> Vec<Instant> {
    project.echo.of(target).iter().map(|seen| seen.at).collect()
}

#[test]
fn test_and_its_users_follow_the_spec() {
    let project = TestProject::new("life", "duration: 2s, threads: 2, users: { Holder: { clients: 3 }, OnceEach: { clients: 1 } }");
    let (output, report) = project.load(&[]);
    let seen = project.targets();
    let of = |start: &str| seen.iter().filter(|target| target.starts_with(start)).collect::<Vec<_>>();

    // Once per test: the health check, `before test` and `after test`.
    assert_eq!((of("/before").len(), of("/after/").len()), (1, 1), "{seen:?}");
    let first_turn = seen.iter().position(|target| target.starts_with("/turn/")).unwrap();
    let before = seen.iter().position(|target| target.starts_with("/before")).unwrap();
    assert!(seen.iter().position(|target| target == "/health").unwrap() < before && before < first_turn);
    assert!(seen.last().unwrap().starts_with("/after/"), "{:?}", seen.last());
    let turns = of("/turn/");
    let worlds: HashSet<&str> = turns.iter().map(|turn| query(turn, "world")).collect();
    let shared: HashSet<&str> = turns.iter().map(|turn| query(turn, "shared")).collect();
    assert_eq!(worlds.len(), 1, "a file's `let` is one for all");
    assert_eq!(worlds, shared, "what `before test` took is everyone's");
    let world = *worlds.iter().next().unwrap();
    assert_eq!(part(of("/after/")[0], 2), world);

    // A name of `before test` is null until it is assigned; from then on, the sequences that `before test` calls see its value. A `keep`
    // has its value even outside of users. A header that a request sets itself is not evaluated for the api.
    let sent =
        |target: &str, name: &str| project.echo.of(target).iter().map(|seen| seen.header(name).map(str::to_owned)).collect::<Vec<_>>();
    for target in ["/health", "/before"] {
        assert_eq!((sent(target, "x-shared"), sent(target, "x-late")), (vec![None], vec![None]), "{target}");
        assert!(sent(target, "x-keep")[0].as_ref().is_some_and(|keep| keep.len() == "keep ".len() + 36), "{target}");
    }
    for what in ["/prepared/request/", "/prepared/called/", "/after/"] {
        let found = of(what);
        assert_eq!(found.iter().map(|target| target.rsplit('/').next().unwrap()).collect::<Vec<_>>(), [world], "{what}");
        assert_eq!(sent(what, "x-shared"), [Some(world.to_owned())], "{what}");
        assert_eq!(sent(what, "x-late"), [Some(format!("late {world}"))], "{what}");
    }

    // A user starts once and stops once. Its rows and `keep`s belong only to it, and last through its iterations.
    let mut names: HashMap<&str, HashSet<&str>> = HashMap::new();
    let mut counts: HashMap<&str, Vec<(u64, u64)>> = HashMap::new();
    for turn in &turns {
        names.entry(part(turn, 2)).or_default().insert(query(turn, "name"));
        counts.entry(part(turn, 2)).or_default().push((part(turn, 3).parse().unwrap(), part(turn, 4).parse().unwrap()));
    }
    assert_eq!((names.len(), of("/start/").len(), of("/stop/").len()), (3, 3, 3));
    assert!(names.values().all(|of_user| of_user.len() == 1), "{names:?}");
    assert_eq!(names.values().flatten().collect::<HashSet<_>>().len(), 3, "a unique row is one user's: {names:?}");
    for turns in counts.values() {
        assert!(turns.len() > 3, "{counts:?}");
        assert!(turns.iter().enumerate().all(|(index, turn)| *turn == (index as u64, index as u64 + 1)), "{turns:?}");
    }

    // `interrupt` skips the rest of the iteration, and the next one starts after the wait. Without it, the iteration continues after a
    // failed step.
    assert!(of("/never").is_empty());
    let even = turns.iter().filter(|turn| part(turn, 3).parse::<u64>().unwrap().is_multiple_of(2)).count();
    assert_eq!(of("/bad/").len(), turns.len() - even, "{seen:?}");
    let pending = of("/pending/").len();
    assert!(pending <= 3 * even && pending > 3 * (even.saturating_sub(4)), "polls run out after three: {pending} of {even}");
    assert_eq!(report.figure("Interrupted", "failures"), report.figure("Interrupted", "requests"));
    let fails_by_poll = report.figure("Pending", "failures");
    assert!(fails_by_poll > 0 && fails_by_poll * 3 <= report.figure("Pending", "requests") + 3, "only the last of a round fails");
    assert!(output.contains("polled 3 times, never status_of == \"done\""), "{output}");

    // Retries are counted separately: each user's first iteration had two.
    assert_eq!((report.figure("Flaky", "retried"), report.figure("Flaky", "failures")), (6, 0));
    // A step with `skip` is sent and checked, but has no report row.
    assert_eq!((report.figure("Pair / First", "requests"), report.figure("Pair / First", "failures")), (0, 0));
    assert!(report.figure("Pair / First", "skipped") as usize >= turns.len() - 3);
    let pair = report.figure("Pair", "service.sum_us") / report.figure("Pair", "service.count");
    assert!(pair >= 40_000, "the two steps of a group take 20 ms each: {pair} µs");

    // `every` runs between two iterations, at most once per 150 ms.
    for user in names.keys() {
        let [start, every, stop] = ["start", "every", "stop"].map(|what| times(&project, &format!("/{what}/{user}")));
        let most = (stop[0] - start[0]).as_millis() / 150 + 1;
        assert!((1..=most).contains(&(every.len() as u128)), "{every:?}");
    }
    // `stop_user`: the only user drew each row that `where` selects, then ended, and was not replaced.
    let mut once: Vec<&str> = of("/once/").iter().map(|target| part(target, 3)).collect();
    once.sort_unstable();
    assert_eq!((once, of("/gone/").len()), (vec!["2", "4", "5"], 1));
}

#[test]
fn data_ends_the_test_and_pacing_holds() {
    let project = TestProject::new(
        "life",
        "duration: 10m, threads: 2, users: { Ender: { clients: 1 }, Holder: { clients: 0 }, OnceEach: { clients: 0 }, Pacer: { clients: 0 } }",
    );
    let (output, _) = project.load(&[]);
    output.omits(&["env here · 00:10:00"]);
    output.prints(&["the test stopped at 00:00:0", "because a worker had no row left of data with `at_end stop_test`"]);
    // The thread without a user has no rows.
    let rows: Vec<String> = project.echo.of("/last/").iter().map(|seen| part(&seen.target, 2).to_owned()).collect();
    assert_eq!(rows, ["1", "2", "3", "4", "5"], "sequential, each once");
    let project = project.profile(
        "duration: 3s, threads: 1, users: { Pacer: { clients: 1 }, Holder: { clients: 0 }, OnceEach: { clients: 0 }, Ender: { clients: 0 } }",
    );
    project.load(&[]);
    // Iterations start 200 ms apart although each request takes 120 ms: no more often than that, and not 320 ms apart.
    let starts = times(&project, "/paced/");
    let whole = *starts.last().unwrap() - starts[0];
    assert!(starts.len() > 3 && (starts.len() - 1) as u128 <= whole.as_millis() / 195, "{} starts in {whole:?}", starts.len());
    assert!(starts.windows(2).any(|two| (two[1] - two[0]).as_millis() < 320), "{starts:?}");
}
