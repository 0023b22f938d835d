//! Repairs broken heads of blocks: each is reported, and replaced with one that parses, so that the errors within its block are reported in
//! the same run.
//!
//! A replacement is as long as the original, so offsets do not change.

use std::ops::Range;

use ltc_grammar::Rule;

use super::stop::ParseStop;
use super::vocabulary::word;

/// The deepest nesting of broken heads that one run repairs.
pub(in crate::parse) const ROUNDS: usize = 8;

/// The bytes of the broken head, and their replacement.
pub(in crate::parse) fn repair(stop: &ParseStop<'_>) -> Option<(Range<usize>, String)> {
    let brace = block_behind(stop.text, stop.at)?;
    let start = match stop.token {
        "elif" | "elsif" | "elseif" if stop.first() == "if" => stop.at,
        // The head ends at the first block, and the error is before it.
        _ if block_behind(stop.text, 0) == Some(brace) => 0,
        _ => return None,
    };
    let room = brace - start;
    let head = match start {
        0 => head(stop)?,
        // Another `else` may follow, which is allowed only after an `else if`.
        _ if room > 9 => "else if _".to_owned(),
        _ => "else".to_owned(),
    };
    (head.len() < room).then(|| (start..brace, format!("{head:room$}")))
}

/// The replacement of a broken head.
fn head(stop: &ParseStop<'_>) -> Option<String> {
    let first = stop.first();
    let name = word(stop.text[first.len()..].trim_start());
    // No name begins with a digit.
    let name = name.strip_prefix(|char: char| char.is_ascii_digit()).map_or_else(|| name.to_owned(), |rest| format!("_{rest}"));
    let named = || (!name.is_empty()).then(|| format!("{first} {name}"));
    match (stop.strict, first) {
        (Rule::only_stmt, "step" | "group") => Some(format!("{first}\"\"")),
        (Rule::only_stmt, "if") => Some("if _".to_owned()),
        (Rule::only_stmt, "for" | "foreach" | "while" | "until" | "loop" | "repeat" | "poll" | "retry" | "parallel") => {
            Some("repeat 1".to_owned())
        }
        (Rule::only_item, "sequence" | "tasks" | "user" | "api") => named(),
        (Rule::only_item, "before" | "after") => Some(format!("{first} test")),
        (Rule::only_item, "scenario" | "function" | "func" | "def" | "fn") if !name.is_empty() => Some(format!("sequence {name}")),
        (Rule::only_user, "on") if matches!(name.as_str(), "start" | "stop") => named(),
        (Rule::only_user, "every") => Some("every 1h".to_owned()),
        (Rule::only_api, "resource") => named(),
        _ => None,
    }
}

/// The `{` that opens a block at or after `from`, and is not within brackets or a text.
pub(super) fn block_behind(text: &str, from: usize) -> Option<usize> {
    let (mut depth, mut quoted) = (0_usize, false);
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'{' if depth == 0 => return Some(at),
            b'\n' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}
