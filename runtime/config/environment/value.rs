//! The values of an environment and their types.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{Source, layer};
use crate::error::{ConfigError, Location};
use crate::node;
use crate::variables::Part;

/// A value with its location and, once resolved, whether it is secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnvValue {
    /// The value.
    pub data: EnvData,
    /// Its location.
    pub location: Location,
    /// Whether a part of it comes from the process environment.
    pub secret: bool,
    pub(super) parts: Option<Vec<Part>>,
}

/// The data of a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum EnvData {
    /// `null`, or a key without a value.
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
    /// The type's name in the language.
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

impl EnvValue {
    /// Reads a YAML document of any shape with the rules of environments.
    ///
    /// # Errors
    /// All errors in the document, each with its location.
    pub fn parse(source: Source<'_>) -> Result<Self, Vec<ConfigError>> {
        let node = node::parse(source.text, source.file)?;
        let mut errors = Vec::new();
        let value = layer::convert(&node, &mut errors);
        if errors.is_empty() { Ok(value) } else { Err(errors) }
    }

    /// The value's type. A string with `${VAR}` is a string before and after it is resolved.
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

    /// Whether the value holds a `${VAR}` that isn't resolved yet.
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

pub(super) fn article(kind: Kind) -> &'static str {
    if matches!(kind, Kind::Int | Kind::Object) { "an" } else { "a" }
}
