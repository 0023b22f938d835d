//! Statements in the syntax of other languages and tools.

use super::stop::{Mistake, ParseStop, closing, found, found_at, offset};
use super::vocabulary::{METHODS, STATEMENTS, word};
use crate::diagnostic::Code;
use ltc_grammar::Rule;

/// Types before a name, each with the language's type.
const TYPES: &[(&str, &str)] = &[
    ("int", "int"),
    ("Int", "int"),
    ("Integer", "int"),
    ("long", "int"),
    ("Long", "int"),
    ("float", "float"),
    ("double", "float"),
    ("Double", "float"),
    ("string", "string"),
    ("String", "string"),
    ("str", "string"),
    ("bool", "bool"),
    ("boolean", "bool"),
    ("Boolean", "bool"),
    ("list", "list"),
    ("List", "list"),
    ("object", "object"),
    ("Map", "object"),
    ("dict", "object"),
    ("number", "number"),
];

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    if !matches!(stop.strict, Rule::only_stmt | Rule::only_item) {
        return None;
    }
    declaration(stop)
        .or_else(|| named_block(stop))
        .or_else(|| request(stop))
        .or_else(|| chained(stop))
        .or_else(|| foreign_call(stop))
        .or_else(|| call(stop))
        .or_else(|| take(stop))
        .or_else(|| head(stop))
        .or_else(|| word_too_many(stop))
}

/// `int n = 3`, `const n = 3`, `n := 3`.
fn declaration(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    let line = stop.line();
    let whole = 0..line[..super::foreign_members::member_end(line)].trim_end().len();
    let rest = line[first.len()..].trim_start();
    // `List<String> names = …`
    let rest = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')).map_or(rest, |(_, rest)| rest.trim_start());
    if let Some(value) = rest.strip_prefix(":=") {
        let help = format!("write `let {first} = {}` for a new name, `set {first} = …` to change one", value.trim());
        return found_at(0..line.find(":=")? + 2, Code::Assignment, "unexpected `:=`, expected `let` before the name", help);
    }
    let name = word(rest);
    let behind = rest[name.len()..].trim_start();
    let assigned = behind.starts_with('=') && !behind.starts_with("==") && !name.is_empty();
    let ty = TYPES.iter().find(|(word, _)| *word == first).map(|(_, ty)| *ty);
    let value = behind.strip_prefix('=').unwrap_or_default();
    let is_var = matches!(first, "var" | "const" | "val" | "local" | "auto" | "final" | "static" | "def" | "global" | "my");
    if let Some((names, value)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).filter(|_| is_var) {
        let help = crate::foreign::assigned_members(names, value.trim_start().strip_prefix('=')?)?;
        return found_at(0..first.len(), Code::ForeignStatement, format!("`{first}` is not a keyword"), help)?.replacing(whole);
    }
    // A class of another language: `ScenarioBuilder scn = scenario("x")`.
    let is_class = first.starts_with(|char: char| char.is_ascii_uppercase()) && name.starts_with(|char: char| char.is_ascii_lowercase());
    if assigned
        && (ty.is_some() || is_var || is_class)
        && let Some(help) = crate::foreign::assigned(name, value, stop.some_api())
    {
        let message = if is_var { format!("`{first}` is not a keyword") } else { format!("unexpected type `{first}`") };
        return found_at(0..first.len(), Code::ForeignStatement, message, help)?.replacing(whole);
    }
    if assigned && is_class && ty.is_none() {
        let help = format!("write `let {name} = {}`", value.trim().trim_end_matches(';'));
        return found_at(0..first.len(), Code::ForeignStatement, format!("unexpected type `{first}`, expected `let`"), help)?
            .replacing(whole);
    }
    if let Some(ty) = ty.filter(|_| assigned) {
        let help = format!("write `let {name}: {ty} = {}`", crate::foreign::translated(value.trim()));
        return found_at(0..first.len(), Code::ForeignStatement, format!("unexpected type `{first}`, expected `let`"), help)?
            .replacing(whole);
    }
    if assigned && is_var {
        let help = format!("write `let {name} = …`");
        return found_at(0..first.len(), Code::ForeignStatement, format!("`{first}` is not a keyword"), help)?.replacing(whole);
    }
    None
}

/// `group("Checkout", () => {`, `transaction "Pay" {`, `Step("x")`.
fn named_block(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    let line = stop.line();
    let rest = &line[first.len()..];
    let meant = match first {
        "step" | "group" => first,
        "transaction" | "request" | "it" | "test" | "action" | "Step" | "STEP" if stop.strict == Rule::only_stmt => "step",
        "describe" | "suite" | "Group" | "TransactionController" | "transaction_group" if stop.strict == Rule::only_stmt => "group",
        _ => return None,
    };
    let open = rest.trim_start();
    let name = open.trim_start_matches('(').trim_start().strip_prefix('"')?.split('"').next()?;
    let start = first.len() + (rest.len() - open.len());
    if open.starts_with('(') {
        let end = line.rfind('{').unwrap_or(line.len());
        let end = start + line.get(start..end)?.trim_end().len();
        let message = "unexpected brackets around the name of a step or a group";
        return found_at(start..end, Code::MissingQuotes, message, format!("write `{meant} \"{name}\" {{`, and `}}` at its end"));
    }
    if first == meant {
        let arrow = open.get(name.len() + 2..)?.trim_start();
        let sign = ["->", "=>", "do"].into_iter().find(|sign| arrow.starts_with(sign))?;
        let at = line.len() - arrow.len();
        return found_at(
            at..at + sign.len(),
            Code::ForeignStatement,
            format!("unexpected `{sign}`"),
            format!("write `{meant} \"{name}\" {{`"),
        );
    }
    found_at(0..first.len(), Code::ForeignStatement, format!("`{first}` is not a keyword"), format!("write `{meant} \"{name}\" {{`"))
}

/// `GET /items` without an api, `get "/items"`, `shop.GET /items`.
fn request(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    let line = stop.line();
    let rest = line[first.len()..].trim_start();
    let is_method = |word: &str| METHODS.contains(&word.to_lowercase().as_str());
    let path = |rest: &str| rest.split([' ', ';', '{', ',']).next().unwrap_or_default().to_owned();
    if is_method(first) && (rest.starts_with(['/', '"']) || rest.starts_with("http")) {
        let api = stop.some_api();
        let path = path(rest);
        let path = if path.starts_with("http") { format!("\"{path}\"") } else { path };
        let help = format!("write the api first: `{api} {} {path}`", first.to_uppercase());
        return found_at(0..first.len(), Code::BadMethod, format!("missing api before `{first}`"), help);
    }
    let method = word(rest.strip_prefix('.')?);
    let behind = rest[1 + method.len()..].trim_start_matches([' ', '(']);
    if is_method(method)
        && (behind.starts_with('/') || behind.starts_with("\"/") || behind.starts_with("\"http"))
        && first == stop.some_api()
    {
        let help = format!("write `{first} {} {}`", method.to_uppercase(), path(behind).trim_end_matches(')'));
        return found_at(0..first.len() + 1 + method.len(), Code::BadMethod, "unexpected `.` before a method", help);
    }
    None
}

/// A call of another tool or language: `exec(http("Home")…`, `pm.test(…)`.
fn foreign_call(stop: &ParseStop<'_>) -> Option<Mistake> {
    let end = stop.text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(stop.text.len());
    let head = &stop.text[..end];
    let behind = stop.text[end..].strip_prefix('(')?;
    let (of, name) = head.rsplit_once('.').map_or((None, head), |(of, name)| (Some(of), name));
    if of.is_some_and(|of| of.split('.').next() == Some(stop.some_api())) || STATEMENTS.contains(&head) {
        return None;
    }
    let line = stop.line();
    let whole = line[..super::foreign_members::member_end(line)].trim_end();
    let of_line = || behind.lines().next().unwrap_or_default().rsplit_once(')').map_or("", |(args, _)| args);
    let close = closing(line, end);
    let args = close.map_or_else(of_line, |close| &line[end + 1..close]);
    let fix = crate::foreign::call(of, name, args, stop.some_api())?;
    let mistake = found_at(0..head.len(), Code::ForeignStatement, format!("`{head}(…)` is not a statement"), fix)?;
    // The call is the whole statement, so the fix replaces it.
    let is_whole = closing(stop.text, end).is_some_and(|close| close + 1 == whole.len());
    if is_whole { mistake.replacing(0..whole.len()) } else { Some(mistake) }
}

/// A call of another tool that is a whole statement. Its name matters more than a mistake in its arguments.
pub(super) fn whole_call(stop: &ParseStop<'_>) -> Option<Mistake> {
    let line = stop.line();
    let statement = &line[..super::foreign_members::member_end(line)];
    if stop.strict == Rule::only_stmt
        && let Some(meant) = crate::foreign::assertion(statement)
    {
        let end = statement.find('(')?;
        let message = format!("`{}(…)` is not a statement", &statement[..end]);
        return found_at(0..end, Code::ForeignStatement, message, format!("write `{meant}`"))?.replacing(0..statement.len());
    }
    let open = line.find('(').filter(|open| matches!(stop.strict, Rule::only_stmt | Rule::only_item) && stop.at > *open)?;
    let end = closing(line, open)?;
    let is_whole = line[end + 1..].trim_end().trim_end_matches(['}', ';', ' ']).is_empty();
    if is_whole { foreign_call(stop) } else { None }
}

/// `.pause(1)`, which continues a call on the line before.
fn chained(stop: &ParseStop<'_>) -> Option<Mistake> {
    let name = word(stop.text.strip_prefix('.')?);
    let args = stop.line()[1 + name.len()..].strip_prefix('(')?.rsplit_once(')').map_or("", |(args, _)| args);
    let fix = crate::foreign::call(Some("x"), name, args, stop.some_api())
        .unwrap_or_else(|| "write the statements one after the other, or join the two lines".to_owned());
    let line = stop.line().trim_end().len();
    found_at(0..1, Code::LineBreak, "unexpected `.` at the start of a line", fix)?.replacing(0..line)
}

/// `shop.item 1`, `shop.item`, `shop item(1)`, `run T 1`, `run shop.item(3)`, `shop.item(1).then(…)`, `Login`.
fn call(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    let line = stop.line();
    let before = stop.text[..stop.at].trim_end();
    if first == "run" && stop.token.starts_with('.') {
        let call = line[3..].trim().split([';', '}']).next()?.trim_end();
        let help = format!("write a step: `step \"Name\" {{ {call} }}`; `run` is for sequences and tasks");
        let start = offset(line, call);
        let place = start..start + call.len();
        return found_at(place.clone(), Code::Syntax, "unexpected request, expected a sequence or tasks", help)?.replacing(0..place.end);
    }
    let value = stop.token.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '"') && stop.at > 0;
    if first == "run" && value && before != "run" {
        let help = format!("write the arguments in brackets: `run {}({})`", before.strip_prefix(first)?.trim(), stop.token);
        return found(Code::Syntax, format!("unexpected `{}`, expected the end of the statement", stop.token.trim_matches('"')), help);
    }
    if STATEMENTS.contains(&first) || stop.strict != Rule::only_stmt {
        return None;
    }
    if stop.token == "[" && before == first && line.contains('=') {
        let help = format!("write `set {first} = merge({first}, {{ key: value }})` to change an object, `expect …` to judge a response");
        return found_at(0..first.len(), Code::Assignment, "cannot set a member", help);
    }
    let dotted = !before.is_empty() && before.contains('.') && before.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    if dotted && stop.wants(Rule::args) {
        let behind = stop.text[before.len()..].lines().next().unwrap_or_default().trim_start();
        if behind.starts_with('=') || behind.starts_with('[') && behind.contains("] =") {
            let name = before.rsplit('.').next().unwrap_or(before);
            let help = format!("write `keep {name} = …` at the top level, and `set {name} = …` here");
            return found_at(0..before.len(), Code::Assignment, "cannot set a member", help);
        }
        // Parsing stops after the word if no argument can begin there.
        let rest = stop.text[before.len()..].trim_start_matches([' ', '\t']).split(['\n', ';', '{', '}']).next().unwrap_or_default().trim();
        if let Some(fix) = before.rsplit_once('.').and_then(|(of, name)| crate::foreign::value(Some(of), name)) {
            return found_at(0..before.len(), Code::ForeignStatement, format!("`{before}` is not a statement"), fix);
        }
        let help = format!("write the arguments in brackets: `{before}({rest})`");
        let end = if rest.is_empty() { before.len() } else { offset(stop.text, rest) + rest.len() };
        return found_at(0..before.len(), Code::Syntax, format!("missing brackets after `{before}`"), help)?.replacing(0..end);
    }
    if stop.token.starts_with('.') && before.ends_with(')') {
        let help = "write the statements one after the other: a step waits for its response, and `take` reads it";
        return found(Code::ForeignStatement, "unexpected `.` after a request", help);
    }
    if first == stop.some_api() {
        let name = word(line[first.len()..].trim_start());
        let behind = &line[first.len()..].trim_start()[name.len()..];
        if !name.is_empty() && behind.starts_with('(') {
            return found_at(
                0..line.find('(')?,
                Code::Syntax,
                "missing `.` between an api and its request",
                format!("write `{first}.{name}(…)`"),
            );
        }
    }
    let alone = line.trim_end().split([';', '}']).next().is_some_and(|statement| statement.trim_end() == first);
    if alone && first.starts_with(|c: char| c.is_ascii_uppercase()) {
        return found_at(0..first.len(), Code::Syntax, format!("missing `run` before `{first}`"), format!("write `run {first}`"));
    }
    None
}

/// `take id from json.id`, `take json.id as id`, `let id = take json.id`, `save json.id as id`.
fn take(stop: &ParseStop<'_>) -> Option<Mistake> {
    let line = stop.line().split(';').next()?.trim_end().trim_end_matches(" }");
    let first = stop.first();
    let words: Vec<&str> = line.split_whitespace().collect();
    let wrong = |help: String| found_at(0..line.len(), Code::Syntax, "unexpected form of a take, expected `take NAME = SOURCE`", help);
    match (first, words.as_slice()) {
        ("take", [_, name, "from" | "<-", source @ ..]) if !source.is_empty() => {
            wrong(format!("write `take {name} = {}`", source.join(" ")))
        }
        ("take", [_, name, "as", source]) if source.starts_with("json.") && !name.contains('.') => {
            wrong(format!("write `take {name} = {source}`"))
        }
        ("take" | "let", [_, ty, name, "=", source @ ..]) if TYPES.iter().any(|(word, _)| word == ty) && !source.is_empty() => {
            let ty = TYPES.iter().find(|(word, _)| word == ty).map_or("int", |(_, ty)| *ty);
            let at = offset(line, words[1]);
            let help = format!("write `{first} {name}: {ty} = {}`", source.join(" "));
            found_at(at..at + words[1].len(), Code::Syntax, format!("unexpected type `{}` before a name", words[1]), help)
        }
        ("take" | "save" | "capture" | "extract", [_, source @ .., "as" | "into" | "to", name]) if !source.is_empty() => {
            wrong(format!("write `take {} = {}`", name.trim_matches('"'), source.join(" ")))
        }
        ("capture" | "extract" | "save", [_, name, "=" | "from", source @ ..]) if !source.is_empty() => {
            wrong(format!("write `take {name} = {}`", source.join(" ")))
        }
        ("take", [_, source]) if source.starts_with("json.") && stop.token.starts_with('.') => {
            let name = source.rsplit('.').next().unwrap_or("id");
            wrong(format!("write `take {name} = {source}`"))
        }
        ("let" | "set", [_, name, "=", "take", source @ ..]) if !source.is_empty() => {
            wrong(format!("write `take {name} = {}`", source.join(" ")))
        }
        ("let" | "set", [_, name, "=", "run", callee @ ..]) if !callee.is_empty() => {
            found_at(0..first.len(), Code::Syntax, "unexpected `run` as a value", format!("write `take {name} = run {}`", callee.join(" ")))
        }
        _ => None,
    }
}

/// `if c:`, `for x of xs`, `unless c`, `wait 1s to 3s`.
fn head(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    let line = stop.line();
    let head = line.split('{').next()?.trim_end().trim_end_matches(':').trim_end();
    if matches!(first, "unless") {
        let help = format!("write `if not ({}) {{ … }}`", head[first.len()..].trim());
        return found_at(0..first.len(), Code::ForeignStatement, format!("`{first}` is not a keyword"), help);
    }
    if stop.token == ":" && matches!(first, "if" | "for" | "repeat" | "step" | "group" | "parallel" | "retry" | "poll") {
        let head = stop.text[..stop.at].trim_end();
        if matches!(first, "step" | "group") && stop.text[stop.at + 1..].trim_start().starts_with('{') {
            return None;
        }

        return found(Code::ForeignStatement, "unexpected `:`, expected `{`", format!("write the block in braces: `{head} {{ … }}`"));
    }
    if first == "for" && matches!(stop.token, "of" | ":" | "from") && stop.wants(Rule::kw_in) {
        let list = head.get(stop.at + stop.token.len()..).unwrap_or("xs").trim();
        let help = format!("write `for {} in {list}`", word(line[3..].trim_start()));
        return found(Code::ForeignOperator, format!("unexpected `{}`, expected `in`", stop.token), help)?.replacing(0..head.len());
    }
    range_in_words(stop)
}

/// `wait 1s to 3s`.
pub(super) fn range_in_words(stop: &ParseStop<'_>) -> Option<Mistake> {
    if stop.first() != "wait" || !stop.wants(Rule::p_dots) || !matches!(stop.token, "to" | "and" | "," | "between") {
        return None;
    }
    let line = stop.line().split([';', '}']).next()?.trim_end();
    let words: Vec<&str> = line.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let [_, from, .., to] = words.as_slice() else { return None };
    found(Code::ForeignOperator, format!("unexpected `{}`, expected `..`", stop.token), format!("write `wait {from}..{to}`"))?
        .replacing(0..line.len())
}

/// Extra words before a statement: `await shop.item(1)`, `async …`, `new Thing()`, `pass`.
fn word_too_many(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    let rest = stop.line()[first.len()..].trim_start();
    let help = match first {
        "await" | "yield" | "async" => format!("remove `{first}`: a step waits for its response"),
        "pass" => "remove it: a block may be empty".to_owned(),
        "del" | "delete" if !rest.starts_with(['/', '"']) => {
            "remove it: a variable ends with its sequence; `set x = null` empties it".to_owned()
        }
        "with" => format!("write a step: `step \"Name\" {{ {} GET /items }}`", stop.some_api()),
        "except" | "rescue" => "write `retry 2 times { … }` to try again, or `else` in a take for a value that may be missing".to_owned(),
        "goto" | "jump" => "write `leave` to end the sequence, or `run Name()` to call another one".to_owned(),
        "lambda" | "new" | "public" | "private" | "void" | "override" => format!("remove `{first}`"),
        "as" | "saveAs" => "write `take name = json.id`".to_owned(),
        "ensure" | "threshold" | "thresholds" => "set thresholds in the profile; `expect elapsed < 500ms` judges each response".to_owned(),
        "then" | "and" | "given" | "when" => format!("remove `{first}`: a sequence runs its statements in their order"),
        _ => return None,
    };
    if rest.starts_with(['=', '.', '(']) {
        return None;
    }
    let mistake = found_at(0..first.len(), Code::ForeignStatement, format!("`{first}` is not a keyword"), help)?;
    let behind = stop.line().len() - rest.len();
    if mistake.help.starts_with("remove `") { mistake.edited(vec![(0..behind, String::new())]) } else { Some(mistake) }
}
