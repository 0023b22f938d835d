//! A small part of GraphQL: one operation with variables, fields with aliases, arguments and selections; no fragments and no directives.

mod reader;

use serde_json::{Map, Value};

pub(crate) use reader::parse;

/// An operation.
#[derive(Debug, PartialEq)]
pub(crate) struct Operation {
    pub(crate) kind: String,
    declared: Vec<Declared>,
    pub(crate) fields: Vec<Field>,
}

#[derive(Debug, PartialEq)]
struct Declared {
    name: String,
    kind: String,
    default: Option<Value>,
}

/// A field of a selection.
#[derive(Debug, PartialEq)]
pub(crate) struct Field {
    alias: Option<String>,
    pub(crate) name: String,
    arguments: Vec<(String, Argument)>,
    pub(crate) fields: Vec<Field>,
}

#[derive(Debug, PartialEq)]
enum Argument {
    Variable(String),
    Literal(Value),
}

impl Operation {
    /// The values of the variables. A missing required one is an error.
    pub(crate) fn variables(&self, mut given: Map<String, Value>) -> Result<Map<String, Value>, String> {
        let mut values = Map::new();
        for Declared { name, kind, default } in &self.declared {
            let value = given.remove(name).or_else(|| default.clone()).unwrap_or(Value::Null);
            let fits = match (kind.trim_end_matches('!'), &value) {
                (_, Value::Null) => !kind.ends_with('!'),
                ("Int", value) => value.is_i64(),
                ("Float", value) => value.is_number(),
                ("String", value) => value.is_string(),
                ("ID", value) => value.is_string() || value.is_i64(),
                ("Boolean", value) => value.is_boolean(),
                _ => true,
            };
            if !fits {
                return Err(match value {
                    Value::Null => format!("Variable \"${name}\" of required type \"{kind}\" was not provided."),
                    value => format!("Variable \"${name}\" got invalid value {value}; expected type \"{kind}\"."),
                });
            }
            values.insert(name.clone(), value);
        }
        Ok(values)
    }
}

impl Field {
    /// Its key in the result.
    pub(crate) fn key(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }

    /// An argument's value.
    pub(crate) fn value<'v>(&'v self, name: &str, variables: &'v Map<String, Value>) -> Result<Option<&'v Value>, String> {
        let value = match self.arguments.iter().find(|(key, _)| key == name) {
            None => return Ok(None),
            Some((_, Argument::Literal(value))) => value,
            Some((_, Argument::Variable(name))) => variables.get(name).ok_or_else(|| format!("Variable \"${name}\" is not defined."))?,
        };
        Ok((!value.is_null()).then_some(value))
    }

    /// The value of an argument that is a whole number.
    pub(crate) fn int(&self, name: &str, variables: &Map<String, Value>) -> Result<Option<i64>, String> {
        let value = self.value(name, variables)?;
        value.map(|value| value.as_i64().ok_or_else(|| format!("Argument \"{name}\" is {value}, expected an Int."))).transpose()
    }
}
