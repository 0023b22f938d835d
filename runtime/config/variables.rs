//! `${VAR}`, `${VAR:-default}` and references to secrets in strings. `$${` means a literal `${`.

use serde::{Deserialize, Serialize};

use crate::error::{ConfigError, Location};
use crate::secret_reference::{SecretError, SecretReference, SecretStore};

/// A piece of a string.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Part {
    Text(String),
    Variable { name: String, default: Option<String> },
    Secret(SecretReference),
}

impl Part {
    /// As a file writes it, without a default.
    fn written(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Variable { name, .. } => format!("${{{name}}}"),
            Self::Secret(reference) => reference.to_string(),
        }
    }
}

/// A piece that has no value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// A variable that is neither set nor has a default.
    Variable(String),
    /// A secret that could not be fetched.
    Secret(SecretReference, SecretError),
}

impl Missing {
    /// What is wrong with a key that needs it, and the fix.
    pub(crate) fn of_key(self, key: &str, location: Location) -> ConfigError {
        match self {
            Self::Variable(name) => ConfigError::new(location, format!("{key} needs the environment variable {name}, which is not set"))
                .with_help(format!("set {name}, or write a default: ${{{name}:-…}}")),
            Self::Secret(reference, error) => {
                let what = reference.store.noun();
                ConfigError::new(location, format!("{key} needs the {what} {}: {}", reference.id, error.message)).with_help(error.help)
            }
        }
    }
}

/// A string after resolution: its text, and the pieces that came from the process environment and from stores.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) text: String,
    pub(crate) secrets: Vec<SecretPiece>,
}

/// A piece that came from the process environment or from a store.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SecretPiece {
    /// As the file names it: `${TOKEN}`.
    pub(crate) written: String,
    pub(crate) value: String,
}

/// Splits a string into parts. The error explains what is wrong with a `${`.
pub(crate) fn split(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            plain.push_str(&rest[..at - 1]);
            plain.push_str("${");
            rest = &rest[at + 2..];
            continue;
        }
        plain.push_str(&rest[..at]);
        let body = &rest[at + 2..];
        let Some(end) = body.find('}') else {
            return Err("a \"${\" is not closed by \"}\"; a literal one is written \"$${\"".to_owned());
        };
        let (name, default) = match body[..end].split_once(':') {
            Some((name, default)) if default.starts_with('-') => (name.trim(), Some(default[1..].to_owned())),
            _ => (body[..end].trim(), None),
        };
        if let Some(reference) = SecretReference::parse(&body[..end]).filter(|_| default.is_none()) {
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Secret(reference?));
            rest = &body[end + 1..];
            continue;
        }
        let valid = !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !valid {
            return Err(format!("\"${{{}}}\" names no variable; write ${{NAME}} or ${{NAME:-default}}", &body[..end]));
        }
        if !plain.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut plain)));
        }
        parts.push(Part::Variable { name: name.to_owned(), default });
        rest = &body[end + 1..];
    }
    plain.push_str(rest);
    if !plain.is_empty() || parts.is_empty() {
        parts.push(Part::Text(plain));
    }
    Ok(parts)
}

/// Joins the parts. The error lists the pieces that have no value.
pub(crate) fn join(parts: &[Part], variables: &dyn Fn(&str) -> Option<String>, store: &dyn SecretStore) -> Result<Resolved, Vec<Missing>> {
    let mut resolved = Resolved { text: String::new(), secrets: Vec::new() };
    let mut missing = Vec::new();
    for part in parts {
        let secret = match part {
            Part::Text(text) => {
                resolved.text.push_str(text);
                continue;
            }
            Part::Variable { name, default } => match (variables(name).filter(|value| !value.is_empty()), default) {
                (Some(value), _) => Ok(value),
                (None, Some(default)) => {
                    resolved.text.push_str(default);
                    continue;
                }
                (None, None) => Err(Missing::Variable(name.clone())),
            },
            Part::Secret(reference) => store.fetch(reference).map_err(|error| Missing::Secret(reference.clone(), error)),
        };
        match secret {
            Ok(value) => {
                resolved.text.push_str(&value);
                resolved.secrets.push(SecretPiece { written: part.written(), value });
            }
            Err(none) => missing.push(none),
        }
    }
    if missing.is_empty() { Ok(resolved) } else { Err(missing) }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct OneSecret;

    impl SecretStore for OneSecret {
        fn fetch(&self, reference: &SecretReference) -> Result<String, SecretError> {
            match reference.id.as_str() {
                "S" => Ok("ssss".to_owned()),
                id => Err(SecretError { message: format!("{id} not found"), help: "create it".to_owned() }),
            }
        }
    }

    fn joined(text: &str) -> Result<Resolved, Vec<Missing>> {
        let variables = |name: &str| match name {
            "A" => Some("aaaa".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        join(&split(text).unwrap(), &variables, &OneSecret)
    }

    fn resolve(text: &str) -> Result<String, Vec<Missing>> {
        joined(text).map(|resolved| resolved.text)
    }

    #[test]
    fn variables_defaults_and_escapes_are_resolved() {
        for (text, expected) in [
            ("plain", "plain"),
            ("", ""),
            ("${A}", "aaaa"),
            ("Bearer ${A}!", "Bearer aaaa!"),
            ("${B:-x y}", "x y"),
            ("${B:-}", ""),
            ("${EMPTY:-d}", "d"),
            ("${A:-d}${ A }", "aaaaaaaa"),
            ("$${A} costs $5", "${A} costs $5"),
            ("http://${B:-h:80}/x", "http://h:80/x"),
            ("a ${ssm:S} ${A}", "a ssss aaaa"),
            ("$${ssm:S}", "${ssm:S}"),
        ] {
            assert_eq!(resolve(text).as_deref(), Ok(expected), "{text}");
        }
        let missing = |names: &[&str]| Err(names.iter().map(|name| Missing::Variable((*name).to_owned())).collect());
        assert_eq!(resolve("${B} ${C}"), missing(&["B", "C"]));
        assert_eq!(resolve("${EMPTY}"), missing(&["EMPTY"]));
        let secret = |written: &str, value: &str| SecretPiece { written: written.to_owned(), value: value.to_owned() };
        assert_eq!(joined("x ${ssm:S} ${A:-d}").unwrap().secrets, [secret("${ssm:S}", "ssss"), secret("${A}", "aaaa")]);
        let absent = resolve("${secretsmanager:T}").unwrap_err();
        assert!(matches!(&absent[..], [Missing::Secret(reference, _)] if reference.id == "T"), "{absent:?}");
    }

    #[test]
    fn invalid_variables_are_errors() {
        assert!(split("${A").unwrap_err().contains("not closed"));
        assert!(split("${}").unwrap_err().contains("names no variable"));
        assert!(split("${A B}").unwrap_err().contains("names no variable"));
        assert!(split("${1A}").unwrap_err().contains("names no variable"));
        assert!(split("${vault:A}").unwrap_err().contains("unknown store"));
    }
}
