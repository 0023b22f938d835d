//! Keys of containers, instances, pods and SSO: found without any setting of ltc, kept, and refreshed when they expire, also during a run.

use std::time::Duration;

use super::Account;
use super::credentials::without_keys;
use crate::command::{Output, Run};
use crate::rig::KeySource;
use crate::tools::needs;

const HOUR: Duration = Duration::from_secs(3600);
/// Keys are refreshed a minute before they expire, so each request needs new ones.
const BRIEF: Duration = Duration::from_secs(30);

/// Runs `status` with the keys of a source, and asserts how often they were fetched.
#[track_caller]
fn status(source: &KeySource, lifetime: Duration, run: Run) -> Output {
    let output = run.exits(0);
    output.prints(&["us-west-2: not deployed"]);
    assert_eq!(source.served() == 1, lifetime == HOUR, "{} times: {output}", source.served());
    output
}

#[test]
fn keys_of_a_container_are_kept_and_refreshed() {
    needs!("ministack");
    let account = Account::new();
    for lifetime in [HOUR, BRIEF] {
        let source = KeySource::start(&account.key, lifetime);
        let run = without_keys(account.run(&["status", "--region", "us-west-2"]))
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("http://{}/container", source.address))
            .env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "token-of-container");
        status(&source, lifetime, run);
    }
}

/// Runs with the identity of a pod on Kubernetes.
fn with_web_identity(account: &Account, source: &KeySource, run: Run) -> Run {
    account.project.write("pod-token", "token-of-pod");
    without_keys(run)
        .env("AWS_WEB_IDENTITY_TOKEN_FILE", account.project.path().join("pod-token"))
        .env("AWS_ROLE_ARN", format!("arn:aws:iam::{}:role/load", account.key))
        .env("AWS_ENDPOINT_URL_STS", format!("http://{}", source.address))
}

#[test]
fn keys_of_a_pod_are_kept_and_refreshed() {
    needs!("ministack");
    let account = Account::new();
    for lifetime in [HOUR, BRIEF] {
        let source = KeySource::start(&account.key, lifetime);
        let run = with_web_identity(&account, &source, account.run(&["status", "--region", "us-west-2"]).env("AWS_REGION", "us-west-2"));
        status(&source, lifetime, run);
    }
}

#[test]
fn keys_that_expire_during_a_run_are_refreshed() {
    needs!("ministack");
    let account = Account::deployed();
    // Keys are refreshed a minute before they expire, so a run needs new ones every few seconds.
    let lifetime = Duration::from_secs(64);
    let load = [
        &["run", "--engine", "lambda", "--yes", "--shards", "2", "--clients", "6", "--hatch-rate", "100", "--stats-interval", "1s"][..],
        &["--duration", "20s", "--interval", "10s", "--json", "run.json"],
    ]
    .concat();
    for kind in ["container", "instance", "pod"] {
        let (served, invocations) = (account.served(), account.front.invocations());
        let source = KeySource::start(&account.key, lifetime);
        let address = format!("http://{}", source.address);
        let run = account.run(&load).env("AWS_REGION", "us-west-2");
        let run = match kind {
            "container" => without_keys(run)
                .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{address}/container"))
                .env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "token-of-container"),
            "instance" => without_keys(run).env_remove("AWS_EC2_METADATA_DISABLED").env("AWS_EC2_METADATA_SERVICE_ENDPOINT", address),
            _ => with_web_identity(&account, &source, run),
        };
        let output = run.exits(0);
        let reported = account.project.report("run.json").figure("Create treatment variant", "requests");
        assert_eq!(reported, account.served() - served, "{kind}: {output}");
        assert_eq!(account.front.invocations() - invocations, 4, "{kind}: {output}");
        assert!(source.served() >= 4, "{kind}: {} times: {output}", source.served());
    }
}

#[test]
fn keys_of_an_instance_are_kept_and_refreshed() {
    needs!("ministack");
    let account = Account::new();
    for lifetime in [HOUR, BRIEF] {
        let source = KeySource::start(&account.key, lifetime);
        let run = without_keys(account.run(&["status", "--region", "us-west-2"]))
            .env_remove("AWS_EC2_METADATA_DISABLED")
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", format!("http://{}", source.address));
        status(&source, lifetime, run);
    }
}

#[test]
fn keys_of_sso_are_kept_and_refreshed_until_its_session_ends() {
    needs!("ministack");
    let account = Account::new();
    let profile = format!(
        "[profile sso]\nsso_session = load\nsso_account_id = {}\nsso_role_name = tester\nregion = us-west-2\n\
         [sso-session load]\nsso_region = us-west-2\nsso_start_url = https://example.awsapps.com/start\n",
        account.key
    );
    account.project.write(".aws/config", profile);
    let session = |ends: &str| {
        let token = serde_json::json!({
            "accessToken": "token-of-sso", "expiresAt": ends, "region": "us-west-2", "startUrl": "https://example.awsapps.com/start"
        });
        // The name is the SHA-1 of the session's.
        account.project.write(".aws/sso/cache/5dbc716c4600097b85b9e51d6aeb77a4363b03ed.json", token.to_string());
    };
    session("2125-01-01T00:00:00Z");
    let run = |source: &KeySource| {
        without_keys(account.run(&["status", "--region", "us-west-2"]))
            .env("AWS_PROFILE", "sso")
            .env("AWS_ENDPOINT_URL_SSO", format!("http://{}", source.address))
    };
    for lifetime in [HOUR, BRIEF] {
        let source = KeySource::start(&account.key, lifetime);
        status(&source, lifetime, run(&source));
    }
    session("2025-01-01T00:00:00Z");
    let source = KeySource::start(&account.key, HOUR);
    run(&source).exits(3).prints(&["no AWS credentials found", "aws sso login"]);
    assert_eq!(source.served(), 0);
}
