//! A JSON or YAML document as a tree. Every value has its line, so that messages can name the location of a part that is not imported.
//!
//! Numbers keep their digits. YAML scalars are read by the rules of the core schema of YAML 1.2, which OpenAPI prescribes.

use indexmap::IndexMap;
use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

mod yaml;

/// A value and its line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) value: Value,
}

/// The kinds of value in a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Value {
    #[default]
    Null,
    Bool(bool),
    /// The number as written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(IndexMap<String, Node>),
}

/// The location and the reason of an error in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) message: String,
}

/// The deepest nesting of a document. People do not write deeper ones.
const DEPTH_MAX: usize = 200;

/// Reads JSON (comments and trailing commas are accepted) or YAML. A document that begins with `{` or `[` is JSON if it parses as such.
///
/// # Errors
/// If it is neither; the location is that of the first error.
pub(crate) fn parse(text: &str) -> Result<Node, Malformed> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !text.trim_start().starts_with(['{', '[']) {
        return yaml::parse(text);
    }
    match json(text) {
        Ok(node) => Ok(node),
        // A YAML document may be a single flow map. If it is neither, the error of the JSON reader is the better one.
        Err(error) => yaml::parse(text).map_err(|_| error),
    }
}

fn json(text: &str) -> Result<Node, Malformed> {
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        ..ParseOptions::default()
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).map_err(|error| Malformed {
        line: error.line_display(),
        column: error.column_display(),
        message: error.kind().to_string(),
    })?;
    let lines = Lines::new(text);
    match parsed.value {
        Some(value) => lines.node(value, 0),
        None => Ok(Node { line: 1, value: Value::Null }),
    }
}

/// The offsets at which lines begin.
struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    fn new(text: &str) -> Self {
        let starts = std::iter::once(0).chain(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1)).collect();
        Self { starts }
    }

    fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    fn node(&self, value: ast::Value<'_>, depth: usize) -> Result<Node, Malformed> {
        let line = self.line(value.range().start);
        if depth > DEPTH_MAX {
            return Err(Malformed { line, column: 1, message: format!("unexpected nesting, expected at most {DEPTH_MAX} levels") });
        }
        let value = match value {
            ast::Value::NullKeyword(_) => Value::Null,
            ast::Value::BooleanLit(it) => Value::Bool(it.value),
            ast::Value::NumberLit(it) => Value::Number(it.value.to_owned()),
            ast::Value::StringLit(it) => Value::Text(it.value.into_owned()),
            ast::Value::Array(it) => Value::List(it.elements.into_iter().map(|item| self.node(item, depth + 1)).collect::<Result<_, _>>()?),
            ast::Value::Object(it) => Value::Map(
                it.properties
                    .into_iter()
                    .map(|property| Ok((property.name.into_string(), self.node(property.value, depth + 1)?)))
                    .collect::<Result<_, _>>()?,
            ),
        };
        Ok(Node { line, value })
    }
}

impl Node {
    /// The member `key` of a map, unless it is null.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries.get(key).filter(|node| node.value != Value::Null),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of the member `key`.
    pub(crate) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// A text, a number or a boolean as a text.
    pub(crate) fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// Whether it is `true`.
    pub(crate) fn is_true(&self) -> bool {
        self.value == Value::Bool(true)
    }

    /// Whether the member `key` is `true`.
    pub(crate) fn flag(&self, key: &str) -> bool {
        self.get(key).is_some_and(Node::is_true)
    }

    /// The items of a list; empty for any other value.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The items of the member `key`.
    pub(crate) fn items_of(&self, key: &str) -> &[Node] {
        self.get(key).map_or(&[], Node::items)
    }

    /// The entries of a map; empty for any other value.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &Node)> {
        let entries = match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        };
        entries.into_iter().flatten().map(|(key, node)| (key.as_str(), node))
    }

    /// The entries of the member `key`.
    pub(crate) fn entries_of(&self, key: &str) -> impl Iterator<Item = (&str, &Node)> {
        self.get(key).into_iter().flat_map(Node::entries)
    }

    /// Whether it is a map.
    pub(crate) fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_yaml_give_the_same_tree_and_lines() {
        let json = parse("{\n \"a\": [1.50, true, null],\n \"b\": {\"c\": \"\\ud83d\\ude00\"}\n}").unwrap();
        let yaml = parse("\na: [1.50, true, null]\nb: {c: \"😀\"}\n").unwrap();
        assert_eq!(json.get("a").unwrap(), yaml.get("a").unwrap());
        assert_eq!(json.get("b").unwrap().get("c").unwrap(), yaml.get("b").unwrap().get("c").unwrap());
        assert_eq!((json.get("a").unwrap().line, json.get("b").unwrap().get("c").unwrap().line), (2, 3));
        assert_eq!(json.get("a").unwrap().items()[0].value, Value::Number("1.50".to_owned()));
    }

    #[test]
    fn a_byte_order_mark_comments_and_trailing_commas_are_accepted() {
        assert!(parse("\u{feff}{ // why\n \"a\": 1,\n}").unwrap().get("a").is_some());
    }

    #[test]
    fn yaml_document_in_flow_style_is_read() {
        assert_eq!(parse("{a: b}").unwrap().text_of("a"), Some("b"));
    }

    #[test]
    fn a_malformed_document_has_its_location() {
        let error = parse("{\n  \"a\": 1\n  \"b\": 2\n}").unwrap_err();
        assert_eq!((error.line, error.message.as_str()), (2, "Expected comma"));
        assert_eq!(parse("a: 1\n b: [\n").unwrap_err().line, 2);
    }
}
