//! How an api is reached: the reserved keys `tls`, `http2` and `connect_timeout` of its section in the environment.
//!
//! ```yaml
//! tls: { ca: certs/company.pem }          # for all apis
//! tpdata:
//!   url: https://10.0.0.7
//!   tls: { verify: false, server_name: tpdata.internal }
//!   http2: true
//!   connect_timeout: 3s
//! ```

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::duration;
use crate::environment::{EnvData, EnvValue, Environment};
use crate::error::ConfigError;
use crate::node::unknown_key;
use crate::reader::parse_bool;

/// How an api is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiTransportSettings {
    /// `tls`.
    pub tls: TlsSettings,
    /// `http2`: `None` leaves it to ALPN.
    pub http2: Option<bool>,
    /// `connect_timeout`.
    pub connect_timeout: Option<Duration>,
}

/// `tls`; paths are as written, relative to the project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsSettings {
    /// Whether the server's certificate is checked.
    pub verify: bool,
    /// A PEM file of authorities to trust as well.
    pub ca: Option<String>,
    /// The client's certificate chain, PEM.
    pub cert: Option<String>,
    /// The client's key, PEM.
    pub key: Option<String>,
    /// The name to ask for and check instead of the URL's host.
    pub server_name: Option<String>,
}

impl Default for TlsSettings {
    fn default() -> Self {
        Self { verify: true, ca: None, cert: None, key: None, server_name: None }
    }
}

const TLS_KEYS: [&str; 5] = ["verify", "ca", "cert", "key", "server_name"];

impl ApiTransportSettings {
    /// The settings of one api: those of its section over the environment's own `tls`. An api without a section has the latter.
    pub fn from(env: &Environment, api: &str) -> Result<Self, Vec<ConfigError>> {
        let mut settings = Self::default();
        let mut errors = Vec::new();
        if let Some(tls) = env.get("tls") {
            read_tls(tls, "tls", &mut settings.tls, &mut errors);
        }
        let section = |key: &str| env.get(api).and_then(EnvValue::as_object).and_then(|members| members.get(key));
        if let Some(tls) = section("tls") {
            read_tls(tls, &format!("{api}.tls"), &mut settings.tls, &mut errors);
        }
        if let Some(http2) = section("http2") {
            settings.http2 = read_bool(http2, &format!("{api}.http2"), &mut errors);
        }
        if let Some(value) = section("connect_timeout") {
            settings.connect_timeout = read_timeout(value, &format!("{api}.connect_timeout"), &mut errors);
        }
        if settings.tls.cert.is_some() != settings.tls.key.is_some()
            && let Some(tls) = section("tls").or(env.get("tls"))
        {
            let (has, lacks) = if settings.tls.cert.is_some() { ("cert", "key") } else { ("key", "cert") };
            let message = format!("tls of {api} has a {has} but no {lacks}");
            errors.push(ConfigError::new(tls.place.clone(), message).with_help("a client certificate needs both"));
        }
        if errors.is_empty() { Ok(settings) } else { Err(errors) }
    }
}

fn read_tls(value: &EnvValue, path: &str, tls: &mut TlsSettings, errors: &mut Vec<ConfigError>) {
    let Some(members) = value.as_object() else {
        if value.data != EnvData::Null {
            let error = ConfigError::new(value.place.clone(), format!("{path} must be a map"));
            errors.push(error.with_help("write tls: {verify: false}, or one of ca, cert, key, server_name"));
        }
        return;
    };
    for (key, member) in members {
        let path = format!("{path}.{key}");
        let slot = match key.as_str() {
            "verify" => {
                if let Some(verify) = read_bool(member, &path, errors) {
                    tls.verify = verify;
                }
                continue;
            }
            "ca" => &mut tls.ca,
            "cert" => &mut tls.cert,
            "key" => &mut tls.key,
            "server_name" => &mut tls.server_name,
            _ => {
                errors.push(unknown_key(key, &member.place, path.trim_end_matches(&format!(".{key}")), &TLS_KEYS));
                continue;
            }
        };
        match &member.data {
            EnvData::String(text) => *slot = Some(text.clone()),
            EnvData::Null => *slot = None,
            _ => errors.push(ConfigError::new(member.place.clone(), format!("{path} must be text, not {}", member.kind().name()))),
        }
    }
}

fn read_bool(value: &EnvValue, path: &str, errors: &mut Vec<ConfigError>) -> Option<bool> {
    let result = match &value.data {
        EnvData::Null => return None,
        EnvData::Bool(flag) => return Some(*flag),
        // Before variables are resolved nothing can be said about it.
        EnvData::String(_) if value.is_unresolved() => return None,
        EnvData::String(text) => parse_bool(text),
        _ => Err(format!("it must be true or false, not {}", value.kind().name())),
    };
    result.map_err(|why| errors.push(ConfigError::new(value.place.clone(), format!("{path}: {why}")))).ok()
}

fn read_timeout(value: &EnvValue, path: &str, errors: &mut Vec<ConfigError>) -> Option<Duration> {
    let text = match &value.data {
        EnvData::Null => return None,
        EnvData::String(_) if value.is_unresolved() => return None,
        EnvData::String(text) => text.clone(),
        EnvData::Int(number) => number.to_string(),
        EnvData::Float(number) => number.to_string(),
        _ => String::new(),
    };
    let result = match duration::parse(&text) {
        Ok(Duration::ZERO) => Err("it must be longer than 0".to_owned()),
        result => result,
    };
    result.map_err(|why| errors.push(ConfigError::new(value.place.clone(), format!("{path}: {why}")))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Source;

    fn settings(text: &str) -> Result<ApiTransportSettings, Vec<ConfigError>> {
        let env = Environment::parse("x", Source { text, file: "config/x.yml" }, None).unwrap();
        ApiTransportSettings::from(&env, "tpdata")
    }

    #[test]
    fn defaults_and_layers() {
        assert_eq!(settings("a: 1").unwrap(), ApiTransportSettings::default());
        assert!(settings("a: 1").unwrap().tls.verify);
        let found = settings(
            "tls: {ca: ca.pem, verify: false}\ntpdata:\n  tls: {verify: Yes, cert: c.pem, key: k.pem, server_name: s}\n  http2: false\n  connect_timeout: 3s\n",
        )
        .unwrap();
        let tls = TlsSettings {
            verify: true,
            ca: Some("ca.pem".into()),
            cert: Some("c.pem".into()),
            key: Some("k.pem".into()),
            server_name: Some("s".into()),
        };
        assert_eq!(found, ApiTransportSettings { tls, http2: Some(false), connect_timeout: Some(Duration::from_secs(3)) });
        assert_eq!(settings("tpdata: {connect_timeout: 2}").unwrap().connect_timeout, Some(Duration::from_secs(2)));
        assert!(settings("tpdata: http://a\ntls: {verify: \"${V}\"}\n").is_ok());
    }

    #[test]
    fn errors_come_together() {
        let errors =
            settings("tpdata:\n  tls: {verfy: false, ca: 3, cert: c, verify: perhaps}\n  http2: 2\n  connect_timeout: [1]\n").unwrap_err();
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        for part in [
            "unknown key \"verfy\" in tpdata.tls (did you mean \"verify\"?)",
            "tpdata.tls.ca must be text, not int",
            "tpdata.tls.verify: \"perhaps\" is neither",
            "tpdata.http2: it must be true or false, not int",
            "tpdata.connect_timeout: a duration is missing",
            "has a cert but no key",
        ] {
            assert!(texts.iter().any(|text| text.contains(part)), "{part}: {texts:#?}");
        }
        assert!(settings("tls: off\n").unwrap_err()[0].message.contains("must be a map"));
        assert!(settings("tpdata: {connect_timeout: 0s}").unwrap_err()[0].message.contains("longer than 0"));
    }
}
