//! Puts the values of the process environment and of stores into an environment, and collects those that are secret.

use serde::{Deserialize, Serialize};

use super::{EnvData, EnvValue};
use crate::error::{ConfigError, Location};
use crate::reads::{ReadPart, Reads};
use crate::secret_reference::SecretStore;
use crate::variables;

/// A shorter text also appears by chance, so masking it would garble every report and hide nothing.
const SHORTEST_SECRET: usize = 4;

/// Whether a text is too short to be masked.
pub fn is_too_short(value: &str) -> bool {
    value.chars().count() < SHORTEST_SECRET
}

/// Whether a text is masked. An address without a password or a query is not, because every exchange names it.
pub fn is_masked(value: &str) -> bool {
    let address = (value.starts_with("http://") || value.starts_with("https://")) && !value.contains(['@', '?']);
    !is_too_short(value) && !address
}

/// A value of the process environment or of a store that is too short to be masked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShortSecret {
    /// The key that contains it: `shop.token`.
    pub path: String,
    /// The location of the key.
    pub location: Location,
    /// As the file names it: `${TOKEN}`.
    pub written: String,
}

/// One resolution of an environment.
pub(super) struct Resolving<'a> {
    pub(super) reads: &'a Reads,
    pub(super) variables: &'a dyn Fn(&str) -> Option<String>,
    pub(super) store: &'a dyn SecretStore,
    pub(super) secrets: &'a mut Vec<String>,
    pub(super) short: &'a mut Vec<ShortSecret>,
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
                    for piece in resolved.secrets {
                        if is_too_short(&piece.value) {
                            let path = path.join(".").replace(".[", "[");
                            self.short.push(ShortSecret { path, location: value.location.clone(), written: piece.written });
                        } else if is_masked(&piece.value) {
                            self.secrets.push(piece.value);
                        }
                    }
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
