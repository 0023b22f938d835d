//! Heads of loops, steps and branches in the syntax of other tools, rebuilt from the numbers, times and conditions that they contain.

use ltc_grammar::Rule;

use super::stop::{Mistake, ParseStop, found, found_at, found_exactly};
use super::vocabulary::{PARTS, word};
use crate::diagnostic::Code;

/// Words behind the name of a step, each with the flag that is meant, or none where it is the default.
const FLAGS: [(&[&str], &str); 3] = [
    (&["critical", "required", "fatal", "abort", "abort_on_fail", "stop_on_fail", "must", "exit_on_fail"], "interrupt"),
    (&["hidden", "silent", "ignore", "untracked", "unrecorded", "no_stats", "excluded"], "skip"),
    (&["optional", "soft", "allow_failure", "may_fail", "continue_on_fail"], ""),
];

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    if stop.strict != Rule::only_stmt {
        return None;
    }
    let line = stop.line();
    let open = super::recovery::block_behind(stop.text, 0);
    let head = line[..open.unwrap_or(line.len()).min(line.len())].trim_end();
    if stop.at > head.len() + 1 && !head.trim().contains(' ') && open.is_some() {
        return without_number(stop, open?);
    }
    match stop.first() {
        "poll" => poll(stop, head),
        "retry" => retry(stop, head),
        "for" => for_loop(stop, head),
        "repeat" => repeat(stop, head),
        "step" => step(stop, line, head),
        "every" => every(stop, head),
        "run" => run(stop),
        "parallel" if stop.token.starts_with(|char: char| char.is_ascii_digit()) => {
            let help = format!("write `for x in xs parallel {} {{ … }}` for the same steps with each item of a list", stop.token);
            found(Code::Syntax, format!("unexpected `{}`, expected `{{`", stop.token), help)
        }
        _ => None,
    }
}

/// `retry { … }`, `repeat { … }`, `poll { … }`: the block is read as a map, so parsing stops within it.
fn without_number(stop: &ParseStop<'_>, open: usize) -> Option<Mistake> {
    let first = stop.first();
    let (message, help) = match first {
        "retry" => ("missing number of attempts", "write `retry 2 times {`"),
        "repeat" => ("missing number of `repeat`", "write `repeat 3 { … }`"),
        _ => return None,
    };
    let mistake = found_at(0..first.len(), Code::Syntax, message, help)?;
    if first == "retry" { mistake.replacing(0..open + 1) } else { Some(mistake) }
}

/// The text behind one of `words` in a head, up to one of `ends`.
fn behind<'h>(head: &'h str, words: &[&str], ends: &[&str]) -> Option<&'h str> {
    let start = words.iter().find_map(|word| head.find(&format!(" {word} ")).map(|at| at + word.len() + 2))?;
    let end = ends.iter().filter_map(|end| head[start..].find(&format!(" {end} "))).min().map_or(head.len(), |at| start + at);
    Some(head[start..end].trim())
}

/// A text that is a duration or a number.
fn is_time(text: &str) -> bool {
    text.starts_with(|char: char| char.is_ascii_digit()) && !text.contains(' ')
}

fn milliseconds(text: &str) -> Option<f64> {
    let digits = text.trim_end_matches(|char: char| char.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ms" => 1.0,
        "s" => 1_000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        _ => return None,
    };
    digits.parse::<f64>().ok().map(|number| number * unit)
}

const POLL: [&str; 9] = ["every", "up", "until", "while", "max", "for", "times", "within", "timeout"];

/// `poll until c`, `poll 10 times every 1s until c`, `poll every 1s for 30s until c`, `poll … while c`.
fn poll(stop: &ParseStop<'_>, head: &str) -> Option<Mistake> {
    if stop.at > head.len() + 1 {
        return None;
    }
    let interval = behind(head, &["every"], &POLL).filter(|text| is_time(text));
    let number = head
        .split(' ')
        .zip(head.split(' ').skip(1))
        .find(|(_, word)| word.trim_end_matches([',', ';']) == "times")
        .map(|(number, _)| number);
    let limit = behind(head, &["up to", "for", "within", "timeout", "max", "at most"], &POLL);
    let limit = limit.and_then(|text| text.split(' ').next());
    let counted = number.or(limit).filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).map(str::to_owned);
    let timed = || {
        let attempts = milliseconds(limit?)? / milliseconds(interval?)?;
        (1.0..=1e6).contains(&attempts).then(|| format!("{}", attempts.ceil()))
    };
    let attempts = counted.or_else(timed);
    let condition = behind(head, &["until"], &POLL).map(str::to_owned);
    let condition = condition.or_else(|| behind(head, &["while"], &POLL).map(|condition| format!("not ({condition})")));
    let message = match (stop.token, interval, &attempts, &condition) {
        ("while", ..) => "unexpected `while`, expected `until`",
        (_, None, ..) => "missing interval of a `poll`",
        (_, _, None, _) => "missing number of attempts of a `poll`",
        (_, _, _, None) => "missing condition of a `poll`",
        _ => "malformed `poll`",
    };
    let code = format!(
        "poll every {} up to {} times until {}",
        interval.unwrap_or("1s"),
        attempts.as_deref().unwrap_or("20"),
        condition.as_deref().unwrap_or("done")
    );
    if interval.is_some() && attempts.is_some() && condition.is_some() {
        return found(Code::Syntax, message, format!("write `{code}`"))?.replacing(0..head.len());
    }
    found(Code::Syntax, message, format!("write, for example, `{code} {{ … }}`"))
}

/// `retry up to 3 times`, `retry 3 times on 500, 502`, `retry 3 times on timeout`, `retry 3 times until c`.
fn retry(stop: &ParseStop<'_>, head: &str) -> Option<Mistake> {
    if stop.at > head.len() + 1 {
        return None;
    }
    let number = head.split([' ', ',']).find(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()))?;
    let interval = behind(head, &["every", "after", "with delay", "delay", "wait", "backoff"], &["on", "until", "if", "times"]);
    let interval = interval.filter(|text| is_time(text));
    let every = interval.map_or(String::new(), |interval| format!(" every {interval}"));
    if let Some(condition) = behind(head, &["until"], &["every", "on"]) {
        let help = format!("write `poll every {} up to {number} times until {condition}`", interval.unwrap_or("1s"));
        return found(Code::Syntax, "unexpected condition of a `retry`", help)?.replacing(0..head.len());
    }
    let on = behind(head, &["on", "if status", "if", "for"], &["every", "times", "until"]).unwrap_or_default();
    let statuses: Vec<&str> =
        on.split([',', '|', ' ']).filter(|word| !word.is_empty() && !matches!(*word, "or" | "and" | "status")).collect();
    let is_status = |word: &&str| word.len() == 3 && word.starts_with(|char: char| ('1'..='5').contains(&char));
    let all = !statuses.is_empty() && statuses.iter().all(is_status);
    let only = if all { format!(" on {}", statuses.join(" | ")) } else { String::new() };
    let code = format!("retry {number} times{every}{only}");
    let (message, help) = if !statuses.is_empty() && !all {
        (
            "unexpected reason of a `retry`, expected statuses".to_owned(),
            format!("write `{code}`: it repeats every failure unless it names statuses"),
        )
    } else if stop.token == "," {
        ("unexpected `,` between statuses, expected `|`".to_owned(), format!("write `{code}`"))
    } else {
        ("malformed `retry`".to_owned(), format!("write `{code}`"))
    };
    (head != code).then(|| found(Code::Syntax, message, help)?.replacing(0..head.len())).flatten()
}

/// `for (x in xs)`, `for i = 1 to 10`, `for i in 1..=3`, `for i in [0:3]`, `for i from 1 to 3`.
fn for_loop(stop: &ParseStop<'_>, head: &str) -> Option<Mistake> {
    if stop.at > head.len() {
        return None;
    }
    let inside = head.strip_prefix("for")?.trim();
    let inside = inside.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')).unwrap_or(inside).trim();
    let inside = ["let ", "var ", "const ", "int "].into_iter().find_map(|word| inside.strip_prefix(word)).unwrap_or(inside);
    let name = word(inside);
    let rest = inside[name.len()..].trim();
    let exact = |place: std::ops::Range<usize>, message: String, code: String| {
        found_at(place, Code::Syntax, message, format!("write `{code}`"))?.replacing(0..head.len()).filter(|_| !name.is_empty())
    };
    let here = stop.at..stop.at + stop.token.len();
    let counted = rest.strip_prefix('=').or_else(|| rest.strip_prefix("from ")).or_else(|| rest.strip_prefix("in ")).map(str::trim);
    if let Some((from, to)) = counted.and_then(|counted| counted.split_once(" to ").or_else(|| counted.split_once(" until "))) {
        return exact(
            here,
            format!("unexpected `{}` in a loop's head", stop.token),
            format!("for {name} in {}..{}", from.trim(), to.trim()),
        );
    }
    if let Some((from, to)) = rest.strip_prefix("in ").and_then(|range| range.split_once("..=")) {
        let at = head.find("..=")?;
        return exact(at..at + 3, "unexpected `..=`, expected `..`".to_owned(), format!("for {name} in {}..{}", from.trim(), to.trim()));
    }
    let range = rest.strip_prefix("in ").and_then(|list| list.trim().strip_prefix('[')?.strip_suffix(']'));
    if let Some((from, to)) = range.and_then(|range| range.split_once(':')) {
        let last = to.trim().parse::<i64>().ok()?.checked_sub(1)?;
        return exact(here, "unexpected `:` in a range, expected `..`".to_owned(), format!("for {name} in {}..{last}", from.trim()));
    }
    let list = ["in ", "of ", ": "].into_iter().find_map(|sign| rest.strip_prefix(sign))?.trim();
    if stop.token == "(" && !list.is_empty() && !list.contains(';') {
        return exact(here, "unexpected brackets in a loop's head".to_owned(), format!("for {name} in {list}"));
    }
    None
}

/// `repeat n times`, `repeat (3)`.
fn repeat(stop: &ParseStop<'_>, head: &str) -> Option<Mistake> {
    let number = head.strip_prefix("repeat ")?.strip_suffix(" times").or_else(|| head.strip_prefix("repeat ")?.strip_suffix('x'))?.trim();
    let is_number = !number.is_empty() && !number.contains(' ');
    found(Code::Syntax, format!("unexpected `{}`", stop.token), format!("write `repeat {number}`"))?
        .replacing(0..head.len())
        .filter(|_| is_number && stop.at > 0)
}

/// `every 3rd iteration {`.
fn every(stop: &ParseStop<'_>, head: &str) -> Option<Mistake> {
    let rest = head.strip_prefix("every ")?;
    let digits = &rest[..rest.find(|char: char| !char.is_ascii_digit())?];
    if digits.is_empty() || !rest[digits.len()..].contains("iteration") {
        return None;
    }
    let help = format!("write `if user.iteration % {digits} == 0`");
    found_at(0..head.len(), Code::ForeignStatement, "`every` is not a statement", help)?
        .replacing(0..head.len())
        .filter(|_| !stop.text.is_empty())
}

/// What follows the name of a step: flags of other tools, parts of the request, loops, conditions, the request without braces.
fn step(stop: &ParseStop<'_>, line: &str, head: &str) -> Option<Mistake> {
    let name = line.strip_prefix("step ")?.trim_start().strip_prefix('"')?.split('"').next()?;
    let behind = line.find('"')? + name.len() + 2;
    let rest = line.get(behind..)?.trim_start();
    let start = line.len() - rest.len();
    let first = word(rest);
    let flag = rest.get(first.len()..)?.trim_start();
    if matches!(first, "skip" | "interrupt") && flag.starts_with([':', '=']) && stop.at <= head.len() {
        let off = flag.contains("false") || flag.contains("off");
        let at = line.len() - flag.len();
        let help = if off { "remove it: a flag is on where it is written".to_owned() } else { format!("write `{first}`") };
        return found_at(at..at + 1, Code::Syntax, format!("unexpected `{}` after `{first}`", &flag[..1]), help)?
            .replacing(start..head.len());
    }
    if stop.at < start || stop.at > start + first.len() || first.is_empty() && !rest.starts_with('+') {
        return None;
    }
    let unexpected = |help: String| {
        found_at(
            start..start + first.len().max(1),
            Code::Syntax,
            format!("unexpected `{}` after the name of a step", if first.is_empty() { "+" } else { first }),
            help,
        )
    };
    if first.is_empty() {
        return unexpected(format!("name it by a literal, such as `step \"{name}\" {{`: the report must not grow with the data"));
    }
    if let Some((_, flag)) = FLAGS.iter().find(|(words, _)| words.contains(&first)) {
        let place = start..start + first.len();
        return match *flag {
            "" => unexpected("remove it: a failed step does not end the iteration unless it says `interrupt`".to_owned())?.replacing(place),
            flag => unexpected(format!("write `{flag}`"))?.replacing(place),
        };
    }
    let value = head.get(start + first.len()..).unwrap_or_default().trim().trim_start_matches([':', '=', '(']).trim_end_matches(')').trim();
    if PARTS.contains(&first) {
        return unexpected(format!(
            "write it in the braces of the request, such as `shop.item(1) {{ {first} {} }}`",
            if value.is_empty() { "…" } else { value }
        ));
    }
    match first {
        "if" | "when" | "unless" => unexpected(format!("write the condition around the step: `if {value} {{ step \"{name}\" {{ … }} }}`")),
        "retry" | "retries" | "repeat" | "times" => {
            let number: String = value.chars().filter(char::is_ascii_digit).collect();
            let number = if number.is_empty() { "2" } else { &number };
            let head = if first == "repeat" || first == "times" { format!("repeat {number}") } else { format!("retry {number} times") };
            unexpected(format!("write it around the step: `{head} {{ step \"{name}\" {{ … }} }}`"))
        }
        "weight" => unexpected(format!("write the weight in `tasks`, such as `tasks Name {{ {value} step \"{name}\" {{ … }} }}`")),
        "wait" | "after" | "delay" | "pause" => unexpected("write `wait 1s` before or after the step".to_owned()),
        "as" | "tag" | "tags" | "name" => unexpected("remove it: the name of the step is its row of the report".to_owned()),
        _ if first == stop.some_api() => {
            let request = rest[..super::foreign_members::member_end(rest)].trim_end();
            let help = format!("write the block in braces: `{{ {request} }}`");
            unexpected(help)?.replacing(start..start + request.len())
        }
        _ => None,
    }
}

/// `run S with (1)`, `run parallel A, B`.
fn run(stop: &ParseStop<'_>) -> Option<Mistake> {
    let whole = stop.line();
    let whole = whole[..super::foreign_members::member_end(whole)].trim_end();
    let rest = whole.strip_prefix("run ")?.trim();
    let name = word(rest);
    let behind = rest[name.len()..].trim();
    if name == "parallel" {
        let calls: Vec<String> = behind.split([',', ' ']).filter(|call| !call.is_empty()).map(|call| format!("run {call}")).collect();
        let help = format!("write `parallel {{ {} }}`", calls.join("; "));
        return found_exactly(0..whole.len(), Code::Syntax, "unexpected `parallel` after `run`", help).filter(|_| calls.len() > 1);
    }
    let args = ["with ", "using "].into_iter().find_map(|word| behind.strip_prefix(word))?.trim();
    let args = args.strip_prefix('(').and_then(|args| args.strip_suffix(')')).unwrap_or(args);
    let help = format!("write `run {name}({args})`");
    let at = whole.len() - behind.len();
    found_at(at..at + word(behind).len(), Code::Syntax, format!("unexpected `{}`, expected the arguments in brackets", word(behind)), help)?
        .replacing(0..whole.len())
        .filter(|_| !args.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{behind, milliseconds};

    #[test]
    fn parts_of_a_head_are_found_by_their_words() {
        let head = "poll every 1s for 30s until n == 3";
        assert_eq!(behind(head, &["every"], &["for", "until"]), Some("1s"));
        assert_eq!(behind(head, &["until"], &["every"]), Some("n == 3"));
        assert_eq!(behind(head, &["while"], &[]), None);
        assert_eq!(milliseconds("1.5s"), Some(1_500.0));
        assert_eq!(milliseconds("30"), None);
    }
}
