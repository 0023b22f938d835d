//! Lines of YAML, JSON, JavaScript and Python in place of items and statements.

use super::stop::{Mistake, ParseStop, found_at};
use super::vocabulary::{METHODS, STATEMENTS, word};
use crate::diagnostic::Code;
use crate::foreign;
use ltc_grammar::Rule;

/// The fix for a line that means nothing by itself.
pub(super) const BLOCKS: &str = "write `api`, `sequence`, `step` and `user` blocks: `ltc new NAME` writes an example";

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    yaml(stop).or_else(|| key(stop)).or_else(|| json(stop)).or_else(|| modules(stop)).or_else(|| decorator(stop))
}

/// The fix for a line of YAML or of another tool's JSON: `get: /items`, `think: 1`.
fn entry(stop: &ParseStop<'_>, key: &str, value: &str) -> String {
    let api = stop.some_api();
    let value = value.trim().trim_end_matches([',', '}']).trim();
    let quoted = value.trim_matches(['"', '\'']);
    match key {
        method if METHODS.contains(&method.to_lowercase().as_str()) => {
            let url = value.split(['"', '\'', ' ', ',']).find(|part| part.starts_with('/')).unwrap_or("/items");
            format!("write a step: `step \"Name\" {{ {api} {} {url} }}`", method.to_uppercase())
        }
        "think" | "pause" | "sleep" | "wait" => {
            let time =
                if quoted.bytes().all(|b| b.is_ascii_digit()) && !quoted.is_empty() { format!("{quoted}s") } else { "1s".to_owned() };
            format!("write `wait {time}`")
        }
        "log" | "print" => format!("write `log \"{quoted}\"`"),
        "loop" | "repeat" => "write `repeat 3 { … }`".to_owned(),
        "capture" | "extract" => "write `take name = json.id` in the step".to_owned(),
        "expect" | "ensure" | "assert" => "write `expect 200` in the step".to_owned(),
        "json" | "jsonPath" | "jsonpath" if quoted.starts_with('$') => format!("write `take name = json \"{quoted}\"` in the step"),
        "statusCode" | "status" | "status_code" if quoted.len() == 3 => format!("write `expect {quoted}` in the step"),
        "contentType" => {
            format!("write `expect headers {{ content_type: ~ /{}/ }}` in the step", quoted.rsplit('/').next().unwrap_or(quoted))
        }
        "json" | "body" => "write `json { … }` in the braces of the request".to_owned(),
        "headers" => "write `headers { \"X-Name\": \"value\" }` in the braces of the request".to_owned(),
        "url" => format!("write a step: `step \"Name\" {{ {api} GET {} }}`", if quoted.starts_with('/') { quoted } else { "/items" }),
        "function" | "beforeRequest" | "afterResponse" => "write the statements in the sequence: scripts are not supported".to_owned(),
        "ifTrue" | "whileTrue" => "write `if … { }` around the steps".to_owned(),
        _ => match foreign::item(key) {
            Some(fix) => fix.to_owned(),
            None => BLOCKS.to_owned(),
        },
    }
}

/// `- get: /items`, `---`.
fn yaml(stop: &ParseStop<'_>) -> Option<Mistake> {
    let line = stop.line();
    let rest = line.strip_prefix('-')?;
    let message = "unexpected `-`: a spec is not YAML";
    if rest.starts_with("--") {
        return found_at(0..line.trim_end().len(), Code::ForeignStatement, "unexpected `---`: a spec is not YAML", "remove it");
    }
    let body = rest.trim_start();
    if !rest.starts_with(' ') || !body.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let key = word(body);
    let value = body[key.len()..].strip_prefix(':')?;
    found_at(0..1, Code::ForeignStatement, message, entry(stop, key, value))?.replacing(0..line.trim_end().len())
}

/// `target: "https://…"` where an item or a statement is expected.
fn key(stop: &ParseStop<'_>) -> Option<Mistake> {
    // `hold-for: 5m`
    let line = stop.line();
    let first = &line[..line.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(line.len())];
    let value = line[first.len()..].strip_prefix(':')?;
    let blocks = ["try", "except", "finally", "else", "if", "for", "while", "with", "class", "def"];
    if first.is_empty() || value.starts_with('=') || blocks.contains(&first) || !matches!(stop.strict, Rule::only_item | Rule::only_stmt) {
        return None;
    }
    // A list, or lines of their own: `expect: [{ statusCode: 200 }]`.
    let is_yaml_list = first == "expect" && (value.trim().is_empty() || value.trim_start_matches(' ').starts_with(['[', '{', '-']));
    if STATEMENTS.contains(&first) && !is_yaml_list {
        let help = if value.trim_start().starts_with('{') {
            "remove the `:` before the block"
        } else {
            "remove the `:` between a member and its value"
        };
        return found_at(first.len()..first.len() + 1, Code::Syntax, "unexpected `:`", help);
    }
    if super::foreign_hurl::capture(first, value).is_some() {
        return None;
    }
    found_at(0..first.len() + 1, Code::ForeignStatement, format!("unexpected `{first}:`: a spec is not YAML"), entry(stop, first, value))
}

/// `{ "name": "Shop" }`, and the lines within it.
fn json(stop: &ParseStop<'_>) -> Option<Mistake> {
    if stop.strict != Rule::only_item || !stop.text.starts_with(['{', '[']) {
        return None;
    }
    let help =
        "write `api`, `sequence` and `user` blocks; `ltc import` turns a HAR, a Postman collection or an OpenAPI document into a spec";
    found_at(0..1, Code::ForeignStatement, format!("unexpected `{}`: a spec is not JSON", &stop.text[..1]), help)
}

/// `export default function`, `import http from "k6/http"`, `from locust import HttpUser`, `import random`.
fn modules(stop: &ParseStop<'_>) -> Option<Mistake> {
    let line = stop.line();
    let first = stop.first();
    let rest = line[first.len()..].trim_start();
    if first == "export" {
        let help = match rest {
            _ if rest.contains("options") => "set the load and the thresholds in the profile: a spec describes what users do",
            _ if rest.contains("setup") => "write `before test { … }`",
            _ if rest.contains("teardown") || rest.contains("handleSummary") => "write `after test { … }`",
            _ if rest.contains("function") || rest.starts_with("default") || rest.contains("=>") => {
                "write `sequence Name { … }`, and `user Name { run Name }` to run it"
            }
            _ => "write `let x = …`: all names of a spec are visible to those that import it",
        };
        return found_at(0..first.len(), Code::ForeignStatement, "`export` is not a keyword", help);
    }
    let imports = first == "import" && !rest.starts_with('"') && !rest.is_empty() || first == "from" && rest.contains(" import ");
    let file = rest.split('"').nth(1).filter(|file| std::path::Path::new(file).extension().is_some_and(|end| end == "lt"));
    match (imports, file) {
        (false, _) => None,
        (true, Some(file)) => found_at(
            0..line.trim_end().len(),
            Code::ForeignStatement,
            "unexpected names in an import",
            format!("write `import \"{file}\"`: it adds all names of that file"),
        ),
        (true, None) if rest.ends_with(".lt") && !rest.contains(' ') => None,
        (true, None) => found_at(
            0..line.trim_end().len(),
            Code::ForeignStatement,
            "unexpected module, expected a spec",
            "remove it: requests, expectations, random values and dates are part of the language",
        ),
    }
}

/// `@task(7)`.
fn decorator(stop: &ParseStop<'_>) -> Option<Mistake> {
    let name = word(stop.text.strip_prefix('@')?);
    let behind = &stop.line()[1 + name.len()..];
    let weight = behind.strip_prefix('(').and_then(|rest| rest.split(')').next()).map(str::trim);
    let end = 1 + name.len() + weight.map_or(0, |weight| weight.len() + 2);
    let help = match (name, weight) {
        ("task", Some(weight)) if !weight.is_empty() && weight.bytes().all(|b| b.is_ascii_digit()) => {
            format!("write the weight before the name of the sequence: `{weight} Name`")
        }
        ("task", _) => "write the name of the sequence in `tasks`: `tasks Shop { Name }`".to_owned(),
        ("tag", _) => "remove it: the profile and `--users` choose what runs".to_owned(),
        ("events", _) => "write `before test { … }` or `after test { … }`".to_owned(),
        _ => "remove it, and write `sequence Name { … }`".to_owned(),
    };
    found_at(0..end.min(stop.line().len()), Code::ForeignStatement, format!("unexpected decorator `@{name}`"), help)
}
