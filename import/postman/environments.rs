//! Environment exports next to a collection, and the environments of the draft.

use std::path::Path;

use indexmap::IndexMap;

use super::variables::{Piece, SECRET, Variables, pieces};
use crate::document::{self, Node};
use crate::draft::{Environment, Tally, Value, variable};

/// The largest environment export, in bytes.
const FILE_BYTES_MAX: u64 = 4_000_000;
/// The deepest nesting of variables within variables; deeper ones are cycles.
const DEPTH_MAX: usize = 8;

/// An environment export.
#[derive(Clone, Debug)]
pub(super) struct Export {
    pub(super) name: String,
    pub(super) values: IndexMap<String, String>,
    pub(super) is_global: bool,
}

/// The exports in a folder, ordered by name.
pub(super) fn beside(folder: &Path) -> Vec<Export> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.retain(|path| {
        path.extension().is_some_and(|ending| ending == "json") && path.metadata().is_ok_and(|it| it.is_file() && it.len() < FILE_BYTES_MAX)
    });
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).filter_map(|text| export(&text)).collect()
}

/// Reads an export, which has values, but no items.
fn export(text: &str) -> Option<Export> {
    if !text.contains("\"values\"") {
        return None;
    }
    let root = document::parse(text).ok()?;
    let root = root.get("environment").unwrap_or(&root);
    let scope = root.text_of("_postman_variable_scope");
    if root.get("item").is_some() || !is_list_of_pairs(root.get("values")?) {
        return None;
    }
    Some(Export {
        name: root.text_of("name").unwrap_or("imported").to_owned(),
        values: values(root, "values"),
        is_global: scope == Some("globals"),
    })
}

fn is_list_of_pairs(node: &Node) -> bool {
    node.items().iter().all(|it| it.get("key").is_some())
}

/// The enabled variables of a list. If a name is repeated, the last one counts.
pub(super) fn values(node: &Node, key: &str) -> IndexMap<String, String> {
    let of = |it: &Node| {
        let name = it.text_of("key").or(it.text_of("id"))?.trim().to_owned();
        let is_off = it.flag("disabled") || it.get("enabled").is_some_and(|it| it.value == document::Value::Bool(false));
        let value = it.get("value").map_or_else(|| Some(String::new()), Node::scalar)?;
        (!is_off && !name.is_empty()).then_some((name, value))
    };
    node.items_of(key).iter().filter_map(of).collect()
}

/// The environments of the draft: one for each export that contains a variable of the collection, or one for the collection alone. `bases`
/// are the variables with which URLs begin.
pub(super) fn environments(
    section: &str,
    exports: &[Export],
    variables: &Variables,
    bases: &[String],
    tally: &mut Tally,
) -> Vec<Environment> {
    let used: Vec<&Export> =
        exports.iter().filter(|export| !export.is_global && export.values.keys().any(|key| variables.read.contains_key(key))).collect();
    let mut all = Vec::new();
    for export in &used {
        let name = crate::names::file(&export.name);
        let short = name.strip_suffix("-env").or_else(|| name.strip_suffix("-environment")).unwrap_or(&name).to_owned();
        let taken = |name: &str| all.iter().any(|known: &Environment| known.name == name);
        let name = if taken(&short) { (2..).map(|n| format!("{short}-{n}")).find(|name| !taken(name)).unwrap_or_default() } else { short };
        all.push(environment(name, section, Some(export), variables, bases, tally));
    }
    if all.is_empty() {
        all.push(environment(Environment::default().name, section, None, variables, bases, tally));
    }
    all
}

fn environment(
    name: String,
    section: &str,
    export: Option<&Export>,
    variables: &Variables,
    bases: &[String],
    tally: &mut Tally,
) -> Environment {
    let mut environment = Environment { name, keys: IndexMap::new() };
    let defined = |key: &str| export.and_then(|export| export.values.get(key)).or_else(|| variables.defined.get(key));
    for (key, name) in &variables.read {
        let process = variable(&[section, name]);
        let given = defined(key).map(|value| resolved(value, &defined, 0)).filter(|value| !value.is_empty() && !value.contains("{{"));
        let value = match given {
            _ if key.starts_with(SECRET) || is_secret(key) && !bases.contains(key) => {
                tally.advise(format!("set {process} in the process environment before the test starts"));
                Value::Secret(process)
            }
            Some(value) if bases.first() == Some(key) && !value.contains("://") => Value::text(value),
            Some(value) if variables.raw.contains(key) => Value::Plain(plain(&value)),
            Some(value) => Value::text(value),
            None if bases.contains(key) => {
                tally.advise(format!("the collection gives no value to `{key}`: set {process}"));
                Value::Default(process, if bases.first() == Some(key) { "http://localhost:8080".to_owned() } else { String::new() })
            }
            None if defined(key).is_some_and(|value| value.is_empty()) => Value::text(""),
            None => {
                tally.advise(format!("the collection gives no value to `{key}`: set {process}"));
                Value::Secret(process)
            }
        };
        environment.set(&[section, name], value);
    }
    environment
}

/// Replaces the variables in a value with their values.
fn resolved<'v>(value: &str, defined: &dyn Fn(&str) -> Option<&'v String>, depth: usize) -> String {
    let piece = |piece: Piece| match piece {
        Piece::Text(text) => text,
        Piece::Variable(name) => match defined(&name).filter(|_| depth < DEPTH_MAX) {
            Some(value) => resolved(value, defined, depth + 1),
            None => format!("{{{{{name}}}}}"),
        },
    };
    pieces(value).into_iter().map(piece).collect()
}

/// Converts a value to a number or a boolean, if it is one.
fn plain(value: &str) -> serde_yaml::Value {
    match serde_yaml::from_str(value) {
        Ok(plain @ (serde_yaml::Value::Number(_) | serde_yaml::Value::Bool(_))) => plain,
        _ => serde_yaml::Value::String(value.to_owned()),
    }
}

/// Whether a name indicates a secret value.
fn is_secret(key: &str) -> bool {
    let key = crate::words::folded(key);
    // A name that only describes a secret does not count: `tokenUrl`, `tokenType`.
    let describes = ["url", "uri", "endpoint", "host", "path", "type", "name", "expiry", "expires", "expiresin", "header"];
    if describes.iter().any(|ending| key.ends_with(ending)) {
        return false;
    }
    ["password", "passwd", "secret", "token", "apikey", "accesskey", "privatekey"].iter().any(|word| key.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_recognized_by_their_names() {
        assert!(["password", "API_KEY", "access-token", "clientSecret"].iter().all(|key| is_secret(key)));
        assert!(!["tokenUrl", "token_type", "apikey-header", "user"].iter().any(|key| is_secret(key)));
    }

    #[test]
    fn export_is_distinguished_from_a_collection() {
        let read =
            export(r#"{"name": "QA", "values": [{"key": "a", "value": "1"}, {"key": "b", "value": "2", "enabled": false}]}"#).unwrap();
        assert_eq!((read.name.as_str(), read.values.len()), ("QA", 1));
        assert!(export(r#"{"item": [], "values": []}"#).is_none());
    }
}
