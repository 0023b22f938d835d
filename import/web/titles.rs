//! Names of requests, and titles of steps.

use super::ids::{is_id, singular};
use super::key;
use crate::draft::{Part, Text};
use crate::names;

/// The name of a request by its method and path: `get_item` for `GET /items/42`, `post_login` for `POST /login`.
pub(super) fn request_name(method: &str, path: &[Text]) -> String {
    let verb = method.to_ascii_lowercase();
    let is_named = |text: &&Text| text.as_literal().is_none_or(is_id);
    let segments: Vec<&Text> = path.iter().filter(|segment| segment.as_literal() != Some("")).collect();
    let ends_in_id = segments.last().is_some_and(is_named);
    let mut words: Vec<String> = segments.iter().filter(|segment| !is_named(segment)).map(|segment| word(segment)).collect();
    words.retain(|word| !word.is_empty() && !is_version(word) && !matches!(word.as_str(), "api" | "rest" | "cgi_bin" | "index"));
    let shown = words.len().saturating_sub(2);
    let mut words = words.split_off(shown);
    if ends_in_id && let Some(last) = words.last_mut() {
        *last = singular(last);
    }
    if words.is_empty() {
        return if method == "GET" { "home".to_owned() } else { verb };
    }
    format!("{verb}_{}", words.join("_"))
}

/// Whether a word is a version: `v1`, `v2_0`, `2_0`. A version does not describe what a request does.
fn is_version(word: &str) -> bool {
    let digits = word.strip_prefix('v').unwrap_or(word);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}

/// A segment without a file extension.
fn word(segment: &Text) -> String {
    let literal: String = segment
        .parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.as_str(),
            Part::Hole(_) => "",
        })
        .collect();
    let literal = super::decode(&literal).unwrap_or(literal);
    let stem = match literal.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 5 && !stem.is_empty() && !ending.starts_with(|c: char| c.is_ascii_digit()) => {
            stem.to_owned()
        }
        _ => literal,
    };
    names::snake(&stem)
}

/// The name of a parameter for an id that follows other segments: `item_id` after `items`.
pub(super) fn id_name(before: Option<&Text>) -> String {
    let before = before.map(word).unwrap_or_default();
    if before.is_empty() || before.starts_with(|first: char| first.is_ascii_digit()) {
        "id".to_owned()
    } else {
        format!("{}_id", key(&singular(&before), "id"))
    }
}

/// Converts a name to a title: `get_item` becomes `Get item`.
pub(crate) fn sentence(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut chars = words.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().collect::<String>() + chars.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_named_by_method_and_path() {
        let name = |method: &str, path: &str| request_name(method, &path.split('/').map(Text::literal).collect::<Vec<_>>());
        assert_eq!(name("GET", "v1/items/42"), "get_item");
        assert_eq!(name("POST", "guest.cgi"), "post_guest");
        assert_eq!(name("GET", ""), "home");
        assert_eq!(name("PUT", "accounts/7/items/9/state"), "put_items_state");
        assert_eq!(id_name(Some(&Text::literal("categories"))), "category_id");
        assert_eq!(sentence("get_item"), "Get item");
    }
}
