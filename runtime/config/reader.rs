//! Typed reading of sections: each wrong key or value becomes an error, and reading continues.

use std::cell::RefCell;
use std::time::Duration;

use crate::duration;
use crate::error::{ConfigError, Location};
use crate::node::{Entry, Node, NodeValue, unknown_key};
use crate::rate::Rate;

/// Collects the errors and warnings of a file while it is read.
#[derive(Default)]
pub(crate) struct Diagnostics {
    errors: RefCell<Vec<ConfigError>>,
    warnings: RefCell<Vec<ConfigError>>,
}

impl Diagnostics {
    pub(crate) fn error(&self, error: ConfigError) {
        self.errors.borrow_mut().push(error);
    }

    pub(crate) fn warn(&self, warning: ConfigError) {
        self.warnings.borrow_mut().push(warning);
    }

    /// The errors in the order of the file, then the warnings.
    pub(crate) fn into_parts(self) -> (Vec<ConfigError>, Vec<ConfigError>) {
        let mut errors = self.errors.into_inner();
        // Two readers may look at the same key, so an error can occur twice.
        errors.sort_by_key(|error| error.location.offset);
        errors.dedup();
        (errors, self.warnings.into_inner())
    }
}

/// A map of the file, with its path for messages.
#[derive(Clone, Copy)]
pub(crate) struct Section<'a> {
    diagnostics: &'a Diagnostics,
    pub(crate) path: &'a str,
    pub(crate) location: &'a Location,
    entries: &'a [Entry],
}

impl<'a> Section<'a> {
    /// Opens `node` as a map. Null is an empty map; any other type is an error.
    pub(crate) fn open(diagnostics: &'a Diagnostics, node: &'a Node, path: &'a str) -> Self {
        let entries: &[Entry] = match &node.value {
            NodeValue::Map(entries) => entries,
            _ if node.is_null() => &[],
            _ => {
                let what = if path.is_empty() { "the file" } else { path };
                let message = format!("{what} must be a map of keys and values, not {}", node.describe());
                diagnostics.error(ConfigError::new(node.location.clone(), message));
                &[]
            }
        };
        Self { diagnostics, path, location: &node.location, entries }
    }

    /// Reports keys that are not among `known`.
    pub(crate) fn known(self, known: &[&str]) -> Self {
        for entry in self.entries {
            if !known.contains(&entry.key.as_str()) {
                self.diagnostics.error(unknown_key(&entry.key, &entry.location, self.path, known));
            }
        }
        self
    }

    pub(crate) fn diagnostics(&self) -> &'a Diagnostics {
        self.diagnostics
    }

    pub(crate) fn entries(&self) -> &'a [Entry] {
        self.entries
    }

    /// The entry of `key`, unless it is left out or null.
    pub(crate) fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| entry.key == key && !entry.value.is_null())
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// The location of a key, or of the section if it doesn't have the key.
    pub(crate) fn place_of(&self, key: &str) -> Location {
        self.entry(key).map_or_else(|| self.location.clone(), |entry| entry.location.clone())
    }

    pub(crate) fn error(&self, key: &str, message: impl Into<String>, help: &str) {
        self.diagnostics.error(ConfigError::new(self.place_of(key), message).with_help(help));
    }

    pub(crate) fn warn(&self, key: &str, message: impl Into<String>, help: &str) {
        self.diagnostics.warn(ConfigError::new(self.place_of(key), message).with_help(help));
    }

    /// A section within this one. It is empty if the file leaves it out.
    pub(crate) fn section(&self, key: &str, path: &'a str) -> Option<Section<'a>> {
        self.entry(key).map(|entry| Section::open(self.diagnostics, &entry.value, path))
    }

    /// Reads a single value with `read`, whose error names the key.
    pub(crate) fn read<T>(&self, key: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let entry = self.entry(key)?;
        read_node(self.diagnostics, key, &entry.value, read)
    }

    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.read(key, |text| Ok(text.to_owned()))
    }

    pub(crate) fn bool(&self, key: &str) -> Option<bool> {
        self.read(key, parse_bool)
    }

    pub(crate) fn duration(&self, key: &str) -> Option<Duration> {
        self.read(key, duration::parse)
    }

    /// A duration greater than zero.
    pub(crate) fn positive_duration(&self, key: &str) -> Option<Duration> {
        self.read(key, |text| match duration::parse(text)? {
            Duration::ZERO => Err("it must be longer than 0".to_owned()),
            duration => Ok(duration),
        })
    }

    pub(crate) fn rate(&self, key: &str) -> Option<Rate> {
        self.read(key, Rate::parse)
    }

    /// A whole number of at least `least` and at most `most`.
    pub(crate) fn whole(&self, key: &str, least: u64, most: u64) -> Option<u64> {
        self.read(key, |text| {
            let number = parse_whole(text)?;
            match number {
                n if n < least => Err(format!("it must be at least {least}")),
                n if n > most => Err(format!("it must be at most {most}")),
                n => Ok(n),
            }
        })
    }

    /// A list of texts, or one text with commas between them.
    pub(crate) fn texts(&self, key: &str) -> Vec<(String, Location)> {
        let Some(entry) = self.entry(key) else {
            return Vec::new();
        };
        match &entry.value.value {
            NodeValue::Scalar { text, .. } => split_commas(text).map(|part| (part, entry.value.location.clone())).collect(),
            NodeValue::List(items) => items
                .iter()
                .filter_map(|item| Some((read_node(self.diagnostics, key, item, |text| Ok(text.to_owned()))?, item.location.clone())))
                .collect(),
            NodeValue::Map(_) => {
                self.error(key, format!("{key} must be a list, not a map"), &format!("write {key}: [a, b]"));
                Vec::new()
            }
        }
    }
}

/// Reads one scalar node. A list or a map is an error that names the key.
pub(crate) fn read_node<T>(diagnostics: &Diagnostics, key: &str, node: &Node, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
    let result = match &node.value {
        NodeValue::Scalar { text, .. } => read(text.trim()),
        _ => Err(format!("it must be a single value, not {}", node.describe())),
    };
    match result {
        Ok(value) => Some(value),
        Err(why) => {
            diagnostics.error(ConfigError::new(node.location.clone(), format!("{key}: {why}")));
            None
        }
    }
}

pub(crate) fn split_commas(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned)
}

/// Reads `true`, `false`, and the spellings of YAML 1.1: `Yes`, `no`, `on`, `OFF`.
pub(crate) fn parse_bool(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" => Ok(true),
        "false" | "no" | "off" | "n" => Ok(false),
        _ => Err(format!("unexpected \"{text}\", expected true or false")),
    }
}

fn parse_whole(text: &str) -> Result<u64, String> {
    let digits = text.replace('_', "");
    if digits.starts_with('-') {
        return Err(format!("\"{text}\" is negative"));
    }
    match digits.parse::<u64>() {
        Ok(number) => Ok(number),
        Err(_) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => Err(format!("\"{text}\" is too large")),
        Err(_) => Err(format!("\"{text}\" is not a whole number")),
    }
}
