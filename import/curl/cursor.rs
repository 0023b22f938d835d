//! The characters of a script that are still to be read. The rest of the text and its offset are known at any time.

/// A text that is read character by character.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'s> {
    rest: &'s str,
    next: Option<char>,
}

impl<'s> Cursor<'s> {
    pub(super) fn new(text: &'s str) -> Self {
        Self { rest: text, next: text.chars().next() }
    }

    /// The text from the next character on.
    pub(super) fn rest(&self) -> &'s str {
        self.rest
    }

    pub(super) fn peek(&self) -> Option<&char> {
        self.next.as_ref()
    }

    /// Reads the next character if the condition holds for it.
    pub(super) fn next_if(&mut self, condition: impl FnOnce(&char) -> bool) -> Option<char> {
        if condition(self.next.as_ref()?) { self.next() } else { None }
    }
}

impl Iterator for Cursor<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let char = self.next?;
        self.rest = &self.rest[char.len_utf8()..];
        self.next = self.rest.chars().next();
        Some(char)
    }
}
