//! Parts of requests in the syntax of other tools: lists and arguments for maps, headers by name, GraphQL without quotes, spread objects.

use ltc_grammar::Rule;

use super::stop::{Mistake, ParseStop, closing, found, found_at};
use super::vocabulary::{PARTS, word};
use crate::diagnostic::Code;
use crate::foreign;

/// The parts whose content is a map.
const MAPS: [&str; 5] = ["headers", "query", "form", "json", "multipart"];

/// Headers that are options of other tools.
const HEADERS: [(&[&str], &str); 6] = [
    (&["content_type", "contentType", "content-type"], "Content-Type"),
    (&["accept"], "Accept"),
    (&["user_agent", "userAgent"], "User-Agent"),
    (&["referer", "referrer"], "Referer"),
    (&["origin"], "Origin"),
    (&["accept_language", "acceptLanguage"], "Accept-Language"),
];

/// Words of other tools in the braces of a request, each with the fix.
const WORDS: [(&[&str], &str); 9] = [
    (&["retry", "retries", "max_retries"], "write `retry 2 times { step \"Name\" { … } }` around the step"),
    (
        &["gzip", "compress", "compression", "compressed", "decompress", "encoding"],
        "remove it: ltc decodes every response by its content encoding",
    ),
    (&["status", "check", "assert", "verify", "validate", "expected_status"], "write `expect …`, such as `expect 200`"),
    (&["method", "path", "uri", "url"], "write the method and the path before the braces, such as `shop GET /items { … }`"),
    (&["take", "capture", "extract", "save", "store"], "move it out of these braces: a `take` follows the request in its step"),
    (&["wait", "sleep", "delay", "think", "pause"], "move it out of the step: `wait 1s` stands between steps"),
    (&["log", "print", "let", "set"], "move it out of these braces: it stands before or after the request in its step"),
    (&["interrupt", "skip"], "move it behind the name of the step, such as `step \"Name\" interrupt { … }`"),
    (&["weight", "users", "rate"], "remove it: `tasks` and the profile set how often a step runs"),
];

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    if let Some(mistake) = spread(stop) {
        return Some(mistake);
    }
    if !matches!(stop.strict, Rule::only_part | Rule::only_hc | Rule::only_api) {
        return None;
    }
    list(stop)
        .or_else(|| bare(stop))
        .or_else(|| header_alone(stop))
        .or_else(|| query(stop))
        .or_else(|| header(stop))
        .or_else(|| graphql(stop))
        .or_else(|| credentials(stop))
        .or_else(|| other(stop))
}

/// The text without line breaks, as a help shows it.
fn on_one_line(text: &str) -> String {
    if text.contains('\n') { text.split_whitespace().collect::<Vec<_>>().join(" ") } else { text.to_owned() }
}

/// The text from the stop's beginning to the end of the member.
fn member<'s>(stop: &'s ParseStop<'_>) -> &'s str {
    let line = stop.line();
    line[..super::foreign_members::member_end(line)].trim_end()
}

/// `headers ["X-A": "b"]`, `headers("X-A", "b")`.
fn list(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    let rest = &stop.text[first.len()..];
    let open = first.len() + (rest.len() - rest.trim_start_matches(' ').len());
    if !MAPS.contains(&first) || stop.at <= open {
        return None;
    }
    let end = closing(stop.text, open)?;
    let inside = on_one_line(stop.text.get(open + 1..end)?.trim().trim_end_matches(','));
    let (sign, entries) = match (stop.text.get(open..=open)?, stop.token) {
        ("[", ":" | "=" | "=>") => ("[", inside.replace(" => ", ": ").replace(" = ", ": ")),
        ("(", ",") => match foreign::arguments(&inside)[..] {
            [name, value] if name.starts_with('"') => ("(", format!("{name}: {value}")),
            _ => return None,
        },
        ("(", ":") => ("(", inside),
        _ => return None,
    };
    let help = format!("write `{first} {{ {entries} }}`");
    found_at(open..open + 1, Code::Syntax, format!("unexpected `{sign}` after `{first}`, expected `{{`"), help)?.replacing(0..end + 1)
}

/// `json name: name, n: n`, `headers "X-A": "b"`.
fn bare(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    let key = stop.text.get(first.len()..stop.at)?.trim();
    let is_key = !key.is_empty() && (word(key) == key || key.starts_with('"') && key.ends_with('"'));
    if !MAPS.contains(&first) || stop.token != ":" || !is_key {
        return None;
    }
    let entries = member(stop)[first.len()..].trim();
    let help = format!("write `{first} {{ {entries} }}`");
    found(Code::Syntax, format!("missing braces after `{first}`"), help)?.replacing(0..member(stop).len())
}

/// `"X-A": "b"` and `Authorization: Bearer x` among the parts of a request.
fn header_alone(stop: &ParseStop<'_>) -> Option<Mistake> {
    const NAMES: [&str; 10] =
        ["authorization", "accept", "origin", "referer", "host", "cookie", "x_api_key", "content_type", "user_agent", "accept_language"];
    let whole = member(stop);
    let (name, value) = whole.split_once(':')?;
    let (name, value) = (name.trim().trim_matches('"'), value.trim().trim_end_matches(','));
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let is_header = name.contains('-') || NAMES.contains(&name.to_lowercase().as_str());
    if stop.strict == Rule::only_api || !is_name || !is_header || value.is_empty() || value.starts_with(['{', '[']) {
        return None;
    }
    let code = match value.trim_matches('"').split_once(' ') {
        Some(("Bearer", token)) if name.eq_ignore_ascii_case("authorization") => {
            let token = token.strip_prefix('{').and_then(|token| token.strip_suffix('}')).map_or(format!("\"{token}\""), str::to_owned);
            format!("auth bearer({token})")
        }
        _ if value.starts_with('"') || word(value) == value => format!("headers {{ \"{name}\": {value} }}"),
        _ => format!("headers {{ \"{name}\": \"{value}\" }}"),
    };
    let place = 0..whole.split(':').next()?.trim_end().len();
    found_at(place, Code::Syntax, format!("unexpected header `{name}`, expected a part of a request"), format!("write `{code}`"))?
        .replacing(0..whole.len())
}

/// `?a=1` among the parts of a request.
fn query(stop: &ParseStop<'_>) -> Option<Mistake> {
    let whole = member(stop);
    let pairs: Vec<String> = whole
        .strip_prefix('?')?
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| match value.strip_prefix('{').and_then(|value| value.strip_suffix('}')) {
            Some(value) => format!("{name}: {value}"),
            None => format!("{name}: \"{value}\""),
        })
        .collect();
    let help = format!("write `query {{ {} }}`", pairs.join(", "));
    found_at(0..1, Code::ForeignOperator, "unexpected `?`, expected a part of a request", help)?
        .replacing(0..whole.len())
        .filter(|_| !whole.contains([' ', '"']))
}

/// `header("X-A", "b")`, `header "X-A" = "b"`, `content_type "application/json"`.
fn header(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    let whole = member(stop);
    let rest = whole[first.len()..].trim_start_matches([' ', '(', ':', '=']).trim_end_matches([' ', ')']);
    let mut is_raw = false;
    let (name, value) = if matches!(first, "header" | "addHeader" | "setHeader" | "add_header" | "set_header" | "with_header") {
        match rest.strip_prefix('"') {
            Some(rest) => {
                let (name, value) = rest.split_once('"')?;
                (name, value.trim_start_matches([' ', ',', '=', ':', '>']).trim())
            }
            // `header X-A: b`
            None => {
                is_raw = true;
                rest.split_once(':').map(|(name, value)| (name.trim(), value.trim())).filter(|(name, _)| !name.contains(' '))?
            }
        }
    } else {
        let (_, name) = HEADERS.iter().find(|(words, _)| words.contains(&first))?;
        (*name, rest)
    };
    if value.is_empty() || name.contains(':') {
        return None;
    }
    let is_code = value.starts_with('"') || !is_raw && (word(value) == value || !value.contains(['/', ' ', '-']));
    let value = if is_code { value.to_owned() } else { format!("\"{value}\"") };
    let help = format!("write `headers {{ \"{name}\": {value} }}`");
    let what = if stop.strict == Rule::only_api { "a member of an api" } else { "a part of a request" };
    found_at(0..first.len(), Code::ForeignStatement, format!("unexpected `{first}`, expected {what}"), help)?.replacing(0..whole.len())
}

/// `graphql { products { id } }`, `graphql query { … }`, `graphql { query: "…", variables: { … } }`.
fn graphql(stop: &ParseStop<'_>) -> Option<Mistake> {
    let rest = stop.text.strip_prefix("graphql")?;
    let start = stop.text.len() - rest.trim_start().len();
    let body = rest.trim_start();
    if body.starts_with('"') {
        return graphql_variables(stop);
    }
    let open = start + body.find('{')?;
    let end = closing(stop.text, open)? + 1;
    let named = matches!(word(body), "query" | "mutation" | "subscription" | "fragment");
    if !body.starts_with('{') && !named {
        return None;
    }
    let inside = stop.text[open + 1..end - 1].trim();
    if let Some(text) = inside.strip_prefix("query").map(|rest| rest.trim_start_matches([' ', ':', '=']))
        && body.starts_with('{')
        && text.starts_with('"')
    {
        let quotes = if text.starts_with("\"\"\"") { "\"\"\"" } else { "\"" };
        let close = quotes.len() + text[quotes.len()..].find(quotes)? + quotes.len();
        let variables = text[close..].find("variables").and_then(|at| text[close + at..].find('{').map(|open| close + at + open));
        let variables = variables.and_then(|open| Some(format!(" {}", &text[open..=closing(text, open)?])));
        let help = format!("write `graphql {}{}`", on_one_line(&text[..close]), variables.unwrap_or_default());
        let message = "unexpected `{` after `graphql`, expected the query";
        return found_at(start..start + 1, Code::Syntax, message, help)?.replacing(0..end).filter(|_| !text[..close].contains('\n'));
    }
    let query = &stop.text[start..end];
    let message = "missing quotes around a GraphQL query";
    let place = start..start + word(query).len().max(1);
    if query.contains('\n') {
        return found_at(place, Code::MissingQuotes, message, "write `\"\"\"` before and after the query");
    }
    found_at(place, Code::MissingQuotes, message, format!("write `graphql \"\"\"{query}\"\"\"`"))?.replacing(0..end)
}

/// `graphql """…""", variables: { … }`: words between the query and its variables.
fn graphql_variables(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    let rest = &stop.text[stop.at..];
    let open = stop.at + rest.find('{')?;
    let between = stop.text[before.len()..open].trim_matches([' ', ',', ':', '=', '\n']);
    if !before.ends_with('"') || !matches!(between, "" | "variables" | "vars" | "with" | "variables =") || open == before.len() {
        return None;
    }
    let variables = &stop.text[open..=closing(stop.text, open)?];
    let message = format!("unexpected `{}`, expected the variables of the query", stop.token);
    let help = format!("write `{}` directly after the query", on_one_line(variables));
    found(Code::Syntax, message, help)?.edited(vec![(before.len()..open, " ".to_owned())])
}

/// `basic_auth "u" "p"`, `bearer env.token`.
fn credentials(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    let whole = member(stop);
    let rest = whole[first.len()..].trim_start_matches([' ', '(', ':', '=']).trim_end_matches([' ', ')']);
    let values = foreign::arguments(rest);
    let values = if let [one] = values[..] { one.split_whitespace().collect() } else { values };
    let help = match (first, values.as_slice()) {
        ("basic_auth" | "basicAuth" | "basic", [user, password]) => format!("write `auth basic({user}, {password})`"),
        ("bearer" | "token" | "bearer_token" | "authorization", [token]) if !token.starts_with("\"Basic") => {
            format!("write `auth bearer({})`", token.replacen("\"Bearer ", "\"", 1))
        }
        _ => return None,
    };
    let what = if stop.strict == Rule::only_api { "a member of an api" } else { "a part of a request" };
    found_at(0..first.len(), Code::ForeignStatement, format!("unexpected `{first}`, expected {what}"), help)?.replacing(0..whole.len())
}

/// `retry 3`, `gzip on`, `verify false`: words of other tools in the braces of a request.
fn other(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    if stop.strict == Rule::only_api || PARTS.contains(&first) || stop.text[first.len()..].trim_start().starts_with([',', '}']) {
        return None;
    }
    let whole = 0..member(stop).len();
    let unexpected =
        |help: &str| found_at(0..first.len(), Code::ForeignStatement, format!("unexpected `{first}`, expected a part of a request"), help);
    if first == "body" && matches!(member(stop)["body".len()..].trim_matches([':', ' ']), "none" | "null" | "empty" | "\"\"") {
        return unexpected("remove it: a request has no body unless it names one")?.replacing(whole);
    }
    let value = member(stop)[first.len()..].trim_matches([':', '=', ' ']);
    let (on, switch) = (matches!(value, "on" | "true"), matches!(value, "on" | "true" | "off" | "false"));
    if switch && matches!(first, "verify" | "validate") {
        return unexpected("write `tls: { verify: false }`, or `tls: { ca: … }`, beside the url in config/<env>.yml");
    }
    if switch && matches!(first, "follow" | "redirect" | "allow_redirects" | "follow_redirects") {
        return unexpected(if on { "write `redirects any`" } else { "write `redirects off`" })?.replacing(whole);
    }
    if let Some((_, help)) = WORDS.iter().find(|(words, _)| words.contains(&first)) {
        let mistake = unexpected(help)?;
        return if help.starts_with("remove it") { mistake.replacing(whole) } else { Some(mistake) };
    }
    unexpected(foreign::api_member(first).filter(|help| !help.contains("cookies on"))?)
}

/// `{ ...base, a: 1 }`, `{ a: 1, **more }`, `[...xs, 4]`.
fn spread(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    let is_splat =
        stop.token == "*" && before.ends_with('[') && stop.text[stop.at + 1..].starts_with(|char: char| char.is_ascii_alphabetic());
    let sign = ["...", "**"].into_iter().find(|sign| stop.token.starts_with(sign)).or_else(|| is_splat.then_some("*"))?;
    if !before.ends_with(['{', '[', ',']) {
        return None;
    }
    let open = before.rfind(['{', '['])?;
    let end = closing(stop.text, open)?;
    let entries = foreign::arguments(&stop.text[open + 1..end]);
    let rest: Vec<&str> = entries.iter().copied().filter(|entry| !entry.starts_with(sign)).collect();
    let spreads: Vec<&str> = entries.iter().filter_map(|entry| entry.strip_prefix(sign)).map(str::trim).collect();
    let [value] = spreads[..] else { return None };
    if value.is_empty() {
        return None;
    }
    let is_first = entries.first().is_some_and(|entry| entry.starts_with(sign));
    let is_last = entries.last().is_some_and(|entry| entry.starts_with(sign));
    if !is_first && !is_last {
        return None;
    }
    let others = on_one_line(&rest.join(", "));
    let code = match (&stop.text[open..=open], rest.is_empty(), is_first) {
        (_, true, _) => value.to_owned(),
        ("{", _, true) => format!("merge({value}, {{ {others} }})"),
        ("{", _, false) => format!("merge({{ {others} }}, {value})"),
        (_, _, true) => format!("{value} + [{others}]"),
        (_, _, false) => format!("[{others}] + {value}"),
    };
    let place = stop.at..stop.at + sign.len();
    let alone = if rest.is_empty() { " without the brackets" } else { "" };
    let help = format!("write `{code}`{alone}");
    found_at(place, Code::ForeignOperator, format!("unknown operator `{sign}`"), help)?.replacing(open..end + 1)
}

#[cfg(test)]
mod tests {
    use super::on_one_line;

    #[test]
    fn text_of_several_lines_is_shown_on_one() {
        assert_eq!(on_one_line("a:  1,\n  b: 2"), "a: 1, b: 2");
        assert_eq!(on_one_line("a:  1"), "a:  1");
    }
}
