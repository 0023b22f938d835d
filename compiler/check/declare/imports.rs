//! Imports: the order in which files are declared, and import cycles.

use std::collections::HashMap;

use crate::ast::Item;
use crate::check::Checker;
use crate::diagnostic::{Code, Diagnostic};
use crate::span::{FileId, Span};

impl Checker<'_> {
    /// The files, each after those that it imports; the spec is last. Reports cycles and duplicate imports.
    pub(in crate::check) fn import_order(&mut self) -> Vec<FileId> {
        let mut order = Vec::new();
        let mut path = Vec::new();
        self.import(FileId(0), &mut path, &mut order);
        order
    }

    fn import(&mut self, file: FileId, path: &mut Vec<FileId>, order: &mut Vec<FileId>) {
        let input = self.input;
        let Some(source) = input.files.get(usize::from(file.0)) else {
            return;
        };
        path.push(file);
        let items = source.ast.items.iter().filter_map(|item| match item {
            Item::Import(import) => Some(import),
            _ => None,
        });
        let mut seen: HashMap<FileId, Span> = HashMap::new();
        for (import, target) in items.zip(&source.imports) {
            let Some(target) = *target else {
                self.broken = true;
                continue;
            };
            if let Some(first) = seen.get(&target) {
                let d = Diagnostic::new(Code::BadImport, import.span, format!("duplicate import `{}`", import.path.node))
                    .also(*first, "first one here")
                    .help("remove one of them");
                self.report(d);
                continue;
            }
            seen.insert(target, import.span);
            if let Some(start) = path.iter().position(|on| *on == target) {
                let names: Vec<&str> = path[start..]
                    .iter()
                    .chain([&target])
                    .filter_map(|id| input.files.get(usize::from(id.0)))
                    .map(|file| file.path.as_str())
                    .collect();
                let d = Diagnostic::new(Code::BadImport, import.span, "circular import")
                    .help(format!("move what they share into a file of its own ({})", names.join(" → ")));
                self.report(d);
            } else if !order.contains(&target) {
                self.import(target, path, order);
            }
        }
        path.pop();
        order.push(file);
    }
}
