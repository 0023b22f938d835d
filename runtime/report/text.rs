//! Text in columns: its width on a terminal, how to cut and pad it, and how to show characters that would move it.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// The number of columns of a text on a terminal: two for a wide character (CJK, emoji), none for a combining mark.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The text with escapes for control characters and for characters that change the direction or are invisible: `\n`, `\u{1b}`.
///
/// A name or a message may quote what a server sent, which must neither control the terminal nor break a table's line.
pub(crate) fn shown(text: &str) -> String {
    escaped(text, |_| false)
}

/// As [`shown`], for a text of several lines: its line breaks and tabs stay.
pub(crate) fn shown_lines(text: &str) -> String {
    escaped(text, |c| matches!(c, '\n' | '\t'))
}

fn escaped(text: &str, stays: fn(char) -> bool) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if is_odd(c) && !stays(c) { plain.extend(c.escape_default()) } else { plain.push(c) }
    }
    plain
}

fn is_odd(c: char) -> bool {
    // Zero width space, direction marks and overrides, line and paragraph separators, the byte order mark.
    let unseen =
        matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    c.is_control() || unseen
}

/// Cuts a text in its middle to at most this many columns, because names differ most at their beginnings and ends.
pub(crate) fn fit(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    if most == 0 {
        return String::new();
    }
    let kept = most - 1;
    let start = taken(text.graphemes(true), kept.div_ceil(2));
    let mut end: Vec<&str> = taken(text.graphemes(true).rev(), kept / 2);
    end.reverse();
    format!("{}…{}", start.concat(), end.concat())
}

/// Cuts a sentence at its end to at most this many columns, because its beginning says most.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    if most == 0 {
        return String::new();
    }
    format!("{}…", taken(text.graphemes(true), most - 1).concat())
}

/// The first graphemes that fit this many columns together.
fn taken<'t>(graphemes: impl Iterator<Item = &'t str>, most: usize) -> Vec<&'t str> {
    let mut used = 0;
    graphemes
        .take_while(|grapheme| {
            used += width(grapheme);
            used <= most
        })
        .collect()
}

/// The side that a cell is aligned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Pads the text with spaces to this many columns.
pub(crate) fn padded(text: &str, to: usize, align: Align) -> String {
    let space = " ".repeat(to.saturating_sub(width(text)));
    match align {
        Align::Left => format!("{text}{space}"),
        Align::Right => format!("{space}{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(["abc", "注文", "🛒 buy", "e\u{301}", ""].map(width), [3, 4, 6, 1, 0]);
        assert_eq!(padded("注文", 6, Align::Right), "  注文");
        assert_eq!(padded("注文", 6, Align::Left), "注文  ");
        assert_eq!(padded("abc", 2, Align::Left), "abc");
    }

    #[test]
    fn cut_text_fits_and_splits_no_character() {
        assert_eq!(fit("abcdefgh", 5), "ab…gh");
        assert_eq!(fit("注文を確認する", 8), "注文…る");
        assert_eq!(cut("注文を確認する", 8), "注文を…");
        assert_eq!((fit("abc", 0), cut("abc", 0), fit("abc", 1)), (String::new(), String::new(), "…".into()));
        for most in 0..20 {
            for text in ["注文を確認する", "🛒🛒🛒🛒🛒", "e\u{301}e\u{301}e\u{301}e\u{301}", "a🛒b注c"] {
                assert!(width(&fit(text, most)) <= most && width(&cut(text, most)) <= most, "{text} in {most}");
            }
        }
    }

    #[test]
    fn control_characters_in_text_are_escaped() {
        assert_eq!(shown_lines("a\tb\nc\r\u{1b}[31m\u{9b}31m\u{202e}"), "a\tb\nc\\r\\u{1b}[31m\\u{9b}31m\\u{202e}");
        assert_eq!(shown("a\tb\r\n\u{1b}[31m\u{202e}x"), "a\\tb\\r\\n\\u{1b}[31m\\u{202e}x");
        assert_eq!(shown("注文 🛒 ü"), "注文 🛒 ü");
    }
}
