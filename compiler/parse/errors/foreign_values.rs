//! Values, sources and conditions in the syntax of other languages.

use super::stop::{Mistake, ParseStop, closing, found, found_at, offset};
use super::vocabulary::word;
use crate::diagnostic::Code;
use ltc_grammar::Rule;

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    if stop.at == 0 {
        return None;
    }
    prefixed(stop)
        .or_else(|| regexes(stop))
        .or_else(|| paths(stop))
        .or_else(|| functions(stop))
        .or_else(|| conditional(stop))
        .or_else(|| casts(stop))
        .or_else(|| brackets(stop))
        .or_else(|| matches_of(stop))
}

/// The word that ends the text before the stop, with its start.
fn word_before<'a>(stop: &ParseStop<'a>) -> (usize, &'a str) {
    let before = stop.text[..stop.at].trim_end();
    let start = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len();
    (start, &before[start..])
}

/// `f"x"`, `r"x"`, `b"x"`.
fn prefixed(stop: &ParseStop<'_>) -> Option<Mistake> {
    let (start, prefix) = word_before(stop);
    if !stop.token.starts_with('"')
        || start + prefix.len() != stop.at
        || !matches!(prefix.to_lowercase().as_str(), "f" | "r" | "b" | "u" | "s" | "fr" | "rb")
    {
        return None;
    }
    let help = match prefix.to_lowercase().as_str() {
        "b" | "rb" => format!("write `bytes({})`", stop.token),
        "r" => "write the string alone, with `\\\\` for a backslash".to_owned(),
        _ => "write the string alone: `{…}` inserts a value in every string".to_owned(),
    };
    let mistake = found_at(start..stop.at, Code::SingleQuotes, format!("unexpected `{prefix}` before a string"), help)?;
    match prefix.to_lowercase().as_str() {
        "r" => mistake.edited(vec![(start..stop.at + stop.token.len(), stop.token.replace('\\', "\\\\"))]),
        _ => Some(mistake),
    }
}

/// `/abc/i`, `x ~ "abc"`, `text /id=(.*)/`.
fn regexes(stop: &ParseStop<'_>) -> Option<Mistake> {
    let rest = &stop.line().get(stop.at..).unwrap_or_default();
    let before = stop.text[..stop.at].trim_end();
    if stop.wants(Rule::regex) && stop.token.starts_with('"') {
        let help = format!("write `/{}/`", stop.token.trim_matches('"'));
        return found(Code::ForeignOperator, "unexpected string, expected a regex between slashes", help);
    }
    let is_name = stop.token.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_');
    if stop.wants(Rule::regex) && is_name {
        let value = rest.split([' ', ';', '}', ')', ',']).next().unwrap_or_default();
        let left = before.trim_end_matches(['~', '!']).trim_end();
        let left = left.strip_prefix(stop.first()).unwrap_or(left).rsplit(['(', '=']).next().unwrap_or_default().trim();
        let not = if before.ends_with("!~") { "not " } else { "" };
        let help = format!("write `{not}contains({left}, {value})`; a regex is a literal, such as `/v[0-9]+/`");
        let mistake = found(Code::ForeignOperator, format!("unexpected `{}`, expected a regex between slashes", stop.token), help)?;
        return if left.is_empty() { Some(mistake) } else { mistake.replacing(offset(stop.text, left)..stop.at + value.len()) };
    }
    let flags = stop.token;
    if before.ends_with('/')
        && before.contains('~')
        && flags.len() <= 4
        && !flags.is_empty()
        && flags.bytes().all(|b| b"gimsuxy".contains(&b))
    {
        let written = before.rsplit_once('~')?.1.trim();
        let regex = written.trim_matches('/');
        let kept: String = flags.chars().filter(|c| "imsx".contains(*c)).collect();
        let help =
            if kept.is_empty() { format!("write `/{regex}/`") } else { format!("write the flag in the regex: `/(?{kept}){regex}/`") };
        let replaced = before.len() - written.len()..stop.at + flags.len();
        return found(Code::ForeignOperator, format!("unexpected `{flags}` after a regex"), help)?.replacing(replaced);
    }
    if stop.token.starts_with('/') && stop.wants(Rule::operand) | stop.wants(Rule::expr) | stop.wants(Rule::variable) {
        let end = rest.get(1..)?.find('/').map(|n| n + 2)?;
        let regex = &rest[..end];
        let flags = word(&rest[end..]);
        let kept = if flags.contains('i') { format!("/(?i){}", &regex[1..]) } else { regex.to_owned() };
        let place = stop.at..stop.at + end + flags.len();
        let sign = ["==", "!=", ":"].into_iter().find(|sign| before.ends_with(sign));
        if let Some(sign) = sign.filter(|_| stop.first() == "expect") {
            let start = if sign == ":" { stop.at } else { before.len() - sign.len() };
            let help = format!("write `{} {kept}`", if sign == "!=" { "!~" } else { "~" });
            return found_at(place.clone(), Code::ForeignOperator, "unexpected regex, expected a value", help)?.replacing(start..place.end);
        }
        let help = format!("write it after `~`, such as `x ~ {kept}`");
        return found_at(stop.at..stop.at + end + flags.len(), Code::ForeignOperator, "unexpected regex, expected a value", help);
    }
    // `text / id = …` parses as a division by the content of the regex.
    let line = stop.line();
    let at = ["text /", "body /", "regex /"].into_iter().find_map(|source| line.find(source).map(|at| (at, source)));
    if let Some((at, source)) = at.filter(|(at, source)| stop.first() == "take" && at + source.len() <= stop.at + 1) {
        let slash = at + source.len() - 1;
        let end = line[slash + 1..].rfind('/').map(|n| slash + n + 2)?;
        let help = format!("write `text ~ {}`", &line[slash..end]);
        return found_at(at..end, Code::ForeignOperator, "missing `~` before a regex", help);
    }
    None
}

/// `$.id`, `json $.id`, `json.items[*].id`, `json.items.0.id`.
fn paths(stop: &ParseStop<'_>) -> Option<Mistake> {
    let line = stop.line();
    let rest = line.get(stop.at..)?;
    let end = |from: usize| from + line[from..].find([' ', ';', ',', ')']).unwrap_or(line.len() - from);
    if rest.starts_with("$.") || rest.starts_with("$[") {
        let place = stop.at..end(stop.at);
        let help = format!("write `json \"{}\"`", &line[place.clone()]);
        return found_at(place, Code::ForeignOperator, "unexpected `$`, expected a source", help);
    }
    let before = &line[..stop.at];
    let start = before.rfind([' ', '(']).map_or(0, |n| n + 1);
    if !(before[start..].starts_with("json.") || before[start..].starts_with("json[")) {
        return None;
    }
    let place = start..end(start);
    let path = &line[place.clone()];
    if before.ends_with('[') && rest.starts_with('?') {
        let end = start + line[start..].rfind(']')? + 1;
        let tail = word(line[end..].strip_prefix('.').unwrap_or_default());
        let end = if tail.is_empty() { end } else { end + 1 + tail.len() };
        let help = format!("write `json \"${}\"`", line[start + 4..end].replace('"', "'"));
        return found_at(start..end, Code::ForeignOperator, "unexpected filter in a path, expected a JSONPath", help)?
            .replacing(start..end);
    }
    if before.ends_with('[') && (rest.starts_with('*') || rest.starts_with(']')) {
        let help = format!("write a JSONPath: `json \"${}\"`", path[4..].replace("[]", "[*]"));
        return found_at(place, Code::ForeignOperator, "unexpected path over all items", help);
    }
    if before.ends_with('.') && stop.token.bytes().all(|b| b.is_ascii_digit()) && !stop.token.is_empty() {
        let help = format!(
            "write `{}[{}]{}`",
            before[start..].trim_end_matches('.'),
            stop.token,
            line.get(stop.at + stop.token.len()..place.end)?
        );
        return found_at(place, Code::ForeignOperator, "unexpected index after `.`", help);
    }
    None
}

/// `x => …`, `new Date()`, `typeof x`, `lambda x: x`, `function (…)`.
fn functions(stop: &ParseStop<'_>) -> Option<Mistake> {
    let (start, before) = word_before(stop);
    if stop.token.starts_with("=>") && !matches!(stop.first(), "expect" | "if") {
        let help = "write the statements in a `for` loop, or a JSONPath for members of a list: `json \"$.items[*].id\"`";
        return found(Code::ForeignOperator, "unexpected function as a value", help);
    }
    let called = stop.text[..stop.at].trim_end().rsplit(['=', ' ', ',']).next().unwrap_or_default();
    if stop.token == "{" && called.starts_with("function(") {
        let help = "write the statements in a `for` loop, or in a sequence of their own";
        return found_at(stop.text[..stop.at].rfind("function")?..stop.at, Code::ForeignOperator, "unexpected function as a value", help);
    }
    let help = match before {
        "new" if stop.token == "Date" => "write `now()`",
        "new" if stop.token == "SharedArray" => "declare the file: `data rows from \"rows.csv\"`",
        "new" if matches!(stop.token, "Trend" | "Counter" | "Rate" | "Gauge") => "remove it: each step and each group has its own figures",
        "new" if stop.token == "RegExp" => "write the regex after `~`: `x ~ /regex/`",
        "new" => "write an object in place, such as `{ name: \"x\" }`",
        "typeof" => "write a matcher: `expect json { x: string }`",
        "lambda" | "function" | "def" | "fn" => "write the statements in a `for` loop, or in a sequence of their own",
        "await" => "write a step, and `take` from its response",
        _ => return None,
    };
    found_at(start..start + before.len(), Code::ForeignOperator, format!("unexpected `{before}`, expected a value"), help)
}

/// `x if c else y`.
fn conditional(stop: &ParseStop<'_>) -> Option<Mistake> {
    let line = stop.line();
    let rest = line.get(stop.at..)?;
    let (condition, otherwise) = rest.strip_prefix("if ")?.split_once(" else ")?;
    let value = stop.text[..stop.at].trim_end().rsplit(['=', '(', ',', ':']).next()?.trim();
    let value = value.strip_prefix("log ").or(value.strip_prefix("expect ")).unwrap_or(value);
    let otherwise = otherwise.split(';').next()?.trim_end();
    found_at(
        stop.at..stop.at + 2,
        Code::ForeignOperator,
        "unexpected `if` after a value",
        format!("write `if {condition} then {value} else {otherwise}`"),
    )?
    .replacing(offset(stop.text, value)..offset(stop.text, otherwise) + otherwise.len())
}

/// `n as int`, `(int) n`, `int n`.
fn casts(stop: &ParseStop<'_>) -> Option<Mistake> {
    const TYPES: [&str; 4] = ["int", "float", "string", "bytes"];
    let before = stop.text[..stop.at].trim_end();
    let value = stop.token.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '"');
    if stop.token == "as" {
        let ty = word(stop.text[stop.at + 2..].trim_start());
        let (_, name) = word_before(stop);
        let help = if TYPES.contains(&ty) {
            format!("write `{ty}({name})`")
        } else {
            "write the type after the name: `let n: int = …`".to_owned()
        };
        return found(Code::ForeignOperator, "unexpected `as`", help);
    }
    let inner = before.strip_suffix(')').unwrap_or(before);
    let ty = inner.rsplit(|c: char| !c.is_ascii_alphanumeric()).next()?;
    let head = &inner[..inner.len() - ty.len()];
    let head = if inner == before { head } else { head.strip_suffix('(')? };
    // After a `:`, it is the type of a parameter.
    let declared = head.trim_end().ends_with(':');
    if !value || !TYPES.contains(&ty) || stop.first() == ty || declared {
        return None;
    }
    let condition = stop.line().strip_prefix("expect ").and_then(|rest| rest.split([';', '}']).next()).unwrap_or_default().trim_end();
    if let Some(meant) = super::foreign_hurl::in_words(&condition.replacen("bytes", "text", 1)) {
        return found(Code::ForeignOperator, format!("unknown operator `{}`", stop.token), format!("write `expect {meant}`"));
    }
    found_at(
        head.len()..before.len(),
        Code::ForeignOperator,
        format!("unexpected `{}` before a value", &before[head.len()..]),
        format!("write `{ty}({})`", stop.token),
    )
}

/// `xs[0:2]`, `[x for x in xs]`, `{ a: 1; b: 2 }`, `{**x}`, `n in 1..3`.
fn brackets(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    if stop.token == ":" && stop.wants(Rule::p_rsq) {
        let help =
            "write `..` between the ends, both of which are included: `xs[0..2]` are the first three items, `xs[1..-1]` all but the first";
        return found(Code::ForeignOperator, "unexpected `:` in a slice", help);
    }
    if stop.token.starts_with('}') && before.ends_with('{') && before[..before.len() - 1].matches('"').count() % 2 == 1 {
        let help = "write the value in the braces: `\"item-{id}\"`; `{{` and `}}` are literal braces";
        return found_at(before.len() - 1..stop.at + 1, Code::BadHole, "missing value in the braces of a string", help);
    }
    if stop.token.starts_with('*') && before.ends_with('*') {
        return found_at(before.len() - 1..stop.at + 1, Code::ForeignOperator, "unknown operator `**`", "write a product, such as `x * x`");
    }
    if before.ends_with("++") || before.ends_with("--") || before.ends_with('+') && stop.token.starts_with('+') {
        let name = word(stop.text.get(stop.text.find('=')? + 1..)?.trim_start());
        return found(Code::ForeignOperator, "unknown operator `++`", format!("write `{name} + 1`"));
    }
    if stop.token == "[" && stop.wants(Rule::p_assign) {
        let end = closing(stop.text, stop.at)? + 1;
        let start = before.trim_end_matches(|char: char| char.is_ascii_alphanumeric()).len();
        let help = "write `list` for the type of a list";
        return found(Code::ForeignOperator, "unexpected `[` after a type", help)?.replacing(start..end);
    }
    let flag = word_before(stop);
    if stop.token == ":" && matches!(flag.1, "skip" | "interrupt") && stop.wants(Rule::block) {
        return found(Code::Syntax, format!("unexpected `:` after `{}`", flag.1), format!("write `{}` alone", flag.1));
    }
    if flag.1 == "Bearer" && stop.token.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '"') {
        let token = stop.text[stop.at..].split([' ', ',', '}', '\n']).next()?;
        let place = flag.0..stop.at + token.len();
        return found_at(
            place,
            Code::Syntax,
            "unexpected token, expected a string",
            format!("write `auth bearer({token})` instead of the header"),
        );
    }
    if matches!(stop.token, "," | ")") && before.contains("\" % (") {
        let help = "write the values in the string: `\"item-{id}\"`";
        return found(Code::ForeignOperator, "unexpected values after `%`", help);
    }
    if stop.token == "for" && before.contains('[') {
        let help = "write a `for` loop, or a JSONPath for members of a list: `json \"$.items[*].id\"`";
        return found(Code::ForeignOperator, "unexpected `for` in a list", help);
    }
    if stop.token == ";" && (stop.wants(Rule::p_comma) || stop.wants(Rule::p_close)) && before.contains('{') {
        return found(Code::MissingComma, "unexpected `;` between entries", "write `,` between the entries of a map")?
            .replacing(stop.at..stop.at + 1);
    }
    if (stop.token.starts_with("**") || stop.token.starts_with("...")) && before.ends_with(['{', '[', ',']) {
        let help = "write `merge(a, { … })` for objects, `a + [x]` for lists";
        return found(
            Code::ForeignOperator,
            format!("unknown operator `{}`", if stop.token.starts_with('.') { "..." } else { "**" }),
            help,
        );
    }
    let dots = stop.text.get(stop.at.saturating_sub(1)..)?;
    if let Some((value, from)) = before.trim_end_matches('.').rsplit_once(" in ")
        && dots.contains("..")
        && from.bytes().all(|b| b.is_ascii_digit())
        && stop.first() != "for"
    {
        let to = stop.text[stop.at..].trim_start_matches('.').split(|c: char| !c.is_ascii_digit()).next()?;
        let balanced = value.matches('(').count() == value.matches(')').count();
        let value = if balanced { value } else { value.rsplit('(').next()? };
        let value = value.rsplit('=').next()?.trim();
        let value = value.strip_prefix("expect ").or(value.strip_prefix("if ")).unwrap_or(value);
        let help = format!("write `{value} >= {from} and {value} <= {to}`");
        let dots = stop.text[stop.at..].len() - stop.text[stop.at..].trim_start_matches('.').len();
        let replaced = offset(stop.text, value)..stop.at + dots + to.len();
        return found(Code::ForeignOperator, "unexpected range, expected a list", help)?.replacing(replaced);
    }
    None
}

/// `expect 200 OK`, `expect json has id`, `expect body "x"`, `html "a" href`, `json.id default 3`.
fn matches_of(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    let (start, last) = word_before(stop);
    if stop.token == "default" && stop.wants(Rule::kw_else) {
        return found(Code::ForeignOperator, "unexpected `default`, expected `else`", "write `else` and the value");
    }
    if stop.first() == "take" && matches!(stop.token, "match" | "matches" | "regex") {
        let regex = stop.text[stop.at + stop.token.len()..].split(['\n', ';']).next().unwrap_or_default().trim();
        let regex = if regex.starts_with('/') { regex.to_owned() } else { format!("/{}/", regex.trim_matches(['"', '(', ')'])) };
        return found(Code::ForeignOperator, format!("unknown operator `{}`", stop.token), format!("write `~ {regex}`"));
    }
    if stop.wants(Rule::attribute)
        && stop.first() == "take"
        && stop.token.starts_with(|c: char| c.is_ascii_alphabetic())
        && before.ends_with('"')
        && stop.token != "else"
    {
        let named = stop.text[stop.at + stop.token.len()..]
            .trim_start_matches([' ', '('])
            .strip_prefix('"')
            .and_then(|rest| rest.split('"').next());
        let attribute = named.filter(|_| matches!(stop.token, "attr" | "attribute" | "prop")).unwrap_or(stop.token);
        return found(
            Code::Syntax,
            format!("unexpected `{}`, expected `@{attribute}`", stop.token),
            format!("write `@{attribute}` to read the attribute"),
        );
    }
    if stop.first() != "expect" {
        return None;
    }
    if matches!(last, "has" | "have" | "hasProperty" | "hasKey" | "contains_key") {
        let key = stop.token.trim_matches('"');
        return found_at(
            start..start + last.len(),
            Code::ForeignOperator,
            format!("unknown operator `{last}`"),
            format!("write `expect json {{ {key}: _ }}`"),
        );
    }
    if stop.token.starts_with('"') {
        let help = match last {
            "body" | "bodyString" | "content" | "response" | "contains" => format!("write `expect text {}`", stop.token),
            "contentType" | "content_type" => {
                let subtype = stop.token.trim_matches('"').rsplit('/').next().unwrap_or("json");
                format!("write `expect headers {{ content_type: ~ /{subtype}/ }}`")
            }
            "title" => format!("write `expect html \"title\" == {}`", stop.token),
            _ => return None,
        };
        return found_at(start..stop.at + stop.token.len(), Code::ForeignOperator, format!("unknown source `{last}`"), help);
    }
    let comparison = match stop.token {
        "under" | "below" | "less" | "lower" => Some("<"),
        "over" | "above" | "greater" | "more" | "exceeds" => Some(">"),
        _ => None,
    };
    if let Some(sign) = comparison {
        let left = before.strip_prefix("expect")?.trim();
        let rest = stop.text[stop.at + stop.token.len()..].trim_start().trim_start_matches("than ").split([';', '\n', '}']).next()?.trim();
        return found(Code::ForeignOperator, format!("unknown operator `{}`", stop.token), format!("write `expect {left} {sign} {rest}`"));
    }
    let status = before.strip_prefix("expect")?.trim();
    if status.len() == 3
        && status.bytes().all(|b| b.is_ascii_digit())
        && stop.token.starts_with(|c: char| c.is_ascii_alphabetic())
        && stop.token != "or"
    {
        return found(Code::Syntax, format!("unexpected `{}` after a status", stop.token), format!("write `expect {status}`"));
    }
    None
}
