//! Valid, readable names from text of other tools.

use std::collections::{HashMap, HashSet};

use ltc_grammar::words;

/// The longest name: longer ones are cut between words.
const LONGEST: usize = 40;

/// Whether a text is a word of the language, which can be a key, a member or the name of a request without quotes.
pub fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
}

/// Splits a text into words: at every character other than letters and digits, and between a small letter and a capital.
fn split(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut current = String::new();
    let chars: Vec<char> = text.chars().collect();
    for (at, char) in chars.iter().copied().enumerate() {
        let plain = unaccented(char);
        if plain.is_empty() {
            if !current.is_empty() {
                out.push(std::mem::take(&mut current));
            }
            continue;
        }
        let before = at.checked_sub(1).map(|before| chars[before]);
        let ends_small = before.is_some_and(|before| before.is_lowercase() || before.is_ascii_digit());
        let ends_capitals = before.is_some_and(char::is_uppercase) && chars.get(at + 1).is_some_and(|next| next.is_lowercase());
        if char.is_uppercase() && (ends_small || ends_capitals) && !current.is_empty() {
            out.push(std::mem::take(&mut current));
        }
        current.push_str(plain);
    }
    if !current.is_empty() {
        out.push(current);
    }
    out.retain(|word| !word.is_empty());
    out
}

/// The ASCII form of a letter or digit; empty for any other character.
fn unaccented(char: char) -> &'static str {
    const ASCII: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    if let Some(at) = ASCII.find(char) {
        return &ASCII[at..=at];
    }
    match char {
        'à'..='ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'À'..='Å' => "A",
        'ä' | 'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'è'..='ë' | 'ē' | 'ę' | 'ě' => "e",
        'È'..='Ë' => "E",
        'ì'..='ï' | 'ī' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ő' => "o",
        'Ò'..='Ö' | 'Ø' => "O",
        'ř' => "r",
        'ś' | 'š' => "s",
        'ß' => "ss",
        'ù'..='ü' | 'ů' | 'ű' => "u",
        'Ù'..='Ü' => "U",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => "",
    }
}

/// The first words, up to the longest name.
fn fitting(words: Vec<String>) -> Vec<String> {
    let mut length = 0;
    let mut out = Vec::new();
    for word in words {
        length += word.len() + 1;
        if length > LONGEST + 1 && !out.is_empty() {
            break;
        }
        out.push(word.chars().take(LONGEST).collect());
    }
    out
}

/// `getItem by-id` becomes `get_item_by_id`. Empty if the text has neither letters nor digits.
pub fn snake(text: &str) -> String {
    fitting(split(text)).iter().map(|word| word.to_ascii_lowercase()).collect::<Vec<_>>().join("_")
}

/// `get item-by-id` becomes `GetItemById`. Empty if the text has neither letters nor digits.
pub fn pascal(text: &str) -> String {
    fitting(split(text))
        .iter()
        .map(|word| {
            let mut chars = word.chars();
            let first = chars.next().map(|first| first.to_ascii_uppercase());
            let rest: String = if word.len() > 1 && word.chars().all(|char| !char.is_lowercase()) {
                chars.map(|char| char.to_ascii_lowercase()).collect()
            } else {
                chars.collect()
            };
            first.into_iter().collect::<String>() + &rest
        })
        .collect()
}

/// A name for a test and its files, of letters, digits, `-` and `_`.
pub fn file(text: &str) -> String {
    let name = fitting(split(text)).iter().map(|word| word.to_ascii_lowercase()).collect::<Vec<_>>().join("-");
    match name.as_str() {
        "" | "specs" | "config" | "bootstrap" => "imported".to_owned(),
        _ if name.starts_with(|first: char| first.is_ascii_digit()) => format!("test-{name}"),
        _ => name,
    }
}

/// The names of one scope: each is unique and not a keyword.
#[derive(Clone, Debug, Default)]
pub struct Names {
    taken: HashSet<String>,
    /// The next number to try for a name that is taken, by its first numbered form. Thousands of requests may share a name.
    next: HashMap<String, usize>,
}

impl Names {
    /// An empty scope.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a name is taken.
    pub fn has(&self, name: &str) -> bool {
        self.taken.contains(name)
    }

    /// Reserves all names of another scope.
    pub fn reserve_all(&mut self, other: &Self) {
        self.taken.extend(other.taken.iter().cloned());
    }

    /// Reserves a name that something else uses.
    pub fn reserve(&mut self, name: &str) {
        self.taken.insert(name.to_owned());
    }

    /// The name of a variable, parameter, api or resource: snake_case, not a keyword, unique in this scope.
    pub fn variable(&mut self, text: &str, otherwise: &str) -> String {
        let name = snake(text);
        let name = if name.is_empty() { otherwise.to_owned() } else { name };
        let other = words::RESERVED.iter().find(|(word, _)| *word == name).map(|(_, other)| *other);
        let name = match other {
            Some(other) => other.to_owned(),
            None if words::is_reserved(&name) => format!("my_{name}"),
            None => name,
        };
        self.unique(name, "_")
    }

    /// The name of a sequence, a tasks block or a user: PascalCase, unique in this scope.
    pub fn block(&mut self, text: &str, otherwise: &str) -> String {
        let name = pascal(text);
        self.unique(if name.is_empty() { otherwise.to_owned() } else { name }, "")
    }

    /// The name of a request or a resource: snake_case and unique in this scope; keywords are allowed.
    pub fn word(&mut self, text: &str, otherwise: &str) -> String {
        let name = snake(text);
        self.unique(if name.is_empty() { otherwise.to_owned() } else { name }, "_")
    }

    /// A text that is unique in this scope, such as the name of a step.
    pub fn label(&mut self, text: &str) -> String {
        self.unique_with(text.to_owned(), |text, number| format!("{text} ({number})"))
    }

    fn unique(&mut self, name: String, between: &str) -> String {
        let name = if name.starts_with(|first: char| first.is_ascii_digit()) { format!("n{name}") } else { name };
        self.unique_with(name, |name, number| {
            let between = if name.ends_with(|last: char| last.is_ascii_digit()) { "_" } else { between };
            format!("{name}{between}{number}")
        })
    }

    fn unique_with(&mut self, name: String, numbered: impl Fn(&str, usize) -> String) -> String {
        let mut unique = name.clone();
        if self.taken.contains(&name) {
            let next = self.next.entry(numbered(&name, 2)).or_insert(2);
            while self.taken.contains(&unique) {
                unique = numbered(&name, *next);
                *next += 1;
            }
        }
        self.taken.insert(unique.clone());
        unique
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_other_tools_become_readable_names() {
        for (text, expected) in [
            ("getItemById", "get_item_by_id"),
            ("X-Request-ID", "x_request_id"),
            ("HTTPServer", "http_server"),
            ("Größe (cm)", "grosse_cm"),
            ("日本", ""),
            ("__csrf__", "csrf"),
        ] {
            assert_eq!(snake(text), expected, "{text}");
        }
        assert_eq!(pascal("GET /items/{id}"), "GetItemsId");
        assert_eq!(file("2nd Shop.har"), "test-2nd-shop-har");
        assert_eq!(file("日本"), "imported");
    }

    #[test]
    fn names_are_unique_and_not_keywords() {
        let mut names = Names::new();
        assert_eq!(names.variable("id", "value"), "id");
        assert_eq!(names.variable("ID", "value"), "id_2");
        assert_eq!(names.variable("json", "value"), "data");
        assert_eq!(names.variable("user", "value"), "my_user");
        assert_eq!(names.variable("2fa", "value"), "n2fa");
        assert_eq!(names.variable("", "value"), "value");
        assert_eq!(names.label("GET /"), "GET /");
        assert_eq!(names.label("GET /"), "GET / (2)");
    }

    /// Each name costs the same: with a search from the first number, this would take hours.
    #[test]
    fn hundreds_of_thousands_of_equal_names_are_numbered_at_once() {
        let mut names = Names::new();
        names.reserve("Order (3)");
        let last = (0..200_000).map(|_| names.label("Order")).last();
        assert_eq!(last.as_deref(), Some("Order (200001)"));
        assert_eq!((names.word("order", ""), names.word("order", "")), ("order".to_owned(), "order_2".to_owned()));
    }
}
