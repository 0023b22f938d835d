//! Secrets that an environment names by reference: fetched once, in local runs and in distributed ones, and shown nowhere.

use std::path::Path;

use super::Account;
use crate::tools::needs;

const TOKEN: &str = "demo-token";

/// An account with the token of the test in a secret and in a parameter of us-west-2.
fn account(reference: &str) -> Account {
    let account = Account::new();
    let (front, key) = (&account.front, &account.key);
    front.store_secret(key, "us-west-2", "shop/login", &format!("{{\"user\":\"me\",\"token\":\"{TOKEN}\"}}"));
    front.store_parameter(key, "us-west-2", "/shop/token", TOKEN);
    account.project.edit("config/cs1.yml", "${TPDATA_TOKEN:-demo-token}", reference);
    front.requests();
    account
}

/// How many secrets were read from stores.
fn fetched(account: &Account) -> usize {
    account.front.requests().iter().filter(|request| request.contains("SecretId") || request.contains("WithDecryption")).count()
}

/// Files of a folder and of those in it that contain a text.
fn containing(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(containing(&path, text));
        } else if std::fs::read(&path).unwrap().windows(text.len()).any(|window| window == text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn secrets_are_fetched_once_and_shown_nowhere() {
    needs!("ministack");
    for reference in ["${secretsmanager:shop/login:token}", "${ssm:/shop/token}"] {
        let account = account(reference);
        let run = |args: &[&str]| account.run(args).env("AWS_REGION", "us-west-2");
        for args in [&["--debug"][..], &["--duration", "1s", "--json", "run.json"], &["run", "--shards", "2", "--duration", "1s"]] {
            let output = run(args).exits(0);
            output.omits(&[TOKEN]);
            assert_eq!(fetched(&account), 1, "{output}");
        }
        // The other environments of the repository contain the token as a default.
        for folder in ["runs", "."] {
            let files = containing(&account.project.path().join(folder), TOKEN);
            assert!(files.iter().all(|file| file.contains("/config/")), "{files:?}");
        }
        run(&["plan"]).exits(0);
        run(&["deploy", "--region", "us-west-2", "--dry-run"]).exits(0).prints(&[if reference.contains("ssm") {
            "arn:aws:ssm:*:ACCOUNT:parameter/shop/token"
        } else {
            "arn:aws:secretsmanager:*:ACCOUNT:secret:shop/login-??????"
        }]);
        assert_eq!(account.front.requests(), Vec::<String>::new(), "`plan` and `--dry-run` make no call");
    }
}

#[test]
fn functions_on_lambda_get_secrets_of_the_orchestrator() {
    needs!("ministack");
    let account = account("${secretsmanager:shop/login:token}");
    account.run(&["deploy", "--region", "us-west-2"]).exits(0).omits(&[TOKEN, "warning"]);
    account.front.requests();
    let output = account.load(&["--duration", "2s"]).exits(0);
    output.omits(&[TOKEN]);
    let (reported, served) = account.counts();
    assert!(reported > 0 && reported == served, "{reported} of {served}: {output}");
    let requests = account.front.requests();
    assert_eq!(requests.iter().filter(|request| request.contains("SecretId")).count(), 1, "{requests:?}");
    assert!(!requests.iter().any(|request| request.contains(TOKEN)), "nothing but the event contains it: {requests:?}");
    assert_eq!(containing(&account.project.path().join("runs"), TOKEN), Vec::<String>::new());
}

#[test]
fn secrets_that_cannot_be_had_are_errors_with_their_fix() {
    needs!("ministack");
    let account = account("${secretsmanager:shop/login:tokn}");
    let run = || account.run(&["--duration", "1s"]).env("AWS_REGION", "us-west-2");
    let key = "config/cs1.yml:";
    run().exits(2).prints(&[key, "auto_system.token needs the secret shop/login: it has no member `tokn` (did you mean `token`?)"]);
    run().env("AWS_REGION", "eu-central-1").exits(2).prints(&["not found in eu-central-1", "set AWS_REGION, or write its ARN"]);
    run().env_remove("AWS_ACCESS_KEY_ID").exits(2).prints(&["no AWS credentials found", "aws sso login"]);
    account.front.deny(Some("SecretId"));
    run().exits(2).prints(&["secretsmanager:GetSecretValue in us-west-2 was refused", "allow secretsmanager:GetSecretValue on it"]);
    account.front.deny(None);
    run().env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").exits(2).prints(&["had no response", "AWS_ENDPOINT_URL"]);
    account.project.edit("config/cs1.yml", "secretsmanager:shop/login:tokn", "ssm:/shop/tokn");
    run().exits(2).prints(&["auto_system.token needs the parameter /shop/tokn: not found in us-west-2"]);
    account.project.edit("config/cs1.yml", "ssm:/shop/tokn", "smm:/shop/token");
    run().exits(2).prints(&[key, "unknown store; did you mean `ssm`?"]);
    assert_eq!(account.served(), 0, "all of this is known before the load");
}
