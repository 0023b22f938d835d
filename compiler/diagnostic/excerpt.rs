//! The part of a file that a diagnostic shows. miette reads a whole file for each label and prints whole lines, but a line may have a
//! megabyte.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::source::SourceFile;
use crate::span::Span;

/// How much of a line is shown around a label, in bytes. Lines that people write are shorter.
const AROUND_BYTES_MAX: usize = 400;

/// The longest underline of a label, in bytes.
const LABEL_BYTES_MAX: usize = 4_000;

/// A file of which miette reads only the lines around a label.
#[derive(Debug)]
pub(super) struct Excerpt<'a> {
    pub(super) file: &'a SourceFile,
}

impl Excerpt<'_> {
    /// The bytes that a label of `span` underlines, cut to the file and to the limit.
    pub(super) fn label(&self, span: Span) -> SourceSpan {
        let text = &self.file.text;
        let start = text.floor_char_boundary(span.range().start);
        let end = text.floor_char_boundary(span.range().end.min(start + LABEL_BYTES_MAX)).max(start);
        (start, end - start).into()
    }
}

impl SourceCode for Excerpt<'_> {
    fn read_span<'s>(&'s self, span: &SourceSpan, before: usize, after: usize) -> Result<Box<dyn SpanContents<'s> + 's>, MietteError> {
        let text = &self.file.text;
        let (start, end) = (span.offset().min(text.len()), (span.offset() + span.len()).min(text.len()));
        let (first, last) = (self.file.line_column(start).0, self.file.line_column(end).0);
        // One line more than the excerpt shows, because miette looks for the line break after the last one.
        let from = self.file.line_start(first.saturating_sub(before + 1)).max(start.saturating_sub(AROUND_BYTES_MAX));
        let to = self.file.line_start(last + after + 2).min(end.saturating_add(AROUND_BYTES_MAX));
        let (from, to) = (text.floor_char_boundary(from), text.floor_char_boundary(to).max(end));
        let window = &text.as_bytes()[from..to];
        let read = window.read_span(&(start - from, end - start).into(), before, after)?;
        let (line, column) = self.file.line_column(from + read.span().offset());
        let shifted = (from + read.span().offset(), read.span().len()).into();
        // `read` borrows from the window, which is a part of the file, so the data is taken from the file.
        let data = &text.as_bytes()[from + read.span().offset()..][..read.data().len()];
        let contents = MietteSpanContents::new_named(self.file.path.clone(), data, shifted, line - 1, column - 1, read.line_count());
        Ok(Box::new(contents))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::FileId;

    #[test]
    fn excerpt_of_a_long_line_is_short_and_names_the_columns_of_the_file() {
        let text = format!("let a = 1\nlet b = [{}]\nlet c = 2\n", "é, ".repeat(100_000));
        let file = SourceFile::new("x.lt", text);
        let excerpt = Excerpt { file: &file };
        let at = file.text.find("é").unwrap() + 4 * 50_000;
        let read = excerpt.read_span(&(at, 2).into(), 1, 1).unwrap();
        assert!(read.data().len() < 2_000, "{}", read.data().len());
        let exact = excerpt.read_span(&(at, 2).into(), 0, 0).unwrap();
        assert_eq!((exact.line() + 1, exact.column() + 1), file.line_column(at));
        assert!(excerpt.label(Span::new(FileId(0), at, file.text.len())).len() <= LABEL_BYTES_MAX);
    }

    #[test]
    fn excerpt_has_the_lines_before_and_after_the_label() {
        let file = SourceFile::new("x.lt", "one\ntwo\nthree\nfour\nfive\n");
        let read = Excerpt { file: &file };
        let read = read.read_span(&(8, 5).into(), 1, 1).unwrap();
        assert_eq!((std::str::from_utf8(read.data()).unwrap().trim_end(), read.line()), ("two\nthree\nfour", 1));
    }
}
