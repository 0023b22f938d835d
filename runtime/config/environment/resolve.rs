//! Puts the values of the process environment and of stores into an environment, and collects those that are secret.

use super::{EnvData, EnvValue};
use crate::error::ConfigError;
use crate::reads::{ReadPart, Reads};
use crate::secret_reference::SecretStore;
use crate::variables;

const SHORTEST_SECRET: usize = 4;

pub(super) fn is_secret(value: &str) -> bool {
    let address = (value.starts_with("http://") || value.starts_with("https://")) && !value.contains(['@', '?']);
    value.chars().count() >= SHORTEST_SECRET && !address
}

/// One resolution of an environment.
pub(super) struct Resolving<'a> {
    pub(super) reads: &'a Reads,
    pub(super) variables: &'a dyn Fn(&str) -> Option<String>,
    pub(super) store: &'a dyn SecretStore,
    pub(super) secrets: &'a mut Vec<String>,
    pub(super) errors: &'a mut Vec<ConfigError>,
}

impl Resolving<'_> {
    /// Resolves a value and everything below it. `whole`: the spec reads all of it.
    pub(super) fn value(&mut self, value: &mut EnvValue, path: &mut Vec<String>, whole: bool) {
        let part = if whole { ReadPart::Whole } else { self.reads.part(path) };
        if part == ReadPart::Nothing {
            return;
        }
        if let Some(parts) = &value.parts {
            match variables::join(parts, self.variables, self.store) {
                Ok(resolved) => {
                    value.secret = !resolved.secrets.is_empty();
                    self.secrets.extend(resolved.secrets);
                    value.data = EnvData::String(resolved.text);
                    value.parts = None;
                }
                Err(missing) => {
                    let path = path.join(".").replace(".[", "[");
                    self.errors.extend(missing.into_iter().map(|missing| missing.of_key(&path, value.location.clone())));
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
