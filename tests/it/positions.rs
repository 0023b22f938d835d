//! Positions in a text as editors count them: lines, and columns in UTF-16 code units.

use serde_json::{Value, json};

/// The byte after the text before `|`.
pub(crate) fn place(text: &str, at: &str) -> usize {
    let (before, after) = at.split_once('|').expect("a place has a `|`");
    text.find(&format!("{before}{after}")).unwrap_or_else(|| panic!("no {at:?} in:\n{text}")) + before.len()
}

/// The position of a byte.
pub(crate) fn position(text: &str, at: usize) -> Value {
    let before = &text[..at];
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    json!({ "line": before.matches('\n').count(), "character": before[line..].encode_utf16().count() })
}

/// The byte of a position.
pub(crate) fn offset(text: &str, position: &Value) -> usize {
    let line = usize::try_from(position["line"].as_u64().unwrap()).unwrap();
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let mut units = position["character"].as_u64().unwrap();
    for (at, char) in text[start..].char_indices() {
        if units == 0 {
            return start + at;
        }
        units -= char.len_utf16() as u64;
    }
    text.len()
}
