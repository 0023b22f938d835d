//! A service that hands out keys, as machines on AWS have them: the credentials endpoint of a container, the metadata of an instance, the
//! portal of SSO, and STS for the identity of a pod.

use std::io::{self, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use serde_json::json;

use super::wire::{Head, answer};

/// The call to STS with the identity of a pod.
const WEB_IDENTITY: &str = "AssumeRoleWithWebIdentity";
/// The role of the instance.
const ROLE: &str = "load";

/// A listening service. Each of its keys lasts for the same time.
#[derive(Debug)]
pub(crate) struct KeySource {
    pub(crate) address: String,
    served: Arc<Mutex<Vec<String>>>,
}

impl KeySource {
    /// `key` is the access key of all answers.
    pub(crate) fn start(key: &str, lifetime: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it has an address").to_string();
        let served = Arc::<Mutex<Vec<String>>>::default();
        let (requests, key) = (served.clone(), key.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // A client that disconnects ends only its connection.
                let _ = serve(&stream, &key, lifetime, &requests);
            }
        });
        Self { address, served }
    }

    /// How often it has handed out keys.
    pub(crate) fn served(&self) -> usize {
        let keys = ["/container", "/latest/meta-data/iam/security-credentials/load", "/federation/credentials", WEB_IDENTITY];
        self.served.lock().unwrap().iter().filter(|path| keys.iter().any(|known| path.split('?').next() == Some(*known))).count()
    }
}

fn serve(mut stream: &TcpStream, key: &str, lifetime: Duration, requests: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let Some(head) = Head::read(&mut reader)? else { return Ok(()) };
    let body = String::from_utf8_lossy(&head.whole_body(&mut reader)?).into_owned();
    let action = body.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default();
    requests.lock().unwrap().push(if action.is_empty() { head.path.clone() } else { action.to_owned() });
    let has = |name: &str, value: &str| head.header(name) == Some(value);
    let ends = now() + lifetime;
    let seconds = format!("@{}", ends.as_secs());
    let time = Command::new("date").args(["-u", "-d", &seconds, "+%Y-%m-%dT%H:%M:%SZ"]).output()?;
    let time = String::from_utf8_lossy(&time.stdout).trim().to_owned();
    let secret = "secret";
    let keys =
        || json!({ "Code": "Success", "AccessKeyId": key, "SecretAccessKey": secret, "Token": "token", "Expiration": time }).to_string();
    let path = head.path.split('?').next().unwrap_or_default();
    let body = match path {
        "/container" if has("authorization", "token-of-container") => keys(),
        "/latest/api/token" if head.method == "PUT" => "token-of-instance".to_owned(),
        "/latest/meta-data/placement/region" => "us-west-2".to_owned(),
        "/latest/meta-data/iam/security-credentials/" if has("x-aws-ec2-metadata-token", "token-of-instance") => ROLE.to_owned(),
        _ if path.strip_prefix("/latest/meta-data/iam/security-credentials/") == Some(ROLE) => keys(),
        "/federation/credentials" if has("x-amz-sso_bearer_token", "token-of-sso") => {
            let expiration = u64::try_from(ends.as_millis()).map_err(io::Error::other)?;
            json!({ "roleCredentials": { "accessKeyId": key, "secretAccessKey": secret, "sessionToken": "token", "expiration": expiration } })
                .to_string()
        }
        "/" if action == WEB_IDENTITY && body.contains("WebIdentityToken=token-of-pod") => format!(
            "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result><Credentials><AccessKeyId>{key}</AccessKeyId>\
             <SecretAccessKey>{secret}</SecretAccessKey><SessionToken>token</SessionToken><Expiration>{time}</Expiration></Credentials>\
             </{action}Result></{action}Response>"
        ),
        "/" if action == "GetCallerIdentity" => format!(
            "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result><Arn>arn:aws:sts::{key}:assumed-role/load/x\
             </Arn><UserId>AROA:x</UserId><Account>{key}</Account></{action}Result></{action}Response>"
        ),
        _ => return answer(&mut stream, "401 Unauthorized", &[("Connection", "close")], b"{}"),
    };
    let headers = [("Content-Type", "application/json"), ("x-aws-ec2-metadata-token-ttl-seconds", "21600"), ("Connection", "close")];
    answer(&mut stream, "200 OK", &headers, body.as_bytes())
}

/// The time since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "keys expire by the wall clock")]
fn now() -> Duration {
    UNIX_EPOCH.elapsed().expect("the clock is right")
}
