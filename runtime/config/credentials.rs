//! `config/systems_credentials.yml`: the systems that receive results, and their keys. The test reads it when it starts, never at build
//! time. `config/system_credentials.yml`, the other spelling in the manual of the Locust framework, is the same file.
//!
//! A `${VAR}` that is not set is an error only of its own section, and only if the run uses that section: a run without Splunk needs no
//! Splunk token.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::error::{ConfigError, Location};
use crate::node::{self, Node, NodeValue, unknown_key};
use crate::profile::Listener;
use crate::reader::{Diagnostics, Section};
use crate::secret_reference::{SecretError, SecretReference, SecretStore};
use crate::variables;

mod sections;

use sections::{aws, endpoint, influxdb, signalfx, splunk};

/// Text that must not be shown: `Debug` prints `***`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the code that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// All sections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// `stats_interval`: how often listeners send.
    pub stats_interval: Option<Duration>,
    /// The file's name for messages.
    pub file: String,
    splunk: Slot<Splunk>,
    signalfx: Slot<SignalFx>,
    aws: Slot<Aws>,
    prometheus: Slot<Endpoint>,
    otlp: Slot<Endpoint>,
    influxdb: Slot<InfluxDb>,
}

/// A section of the file: left out, complete, or with variables that are not set.
#[derive(Default, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Slot<T> {
    #[default]
    Absent,
    Ready(T),
    Missing(Vec<ConfigError>),
}

impl<T> Slot<T> {
    fn get(&self) -> Result<Option<&T>, Vec<ConfigError>> {
        match self {
            Self::Absent => Ok(None),
            Self::Ready(value) => Ok(Some(value)),
            Self::Missing(errors) => Err(errors.clone()),
        }
    }

    fn ready(&self) -> Option<&T> {
        self.get().ok().flatten()
    }
}

/// Splunk's HTTP event collector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Splunk {
    /// Its URL (`url`, or made of `host` and `port`).
    pub url: String,
    /// The collector's token.
    pub token: Secret,
    /// `index`.
    pub index: Option<String>,
    /// `source`.
    pub source: Option<String>,
    /// `sourcetype`.
    pub sourcetype: Option<String>,
    /// Whether its certificate is checked.
    pub verify: bool,
}

/// SignalFx's ingest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalFx {
    /// Its URL (`url`, or made of `realm`).
    pub url: String,
    /// The access token.
    pub token: Secret,
    /// The prefix of each metric's name: `locust.` by default.
    pub prefix: String,
}

/// AWS. The SDK's default chain supplies what the section leaves out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aws {
    /// `access_key_id`.
    pub access_key_id: Option<Secret>,
    /// `secret_access_key`.
    pub secret_access_key: Option<Secret>,
    /// `session_token`.
    pub session_token: Option<Secret>,
    /// `region`.
    pub region: Option<String>,
    /// `profile`: a name of the shared configuration.
    pub profile: Option<String>,
}

/// Prometheus' remote write, or an OpenTelemetry collector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its URL.
    pub url: String,
    /// A bearer token.
    pub token: Option<Secret>,
    /// For basic authentication.
    pub username: Option<String>,
    /// For basic authentication.
    pub password: Option<Secret>,
    /// More headers.
    pub headers: IndexMap<String, Secret>,
    /// The prefix of each metric's name.
    pub prefix: Option<String>,
    /// Whether its certificate is checked.
    pub verify: bool,
}

/// InfluxDB, version 2 (`org`, `bucket`, `token`) or 1 (`database`, `username`, `password`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InfluxDb {
    /// Its URL, and how to authenticate.
    pub endpoint: Endpoint,
    /// `org`.
    pub org: Option<String>,
    /// `bucket`.
    pub bucket: Option<String>,
    /// `database`.
    pub database: Option<String>,
}

/// The names that the file may have in `config/`.
pub const FILES: [&str; 2] = ["systems_credentials.yml", "system_credentials.yml"];

const SECTIONS: [&str; 7] = ["stats_interval", "Splunk", "SFx", "AWS", "Prometheus", "OTLP", "InfluxDB"];
const ENDPOINT_KEYS: [&str; 7] = ["url", "token", "username", "password", "headers", "prefix", "verify"];

impl Credentials {
    /// Reads the file's text; `variables` looks a name up in the process environment. A reference to a secret is an error of its section.
    pub fn parse(text: &str, file: &str, variables: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<ConfigError>> {
        Self::parse_with(text, file, variables, &|_| &NoStore)
    }

    /// The same, with secrets of stores in the sections for which `store_of` gives a store. The section `AWS` has none: its keys open the
    /// stores.
    pub fn parse_with<'s>(
        text: &str,
        file: &str,
        variables: &dyn Fn(&str) -> Option<String>,
        store_of: &dyn Fn(Listener) -> &'s dyn SecretStore,
    ) -> Result<Self, Vec<ConfigError>> {
        let root = node::parse(text, file)?;
        let diagnostics = Diagnostics::default();
        let top = Section::open(&diagnostics, &root, "");
        let mut credentials = Self { file: file.to_owned(), ..Self::default() };
        for entry in top.entries().iter().filter(|entry| !entry.value.is_null()) {
            let plain: String = entry.key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
            let reading =
                |store: &'s dyn SecretStore| Reading { diagnostics: &diagnostics, name: &entry.key, node: &entry.value, variables, store };
            let of = |listener: Listener| reading(store_of(listener));
            match plain.as_str() {
                "statsinterval" => {}
                "splunk" => credentials.splunk = of(Listener::Splunk).slot(splunk),
                "sfx" | "signalfx" => credentials.signalfx = of(Listener::SignalFx).slot(signalfx),
                "aws" => credentials.aws = reading(&NoStore).slot(aws),
                "prometheus" => credentials.prometheus = of(Listener::Prometheus).slot(|section| endpoint(section.known(&ENDPOINT_KEYS))),
                "otlp" | "opentelemetry" => credentials.otlp = of(Listener::Otlp).slot(|section| endpoint(section.known(&ENDPOINT_KEYS))),
                "influxdb" | "influx" => credentials.influxdb = of(Listener::InfluxDb).slot(influxdb),
                _ => diagnostics.error(unknown_key(&entry.key, &entry.location, "", &SECTIONS)),
            }
        }
        credentials.stats_interval = top.positive_duration("stats_interval");
        let (errors, _) = diagnostics.into_parts();
        if errors.is_empty() { Ok(credentials) } else { Err(errors) }
    }

    /// Reads the credentials file of a project's `config/`, under either of its two names ([`FILES`]). Without a file there are no
    /// credentials.
    ///
    /// # Errors
    /// The errors in the file, or that both files exist: it would be unclear which of them counts.
    pub fn load(config: &Path, variables: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<ConfigError>> {
        Self::load_with(config, variables, &|_| &NoStore)
    }

    /// The same, with the stores of [`Self::parse_with`].
    ///
    /// # Errors
    /// As of [`Self::load`].
    pub fn load_with<'s>(
        config: &Path,
        variables: &dyn Fn(&str) -> Option<String>,
        store_of: &dyn Fn(Listener) -> &'s dyn SecretStore,
    ) -> Result<Self, Vec<ConfigError>> {
        let [usual, other] = FILES.map(|name| config.join(name));
        let path = match (usual.exists(), other.exists()) {
            (true, true) => {
                let message = format!("both {} and {} exist", usual.display(), other.display());
                let error = ConfigError::new(Location::file(other.display().to_string()), message);
                return Err(vec![
                    error.with_help(format!("move the keys that you need to {}, and remove the other file", usual.display())),
                ]);
            }
            (false, true) => other,
            _ => usual,
        };
        let file = path.display().to_string();
        if !path.exists() {
            return Ok(Self { file, ..Self::default() });
        }
        let text = crate::read(&path).map_err(|error| vec![error])?;
        Self::parse_with(&text, &file, variables, store_of)
    }

    /// `Splunk`: `None` if the section is left out, an error if one of its variables is not set. The other sections behave alike.
    pub fn splunk(&self) -> Result<Option<&Splunk>, Vec<ConfigError>> {
        self.splunk.get()
    }

    /// `SFx` or `SignalFx`.
    pub fn signalfx(&self) -> Result<Option<&SignalFx>, Vec<ConfigError>> {
        self.signalfx.get()
    }

    /// `AWS`.
    pub fn aws(&self) -> Result<Option<&Aws>, Vec<ConfigError>> {
        self.aws.get()
    }

    /// `Prometheus`.
    pub fn prometheus(&self) -> Result<Option<&Endpoint>, Vec<ConfigError>> {
        self.prometheus.get()
    }

    /// `OTLP`.
    pub fn otlp(&self) -> Result<Option<&Endpoint>, Vec<ConfigError>> {
        self.otlp.get()
    }

    /// `InfluxDB`.
    pub fn influxdb(&self) -> Result<Option<&InfluxDb>, Vec<ConfigError>> {
        self.influxdb.get()
    }

    /// The error for a section that the run needs and the file leaves out.
    pub fn lacks(&self, section: &str) -> ConfigError {
        ConfigError::new(Location::file(&self.file), format!("missing section {section}, which the profile's listeners name"))
            .with_help(format!("add {section}: to the file, or remove {section} from the listeners"))
    }

    /// All secret texts, longest first, so that output can mask them.
    pub fn secrets(&self) -> Vec<String> {
        let mut all: Vec<&Secret> = Vec::new();
        all.extend(self.splunk.ready().map(|splunk| &splunk.token));
        all.extend(self.signalfx.ready().map(|signalfx| &signalfx.token));
        if let Some(aws) = self.aws.ready() {
            all.extend([&aws.access_key_id, &aws.secret_access_key, &aws.session_token].into_iter().flatten());
        }
        let influx = self.influxdb.ready().map(|influx| &influx.endpoint);
        for endpoint in [self.prometheus.ready(), self.otlp.ready(), influx].into_iter().flatten() {
            all.extend(endpoint.token.iter().chain(&endpoint.password).chain(endpoint.headers.values()));
        }
        let mut texts: Vec<String> = all.into_iter().map(|secret| secret.0.clone()).filter(|text| text.len() >= 4).collect();
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        texts.dedup();
        texts
    }
}

/// For sections whose secrets are not in a store.
#[derive(Debug)]
struct NoStore;

impl SecretStore for NoStore {
    fn fetch(&self, _: &SecretReference) -> Result<String, SecretError> {
        Err(SecretError { message: "this section cannot read stores".to_owned(), help: "write ${VARIABLE}".to_owned() })
    }
}

struct Reading<'a> {
    diagnostics: &'a Diagnostics,
    name: &'a str,
    node: &'a Node,
    variables: &'a dyn Fn(&str) -> Option<String>,
    store: &'a dyn SecretStore,
}

impl Reading<'_> {
    fn slot<T>(&self, read: impl FnOnce(Section<'_>) -> Option<T>) -> Slot<T> {
        let mut missing = Vec::new();
        let resolved = self.resolve(self.node, self.name, &mut missing);
        match read(Section::open(self.diagnostics, &resolved, self.name)) {
            _ if !missing.is_empty() => Slot::Missing(missing),
            Some(value) => Slot::Ready(value),
            None => Slot::Absent,
        }
    }

    /// Replaces a node's variables with their values. Lists a variable that is not set in `missing`.
    fn resolve(&self, node: &Node, path: &str, missing: &mut Vec<ConfigError>) -> Node {
        let mut copy = node.clone();
        match &mut copy.value {
            NodeValue::Scalar { text, plain } if text.contains("${") => {
                match variables::split(text).map(|parts| variables::join(&parts, self.variables, self.store)) {
                    Err(why) => self.diagnostics.error(ConfigError::new(node.location.clone(), format!("{path}: {why}"))),
                    Ok(Ok(resolved)) => {
                        *plain = resolved.text.is_empty();
                        *text = resolved.text;
                    }
                    Ok(Err(none)) => {
                        missing.extend(none.into_iter().map(|none| none.of_key(path, node.location.clone())));
                        // A boolean key accepts this text too, so the only error is the missing value and not its type.
                        *text = "true".to_owned();
                    }
                }
            }
            NodeValue::Scalar { .. } => {}
            NodeValue::List(items) => {
                for item in items {
                    *item = self.resolve(item, path, missing);
                }
            }
            NodeValue::Map(entries) => {
                for entry in entries {
                    entry.value = self.resolve(&entry.value, &format!("{path}.{}", entry.key), missing);
                }
            }
        }
        copy
    }
}

#[cfg(test)]
mod tests;
