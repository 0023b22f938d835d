//! A schema after its references are followed and its `allOf` is merged, for JSON Schema as used in OpenAPI 3.1, and for the dialects of
//! 3.0 and Swagger 2.

use indexmap::IndexMap;

use super::refs::{At, Files};
use crate::document::{Node, Value};

/// The deepest nesting of schemas that are merged.
const DEPTH_MAX: usize = 16;

/// The constraints of a schema.
#[derive(Clone, Debug, Default)]
pub(super) struct View<'a> {
    /// The types of the value, without `null`; empty if every type is allowed.
    pub(super) types: Vec<&'a str>,
    pub(super) nullable: bool,
    pub(super) properties: IndexMap<&'a str, At<'a>>,
    pub(super) required: Vec<&'a str>,
    pub(super) items: Option<At<'a>>,
    /// The alternatives of `oneOf` or `anyOf`.
    pub(super) alternatives: Vec<At<'a>>,
    pub(super) choices: &'a [Node],
    pub(super) constant: Option<&'a Node>,
    pub(super) example: Option<&'a Node>,
    pub(super) default: Option<&'a Node>,
    pub(super) format: Option<&'a str>,
    pub(super) pattern: Option<&'a str>,
    pub(super) minimum: Option<f64>,
    pub(super) maximum: Option<f64>,
    /// Whether `minimum` itself is excluded.
    pub(super) above_minimum: bool,
    pub(super) length_min: usize,
    pub(super) length_max: Option<usize>,
    pub(super) items_min: usize,
    pub(super) read_only: bool,
    pub(super) write_only: bool,
    /// The property that distinguishes the alternatives, and its value for this schema.
    pub(super) discriminator: Option<&'a Node>,
}

impl<'a> View<'a> {
    /// The view of the schema `at`; `None` if its reference has no target.
    pub(super) fn of(files: &'a Files, at: At<'a>) -> Option<Self> {
        let mut view = Self::default();
        view.merge(files, files.resolve(at)?, 0);
        Some(view)
    }

    /// The type of the value, as far as it can be known.
    pub(super) fn kind(&self) -> &'a str {
        match self.types.first() {
            Some(kind) => kind,
            None if !self.properties.is_empty() || !self.required.is_empty() => "object",
            None if self.items.is_some() => "array",
            None if self.pattern.is_some() || self.length_max.is_some() => "string",
            None => match self.choices.first().or(self.constant).or(self.example).or(self.default).map(|node| &node.value) {
                Some(Value::Text(_)) => "string",
                Some(Value::Number(_)) => "number",
                Some(Value::Bool(_)) => "boolean",
                Some(Value::List(_)) => "array",
                Some(Value::Map(_)) => "object",
                _ => "",
            },
        }
    }

    fn merge(&mut self, files: &'a Files, at: At<'a>, depth: usize) {
        let node = at.node;
        match node.get("type").map(|kind| &kind.value) {
            Some(Value::Text(kind)) => self.add_type(kind),
            Some(Value::List(kinds)) => kinds.iter().filter_map(Node::text).for_each(|kind| self.add_type(kind)),
            _ => {}
        }
        self.nullable |= node.flag("nullable") || node.flag("x-nullable");
        self.read_only |= node.flag("readOnly");
        self.write_only |= node.flag("writeOnly");
        for (name, property) in node.entries_of("properties") {
            self.properties.insert(name, at.with(property));
        }
        for name in node.items_of("required").iter().filter_map(Node::text) {
            if !self.required.contains(&name) {
                self.required.push(name);
            }
        }
        self.items = at.get("items").or(self.items);
        self.choices = node.get("enum").map_or(self.choices, Node::items);
        self.constant = node.get("const").or(self.constant);
        let first = || node.items_of("examples").first();
        self.example = node.get("example").or_else(|| node.get("x-example")).or_else(first).or(self.example);
        self.default = node.get("default").or(self.default);
        self.format = node.text_of("format").or(self.format);
        self.pattern = node.text_of("pattern").or(self.pattern);
        self.minimum = number(node, "minimum").or_else(|| number(node, "exclusiveMinimum")).or(self.minimum);
        self.maximum = number(node, "maximum").or_else(|| number(node, "exclusiveMaximum").map(|n| n - 1.0)).or(self.maximum);
        self.above_minimum |= node.get("exclusiveMinimum").is_some_and(|it| it.value != Value::Bool(false));
        self.length_min = number(node, "minLength").map_or(self.length_min, |n| n as usize);
        self.length_max = number(node, "maxLength").map(|n| n as usize).or(self.length_max);
        self.items_min = number(node, "minItems").map_or(self.items_min, |n| n as usize);
        self.discriminator = node.get("discriminator").or(self.discriminator);
        if depth >= DEPTH_MAX {
            return;
        }
        for part in node.items_of("allOf").iter().filter_map(|part| files.resolve(at.with(part))) {
            self.merge(files, part, depth + 1);
        }
        for alternative in node.items_of("oneOf").iter().chain(node.items_of("anyOf")) {
            match files.resolve(at.with(alternative)) {
                Some(it) if it.node.text_of("type") == Some("null") => self.nullable = true,
                // An alternative that only lists required properties adds no structure.
                Some(it) if it.node.entries().all(|(key, _)| matches!(key, "required" | "not" | "title" | "description")) => {}
                Some(it) => self.alternatives.push(it),
                None => {}
            }
        }
        if let [only] = self.alternatives[..]
            && self.types.is_empty()
            && self.properties.is_empty()
        {
            self.alternatives.clear();
            self.merge(files, only, depth + 1);
        }
    }

    fn add_type(&mut self, kind: &'a str) {
        if kind == "null" {
            self.nullable = true;
        } else if !self.types.contains(&kind) {
            self.types.push(kind);
        }
    }
}

fn number(node: &Node, key: &str) -> Option<f64> {
    match &node.get(key)?.value {
        Value::Number(text) => text.parse().ok(),
        _ => None,
    }
}
