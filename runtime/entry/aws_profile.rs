//! What the AWS configuration of the user's home says about the end of credentials: the SSO session of a profile, and keys that a tool wrote
//! with the time at which they expire.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ltc_engine::functions;
use ltc_engine::value::Value;
use serde::Deserialize;

use super::expiry::Expiry;

/// The keys under which tools write when the keys of a profile expire: saml2aws and aws-azure-login.
const EXPIRY_OF_KEYS: [&str; 2] = ["x_security_token_expires", "aws_expiration"];
/// The most profiles that name each other by `source_profile`.
const SOURCES: usize = 5;

/// The files that decide about credentials, and the variables that name them.
pub(super) struct Home<V, R> {
    /// A variable of the environment, if it is set and not empty.
    pub(super) variable: V,
    /// The text of a file.
    pub(super) read: R,
}

/// The token of an SSO session, as `aws sso login` stores it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    expires_at: String,
    registration_expires_at: Option<String>,
    refresh_token: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

type Sections = HashMap<String, HashMap<String, String>>;

impl<V: Fn(&str) -> Option<String>, R: Fn(&Path) -> Option<String>> Home<V, R> {
    /// When the credentials of a profile end, if it is known. `profile`: its name, or that of `AWS_PROFILE`.
    pub(super) fn expiry(&self, profile: Option<&str>) -> Option<Expiry> {
        let config = sections(&self.file("AWS_CONFIG_FILE", "config"));
        let keys = sections(&self.file("AWS_SHARED_CREDENTIALS_FILE", "credentials"));
        let mut name = profile.map(str::to_owned).or_else(|| (self.variable)("AWS_PROFILE")).unwrap_or_else(|| "default".to_owned());
        for _ in 0..SOURCES {
            let of_config = config.get(&format!("profile {name}")).or_else(|| config.get(&name).filter(|_| name == "default"));
            let setting = |key: &str| keys.get(&name).and_then(|keys| keys.get(key)).or_else(|| of_config?.get(key));
            if let Some(source) = setting("source_profile").filter(|source| setting("role_arn").is_some() && **source != name) {
                name = source.clone();
                continue;
            }
            if setting("aws_access_key_id").is_some() {
                let at = EXPIRY_OF_KEYS.iter().find_map(|key| time(setting(key)?)).filter(|_| setting("aws_session_token").is_some())?;
                return Some(Expiry {
                    what: format!("the AWS credentials of the profile `{name}` expire"),
                    at,
                    renew: "renew them".into(),
                });
            }
            let session = setting("sso_session");
            let token = self.token(session.or_else(|| setting("sso_start_url"))?)?;
            let refreshed =
                session.is_some() && token.refresh_token.is_some() && token.client_id.is_some() && token.client_secret.is_some();
            // A session that the SDK refreshes ends with the registration of the client.
            let at = match &token.registration_expires_at {
                Some(registration) if refreshed => time(registration)?,
                _ => time(&token.expires_at)?,
            };
            return Some(Expiry {
                what: format!("the SSO session of the profile `{name}` ends"),
                at,
                renew: format!("run `aws sso login --profile {name}`"),
            });
        }
        None
    }

    fn directory(&self) -> Option<PathBuf> {
        (self.variable)("HOME").or_else(|| (self.variable)("USERPROFILE")).map(|home| Path::new(&home).join(".aws"))
    }

    fn file(&self, variable: &str, name: &str) -> String {
        let path = (self.variable)(variable).map(PathBuf::from).or_else(|| Some(self.directory()?.join(name)));
        path.and_then(|path| (self.read)(&path)).unwrap_or_default()
    }

    fn token(&self, session: &str) -> Option<Token> {
        let name = functions::sha1(&Value::from(session)).and_then(|hash| functions::hex(&hash)).ok()?;
        let path = self.directory()?.join("sso/cache").join(format!("{}.json", name.as_str()?));
        serde_json::from_str(&(self.read)(&path)?).ok()
    }
}

/// A time of a configuration file.
fn time(text: &str) -> Option<Timestamp> {
    text.trim().parse().ok()
}

/// The sections of an INI file, in which a later value replaces an earlier one.
fn sections(text: &str) -> Sections {
    let mut sections = Sections::new();
    let mut current = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            current = name.split_whitespace().collect::<Vec<_>>().join(" ");
        } else if let Some((key, value)) = line.split_once('=') {
            sections.entry(current.clone()).or_default().insert(key.trim().to_lowercase(), value.trim().to_owned());
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "[profile sso]\nsso_session = load\n\n[profile  role]\nrole_arn = arn:aws:iam::1:role/load\nsource_profile = sso\n\
                          [profile old]\nsso_start_url = https://example.awsapps.com/start\n[default]\nregion = us-west-2\n";
    const KEYS: &str = "# keys\n[saml]\naws_access_key_id = AKID\naws_session_token = token\nx_security_token_expires = 2026-01-03T15:00:00+02:00\n\
                        [azure]\naws_access_key_id=AKID\naws_session_token=token\naws_expiration=2026-01-03T13:00:00.000Z\n\
                        [permanent]\naws_access_key_id=AKID\naws_expiration=2026-01-03T13:00:00Z\n";

    /// The expiry of a profile, if the token of each session has these members.
    fn expiry(profile: Option<&str>, token: &str) -> Option<(String, String)> {
        let home = Home {
            variable: |name: &str| match name {
                "HOME" => Some("/home/me".to_owned()),
                "AWS_PROFILE" => Some("old".to_owned()),
                "AWS_SHARED_CREDENTIALS_FILE" => Some("/keys".to_owned()),
                _ => None,
            },
            read: |path: &Path| match path.to_str()? {
                "/home/me/.aws/config" => Some(CONFIG.to_owned()),
                "/keys" => Some(KEYS.to_owned()),
                path if path.starts_with("/home/me/.aws/sso/cache/") => Some(format!("{{\"accessToken\":\"token\",{token}}}")),
                _ => None,
            },
        };
        home.expiry(profile).map(|expiry| (expiry.what, expiry.at.to_string()))
    }

    #[test]
    fn end_of_a_profiles_credentials_is_found() {
        let plain = r#""expiresAt":"2026-01-03T13:00:00Z""#;
        let refreshed = r#""expiresAt":"2026-01-03T13:00:00Z","registrationExpiresAt":"2026-03-01T00:00:00Z","refreshToken":"r","clientId":"c","clientSecret":"s""#;
        let found = |profile: &str, token| expiry(Some(profile), token).map(|(_, at)| at);
        let (early, late) = (Some("2026-01-03T13:00:00Z".to_owned()), Some("2026-03-01T00:00:00Z".to_owned()));
        assert_eq!((found("sso", plain), found("sso", refreshed)), (early.clone(), late.clone()));
        assert_eq!((found("role", plain), found("role", refreshed)), (early.clone(), late));
        assert_eq!((found("old", plain), found("old", refreshed)), (early.clone(), early.clone()), "only sessions are refreshed");
        assert_eq!((found("saml", plain), found("azure", plain)), (early.clone(), early));
        assert_eq!(
            [found("permanent", plain), found("default", plain), found("none", plain), found("sso", "\"x\":1")],
            [const { None }; 4]
        );
        assert_eq!(expiry(None, plain).unwrap().0, "the SSO session of the profile `old` ends");
        assert_eq!(expiry(Some("role"), plain).unwrap().0, "the SSO session of the profile `sso` ends");
        assert_eq!(expiry(Some("saml"), plain).unwrap().0, "the AWS credentials of the profile `saml` expire");
    }
}
