//! `--set` and `--host`: values of the command line that replace those of the environment.

use ltc_config::suggest::did_you_mean_or_list;
use ltc_engine::program::{EnvKey, Program, Type};
use ltc_engine::value::Value;
use ltc_engine::value::convert::convert_text;
use url::Url;

/// `--set env.KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// `shop.url`.
    key: String,
    value: String,
}

impl Setting {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some((key, value)) = text.split_once('=') else { return Err("expected env.KEY=VALUE".to_owned()) };
        match key.trim().strip_prefix("env.") {
            Some(path) if !path.is_empty() => Ok(Self { key: path.to_owned(), value: value.to_owned() }),
            _ => Err(format!("expected a key of the environment: write env.{}=…", key.trim().trim_start_matches("env."))),
        }
    }

    /// The value for a key, with the type that the spec needs. If a key is set several times, the last value counts.
    pub(crate) fn value_of(settings: &[Self], key: &EnvKey) -> Option<Result<Value, String>> {
        let setting = settings.iter().rev().find(|setting| setting.key == key.path)?;
        Some(typed(&setting.value, key.kind).map_err(|why| format!("--set env.{}: {why}", key.path)))
    }

    /// Whether one of the settings replaces the value of a key.
    pub(crate) fn sets(settings: &[Self], path: &str) -> bool {
        settings.iter().any(|setting| setting.key == path)
    }

    /// Settings of keys that the spec does not read.
    pub(crate) fn unknown(settings: &[Self], program: &Program) -> Vec<String> {
        let known: Vec<&str> = program.env.iter().map(|key| key.path).collect();
        let unknown = settings.iter().filter(|setting| !known.contains(&setting.key.as_str()));
        unknown
            .map(|setting| {
                let help = did_you_mean_or_list(&setting.key, &known, "it reads").unwrap_or_else(|| "it reads none".to_owned());
                format!("--set env.{}: the spec does not read this key ({help})", setting.key)
            })
            .collect()
    }
}

/// Reads a text as a value of a type. If the type is open, the text is read as in YAML: `5` is a number.
fn typed(text: &str, kind: Type) -> Result<Value, String> {
    if matches!(kind, Type::Any | Type::Json)
        && let Ok(value) = Value::from_json(text.as_bytes())
    {
        return Ok(value);
    }
    let kind = if kind == Type::Json { Type::String } else { kind };
    convert_text(Value::Str(text.into()), kind).map_err(|fault| fault.0.to_string())
}

/// `--host URL`, or `--host API=URL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    api: Option<String>,
    url: Url,
}

impl Host {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let is_name = |name: &str| !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
        let (api, address) = match text.split_once('=') {
            Some((api, address)) if is_name(api) => (Some(api.to_owned()), address),
            _ => (None, text),
        };
        let address = address.trim_end_matches('/');
        match Url::parse(address) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Self { api, url }),
            _ if !address.contains("://") => Err(format!("expected a URL: write http://{address} or https://{address}")),
            _ => Err("expected a URL such as https://qa.example.com".to_owned()),
        }
    }

    /// Puts the hosts into those values of the environment that are the bases of apis.
    pub(crate) fn replace(hosts: &[Self], program: &Program, env: &mut [Value]) -> Vec<String> {
        let mut problems = Vec::new();
        for host in hosts {
            if let Err(why) = host.replace_in(program, env) {
                problems.push(format!("--host {}: {why}", host.url));
            }
        }
        problems
    }

    fn replace_in(&self, program: &Program, env: &mut [Value]) -> Result<(), String> {
        let names: Vec<&str> = program.apis.iter().map(|api| api.name).collect();
        if let Some(unknown) = self.api.as_deref().filter(|api| !names.contains(api)) {
            let help = did_you_mean_or_list(unknown, &names, "the spec has").unwrap_or_default();
            return Err(format!("unknown api `{unknown}` ({help})"));
        }
        let apis = program.apis.iter().filter(|api| self.api.as_deref().is_none_or(|name| name == api.name));
        let mut found: Vec<(usize, Url)> = Vec::new();
        for api in apis {
            let of_api = addresses(program.env, env, api.sections);
            if of_api.is_empty() {
                let fix = "let `base` read a key of the environment, such as env.shop.url";
                return Err(format!("the base of `{}` is not an address of the environment: {fix}", api.name));
            }
            found.extend(of_api);
        }
        let mut origins: Vec<String> = found.iter().map(|(_, url)| url.origin().ascii_serialization()).collect();
        origins.sort_unstable();
        origins.dedup();
        if origins.len() > 1 && self.api.is_none() {
            let first = names.first().unwrap_or(&"NAME");
            return Err(format!("the apis have several hosts ({}): name the api: --host {first}={}", origins.join(", "), self.url));
        }
        for (index, old) in found {
            env[index] = Value::Str(self.instead_of(&old).as_str().into());
        }
        Ok(())
    }

    /// The new address. It keeps the path of the old one, unless the host has its own path.
    fn instead_of(&self, old: &Url) -> String {
        if self.url.path() != "/" {
            return self.url.to_string();
        }
        let mut new = self.url.clone();
        new.set_path(old.path());
        let new = new.to_string();
        if old.path() == "/" { new.trim_end_matches('/').to_owned() } else { new }
    }
}

/// The keys with addresses in these sections of the environment.
fn addresses(keys: &[EnvKey], env: &[Value], sections: &[&str]) -> Vec<(usize, Url)> {
    let section = |key: &EnvKey| key.path.rsplit_once('.').map_or("", |(section, _)| section);
    let address = |value: &Value| match value {
        Value::Str(text) => Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https")),
        _ => None,
    };
    let of_sections = keys.iter().zip(env).enumerate().filter(|(_, (key, _))| sections.contains(&section(key)));
    of_sections.filter_map(|(index, (_, value))| Some((index, address(value)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_is_a_key_of_the_environment_with_a_value() {
        let setting = Setting::parse("env.shop.token=a=b").unwrap();
        assert_eq!((setting.key.as_str(), setting.value.as_str()), ("shop.token", "a=b"));
        assert_eq!(Setting::parse("shop.token=a").unwrap_err(), "expected a key of the environment: write env.shop.token=…");
        assert!(Setting::parse("env.shop").is_err() && Setting::parse("env.=1").is_err());
    }

    #[test]
    fn value_of_a_setting_has_the_type_that_the_spec_reads() {
        assert_eq!(typed("5", Type::Int), Ok(Value::Int(5)));
        assert_eq!(typed("5", Type::String), Ok(Value::Str("5".into())));
        assert_eq!(typed("5", Type::Any), Ok(Value::Int(5)));
        assert_eq!(typed("x y", Type::Any), Ok(Value::Str("x y".into())));
        assert!(typed("many", Type::Int).unwrap_err().contains("many"));
    }

    #[test]
    fn host_keeps_the_path_of_the_base_unless_it_has_its_own() {
        let new = |host: &str, old: &str| Host::parse(host).unwrap().instead_of(&Url::parse(old).unwrap());
        assert_eq!(new("https://qa.example.com", "http://127.0.0.1:8137/shop"), "https://qa.example.com/shop");
        assert_eq!(new("https://qa.example.com/v2/", "http://127.0.0.1:8137/shop"), "https://qa.example.com/v2");
        assert_eq!(new("http://[::1]:80", "http://127.0.0.1:8137"), "http://[::1]");
        let named = Host::parse("shop=https://qa.example.com").unwrap();
        assert_eq!((named.api.as_deref(), named.url.host_str()), (Some("shop"), Some("qa.example.com")));
        assert_eq!(
            Host::parse("qa.example.com:80").unwrap_err(),
            "expected a URL: write http://qa.example.com:80 or https://qa.example.com:80"
        );
        assert!(Host::parse("ftp://x").is_err());
    }
}
