//! A YAML document as a tree in which every key and value knows its location.
//!
//! Scalars stay text until a caller asks for a type, so that a profile can read `20` as a duration and `Yes` as a boolean, while an
//! environment reads them with the rules of YAML 1.2.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use crate::error::{ConfigError, Location};
use crate::suggest::did_you_mean;

/// A value and its location.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) value: NodeValue,
    pub(crate) location: Location,
}

#[derive(Clone, Debug)]
pub(crate) enum NodeValue {
    /// `plain` scalars may be numbers, booleans and null; quoted and block ones are text.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) location: Location,
    pub(crate) value: Node,
}

impl Node {
    /// Whether the value is empty: `key:` or `key: null`.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.value, NodeValue::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The value as error messages name it: `a list`, `"abc"`.
    pub(crate) fn describe(&self) -> String {
        match &self.value {
            _ if self.is_null() => "nothing".to_owned(),
            NodeValue::Scalar { text, .. } => format!("\"{text}\""),
            NodeValue::List(_) => "a list".to_owned(),
            NodeValue::Map(_) => "a map".to_owned(),
        }
    }
}

/// The deepest nesting of a document. No configuration file is deeper.
const MAX_DEPTH: usize = 64;
/// The most values of a document: 150,000 keys. Aliases and anchors count as what they copy, because they could otherwise make a small file huge.
const MAX_NODES: usize = 300_000;

/// Parses one document. An empty one is null.
pub(crate) fn parse(text: &str, file: &str) -> Result<Node, Vec<ConfigError>> {
    let mut builder = Builder {
        parser: Parser::new_from_str(text),
        lines: Index::new(text),
        text,
        file,
        anchors: HashMap::new(),
        errors: Vec::new(),
        nodes: 0,
    };
    match builder.document() {
        Ok(node) if builder.errors.is_empty() => Ok(node),
        Ok(_) => Err(builder.errors),
        Err(error) => {
            builder.errors.push(error);
            Err(builder.errors)
        }
    }
}

/// Converts character positions to byte positions: the parser counts characters, locations count bytes.
struct Index {
    bytes: Vec<usize>,
}

impl Index {
    fn new(text: &str) -> Self {
        let mut bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        bytes.push(text.len());
        Self { bytes }
    }

    fn byte(&self, chars: usize) -> usize {
        self.bytes.get(chars).or(self.bytes.last()).copied().unwrap_or(0)
    }
}

struct Builder<'a> {
    parser: Parser<'a, StrInput<'a>>,
    lines: Index,
    text: &'a str,
    file: &'a str,
    anchors: HashMap<usize, Node>,
    errors: Vec<ConfigError>,
    nodes: usize,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), ConfigError> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let marker = error.marker();
                let offset = self.lines.byte(marker.index());
                let location =
                    Location { file: self.file.to_owned(), line: marker.line().max(1), column: marker.col() + 1, offset, len: 0 };
                let line = self.text.lines().nth(location.line - 1).unwrap_or("");
                let help = line.contains("${").then(|| "write quotes around \"${VAR}\" within { } and [ ]".to_owned());
                Err(ConfigError::new(location, format!("invalid YAML: {}", error.info())).with_help_if(help))
            }
            None => Err(ConfigError::new(Location::file(self.file), "invalid YAML: unexpected end of file")),
        }
    }

    fn location(&self, span: Span) -> Location {
        let offset = self.lines.byte(span.start.index());
        let end = self.lines.byte(span.end.index()).max(offset);
        Location { file: self.file.to_owned(), line: span.start.line().max(1), column: span.start.col() + 1, offset, len: end - offset }
    }

    fn document(&mut self) -> Result<Node, ConfigError> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
                event if root.is_none() => root = Some(self.node(event, span, 0)?),
                event => {
                    let second = self.node(event, span, 0)?;
                    self.errors.push(ConfigError::new(second.location, "unexpected second document, expected one in each file"));
                }
            }
        }
        Ok(root
            .unwrap_or_else(|| Node { value: NodeValue::Scalar { text: String::new(), plain: true }, location: Location::file(self.file) }))
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, ConfigError> {
        let location = self.location(span);
        self.add(1, depth, &location)?;
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                // `!!str` and `!` mark a scalar as text, whatever it looks like.
                let text_tag = tag
                    .is_some_and(|tag| (tag.is_yaml_core_schema() && tag.suffix == "str") || [&*tag.handle, &*tag.suffix].concat() == "!");
                let plain = style == ScalarStyle::Plain && !text_tag;
                (anchor, NodeValue::Scalar { text: text.into_owned(), plain })
            }
            Event::SequenceStart(anchor, _) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, span) => items.push(self.node(event, span, depth + 1)?),
                    }
                }
                (anchor, NodeValue::List(items))
            }
            Event::MappingStart(anchor, _) => (anchor, NodeValue::Map(self.map(depth)?)),
            Event::Alias(anchor) => {
                let Some(nodes) = self.anchors.get(&anchor).map(count) else {
                    return Err(ConfigError::new(location, "unknown alias: no anchor of this name is complete before it"));
                };
                self.add(nodes, depth, &location)?;
                return Ok(self.anchors[&anchor].clone());
            }
            _ => {
                return Err(ConfigError::new(location, "invalid YAML: missing value"));
            }
        };
        let node = Node { value, location };
        if anchor != 0 {
            self.add(count(&node), depth, &node.location)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    /// Counts values that were read or copied.
    fn add(&mut self, nodes: usize, depth: usize, location: &Location) -> Result<(), ConfigError> {
        self.nodes += nodes;
        if depth > MAX_DEPTH || self.nodes > MAX_NODES {
            return Err(ConfigError::new(location.clone(), "the file is too large or nested too deeply for a configuration file"));
        }
        Ok(())
    }

    fn map(&mut self, depth: usize) -> Result<Vec<Entry>, ConfigError> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut lines: HashMap<String, usize> = HashMap::new();
        let mut merged = Merged::default();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let key = self.node(event, span, depth + 1)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            let NodeValue::Scalar { text, plain } = key.value else {
                self.errors.push(ConfigError::new(key.location, "a key must be a single value"));
                continue;
            };
            if plain && text == "<<" {
                self.merge(&value, &mut merged);
            } else if let Some(line) = lines.get(&text) {
                let help = format!("remove one of them; the first is in line {line}");
                self.errors.push(ConfigError::new(key.location, format!("duplicate key \"{text}\"")).with_help(help));
            } else {
                lines.insert(text.clone(), key.location.line);
                entries.push(Entry { key: text, location: key.location, value });
            }
        }
        entries.extend(merged.entries.into_iter().filter(|entry| !lines.contains_key(&entry.key)));
        Ok(entries)
    }

    /// Merges the maps of `<<: *anchor`, or of a list of anchors. Of equal keys, the first counts.
    fn merge(&mut self, value: &Node, merged: &mut Merged) {
        match &value.value {
            NodeValue::Map(entries) => {
                for entry in entries {
                    if merged.keys.insert(entry.key.clone()) {
                        merged.entries.push(entry.clone());
                    }
                }
            }
            NodeValue::List(items) => items.iter().for_each(|item| self.merge(item, merged)),
            NodeValue::Scalar { .. } => {
                self.errors.push(ConfigError::new(value.location.clone(), "unexpected value of \"<<\", expected a map to merge"));
            }
        }
    }
}

/// What a map merges from others.
#[derive(Default)]
struct Merged {
    entries: Vec<Entry>,
    keys: HashSet<String>,
}

fn count(node: &Node) -> usize {
    1 + match &node.value {
        NodeValue::Scalar { .. } => 0,
        NodeValue::List(items) => items.iter().map(count).sum(),
        NodeValue::Map(entries) => entries.iter().map(|entry| count(&entry.value)).sum(),
    }
}

/// The error for a key that is not among `known`.
pub(crate) fn unknown_key(key: &str, location: &Location, within: &str, known: &[&str]) -> ConfigError {
    let help = did_you_mean(key, known.iter().copied()).unwrap_or_else(|| format!("use one of the keys: {}", known.join(", ")));
    unknown_key_with(key, location, within, help)
}

/// The error for an unknown key with this help.
pub(crate) fn unknown_key_with(key: &str, location: &Location, within: &str, help: impl Into<String>) -> ConfigError {
    let message = if within.is_empty() { format!("unknown key \"{key}\"") } else { format!("unknown key \"{key}\" in {within}") };
    ConfigError::new(location.clone(), message).with_help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(node: &Node) -> &[Entry] {
        match &node.value {
            NodeValue::Map(entries) => entries,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn keys_and_values_have_exact_locations() {
        let text = "# é\na: 1\nb:\n  cé: \"x y\"\n  d: [1, 2]\n";
        let root = parse(text, "f.yml").unwrap();
        let b = &map(&root)[1];
        assert_eq!((b.location.line, b.location.column), (3, 1));
        let inner = &map(&b.value)[0];
        assert_eq!((inner.location.line, inner.location.column), (4, 3));
        assert_eq!(&text[inner.location.offset..inner.location.offset + inner.location.len], "cé");
        let location = &inner.value.location;
        assert_eq!(&text[location.offset..location.offset + location.len], "\"x y\"");
    }

    #[test]
    fn yaml_errors_have_locations() {
        let errors = parse("a: 1\nb: [1, 2\nc: 3\n", "f.yml").unwrap_err();
        assert!(errors[0].to_string().contains("invalid YAML"), "{}", errors[0]);
        assert!(errors[0].location.line >= 2);
        assert!(parse("a: {b: ${C}}\n", "f.yml").unwrap_err()[0].to_string().contains("write quotes around \"${VAR}\""));
        let errors = parse("a: 1\na: 2\nb: 1\nb: 2\n", "f.yml").unwrap_err();
        assert_eq!(errors.len(), 2);
        assert_eq!(errors[0].to_string(), "f.yml:2:1: duplicate key \"a\" (remove one of them; the first is in line 1)");
        assert!(parse("a: 1\n---\nb: 2\n", "f.yml").unwrap_err()[0].message.contains("second document"));
        assert!(parse("[a]: 1\n", "f.yml").unwrap_err()[0].message.contains("a key must be"));
        assert!(parse("a: *x\n", "f.yml").is_err());
        assert!(parse("<<: 3\n", "f.yml").unwrap_err()[0].message.contains("expected a map to merge"));
        assert!(parse(&"[".repeat(200), "f.yml").is_err());
    }

    #[test]
    fn empty_documents_anchors_and_merges_are_read() {
        assert!(parse("", "f.yml").unwrap().is_null());
        assert!(parse("# only a comment\n", "f.yml").unwrap().is_null());
        let root = parse("base: &b {x: 1, y: 2}\nc:\n  <<: *b\n  y: 3\n", "f.yml").unwrap();
        let c = map(&map(&root)[1].value);
        let keys: Vec<_> = c.iter().map(|entry| (entry.key.as_str(), entry.value.describe())).collect();
        assert_eq!(keys, [("y", "\"3\"".to_owned()), ("x", "\"1\"".to_owned())]);
    }

    #[test]
    fn billion_laughs_document_is_refused_early() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..12 {
            let row = vec![format!("*a{}", i - 1); 10].join(", ");
            text.push_str(&format!("a{i}: &a{i} [{row}]\n"));
        }
        assert!(parse(&text, "f.yml").unwrap_err()[0].message.contains("too large"));
        // Each anchor holds a copy of what is within it.
        let anchors: String = (0..50).map(|n| format!("&a{n} [")).collect();
        let text = format!("{anchors}{}{}", "x, ".repeat(50_000), "]".repeat(50));
        assert!(parse(&text, "f.yml").unwrap_err()[0].message.contains("too large"));
    }

    #[test]
    fn keys_are_read_in_linear_time() {
        let keys: String = (0..100_000).map(|n| format!("  key{n}: 1\n")).collect();
        let root = parse(&format!("a: &a\n{keys}b:\n{keys}"), "f.yml").unwrap_err();
        assert!(root[0].message.contains("too large"), "{root:?}");
        assert_eq!(map(&map(&parse(&format!("a:\n{keys}"), "f.yml").unwrap())[0].value).len(), 100_000);
    }
}
