//! Converts YAML to the tree of a document, and resolves anchors, aliases and merge keys.

use std::collections::HashMap;

use indexmap::IndexMap;
use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::{DEPTH_MAX, Malformed, Node, Value};

/// The most nodes of a document. Without a limit, aliases could make a small file huge.
const NODES_MAX: usize = 2_000_000;

/// How many lines of one document are moved at most: each needs another attempt to read it.
const MOVED_MAX: usize = 500;

/// Reads the first document of `text`. YAML wants the lines of `{…}` and `[…]` indented more than what contains them. Many documents end such
/// a bracket below its key, and most readers accept that, so such lines are moved to the right.
pub(super) fn parse(text: &str) -> Result<Node, Malformed> {
    let mut lines: Option<Vec<String>> = None;
    let mut result = document(text);
    for _ in 0..MOVED_MAX {
        let Err(error) = &result else { break };
        if !matches!(error.message.as_str(), "invalid indentation" | "invalid indentation in flow construct") {
            break;
        }
        let lines = lines.get_or_insert_with(|| text.split('\n').map(str::to_owned).collect());
        let Some(line) = lines.get_mut(error.line - 1) else { break };
        line.insert_str(0, &" ".repeat(error.column));
        result = document(&lines.join("\n"));
    }
    result
}

fn document(text: &str) -> Result<Node, Malformed> {
    let mut builder = Builder { parser: Parser::new_from_str(text), anchors: HashMap::new(), nodes: 0 };
    loop {
        let (event, span) = builder.next()?;
        match event {
            Event::StreamEnd => return Ok(Node { line: 1, value: Value::Null }),
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            event => {
                let root = builder.node(event, span, 0)?;
                // The rest must be well-formed, too, because an error may end the first document early.
                while builder.next()?.0 != Event::StreamEnd {}
                return Ok(root);
            }
        }
    }
}

struct Builder<'a> {
    parser: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
}

fn malformed(span: Span, message: impl Into<String>) -> Malformed {
    Malformed { line: span.start.line().max(1), column: span.start.col() + 1, message: message.into() }
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Malformed> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let marker = error.marker();
                Err(Malformed { line: marker.line().max(1), column: marker.col() + 1, message: error.info().to_owned() })
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Malformed> {
        self.nodes += 1;
        if depth > DEPTH_MAX {
            return Err(malformed(span, format!("unexpected nesting, expected at most {DEPTH_MAX} levels")));
        }
        let before = self.nodes;
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                let value = if style == ScalarStyle::Plain && !is_text { plain(&text) } else { Value::Text(text.into_owned()) };
                (anchor, value)
            }
            Event::SequenceStart(anchor, _) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, span) => items.push(self.node(event, span, depth + 1)?),
                    }
                }
                (anchor, Value::List(items))
            }
            Event::MappingStart(anchor, _) => (anchor, Value::Map(self.map(depth)?)),
            Event::Alias(anchor) => {
                let Some((target, size)) = self.anchors.get(&anchor) else {
                    return Err(malformed(span, "unknown alias, expected one whose anchor is complete before it"));
                };
                self.nodes += size;
                if self.nodes > NODES_MAX {
                    return Err(malformed(span, "unexpected number of values: aliases repeat too many of them"));
                }
                return Ok(target.clone());
            }
            _ => return Err(malformed(span, "missing value")),
        };
        let node = Node { line: span.start.line().max(1), value };
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), self.nodes - before + 1));
        }
        Ok(node)
    }

    fn map(&mut self, depth: usize) -> Result<IndexMap<String, Node>, Malformed> {
        let mut entries = IndexMap::new();
        let mut merged: Vec<Node> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let key = self.key(event, span)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            match value.value {
                Value::List(items) if key == "<<" => merged.extend(items),
                Value::Map(_) if key == "<<" => merged.push(value),
                _ => {
                    entries.insert(key, value);
                }
            }
        }
        for (key, value) in merged.into_iter().filter_map(|node| if let Value::Map(map) = node.value { Some(map) } else { None }).flatten()
        {
            entries.entry(key).or_insert(value);
        }
        Ok(entries)
    }

    /// A key, as the text that was written: `200` and `"200"` are the same response.
    fn key(&mut self, event: Event<'a>, span: Span) -> Result<String, Malformed> {
        match event {
            Event::Scalar(text, ..) => Ok(text.into_owned()),
            Event::Alias(anchor) => self
                .anchors
                .get(&anchor)
                .and_then(|(node, _)| node.scalar())
                .ok_or_else(|| malformed(span, "unexpected key, expected a text")),
            _ => Err(malformed(span, "unexpected key, expected a text")),
        }
    }
}

/// A scalar without quotes, read by the core schema.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_number(text) => Value::Number(text.strip_prefix('+').unwrap_or(text).to_owned()),
        _ => Value::Text(text.to_owned()),
    }
}

/// Whether a text is a decimal number of JSON. Other notations of YAML (`0x1F`, `.5`, `012`) remain texts.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && digits.as_bytes()[1].is_ascii_digit();
    digits.starts_with(|c: char| c.is_ascii_digit())
        && !leading_zero
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && text.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_aliases_and_merge_keys_are_resolved() {
        let root = parse("base: &b {x: 1, y: 2}\nc:\n  <<: *b\n  y: 3\nd: *b\n").unwrap();
        let keys: Vec<_> = root.get("c").unwrap().entries().map(|(key, node)| (key, node.scalar().unwrap())).collect();
        assert_eq!(keys, [("y", "3".to_owned()), ("x", "1".to_owned())]);
        assert_eq!(root.get("d").unwrap().get("y").unwrap().value, Value::Number("2".to_owned()));
    }

    #[test]
    fn brackets_may_end_below_their_key() {
        let root = parse("a:\n  b: {\n    x: 1,\n  }\n  c: [\n1, 2,\n]\n  d: |\n    {\n    }\n").unwrap().get("a").unwrap().clone();
        assert_eq!(root.get("b").unwrap().get("x").unwrap().value, Value::Number("1".to_owned()));
        assert_eq!(root.get("c").unwrap().items().len(), 2);
        assert_eq!((root.get("d").unwrap().line, root.get("d").unwrap().value.clone()), (9, Value::Text("{\n}\n".to_owned())));
        assert_eq!(parse("a: {\n b: [}\n").unwrap_err().line, 2);
    }

    #[test]
    fn versions_dates_and_octal_numbers_stay_texts() {
        for text in ["1.2.3", "2024-01-02", "012", "0x1F", "1_000", "NaN", "1e999"] {
            assert_eq!(plain(text), Value::Text(text.to_owned()));
        }
        assert_eq!(plain("-1.5e3"), Value::Number("-1.5e3".to_owned()));
    }

    #[test]
    fn aliases_that_repeat_each_other_end_with_an_error() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..12 {
            let row = vec![format!("*a{}", i - 1); 10].join(", ");
            text.push_str(&format!("a{i}: &a{i} [{row}]\n"));
        }
        assert!(parse(&text).unwrap_err().message.contains("aliases"));
    }
}
