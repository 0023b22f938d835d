//! Members of apis, users, tasks and data, and parts of requests, in the syntax of other tools.

use super::stop::{Mistake, ParseStop, found, found_at, found_exactly, offset};
use super::vocabulary::{METHODS, PARTS, USER, word};
use crate::diagnostic::Code;
use crate::foreign;
use ltc_grammar::Rule;

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    match stop.strict {
        Rule::only_api => auth(stop).or_else(|| api(stop)),
        Rule::only_part | Rule::only_hc => auth(stop).or_else(|| part(stop)),
        Rule::only_user => user(stop),
        Rule::only_task => task(stop),
        Rule::only_data => known(stop, foreign::data_option(stop.first()), "an option of data"),
        Rule::only_item => item(stop),
        _ => None,
    }
}

/// A word of another tool at the start of the text.
fn known(stop: &ParseStop<'_>, fix: Option<&str>, what: &str) -> Option<Mistake> {
    let first = stop.first();
    let mistake = found_at(0..first.len(), Code::ForeignStatement, format!("unexpected `{first}`, expected {what}"), fix?)?;
    if fix?.starts_with("remove it") { mistake.replacing(0..member_end(stop.line())) } else { Some(mistake) }
}

/// The end of the member at the start of a line, outside of quotes and braces.
pub(super) fn member_end(line: &str) -> usize {
    let (mut quoted, mut depth) = (false, 0_usize);
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'{' | b'(' | b'[' if !quoted => depth += 1,
            b';' | b'}' | b'#' if !quoted && depth == 0 => return line[..at].trim_end().len(),
            b'}' | b')' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    line.trim_end().len()
}

fn item(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    let rest = stop.line()[first.len()..].trim_start();
    if first == "user" && rest.starts_with('{') {
        return found_at(0..first.len(), Code::Syntax, "missing name of a user", "write, for example, `user Shopper {`");
    }
    if let Some(mistake) = head(stop) {
        return Some(mistake);
    }
    if matches!(first, "sequence" | "tasks" | "api" | "user") && rest.starts_with('"') {
        let name: String = rest[1..].split('"').next()?.chars().filter(char::is_ascii_alphanumeric).collect();
        let name = if name.is_empty() { "Name" } else { &name };
        let help = format!("write `{first} {name}`: a name has letters, digits and `_`");
        let place = stop.line().find('"')?..stop.line().rfind('"')? + 1;
        let message = format!("unexpected string, expected the name of `{first}`");
        return found_at(place.clone(), Code::Syntax, message, help)?.replacing(0..place.end);
    }
    if stop.token == ":" && first == "user" && stop.text[..stop.at].trim_end().ends_with("weight") {
        return found(Code::Syntax, "unexpected `:`", "remove the `:` between a member and its value");
    }
    if rest.starts_with('"')
        && let Some(name) = rest.split('"').nth(1)
        && matches!(first, "scenario" | "flow" | "test" | "describe" | "suite" | "feature")
    {
        let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let help = format!("write `sequence {} {{ … }}`", if name.is_empty() { "Name" } else { &name });
        return found_at(0..first.len(), Code::ForeignStatement, format!("`{first}` is not a keyword"), help);
    }
    let ours = [super::vocabulary::ITEMS, super::vocabulary::STATEMENTS, super::vocabulary::API];
    if ours.iter().any(|words| words.contains(&first)) {
        return None;
    }
    if let Some(value) = rest.strip_prefix('=').filter(|value| !value.starts_with('=')) {
        let help = foreign::assigned(first, value, stop.some_api())
            .unwrap_or_else(|| format!("write `let {first} = {}`", value.trim().trim_end_matches(';')));
        let end = member_end(stop.line());
        return found_at(0..first.len(), Code::Assignment, "unexpected `=`, expected `let` before the name", help)?.replacing(0..end);
    }
    known(stop, foreign::item(first).or_else(|| foreign::user_member(first)), "an item of a spec")
}

/// `sequence {`, `sequence S =>`, `data "x.csv"`, `data rows = "x.csv"`, `before {`, `on start {` outside of a user.
fn head(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    let rest = stop.line()[first.len()..].trim_start();
    let here = |message: String, help: String| found_at(0..first.len(), Code::Syntax, message, help);
    match first {
        "sequence" | "tasks" | "api" | "resource" if rest.starts_with(['{', ':', '(']) => {
            here(format!("missing name of `{first}`"), format!("write, for example, `{first} Shop {{`"))
        }
        "before" if matches!(word(rest), "each" | "every" | "iteration") => here(
            format!("unexpected `before {}`", word(rest)),
            "write the steps at the start of the sequence, or `on start { … }` in the user for once per user".to_owned(),
        ),
        "before" | "after" if !rest.starts_with("test") => {
            here(format!("unexpected `{first}`, expected `{first} test`"), format!("write `{first} test {{ … }}`"))
        }
        "on" | "every" if matches!(word(rest), "start" | "stop") || first == "every" => {
            let name = if first == "on" { format!("on {}", word(rest)) } else { first.to_owned() };
            here(
                format!("unexpected `{name}` at the top level, expected within a `user`"),
                format!("move it: `user Name {{ run Name; {name} … }}`"),
            )
        }
        "data" if rest.starts_with('"') => {
            let file = rest.split('"').nth(1).unwrap_or("rows.csv");
            here("missing name of `data`".to_owned(), format!("write `data rows from \"{file}\"`"))
        }
        "data" if stop.token == "=" && rest.split_once('=').is_some_and(|(_, value)| value.trim_start().starts_with('[')) => {
            let help = "write the rows to a JSON file, `data rows from \"rows.json\"`, or a list: `let rows = [ … ]` with `one_of(rows)`";
            found(Code::Syntax, "unexpected list, expected the path of a file", help)
        }
        "data" if matches!(stop.token, "=" | ":" | "in" | "as") && !word(rest).is_empty() => {
            let name = word(rest);
            let file = rest.split('"').nth(1).unwrap_or("rows.csv");
            let end = stop.line().rfind('"').map_or(stop.at, |at| at + 1);
            found(Code::Syntax, format!("unexpected `{}`, expected `from`", stop.token), format!("write `data {name} from \"{file}\"`"))?
                .replacing(0..end)
        }
        "user" if stop.token == "=" && stop.text[..stop.at].trim_end().ends_with("weight") => {
            found(Code::Assignment, "unexpected `=` after an option", "remove the `=`: write `weight 3`")?
                .edited(vec![(stop.at..stop.at + 1, " ".to_owned())])
        }
        "tasks" if stop.token == "[" => {
            found(Code::Syntax, "unexpected `[`, expected `{`", "write the members in braces, such as `tasks Name { 3 A; 1 B }`")
        }
        "sequence" if matches!(stop.token, "weight" | "skip" | "times" | "retry") => {
            let help = match stop.token {
                "weight" => "write the weight in `tasks`, such as `tasks Name { 3 Browse; 1 Buy }`",
                "skip" => "move it behind the name of a step, such as `step \"Name\" skip { … }`",
                _ => "move it around the steps, such as `repeat 3 { … }` or `retry 2 times { … }`",
            };
            found(Code::Syntax, format!("unexpected `{}` after the name of a sequence", stop.token), help)
        }
        "sequence" | "tasks" | "api" | "user" if matches!(stop.token, "=>" | "->" | "=") => {
            let behind = stop.text[stop.at + stop.token.len()..].trim_start_matches(' ');
            let end = stop.text.len() - behind.len() + usize::from(behind.starts_with('{'));
            found(Code::Syntax, format!("unexpected `{}`, expected `{{`", stop.token), format!("write `{first} {} {{`", word(rest)))?
                .replacing(0..end)
        }
        _ => None,
    }
}

/// `auth "Bearer x"`, `auth bearer token`, `auth { type: "bearer" }`.
fn auth(stop: &ParseStop<'_>) -> Option<Mistake> {
    let rest = stop.line().strip_prefix("auth ")?.trim_end_matches([';', '}', ' ']).trim();
    let scheme = word(rest);
    let start = offset(stop.text, rest);
    // `auth bearer {name}`, as in a path.
    if let Some(name) = rest.strip_prefix("bearer {").or_else(|| rest.strip_prefix("Bearer {")) {
        let end = start + rest.len();
        let message = "unexpected value of `auth`, expected a kind with its values in brackets";
        if name.is_empty() || name.contains(['{', ' ']) || !stop.text[end..].starts_with('}') {
            return found_at(start..end, Code::Syntax, message, "write the value in brackets, such as `auth bearer(token)`");
        }
        return found_at(start..end + 1, Code::Syntax, message, format!("write `auth bearer({name})`"))?.replacing(0..end + 1);
    }
    let values: Vec<&str> = rest[scheme.len()..].split_whitespace().collect();
    let help = match (scheme.to_lowercase().as_str(), rest) {
        ("bearer" | "token" | "jwt", _) if rest[scheme.len()..].starts_with(' ') => format!("write `auth bearer({})`", values.join("")),
        ("basic", _) if rest[scheme.len()..].starts_with(' ') => {
            let values: Vec<&str> = values.iter().map(|value| value.trim_end_matches(',')).collect();
            format!("write `auth basic({})`", if values.len() == 2 { values.join(", ") } else { "user, password".to_owned() })
        }
        (_, rest) if rest.starts_with('"') => match rest[1..].split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => format!("write `auth bearer(\"{token})`"),
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("basic") => "write `auth basic(user, password)`".to_owned(),
            _ => format!("write `auth bearer({rest})`, or `auth header(\"X-Key\", {rest})`"),
        },
        (_, rest) if rest.starts_with('(') && rest.ends_with(')') && crate::foreign::arguments(&rest[1..rest.len() - 1]).len() == 2 => {
            format!("write `auth basic{rest}`")
        }
        (_, rest) if rest.starts_with('{') => {
            "write `auth bearer(token)`, `auth basic(user, password)` or `auth header(\"X-Key\", key)`".to_owned()
        }
        _ => return None,
    };
    let place = start..start + rest.len();
    found_at(place.clone(), Code::Syntax, "unexpected value of `auth`, expected a kind with its values in brackets", help)?
        .replacing(0..place.end)
}

fn api(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    let line = stop.line();
    let rest = line[first.len()..].trim_start();
    let called = word(rest);
    let end = member_end(line);
    if let Some((head, path)) = line.get(..end).and_then(|whole| whole.strip_prefix(first)?.trim_start().split_once('='))
        && METHODS.contains(&first.to_lowercase().as_str())
        && path.trim_start().starts_with('/')
        && !called.is_empty()
        && rest[called.len()..].starts_with('(')
    {
        let help = format!("write `{} = {} {}`", head.trim_end(), first.to_uppercase(), path.trim());
        return found_at(0..first.len(), Code::BadMethod, format!("unexpected `{first}`, expected the name of a request"), help)?
            .replacing(0..end);
    }
    if let Some(rest) = line[first.len()..].strip_prefix(' ').filter(|rest| rest.trim_start().starts_with('('))
        && rest.contains('=')
        && !super::vocabulary::API.contains(&first)
    {
        let end = first.len() + 1 + (rest.len() - rest.trim_start().len());
        return found_at(first.len()..end, Code::Syntax, "unexpected space before the parameters", format!("write `{first}(…)`"))?
            .edited(vec![(first.len()..end, String::new())]);
    }
    if stop.token.starts_with('"') && stop.wants(Rule::method) && first != "healthcheck" {
        let help = format!("write the method, such as `GET {}`", stop.token);
        return found(Code::BadMethod, "missing method before a path", help);
    }
    if METHODS.contains(&first) && rest.starts_with(|c: char| c.is_ascii_alphabetic()) && rest.contains('(') && rest.contains('=') {
        let help = format!("remove `{first}`: the method follows the `=`");
        return found_at(0..first.len(), Code::ForeignStatement, format!("unexpected `{first}`, expected the name of a request"), help);
    }
    if matches!(first, "def" | "function" | "fn" | "func" | "request" | "endpoint") && rest.contains('(') {
        let help = format!("remove `{first}`: write, for example, `{}(id) = GET /items/{{id}}`", word(rest));
        return found_at(0..first.len(), Code::ForeignStatement, format!("`{first}` is not a keyword"), help);
    }
    if let Some(value) = rest.strip_prefix('=').map(str::trim_start) {
        let method = word(value);
        if METHODS.contains(&method.to_lowercase().as_str()) {
            return found_at(0..first.len(), Code::Syntax, "missing brackets after the name of a request", format!("write `{first}()`"))?
                .replacing(0..first.len());
        }
        let option = super::vocabulary::API.contains(&first);
        let help = if option { format!("remove the `=`: write `{first} {value}`") } else { foreign::api_member(first)?.to_owned() };
        let at = first.len() + line[first.len()..].find('=')?;
        return found_at(at..at + 1, Code::Assignment, "unexpected `=` after an option", help);
    }
    if rest.starts_with('(') || METHODS.contains(&first.to_lowercase().as_str()) && !first.starts_with(char::is_lowercase) {
        return None;
    }
    if let Some(mistake) = known(stop, foreign::api_member(first), "a member of an api") {
        return Some(mistake);
    }
    let option = !rest.is_empty() && !super::vocabulary::API.contains(&first) && stop.wants(Rule::params) && !first.is_empty();
    if !option || ltc_config::suggest::nearest(first, super::vocabulary::API.iter().copied()).is_some() {
        return None;
    }
    let help = format!("use one of the options: {}", super::vocabulary::API.join(", "));
    found_at(0..first.len(), Code::Syntax, format!("unknown option `{first}` of an api"), help)
}

/// `POST /items { "a": 1 }`: the body alone.
fn part(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    let quoted = stop.text.starts_with('"');
    let key = if quoted { stop.text[1..].find('"')? + 2 } else { first.len() };
    let behind = stop.text[key..].trim_start();
    let is_key = behind.starts_with([',', '}']);
    let is_part = PARTS.contains(&first) || matches!(first, "body" | "data" | "payload" | "params" | "files" | "name" | "tags") && !is_key;
    if is_part || key == 0 || !(behind.starts_with([':', ',', '}']) || behind.is_empty() && stop.at > 0) {
        return None;
    }
    let shown = &stop.text[..key];
    let help = "write the kind of the body before its braces, such as `json { … }` or `form { … }`";
    found_at(0..key, Code::Syntax, format!("unexpected `{shown}`, expected a part of a request"), help)
}

fn user(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    let line = stop.line();
    let rest = line[first.len()..].trim_start();
    if first == "run" && stop.token == "," {
        let help = "write `run Name` with `tasks Name { A; B }`, or with a sequence that runs both";
        return found(Code::Syntax, "unexpected second sequence of a user", help);
    }
    if first == "on" && matches!(word(rest), "end" | "exit" | "finish" | "teardown" | "begin" | "init" | "setup" | "startup") {
        let meant = if matches!(word(rest), "begin" | "init" | "setup" | "startup") { "start" } else { "stop" };
        let at = line.len() - rest.len();
        let message = format!("unexpected `{}`, expected `start` or `stop`", word(rest));
        return found_at(at..at + word(rest).len(), Code::ForeignStatement, message, format!("write `on {meant}`"))?
            .replacing(0..at + word(rest).len());
    }
    if first == "wait"
        && let Some(mistake) = super::foreign_shapes::range_in_words(stop)
    {
        return Some(mistake);
    }
    if first == "run" && rest.contains("times") {
        let name = word(rest);
        return found(
            Code::Syntax,
            format!("unexpected `{}`", stop.token),
            format!("write `repeat 3 {{ run {name} }}` in a sequence: a user runs it again and again"),
        );
    }
    if let Some(value) = rest.strip_prefix('=').map(str::trim_start)
        && USER.contains(&first)
    {
        let at = first.len() + line[first.len()..].find('=')?;
        return found_at(
            at..at + 1,
            Code::Assignment,
            "unexpected `=` after an option",
            format!("remove the `=`: write `{first} {value}`"),
        );
    }
    // `wait_time = between(1, 5)`
    let call = rest.strip_prefix('=').and_then(|value| value.trim().split_once('('));
    let wait = call.and_then(|(name, args)| foreign::call(None, name, args.trim_end_matches([')', ';']), stop.some_api()));
    if let Some(wait) = wait.filter(|wait| wait.starts_with("write `wait") && foreign::user_member(first).is_some()) {
        let message = format!("unexpected `{first}`, expected a member of a user");
        return found_exactly(0..member_end(line), Code::ForeignStatement, message, wait.trim_end_matches(" in the user"));
    }
    if let Some(mistake) = known(stop, foreign::user_member(first), "a member of a user") {
        return Some(mistake);
    }
    let alone = first.starts_with(|c: char| c.is_ascii_uppercase()) && (rest.is_empty() || rest.starts_with([';', '}', '(']));
    alone
        .then(|| found_at(0..first.len(), Code::Syntax, format!("missing `run` before `{first}`"), format!("write `run {first}`")))
        .flatten()
}

/// `S weight 3`, `3: S`, `50% S`, `"S"`.
fn task(stop: &ParseStop<'_>) -> Option<Mistake> {
    let line = stop.line().split([';', '}']).next()?.trim_end();
    let name = word(line.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ':' | '%' | ' ' | '*' | 'x' | '(' | ')' | '"')));
    if let Some((name, weight)) = line.split_once(" weight ") {
        return found_at(
            0..line.len(),
            Code::Syntax,
            "unexpected name, expected the weight first",
            format!("write `{} {}`", weight.trim(), name.trim()),
        );
    }
    if line.starts_with('"') {
        return found_at(0..line.len(), Code::Syntax, "unexpected quotes around the name of a sequence", format!("write `{name}`"));
    }
    let weight = &line[..line.find(|c: char| !c.is_ascii_digit()).unwrap_or(line.len())];
    if !weight.is_empty() && !name.is_empty() {
        let behind = line[weight.len()..].trim_start();
        if let Some(mistake) = task_request(stop, weight, behind) {
            return Some(mistake);
        }
        let sign = behind.chars().next()?;
        if matches!(sign, ':' | '%' | '*') {
            let at = line.len() - behind.len();
            return found_at(at..at + 1, Code::Syntax, format!("unexpected `{sign}` after a weight"), format!("write `{weight} {name}`"));
        }
    }
    None
}

/// `3 shop.item(1)`, `3 { shop.item(1) }`: a request in place of a sequence.
fn task_request(stop: &ParseStop<'_>, weight: &str, behind: &str) -> Option<Mistake> {
    let line = stop.line();
    let end = member_end(line);
    if behind.starts_with('{') {
        let start = line.find('{')?;
        let help = format!("write `{weight} step \"Name\" {{`");
        return found_at(start..start + 1, Code::MissingQuotes, "missing name of a step", help)?.replacing(0..start + 1);
    }
    let rest = &behind[word(behind).len()..];
    let is_method = rest.strip_prefix(' ').is_some_and(|rest| METHODS.iter().any(|method| word(rest) == method.to_uppercase()));
    if !(rest.starts_with('.') && rest.contains('(') || is_method) {
        return None;
    }
    let start = line.len() - line[weight.len()..].trim_start().len();
    let help = format!("write `{weight} step \"Name\" {{ {} }}`", line.get(start..end)?);
    found_at(start..end, Code::Syntax, "unexpected request in `tasks`, expected a sequence or a step", help)?.replacing(0..end)
}
