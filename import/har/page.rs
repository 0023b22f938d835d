//! Whether a page can be parsed in little time: the parser takes the square of the nesting, and of the attributes of a tag.

/// The most elements that are open.
const OPEN_MAX: usize = 2_000;

/// The most words of a tag outside of quotes.
const WORDS_MAX: usize = 500;

/// Elements without an end.
const VOID: [&str; 14] = ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

/// Whether a page is simple enough. An element that is never closed counts as open.
pub(super) fn is_simple(text: &str) -> bool {
    let (mut rest, mut open) = (text, 0_usize);
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if rest.starts_with('/') {
            open = open.saturating_sub(1);
        } else if rest.starts_with(|first: char| first.is_ascii_alphabetic()) {
            let name = &rest[..rest.find(|char: char| !char.is_ascii_alphanumeric()).unwrap_or(rest.len())];
            open += usize::from(!VOID.iter().any(|void| name.eq_ignore_ascii_case(void)));
            let Some(behind) = behind_tag(rest) else { return false };
            rest = behind;
        }
        if open > OPEN_MAX {
            return false;
        }
    }
    true
}

/// The text after a tag; `None` if it has too many words.
fn behind_tag(tag: &str) -> Option<&str> {
    let (mut quote, mut words, mut before) = (None, 0, ' ');
    for (at, char) in tag.char_indices() {
        match (quote, char) {
            (Some(open), _) if open == char => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if before == '=' => quote = Some(char),
            (None, '>') => return Some(&tag[at + 1..]),
            (None, _) if (before.is_whitespace() || before == '/') && !char.is_whitespace() => words += 1,
            _ => {}
        }
        if words > WORDS_MAX {
            return None;
        }
        before = char;
    }
    Some("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_that_is_endless_to_parse_is_not_simple() {
        assert!(is_simple("<ul><li>a<li>b<br><a href='<div>' x>c</a> 1 < 2 <p"));
        assert!(is_simple(&"<input name=a value=b>".repeat(10_000)) && is_simple(&"<p>a</p>".repeat(10_000)));
        let attributes: String = (0..1_000).map(|number| format!(" a{number}")).collect();
        for page in ["<div>".repeat(3_000), "<b></x>".repeat(100) + &"<b/>".repeat(3_000), format!("<p{attributes}>")] {
            assert!(!is_simple(&page));
        }
    }
}
