//! The values of a response, each with the source that finds it again.

use std::collections::HashMap;

use scraper::{Html, Selector};
use serde_json::Value;

use super::correlate::{hint, of_url};
use super::log::Entry;
use super::page::is_simple;
use crate::draft::{Segment, Source};
use crate::{names, web};

/// The source of a value.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) source: Source,
    /// A hint for the variable's name.
    pub(super) hint: String,
    /// Whether its name is that of an id, so that a short value counts, too.
    pub(super) is_id: bool,
    /// Whether its name is that of a token, so that a short value counts, too.
    pub(super) is_token: bool,
    pub(super) is_number: bool,
}

/// The most values of a response that are considered.
const VALUES_MAX: usize = 20_000;

/// The values of a response with their sources. The best source of a value comes first.
pub(super) fn values(entry: &Entry) -> Vec<(String, Found)> {
    let mut out = Vec::new();
    let request = request_word(&entry.url);
    if let Some(text) = &entry.text {
        if let Ok(value) = serde_json::from_str::<Value>(text)
            && (value.is_object() || value.is_array())
        {
            json(&value, &mut Vec::new(), &request, &mut out);
        } else if entry.media.contains("html") || text.trim_start().starts_with('<') {
            html(text, &mut out);
        }
    }
    for (name, value) in &entry.response_headers {
        header(name, value, &mut out);
    }
    out
}

/// The singular of the last word of a path: `order` for `/orders/7`.
fn request_word(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default().split("://").last().unwrap_or_default();
    let words = path
        .split('/')
        .skip(1)
        .filter(|segment| segment.chars().all(|char| char.is_ascii_alphabetic() || matches!(char, '-' | '_')) && !segment.is_empty());
    words.last().map(web::singular).unwrap_or_default()
}

/// Whether a key names an id.
pub(super) fn is_id_name(key: &str) -> bool {
    let key = names::snake(key);
    key == "id" || key.ends_with("_id") || key == "uuid" || key.ends_with("_uuid")
}

fn json(value: &Value, path: &mut Vec<Segment>, request: &str, out: &mut Vec<(String, Found)>) {
    if out.len() >= VALUES_MAX || path.len() > 12 {
        return;
    }
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                path.push(Segment::Key(key.clone()));
                json(value, path, request, out);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                path.push(Segment::Index(at));
                json(value, path, request, out);
                path.pop();
            }
        }
        Value::String(text) if !text.is_empty() && text.len() <= 8192 => {
            let found = |source| Found {
                source,
                hint: hint(path, request),
                is_id: last_is_id(path),
                is_token: last_is_token(path),
                is_number: false,
            };
            out.push((text.clone(), found(Source::json(path))));
            if text.contains("://") || text.starts_with('/') {
                for (value, hint, pattern) in of_url(text) {
                    let source = Source::json(path).matching(pattern);
                    out.push((value, Found { source, hint, is_id: false, is_token: false, is_number: false }));
                }
            }
        }
        Value::Number(number) => {
            let source = Source::json(path);
            out.push((
                number.to_string(),
                Found { source, hint: hint(path, request), is_id: last_is_id(path), is_token: last_is_token(path), is_number: true },
            ));
        }
        _ => {}
    }
}

/// Whether a key names a token, which a later request sends under a similar name.
pub(super) fn is_token_name(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    web::is_secret_name(key) || ["csrf", "xsrf", "nonce", "session", "jwt"].iter().any(|part| lower.contains(part))
}

fn last_is_token(path: &[Segment]) -> bool {
    path.iter().rev().find_map(|part| if let Segment::Key(key) = part { Some(is_token_name(key)) } else { None }).unwrap_or_default()
}

fn last_is_id(path: &[Segment]) -> bool {
    path.iter().rev().find_map(|part| if let Segment::Key(key) = part { Some(is_id_name(key)) } else { None }).unwrap_or_default()
}

fn header(name: &str, value: &str, out: &mut Vec<(String, Found)>) {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "set-cookie" => {
            // Some recorders join cookies with line breaks.
            for line in value.lines() {
                if let Some((name, value)) = line.split(';').next().and_then(|pair| pair.split_once('=')) {
                    let found = Found {
                        source: Source::cookie(name.trim()),
                        hint: name.trim().to_owned(),
                        is_id: false,
                        is_token: true,
                        is_number: false,
                    };
                    out.push((value.trim().trim_matches('"').to_owned(), found));
                }
            }
        }
        "location" | "content-location" | "link" => {
            for (value, hint, pattern) in of_url(value) {
                let source = Source::header(name).matching(pattern);
                out.push((value, Found { source, hint, is_id: true, is_token: false, is_number: false }));
            }
        }
        "date" | "expires" | "last-modified" | "content-type" | "content-length" | "server" | "via" | "age" | "cache-control" | "vary" => {}
        _ => out.push((
            value.to_owned(),
            Found { source: Source::header(name), hint: name.to_owned(), is_id: false, is_token: is_token_name(name), is_number: false },
        )),
    }
}

/// The most elements of a kind whose values are found. The selector of each searches the page from its start.
const ELEMENTS_MAX: usize = 1_000;

/// Values of inputs, meta elements and links. A source is kept only if its first match is this value.
fn html(text: &str, out: &mut Vec<(String, Found)>) {
    if !is_simple(text) {
        return;
    }
    let page = Html::parse_document(text);
    // The attribute of the first element that each selector matches.
    let mut firsts: HashMap<String, Option<String>> = HashMap::new();
    let mut is_first = |css: &str, attribute: &str, value: &str| {
        let find = || {
            let selector = Selector::parse(css).ok()?;
            Some(page.select(&selector).next()?.attr(attribute)?.to_owned())
        };
        firsts.entry(css.to_owned()).or_insert_with(find).as_deref() == Some(value)
    };
    let mut add = |css: String, attribute: &str, value: &str, hint: &str, pattern: Option<String>, whole: &str| {
        if out.len() < VALUES_MAX && is_first(&css, attribute, whole) {
            let source = Source { pattern, ..Source::html(&css, Some(attribute)) };
            let found = Found { source, hint: hint.to_owned(), is_id: false, is_token: is_token_name(hint), is_number: false };
            out.push((value.to_owned(), found));
        }
    };
    let all = |css: &str| Selector::parse(css).map(|selector| page.select(&selector).collect::<Vec<_>>()).unwrap_or_default();
    for input in all("input[name][value]").into_iter().take(ELEMENTS_MAX) {
        if let (Some(name), Some(value)) = (input.attr("name"), input.attr("value")) {
            add(format!("input[name={}]", css(name)), "value", value, name, None, value);
        }
    }
    for meta in all("meta[content]").into_iter().take(ELEMENTS_MAX) {
        for key in ["name", "property"] {
            if let (Some(name), Some(value)) = (meta.attr(key), meta.attr("content")) {
                add(format!("meta[{key}={}]", css(name)), "content", value, name, None, value);
            }
        }
    }
    for (css_, attribute) in [("a[href]", "href"), ("form[action]", "action")] {
        for element in all(css_).into_iter().take(ELEMENTS_MAX) {
            let Some(target) = element.attr(attribute) else { continue };
            for (value, hint, pattern) in of_url(target) {
                let word = pattern.trim_start_matches('/').split('/').next().unwrap_or_default();
                let tag = &css_[..css_.find('[').unwrap_or(css_.len())];
                let selector = format!("{tag}[{attribute}*={}]", css(&format!("/{word}/")));
                add(selector, attribute, &value, &hint, Some(pattern), target);
            }
        }
    }
}

/// A value of a CSS attribute selector, in quotes unless it is a word.
fn css(value: &str) -> String {
    if names::is_word(value) { value.to_owned() } else { format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'")) }
}

/// A pattern whose first match in a text is a value, and the last word before it. The pattern consists of the text before the value.
pub(super) fn pattern(text: &str, value: &str) -> Option<(Source, String)> {
    let at = text.find(value)?;
    let line_start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[line_start..at];
    for length in [12, 24, 48] {
        let start = before.char_indices().rev().nth(length - 1).map_or(0, |(at, _)| at);
        // A name that the limit would cut is kept whole.
        let cut = before[..start].chars().rev().take_while(|char| char.is_ascii_alphanumeric() || *char == '_').count();
        let is_cut = before[start..].starts_with(|char: char| char.is_ascii_alphanumeric() || char == '_');
        let start = if is_cut && cut <= 24 { start - cut } else { start };
        // Removes a partial word at the start.
        let context = before[start..].split_once(' ').filter(|_| start > 0).map_or(&before[start..], |(_, rest)| rest).trim_start();
        if context.len() < 3 {
            continue;
        }
        let pattern = format!("{}([\\w.=+/-]+)", regex::escape(context));
        let first = regex::Regex::new(&pattern).ok()?.captures(text)?.get(1)?.as_str().to_owned();
        if first == value {
            let word =
                context.split(|char: char| !char.is_ascii_alphanumeric() && char != '_').rfind(|word| word.len() > 2).unwrap_or("token");
            return Some((Source::code("text").matching(pattern), word.to_owned()));
        }
    }
    None
}
