//! Paths as `file:` URIs.

use std::path::{Path, PathBuf};

use url::Url;

use crate::pipeline;

/// The URI of an absolute path.
pub(super) fn of(path: &Path) -> String {
    Url::from_file_path(path).map_or_else(|()| format!("file://{}", path.display()), String::from)
}

/// The path of a URI; `None` if it is not one of a file.
pub(super) fn path(uri: &str) -> Option<PathBuf> {
    let path = Url::parse(uri).ok()?.to_file_path().ok()?;
    Some(pipeline::normal(&path))
}
