//! The diagnostics of a phase, in bounded memory: a file of a megabyte can contain half a million errors.

use std::ops::{Deref, DerefMut};

use super::Diagnostic;

/// The most diagnostics that are kept. The same number of errors is kept in addition, so that warnings never hide an error.
const KEPT_MAX: usize = 1_000;

/// Diagnostics. The first 1,000 are kept, and the others are counted.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    kept: Vec<Diagnostic>,
    more_errors: usize,
    more_warnings: usize,
}

impl Diagnostics {
    /// Adds a diagnostic, or counts it.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let most = if diagnostic.is_error() { 2 * KEPT_MAX } else { KEPT_MAX };
        if self.kept.len() < most {
            self.kept.push(diagnostic);
        } else if diagnostic.is_error() {
            self.more_errors += 1;
        } else {
            self.more_warnings += 1;
        }
    }

    /// Adds the diagnostics of another phase, and its counts.
    pub fn append(&mut self, other: Self) {
        self.more_errors += other.more_errors;
        self.more_warnings += other.more_warnings;
        self.extend(other.kept);
    }

    /// Whether further diagnostics are only counted, so that nobody needs to compute their messages.
    pub fn is_full(&self) -> bool {
        self.kept.len() >= 2 * KEPT_MAX
    }

    /// The number of errors, including those that are only counted.
    pub fn errors(&self) -> usize {
        self.kept.iter().filter(|diagnostic| diagnostic.is_error()).count() + self.more_errors
    }

    /// The number of warnings, including those that are only counted.
    pub fn warnings(&self) -> usize {
        self.kept.len() + self.more_errors + self.more_warnings - self.errors()
    }
}

impl Deref for Diagnostics {
    type Target = Vec<Diagnostic>;

    fn deref(&self) -> &Self::Target {
        &self.kept
    }
}

impl DerefMut for Diagnostics {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.kept
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        diagnostics.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        let mut all = Self::default();
        all.extend(diagnostics);
        all
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.kept.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::span::Span;

    #[test]
    fn diagnostics_beyond_the_limit_are_counted_and_errors_are_kept_after_many_warnings() {
        let of = |code: Code| Diagnostic::new(code, Span::default(), "x");
        let mut all: Diagnostics = (0..3 * KEPT_MAX).map(|_| of(Code::LiteralPlaceholder)).collect();
        assert_eq!((all.len(), all.errors(), all.warnings()), (KEPT_MAX, 0, 3 * KEPT_MAX));
        all.push(of(Code::Syntax));
        assert!(all.iter().any(Diagnostic::is_error));
        all.append((0..3 * KEPT_MAX).map(|_| of(Code::Syntax)).collect());
        assert_eq!((all.len(), all.errors(), all.warnings()), (2 * KEPT_MAX, 3 * KEPT_MAX + 1, 3 * KEPT_MAX));
        assert!(all.is_full());
    }
}
