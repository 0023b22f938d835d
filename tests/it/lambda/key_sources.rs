//! Keys of containers, instances, pods and SSO: found without any setting of ltc, kept, and refreshed when they expire.

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

/// Runs in a container, on an instance, with the identity of a pod on Kubernetes, or with SSO, whose session ends at this time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    Container,
    Instance,
    Pod,
    Sso(&'a str),
}

impl Place<'_> {
    /// The command with the keys of a source.
    pub(super) fn keys(self, account: &Account, source: &KeySource, run: Run) -> Run {
        let address = format!("http://{}", source.address);
        let run = without_keys(run).env("AWS_REGION", "us-west-2");
        match self {
            Self::Container => run
                .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{address}/container"))
                .env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "token-of-container"),
            Self::Instance => run.env_remove("AWS_EC2_METADATA_DISABLED").env("AWS_EC2_METADATA_SERVICE_ENDPOINT", address),
            Self::Pod => {
                account.project.write("pod-token", "token-of-pod");
                run.env("AWS_WEB_IDENTITY_TOKEN_FILE", account.project.path().join("pod-token"))
                    .env("AWS_ROLE_ARN", format!("arn:aws:iam::{}:role/load", account.key))
                    .env("AWS_ENDPOINT_URL_STS", address)
            }
            Self::Sso(ends) => {
                let profile = format!(
                    "[profile sso]\nsso_session = load\nsso_account_id = {}\nsso_role_name = tester\nregion = us-west-2\n\
                     [sso-session load]\nsso_region = us-west-2\nsso_start_url = https://example.awsapps.com/start\n",
                    account.key
                );
                account.project.write(".aws/config", profile);
                let token = serde_json::json!({
                    "accessToken": "token-of-sso", "expiresAt": ends, "region": "us-west-2", "startUrl": "https://example.awsapps.com/start"
                });
                // The name is the SHA-1 of the session's.
                account.project.write(".aws/sso/cache/5dbc716c4600097b85b9e51d6aeb77a4363b03ed.json", token.to_string());
                run.env("AWS_PROFILE", "sso").env("AWS_ENDPOINT_URL_SSO", address)
            }
        }
    }
}

#[test]
fn keys_of_each_place_are_kept_and_refreshed() {
    needs!("ministack");
    let account = Account::new();
    for place in [Place::Container, Place::Instance, Place::Pod, Place::Sso("2125-01-01T00:00:00Z")] {
        for lifetime in [HOUR, BRIEF] {
            let source = KeySource::start(&account.key, lifetime);
            status(&source, lifetime, place.keys(&account, &source, account.run(&["status", "--region", "us-west-2"])));
        }
    }
}

#[test]
fn sso_session_that_has_ended_gives_no_keys() {
    needs!("ministack");
    let account = Account::new();
    let source = KeySource::start(&account.key, HOUR);
    let run = Place::Sso("2025-01-01T00:00:00Z").keys(&account, &source, account.run(&["status", "--region", "us-west-2"]));
    run.exits(3).prints(&["no AWS credentials found", "aws sso login"]);
    assert_eq!(source.served(), 0);
}
