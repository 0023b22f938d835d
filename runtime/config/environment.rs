//! An environment, which a spec reads as `env.`: `config/<env>.yml` merged over `config/common.yml`.
//!
//! A build keeps each `${VAR}` and each reference to a secret unresolved and treats it as a string, so that it can check keys and types
//! without secrets. The running binary calls [`Environment::resolve`].

mod files;
mod layer;
mod resolve;
mod value;

use std::cell::RefCell;
use std::path::Path;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use files::name_of;
pub(crate) use layer::scalar;
pub use resolve::{ShortSecret, is_masked, is_too_short};
pub use value::{EnvData, EnvValue, Kind};

use crate::error::{ConfigError, Location};
use crate::node;
use crate::reads::Reads;
use crate::secret_reference::{SecretError, SecretReference, SecretStore};
use crate::suggest::{did_you_mean, did_you_mean_or_list};
use crate::variables::Part;

/// The merged values of an environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Its name, as in `env: cs1`.
    pub name: String,
    root: EnvValue,
    secrets: Vec<String>,
    #[serde(default)]
    short: Vec<ShortSecret>,
}

/// Why a dotted path has no value. The location is that of the deepest part that exists.
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
        Self { name: name.to_owned(), root, secrets: Vec::new(), short: Vec::new() }
    }

    /// Merges `own` over `common`, map by map. The registry, the limits and credentials are no environments, whatever their texts are.
    /// Lists and single values replace each other.
    pub fn parse(name: &str, own: Source<'_>, common: Option<Source<'_>>) -> Result<Self, Vec<ConfigError>> {
        let mut errors = Vec::from_iter(files::check_name(name).err());
        let mut layers = Vec::new();
        for source in common.into_iter().chain([own]) {
            match node::parse(source.text, source.file) {
                Ok(node) => layers.push(layer::of(&node, &mut errors)),
                Err(more) => errors.extend(more),
            }
        }
        let mut environment = Self::empty(name);
        environment.root.location = Location::file(own.file);
        for layer in layers {
            layer::merge(&mut environment.root, layer);
        }
        if errors.is_empty() { Ok(environment) } else { Err(errors) }
    }

    /// Reads `<name>.yml` and, if it exists, `common.yml` of a directory.
    pub fn load(directory: &Path, name: &str) -> Result<Self, Vec<ConfigError>> {
        files::check_name(name).map_err(|error| vec![error])?;
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

    /// The whole environment as one map.
    pub fn root(&self) -> &EnvValue {
        &self.root
    }

    /// The value of a dotted path, `tpdata.url`.
    pub fn get(&self, path: &str) -> Option<&EnvValue> {
        // Without the reason of `require`: searching a similar name among 50,000 keys takes a tenth of a second.
        path.split('.').try_fold(&self.root, |value, part| value.as_object()?.get(part))
    }

    /// The value of a dotted path, or the reason why it has none and the key that was probably meant.
    pub fn require(&self, path: &str) -> Result<&EnvValue, MissingKey> {
        let mut value = &self.root;
        let mut walked = String::new();
        for part in path.split('.') {
            let EnvData::Object(members) = &value.data else {
                let message = format!(
                    "\"{walked}\" of env {} is {} {} and has no key \"{part}\"",
                    self.name,
                    value::article(value.kind()),
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

    /// All dotted paths, including those of maps, in the order of the files.
    pub fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        collect_keys(&self.root, "", &mut keys);
        keys
    }

    /// The environment variables that the file names: the name, whether it has a default, and the location.
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

    /// The secrets in stores that the spec reads, each once.
    pub fn secret_references(&self, reads: &Reads) -> Vec<SecretReference> {
        let noted = Noted::default();
        // Without values, each of these secrets is asked for.
        let _ = self.resolve(reads, &|_| Some(String::new()), &noted);
        noted.0.into_inner()
    }

    /// Replaces `${…}` by the values of the process environment and of stores in everything that the spec reads. Reports all missing values
    /// at once.
    ///
    /// # Errors
    /// Each variable that is not set, and each secret that cannot be fetched, if they belong to a key that the spec reads.
    pub fn resolve(
        &self,
        reads: &Reads,
        variables: &dyn Fn(&str) -> Option<String>,
        store: &dyn SecretStore,
    ) -> Result<Self, Vec<ConfigError>> {
        let mut resolved = self.clone();
        let mut errors = Vec::new();
        let (mut secrets, mut short) = (Vec::new(), Vec::new());
        resolve::Resolving { reads, variables, store, secrets: &mut secrets, short: &mut short, errors: &mut errors }.value(
            &mut resolved.root,
            &mut Vec::new(),
            false,
        );
        resolved.secrets.extend(secrets);
        resolved.short.extend(short);
        resolved.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        resolved.secrets.dedup();
        if errors.is_empty() { Ok(resolved) } else { Err(errors) }
    }

    /// The values that came from the process environment and from stores, longest first, so that output can mask them.
    ///
    /// It leaves out [`Self::short_secrets`], and addresses without a password or a query, because every exchange names them.
    pub fn secrets(&self) -> Vec<String> {
        self.secrets.clone()
    }

    /// The values that came from the process environment and from stores, but are too short to be masked.
    pub fn short_secrets(&self) -> &[ShortSecret] {
        &self.short
    }
}

/// A store that notes what it is asked for.
#[derive(Debug, Default)]
struct Noted(RefCell<Vec<SecretReference>>);

impl SecretStore for Noted {
    fn fetch(&self, reference: &SecretReference) -> Result<String, SecretError> {
        let mut noted = self.0.borrow_mut();
        if !noted.contains(reference) {
            noted.push(reference.clone());
        }
        Ok(String::new())
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

#[cfg(test)]
mod tests;
