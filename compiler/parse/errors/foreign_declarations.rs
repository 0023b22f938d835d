//! Declarations as other tools and languages write them: heads of apis, sequences and data, requests of an api, parameters with types.

use ltc_grammar::Rule;

use super::stop::{Mistake, ParseStop, found_exactly};
use super::vocabulary::{METHODS, word};
use crate::diagnostic::Code;

/// The words of types before or after the name of a parameter.
const TYPES: [&str; 10] = ["int", "float", "number", "string", "bool", "list", "object", "str", "Integer", "String"];

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    let of_kind = match stop.strict {
        Rule::only_item => item(stop),
        Rule::only_api => request(stop).or_else(|| health_check(stop)),
        _ => None,
    };
    of_kind.or_else(|| variable(stop)).or_else(|| parameter(stop))
}

/// `let x: 3`, `@host = "x"`.
fn variable(stop: &ParseStop<'_>) -> Option<Mistake> {
    let line = stop.line();
    if let Some(rest) = line.strip_prefix('@') {
        let name = word(rest);
        let value = rest[name.len()..].trim_start().strip_prefix('=')?.trim();
        if name.is_empty() || value.is_empty() {
            return None;
        }
        return found_exactly(
            0..line.len(),
            Code::ForeignStatement,
            format!("unexpected `@{name}`"),
            format!("write `let {name} = {value}`"),
        );
    }
    let first = stop.first();
    if !matches!(first, "let" | "keep") {
        return None;
    }
    let rest = line[first.len()..].trim_start();
    let name = word(rest);
    let value = rest[name.len()..].trim_start().strip_prefix(':')?.trim();
    let is_value = value.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '"' | '[' | '{' | '-')) && !value.contains('=');
    let help = format!("write `{first} {name} = {value}`");
    if is_value { found_exactly(0..line.trim_end().len(), Code::Assignment, "unexpected `:`, expected `=`", help) } else { None }
}

/// Heads of apis, sequences and data.
fn item(stop: &ParseStop<'_>) -> Option<Mistake> {
    let line = stop.line();
    let first = stop.first();
    let behind = line[first.len()..].trim_start();
    let name = word(behind);
    let rest = behind[name.len()..].trim_start();
    let at = line.len() - rest.len();
    match first {
        "api" if rest.starts_with('=') => {
            let base = rest[1..].trim();
            found_exactly(
                at..at + 1,
                Code::Syntax,
                "unexpected `=`, expected `{`",
                format!("write `api {name} {{ base {base}; healthcheck none }}`"),
            )
        }
        "api" if rest.starts_with('(') => found_exactly(
            at..at + 1,
            Code::Syntax,
            "unexpected `(`, expected `{`",
            format!("write `api {name} {{ base …; healthcheck none }}`"),
        ),
        "sequence" if stop.token == "->" || matches!(stop.token, "returns" | "return" | "yields") => {
            let results = line.get(stop.at + stop.token.len()..)?.split('{').next().unwrap_or_default().trim();
            let fix = if results.is_empty() { "gives x".to_owned() } else { format!("gives {results}") };
            let end = line[..line.find('{').unwrap_or(line.len())].trim_end().len().max(stop.at + stop.token.len());
            found_exactly(stop.at..end, Code::Syntax, format!("unexpected `{}`, expected `gives`", stop.token), format!("write `{fix}`"))
        }
        "data" => data(name, rest, at),
        _ => None,
    }
}

/// `data rows "x.csv"`, `data rows from csv("x.csv")`, `data rows from "x.csv" order random`.
fn data(name: &str, rest: &str, at: usize) -> Option<Mistake> {
    let string = |text: &str| text.strip_prefix('"').and_then(|rest| rest.split_once('"')).map(|(inside, _)| format!("\"{inside}\""));
    if let Some(path) = string(rest) {
        let name = if name.is_empty() { "rows" } else { name };
        let help = format!("write `data {name} from {path}`");
        return found_exactly(0..at + path.len(), Code::Syntax, "unexpected string, expected `from`", help);
    }
    let source = rest.strip_prefix("from")?.trim_start();
    let start = at + rest.len() - source.len();
    let function = word(source);
    if let Some(path) = source[function.len()..].strip_prefix('(').filter(|_| !function.is_empty()).and_then(string) {
        let end = source.find(')').map_or(source.len(), |close| close + 1);
        let help = format!("write `{path}`");
        return found_exactly(
            start..start + end,
            Code::Syntax,
            format!("unexpected function `{function}`, expected the path of a file"),
            help,
        );
    }
    let path = string(source)?;
    let options = source[path.len()..].trim();
    let is_option = matches!(word(options), "order" | "share" | "at_end" | "where");
    let from = start + source.len() - source[path.len()..].trim_start().len();
    let help = format!("write `{{ {options} }}`");
    if is_option && !options.contains('{') {
        return found_exactly(from..from + options.len(), Code::Syntax, "missing braces around the options of data", help);
    }
    None
}

/// `GET list = /items`, `list: GET /items`, `list() -> GET /items`, `list() = GET("/items")`, `list() = "GET /items"`.
fn request(stop: &ParseStop<'_>) -> Option<Mistake> {
    // A brace of a path touches it; that of a block follows a space.
    let line = stop.line().split([';']).next().and_then(|line| line.split(" {").next()).unwrap_or_default().trim_end();
    let whole = |name: &str, params: &str, method: &str, path: &str| {
        let path = path.trim().trim_matches(['"', '(', ')']);
        let params = if params.is_empty() { "()" } else { params };
        let help = format!("write `{name}{params} = {method} {path}`");
        found_exactly(0..line.len(), Code::BadMethod, "unexpected form of a request, expected `NAME(…) = METHOD /path`", help)
    };
    let first = stop.first();
    if is_method(first) {
        let (name, path) = line[first.len()..].split_once('=')?;
        let (name, params) = name.trim().split_at(name.trim().find('(').unwrap_or(name.trim().len()));
        return if path.trim().starts_with(['/', '"']) { whole(name, params, first, path) } else { None };
    }
    let behind = line[first.len()..].trim_start();
    let (params, behind) = match behind.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((params, behind)) => (format!("({params})"), behind.trim_start()),
        None => (String::new(), behind),
    };
    // `item(id) GET /items/{id}`: only the sign is missing.
    let method = word(behind);
    let path = behind[method.len()..].trim_start();
    if !params.is_empty() && is_method(method) && (path.starts_with(['/', '"'])) {
        return whole(first, &params, method, path);
    }
    let (sign, target) = ["->", "=>", ":", "="].iter().find_map(|sign| Some((*sign, behind.strip_prefix(sign)?.trim())))?;
    let inner = target.strip_prefix('"').unwrap_or(target);
    let method = word(inner);
    let path = inner[method.len()..].trim_start();
    let is_path = path.starts_with('/') || path.starts_with("(\"/") || path.starts_with("\"/");
    let is_wrong = sign != "=" || target.starts_with('"') || path.starts_with('(');
    if is_method(method) && is_path && is_wrong && !first.is_empty() { whole(first, &params, method, path) } else { None }
}

/// `healthcheck /health`, `healthcheck "GET /health"`, `healthcheck off`.
fn health_check(stop: &ParseStop<'_>) -> Option<Mistake> {
    let line = stop.line().split([';', '}']).next().unwrap_or_default().trim_end();
    let written = line.strip_prefix("healthcheck")?.trim_start();
    let inner = written.trim_matches('"').trim();
    let fix = match inner {
        "off" | "false" | "no" | "never" | "disabled" | "null" | "skip" => "healthcheck none".to_owned(),
        path if path.starts_with('/') => format!("healthcheck GET {path}"),
        request if written.starts_with('"') && is_method(word(request)) => format!("healthcheck {request}"),
        _ => return None,
    };
    found_exactly(
        0..line.len(),
        Code::BadMethod,
        "unexpected value of `healthcheck`, expected a request or `none`",
        format!("write `{fix}`"),
    )
}

/// Whether a word is an HTTP method in capitals.
fn is_method(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_uppercase()) && METHODS.contains(&word.to_lowercase().as_str())
}

/// `(id int)` and `(int id)`.
fn parameter(stop: &ParseStop<'_>) -> Option<Mistake> {
    let is_head = matches!(stop.first(), "sequence" | "tasks") || stop.strict == Rule::only_api;
    let before = stop.text[..stop.at].trim_end();
    let open = before.rfind('(')?;
    let last = before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
    // Only the first brackets of a head contain parameters.
    if !is_head || last.is_empty() || before[..open].contains([')', '=']) || before.ends_with(':') {
        return None;
    }
    let between = before[..before.len() - last.len()].trim_end();
    if !between.ends_with(['(', ',']) {
        return None;
    }
    let (name, ty) = match (TYPES.contains(&last), TYPES.contains(&stop.token)) {
        (false, true) => (last, stop.token),
        (true, false) if stop.token.starts_with(|c: char| c.is_ascii_alphabetic()) => (stop.token, last),
        _ => return None,
    };
    let ty = match ty {
        "str" | "String" => "string",
        "Integer" => "int",
        other => other,
    };
    let start = before.len() - last.len();
    let help = format!("write `{name}: {ty}`");
    found_exactly(start..stop.at + stop.token.len(), Code::Syntax, "unexpected order of a parameter and its type", help)
}
