//! Takes in the syntax of other tools and languages.

use super::stop::{Mistake, ParseStop, found_at, found_exactly, offset};
use super::vocabulary::word;
use crate::diagnostic::Code;

/// Recognizes one of these mistakes at `stop`.
pub(super) fn mistake(stop: &ParseStop<'_>) -> Option<Mistake> {
    let whole = statement(stop);
    if let ["store" | "remember" | "assign", source, "as" | "in" | "to", name] = whole.split_whitespace().collect::<Vec<_>>()[..]
        && source.starts_with("json")
    {
        let first = stop.first();
        let help = format!("write `take {name} = {source}`");
        return found_at(0..first.len(), Code::ForeignStatement, format!("`{first}` is not a keyword"), help)?.replacing(0..whole.len());
    }
    assigned(stop, whole).or_else(|| {
        let (head, source) = whole.strip_prefix("take ")?.split_once('=')?;
        let start = whole.len() - source.trim_start().len();
        several(stop, whole, head.trim(), source.trim())
            .or_else(|| path(whole, source.trim(), start))
            .or_else(|| words(whole, source.trim(), start))
    })
}

/// The statement at the stop's beginning, without what follows it on its line.
fn statement<'s>(stop: &'s ParseStop<'_>) -> &'s str {
    let line = stop.line();
    line[..super::foreign_members::member_end(line)].trim_end()
}

/// `store id = json.id`, `take global id = json.id`.
fn assigned(stop: &ParseStop<'_>, whole: &str) -> Option<Mistake> {
    let first = stop.first();
    let source = whole.split_once('=')?.1.trim();
    let of_response =
        ["json", "header ", "cookie ", "html ", "text ~", "text", "status", "url"].iter().any(|word| source.starts_with(word));
    if !of_response || source.starts_with('=') {
        return None;
    }
    let words: Vec<&str> = whole.split_once('=')?.0.split_whitespace().collect();
    match words[..] {
        ["store" | "remember" | "get" | "read" | "grab" | "fetch" | "define" | "assign" | "variable" | "export", name]
            if word(name) == name =>
        {
            let help = format!("write `take {name} = {source}`");
            found_at(0..first.len(), Code::ForeignStatement, format!("`{first}` is not a keyword"), help)?.replacing(0..whole.len())
        }
        ["take", kind @ ("global" | "session" | "shared" | "static" | "const" | "let" | "var" | "keep"), name] if word(name) == name => {
            let help = format!(
                "write `take {name} = {source}`; what lasts longer than the iteration is `keep {name} = null` of the file, and `set {name} = …` here"
            );
            let at = whole.find(kind)?;
            found_at(at..at + kind.len(), Code::ForeignStatement, format!("unexpected `{kind}` in a take"), help)?.replacing(0..whole.len())
        }
        _ => None,
    }
}

/// `take { id, name } = json`, `take [first] = json.items`, `take a, b = json.a, json.b`.
fn several(stop: &ParseStop<'_>, whole: &str, head: &str, source: &str) -> Option<Mistake> {
    let names: Vec<&str> =
        head.trim_matches(['{', '}', '[', ']', '(', ')', ' ']).split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if source.starts_with("run ") || names.iter().any(|name| word(name) != *name) || names.is_empty() {
        return None;
    }
    let takes: Vec<String> = if head.starts_with(['{', '(']) {
        names.iter().map(|name| format!("take {name} = {source}.{name}")).collect()
    } else if head.starts_with('[') {
        names.iter().enumerate().map(|(at, name)| format!("take {name} = {source}[{at}]")).collect()
    } else {
        let sources = crate::foreign::arguments(source);
        if names.len() < 2 || sources.len() != names.len() {
            return None;
        }
        names.iter().zip(sources).map(|(name, source)| format!("take {name} = {source}")).collect()
    };
    let message = "unexpected form of a take, expected `take NAME = SOURCE`";
    let start = offset(whole, head);
    let help = format!("write `{}`", takes.join("; "));
    found_at(start..start + head.len(), Code::Syntax, message, help)?.replacing(0..whole.len()).filter(|_| stop.at > 0)
}

/// Paths of other languages: `json.items.*.id`, `json..id`, `json->items`, `json/items/0`, `json?.items?.[0]`, `json.id!`.
fn path(whole: &str, source: &str, start: usize) -> Option<Mistake> {
    let (source, otherwise) = source.split_once(" else ").map_or((source, None), |(source, value)| (source, Some(value)));
    let source = source.trim();
    let rest = source.strip_prefix("json").or_else(|| source.strip_prefix("JSON"))?;
    if rest.contains(' ') || rest.is_empty() || rest.contains('"') || rest.contains('(') {
        return None;
    }
    let place = start..start + source.len();
    let otherwise = otherwise.map_or(String::new(), |value| format!(" else {value}"));
    let exact = |message: &str, code: String| {
        found_exactly(place.clone(), Code::ForeignOperator, message, format!("write `{code}`")).filter(|_| whole.len() >= place.end)
    };
    if rest.contains(".*") || rest.contains("..") {
        return exact("unexpected path over all items", format!("json \"${}\"", rest.replace(".*", "[*]")));
    }
    if rest.contains("?.") || rest.contains("!") {
        let plain = rest.replace("?.[", "[").replace("?.", ".").replace(['!', '?'], "");
        let sign = if rest.contains('!') { "!" } else { "?." };
        let help = if otherwise.is_empty() {
            format!("write `json{plain}`; `else` after it is the value where nothing is found")
        } else {
            format!("write `json{plain}`")
        };
        let at = whole.get(start..)?.find(sign)? + start;
        return found_at(at..at + sign.len(), Code::ForeignOperator, format!("unknown operator `{sign}`"), help)?.replacing(place);
    }
    let separator = ["->", "/", "::"].into_iter().find(|sign| rest.starts_with(sign))?;
    let mut dotted = String::from("json");
    for part in rest.split(separator).filter(|part| !part.is_empty()) {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            dotted.push_str(&format!("[{part}]"));
        } else {
            dotted.push('.');
            dotted.push_str(part.trim_matches('>'));
        }
    }
    exact(&format!("unexpected `{separator}` in a path, expected `.`"), dotted)
}

/// Sources in words: `jq ".id"`, `first json.items`, `random json.items`, `text between "a" and "b"`, `header "X" without "y"`.
fn words(whole: &str, source: &str, start: usize) -> Option<Mistake> {
    let first = word(source);
    let rest = source[first.len()..].trim();
    if let Some(mistake) = otherwise(whole, source, start) {
        return Some(mistake);
    }
    // `extract(/id=(\d+)/)`, `text.match(/id=(\d+)/)[1]`.
    if let Some((of, regex)) = source.split_once("(/").and_then(|(of, regex)| Some((of, regex.rsplit_once("/)")?.0)))
        && of.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.'))
        && !of.starts_with("json.")
    {
        let message = format!("unknown function `{of}`, expected a source");
        return found_exactly(start..whole.len(), Code::ForeignOperator, message, format!("write `text ~ /{regex}/`"));
    }
    let quoted = |text: &str| text.trim().strip_prefix('"').and_then(|text| text.strip_suffix('"')).map(str::to_owned);
    let code = match first {
        "" if source.starts_with('/') && source.len() > 1 && source.ends_with('/') => {
            let message = "missing source before a regex";
            return found_exactly(start..whole.len(), Code::ForeignOperator, message, format!("write `text ~ {source}`"));
        }
        "regex" | "match" | "regexp" if rest.starts_with("(/") && rest.ends_with("/)") => format!("text ~ {}", &rest[1..rest.len() - 1]),
        "json" | "html" | "header" if rest.starts_with('"') && rest.ends_with("\" all") | rest.ends_with("\" any") => {
            let (source, word) = source.rsplit_once(' ')?;
            format!("{word} {source}")
        }
        "css" | "selector" | "jsonpath" => {
            let (pattern, behind) = rest.strip_prefix('"')?.split_once('"')?;
            match (first, behind.trim()) {
                ("jsonpath", "") => format!("json \"{pattern}\""),
                (_, "" | "text" | ".text") => format!("html \"{pattern}\""),
                (_, attribute) if word(attribute) == attribute => format!("html \"{pattern}\" @{attribute}"),
                _ => return None,
            }
        }
        "jq" => format!("json \"${}\"", quoted(rest)?),
        "first" if rest.starts_with("json.") => format!("{rest}[0]"),
        "last" if rest.starts_with("json.") => format!("{rest}[-1]"),
        "random" | "one" if rest.starts_with("json.") => format!("any json \"${}[*]\"", &rest["json".len()..]),
        "text" | "body" if rest.starts_with("between ") => {
            let (from, to) = rest["between ".len()..].split_once(" and ")?;
            format!("text ~ /{}(.*?){}/", escaped(&quoted(from)?), escaped(&quoted(to)?))
        }
        "header" | "cookie" if rest.contains(" without ") => {
            let (of, without) = rest.split_once(" without ")?;
            format!("{first} {of} ~ /{}(.*)/", escaped(&quoted(without)?))
        }
        _ => return None,
    };
    found_exactly(start..whole.len(), Code::ForeignOperator, format!("unknown source `{first} …`"), format!("write `{code}`"))
}

/// Values for what may be missing: `json.id?`, `json.id || "a"`, `json.id, else "a"`, `json.id else fail`, `optional json.id`.
fn otherwise(whole: &str, source: &str, start: usize) -> Option<Mistake> {
    let place = start..whole.len();
    let found = |message: &str, code: String| found_exactly(place.clone(), Code::ForeignOperator, message, format!("write `{code}`"));
    let is_path = |text: &str| {
        text.starts_with("json") && !text.contains(' ') || ["header \"", "cookie \"", "html \""].iter().any(|of| text.starts_with(of))
    };
    if let Some(path) = source.strip_suffix('?').filter(|path| is_path(path)) {
        return found("unknown operator `?`", format!("{path} else null"));
    }
    if let Some((path, value)) = source.split_once("||").map(|(path, value)| (path.trim(), value.trim())).filter(|(path, _)| is_path(path))
    {
        return found("unknown operator `||`", format!("{path} else {value}")).filter(|_| !value.is_empty());
    }
    if let Some((path, value)) = source.split_once(", else ").filter(|(path, _)| is_path(path)) {
        return found("unexpected `,` before `else`", format!("{path} else {}", value.trim()));
    }
    if let Some(path) = source.strip_suffix(" else").filter(|path| is_path(path)) {
        return found("missing value after `else`", format!("{path} else null"));
    }
    if let Some(path) = source.strip_suffix(" else fail").or_else(|| source.strip_suffix(" else error")).filter(|path| is_path(path)) {
        return found("unexpected `fail` as a value", path.to_owned());
    }
    let (word, path) = source.split_once(' ')?;
    let is_word = matches!(word, "optional" | "try" | "maybe" | "opt");
    found(&format!("unexpected `{word}` before a source"), format!("{path} else null")).filter(|_| is_word && is_path(path))
}

/// A text as a part of a regex.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|char| if "/.*+?()[]{}|^$\\".contains(char) { vec!['\\', char] } else { vec![char] }).collect()
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn signs_of_a_text_are_escaped_in_a_regex() {
        assert_eq!(escaped("a/b?c=(1)"), "a\\/b\\?c=\\(1\\)");
    }
}
