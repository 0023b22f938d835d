//! Statements that name, change or print a value in the syntax of other languages, and statements that the language does not need.

use ltc_grammar::Rule;

use super::stop::{Mistake, ParseStop, found_at, found_exactly};
use super::vocabulary::word;
use crate::diagnostic::Code;

/// Words of other languages for `log`.
const LOGS: [&str; 10] = ["puts", "debug", "info", "warn", "warning", "trace", "say", "printf", "println", "notice"];

/// Single words of other tools, each with the fix.
const ALONE: [(&[&str], &str); 9] = [
    (&["abort", "quit", "die", "terminate"], "write `stop user` to end this user, `leave` to end the sequence"),
    (&["skip", "next", "finish", "end", "done"], "write `leave` to end the sequence"),
    (&["fail", "error"], "write `fail \"why\"`"),
    (&["sync", "barrier", "rendezvous", "rendez_vous", "join"], "remove it: users do not wait for each other"),
    (&["reset", "clear_cookies", "flush"], "write `reset {api}`"),
    (
        &["rampup", "ramp_up", "rampUp", "ramp", "vus", "users", "duration"],
        "set it in the profile, which defines the number of users, the rate and the duration",
    ),
    (&["noop", "nop", "todo"], ""),
    (&["wait"], "write `wait 1s`, or a range: `wait 1s..3s`"),
    (&["log"], "write what to print, such as `log \"{name}\"`"),
];

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    if !matches!(stop.strict, Rule::only_stmt | Rule::only_item) {
        return None;
    }
    let line = stop.line();
    let whole = line[..super::foreign_members::member_end(line)].trim_end();
    match stop.first() {
        "set" => chained(stop, whole).or_else(|| set(stop, whole)),
        "let" | "keep" => chained(stop, whole).or_else(|| named(stop, whole)),
        "wait" => wait(stop, whole).or_else(|| alone(stop, whole).filter(|_| whole == "wait")),
        "log" => logged(stop, whole).or_else(|| alone(stop, whole).filter(|_| whole == "log")),
        _ if stop.strict == Rule::only_stmt => printed(stop, whole).or_else(|| alone(stop, whole)).or_else(|| once(stop)),
        _ => None,
    }
}

/// `let x = y = 3`: each name has a statement of its own, and the last one is assigned first.
fn chained(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let first = stop.first();
    let parts: Vec<&str> = whole.strip_prefix(first)?.split('=').map(str::trim).collect();
    let (value, names) = parts.split_last()?;
    let is_chain = stop.token == "=" && names.len() > 1 && names.iter().all(|name| !name.is_empty() && word(name) == *name);
    if !is_chain || value.is_empty() {
        return None;
    }
    let mut statements = Vec::new();
    let mut value = *value;
    for name in names.iter().rev() {
        statements.push(format!("{first} {name} = {value}"));
        value = name;
    }
    let help = format!("write `{}`", statements.join("; "));
    let place = stop.at..stop.at + 1;
    found_at(place, Code::Assignment, "unexpected `=` after a value", help)?.replacing(0..whole.len())
}

/// `set n: 4`, `set n 4`, `set n to 4`, `set n + 1`, `set $n = 4`, `set shop.auth = "x"`, `set shop.headers = …`.
fn set(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let rest = whole.strip_prefix("set ")?.trim_start();
    let here = stop.at..(stop.at + stop.token.len()).min(whole.len()).max(stop.at);
    if let Some(value) = rest.strip_prefix(stop.some_api()).and_then(|rest| rest.strip_prefix('.')) {
        return set_option(stop, whole, value);
    }
    if let Some(plain) = rest.strip_prefix('$') {
        let at = whole.len() - rest.len();
        return found_at(at..at + 1, Code::ForeignTemplate, "unexpected `$` in a name", format!("write `set {plain}`"))?
            .replacing(0..whole.len());
    }
    if rest.starts_with("cookie") {
        let help = format!(
            "write `headers {{ \"Cookie\": \"name=value\" }}` in a request; `{} {{ cookies on … }}` keeps those that the server sets",
            "api"
        );
        return found_at(0..whole.len(), Code::ForeignStatement, "unexpected cookie after `set`", help);
    }
    let name = word(rest);
    let behind = rest[name.len()..].trim_start();
    if name.is_empty() || behind.is_empty() || behind.starts_with(['=', '.', '[', '(']) {
        return None;
    }
    if behind.starts_with(['+', '-', '*', '/']) && !behind.contains('=') && !behind.starts_with("++") && !behind.starts_with("--") {
        let help = format!("write `set {name} = {name} {behind}`");
        return found_at(here, Code::Assignment, "missing `=` after the name", help)?.replacing(0..whole.len());
    }
    let value = [":=", ":", "to ", "as ", "<-"].into_iter().find_map(|sign| behind.strip_prefix(sign)).or_else(|| {
        behind.starts_with(|char: char| char.is_ascii_alphanumeric() || matches!(char, '"' | '[' | '{' | '_')).then_some(behind)
    })?;
    let help = format!("write `set {name} = {}`", value.trim());
    let message = if stop.token.is_empty() {
        "missing `=` after the name".to_owned()
    } else {
        format!("unexpected `{}`, expected `=`", stop.token.trim_matches('"'))
    };
    found_at(here, Code::Assignment, message, help)?.replacing(0..whole.len())
}

/// `set shop.auth = "Bearer x"`, `set shop.auth bearer(x)`, `set shop.headers = { … }`.
fn set_option(stop: &ParseStop<'_>, whole: &str, rest: &str) -> Option<Mistake> {
    let api = stop.some_api();
    let option = word(rest);
    let value = rest[option.len()..].trim_start().trim_start_matches(['=', ':']).trim();
    if matches!(option, "auth" | "token" | "authorization" | "bearer") && !value.is_empty() {
        let value = value.replacen("\"Bearer ", "\"", 1);
        // `bearer "x"` without brackets.
        let bare = word(&value);
        let bracketed = value[bare.len()..].strip_prefix(' ').filter(|_| matches!(bare, "bearer" | "basic" | "Bearer" | "Basic"));
        let value = bracketed.map_or(value.clone(), |inside| format!("{}({})", bare.to_lowercase(), inside.trim()));
        let kinds = ["bearer(", "basic(", "header(", "aws(", "none"];
        let code = if kinds.iter().any(|kind| value.starts_with(kind)) { value } else { format!("bearer({value})") };
        let help = format!("write `set {api}.auth = {code}`");
        return found_exactly(
            0..whole.len(),
            Code::Syntax,
            "unexpected value of `auth`, expected a kind with its values in brackets",
            help,
        );
    }
    let help = format!(
        "write a `keep` of the file in the option of the api, and set that: `keep value = null`, `api {api} {{ {option} … value … }}`, `set value = …`"
    );
    found_at(0..whole.len(), Code::Syntax, format!("unexpected `{option}` of an api, expected `auth`"), help)
}

/// `let m := 3`, `let mut m = 3`, `let my-var = 3`, `let m 3`, `let m: int`.
fn named(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let first = stop.first();
    let rest = whole[first.len()..].trim_start();
    let start = whole.len() - rest.len();
    let name = word(rest);
    let behind = rest[name.len()..].trim_start();
    if let Some(value) = behind.strip_prefix(":=") {
        let at = whole.find(":=")?;
        let help = format!("write `{first} {name} = {}`", value.trim());
        return found_at(at..at + 2, Code::Assignment, "unexpected `:=`, expected `=`", help)?.replacing(0..whole.len());
    }
    let second = word(behind);
    if matches!(name, "mut" | "var" | "const" | "global" | "static" | "final") && !second.is_empty() {
        return found_at(
            start..start + name.len(),
            Code::ForeignStatement,
            format!("unexpected `{name}` before a name"),
            format!("write `{first} {behind}`"),
        )?
        .replacing(0..whole.len());
    }
    let dashed = rest.split([' ', '=', ':']).next().unwrap_or_default();
    let is_dashed = dashed.contains('-') && dashed.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_'));
    if is_dashed && dashed.starts_with(|char: char| char.is_ascii_alphabetic()) && stop.at <= start + dashed.len() {
        let meant = dashed.replace('-', "_");
        let help = format!("write `{meant}`: a name has letters, digits and `_`");
        return found_exactly(start..start + dashed.len(), Code::Syntax, "unexpected `-` in a name", help);
    }
    let starts_value = behind.starts_with(|char: char| char.is_ascii_digit() || matches!(char, '"' | '[' | '{'));
    if !name.is_empty() && starts_value && stop.at == start + name.len() + (rest[name.len()..].len() - behind.len()) {
        let help = format!("write `{first} {name} = {behind}`");
        return found_at(start..start + name.len(), Code::Assignment, "missing `=` after the name", help)?.replacing(0..whole.len());
    }
    let typed = behind.strip_prefix(':').map(str::trim).filter(|ty| word(ty) == *ty && !ty.is_empty());
    if let Some(ty) = typed.filter(|_| stop.token.is_empty()) {
        let help = format!("write its first value, such as `{first} {name}: {ty} = {}`", example(ty)?);
        return found_at(start..whole.len(), Code::Assignment, format!("missing value of `{name}`"), help);
    }
    (behind.is_empty() && stop.token.is_empty() && !name.is_empty()).then(|| {
        let help = format!("write its first value, such as `{first} {name} = null`");
        found_at(start..whole.len(), Code::Assignment, format!("missing value of `{name}`"), help)
    })?
}

/// A first value of a type.
fn example(ty: &str) -> Option<&'static str> {
    Some(match ty.trim_end_matches('?') {
        "int" | "number" => "0",
        "float" => "0.0",
        "string" => "\"\"",
        "bool" => "false",
        "list" => "[]",
        "object" => "{}",
        _ => return None,
    })
}

/// `wait random 1s..3s`, `wait 1s...3s`, `wait for 3s`, `wait until c`.
fn wait(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let rest = whole.strip_prefix("wait ")?.trim();
    let start = whole.len() - rest.len();
    if let Some(condition) = rest.strip_prefix("until ").or_else(|| rest.strip_prefix("while ")) {
        let not = if rest.starts_with("while") { format!("not ({condition})") } else { condition.to_owned() };
        let help = format!("write `poll every 1s up to 20 times until {not} {{ … }}` around the step that reads it");
        return found_at(
            start..start + word(rest).len(),
            Code::ForeignStatement,
            format!("unexpected `{}` after `wait`", word(rest)),
            help,
        );
    }
    let plain = ["random ", "for ", "about ", "between ", "up to ", "uniform "].into_iter().find_map(|word| rest.strip_prefix(word));
    let time = plain.unwrap_or(rest).trim().replace("...", "..").replace(" and ", "..").replace(" to ", "..");
    let is_time = time.starts_with(|char: char| char.is_ascii_digit()) && time.ends_with(|char: char| char.is_ascii_alphabetic());
    if !is_time || time.contains(' ') || plain.is_none() && !rest.contains("...") {
        return None;
    }
    let message =
        if plain.is_some() { format!("unexpected `{}` after `wait`", word(rest)) } else { "unexpected `...`, expected `..`".to_owned() };
    found_at(start..start + word(rest).len(), Code::ForeignStatement, message, format!("write `wait {time}`"))?
        .replacing(0..whole.len())
        .filter(|_| stop.at > 0)
}

/// `log "x" name`, `log "x", name`.
fn logged(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let text = whole.strip_prefix("log ")?.trim();
    let level = word(text);
    if matches!(level, "info" | "debug" | "warn" | "warning" | "error" | "trace" | "level") && text[level.len()..].starts_with([' ', ',']) {
        let value = text[level.len()..].trim_start_matches([',', ' ']);
        let at = whole.len() - text.len();
        return found_at(
            at..at + level.len(),
            Code::ForeignStatement,
            format!("unexpected `{level}` after `log`"),
            format!("write `log {value}`"),
        )?
        .replacing(0..whole.len())
        .filter(|_| value.starts_with('"'));
    }
    let inside = text.strip_prefix('"')?.split('"').next()?;
    let value = text.get(inside.len() + 2..)?.trim().trim_start_matches([',', '%', ':']).trim();
    let is_value = !value.is_empty() && value.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | '[' | ']'));
    let gap = if inside.ends_with(' ') || inside.is_empty() { "" } else { " " };
    let help = format!("write `log \"{inside}{gap}{{{value}}}\"`");
    let place = stop.at..stop.at + stop.token.len();
    found_at(place, Code::Syntax, "unexpected value after a string", help)?.replacing(0..whole.len()).filter(|_| is_value && stop.at > 4)
}

/// `puts "x"`, `debug name`.
fn printed(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let first = stop.first();
    let value = whole.get(first.len()..)?.trim().trim_start_matches('(').trim_end_matches(')');
    let is_value = value.starts_with('"') || !value.is_empty() && word(value) == value;
    if !LOGS.contains(&first) || !is_value || stop.source.contains(&format!("api {first} ")) {
        return None;
    }
    found_at(0..first.len(), Code::ForeignStatement, format!("`{first}` is not a keyword"), format!("write `log {value}`"))?
        .replacing(0..whole.len())
}

/// `abort`, `sync`, `fail`, `rampup 10s`, `clear shop`, `think_time 1s`.
fn alone(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let first = stop.first();
    let value = whole.get(first.len()..)?.trim();
    let api = stop.some_api();
    if matches!(first, "clear" | "reset" | "flush" | "logout")
        && (value == api || matches!(value, "cookies" | "session" | "auth" | "cookie" | "cache"))
    {
        return found_exactly(0..whole.len(), Code::ForeignStatement, format!("unexpected `{whole}`"), format!("write `reset {api}`"))
            .filter(|_| first != "reset" || value != api);
    }
    if matches!(first, "think_time" | "thinkTime" | "wait_time" | "pause_for" | "delay_for")
        && value.starts_with(|char: char| char.is_ascii_digit())
    {
        let unit = if value.ends_with(|char: char| char.is_ascii_digit()) { "s" } else { "" };
        let help = format!("write `wait {}{unit}`", value.replace(' ', ""));
        return found_exactly(0..whole.len(), Code::ForeignStatement, format!("`{first}` is not a keyword"), help);
    }
    let number = value.starts_with(|char: char| char.is_ascii_digit());
    if !(value.is_empty() || number) || stop.source.contains(&format!("api {first} ")) {
        return None;
    }
    let (_, help) = ALONE.iter().find(|(words, help)| words.contains(&first) && !help.is_empty())?;
    let known = super::vocabulary::is_statement(first);
    let message = if known { format!("`{first}` needs a value") } else { format!("`{first}` is not a keyword") };
    let code = if matches!(first, "wait" | "log") { Code::Syntax } else { Code::ForeignStatement };
    let mistake = found_at(0..first.len(), code, message, help.replace("{api}", api))?;
    if mistake.help.starts_with("remove") || known { mistake.replacing(0..whole.len()) } else { Some(mistake) }
}

/// `once { … }`, `defer { … }`.
fn once(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    if !stop.text.get(first.len()..)?.trim_start().starts_with('{') {
        return None;
    }
    let help = match first {
        "once" | "on_first" | "first_time" => "move its statements to `on start { … }` of the user, or to `before test { … }`",
        "defer" | "ensure" | "always" | "cleanup" | "clean_up" | "teardown" => {
            "write `finally { … }` as the last statement of the sequence"
        }
        "concurrent" | "concurrently" | "async" | "fork" | "batch" | "simultaneous" | "resources" => "write `parallel { … }`",
        "sequential" | "serial" | "block" | "begin" => "remove it: a sequence runs its statements in their order",
        "random" | "switch" | "choose" | "one_of" | "pick" => "write `tasks Name { 7 A; 3 B }`, and `run Name`",
        _ => return None,
    };
    found_at(0..first.len(), Code::ForeignStatement, format!("`{first}` is not a keyword"), help)
}
