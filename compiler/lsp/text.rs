//! Positions: the protocol counts lines from 0, and columns in UTF-16 code units; ltc counts bytes.

use std::ops::Range;
use std::rc::Rc;

use serde_json::{Value, json};

/// A text with the starts of its lines.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    text: &'t str,
    table: Rc<LineTable>,
}

/// Where the lines of a text start, and how many UTF-16 code units precede each multiple of [`STRIDE`] bytes. Without these, each column would
/// be counted from the start of its line, which may have a megabyte.
#[derive(Debug)]
pub(super) struct LineTable {
    starts: Vec<usize>,
    units: Vec<usize>,
}

/// The distance in bytes between two counts of code units.
const STRIDE: usize = 1024;

/// The code units that begin in a part of a text: one for each character, and a second one for each character of four bytes.
fn units(bytes: &[u8]) -> usize {
    let starts = bytes.iter().filter(|byte| (**byte as i8) >= -0x40).count();
    starts + bytes.iter().filter(|byte| **byte >= 0xF0).count()
}

impl LineTable {
    pub(super) fn new(text: &str) -> Self {
        let starts = std::iter::once(0).chain(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1)).collect();
        let counts = text.as_bytes().chunks(STRIDE).scan(0, |sum, stride| {
            *sum += units(stride);
            Some(*sum)
        });
        Self { starts, units: std::iter::once(0).chain(counts).collect() }
    }
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self::of(text, Rc::new(LineTable::new(text)))
    }

    /// The lines of a text whose table is known.
    pub(super) fn of(text: &'t str, table: Rc<LineTable>) -> Self {
        Self { text, table }
    }

    /// The code units before a byte.
    fn units_before(&self, at: usize) -> usize {
        let stride = at / STRIDE;
        self.table.units[stride] + units(&self.text.as_bytes()[stride * STRIDE..at])
    }

    /// The line of a byte, from 0.
    pub(super) fn line_of(&self, at: usize) -> usize {
        self.table.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The line of a byte, from 0, and its column in UTF-16 code units.
    pub(super) fn line_column(&self, at: usize) -> (usize, usize) {
        let at = self.text.floor_char_boundary(at);
        let line = self.line_of(at);
        let start = self.table.starts[line];
        // Most lines are short: counting from their start is faster than two counts from the last stride.
        let column =
            if at - start <= STRIDE { units(&self.text.as_bytes()[start..at]) } else { self.units_before(at) - self.units_before(start) };
        (line, column)
    }

    /// A byte as the protocol's position.
    pub(super) fn position(&self, at: usize) -> Value {
        let (line, character) = self.line_column(at);
        json!({ "line": line, "character": character })
    }

    /// Bytes as the protocol's range.
    pub(super) fn range(&self, range: Range<usize>) -> Value {
        json!({ "start": self.position(range.start), "end": self.position(range.end) })
    }

    /// The byte of a position. A position after the end of its line counts as that end.
    pub(super) fn offset(&self, position: &Value) -> usize {
        let number = |key: &str| position[key].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let (line, mut units) = (number("line"), number("character"));
        let Some(start) = self.table.starts.get(line).copied() else { return self.text.len() };
        let content = self.text[start..].split('\n').next().unwrap_or_default();
        let content = content.strip_suffix('\r').unwrap_or(content);
        for (at, char) in content.char_indices() {
            if units < char.len_utf16() {
                return start + at;
            }
            units -= char.len_utf16();
        }
        start + content.len()
    }

    /// The bytes of a range.
    pub(super) fn bytes(&self, range: &Value) -> Range<usize> {
        let start = self.offset(&range["start"]);
        start..self.offset(&range["end"]).max(start)
    }

    /// The bytes of a line, without its end.
    pub(super) fn line(&self, line: usize) -> Range<usize> {
        let start = self.table.starts.get(line).copied().unwrap_or(self.text.len());
        let end = self.table.starts.get(line + 1).map_or(self.text.len(), |next| next - 1);
        start..end
    }
}

/// Applies the changes of a `didChange`, in order.
pub(super) fn apply(text: &mut String, changes: &Value) {
    for change in changes.as_array().into_iter().flatten() {
        let new = change["text"].as_str().unwrap_or_default();
        if change["range"].is_null() {
            new.clone_into(text);
        } else {
            let bytes = Lines::new(text).bytes(&change["range"]);
            text.replace_range(bytes, new);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_utf16_units() {
        let text = "a\r\nx😀y\nlast";
        let lines = Lines::new(text);
        assert_eq!(lines.position(8), json!({ "line": 1, "character": 3 }));
        for at in [0, 1, 3, 4, 8, 9, 10, 14] {
            assert_eq!(lines.offset(&lines.position(at)), at, "{at}");
        }
        assert_eq!(lines.offset(&json!({ "line": 0, "character": 99 })), 1);
        assert_eq!(lines.offset(&json!({ "line": 99, "character": 0 })), text.len());
    }

    #[test]
    fn columns_of_a_long_line_count_utf16_units() {
        let text = format!("first\n{}", "aé日😀".repeat(2_000));
        let lines = Lines::new(&text);
        for (at, _) in text.char_indices().skip(6).step_by(97) {
            assert_eq!(lines.line_column(at), (1, text[6..at].encode_utf16().count()), "{at}");
            assert_eq!(lines.offset(&lines.position(at)), at);
        }
    }

    #[test]
    fn changes_apply_in_order() {
        let mut text = "one\ntwo\n".to_owned();
        let range = |line: u32, from: u32, to: u32| json!({ "start": { "line": line, "character": from }, "end": { "line": line, "character": to } });
        apply(&mut text, &json!([{ "range": range(1, 0, 3), "text": "2" }, { "range": range(1, 1, 1), "text": "nd" }]));
        assert_eq!(text, "one\n2nd\n");
        apply(&mut text, &json!([{ "text": "new" }]));
        assert_eq!(text, "new");
    }
}
