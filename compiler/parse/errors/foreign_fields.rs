//! Parts of a request and their values as scripts assign them: `auth = …`, `json { a: {{n}} }`, `"Content-Type": application/json`.

use ltc_grammar::Rule;

use super::stop::{Mistake, ParseStop, closing, found_at, found_exactly, offset};
use super::vocabulary::{PARTS, word};
use crate::diagnostic::Code;

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    if !matches!(stop.strict, Rule::only_part | Rule::only_api) {
        return placeholder(stop);
    }
    let line = stop.line();
    let whole = line[..super::foreign_members::member_end(line)].trim_end();
    assigned(stop, whole).or_else(|| placeholder(stop)).or_else(|| key(stop)).or_else(|| value(stop)).or_else(|| dashed(stop, whole))
}

/// `auth = bearer(x)`, `timeout = 5s`, `query a=1`, `headers += { … }`, `body = JSON.stringify({ … })`.
fn assigned(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let first = stop.first();
    let rest = whole.get(first.len()..)?.trim_start();
    let value = rest.strip_prefix("+=").or_else(|| rest.strip_prefix('=').filter(|rest| !rest.starts_with('=')))?.trim();
    let is_part = PARTS.contains(&first) && first != "expect";
    if !is_part && !matches!(first, "body" | "data" | "payload") || value.is_empty() {
        return None;
    }
    let at = whole.len() - rest.len();
    let sign = if rest.starts_with('+') { "+=" } else { "=" };
    let object = ["JSON.stringify(", "json.dumps(", "to_json("].into_iter().find_map(|call| value.strip_prefix(call));
    let code = match object.and_then(|object| object.strip_suffix(')')) {
        Some(object) if matches!(first, "json" | "body" | "data" | "payload" | "text") => format!("json {object}"),
        _ if is_part => format!("{first} {value}"),
        _ => return None,
    };
    found_at(at..at + sign.len(), Code::Assignment, format!("unexpected `{sign}` after `{first}`"), format!("write `{code}`"))?
        .replacing(0..whole.len())
}

/// `{ a: {{n}} }`, `{ a: <n> }`: placeholders of other tools as values.
fn placeholder(stop: &ParseStop<'_>) -> Option<Mistake> {
    let start =
        if stop.token.starts_with('<') { stop.at } else { stop.text[..stop.at].rfind("{{").or_else(|| stop.text[..stop.at].rfind('{'))? };
    let (open, close) = if stop.token.starts_with('<') { ("<", ">") } else { ("{{", "}}") };
    let inside = stop.text.get(start..)?.strip_prefix(open)?.split(close).next()?;
    let end = start + open.len() + inside.len() + close.len();
    let name = inside.trim();
    let before = stop.text[..start].trim_end();
    let starts_value = before.ends_with([':', ',', '[', '=', '(']) || matches!(before, "expect" | "log" | "if" | "wait");
    let is_name = word(name.trim_start_matches('$')) == name.trim_start_matches('$') && !name.is_empty();
    let is_value = starts_value && is_name;
    // `{{$timestamp}}` is a variable of Postman.
    let name = crate::parse::placeholders::dynamic(name).trim_start_matches('$');
    let message = format!("unexpected `{open}` around a name");
    found_exactly(start..end, Code::ForeignTemplate, message, format!("write `{name}`"))
        .filter(|_| is_value && stop.text.get(..end).is_some_and(|text| text.ends_with(close)))
}

/// `{ 1: 2 }`, `{ [name]: 1 }`, `{ a.b: 1 }`.
fn key(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    let is_start = before.ends_with(['{', ',']);
    let digits = !stop.token.is_empty() && stop.token.bytes().all(|byte| byte.is_ascii_digit());
    if is_start && digits && stop.text[stop.at + stop.token.len()..].trim_start().starts_with(':') {
        let help = format!("write `\"{}\"`", stop.token);
        return found_exactly(stop.at..stop.at + stop.token.len(), Code::MissingQuotes, "missing quotes around a key of digits", help);
    }
    if is_start && stop.token == "[" && closing(stop.text, stop.at).is_some_and(|end| stop.text[end + 1..].trim_start().starts_with(':')) {
        let help = "write the key itself: a key is a literal, which is checked at build time";
        return found_at(stop.at..stop.at + 1, Code::Syntax, "unexpected computed key", help);
    }
    let first = before.rsplit(['{', ',']).next()?.trim();
    let rest = stop.text.get(stop.at..)?.strip_prefix('.')?;
    let inner = word(rest);
    let value = rest[inner.len()..].trim_start().strip_prefix(':')?.split([',', '}', '\n']).next()?.trim();
    let end = offset(stop.text, value) + value.len();
    let help = format!("write `{first}: {{ {inner}: {value} }}`");
    found_at(stop.at..stop.at + 1, Code::Syntax, "unexpected `.` in a key", help)?
        .replacing(before.len() - first.len()..end)
        .filter(|_| word(first) == first && ![first, inner, value].contains(&"") && !value.contains(['{', '[']))
}

/// `{ "Authorization": Bearer {name} }`, `{ file: file "x.png" }`.
fn value(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    let last = before.rsplit(|char: char| !(char.is_ascii_alphanumeric() || char == '_')).next()?;
    let start = before.len() - last.len();
    if !before[..start].trim_end().ends_with(':') {
        return None;
    }
    if last == "file" && stop.token.starts_with('"') {
        let help = format!("write `file({})`", stop.token);
        return found_at(start..before.len(), Code::Syntax, "missing brackets after `file`", help)?
            .replacing(start..stop.at + stop.token.len());
    }
    if stop.token == "{" && matches!(last, "Bearer" | "Basic" | "Token" | "Bot") {
        let end = closing(stop.text, stop.at)? + 1;
        let help = format!("write `\"{last} {}\"`", &stop.text[stop.at..end]);
        return found_at(start..end, Code::MissingQuotes, "missing quotes around a text", help)?.replacing(start..end);
    }
    None
}

/// `form-data { … }`.
fn dashed(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let (name, meant) =
        [("form-data", "multipart"), ("x-www-form-urlencoded", "form"), ("query-params", "query"), ("query-string", "query")]
            .into_iter()
            .find(|(name, _)| whole.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{', ':'])))?;
    let help = format!("write `{meant}`");
    found_exactly(0..name.len(), Code::ForeignStatement, format!("unexpected `{name}`, expected a part of a request"), help)
        .filter(|_| stop.at > 0)
}
