//! An environment of a draft: `config/NAME.yml`.

use indexmap::IndexMap;

use crate::names;

/// An environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The stem of its file.
    pub name: String,
    /// Its keys.
    pub keys: IndexMap<String, Value>,
}

impl Default for Environment {
    fn default() -> Self {
        Self { name: "imported".to_owned(), keys: IndexMap::new() }
    }
}

/// A value of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A value that is not secret.
    Plain(serde_yaml::Value),
    /// A secret: `${VARIABLE}` of the process environment, so that no file contains its value. See [`variable`].
    Secret(String),
    /// `${VARIABLE:-default}`: a value that the process environment may override.
    Default(String, String),
    /// A text that contains `${VARIABLE}` in the environment's syntax: `https://${HOST}/api`.
    Template(String),
    /// Further keys.
    Section(IndexMap<String, Value>),
}

impl Value {
    /// A text. A `${` in it is escaped.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Plain(serde_yaml::Value::String(text.into()))
    }
}

impl Environment {
    /// Sets a key, and creates the sections that lead to it.
    pub fn set(&mut self, path: &[&str], value: Value) {
        let Some((last, sections)) = path.split_last() else { return };
        let mut keys = &mut self.keys;
        for section in sections {
            let entry = keys.entry((*section).to_owned()).or_insert_with(|| Value::Section(IndexMap::new()));
            if !matches!(entry, Value::Section(_)) {
                *entry = Value::Section(IndexMap::new());
            }
            match entry {
                Value::Section(below) => keys = below,
                _ => return,
            }
        }
        keys.insert((*last).to_owned(), value);
    }
}

/// The name of an environment variable: `shop`, `apiToken` becomes `SHOP_API_TOKEN`.
pub fn variable(words: &[&str]) -> String {
    let name = words.iter().map(|word| names::snake(word).to_uppercase()).collect::<Vec<_>>().join("_");
    if name.starts_with(|char: char| char.is_ascii_digit()) { format!("V_{name}") } else { name }
}
