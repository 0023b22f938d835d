//! Code actions: the fix of each diagnostic, and refactorings. Every one is tried before it is offered.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::analysis::Analysis;
use super::text::Lines;
use super::workspace::Workspace;
use super::{diagnose, fixes, refactor, uri};
use crate::diagnostic::Diagnostic;
use crate::pipeline;
use crate::span::FileId;

/// Changes of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) path: PathBuf,
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

/// A change that a user may select.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) title: String,
    pub(super) edits: Vec<Edit>,
}

/// The most diagnostics of a range that get fixes. Each fix is tried on a copy of the text, so thousands would take minutes.
const FIXED_MAX: usize = 10;

/// The code actions for a range of a file.
pub(super) fn actions(workspace: &Workspace, analysis: &Analysis, file: FileId, range: &Value) -> Value {
    let lines = analysis.lines(file);
    let range = lines.bytes(range);
    let mut actions = Vec::new();
    let is_here = |diagnostic: &&Diagnostic| {
        let span = diagnostic.labels.first().map(|(span, _)| (span.file, span.range()));
        span.is_some_and(|(of, at)| of == file && at.start <= range.end && range.start <= at.end)
    };
    for diagnostic in analysis.checked.diagnostics.iter().filter(is_here).take(FIXED_MAX) {
        let fixes = quick_fixes(analysis, diagnostic);
        for change in &fixes {
            let mut action = action(analysis, change, "quickfix");
            action["diagnostics"] = json!([diagnose::of_spec(analysis, diagnostic)]);
            action["isPreferred"] = json!(fixes.len() == 1);
            actions.push(action);
        }
    }
    let before = errors(analysis, None);
    for (kind, change) in refactor::candidates(workspace, analysis, file, &range) {
        if try_change(analysis, &change).is_some_and(|after| errors(&after, None).1 <= before.1) {
            actions.push(action(analysis, &change, kind));
        }
    }
    Value::Array(actions)
}

/// The changes that fix a diagnostic: the one that it has as data, or else those that its help names. Each is tried on a copy of the text,
/// and offered only if the diagnostic is gone and the text parses no worse. A change that is derived from a help must also make the number
/// of errors smaller; one that is data may reveal an error behind the one that it fixes.
pub(super) fn quick_fixes(analysis: &Analysis, diagnostic: &Diagnostic) -> Vec<Change> {
    let before = errors(analysis, Some(diagnostic.code));
    let unparsed = unparsed(analysis);
    let is_gone = |after: &Analysis| errors(after, Some(diagnostic.code)).0 < before.0;
    let is_fix = |change: &Change| try_change(analysis, change).is_some_and(|after| is_gone(&after) && self::unparsed(&after) <= unparsed);
    if let Some(change) = fixes::exact(analysis, diagnostic).filter(is_fix) {
        return vec![change];
    }
    let helps = |change: &Change| {
        let after = try_change(analysis, change).filter(is_gone);
        after.is_some_and(|after| errors(&after, None).1 < before.1 + usize::from(!diagnostic.is_error()))
    };
    let mut found: Vec<Change> =
        fixes::candidates(analysis, diagnostic).into_iter().filter_map(|fix| fix.into_iter().find(helps)).collect();
    found.dedup_by(|one, other| one.edits == other.edits);
    found
}

/// The number of errors in text that does not parse.
fn unparsed(analysis: &Analysis) -> usize {
    analysis.checked.diagnostics.iter().filter(|found| found.code.as_str() < "LT0100").count()
}

fn action(analysis: &Analysis, change: &Change, kind: &str) -> Value {
    let mut changes: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for edit in &change.edits {
        let text = analysis.read(&edit.path).unwrap_or_default();
        let range = Lines::new(&text).range(edit.range.clone());
        changes.entry(uri::of(&edit.path)).or_default().push(json!({ "range": range, "newText": edit.text }));
    }
    json!({ "title": change.title, "kind": kind, "edit": { "changes": changes } })
}

/// The number of diagnostics with a code, and the number of errors.
fn errors(analysis: &Analysis, code: Option<crate::diagnostic::Code>) -> (usize, usize) {
    let diagnostics = &analysis.checked.diagnostics;
    let same = diagnostics.iter().filter(|found| Some(found.code) == code).count();
    (same, diagnostics.iter().filter(|found| found.is_error()).count() + analysis.checked.config.len())
}

/// Checks the spec with a change applied.
fn try_change(analysis: &Analysis, change: &Change) -> Option<Analysis> {
    let mut target = analysis.target.clone();
    let mut files: BTreeMap<&PathBuf, Vec<&Edit>> = BTreeMap::new();
    for edit in &change.edits {
        files.entry(&edit.path).or_default().push(edit);
    }
    for (path, mut edits) in files {
        let mut text = analysis.read(path)?;
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.range.start));
        for edit in edits {
            text.get(edit.range.clone())?;
            text.replace_range(edit.range.clone(), &edit.text);
        }
        target.open = target.open.with(&pipeline::normal(path), text);
    }
    Analysis::new(target)
}
