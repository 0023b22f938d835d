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
        let (mut minimum, mut maximum, mut example) = ([None; 2], [None; 2], [None; 3]);
        // One pass over the members: large documents have thousands of schemas, and each has few of these keys.
        for (key, member) in node.entries().filter(|(_, member)| member.value != Value::Null) {
            match key {
                "type" => match &member.value {
                    Value::Text(kind) => self.add_type(kind),
                    Value::List(kinds) => kinds.iter().filter_map(Node::text).for_each(|kind| self.add_type(kind)),
                    _ => {}
                },
                "nullable" | "x-nullable" => self.nullable |= member.is_true(),
                "readOnly" => self.read_only |= member.is_true(),
                "writeOnly" => self.write_only |= member.is_true(),
                "properties" => self.properties.extend(member.entries().map(|(name, property)| (name, at.with(property)))),
                "required" => {
                    for name in member.items().iter().filter_map(Node::text) {
                        if !self.required.contains(&name) {
                            self.required.push(name);
                        }
                    }
                }
                "items" => self.items = Some(at.with(member)),
                "enum" => self.choices = member.items(),
                "const" => self.constant = Some(member),
                "example" => example[0] = Some(member),
                "x-example" => example[1] = Some(member),
                "examples" => example[2] = member.items().first(),
                "default" => self.default = Some(member),
                "format" => self.format = member.text().or(self.format),
                "pattern" => self.pattern = member.text().or(self.pattern),
                "minimum" => minimum[0] = number(member),
                "exclusiveMinimum" => {
                    minimum[1] = number(member);
                    self.above_minimum |= member.value != Value::Bool(false);
                }
                "maximum" => maximum[0] = number(member),
                "exclusiveMaximum" => maximum[1] = number(member).map(|n| n - 1.0),
                "minLength" => self.length_min = number(member).map_or(self.length_min, |n| n as usize),
                "maxLength" => self.length_max = number(member).map(|n| n as usize).or(self.length_max),
                "minItems" => self.items_min = number(member).map_or(self.items_min, |n| n as usize),
                "discriminator" => self.discriminator = Some(member),
                _ => {}
            }
        }
        self.example = example.into_iter().flatten().next().or(self.example);
        self.minimum = minimum.into_iter().flatten().next().or(self.minimum);
        self.maximum = maximum.into_iter().flatten().next().or(self.maximum);
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

fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Number(text) => text.parse().ok(),
        _ => None,
    }
}
