//! Patterns and conditions of `expect` in the words of assertion libraries: lengths, exactness, properties, response times.

use super::stop::{Mistake, ParseStop, found, found_at, found_exactly};
use super::vocabulary::word;
use crate::diagnostic::Code;

/// Words between `expect json` and a pattern that mean all members, and those that mean a subset.
const EXACT: [&str; 12] =
    ["strict", "strictly", "exact", "equals", "equal", "eq", "only", "is", "toEqual", "toStrictEqual", "deep", "identical"];
const SUBSET: [&str; 14] = [
    "contains",
    "contain",
    "include",
    "includes",
    "containing",
    "matches",
    "match",
    "matching",
    "like",
    "has",
    "have",
    "with",
    "subset",
    "toMatchObject",
];

/// Words for the length of a list.
const LENGTHS: [&str; 8] = ["len", "length", "size", "count", "hasLength", "has_length", "hasSize", "toHaveLength"];

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    if stop.first() != "expect" {
        return None;
    }
    let line = stop.line();
    let whole = line[..super::foreign_members::member_end(line)].trim_end();
    in_map(stop)
        .or_else(|| before_map(stop, line))
        .or_else(|| length(stop, whole))
        .or_else(|| property(stop, whole))
        .or_else(|| in_words(stop, whole))
}

/// The path of the key whose value stands at the end of a text: `expect json { a: { b:` is `a.b`; none within a list.
fn path_of(text: &str) -> Option<String> {
    let (mut path, mut key) = (Vec::new(), String::new());
    for char in text[text.find('{')?..].chars() {
        match char {
            '{' => path.push(std::mem::take(&mut key)),
            '}' => key = path.pop().map(|_| String::new())?,
            ',' | '\n' => key.clear(),
            '[' => return None,
            char if char.is_ascii_alphanumeric() || char == '_' => key.push(char),
            ':' => {
                // What follows is the value; the next `,` begins another key.
                path.push(std::mem::take(&mut key));
                let last = path.pop()?;
                key = last;
            }
            _ => {}
        }
    }
    let names: Vec<&str> = path.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    Some(names.join("."))
}

/// `{ items: len 3 }`, `{ id: 1, .. }`, `[{ … }, ...]`, `{ id: string? }`, `{ id: * }`.
fn in_map(stop: &ParseStop<'_>) -> Option<Mistake> {
    let before = stop.text[..stop.at].trim_end();
    if let Some(mistake) = generic(stop, before) {
        return Some(mistake);
    }
    let open = enclosing(before)?;
    let in_list = before[open..].starts_with('[');
    // `json.items[*]` is a path.
    if in_list && before[..open].ends_with(|char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | ']')) {
        return None;
    }
    let entry = before.rsplit(['{', ',', '\n', '[']).next().unwrap_or_default();
    let (key, value) = entry.split_once(':').map_or((entry.trim(), ""), |(key, value)| (key.trim(), value.trim()));
    let dots = dots(stop);
    if let Some(dots) = dots.clone().filter(|dots| dots.len() >= 3 && in_list) {
        let gap = if stop.text[..dots.start].trim_end().ends_with([',', '[', '{']) { "" } else { ", " };
        let help = format!("write `{gap}..` for any further items");
        return found_at(dots.clone(), Code::Syntax, "unexpected `...`, expected `..`", help)?.replacing(dots);
    }
    if let Some(dots) = dots.filter(|_| !in_list && stop.text.starts_with("expect json"))
        && stop.text[..dots.start].trim_end().ends_with([',', '{'])
    {
        let start = stop.text[..dots.start].trim_end().trim_end_matches(',').len();
        let help = "remove it: an object may have more members, except within `exactly`";
        let message = format!("unexpected `{}` between the members of an object", &stop.text[dots.clone()]);
        return found_at(dots.clone(), Code::Syntax, message, help)?.replacing(start..dots.end);
    }
    if let Some(mistake) = type_in_words(stop, value, before.len() - value.len()) {
        return Some(mistake);
    }
    if stop.token == "?" && is_type(value) {
        let help = format!("write `{value} | null`, or `{value} | absent` where the member may be missing");
        let start = before.len() - value.len();
        return found_at(start..stop.at + 1, Code::ForeignOperator, "unknown operator `?`", help);
    }
    if stop.token == "*" && in_list && before.ends_with(',') && stop.text[stop.at + 1..].trim_start().starts_with(']') {
        let message = "unexpected `*` at the end of a list, expected `..`";
        return found_exactly(stop.at..stop.at + 1, Code::ForeignOperator, message, "write `..` for any further items");
    }
    if matches!(stop.token, "*" | "**") && value.is_empty() && (entry.contains(':') || in_list) {
        let place = stop.at..stop.at + stop.token.len();
        return found_exactly(
            place,
            Code::ForeignOperator,
            format!("unexpected `{}`, expected a matcher", stop.token),
            "write `_`: it accepts any value",
        );
    }
    let (named, number) =
        (value.split_whitespace().next().unwrap_or_default(), stop.text[stop.at..].split([' ', ',', '}', '\n', ']']).next()?);
    let is_length = LENGTHS.contains(&named) || matches!(value, "has length" | "have length" | "of length" | "length is" | "size is");
    if is_length && number.starts_with(|char: char| char.is_ascii_digit()) && word(key) == key && !key.is_empty() {
        let parent = path_of(&before[..open + 1]).unwrap_or_default();
        let path = if parent.is_empty() { key.to_owned() } else { format!("{parent}.{key}") };
        let code = format!("expect len(json.{path}) == {number}");
        let start = before.len() - value.len();
        let end = super::stop::closing(stop.text, stop.text.find('{')?)? + 1;
        let alone = parent.is_empty()
            && before[..open].trim_end() == "expect json"
            && stop.text.get(stop.at + number.len()..end).is_some_and(|rest| rest.trim() == "}")
            && !before.contains(',');
        let help = if alone {
            format!("write `{code}`; a pattern has no lengths")
        } else {
            format!("write a condition beside it, such as `{code}`")
        };
        let mistake = found_at(start..stop.at + number.len(), Code::ForeignOperator, format!("unknown matcher `{named}`"), help);
        return if alone { mistake?.replacing(0..end) } else { mistake };
    }
    None
}

/// `{ ids: string[] }`, `{ ids: list<string> }`.
fn generic(stop: &ParseStop<'_>, before: &str) -> Option<Mistake> {
    let (inside, end) = match stop.token {
        "]" => (before.strip_suffix('[')?, stop.at + 1),
        _ => (before.strip_suffix('>')?, before.len()),
    };
    let ty = inside.rsplit(|char: char| !char.is_ascii_alphanumeric()).next()?;
    let start = match stop.token {
        "]" => inside.len() - ty.len(),
        _ => {
            let list = inside[..inside.len() - ty.len()].strip_suffix('<')?;
            let name = list.rsplit(|char: char| !char.is_ascii_alphanumeric()).next()?;
            matches!(name, "list" | "array" | "List" | "Array" | "Set").then(|| list.len() - name.len())?
        }
    };
    let is_value = stop.text[..start].trim_end().ends_with(':') && is_type(ty);
    let message = format!("unexpected type `{}`", &stop.text[start..end]);
    found_exactly(start..end, Code::ForeignOperator, message, format!("write `each {ty}`")).filter(|_| is_value)
}

/// `{ id: null? }`, `{ id: string! }`, `{ id: !null }`, `{ id: nullable string }`, `{ ids: array of string }`. `value`
/// is what follows the key, from `start` on.
fn type_in_words(stop: &ParseStop<'_>, value: &str, start: usize) -> Option<Mistake> {
    let end = stop.at + stop.token.len();
    let exact = |range: std::ops::Range<usize>, message: String, code: String| {
        found_at(stop.at..end, Code::ForeignOperator, message, format!("write `{code}`"))?.replacing(range)
    };
    let unknown = || format!("unknown operator `{}`", stop.token);
    let behind = stop.text[end..].trim_start();
    let items = word(behind);
    match stop.token {
        "?" if value == "null" => exact(start..end, unknown(), "null | absent".to_owned()),
        "!" if is_type(value) => {
            let help = format!("write `{value}`: it accepts no null");
            found_at(stop.at..end, Code::ForeignOperator, unknown(), help)?.replacing(start..end)
        }
        "!" if value.is_empty() && !word(behind).is_empty() => {
            let other = word(behind);
            let operand_end = end + stop.text[end..].find(other)? + other.len();
            let code = match other {
                "null" | "undefined" | "None" | "nil" => "!= null".to_owned(),
                other => format!("!= {other}"),
            };
            exact(stop.at..operand_end, unknown(), code)
        }
        "of" if matches!(value, "array" | "list" | "Array" | "List" | "an array" | "a list") && is_type(items) => {
            let items_end = end + stop.text[end..].find(items)? + items.len();
            exact(start..items_end, format!("unexpected `of` after `{value}`"), format!("each {items}"))
        }
        ty if is_type(ty) || matches!(ty, "null") => {
            let code = match value {
                "nullable" | "null or" => format!("{ty} | null"),
                "optional" | "maybe" | "opt" => format!("{ty} | absent"),
                "required" | "non_null" | "nonnull" | "type" | "a" | "an" | "is" => ty.to_owned(),
                "not" if ty == "null" => "!= null".to_owned(),
                _ => return None,
            };
            let message = format!("unexpected `{value}` before a type");
            found_at(start..start + value.len(), Code::ForeignOperator, message, format!("write `{code}`"))?.replacing(start..end)
        }
        _ => None,
    }
}

/// The innermost bracket that is open at the end of a text.
fn enclosing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().rev() {
        match byte {
            b'}' | b']' => depth += 1,
            b'{' | b'[' if depth == 0 => return Some(at),
            b'{' | b'[' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The dots around the stop.
fn dots(stop: &ParseStop<'_>) -> Option<std::ops::Range<usize>> {
    let start = stop.text[..stop.at].trim_end_matches('.').len();
    let end = stop.at + (stop.text[stop.at..].len() - stop.text[stop.at..].trim_start_matches('.').len());
    (end - start >= 2 && end > stop.at).then_some(start..end)
}

fn is_type(text: &str) -> bool {
    matches!(text, "string" | "int" | "number" | "bool" | "list" | "object" | "float")
}

/// `expect json strict { … }`, `expect json contains { … }`, `expect json to equal { … }`.
fn before_map(stop: &ParseStop<'_>, line: &str) -> Option<Mistake> {
    let rest = line.strip_prefix("expect json ")?;
    let words = rest.split(['{', '[']).next()?.trim();
    let start = "expect json ".len() + (rest.len() - rest.trim_start().len());
    let place = start..start + words.len();
    let known = |word: &str| EXACT.contains(&word) || SUBSET.contains(&word) || matches!(word, "to" | "be" | "a" | "body" | "deeply");
    if words.is_empty() || !words.split(' ').all(known) || rest.len() == words.len() || stop.at > place.end + 1 {
        return None;
    }
    let exact = words.split(' ').any(|word| EXACT.contains(&word) && word != "is") && !words.split(' ').any(|word| SUBSET.contains(&word));
    if exact || words == "is" {
        return found_exactly(place, Code::ForeignOperator, format!("unexpected `{words}` before a pattern"), "write `exactly`");
    }
    let help = "remove it: other members are allowed unless `exactly` forbids them";
    found_at(place.clone(), Code::ForeignOperator, format!("unexpected `{words}` before a pattern"), help)?
        .replacing(place.start..place.end + usize::from(line.get(place.end..).is_some_and(|rest| rest.starts_with(' '))))
}

/// `expect json.items has length 3`, `expect json.items count 3`.
fn length(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let rest = whole.strip_prefix("expect ")?;
    let path = rest.split(' ').next()?;
    let words: Vec<&str> = rest[path.len()..]
        .split_whitespace()
        .filter(|word| !matches!(*word, "to" | "has" | "have" | "having" | "of" | "a" | "is" | "be" | "the"))
        .collect();
    let [length, sign @ .., number] = words.as_slice() else { return None };
    let sign = match sign {
        [] => "==",
        [sign] if matches!(*sign, "==" | ">" | ">=" | "<" | "<=" | "!=") => sign,
        _ => return None,
    };
    let is_number = number.starts_with(|char: char| char.is_ascii_digit());
    if !path.starts_with("json") || !LENGTHS.contains(length) || !is_number {
        return None;
    }
    let help = format!("write `expect len({path}) {sign} {number}`");
    found_at(stop.at..stop.at + stop.token.len(), Code::ForeignOperator, format!("unknown operator `{length}`"), help)?
        .replacing(0..whole.len())
}

/// `expect json.items[0] has id`, `expect json.user have property "id"`.
fn property(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let rest = whole.strip_prefix("expect ")?;
    let path = rest.split(' ').next().filter(|path| path.starts_with("json.") || path.starts_with("json["))?;
    let words: Vec<&str> = rest[path.len()..]
        .split_whitespace()
        .filter(|word| !matches!(*word, "to" | "has" | "have" | "property" | "key" | "member" | "field" | "a" | "the"))
        .collect();
    let says = ["has", "have", "property", "key"].iter().any(|word| rest[path.len()..].split_whitespace().any(|other| other == *word));
    let [key] = words[..] else { return None };
    let key = key.trim_matches(['"', '\'']);
    if !says || word(key) != key || key.is_empty() || !key.starts_with(|char: char| char.is_ascii_alphabetic()) {
        return None;
    }
    let help = format!("write `expect {path}.{key} != null`");
    found_at(stop.at..stop.at + stop.token.len(), Code::ForeignOperator, "unknown operator `has`", help)?.replacing(0..whole.len())
}

/// `expect no error`, `expect 2**`, `expect response time under 1 second`, `expect redirect "/home"`, `expect headers { "X-A" }`.
fn in_words(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let rest = whole.strip_prefix("expect ")?.trim();
    let exact = |place: std::ops::Range<usize>, message: String, code: String| {
        found_at(place, Code::ForeignOperator, message, format!("write `{code}`"))?.replacing(0..whole.len())
    };
    let here = stop.at..stop.at + stop.token.len();
    let start = whole.len() - rest.len();
    if matches!(
        rest,
        "no error"
            | "no errors"
            | "no failure"
            | "no failures"
            | "status is ok"
            | "status is OK"
            | "status ok"
            | "success status"
            | "ok status"
    ) {
        return exact(start..whole.len(), format!("unexpected `{rest}`, expected a status"), "expect 2xx".to_owned());
    }
    if let Some(value) =
        ["text contains ", "text includes ", "body contains ", "text has "].iter().find_map(|words| rest.strip_prefix(words))
    {
        let name = value.trim();
        let is_value = name.starts_with(|char: char| char.is_ascii_alphabetic()) && !name.contains(' ');
        let at = start + "text ".len();
        let word = word(&whole[at..]);
        return exact(at..at + word.len(), format!("unknown operator `{word}`"), format!("expect text {name}")).filter(|_| is_value);
    }
    // `expect Content-Type: application/json`
    if let Some((name, value)) = rest.split_once(':').or_else(|| rest.split_once("==")) {
        let (name, value) = (name.trim(), value.trim().trim_matches('"'));
        let is_header = name.contains('-') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if is_header && !value.is_empty() {
            let code = format!("expect header \"{name}\" == \"{value}\"");
            return exact(start..start + name.len(), format!("unknown source `{name}`"), code);
        }
    }
    if let Some(class) = rest.strip_suffix("**").or_else(|| rest.strip_suffix("??")).or_else(|| rest.strip_suffix("__")) {
        let is_class = class.len() == 1 && class.starts_with(|char: char| ('1'..='5').contains(&char));
        return exact(start..whole.len(), format!("unexpected `{rest}`, expected a status"), format!("expect {class}xx"))
            .filter(|_| is_class);
    }
    if let Some(limit) =
        ["response time ", "response_time ", "request duration ", "time to first byte "].iter().find_map(|words| rest.strip_prefix(words))
    {
        let sign = if ["above", "over", "more", ">"].iter().any(|word| limit.contains(word)) { ">" } else { "<" };
        let number: String =
            limit.chars().skip_while(|char| !char.is_ascii_digit()).take_while(|char| char.is_ascii_digit() || *char == '.').collect();
        let unit = limit.rsplit(|char: char| char.is_ascii_digit()).next().unwrap_or_default().trim();
        let unit = match unit {
            "s" | "sec" | "secs" | "second" | "seconds" => "s",
            "" if number.len() < 3 => "s",
            "" | "ms" | "milliseconds" | "millisecond" | "msec" => "ms",
            "m" | "minute" | "minutes" | "min" => "m",
            _ => return None,
        };
        return exact(
            start..whole.len() - limit.len(),
            "unknown source `response time`".to_owned(),
            format!("expect elapsed {sign} {number}{unit}"),
        )
        .filter(|_| !number.is_empty());
    }
    if let Some(target) = ["redirect ", "redirects to ", "redirect to ", "location "]
        .iter()
        .find_map(|words| rest.strip_prefix(words))
        .filter(|target| target.starts_with('"'))
    {
        let help =
            format!("write `expect header \"Location\" == {target}`; `redirects off` in the request keeps the response of the redirect");
        return found_at(here, Code::ForeignOperator, "unknown source `redirect`", help)?.replacing(0..whole.len());
    }
    if let Some(name) =
        rest.strip_prefix("cookies ").or_else(|| rest.strip_prefix("cookie ")).and_then(|rest| rest.trim().strip_prefix('{'))
    {
        let name = name.split(':').next()?.trim().trim_matches('"');
        let help = format!("write `expect cookie \"{name}\" != null`");
        return found_at(here, Code::ForeignOperator, "unexpected pattern of cookies", help)?
            .replacing(0..whole.len())
            .filter(|_| !rest.contains(','));
    }
    if let Some(first) = rest.strip_prefix("text \"").and_then(|rest| rest.split('"').next()) {
        let behind = rest.get("text \"".len() + first.len() + 1..)?.trim();
        let other =
            behind.strip_prefix("and ").or_else(|| behind.strip_prefix(',')).map(str::trim).filter(|other| other.starts_with('"'))?;
        let code = format!("expect text \"{first}\"; expect text {other}");
        return found(Code::ForeignOperator, "unexpected second text", format!("write `{code}`"))?.replacing(0..whole.len());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{enclosing, path_of};

    #[test]
    fn innermost_open_bracket_is_found() {
        assert_eq!(enclosing("expect json { a: [{ b: 1 },"), Some(17));
        assert_eq!(enclosing("expect json { a: [1] }"), None);
    }

    #[test]
    fn path_of_a_key_has_the_keys_around_it() {
        assert_eq!(path_of("expect json {").as_deref(), Some(""));
        assert_eq!(path_of("expect json { id: 3, user: {").as_deref(), Some("user"));
        assert_eq!(path_of("expect json { items: [{"), None);
    }
}
