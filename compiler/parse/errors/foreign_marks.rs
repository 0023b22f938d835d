//! Signs and words of other languages in heads, lists and conditions, where the text around them decides the fix.

use ltc_grammar::Rule;

use super::stop::{Mistake, ParseStop, found, found_at, found_exactly, offset};
use super::vocabulary::{is_statement, word};
use crate::diagnostic::Code;

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    comment(stop)
        .or_else(|| user(stop))
        .or_else(|| percent(stop))
        .or_else(|| loops(stop))
        .or_else(|| take(stop))
        .or_else(|| condition(stop))
        .or_else(|| members(stop))
        .or_else(|| import(stop))
        .or_else(|| block(stop))
        .or_else(|| header(stop))
        .or_else(|| chance(stop))
}

/// The rest of a statement from a byte on.
fn rest<'s>(stop: &'s ParseStop<'_>, from: usize) -> &'s str {
    stop.text.get(from..).unwrap_or_default().split(['\n', ';', '}']).next().unwrap_or_default().trim()
}

/// `-- comment`, `<!-- comment -->`.
fn comment(stop: &ParseStop<'_>) -> Option<Mistake> {
    let line = stop.line().trim_end();
    let inside = match line.strip_prefix("<!--") {
        Some(inside) => inside.trim_end_matches("-->").trim(),
        None => line.strip_prefix("--").filter(|rest| rest.starts_with(' '))?.trim(),
    };
    let help = format!("write `# {inside}`");
    found_exactly(0..line.len(), Code::ForeignComment, "unexpected comment sign, expected `#`", help)
}

/// `user U(HttpUser) {`, `user U 30% {`, `run [S, T]`.
fn user(stop: &ParseStop<'_>) -> Option<Mistake> {
    if stop.strict == Rule::only_user && stop.first() == "run" && stop.token == "[" {
        let help = "write `run Name` with `tasks Name { A; B }`, or with a sequence that runs both";
        return found(Code::Syntax, "unexpected list of sequences", help);
    }
    let line = stop.line();
    if stop.strict != Rule::only_item || stop.first() != "user" || line.find('{').is_some_and(|open| stop.at > open) {
        return None;
    }
    if stop.token == "(" {
        let end = stop.at + line.get(stop.at..)?.find(')')? + 1;
        let help = "remove it: a user has neither parameters nor a base class";
        return found_at(stop.at..end, Code::Syntax, "unexpected brackets after the name of a user", help);
    }
    let digits = !stop.token.is_empty() && stop.token.bytes().all(|byte| byte.is_ascii_digit());
    let before = stop.text[..stop.at].trim_end();
    if digits && before != "user" && !before.ends_with("weight") {
        let end = stop.at + stop.token.len();
        let end = end + usize::from(line.get(end..).is_some_and(|rest| rest.starts_with('%')));
        return found_exactly(stop.at..end, Code::Syntax, "missing `weight` before a number", format!("write `weight {}`", stop.token));
    }
    None
}

/// `weight 30%`, `chance(30%)`.
fn percent(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    let sign = if stop.token == "%" { stop.at } else { before.strip_suffix('%')?.len() };
    let number = &stop.text[..sign];
    let start = number.trim_end_matches(|char: char| char.is_ascii_digit()).len();
    let number = number.get(start..).filter(|digits| !digits.is_empty())?;
    let share = number.parse::<u32>().ok().filter(|share| *share <= 100)?;
    let is_weight = stop.text[..start].trim_end().ends_with("weight");
    if !is_weight && (stop.strict == Rule::only_task || !stop.text[..start].ends_with('(')) {
        return None;
    }
    let help = if is_weight { format!("write `{number}`") } else { format!("write `{}`", f64::from(share) / 100.0) };
    found_exactly(start..sign + 1, Code::BadNumber, "unexpected `%` after a number", help)
}

/// `for each x in xs`, `0..<3`, `poll every 1s for 30s until`, `retry 3 {`, `xs[:-1]`.
fn loops(stop: &ParseStop<'_>) -> Option<Mistake> {
    let line = stop.line();
    let head = line.split('{').next()?.trim_end();
    let first = stop.first();
    if let Some(rest) = head.strip_prefix("for each ").or(head.strip_prefix("for every ")) {
        let place = 4..line.len() - line[4..].trim_start_matches(|c: char| c.is_ascii_alphabetic()).trim_start().len();
        let help = format!("write `for {}`", rest.trim());
        return found_at(place, Code::ForeignStatement, "unexpected word before the variable of a loop", help)?.replacing(0..head.len());
    }
    let before = stop.text[..stop.at].trim_end();
    if stop.token.starts_with('<') && before.ends_with("..") {
        let digits: String = stop.text[stop.at + 1..].chars().take_while(char::is_ascii_digit).collect();
        let from = before[..before.len() - 2].rsplit([' ', '[', '(']).next()?;
        let last = digits.parse::<i64>().ok()?.checked_sub(1)?;
        let end = stop.at + 1 + digits.len();
        let help = format!("write `{from}..{last}`: a range includes both ends");
        return found_at(stop.at..stop.at + 1, Code::ForeignOperator, "unexpected `<` in a range", help)?
            .replacing(before.len() - 2 - from.len()..end);
    }
    if let Some(mistake) = slice(stop) {
        return Some(mistake);
    }
    if first == "poll" && matches!(stop.token, "for" | "within" | "timeout" | "max") && stop.wants(Rule::kw_up) {
        let interval = before.strip_prefix("poll every ").unwrap_or("1s");
        let help = format!("write the number of attempts: `poll every {interval} up to 30 times until …`");
        return found(Code::Syntax, format!("unexpected `{}`, expected `up to`", stop.token), help);
    }
    if first == "retry" && stop.token == "{" && stop.wants(Rule::kw_times) {
        let help = format!("write `{before} times`");
        return found_at(0..before.len(), Code::Syntax, "missing `times` after the number of attempts", help)?.replacing(0..before.len());
    }
    None
}

/// `xs[1:]`, `xs[:-1]`, `xs[0:2]`: slices of Python, which exclude their end.
fn slice(stop: &ParseStop<'_>) -> Option<Mistake> {
    let start = stop.text[..stop.at].rfind('[').filter(|_| stop.token.starts_with(':'))? + 1;
    let end = start + stop.text[start..].find([']', '\n'])?;
    let (from, to) = stop.text[start..end].split_once(':')?;
    let is_index = !stop.text[..start - 1].ends_with([' ', '=', '(', ',', '[']) && start > 1;
    let number = |text: &str, missing: i64| if text.trim().is_empty() { Some(missing) } else { text.trim().parse().ok() };
    let (from, to) = (number(from, 0)?, number(to, 0)?.checked_sub(1)?);
    let help = format!("write `{from}..{to}`: a slice includes both ends, and -1 is the last index");
    found_at(stop.at..stop.at + 1, Code::ForeignOperator, "unexpected `:` in a slice", help)?.replacing(start..end).filter(|_| is_index)
}

/// `take id: json.id`, `take id json.id`, `take id = json.id as int`.
fn take(stop: &ParseStop<'_>) -> Option<Mistake> {
    if stop.first() != "take" {
        return None;
    }
    let whole = rest(stop, 0);
    let behind = whole["take".len()..].trim_start();
    let name = word(behind);
    let source = behind[name.len()..].trim_start();
    let wrong = |help: String| {
        found_exactly(0..whole.len(), Code::Syntax, "unexpected form of a take, expected `take NAME = SOURCE`", help)
            .filter(|_| !name.is_empty() && !matches!(name, "json" | "html" | "header" | "cookie" | "text" | "any" | "all"))
    };
    let starts = ["json", "header ", "cookie ", "html ", "text", "url", "status"];
    let bare = source.strip_prefix(':').map_or(source, str::trim_start);
    if starts.iter().any(|start| bare.starts_with(start)) && !bare.contains('=') {
        return wrong(format!("write `take {name} = {bare}`"));
    }
    let (value, ty) = source.strip_prefix('=')?.trim().rsplit_once(" as ")?;
    let ty = match ty.trim() {
        "int" | "integer" | "Int" | "Integer" => "int",
        "float" | "double" | "Float" | "Double" => "float",
        "string" | "str" | "String" => "string",
        "bool" | "boolean" | "Boolean" => "bool",
        _ => return None,
    };
    wrong(format!("write `take {name}: {ty} = {}`", value.trim()))
}

/// `expect json.id: 3`, `expect header "X" "b"`, `expect 200 "message"`, `status in (200, 304)`, `expect json { id?: int }`, `!ok`, `x ?? y`.
fn condition(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    if stop.token == "!" && stop.text[stop.at + 1..].starts_with(|char: char| char.is_ascii_alphabetic()) {
        let operand = stop.text[stop.at + 1..].split([' ', '\n', ';', '{', ')', ',']).next()?;
        let help = format!("write `not {operand}`");
        return found_at(stop.at..stop.at + 1, Code::ForeignOperator, "unknown operator `!`", help)?
            .replacing(stop.at..stop.at + 1 + operand.len());
    }
    // `x || "default"` chooses a value.
    let is_default =
        stop.token == "||" && stop.text[stop.at + 2..].trim_start().starts_with(|char: char| char == '"' || char.is_ascii_digit());
    if (stop.token.starts_with("??") || is_default) && stop.first() != "take" {
        let left = before.rsplit(['=', '(', ',', '{', ':']).next()?.trim();
        let left = left.strip_prefix("expect ").or(left.strip_prefix("log ")).unwrap_or(left);
        let right = rest(stop, stop.at + 2).split([')', ',']).next()?.trim();
        if left.is_empty() || right.is_empty() {
            return None;
        }
        let help = format!("write `if {left} != null then {left} else {right}`; a take has `else {right}`");
        return found_at(stop.at..stop.at + 2, Code::ForeignOperator, format!("unknown operator `{}`", &stop.token[..2]), help)?
            .replacing(offset(stop.text, left)..offset(stop.text, right) + right.len());
    }
    if stop.first() != "expect" {
        return None;
    }
    let subject = before.strip_prefix("expect")?.trim();
    let line = rest(stop, 0);
    if let Some(list) = line.split_once("status in").and_then(|(_, list)| list.trim().strip_prefix(['(', '['])?.strip_suffix([')', ']'])) {
        let statuses: Vec<&str> = list.split(',').map(str::trim).collect();
        if stop.token == "," && statuses.iter().all(|status| status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit())) {
            let help = format!("write `expect {}`", statuses.join(" | "));
            return found_exactly(0..line.len(), Code::StatusOr, "unexpected list of statuses", help);
        }
    }
    if stop.token.starts_with("?:") {
        let key = before.rsplit(['{', ',', '\n']).next()?.trim();
        let value = rest(stop, stop.at + 2).split(',').next()?.trim();
        let is_name = !key.is_empty() && word(key) == key && !value.is_empty();
        let help = format!("write `{key}: {value} | absent`");
        let replaced = offset(stop.text, key)..offset(stop.text, value) + value.len();
        return found_at(stop.at..stop.at + 1, Code::ForeignOperator, "unknown operator `?`", help)?
            .replacing(replaced)
            .filter(|_| is_name);
    }
    let quoted = subject.starts_with("header \"") || subject.starts_with("cookie \"");
    let is_path = subject.starts_with("json") && !subject.contains(['{', ' ']) || quoted;
    if stop.token == ":" && is_path {
        let value = rest(stop, stop.at + 1);
        let help = format!("write `expect {subject} == {value}`");
        let end = offset(stop.text, value) + value.len();
        let is_value = !value.is_empty() && !value.starts_with(['{', '[']);
        return found(Code::Syntax, "unexpected `:`, expected `==`", help)?.replacing(0..end).filter(|_| is_value);
    }
    let is_status = subject.len() == 3 && subject.starts_with(|char: char| char.is_ascii_digit());
    if stop.token.starts_with('"') && is_status {
        let help = "remove it: an expectation has no message of its own";
        return found(Code::Syntax, "unexpected string after a status", help);
    }
    if stop.token.starts_with('"') && is_path && (quoted || subject.contains(['.', '['])) {
        let help = format!("write `expect {subject} == {}`", stop.token);
        return found(Code::Syntax, "missing operator between two values", help)?.replacing(0..stop.at + stop.token.len());
    }
    None
}

/// `6 S, 4 S`, `S -> 60`, `base x, healthcheck none`, `let a, b = 1, 2`, `"base": x`.
fn members(stop: &ParseStop<'_>) -> Option<Mistake> {
    let line = stop.line();
    if stop.strict == Rule::only_task && matches!(stop.token, "->" | "=>" | "=") {
        let name = stop.first();
        let weight = word(stop.text[stop.at + stop.token.len()..].trim_start());
        let end = stop.at + stop.token.len() + stop.text[stop.at + stop.token.len()..].find(weight)? + weight.len();
        let is_weight = !weight.is_empty() && weight.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty();
        let help = format!("write `{weight} {name}`");
        return found_exactly(0..end, Code::Syntax, "unexpected name, expected the weight first", help).filter(|_| is_weight);
    }
    if stop.token == "," && stop.first() == "let" && stop.text.get(4..stop.at).is_some_and(|name| word(name) == name.trim()) {
        return found(Code::Syntax, "unexpected second name", "declare each name with a `let` of its own");
    }
    let is_list = matches!(stop.strict, Rule::only_task | Rule::only_api) || stop.strict == Rule::only_user && stop.first() != "run";
    let follows = stop.text.get(stop.at + 1..).is_some_and(|rest| rest.trim_start_matches(' ').starts_with(char::is_alphanumeric));
    if stop.token == "," && is_list && follows && !stop.wants(Rule::p_comma) {
        return found_exactly(stop.at..stop.at + 1, Code::Syntax, "unexpected `,` between two members", "write `;` between them");
    }
    if stop.strict == Rule::only_api && line.starts_with('"') {
        let (name, value) = line[1..].split_once('"')?;
        let value = value.trim_start().strip_prefix(':')?.split([',', ';', '}']).next()?.trim();
        let end = offset(line, value) + value.len();
        let help = format!("write `{name} {value}`");
        let is_option = super::vocabulary::API.contains(&name) && !value.is_empty();
        let message = format!("unexpected quotes around `{name}`");
        return found_at(0..name.len() + 2, Code::Syntax, message, help)?.replacing(0..end).filter(|_| is_option);
    }
    None
}

/// `import "shop.lt" as shop`.
fn import(stop: &ParseStop<'_>) -> Option<Mistake> {
    if stop.first() != "import" || stop.token != "as" {
        return None;
    }
    let end = stop.at + rest(stop, stop.at).len();
    let start = stop.text[..stop.at].trim_end().len();
    found_at(stop.at..end, Code::ForeignStatement, "unexpected `as` in an import", "remove it: an import adds all names of the file")?
        .replacing(start..end)
}

/// `if (c) log "x"`: a statement in place of a block.
fn block(stop: &ParseStop<'_>) -> Option<Mistake> {
    let is_head = matches!(stop.first(), "if" | "for" | "repeat" | "group" | "step" | "poll" | "retry" | "parallel");
    let wants = stop.wants(Rule::block) || stop.wants(Rule::p_open);
    if !is_head || !wants || stop.at == 0 || !is_statement(stop.token) || stop.text[..stop.at].contains('\n') {
        return None;
    }
    let body = rest(stop, stop.at);
    let help = format!("write the block in braces: `{{ {body} }}`");
    found(Code::Syntax, format!("unexpected `{}`, expected `{{`", stop.token), help)?
        .replacing(stop.at..stop.at + body.len())
        .filter(|_| !body.contains('{') || body.contains('"'))
}

/// `Accept: application/json` on a line of its own.
fn header(stop: &ParseStop<'_>) -> Option<Mistake> {
    if stop.strict != Rule::only_stmt {
        return None;
    }
    let (name, value) = stop.line().split_once(':')?;
    let is_name = name.starts_with(|char: char| char.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && (name.contains('-') || matches!(name, "Accept" | "Authorization" | "Cookie" | "Host" | "Origin" | "Referer"));
    let value = value.trim().trim_matches('"');
    if !is_name || value.is_empty() {
        return None;
    }
    let help = format!("move it to the braces of the request: `headers {{ \"{name}\": \"{value}\" }}`");
    found_at(0..name.len(), Code::ForeignStatement, format!("unexpected header `{name}`, expected a statement"), help)
}

/// `chance 0.3 {`.
fn chance(stop: &ParseStop<'_>) -> Option<Mistake> {
    let digit = stop.token.starts_with(|char: char| char.is_ascii_digit());
    if stop.strict != Rule::only_stmt || !digit || stop.text[..stop.at].trim_end() != "chance" {
        return None;
    }
    let number = stop.text[stop.at..].split(|char: char| !char.is_ascii_digit() && char != '.').next()?;
    let help = format!("write `if chance({number})`");
    found_exactly(0..stop.at + number.len(), Code::ForeignStatement, "`chance` is not a statement", help)
}

/// `tags { … }`: a word that is neither a keyword nor an api. The last resort: other words have fixes of their own.
pub(super) fn unknown_statement(stop: &ParseStop<'_>) -> Option<Mistake> {
    let first = stop.first();
    let is_word = stop.strict == Rule::only_stmt && stop.text[..stop.at].trim_end() == first && !first.is_empty();
    let starts_block = stop.token == "{" || stop.token.starts_with(|char: char| char.is_ascii_digit());
    if !is_word || is_statement(first) || !starts_block || stop.source.contains(&format!("api {first} ")) {
        return None;
    }
    let help = "start it with a keyword such as `step`, `let`, `if`, `expect` or `take`, or write a request: `shop.get(id)`";
    found_at(0..first.len(), Code::Syntax, format!("unexpected `{first}`, expected a statement"), help)
}
