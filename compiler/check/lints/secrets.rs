//! Literal secrets in a spec or in the file of an environment (LT0910).

use std::collections::HashSet;

use ltc_config::ConfigError;
use ltc_config::environment::{EnvData, EnvValue};

use crate::diagnostic::Code;
use crate::model::EnvKey;

/// Words in keys whose values are secrets.
const WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "api_key",
    "access_key",
    "private_key",
    "signing_key",
    "subscription_key",
    "account_key",
    "shared_key",
    "encryption_key",
    "authorization",
];

/// Last words of keys whose values only describe a secret: `token_type`, `password_field`.
const ABOUT: &[&str] = &[
    "type", "types", "url", "uri", "urn", "endpoint", "path", "name", "field", "header", "ttl", "expiry", "expires", "lifetime", "length",
    "host", "file", "prefix", "format", "id", "kind", "audience", "scope", "issuer",
];

/// Whether a key, such as the name of a header or a member, indicates that its value is a secret.
pub(crate) fn names_secret(key: &str) -> bool {
    let key = words(key);
    let last = key.rsplit('_').next().unwrap_or_default();
    let forgery = key.contains("csrf") || key.contains("xsrf");
    !forgery && !ABOUT.contains(&last) && WORDS.iter().any(|word| key.contains(word))
}

/// As `names_secret`, for a key of an environment. There `key` alone means the key of a service; in a body it may be the key of a map.
fn names_secret_of_environment(key: &str) -> bool {
    matches!(words(key).as_str(), "key" | "pwd") || names_secret(key)
}

/// Whether a text can be a secret. Names of the OAuth specifications, addresses, paths of files and common words are not secrets.
pub(crate) fn may_be_secret(text: &str) -> bool {
    let lower = text.trim().to_ascii_lowercase();
    let is_address = lower.split_once("://").is_some_and(|(_, rest)| !rest.contains('@'));
    let is_file = [".pem", ".key", ".crt", ".cer", ".p12", ".pfx", ".jks"].iter().any(|end| lower.ends_with(end));
    let is_word = matches!(lower.as_str(), "" | "none" | "null" | "true" | "false" | "required" | "optional" | "bearer" | "basic");
    !(is_address || is_file || is_word || lower.starts_with("urn:"))
}

/// Converts `accessKey`, `Access-Key` and `access key` to one form: `access_key`.
fn words(key: &str) -> String {
    let mut words = String::new();
    let mut previous = '_';
    for char in key.chars() {
        if char.is_ascii_uppercase() && (previous.is_ascii_lowercase() || previous.is_ascii_digit()) {
            words.push('_');
        }
        words.push(if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '_' });
        previous = char;
    }
    words
}

/// Warns of literal secrets in an environment: values whose key indicates a secret, or that the spec uses as a credential.
pub(crate) fn in_environment(root: &EnvValue, used: &[EnvKey]) -> Vec<ConfigError> {
    let mut found = Vec::new();
    let credentials = used.iter().filter(|key| key.is_credential).map(|key| key.path.iter().map(String::as_str).collect()).collect();
    search(root, &mut Vec::new(), &credentials, &mut found);
    found
}

fn search<'a>(value: &'a EnvValue, path: &mut Vec<&'a str>, credentials: &HashSet<Vec<&str>>, found: &mut Vec<ConfigError>) {
    match &value.data {
        EnvData::Object(members) => {
            for (key, value) in members {
                path.push(key);
                search(value, path, credentials, found);
                path.pop();
            }
        }
        EnvData::List(items) => items.iter().for_each(|item| search(item, path, credentials, found)),
        EnvData::String(text) if is_secret(value, text, path, credentials) => {
            let name = path.join(".");
            let message = format!(
                "`{name}` looks like a secret, and would be readable in the file and in the binary ({})",
                Code::LiteralSecret.as_str()
            );
            found.push(
                ConfigError::new(value.location.clone(), message).with_help(format!("write `${{{}}}`", words(&name).to_ascii_uppercase())),
            );
        }
        _ => {}
    }
}

fn is_secret(value: &EnvValue, text: &str, path: &[&str], credentials: &HashSet<Vec<&str>>) -> bool {
    let is_credential = || credentials.contains(path);
    let is_named = path.last().is_some_and(|key| names_secret_of_environment(key));
    !value.is_unresolved() && !value.secret && may_be_secret(text) && (is_named || is_credential())
}

#[cfg(test)]
mod tests {
    use ltc_config::environment::Source;

    use super::*;

    #[test]
    fn keys_of_secrets_are_distinguished_from_keys_about_them() {
        for key in
            ["password", "X-Api-Key", "apiKey", "clientSecret", "AUTH_TOKEN", "key", "pwd", "Authorization", "accessKey", "otp_secret"]
        {
            assert!(names_secret_of_environment(key), "{key}");
        }
        for key in
            ["token_type", "subject_token_type", "tokenUrl", "passwordField", "csrf_token", "monkey", "access_key_id", "user", "keys"]
        {
            assert!(!names_secret_of_environment(key), "{key}");
        }
    }

    #[test]
    fn names_addresses_and_files_are_not_secrets() {
        for text in ["urn:ietf:params:oauth:token-type:jwt", "https://id.example.com/token", "certs/client.key", "", "none"] {
            assert!(!may_be_secret(text), "{text}");
        }
        for text in ["s3cr3t", "https://user:pass@example.com", "Bearer abc", "a/b+c=="] {
            assert!(may_be_secret(text), "{text}");
        }
    }

    #[test]
    fn literal_secrets_of_an_environment_are_found() {
        let text = "shop:\n  token: s3cr3t\n  password: ${PASSWORD}\n  passphrase: ${P:-demo}\n  code: abc\n  token_type: urn:x:token\n  keys: [{key: k1}]\n";
        let root = EnvValue::parse(Source { text, file: "config/local.yml" }).unwrap();
        let used = EnvKey {
            path: vec!["shop".into(), "code".into()],
            ty: crate::model::Type::String,
            span: crate::span::Span::default(),
            is_credential: true,
        };
        let found: Vec<String> = in_environment(&root, &[used]).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "config/local.yml:2:10: `shop.token` looks like a secret, and would be readable in the file and in the binary (LT0910) (write `${SHOP_TOKEN}`)",
                "config/local.yml:5:9: `shop.code` looks like a secret, and would be readable in the file and in the binary (LT0910) (write `${SHOP_CODE}`)",
                "config/local.yml:7:16: `shop.keys.key` looks like a secret, and would be readable in the file and in the binary (LT0910) (write `${SHOP_KEYS_KEY}`)",
            ]
        );
    }
}
