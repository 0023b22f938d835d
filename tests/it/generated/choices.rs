//! The choices of a generator: a list of numbers, so that proptest shrinks a spec by shortening the list and by making numbers smaller.

/// The list, and how much of it was used. Behind its end, each choice is the first one: the simplest.
pub(super) struct Choices<'c> {
    rest: std::slice::Iter<'c, u16>,
}

impl<'c> Choices<'c> {
    pub(super) fn new(list: &'c [u16]) -> Self {
        Self { rest: list.iter() }
    }

    /// Whether choices are left.
    pub(super) fn is_left(&self) -> bool {
        !self.rest.as_slice().is_empty()
    }

    /// A number below `n`.
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.rest.next().map_or(0, |choice| usize::from(*choice) % n.max(1))
    }

    pub(super) fn one_of<'x>(&mut self, from: &[&'x str]) -> &'x str {
        from[self.below(from.len())]
    }
}
