//! Heads of blocks that don't parse: they are reported, and replaced by one that does, so that the block behind them is read too and its
//! own errors are told in the same go.
//!
//! A replacement is as long as what it replaces: offsets stay.

use std::ops::Range;

use ltc_grammar::Rule;

use super::stop::ParseStop;
use super::vocabulary::word;

/// How deep broken heads may stand in each other before the innermost are left for the next try.
pub(in crate::parse) const ROUNDS: usize = 8;

/// Bytes of the broken text, and what may stand there instead.
pub(in crate::parse) fn repair(stop: &ParseStop<'_>) -> Option<(Range<usize>, String)> {
    let brace = block_behind(stop.text, stop.at)?;
    let start = match stop.token {
        "elif" | "elsif" | "elseif" if stop.first() == "if" => stop.at,
        // The head ends at the first block: what is wrong lies before it.
        _ if block_behind(stop.text, 0) == Some(brace) => 0,
        _ => return None,
    };
    let room = brace - start;
    let head = match start {
        0 => head(stop)?,
        // Another `else` may follow: only an `else if` lets it.
        _ if room > 9 => "else if _".to_owned(),
        _ => "else".to_owned(),
    };
    (head.len() < room).then(|| (start..brace, format!("{head:room$}")))
}

/// The head that stands for a broken one.
fn head(stop: &ParseStop<'_>) -> Option<String> {
    let first = stop.first();
    let name = word(stop.text[first.len()..].trim_start());
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
        (Rule::only_user, "on") if matches!(name, "start" | "stop") => named(),
        (Rule::only_user, "every") => Some("every 1h".to_owned()),
        (Rule::only_api, "resource") => named(),
        _ => None,
    }
}

/// The `{` that opens a block at or behind `from`: not one within brackets or a text.
fn block_behind(text: &str, from: usize) -> Option<usize> {
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
