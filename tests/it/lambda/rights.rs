//! The minimal policy of `deploy --dry-run`: all commands work with it alone, and a message names each missing permission.

use std::collections::BTreeSet;

use super::Account;
use crate::machine::wait_until;
use crate::rig::Permissions;
use crate::tools::needs;

/// A subnet of the account.
fn subnet(account: &Account) -> String {
    let subnets = account.front.ec2(&account.key, "us-west-2", "Action=DescribeSubnets");
    subnets.split("<subnetId>").nth(1).and_then(|rest| rest.split('<').next()).unwrap().to_owned()
}

/// Writes a profile in which `deploy` makes nearly every call that it can make.
fn profile(account: &Account, subnet: &str, memory_mb: u32) -> &'static str {
    let lambda = format!(
        "environment: {{GREETING: hello}}, reserved_concurrency: 4, log_retention_days: 14, subnets: [{subnet}], memory_mb: {memory_mb}"
    );
    let header = "test_header: {env: cs1, location: us-west-2}\n";
    account.profile(&format!(
        "{header}profile: {{runner: {{clients: 2, duration: 2s, without_orchestrator: finish}}, lambda: {{{lambda}}}}}\n"
    ))
}

/// The two policies that `deploy --dry-run` prints.
fn policies(account: &Account) -> Permissions {
    let dry = account.run(&["deploy", "--dry-run", "--profile", profile(account, &subnet(account), 512)]).exits(0);
    let policy = |part: &str| -> BTreeSet<String> {
        let json: serde_json::Value = serde_json::from_str(&format!("{{{}\n}}", part.split("\n}").next().unwrap())).unwrap();
        let actions = json["Statement"].as_array().unwrap().iter().flat_map(|statement| match &statement["Action"] {
            serde_json::Value::Array(actions) => actions.clone(),
            action => vec![action.clone()],
        });
        actions.map(|action| action.as_str().unwrap().to_owned()).collect()
    };
    let mut all = dry.split("\n{").skip(1).map(policy);
    Permissions { function: all.next().unwrap(), person: all.next().unwrap() }
}

/// Actions that AWS requires without a call, for calls that this profile does not make, or for calls that ministack makes unnecessary.
const WITHOUT_A_CALL: [&str; 6] = [
    "ec2:DescribeNatGateways",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeVpcs",
    "lambda:DeleteAlias",
    "lambda:ListTags",
    "lambda:UpdateFunctionCode",
];

#[test]
fn all_commands_work_with_the_minimal_policy() {
    needs!("ministack");
    let account = Account::new();
    let subnet = subnet(&account);
    let Permissions { function, person } = policies(&account);
    let permit =
        |person: &BTreeSet<String>| account.front.rights().permit(Permissions { function: function.clone(), person: person.clone() });
    permit(&person);
    let own = |word: &'static str, memory_mb| account.run(&[word, "--profile", profile(&account, &subnet, memory_mb)]);
    own("deploy", 512).exits(0).prints(&["us-west-2: created, version 1"]);
    own("deploy", 1024).exits(0).prints(&["us-west-2: reconfigured, version 2"]);
    own("status", 1024).exits(0).prints(&["us-west-2: version 2"]);
    // To run a deployed test, these suffice.
    let runs = |action: &String| {
        let lambda = ["InvokeFunction", "GetFunction", "ListTags", "GetFunctionConfiguration", "GetAlias", "GetAccountSettings"];
        lambda.iter().any(|name| *action == format!("lambda:{name}"))
            || (action.starts_with("s3:") && !action.ends_with("Bucket"))
            || action == "s3:ListBucket"
    };
    permit(&person.iter().filter(|action| runs(action)).cloned().collect());
    let output = account.load(&["--profile", "own.profile.yml", "--shards", "1", "--duration", "2s"]).exits(0);
    output.omits(&["warning"]);
    let before = account.served();
    let running = account.load(&["--profile", "own.profile.yml", "--shards", "1", "--duration", "60s"]);
    wait_until("the load runs", || account.served() > before + 10);
    // Dropping the process kills it.
    drop(running);
    own("runs", 1024).exits(0).prints(&["running"]);
    own("stop", 1024).exits(0);
    wait_until("all functions have ended", || own("collect", 1024).output().code == Some(130));
    account.run(&["collect", "--remove", "--profile", "own.profile.yml"]).exits(130);
    permit(&person);
    account
        .run(&["destroy", "--yes", "--profile", "own.profile.yml"])
        .exits(0)
        .prints(&["us-west-2: removed", "role ltc-tpdata-role: removed"]);
    assert_eq!(account.front.rights().rejected(), Vec::<String>::new());
}

#[test]
fn each_missing_permission_is_named() {
    needs!("ministack");
    let account = Account::new();
    let subnet = subnet(&account);
    let (all, rights) = (policies(&account), account.front.rights());
    let mut person = BTreeSet::new();
    let with = |words: &[&'static str]| [words, &["--profile", "own.profile.yml"]].concat();
    let commands = [
        (with(&["deploy"]), 512),
        (with(&["deploy"]), 1024),
        (with(&["status"]), 1024),
        (with(&["run", "--yes", "--shards", "1", "--duration", "2s"]), 1024),
        (with(&["destroy", "--yes"]), 1024),
    ];
    // The permissions that a message names are given, until the command succeeds.
    for (args, memory_mb) in &commands {
        profile(&account, &subnet, *memory_mb);
        loop {
            rights.permit(Permissions { person: person.clone(), function: all.function.clone() });
            let output = account.run(args).output();
            let rejected = rights.rejected();
            if rejected.is_empty() {
                assert_eq!(output.code, Some(0), "{output}");
                break;
            }
            // Later ones may concern the removal of what was not written.
            output.prints(&[&rejected[0]]);
            for action in rejected.into_iter().filter(|action| output.contains(action.as_str())) {
                assert!(all.person.contains(&action), "{action} is not in the minimal policy, and {args:?} needs it");
                person.insert(action);
            }
        }
    }
    let unused: BTreeSet<&str> = all.person.difference(&person).map(String::as_str).collect();
    assert_eq!(unused, BTreeSet::from(WITHOUT_A_CALL));
}
