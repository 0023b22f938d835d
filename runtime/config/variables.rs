//! `${VAR}` and `${VAR:-default}` in strings. `$${` means a literal `${`.

use serde::{Deserialize, Serialize};

/// A piece of a string.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Part {
    Text(String),
    Variable { name: String, default: Option<String> },
}

/// A string after resolution: its text, and the pieces that came from the environment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) text: String,
    pub(crate) secrets: Vec<String>,
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
        let (name, default) = match body[..end].split_once(":-") {
            Some((name, default)) => (name.trim(), Some(default.to_owned())),
            None => (body[..end].trim(), None),
        };
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

/// Joins the parts. The error lists the variables that are not set and have no default.
pub(crate) fn join(parts: &[Part], variables: &dyn Fn(&str) -> Option<String>) -> Result<Resolved, Vec<String>> {
    let mut resolved = Resolved { text: String::new(), secrets: Vec::new() };
    let mut missing = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) => resolved.text.push_str(text),
            Part::Variable { name, default } => match (variables(name).filter(|value| !value.is_empty()), default) {
                (Some(value), _) => {
                    resolved.text.push_str(&value);
                    resolved.secrets.push(value);
                }
                (None, Some(default)) => resolved.text.push_str(default),
                (None, None) => missing.push(name.clone()),
            },
        }
    }
    if missing.is_empty() { Ok(resolved) } else { Err(missing) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str) -> Result<String, Vec<String>> {
        let variables = |name: &str| match name {
            "A" => Some("aaaa".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        join(&split(text).unwrap(), &variables).map(|resolved| resolved.text)
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
        ] {
            assert_eq!(resolve(text).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(resolve("${B} ${C}"), Err(vec!["B".to_owned(), "C".to_owned()]));
        assert_eq!(resolve("${EMPTY}"), Err(vec!["EMPTY".to_owned()]));
    }

    #[test]
    fn invalid_variables_are_errors() {
        assert!(split("${A").unwrap_err().contains("not closed"));
        assert!(split("${}").unwrap_err().contains("names no variable"));
        assert!(split("${A B}").unwrap_err().contains("names no variable"));
        assert!(split("${1A}").unwrap_err().contains("names no variable"));
    }
}
