//! How large the regular expressions of a spec may be: all of its users' automata are made when its binary starts.

use std::collections::HashMap;

/// The longest pattern, and the most bytes of all automata. `ltc check` accepts twice as many.
const LENGTH_MAX: usize = 5_000;
const BYTES_MAX: usize = 16 << 20;

/// The sizes that an automaton may have. Each counts as the smallest one that it does not exceed.
const SIZES: [usize; 4] = [1 << 14, 1 << 17, 1 << 20, 5 << 20];

/// What a pattern that is too large counts.
const REFUSED_BYTES: usize = 1 << 19;

/// The patterns of a spec so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patterns {
    /// Those that fit, and those that do not.
    known: HashMap<String, bool>,
    bytes: usize,
}

impl Patterns {
    /// Counts a pattern. False if the spec cannot have it, too.
    pub(crate) fn fits(&mut self, pattern: &str) -> bool {
        if let Some(known) = self.known.get(pattern) {
            return *known;
        }
        if pattern.len() > LENGTH_MAX || self.bytes >= BYTES_MAX || regex_syntax::parse(pattern).is_err() {
            return false;
        }
        let is_within = |size: &&usize| regex::RegexBuilder::new(pattern).size_limit(**size).build().is_ok();
        let size = SIZES.iter().find(is_within).filter(|size| self.bytes + **size <= BYTES_MAX);
        // To try one that does not fit takes time, too.
        self.bytes += size.unwrap_or(&REFUSED_BYTES);
        self.known.insert(pattern.to_owned(), size.is_some());
        size.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_bounded_one_by_one_and_together() {
        let mut patterns = Patterns::default();
        assert!(patterns.fits(r"^[\w.-]+@(\w+)$") && patterns.fits("a{100}"));
        for pattern in ["a".repeat(6_000), "(a{1000}){1000}".to_owned(), "(".to_owned()] {
            assert!(!patterns.fits(&pattern), "{pattern}");
        }
        let count = (0..5_000).filter(|number| patterns.fits(&format!("a{number}"))).count();
        assert!((500..5_000).contains(&count) && patterns.fits("a0"), "{count}");
    }
}
