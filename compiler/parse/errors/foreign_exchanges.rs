//! Requests within a step in the syntax of other tools: the method first, paths that are added up, parts beside the request.

use ltc_grammar::Rule;

use super::stop::{Mistake, ParseStop, closing, found_at};
use super::vocabulary::{METHODS, PARTS, word};
use crate::diagnostic::Code;

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    if stop.strict != Rule::only_stmt {
        return None;
    }
    let line = stop.line();
    let whole = line[..super::foreign_members::member_end(line)].trim_end();
    let first = stop.first();
    part(stop, whole).or_else(|| call(stop, whole)).or_else(|| {
        let rest = whole.strip_prefix(stop.some_api())?;
        target(stop, whole, rest.trim_start()).or_else(|| behind(stop, whole)).filter(|_| first == stop.some_api())
    })
}

/// `headers { … }` as a statement of its own, beside the request.
fn part(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let first = stop.first();
    let is_part = PARTS.contains(&first) && !matches!(first, "text" | "expect" | "version" | "json");
    if !is_part || stop.at > first.len() + 1 {
        return None;
    }
    let shown = if whole.len() > 60 { format!("{first} …") } else { whole.to_owned() };
    let help = format!("move it to the braces of the request: `{}.item(1) {{ {shown} }}`", stop.some_api());
    found_at(0..first.len(), Code::Syntax, format!("unexpected `{first}` beside a request"), help)
}

/// `GET shop /items`, `call shop.item(1)`, `let res = shop.item(1)`, `res = shop.item(1)`, `shop::item(1)`.
fn call(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let (first, api) = (stop.first(), stop.some_api());
    let rest = whole.get(first.len()..)?.trim_start();
    if METHODS.contains(&first.to_lowercase().as_str()) && word(rest) == api {
        let path = rest[api.len()..].trim_start();
        let help = format!("write `{api} {} {path}`", first.to_uppercase());
        return found_at(0..first.len(), Code::BadMethod, format!("unexpected `{first}` before the api"), help)?
            .replacing(0..whole.len())
            .filter(|_| path.starts_with(['/', '"']));
    }
    let request = |text: &str| {
        text.strip_prefix(api).is_some_and(|rest| rest.starts_with('.') || rest.starts_with(" GET ") || rest.starts_with(" POST "))
    };
    if matches!(first, "call" | "send" | "do" | "execute" | "exec" | "invoke" | "perform" | "request" | "fetch" | "await") && request(rest)
    {
        let help = format!("write `{rest}`");
        return found_at(0..first.len(), Code::ForeignStatement, format!("unexpected `{first}` before a request"), help)?
            .replacing(0..whole.len());
    }
    if let Some(path) = rest.strip_prefix("::").or_else(|| rest.strip_prefix("->")).filter(|_| first == api) {
        let help = format!("write `{api}.{path}`");
        let at = whole.len() - path.len();
        return found_at(at - 2..at, Code::ForeignOperator, format!("unknown operator `{}`", &whole[at - 2..at]), help)?
            .replacing(0..whole.len());
    }
    let (name, value) = rest.split_once('=').filter(|_| !matches!(first, "expect" | "if"))?;
    let name = if name.trim().is_empty() { first } else { name.trim() };
    if !request(value.trim()) || word(name) != name {
        return None;
    }
    let help = format!("write `{}`: the request's response is the step's; `take {name} = json.{name}` reads from it", value.trim());
    found_at(0..whole.find('=')? + 1, Code::Syntax, "unexpected name for a response", help)?.replacing(0..whole.len())
}

/// `shop GET "/items/" + n`, `shop GET /items/ + n`, `shop POST("/items")`, `shop GET env.shop.url`, `shop GET 127.0.0.1:80/items`.
fn target(stop: &ParseStop<'_>, whole: &str, rest: &str) -> Option<Mistake> {
    let rest = rest.trim_start_matches('.');
    let method = word(rest);
    let path = rest[method.len()..].trim_start();
    if !METHODS.contains(&method.to_lowercase().as_str()) {
        return None;
    }
    let head = format!("{} {}", stop.some_api(), method.to_uppercase());
    if let Some(inside) = path.strip_prefix('(') {
        let close = closing(path, 0)?;
        let args = crate::foreign::arguments(&inside[..close - 1]);
        let target = args.first()?.trim_matches(['"', '\'']);
        let behind = path[close + 1..].trim();
        let behind = if behind.is_empty() { String::new() } else { format!(" {behind}") };
        let help = format!("write `{head} {target}{behind}`");
        let start = whole.len() - path.len();
        let open = found_at(start..start + 1, Code::BadPath, "unexpected brackets around a path", help);
        let end = super::stop::offset(stop.text, whole) + whole.len();
        return if target.starts_with('/') && args.len() == 1 { open?.replacing(0..end) } else { None };
    }
    if stop.token == "+" {
        let (left, right) = path.split_once('+')?;
        let right = right.split(['{', ';']).next()?.trim();
        let left = left.trim().trim_matches('"');
        let is_name = !right.is_empty() && right.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.'));
        let end = stop.at + stop.text[stop.at..].find(right)? + right.len();
        let help = format!("write `{head} {left}{{{right}}}`");
        return found_at(stop.at..stop.at + 1, Code::BadPath, "unexpected `+` after a path", help)?
            .replacing(0..end)
            .filter(|_| is_name && left.starts_with('/'));
    }
    if stop.token == "&" {
        let help = "write the parameters without spaces, `/items?a=1&b=2`, or in `query { a: 1, b: 2 }`";
        return found_at(stop.at..stop.at + 1, Code::BadPath, "unexpected space in a path", help);
    }
    let bare = path.split([' ', ';', '{']).next().unwrap_or_default();
    if bare.starts_with("env.") {
        let help = format!("write `{head} \"{{{bare}}}\"`");
        let start = whole.len() - path.len();
        return found_at(start..start + bare.len(), Code::BadPath, "unexpected value, expected a path", help)?
            .replacing(0..start + bare.len());
    }
    let host = bare.split('/').next().unwrap_or_default();
    let is_host = host.contains(':')
        && host.rsplit(':').next().is_some_and(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
        || host.starts_with("localhost")
        || host.split('.').count() == 4 && host.split('.').all(|part| part.parse::<u8>().is_ok());
    if is_host && !bare.contains("://") {
        let start = whole.len() - path.len();
        let help = format!("write `\"http://{bare}\"`, or the path alone with the host in the api's `base`");
        return found_at(start..start + bare.len(), Code::BadPath, "unexpected host, expected a path", help)?
            .replacing(start..start + bare.len());
    }
    None
}

/// `shop.item(1), headers { … }`, `shop.item(1) with headers { … }`, `shop POST /items json { … }`, `shop.item(1) -> res`.
fn behind(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end().trim_end_matches(',');
    if before.is_empty() || before == stop.some_api() || before.ends_with('.') {
        return None;
    }
    let rest = stop.text[stop.at..].trim_start_matches([',', ' ']);
    let parts = ["with ", "using ", "and "].into_iter().find_map(|word| rest.strip_prefix(word)).unwrap_or(rest);
    if rest.starts_with("-> ") || rest.starts_with("=> ") || rest.starts_with("as ") {
        let help = "remove it: `take name = json.id` in the step reads from the response";
        return found_at(
            stop.at..whole.len().max(stop.at + 2),
            Code::ForeignOperator,
            format!("unexpected `{}` after a request", &rest[..2]),
            help,
        )?
        .replacing(before.len()..whole.len().max(stop.at + 2));
    }
    let first = word(parts);
    if !PARTS.contains(&first) {
        return None;
    }
    let start = stop.text[stop.at..].find(first)? + stop.at;
    let place = start..start + first.len();
    if first == "expect" && stop.strict == Rule::only_stmt {
        let message = format!("missing end of a statement before `{first}`");
        let help = "start a new line before it, or write `;` between two statements";
        return found_at(place, Code::Syntax, message, help)?.edited(vec![(before.len()..start, "; ".to_owned())]);
    }
    let part = parts[..super::foreign_members::member_end(parts)].trim_end();
    let help = if part.len() > 80 || part.contains('`') {
        format!("write it in braces: `{{ {first} … }}`")
    } else {
        format!("write `{{ {part} }}`: the parts of a request are in braces")
    };
    let edit = (before.len()..start + part.len(), format!(" {{ {part} }}"));
    found_at(place, Code::Syntax, "missing braces around the parts of a request", help)?.edited(vec![edit])
}
