//! Words of other tools for which the language has a sign or another word, and marks that the language does not have.

use super::stop::{Mistake, ParseStop, found, found_at, found_exactly, offset};
use super::vocabulary::{PARTS, is_statement};
use crate::diagnostic::Code;
use ltc_grammar::Rule;

/// Comparisons in words, each with the fix for the texts before and after it.
const COMPARISONS: &[(&[&str], &str)] = &[
    (&["contains", "contain", "includes"], "write `contains({l}, {r})`"),
    (&["startsWith", "startswith", "starts"], "write `starts_with({l}, {r})`"),
    (&["endsWith", "endswith", "ends"], "write `ends_with({l}, {r})`"),
    (&["matches", "match", "like"], "write `{l} ~ {r}`"),
    (&["mod"], "write `{l} % {r}`"),
    (&["isEmpty", "empty"], "write `len({l}) == 0`"),
    (&["is", "equals", "eq", "be"], "write `{l} == {r}`"),
    (&["isnt", "ne"], "write `{l} != {r}`"),
    (&["gt"], "write `{l} > {r}`"),
    (&["lt"], "write `{l} < {r}`"),
    (&["gte", "ge"], "write `{l} >= {r}`"),
    (&["lte", "le"], "write `{l} <= {r}`"),
    (&["exists", "exist"], "write `{l} != null`; `expect json { x: _ }` accepts null, too"),
    (&["instanceof"], "write a matcher: `expect json { key: string }`"),
    (&["between"], "write `{l} >= 1 and {l} <= 9`"),
    (&["not"], "write `not ({l} == {r})`"),
];

/// Names of sources in other tools.
const SOURCES: &[(&[&str], &str)] = &[
    (&["jsonpath", "jsonPath", "json_path", "jmesPath"], "write `json.a.b`, or `json \"$.a.b\"`"),
    (&["regex", "regexp", "re"], "write `text ~ /id=(\\d+)/` to take the first group"),
    (&["css", "selector", "xpath", "jquery"], "write `html \"css selector\"`, with `@attribute` for an attribute"),
];

/// Names of the parts of requests in other tools.
const OTHER_PARTS: &[(&[&str], &str)] = &[
    (
        &["body", "data", "payload"],
        "write `json { … }`, `form { … }`, `text \"…\"`, `multipart { … }`, `graphql \"\"\"…\"\"\"` or `bytes x`",
    ),
    (&["params", "param", "qs", "queryParams", "search"], "write `query { … }` for parameters of the URL"),
    (&["files", "file", "upload"], "write `multipart { file: file(\"cat.png\") }`, or `bytes file(\"cat.png\")` to send it as the body"),
    (
        &["cookies", "cookie"],
        "write `headers { \"Cookie\": \"name=value\" }`; with `cookies on`, an api keeps the cookies of its responses",
    ),
    (
        &["xml", "html", "soap", "raw", "plain"],
        "write `text \"…\"`, and its type before it: `headers { content_type: \"application/xml\" }`",
    ),
    (&["urlencoded", "formData", "form_data", "formdata"], "write `form { … }`, or `multipart { … }` with files"),
    (&["name", "tags", "tag"], "write the name in the step: `step \"Name\" { … }`"),
];

fn meaning(table: &[(&[&str], &'static str)], word: &str) -> Option<&'static str> {
    table.iter().find(|(words, _)| words.contains(&word)).map(|(_, help)| *help)
}

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    ranges(stop).or_else(|| numbers(stop)).or_else(|| words(stop)).or_else(|| colons(stop)).or_else(|| heads(stop))
}

/// Ranges where they are not allowed, and slices with one end.
fn ranges(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    let range =
        stop.token == ".." && before.ends_with(|c: char| c.is_ascii_digit()) || stop.token.starts_with('.') && before.ends_with("..");
    let dots = stop.token.starts_with('.') && before.ends_with('.') && before.trim_end_matches('.').ends_with(|c: char| c.is_ascii_digit());
    if (range || dots) && stop.first() == "expect" {
        let help = "write `expect json.x >= 1 and json.x <= 9`, or one bound: `x: >= 1`";
        return found(Code::Syntax, "unexpected range, expected a matcher", help);
    }
    if stop.token == "]" && before.ends_with("..") {
        return found(Code::Syntax, "missing end of a slice", "write both ends; -1 is the last index: `xs[1..-1]`");
    }
    if stop.token == ".." && before.ends_with('[') {
        return found(Code::Syntax, "missing end of a slice", "write both ends; 0 is the first index: `xs[0..2]`");
    }
    None
}

/// `.5`, `5.`, `1,000`; texts between backticks.
fn numbers(stop: &ParseStop<'_>) -> Option<Mistake> {
    let rest = &stop.text[stop.at..];
    let before = &stop.text[..stop.at];
    let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if stop.token == "." && digits(&rest[1..]) > 0 && before.ends_with([' ', '(', '[', ',', ':']) {
        let number = &rest[..=digits(&rest[1..])];
        return found_exactly(
            stop.at..stop.at + number.len(),
            Code::BadNumber,
            "unexpected `.`, expected a digit at the start of a number",
            format!("write `0{number}`"),
        );
    }
    if before.ends_with('.') && before[..before.len() - 1].ends_with(|c: char| c.is_ascii_digit()) {
        let start = before[..before.len() - 1].trim_end_matches(|c: char| c.is_ascii_digit()).len();
        if let Some(to) = rest.strip_prefix('.') {
            return range(before, start, to);
        }
        let free = start > 0 && before[..start].ends_with([' ', '(', '[', ',', ':']);
        return free
            .then(|| {
                let number = &before[start..before.len() - 1];
                found_at(
                    start..before.len(),
                    Code::BadNumber,
                    "unexpected `.`, expected a digit at the end of a number",
                    format!("write `{number}` or `{number}.0`"),
                )
            })
            .flatten();
    }
    if stop.token == "," && before.ends_with(|c: char| c.is_ascii_digit()) && digits(&rest[1..]) == 3 {
        let start = before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let help = format!("write `{}_{}`", &before[start..], &rest[1..4]);
        return found_exactly(start..stop.at + 4, Code::BadNumber, "unexpected comma in a number", help);
    }
    if let Some(behind) = rest.strip_prefix('`') {
        let inside = behind.split(['`', '\n']).next().unwrap_or_default();
        let end = stop.at + 1 + inside.len() + usize::from(behind[inside.len()..].starts_with('`'));
        return found_exactly(
            stop.at..end,
            Code::SingleQuotes,
            "unexpected quotes, expected `\"` around a string",
            format!("write `\"{inside}\"`"),
        );
    }
    None
}

/// `random(1..10)`, `[1..3]`: a range as a value. `to` follows its dots.
fn range(before: &str, start: usize, to: &str) -> Option<Mistake> {
    let to = &to[..to.len() - to.trim_start_matches(|c: char| c.is_ascii_digit()).len()];
    let from = &before[start..before.len() - 1];
    let (first, last) = (from.parse::<u32>().ok()?, to.parse::<u32>().ok()?);
    let end = before.len() + 1 + to.len();
    let message = "unexpected range, expected a value";
    match before[..start].trim_end().chars().next_back()? {
        '(' => found_exactly(start..end, Code::ForeignOperator, message, format!("write `{from}, {to}`")),
        '[' if last.checked_sub(first).is_some_and(|count| count < 10) => {
            let items: Vec<String> = (first..=last).map(|item| item.to_string()).collect();
            found_exactly(start..end, Code::ForeignOperator, message, format!("write `{}`", items.join(", ")))
        }
        _ => {
            let help = format!("use a range only in a loop, a slice or a wait, such as `for i in {from}..{to} {{ … }}`");
            found_at(start..end, Code::ForeignOperator, message, help)
        }
    }
}

/// Words of other tools. Parsing stopped at the word, or it took the word as a value and stopped at the next one.
fn words(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    let here = is_word(stop.token);
    let word = if here { stop.token } else { before.rsplit(|c: char| !is_word_char(c)).next().unwrap_or_default() };
    let start = if here { stop.at } else { before.len() - word.len() };
    let place = start..start + word.len();
    let first = stop.first();
    if matches!(first, "expect" | "if" | "poll" | "where" | "let" | "set")
        && let Some(fix) = meaning(COMPARISONS, word)
    {
        let (help, replaced) = compared(stop, place.clone(), fix);
        let starts_anew = help.starts_with(&format!("write `{first} "));
        let replaced = if starts_anew { 0..replaced.end } else { replaced };
        return found_at(place, Code::ForeignOperator, format!("unknown operator `{word}`"), help)?.replacing(replaced);
    }
    if first == "expect" && meaning(SOURCES, word).is_some() {
        let condition = stop.text["expect".len()..].split(['\n', ';']).next().unwrap_or_default().trim_end_matches(" }").trim();
        let condition = condition.replacen("jsonpath ", "json ", 1);
        if let Some(meant) = super::foreign_hurl::in_words(&condition) {
            let help = format!("write `expect {meant}`");
            let end =
                "expect".len() + stop.text["expect".len()..].split(['\n', ';']).next().unwrap_or_default().trim_end_matches(" }").len();
            return found_at(place, Code::Syntax, format!("unknown source `{word}`"), help)?.replacing(0..end);
        }
    }
    if matches!(first, "expect" | "take" | "version")
        && let Some(help) = meaning(SOURCES, word)
    {
        return found_at(place, Code::Syntax, format!("unknown source `{word}`"), help);
    }
    if matches!(stop.strict, Rule::only_part | Rule::only_hc)
        && let Some(help) = meaning(OTHER_PARTS, first)
    {
        return found_at(0..first.len(), Code::Syntax, format!("unexpected `{first}`, expected a part of a request"), help);
    }
    if matches!(stop.strict, Rule::only_stmt | Rule::only_api)
        && here
        && PARTS.contains(&word)
        && (stop.wants(Rule::parts) || stop.wants(Rule::p_open))
    {
        let help = format!("write it in braces: `{{ {word} … }}`");
        return found_at(place, Code::Syntax, "missing braces around the parts of a request", help);
    }
    None
}

/// The fix for a comparison in words, with the values that it compares, and the bytes that it replaces.
fn compared(stop: &ParseStop<'_>, operator: std::ops::Range<usize>, fix: &str) -> (String, std::ops::Range<usize>) {
    let left = stop.text[..operator.start].trim();
    let left = left.strip_prefix(stop.first()).unwrap_or(left).rsplit(['(', '=', '\n']).next().unwrap_or_default().trim();
    let left = left.rsplit(" and ").next().unwrap_or(left);
    let behind = stop.text[operator.end..].split(['\n', ';', '{', '}']).next().unwrap_or_default().trim();
    // `starts with "a"`, `between 1 and 3`.
    let behind = behind.strip_prefix("with ").map_or(behind, str::trim);
    if let Some((low, high)) = behind.split_once(" and ").filter(|_| stop.text[operator.clone()].trim() == "between") {
        let replaced = offset(stop.text, left)..offset(stop.text, behind) + behind.len();
        return (format!("write `{left} >= {low} and {left} <= {high}`"), replaced);
    }
    let behind = behind.split(" and ").next().unwrap_or(behind).split(" or ").next().unwrap_or_default();
    let replaced = offset(stop.text, left)..offset(stop.text, behind) + behind.len();
    (meant(stop, stop.text[operator].trim(), (left, behind), fix), replaced)
}

/// The fix for a comparison of two values by a word.
fn meant(stop: &ParseStop<'_>, word: &str, (left, behind): (&str, &str), fix: &str) -> String {
    // `x not in xs`, `xs is empty`, `xs is not empty`, `x is array`: the word behind decides.
    match (word, behind.split_whitespace().collect::<Vec<_>>().as_slice()) {
        ("not", ["in", values @ ..]) => return format!("write `not ({left} in {})`", values.join(" ")),
        ("not", ["empty" | "null"]) | ("is" | "be", ["not", "empty"]) => return format!("write `len({left}) > 0`"),
        ("not", ["exists" | "exist"]) => return format!("write `{left} == null`"),
        ("not", ["contains", value]) => return format!("write `not contains({left}, {value})`"),
        ("is" | "be", ["empty"]) => return format!("write `len({left}) == 0`"),
        ("is" | "be", [article @ .., kind]) if article.len() <= 1 && type_word(kind).is_some() => {
            return format!("write a matcher: `expect json {{ key: {} }}`", type_word(kind).unwrap_or_default());
        }
        _ => {}
    }
    let (fix, right) = match behind.strip_prefix("not ") {
        Some(right) => (fix.replace("==", "!="), right),
        None => (fix.to_owned(), behind),
    };
    let right = match right.trim_start_matches("equal to ").trim_start_matches("to ").trim() {
        "None" | "nil" | "undefined" | "NULL" => "null",
        "" => "…",
        other => other,
    };
    if fix.contains('~') && right.starts_with('"') {
        return format!("write `{left} ~ /{}/`", right.trim_matches('"'));
    }
    let body = matches!(left, "text" | "body" | "response" | "response.text" | "response.body");
    if body && fix.contains("contains") && stop.first() == "expect" {
        return format!("write `expect text {right}`");
    }
    fix.replace("{l}", if left.is_empty() { "x" } else { left }).replace("{r}", right)
}

/// The matcher of a type that a condition names.
fn type_word(word: &str) -> Option<&'static str> {
    Some(match word {
        "array" | "list" => "list",
        "object" | "dict" | "map" => "object",
        "string" | "str" => "string",
        "number" => "number",
        "int" | "integer" => "int",
        "bool" | "boolean" => "bool",
        _ => return None,
    })
}

/// `share: unique`, `step "A": {`, `S: 3`.
fn colons(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    if stop.strict == Rule::only_task {
        let name = stop.first();
        let rest = stop.text[name.len()..].trim_start_matches([':', '*', ' ']);
        let weight = &rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())];
        if !name.is_empty() && !weight.is_empty() {
            return found_at(
                0..stop.at + stop.token.len(),
                Code::Syntax,
                "unexpected name, expected the weight first",
                format!("write `{weight} {name}`"),
            );
        }
        return None;
    }
    let block = stop.text[stop.at..].trim_start_matches(':').trim_start().starts_with('{');
    if stop.token != ":" || before.is_empty() || !(block || before.chars().all(is_word_char)) || stop.wants(Rule::p_colon) && !block {
        return None;
    }
    let help = if block { "remove the `:` before the block" } else { "remove the `:` between a member and its value" };
    found(Code::Syntax, "unexpected `:`", help)
}

/// Heads of blocks for which the fix shows the whole syntax.
fn heads(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    if stop.strict != Rule::only_stmt || stop.text[first.len()..].contains('\n') && stop.at > stop.line().len() {
        return None;
    }
    if first == "repeat" && stop.token == "," {
        let times: String = stop.text[first.len()..].chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        let help = format!("write `for i in 1..{} {{ … }}` for a counter", if times.is_empty() { "n" } else { &times });
        return found(Code::Syntax, "unexpected counter of `repeat`", help);
    }
    let (message, help) = match (first, stop.token) {
        ("repeat", _) if stop.text[first.len()..].trim_start().starts_with('{') => ("missing number of `repeat`", "write `repeat 3 { … }`"),
        ("repeat", "times") => ("unexpected `times`", "write `repeat 3 { … }`"),
        ("for", "(") => ("unexpected brackets in a loop's head", "write `for x in xs { … }` or `for i in 1..10 { … }`"),
        ("for", ",") => ("unexpected second variable in a loop", "write `for x in xs { … }`; a counter is `for i in 0..len(xs) - 1 { … }`"),
        ("poll", _) if stop.at < stop.line().find('{').unwrap_or(usize::MAX) && is_head(stop) => {
            ("malformed `poll`", "write `poll every 500ms up to 20 times until done { … }`")
        }
        ("retry", _) if stop.at <= stop.line().find('{').unwrap_or(usize::MAX) && is_head(stop) => (
            "malformed `retry`",
            "write `retry 2 times { … }`, `retry 2 times every 1s { … }` or `retry 2 times every 1s on 502 | 504 { … }`",
        ),
        ("stop", "") => ("missing `user` after `stop`", "write `stop user`"),
        _ => return None,
    };
    found(Code::Syntax, message, help)
}

/// Whether parsing stopped at a word of the head rather than within one of its values.
fn is_head(stop: &ParseStop<'_>) -> bool {
    use Rule::{kw_every, kw_times, kw_to, kw_until, kw_up};
    [kw_every, kw_times, kw_to, kw_until, kw_up].into_iter().any(|rule| stop.wants(rule)) && !is_statement(stop.token)
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_word_char)
}

fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
