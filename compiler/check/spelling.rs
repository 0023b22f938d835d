//! How unquoted keys go out: `keys camel`, and names of headers.

use crate::ast::Key;

/// `price_cents` as `priceCents`; leading underscores stay.
pub(super) fn camel(word: &str) -> String {
    let body = word.trim_start_matches('_');
    let mut out = word[..word.len() - body.len()].to_owned();
    let mut upper = false;
    for c in body.chars() {
        if c == '_' {
            upper = true;
        } else if upper {
            out.extend(c.to_uppercase());
            upper = false;
        } else {
            out.push(c);
        }
    }
    out
}

/// The final spelling of a map's key.
pub(super) fn key(key: &Key, camel_keys: bool) -> String {
    if key.quoted || !camel_keys { key.text.clone() } else { camel(&key.text) }
}

/// The name of a header that is sent: unquoted `content_type` is `Content-Type`.
pub(super) fn header(key: &Key) -> String {
    if key.quoted {
        return key.text.clone();
    }
    let words = key.text.split('_').map(|word| {
        let mut chars = word.chars();
        chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
    });
    words.collect::<Vec<String>>().join("-")
}

/// The names that a header may have in a response, for a key of `expect headers`.
pub(super) fn header_alternatives(key: &Key, camel_keys: bool) -> Vec<String> {
    let mut names = vec![header(key)];
    if !key.quoted && camel_keys && key.text.contains('_') {
        names.push(camel(&key.text));
    }
    names
}

/// Whether a text can be a header's name.
pub(super) fn is_header_name(name: &str) -> bool {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !name.is_empty() && name.chars().all(token)
}
