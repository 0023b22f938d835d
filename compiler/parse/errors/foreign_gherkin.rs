//! Lines of Gherkin and of Karate: `Scenario: get`, `Given path "items", 1`, `match response == { id: "#number" }`.

use ltc_grammar::Rule;

use super::stop::{Mistake, ParseStop, found_at, offset};
use super::vocabulary::word;
use crate::diagnostic::Code;
use crate::foreign::{MARKERS, arguments};

/// Words that start a step of Gherkin.
const PREFIXES: [&str; 6] = ["* ", "Given ", "When ", "Then ", "And ", "But "];

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    if !matches!(stop.strict, Rule::only_item | Rule::only_stmt) {
        return None;
    }
    let line = stop.line().trim_end();
    heading(line).or_else(|| {
        let statement = PREFIXES.iter().find_map(|prefix| line.strip_prefix(prefix));
        let is_match = (stop.first() == "match" || line.starts_with("call read(")) && statement.is_none();
        let statement = statement.or(is_match.then_some(line))?.trim();
        let help = step(stop, statement)?;
        let keyword = word(statement);
        let first = &line[..offset(line, statement) + keyword.len()];
        let message = match stop.strict {
            // The lines of a whole file are one mistake.
            Rule::only_item => "unexpected step of Gherkin: a spec is not a feature file".to_owned(),
            _ => format!("`{first}` is not a statement"),
        };
        found_at(0..first.len(), Code::ForeignStatement, message, help)?.replacing(0..line.len())
    })
}

/// `Feature: shop`, `Scenario Outline: x`.
fn heading(line: &str) -> Option<Mistake> {
    let (head, _) = line.split_once(':')?;
    let help = match head {
        "Feature" => "write `api`, `sequence` and `user` blocks: `ltc new NAME` writes an example",
        "Background" => "write an api with its `base`, and steps for each user in `on start { … }` of the user",
        "Scenario" | "Scenario Outline" | "Example" => "write `sequence Name { step \"Name\" { … } }`",
        "Examples" => "write the rows to a file, and declare it: `data rows from \"rows.csv\"`",
        _ => return None,
    };
    found_at(0..head.len() + 1, Code::ForeignStatement, format!("unexpected `{head}:`: a spec is not a feature file"), help)
}

/// The fix for a step of Karate.
fn step(stop: &ParseStop<'_>, statement: &str) -> Option<String> {
    let api = stop.some_api();
    let keyword = word(statement);
    let rest = statement[keyword.len()..].trim();
    Some(match keyword {
        "url" => format!("write an api: `api {api} {{ base {rest}; healthcheck none }}`"),
        "path" => {
            let parts: Vec<String> = arguments(rest)
                .iter()
                .map(|part| match part.trim_matches('"') {
                    name if *part == name && name.starts_with(|char: char| char.is_ascii_alphabetic()) => format!("{{{name}}}"),
                    literal => literal.trim_matches('/').to_owned(),
                })
                .collect();
            format!("write a step: `step \"Name\" {{ {api} GET /{} }}`", parts.join("/"))
        }
        "method" => format!("write a step: `step \"Name\" {{ {api} {} /items }}`", rest.trim_matches('"').to_uppercase()),
        "status" => format!("write `expect {rest}` in the step"),
        "match" => format!("write `{}` in the step", matched(rest)?),
        "assert" => "write `expect …` in the step, such as `expect json.id == 3`".to_owned(),
        "def" => {
            let (name, value) = rest.split_once('=')?;
            let (name, value) = (name.trim(), value.trim());
            match crate::foreign::assigned(name, value, api) {
                Some(fix) => fix,
                None if value.starts_with("call") => "write `run Name()`, or `take x = run Name()` for what it gives".to_owned(),
                None => format!("write `let {name} = {value}`"),
            }
        }
        "print" => format!("write `log {rest}`"),
        "request" => "write `json { … }` in the braces of the request".to_owned(),
        "header" | "headers" => "write `headers { \"X-Name\": \"value\" }` in the braces of the request".to_owned(),
        "param" | "params" => "write `query { key: value }` in the braces of the request".to_owned(),
        "form" => "write `form { key: value }` in the braces of the request".to_owned(),
        "multipart" => "write `multipart { key: value }` in the braces of the request".to_owned(),
        "cookie" | "cookies" => "write `cookies on` in the api: each user has a cookie jar".to_owned(),
        "call" | "callonce" => "write `run Name()`, or `take x = run Name()` for what it gives".to_owned(),
        "configure" => "write `timeout 10s` or `redirects off` in the api".to_owned(),
        "retry" => "write `poll every 1s up to 20 times until … { }` around the step".to_owned(),
        _ if PREFIXES.iter().any(|prefix| stop.text.starts_with(prefix)) && !stop.text.starts_with('*') => {
            format!("write it as a statement, such as `step \"Name\" {{ {api} GET /items; expect 200 }}`")
        }
        _ => return None,
    })
}

/// The expectation that a `match` of Karate means.
fn matched(rest: &str) -> Option<String> {
    let (each, rest) = rest.strip_prefix("each ").map_or((false, rest), |rest| (true, rest));
    let operator = [" == ", " != ", " contains ", " !contains "].into_iter().find(|operator| rest.contains(operator))?;
    let (subject, value) = rest.split_once(operator)?;
    let value = value.trim().trim_start_matches("only ").trim_start_matches("any ");
    let value = MARKERS.iter().fold(value.to_owned(), |value, (marker, matcher)| value.replace(&format!("\"{marker}\""), matcher));
    let is_marker = MARKERS.iter().any(|(_, matcher)| value == *matcher);
    let each = if each { "each " } else { "" };
    let body = match subject.trim() {
        "response" | "$" => Some(""),
        "responseStatus" => return Some(format!("expect {value}")),
        other => other.strip_prefix("response.").or_else(|| other.strip_prefix("$.")),
    };
    let Some(path) = body else {
        let header = subject.trim().strip_prefix("header ")?;
        return Some(format!("expect header \"{}\"{operator}{value}", header.trim()));
    };
    let is_pattern = value.starts_with(['{', '[']) || is_marker || !each.is_empty();
    Some(match operator {
        " == " | " contains " if path.is_empty() => format!("expect json {each}{value}"),
        " == " | " contains " if is_pattern => {
            let pattern = path.rsplit('.').fold(format!("{each}{value}"), |inner, key| format!("{{ {key}: {inner} }}"));
            format!("expect json {pattern}")
        }
        " contains " => format!("expect contains(json.{path}, {value})"),
        " !contains " => format!("expect not contains(json.{path}, {value})"),
        _ => format!("expect json.{path}{operator}{value}"),
    })
}

#[cfg(test)]
mod tests {
    use super::matched;

    #[test]
    fn match_of_karate_becomes_an_expectation() {
        for (rest, expected) in [
            ("response == { id: \"#number\" }", "expect json { id: number }"),
            ("response.id == \"#number\"", "expect json { id: number }"),
            ("response.user.id == \"#uuid\"", "expect json { user: { id: ~ /^[0-9a-f-]{36}$/ } }"),
            ("response.name == \"a\"", "expect json.name == \"a\""),
            ("response.name != null", "expect json.name != null"),
            ("response contains { id: 1 }", "expect json { id: 1 }"),
            ("response.tags contains \"a\"", "expect contains(json.tags, \"a\")"),
            ("each response.items == { id: \"#number\" }", "expect json { items: each { id: number } }"),
            ("header Content-Type == \"text/html\"", "expect header \"Content-Type\" == \"text/html\""),
            ("responseStatus == 200", "expect 200"),
        ] {
            assert_eq!(matched(rest).as_deref(), Some(expected), "{rest}");
        }
    }
}
