//! Hurl's sections, statuses and captures, and conditions without `expect`, in whose form Hurl writes assertions.

use super::stop::{Mistake, ParseStop, found_at, found_exactly};
use super::vocabulary::word;
use crate::diagnostic::Code;
use ltc_grammar::Rule;

/// Hurl's sections, each with what says the same in a step.
const SECTIONS: &[(&str, &str)] = &[
    ("Captures", "write `take name = json.id` in the step"),
    ("Asserts", "write `expect …` in the step, such as `expect json.id == 3`"),
    ("QueryStringParams", "write `query { key: value }` in the braces of the request"),
    ("Query", "write `query { key: value }` in the braces of the request"),
    ("FormParams", "write `form { key: value }` in the braces of the request"),
    ("Form", "write `form { key: value }` in the braces of the request"),
    ("MultipartFormData", "write `multipart { key: value }` in the braces of the request"),
    ("Multipart", "write `multipart { key: value }` in the braces of the request"),
    ("BasicAuth", "write `auth basic(user, password)` in the api or the request"),
    ("Cookies", "write `cookies on` in the api: each user has a cookie jar"),
    ("Options", "write `timeout` and `redirects` in the api or the request, and `retry 2 times { … }` around the step"),
];

/// Words that a condition on a response begins with, in ltc and in Hurl.
const CONDITIONS: &[&str] = &[
    "jsonpath", "xpath", "json", "header", "cookie", "status", "body", "text", "bytes", "duration", "elapsed", "url", "html", "sha256",
    "md5",
];

/// Signs and words that compare.
const COMPARISONS: &[&str] = &[
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "~",
    "contains",
    "not",
    "startsWith",
    "endsWith",
    "matches",
    "exists",
    "count",
    "includes",
    "isEmpty",
    "isString",
    "isInteger",
    "isNumber",
    "isBoolean",
    "isFloat",
    "isList",
    "isObject",
    "isCollection",
    "isIsoDate",
];

/// The mistake that made `stop`, where it is one of those.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    if !matches!(stop.strict, Rule::only_stmt | Rule::only_item) {
        return None;
    }
    let line = stop.line().trim_end();
    let first = stop.first();
    if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let (_, help) = SECTIONS.iter().find(|(section, _)| *section == name)?;
        return found_at(0..line.len(), Code::ForeignStatement, format!("unexpected section `{line}`"), *help);
    }
    if let Some(version) = line.strip_prefix("HTTP") {
        let status = version.split_whitespace().next_back()?;
        let help = if status == "*" { "write `expect 2xx`".to_owned() } else { format!("write `expect {status}` in the step") };
        let is_status = status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit()) || status == "*";
        return found_at(0..line.len(), Code::ForeignStatement, "unexpected status line", help).filter(|_| is_status);
    }
    if let Some(value) = line.strip_prefix(first).and_then(|rest| rest.strip_prefix(':')) {
        let help = capture(first, value)?;
        return found_at(0..line.len(), Code::ForeignStatement, "unexpected capture, expected `take`", help);
    }
    condition(stop, first, line)
}

/// The take that `token: xpath "string(//a)"` means.
pub(super) fn capture(name: &str, value: &str) -> Option<String> {
    let value = value.trim();
    let source = word(value);
    let argument = value[source.len()..].trim();
    let source = match source {
        "jsonpath" if argument.starts_with('"') => format!("json {argument}"),
        "header" | "cookie" if argument.starts_with('"') => value.to_owned(),
        "xpath" if argument.starts_with('"') => "html \"css selector\"".to_owned(),
        "regex" => "text ~ /id=(.*)/".to_owned(),
        "body" | "bytes" if argument.is_empty() => "text".to_owned(),
        "status" | "url" | "duration" if argument.is_empty() => if source == "duration" { "elapsed" } else { source }.to_owned(),
        _ => return None,
    };
    Some(format!("write `take {name} = {source}` in the step"))
}

/// `status == 200`, `jsonpath "$.id" == 3`, `header "X" exists` where a statement is expected.
fn condition(stop: &ParseStop<'_>, first: &str, line: &str) -> Option<Mistake> {
    let is_condition = CONDITIONS.contains(&first) || matches!(first, "len" | "contains" | "starts_with" | "ends_with" | "not");
    if stop.strict != Rule::only_stmt || !is_condition {
        return None;
    }
    if first == "json" && line[first.len()..].trim_start().starts_with('{') {
        let help = "write `expect json { … }` for the response, or the body in the braces of the request: `POST /items { json { … } }`";
        return found_at(0..first.len(), Code::ForeignStatement, "unexpected `json`, expected a statement", help);
    }
    let statement = line.split([';', '}']).next().unwrap_or(line).trim_end();
    if first == "not" {
        return found_at(
            0..statement.len(),
            Code::ForeignStatement,
            "missing `expect` before a condition",
            format!("write `expect {statement}`"),
        );
    }
    let outside_of_texts = statement.split('"').step_by(2).collect::<Vec<_>>().join(" ");
    let compares = outside_of_texts.split_whitespace().any(|part| COMPARISONS.contains(&part));
    if !compares {
        return None;
    }
    let meant = match first {
        "jsonpath" => format!("json{}", &statement[first.len()..]),
        "duration" => format!("elapsed{}", &statement[first.len()..]),
        "body" | "bytes" => format!("text{}", &statement[first.len()..]),
        "xpath" => "html \"css selector\" == \"text\"".to_owned(),
        "status" => match statement.split_once("==") {
            Some((_, status)) => status.trim().to_owned(),
            None => statement.to_owned(),
        },
        _ => statement.to_owned(),
    };
    let meant = in_words(&meant).unwrap_or(meant);
    found_exactly(0..statement.len(), Code::ForeignStatement, "missing `expect` before a condition", format!("write `expect {meant}`"))
}

/// A condition whose comparison is a word of Hurl, in the language's signs.
pub(super) fn in_words(condition: &str) -> Option<String> {
    let (left, sign, right) = COMPARISONS.iter().filter(|sign| sign.starts_with(|c: char| c.is_ascii_alphabetic())).find_map(|sign| {
        let (left, right) = condition.split_once(&format!(" {sign}"))?;
        (right.is_empty() || right.starts_with(' ')).then_some((left.trim(), *sign, right.trim()))
    })?;
    Some(match sign {
        "contains" | "includes" if left == "text" => format!("text {right}"),
        "contains" | "includes" => format!("contains({left}, {right})"),
        "startsWith" => format!("starts_with({left}, {right})"),
        "endsWith" => format!("ends_with({left}, {right})"),
        "matches" => {
            format!("{left} ~ {}", if right.starts_with('/') { right.to_owned() } else { format!("/{}/", right.trim_matches('"')) })
        }
        "exists" => format!("{left} != null"),
        "not" if right == "exists" => format!("{left} == null"),
        "count" => format!("len({left}) {right}"),
        "isEmpty" => format!("len({left}) == 0"),
        "isString" | "isIsoDate" => "json { key: string }".to_owned(),
        "isInteger" => "json { key: int }".to_owned(),
        "isNumber" | "isFloat" => "json { key: number }".to_owned(),
        "isBoolean" => "json { key: bool }".to_owned(),
        "isList" | "isCollection" => "json { key: list }".to_owned(),
        "isObject" => "json { key: object }".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_of_hurl_become_takes() {
        let cases = [
            ("id", " jsonpath \"$.id\"", Some("write `take id = json \"$.id\"` in the step")),
            ("next", " header \"Location\"", Some("write `take next = header \"Location\"` in the step")),
            ("took", " duration", Some("write `take took = elapsed` in the step")),
            ("target", " \"https://shop.example\"", None),
            ("header", " x", None),
        ];
        for (name, value, expected) in cases {
            assert_eq!(capture(name, value).as_deref(), expected, "{name}:{value}");
        }
    }

    #[test]
    fn words_that_compare_become_signs_and_functions() {
        let cases = [
            ("json \"$.tests\" count == 25", Some("len(json \"$.tests\") == 25")),
            ("header \"X\" startsWith \"a\"", Some("starts_with(header \"X\", \"a\")")),
            ("text contains \"a\"", Some("text \"a\"")),
            ("json.id not exists", Some("json.id == null")),
            ("json.id == 3", None),
        ];
        for (condition, expected) in cases {
            assert_eq!(in_words(condition).as_deref(), expected, "{condition}");
        }
    }
}
