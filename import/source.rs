//! The source of an import: a text with its name, and the files next to it.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use crate::ImportError;

/// A file, or standard input.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name as messages show it.
    pub name: String,
    /// Its text, without a byte order mark.
    pub text: String,
    /// Its folder, for files that it refers to. Standard input has the working directory.
    pub folder: PathBuf,
    /// The offsets at which lines begin, once a location is needed: a large file may have hundreds of thousands of them.
    line_starts: OnceLock<Vec<usize>>,
}

impl Source {
    /// Decodes a source.
    ///
    /// # Errors
    /// If they are neither UTF-8 nor UTF-16.
    pub fn new(name: impl Into<String>, folder: impl Into<PathBuf>, bytes: &[u8]) -> Result<Self, ImportError> {
        let name = name.into();
        let text = decode(bytes).map_err(|at| {
            let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            ImportError::new(&name, line, 1, "the file is not UTF-8 text").help("convert the file to UTF-8")
        })?;
        Ok(Self { name, text, folder: folder.into(), line_starts: OnceLock::new() })
    }

    /// The same file with another text.
    pub(crate) fn with_text(&self, text: String) -> Self {
        Self { name: self.name.clone(), text, folder: self.folder.clone(), line_starts: OnceLock::new() }
    }

    /// The line and column, both from 1, of a byte of the text.
    pub fn location(&self, offset: usize) -> (usize, usize) {
        let offset = if self.text.is_char_boundary(offset) { offset } else { self.text.len() };
        let line = self.line(offset);
        let line_start = self.line_starts().get(line - 1).copied().unwrap_or_default();
        (line, self.text[line_start..offset].chars().count() + 1)
    }

    /// The line, from 1, of a byte of the text.
    pub fn line(&self, offset: usize) -> usize {
        self.line_starts().partition_point(|start| *start <= offset).max(1)
    }

    fn line_starts(&self) -> &[usize] {
        let starts = || std::iter::once(0).chain(self.text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.line_starts.get_or_init(starts)
    }

    /// An error at a byte of the text.
    pub fn error(&self, offset: usize, message: impl Into<String>) -> ImportError {
        let (line, column) = self.location(offset);
        ImportError::new(&self.name, line, column, message)
    }

    /// The path of a file that this one refers to.
    pub fn beside(&self, path: &str) -> PathBuf {
        normal(&self.folder.join(path))
    }

    /// Reads a file that this one refers to.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(&self, path: &str) -> Result<Self, ImportError> {
        let full = self.beside(path);
        let bytes = fs::read(&full).map_err(|error| {
            let why = match error.kind() {
                std::io::ErrorKind::NotFound => "file not found".to_owned(),
                _ => error.to_string(),
            };
            ImportError::new(&self.name, 1, 1, format!("cannot read `{path}`: {why}"))
                .help("keep the file beside the one that refers to it")
        })?;
        let folder = full.parent().map(Path::to_path_buf).unwrap_or_default();
        Self::new(path, folder, &bytes)
    }
}

/// Decodes UTF-8 or UTF-16 by its byte order mark, otherwise UTF-8. The error is the offset of the first invalid byte.
fn decode(bytes: &[u8]) -> Result<String, usize> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16(&units).map_err(|_| 0)
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => decode(rest),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        bytes => String::from_utf8(bytes.to_vec()).map_err(|error| error.utf8_error().valid_up_to()),
    }
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut full, part| {
        match part {
            Component::ParentDir if full.file_name().is_some() => {
                full.pop();
            }
            Component::CurDir => {}
            part => full.push(part),
        }
        full
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_count_lines_and_characters() {
        let source = Source::new("x.har", ".", "\u{feff}aé\nbc".as_bytes()).unwrap();
        assert_eq!(source.text, "aé\nbc");
        assert_eq!(source.location(3), (1, 3));
        assert_eq!(source.location(5), (2, 2));
        let error = Source::new("x.har", ".", b"a\n\xff").unwrap_err();
        assert_eq!((error.line, error.message.as_str()), (2, "the file is not UTF-8 text"));
        assert_eq!(Source::new("x", ".", &[0xff, 0xfe, b'a', 0]).unwrap().text, "a");
    }

    /// Each location costs the same: if each counted the lines before it, this would take many minutes.
    #[test]
    fn location_of_every_line_of_a_large_file_is_found_at_once() {
        let source = Source::new("x.hurl", ".", "ab\n".repeat(300_000).as_bytes()).unwrap();
        assert!((0..300_000).all(|line| source.location(line * 3 + 1) == (line + 1, 2)));
        assert_eq!((source.location(900_000), source.location(usize::MAX)), ((300_001, 1), (300_001, 1)));
        let other = source.with_text("a\nb".to_owned());
        assert_eq!((other.line(2), source.line(2)), (2, 1));
    }
}
