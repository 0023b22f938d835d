//! Text as HTML.

/// Text in an element or an attribute.
pub(super) fn text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A piece of the spec.
pub(super) fn code(code: &str) -> String {
    format!("<code>{}</code>", text(code))
}

/// The name of something that the spec declares.
pub(super) fn strong(name: &str) -> String {
    format!("<b>{}</b>", text(name))
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(parts: &[String], word: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [start @ .., last] => format!("{} {word} {last}", start.join(", ")),
    }
}

/// A list; nothing if it is empty.
pub(super) fn list(tag: &str, class: &str, items: &[String]) -> String {
    if items.is_empty() { String::new() } else { format!("<{tag} class=\"{class}\">{}</{tag}>", items.concat()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_spec_never_becomes_markup() {
        assert_eq!(code("<a href=\"x\">&"), "<code>&lt;a href=&quot;x&quot;&gt;&amp;</code>");
    }

    #[test]
    fn last_of_several_things_follows_the_word() {
        let of = |names: &[&str]| listed(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), "or");
        assert_eq!([of(&[]), of(&["a"]), of(&["a", "b"]), of(&["a", "b", "c"])], ["", "a", "a or b", "a, b or c"]);
    }
}
