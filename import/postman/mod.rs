//! Postman collections, formats 2.0 and 2.1: an api with their requests, and a sequence for each folder.
//!
//! ```text
//! collection ─ collection ─ url, body, auth ─ request ─┐
//!              (one form)   script (js) ───────────────┴─ plan ─ draft
//! ```
//!
//! Postman sends the requests one after the other, and scripts set variables in between. The user of the draft does the same: it runs all
//! sequences in the order of the collection.

mod auth;
mod body;
mod builder;
mod collection;
mod common;
mod dynamic;
mod environments;
mod events;
mod plan;
mod request;
mod script;
#[cfg(test)]
mod tests;
mod time;
mod url;
mod variables;

use indexmap::IndexMap;

use crate::document::{self, Node};
use crate::draft::Draft;
use crate::{ImportError, Options, Source, words};
use builder::Builder;
use collection::{Item, Kind};
use script::Script;
use variables::Variables;

/// Imports a collection.
///
/// # Errors
/// If it is not JSON, not a collection of a known format, or contains no request.
pub(crate) fn import(source: &Source, _options: &Options) -> Result<Draft, ImportError> {
    let root = document::parse(&source.text).map_err(|error| {
        ImportError::new(&source.name, error.line, error.column, format!("invalid collection: {}", words::lower_first(&error.message)))
            .help("export the collection again: Export, Collection v2.1")
    })?;
    let root = root.get("collection").unwrap_or(&root);
    let wrong = |line: usize, message: &str, help: &str| Err(ImportError::new(&source.name, line, 1, message).help(help));
    if root.get("item").is_none() {
        return match () {
            () if root.get("values").is_some() => wrong(
                root.line,
                "unexpected environment, expected a collection",
                "import the collection; ltc reads the environments beside it",
            ),
            () if root.get("requests").is_some() => wrong(
                root.line,
                "unexpected collection of format 1, expected 2.0 or 2.1",
                "export the collection again: Export, Collection v2.1",
            ),
            () => wrong(root.line, "missing `item`: this is no Postman collection", "name the file that Postman exported"),
        };
    }
    let items = collection::items(root);
    if count(&items) == 0 {
        return wrong(root.line, "the collection has no request", "name a collection with requests");
    }
    let title = root.get("info").and_then(|info| info.text_of("name")).unwrap_or_default();
    let file = source.name.rsplit(['/', '\\']).next().unwrap_or_default();
    let section = crate::names::Names::new().variable(&words::api(title, file), "api");
    let exports = if source.name == "stdin" { Vec::new() } else { environments::beside(&source.folder) };
    let mut defined = environments::values(root, "variable");
    // If there are several environments, the profile selects the first.
    for export in exports.iter().rev() {
        let known = export.values.keys().any(|key| source.text.contains(&format!("{{{{{key}}}}}")));
        defined.extend(export.values.iter().filter(|_| known).map(|(key, value)| (key.clone(), value.clone())));
    }
    let mut variables = Variables::new(&section, defined);
    declare(root, &items, &section, &mut variables);
    Ok(Builder::new(source, root, title, section, variables).run(&items, &exports))
}

/// The number of requests, including broken ones.
fn count(items: &[Item<'_>]) -> usize {
    items.iter().map(|item| if let Kind::Folder(items) = &item.kind { count(items) } else { 1 }).sum()
}

/// Finds the variables that scripts set. All others come from the environment.
fn declare(root: &Node, items: &[Item<'_>], section: &str, variables: &mut Variables) {
    let mut trial = Variables::new(section, IndexMap::new());
    // A script may read variables that another one sets, so the names are gathered twice.
    for _ in 0..2 {
        scripts(root, "", &mut trial);
        all_scripts(items, &mut trial);
    }
    trial.declared().for_each(|(key, is_text)| variables.declare(key, is_text));
}

fn all_scripts(items: &[Item<'_>], variables: &mut Variables) {
    for item in items {
        scripts(item.node, &item.name, variables);
        if let Kind::Folder(items) = &item.kind {
            all_scripts(items, variables);
        }
    }
}

fn scripts(node: &Node, name: &str, variables: &mut Variables) {
    for event in ["prerequest", "test"] {
        Script::of(node, event).run(variables, name);
    }
}
