//! Mistakes that the scan recognizes and fixes: quotes, comments and placeholders of other languages.

use super::cursor::Cursor;
use super::placeholders;
use crate::diagnostic::{Code, Diagnostic};

/// The length of a byte order mark at the start.
pub(super) fn bom(text: &str) -> usize {
    if text.starts_with('\u{feff}') { 3 } else { 0 }
}

/// Whether a line can only be the start of an item.
pub(super) fn starts_item(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    match first {
        "api" | "sequence" | "tasks" | "user" | "data" => second.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'),
        "before" | "after" => second.starts_with("test"),
        "import" => second.starts_with('"'),
        _ => false,
    }
}

/// Whether a character is invisible.
pub(super) fn invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Whether a character changes the order in which a text is displayed, so that a reader sees something else than the compiler (Unicode TR
/// 36).
pub(super) fn reorders(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The end of the regex that starts at `slash`. A regex that is not closed on its line is reported, and becomes an empty one.
pub(super) fn regex_end(scan: &mut Cursor<'_>, slash: usize) -> usize {
    let end = scan.line_end(slash);
    // No regex can follow on this line, and searching for the end of each would be quadratic.
    if scan.unclosed_regex == Some(end) {
        scan.edits.blank(slash, slash + 1);
        return slash + 1;
    }
    let mut class = false;
    let mut at = slash + 1;
    while at < end {
        match scan.byte(at) {
            b'\\' => at += 1,
            b'[' if !class => {
                class = true;
                // A `]` at the start belongs to the class.
                at += usize::from(scan.byte(at + 1) == b'^');
                at += usize::from(scan.byte(at + 1) == b']');
            }
            b']' => class = false,
            b'/' if !class => return at + 1,
            _ => {}
        }
        at += 1;
    }
    scan.unclosed_regex = Some(end);
    let span = scan.span(slash, slash + 1);
    scan.report(Diagnostic::new(Code::UnclosedText, span, "unclosed regex").label("starts here").help("add a `/` at its end"));
    // The scan continues after the slash. If it blanked the rest of the line, that would remove the line's braces.
    scan.edits.insert(slash + 1, "x/");
    slash + 1
}

/// `/items/{{id}}`: a placeholder of another tool within a path. Returns whether there was one; the cursor is then after it.
pub(super) fn foreign_braces(scan: &mut Cursor<'_>) -> bool {
    let at = scan.at;
    let touching = at > 0 && matches!(scan.byte(at - 1), b'/' | b'=' | b'&' | b'-' | b'.' | b'?' | b'_');
    if !(touching && scan.byte(at + 1) == b'{') {
        return false;
    }
    let Some(close) = scan.placeholder(at + 2).find("}}").map(|n| n + at + 2) else { return false };
    let inside = scan.text[at + 2..close].trim();
    let span = scan.span(at, close + 2);
    scan.report(Diagnostic::new(Code::ForeignTemplate, span, "unexpected double braces, expected `{…}`").write(&format!("{{{inside}}}")));
    scan.edits.remove(at, at + 1);
    scan.edits.remove(close, close + 1);
    if inside.contains(['"', '{', '}', '(', '[']) {
        scan.edits.blank(at + 1, close);
    }
    scan.step(close + 2 - at);
    true
}

/// `/items/#{id}`: a placeholder of Gatling within a path, where `#` would start a comment. Returns whether it was one.
pub(super) fn hash(scan: &mut Cursor<'_>) -> bool {
    let at = scan.at;
    let touching = at > 0 && matches!(scan.byte(at - 1), b'/' | b'=' | b'&' | b'-' | b'.' | b'?' | b'_');
    if !touching || scan.byte(at + 1) != b'{' {
        return false;
    }
    let Some(close) = scan.placeholder(at).find('}').map(|n| at + n + 1) else { return false };
    let inside = &scan.text[at + 2..close - 1];
    let span = scan.span(at, close);
    scan.report(Diagnostic::new(Code::ForeignTemplate, span, "unexpected `#`, expected `{…}`").write(&format!("{{{inside}}}")));
    scan.edits.remove(at, at + 1);
    if inside.contains(['"', '{', '(', '[']) {
        scan.edits.blank(at + 2, close - 1);
    }
    scan.step(close - at);
    true
}

/// `${x}` and `#{x}` in a text: the sign would be sent, which a user of another tool does not expect.
pub(super) fn signed_hole(scan: &mut Cursor<'_>) {
    let at = scan.at;
    let rest = scan.placeholder(at + 1);
    let Some(close) = rest.find('}') else { return };
    let inside = rest[1..close].trim();
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    // `${uuid()}` calls a function.
    let called = inside.split_once('(').filter(|(_, args)| args.ends_with(')')).map_or(inside, |(called, _)| called);
    if called.is_empty() || !called.chars().all(name) || called.starts_with(|c: char| c.is_ascii_digit()) {
        return;
    }
    let sign = scan.byte(at) as char;
    let span = scan.span(at, at + 2 + close);
    let message = format!("this is a literal `{sign}` before the value of `{inside}`");
    let diagnostic = Diagnostic::new(Code::LiteralPlaceholder, span, message);
    // A variable of the system: the configuration reads it.
    let is_system = sign == '$' && inside.len() > 1 && inside.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    // `${__UUID()}` and `#{randomUuid()}` call functions of JMeter and Gatling.
    let code = placeholders::of_tool(inside)
        .and_then(|fix| fix.strip_prefix("write `").and_then(|rest| rest.split('`').next().map(str::to_owned)));
    scan.report(if let Some(code) = code.filter(|code| !code.contains('…')) {
        diagnostic.help(format!("write `{{{code}}}` for the value")).edit(span, format!("{{{code}}}"))
    } else if is_system {
        diagnostic.help(format!("write `${{{inside}}}` as a value in config/<env>.yml, and read that key: `env.some.key`"))
    } else {
        let help = format!("write `{{{inside}}}` for the value alone, `\\u{{{:x}}}` for a `{sign}` before it", sign as u32);
        diagnostic.help(help).edit(span, format!("{{{inside}}}"))
    });
}

/// `` `x ${y}` ``: replaced with `"x {y}"`.
pub(super) fn backticks(scan: &mut Cursor<'_>) -> bool {
    let at = scan.at;
    let rest = &scan.text[at + 1..scan.line_end(at)];
    let Some(close) = rest.find('`') else { return false };
    let inside = &rest[..close];
    let span = scan.span(at, at + close + 2);
    scan.report(
        Diagnostic::new(Code::SingleQuotes, span, "unexpected quotes, expected `\"` around a string")
            .write(&format!("\"{}\"", inside.replace("${", "{").replace('"', "\\\""))),
    );
    scan.edits.remove(at, at + 1);
    scan.edits.insert(at + 1, "\"");
    if inside.contains(['"', '{', '}', '\\']) {
        scan.edits.blank(at + 1, at + 1 + close);
    }
    scan.edits.insert(at + 1 + close, "\"");
    scan.edits.remove(at + 1 + close, at + 2 + close);
    scan.step(close + 2);
    true
}

/// `${x}` outside of texts.
pub(super) fn dollar(scan: &mut Cursor<'_>) {
    let at = scan.at;
    let close = scan.placeholder(at).find('}').map_or(at + 2, |n| at + n + 1);
    let span = scan.span(at, close);
    let inside = scan.text[at + 1..close].trim_start_matches('{').trim_end_matches('}');
    let path = at > 0 && !scan.byte(at - 1).is_ascii_whitespace();
    // `${__time(yyyy)}` is a function of JMeter, whose arguments are no expressions.
    let name = &inside[..inside.find('(').unwrap_or(inside.len())];
    if let Some(fix) = placeholders::of_tool(inside).filter(|_| !path && name.starts_with("__") && close > at + 2) {
        let message = format!("unexpected `{name}`, a function of JMeter");
        scan.report(Diagnostic::new(Code::ForeignTemplate, span, message).help_replacing(span, fix));
        scan.edits.remove(at, close);
        scan.edits.insert(close, "null");
        return scan.step(close - at);
    }
    scan.report(
        Diagnostic::new(Code::ForeignTemplate, span, "unexpected `$`, expected `{…}`")
            .help(format!("write `{{{inside}}}` in a path or a string, and `{inside}` elsewhere")),
    );
    scan.edits.remove(at, at + 1);
    scan.step(1);
    if !path && close > at + 2 {
        scan.edits.blank(at + 1, at + 2);
        scan.edits.blank(close - 1, close);
        scan.step(close - at - 1);
    }
}

/// `{{name}}` in a text means literal braces, which a user of another tool may not expect.
pub(super) fn placeholder(scan: &mut Cursor<'_>) {
    let at = scan.at;
    scan.at += 2;
    let rest = scan.placeholder(at + 2);
    let Some(close) = rest.find("}}") else { return };
    let inside = rest[..close].trim();
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$');
    // Artillery and Handlebars call functions: `{{ $randomNumber(1, 10) }}`.
    let (name, args) = inside.split_once('(').map_or((inside, None), |(name, args)| (name.trim_end(), Some(args)));
    if name.is_empty()
        || !name.chars().all(word)
        || name.starts_with(|c: char| c.is_ascii_digit())
        || args.is_some_and(|args| !args.ends_with(')') || args.contains('{'))
    {
        return;
    }
    let fix = match args {
        None => format!("write `{{{}}}` for the value", placeholders::dynamic(inside)),
        Some(args) => {
            let plain = name.trim_start_matches('$');
            crate::foreign::call(None, plain, args.trim_end_matches(')'), "shop")
                .map(|fix| match fix.split('`').collect::<Vec<_>>()[..] {
                    [before, code, after] => format!("{before}`{{{code}}}`{after}"),
                    _ => fix,
                })
                .unwrap_or_else(|| format!("write `{{{}}}` for the value", inside.trim_start_matches('$')))
        }
    };
    let span = scan.span(at, at + 4 + close);
    scan.report(
        Diagnostic::new(Code::LiteralPlaceholder, span, format!("this is the literal text `{{{inside}}}`, not the value of `{inside}`"))
            .help_replacing(span, fix),
    );
}

/// `'x'`: replaced with `"x"`.
pub(super) fn single_quotes(scan: &mut Cursor<'_>) {
    let at = scan.at;
    let free = at == 0 || !(scan.byte(at - 1).is_ascii_alphanumeric() || matches!(scan.byte(at - 1), b'/' | b'_' | b'.' | b'-'));
    let rest = &scan.text[at + 1..scan.line_end(at)];
    let Some(close) = rest.find('\'').filter(|_| free) else { return scan.step(1) };
    if rest.starts_with("\'\'") {
        return triple_quotes(scan);
    }
    let inside = &rest[..close];
    let span = scan.span(at, at + close + 2);
    scan.report(
        Diagnostic::new(Code::SingleQuotes, span, "unexpected quotes, expected `\"` around a string")
            .write(&format!("\"{}\"", inside.replace('"', "\\\""))),
    );
    let plain = !inside.contains(['"', '{', '}', '\\']);
    scan.edits.remove(at, at + 1);
    scan.edits.insert(at + 1, "\"");
    if !plain {
        scan.edits.blank(at + 1, at + 1 + close);
    }
    scan.edits.insert(at + 1 + close, "\"");
    scan.edits.remove(at + 1 + close, at + 2 + close);
    scan.step(close + 2);
}

/// Python's text between three quotes, on one line or several: its place is taken by an empty text.
fn triple_quotes(scan: &mut Cursor<'_>) {
    let at = scan.at;
    let close = scan.text[at + 3..].find("\'\'\'").map(|close| at + 3 + close);
    let end = close.map_or_else(|| scan.line_end(at), |close| close + 3);
    let span = scan.span(at, end);
    let fix = format!("\"\"\"{}\"\"\"", &scan.text[at + 3..close.unwrap_or(end)]);
    let diagnostic = Diagnostic::new(Code::SingleQuotes, span, "unexpected quotes, expected `\"\"\"` around a text");
    scan.report(diagnostic.help("write `\"\"\"` before and after the text").edit(span, fix));
    let content = at + 3..close.unwrap_or(end);
    // A `"` string has no line breaks.
    let quotes = if scan.text[content.clone()].contains(['\n', '\r']) { "\"\"\"" } else { "\"" };
    scan.edits.remove(at, content.start);
    scan.edits.insert(content.start, quotes);
    scan.edits.blank(content.start, content.end);
    scan.edits.insert(content.end, quotes);
    scan.edits.remove(content.end, end);
    scan.step(end - at);
}

/// `“x”`: replaced with `"x"`.
pub(super) fn smart_quotes(scan: &mut Cursor<'_>, c: char) -> bool {
    let quote = |c: char| matches!(c, '\u{201c}'..='\u{201f}' | '\u{2018}'..='\u{201b}' | '\u{ab}' | '\u{bb}');
    if !quote(c) {
        return false;
    }
    let at = scan.at;
    let start = at + c.len_utf8();
    let rest = &scan.text[start..scan.line_end(at)];
    let close = rest.char_indices().find(|(_, c)| quote(*c) || *c == '"').map(|(n, c)| (start + n, c.len_utf8()));
    let (end, len) = close.unwrap_or((start, 0));
    let span = scan.span(at, end + len);
    let inside = &scan.text[start..end];
    let diagnostic = Diagnostic::new(Code::SingleQuotes, span, format!("unexpected typographic quote `{c}`"));
    scan.report(match close {
        Some(_) => diagnostic.help(format!("write straight quotes: `\"{inside}\"`")).edit(span, format!("\"{inside}\"")),
        None => diagnostic.help("write straight quotes, `\"`").edit(span, "\""),
    });
    scan.edits.remove(at, start);
    if close.is_some() {
        scan.edits.insert(start, "\"");
        if inside.contains(['{', '}', '\\']) {
            scan.edits.blank(start, end);
        }
        scan.edits.insert(end, "\"");
        scan.edits.remove(end, end + len);
    }
    scan.at = end + len;
    scan.step(0);
    true
}

/// A comment of another language as one of a spec, on as many lines.
fn comment(written: &str) -> String {
    let inner = written.strip_prefix("//").unwrap_or_else(|| written.trim_start_matches("/*").trim_end_matches("*/"));
    let lines = inner.split('\n').map(|line| {
        let margin = &line[..line.len() - line.trim_start().len()];
        let text = line.trim().trim_start_matches('*').trim_start();
        (margin, text)
    });
    let last = inner.split('\n').count() - 1;
    let written = lines.enumerate().filter(|(number, (_, text))| *number == 0 || *number < last || !text.is_empty());
    let lines: Vec<String> = written
        .map(|(number, (margin, text))| match (number, text) {
            (0, text) => format!("# {text}").trim_end().to_owned(),
            (_, "") => format!("{margin}#"),
            (_, text) => format!("{margin}# {text}"),
        })
        .collect();
    lines.join("\n")
}

/// `// …` and `/* … */`.
pub(super) fn foreign_comment(scan: &mut Cursor<'_>) -> bool {
    let at = scan.at;
    let free = at == 0 || scan.byte(at - 1).is_ascii_whitespace();
    if !free || !matches!(scan.byte(at + 1), b'/' | b'*') {
        return false;
    }
    let word = scan.word_before();
    if !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase()) && scan.follows_code() {
        // This is the path of a request: `GET //items`.
        return false;
    }
    let end = match scan.byte(at + 1) {
        b'/' => scan.line_end(at),
        _ => scan.text[at..].find("*/").map_or(scan.text.len(), |n| at + n + 2),
    };
    let span = scan.span(at, end.min(scan.line_end(at)));
    let divisor = scan.text[at + 2..end].trim();
    if scan.byte(at + 1) == b'/' && scan.follows_code() && !divisor.is_empty() && divisor.bytes().all(|byte| byte.is_ascii_digit()) {
        let help = format!("write `floor(… / {divisor})` for a whole number");
        scan.report(Diagnostic::new(Code::ForeignOperator, scan.span(at, at + 2), "unknown operator `//`").help(help));
        scan.edits.blank(at, end);
        scan.at = end;
        return true;
    }
    let diagnostic = Diagnostic::new(Code::ForeignComment, span, "unexpected comment sign, expected `#`");
    // Code after the comment would become part of it.
    let is_last = scan.text[end..scan.line_end(end)].trim().is_empty();
    let written = comment(&scan.text[at..end]);
    let diagnostic = if is_last { diagnostic.edit(scan.span(at, end), written) } else { diagnostic };
    scan.report(diagnostic.help("write `#` before each line of the comment"));
    scan.edits.blank(at, end);
    scan.at = end;
    true
}
