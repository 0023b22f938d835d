//! Control flow in the syntax of other languages: conditions after a statement, loops over a number, names taken apart, several calls.

use ltc_grammar::Rule;

use super::stop::{Mistake, ParseStop, found_at, found_exactly, offset};
use super::vocabulary::word;
use crate::diagnostic::Code;

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    if stop.strict != Rule::only_stmt {
        return None;
    }
    let line = stop.line();
    let whole = line[..super::foreign_members::member_end(line)].trim_end();
    let head = line[..super::recovery::block_behind(stop.text, 0).unwrap_or(line.len()).min(line.len())].trim_end();
    condition_behind(stop, whole)
        .or_else(|| fail_if(stop, whole))
        .or_else(|| chain(stop))
        .or_else(|| match stop.first() {
            "run" => several(whole),
            "let" | "take" | "set" => names(stop, whole),
            "for" => for_loop(stop, head),
            "repeat" => repeat(stop, head),
            "parallel" => parallel(head),
            "group" if stop.token == "{" => {
                found_exactly(0..stop.at + 1, Code::MissingQuotes, "missing name of a group", "write `group \"Name\" {`")
            }
            "retry" if head.strip_prefix("retry ").is_some_and(|rest| rest.starts_with("step ")) => found_exactly(
                0.."retry".len(),
                Code::Syntax,
                "missing number of attempts of a `retry`",
                "write `retry 2 times {`, and `}` after the step",
            ),
            "on" => found_at(
                0..head.len(),
                Code::ForeignStatement,
                format!("unexpected `{head}` in a sequence"),
                "write `finally { … }` as the last statement of the sequence, which runs after a failure, too",
            ),
            "leave" | "break" => ending(stop, whole),
            "with" | "chance" | "percent" | "probability" => chance(head),
            _ => None,
        })
        .or_else(|| else_if(stop))
        .or_else(|| auth(stop, whole))
        .or_else(|| compared(stop, whole))
}

/// `fail "x" if n > 2`, `leave unless done`, `log n if n > 2`.
fn condition_behind(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let first = stop.first();
    if !matches!(first, "fail" | "leave" | "break" | "stop" | "log" | "run" | "wait" | "set")
        || !matches!(stop.token, "if" | "unless" | "when")
    {
        return None;
    }
    let condition = whole.get(stop.at + stop.token.len()..)?.trim();
    if condition.is_empty() || condition.contains(" else ") || condition.contains('{') {
        return None;
    }
    let statement = whole[..stop.at].trim_end();
    let head = if stop.token == "unless" { format!("if not ({condition})") } else { format!("if {condition}") };
    let help = format!("write `{head} {{ {statement} }}`");
    found_at(stop.at..stop.at + stop.token.len(), Code::ForeignStatement, format!("unexpected `{}` after a statement", stop.token), help)?
        .replacing(0..whole.len())
}

/// `fail if c`: the condition is read as a value.
fn fail_if(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let condition = whole.strip_prefix("fail if ").or_else(|| whole.strip_prefix("fail when "))?.trim();
    let help = format!("write `if {condition} {{ fail \"why\" }}`");
    found_at(0..4, Code::ForeignStatement, "missing reason of `fail`", help)?
        .replacing(0..whole.len())
        .filter(|_| stop.at > 4 && !condition.is_empty() && !condition.contains(" then "))
}

/// `run A, B`, `run A and B`, `run A then B`.
fn several(whole: &str) -> Option<Mistake> {
    let rest = whole.strip_prefix("run ")?;
    let sign = [", ", ",", " and ", " then ", " & ", " -> "].into_iter().find(|sign| rest.contains(sign))?;
    let calls: Vec<&str> = rest.split(sign).map(str::trim).collect();
    let is_call = |call: &str| {
        let name = word(call);
        let args = call[name.len()..].trim();
        !name.is_empty() && (args.is_empty() || args.starts_with('(') && args.ends_with(')'))
    };
    if calls.len() < 2 || !calls.iter().all(|call| is_call(call)) {
        return None;
    }
    let code: Vec<String> = calls.iter().map(|call| format!("run {call}")).collect();
    let at = "run ".len() + rest.find(sign)?;
    let message = format!("unexpected `{}` between two sequences", sign.trim());
    found_at(at..at + sign.trim_end().len(), Code::Syntax, message, format!("write `{}`", code.join("; ")))?.replacing(0..whole.len())
}

/// `let [a, b] = xs`, `let { a } = x`, `take id`, `set xs[0] = 3`, `set env.shop.url = x`, `let x = step`.
fn names(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let first = stop.first();
    let rest = whole.get(first.len()..)?.trim_start();
    let start = whole.len() - rest.len();
    if first == "take" && word(rest) == rest && !rest.is_empty() {
        let help = format!("write where it comes from, such as `take {rest} = json.{rest}`");
        return found_at(start..whole.len(), Code::Syntax, format!("missing source of `{rest}`"), help);
    }
    if first == "set" {
        return changed(rest, start);
    }
    let (names, value) = rest.split_once('=')?;
    let (names, value) = (names.trim(), value.trim());
    if first == "let" && super::vocabulary::is_statement(value) {
        let at = whole.len() - value.len();
        let message = format!("unexpected keyword `{value}`, expected a value");
        let help = format!("rename the variable: `{value}` is a keyword, so no variable has this name");
        return found_at(at..whole.len(), Code::Syntax, message, help).filter(|_| stop.at == at);
    }
    let is_list = names.starts_with('[') && names.ends_with(']');
    if first != "let" || !(is_list || names.starts_with('{') && names.ends_with('}')) {
        return None;
    }
    let inside: Vec<&str> = names[1..names.len() - 1].split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let is_plain = value.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | '[' | ']'));
    let message = format!("unexpected `{}`, expected a name", &names[..1]);
    let place = start..start + names.len();
    if inside.is_empty() || !is_plain || inside.iter().any(|name| word(name) != *name) {
        return found_at(place, Code::Syntax, message, "declare each name with a `let` of its own");
    }
    let lets: Vec<String> = inside
        .iter()
        .enumerate()
        .map(|(at, name)| if is_list { format!("let {name} = {value}[{at}]") } else { format!("let {name} = {value}.{name}") })
        .collect();
    found_at(place, Code::Syntax, message, format!("write `{}`", lets.join("; ")))?.replacing(0..whole.len())
}

/// `set xs[0] = 3`, `set env.shop.url = x`.
fn changed(rest: &str, start: usize) -> Option<Mistake> {
    let name = word(rest);
    let behind = &rest[name.len()..];
    let place = start..start + rest.split('=').next()?.trim_end().len();
    if name == "env" {
        let help = "declare a variable: `let url = env.shop.url`, and `set url = …`; `--set shop.url=…` changes a key for a run";
        return found_at(place, Code::Assignment, "cannot set a key of the environment", help);
    }
    let index = behind.strip_prefix('[')?.split(']').next()?;
    let value = rest.split_once('=')?.1.trim();
    let help = if index.starts_with('"') {
        format!("write `set {name} = merge({name}, {{ {index}: {value} }})` to change an object")
    } else if index.trim() == "0" {
        format!("write a new list, such as `set {name} = [{value}] + {name}[1..-1]`")
    } else {
        format!("write a new list, such as `set {name} = {name}[0..{index} - 1] + [{value}] + {name}[{index} + 1..-1]`")
    };
    found_at(place, Code::Assignment, "cannot set an item", help).filter(|_| !name.is_empty() && !value.is_empty())
}

/// `for 1..3 {`, `for i in 0...3 {`, `for x : xs {`, `for x in xs parallel {`.
fn for_loop(stop: &ParseStop<'_>, head: &str) -> Option<Mistake> {
    let rest = head.strip_prefix("for ")?.trim_start();
    let start = head.len() - rest.len();
    let whole = |place: std::ops::Range<usize>, message: &str, code: String| {
        found_at(place, Code::Syntax, message, format!("write `{code}`"))?.replacing(0..head.len())
    };
    let digits = rest.len() - rest.trim_start_matches(|char: char| char.is_ascii_digit()).len();
    if digits > 0 {
        let code = if rest.contains("..") { format!("for i in {}", rest.replace("...", "..")) } else { format!("for i in 1..{rest}") };
        return whole(start..start + digits, "missing variable of a loop", code).filter(|_| !rest.contains(' '));
    }
    let name = word(rest);
    let behind = rest[name.len()..].trim_start();
    if let Some(range) = behind.strip_prefix("in ").filter(|range| range.contains("...")) {
        let at = head.find("...")?;
        return whole(at..at + 3, "unexpected `...`, expected `..`", format!("for {name} in {}", range.trim().replace("...", "..")));
    }
    if let Some(list) = behind.strip_prefix(": ") {
        let at = head.find(" :")? + 1;
        return whole(at..at + 1, "unexpected `:`, expected `in`", format!("for {name} in {}", list.trim())).filter(|_| !name.is_empty());
    }
    if head.ends_with(" parallel") && stop.text[head.len()..].trim_start().starts_with('{') {
        let at = head.len() - "parallel".len();
        return found_at(at..head.len(), Code::Syntax, "missing number after `parallel`", format!("write `{head} 2`"))?
            .replacing(0..head.len());
    }
    None
}

/// `repeat 3 as i {`, `repeat 1..3 {`, `repeat forever {`, `repeat for 30s {`, `repeat until c {`.
fn repeat(stop: &ParseStop<'_>, head: &str) -> Option<Mistake> {
    let rest = head.strip_prefix("repeat ")?.trim();
    let start = head.len() - rest.len();
    let first = word(rest);
    let number = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    if number && let Some(to) = rest.split_once("..").map(|(_, to)| to.trim_start_matches('.')) {
        let help = format!("write `for i in {first}..{to}`");
        return found_at(start..head.len(), Code::Syntax, "unexpected range, expected a number", help)?.replacing(0..head.len());
    }
    if let Some((count, name)) = rest.split_once(" as ").or_else(|| rest.split_once(" with ")) {
        let help = format!("write `for {} in 1..{}`", name.trim(), count.trim());
        let at = start + count.len() + 1;
        return found_at(at..head.len(), Code::Syntax, "unexpected variable of a `repeat`", help)?
            .replacing(0..head.len())
            .filter(|_| word(name.trim()) == name.trim());
    }
    let help = match first {
        "forever" | "always" | "infinite" | "for" | "during" | "endlessly" => {
            "write the statements in the sequence that a user runs: it runs them again and again, and the profile sets how long".to_owned()
        }
        "until" => format!("write `poll every 1s up to 20 times until {} {{ … }}`", rest[first.len()..].trim()),
        "while" => format!("write `poll every 1s up to 20 times until not ({}) {{ … }}`", rest[first.len()..].trim()),
        _ => return None,
    };
    found_at(start..start + first.len(), Code::ForeignStatement, format!("unexpected `{first}` after `repeat`"), help)
        .filter(|_| stop.text[head.len()..].trim_start().starts_with('{'))
}

/// `parallel for x in xs {`.
fn parallel(head: &str) -> Option<Mistake> {
    let rest = head.strip_prefix("parallel ")?.trim();
    let help = format!("write `{rest} parallel 2`: at most two at the same time");
    let at = head.len() - rest.len();
    found_at(at..at + 3, Code::Syntax, "unexpected `for` after `parallel`", help)?
        .replacing(0..head.len())
        .filter(|_| rest.starts_with("for "))
}

/// `leave sequence`, `break loop`.
fn ending(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let first = stop.first();
    let rest = whole[first.len()..].trim();
    let known = matches!(rest, "sequence" | "iteration" | "loop" | "group" | "step" | "test" | "scenario" | "all" | "now");
    let ends = if first == "leave" { "the sequence" } else { "the loop" };
    let at = whole.len() - rest.len();
    found_at(at..whole.len(), Code::Syntax, format!("unexpected `{rest}` after `{first}`"), format!("remove it: `{first}` ends {ends}"))?
        .replacing(first.len()..whole.len())
        .filter(|_| known)
}

/// `with 30% {`, `chance 30% {`, `percent 30 {`.
fn chance(head: &str) -> Option<Mistake> {
    let number = head.split(' ').nth(1)?;
    let share: f64 = number.trim_end_matches('%').parse().ok()?;
    let share = if share > 1.0 || number.ends_with('%') { share / 100.0 } else { share };
    let first = word(head);
    found_at(0..first.len(), Code::ForeignStatement, format!("`{first}` is not a keyword"), format!("write `if chance({share})`"))?
        .replacing(0..head.len())
        .filter(|_| (0.0..=1.0).contains(&share) && head.split(' ').count() == 2)
}

/// `} else if {`: the block is read as a map, so parsing stops within it.
fn else_if(stop: &ParseStop<'_>) -> Option<Mistake> {
    let at = stop.text.find("else if {").filter(|at| *at < stop.at && stop.first() == "if")?;
    let help = "write `} else {`, or a condition: `} else if c {`";
    found_at(at..at + "else if".len(), Code::Syntax, "missing condition after `else if`", help)
}

/// `"a" . name`, `n div 2`, `n mod 2`: operators of PHP, SQL and Pascal.
fn chain(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    let start = before.rfind(['=', '(', ',', ' ']).map_or(0, |at| at + 1);
    let left = before.get(start..)?;
    let right = word(stop.text.get(stop.at + stop.token.len()..)?.trim_start_matches(' '));
    let end = offset(stop.text, right) + right.len();
    if right.is_empty() {
        return None;
    }
    let value = left.starts_with(|char: char| char.is_ascii_alphanumeric() || char == '_') && !left.contains('"');
    let code = match stop.token {
        "." if before.ends_with('"') && stop.text[stop.at + 1..].starts_with(' ') => {
            let open = before[..before.len() - 1].rfind('"')?;
            let text = &before[open + 1..before.len() - 1];
            let code = format!("write `\"{text}{{{right}}}\"`");
            return found_at(stop.at..stop.at + 1, Code::ForeignOperator, "unexpected `.` after a string", code)?.replacing(open..end);
        }
        "div" if value => format!("floor({left} / {right})"),
        "mod" if value => format!("{left} % {right}"),
        _ => return None,
    };
    found_at(
        stop.at..stop.at + stop.token.len(),
        Code::ForeignOperator,
        format!("unknown operator `{}`", stop.token),
        format!("write `{code}`"),
    )?
    .replacing(start..end)
}

/// `shop.item(1) == 200`: a request compared with a status.
fn compared(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let request = whole.get(..stop.at)?.trim_end();
    let status = whole.get(stop.at + stop.token.len()..)?.trim();
    let is_status = status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit() || byte == b'x');
    found_at(
        stop.at..stop.at + stop.token.len(),
        Code::ForeignOperator,
        format!("unexpected `{}` after a request", stop.token),
        format!("write `{request}; expect {status}`"),
    )?
    .replacing(0..whole.len())
    .filter(|_| is_status && request.starts_with(stop.some_api()) && matches!(stop.token, "==" | "=" | "=>" | "->" | ":"))
}

/// `shop.auth = bearer("x")`.
fn auth(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let api = stop.some_api();
    let value = whole.strip_prefix(api)?.strip_prefix(".auth")?.trim_start().strip_prefix('=')?.trim();
    found_at(
        0..api.len() + ".auth".len(),
        Code::Assignment,
        "missing `set` before an assignment",
        format!("write `set {api}.auth = {value}`"),
    )?
    .replacing(0..whole.len())
    .filter(|_| !value.is_empty())
}
