//! What other tools say in words, where the language has a sign or another word; and marks that are none here.

use super::foreign_syntax::{PARTS, found, found_at, is_statement};
use super::syntax_errors::{Slip, Stop};
use crate::diagnostic::Code;
use ltc_grammar::Rule;

/// Comparisons in words.
const COMPARISONS: &[(&[&str], &str)] = &[
    (&["contains", "contain", "includes"], "say `expect text \"part\"` of the body, `contains(x, y)` of a value"),
    (&["startsWith", "startswith", "starts"], "say `starts_with(x, \"part\")`"),
    (&["endsWith", "endswith", "ends"], "say `ends_with(x, \"part\")`"),
    (&["matches", "match"], "say `x ~ /regex/`"),
    (&["is", "equals", "eq", "be"], "say `==`"),
    (&["isnt", "ne"], "say `!=`"),
    (&["gt"], "say `>`"),
    (&["lt"], "say `<`"),
    (&["gte", "ge"], "say `>=`"),
    (&["lte", "le"], "say `<=`"),
    (&["exists", "exist"], "say `x != null`, or `expect json { x: _ }`"),
    (&["between"], "say `x >= 1 and x <= 9`"),
];

/// Sources of other tools.
const SOURCES: &[(&[&str], &str)] = &[
    (&["jsonpath", "jsonPath", "json_path", "jmesPath"], "say `json.a.b`, or `json \"$.a.b\"`"),
    (&["regex", "regexp", "re"], "say `text ~ /id=(\\d+)/`: the first group is taken"),
    (&["css", "selector", "xpath", "jquery"], "say `html \"css selector\"`, with `@attribute` for an attribute"),
];

/// Parts of requests as other tools name them.
const OTHER_PARTS: &[(&[&str], &str)] = &[
    (
        &["body", "data", "payload"],
        "a body is `json { … }`, `form { … }`, `text \"…\"`, `multipart { … }`, `graphql \"\"\"…\"\"\"` or `bytes x`",
    ),
    (&["params", "param", "qs", "queryParams", "search"], "parameters of the URL are `query { … }`"),
    (&["files", "file", "upload"], "a file is sent in `multipart { file: file(\"cat.png\") }`, or as the body: `bytes file(\"cat.png\")`"),
    (&["name", "tags", "tag"], "a request is named by the step that it stands in: `step \"Name\" { … }`"),
];

fn meaning(table: &[(&[&str], &'static str)], word: &str) -> Option<&'static str> {
    table.iter().find(|(words, _)| words.contains(&word)).map(|(_, help)| *help)
}

/// The slip that made `stop`, where it is one of those.
pub(super) fn slip(stop: &Stop<'_>) -> Option<Slip> {
    ranges(stop).or_else(|| numbers(stop)).or_else(|| words(stop)).or_else(|| colons(stop)).or_else(|| heads(stop))
}

/// Ranges where there are none, slices with one end.
fn ranges(stop: &Stop<'_>) -> Option<Slip> {
    let before = stop.text[..stop.at].trim_end();
    let range =
        stop.token == ".." && before.ends_with(|c: char| c.is_ascii_digit()) || stop.token.starts_with('.') && before.ends_with("..");
    let dots = stop.token.starts_with('.') && before.ends_with('.') && before.trim_end_matches('.').ends_with(|c: char| c.is_ascii_digit());
    if (range || dots) && stop.first() == "expect" {
        let help = "say `expect json.x >= 1 and json.x <= 9`, or a bound alone: `x: >= 1`";
        return found(Code::Syntax, "a range is no matcher", help);
    }
    if stop.token == "]" && before.ends_with("..") {
        return found(Code::Syntax, "a slice has both ends", "the last index may be counted from the end: `xs[1..-1]`");
    }
    if stop.token == ".." && before.ends_with('[') {
        return found(Code::Syntax, "a slice has both ends", "the first index is 0: `xs[0..2]`");
    }
    None
}

/// `.5`, `5.`, `1,000`; texts between backticks.
fn numbers(stop: &Stop<'_>) -> Option<Slip> {
    let rest = &stop.text[stop.at..];
    let before = &stop.text[..stop.at];
    let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if stop.token == "." && digits(&rest[1..]) > 0 && before.ends_with([' ', '(', '[', ',', ':']) {
        let number = &rest[..=digits(&rest[1..])];
        return found_at(stop.at..stop.at + number.len(), Code::BadNumber, "a number starts with a digit", format!("write `0{number}`"));
    }
    if before.ends_with('.') && before[..before.len() - 1].ends_with(|c: char| c.is_ascii_digit()) {
        let start = before[..before.len() - 1].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |n| n + 1);
        let free = start > 0 && before[..start].ends_with([' ', '(', '[', ',', ':']);
        return free
            .then(|| {
                let number = &before[start..before.len() - 1];
                found_at(start..before.len(), Code::BadNumber, "a number ends with a digit", format!("write `{number}` or `{number}.0`"))
            })
            .flatten();
    }
    if stop.token == "," && before.ends_with(|c: char| c.is_ascii_digit()) && digits(&rest[1..]) == 3 {
        let start = before.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |n| n + 1);
        let help = format!("write `{}_{}`", &before[start..], &rest[1..4]);
        return found_at(start..stop.at + 4, Code::BadNumber, "a number has no comma", help);
    }
    if let Some(behind) = rest.strip_prefix('`') {
        let inside = behind.split(['`', '\n']).next().unwrap_or_default();
        let end = stop.at + 1 + inside.len() + usize::from(behind[inside.len()..].starts_with('`'));
        return found_at(stop.at..end, Code::SingleQuotes, "texts stand between double quotes", format!("write `\"{inside}\"`"));
    }
    None
}

/// Words of other tools. The word may be where parsing stopped, or it was taken for a value, and what follows it is one too many.
fn words(stop: &Stop<'_>) -> Option<Slip> {
    let before = stop.text[..stop.at].trim_end();
    let here = is_word(stop.token);
    let word = if here { stop.token } else { before.rsplit(|c: char| !is_word_char(c)).next().unwrap_or_default() };
    let start = if here { stop.at } else { before.len() - word.len() };
    let place = start..start + word.len();
    let first = stop.first();
    if matches!(first, "expect" | "if" | "poll" | "where" | "let" | "set")
        && let Some(help) = meaning(COMPARISONS, word)
    {
        return found_at(place, Code::ForeignOperator, format!("there is no operator `{word}`"), help);
    }
    if matches!(first, "expect" | "take" | "version")
        && let Some(help) = meaning(SOURCES, word)
    {
        return found_at(place, Code::Syntax, format!("there is no source `{word}`"), help);
    }
    if matches!(stop.strict, Rule::only_part | Rule::only_hc)
        && let Some(help) = meaning(OTHER_PARTS, first)
    {
        return found_at(0..first.len(), Code::Syntax, format!("a request has no `{first}`"), help);
    }
    if matches!(stop.strict, Rule::only_stmt | Rule::only_api)
        && here
        && PARTS.contains(&word)
        && (stop.wants(Rule::parts) || stop.wants(Rule::p_open))
    {
        let help = format!("put it in braces: `{{ {word} … }}`");
        return found_at(place, Code::Syntax, "the parts of a request stand in braces behind its path", help);
    }
    None
}

/// `share: unique`, `step "A": {`, `S: 3`.
fn colons(stop: &Stop<'_>) -> Option<Slip> {
    let before = stop.text[..stop.at].trim_end();
    if stop.strict == Rule::only_task {
        let name = stop.first();
        let rest = stop.text[name.len()..].trim_start_matches([':', '*', ' ']);
        let weight = &rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())];
        if !name.is_empty() && !weight.is_empty() {
            return found_at(0..stop.at + stop.token.len(), Code::Syntax, "the weight stands first", format!("write `{weight} {name}`"));
        }
        return None;
    }
    let block = stop.text[stop.at..].trim_start_matches(':').trim_start().starts_with('{');
    if stop.token != ":" || before.is_empty() || !(block || before.chars().all(is_word_char)) || stop.wants(Rule::p_colon) && !block {
        return None;
    }
    let help =
        if block { "leave the `:` out: a block follows directly" } else { "leave the `:` out: a member and its value stand side by side" };
    found(Code::Syntax, "no `:` stands here", help)
}

/// Heads of blocks whose whole form is worth showing.
fn heads(stop: &Stop<'_>) -> Option<Slip> {
    let first = stop.first();
    if stop.strict != Rule::only_stmt || stop.text[first.len()..].contains('\n') && stop.at > stop.line().len() {
        return None;
    }
    let (message, help) = match (first, stop.token) {
        ("repeat", _) if stop.text[first.len()..].trim_start().starts_with('{') => ("`repeat` needs a number", "write `repeat 3 { … }`"),
        ("repeat", "times") => ("`times` has no place here", "write `repeat 3 { … }`"),
        ("for", "(") => ("a loop has no brackets", "write `for x in xs { … }` or `for i in 1..10 { … }`"),
        ("for", ",") => ("a loop has one variable", "write `for x in xs { … }`; a counter is `for i in 0..len(xs) - 1 { … }`"),
        ("poll", _) if stop.at < stop.line().find('{').unwrap_or(usize::MAX) && is_head(stop) => {
            ("this is not how `poll` is written", "write `poll every 500ms up to 20 times until done { … }`")
        }
        ("retry", _) if stop.at <= stop.line().find('{').unwrap_or(usize::MAX) && is_head(stop) => {
            ("this is not how `retry` is written", "write `retry 2 times { … }` or `retry 2 times every 1s { … }`")
        }
        ("stop", "") => ("what stops?", "write `stop user`"),
        _ => return None,
    };
    found(Code::Syntax, message, help)
}

/// Whether parsing stopped at a word of the head rather than within one of its values.
fn is_head(stop: &Stop<'_>) -> bool {
    use Rule::{kw_every, kw_times, kw_to, kw_until, kw_up};
    [kw_every, kw_times, kw_to, kw_until, kw_up].into_iter().any(|rule| stop.wants(rule)) && !is_statement(stop.token)
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_word_char)
}

fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
