//! Finds the origin of a path parameter's value: a response of an operation that creates or lists the items that the parameter identifies.

use std::collections::HashMap;

use super::operation::Operation;
use super::refs::{At, Files};
use super::request::path_name;
use super::view::View;
use crate::draft::{Segment, Source};
use crate::words::{folded, singular};

/// The most parameters of a path whose origins are searched.
const PARAMETERS_MAX: usize = 64;

/// The least number of operations. In smaller documents, most paths begin alike.
const SHARED_MIN: usize = 20;

/// An operation whose response contains the value, and the source of the value.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) operation: usize,
    pub(super) source: Source,
}

/// A document's operations by their paths, and its links.
#[derive(Debug)]
pub(super) struct Chains<'a> {
    files: &'a Files,
    operations: &'a [Operation<'a>],
    by_path: HashMap<String, Vec<usize>>,
    /// The paths of the operations in their order.
    sorted: Vec<&'a str>,
    /// Links, by the operation and the normalized name of its parameter.
    links: HashMap<(usize, String), Origin>,
}

impl<'a> Chains<'a> {
    pub(super) fn of(files: &'a Files, operations: &'a [Operation<'a>]) -> Self {
        let mut by_path: HashMap<String, Vec<usize>> = HashMap::new();
        for (number, operation) in operations.iter().enumerate() {
            by_path.entry(normal(operation.path)).or_default().push(number);
        }
        let mut sorted: Vec<&str> = operations.iter().map(|operation| operation.path).collect();
        sorted.sort_unstable();
        let mut chains = Self { files, operations, by_path, sorted, links: HashMap::new() };
        chains.read_links();
        chains
    }

    /// The origin of the path parameter `number` of an operation: an operation that creates it, if that is one of `members`, or one that
    /// lists it.
    pub(super) fn origin(&self, operation: usize, number: usize, members: &[usize]) -> Option<Origin> {
        let path = self.operations[operation].path;
        if number >= PARAMETERS_MAX {
            return None;
        }
        let (before, inside) = hole(path, number)?;
        // A value that most paths contain, such as the tester's own account, does not come from a step.
        if self.operations.len() >= SHARED_MIN && self.begin_with(before) * 2 > self.operations.len() {
            return None;
        }
        let name = path_name(inside);
        if let Some(origin) = self.links.get(&(operation, folded(name))) {
            return Some(origin.clone());
        }
        let collection = normal(before);
        let owner = singular(collection.rsplit('/').find(|part| !part.is_empty() && *part != "{}").unwrap_or_default());
        let candidates = self.by_path.get(&collection)?;
        let find = |method: &str| {
            candidates.iter().filter(|at| self.operations[**at].method == method && **at != operation).find_map(|&at| {
                let source = self.value(at, name, &owner)?;
                Some(Origin { operation: at, source })
            })
        };
        let created = find("POST").or_else(|| find("PUT")).filter(|origin| members.contains(&origin.operation));
        created.or_else(|| find("GET"))
    }

    /// The number of operations whose paths begin with a text.
    fn begin_with(&self, start: &str) -> usize {
        let from = self.sorted.partition_point(|path| *path < start);
        self.sorted[from..].partition_point(|path| path.starts_with(start))
    }

    /// The source of the value of `name` in the successful response of an operation.
    fn value(&self, operation: usize, name: &str, owner: &str) -> Option<Source> {
        let responses = self.operations[operation].responses(self.files);
        let schema = responses.iter().find(|response| response.status.starts_with('2'))?.schema?;
        let view = View::of(self.files, schema)?;
        if let Some(items) = view.items {
            let key = key(&View::of(self.files, items)?, name, owner)?;
            return Some(any(&format!("$[*]{}", member(&key))));
        }
        if let Some(key) = key(&view, name, owner) {
            return Some(Source::json(&[Segment::Key(key)]));
        }
        // The value may be one level down: `{ data: { id } }`, `{ items: [{ id }] }`.
        view.properties.iter().find_map(|(&outer, &at)| {
            let inner = View::of(self.files, at)?;
            if let Some(items) = inner.items {
                let key = key(&View::of(self.files, items)?, name, owner)?;
                return Some(any(&format!("${}[*]{}", member(outer), member(&key))));
            }
            let wraps = ["data", "result", "item", "response"].contains(&outer) || folded(outer) == folded(owner);
            let key = key(&inner, name, owner).filter(|_| wraps)?;
            Some(Source::json(&[Segment::Key(outer.to_owned()), Segment::Key(key)]))
        })
    }

    fn read_links(&mut self) {
        let by_id: HashMap<&str, usize> = self.operations.iter().enumerate().filter_map(|(number, it)| Some((it.id?, number))).collect();
        for (number, operation) in self.operations.iter().enumerate() {
            for response in operation.responses(self.files).iter().filter(|response| response.status.starts_with('2')) {
                let Some(links) = response.at.get("links") else { continue };
                for link in links.node.entries().filter_map(|(_, link)| self.files.resolve(links.with(link))) {
                    let Some(target) = self.target(link, &by_id) else { continue };
                    for (name, value) in link.node.entries_of("parameters") {
                        let name = name.strip_prefix("path.").unwrap_or(name);
                        if let Some(source) = value.text().and_then(source).filter(|_| target != number) {
                            self.links.insert((target, folded(name)), Origin { operation: number, source });
                        }
                    }
                }
            }
        }
    }

    /// The operation of a link.
    fn target(&self, link: At<'a>, by_id: &HashMap<&str, usize>) -> Option<usize> {
        if let Some(id) = link.node.text_of("operationId") {
            return by_id.get(id).copied();
        }
        let at = self.files.target(link.file, link.node.text_of("operationRef")?)?;
        self.operations.iter().position(|operation| operation.at.is(at))
    }
}

/// A runtime expression of OpenAPI that reads a response.
fn source(expression: &str) -> Option<Source> {
    let expression = expression.trim_matches(['{', '}']);
    if let Some(name) = expression.strip_prefix("$response.header.") {
        return Some(Source::header(name));
    }
    let pointer = expression.strip_prefix("$response.body#/")?;
    let part = |part: &str| match part.parse() {
        Ok(index) => Segment::Index(index),
        Err(_) => Segment::Key(part.replace("~1", "/").replace("~0", "~")),
    };
    Some(Source::json(&pointer.split('/').map(part).collect::<Vec<_>>()))
}

fn any(path: &str) -> Source {
    Source { quantifier: Some("any"), ..Source::json_path(path) }
}

/// The notation of a member in a JSONPath.
fn member(key: &str) -> String {
    if crate::names::is_word(key) { format!(".{key}") } else { format!("['{}']", key.replace('\\', "\\\\").replace('\'', "\\'")) }
}

/// The property with the value of the parameter `name` of an `owner`: `petId`, `id`, or the end of `pet_name`.
fn key(view: &View<'_>, name: &str, owner: &str) -> Option<String> {
    let (name, owner) = (folded(name), folded(owner));
    let simple =
        |key: &str| view.properties.get(key).is_some_and(|at| !matches!(at.node.text_of("type"), Some("object" | "array" | "boolean")));
    let short = |key: &str| {
        name.strip_suffix(&folded(key)).is_some_and(|before| before.is_empty() || owner.starts_with(before) || before.ends_with(&owner))
    };
    let keys = view.properties.keys().filter(|key| simple(key));
    let exact = keys.clone().find(|key| folded(key) == name);
    let short = || keys.clone().find(|key| short(key));
    let id = || keys.clone().find(|key| ["id", "uuid"].contains(&folded(key).as_str())).filter(|_| name.ends_with("id") || name == owner);
    exact.or_else(short).or_else(id).map(|key| (*key).to_owned())
}

/// A path with `{}` for each parameter, without its file extension.
fn normal(path: &str) -> String {
    let path = path.split(['#', '?']).next().unwrap_or_default();
    let mut normal = String::new();
    let mut rest = path;
    while let Some((before, (_, after))) = rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?))) {
        normal.push_str(before);
        normal.push_str("{}");
        rest = after;
    }
    normal.push_str(rest);
    let normal = normal.trim_end_matches('/');
    normal.strip_suffix(".json").or_else(|| normal.strip_suffix(".xml")).unwrap_or(normal).to_owned()
}

/// The path before its parameter `number`, and the text within the braces.
pub(super) fn hole(path: &str, number: usize) -> Option<(&str, &str)> {
    let mut at = 0;
    for _ in 0..number {
        at += path[at..].find('}')? + 1;
    }
    let open = at + path[at..].find('{')?;
    let close = open + path[open..].find('}')?;
    Some((&path[..open], &path[open + 1..close]))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::operation::operations;
    use super::*;
    use crate::document;

    fn origin(document: &str, path: &str, number: usize) -> Option<(String, String)> {
        let files = Files::read(Path::new("a.yaml"), document::parse(document).unwrap());
        let operations = operations(&files);
        let at = operations.iter().position(|operation| operation.path == path).unwrap();
        let origin = Chains::of(&files, &operations).origin(at, number, &(0..operations.len()).collect::<Vec<_>>())?;
        let from = &operations[origin.operation];
        Some((format!("{} {}", from.method, from.path), origin.source.what))
    }

    const SHOP: &str = "
openapi: 3.0.0
paths:
  /pets:
    get: {responses: {200: {content: {application/json: {schema: {properties: {items: {type: array, items: {$ref: '#/p'}}}}}}}}}
    post: {responses: {201: {content: {application/json: {schema: {$ref: '#/p'}}}}}}
  /pets/{petId}: {get: {}}
  /owners: {get: {responses: {200: {content: {application/json: {schema: {type: array, items: {$ref: '#/p'}}}}}}}}
  /owners/{id}/pets/{pet}: {get: {}}
  /shops/{shop}: {get: {}}
p: {type: object, properties: {tags: {type: array}, id: {type: integer}}}
";

    #[test]
    fn parameter_comes_from_an_operation_that_creates_or_lists_its_collection() {
        let some = |from: &str, what: &str| Some((from.to_owned(), what.to_owned()));
        assert_eq!(origin(SHOP, "/pets/{petId}", 0), some("POST /pets", "json.id"));
        assert_eq!(origin(SHOP, "/owners/{id}/pets/{pet}", 0), some("GET /owners", "json \"$[*].id\""));
        assert_eq!(origin(SHOP, "/owners/{id}/pets/{pet}", 1), None);
        assert_eq!(origin(SHOP, "/shops/{shop}", 0), None);
    }

    #[test]
    fn link_defines_the_origin_of_a_parameter() {
        let document = "
openapi: 3.0.0
paths:
  /a: {post: {responses: {201: {links: {next: {operationId: b, parameters: {slug: '$response.body#/meta/slug'}}}}}}}
  /b/{slug}: {get: {operationId: b}}
";
        assert_eq!(origin(document, "/b/{slug}", 0), Some(("POST /a".to_owned(), "json.meta.slug".to_owned())));
    }
}
