//! Syntax of other languages and tools, and frequent mistakes, recognized in text that does not parse.

use ltc_config::suggest::nearest;
use ltc_grammar::Rule;

use super::foreign_numbers::{number, statuses};
use super::foreign_requests::{quotes, request};
use super::stop::{Mistake, ParseStop, found, found_at};
use super::vocabulary::{API, ITEMS, METHODS, PARTS, STATEMENTS, USER, word};
use crate::diagnostic::Code;

/// Statements of other languages, with their equivalents.
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
    ("exec", "write a step, or `run Name()` for a sequence"),
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
    ("??", "write `else` before the value for a source that finds nothing"),
    ("?.", "write `.`, and `else` in the take for a value that may be missing"),
    ("?", "write `if c then a else b`"),
    ("!", "write `not`"),
    ("&", "write `and`"),
    ("^", "use `+`, `-`, `*`, `/` or `%`"),
];

/// Recognizes a known mistake at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    super::foreign_gherkin::mistake(stop)
        .or_else(|| super::foreign_http_files::mistake(stop))
        .or_else(|| super::foreign_shapes::whole_call(stop))
        .or_else(|| super::foreign_conditions::mistake(stop))
        .or_else(|| super::foreign_flow::mistake(stop))
        .or_else(|| super::foreign_types::mistake(stop))
        .or_else(|| super::foreign_fields::mistake(stop))
        .or_else(|| super::foreign_parts::mistake(stop))
        .or_else(|| super::foreign_definitions::mistake(stop))
        .or_else(|| super::foreign_heads::mistake(stop))
        .or_else(|| super::foreign_changes::mistake(stop))
        .or_else(|| super::foreign_exchanges::mistake(stop))
        .or_else(|| super::foreign_patterns::mistake(stop))
        .or_else(|| super::foreign_takes::mistake(stop))
        .or_else(|| super::foreign_declarations::mistake(stop))
        .or_else(|| super::foreign_marks::mistake(stop))
        .or_else(|| super::foreign_matchers::mistake(stop))
        .or_else(|| super::foreign_sql::mistake(stop))
        .or_else(|| super::foreign_files::mistake(stop))
        .or_else(|| super::foreign_hurl::mistake(stop))
        .or_else(|| super::foreign_members::mistake(stop))
        .or_else(|| super::foreign_shapes::mistake(stop))
        .or_else(|| beginning(stop))
        .or_else(|| statuses(stop))
        .or_else(|| super::foreign_values::mistake(stop))
        .or_else(|| number(stop))
        .or_else(|| operator(stop))
        .or_else(|| request(stop))
        .or_else(|| quotes(stop))
        .or_else(|| super::foreign_words::mistake(stop))
        .or_else(|| structure(stop))
        .or_else(|| misspelt(stop))
        .or_else(|| super::foreign_marks::unknown_statement(stop))
}

/// Recognizes a mistake by the beginning of the broken text.
fn beginning(stop: &ParseStop<'_>) -> Option<Mistake> {
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
    found_at(
        0..first.len(),
        Code::ForeignStatement,
        format!("`{first}` is not a keyword"),
        with_value(first, next, stop.text).unwrap_or((*help).to_owned()),
    )
}

/// The fix for a statement of another language with its value: `sleep 5`, `print x`, `raise StopUser()`.
fn with_value(first: &str, next: &str, text: &str) -> Option<String> {
    if first == "try" && text.contains("finally") && !text.contains("catch") && !text.contains("except") {
        return Some("write the statements without `try`, and `finally { … }` as the last statement of the sequence".to_owned());
    }
    let value = next.split([';', '}']).next().unwrap_or_default().trim();
    let plain = !value.is_empty() && !value.contains(['{', '=']) && value.len() < 60;
    Some(match first {
        "sleep" | "pause" | "think" | "delay" if value.starts_with(|c: char| c.is_ascii_digit()) => {
            let unit = if value.ends_with(|c: char| c.is_ascii_digit()) { "s" } else { "" };
            format!("write `wait {}{unit}`", value.replace(' ', ""))
        }
        "def" | "function" if value.starts_with("on_start") || value.starts_with("on_stop") => {
            format!("write `on {} {{ … }}` in the user", if value.starts_with("on_start") { "start" } else { "stop" })
        }
        "print" | "echo" if plain => format!("write `log {value}`"),
        "assert" | "check" | "verify" | "ensure"
            if value.contains(['=', '<', '>', '~'])
                && !value.contains(['{', '('])
                && !value.contains("res")
                && !value.contains("r.")
                && !value.contains('\'') =>
        {
            let (condition, why) = value.rsplit_once(", ").filter(|(_, why)| why.starts_with('"')).unwrap_or((value, "\"why\""));
            format!("write `expect {condition}` in a step, or `if not ({condition}) {{ fail {why} }}` outside of one")
        }
        "call" if plain => format!("write `run {}`", value.trim_matches('"')),
        "raise" | "throw" if value.contains("StopUser") => "write `stop user`".to_owned(),
        "raise" | "throw" if value.contains("Reschedule") || value.contains("InterruptTaskSet") => {
            "write `leave` to end the sequence".to_owned()
        }
        "raise" | "throw" if value.contains('"') => format!("write `fail \"{}\"`", value.split('"').nth(1).unwrap_or("why")),
        _ => return None,
    })
}

fn operator(stop: &ParseStop<'_>) -> Option<Mistake> {
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
            let message = "unexpected `=`, expected `let` or `set` before the name";
            let place = 0..stop.at + 1;
            let line = stop.line();
            if let Some(help) = crate::foreign::assigned(first, line.get(stop.at + 1..).unwrap_or_default(), stop.some_api()) {
                let end = super::foreign_members::member_end(line);
                return found_at(place, Code::Assignment, message, help)?.replacing(0..end);
            }
            let help = format!("write `let {first} = …` for a new name, `set {first} = …` to change one");
            return found_at(place, Code::Assignment, message, help);
        }
        let head = stop.text[..stop.at].trim_end();
        let is_head = matches!(first, "resource" | "sequence" | "tasks" | "user" | "api") && head.split(' ').count() == 2;
        if stop.text[stop.at + 1..].trim_start().starts_with('{') && (PARTS.contains(&head) || is_head) {
            let help = format!("remove the `=`: write `{head} {{ … }}`");
            return found(Code::Assignment, "unexpected `=` before a block", help)?.edited(vec![(head.len()..stop.at + 1, String::new())]);
        }
        return found(Code::Assignment, "unexpected `=`", "write `==` to compare two values");
    }
    if token.starts_with('$') {
        let rest = &stop.text[stop.at + 1..];
        let name = word(rest);
        let fix = rest[name.len()..]
            .strip_prefix('(')
            .and_then(|args| crate::foreign::call(None, name, args.split(')').next().unwrap_or_default(), stop.some_api()));
        if let Some(fix) = fix {
            return found_at(stop.at..stop.at + 1 + name.len(), Code::ForeignTemplate, format!("unknown function `${name}`"), fix);
        }
        if name == "processEnvironment" || name == "environment" || name == "env" {
            let fix = "write `env.some.key`: the key is in config/<env>.yml";
            return found_at(stop.at..stop.at + 1 + name.len(), Code::ForeignTemplate, format!("unknown name `${name}`"), fix);
        }
        let help = "write the name alone, and `{name}` in a text or a path";
        let is_path = stop.text[..stop.at].ends_with(['/', '=', '&']) || name.is_empty();
        if is_path {
            return found(Code::ForeignTemplate, "unexpected `$` in a name", help);
        }
        return found_at(stop.at..stop.at + 1, Code::ForeignTemplate, "unexpected `$` in a name", help)?
            .edited(vec![(stop.at..stop.at + 1, String::new())]);
    }
    if token.starts_with('>') && stop.text[..stop.at].ends_with('<') {
        return found_at(stop.at - 1..stop.at + 1, Code::ForeignOperator, "unknown operator `<>`", "write `!=`");
    }
    if token == "," && stop.first() == "expect" && !stop.text[..stop.at].contains(['(', '[', '{']) {
        return found(Code::ForeignOperator, "unexpected `,` between conditions", "write `and`, or a second `expect`");
    }
    if token == "@" && matches!(stop.strict, Rule::only_part | Rule::only_api) {
        // curl sends a file as `@cat.png`.
        let written = stop.text[stop.at + 1..].split([' ', ',', ';', '}', '\n']).next().unwrap_or_default();
        let path = written.trim_matches('"');
        let end = stop.at + 1 + written.len();
        return found_at(stop.at..end, Code::ForeignOperator, "unexpected `@` before a file", format!("write `file(\"{path}\")`"))?
            .replacing(stop.at..end)
            .filter(|_| !path.is_empty());
    }
    if token == "@" {
        return found(Code::Syntax, "unexpected `@`", "write `@` only after `html \"selector\"`, to read an attribute");
    }
    let (op, help) = OPERATORS.iter().find(|(op, _)| token == *op || (op.len() < token.len() && *op != "!" && token.starts_with(op)))?;
    let first = stop.first();
    let help = match *op {
        "+=" | "-=" | "*=" | "/=" | "++" | "--" if !STATEMENTS.contains(&first) || first == "set" => {
            let name = if first == "set" { word(stop.text[3..].trim_start()) } else { first };
            let value = stop.text[stop.at + op.len()..].split(['\n', ';', '}']).next().unwrap_or_default().trim();
            let value = match *op {
                "++" | "--" => "1",
                _ if value.is_empty() => "…",
                _ => value,
            };
            format!("write `set {name} = {name} {} {value}`", &op[..1])
        }
        _ => (*help).to_owned(),
    };
    let place = stop.at..stop.at + op.len();
    let mistake = found_at(place.clone(), Code::ForeignOperator, format!("unknown operator `{op}`"), help)?;
    let is_value = |text: &str| text.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '"' | '(' | '['));
    let word = match *op {
        "&&" | "&" => " and ",
        "||" => " or ",
        _ => return Some(mistake),
    };
    // The word stands apart from the values beside it.
    let (before, behind) = (stop.text[..stop.at].trim_end(), stop.text[place.end..].trim_start_matches(' '));
    if !is_value(behind) {
        return Some(mistake);
    }
    mistake.edited(vec![(before.len()..stop.text.len() - behind.len(), word.to_owned())])
}

/// Commas, `then`, line breaks.
fn structure(stop: &ParseStop<'_>) -> Option<Mistake> {
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
        let help = "write `{` at the end of the line that the block belongs to";
        let mistake = found(Code::LineBreak, "unexpected end of line, expected `{`", help)?;
        let behind = stop.text[stop.at..].trim_start();
        let edit = (stop.at..stop.text.len() - behind.len(), " ".to_owned());
        return if behind.starts_with('{') { mistake.edited(vec![edit]) } else { Some(mistake) };
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

/// A misspelled first word.
fn misspelt(stop: &ParseStop<'_>) -> Option<Mistake> {
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
    // If a method follows, the word is the name of an api, and the mistake is elsewhere.
    let behind = word(stop.text[first.len()..].trim_start());
    if stop.strict == Rule::only_stmt && METHODS.contains(&behind.to_lowercase().as_str()) {
        return None;
    }
    let near = nearest(first, words.iter().copied())?;
    found_at(0..first.len(), Code::Syntax, format!("unexpected `{first}`, expected a keyword"), format!("did you mean `{near}`?"))
}
