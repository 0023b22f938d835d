//! How unquoted keys are spelled when they are sent: `keys camel`, and header names.

use crate::ast::Key;
use crate::check::expr::registered_fields::registered;

/// Converts `price_cents` to `priceCents`; leading underscores stay.
pub(in crate::check) fn camel(word: &str) -> String {
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
pub(in crate::check) fn key(key: &Key, camel_keys: bool) -> String {
    if key.quoted || !camel_keys { key.text.clone() } else { camel(&key.text) }
}

/// The name under which a header is sent: unquoted `content_type` is `Content-Type`. Under `keys camel` a name that isn't registered is in
/// camelCase: `adf_id` is `adfId`.
pub(in crate::check) fn header(key: &Key, camel_keys: bool) -> String {
    if key.quoted {
        return key.text.clone();
    }
    if camel_keys {
        return registered(&key.text).map_or_else(|| camel(&key.text), str::to_owned);
    }
    title(&key.text)
}

/// Converts `content_type` to `Content-Type`.
fn title(text: &str) -> String {
    let words = text.split('_').map(|word| {
        let mut chars = word.chars();
        chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
    });
    words.collect::<Vec<String>>().join("-")
}

/// The names that a header may have in a response, for a key of `expect headers`.
pub(in crate::check) fn header_alternatives(key: &Key, camel_keys: bool) -> Vec<String> {
    let mut names = vec![header(key, camel_keys)];
    if !key.quoted && camel_keys {
        names.extend([title(&key.text), camel(&key.text)]);
        let mut known: Vec<String> = Vec::new();
        // Header names are compared without regard to case.
        names.retain(|name| {
            let lower = name.to_ascii_lowercase();
            let new = !known.contains(&lower);
            known.push(lower);
            new
        });
    }
    names
}

/// Whether a text is a valid header name.
pub(super) fn is_header_name(name: &str) -> bool {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !name.is_empty() && name.chars().all(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;

    fn plain(text: &str) -> Key {
        Key { text: text.to_owned(), quoted: false, span: Span::default() }
    }

    #[test]
    fn headers_follow_keys_camel_unless_they_are_registered_or_quoted() {
        for (text, sent, camel) in [
            ("adf_id", "Adf-Id", "adfId"),
            ("x_trace", "X-Trace", "xTrace"),
            ("content_type", "Content-Type", "Content-Type"),
            ("if_none_match", "If-None-Match", "If-None-Match"),
            ("tenant", "Tenant", "tenant"),
        ] {
            assert_eq!((header(&plain(text), false).as_str(), header(&plain(text), true).as_str()), (sent, camel));
        }
        assert_eq!(header(&Key { quoted: true, ..plain("adf_id") }, true), "adf_id");
        assert_eq!(header_alternatives(&plain("adf_id"), true), ["adfId", "Adf-Id"]);
        assert_eq!(header_alternatives(&plain("content_type"), true), ["Content-Type", "contentType"]);
        assert_eq!(header_alternatives(&plain("adf_id"), false), ["Adf-Id"]);
        assert_eq!(header_alternatives(&plain("tenant"), true), ["tenant"]);
    }
}
