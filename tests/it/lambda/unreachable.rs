//! A function that its orchestrator no longer reaches is replaced when it has confirmed its end, or has certainly ended by itself.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Account;
use crate::echo::Echo;
use crate::project::Project;
use crate::rig::{self, Fault};
use crate::tools::needs;

/// A test whose users send their numbers and those of their iterations to the echo server.
fn account(echo: &Echo) -> Account {
    let project = Project::new()
        .copy("tests/specs/distributed", "specs")
        .env(format!("echo: {{ url: \"http://{}\" }}\n", echo.addr))
        .profile("seam", "clients: 6, hatch_rate: 100, duration: 6s, without_orchestrator: 20s")
        .build("seam");
    // Functions may run for longer than in other tests.
    let account = Account { front: rig::front(Duration::from_secs(100)), ..Account::of(project, "seam") };
    account.run(&["deploy", "--region", "us-west-2"]).exits(0);
    account
}

/// Asserts that no user ran in two functions at once: each continues with its next iteration, or begins again once.
fn assert_no_user_is_doubled(echo: &Echo) {
    let mut turns: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
    for mut pairs in crate::renewal::pairs(echo, "/turn") {
        let number = |text: &str| text.parse::<u64>().unwrap();
        let turn = (number(&pairs["sent"]), number(&pairs["turn"]));
        turns.entry(pairs.remove("user").unwrap()).or_default().push(turn);
    }
    assert_eq!(turns.len(), 6);
    for (user, turns) in &mut turns {
        turns.sort_by_key(|(sent, turn)| (*sent, *turn == 0));
        let jumps = turns.windows(2).filter(|pair| pair[1].1 != pair[0].1 + 1).count();
        assert!(jumps <= 1 && turns.windows(2).all(|pair| pair[1].1 == pair[0].1 + 1 || pair[1].1 == 0), "user {user}: {turns:?}");
    }
}

#[test]
fn function_that_confirms_its_end_is_replaced_soon() {
    needs!("ministack");
    let echo = Echo::start();
    let account = account(&echo);
    account.front.fault(0, Fault::Cut(4));
    let output = account.load(&["--duration", "20s"]).exits(0);
    output.prints(&["the connection to it was lost", "lost from 00:00"]);
    assert_eq!(account.front.invocations(), 3, "{output}");
    assert_no_user_is_doubled(&echo);
}

#[test]
fn function_that_nothing_reaches_is_replaced_only_after_its_own_end() {
    needs!("ministack");
    let echo = Echo::start();
    let account = account(&echo);
    account.front.fault(0, Fault::CutOff(4));
    let output = account.load(&["--duration", "56s"]).exits(0);
    output.prints(&["the connection to it was lost", "lost from 00:00"]);
    assert_eq!(account.front.invocations(), 3, "{output}");
    assert_no_user_is_doubled(&echo);
}

#[test]
fn function_that_never_began_is_replaced_without_waiting_for_its_silence() {
    needs!("ministack");
    let echo = Echo::start();
    let account = account(&echo);
    account.front.fault(1, Fault::Never);
    // It is not ready within 20 seconds, and the other function's first part shows that functions can keep results.
    let output = account.load(&["--duration", "40s"]).exits(0);
    output.prints(&["not ready within 20s", "lost from 00:00:00"]);
    assert_eq!(account.front.invocations(), 3, "{output}");
    assert_no_user_is_doubled(&echo);
}
