//! Diagnostics, each in its own file: specs, profiles, environments.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use ltc_config::ConfigError;
use serde_json::{Value, json};

use super::analysis::Analysis;
use super::text::Lines;
use super::workspace::{Workspace, is_spec};
use crate::ast::Item;
use crate::diagnostic::{Code, Diagnostic};
use crate::span::FileId;

/// The address of the pages of codes.
const PAGES: &str = "https://github.com/ltc-rs/ltc/blob/main/docs/errors";

/// The diagnostics of all open files and of the files that they are checked with.
pub(super) fn all(workspace: &Workspace) -> BTreeMap<PathBuf, Vec<Value>> {
    let mut found: BTreeMap<PathBuf, Vec<Value>> = BTreeMap::new();
    let mut entries: Vec<PathBuf> = Vec::new();
    for path in workspace.buffers.keys() {
        found.insert(path.clone(), Vec::new());
        if is_spec(path) {
            entries.extend(workspace.entries(path));
        } else {
            // A profile, an environment or a data file belongs to all specs of the project.
            entries.extend(workspace.all_entries(path));
        }
    }
    entries.sort_unstable();
    entries.dedup();
    let mut known: HashSet<(PathBuf, String)> = HashSet::new();
    for analysis in entries.iter().filter_map(|entry| workspace.analysis(entry)) {
        for (path, diagnostic) in of(&analysis) {
            // Several specs may import the same file.
            let of_file = found.entry(path.clone()).or_default();
            if known.insert((path, diagnostic.to_string())) {
                of_file.push(diagnostic);
            }
        }
    }
    found
}

/// Whether to drop a diagnostic because the spec has no users and is only imported.
fn is_about_users(analysis: &Analysis, code: Code) -> bool {
    let has_users = analysis.checked.trees.iter().any(|(tree, _)| tree.items.iter().any(|item| matches!(item, Item::User(_))));
    let is_unused = ("LT0901"..="LT0907").contains(&code.as_str());
    !has_users && (code == Code::NothingRuns || is_unused) && is_library(analysis)
}

/// Whether a spec has a name that other specs may import.
fn is_library(analysis: &Analysis) -> bool {
    analysis.checked.trees.first().is_some_and(|(tree, _)| {
        tree.items.iter().any(|item| matches!(item, Item::Api(_) | Item::Sequence(_) | Item::Data(_) | Item::Tasks(_)))
    })
}

fn of(analysis: &Analysis) -> Vec<(PathBuf, Value)> {
    let shown = analysis.checked.diagnostics.iter().filter(|found| !is_about_users(analysis, found.code));
    let mut found: Vec<(PathBuf, Value)> = shown
        .filter_map(|diagnostic| {
            let (span, _) = diagnostic.labels.first()?;
            Some((analysis.path(span.file), of_spec(analysis, diagnostic)))
        })
        .collect();
    let config = [(1, &analysis.checked.config), (2, &analysis.checked.config_warnings)];
    let mut texts: HashMap<&str, (PathBuf, String)> = HashMap::new();
    for (severity, errors) in config {
        for error in errors {
            let (path, text) = texts.entry(&error.location.file).or_insert_with(|| {
                let path = analysis.target.root.join(&error.location.file);
                let text = analysis.read(&path).unwrap_or_default();
                (path, text)
            });
            found.push((path.clone(), of_config(text, error, severity)));
        }
    }
    found
}

fn message(message: &str, help: Option<&str>) -> String {
    help.map_or_else(|| message.to_owned(), |help| format!("{message}\nhelp: {help}"))
}

/// A diagnostic of a spec.
pub(super) fn of_spec(analysis: &Analysis, diagnostic: &Diagnostic) -> Value {
    let code = diagnostic.code.as_str();
    let location = diagnostic.labels.first().map(|(span, _)| analysis.location(*span)).unwrap_or_default();
    let mut shown = json!({
        "range": location["range"],
        "severity": if diagnostic.is_error() { 1 } else { 2 },
        "code": code,
        "codeDescription": { "href": format!("{PAGES}/{code}.md") },
        "source": "ltc",
        "message": message(&diagnostic.message, diagnostic.help.as_deref()),
    });
    if ("LT0901"..="LT0908").contains(&code) {
        shown["tags"] = json!([1]);
    }
    let related: Vec<Value> =
        diagnostic.labels.iter().skip(1).map(|(span, label)| json!({ "location": analysis.location(*span), "message": label })).collect();
    if !related.is_empty() {
        shown["relatedInformation"] = Value::Array(related);
    }
    shown
}

/// An error of a profile, an environment or the registry, in that file.
fn of_config(text: &str, error: &ConfigError, severity: u8) -> Value {
    let start = error.location.offset.min(text.len());
    let end = (start + error.location.len).min(text.len());
    let range = Lines::new(text).range(start..end);
    let message = message(&error.message, error.help.as_deref());
    json!({ "range": range, "severity": severity, "source": "ltc", "message": message })
}

/// The result of a check as a sentence, and whether there are errors.
pub(super) fn summary(analysis: &Analysis) -> (bool, String) {
    let errors = analysis.checked.diagnostics.iter().filter(|found| found.is_error()).count() + analysis.checked.config.len();
    let spec = analysis.checked.sources.file(FileId(0)).map_or("", |file| &file.path);
    let against =
        analysis.environment.as_ref().map_or_else(String::new, |environment| format!(" against the environment {}", environment.name));
    match errors {
        0 => (false, format!("{spec}: no errors{against}")),
        1 => (true, format!("{spec}: 1 error{against}")),
        errors => (true, format!("{spec}: {errors} errors{against}")),
    }
}
