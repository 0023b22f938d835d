//! Remembers bodies and header fields that satisfied an expectation, so that identical bytes needn't be judged again.

/// The number of entries for expectations, and the most bytes of an entry.
const PLACES: usize = 64;
const LARGEST: usize = 2048;

/// The last bytes that satisfied each expectation. Only expectations without arguments are cached, because their result depends only on the
/// bytes. An expectation is a constant of the generated crate, so its address identifies it.
#[derive(Debug)]
pub(crate) struct VerdictCache(Box<[(usize, Vec<u8>)]>);

impl Default for VerdictCache {
    fn default() -> Self {
        Self(vec![(0, Vec::new()); PLACES].into())
    }
}

impl VerdictCache {
    /// Whether these bytes are the last ones that satisfied the expectation.
    pub(crate) fn hit<T: ?Sized>(&self, expectation: &'static T, bytes: &[u8]) -> bool {
        let address = address(expectation);
        let (known, good) = &self.0[place(address)];
        *known == address && good == bytes
    }

    /// Remembers bytes that satisfied the expectation.
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
    fn cache_hits_only_for_same_bytes_and_expectation() {
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
