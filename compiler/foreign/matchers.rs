//! Matchers of other tools and of assertion libraries, as the value of a key in a pattern.

/// What is meant by a word where a matcher is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meant {
    /// This matcher.
    Matcher(&'static str),
    /// The length of a text or a list, which only a condition compares.
    Length,
    /// A regex, which is written after `~`.
    Regex,
    /// An empty text or list.
    Empty,
}

/// The words, each with what they mean.
const WORDS: &[(&[&str], Meant)] = &[
    (&["integer", "Int", "Integer", "INT", "long", "digit", "digits"], Meant::Matcher("int")),
    (&["boolean", "Boolean", "Bool"], Meant::Matcher("bool")),
    (&["array", "Array", "List", "arrayOf"], Meant::Matcher("list")),
    (&["str", "String", "alphanumeric"], Meant::Matcher("string")),
    (&["dict", "map", "Map", "Object", "hash"], Meant::Matcher("object")),
    (&["float", "double", "Float", "Double", "Number", "decimal", "numeric"], Meant::Matcher("number")),
    (
        &[
            "ANY",
            "Any",
            "any_value",
            "anything",
            "exists",
            "exist",
            "present",
            "defined",
            "required",
            "is_defined",
            "not_null",
            "notNull",
            "optional",
            "everything",
            "whatever",
        ],
        Meant::Matcher("_"),
    ),
    (&["missing", "notExists", "not_exists", "not_present", "doesNotExist", "undefined"], Meant::Matcher("absent")),
    (&["uuid", "guid", "UUID", "uuid4"], Meant::Matcher("~ /^[0-9a-f-]{36}$/")),
    (&["date", "datetime", "Date", "iso_date", "isoDate", "iso8601", "timestamp"], Meant::Matcher("~ /^\\d{4}-\\d{2}-\\d{2}/")),
    (&["email", "Email"], Meant::Matcher("~ /@/")),
    (&["uri", "URL", "link"], Meant::Matcher("~ /^https?:/")),
    (&["empty", "blank", "isEmpty", "is_empty"], Meant::Empty),
    (&["len", "length", "size", "count", "hasLength", "has_length", "hasSize", "has_size", "minLength", "maxLength"], Meant::Length),
    (&["regex", "matches", "match", "pattern", "re", "regexp", "like"], Meant::Regex),
];

/// Markers of Karate in a pattern, each with its matcher.
pub(crate) const MARKERS: [(&str, &str); 12] = [
    ("#number", "number"),
    ("#string", "string"),
    ("#boolean", "bool"),
    ("#array", "list"),
    ("#object", "object"),
    ("#notnull", "_"),
    ("#present", "_"),
    ("#ignore", "_"),
    ("#null", "null"),
    ("#notpresent", "absent"),
    ("#uuid", "~ /^[0-9a-f-]{36}$/"),
    ("##string", "string | absent"),
];

/// What a word means where a matcher is expected.
pub(crate) fn matcher(word: &str) -> Option<Meant> {
    WORDS.iter().find(|(words, _)| words.contains(&word)).map(|(_, meant)| *meant)
}

#[cfg(test)]
mod tests {
    use super::{WORDS, matcher};

    #[test]
    fn no_word_means_two_things() {
        for (words, meant) in WORDS {
            assert!(words.iter().all(|word| matcher(word) == Some(*meant)), "{words:?}");
        }
    }
}
