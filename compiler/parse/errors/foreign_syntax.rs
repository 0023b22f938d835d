//! Habits from other languages and tools, and frequent slips, recognized where something does not parse.

use ltc_config::suggest::nearest;
use ltc_grammar::Rule;

use super::syntax_errors::{Slip, Stop};
use crate::diagnostic::Code;

/// Statements of other languages, with what says the same here.
const FOREIGN: &[(&str, &str)] = &[
    ("var", "write `let x = …`"),
    ("const", "write `let x = …`"),
    ("val", "write `let x = …`"),
    ("local", "write `let x = …`"),
    ("while", "write `repeat 3 { }`, `for x in xs { }` or `poll every 1s up to 20 times until … { }`"),
    ("loop", "write `repeat 3 { }`, `for x in xs { }` or `poll every 1s up to 20 times until … { }`"),
    ("do", "write `repeat 3 { }`, `for x in xs { }` or `poll every 1s up to 20 times until … { }`"),
    ("until", "write `poll every 1s up to 20 times until … { }`"),
    ("foreach", "write `for x in xs { }`"),
    ("elif", "write `} else if … {`"),
    ("elsif", "write `} else if … {`"),
    ("elseif", "write `} else if … {`"),
    ("switch", "write `if … { } else if … { }`"),
    ("match", "write `if … { } else if … { }`"),
    ("case", "write `if … { } else if … { }`"),
    ("return", "write `leave` to end a sequence, and name its results in its head: `sequence Login() gives token { … }`"),
    ("continue", "write the rest of the loop's body in an `if`"),
    ("exit", "write `stop user` to end this user, `leave` to end the sequence"),
    ("sleep", "write `wait 1s`"),
    ("pause", "write `wait 1s`"),
    ("think", "write `wait 1s`"),
    ("delay", "write `wait 1s`"),
    ("print", "write `log \"…\"`"),
    ("echo", "write `log \"…\"`"),
    ("assert", "write `expect …`"),
    ("check", "write `expect …`"),
    ("verify", "write `expect …`"),
    ("extract", "write `take x = json.id`"),
    ("capture", "write `take x = json.id`"),
    ("save", "write `take x = json.id`"),
    ("try", "write `retry 2 times { }` to try again; a failed step ends the iteration only with `interrupt`"),
    ("catch", "write `retry 2 times { }` to try again; a failed step ends the iteration only with `interrupt`"),
    ("throw", "write `fail \"why\"`"),
    ("raise", "write `fail \"why\"`"),
    ("def", "write `sequence Name(a, b) { … }`"),
    ("function", "write `sequence Name(a, b) { … }`"),
    ("func", "write `sequence Name(a, b) { … }`"),
    ("fn", "write `sequence Name(a, b) { … }`"),
    ("scenario", "write `sequence Name { … }`"),
    ("class", "use `api`, `sequence`, `tasks` or `user`"),
    ("include", "write `import \"shop.lt\"`"),
    ("require", "write `import \"shop.lt\"`"),
    ("grpc", "use HTTP requests: `grpc` is reserved for a later version"),
    ("socket", "use HTTP requests: `socket` is reserved for a later version"),
    ("call", "write `run Name(a, b)`"),
];

/// Operators of other languages.
const OPERATORS: &[(&str, &str)] = &[
    ("===", "write `==`"),
    ("!==", "write `!=`"),
    ("<>", "write `!=`"),
    ("&&", "write `and`"),
    ("||", "write `or`"),
    ("=>", "write `>=` for at least, `:` between a key and its value"),
    ("=~", "write `~`"),
    ("->", "write `:` between a key and its value, `.` before a member"),
    ("++", "write `set x = x + 1`"),
    ("--", "write `set x = x - 1`"),
    ("+=", "write `set x = x + …`"),
    ("-=", "write `set x = x - …`"),
    ("*=", "write `set x = x * …`"),
    ("/=", "write `set x = x / …`"),
    ("**", "write a product, such as `x * x`"),
    ("??", "write `else` for a value that may be missing: `take x = json.id else 0`"),
    ("?.", "write `.`, and `else` in the take for a value that may be missing"),
    ("?", "write `if c then a else b`"),
    ("!", "write `not`"),
    ("&", "write `and`"),
    ("^", "use `+`, `-`, `*`, `/` or `%`"),
];

const ITEMS: &[&str] = &["import", "api", "data", "let", "keep", "sequence", "tasks", "user", "before", "after"];
const STATEMENTS: &[&str] = &[
    "step", "expect", "take", "let", "set", "run", "wait", "if", "for", "repeat", "poll", "retry", "parallel", "group", "log", "fail",
    "leave", "break", "stop", "reset",
];
const API: &[&str] =
    &["base", "keys", "cookies", "resend", "max_body", "auth", "headers", "timeout", "redirects", "healthcheck", "resource"];
pub(super) const PARTS: &[&str] =
    &["json", "form", "query", "headers", "text", "multipart", "graphql", "bytes", "auth", "timeout", "redirects", "expect", "version"];
const USER: &[&str] = &["run", "wait", "weight", "on", "every"];
const METHODS: &[&str] = &["get", "post", "put", "patch", "delete", "head", "options"];

/// The word at the start of `text`.
pub(in crate::parse) fn word(text: &str) -> &str {
    &text[..text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len())]
}

/// Whether `word` starts a statement.
pub(super) fn is_statement(word: &str) -> bool {
    STATEMENTS.contains(&word)
}

/// Whether the text starts with a word that only a statement or a member starts with.
pub(super) fn starts_statement(stop: &Stop<'_>) -> bool {
    let first = stop.first();
    STATEMENTS.contains(&first) || USER.contains(&first) || ITEMS.contains(&first)
}

pub(in crate::parse) fn found(code: Code, message: impl Into<String>, help: impl Into<String>) -> Option<Slip> {
    Some(Slip { code, message: message.into(), help: help.into(), place: None })
}

pub(super) fn found_at(place: std::ops::Range<usize>, code: Code, message: impl Into<String>, help: impl Into<String>) -> Option<Slip> {
    Some(Slip { code, message: message.into(), help: help.into(), place: Some(place) })
}

/// The slip that made `stop`, where it is one of those known.
pub(super) fn slip(stop: &Stop<'_>) -> Option<Slip> {
    beginning(stop)
        .or_else(|| statuses(stop))
        .or_else(|| number(stop))
        .or_else(|| operator(stop))
        .or_else(|| request(stop))
        .or_else(|| quotes(stop))
        .or_else(|| super::foreign_words::slip(stop))
        .or_else(|| structure(stop))
        .or_else(|| misspelt(stop))
}

/// What the broken text begins with.
fn beginning(stop: &Stop<'_>) -> Option<Slip> {
    let first = stop.first();
    let line = stop.line();
    if first == "else" {
        return found_at(
            0..4,
            Code::LineBreak,
            "unexpected `else`, expected it on the line of the `}` before it",
            "write `} else {` on one line",
        );
    }
    if line.starts_with('{') {
        return found_at(
            0..1,
            Code::LineBreak,
            "unexpected `{` at the start of a line",
            "write `{` at the end of the line that the block belongs to",
        );
    }
    let operators = ["==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "<", ">", "|", ",", ".", "=", "~", "!~"];
    let operator =
        operators.iter().copied().find(|op| line.starts_with(op)).or_else(|| ["and", "or", "in"].into_iter().find(|op| *op == first));
    if let Some(op) = operator {
        let help = if op == "." { "join the two lines".to_owned() } else { format!("move `{op}` to the end of the line before") };
        return found_at(0..op.len(), Code::LineBreak, format!("unexpected `{op}` at the start of a line"), help);
    }
    let next = line[first.len()..].trim_start();
    if stop.at > 0
        && let Some((word, help)) = FOREIGN.iter().find(|(word, _)| *word == stop.token && word.starts_with("els") | (*word == "elif"))
    {
        return found(Code::ForeignStatement, format!("`{word}` is not a keyword"), *help);
    }
    let (_, help) = FOREIGN.iter().find(|(word, _)| *word == first)?;
    if next.starts_with(['=', '.']) || (stop.strict == Rule::only_api && next.starts_with('(')) {
        return None;
    }
    found_at(0..first.len(), Code::ForeignStatement, format!("`{first}` is not a keyword"), *help)
}

/// `expect 200 or 3xx`, `expect 200, 204`.
fn statuses(stop: &Stop<'_>) -> Option<Slip> {
    let rest = stop.line().strip_prefix("expect ")?;
    let is_status = |w: &str| {
        w.len() == 3 && w.starts_with(|c: char| c.is_ascii_digit()) && (w.ends_with("xx") || w.bytes().all(|b| b.is_ascii_digit()))
    };
    if let Some(status) = rest.strip_prefix("status ").map(word).filter(|w| is_status(w)) {
        return found(Code::Syntax, "unexpected `status`, expected the status's number alone", format!("write `expect {status}`"));
    }
    if !is_status(word(rest.trim_start())) || !matches!(stop.token, "or" | "," | "and" | "||" | "/" | "to" | "..") && !rest.contains(" or ")
    {
        return None;
    }
    let all: Vec<&str> = rest.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| is_status(w)).collect();
    found_at(
        7..stop.line().trim_end().len(),
        Code::StatusOr,
        "unexpected separator of statuses, expected `|`",
        format!("write `expect {}`", all.join(" | ")),
    )
}

/// The unit that `word` means.
fn time_unit(word: &str) -> Option<&'static str> {
    Some(match word.to_lowercase().as_str() {
        "min" | "mins" | "minute" | "minutes" => "m",
        "sec" | "secs" | "second" | "seconds" => "s",
        "msec" | "msecs" | "millis" | "milliseconds" => "ms",
        "hr" | "hrs" | "hour" | "hours" => "h",
        "day" | "days" => "d",
        _ => return None,
    })
}

/// `5min`, `5 sec`.
fn number(stop: &Stop<'_>) -> Option<Slip> {
    let token = stop.token;
    let before = stop.text[..stop.at].trim_end();
    let unit = matches!(token, "ms" | "s" | "m" | "h" | "d") || time_unit(token).is_some();
    if unit && before.ends_with(|c: char| c.is_ascii_digit()) {
        let start = before.rfind(|c: char| !(c.is_ascii_digit() || c == '.')).map_or(0, |n| n + 1);
        let help = format!("write `{}{}`", &before[start..], time_unit(token).unwrap_or(token));
        return found_at(start..stop.at + token.len(), Code::BadNumber, "unexpected space in a duration", help);
    }
    if !token.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let digits = token.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(token.len());
    let (value, unit) = token.split_at(digits);
    if unit.is_empty() {
        return None;
    }
    let right = match unit {
        unit if time_unit(unit).is_some() => time_unit(unit).unwrap_or_default(),
        "x" | "X" | "XX" | "Xx" if stop.first() == "expect" => {
            let help = format!("write `{}xx` with two small x", &value[..1]);
            return found(Code::BadNumber, format!("unexpected `{token}`, expected a status"), help);
        }
        "xx" if value.len() == 1 => {
            return found(
                Code::BadNumber,
                format!("unexpected `{token}`, expected a value: a class of statuses is not a number"),
                "write `expect 2xx`, or `status >= 200 and status < 300`",
            );
        }
        _ => {
            return found(
                Code::BadNumber,
                format!("unexpected `{token}`, expected a number or a duration"),
                "use the units `ms`, `s`, `m`, `h` and `d`: `250ms`, `1h20m`; names do not start with a digit",
            );
        }
    };
    found(Code::BadNumber, format!("unexpected `{unit}`, expected a unit of time"), format!("write `{value}{right}`"))
}

fn operator(stop: &Stop<'_>) -> Option<Slip> {
    let token = stop.token;
    if stop.wants(Rule::p_assign) && matches!(token, "==" | ":=" | "===") {
        return found(Code::Assignment, "unexpected `==`, expected `=`", "write a single `=`: `==` compares");
    }
    if token == "=" && stop.at > 0 {
        if stop.text[..stop.at].contains(['(', '{', '[']) && stop.wants(Rule::p_colon) {
            return found(Code::Assignment, "unexpected `=`", "write `:` between a key and its value, `==` to compare two values");
        }
        let first = stop.first();
        if !STATEMENTS.contains(&first) && stop.strict == Rule::only_stmt {
            return found_at(
                0..stop.at + 1,
                Code::Assignment,
                "unexpected `=`, expected `let` or `set` before the name",
                format!("write `let {first} = …` for a new name, `set {first} = …` to change one"),
            );
        }
        return found(Code::Assignment, "unexpected `=`", "write `==` to compare two values");
    }
    if token.starts_with('$') {
        return found(Code::ForeignTemplate, "unexpected `$` in a name", "write the name alone, and `{name}` in a text or a path");
    }
    if token == "@" {
        return found(Code::Syntax, "unexpected `@`", "write `@` only after `html \"selector\"`, to read an attribute");
    }
    let (op, help) = OPERATORS.iter().find(|(op, _)| token == *op || (op.len() < token.len() && *op != "!" && token.starts_with(op)))?;
    let first = stop.first();
    let help = match *op {
        "+=" | "-=" | "*=" | "/=" | "++" | "--" if !STATEMENTS.contains(&first) || first == "set" => {
            let name = if first == "set" { word(stop.text[3..].trim_start()) } else { first };
            format!("write `set {name} = {name} {} …`", &op[..1])
        }
        _ => (*help).to_owned(),
    };
    found_at(stop.at..stop.at + op.len(), Code::ForeignOperator, format!("unknown operator `{op}`"), help)
}

/// Method and path.
fn request(stop: &Stop<'_>) -> Option<Slip> {
    let line = stop.line();
    for (at, part) in line.match_indices([' ', '=']) {
        let method = word(&line[at + part.len()..]);
        let behind = line[at + part.len() + method.len()..].trim_start();
        let before = line[..at].trim_end();
        let target = before.is_empty() || before.ends_with(['=', ')']) || before.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if METHODS.contains(&method.to_lowercase().as_str())
            && method.chars().any(char::is_lowercase)
            && behind.starts_with(['/', '"'])
            && target
        {
            let start = at + part.len();
            return found_at(
                start..start + method.len(),
                Code::BadMethod,
                "unexpected lower-case method, expected capitals",
                format!("write `{}`", method.to_uppercase()),
            );
        }
    }
    let method_before =
        stop.text[..stop.at].split_whitespace().next_back().is_some_and(|w| w.len() > 2 && w.chars().all(|c| c.is_ascii_uppercase()));
    if method_before && (stop.wants(Rule::path) || stop.wants(Rule::text)) {
        return match stop.token {
            "" | "{" => found(Code::BadPath, "missing path of a request", "write a path that starts with `/`, such as `/items/{id}`"),
            token if token.starts_with(|c: char| c.is_alphanumeric() || c == ':') => {
                let path = stop.text[stop.at..].split([' ', '\n', ';']).next().unwrap_or(token);
                let help = if path.contains("://") {
                    format!("quote an absolute URL: `\"{path}\"`, or move the host to the api's `base`")
                } else {
                    format!("write `/{path}`")
                };
                found_at(stop.at..stop.at + path.len(), Code::BadPath, "unexpected path, expected one that starts with `/`", help)
            }
            _ => found(
                Code::BadPath,
                "unexpected path, expected one that starts with `/`",
                "write, for example, `/items/{id}`; a quoted path is sent unchanged",
            ),
        };
    }
    if stop.wants(Rule::method) || stop.wants(Rule::request_line) {
        if stop.token.starts_with('/') {
            return found(Code::BadMethod, "missing method before the path", "write, for example, `GET /items/{id}`");
        }
        if stop.wants(Rule::request_line) && stop.text[..stop.at].trim_end().ends_with('=') {
            return found(Code::BadMethod, "missing method and path of a request", "write, for example, `get(id) = GET /items/{id}`");
        }
    }
    if stop.strict == Rule::only_api && METHODS.contains(&stop.first().to_lowercase().as_str()) && !stop.text.contains(") =") {
        return found_at(
            0..stop.first().len(),
            Code::BadMethod,
            "missing name of a request in an api",
            "write, for example, `get(id) = GET /items/{id}`",
        );
    }
    None
}

/// What should have been quoted.
fn quotes(stop: &Stop<'_>) -> Option<Slip> {
    let before = stop.text[..stop.at].trim_end();
    let behind = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let wants_text = stop.wants(Rule::text) || stop.wants(Rule::block_text) || stop.wants(Rule::line_text);
    // `step O {` and `step Log in {` could be requests to an api `step`, so that parsing gets past the name.
    let first = stop.first();
    if matches!(first, "step" | "group") && stop.strict == Rule::only_stmt {
        let rest = &stop.line()[first.len()..];
        let name = rest.split(['{', ';']).next().unwrap_or(rest).trim();
        let bare = name.trim_end_matches(" interrupt").trim_end_matches(" skip").trim_matches(['(', ')', ' ']);
        if name.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '(') && !matches!(bare, "skip" | "interrupt") {
            let start = stop.line().find(name).unwrap_or(0);
            let quoted = bare.trim_matches('"');
            let message = if name.starts_with('(') {
                "unexpected brackets around the name of a step or a group"
            } else {
                "missing quotes around the name of a step or a group"
            };
            return found_at(start..start + name.len(), Code::MissingQuotes, message, format!("write `{first} \"{quoted}\"`"));
        }
    }
    if matches!(behind, "step" | "group" | "import" | "from" | "html" | "form")
        && wants_text
        && stop.token.starts_with(|c: char| c.is_alphanumeric() || c == '.' || c == '_')
    {
        let rest = stop.line().get(stop.at..).unwrap_or_default();
        let name = if matches!(behind, "step" | "group") {
            rest.split(['{', ';']).next().unwrap_or(rest)
        } else {
            rest.split([' ', ';', '{']).next().unwrap_or(rest)
        };
        let name = name.trim_end().trim_end_matches(" interrupt").trim_end_matches(" skip").trim_end();
        let what = if matches!(behind, "step" | "group") {
            "the name of a step or a group"
        } else if matches!(behind, "html" | "form") {
            "a CSS selector"
        } else {
            "the path of a file"
        };
        return found_at(
            stop.at..stop.at + name.len(),
            Code::MissingQuotes,
            format!("missing quotes around {what}"),
            format!("write `{behind} \"{name}\"`"),
        );
    }
    if behind == "run" && stop.token.starts_with('"') {
        return found(
            Code::Syntax,
            "unexpected quotes around the name of a sequence",
            format!("write `run {}`", stop.token.trim_matches('"')),
        );
    }
    if behind == "step" && stop.token == "{" {
        return found(Code::MissingQuotes, "missing name of a step", "write `step \"Name\" {`");
    }
    if stop.token.starts_with('-') && stop.wants(Rule::p_colon) {
        let start = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |n| n + 1);
        let rest = &stop.text[start..];
        let key = &rest[..rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(rest.len())];
        return found_at(
            start..start + key.len(),
            Code::MissingQuotes,
            "missing quotes around a key with `-`",
            format!("write `\"{key}\"`"),
        );
    }
    None
}

/// Commas, `then`, line breaks.
fn structure(stop: &Stop<'_>) -> Option<Slip> {
    let starts_value = stop.token.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '_' | '[' | '{'));
    if stop.wants(Rule::p_comma) && (stop.wants(Rule::p_close) || stop.wants(Rule::p_rpar) || stop.wants(Rule::p_rsq)) && starts_value {
        return found(
            Code::MissingComma,
            format!("missing comma before `{}`", stop.token),
            "write `,` between entries, also if each is on its own line",
        );
    }
    if stop.wants(Rule::kw_then) {
        return found(Code::MissingThen, "missing `then`", "write `if c then a else b` for an `if` as a value");
    }
    if stop.wants(Rule::kw_else) && stop.text[..stop.at].contains(" then ") {
        return found(Code::MissingThen, "missing `else`", "write `if c then a else b`: an `if` as a value always needs both");
    }
    if stop.token.is_empty() && (stop.wants(Rule::block) || stop.wants(Rule::p_open)) && stop.at > 0 {
        return found(
            Code::LineBreak,
            "unexpected end of line, expected `{`",
            "write `{` at the end of the line that the block belongs to",
        );
    }
    if stop.token == "then" && stop.first() == "if" {
        return found(
            Code::MissingThen,
            "unexpected `then`, expected a block",
            "write `if c { … } else { … }`; `then` is only for an `if` as a value",
        );
    }
    if stop.token == "," && !stop.wants(Rule::p_comma) {
        return found(Code::Syntax, "unexpected `,`", "remove it; a statement ends with its line, or with `;`");
    }
    let first = stop.first();
    if first == "set" && stop.token == "." {
        return found(Code::Syntax, "cannot set a member", "write `set x = merge(x, { a: 1 })` to change an object");
    }
    if stop.strict == Rule::only_item && (STATEMENTS.contains(&first) || API.contains(&first)) && !ITEMS.contains(&first) {
        let owner = if API.contains(&first) { "an `api`" } else { "a `sequence`" };
        return found_at(
            0..first.len(),
            Code::Syntax,
            format!("unexpected `{first}` at the top level, expected within {owner}"),
            "move it, or remove an extra `}` above",
        );
    }
    if stop.strict != Rule::only_item
        && matches!(first, "api" | "sequence" | "tasks" | "user" | "data" | "before" | "after" | "import")
        && stop.text[first.len()..].trim_start().starts_with(|c: char| c.is_ascii_alphabetic() || c == '"')
    {
        return found_at(
            0..first.len(),
            Code::Syntax,
            format!("unexpected `{first}` within braces, expected at the top level"),
            "move it, or add a missing `}` above",
        );
    }
    None
}

/// A first word that is nearly one of the language's.
fn misspelt(stop: &Stop<'_>) -> Option<Slip> {
    let first = stop.first();
    let words = match stop.strict {
        Rule::only_item => ITEMS,
        Rule::only_api => API,
        Rule::only_part | Rule::only_hc => PARTS,
        Rule::only_user => USER,
        Rule::only_stmt => STATEMENTS,
        _ => return None,
    };
    if first.len() < 2 || words.contains(&first) || stop.text[first.len()..].starts_with(['(', '.']) {
        return None;
    }
    // A method behind the word: it is an api's name, and something else is wrong.
    let behind = word(stop.text[first.len()..].trim_start());
    if stop.strict == Rule::only_stmt && METHODS.contains(&behind.to_lowercase().as_str()) {
        return None;
    }
    let near = nearest(first, words.iter().copied())?;
    found_at(0..first.len(), Code::Syntax, format!("unexpected `{first}`, expected a keyword"), format!("did you mean `{near}`?"))
}
