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
    ("while", "there are `repeat 3 { }`, `for x in xs { }` and `poll every 1s up to 20 times until … { }`"),
    ("loop", "there are `repeat 3 { }`, `for x in xs { }` and `poll every 1s up to 20 times until … { }`"),
    ("do", "there are `repeat 3 { }`, `for x in xs { }` and `poll every 1s up to 20 times until … { }`"),
    ("until", "write `poll every 1s up to 20 times until … { }`"),
    ("foreach", "write `for x in xs { }`"),
    ("elif", "write `} else if … {`"),
    ("elsif", "write `} else if … {`"),
    ("elseif", "write `} else if … {`"),
    ("switch", "write `if … { } else if … { }`"),
    ("match", "write `if … { } else if … { }`"),
    ("case", "write `if … { } else if … { }`"),
    ("return", "`leave` ends a sequence; what it gives is named in its head: `sequence Login() gives token { … }`"),
    ("continue", "put the rest of the loop's body in an `if`"),
    ("exit", "`stop user` ends this user, `leave` the sequence"),
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
    ("try", "a failed step leaves the turn only with `interrupt`; to try again there is `retry 2 times { }`"),
    ("catch", "a failed step leaves the turn only with `interrupt`; to try again there is `retry 2 times { }`"),
    ("throw", "write `fail \"why\"`"),
    ("raise", "write `fail \"why\"`"),
    ("def", "write `sequence Name(a, b) { … }`"),
    ("function", "write `sequence Name(a, b) { … }`"),
    ("func", "write `sequence Name(a, b) { … }`"),
    ("fn", "write `sequence Name(a, b) { … }`"),
    ("scenario", "write `sequence Name { … }`"),
    ("class", "a spec has `api`, `sequence`, `tasks` and `user`"),
    ("include", "write `import \"shop.lt\"`"),
    ("require", "write `import \"shop.lt\"`"),
    ("grpc", "`grpc` is kept for a later version of the language"),
    ("socket", "`socket` is kept for a later version of the language"),
    ("call", "write `run Name(a, b)`"),
];

/// Operators of other languages.
const OPERATORS: &[(&str, &str)] = &[
    ("===", "write `==`"),
    ("!==", "write `!=`"),
    ("<>", "write `!=`"),
    ("&&", "write `and`"),
    ("||", "write `or`"),
    ("=>", "at least is `>=`; a key and its value are joined by `:`"),
    ("=~", "write `~`"),
    ("->", "a key and its value are joined by `:`, a member and its owner by `.`"),
    ("++", "write `set x = x + 1`"),
    ("--", "write `set x = x - 1`"),
    ("+=", "write `set x = x + …`"),
    ("-=", "write `set x = x - …`"),
    ("*=", "write `set x = x * …`"),
    ("/=", "write `set x = x / …`"),
    ("**", "there is no power operator"),
    ("??", "give a missing source a value with `else`: `take x = json.id else 0`"),
    ("?.", "a member of null is null's error; give a missing source a value with `else`"),
    ("?", "write `if c then a else b`"),
    ("!", "write `not`"),
    ("&", "write `and`"),
    ("^", "there is no such operator"),
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
        return found_at(0..4, Code::LineBreak, "`else` stays on the line of the `}` before it", "write `} else {` on one line");
    }
    if line.starts_with('{') {
        return found_at(0..1, Code::LineBreak, "this block belongs to nothing", "a block's `{` stays on the line of what it belongs to");
    }
    let operators = ["==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "<", ">", "|", ",", ".", "=", "~", "!~"];
    let operator =
        operators.iter().copied().find(|op| line.starts_with(op)).or_else(|| ["and", "or", "in"].into_iter().find(|op| *op == first));
    if let Some(op) = operator {
        let help = if op == "." { "join both lines".to_owned() } else { format!("end the line before with `{op}`: then it goes on") };
        return found_at(0..op.len(), Code::LineBreak, format!("a line cannot start with `{op}`"), help);
    }
    let next = line[first.len()..].trim_start();
    if stop.at > 0
        && let Some((word, help)) = FOREIGN.iter().find(|(word, _)| *word == stop.token && word.starts_with("els") | (*word == "elif"))
    {
        return found(Code::ForeignStatement, format!("there is no `{word}` in the language"), *help);
    }
    let (_, help) = FOREIGN.iter().find(|(word, _)| *word == first)?;
    if next.starts_with(['=', '.']) || (stop.strict == Rule::only_api && next.starts_with('(')) {
        return None;
    }
    found_at(0..first.len(), Code::ForeignStatement, format!("there is no `{first}` in the language"), *help)
}

/// `expect 200 or 3xx`, `expect 200, 204`.
fn statuses(stop: &Stop<'_>) -> Option<Slip> {
    let rest = stop.line().strip_prefix("expect ")?;
    let is_status = |w: &str| {
        w.len() == 3 && w.starts_with(|c: char| c.is_ascii_digit()) && (w.ends_with("xx") || w.bytes().all(|b| b.is_ascii_digit()))
    };
    if let Some(status) = rest.strip_prefix("status ").map(word).filter(|w| is_status(w)) {
        return found(Code::Syntax, "a status is expected by its number alone", format!("write `expect {status}`"));
    }
    if !is_status(word(rest.trim_start())) || !matches!(stop.token, "or" | "," | "and" | "||" | "/" | "to" | "..") && !rest.contains(" or ")
    {
        return None;
    }
    let all: Vec<&str> = rest.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| is_status(w)).collect();
    found_at(7..stop.line().trim_end().len(), Code::StatusOr, "statuses are joined with `|`", format!("write `expect {}`", all.join(" | ")))
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
        return found_at(start..stop.at + token.len(), Code::BadNumber, "a duration is one word", help);
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
            let help = format!("write `{}xx`: two small x", &value[..1]);
            return found(Code::BadNumber, format!("`{token}` is no status"), help);
        }
        "xx" if value.len() == 1 => {
            return found(
                Code::BadNumber,
                format!("`{token}` stands only for a status"),
                "write `expect 2xx`, or `status >= 200 and status < 300`",
            );
        }
        _ => {
            return found(
                Code::BadNumber,
                format!("`{token}` is neither a number nor a duration"),
                "durations have `ms`, `s`, `m`, `h` and `d`: `250ms`, `1h20m`; names do not start with a digit",
            );
        }
    };
    found(Code::BadNumber, format!("`{unit}` is no unit of time"), format!("write `{value}{right}`"))
}

fn operator(stop: &Stop<'_>) -> Option<Slip> {
    let token = stop.token;
    if stop.wants(Rule::p_assign) && matches!(token, "==" | ":=" | "===") {
        return found(Code::Assignment, "a value is given with `=`", "`==` compares; write a single `=`");
    }
    if token == "=" && stop.at > 0 {
        if stop.text[..stop.at].contains(['(', '{', '[']) && stop.wants(Rule::p_colon) {
            return found(
                Code::Assignment,
                "`=` has no place here",
                "a key and its value are joined by `:`; two values are compared with `==`",
            );
        }
        let first = stop.first();
        if !STATEMENTS.contains(&first) && stop.strict == Rule::only_stmt {
            return found_at(
                0..stop.at + 1,
                Code::Assignment,
                "a value cannot be given like this",
                format!("write `let {first} = …` for a new name, `set {first} = …` to change one"),
            );
        }
        return found(Code::Assignment, "`=` has no place here", "two values are compared with `==`");
    }
    if token.starts_with('$') {
        return found(Code::ForeignTemplate, "names have no `$`", "write the name alone, and `{name}` in a text or a path");
    }
    if token == "@" {
        return found(Code::Syntax, "`@` has no place here", "`@` names an attribute behind `html \"selector\"`");
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
    found_at(stop.at..stop.at + op.len(), Code::ForeignOperator, format!("there is no operator `{op}`"), help)
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
                "methods are written in capitals",
                format!("write `{}`", method.to_uppercase()),
            );
        }
    }
    let method_before =
        stop.text[..stop.at].split_whitespace().next_back().is_some_and(|w| w.len() > 2 && w.chars().all(|c| c.is_ascii_uppercase()));
    if method_before && (stop.wants(Rule::path) || stop.wants(Rule::text)) {
        return match stop.token {
            "" | "{" => found(Code::BadPath, "the path is missing", "a path starts with `/`, e.g. `/items/{id}`"),
            token if token.starts_with(|c: char| c.is_alphanumeric() || c == ':') => {
                let path = stop.text[stop.at..].split([' ', '\n', ';']).next().unwrap_or(token);
                let help = if path.contains("://") {
                    format!("the host belongs to the api's `base`; an absolute address is quoted: `\"{path}\"`")
                } else {
                    format!("write `/{path}`")
                };
                found_at(stop.at..stop.at + path.len(), Code::BadPath, "a path starts with `/`", help)
            }
            _ => found(Code::BadPath, "a path starts with `/`", "e.g. `/items/{id}`; a quoted path is sent as it is"),
        };
    }
    if stop.wants(Rule::method) || stop.wants(Rule::request_line) {
        if stop.token.starts_with('/') {
            return found(Code::BadMethod, "the method is missing before the path", "write e.g. `GET /items/{id}`");
        }
        if stop.wants(Rule::request_line) && stop.text[..stop.at].trim_end().ends_with('=') {
            return found(Code::BadMethod, "a request needs a method and a path", "write e.g. `get(id) = GET /items/{id}`");
        }
    }
    if stop.strict == Rule::only_api && METHODS.contains(&stop.first().to_lowercase().as_str()) && !stop.text.contains(") =") {
        return found_at(
            0..stop.first().len(),
            Code::BadMethod,
            "a request in an api has a name",
            "write e.g. `get(id) = GET /items/{id}`",
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
                "the name of a step or a group stands without brackets"
            } else {
                "the name of a step or a group is quoted"
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
            format!("{what} is quoted"),
            format!("write `{behind} \"{name}\"`"),
        );
    }
    if behind == "run" && stop.token.starts_with('"') {
        return found(Code::Syntax, "the name of a sequence is not quoted", format!("write `run {}`", stop.token.trim_matches('"')));
    }
    if behind == "step" && stop.token == "{" {
        return found(Code::MissingQuotes, "a step needs a name", "write `step \"Name\" {`");
    }
    if stop.token.starts_with('-') && stop.wants(Rule::p_colon) {
        let start = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |n| n + 1);
        let rest = &stop.text[start..];
        let key = &rest[..rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(rest.len())];
        return found_at(start..start + key.len(), Code::MissingQuotes, "a key with `-` is quoted", format!("write `\"{key}\"`"));
    }
    None
}

/// Commas, `then`, line breaks.
fn structure(stop: &Stop<'_>) -> Option<Slip> {
    let starts_value = stop.token.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '_' | '[' | '{'));
    if stop.wants(Rule::p_comma) && (stop.wants(Rule::p_close) || stop.wants(Rule::p_rpar) || stop.wants(Rule::p_rsq)) && starts_value {
        return found(
            Code::MissingComma,
            format!("a comma is missing before `{}`", stop.token),
            "entries are separated by `,`, also where each has its own line",
        );
    }
    if stop.wants(Rule::kw_then) {
        return found(Code::MissingThen, "`then` is missing", "as a value, `if` is written `if c then a else b`");
    }
    if stop.wants(Rule::kw_else) && stop.text[..stop.at].contains(" then ") {
        return found(Code::MissingThen, "`else` is missing", "as a value, `if` is written `if c then a else b`: it always has a value");
    }
    if stop.token.is_empty() && (stop.wants(Rule::block) || stop.wants(Rule::p_open)) && stop.at > 0 {
        return found(Code::LineBreak, "a block is missing at this line's end", "a block's `{` stays on the line it belongs to");
    }
    if stop.token == "then" && stop.first() == "if" {
        return found(
            Code::MissingThen,
            "a statement `if` has a block",
            "write `if c { … } else { … }`; `then` belongs to `if` as a value",
        );
    }
    if stop.token == "," && !stop.wants(Rule::p_comma) {
        return found(Code::Syntax, "`,` has no place here", "a statement or a member ends with its line, or with `;`");
    }
    let first = stop.first();
    if first == "set" && stop.token == "." {
        return found(
            Code::Syntax,
            "a member cannot be set",
            "`set` changes a variable, or an api's `auth`; a changed object is `set x = merge(x, { a: 1 })`",
        );
    }
    if stop.strict == Rule::only_item && (STATEMENTS.contains(&first) || API.contains(&first)) && !ITEMS.contains(&first) {
        let owner = if API.contains(&first) { "an `api`" } else { "a `sequence`" };
        return found_at(
            0..first.len(),
            Code::Syntax,
            format!("`{first}` stands within {owner}, not at the top of a file"),
            "look for a `}` too many above, or move it",
        );
    }
    if stop.strict != Rule::only_item
        && matches!(first, "api" | "sequence" | "tasks" | "user" | "data" | "before" | "after" | "import")
        && stop.text[first.len()..].trim_start().starts_with(|c: char| c.is_ascii_alphabetic() || c == '"')
    {
        return found_at(
            0..first.len(),
            Code::Syntax,
            format!("`{first}` stands at the top of a file, not within braces"),
            "look for a missing `}` above, or move it",
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
    found_at(0..first.len(), Code::Syntax, format!("`{first}` is no word of the language here"), format!("did you mean `{near}`?"))
}
