//! Importers: turn a tester's recording, API description, requests or scripts of another tool into a spec.
//!
//! ```text
//! file ─ recognize ─ HAR, curl, … ─ draft ─ write ─ spec, profile, environment, data
//! ```
//!
//! [`recognize`] finds the [`Kind`] of a [`Source`]. [`import`] calls that kind's importer, a function from the source to a
//! [`draft::Draft`]. [`write::files`] writes the draft. [`summary()`] lists what was imported and what was left out.
//!
//! An importer takes all names from [`names`], adds addresses and secrets with [`draft::Draft::env`], counts in [`draft::Tally`], and adds
//! a comment (`Stmt::Comment`) for each part that could not be imported. Every output has to pass `ltc check` without an error or a
//! warning.

pub mod code;
mod curl;
mod document;
pub mod draft;
mod error;
mod har;
#[cfg(test)]
mod hostile_tests;
mod hurl;
pub mod js;
mod k6;
mod kinds;
mod locust;
pub mod names;
mod nesting;
mod openapi;
mod patterns;
mod postman;
pub mod python;
mod script;
mod source;
mod summary;
mod web;
mod words;
pub mod write;

pub use error::ImportError;
pub use kinds::{Kind, recognize};
pub use source::Source;
pub use summary::summary;

use draft::Draft;

/// The options of an import.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The test's name; by default, the file's.
    pub name: Option<String>,
    /// The name of the environment that the profile selects; by default, `imported`, or a name from the file.
    pub env: Option<String>,
    /// Recordings: also import static files.
    pub static_files: bool,
    /// Recordings: also import requests to third parties.
    pub third_parties: bool,
}

/// The stack size of an import, in bytes.
const STACK_BYTES: usize = 256 * 1024 * 1024;

/// Imports a source.
///
/// # Errors
/// If the source is not of this kind, or contains nothing to import.
pub fn import(source: &Source, kind: Kind, options: &Options) -> Result<Draft, ImportError> {
    let importer = importer(kind).ok_or_else(|| {
        ImportError::new(&source.name, 1, 1, format!("cannot import {kind} files yet"))
            .help("convert the file to one of the kinds that `ltc import --help` lists")
    })?;
    let mut draft = with_stack(|| importer(source, options)).map_err(|error| match recognize(source) {
        Ok(other) if other != kind => {
            error.help(format!("leave out `--from`, or write `--from {}`: the file looks like {other}", other.word()))
        }
        _ => error,
    })?;
    draft.drop_invalid_headers(&source.name);
    if let Some(name) = &options.name {
        draft.name = names::file(name);
    } else if draft.name.is_empty() {
        let stem = source.name.rsplit(['/', '\\']).next().unwrap_or_default();
        draft.name = names::file(stem_of(stem));
    }
    if let (Some(name), Some(environment)) = (&options.env, draft.environments.first_mut()) {
        environment.name.clone_from(name);
    }
    Ok(draft)
}

/// Runs an importer on a stack that is large enough for deeply nested documents and scripts.
fn with_stack(run: impl FnOnce() -> Result<Draft, ImportError> + Send) -> Result<Draft, ImportError> {
    std::thread::scope(|scope| match std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, run) {
        Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        Err(error) => Err(ImportError::new("", 1, 1, format!("cannot start a thread: {error}"))),
    })
}

/// A file's name without its extensions: `shop.postman_collection.json` becomes `shop`, `v2.0.yaml` becomes `v2.0`.
fn stem_of(name: &str) -> &str {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let kinds = [".postman_collection", ".openapi", ".swagger"];
    kinds.iter().find_map(|ending| stem.strip_suffix(ending)).filter(|stem| !stem.is_empty()).unwrap_or(stem)
}

/// A function that imports one kind.
type Importer = fn(&Source, &Options) -> Result<Draft, ImportError>;

fn importer(kind: Kind) -> Option<Importer> {
    match kind {
        Kind::OpenApi => Some(openapi::import),
        Kind::Postman => Some(postman::import),
        Kind::Curl => Some(curl::import),
        Kind::Har => Some(har::import),
        Kind::Hurl => Some(hurl::import),
        Kind::K6 => Some(k6::import),
        Kind::Locust => Some(locust::import),
    }
}
