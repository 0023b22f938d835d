//! Lines of the HTTP files of editors: `@host = http://…`, `GET {{host}}/items HTTP/1.1`, `> {% client.test(…) %}`, `< ./body.json`.

use ltc_grammar::Rule;

use super::stop::{Mistake, ParseStop, found_at, found_exactly};
use super::vocabulary::{METHODS, word};
use crate::diagnostic::Code;

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    let line = stop.line().trim_end();
    match stop.strict {
        Rule::only_item | Rule::only_stmt => {
            variable(line).or_else(|| request(stop, line)).or_else(|| script(line)).or_else(|| header(stop, line))
        }
        Rule::only_part | Rule::only_hc => body(line),
        _ => None,
    }
}

/// `@host = http://localhost:8080`: the value is a string without quotes.
fn variable(line: &str) -> Option<Mistake> {
    let rest = line.strip_prefix('@')?;
    let name = word(rest);
    let value = rest[name.len()..].trim_start().strip_prefix('=')?.trim();
    let is_literal = value.starts_with(['"', '[']) || value.parse::<f64>().is_ok() || matches!(value, "true" | "false");
    if name.is_empty() || value.is_empty() || is_literal {
        return None;
    }
    let help = format!("write `let {name} = \"{}\"`", value.replace("{{", "{").replace("}}", "}"));
    found_exactly(0..line.len(), Code::ForeignStatement, format!("unexpected `@{name}`"), help)
}

/// `GET {{host}}/items` at the top level.
fn request(stop: &ParseStop<'_>, line: &str) -> Option<Mistake> {
    let method = stop.first();
    let target = line[method.len()..].trim_start();
    let is_request = METHODS.contains(&method.to_lowercase().as_str()) && method.chars().all(char::is_uppercase);
    let target = target.split(' ').next()?;
    let below_a_host = target.starts_with('{') || target.starts_with("http");
    if !is_request || !(below_a_host || stop.strict == Rule::only_item && target.starts_with('/')) {
        return None;
    }
    let path = match target.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/').unwrap_or(rest.len())..],
        None => &target[target.find("/").unwrap_or(target.len())..],
    };
    let path = path.replace("{{", "{").replace("}}", "}");
    let path = if path.is_empty() { "/" } else { &path };
    let api = stop.some_api();
    let help = match stop.strict {
        Rule::only_item => format!("write it in a step of a sequence: `step \"Name\" {{ {api} {method} {path} }}`"),
        _ if target.starts_with("http") => return None,
        _ => format!("write the api first: `{api} {method} {path}`"),
    };
    let expected = if stop.strict == Rule::only_item { "an item of a spec" } else { "the api before it" };
    found_at(0..method.len(), Code::BadMethod, format!("unexpected `{method}`, expected {expected}"), help)?.replacing(0..line.len())
}

/// `> {% client.test(…) %}`, `>> out.json`, `<> response.json`.
fn script(line: &str) -> Option<Mistake> {
    if line.starts_with("> {%") || line.starts_with("< {%") || line.starts_with("%}") {
        let help = "write `expect …` and `take …` in the step: scripts are not supported";
        return found_at(0..line.len(), Code::ForeignStatement, "unexpected script", help);
    }
    let is_file = line.starts_with(">> ") || line.starts_with("<> ") || line.starts_with("> ./");
    let help = "remove it: `--debug` shows the responses";
    if is_file { found_exactly(0..line.len(), Code::ForeignStatement, "unexpected file for a response", help) } else { None }
}

/// `Accept: application/json` at the top level.
fn header(stop: &ParseStop<'_>, line: &str) -> Option<Mistake> {
    let (name, value) = line.split_once(": ").filter(|_| stop.strict == Rule::only_item)?;
    let is_name = name.starts_with(|char: char| char.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && (name.contains('-') || matches!(name, "Accept" | "Authorization" | "Cookie" | "Host" | "Origin" | "Referer"));
    let value = value.trim().trim_matches('"').replace("{{", "{").replace("}}", "}");
    let help = format!("write `headers {{ \"{name}\": \"{value}\" }}` in the api, or in the braces of the request");
    let message = format!("unexpected header `{name}`, expected an item of a spec");
    found_at(0..name.len(), Code::ForeignStatement, message, help).filter(|_| is_name && !value.is_empty())
}

/// `< ./body.json` as the body of a request.
fn body(line: &str) -> Option<Mistake> {
    let path = line.strip_prefix('<')?.trim();
    let path = path.strip_prefix("@ ").unwrap_or(path);
    let is_path = !path.is_empty() && !path.contains([' ', '"', '{', '=']);
    let help = format!("write `bytes file(\"{}\")`", path.strip_prefix("./").unwrap_or(path));
    found_exactly(0..line.len(), Code::ForeignStatement, "unexpected `<` before a file", help).filter(|_| is_path)
}
