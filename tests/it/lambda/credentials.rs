//! Credentials that expire: those that cannot be refreshed are refused before the load, the others are refreshed, and only then.

use super::Account;
use crate::command::Run;
use crate::tools::needs;

/// A profile whose keys a script prints, each with a time to live. The script notes that it ran.
pub(super) fn with_process(account: &Account, lifetime: &str) {
    let folder = account.project.path();
    let keys = format!(
        "#!/bin/sh\necho asked >> {0}/asked\nend=$(date -u -d '+{lifetime}' +%Y-%m-%dT%H:%M:%SZ)\n\
         echo '{{\"Version\": 1, \"AccessKeyId\": \"{1}\", \"SecretAccessKey\": \"secret\", \"Expiration\": \"'$end'\"}}'\n",
        folder.display(),
        account.key
    );
    account.project.write("keys.sh", keys);
    account.project.write("asked", "");
    account.project.write(".aws/config", format!("[default]\ncredential_process = /bin/sh {}/keys.sh\n", folder.display()));
}

pub(super) fn without_keys(run: Run) -> Run {
    run.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY")
}

#[test]
fn keys_of_a_process_are_asked_for_again_only_when_they_expire() {
    needs!("ministack");
    let account = Account::new();
    let asked = |lifetime: &str, args: &[&str]| {
        with_process(&account, lifetime);
        without_keys(account.run(args)).exits(0);
        account.project.read("asked").lines().count()
    };
    assert_eq!(asked("1 hour", &["deploy", "--region", "us-west-2"]), 1);
    assert!(asked("30 seconds", &["status", "--region", "us-west-2"]) >= 2, "they are refreshed before they expire");
}

#[test]
fn role_of_a_profile_is_assumed_once() {
    needs!("ministack");
    let account = Account::new();
    let key = &account.key;
    account.project.write(
        ".aws/config",
        format!("[profile load]\nrole_arn = arn:aws:iam::{key}:role/load\nsource_profile = base\nregion = us-west-2\n"),
    );
    account.project.write(".aws/credentials", format!("[base]\naws_access_key_id = {key}\naws_secret_access_key = secret\n"));
    let run = without_keys(account.run(&["status", "--region", "us-west-2"])).env("AWS_PROFILE", "load");
    run.exits(0).prints(&["us-west-2: not deployed"]);
    let requests = account.front.requests();
    assert_eq!(requests.iter().filter(|request| request.contains("Action=AssumeRole")).count(), 1, "{requests:?}");
}

#[test]
fn keys_that_expire_before_the_end_are_refused_before_the_load() {
    needs!("ministack");
    let account = Account::new();
    let run = |more: &[&str]| {
        let run = account.run(&[&["run", "--engine", "lambda", "--yes", "--duration", "4s"], more].concat());
        run.env("AWS_SESSION_TOKEN", "token").env("AWS_CREDENTIAL_EXPIRATION", "2026-01-03T13:00:00Z")
    };
    let refused = run(&[]).exits(2);
    refused.prints(&["the AWS credentials of the environment expire at 2026-01-03T13:00:00Z", "--allow-expiring"]);
    assert_eq!(account.front.requests(), Vec::<String>::new());
    run(&["--allow-expiring"]).exits(3).prints(&["it is not deployed"]);
    account.front.requests();
    let unreadable = run(&[]).env("AWS_CREDENTIAL_EXPIRATION", "tomorrow").exits(2);
    unreadable.prints(&["unexpected `tomorrow` in AWS_CREDENTIAL_EXPIRATION, expected a time such as 2026-01-03T13:00:00Z"]);
    // The session of a profile cannot be renewed without the browser.
    account.project.write(".aws/config", "[profile sso]\nsso_start_url = https://example.awsapps.com/start\nregion = us-west-2\n");
    let token = r#"{"accessToken": "token", "expiresAt": "2026-01-03T13:00:00Z"}"#;
    account.project.write(".aws/sso/cache/e8be5486177c5b5392bd9aa76563515b29358e6e.json", token);
    let run = without_keys(account.run(&["run", "--engine", "lambda", "--yes", "--duration", "4s"])).env("AWS_PROFILE", "sso");
    run.exits(2).prints(&["the SSO session of the profile `sso` ends at 2026-01-03T13:00:00Z", "run `aws sso login --profile sso`"]);
    // A role lasts as long as the session of its source, and a tool wrote when the keys of a profile expire.
    let config = "[profile sso]\nsso_start_url = https://example.awsapps.com/start\n[profile role]\nrole_arn = arn:aws:iam::1:role/load\n\
                  source_profile = sso\n";
    account.project.write(".aws/config", config);
    let keys = "[saml]\naws_access_key_id = AKID\naws_secret_access_key = secret\naws_session_token = token\n\
                x_security_token_expires = 2026-01-03T15:00:00+02:00\n";
    account.project.write(".aws/credentials", keys);
    for (profile, what, renew) in [
        ("role", "the SSO session of the profile `sso` ends at 2026-01-03T13:00:00Z", "run `aws sso login --profile sso`"),
        ("saml", "the AWS credentials of the profile `saml` expire at 2026-01-03T13:00:00Z", "renew them"),
    ] {
        let run = without_keys(account.run(&["run", "--engine", "lambda", "--yes", "--duration", "4s"])).env("AWS_PROFILE", profile);
        run.exits(2).prints(&[what, "before the test, which ends at 20", renew, "shorten the test, or add --allow-expiring"]);
    }
    assert_eq!(account.front.requests(), Vec::<String>::new());
}
