//! What costs money or removes something is confirmed on a terminal, and needs `--yes` without one.

use super::Account;
use crate::project::binary;
use crate::terminal::Terminal;
use crate::tools::needs;

#[test]
fn paid_run_and_destroy_without_a_terminal_need_yes() {
    needs!("ministack");
    let account = Account::deployed();
    let before = account.all_requests();
    let run = account.run(&["run", "--duration", "2s", "--clients", "2"]).exits(2);
    run.prints(&["engine: AWS Lambda in us-west-2", "There is no terminal to confirm it: add --yes"]);
    assert_eq!(account.all_requests(), before, "{run}");
    account.front.requests();
    let destroy = account.run(&["destroy"]).exits(2);
    destroy.prints(&["Remove ltc-tpdata from us-west-2? There is no terminal to confirm it: add --yes"]);
    let requests = account.front.requests();
    assert!(!requests.iter().any(|request| request.starts_with("DELETE")), "{requests:?}");
    // A run on this machine costs nothing, and nothing asks.
    account.run(&["run", "--engine", "process", "--shards", "2", "--clients", "2", "--duration", "1s"]).exits(0).omits(&["--yes"]);
    account.run(&["status"]).exits(0).prints(&["us-west-2: version 1, this build"]);
}

#[test]
fn paid_run_and_destroy_ask_on_a_terminal() {
    needs!("ministack", "tmux");
    let account = Account::deployed();
    let before = account.all_requests();
    let terminal = |name: &str, args: &str| {
        let variables = format!(
            "env -u AWS_PROFILE -u AWS_SESSION_TOKEN HOME={} AWS_ENDPOINT_URL={} AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY=secret",
            account.project.path().display(),
            account.front.url(),
            account.key
        );
        Terminal::new(name, &account.project, &format!("{variables} {} {args}", binary("tpdata").display()))
    };
    let load = "run --shards 1 --clients 2 --hatch-rate 100 --duration 2s --stats-interval 1s --no-tui";
    let run = terminal("run-no", load);
    run.shows(&["Start? [y/N]"]);
    run.press("Enter");
    run.shows(&["not started", "EXIT 2"]);
    assert_eq!(account.all_requests(), before);
    let run = terminal("run-yes", load);
    run.shows(&["Start? [y/N]"]);
    run.press("y");
    run.press("Enter");
    run.shows(&["EXIT 0"]);
    assert_eq!(account.front.invocations(), 1);
    let destroy = terminal("destroy-no", "destroy");
    destroy.shows(&["Remove ltc-tpdata from us-west-2? [y/N]"]);
    destroy.press("n");
    destroy.press("Enter");
    destroy.shows(&["nothing was removed", "EXIT 2"]);
    let destroy = terminal("destroy-yes", "destroy");
    destroy.shows(&["Remove ltc-tpdata from us-west-2? [y/N]"]);
    destroy.press("y");
    destroy.press("Enter");
    destroy.shows(&["us-west-2: removed", "EXIT 0"]);
}
