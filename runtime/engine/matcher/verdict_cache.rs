//! Bodies and header fields that were judged and found good: the same ones, byte for byte, need no second look by the same expectation.

/// How many expectations have a place, and how much is kept for one.
const PLACES: usize = 64;
const LARGEST: usize = 2048;

/// What each expectation found good last. It holds of expectations without arguments only: what they come to depends on nothing else.
/// An expectation is a constant of the generated crate, and its address distinguishes it from the others.
#[derive(Debug)]
pub(crate) struct VerdictCache(Box<[(usize, Vec<u8>)]>);

impl Default for VerdictCache {
    fn default() -> Self {
        Self(vec![(0, Vec::new()); PLACES].into())
    }
}

impl VerdictCache {
    /// Whether this is what the expectation found good last.
    pub(crate) fn hit<T: ?Sized>(&self, expectation: &'static T, bytes: &[u8]) -> bool {
        let address = address(expectation);
        let (known, good) = &self.0[place(address)];
        *known == address && good == bytes
    }

    /// It was judged and found good.
    pub(crate) fn insert<T: ?Sized>(&mut self, expectation: &'static T, bytes: &[u8]) {
        if bytes.len() > LARGEST {
            return;
        }
        let address = address(expectation);
        let (known, good) = &mut self.0[place(address)];
        *known = address;
        good.clear();
        good.extend_from_slice(bytes);
    }
}

fn address<T: ?Sized>(expectation: &'static T) -> usize {
    std::ptr::from_ref(expectation).addr()
}

fn place(address: usize) -> usize {
    ((address >> 3).wrapping_mul(0x9E37_79B9) >> 8) & (PLACES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::Matcher;

    #[test]
    fn only_the_same_for_the_same_expectation_is_good() {
        static ONE: Matcher = Matcher::Int(1);
        static OTHER: Matcher = Matcher::Any;
        let mut judged = VerdictCache::default();
        assert!(!judged.hit(&ONE, b"1"));
        judged.insert(&ONE, b"1");
        assert!(judged.hit(&ONE, b"1"));
        assert!(!judged.hit(&ONE, b"1 ") && !judged.hit(&ONE, b"2") && !judged.hit(&OTHER, b"1"));
        judged.insert(&ONE, b" 1");
        assert!(judged.hit(&ONE, b" 1") && !judged.hit(&ONE, b"1"));
        judged.insert(&ONE, &[b' '; LARGEST + 1]);
        assert!(judged.hit(&ONE, b" 1"));
    }
}
