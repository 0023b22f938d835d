//! The source files of a compilation, and the locations of bytes in them.

use crate::span::{FileId, Span};

/// A source file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its path, as messages show it.
    pub path: String,
    /// Its text.
    pub text: String,
    line_starts: Vec<usize>,
    /// The number of characters before each multiple of [`STRIDE`] bytes.
    characters: Vec<usize>,
}

/// The distance in bytes between two counts of characters, so that the column of a byte on a long line is found without counting the whole
/// line.
const STRIDE: usize = 1024;

impl SourceFile {
    /// Creates a file; messages show its path as `path`.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let line_starts = std::iter::once(0).chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1)).collect();
        let starts_character = |byte: &u8| (*byte as i8) >= -0x40;
        let mut characters = vec![0];
        for stride in text.as_bytes().chunks(STRIDE) {
            let before = characters.last().copied().unwrap_or_default();
            characters.push(before + stride.iter().filter(|byte| starts_character(byte)).count());
        }
        Self { path: path.into(), text, line_starts, characters }
    }

    /// The number of characters that start before the byte `at`.
    fn characters_before(&self, at: usize) -> usize {
        let stride = at / STRIDE;
        let rest = &self.text.as_bytes()[stride * STRIDE..at];
        self.characters[stride] + rest.iter().filter(|byte| (**byte as i8) >= -0x40).count()
    }

    /// The line and column of a byte, both from 1; columns count characters.
    pub fn line_column(&self, at: usize) -> (usize, usize) {
        let at = at.min(self.text.len());
        let line = self.line_starts.partition_point(|start| *start <= at).max(1);
        (line, self.characters_before(at) - self.characters_before(self.line_starts[line - 1]) + 1)
    }

    /// The first byte of a line, counted from 1; the end of the text after the last line, 0 before the first.
    pub fn line_start(&self, line: usize) -> usize {
        let index = line.saturating_sub(1);
        self.line_starts.get(index).copied().unwrap_or(self.text.len())
    }

    /// The text of a line, counted from 1, without its end; empty after the last.
    pub fn line(&self, line: usize) -> &str {
        let Some(start) = line.checked_sub(1).and_then(|n| self.line_starts.get(n)) else { return "" };
        self.text[*start..].lines().next().unwrap_or_default()
    }

    /// The comment lines directly above the line of a byte, without their `#`. One before an empty line is about the file.
    pub fn comment_above(&self, start: usize) -> Option<String> {
        let line_start = self.text[..start.min(self.text.len())].rfind('\n').unwrap_or(0);
        let lines = self.text[..line_start].split('\n').rev().map(str::trim).take_while(|line| line.starts_with('#'));
        let mut lines: Vec<&str> = lines.map(|line| line.trim_start_matches('#').trim()).collect();
        lines.reverse();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

/// A location as messages show it: `specs/shop.lt:31:5`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location<'a> {
    /// The file's path.
    pub path: &'a str,
    /// The line, starting at 1.
    pub line: usize,
    /// The column in characters, starting at 1.
    pub column: usize,
}

impl std::fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// All files of a compilation, by their ids: the spec first, then imports in the order of the reading.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Adds a file.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u16::try_from(self.files.len()).unwrap_or(u16::MAX));
        self.files.push(SourceFile::new(path, text));
        id
    }

    /// A file; `None` for an unknown id.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(usize::from(id.0))
    }

    /// All files in order.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0u16..).map(FileId).zip(&self.files)
    }

    /// The location of the start of `span`.
    pub fn location(&self, span: Span) -> Location<'_> {
        match self.file(span.file) {
            Some(file) => {
                let (line, column) = file.line_column(span.range().start);
                Location { path: &file.path, line, column }
            }
            None => Location { path: "", line: 1, column: 1 },
        }
    }

    /// The text of `span`.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).and_then(|file| file.text.get(span.range())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let mut sources = SourceMap::default();
        let file = sources.add("x.lt", "a\r\né = 1\n");
        assert_eq!(sources.location(Span::new(file, 3, 5)).to_string(), "x.lt:2:1");
        assert_eq!(sources.location(Span::new(file, 6, 7)).to_string(), "x.lt:2:3");
        assert_eq!(sources.location(Span::new(file, 99, 99)).to_string(), "x.lt:3:1");
        assert_eq!(sources.file(file).unwrap().line(2), "é = 1");
        assert_eq!(sources.text(Span::new(file, 3, 5)), "é");
    }

    #[test]
    fn comment_before_an_empty_line_is_not_above() {
        for (text, above) in [
            ("# The file.\n\napi a", None),
            ("# The file.\r\n\r\napi a", None),
            ("# One.\n# Two.\napi a", Some("One.\nTwo.")),
            ("# The file.\n\n# The api.\r\napi a", Some("The api.")),
            ("api a", None),
        ] {
            let file = SourceFile::new("x.lt", text);
            assert_eq!(file.comment_above(text.rfind("api a").unwrap()).as_deref(), above, "{text:?}");
        }
    }
}
