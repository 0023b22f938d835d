//! How to reach an api: the reserved keys `tls`, `http2` and `connect_timeout` next to its url in the environment.
//!
//! ```yaml
//! tls: { ca: certs/company.pem }          # for all apis
//! tpdata:
//!   url: https://10.0.0.7
//!   tls: { verify: false, server_name: tpdata.internal }
//!   http2: shared
//!   connect_timeout: 3s
//! ```

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::duration;
use crate::environment::{EnvData, EnvValue, Environment};
use crate::error::ConfigError;
use crate::node::unknown_key;
use crate::reader::parse_bool;

/// How to reach an api.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiTransportSettings {
    /// `tls`.
    pub tls: TlsSettings,
    /// `http2`.
    pub http2: Option<Http2>,
    /// `connect_timeout`.
    pub connect_timeout: Option<Duration>,
}

/// `http2`: whether HTTP/2 is offered on encrypted connections, and who shares them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Http2 {
    /// Only HTTP/1.1.
    Off,
    /// Each user has a connection of its own.
    #[default]
    On,
    /// The users of a worker thread share connections, as clients of a gateway do.
    Shared,
}

/// `tls`. Paths are relative to the project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsSettings {
    /// Whether the server's certificate is checked.
    pub verify: bool,
    /// A PEM file of further authorities to trust.
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
    /// The settings of one api: those next to its url, over the environment's own `tls`. `sections` are the dotted paths of the maps that
    /// the api's base comes from, empty for the top; the first of several counts.
    ///
    /// # Errors
    /// All values that can't be read, with their locations.
    pub fn from(env: &Environment, api: &str, sections: &[&str]) -> Result<Self, Vec<ConfigError>> {
        let mut settings = Self::default();
        let mut errors = Vec::new();
        let mut last_tls = None;
        let mut tls = |value, path: &str, settings: &mut Self, errors: &mut Vec<ConfigError>| {
            read_tls(value, path, &mut settings.tls, errors);
            last_tls = Some(value);
        };
        if let Some(value) = env.get("tls") {
            tls(value, "tls", &mut settings, &mut errors);
        }
        for section in sections.iter().rev() {
            let path = |key: &str| if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
            if let Some(value) = env.get(&path("tls")).filter(|_| !section.is_empty()) {
                tls(value, &path("tls"), &mut settings, &mut errors);
            }
            if let Some(http2) = env.get(&path("http2")) {
                settings.http2 = read_http2(http2, &path("http2"), &mut errors);
            }
            if let Some(value) = env.get(&path("connect_timeout")) {
                settings.connect_timeout = read_timeout(value, &path("connect_timeout"), &mut errors);
            }
        }
        if settings.tls.cert.is_some() != settings.tls.key.is_some()
            && let Some(tls) = last_tls
        {
            let (has, lacks) = if settings.tls.cert.is_some() { ("cert", "key") } else { ("key", "cert") };
            let message = format!("missing {lacks} in tls of {api}, which has a {has}");
            errors.push(ConfigError::new(tls.location.clone(), message).with_help("add both: a client certificate needs them"));
        }
        if errors.is_empty() { Ok(settings) } else { Err(errors) }
    }
}

fn read_tls(value: &EnvValue, path: &str, tls: &mut TlsSettings, errors: &mut Vec<ConfigError>) {
    let Some(members) = value.as_object() else {
        if value.data != EnvData::Null {
            let error = ConfigError::new(value.location.clone(), format!("{path} must be a map"));
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
                errors.push(unknown_key(key, &member.location, path.trim_end_matches(&format!(".{key}")), &TLS_KEYS));
                continue;
            }
        };
        match &member.data {
            EnvData::String(text) => *slot = Some(text.clone()),
            EnvData::Null => *slot = None,
            _ => errors.push(ConfigError::new(member.location.clone(), format!("{path} must be text, not {}", member.kind().name()))),
        }
    }
}

fn read_bool(value: &EnvValue, path: &str, errors: &mut Vec<ConfigError>) -> Option<bool> {
    let result = match &value.data {
        EnvData::Null => return None,
        EnvData::Bool(flag) => return Some(*flag),
        // The value can be checked only after its variables are resolved.
        EnvData::String(_) if value.is_unresolved() => return None,
        EnvData::String(text) => parse_bool(text),
        _ => Err(format!("it must be true or false, not {}", value.kind().name())),
    };
    result.map_err(|why| errors.push(ConfigError::new(value.location.clone(), format!("{path}: {why}")))).ok()
}

fn read_http2(value: &EnvValue, path: &str, errors: &mut Vec<ConfigError>) -> Option<Http2> {
    let result = match &value.data {
        EnvData::Null => return None,
        // The value can be checked only after its variables are resolved.
        EnvData::String(_) if value.is_unresolved() => return None,
        EnvData::Bool(on) => Ok(*on),
        EnvData::String(text) if text.eq_ignore_ascii_case("shared") => return Some(Http2::Shared),
        EnvData::String(text) => parse_bool(text).map_err(|_| format!("unexpected \"{text}\", expected true, false or shared")),
        _ => Err(format!("it must be true, false or shared, not {}", value.kind().name())),
    };
    let on = result.map_err(|why| errors.push(ConfigError::new(value.location.clone(), format!("{path}: {why}")))).ok()?;
    Some(if on { Http2::On } else { Http2::Off })
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
    result.map_err(|why| errors.push(ConfigError::new(value.location.clone(), format!("{path}: {why}")))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Source;

    fn settings(text: &str) -> Result<ApiTransportSettings, Vec<ConfigError>> {
        let env = Environment::parse("x", Source { text, file: "config/x.yml" }, None).unwrap();
        ApiTransportSettings::from(&env, "tpdata", &["tpdata"])
    }

    #[test]
    fn transport_settings_have_defaults_and_layers() {
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
        assert_eq!(found, ApiTransportSettings { tls, http2: Some(Http2::Off), connect_timeout: Some(Duration::from_secs(3)) });
        assert_eq!(settings("tpdata: {connect_timeout: 2}").unwrap().connect_timeout, Some(Duration::from_secs(2)));
        assert!(settings("tpdata: http://a\ntls: {verify: \"${V}\"}\n").is_ok());
    }

    #[test]
    fn settings_stand_beside_the_url_whatever_the_api_is_called() {
        let text = "tls: {ca: ca.pem}\nsite:\n  url: https://a\n  tls: {verify: false}\n  http2: false\nother: {url: https://b, http2: true, connect_timeout: 3s}\nbackend: {http2: true}\nconnect_timeout: 9s\n";
        let env = Environment::parse("x", Source { text, file: "config/x.yml" }, None).unwrap();
        let of = |sections: &[&str]| ApiTransportSettings::from(&env, "backend", sections).unwrap();
        let site = of(&["site"]);
        assert_eq!(
            (site.http2, site.tls.verify, site.tls.ca.as_deref(), site.connect_timeout),
            (Some(Http2::Off), false, Some("ca.pem"), None)
        );
        let two = of(&["site", "other"]);
        assert_eq!((two.http2, two.connect_timeout), (Some(Http2::Off), Some(Duration::from_secs(3))), "the first counts");
        assert_eq!(
            of(&[]),
            ApiTransportSettings { tls: TlsSettings { ca: Some("ca.pem".into()), ..TlsSettings::default() }, ..Default::default() }
        );
        assert_eq!(of(&[""]).connect_timeout, Some(Duration::from_secs(9)), "beside a url at the top");
    }

    #[test]
    fn transport_errors_are_reported_together() {
        let errors =
            settings("tpdata:\n  tls: {verfy: false, ca: 3, cert: c, verify: perhaps}\n  http2: 2\n  connect_timeout: [1]\n").unwrap_err();
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        for part in [
            "unknown key \"verfy\" in tpdata.tls (did you mean `verify`?)",
            "tpdata.tls.ca must be text, not int",
            "tpdata.tls.verify: unexpected \"perhaps\"",
            "tpdata.http2: it must be true, false or shared, not int",
            "tpdata.connect_timeout: missing duration",
            "missing key in tls of tpdata, which has a cert",
        ] {
            assert!(texts.iter().any(|text| text.contains(part)), "{part}: {texts:#?}");
        }
        assert!(settings("tls: off\n").unwrap_err()[0].message.contains("must be a map"));
        assert!(settings("tpdata: {connect_timeout: 0s}").unwrap_err()[0].message.contains("longer than 0"));
    }
}
