//! `${secretsmanager:NAME}` and `${ssm:NAME}`: values that a company keeps in a store, and that are fetched when the test starts.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::suggest::did_you_mean_or_list;

/// A store of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Store {
    /// AWS Secrets Manager.
    SecretsManager,
    /// Parameter Store of AWS Systems Manager.
    ParameterStore,
}

impl Store {
    /// The word before the colon.
    pub fn word(self) -> &'static str {
        match self {
            Self::SecretsManager => "secretsmanager",
            Self::ParameterStore => "ssm",
        }
    }

    /// What the store calls what it keeps.
    pub fn noun(self) -> &'static str {
        match self {
            Self::SecretsManager => "secret",
            Self::ParameterStore => "parameter",
        }
    }
}

const STORES: [Store; 2] = [Store::SecretsManager, Store::ParameterStore];

/// A value in a store, as an environment names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SecretReference {
    /// Where the value is.
    pub store: Store,
    /// The name or the ARN. That of a parameter may end in `:VERSION` or `:LABEL`, which the store itself understands.
    pub id: String,
    /// The member of a secret that is a JSON object; else the whole text.
    pub member: Option<String>,
    /// The version by its label, such as `AWSPREVIOUS`; else the current one.
    pub stage: Option<String>,
    /// The version by its id.
    pub version: Option<String>,
}

/// Why a value could not be had, and the fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretError {
    /// `not found in us-west-2`.
    pub message: String,
    /// The fix.
    pub help: String,
}

/// What fetches values of stores. Environments know nothing of how.
pub trait SecretStore {
    /// The value.
    ///
    /// # Errors
    /// Why it could not be had.
    fn fetch(&self, reference: &SecretReference) -> Result<String, SecretError>;
}

/// A store that is not asked: each value is its reference. For commands that make no call, such as `plan`.
#[derive(Clone, Copy, Debug)]
pub struct NotFetched;

impl SecretStore for NotFetched {
    fn fetch(&self, reference: &SecretReference) -> Result<String, SecretError> {
        Ok(reference.to_string())
    }
}

impl SecretReference {
    /// Reads what is between `${` and `}` of a reference: `secretsmanager:NAME:MEMBER:STAGE:VERSION`, in which all after the name may be
    /// left out, as in task definitions of Amazon ECS, or `ssm:NAME`. `None`: it is none, because it has no colon.
    pub(crate) fn parse(body: &str) -> Option<Result<Self, String>> {
        let (word, rest) = body.split_once(':')?;
        let Some(store) = STORES.into_iter().find(|store| store.word() == word.trim()) else {
            let help = did_you_mean_or_list(word.trim(), &STORES.map(Store::word), "use one of the stores").unwrap_or_default();
            return Some(Err(format!("\"${{{body}}}\" names an unknown store; {help}")));
        };
        Some(Self::of(store, rest.trim()).map_err(|why| format!("\"${{{body}}}\" {why}")))
    }

    fn of(store: Store, rest: &str) -> Result<Self, String> {
        if let Some((before, _)) = rest.split_once(":-") {
            let word = store.word();
            return Err(format!("has a default, which would hide that the {} is missing; write ${{{word}:{before}}}", store.noun()));
        }
        let (id, more) = match store {
            Store::ParameterStore => (rest, ""),
            // `arn:aws:secretsmanager:us-west-2:000000000000:secret:name-AbCdEf` has six colons of its own.
            Store::SecretsManager => {
                let end = if rest.starts_with("arn:") { 6 } else { 0 };
                rest.match_indices(':').nth(end).map_or((rest, ""), |(at, _)| (&rest[..at], &rest[at + 1..]))
            }
        };
        let plain = |char: char| char.is_ascii_alphanumeric() || "/_+=.@-:".contains(char);
        if id.is_empty() || !id.chars().all(plain) {
            return Err(format!("names no {}; write ${{{}:NAME}}", store.noun(), store.word()));
        }
        let mut parts = more.splitn(4, ':').map(|part| Some(part.to_owned()).filter(|part| !part.is_empty()));
        let [member, stage, version, surplus] = [(); 4].map(|()| parts.next().flatten());
        if surplus.is_some() {
            return Err("has too many parts; write ${secretsmanager:NAME:MEMBER:STAGE:VERSION}".to_owned());
        }
        Ok(Self { store, id: id.to_owned(), member, stage, version })
    }

    /// The region that an ARN names.
    pub fn region(&self) -> Option<&str> {
        let mut parts = self.id.split(':');
        (parts.next()? == "arn").then(|| parts.nth(2)).flatten().filter(|region| !region.is_empty())
    }

    /// The same without a member: what the store is asked for.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self { member: None, ..self.clone() }
    }
}

impl fmt::Display for SecretReference {
    /// `${secretsmanager:shop/login:password}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.member, &self.stage, &self.version].map(|part| part.as_deref().unwrap_or_default());
        let more = parts.iter().fold(String::new(), |more, part| format!("{more}:{part}"));
        write!(f, "${{{}:{}{}}}", self.store.word(), self.id, more.trim_end_matches(':'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_ecs_and_parameter_store_write_them() {
        const ARN: &str = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:shop/login-AbCdEf";
        let read = |body: &str| SecretReference::parse(body).unwrap().unwrap();
        let parts = |body: &str| {
            let found = read(body);
            (found.id, found.member.unwrap_or_default(), found.stage.unwrap_or_default(), found.version.unwrap_or_default())
        };
        let of =
            |id: &str, member: &str, stage: &str, version: &str| (id.to_owned(), member.to_owned(), stage.to_owned(), version.to_owned());
        assert_eq!(parts("secretsmanager:shop/login"), of("shop/login", "", "", ""));
        assert_eq!(parts("secretsmanager:shop/login:password"), of("shop/login", "password", "", ""));
        assert_eq!(parts("secretsmanager:shop/login::AWSPREVIOUS:"), of("shop/login", "", "AWSPREVIOUS", ""));
        assert_eq!(parts(&format!("secretsmanager:{ARN}")), of(ARN, "", "", ""));
        assert_eq!(parts(&format!("secretsmanager:{ARN}:password::v1")), of(ARN, "password", "", "v1"));
        assert_eq!(parts("ssm:/shop/token"), of("/shop/token", "", "", ""));
        assert_eq!(parts("ssm:token:3"), of("token:3", "", "", ""), "a version of the parameter");
        assert_eq!(read(&format!("secretsmanager:{ARN}")).region(), Some("eu-central-1"));
        assert_eq!(read("ssm:arn:aws:ssm:us-east-1:000000000000:parameter/a").region(), Some("us-east-1"));
        assert_eq!(read("ssm:token:3").region(), None);
        for body in ["secretsmanager:a", "secretsmanager:a:b", "secretsmanager:a::S", "ssm:/a/b:3"] {
            assert_eq!(read(body).to_string(), format!("${{{body}}}"));
        }
        assert!(SecretReference::parse("TOKEN").is_none());
    }

    #[test]
    fn wrong_references_are_errors_with_their_fix() {
        let why = |body: &str| SecretReference::parse(body).unwrap().unwrap_err();
        assert!(why("secretmanager:a").contains("did you mean `secretsmanager`?"), "{}", why("secretmanager:a"));
        assert!(why("vault:a").contains("secretsmanager") && why("vault:a").contains("ssm"), "{}", why("vault:a"));
        assert!(why("ssm:").contains("names no parameter; write ${ssm:NAME}"));
        assert!(why("secretsmanager:a b").contains("names no secret"));
        assert!(why("ssm:/a:-x").contains("write ${ssm:/a}"), "{}", why("ssm:/a:-x"));
        assert!(why("secretsmanager:a:b:c:d:e").contains("too many parts"));
    }
}
