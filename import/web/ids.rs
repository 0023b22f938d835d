//! Recognizes segments and values that identify an item; they become parameters.

/// Whether a segment of a path is an id instead of a word: digits, a UUID, or a mix of letters and digits that nobody would type.
pub(super) fn is_id(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let plain = segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~'));
    if segment.is_empty() || !plain || is_version(segment) {
        return false;
    }
    digits == segment.len() || is_uuid(segment) || segment.len() >= 8 && digits >= 2 && !is_slug(segment)
}

/// Whether a segment is a version of an API: `v1`, `v2beta1`, `2024-01-01`.
pub(super) fn is_version(segment: &str) -> bool {
    let rest = segment.strip_prefix('v').unwrap_or_default();
    rest.starts_with(|first: char| first.is_ascii_digit()) && segment.len() <= 8
}

fn is_uuid(segment: &str) -> bool {
    segment.len() == 36
        && segment
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

/// Whether a segment consists of words joined by hyphens, as in the title of an article: `top-10-cities`.
fn is_slug(segment: &str) -> bool {
    let words: Vec<&str> = segment.split(['-', '_']).collect();
    words.len() > 1
        && words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_digit()) || word.bytes().all(|byte| byte.is_ascii_alphabetic()))
        && words.iter().any(|word| word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

/// The name of a single item: `item` for `items`.
pub(crate) fn singular(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    for ending in ["sses", "ches", "shes", "xes"] {
        if word.ends_with(ending) {
            return word[..word.len() - 2].to_owned();
        }
    }
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_distinguished_from_words() {
        for id in ["42", "0d5e6f70-1111-4222-8333-944455556666", "PP-D-21692x9", "5f2b8c1d9e", "cus_9s6XKzkNRiz8i3"] {
            assert!(is_id(id), "{id}");
        }
        for word in ["items", "v1", "v2beta1", "top-10-cities", "index.html", "oauth2", "contact-form-7", ""] {
            assert!(!is_id(word), "{word}");
        }
        assert_eq!(["categories", "items", "boxes", "status", "address"].map(singular), ["category", "item", "box", "status", "address"]);
    }
}
