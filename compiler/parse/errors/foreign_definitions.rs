//! Requests of an api, names and options as people write them who know other languages: arrows, optional parameters, names with `-`.

use ltc_grammar::Rule;

use super::stop::{Mistake, ParseStop, closing, found_at, found_exactly};
use super::vocabulary::{API, METHODS, word};
use crate::diagnostic::Code;

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    if let Some(mistake) = parameter(stop) {
        return Some(mistake);
    }
    let line = stop.line();
    let whole = line[..super::foreign_members::member_end(line)].trim_end();
    match stop.strict {
        Rule::only_api => dashed(stop).or_else(|| request(stop, whole)).or_else(|| resource(stop)).or_else(|| option(stop, whole)),
        Rule::only_item => dashed(stop).or_else(|| data(stop, whole)).or_else(|| imported(stop, whole)),
        Rule::only_task => task(stop, whole),
        _ => None,
    }
}

/// `name?`, `name: string | int`, `name = )`, `*names`, `...names` among parameters.
fn parameter(stop: &ParseStop<'_>) -> Option<Mistake> {
    let is_head = match stop.strict {
        Rule::only_api => stop.text[..stop.at].contains('(') && !stop.text[..stop.at].contains(')'),
        Rule::only_item => {
            matches!(stop.first(), "sequence" | "tasks") && stop.text[..stop.at].contains('(') && !stop.text[..stop.at].contains(')')
        }
        _ => false,
    };
    if !is_head || stop.at == 0 {
        return None;
    }
    let before = stop.text[..stop.at].trim_end();
    let start = before.rfind(['(', ','])? + 1;
    let name = before[start..].trim();
    let place = stop.at..stop.at + stop.token.len();
    if stop.token.starts_with('?') && word(name) == name && !name.is_empty() {
        let rest = stop.text[stop.at + 1..].split([',', ')']).next().unwrap_or_default();
        let ty = rest.trim().strip_prefix(':').map(str::trim).filter(|ty| !ty.is_empty());
        let code = ty.map_or_else(|| format!("{name} = null"), |ty| format!("{name}: {}? = null", ty.trim_end_matches('?')));
        let end = stop.at + 1 + rest.trim_end().len();
        return found_at(stop.at..stop.at + 1, Code::ForeignOperator, "unexpected `?` after a parameter", format!("write `{code}`"))?
            .replacing(before.len() - name.len()..end);
    }
    if matches!(stop.token, ")" | ",") && name.ends_with('=') {
        let bare = name.trim_end_matches('=').trim();
        let help = format!("write `{bare} = null`");
        return found_at(before.len() - 1..before.len(), Code::Syntax, "missing default value of a parameter", help)?
            .replacing(before.len() - name.len()..before.len());
    }
    if stop.token == "|" && name.contains(':') {
        let rest = stop.text[stop.at..].split([',', ')']).next().unwrap_or_default().trim_end();
        let (bare, ty) = name.split_once(':')?;
        let nullable = rest.contains("null") || rest.contains("None") || rest.contains("undefined");
        let code = if nullable { format!("{}: {}?", bare.trim(), ty.trim()) } else { bare.trim().to_owned() };
        let why = if nullable { "" } else { ": a parameter without a type takes any value" };
        return found_at(place, Code::Syntax, "unexpected `|` in a type", format!("write `{code}`{why}"))?
            .replacing(before.len() - name.len()..stop.at + rest.len());
    }
    if matches!(stop.token, "*" | "**" | "..." | "&") && name.is_empty() {
        let bare = word(&stop.text[stop.at + stop.token.len()..]);
        let help = format!("write `{bare}`, and call it with a list");
        return found_at(place, Code::ForeignOperator, format!("unexpected `{}` before a parameter", stop.token), help)?
            .replacing(stop.at..stop.at + stop.token.len() + bare.len());
    }
    None
}

/// `get-item(id) = …`, `api my-shop {`, `sequence log-in {`.
fn dashed(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    let line = stop.line();
    let declares =
        matches!(first, "api" | "sequence" | "tasks" | "user" | "data" | "resource") && stop.text[first.len()..].starts_with(' ');
    let rest = if declares { line[first.len()..].trim_start() } else { line };
    let start = line.len() - rest.len();
    let name = &rest[..rest.find(|char: char| !(char.is_ascii_alphanumeric() || matches!(char, '_' | '-'))).unwrap_or(rest.len())];
    let is_name = name.contains('-') && name.starts_with(|char: char| char.is_ascii_alphabetic()) && !name.ends_with('-');
    let follows = rest[name.len()..].trim_start();
    let is_declared = declares || follows.starts_with('(') && stop.strict == Rule::only_api;
    if !is_name || !is_declared || stop.at > start + name.len() {
        return None;
    }
    let help = format!("write `{}`: a name has letters, digits and `_`", name.replace('-', "_"));
    found_exactly(start..start + name.len(), Code::Syntax, "unexpected `-` in a name", help)
}

/// `get(id) { GET /items }`, `get = (id) => GET /items`, `get(id) = GET(/items)`, `"get item"(id) = …`.
fn request(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let name = stop.first();
    let message = "unexpected form of a request, expected `NAME(…) = METHOD /path`";
    let exact = |code: String, end: usize| found_exactly(0..end, Code::BadMethod, message, format!("write `{code}`"));
    let is_method = |text: &str| METHODS.contains(&word(text.trim_start()).to_lowercase().as_str()) && text.contains(['/', '"']);
    if let Some(quoted) = stop.text.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
        let rest = whole.get(quoted.len() + 2..)?;
        let bare: String = quoted.chars().map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '_' }).collect();
        let params = if rest.trim_start().starts_with('(') { "" } else { "()" };
        return exact(format!("{bare}{params}{rest}"), whole.len()).filter(|_| rest.contains('=') && !rest.contains('{'));
    }
    if name.is_empty() || API.contains(&name) {
        return None;
    }
    let rest = &stop.text[name.len()..];
    if rest.starts_with('(') {
        let close = name.len() + closing(rest, 0)?;
        let behind = &stop.text[close + 1..];
        let open = close + 1 + (behind.len() - behind.trim_start().len());
        if stop.text[open..].starts_with('{') {
            let end = closing(stop.text, open)?;
            let inside = stop.text[open + 1..end].trim();
            return exact(format!("{} = {inside}", &stop.text[..=close]), end + 1).filter(|_| is_method(inside) && !inside.contains('\n'));
        }
        let line = behind.trim_start().strip_prefix('=')?.trim_start();
        let method = word(line);
        let path = line[method.len()..].strip_prefix('(').and_then(|path| path.split(')').next())?;
        let code = format!("{} = {} {}", &stop.text[..=close], method.to_uppercase(), path.trim_matches(['"', '\'']));
        return exact(code, whole.len())
            .filter(|_| is_method(line) && path.trim_matches(['"', '\'']).starts_with('/') && !path.contains(','));
    }
    let arrow = rest.trim_start().strip_prefix(['=', ':'])?.trim_start();
    let close = closing(arrow, 0).filter(|_| arrow.starts_with('('))?;
    let line = arrow[close + 1..].trim_start().trim_start_matches(['=', '-', '>']).trim_start();
    let line = line.lines().next()?;
    exact(format!("{name}{} = {}", &arrow[..=close], line.trim_end()), whole.len())
        .filter(|_| is_method(line) && !line.contains('{') || line.contains("/{"))
}

/// `resource "cart" {`, `group cart {`, `resource cart /carts {`.
fn resource(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    let line = stop.line();
    let head = line.split('{').next()?.trim_end();
    let rest = head[first.len()..].trim();
    if !line.contains('{') {
        return None;
    }
    let exact = |message: &str, code: String, end: usize| {
        found_at(first.len() + 1..end.max(first.len() + 2), Code::Syntax, message, format!("write `{code}`"))?.replacing(0..head.len())
    };
    if first == "resource" {
        let name: String = rest.chars().filter(|char| char.is_ascii_alphanumeric() || *char == '_').collect();
        if rest.starts_with('"') && !name.is_empty() {
            return exact("unexpected quotes around the name of a resource", format!("resource {name}"), head.len());
        }
        let path = rest.strip_prefix(word(rest))?.trim();
        let help = "remove it: each request of the resource has its whole path";
        let at = head.len() - path.len();
        return found_at(at..head.len(), Code::Syntax, "unexpected path of a resource", help)?
            .replacing(at..head.len())
            .filter(|_| path.starts_with(['/', '"']) && path.len() < rest.len());
    }
    let is_group = matches!(first, "group" | "namespace" | "folder" | "section" | "collection" | "controller" | "router" | "service");
    let name = rest.trim_matches('"');
    if !is_group || word(name) != name || name.is_empty() {
        return None;
    }
    found_at(
        0..first.len(),
        Code::ForeignStatement,
        format!("unexpected `{first}`, expected a member of an api"),
        format!("write `resource {name}`"),
    )?
    .replacing(0..head.len())
}

/// `cookies`, `redirects 3 hops`, `redirects max 3`, `max_body 10 MB`, `timeout 10s total`.
fn option(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let not_a_member = |code, help: &str| {
        found_at(0..stop.first().len(), code, format!("unexpected `{}`, expected a member of an api", stop.first()), help)
    };
    let words: Vec<&str> = whole.split_whitespace().collect();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let code = match words[..] {
        [option @ ("cookies" | "resend" | "forward_headers")] => format!("{option} on"),
        ["redirects", number, "hops" | "times" | "max" | "redirects"]
        | ["redirects", "max" | "up", number]
        | ["redirects", "up", "to", number]
            if digits(number) =>
        {
            format!("redirects {number}")
        }
        ["follow", "redirects"] => {
            let help = "remove it: redirects are followed by default; `redirects any` also follows those to other hosts";
            return found_at(0..whole.len(), Code::ForeignStatement, "unexpected `follow`, expected a member of an api", help)?
                .replacing(0..whole.len());
        }
        ["max_body", number, unit @ ("B" | "KB" | "MB" | "GB" | "kb" | "mb" | "gb")] if digits(number) => {
            format!("max_body {number}{}", unit.to_uppercase())
        }
        ["let" | "keep" | "set" | "take" | "var" | "const", ..] => {
            let help = "move it to the top level as `let` or `keep`, or to a sequence; an api has options and requests";
            return not_a_member(Code::Syntax, help);
        }
        ["before" | "beforeEach" | "before_request" | "interceptor" | "middleware" | "on", ..] => {
            let help = "write `headers { … }` with an expression: it is evaluated for each request";
            return not_a_member(Code::ForeignStatement, help);
        }
        ["verify_ssl" | "verify_tls" | "ssl_verify" | "verifySsl" | "skip_tls_verify" | "insecure_skip_verify", ..] => {
            let help = "write `tls: { verify: false }` beside the url in config/<env>.yml";
            return not_a_member(Code::ForeignStatement, help);
        }
        _ => return None,
    };
    let place = if words.len() == 1 { 0..whole.len() } else { stop.at..stop.at + stop.token.len() };
    let message = if words.len() == 1 { format!("missing value of `{}`", words[0]) } else { format!("unexpected form of `{}`", words[0]) };
    found_at(place, Code::Syntax, message, format!("write `{code}`"))?.replacing(0..whole.len())
}

/// `data d from "x.csv" unique`, `data d from env.x`, `data d from [{ … }]`.
fn data(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    if stop.first() != "data" {
        return None;
    }
    let before = stop.text[..stop.at].trim_end();
    let rest = &whole[stop.at.min(whole.len())..];
    if before.ends_with("from") && stop.token.starts_with('[') {
        let help = "write the rows to a JSON file, `data rows from \"rows.json\"`, or a list: `let rows = [ … ]` with `one_of(rows)`";
        return found_at(stop.at..stop.at + 1, Code::Syntax, "unexpected list, expected the path of a file", help);
    }
    if before.ends_with("from") && (rest.starts_with("env.") || rest.starts_with("json") || rest.starts_with('{')) {
        let help = "write the path of a file, such as `\"rows.csv\"`; a list of the environment is a value: `one_of(env.some.key)`";
        return found_at(stop.at..stop.at + rest.len(), Code::Syntax, "unexpected value, expected the path of a file", help);
    }
    let head = before.strip_suffix('"').map(|_| before)?;
    let option = rest.trim_matches([',', ' ', ';']);
    let meant: Vec<String> = option
        .split([',', ';'])
        .map(str::trim)
        .map(|option| match option {
            "unique" => "share unique".to_owned(),
            "random" | "shuffle" | "shuffled" => "order random".to_owned(),
            "sequential" | "in order" => "order sequential".to_owned(),
            "recycle" | "loop" | "circular" => "at_end recycle".to_owned(),
            other => other.to_owned(),
        })
        .collect();
    let known = |option: &String| matches!(word(option), "share" | "order" | "at_end" | "where" | "secret");
    if option.is_empty() || option.starts_with('{') || !meant.iter().all(known) {
        return None;
    }
    let help = format!("write `{{ {} }}`", meant.join("; "));
    found_at(stop.at..stop.at + stop.token.len(), Code::Syntax, format!("unexpected `{}`, expected `{{`", stop.token), help)?
        .edited(vec![(head.len()..whole.len(), format!(" {{ {} }}", meant.join("; ")))])
        .filter(|_| head.len() < whole.len())
}

/// `import "shop.lt" { shop }`, `import "a.lt", "b.lt"`.
fn imported(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let file = whole.strip_prefix("import ")?.trim().strip_prefix('"')?.split('"').next()?;
    let end = whole.find('"')? + file.len() + 2;
    let rest = whole.get(end..)?.trim();
    if stop.at < end || rest.is_empty() {
        return None;
    }
    let place = stop.at..stop.at + stop.token.len();
    if let Some(others) = rest.strip_prefix(',').filter(|others| others.trim().starts_with('"')) {
        let code = std::iter::once(format!("import \"{file}\"")).chain(others.split(',').map(|other| format!("import {}", other.trim())));
        let help = format!("write `{}`", code.collect::<Vec<_>>().join("; "));
        return found_at(place, Code::Syntax, "unexpected second file of an import", help)?.replacing(0..whole.len());
    }
    if rest.starts_with(['{', '(']) || rest.starts_with("only") || rest.starts_with("use") {
        return found_at(
            place,
            Code::ForeignStatement,
            "unexpected names in an import",
            "remove it: an import adds all names of the file",
        )?
        .replacing(end..whole.len());
    }
    None
}

/// `3 x S`, `3 run S`, `weight 3 S`.
fn task(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let words: Vec<&str> = whole.split_whitespace().collect();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = |text: &str| text.starts_with(|char: char| char.is_ascii_alphabetic());
    let (weight, name) = match words[..] {
        [weight, "x" | "run" | "times" | "of" | "*" | "exec", name] if digits(weight) => (weight, name),
        ["weight", weight, name] | ["weight", weight, "run", name] if digits(weight) => (weight, name),
        _ => return None,
    };
    let message = format!("unexpected `{}` in `tasks`", if words[0] == "weight" { "weight" } else { words[1] });
    let at = if words[0] == "weight" { 0 } else { whole.find(words[1])? };
    let length = if words[0] == "weight" { 6 } else { words[1].len() };
    found_at(at..at + length, Code::Syntax, message, format!("write `{weight} {name}`"))?
        .replacing(0..whole.len())
        .filter(|_| is_name(name) && !stop.text.is_empty())
}
