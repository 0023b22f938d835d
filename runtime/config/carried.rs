//! The part of an environment's file that a binary carries: the keys that its spec reads, at the lines and columns of the file, without
//! comments.
//!
//! The part is YAML again, so the binary reads it as it would read the file, and its messages name locations that exist in the file.

use std::collections::HashMap;

use crate::environment::{EnvData, scalar};
use crate::error::{ConfigError, Location};
use crate::node::{self, Entry, Node, NodeValue};
use crate::reads::{ReadPart, Reads};

/// The text that a binary carries of a file.
///
/// # Errors
/// All errors in the file.
pub fn carried(text: &str, file: &str, reads: &Reads) -> Result<String, Vec<ConfigError>> {
    let root = node::parse(text, file)?;
    let kept = part_of(&root, &mut Vec::new(), reads).filter(|root| !root.is_null());
    let root = kept.unwrap_or(Node { value: NodeValue::Map(Vec::new()), location: root.location });
    let mut page = Page::default();
    page.root(&root);
    Ok(page.text)
}

/// Whether two texts have the same values for everything that `reads` names. A text that isn't valid YAML differs from every other.
pub fn is_same(one: &str, other: &str, reads: &Reads) -> bool {
    let read = |text: &str| node::parse(text, "").ok().and_then(|root| part_of(&root, &mut Vec::new(), reads));
    matches!((read(one), read(other)), (Some(one), Some(other)) if same(&one, &other))
}

fn same(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (NodeValue::Scalar { .. }, NodeValue::Scalar { .. }) => written(one) == written(other),
        (NodeValue::List(one), NodeValue::List(other)) => one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same(a, b)),
        (NodeValue::Map(one), NodeValue::Map(other)) => {
            let others: HashMap<&str, &Node> = other.iter().map(|other| (other.key.as_str(), &other.value)).collect();
            let like = |entry: &Entry| others.get(entry.key.as_str()).is_some_and(|other| same(&entry.value, other));
            one.len() == other.len() && one.iter().all(like)
        }
        _ => false,
    }
}

fn part_of<'a>(node: &'a Node, path: &mut Vec<&'a str>, reads: &Reads) -> Option<Node> {
    match (reads.part(path), &node.value) {
        (ReadPart::Whole, _) => Some(node.clone()),
        (ReadPart::Nothing, _) => None,
        (ReadPart::Within, NodeValue::Map(entries)) => {
            let mut kept = Vec::new();
            for entry in entries {
                path.push(&entry.key);
                let value = part_of(&entry.value, path, reads);
                path.pop();
                kept.extend(value.map(|value| Entry { key: entry.key.clone(), location: entry.location.clone(), value }));
            }
            Some(Node { value: NodeValue::Map(kept), location: node.location.clone() })
        }
        // The list has no keys that a spec could read. A message names only its type, so the binary carries an empty list.
        (ReadPart::Within, NodeValue::List(_)) => Some(Node { value: NodeValue::List(Vec::new()), location: node.location.clone() }),
        (ReadPart::Within, NodeValue::Scalar { text, plain }) => {
            let (text, plain) = match if *plain && !text.contains("${") { scalar(text) } else { EnvData::String(String::new()) } {
                EnvData::Null => ("null", true),
                EnvData::Bool(_) => ("false", true),
                EnvData::Int(_) => ("0", true),
                EnvData::Float(_) => ("0.0", true),
                _ => ("", false),
            };
            Some(Node { value: NodeValue::Scalar { text: text.to_owned(), plain }, location: node.location.clone() })
        }
    }
}

/// Writes a scalar so that a flow collection reads it alike: a string that a reader could take for another type gets quotes.
fn written(node: &Node) -> String {
    let NodeValue::Scalar { text, plain } = &node.value else { return String::new() };
    if *plain && !text.contains("${") {
        match scalar(text) {
            EnvData::Null => return "null".to_owned(),
            EnvData::String(_) => {}
            _ => return text.clone(),
        }
    }
    quoted(text)
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\u{2028}' | '\u{2029}' | '\u{feff}' => out.push_str(&format!("\\U{:08X}", u32::from(char))),
            char if char.is_control() => out.push_str(&format!("\\U{:08X}", u32::from(char))),
            char => out.push(char),
        }
    }
    out.push('"');
    out
}

/// A text that puts each value at a given line and column.
#[derive(Default)]
struct Page {
    text: String,
    /// The number of complete lines.
    lines: usize,
    /// The number of characters on the current line.
    column: usize,
}

impl Page {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.column += text.chars().count();
    }

    fn line(&mut self) {
        self.text.push('\n');
        self.lines += 1;
        self.column = 0;
    }

    /// Writes spaces and line ends up to a location. If the text is already past it, as for an alias, it stays where it is.
    fn go_to(&mut self, location: &Location, least_column: usize) {
        while self.lines + 1 < location.line {
            self.line();
        }
        // YAML requires that the continuation of a value is indented.
        let column = location.column.max(least_column).saturating_sub(1);
        if self.lines + 1 == location.line || self.column == 0 {
            while self.column < column {
                self.push(" ");
            }
        }
    }

    /// Writes the root as a block with one line for each key, because keys of the root can begin in the first column.
    fn root(&mut self, node: &Node) {
        let NodeValue::Map(entries) = &node.value else {
            self.value(node);
            self.line();
            return;
        };
        if entries.is_empty() {
            self.push("{}");
        }
        for entry in entries {
            if self.column > 0 {
                self.line();
            }
            while self.lines + 1 < entry.location.line {
                self.line();
            }
            self.entry(entry);
        }
        self.line();
    }

    fn entry(&mut self, entry: &Entry) {
        let plain = entry.key.starts_with(|char: char| char.is_ascii_alphabetic())
            && entry.key.chars().all(|char| char.is_ascii_alphanumeric() || "_-.".contains(char));
        if plain {
            self.push(&entry.key);
        } else {
            self.push(&quoted(&entry.key));
        }
        self.push(":");
        self.push(" ");
        self.value(&entry.value);
    }

    fn value(&mut self, node: &Node) {
        match &node.value {
            NodeValue::Scalar { .. } => {
                self.go_to(&node.location, 2);
                self.push(&written(node));
            }
            NodeValue::List(items) => {
                self.push("[");
                for (number, item) in items.iter().enumerate() {
                    if number > 0 {
                        self.push(", ");
                    }
                    self.value(item);
                }
                self.push("]");
            }
            NodeValue::Map(entries) => {
                self.push("{");
                for (number, entry) in entries.iter().enumerate() {
                    if number > 0 {
                        self.push(", ");
                    }
                    self.go_to(&entry.location, 2);
                    self.entry(entry);
                }
                self.push("}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::{Environment, Source};

    const FILE: &str = "# token: MARKER-1\nshop:\n  eu:\n    url: https://shop.example.com/a,b   # MARKER-2\n    token: MARKER-3\n    tls:\n      ca: certs/é.pem\n  us: {url: MARKER-4}\nids:\n- 1\n- '007'\n- \"a \\\"b\\\"\"\n- |\n  two\n  lines\nbase: &base {x: 1.50, y: ~, z: MARKER-5}\nledger: MARKER-6\nother:\n  <<: *base\n  w: ${W:-d}\n";

    fn reads() -> Reads {
        Reads::of(["shop.eu.url", "ids", "other.x", "other.w", "base.x", "base.y"])
    }

    fn environment(text: &str) -> Environment {
        Environment::parse("x", Source { text, file: "config/x.yml" }, None).unwrap()
    }

    #[test]
    fn only_values_that_the_spec_reads_are_carried_with_their_locations() {
        let text = carried(FILE, "config/x.yml", &reads()).unwrap();
        assert!(!text.contains("MARKER") && !text.contains('#'), "{text}");
        let (file, kept) = (environment(FILE), environment(&text));
        for path in ["shop.eu.url", "shop.eu.tls.ca", "ids", "base.x", "base.y", "other.w", "other.x"] {
            let (file, kept) = (file.require(path).unwrap(), kept.require(path).unwrap());
            assert_eq!(file.kind(), kept.kind(), "{path}: {text}");
            assert_eq!(format!("{:?}", plain(file)), format!("{:?}", plain(kept)), "{path}: {text}");
        }
        for path in ["shop.eu.url", "shop.eu.tls.ca", "base.x", "base.y", "other.w"] {
            let (file, kept) = (&file.require(path).unwrap().location, &kept.require(path).unwrap().location);
            assert_eq!((file.line, file.column), (kept.line, kept.column), "{path}: {text}");
        }
        let lines = |environment: &Environment| -> Vec<usize> {
            environment.require("ids").unwrap().as_list().unwrap().iter().map(|item| item.location.line).collect()
        };
        assert_eq!(lines(&file)[..3], lines(&kept)[..3]);
        assert!(kept.require("shop.us").is_err() && kept.require("ledger").is_err() && kept.require("base.z").is_err());
        assert_eq!(carried(&text, "config/x.yml", &reads()).unwrap(), text, "a carried text is carried unchanged");
    }

    /// Removes a value's locations.
    fn plain(value: &crate::environment::EnvValue) -> String {
        match &value.data {
            EnvData::List(items) => items.iter().map(plain).collect::<Vec<_>>().join("|"),
            EnvData::Object(members) => members.iter().map(|(key, value)| format!("{key}={}", plain(value))).collect(),
            data => format!("{data:?}"),
        }
    }

    #[test]
    fn unusual_files_are_carried_too() {
        let carry = |text: &str, read: &str| carried(text, "c.yml", &Reads::of([read])).unwrap();
        assert_eq!(carry("", "a.b"), "{}\n");
        assert_eq!(carry("x: 1\n", "a.b"), "{}\n");
        // The spec reads a key of this value, which isn't a map: the binary carries only its type, for the message.
        for (text, kind) in
            [("a: MARKER", "string"), ("a: [MARKER]", "list"), ("a: 77123", "int"), ("a:", "null"), ("a: yes ${X}", "string")]
        {
            let text = carry(text, "a.b");
            assert!(!text.contains("MARKER") && !text.contains("77123"), "{text}");
            assert_eq!(environment(&text).require("a").unwrap().kind().name(), kind, "{text}");
        }
        let flow = carry("{a: {b: 'it''s', c: MARKER}, \"odd key\": 1}\n", "a.b");
        assert_eq!(environment(&flow).get("a.b").unwrap().as_str(), Some("it's"), "{flow}");
        let odd = carry("\"odd key\": {\"ü: x\": [{a: {}}, [], 'x: y']}\n", "odd key");
        assert_eq!(environment(&odd).get("odd key.ü: x").unwrap().as_list().unwrap().len(), 3, "{odd}");
        assert!(carried("a: [", "c.yml", &Reads::everything()).unwrap_err()[0].to_string().contains("c.yml"));
    }

    #[test]
    fn only_keys_that_the_spec_reads_make_files_differ() {
        let same = |other: &str| is_same(FILE, other, &reads());
        assert!(same(&carried(FILE, "x", &reads()).unwrap()));
        assert!(same(&FILE.replace("MARKER-3", "else")) && same(&format!("\n\n{FILE}")));
        assert!(!same(&FILE.replace("1.50", "1.5")) && !same(&FILE.replace("/a,b", "/c")) && !same("a: ["));
    }
}
