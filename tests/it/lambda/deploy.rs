//! `deploy`, `status` and `destroy`, and the packages that are built for them.

use std::fs;

use super::Account;
use crate::command::Run;
use crate::project::{binary, ltc, root, shared_folder};
use crate::rig;
use crate::tools::needs;

#[test]
fn deploy_can_be_repeated_and_destroy_removes_everything() {
    needs!("ministack");
    let account = Account::new();
    let both = ["--region", "us-west-2", "--region", "eu-central-1"];
    let with = |word: &'static str, more: &[&'static str]| [&[word][..], &both, more].concat();
    let made = account.run(&with("deploy", &[])).exits(0);
    made.prints(&[
        "created role ltc-tpdata-role",
        &format!("created bucket ltc-tpdata-{}-us-west-2", account.key),
        "ltc-tpdata in us-west-2: created, version 1, 1769 MB, x86_64",
        "ltc-tpdata in eu-central-1: created, version 1",
    ]);
    account.front.requests();
    let again = account.run(&with("deploy", &[])).exits(0);
    again.prints(&["us-west-2: unchanged, version 1"]).omits(&["created"]);
    let changes = ["POST /2015-03-31/functions ", "PUT /2015-03-31/functions/ltc-tpdata/code", "PUT /2015-03-31/functions/ltc-tpdata/conf"];
    let requests = account.front.requests();
    assert!(!requests.iter().any(|request| changes.iter().any(|change| request.starts_with(change))), "{requests:?}");

    let status = account.run(&with("status", &[])).exits(0);
    status.prints(&["us-west-2: version 1, this build, active, 1769 MB, x86_64", "tpdata 3.1.4"]);

    let profile = account
        .profile("test_header: {env: cs1, location: us-west-2}\nprofile: {runner: {clients: 2, duration: 2s}, lambda: {memory_mb: 512}}\n");
    let configured = account.run(&["deploy", "--profile", profile]).exits(0);
    configured.prints(&["us-west-2: reconfigured, version 2, 512 MB"]);

    let gone = account.run(&with("destroy", &["--yes"])).exits(0);
    gone.prints(&["us-west-2: removed", "eu-central-1: removed", "-us-west-2: removed", "role ltc-tpdata-role: removed"]);
    account.run(&with("status", &[])).exits(0).prints(&["us-west-2: not deployed"]);
    account.run(&with("destroy", &["--yes"])).exits(0).prints(&["us-west-2: not found"]);
}

#[test]
fn function_of_somebody_else_is_used_and_kept() {
    needs!("ministack");
    let account = Account::deployed();
    let arn = format!("arn:aws:lambda:us-west-2:{}:function:ltc-tpdata", account.key);
    account.front.untag(&account.key, &arn, "ltc-made");
    account.run(&["deploy"]).exits(0).prints(&["us-west-2: unchanged"]);
    account.run(&["destroy", "--yes"]).exits(0).prints(&["us-west-2: kept, because `deploy` did not create it"]);
    account.run(&["status"]).exits(0).prints(&["us-west-2: version 1, this build"]);
}

#[test]
fn tags_that_may_not_be_listed_are_never_taken_for_missing() {
    needs!("ministack");
    let account = Account::deployed();
    account.front.rights().hide_tags(true);
    for args in [&["status"][..], &["destroy", "--yes"], &["deploy"], &["run", "--yes", "--duration", "2s"]] {
        let output = account.run(args).exits(3);
        output.prints(&["lambda:ListTags in us-west-2 was refused", "`deploy --dry-run` prints the minimal policy"]);
        output.omits(&["another build", "kept, because"]);
    }
    account.front.rights().hide_tags(false);
    account.run(&["destroy", "--yes"]).exits(0).prints(&["us-west-2: removed", "role ltc-tpdata-role: removed"]);
}

#[test]
fn dry_run_calls_nothing_and_prints_the_policies() {
    needs!("ministack");
    let account = Account::new();
    let dry = account.run(&["deploy", "--region", "eu-central-1", "--dry-run"]).env_remove("AWS_ACCESS_KEY_ID").exits(0);
    assert_eq!(account.front.requests(), Vec::<String>::new());
    dry.prints(&[
        "? lambda:CreateFunction ltc-tpdata in eu-central-1: provided.al2023, x86_64",
        "iam:PutRolePolicy",
        "lambda:InvokeFunction",
    ]);
    let policy = |part: &str| serde_json::from_str::<serde_json::Value>(&format!("{{{}\n}}", part.split("\n}").next().unwrap())).unwrap();
    let policies: Vec<_> = dry.split("\n{").skip(1).map(policy).collect();
    assert_eq!(policies.len(), 2);
    assert!(policies.iter().all(|policy| policy["Version"] == "2012-10-17"));
}

#[test]
fn build_only_writes_a_package_and_calls_nothing() {
    needs!("ministack");
    let account = Account::new();
    let built = account.run(&["deploy", "--build-only"]).exits(0);
    built.prints(&["tpdata.zip"]);
    Run::new("python3", account.project.path()).args(&["-m", "zipfile", "-l", "tpdata.zip"]).exits(0).prints(&["bootstrap"]);
    assert_eq!(account.front.requests(), Vec::<String>::new());
}

#[test]
fn errors_before_a_deployment_are_reported_with_their_fix() {
    needs!("ministack");
    let account = Account::new();
    let deploy = ["deploy", "--region", "us-west-2"];
    let nobody = account.run(&deploy).env_remove("AWS_ACCESS_KEY_ID").exits(3);
    nobody.prints(&["no AWS credentials found", "aws sso login"]);

    account.front.rights().only_key(Some("AKIDRIGHT"));
    let wrong = account.run(&deploy).exits(3);
    wrong.prints(&["sts:GetCallerIdentity was refused", "the keys are wrong or expired"]);
    account.front.rights().only_key(None);

    account.front.deny(Some("POST /2015-03-31/functions "));
    let denied = account.run(&deploy).exits(3);
    denied.prints(&["lambda:CreateFunction in us-west-2 was refused", "deploy --dry-run"]);
    account.front.deny(None);

    let profile = account.profile("test_header: {env: cs1}\nprofile: {runner: {clients: 2, duration: 2s}}\n");
    // That file names a region. Now none is set.
    fs::remove_file(account.project.path().join("config/systems_credentials.yml")).unwrap();
    let nowhere = account.run(&["deploy", "--profile", profile]).exits(2);
    nowhere.prints(&["no region is set: add --region us-west-2"]);

    let other = account.run(&["deploy", "--region", "us-west-2", "--arch", "arm64"]).exits(2);
    other.prints(&["it is for x86_64, and arm64 is wanted", "ltc build --lambda --arch arm64"]);

    let closed = account.run(&deploy).env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").exits(3);
    closed.prints(&["sts:GetCallerIdentity had no response", "AWS_ENDPOINT_URL"]);

    let role = account.run(&["deploy", "--region", "us-west-2", "--role", "nobody"]).exits(3);
    role.prints(&["role nobody not found"]);
}

/// The deployment that works with ministack also works with another emulator.
#[test]
fn deployment_works_on_moto_too() {
    needs!("ministack", "moto");
    let account = Account::new();
    let moto = rig::moto();
    let url = format!("http://127.0.0.1:{}", moto.port);
    let run = |args: &[&str]| account.run(args).env("AWS_ENDPOINT_URL", &url).exits(0);
    run(&["deploy"]).prints(&["us-west-2: created, version 1"]);
    run(&["deploy"]).prints(&["us-west-2: unchanged, version 1"]);
    run(&["destroy", "--yes"]).prints(&["us-west-2: removed"]);
    run(&["destroy", "--yes"]).prints(&["us-west-2: not found"]);
}

#[test]
fn build_for_lambda_starts_there_or_names_what_is_missing() {
    let out = shared_folder("binaries").join(format!("for-lambda-{}", std::process::id()));
    let build = |more: &[&str]| ltc(root(), &["build", "specs/tpdata.lt", "--lambda", "-o", &out.display().to_string()]).args(more);
    let without = build(&["--arch", "arm64"]).env("PATH", "").exits(3);
    without.prints(&[
        "no linker for Lambda found (arm64)",
        "pip install cargo-zigbuild ziglang",
        "rustup target add aarch64-unknown-linux-gnu",
    ]);
    let built = build(&[]).output();
    // Whether a binary that is linked here starts on Lambda depends on this system's glibc, which the plain binary requires.
    let plain = fs::read(binary("tpdata")).unwrap();
    if ltc_config::elf::fits_lambda(&plain, None).is_ok() {
        built.prints(&["for AWS Lambda, x86_64"]);
        assert!(built.code == Some(0) && out.is_file(), "{built}");
    } else {
        built.prints(&["as programs that are linked here do"]);
        assert_ne!(built.code, Some(0), "{built}");
    }
}
