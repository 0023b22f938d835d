//! Values of an environment as they may be shown: secrets are masked.

use ltc_config::environment::{EnvData, EnvValue};
use serde_json::json;

/// A value of an environment as it may be shown: secrets are masked, and so are the dotted keys that a spec uses as credentials.
pub(crate) fn masked(path: &str, value: &EnvValue, credentials: &[String]) -> String {
    const SECRET: [&str; 7] = ["token", "secret", "password", "passwd", "credential", "apikey", "api_key"];
    let key = path.rsplit('.').next().unwrap_or(path).to_lowercase();
    let is_secret = credentials.iter().any(|used| used == path)
        || value.secret
        || value.is_unresolved()
        || key == "key"
        || key.ends_with("_key")
        || SECRET.iter().any(|word| key.contains(word));
    match &value.data {
        EnvData::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(key, value)| format!("{key}: {}", masked(&format!("{path}.{key}"), value, credentials))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        _ if is_secret => "***".to_owned(),
        EnvData::List(items) => format!("[{}]", items.iter().map(|item| masked(path, item, credentials)).collect::<Vec<_>>().join(", ")),
        EnvData::Null => "null".to_owned(),
        EnvData::Bool(truth) => truth.to_string(),
        EnvData::Int(number) => number.to_string(),
        EnvData::Float(number) => number.to_string(),
        EnvData::String(text) => json!(address_without_password(text)).to_string(),
    }
}

/// A URL without its user and password.
pub(crate) fn address_without_password(text: &str) -> String {
    match (text.split_once("://"), text.find('@')) {
        (Some((scheme, rest)), Some(_)) => match rest.split_once('@') {
            Some((login, host)) if !login.contains('/') => format!("{scheme}://***@{host}"),
            _ => text.to_owned(),
        },
        _ => text.to_owned(),
    }
}
