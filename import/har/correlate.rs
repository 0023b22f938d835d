//! Correlation: finds values of responses that later requests send.

use std::collections::{HashMap, HashSet};

use super::find::{self, Found};
use super::log::Entry;
use crate::draft::{Expr, Part, Segment, Source, Text};
use crate::names::Names;
use crate::web;

/// A value that a step captures.
#[derive(Clone, Debug)]
pub(super) struct Capture {
    pub(super) name: String,
    pub(super) source: Source,
}

/// The values of the responses so far.
#[derive(Default)]
pub(super) struct Correlation {
    /// Values of responses by their text, with the entry that returned them.
    known: HashMap<String, (usize, Found)>,
    /// Values that were sent before any response contained them: these come from the user.
    sent: HashSet<String>,
    /// The variables of captured values.
    names: HashMap<String, String>,
    scope: Names,
    /// The captures of each entry.
    pub(super) captures: HashMap<usize, Vec<Capture>>,
    /// The variables of captured numbers.
    numbers: HashSet<String>,
    /// Values that may be parts of longer texts, by their first bytes.
    starts: HashMap<[u8; START], Vec<String>>,
    /// The texts of responses, for values that only a pattern finds.
    texts: Vec<(usize, String)>,
    /// Values that were already searched for in these texts.
    searched: HashSet<String>,
    /// The number of bytes searched so far.
    searched_bytes: usize,
}

/// The kind of the name under which a request sends a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum As {
    Id,
    Token,
    Plain,
}

impl As {
    fn named(key: &str) -> Self {
        match (find::is_id_name(key), find::is_token_name(key)) {
            (true, _) => Self::Id,
            (_, true) => Self::Token,
            _ => Self::Plain,
        }
    }
}

/// The number of leading bytes that index a value within longer texts.
const START: usize = 8;

/// The most bytes that are searched for values that only a pattern finds. The limit keeps a large recording from being searched for every
/// token.
const SEARCH_MAX: usize = 4_000_000_000;

/// The shortest value that is looked for within longer texts.
const PART_MIN: usize = 12;

impl Correlation {
    /// Reserves a name, so that no capture uses it.
    pub(super) fn reserve(&mut self, name: &str) {
        self.scope.reserve(name);
    }

    /// A new name for a variable that the file declares.
    pub(super) fn named(&mut self, hint: &str) -> String {
        self.scope.variable(hint, "value")
    }

    /// Adds the values of an entry's response, except those that its own request, or an earlier one, sent.
    pub(super) fn add(&mut self, number: usize, entry: &Entry) {
        for (value, found) in find::values(entry) {
            if self.sent.contains(&value) || self.known.contains_key(&value) {
                continue;
            }
            if value.len() >= PART_MIN
                && is_distinct(&value)
                && let Some(start) = value.as_bytes().first_chunk::<START>()
            {
                self.starts.entry(*start).or_default().push(value.clone());
            }
            self.known.insert(value, (number, found));
        }
        if let Some(text) = entry.text.as_ref().filter(|text| text.len() <= 2_000_000 && !entry.media.ends_with("json")) {
            self.texts.push((number, text.clone()));
        }
    }

    /// Records a value that a request sends.
    pub(super) fn send(&mut self, value: &str) {
        if !self.names.contains_key(value) {
            self.sent.insert(value.to_owned());
        }
    }

    /// The variable of a value, captured from the first response that contained it.
    fn variable(&mut self, value: &str, sent_as: As) -> Option<(String, bool)> {
        if let Some(name) = self.names.get(value) {
            return Some((name.clone(), self.numbers.contains(name)));
        }
        if !self.known.contains_key(value) && is_random(value) {
            self.search(value);
        }
        let (number, found) = self.known.get(value)?.clone();
        // A short value counts if its name is of the same kind on both sides.
        let counts = is_distinct(value) || sent_as == As::Id && found.is_id || sent_as == As::Token && found.is_token;
        if !counts {
            return None;
        }
        let name = self.scope.variable(&found.hint, "value");
        self.names.insert(value.to_owned(), name.clone());
        let capture = Capture { name: name.clone(), source: found.source };
        if found.is_number {
            self.numbers.insert(name.clone());
        }
        self.captures.entry(number).or_default().push(capture);
        Some((name, found.is_number))
    }

    /// Searches the texts of the responses for a value.
    fn search(&mut self, value: &str) {
        if !self.searched.insert(value.to_owned()) || self.searched_bytes > SEARCH_MAX {
            return;
        }
        self.searched_bytes += self.texts.iter().map(|(_, text)| text.len()).sum::<usize>();
        let found = self.texts.iter().find_map(|(number, text)| Some((*number, find::pattern(text, value)?)));
        if let Some((number, (source, hint))) = found {
            let found = Found { source, hint, is_id: false, is_token: false, is_number: false };
            self.known.insert(value.to_owned(), (number, found));
        }
    }

    /// A whole value of a request: a captured variable, or a text with captured parts; `None` if it comes from the user.
    pub(super) fn value(&mut self, value: &str, sent_as: As) -> Option<Text> {
        if value.is_empty() {
            return None;
        }
        if !self.sent.contains(value)
            && let Some((name, _)) = self.variable(value, sent_as)
        {
            return Some(Text { parts: vec![Part::Hole(name)] });
        }
        // The response may have contained the encoded value, as cookies often do.
        let encoded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
        if encoded != value
            && !self.sent.contains(&encoded)
            && let Some((name, _)) = self.variable(&encoded, sent_as)
        {
            return Some(Text { parts: vec![Part::Hole(format!("urldecode({name})"))] });
        }
        let part = self.parts(value);
        part.filter(|text| text.as_literal().is_none())
    }

    /// A text with holes for captured values.
    fn parts(&mut self, value: &str) -> Option<Text> {
        if value.len() < PART_MIN || value.len() > 200_000 {
            return None;
        }
        let mut inside: Vec<(usize, String)> = Vec::new();
        for (at, bytes) in value.as_bytes().windows(START).enumerate() {
            let start = bytes.first_chunk::<START>().and_then(|start| self.starts.get(start));
            for known in start.into_iter().flatten() {
                if known.len() < value.len() && value.as_bytes()[at..].starts_with(known.as_bytes()) && !self.sent.contains(known) {
                    inside.push((at, known.clone()));
                }
            }
        }
        // Of overlapping values, the longest wins.
        inside.sort_by_key(|(_, known)| std::cmp::Reverse((known.len(), known.clone())));
        let mut taken: Vec<(usize, usize, String)> = Vec::new();
        for (at, known) in inside {
            let end = at + known.len();
            if taken.iter().all(|(from, to, _)| end <= *from || at >= *to) {
                taken.push((at, end, known));
            }
        }
        if taken.is_empty() {
            return None;
        }
        taken.sort_unstable();
        let mut out = Text::default();
        let mut done = 0;
        for (from, to, known) in taken {
            let Some((name, _)) = self.variable(&known, As::Plain) else { continue };
            out.push(&value[done..from]);
            out.hole(name);
            done = to;
        }
        out.push(&value[done..]);
        Some(out)
    }

    /// A JSON body in which members that come from a response are captured.
    pub(super) fn json(&mut self, key: &str, value: Expr) -> Expr {
        match value {
            Expr::Text(text) => {
                let Some(literal) = text.as_literal().map(str::to_owned) else { return Expr::Text(text) };
                let is_number =
                    |names: &Self, text: &Text| matches!(text.parts.as_slice(), [Part::Hole(name)] if names.numbers.contains(name));
                match self.value(&literal, As::named(key)) {
                    // A number that is sent as a text remains a text.
                    Some(found) if is_number(self, &found) => Expr::Text(found),
                    Some(found) => Expr::from(found),
                    None => Expr::Text(text),
                }
            }
            Expr::Number(digits) => match self.known.get(&digits).filter(|(_, found)| found.is_number) {
                Some(_) if !self.sent.contains(&digits) => match self.variable(&digits, As::named(key)) {
                    Some((name, true)) => Expr::Code(name),
                    _ => Expr::Number(digits),
                },
                _ => Expr::Number(digits),
            },
            Expr::List(items) => Expr::List(items.into_iter().map(|item| self.json(key, item)).collect()),
            Expr::Map(entries) => Expr::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| {
                        let value = self.json(&key, value);
                        (key, value)
                    })
                    .collect(),
            ),
            other => other,
        }
    }
}

/// Whether a value is unlikely to equal another one by chance.
fn is_distinct(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let is_word =
        value.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'_' | b'-' | b'.' | b',')) && value.len() < 24;
    let is_date = value.len() >= 10
        && value.as_bytes()[4] == b'-'
        && value.as_bytes().get(7) == Some(&b'-')
        && value[..4].bytes().all(|byte| byte.is_ascii_digit());
    if is_word || is_date || value.contains(char::is_whitespace) {
        return false;
    }
    value.len() >= 16 && !value.contains("://")
        || value.len() >= 6 && digits >= 2 && !value.contains("://")
        || digits == value.len() && digits >= 5
}

/// Whether a value looks like a token, so that a search in all texts is worthwhile.
fn is_random(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    (16..=4096).contains(&value.len())
        && digits >= 2
        && letters >= 2
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.=+/".contains(&byte))
}

/// The segments of a URL's path and its query, as values that may be captured.
pub(super) fn of_url(url: &str) -> Vec<(String, String, String)> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut out = Vec::new();
    let segments: Vec<&str> = path.split("://").last().unwrap_or_default().split('/').collect();
    for pair in segments.windows(2) {
        if let Some(value) = web::decode(pair[1]).filter(|value| is_distinct(value) || value.bytes().all(|byte| byte.is_ascii_digit())) {
            let hint = format!("{} id", web::singular(pair[0]));
            out.push((value, hint, format!("/{}/([^/?#]+)", regex::escape(pair[0]))));
        }
    }
    for (key, value) in query.split('#').next().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('=')) {
        if is_distinct(value) {
            out.push((value.to_owned(), key.to_owned(), format!("[?&]{}=([^&#]+)", regex::escape(key))));
        }
    }
    out.retain(|(value, ..)| !value.is_empty());
    out
}

/// The path to a member of a JSON value, as a hint for its name.
pub(super) fn hint(path: &[Segment], request: &str) -> String {
    let keys: Vec<&str> = path.iter().filter_map(|part| if let Segment::Key(key) = part { Some(key.as_str()) } else { None }).collect();
    match keys.as_slice() {
        [.., parent, last] if last.eq_ignore_ascii_case("id") && !matches!(*parent, "data" | "result" | "response") => {
            format!("{} id", web::singular(parent))
        }
        [.., last] if last.eq_ignore_ascii_case("id") => format!("{request} id"),
        [.., last] => (*last).to_owned(),
        [] => "value".to_owned(),
    }
}
