//! The declarations of a spec and its imports, and where each name is used.

use std::collections::{HashMap, HashSet};

use crate::ast::{self, Item};
use crate::span::{FileId, Name, Span};

/// A declaration.
#[derive(Clone, Debug)]
pub(super) struct Declaration {
    pub(super) name: String,
    pub(super) kind: DeclarationKind,
    /// The location of its name.
    pub(super) span: Span,
    /// The whole declaration.
    pub(super) whole: Span,
    /// The declaration that contains it: an api, a resource or a sequence.
    pub(super) container: Option<usize>,
    /// The data source whose rows it holds.
    pub(super) rows_of: Option<usize>,
}

/// The kinds of declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeclarationKind {
    Api,
    Resource,
    Request,
    Data,
    Variable,
    Keep,
    Parameter,
    Sequence,
    Tasks,
    User,
    /// A step or a group, which has a name but no uses.
    Step,
}

/// What a name refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Referent {
    Declaration(usize),
    /// The path of a key of the environment.
    Env(String),
    /// A column of a data source.
    Column(usize, String),
    Function(String),
    Import(FileId),
}

/// Declarations and references of a spec and its imports.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) declarations: Vec<Declaration>,
    /// Uses of names, declarations included.
    pub(super) references: Vec<(Span, Referent)>,
    /// The declarations that are visible only within a span.
    pub(super) locals: Vec<(Span, usize)>,
    /// Declarations by name that are visible everywhere.
    pub(super) globals: HashMap<String, usize>,
    /// Requests and resources, by their dotted path.
    pub(super) requests: HashMap<String, usize>,
    /// Names that are also the key of a map: `{ id }`.
    pub(super) short_keys: HashSet<Span>,
    /// Declarations by the span of their name.
    by_span: HashMap<Span, usize>,
    /// Labels of arguments, each with the declaration that is called.
    pub(super) labels: Vec<(Name, usize)>,
}

impl Index {
    /// Builds the index of the files in the order of their ids, the spec first.
    pub(super) fn new(files: &[(&ast::File, &[Option<FileId>])]) -> Self {
        let mut index = Self::default();
        for (file, _) in files {
            file.items.iter().for_each(|item| index.declare_item(item));
        }
        let mut walker = super::walk::Walker::new(index);
        for (file, _) in files {
            walker.share_before_test(file);
        }
        for (file, imports) in files {
            walker.file(file, imports);
        }
        let mut index = walker.index;
        let mut parameters: HashMap<(usize, &str), usize> = HashMap::new();
        for (id, declaration) in index.declarations.iter().enumerate().filter(|(_, it)| it.kind == DeclarationKind::Parameter) {
            if let Some(callee) = declaration.container {
                parameters.entry((callee, &declaration.name)).or_insert(id);
            }
        }
        for (label, callee) in &index.labels {
            if let Some(id) = parameters.get(&(*callee, label.node.as_str())) {
                index.references.push((label.span, Referent::Declaration(*id)));
            }
        }
        index.labels.clear();
        index
    }

    /// The declaration whose name is at a span.
    pub(super) fn declared_at(&self, span: Span) -> Option<usize> {
        self.by_span.get(&span).copied()
    }

    /// Adds a declaration; its name is also a reference to it.
    pub(super) fn declare(&mut self, name: &Name, kind: DeclarationKind, whole: Span, container: Option<usize>) -> usize {
        let id = self.declarations.len();
        self.declarations.push(Declaration { name: name.node.clone(), kind, span: name.span, whole, container, rows_of: None });
        self.references.push((name.span, Referent::Declaration(id)));
        self.by_span.insert(name.span, id);
        id
    }

    fn declare_item(&mut self, item: &Item) {
        use DeclarationKind as Kind;
        let (name, kind, whole) = match item {
            Item::Api(api) => {
                let id = self.declare(&api.name, Kind::Api, api.span, None);
                self.globals.entry(api.name.node.clone()).or_insert(id);
                self.declare_members(&api.members, id, &api.name.node);
                return;
            }
            Item::Data(data) => (&data.name, Kind::Data, data.span),
            Item::Let(variable) => (&variable.name, Kind::Variable, variable.span),
            Item::Keep(variable) => (&variable.name, Kind::Keep, variable.span),
            Item::Sequence(sequence) => (&sequence.name, Kind::Sequence, sequence.span),
            Item::Tasks(tasks) => (&tasks.name, Kind::Tasks, tasks.span),
            Item::User(user) => (&user.name, Kind::User, user.span),
            Item::Import(_) | Item::BeforeTest(_) | Item::BeforeTestEvery(..) | Item::AfterTest(_) | Item::Broken(_) => return,
        };
        let id = self.declare(name, kind, whole, None);
        self.globals.entry(name.node.clone()).or_insert(id);
    }

    fn declare_members(&mut self, members: &[ast::ApiMember], container: usize, path: &str) {
        for member in members {
            match member {
                ast::ApiMember::Request(request) => {
                    let id = self.declare(&request.name, DeclarationKind::Request, request.span, Some(container));
                    self.requests.entry(format!("{path}.{}", request.name.node)).or_insert(id);
                }
                ast::ApiMember::Resource(resource) => {
                    let id = self.declare(&resource.name, DeclarationKind::Resource, resource.span, Some(container));
                    let path = format!("{path}.{}", resource.name.node);
                    self.declare_members(&resource.members, id, &path);
                    self.requests.entry(path).or_insert(id);
                }
                _ => {}
            }
        }
    }

    /// The name at a byte of a file.
    pub(super) fn at(&self, file: FileId, at: usize) -> Option<&(Span, Referent)> {
        let touches = |span: &Span| span.file == file && span.range().start <= at && at <= span.range().end;
        self.references.iter().filter(|(span, _)| touches(span)).min_by_key(|(span, _)| span.end - span.start)
    }

    /// The declarations that are visible at a byte of a file.
    pub(super) fn visible(&self, file: FileId, at: usize) -> Vec<usize> {
        let around = |span: &Span| span.file == file && (span.range().start..=span.range().end).contains(&at);
        let mut ids: Vec<usize> = self.locals.iter().filter(|(span, _)| around(span)).map(|(_, id)| *id).collect();
        ids.extend(self.globals.values().copied());
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The data source whose rows a name holds.
    pub(super) fn rows(&self, file: FileId, at: usize, name: &str) -> Option<usize> {
        let visible = self.visible(file, at);
        let mut named = visible.iter().rev().map(|id| &self.declarations[*id]).filter(|declaration| declaration.name == name);
        named.find_map(|declaration| declaration.rows_of)
    }
}
