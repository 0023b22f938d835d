//! Turns a file into a layer of an environment, and merges layers.

use indexmap::IndexMap;

use super::{EnvData, EnvValue};
use crate::error::ConfigError;
use crate::node::{Node, NodeValue};
use crate::variables::{self, Part};

/// Turns a file's root into a layer: a map of keys and values.
pub(super) fn of(node: &Node, errors: &mut Vec<ConfigError>) -> EnvValue {
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

/// Converts a node and everything below it to a value.
pub(super) fn convert(node: &Node, errors: &mut Vec<ConfigError>) -> EnvValue {
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
                let error = |message: String| ConfigError::new(entry.location.clone(), message);
                errors.push(match entry.key.as_str() {
                    "" => {
                        error("unexpected empty key, expected a name before `:`".to_owned()).with_help("write a name that a spec can read")
                    }
                    key => error(format!("the key \"{key}\" has a dot, so a spec cannot read it"))
                        .with_help("write a map in a map instead of a dot"),
                });
            }
            EnvData::Object(entries.iter().map(|entry| (entry.key.clone(), convert(&entry.value, errors))).collect())
        }
    };
    EnvValue { data, location: node.location.clone(), secret: parts.is_some(), parts }
}

/// Reads a plain scalar as YAML 1.2 does, except that digits with a leading zero stay text: they are account numbers and postcodes.
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

/// Merges maps key by key. Any other value replaces the value in `base`.
pub(super) fn merge(base: &mut EnvValue, over: EnvValue) {
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
