//! Renames across specs, environments and data files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::analysis::Analysis;
use super::index::{DeclarationKind, Referent};
use super::navigate::{Place, key_before, outside, places};
use super::text::Lines;
use super::uri;
use super::workspace::Workspace;
use crate::parse;
use crate::span::FileId;

/// The range and the name that a rename at this byte would change.
///
/// # Errors
/// If the name there cannot be renamed.
pub(super) fn prepare(analysis: &Analysis, file: FileId, at: usize) -> Result<Value, String> {
    let (span, referent) = analysis.index.at(file, at).ok_or("there is no name here")?;
    refuse(analysis, referent)?;
    let lines = analysis.lines(file);
    Ok(json!({ "range": lines.range(span.range()), "placeholder": analysis.written(*span) }))
}

fn refuse(analysis: &Analysis, referent: &Referent) -> Result<(), String> {
    match referent {
        Referent::Function(name) => Err(format!("`{name}` is a function of the language")),
        Referent::Import(_) => Err("rename the file itself".to_owned()),
        Referent::Env(_) if !analysis.has_environment() => {
            Err("the keys of the environment are not known: name it with `env` in the profile".to_owned())
        }
        Referent::Env(path) if analysis.env_key(path).is_none() => Err(format!("the environment has no key `{path}`")),
        Referent::Declaration(id) if analysis.declaration(*id).kind == DeclarationKind::Step => {
            Err("a step's name is a string: reports and thresholds may name it, too".to_owned())
        }
        _ => Ok(()),
    }
}

/// The edits of a rename.
///
/// # Errors
/// If the name cannot be renamed, or the new name is not allowed.
pub(super) fn rename(workspace: &Workspace, analysis: &Analysis, file: FileId, at: usize, new: &str) -> Result<Value, String> {
    let (_, referent) = analysis.index.at(file, at).ok_or("there is no name here")?;
    refuse(analysis, referent)?;
    is_name(analysis, referent, new)?;
    let mut places = places(workspace, analysis, &analysis.path(file), referent);
    match referent {
        Referent::Env(path) => places.extend(keys_of_all_environments(analysis, path)),
        _ => places.extend(outside(analysis, referent)),
    }
    let mut edits: BTreeMap<PathBuf, Vec<Place>> = BTreeMap::new();
    for place in places {
        edits.entry(place.path.clone()).or_default().push(place);
    }
    let mut changes = serde_json::Map::new();
    for (path, places) in edits {
        let text = analysis.read(&path).ok_or_else(|| format!("cannot read {}", path.display()))?;
        let lines = Lines::new(&text);
        let edit = |place: &Place| {
            let old = &text[place.start..place.end];
            let text = if place.is_short_key { format!("{old}: {new}") } else { new.to_owned() };
            json!({ "range": lines.range(place.start..place.end), "newText": text })
        };
        changes.insert(uri::of(&path), places.iter().map(edit).collect());
    }
    Ok(json!({ "changes": changes }))
}

/// Checks that a name may be renamed to `new`.
fn is_name(analysis: &Analysis, referent: &Referent, new: &str) -> Result<(), String> {
    let starts = new.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_');
    if !starts || !new.chars().all(|char| char.is_ascii_alphanumeric() || char == '_') {
        return Err(format!("unexpected name `{new}`, expected letters, digits and `_`"));
    }
    let Referent::Declaration(id) = referent else { return Ok(()) };
    let declaration = analysis.declaration(*id);
    let is_member = matches!(declaration.kind, DeclarationKind::Request | DeclarationKind::Resource);
    if !is_member && parse::is_reserved(new) {
        return Err(format!("`{new}` is a word of the language"));
    }
    let is_taken = if is_member {
        let of_container = |other: &super::index::Declaration| other.container == declaration.container && other.name == new;
        analysis.index.declarations.iter().any(of_container)
    } else {
        let visible = analysis.index.visible(declaration.span.file, declaration.span.range().start);
        visible.iter().any(|id| analysis.declaration(*id).name == new)
    };
    if is_taken && declaration.name != new { Err(format!("`{new}` is already declared")) } else { Ok(()) }
}

/// The locations of a key in all environments of the project, which have the same keys.
fn keys_of_all_environments(analysis: &Analysis, path: &str) -> Vec<Place> {
    let Ok(entries) = std::fs::read_dir(analysis.target.root.join("config")) else { return Vec::new() };
    let key = path.rsplit('.').next().unwrap_or(path);
    let mut found = Vec::new();
    for file in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let is_common = file.file_name().is_some_and(|name| name == "common.yml");
        if !is_common && ltc_config::environment::name_of(&file).is_none() {
            continue;
        }
        let Some(text) = analysis.read(&file) else { continue };
        let source = ltc_config::environment::Source { text: &text, file: "" };
        let Ok(environment) = ltc_config::Environment::parse("", source, None) else { continue };
        if let Some(start) = environment.get(path).and_then(|value| key_before(&text, value.location.offset, key)) {
            found.push(Place { path: file, start, end: start + key.len(), is_short_key: false });
        }
    }
    found
}
