//! Files next to a script.

use std::fs;

use super::Run;
use super::value::Value;

/// The largest file that is copied, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

impl Run<'_> {
    /// `open("file.json")`
    pub(super) fn open(&mut self, path: &Value) -> Value {
        match path.literal() {
            _ if matches!(path, Value::File(_)) => path.clone(),
            Some(path) => Value::File(path.as_str().into()),
            None => Value::unknown("open"),
        }
    }

    fn path_of(&self, path: &str) -> Option<std::path::PathBuf> {
        // A module's file is next to the module, but a script is often started in a folder further up.
        let module = self.source.beside(&self.scope().file);
        let folders = module.parent().into_iter().chain(self.source.folder.ancestors().take(3));
        let candidates = folders.map(|folder| folder.join(path.trim_start_matches("./")));
        candidates.into_iter().find(|path| fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= LARGEST))
    }

    pub(super) fn bytes_of(&self, path: &str) -> Option<Vec<u8>> {
        fs::read(self.path_of(path)?).ok()
    }

    pub(super) fn text_of(&self, path: &str) -> Option<String> {
        String::from_utf8(self.bytes_of(path)?).ok()
    }

    /// Advises the user about a missing file.
    pub(super) fn missing(&mut self, path: &str) {
        if self.probing == 0 {
            self.draft.tally.advise(format!("replace the sample that stands for `{path}`: the file cannot be read"));
        }
    }

    /// The content of a file as an expression: a text, or the file itself.
    pub(super) fn file_expression(&mut self, path: &str) -> Option<String> {
        self.attached_file(path, None, None)
    }

    /// A file as a part of a body, with the name and the content type that the script gives it.
    pub(super) fn attached_file(&mut self, path: &str, name: Option<&str>, content_type: Option<&str>) -> Option<String> {
        let content = match self.bytes_of(path) {
            Some(content) => content,
            None if self.made.contains_key(path) => vec![b'0'; self.made[path]],
            None => {
                self.missing(path);
                Vec::new()
            }
        };
        match crate::web::attachment(self.draft, name.unwrap_or(path), content_type, content) {
            crate::draft::Expr::Code(code) => Some(code),
            _ => None,
        }
    }
}
