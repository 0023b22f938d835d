//! The words, texts, patterns and values of a line of `[Captures]` or `[Asserts]`.

use super::query::Variables;
use super::text::{quoted, template};
use crate::draft::{Expr, Part, Text};

/// A value after a predicate or a filter.
#[derive(Clone, Debug)]
pub(super) struct Arg {
    pub(super) expr: Expr,
}

/// Reads a line from left to right.
pub(super) struct Scan<'t> {
    rest: &'t str,
}

/// Words with which a predicate begins. Any other word after a query is a filter.
const PREDICATES: &[&str] = &[
    "not",
    "startsWith",
    "endsWith",
    "contains",
    "includes",
    "matches",
    "exists",
    "isEmpty",
    "isBoolean",
    "isInteger",
    "isFloat",
    "isNumber",
    "isString",
    "isCollection",
    "isDate",
    "isIsoDate",
    "isList",
    "isObject",
    "isIpv4",
    "isIpv6",
    "isUuid",
    "equals",
    "notEquals",
    "greaterThan",
    "greaterThanOrEquals",
    "lessThan",
    "lessThanOrEquals",
    "redact",
];

impl<'t> Scan<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { rest: text.trim() }
    }

    /// The rest of the line, without a comment.
    pub(super) fn rest(&self) -> &'t str {
        let rest = self.rest.trim();
        if rest.starts_with('#') { "" } else { rest }
    }

    /// The next word; empty at the end.
    pub(super) fn word(&mut self) -> String {
        let rest = self.rest.trim_start();
        let end = rest.find(|char: char| !char.is_ascii_alphanumeric() && char != '_').unwrap_or(rest.len());
        self.rest = &rest[end..];
        rest[..end].to_owned()
    }

    /// The next filter's name, or `None` if a predicate follows.
    pub(super) fn filter(&mut self) -> Option<String> {
        let before = self.rest;
        let word = self.word();
        if word.is_empty() || PREDICATES.contains(&word.as_str()) {
            self.rest = before;
            return None;
        }
        Some(word)
    }

    /// One of the signs of comparison.
    pub(super) fn sign(&mut self) -> Option<&'static str> {
        let rest = self.rest.trim_start();
        let sign = ["==", "!=", ">=", "<=", ">", "<"].into_iter().find(|sign| rest.starts_with(sign))?;
        self.rest = &rest[sign.len()..];
        Some(sign)
    }

    /// A quoted text as characters.
    pub(super) fn string(&mut self) -> Option<String> {
        let (text, rest) = quoted(self.rest.trim_start())?;
        self.rest = rest;
        Some(text)
    }

    /// A regular expression: between slashes, or in a text.
    pub(super) fn pattern(&mut self) -> Option<String> {
        let rest = self.rest.trim_start();
        let Some(inner) = rest.strip_prefix('/') else { return self.string() };
        let mut escaped = false;
        let end = inner.char_indices().find(|(_, char)| {
            let ends = *char == '/' && !escaped;
            escaped = *char == '\\' && !escaped;
            ends
        });
        let (at, _) = end?;
        self.rest = &inner[at + 1..];
        Some(inner[..at].replace("\\/", "/"))
    }

    /// A value: a text, a number, a word, or a variable.
    pub(super) fn value(&mut self, variables: &mut dyn Variables) -> Option<Arg> {
        let rest = self.rest.trim_start();
        if let Some((text, behind)) = quoted(rest) {
            self.rest = behind;
            return Some(Arg { expr: Expr::Text(bind(&template(&text), variables)) });
        }
        if let Some(inner) = rest.strip_prefix("```") {
            let end = inner.find("```")?;
            self.rest = &inner[end + 3..];
            let text = inner[..end].strip_prefix('\n').unwrap_or(&inner[..end]);
            return Some(Arg { expr: Expr::Text(bind(&template(text), variables)) });
        }
        if let Some(inner) = rest.strip_prefix('`') {
            let end = inner.find('`')?;
            self.rest = &inner[end + 1..];
            return Some(Arg { expr: Expr::Text(bind(&template(&inner[..end]), variables)) });
        }
        if let Some(inner) = rest.strip_prefix("{{") {
            let end = inner.find("}}")?;
            self.rest = &inner[end + 2..];
            return Some(Arg { expr: Expr::Code(variables.code(inner[..end].trim())) });
        }
        let end = rest.find(|char: char| char.is_whitespace() || char == '#').unwrap_or(rest.len());
        let word = &rest[..end];
        let expr = match word {
            "true" => Expr::Bool(true),
            "false" => Expr::Bool(false),
            "null" => Expr::Null,
            _ if word.parse::<f64>().is_ok() => Expr::number(word),
            _ => match word.strip_prefix("hex,") {
                Some(digits) => Expr::Code(format!("hex_decode({})", crate::write::quoted(digits.trim_end_matches(';')))),
                None => Expr::Code(format!("base64_decode({})", crate::write::quoted(word.strip_prefix("base64,")?.trim_end_matches(';')))),
            },
        };
        self.rest = &rest[end..];
        Some(Arg { expr })
    }
}

/// Replaces the variables in a text with their names in the spec.
pub(super) fn bind(text: &Text, variables: &mut dyn Variables) -> Text {
    let parts = text.parts.iter().map(|part| match part {
        Part::Hole(name) => Part::Hole(variables.code(name)),
        literal @ Part::Literal(_) => literal.clone(),
    });
    Text { parts: parts.collect() }
}
