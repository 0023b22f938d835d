//! Types, lists and indices in the syntax of other languages, and functions without their brackets.

use ltc_grammar::Rule;

use super::stop::{Mistake, ParseStop, closing, found_at, found_exactly};
use super::vocabulary::word;
use crate::diagnostic::Code;

/// Names of other languages for the length of a value.
const LENGTHS: [&str; 4] = ["count", "length", "size", "sizeof"];

/// Functions of one value, which other languages call without brackets.
const FUNCTIONS: [&str; 20] = [
    "len",
    "first",
    "last",
    "upper",
    "lower",
    "trim",
    "sort",
    "reverse",
    "unique",
    "sum",
    "keys",
    "float",
    "string",
    "hex",
    "base64",
    "urlencode",
    "sha256",
    "md5",
    "floor",
    "round",
];

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    if stop.at == 0 {
        return None;
    }
    hole(stop)
        .or_else(|| types(stop))
        .or_else(|| tuple(stop))
        .or_else(|| index(stop))
        .or_else(|| percent(stop))
        .or_else(|| call(stop))
        .or_else(|| pipe(stop))
        .or_else(|| equals(stop))
}

/// `"{n=}"`, `"{name!r}"`: marks of Python in the hole of a string.
fn hole(stop: &ParseStop<'_>) -> Option<Mistake> {
    let open = stop.text[..stop.at].rfind('{')?;
    let name = stop.text[open + 1..stop.at].trim();
    let close = stop.at + stop.text[stop.at..].find(['}', '"', '\n'])?;
    let mark = &stop.text[stop.at..close];
    let is_hole = stop.text[close..].starts_with('}') && stop.text[..open].matches('"').count() % 2 == 1;
    let code = match mark.split(':').next()?.trim() {
        "=" => format!("{name}={{{name}}}"),
        "!r" | "!s" | "!a" => format!("{{{name}}}"),
        _ => return None,
    };
    let message = format!("unexpected `{mark}` after a value in a string");
    found_at(stop.at..close, Code::BadHole, message, format!("write `{code}`"))?
        .replacing(open..close + 1)
        .filter(|_| is_hole && !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.')))
}

/// `x: [int]`, `x: list<int>`, `x: Option<int>`, `x: int | null`.
fn types(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    let declares = matches!(stop.first(), "let" | "keep" | "take" | "sequence" | "tasks") || stop.strict == Rule::only_api;
    if !declares {
        return None;
    }
    if stop.token == "[" && before.ends_with(':') && !before.contains(['=', '{']) {
        let end = closing(stop.text, stop.at)? + 1;
        return found_exactly(stop.at..end, Code::UnknownWord, "unexpected list as a type", "write `list`")
            .filter(|_| word(&stop.text[stop.at + 1..]).len() + 2 == end - stop.at);
    }
    let start = before.trim_end_matches(|char: char| char.is_ascii_alphanumeric() || char == '_').len();
    let ty = &before[start..];
    if ty.is_empty() || !before[..start].trim_end().ends_with(':') {
        return None;
    }
    if stop.token.starts_with('<') {
        let end = stop.at + stop.text[stop.at..].find('>')? + 1;
        let inside = stop.text[stop.at + 1..end - 1].trim();
        let meant = match ty {
            "Option" | "Optional" | "Maybe" | "Nullable" if word(inside) == inside => format!("{inside}?"),
            "Map" | "map" | "dict" | "Dict" | "Record" | "object" | "HashMap" => "object".to_owned(),
            _ => "list".to_owned(),
        };
        return found_exactly(start..end, Code::UnknownWord, format!("unexpected `<` after the type `{ty}`"), format!("write `{meant}`"));
    }
    // Types of parameters have fixes of their own.
    if stop.token == "|" && matches!(stop.first(), "let" | "keep" | "take") {
        let other = word(stop.text[stop.at + 1..].trim_start());
        let end = stop.at + stop.text[stop.at..].find(other)? + other.len();
        let help = if matches!(other, "null" | "None" | "nil" | "undefined") { format!("write `{ty}?`") } else { "write `any`".to_owned() };
        return found_at(stop.at..stop.at + 1, Code::UnknownWord, "unexpected `|` in a type", help)?
            .replacing(start..end)
            .filter(|_| !other.is_empty());
    }
    None
}

/// `xs | first`: a filter of a template.
fn pipe(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    let function = word(stop.text.get(stop.at..)?.strip_prefix('|')?.trim_start());
    let function = if LENGTHS.contains(&function) { "len" } else { function };
    let value = before.strip_prefix(stop.first())?.trim_start();
    let value = value.split_once('=').map_or(value, |(_, value)| value.trim_start());
    let is_filter = FUNCTIONS.contains(&function) && !value.is_empty() && matches!(stop.first(), "let" | "set" | "log" | "keep");
    let end = stop.text.len() - stop.text[stop.at + 1..].trim_start().len() + word(stop.text[stop.at + 1..].trim_start()).len();
    found_at(stop.at..stop.at + 1, Code::ForeignOperator, "unknown operator `|`", format!("write `{function}({value})`"))?
        .replacing(before.len() - value.len()..end)
        .filter(|_| is_filter)
}

/// `(1, 2)` for a list.
fn tuple(stop: &ParseStop<'_>) -> Option<Mistake> {
    if stop.token != "," {
        return None;
    }
    let before = stop.text[..stop.at].trim_end();
    let open = before.rfind('(')?;
    // `"%s" % (a, b)` fills in a text.
    let is_call = before[..open].ends_with(|char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | ')'))
        || before[..open].trim_end().ends_with('%');
    let end = closing(stop.text, open)?;
    let inside = stop.text[open + 1..end].trim().trim_end_matches(',');
    let is_plain = !before[open + 1..].contains(['[', ')', '{']) && !inside.contains('\n');
    found_at(open..open + 1, Code::Syntax, "unexpected `(` before a list of values", format!("write `[{inside}]`"))?
        .replacing(open..end + 1)
        .filter(|_| is_plain && !is_call && matches!(stop.first(), "let" | "set" | "keep" | "log" | "for"))
}

/// `xs[0, 1]`, `xs.0`, `[*xs, 1]`.
fn index(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    if stop.token == "," {
        let open = before.rfind('[').filter(|open| before[..*open].ends_with(|char: char| char.is_ascii_alphanumeric() || char == '_'))?;
        let end = closing(stop.text, open)?;
        let (from, to) = stop.text[open + 1..end].split_once(',')?;
        let help = format!("write `{}..{}`: a slice includes both ends", from.trim(), to.trim());
        return found_at(stop.at..stop.at + 1, Code::ForeignOperator, "unexpected `,` in an index", help)?
            .replacing(open + 1..end)
            .filter(|_| !to.contains(','));
    }
    let digits = !stop.token.is_empty() && stop.token.bytes().all(|byte| byte.is_ascii_digit());
    let path = before.strip_suffix('.').filter(|_| digits && before.len() == stop.at)?;
    let start = path.trim_end_matches(|char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.')).len();
    let help = format!("write `{}[{}]`", &path[start..], stop.token);
    let is_name = path[start..].starts_with(|char: char| char.is_ascii_alphabetic()) && !path[start..].starts_with("json");
    found_exactly(start..stop.at + stop.token.len(), Code::ForeignOperator, "unexpected index after `.`", help).filter(|_| is_name)
}

/// `let share = 5%`: the sign is an operator, so a value is missing after it.
fn percent(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    let number = before.strip_suffix('%').filter(|_| stop.token.is_empty() || matches!(stop.token, ")" | "," | "}"))?;
    let start = number.trim_end_matches(|char: char| char.is_ascii_digit() || char == '.').len();
    let share: f64 = number[start..].parse().ok()?;
    let help = format!("write `{}`", share / 100.0);
    found_exactly(start..before.len(), Code::BadNumber, "unexpected `%` after a number", help)
}

/// `len name`, `count json.items == 3`.
fn call(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    let start = before.trim_end_matches(|char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.')).len();
    let name = &before[start..];
    let follows = before.len() < stop.at && stop.token.starts_with(|char: char| char.is_ascii_alphabetic() || char == '"');
    let is_operator = matches!(stop.token, "and" | "or" | "in" | "not" | "if" | "then" | "else" | "is" | "as");
    let is_value = before[..start].trim_end().ends_with(['=', '(', ',', '+', '-', '*', '/', '<', '>', '{', ':', '['])
        || matches!(before[..start].trim(), "expect" | "log" | "if" | "expect not");
    let meant = if LENGTHS.contains(&name) { "len" } else { name };
    // `take x = first json.items` is a source.
    if stop.first() == "take" || !follows || is_operator || !is_value || !FUNCTIONS.contains(&meant) {
        return None;
    }
    let rest = stop.line().get(stop.at..)?;
    let end = rest
        .find([' ', ';', ')', ',', '}'])
        .filter(|_| !rest.starts_with('"'))
        .unwrap_or_else(|| rest.get(1..).and_then(|inside| inside.find('"')).map_or(rest.len(), |end| end + 2));
    let value = &rest[..end];
    found_at(start..before.len(), Code::Syntax, format!("missing brackets after `{name}`"), format!("write `{meant}({value})`"))?
        .replacing(start..stop.at + end)
        .filter(|_| !value.is_empty())
}

/// `===` and `!==`, whose first two characters are an operator of their own.
fn equals(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = &stop.text[..stop.at];
    let sign = ["==", "!="].into_iter().find(|sign| before.ends_with(sign)).filter(|_| stop.token == "=")?;
    found_exactly(stop.at - 2..stop.at + 1, Code::ForeignOperator, format!("unknown operator `{sign}=`"), format!("write `{sign}`"))
}
