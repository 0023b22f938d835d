//! An analysis of a spec and its imports: the result of checking, and where each name is used.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use ltc_config::Environment;
use ltc_config::environment::EnvValue;
use serde_json::{Value, json};

use super::index::{Declaration, Index};
use super::text::{LineTable, Lines};
use super::uri;
use crate::parse;
use crate::pipeline::{self, Checked, Target};
use crate::span::{FileId, Span};
use crate::token::Token;

/// A checked spec.
#[derive(Debug)]
pub(super) struct Analysis {
    pub(super) target: Target,
    pub(super) checked: Checked,
    pub(super) index: Index,
    pub(super) environment: Option<Environment>,
    /// The lines of the files, by their ids; each is computed on first use.
    lines: Vec<OnceCell<Rc<LineTable>>>,
    /// The tokens of the files, as `lines`: an editor asks for colors and folds after each change.
    tokens: Vec<OnceCell<Vec<Token>>>,
}

impl Analysis {
    /// Checks a spec; `None` if it cannot be read.
    pub(super) fn new(target: Target) -> Option<Self> {
        let checked = pipeline::check(&target).ok()?;
        let files: Vec<_> = checked.trees.iter().map(|(tree, imports)| (tree, imports.as_slice())).collect();
        let index = Index::new(&files);
        let environment = pipeline::environment(&target);
        let lines = checked.sources.files().map(|_| OnceCell::new()).collect();
        let tokens = checked.sources.files().map(|_| OnceCell::new()).collect();
        Some(Self { target, checked, index, environment, lines, tokens })
    }

    /// The file of a path.
    pub(super) fn file(&self, path: &Path) -> Option<FileId> {
        self.checked.sources.files().map(|(id, _)| id).find(|id| self.path(*id) == path)
    }

    /// The absolute path of a file.
    pub(super) fn path(&self, file: FileId) -> PathBuf {
        let shown = self.checked.sources.file(file).map_or("", |file| &file.path);
        self.target.root.join(shown)
    }

    pub(super) fn text(&self, file: FileId) -> &str {
        self.checked.sources.file(file).map_or("", |file| &file.text)
    }

    /// The text of any file of the project, as the editor has it.
    pub(super) fn read(&self, path: &Path) -> Option<String> {
        self.target.open.read_spec(path).ok()
    }

    pub(super) fn written(&self, span: Span) -> &str {
        self.checked.sources.text(span)
    }

    pub(super) fn declaration(&self, id: usize) -> &Declaration {
        &self.index.declarations[id]
    }

    /// The lines of a file.
    pub(super) fn lines(&self, file: FileId) -> Lines<'_> {
        let text = self.text(file);
        match self.lines.get(usize::from(file.0)) {
            Some(table) => Lines::of(text, Rc::clone(table.get_or_init(|| Rc::new(LineTable::new(text))))),
            None => Lines::new(text),
        }
    }

    /// The tokens of a file.
    pub(super) fn tokens(&self, file: FileId) -> &[Token] {
        let known = self.tokens.get(usize::from(file.0));
        known.map_or(&[], |tokens| tokens.get_or_init(|| parse::tokens_of_any(self.text(file))))
    }

    /// A span as the protocol's location.
    pub(super) fn location(&self, span: Span) -> Value {
        let lines = self.lines(span.file);
        json!({ "uri": uri::of(&self.path(span.file)), "range": lines.range(span.range()) })
    }

    /// A key of the environment: its value, and the file that contains it.
    pub(super) fn env_key(&self, path: &str) -> Option<(&EnvValue, PathBuf)> {
        let value = self.environment.as_ref()?.get(path)?;
        Some((value, self.target.root.join(&value.location.file)))
    }

    /// Whether the spec is checked with an environment.
    pub(super) fn has_environment(&self) -> bool {
        self.environment.is_some()
    }

    /// The file of a data source.
    pub(super) fn data_file(&self, id: usize) -> Option<PathBuf> {
        let declaration = self.declaration(id);
        let (tree, _) = self.checked.trees.get(usize::from(declaration.span.file.0))?;
        let written = tree.items.iter().find_map(|item| match item {
            crate::ast::Item::Data(data) if data.name.span == declaration.span => Some(data.path.node.clone()),
            _ => None,
        })?;
        let folder = self.path(declaration.span.file).parent()?.to_path_buf();
        pipeline::resolve(&self.target.root, &folder, &written).ok()
    }

    /// The columns of a data source: those of the first line of a CSV file, or the keys of the first object of a JSON file.
    pub(super) fn columns(&self, id: usize) -> Vec<String> {
        let Some(text) = self.data_file(id).and_then(|path| self.read(&path)) else { return Vec::new() };
        if let Ok(Value::Array(rows)) = serde_json::from_str(&text) {
            return rows.first().and_then(Value::as_object).map(|row| row.keys().cloned().collect()).unwrap_or_default();
        }
        let mut reader = csv::ReaderBuilder::new().has_headers(true).from_reader(text.as_bytes());
        reader.headers().map(|headers| headers.iter().map(str::to_owned).collect()).unwrap_or_default()
    }

    /// The type of the variable that is declared or assigned at a span.
    pub(super) fn type_at(&self, span: Span) -> Option<&'static str> {
        let (_, ty) = self.checked.types.iter().rev().find(|(at, _)| *at == span)?;
        Some(crate::check::types::word(ty))
    }
}
