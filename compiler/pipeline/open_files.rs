//! Files that an editor has open and may not have saved.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ltc_config::ConfigError;

use super::files;

/// Texts of open files, by their absolute paths. Copies share the texts.
#[derive(Clone, Debug, Default)]
pub struct OpenFiles(Arc<HashMap<PathBuf, String>>);

impl OpenFiles {
    /// Creates a set of open files with their texts.
    pub fn new(files: HashMap<PathBuf, String>) -> Self {
        Self(Arc::new(files))
    }

    /// The text of an open file.
    pub fn get(&self, path: &Path) -> Option<&str> {
        if self.0.is_empty() { None } else { self.0.get(&files::normal(path)).map(String::as_str) }
    }

    /// A copy in which one file has another text.
    #[must_use]
    pub fn with(&self, path: &Path, text: String) -> Self {
        let mut changed = HashMap::clone(&self.0);
        changed.insert(files::normal(path), text);
        Self::new(changed)
    }

    /// Whether a file is open or exists on disk.
    pub(super) fn is_file(&self, path: &Path) -> bool {
        self.get(path).is_some() || path.is_file()
    }

    /// Reads the text of a spec.
    ///
    /// # Errors
    /// If it is not open and cannot be read.
    pub fn read_spec(&self, path: &Path) -> Result<String, String> {
        self.get(path).map_or_else(|| files::read_text(path), |text| Ok(text.to_owned()))
    }

    /// Reads the text of a configuration file.
    pub(super) fn read_config(&self, path: &Path) -> Result<String, ConfigError> {
        self.get(path).map_or_else(|| ltc_config::read(path), |text| Ok(text.to_owned()))
    }
}
