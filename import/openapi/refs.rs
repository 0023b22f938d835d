//! The files of an OpenAPI document, and the targets of each `$ref`.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use percent_encoding::percent_decode_str;

use crate::document::{self, Node, Value};

/// The longest chain of references. A longer one is a cycle.
const CHAIN_MAX: usize = 32;
/// The most files. A document that people write does not have more.
const FILES_MAX: usize = 2_000;

/// A value of one of the files.
#[derive(Clone, Copy, Debug)]
pub(super) struct At<'a> {
    pub(super) file: usize,
    pub(super) node: &'a Node,
}

impl<'a> At<'a> {
    /// A value of the same file.
    pub(super) fn with(self, node: &'a Node) -> Self {
        Self { file: self.file, node }
    }

    /// The member `key`.
    pub(super) fn get(self, key: &str) -> Option<Self> {
        self.node.get(key).map(|node| self.with(node))
    }

    /// Whether both are the same value.
    pub(super) fn is(self, other: At<'_>) -> bool {
        std::ptr::eq(self.node, other.node)
    }
}

/// A reference without a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unresolved {
    pub(super) file: usize,
    pub(super) line: usize,
    pub(super) why: String,
}

/// The document and all files that its references name.
#[derive(Debug)]
pub(super) struct Files {
    files: Vec<File>,
    by_path: HashMap<PathBuf, usize>,
    /// The references that could not be resolved.
    pub(super) unresolved: Vec<Unresolved>,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    root: Node,
}

impl Files {
    /// Reads the files that the document `root` of `path` refers to, and those that they refer to.
    pub(super) fn read(path: &Path, root: Node) -> Self {
        let path = normal(path);
        let mut files = Self { by_path: HashMap::from([(path.clone(), 0)]), files: vec![File { path, root }], unresolved: Vec::new() };
        let mut next = 0;
        while next < files.files.len() && files.files.len() < FILES_MAX {
            let mut names = Vec::new();
            references(&files.files[next].root, &mut names);
            for (name, line) in names {
                files.read_one(next, &name, line);
            }
            next += 1;
        }
        files
    }

    fn read_one(&mut self, from: usize, name: &str, line: usize) {
        if name.contains("://") {
            let why = format!("`{name}` is on another host and is not read");
            self.unresolved.push(Unresolved { file: from, line, why });
            return;
        }
        let path = beside(&self.files[from].path, name);
        if self.by_path.contains_key(&path) {
            return;
        }
        let read = std::fs::read_to_string(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => format!("cannot read `{name}`: file not found"),
            _ => format!("cannot read `{name}`: {error}"),
        });
        let parsed = read.and_then(|text| {
            document::parse(&text).map_err(|error| format!("cannot read `{name}`: {}:{}: {}", error.line, error.column, error.message))
        });
        match parsed {
            Ok(root) => {
                self.by_path.insert(path.clone(), self.files.len());
                self.files.push(File { path, root });
            }
            Err(why) => self.unresolved.push(Unresolved { file: from, line, why }),
        }
    }

    /// The document itself.
    pub(super) fn root(&self) -> At<'_> {
        At { file: 0, node: &self.files[0].root }
    }

    /// The path of a file.
    pub(super) fn path(&self, file: usize) -> &Path {
        &self.files[file].path
    }

    /// Follows references from `at`. Returns `None` if a reference has no target.
    pub(super) fn resolve<'a>(&'a self, at: At<'a>) -> Option<At<'a>> {
        let mut at = at;
        for _ in 0..CHAIN_MAX {
            match at.node.text_of("$ref") {
                Some(reference) => at = self.target(at.file, reference)?,
                None => return Some(at),
            }
        }
        None
    }

    /// The target of `reference` in the file `from`.
    pub(super) fn target(&self, from: usize, reference: &str) -> Option<At<'_>> {
        let (name, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let file = if name.is_empty() { from } else { *self.by_path.get(&beside(&self.files[from].path, name))? };
        let root = At { file, node: &self.files[file].root };
        let pointer = percent_decode_str(pointer).decode_utf8_lossy();
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return anchor(root.node, &pointer).map(|node| root.with(node));
        }
        pointer.split('/').skip(1).try_fold(root, |at, key| {
            let key = key.replace("~1", "/").replace("~0", "~");
            // A pointer may contain a reference on its way.
            let at = if at.node.get(&key).is_none() && at.node.text_of("$ref").is_some() { self.resolve(at)? } else { at };
            match &at.node.value {
                // `file.yaml#/` is the whole file, unless it has a member with an empty name.
                _ if key.is_empty() && at.is(root) && at.get("").is_none() => Some(at),
                Value::List(items) => items.get(key.parse::<usize>().ok()?).map(|node| at.with(node)),
                _ => at.get(&key),
            }
        })
    }
}

/// The schema whose `$anchor` is `name`.
fn anchor<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    if node.text_of("$anchor") == Some(name) || node.text_of("$id") == Some(name) {
        return Some(node);
    }
    match &node.value {
        Value::Map(entries) => entries.values().find_map(|node| anchor(node, name)),
        Value::List(items) => items.iter().find_map(|node| anchor(node, name)),
        _ => None,
    }
}

/// Collects the other files that `node` refers to, with the lines.
fn references(node: &Node, found: &mut Vec<(String, usize)>) {
    match &node.value {
        Value::Map(entries) => {
            for (key, value) in entries {
                match value.text() {
                    Some(reference) if key == "$ref" => {
                        let name = reference.split('#').next().unwrap_or_default();
                        if !name.is_empty() {
                            found.push((name.to_owned(), value.line));
                        }
                    }
                    _ => references(value, found),
                }
            }
        }
        Value::List(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// The path of `name`, which is relative to the file `from`.
fn beside(from: &Path, name: &str) -> PathBuf {
    let name = percent_decode_str(name.strip_prefix("file://").unwrap_or(name)).decode_utf8_lossy();
    normal(&from.parent().unwrap_or(Path::new("")).join(&*name))
}

/// The path without `.` and `..`, as far as they can be removed.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(normal.components().next_back(), Some(Component::Normal(_))) => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_lead_over_files_and_through_other_references() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("parts")).unwrap();
        std::fs::write(dir.path().join("parts/pet.yaml"), "Pet: {$ref: '../root.yaml#/components/a~1b'}\n").unwrap();
        let text = "components: {a/b: {type: string}, c: {$ref: 'parts/pet.yaml#/Pet'}, d: {$ref: '#/components/c/type'}}\n";
        let path = dir.path().join("root.yaml");
        std::fs::write(&path, text).unwrap();
        let files = Files::read(&path, document::parse(text).unwrap());
        assert!(files.unresolved.is_empty(), "{:?}", files.unresolved);
        let components = files.root().get("components").unwrap();
        let target = files.resolve(components.get("c").unwrap()).unwrap();
        assert_eq!((target.file, target.node.text_of("type")), (0, Some("string")));
        assert_eq!(files.resolve(components.get("d").unwrap()).unwrap().node.text(), Some("string"));
    }

    #[test]
    fn cyclic_missing_and_remote_references_are_unresolved() {
        let text = "a: {$ref: '#/b'}\nb: {$ref: '#/a'}\nc: {$ref: 'none.yaml#/x'}\nd: {$ref: 'https://example.com/x.yaml'}\n";
        let files = Files::read(Path::new("root.yaml"), document::parse(text).unwrap());
        for key in ["a", "b", "c", "d"] {
            assert!(files.resolve(files.root().get(key).unwrap()).is_none(), "{key}");
        }
        assert_eq!(files.unresolved.iter().map(|it| it.line).collect::<Vec<_>>(), [3, 4]);
    }
}
