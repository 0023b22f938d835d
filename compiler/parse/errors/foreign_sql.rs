//! SQL: its words in capitals, as a condition or a source of data, and bound values.

use ltc_grammar::Rule;

use super::stop::{Mistake, ParseStop, found_at, found_exactly, offset};
use super::vocabulary;
use crate::diagnostic::Code;

const WORDS: [&str; 9] = ["SELECT", "LIKE", "ILIKE", "IN", "BETWEEN", "IS", "AND", "OR", "NOT"];

/// Recognizes a word of SQL at `stop`, or directly before it.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    let bound = stop.text[stop.at..].strip_prefix(':').map(vocabulary::word).unwrap_or_default();
    if !bound.is_empty() && (stop.wants(Rule::operand) || stop.wants(Rule::expr) || stop.wants(Rule::variable)) {
        let help = format!("write `{bound}`");
        return found_exactly(stop.at..stop.at + 1 + bound.len(), Code::ForeignTemplate, "unexpected `:` before a name", help);
    }
    let before = stop.text[..stop.at].trim_end();
    let last = before.rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let (word, start) = if WORDS.contains(&stop.token) { (stop.token, stop.at) } else { (last, before.len() - last.len()) };
    if !WORDS.contains(&word) {
        return None;
    }
    let left = stop.text[..start].trim_end();
    let left = left.rsplit(['=', '(', '\n']).next().unwrap_or_default().trim();
    let left = ["expect ", "if ", "where ", "log "].iter().find_map(|first| left.strip_prefix(first)).unwrap_or(left);
    let right = stop.text[start + word.len()..].split(['\n', ';', '{', '}']).next().unwrap_or_default().trim();
    let help = match word {
        "SELECT" => "declare the rows: `data rows from \"rows.csv\"`, with `{ where price > 3 }` for some of them".to_owned(),
        "LIKE" | "ILIKE" => {
            let flag = if word == "ILIKE" { "(?i)" } else { "" };
            format!("write `{left} ~ /{flag}{}/`", pattern(right))
        }
        "IN" => format!("write `{left} in {}`", list(right)),
        "BETWEEN" => {
            let (low, high) = right.split_once(" AND ").or(right.split_once(" and ")).unwrap_or((right, "…"));
            format!("write `{left} >= {} and {left} <= {}`", low.trim(), high.trim())
        }
        "IS" if right.starts_with("NOT") => format!("write `{left} != null`"),
        "IS" => format!("write `{left} == null`"),
        "AND" => "write `and`".to_owned(),
        "OR" => "write `or`".to_owned(),
        _ => match right.strip_prefix("IN") {
            Some(values) => format!("write `not ({left} in {})`", list(values.trim())),
            None => "write `not`".to_owned(),
        },
    };
    let place = start..start + word.len();
    let replaced = if help.ends_with(" `and`") || help.ends_with(" `or`") || help.ends_with(" `not`") {
        place.clone()
    } else {
        offset(stop.text, left)..offset(stop.text, right) + right.len()
    };
    found_at(place, Code::ForeignOperator, format!("unknown operator `{word}`"), help)?.replacing(replaced)
}

/// `(1, 2)` as a list.
fn list(values: &str) -> String {
    match values.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((values, _)) => format!("[{}]", values.trim()),
        None => values.to_owned(),
    }
}

/// A pattern of `LIKE` as a regex: `%` is any text, and `_` any character.
fn pattern(written: &str) -> String {
    let inner = written.trim_matches(['"', '\'']);
    let start = if inner.starts_with('%') { "" } else { "^" };
    let end = if inner.ends_with('%') { "" } else { "$" };
    let middle = inner.trim_matches('%').replace('.', "\\.").replace('/', "\\/").replace('%', ".*").replace('_', ".");
    format!("{start}{middle}{end}")
}
