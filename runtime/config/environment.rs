//! `config/<env>.yml` over `config/common.yml`: what `env.` in a spec reads.
//!
//! At build time `${VAR}` stays as it is and counts as a string, so that keys and types can be checked without secrets; the running
//! binary calls [`Environment::resolve`].

mod files;

use std::path::Path;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use files::name_of;

use crate::error::{ConfigError, Location};
use crate::node::{self, Node, NodeValue};
use crate::reads::{ReadPart, Reads};
use crate::suggest::{did_you_mean, did_you_mean_or_list};
use crate::variables::{self, Part};

/// The merged values of an environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Its name, as in `env: cs1`.
    pub name: String,
    root: EnvValue,
    secrets: Vec<String>,
}

/// A value with its location and, once resolved, whether it is secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnvValue {
    /// The value.
    pub data: EnvData,
    /// Where it stands.
    pub location: Location,
    /// Whether a part of it came from the process environment, or will.
    pub secret: bool,
    parts: Option<Vec<Part>>,
}

/// The data of a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EnvData {
    /// `null`, or nothing.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    String(String),
    /// A list.
    List(Vec<EnvValue>),
    /// A map.
    Object(IndexMap<String, EnvValue>),
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Null,
    Bool,
    Int,
    Float,
    String,
    List,
    Object,
}

impl Kind {
    /// The word that the language has for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Float => "float",
            Self::String => "string",
            Self::List => "list",
            Self::Object => "object",
        }
    }
}

/// Why a dotted path leads nowhere; the location is that of the deepest part that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingKey {
    /// `env cs1 has no key "tpdata.urk"`.
    pub message: String,
    /// `did you mean `tpdata.url`?`.
    pub help: Option<String>,
    /// The map in which the key is missing.
    pub location: Location,
}

/// A file's text and its name for messages.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The YAML.
    pub text: &'a str,
    /// `config/cs1.yml`.
    pub file: &'a str,
}

impl Environment {
    /// An environment without any key.
    pub fn empty(name: &str) -> Self {
        let data = EnvData::Object(IndexMap::new());
        let root = EnvValue { data, location: Location::file(format!("config/{name}.yml")), secret: false, parts: None };
        Self { name: name.to_owned(), root, secrets: Vec::new() }
    }

    /// Merges `own` over `common`, map by map; lists and single values replace each other.
    pub fn parse(name: &str, own: Source<'_>, common: Option<Source<'_>>) -> Result<Self, Vec<ConfigError>> {
        let mut errors = Vec::new();
        let mut layers = Vec::new();
        for source in common.into_iter().chain([own]) {
            match node::parse(source.text, source.file) {
                Ok(node) => layers.push(layer(&node, &mut errors)),
                Err(more) => errors.extend(more),
            }
        }
        let mut environment = Self::empty(name);
        environment.root.location = Location::file(own.file);
        for layer in layers {
            merge(&mut environment.root, layer);
        }
        if errors.is_empty() { Ok(environment) } else { Err(errors) }
    }

    /// Reads `<name>.yml` and `common.yml`, if there is one, of a directory.
    pub fn load(directory: &Path, name: &str) -> Result<Self, Vec<ConfigError>> {
        let own = directory.join(format!("{name}.yml"));
        let common = directory.join("common.yml");
        let text = crate::read(&own).map_err(|error| vec![error.with_help_if(files::others(directory, name))])?;
        let common_text = match common.exists() {
            true => Some(crate::read(&common).map_err(|error| vec![error])?),
            false => None,
        };
        let (own, common) = (own.display().to_string(), common.display().to_string());
        let common = common_text.as_deref().map(|text| Source { text, file: &common });
        Self::parse(name, Source { text: &text, file: &own }, common)
    }

    /// All of it, as one map.
    pub fn root(&self) -> &EnvValue {
        &self.root
    }

    /// The value of a dotted path, `tpdata.url`.
    pub fn get(&self, path: &str) -> Option<&EnvValue> {
        self.require(path).ok()
    }

    /// The value of a dotted path, or why there is none and what was probably meant.
    pub fn require(&self, path: &str) -> Result<&EnvValue, MissingKey> {
        let mut value = &self.root;
        let mut walked = String::new();
        for part in path.split('.') {
            let EnvData::Object(members) = &value.data else {
                let message = format!(
                    "\"{walked}\" of env {} is {} {} and has no key \"{part}\"",
                    self.name,
                    article(value.kind()),
                    value.kind().name()
                );
                return Err(MissingKey { message, help: None, location: value.location.clone() });
            };
            let sofar = if walked.is_empty() { part.to_owned() } else { format!("{walked}.{part}") };
            let Some(member) = members.get(part) else {
                return Err(self.missing(path, &walked, part, members, value.location.clone()));
            };
            value = member;
            walked = sofar;
        }
        Ok(value)
    }

    fn missing(&self, path: &str, walked: &str, part: &str, members: &IndexMap<String, EnvValue>, location: Location) -> MissingKey {
        let prefix = if walked.is_empty() { String::new() } else { format!("{walked}.") };
        let near = did_you_mean(part, members.keys().map(String::as_str))
            .and_then(|_| crate::suggest::nearest(part, members.keys().map(String::as_str)))
            .map(|found| format!("did you mean `{prefix}{found}`?"));
        let keys = self.keys();
        let names: Vec<&str> = members.keys().map(String::as_str).collect();
        let what = if walked.is_empty() { "use one of its keys".to_owned() } else { format!("use one of the keys of {walked}") };
        let help = near
            .or_else(|| did_you_mean(path, keys.iter().map(String::as_str)))
            .or_else(|| did_you_mean_or_list(part, &names, &what))
            .or_else(|| Some(format!("add it to config/{}.yml", self.name)));
        MissingKey { message: format!("missing key \"{prefix}{part}\" in env {}", self.name), help, location }
    }

    /// All dotted paths, those of maps too, in the order of the files.
    pub fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        collect_keys(&self.root, "", &mut keys);
        keys
    }

    /// The variables that the environment wants: name, whether it has a default, where it stands.
    pub fn variables(&self) -> Vec<(String, bool, Location)> {
        let mut found = Vec::new();
        visit(&self.root, &mut |value| {
            for part in value.parts.iter().flatten() {
                if let Part::Variable { name, default } = part {
                    found.push((name.clone(), default.is_some(), value.location.clone()));
                }
            }
        });
        found
    }

    /// Puts the process environment's values in place of `${VAR}`, in all that is read; those that are missing are reported at once.
    ///
    /// # Errors
    /// A variable of a key that is read, which isn't set.
    pub fn resolve(&self, reads: &Reads, variables: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<ConfigError>> {
        let mut resolved = self.clone();
        let mut errors = Vec::new();
        let mut secrets = Vec::new();
        Resolving { reads, variables, secrets: &mut secrets, errors: &mut errors }.value(&mut resolved.root, &mut Vec::new(), false);
        resolved.secrets.extend(secrets);
        resolved.secrets.retain(|value| is_secret(value));
        resolved.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        resolved.secrets.dedup();
        if errors.is_empty() { Ok(resolved) } else { Err(errors) }
    }

    /// What came from the process environment, longest first, to be masked in all output.
    ///
    /// Values under four characters are left out: masking them would garble every report and hide nothing. So are addresses, which every
    /// exchange names, unless they hold a password or a query.
    pub fn secrets(&self) -> Vec<String> {
        self.secrets.clone()
    }
}

const SHORTEST_SECRET: usize = 4;

fn is_secret(value: &str) -> bool {
    let address = (value.starts_with("http://") || value.starts_with("https://")) && !value.contains(['@', '?']);
    value.chars().count() >= SHORTEST_SECRET && !address
}

impl EnvValue {
    /// Its type; a string with `${VAR}` is a string before and after.
    pub fn kind(&self) -> Kind {
        match self.data {
            EnvData::Null => Kind::Null,
            EnvData::Bool(_) => Kind::Bool,
            EnvData::Int(_) => Kind::Int,
            EnvData::Float(_) => Kind::Float,
            EnvData::String(_) => Kind::String,
            EnvData::List(_) => Kind::List,
            EnvData::Object(_) => Kind::Object,
        }
    }

    /// Whether it holds `${VAR}`s that are not resolved yet.
    pub fn is_unresolved(&self) -> bool {
        self.parts.is_some()
    }

    /// Its text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            EnvData::String(text) => Some(text),
            _ => None,
        }
    }

    /// Its members, if it is a map.
    pub fn as_object(&self) -> Option<&IndexMap<String, EnvValue>> {
        match &self.data {
            EnvData::Object(members) => Some(members),
            _ => None,
        }
    }

    /// Its items, if it is a list.
    pub fn as_list(&self) -> Option<&[EnvValue]> {
        match &self.data {
            EnvData::List(items) => Some(items),
            _ => None,
        }
    }
}

fn article(kind: Kind) -> &'static str {
    if matches!(kind, Kind::Int | Kind::Object) { "an" } else { "a" }
}

fn layer(node: &Node, errors: &mut Vec<ConfigError>) -> EnvValue {
    let value = convert(node, errors);
    match value.data {
        EnvData::Object(_) => value,
        EnvData::Null => EnvValue { data: EnvData::Object(IndexMap::new()), ..value },
        _ => {
            let message = format!("an environment must be a map of keys and values, not {}", node.describe());
            errors.push(ConfigError::new(node.location.clone(), message));
            value
        }
    }
}

fn convert(node: &Node, errors: &mut Vec<ConfigError>) -> EnvValue {
    let mut parts = None;
    let data = match &node.value {
        NodeValue::Scalar { text, plain: true } if !text.contains("${") => scalar(text),
        NodeValue::Scalar { text, .. } if !text.contains("${") => EnvData::String(text.clone()),
        NodeValue::Scalar { text, .. } => match variables::split(text) {
            Ok(split) => match split.as_slice() {
                [Part::Text(literal)] => EnvData::String(literal.clone()),
                _ => {
                    parts = Some(split);
                    EnvData::String(text.clone())
                }
            },
            Err(why) => {
                errors.push(ConfigError::new(node.location.clone(), why));
                EnvData::String(text.clone())
            }
        },
        NodeValue::List(items) => EnvData::List(items.iter().map(|item| convert(item, errors)).collect()),
        NodeValue::Map(entries) => {
            for entry in entries.iter().filter(|entry| entry.key.contains('.') || entry.key.is_empty()) {
                let error =
                    ConfigError::new(entry.location.clone(), format!("the key \"{}\" has a dot, so a spec cannot read it", entry.key));
                errors.push(error.with_help("write a map in a map instead of a dot"));
            }
            EnvData::Object(entries.iter().map(|entry| (entry.key.clone(), convert(&entry.value, errors))).collect())
        }
    };
    EnvValue { data, location: node.location.clone(), secret: parts.is_some(), parts }
}

/// A plain scalar as YAML 1.2 reads it, but digits with a leading zero stay text: they are account numbers and postcodes.
pub(crate) fn scalar(text: &str) -> EnvData {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return EnvData::Null,
        "true" | "True" | "TRUE" => return EnvData::Bool(true),
        "false" | "False" | "FALSE" => return EnvData::Bool(false),
        ".inf" | ".Inf" | "+.inf" => return EnvData::Float(f64::INFINITY),
        "-.inf" => return EnvData::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
    if let Some(hex) = digits.strip_prefix("0x")
        && digits.len() == text.len()
        && let Ok(number) = i64::from_str_radix(hex, 16)
    {
        return EnvData::Int(number);
    }
    let numeric =
        !leading_zero && digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') && digits.bytes().any(|b| b.is_ascii_digit());
    if numeric && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-' | b'+')) {
        if let Ok(number) = text.parse::<i64>() {
            return EnvData::Int(number);
        }
        if let Ok(number) = text.parse::<f64>() {
            return EnvData::Float(number);
        }
    }
    EnvData::String(text.to_owned())
}

fn merge(base: &mut EnvValue, over: EnvValue) {
    match (&mut base.data, over.data) {
        (EnvData::Object(members), EnvData::Object(own)) => {
            for (key, value) in own {
                match members.get_mut(&key) {
                    Some(member) => merge(member, value),
                    None => {
                        members.insert(key, value);
                    }
                }
            }
            base.location = over.location;
        }
        (_, data) => *base = EnvValue { data, ..over },
    }
}

fn collect_keys(value: &EnvValue, prefix: &str, keys: &mut Vec<String>) {
    for (key, member) in value.as_object().into_iter().flatten() {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        keys.push(path.clone());
        collect_keys(member, &path, keys);
    }
}

fn visit(value: &EnvValue, see: &mut dyn FnMut(&EnvValue)) {
    see(value);
    match &value.data {
        EnvData::List(items) => items.iter().for_each(|item| visit(item, see)),
        EnvData::Object(members) => members.values().for_each(|member| visit(member, see)),
        _ => {}
    }
}

struct Resolving<'a> {
    reads: &'a Reads,
    variables: &'a dyn Fn(&str) -> Option<String>,
    secrets: &'a mut Vec<String>,
    errors: &'a mut Vec<ConfigError>,
}

impl Resolving<'_> {
    /// `whole`: all within is read.
    fn value(&mut self, value: &mut EnvValue, path: &mut Vec<String>, whole: bool) {
        let part = if whole { ReadPart::Whole } else { self.reads.part(path) };
        if part == ReadPart::Nothing {
            return;
        }
        if let Some(parts) = &value.parts {
            match variables::join(parts, self.variables) {
                Ok(resolved) => {
                    value.secret = !resolved.secrets.is_empty();
                    self.secrets.extend(resolved.secrets);
                    value.data = EnvData::String(resolved.text);
                    value.parts = None;
                }
                Err(missing) => {
                    let path = path.join(".").replace(".[", "[");
                    self.errors.extend(missing.into_iter().map(|name| {
                        ConfigError::new(value.location.clone(), format!("{path} needs the environment variable {name}, which is not set"))
                            .with_help(format!("set {name}, or write a default: ${{{name}:-…}}"))
                    }));
                }
            }
            return;
        }
        let mut inner = |key: String, value: &mut EnvValue| {
            path.push(key);
            self.value(value, path, part == ReadPart::Whole);
            path.pop();
        };
        match &mut value.data {
            EnvData::List(items) => items.iter_mut().enumerate().for_each(|(index, item)| inner(format!("[{index}]"), item)),
            EnvData::Object(members) => members.iter_mut().for_each(|(key, member)| inner(key.clone(), member)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
