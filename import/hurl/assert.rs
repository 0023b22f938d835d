//! Asserts: converts a query, its filters and a predicate to an expectation.

use super::query::{self, Query, Variables, What, matches, pattern_with};
use super::scan::Scan;
use crate::draft::{Expect, Expr, Matcher, Segment};
use crate::write::inline as code;

/// Returns whether an assertion reads a variable.
pub(super) fn reads(text: &str, variable: &str) -> bool {
    text.contains(&format!("variable \"{variable}\"")) || text.contains(&format!("{{{{{variable}}}}}"))
}

/// `variable "id" exists`: the variable, and whether it has to be there.
pub(super) fn existence(text: &str) -> Option<(&str, bool)> {
    let (name, rest) = text.trim().strip_prefix("variable \"")?.split_once('"')?;
    match rest.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["exists"] => Some((name, true)),
        ["not", "exists"] => Some((name, false)),
        _ => None,
    }
}

/// Converts an assert to an expectation. The error names the part without a counterpart.
pub(super) fn assert(text: &str, variables: &mut dyn Variables) -> Result<Expect, String> {
    let mut scan = Scan::new(text);
    let query = query::query(&mut scan, variables)?;
    let before = scan.rest();
    let mut peek = Scan::new(before);
    let not = peek.word() == "not";
    if not {
        scan = peek;
    }
    if let Some(sign) = scan.sign() {
        let value = scan.value(variables).ok_or_else(|| format!("the value in `{text}`"))?;
        return compare(&query, flip(sign, not), &value.expr);
    }
    let word = scan.word();
    let sign = match word.as_str() {
        "equals" => "==",
        "notEquals" => "!=",
        "greaterThan" => ">",
        "greaterThanOrEquals" => ">=",
        "lessThan" => "<",
        "lessThanOrEquals" => "<=",
        _ => "",
    };
    if !sign.is_empty() {
        let value = scan.value(variables).ok_or_else(|| format!("the value in `{text}`"))?;
        return compare(&query, flip(sign, not), &value.expr);
    }
    if query.pattern.is_some() && !matches!(word.as_str(), "exists" | "matches" | "contains" | "startsWith") {
        return Err(format!("`{word}` of a pattern"));
    }
    predicate(&query, &word, not, &mut scan, variables)
}

fn flip(sign: &'static str, not: bool) -> &'static str {
    match (sign, not) {
        (sign, false) => sign,
        ("==", true) => "!=",
        ("!=", true) => "==",
        (">", true) => "<=",
        (">=", true) => "<",
        ("<", true) => ">=",
        (_, true) => ">",
    }
}

fn compare(query: &Query, sign: &'static str, value: &Expr) -> Result<Expect, String> {
    if query.is_unescaped {
        return Err("the filter `htmlUnescape`".to_owned());
    }
    if let Some(pattern) = &query.pattern {
        let literal = value.as_literal().ok_or("a pattern compared with a variable")?;
        let whole = pattern_with(pattern, literal).ok_or("a pattern without a group")?;
        return match sign {
            "==" => Ok(Expect::Condition(matches(&query.code, &whole, false))),
            "!=" => Ok(Expect::Condition(matches(&query.code, &whole, true))),
            _ => Err(format!("`{sign}` of a pattern")),
        };
    }
    if query.is_nodes && (query.is_count || matches!(value, Expr::Bool(_))) {
        return Ok(nodes(query, sign, value));
    }
    // A digest is compared as a text.
    let digits = match value {
        Expr::Code(written) if query.code.starts_with("hex(") => {
            written.strip_prefix("hex_decode(").and_then(|rest| rest.strip_suffix(')'))
        }
        _ => None,
    };
    if let Some(digits) = digits {
        return Ok(Expect::Condition(format!("{} {sign} {digits}", query.code)));
    }
    let is_number = |value: &Expr, number: &str| matches!(value, Expr::Number(digits) if digits == number);
    Ok(match (&query.what, sign) {
        (What::Status, "==") => match value {
            Expr::Number(digits) => Expect::Status(vec![digits.clone()]),
            other => Expect::Condition(format!("status == {}", code(other))),
        },
        (What::Duration, _) => match value {
            Expr::Number(digits) => Expect::Condition(format!("elapsed {sign} {digits}ms")),
            _ => return Err("a duration compared with a variable".to_owned()),
        },
        (What::Header(name), "==") if value.as_literal().is_some() => Expect::Headers(vec![(name.clone(), Matcher::Value(value.clone()))]),
        (What::Member(path), "==") if *value != Expr::Null && keys_only(path) => {
            Expect::Json { exactly: false, matcher: at(path, Matcher::Value(value.clone())) }
        }
        _ if query.is_count && sign == "==" && is_number(value, "0") => Expect::Condition(format!("{} == 0", query.code)),
        _ if matches!(value, Expr::Text(_) | Expr::Number(_) | Expr::Bool(_)) => {
            Expect::Condition(format!("{} {sign} {}", query.scalar(), code(value)))
        }
        _ => Expect::Condition(format!("{} {sign} {}", query.code, code(value))),
    })
}

/// An expectation about the number of nodes.
fn nodes(query: &Query, sign: &str, value: &Expr) -> Expect {
    let digits = if let Expr::Number(digits) = value { digits.as_str() } else { "" };
    Expect::Condition(match (sign, digits) {
        // `boolean(//p)`
        _ if matches!(value, Expr::Bool(_)) => {
            let is_there = (*value == Expr::Bool(true)) == (sign == "==");
            format!("{} {} null", query.code, if is_there { "!=" } else { "==" })
        }
        (">", "0") | (">=", "1") | ("!=", "0") => format!("{} != null", query.code),
        ("==", "0") | ("<", "1") => format!("{} == null", query.code),
        _ => format!("len(all {}) {sign} {}", query.code, code(value)),
    })
}

/// Whether a text has no character that HTML escapes. A variable is assumed to have none.
fn is_plain(part: &Expr) -> bool {
    let Expr::Text(text) = part else { return true };
    text.parts.iter().all(|part| match part {
        crate::draft::Part::Literal(text) => text.is_ascii() && !text.contains(['&', '<', '>', '"', '\'']),
        crate::draft::Part::Hole(_) => true,
    })
}

/// Whether a path has only names, so that a map with dots is easier to read.
fn keys_only(path: &[Segment]) -> bool {
    !path.is_empty() && path.iter().all(|segment| matches!(segment, Segment::Key(_)))
}

/// The pattern of a whole body with a matcher at a path.
fn at(path: &[Segment], matcher: Matcher) -> Matcher {
    path.iter().rev().fold(matcher, |inner, segment| match segment {
        Segment::Key(key) => Matcher::Object(vec![(key.clone(), inner)]),
        Segment::Index(index) => {
            let mut items = vec![Matcher::Any; *index];
            items.push(inner);
            Matcher::List(items, true)
        }
    })
}

fn predicate(query: &Query, word: &str, not: bool, scan: &mut Scan<'_>, variables: &mut dyn Variables) -> Result<Expect, String> {
    let negation = if not { "not " } else { "" };
    let mut value = |scan: &mut Scan<'_>| scan.value(variables).map(|arg| arg.expr).ok_or_else(|| format!("`{word}` without a value"));
    let json = |path: &[Segment], matcher: Matcher| Expect::Json { exactly: false, matcher: at(path, matcher) };
    Ok(match word {
        _ if query.is_unescaped && word != "contains" => return Err("the filter `htmlUnescape`".to_owned()),
        "exists" => match (&query.what, not) {
            _ if query.pattern.is_some() => Expect::Condition(matches(&query.code, query.pattern.as_deref().unwrap_or_default(), not)),
            (What::Member(path), false) if !path.is_empty() => json(path, Matcher::Any),
            (What::Member(path), true) if path.len() == 1 && keys_only(path) => json(path, Matcher::Absent),
            (What::Header(name), _) => Expect::Headers(vec![(name.clone(), if not { Matcher::Absent } else { Matcher::Any })]),
            // A JSONPath that may match several values yields a list.
            _ if query.code.contains(" \"") && query.code.starts_with("json") => {
                Expect::Condition(format!("len({}) {} 0", query.code, if not { "==" } else { ">" }))
            }
            _ => Expect::Condition(format!("{} {} null", query.code, if not { "==" } else { "!=" })),
        },
        "contains" | "includes" => {
            let part = value(scan)?;
            match &query.what {
                _ if query.is_unescaped && !is_plain(&part) => return Err("the filter `htmlUnescape`".to_owned()),
                What::Body if query.pattern.is_none() => Expect::Text { not, part },
                _ if query.pattern.is_some() => return Err(format!("`{word}` of a pattern")),
                _ => Expect::Condition(format!("{negation}contains({}, {})", query.code, code(&part))),
            }
        }
        "startsWith" | "endsWith" => {
            let part = value(scan)?;
            let function = if word == "startsWith" { "starts_with" } else { "ends_with" };
            match query.pattern.as_deref().map(|_| ()) {
                Some(()) => return Err(format!("`{word}` of a pattern")),
                None => Expect::Condition(format!("{negation}{function}({}, {})", query.scalar(), code(&part))),
            }
        }
        "matches" => {
            let pattern = scan.pattern().ok_or("`matches` without a pattern")?;
            if !variables.fits(&pattern) {
                return Err("a pattern that is invalid or too large".to_owned());
            }
            match &query.what {
                _ if query.pattern.is_some() => return Err("`matches` of a pattern".to_owned()),
                What::Header(name) => Expect::Headers(vec![(name.clone(), Matcher::Regex { not, pattern })]),
                _ => Expect::Condition(matches(&query.scalar(), &pattern, not)),
            }
        }
        "isEmpty" => match &query.what {
            _ if query.is_nodes => Expect::Condition(format!("{} {} null", query.code, if not { "!=" } else { "==" })),
            _ => Expect::Condition(format!("len({}) {} 0", query.code, if not { ">" } else { "==" })),
        },
        "isBoolean" | "isInteger" | "isFloat" | "isNumber" | "isString" | "isList" | "isObject" | "isCollection" | "isDate"
        | "isIsoDate" | "isUuid" => typed(query, word, not)?,
        "" => Expect::Condition(format!("{} != null", query.code)),
        other => return Err(format!("the predicate `{other}`")),
    })
}

/// The expectation of a type.
fn typed(query: &Query, word: &str, not: bool) -> Result<Expect, String> {
    let pattern = |pattern: &str| Matcher::Regex { not: false, pattern: pattern.to_owned() };
    let matcher = match word {
        "isBoolean" => Matcher::Type("bool"),
        "isInteger" => Matcher::Type("int"),
        "isFloat" | "isNumber" => Matcher::Type("number"),
        "isString" => Matcher::Type("string"),
        "isList" => Matcher::Type("list"),
        "isObject" => Matcher::Type("object"),
        "isCollection" => Matcher::Either(vec![Matcher::Type("list"), Matcher::Type("object")]),
        "isUuid" => pattern("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"),
        _ => pattern("^\\d{4}-\\d{2}-\\d{2}T"),
    };
    match (&query.what, not) {
        (What::Member(path), false) => Ok(Expect::Json { exactly: false, matcher: at(path, matcher) }),
        // The opposite of a type is any of the other types.
        (What::Member(path), true) => {
            let all = [("isBoolean", "bool"), ("isNumber", "number"), ("isString", "string"), ("isList", "list"), ("isObject", "object")];
            let own = if matches!(word, "isInteger" | "isFloat") { "isNumber" } else { word };
            let others: Vec<Matcher> = all.iter().filter(|(name, _)| *name != own).map(|(_, ty)| Matcher::Type(ty)).collect();
            let same = matches!(word, "isNumber" | "isString" | "isBoolean" | "isList" | "isObject");
            if !same {
                return Err(format!("`not {word}`"));
            }
            Ok(Expect::Json { exactly: false, matcher: at(path, Matcher::Either(others)) })
        }
        (_, _) => match &matcher {
            Matcher::Regex { pattern, .. } => Ok(Expect::Condition(matches(&query.code, pattern, not))),
            _ => Err(format!("`{word}` of a value that is no member of the JSON body")),
        },
    }
}
