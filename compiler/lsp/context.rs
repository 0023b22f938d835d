//! The context of the cursor, from a scan of the text before it. It also works if the text does not parse.

/// An open bracket before the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OpenBracket {
    sign: char,
    /// The statement around it, up to the cursor.
    head: String,
    /// The offset at which that statement starts.
    start: usize,
    /// Its offset.
    at: usize,
}

/// The context of the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Context {
    /// The words before the innermost open brace: `api shop`, `headers`. Empty at the top of a file.
    pub(super) block: String,
    /// The innermost open bracket.
    pub(super) bracket: Option<char>,
    /// The text of the statement before the word at the cursor.
    pub(super) before: String,
    /// The word at the cursor, up to the cursor, with dots.
    pub(super) word: String,
    pub(super) in_comment: bool,
    pub(super) in_string: bool,
}

/// Finds the statement before the end of the text: it starts after the last line break, `;`, `{` or comma of its level.
fn scan(text: &str) -> (Vec<OpenBracket>, usize, bool, bool) {
    let mut open: Vec<OpenBracket> = Vec::new();
    let mut start = 0;
    // The enclosing strings: the number of open brackets where each began, and its quotes.
    let mut strings: Vec<(usize, &str)> = Vec::new();
    let mut in_comment = false;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let Some(char) = rest.chars().next() else { break };
        let len = char.len_utf8();
        if in_comment {
            in_comment = char != '\n';
            start = if in_comment { start } else { at + 1 };
        } else if let Some((depth, quotes)) = strings.last().copied()
            && open.len() == depth
        {
            match char {
                '\\' => at += rest[1..].chars().next().map_or(0, char::len_utf8),
                '{' if rest.starts_with("{{") => at += 1,
                '{' => {
                    open.push(OpenBracket { sign: '{', head: String::from("\""), start: at, at });
                    start = at + 1;
                }
                '\n' if quotes == "\"" => {
                    strings.pop();
                    start = at + 1;
                }
                _ if rest.starts_with(quotes) => {
                    strings.pop();
                    at += quotes.len() - 1;
                }
                _ => {}
            }
        } else {
            match char {
                '#' => in_comment = true,
                '"' => {
                    let quotes = if rest.starts_with("\"\"\"") { "\"\"\"" } else { "\"" };
                    strings.push((open.len(), quotes));
                    at += quotes.len() - 1;
                }
                '{' | '(' | '[' => {
                    open.push(OpenBracket { sign: char, head: text[start..at].trim().to_owned(), start, at });
                    start = at + 1;
                }
                '}' | ')' | ']' => {
                    if let Some(closed) = open.pop() {
                        // The statement continues after a bracket that it contains.
                        start = if char == '}' { at + 1 } else { closed.start };
                    }
                }
                ';' | ',' => start = at + 1,
                '\n' if open.last().is_none_or(|open| open.sign == '{') => start = at + 1,
                _ => {}
            }
        }
        at += len;
    }
    let in_string = strings.last().is_some_and(|(depth, _)| *depth == open.len());
    (open, start.min(text.len()), in_comment, in_string)
}

/// The context of the end of `text`.
pub(super) fn at_end(text: &str) -> Context {
    let (open, start, in_comment, in_string) = scan(text);
    let word_start = text
        .rfind(|char: char| !(char.is_ascii_alphanumeric() || matches!(char, '_' | '.')))
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let start = text.ceil_char_boundary(start);
    let block = open.iter().rev().find(|open| open.sign == '{').map_or_else(String::new, |open| open.head.clone());
    Context {
        block,
        bracket: open.last().map(|open| open.sign),
        before: text.get(start..word_start.max(start)).unwrap_or_default().trim_start().to_owned(),
        word: text[word_start..].to_owned(),
        in_comment,
        in_string,
    }
}

/// A call that is being written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) callee: String,
    /// The number of the argument, from 0.
    pub(super) argument: usize,
    /// The argument's name, if it is given by name.
    pub(super) label: Option<String>,
}

/// The call that contains the end of `text` among its arguments.
pub(super) fn call(text: &str) -> Option<Call> {
    let (open, ..) = scan(text);
    let open = open.into_iter().rev().find(|open| open.sign == '(')?;
    let callee: String = {
        let word = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.');
        let before = &text[..open.at];
        before[before.trim_end_matches(word).len()..].to_owned()
    };
    let mut argument = 0;
    let mut last = open.at + 1;
    let mut depth = 0i32;
    for (at, char) in text[open.at + 1..].char_indices() {
        match char {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                argument += 1;
                last = open.at + at + 2;
            }
            _ => {}
        }
    }
    let label = text[last..].trim_start().split_once(':').map(|(label, _)| label.trim().to_owned());
    let label = label.filter(|label| label.chars().all(|char| char.is_ascii_alphanumeric() || char == '_'));
    (!callee.is_empty()).then_some(Call { callee, argument, label })
}

/// The offset of the bracket that closes the one at the start of the text.
pub(super) fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, char) in text.char_indices() {
        match char {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_names_the_block_and_the_statement() {
        let context = at_end("api shop {\n  base env.sh");
        assert_eq!((context.block.as_str(), context.before.as_str(), context.word.as_str()), ("api shop", "base ", "env.sh"));
        let context = at_end("# {\nsequence S {\n  step \"A {x}\" {\n    shop GET / { headers { a: 1, cont");
        assert_eq!((context.block.as_str(), context.word.as_str()), ("headers", "cont"));
        assert_eq!(at_end("  ä (x) [y] ").before, "ä (x) [y] ");
        assert!(at_end("let x = \"a ").in_string && !at_end("let x = \"a {b").in_string && at_end("x # y").in_comment);
    }

    #[test]
    fn call_around_a_place_is_found() {
        assert_eq!(call("let x = random(1, "), Some(Call { callee: "random".to_owned(), argument: 1, label: None }));
        let named = call("shop.cart.add(f(1, 2), quantity: ");
        assert_eq!(named, Some(Call { callee: "shop.cart.add".to_owned(), argument: 1, label: Some("quantity".to_owned()) }));
        assert_eq!(call("let x = f(1)"), None);
    }
}
