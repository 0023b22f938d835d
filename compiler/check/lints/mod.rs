//! Warnings about unused declarations and literal secrets. They cover only the spec itself, because an imported file has other users.

pub(crate) mod secrets;
pub(super) mod unquoted_keys;

use std::collections::{HashMap, HashSet};

use crate::ast::Item;
use crate::check::Checker;
use crate::check::scope::{Global, VarKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Const, Expr, ExprKind};
use crate::span::{FileId, Span};

impl<'a> Checker<'a> {
    /// Warns of unused declarations.
    pub(super) fn lint_unused(&mut self) {
        if self.broken || self.incomplete() {
            return;
        }
        let mut found: Vec<(Code, Span, String, &str)> = Vec::new();
        for (name, decl) in &self.values {
            let (code, what) = match decl.what {
                Global::Data(_) => (Code::UnusedData, "data source"),
                Global::Keep(_) | Global::Let(_) | Global::Shared(_) => (Code::UnusedVariable, "variable"),
                Global::Api(_) => (Code::UnusedApi, "api"),
            };
            if !decl.used {
                found.push((code, decl.span, format!("unused {what} `{name}`"), "use it, or remove it"));
            }
        }
        for (name, decl) in &self.runs {
            if !decl.used {
                let help = "run it from a user, a sequence or `tasks`, or remove it";
                found.push((Code::UnusedSequence, decl.span, format!("unused sequence `{name}`"), help));
            }
        }
        for request in &self.requests {
            if !request.used {
                found.push((
                    Code::UnusedRequest,
                    request.span,
                    format!("unused request `{}`", request.name),
                    "use it in a step, or remove it",
                ));
            }
        }
        let apis = found.iter().filter(|(code, ..)| *code == Code::UnusedApi);
        let unused_apis: Vec<Span> = apis.map(|(_, span, ..)| *span).collect();
        let spans: Vec<Span> = self.apis.iter().filter(|api| unused_apis.contains(&api.ast.name.span)).map(|api| api.ast.span).collect();
        let in_unused_api = |span: Span| spans.iter().any(|api| api.file == span.file && api.range().contains(&(span.start as usize)));
        for (code, span, message, help) in found {
            let reported = code == Code::UnusedRequest && in_unused_api(span);
            if span.file == FileId(0) && !reported {
                self.error(code, span, message, help);
            }
        }
        self.unused_imports();
    }

    /// Drops warnings that follow from errors: a declaration may be unused only because its use is misspelled.
    pub(super) fn drop_follow_ups(&mut self) {
        let follow_ups: &[(&[Code], &[Code])] = &[
            (&[Code::UnknownRequest], &[Code::UnusedRequest, Code::UnusedApi]),
            (&[Code::UnknownName, Code::WrongName], &[Code::UnusedVariable, Code::UnusedParameter, Code::UnusedData]),
            (&[Code::UnknownSequence, Code::NothingRuns, Code::Recursion], &[Code::UnusedSequence]),
        ];
        for (errors, warnings) in follow_ups {
            if self.diagnostics.iter().any(|d| errors.contains(&d.code)) {
                self.diagnostics.retain(|d| !warnings.contains(&d.code));
            }
        }
    }

    fn unused_imports(&mut self) {
        let input = self.input;
        let Some(spec) = input.files.first() else {
            return;
        };
        let imports = spec.ast.items.iter().filter_map(|item| match item {
            Item::Import(import) => Some(import),
            _ => None,
        });
        let mut used: HashMap<FileId, bool> = HashMap::new();
        for (import, target) in imports.zip(&spec.imports) {
            let Some(target) = *target else {
                continue;
            };
            if !*used.entry(target).or_insert_with(|| self.reaches_used_names(target)) {
                self.error(Code::UnusedImport, import.span, format!("unused import `{}`", import.path.node), "remove the import");
            }
        }
    }

    /// Whether the spec uses a name of a file, or of one that this file imports, directly or not.
    fn reaches_used_names(&self, file: FileId) -> bool {
        let (mut reached, mut open) = (HashSet::from([file]), vec![file]);
        while let Some(file) = open.pop() {
            if self.crossings.contains(&(FileId(0), file)) {
                return true;
            }
            let imports = self.input.files.get(usize::from(file.0)).map_or(&[][..], |file| &file.imports);
            open.extend(imports.iter().flatten().filter(|import| reached.insert(**import)));
        }
        false
    }

    /// Whether a part did not parse. The names that it uses are unknown.
    pub(super) fn incomplete(&self) -> bool {
        self.input.files.iter().any(|file| file.ast.incomplete)
    }

    /// Warns of unused variables of a function.
    pub(super) fn unused_locals(&mut self) {
        if self.func.broken || self.incomplete() {
            return;
        }
        let unused: Vec<(&str, Span)> = self
            .func
            .vars
            .iter()
            .filter(|var| matches!(var.kind, VarKind::Let | VarKind::Take) && !var.used)
            .filter(|var| !crate::check::scope::RESERVED.contains(&var.name))
            .map(|var| (var.name, var.span))
            .collect();
        for (name, span) in unused {
            let d = Diagnostic::new(Code::UnusedVariable, span, format!("unused variable `{name}`"))
                .help(format!("use it, remove it, or rename it to `_{name}`"));
            self.report(d);
        }
    }

    /// Warns of a literal secret, and records the keys of the environment that are used as one.
    pub(super) fn lint_secret(&mut self, key: &str, value: &Expr) {
        match &value.kind {
            ExprKind::Env(id) if secrets::names_secret(key) => self.program.env[id.0].is_credential = true,
            ExprKind::Const(Const::Str(text)) if secrets::names_secret(key) && secrets::may_be_secret(text) => self.error(
                Code::LiteralSecret,
                value.span,
                "this looks like a secret, and would be readable in the binary",
                "move it to the environment: write `env.some.key` here and `${VARIABLE}` there",
            ),
            _ => {}
        }
    }

    /// Warns of literal secrets in an object.
    pub(super) fn lint_secrets(&mut self, object: &Expr) {
        if let ExprKind::Object(members) = &object.kind {
            for (key, value) in members {
                self.lint_secret(key, value);
                self.lint_secrets(value);
            }
        }
    }
}
