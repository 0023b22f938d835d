//! The edited text, which pest parses: the source with a few changes, and the mapping from its offsets back to the source's.

use std::borrow::Cow;

/// A change to the source.
#[derive(Debug, Clone)]
enum Edit {
    /// Inserts a missing text.
    Insert(&'static str),
    /// Removes this number of bytes.
    Remove(usize),
    /// Replaces the characters in this number of bytes with spaces; line breaks stay.
    Blank(usize),
}

/// Changes, in any order.
#[derive(Debug, Default)]
pub(super) struct Edits(Vec<(usize, Edit)>);

impl Edits {
    /// Inserts `text` at `at`, after earlier insertions at the same offset.
    pub(super) fn insert(&mut self, at: usize, text: &'static str) {
        self.0.push((at, Edit::Insert(text)));
    }

    /// Removes the bytes from `start` to `end`.
    pub(super) fn remove(&mut self, start: usize, end: usize) {
        self.0.push((start, Edit::Remove(end.saturating_sub(start))));
    }

    /// Replaces the characters from `start` to `end` with a space each.
    pub(super) fn blank(&mut self, start: usize, end: usize) {
        self.0.push((start, Edit::Blank(end.saturating_sub(start))));
    }

    /// The edited text of `source` from `from` on.
    pub(super) fn apply(mut self, source: &str, from: usize) -> EditedText<'_> {
        if self.0.is_empty() {
            return EditedText { text: Cow::Borrowed(&source[from..]), breaks: vec![(0, from)] };
        }
        self.0.sort_by_key(|(at, _)| *at);
        let mut text = String::with_capacity(source.len());
        let mut breaks = vec![(0, from)];
        let mut done = from;
        for (at, edit) in self.0 {
            // A change that overlaps an earlier one starts at the end of the earlier one.
            let start = at.max(done);
            let end = |len: usize| (at + len).clamp(start, source.len());
            text.push_str(source.get(done..start).unwrap_or_default());
            done = start;
            match edit {
                Edit::Insert(missing) => {
                    breaks.push((text.len(), done));
                    text.push_str(missing);
                }
                Edit::Remove(len) => done = end(len),
                Edit::Blank(len) => {
                    for char in source.get(done..end(len)).unwrap_or_default().chars() {
                        text.push(if matches!(char, '\n' | '\r') { char } else { ' ' });
                        done += char.len_utf8();
                        // No offset of the text is in the middle of a character of the source.
                        if !char.is_ascii() {
                            breaks.push((text.len(), done));
                        }
                    }
                }
            }
            breaks.push((text.len(), done));
        }
        text.push_str(source.get(done..).unwrap_or_default());
        EditedText { text: Cow::Owned(text), breaks }
    }
}

/// The text that pest parses.
#[derive(Debug)]
pub(super) struct EditedText<'a> {
    /// The text.
    pub(super) text: Cow<'a, str>,
    /// Pairs of offsets in the text and in the source: from each on, both advance together.
    breaks: Vec<(usize, usize)>,
}

impl EditedText<'_> {
    /// Replaces the bytes of `place` with `with`, which has the same length.
    pub(super) fn replace(&mut self, place: std::ops::Range<usize>, with: &str) {
        if place.len() != with.len() {
            return;
        }
        let chars = self.text[place.clone()].char_indices().filter(|(_, char)| !char.is_ascii());
        let wide: Vec<(usize, usize)> = chars.map(|(at, char)| (place.start + at, place.start + at + char.len_utf8())).collect();
        for (start, end) in wide {
            // No offset of the text is in the middle of a character of the source.
            let source = self.source(end);
            let next = self.breaks.partition_point(|(text, _)| *text <= start);
            self.breaks.splice(next..next, [(start + 1, source), (end, source)]);
        }
        self.text.to_mut().replace_range(place, with);
    }

    /// The offset in the source of the byte `at` of the edited text.
    pub(super) fn source(&self, at: usize) -> usize {
        let next = self.breaks.partition_point(|(text, _)| *text <= at);
        let (text, source) = self.breaks[next.saturating_sub(1)];
        let place = source + at.saturating_sub(text);
        // An offset within an insertion maps to the point of the insertion.
        self.breaks.get(next).map_or(place, |(_, limit)| place.min(*limit))
    }
}

#[cfg(test)]
mod tests {
    use super::Edits;

    #[test]
    fn offsets_map_back_to_the_source() {
        let mut edits = Edits::default();
        edits.insert(3, "\"\"");
        edits.remove(5, 6);
        edits.blank(7, 9);
        let edited = edits.apply("0123456789", 0);
        assert_eq!(edited.text, "012\"\"346  9");
        let back: Vec<usize> = (0..=11).map(|at| edited.source(at)).collect();
        assert_eq!(back, [0, 1, 2, 3, 3, 3, 4, 6, 7, 8, 9, 10]);
    }

    #[test]
    fn no_offset_is_in_the_middle_of_a_character() {
        let mut edits = Edits::default();
        edits.blank(1, 7);
        let edited = edits.apply("aäx€b", 0);
        assert_eq!(edited.text, "a   b");
        let back: Vec<usize> = (0..=5).map(|at| edited.source(at)).collect();
        assert_eq!(back, [0, 1, 3, 4, 7, 8]);
    }

    #[test]
    fn no_offset_in_a_replacement_is_in_the_middle_of_a_character() {
        let mut edits = Edits::default();
        edits.remove(0, 1);
        let mut edited = edits.apply("xaä€b", 0);
        edited.replace(0..6, "123456");
        assert_eq!(edited.text, "123456b");
        let back: Vec<usize> = (0..=7).map(|at| edited.source(at)).collect();
        assert_eq!(back, [1, 2, 4, 4, 7, 7, 7, 8]);
    }

    #[test]
    fn change_that_overlaps_another_ends_where_it_should() {
        let mut edits = Edits::default();
        edits.remove(1, 4);
        edits.remove(2, 6);
        edits.blank(5, 7);
        assert_eq!(edits.apply("0123456789", 0).text, "0 789");
    }
}
