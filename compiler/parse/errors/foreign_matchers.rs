//! Conditions as other tools write them within `expect`: comparisons in a pattern, quantifiers before a path, a comparison without a value.

use ltc_grammar::Rule;

use super::stop::{Mistake, ParseStop, found, found_at, found_exactly, offset};
use crate::diagnostic::Code;

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    if stop.first() != "expect" {
        return None;
    }
    without_value(stop).or_else(|| quantifier(stop)).or_else(|| in_pattern(stop))
}

/// What follows the stop, up to the end of the entry.
fn rest<'s>(stop: &'s ParseStop<'_>, from: usize) -> &'s str {
    stop.text[from..].split(['\n', ';', ',', '}']).next().unwrap_or_default().trim()
}

/// `expect != 404`, `expect >= 200`.
fn without_value(stop: &ParseStop<'_>) -> Option<Mistake> {
    if stop.text[..stop.at].trim_end() != "expect" || !matches!(stop.token, "==" | "!=" | "<" | "<=" | ">" | ">=") {
        return None;
    }
    let value = rest(stop, stop.at + stop.token.len());
    let help = match stop.token {
        "==" => format!("write `expect {value}`"),
        sign => format!("write `expect status {sign} {value}`"),
    };
    let end = offset(stop.text, value) + value.len();
    found(Code::Syntax, format!("unexpected `{}`, expected a value before it", stop.token), help)?
        .replacing(0..end)
        .filter(|_| !value.is_empty())
}

/// `expect any json.items.id == 3`, `expect each json.items { … }`.
fn quantifier(stop: &ParseStop<'_>) -> Option<Mistake> {
    let line = stop.line();
    let (word, path) = ["any", "all", "each", "every", "some"].iter().find_map(|word| {
        let rest = line.strip_prefix("expect ")?.trim_start().strip_prefix(word)?.strip_prefix(' ')?;
        Some((*word, rest.trim_start().strip_prefix("json.")?))
    })?;
    let path = path.split([' ', ';', '{', '}']).next().unwrap_or_default();
    let first = path.split('.').next().unwrap_or(path);
    let start = line.find(word)?;
    let place = start..start + word.len();
    if matches!(word, "each" | "every") {
        let help = format!("write `expect json {{ {first}: each … }}`, such as `expect json {{ {first}: each {{ id: int }} }}`");
        return found_at(place, Code::Syntax, format!("unexpected `{word}` before a path"), help);
    }
    let member = path.strip_prefix(first).unwrap_or_default();
    let word = if word == "some" { "any" } else { word };
    let help = format!("write a JSONPath after it, which finds all items: `{word} json \"$.{first}[*]{member}\"`");
    let end = offset(line, path) + path.len();
    found_at(place, Code::Syntax, format!("unexpected path after `{word}`"), help)?.replacing(start..end)
}

/// `{ id == 3 }`, `{ price > 3 }`, `{ price: between 1 and 3 }`, `{ name: like "x" }`, `{ tags: contains "x" }`, `{ price: 1..3 }`.
fn in_pattern(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    let entry = before.rsplit(['{', ',', '\n']).next().unwrap_or_default();
    if !before.contains('{') || entry.len() == before.len() {
        return None;
    }
    if stop.wants(Rule::p_colon) && matches!(stop.token, "==" | "<" | "<=" | ">" | ">=" | "~" | "!=") && is_name(entry.trim()) {
        let (key, value) = (entry.trim(), rest(stop, stop.at + stop.token.len()));
        let help = match stop.token {
            "==" => format!("write `{key}: {value}`"),
            "!=" => format!("write a condition: `expect json.{key} != {value}`"),
            sign => format!("write `{key}: {sign} {value}`"),
        };
        let sign = stop.at + stop.token.len();
        let end = stop.text[sign..].find(value).map_or(sign, |gap| sign + gap + value.len());
        return found_exactly(before.len() - key.len()..end, Code::Syntax, "missing `:` after a key", help);
    }
    if stop.token == "." && is_name(entry.trim()) {
        let key = entry.trim();
        let path = rest(stop, stop.at + 1);
        let (inner, value) = path.split_once(':').map(|(inner, value)| (inner.trim(), value.trim()))?;
        let help = format!("write `{key}: {{ {inner}: {value} }}`");
        let end = offset(stop.text, value) + value.len();
        return found(Code::Syntax, "unexpected `.` in a key", help)?.replacing(before.len() - key.len()..end).filter(|_| is_name(inner));
    }
    let (key, value) = entry.split_once(':')?;
    let (key, value) = (key.trim(), value.trim());
    if !is_name(key) {
        return None;
    }
    if let Some(mistake) = alternatives(stop, key, value) {
        return Some(mistake);
    }
    let (word, start) = if value.is_empty() { (stop.token, stop.at) } else { (value, before.len() - value.len()) };
    let value = rest(stop, start + word.len());
    let text = value.trim_matches('"');
    let help = match word {
        "like" | "matches" | "match" | "regex" => format!("write `{key}: ~ /{text}/`"),
        "startsWith" | "starts_with" | "startswith" => format!("write `{key}: ~ /^{text}/`"),
        "endsWith" | "ends_with" | "endswith" => format!("write `{key}: ~ /{text}$/`"),
        "contains" | "includes" | "has" if stop.text.starts_with("expect headers") => {
            format!("write `{key}: ~ /{}/`", text.replace('/', "\\/"))
        }
        "contains" | "includes" | "has" if value.starts_with(['{', '[']) => {
            let help = format!("write a condition with a filter: `expect json \"$.{key}[?@.id == 1]\" != []`");
            return found_at(start..start + word.len(), Code::ForeignOperator, format!("unknown operator `{word}`"), help);
        }
        "all" | "every" | "eachItem" | "forall" if value.starts_with('{') => {
            return found_exactly(
                start..start + word.len(),
                Code::ForeignOperator,
                format!("unexpected `{word}` before a pattern"),
                "write `each`",
            );
        }
        "contains" | "includes" => {
            format!("write `{key}: ~ /{text}/` for a text; for a list, write a condition: `expect {value} in json.{key}`")
        }
        "between" => {
            let (low, high) = value.split_once(" and ").unwrap_or((value, "…"));
            format!("write a condition: `expect json.{key} >= {} and json.{key} <= {}`", low.trim(), high.trim())
        }
        "is" | "equals" | "eq" => format!("write `{key}: {value}`"),
        _ => return None,
    };
    let replaced = offset(stop.text, key)..offset(stop.text, value) + value.len();
    found_at(start..start + word.len(), Code::ForeignOperator, format!("unknown operator `{word}`"), help)?.replacing(replaced)
}

/// `{ id: in [1, 2] }`, `{ id: 1 || 2 }`, `{ id: > 0 and < 5 }`.
fn alternatives(stop: &ParseStop<'_>, key: &str, value: &str) -> Option<Mistake> {
    if stop.token == "in" && value.is_empty() {
        let open = stop.at + stop.text[stop.at..].find('[')?;
        let end = super::stop::closing(stop.text, open)?;
        let values: Vec<&str> = stop.text[open + 1..end].split(',').map(str::trim).filter(|value| !value.is_empty()).collect();
        let help = format!("write `{}`", values.join(" | "));
        return found_at(stop.at..stop.at + 2, Code::ForeignOperator, "unexpected `in` in a pattern, expected `|`", help)?
            .replacing(stop.at..end + 1)
            .filter(|_| stop.text[stop.at + 2..open].trim().is_empty() && values.len() > 1);
    }
    if stop.token.starts_with('|') && stop.text[..stop.at].ends_with('|') {
        let message = "unexpected `||` between the values of a pattern, expected `|`";
        return found_exactly(stop.at - 1..stop.at + 1, Code::ForeignOperator, message, "write `|`");
    }
    let (first, joint) = value.rsplit_once(' ')?;
    if matches!(joint, "and" | "&&") && matches!(stop.token, "<" | "<=" | ">" | ">=" | "!=") {
        let second = rest(stop, stop.at);
        let help = format!("write a condition: `expect json.{key} {first} and json.{key} {second}`");
        let start = stop.text[..stop.at].trim_end().len() - joint.len();
        return found_at(start..start + joint.len(), Code::ForeignOperator, format!("unexpected `{joint}` in a pattern"), help);
    }
    None
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
