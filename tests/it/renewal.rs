//! `before test every`: values that are renewed while the test runs reach all users on all machines.

use std::collections::{BTreeMap, BTreeSet};

use crate::echo::Echo;
use crate::project::Project;

/// The values of a key in the queries of the requests to a path.
pub(crate) fn pairs(echo: &Echo, path: &str) -> Vec<BTreeMap<String, String>> {
    let pair = |pair: &str| pair.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    echo.of(path).iter().map(|seen| seen.target.split_once('?').unwrap().1.split('&').filter_map(pair).collect()).collect()
}

/// The project of these tests, with users who send their token to the echo server.
pub(crate) fn project(echo: &Echo) -> Project {
    Project::new()
        .copy("tests/specs/distributed", "specs")
        .env(format!("echo: {{ url: \"http://{}\" }}\n", echo.addr))
        .profile("renewal", "clients: 6, hatch_rate: 100, duration: 6s")
        .build("renewal")
}

#[test]
fn renewed_values_reach_all_users_on_all_machines() {
    let echo = Echo::start();
    let project = project(&echo);
    for args in [&["--threads", "2"][..], &["run", "--shards", "3", "--interval", "3s"]] {
        let (tokens, used) = (pairs(&echo, "/token").len(), pairs(&echo, "/use").len());
        let output = project.run("renewal", &[args, &["--json", "run.json"]].concat()).exits(0);
        let made: BTreeSet<String> =
            pairs(&echo, "/token").split_off(tokens).into_iter().map(|mut pairs| pairs.remove("token").unwrap()).collect();
        assert!(made.len() >= 4, "{made:?} {output}");
        let mut of_shard: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for pairs in pairs(&echo, "/use").split_off(used) {
            assert!(made.contains(&pairs["token"]), "{pairs:?}");
            of_shard.entry(pairs["shard"].clone()).or_default().insert(pairs["token"].clone());
        }
        assert!(of_shard.values().all(|tokens| tokens.len() >= 3), "{of_shard:?} {output}");
        let report = project.json("run.json");
        assert_eq!(report["setup"]["before_test"]["requests"].as_u64(), Some(made.len() as u64), "{output}");
    }
}

#[test]
fn failed_renewal_keeps_the_earlier_values_and_is_reported() {
    let echo = Echo::start();
    let project = project(&echo);
    let spec = project.read("specs/renewal.lt");
    // The server rejects the second token and all later ones.
    let spec = spec
        .replace("before test every", "let begun = now()\nbefore test every")
        .replace("    expect 200\n    take", "    expect unix_ms(now()) - unix_ms(begun) < 900\n    take");
    project.write("specs/renewal.lt", spec);
    let project = project.build("renewal");
    let output = project.run("renewal", &["--json", "run.json"]).exits(0);
    output.prints(&["before test every failed", "users keep the earlier values, and it runs again in 1s"]);
    let notes = project.json("run.json")["run"]["notes"].to_string();
    assert!(notes.contains("users kept the earlier values"), "{notes}");
    let tokens: BTreeSet<String> = pairs(&echo, "/use").into_iter().map(|mut pairs| pairs.remove("token").unwrap()).collect();
    assert_eq!(tokens.len(), 1, "{output}");
}
