//! Secrets that an environment names by reference: AWS Secrets Manager and Parameter Store, by signed requests.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use ltc_config::credentials::Aws;
use ltc_config::secret_reference::{SecretError, SecretReference, SecretStore, Store};
use reqwest::Method;
use serde_json::{Value, json};

use super::error::{AwsError, Cause};
use super::session::Session;
use super::signed::{SignedRequest, host};

/// How often a throttled request is sent, and the pause before it is sent again.
const ATTEMPTS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(300);
/// For refusals that have no better fix.
const CREDENTIALS: &str = "secrets are read with the AWS credentials that `deploy` and `run` use";

/// A session, and what runs its calls.
type Opened = (Session, tokio::runtime::Runtime);

/// The stores of AWS, for the one process that prepares a test. A session is opened when the first secret is needed, because most tests
/// need none. What was fetched is kept, so that two members of a secret cost one call.
#[derive(Debug)]
pub(crate) struct AwsSecrets {
    own: Option<Aws>,
    region: Option<String>,
    session: OnceCell<Result<Opened, SecretError>>,
    fetched: RefCell<HashMap<SecretReference, Result<String, SecretError>>>,
}

impl AwsSecrets {
    /// With the section `AWS` of the credentials, and the region where neither a reference nor the configuration of AWS names one.
    pub(crate) fn new(own: Option<Aws>, region: Option<String>) -> Self {
        Self { own, region, session: OnceCell::new(), fetched: RefCell::default() }
    }

    fn open(&self) -> Result<Opened, SecretError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| AwsError::new(Cause::Other, format!("cannot start the async runtime: {error}")));
        let opened = runtime.and_then(|runtime| Ok((runtime.block_on(Session::open(self.own.as_ref()))?, runtime)));
        opened.map_err(|error| refusal(&error, CREDENTIALS.to_owned()))
    }

    fn whole(&self, reference: &SecretReference) -> Result<String, SecretError> {
        let (session, runtime) = self.session.get_or_init(|| self.open()).as_ref().map_err(Clone::clone)?;
        let given = reference.region().map(str::to_owned);
        let regions = session.regions(given.into_iter().collect());
        let region = regions.ok().and_then(|regions| regions.into_iter().next()).or_else(|| self.region.clone());
        let region = region.ok_or_else(|| SecretError {
            message: "no AWS region is set".to_owned(),
            help: "set AWS_REGION, or write the ARN, which contains the region".to_owned(),
        })?;
        runtime.block_on(session.secret(reference, &region)).map_err(|error| secret_error(reference, &region, &error))
    }
}

impl SecretStore for AwsSecrets {
    fn fetch(&self, reference: &SecretReference) -> Result<String, SecretError> {
        let whole = reference.whole();
        let known = self.fetched.borrow().get(&whole).cloned();
        let text = match known {
            Some(known) => known,
            None => {
                let fetched = self.whole(&whole);
                self.fetched.borrow_mut().insert(whole, fetched.clone());
                fetched
            }
        }?;
        reference.member.as_deref().map_or(Ok(text.clone()), |member| member_of(&text, member))
    }
}

/// The member of a secret that is a JSON object, as text.
fn member_of(text: &str, member: &str) -> Result<String, SecretError> {
    let wrong = |message: String, help: String| Err(SecretError { message, help });
    // Neither the text nor the parser's error may be shown: they contain the secret.
    let Ok(Value::Object(members)) = serde_json::from_str(text) else {
        let help = "leave the member out to read the whole text, or store a JSON object".to_owned();
        return wrong(format!("it is not a JSON object, so it has no member `{member}`"), help);
    };
    match members.get(member) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Null) | None => {
            let names: Vec<&str> = members.keys().map(String::as_str).collect();
            let help = ltc_config::suggest::did_you_mean_or_list(member, &names, "use one of its members");
            wrong(format!("it has no member `{member}`"), help.unwrap_or_else(|| "add the member".to_owned()))
        }
        Some(other) => Ok(other.to_string()),
    }
}

/// Why a secret cannot be had, with the fix.
fn secret_error(reference: &SecretReference, region: &str, error: &AwsError) -> SecretError {
    let (noun, action) = (reference.store.noun(), action(reference.store));
    match error.cause {
        Cause::NotFound => SecretError {
            message: format!("not found in {region}: {}", error.message),
            help: format!("check the name and the account; if the {noun} is in another region, set AWS_REGION, or write its ARN"),
        },
        Cause::Denied => refusal(
            error,
            format!("allow {action} on it to the user or role that starts the test, and kms:Decrypt if a key of your own encrypts it"),
        ),
        _ => refusal(error, CREDENTIALS.to_owned()),
    }
}

/// A refusal with its own fix, else with this one.
fn refusal(error: &AwsError, help: String) -> SecretError {
    let own = error.help().filter(|_| error.cause != Cause::Denied);
    SecretError { message: error.refusal(), help: own.unwrap_or(help) }
}

fn action(store: Store) -> &'static str {
    match store {
        Store::SecretsManager => "secretsmanager:GetSecretValue",
        Store::ParameterStore => "ssm:GetParameter",
    }
}

impl Session {
    /// The text of a secret or a parameter.
    async fn secret(&self, reference: &SecretReference, region: &str) -> Result<String, AwsError> {
        let service = reference.store.word();
        let (target, body) = match reference.store {
            Store::SecretsManager => {
                let mut body = json!({ "SecretId": reference.id });
                let versions = [("VersionStage", &reference.stage), ("VersionId", &reference.version)];
                for (key, value) in versions {
                    if let Some(value) = value {
                        body[key] = value.as_str().into();
                    }
                }
                ("secretsmanager.GetSecretValue", body)
            }
            Store::ParameterStore => ("AmazonSSM.GetParameter", json!({ "Name": reference.id, "WithDecryption": true })),
        };
        let body = body.to_string();
        let call = format!("{} in {region}", action(reference.store));
        let request = SignedRequest {
            call: call.clone(),
            service,
            region,
            method: Method::POST,
            url: format!("{}/", self.endpoint(service).unwrap_or_else(|| host(service, region))),
            headers: &[("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target)],
            body: body.as_bytes(),
        };
        let mut attempt = 1;
        let text = loop {
            match request.send(&self.http, &self.credentials().await?).await {
                Err(error) if error.cause == Cause::Throttled && attempt < ATTEMPTS => {
                    tokio::time::sleep(PAUSE * attempt).await;
                    attempt += 1;
                }
                answer => break answer?,
            }
        };
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        value_of(&answer).ok_or_else(|| AwsError::new(Cause::Other, format!("{call} answered without a value")))
    }
}

/// The value in an answer: text, or base64 of bytes that are text.
fn value_of(answer: &Value) -> Option<String> {
    let text = answer["SecretString"].as_str().or_else(|| answer["Parameter"]["Value"].as_str());
    if let Some(text) = text {
        return Some(text.to_owned());
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(answer["SecretBinary"].as_str()?).ok()?;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_a_secret_are_texts_and_errors_never_show_the_secret() {
        let text = r#"{"user":"me","port":5432,"empty":null}"#;
        assert_eq!(member_of(text, "user").as_deref(), Ok("me"));
        assert_eq!(member_of(text, "port").as_deref(), Ok("5432"));
        let near = member_of(text, "usr").unwrap_err();
        assert_eq!((near.message.as_str(), near.help.as_str()), ("it has no member `usr`", "did you mean `user`?"));
        assert!(member_of(text, "empty").is_err());
        let plain = member_of("hunter22", "user").unwrap_err();
        assert!(plain.message.contains("not a JSON object") && !format!("{plain:?}").contains("hunter22"), "{plain:?}");
    }

    #[test]
    fn values_are_read_as_both_stores_answer() {
        assert_eq!(value_of(&json!({ "SecretString": "a" })).as_deref(), Some("a"));
        assert_eq!(value_of(&json!({ "SecretBinary": "YWI=" })).as_deref(), Some("ab"));
        assert_eq!(value_of(&json!({ "Parameter": { "Value": "c" } })).as_deref(), Some("c"));
        assert_eq!(value_of(&json!({})), None);
    }

    #[test]
    fn refusals_name_the_right_and_the_region() {
        let reference = SecretReference { store: Store::SecretsManager, id: "shop/login".into(), member: None, stage: None, version: None };
        let refused = |status, code: &str| {
            secret_error(&reference, "us-west-2", &AwsError::answered("secretsmanager:GetSecretValue in us-west-2", status, code, "no"))
        };
        assert!(refused(400, "AccessDeniedException").help.contains("allow secretsmanager:GetSecretValue"));
        let missing = refused(400, "ResourceNotFoundException");
        assert!(missing.message.contains("not found in us-west-2") && missing.help.contains("AWS_REGION"), "{missing:?}");
        assert!(refused(400, "ExpiredTokenException").help.contains("the keys are wrong or expired"));
    }
}
